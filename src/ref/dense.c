#include "element.h"
#include "functions.h"
#include "walk.h"

typedef struct product {
    const sbr_ref_tensor *a, *b;
    sbr_ref_tensor *out;
    int64_t m, n, k;
    int64_t a_row, a_step, b_step, b_column; /* strides: along m and k of a, k and n of b */
} product;

/* Rows of b are run through in order where they are contiguous, columns where those are. */
static void multiply(const product *p, int64_t a, int64_t b, int64_t out)
{
    for (int64_t i = 0; i < p->m; i++) {
        if (p->b_column == 1)
            for (int64_t k = 0; k < p->k; k++)
                for (int64_t j = 0; j < p->n; j++)
                    sbr_ref_accumulate_product(p->out, out + i * p->n + j, p->a, a + i * p->a_row + k * p->a_step, p->b, b + k * p->b_step + j);
        else
            for (int64_t j = 0; j < p->n; j++)
                for (int64_t k = 0; k < p->k; k++)
                    sbr_ref_accumulate_product(p->out, out + i * p->n + j, p->a, a + i * p->a_row + k * p->a_step, p->b,
                                               b + k * p->b_step + j * p->b_column);
    }
}

sabir_status sbr_ref_op_matmul(const sbr_ref_call *call)
{
    const sabir_matmul_attrs *attrs = call->attrs;
    const sbr_ref_tensor *a = &call->inputs[0], *b = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    const int64_t m = out->extents[out->rank - 2], n = out->extents[out->rank - 1];
    const int64_t k = a->extents[attrs->transpose_a ? a->rank - 2 : a->rank - 1];
    const product p = {
        .a = a, .b = b, .out = out, .m = m, .n = n, .k = k,
        .a_row = attrs->transpose_a ? 1 : k, .a_step = attrs->transpose_a ? m : 1,
        .b_step = attrs->transpose_b ? 1 : n, .b_column = attrs->transpose_b ? k : 1,
    };
    const int32_t batch = out->rank - 2;
    sbr_ref_fill(out, 0.0, 0);
    sbr_ref_walk walk = {
        .rank = batch,
        .operands = 3,
        .strides = {sbr_ref_broadcast_strides(a, batch, 2), sbr_ref_broadcast_strides(b, batch, 2), sbr_ref_strides_of(out)},
    };
    memcpy(walk.extents, out->extents, sizeof walk.extents);
    for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk)) multiply(&p, walk.at[0], walk.at[1], walk.at[2]);
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}

sabir_status sbr_ref_op_rope(const sbr_ref_call *call)
{
    const sabir_rope_attrs *attrs = call->attrs;
    const sbr_ref_tensor *x = &call->inputs[0], *positions = &call->inputs[1];
    sbr_ref_tensor *out = &call->outputs[0];
    const int32_t rows = x->rank - 1;
    const int64_t rotated = sbr_ref_positive(attrs->rotated, x->extents[rows]), half = rotated / 2;
    sbr_ref_move(out, 0, x, 0, out->count);
    sbr_ref_walk walk = {.rank = rows, .operands = 2, .strides = {sbr_ref_strides_of(x), sbr_ref_broadcast_strides(positions, rows, 0)}};
    memcpy(walk.extents, x->extents, sizeof walk.extents);
    for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk)) {
        for (int64_t i = 0; i < half; i++) {
            const double angle = (double)positions->i[walk.at[1]] * pow(attrs->base, -2.0 * (double)i / (double)rotated);
            const int64_t first = walk.at[0] + i, second = first + half;
            out->f[first] = x->f[first] * cos(angle) - x->f[second] * sin(angle);
            out->f[second] = x->f[first] * sin(angle) + x->f[second] * cos(angle);
        }
    }
    return SABIR_OK;
}
