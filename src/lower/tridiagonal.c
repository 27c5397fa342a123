/* Tridiagonal systems: one invocation a line, long lines in several launches. */
#include "lines.h"

enum { ELIMINATE = 1, SUBSTITUTE = 2 }; /* phases of kernels/tridiagonal.k */
enum { ROWS_A_LAUNCH = 16384 };

typedef struct solver {
    sbr_arith arith;
    bool transposed;
    sbr_axis_lines operands[4]; /* lower, diagonal, upper, right */
    sbr_view ratios, y;
} solver;

static sabir_status launch(sbr_lowering *lowering, const solver *s, int64_t phase, int64_t first, int64_t last)
{
    static const char *const names[] = {"lower", "diagonal", "upper", "right"};
    static const char *const strides[] = {"lower_stride", "diagonal_stride", "upper_stride", "right_stride"};
    const sbr_axis_lines *right = &s->operands[3];
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "tridiagonal", s->arith, s->arith));
    sbr_space(&l, right->view.rank, right->view.extents);
    for (int i = 0; i < 4; i++) {
        sbr_read(&l, names[i], &s->operands[i].view);
        sbr_idx(&l, strides[i], s->operands[i].stride);
    }
    sbr_write(&l, "ratios", &s->ratios);
    sbr_write(&l, "y", &s->y);
    sbr_int(&l, "phase", phase);
    sbr_idx(&l, "lines", right->rows);
    sbr_idx(&l, "length", right->length);
    sbr_int(&l, "first", first);
    sbr_int(&l, "last", last);
    sbr_idx(&l, "inner", right->inner);
    sbr_int(&l, "transposed", s->transposed);
    return sbr_launch_end(&l, sbr_ceil_div(lowering, right->rows, l.desc->local_size), sbr_work(lowering, right->rows, sbr_num(lowering, last - first), 4));
}

static sabir_status solve(sbr_lowering *lowering, const solver *s)
{
    const int64_t length = sbr_most(lowering, s->operands[3].length);
    if (length <= ROWS_A_LAUNCH) return launch(lowering, s, ELIMINATE | SUBSTITUTE, 0, length);
    int64_t first = 0;
    for (; first < length; first += ROWS_A_LAUNCH) SABIR_TRY(launch(lowering, s, ELIMINATE, first, first + ROWS_A_LAUNCH));
    for (; first > 0; first -= ROWS_A_LAUNCH) SABIR_TRY(launch(lowering, s, SUBSTITUTE, first - ROWS_A_LAUNCH, first));
    return SABIR_OK;
}

sabir_status sbr_lower_tridiagonal(sbr_lowering *lowering, const sbr_node *node)
{
    const sabir_tridiagonal_attrs *attrs = node->attrs;
    solver s = {.transposed = attrs->transposed != 0};
    for (uint32_t i = 0; i < 4; i++) sbr_lines_of(lowering, sbr_in(lowering, node, i), attrs->axis, &s.operands[i]);
    s.arith = sbr_arith_of(s.operands[3].view.type);
    const sbr_expr extents[] = {s.operands[3].length, s.operands[3].rows};
    const sabir_type type = sbr_type_of(s.arith);
    sbr_view output;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    SABIR_TRY(sbr_temp(lowering, type, 2, extents, &s.ratios));
    s.y = output;
    /* Smaller elements share words; the solution is read back and forth in full. */
    if (output.type != type) SABIR_TRY(sbr_temp(lowering, type, output.rank, output.extents, &s.y));
    SABIR_TRY(solve(lowering, &s));
    return output.type == type ? SABIR_OK : sbr_cast_view(lowering, &s.y, &output);
}
