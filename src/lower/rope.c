#include "rope.h"

#include <math.h>

#include "operands.h"

/* base^(-2 pair / rotated) over 2 pi, its fraction in units of 2^-64: high word, low word. Positions are integers, so whole turns
 * of the frequency never matter. */
static void turn_of(double base, int64_t rotated, int64_t pair, uint32_t words[2])
{
    const long double two_pi = 6.283185307179586476925286766559005768L;
    long double turn = powl((long double)base, -2.0L * (long double)pair / (long double)rotated) / two_pi;
    turn -= floorl(turn);
    turn *= 4294967296.0L;
    const long double high = floorl(turn), low = floorl((turn - high) * 4294967296.0L);
    words[0] = (uint32_t)high;
    words[1] = (uint32_t)low;
}

sabir_status sbr_rope_table(sbr_lowering *lowering, double base, int64_t rotated, sbr_view *table)
{
    const int64_t pairs = rotated / 2, words = pairs > 0 ? 2 * pairs : 1;
    uint32_t *data = sbr_arena_alloc(&lowering->module->arena, (size_t)words * sizeof *data);
    if (!data) return sbr_no_memory((size_t)words * sizeof *data);
    for (int64_t pair = 0; pair < pairs; pair++) turn_of(base, rotated, pair, data + 2 * pair);
    return sbr_constant_words(lowering, data, words, table);
}

sabir_status sbr_lower_rope(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_rope_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0), positions = *sbr_in(lowering, node, 1), lines = sbr_lines(&x, x.rank - 1);
    const sbr_arith arith = sbr_arith_of(x.type);
    sbr_view y, table, wide;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    SABIR_TRY(sbr_rope_table(lowering, attrs->base, attrs->rotated, &table));
    sbr_view_broadcast(lowering, &positions, lines.rank, lines.extents, &wide);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "rope", arith, arith));
    sbr_space(&l, lines.rank, lines.extents);
    sbr_read(&l, "x", &lines);
    sbr_read(&l, "positions", &wide);
    sbr_read(&l, "table", &table);
    sbr_write(&l, "y", &y);
    sbr_idx(&l, "columns", x.extents[x.rank - 1]);
    sbr_idx(&l, "x_stride", x.strides[x.rank - 1]);
    sbr_int(&l, "half_rotated", attrs->rotated / 2);
    return sbr_launch_end(&l, SBR_EXPR_NONE, sbr_work(lowering, sbr_view_count(lowering, &y), sbr_num(lowering, 1), 6));
}
