/* Products of rows in groups, whose sizes only the device knows: by rows (grouped_matmul) and by groups (grouped_outer). The kernels
 * grouped_* are those of matmul.c with their rows, or the sums, bounded by the groups. */
#include "operands.h"

typedef struct grouped_problem {
    bool outer;
    sbr_view pointers;
    sbr_view a, b;         /* slots, types and offsets; strides are these: */
    sbr_expr a_m, a_k;     /* of a along the rows of y and along what is summed */
    sbr_expr b_g, b_k, b_n; /* of b along groups, what is summed, and columns */
    sbr_expr groups, rows; /* rows: of the operand whose rows lie in groups */
    sbr_expr m, columns, k; /* of y, of each group's where outer; k: products in a sum, the largest number of them where outer */
    sbr_view y;            /* dense */
} grouped_problem;

static bool is_one(const sbr_lowering *lowering, sbr_expr expr)
{
    int64_t number;
    return sbr_known(lowering, expr, &number) && number == 1;
}

/* Multiplications and additions: a row is in one group at most, so groups add nothing. */
static uint64_t work(sbr_lowering *lowering, const grouped_problem *problem)
{
    return sbr_work(lowering, sbr_mul(lowering, problem->m, problem->columns), problem->k, 2);
}

/* What every kernel of this family takes. */
static sabir_status begin(sbr_launcher *l, sbr_lowering *lowering, const char *kernel, const grouped_problem *problem)
{
    const sbr_arith arith = sbr_arith_of(problem->y.type);
    SABIR_TRY(sbr_launch_begin(l, lowering, kernel, arith, arith));
    sbr_read(l, "a", &problem->a);
    sbr_read(l, "b", &problem->b);
    sbr_read(l, "pointers", &problem->pointers);
    sbr_write(l, "y", &problem->y);
    sbr_int(l, "outer", problem->outer);
    sbr_idx(l, "groups", problem->groups);
    sbr_idx(l, "rows", problem->rows);
    sbr_idx(l, "m", problem->m);
    sbr_idx(l, "columns", problem->columns);
    sbr_idx(l, "k", problem->k);
    sbr_idx(l, "a_m", problem->a_m);
    sbr_idx(l, "a_k", problem->a_k);
    sbr_idx(l, "b_g", problem->b_g);
    sbr_idx(l, "b_k", problem->b_k);
    sbr_idx(l, "b_n", problem->b_n);
    sbr_idx(l, "pointer_stride", problem->pointers.strides[0]);
    return SABIR_OK;
}

/* ---- GPUs: tiles that a work-group shares ---- */

enum { TILE = 64, TILE_INVOCATIONS = 256, TILE_ELEMENTS = 2 * 1040, TILE_WORTH = 16 };

static bool suits_tile(const sbr_lowering *lowering, const grouped_problem *problem)
{
    const sbr_lower_options *options = lowering->options;
    const uint32_t size = problem->y.type == SABIR_F64 ? 8 : 4;
    if (options->prefer_wide || options->software || options->group_invocations < TILE_INVOCATIONS || options->shared_memory < TILE_ELEMENTS * size) return false;
    return sbr_expr_largest(&lowering->module->exprs, problem->m) >= TILE_WORTH && sbr_expr_largest(&lowering->module->exprs, problem->columns) >= TILE_WORTH;
}

static sabir_status launch_tile(sbr_lowering *lowering, const grouped_problem *problem)
{
    sbr_launcher l;
    SABIR_TRY(begin(&l, lowering, "grouped_tile", problem));
    const sbr_expr tiles_n = sbr_ceil_div(lowering, problem->columns, TILE), tiles = sbr_mul(lowering, sbr_ceil_div(lowering, problem->m, TILE), tiles_n);
    const sbr_expr groups = problem->outer ? sbr_mul(lowering, problem->groups, tiles) : tiles;
    sbr_idx(&l, "tiles_n", tiles_n);
    sbr_idx(&l, "tiles", tiles);
    sbr_idx(&l, "work_groups", groups);
    sbr_int(&l, "a_along_k", is_one(lowering, problem->a_k));
    sbr_int(&l, "b_along_k", is_one(lowering, problem->b_k) && !is_one(lowering, problem->b_n));
    return sbr_launch_end(&l, groups, work(lowering, problem));
}

/* ---- CPUs: blocks that stay in the registers of a core ---- */

enum { BLOCK_ROWS = 4, BLOCK_COLUMNS = 32, PACK_WORTH = 8 };

static sabir_type computed_type(const grouped_problem *problem) { return problem->y.type == SABIR_F64 ? SABIR_F64 : SABIR_F32; }

static bool suits_block(const sbr_lowering *lowering, const grouped_problem *problem)
{
    int64_t columns;
    if (!lowering->options->prefer_wide || !sbr_known(lowering, problem->columns, &columns) || columns < BLOCK_COLUMNS) return false;
    const bool is_ready = problem->b.type == computed_type(problem) && is_one(lowering, problem->b_n);
    return is_ready || sbr_expr_largest(&lowering->module->exprs, problem->rows) >= PACK_WORTH;
}

/* b in the type of the computation, its columns side by side. */
static sabir_status pack(sbr_lowering *lowering, grouped_problem *problem)
{
    if (problem->b.type == computed_type(problem) && is_one(lowering, problem->b_n)) return SABIR_OK;
    sbr_view source = problem->b, packed;
    source.rank = 3;
    source.extents[0] = problem->outer ? sbr_num(lowering, 1) : problem->groups;
    source.extents[1] = problem->outer ? problem->rows : problem->k;
    source.extents[2] = problem->columns;
    source.strides[0] = problem->b_g;
    source.strides[1] = problem->b_k;
    source.strides[2] = problem->b_n;
    SABIR_TRY(sbr_temp(lowering, computed_type(problem), 3, source.extents, &packed));
    SABIR_TRY(source.type == packed.type ? sbr_copy_view(lowering, &source, &packed) : sbr_cast_view(lowering, &source, &packed));
    problem->b = packed;
    problem->b_g = problem->outer ? sbr_num(lowering, 0) : packed.strides[0];
    problem->b_k = packed.strides[1];
    problem->b_n = packed.strides[2];
    return SABIR_OK;
}

static sabir_status launch_block(sbr_lowering *lowering, const grouped_problem *problem)
{
    grouped_problem packed = *problem;
    SABIR_TRY(pack(lowering, &packed));
    sbr_launcher l;
    SABIR_TRY(begin(&l, lowering, "grouped_block", &packed));
    const sbr_expr blocks_m = sbr_ceil_div(lowering, problem->m, BLOCK_ROWS);
    const sbr_expr blocks = sbr_mul(lowering, blocks_m, sbr_ceil_div(lowering, problem->columns, BLOCK_COLUMNS));
    const sbr_expr groups = problem->outer ? sbr_mul(lowering, problem->groups, blocks) : blocks;
    sbr_idx(&l, "blocks_m", blocks_m);
    sbr_idx(&l, "blocks", blocks);
    sbr_idx(&l, "work_groups", groups);
    return sbr_launch_end(&l, groups, work(lowering, problem));
}

/* ---- the operators ---- */

static sabir_status solve(sbr_lowering *lowering, const grouped_problem *problem)
{
    if (suits_tile(lowering, problem)) return launch_tile(lowering, problem);
    if (suits_block(lowering, problem)) return launch_block(lowering, problem);
    sbr_launcher l;
    SABIR_TRY(begin(&l, lowering, "grouped_naive", problem));
    return sbr_launch_end(&l, SBR_EXPR_NONE, work(lowering, problem));
}

sabir_status sbr_lower_grouped_matmul(sbr_lowering *lowering, const sbr_node *node)
{
    const int32_t transpose = ((const sabir_grouped_attrs *)node->attrs)->transpose;
    grouped_problem problem = {.a = *sbr_in(lowering, node, 0), .b = *sbr_in(lowering, node, 1), .pointers = *sbr_in(lowering, node, 2)};
    SABIR_TRY(sbr_out(lowering, node, 0, &problem.y));
    problem.a_m = problem.a.strides[0];
    problem.a_k = problem.a.strides[1];
    problem.b_g = problem.b.strides[0];
    problem.b_k = problem.b.strides[1 + transpose];
    problem.b_n = problem.b.strides[2 - transpose];
    problem.groups = problem.b.extents[0];
    problem.rows = problem.m = problem.a.extents[0];
    problem.columns = problem.y.extents[1];
    problem.k = problem.a.extents[1];
    return solve(lowering, &problem);
}

sabir_status sbr_lower_grouped_outer(sbr_lowering *lowering, const sbr_node *node)
{
    grouped_problem problem = {.outer = true, .a = *sbr_in(lowering, node, 0), .b = *sbr_in(lowering, node, 1), .pointers = *sbr_in(lowering, node, 2)};
    SABIR_TRY(sbr_out(lowering, node, 0, &problem.y));
    problem.a_m = problem.a.strides[1];
    problem.a_k = problem.a.strides[0];
    problem.b_g = sbr_num(lowering, 0);
    problem.b_k = problem.b.strides[0];
    problem.b_n = problem.b.strides[1];
    problem.groups = problem.y.extents[0];
    problem.rows = problem.k = problem.a.extents[0];
    problem.m = problem.a.extents[1];
    problem.columns = problem.b.extents[1];
    return solve(lowering, &problem);
}
