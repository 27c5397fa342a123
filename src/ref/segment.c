/* Rows in segments by CSR row pointers, and sparse times dense. */
#include "element.h"
#include "functions.h"
#include "walk.h"

typedef struct range { int64_t first, end; } range;

/* Row pointers outside 0 .. count are moved inside; an end before its start leaves nothing. */
static range segment(const sbr_ref_tensor *rows, int64_t r, int64_t count)
{
    return (range){.first = sbr_ref_clamp(rows->i[r], 0, count), .end = sbr_ref_clamp(rows->i[r + 1], 0, count)};
}

typedef void combine_rule(sbr_ref_tensor *out, int64_t to, const sbr_ref_tensor *in, int64_t from);

static sabir_status combine_rows(const sbr_ref_call *call, combine_rule *combine)
{
    const sbr_ref_tensor *x = &call->inputs[0], *rows = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    const int64_t width = sbr_ref_product(x, 1, x->rank);
    for (int64_t r = 0; r + 1 < rows->count; r++) {
        const range range = segment(rows, r, x->extents[0]);
        for (int64_t e = range.first; e < range.end; e++)
            for (int64_t c = 0; c < width; c++) combine(out, r * width + c, x, e * width + c);
    }
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}

sabir_status sbr_ref_op_segment_sum(const sbr_ref_call *call)
{
    sbr_ref_fill(&call->outputs[0], 0.0, 0);
    return combine_rows(call, sbr_ref_accumulate);
}

sabir_status sbr_ref_op_segment_mean(const sbr_ref_call *call)
{
    const sbr_ref_tensor *x = &call->inputs[0], *rows = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    SABIR_TRY(sbr_ref_op_segment_sum(call));
    const int64_t width = sbr_ref_product(x, 1, x->rank);
    for (int64_t k = 0; k < out->count; k++) {
        const range range = segment(rows, k / width, x->extents[0]);
        if (range.end > range.first) sbr_ref_divide(out, k, range.end - range.first);
    }
    return SABIR_OK;
}

sabir_status sbr_ref_op_segment_max(const sbr_ref_call *call)
{
    sbr_ref_fill_least(&call->outputs[0]);
    return combine_rows(call, sbr_ref_keep_larger);
}

sabir_status sbr_ref_op_segment_min(const sbr_ref_call *call)
{
    sbr_ref_fill(&call->outputs[0], INFINITY, sbr_ref_greatest(call->outputs[0].type));
    return combine_rows(call, sbr_ref_keep_smaller);
}

/* The segment that holds entry e, of ascending pointers; -1 where none does. */
static int64_t segment_of(const sbr_ref_tensor *rows, int64_t e)
{
    int64_t low = 0, high = rows->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (rows->i[middle] <= e) low = middle + 1;
        else high = middle;
    }
    return low < rows->count ? low - 1 : -1;
}

sabir_status sbr_ref_op_segment_ids(const sbr_ref_call *call)
{
    for (int64_t e = 0; e < call->outputs[0].count; e++) call->outputs[0].i[e] = segment_of(&call->inputs[0], e);
    return SABIR_OK;
}

sabir_status sbr_ref_op_segment_softmax(const sbr_ref_call *call)
{
    const sbr_ref_tensor *x = &call->inputs[0], *rows = &call->inputs[1];
    double *out = call->outputs[0].f;
    const int64_t width = sbr_ref_product(x, 1, x->rank);
    sbr_ref_fill(&call->outputs[0], 0.0, 0);
    for (int64_t r = 0; r + 1 < rows->count; r++) {
        const range range = segment(rows, r, x->extents[0]);
        for (int64_t c = 0; c < width; c++) {
            double largest = -INFINITY, total = 0;
            for (int64_t e = range.first; e < range.end; e++) largest = sbr_ref_larger(largest, x->f[e * width + c]);
            for (int64_t e = range.first; e < range.end; e++) total += exp(x->f[e * width + c] - largest);
            for (int64_t e = range.first; e < range.end; e++) out[e * width + c] = exp(x->f[e * width + c] - largest) / total;
        }
    }
    return SABIR_OK;
}

/* Operands: rows, columns, x, y. */
sabir_status sbr_ref_op_sddmm(const sbr_ref_call *call)
{
    const sbr_ref_tensor *rows = &call->inputs[0], *columns = &call->inputs[1], *x = &call->inputs[2], *y = &call->inputs[3];
    sbr_ref_tensor *out = &call->outputs[0];
    const int64_t width = x->extents[x->rank - 1], heads = sbr_ref_product(x, 1, x->rank - 1);
    sbr_ref_fill(out, 0.0, 0);
    for (int64_t r = 0; r + 1 < rows->count; r++) {
        const range range = segment(rows, r, columns->count);
        for (int64_t e = range.first; e < range.end; e++) {
            const int64_t column = columns->i[e];
            if (column < 0 || column >= y->extents[0]) continue;
            for (int64_t h = 0; h < heads; h++)
                for (int64_t c = 0; c < width; c++)
                    out->f[e * heads + h] += x->f[(r * heads + h) * width + c] * y->f[(column * heads + h) * width + c];
        }
    }
    return SABIR_OK;
}

/* Operands: rows, columns, x, and values where the entries are not all 1; values for each of the leading features. */
sabir_status sbr_ref_op_spmm(const sbr_ref_call *call)
{
    const sbr_ref_tensor *rows = &call->inputs[0], *columns = &call->inputs[1], *x = &call->inputs[2];
    const sbr_ref_tensor *values = call->input_count > 3 ? &call->inputs[3] : NULL;
    sbr_ref_tensor *out = &call->outputs[0];
    const int64_t width = sbr_ref_product(x, 1, x->rank), heads = values ? sbr_ref_product(values, 1, values->rank) : 1;
    sbr_ref_fill(out, 0.0, 0);
    if (width == 0) return SABIR_OK;
    for (int64_t r = 0; r + 1 < rows->count; r++) {
        const range range = segment(rows, r, columns->count);
        for (int64_t e = range.first; e < range.end; e++) {
            const int64_t column = columns->i[e];
            if (column < 0 || column >= x->extents[0]) continue;
            for (int64_t c = 0; c < width; c++) {
                if (values) sbr_ref_accumulate_product(out, r * width + c, x, column * width + c, values, e * heads + c * heads / width);
                else sbr_ref_accumulate(out, r * width + c, x, column * width + c);
            }
        }
    }
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}
