/* Fourier transforms: one launch a factor of the length, radix 4 first; between launches the lines lie dense in the order of kernels/fft.k. */
#include <math.h>

#include "lines.h"

enum { MOST_FACTORS = 32 };

/* Factors of n, 4 and 5, 3, 2 before what is done term by term; a 1 where n is 1. Returns how many. */
static int32_t factors_of(int64_t n, int64_t factors[MOST_FACTORS])
{
    int32_t count = 0;
    for (; n % 4 == 0; n /= 4) factors[count++] = 4;
    for (int64_t p = 2; p <= n; p++)
        for (; n % p == 0; n /= p) factors[count++] = p;
    if (count == 0) factors[count++] = 1;
    return count;
}

/* (cos, sin) of 2 pi k / n, a constant of the module. */
static sabir_status make_table(sbr_lowering *lowering, sabir_type type, int64_t n, sbr_view *table)
{
    sbr_module *module = lowering->module;
    const sbr_expr extent = sbr_num(lowering, 2 * n);
    const size_t size = sabir_type_size(type), bytes = (size_t)(2 * n) * size;
    SABIR_TRY(sbr_temp(lowering, type, 1, &extent, table));
    uint8_t *data = sbr_arena_alloc(&module->arena, bytes);
    if (!data) return sbr_no_memory(bytes);
    for (int64_t k = 0; k < n; k++) {
        const double angle = 6.28318530717958647692 * (double)k / (double)n;
        sbr_number_store(type, cos(angle), data + (size_t)(2 * k) * size);
        sbr_number_store(type, sin(angle), data + (size_t)(2 * k + 1) * size);
    }
    sbr_slot *slot = &module->slots.data[table->slot];
    slot->kind = SBR_SLOT_CONSTANT;
    slot->number = module->constants.count;
    const sbr_constant_io constant = {data, bytes};
    return sbr_push(&module->allocator, &module->constants, constant) ? SABIR_OK : sbr_no_memory(sizeof constant);
}

typedef struct pass { int64_t n, done, factor; bool inverse; double scale; const sbr_view *table; } pass;

/* axis counts in x; its lines run over what is left without the axis and the pairs. */
static sabir_status launch(sbr_lowering *lowering, const pass *pass, const sbr_view *x, int32_t axis, const sbr_view *y)
{
    sbr_view numbers = *x;
    sbr_axis_lines lines;
    numbers.rank--;
    sbr_lines_of(lowering, &numbers, axis, &lines);
    const sbr_arith arith = sbr_arith_of(x->type);
    const sbr_expr count = sbr_mul(lowering, lines.rows, sbr_num(lowering, pass->n / pass->factor));
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "fft", arith, arith));
    sbr_space(&l, lines.view.rank, lines.view.extents);
    sbr_read(&l, "x", &lines.view);
    sbr_read(&l, "table", pass->table);
    sbr_write(&l, "y", y);
    sbr_idx(&l, "count", count);
    sbr_int(&l, "n", pass->n);
    sbr_int(&l, "done", pass->done);
    sbr_int(&l, "radix", pass->factor);
    sbr_idx(&l, "inner", lines.inner);
    sbr_idx(&l, "stride", lines.stride);
    sbr_idx(&l, "pair_stride", x->strides[x->rank - 1]);
    sbr_int(&l, "inverse", pass->inverse);
    sbr_number(&l, "scale", 0, pass->scale);
    return sbr_launch_end(&l, sbr_ceil_div(lowering, count, l.desc->local_size), sbr_work(lowering, count, sbr_num(lowering, pass->factor), 12));
}

/* *from along axis into y, or, where the axis is not the last, into a temporary that *from becomes. */
static sabir_status along_axis(sbr_lowering *lowering, const sabir_fft_attrs *attrs, int32_t which, sbr_view *from, const sbr_view *y)
{
    const int32_t axis = (int32_t)attrs->axes.values[which];
    const bool is_last = which + 1 == attrs->axes.count;
    int64_t factors[MOST_FACTORS], n = 0;
    (void)sbr_known(lowering, y->extents[axis], &n); /* a number, by the shape rule */
    const int32_t count = factors_of(n, factors);
    sbr_view table, to;
    SABIR_TRY(make_table(lowering, from->type, n, &table));
    pass pass = {.n = n, .done = 1, .inverse = attrs->inverse != 0, .table = &table};
    for (int32_t i = 0; i < count; i++) {
        to = *y;
        if (!is_last || i + 1 < count) SABIR_TRY(sbr_temp(lowering, y->type, y->rank, y->extents, &to));
        pass.factor = factors[i];
        pass.scale = is_last && i + 1 == count ? attrs->scale : 1.0;
        SABIR_TRY(launch(lowering, &pass, from, axis, &to));
        pass.done *= factors[i];
        *from = to;
    }
    return SABIR_OK;
}

sabir_status sbr_lower_fft(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_fft_attrs *attrs = node->attrs;
    sbr_view from = *sbr_in(lowering, node, 0), y;
    int64_t extent;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    for (int32_t i = 0; i < attrs->axes.count; i++)
        if (sbr_known(lowering, y.extents[attrs->axes.values[i]], &extent) && extent == 0) return SABIR_OK; /* no elements */
    for (int32_t i = 0; i < attrs->axes.count; i++) SABIR_TRY(along_axis(lowering, attrs, i, &from, &y));
    return SABIR_OK;
}
