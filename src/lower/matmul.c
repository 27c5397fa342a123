#include "matmul.h"

#include "operands.h"

/* Axes of a matrix from the end. */
static sbr_expr rows_of(const sbr_view *view) { return view->extents[view->rank - 2]; }
static sbr_expr columns_of(const sbr_view *view) { return view->extents[view->rank - 1]; }
static sbr_expr row_stride(const sbr_view *view) { return view->strides[view->rank - 2]; }
static sbr_expr column_stride(const sbr_view *view) { return view->strides[view->rank - 1]; }

static int64_t largest(sbr_lowering *lowering, sbr_expr expr) { return sbr_expr_largest(&lowering->module->exprs, expr); }

static bool is_one(const sbr_lowering *lowering, sbr_expr expr)
{
    int64_t number;
    return sbr_known(lowering, expr, &number) && number == 1;
}

static uint64_t operations(sbr_lowering *lowering, const sbr_matmul_problem *problem)
{
    return sbr_work(lowering, sbr_view_count(lowering, &problem->y), columns_of(&problem->a), 2);
}

/* What every kernel of this family takes: the operands and their layout. */
static sabir_status begin(sbr_launcher *l, sbr_lowering *lowering, const char *kernel, const sbr_matmul_problem *problem)
{
    const sbr_view a = problem->a, b = problem->b, y = problem->y;
    const sbr_arith arith = sbr_unsigned_arith(y.type);
    SABIR_TRY(sbr_launch_begin(l, lowering, kernel, arith, arith));
    const int32_t batch = y.rank - 2;
    sbr_view batch_a = a, batch_b = b;
    batch_a.rank = batch_b.rank = batch;
    sbr_space(l, batch, y.extents);
    sbr_read(l, "a", &batch_a);
    sbr_read(l, "b", &batch_b);
    sbr_read(l, "bias", problem->bias ? problem->bias : &a);
    sbr_read(l, "residual", problem->residual ? problem->residual : &a);
    sbr_share_residual(l, problem->residual, &y);
    sbr_write(l, "y", &y);
    sbr_idx(l, "m", rows_of(&y));
    sbr_idx(l, "columns", columns_of(&y));
    sbr_idx(l, "k", columns_of(&a));
    sbr_idx(l, "a_m", row_stride(&a));
    sbr_idx(l, "a_k", column_stride(&a));
    sbr_idx(l, "b_k", row_stride(&b));
    sbr_idx(l, "b_n", column_stride(&b));
    const sbr_expr zero = sbr_num(lowering, 0), bias_step = problem->bias ? problem->bias->strides[0] : zero;
    sbr_idx(l, "bias_m", problem->bias_by_row ? bias_step : zero);
    sbr_idx(l, "bias_n", problem->bias_by_row ? zero : bias_step);
    sbr_int(l, "has_bias", problem->bias != NULL);
    sbr_int(l, "has_residual", problem->residual != NULL);
    sbr_int(l, "activation", problem->activation);
    return SABIR_OK;
}

/* ---- naive: any layout, any type ---- */

static bool always(sbr_lowering *lowering, const sbr_matmul_problem *problem)
{
    (void)lowering;
    (void)problem;
    return true;
}

static sabir_status launch_naive(sbr_lowering *lowering, const sbr_matmul_problem *problem, const uint32_t *parameters)
{
    (void)parameters;
    sbr_launcher l;
    SABIR_TRY(begin(&l, lowering, "matmul_naive", problem));
    return sbr_launch_end(&l, SBR_EXPR_NONE, operations(lowering, problem));
}

/* ---- tile: GPUs, where a work-group shares what it reads ---- */

enum { TILE = 64, TILE_INVOCATIONS = 256, TILE_ELEMENTS = 2 * 1040, TILE_WORTH = 16 };

static bool suits_tile(sbr_lowering *lowering, const sbr_matmul_problem *problem)
{
    const sbr_lower_options *options = lowering->options;
    const uint32_t size = problem->y.type == SABIR_F64 ? 8 : 4;
    if (options->prefer_wide || options->group_invocations < TILE_INVOCATIONS || options->shared_memory < TILE_ELEMENTS * size) return false;
    return largest(lowering, rows_of(&problem->y)) >= TILE_WORTH && largest(lowering, columns_of(&problem->y)) >= TILE_WORTH;
}

static sabir_status launch_tile(sbr_lowering *lowering, const sbr_matmul_problem *problem, const uint32_t *parameters)
{
    (void)parameters;
    sbr_launcher l;
    SABIR_TRY(begin(&l, lowering, "matmul_tile", problem));
    const sbr_expr tiles_n = sbr_ceil_div(lowering, columns_of(&problem->y), TILE);
    const sbr_expr tiles = sbr_mul(lowering, sbr_ceil_div(lowering, rows_of(&problem->y), TILE), tiles_n);
    const sbr_expr groups = sbr_mul(lowering, sbr_extents_product(lowering, &problem->y, 0, problem->y.rank - 2), tiles);
    sbr_idx(&l, "tiles_n", tiles_n);
    sbr_idx(&l, "tiles", tiles);
    sbr_idx(&l, "groups", groups);
    sbr_int(&l, "a_along_k", is_one(lowering, column_stride(&problem->a)));
    sbr_int(&l, "b_along_k", is_one(lowering, row_stride(&problem->b)) && !is_one(lowering, column_stride(&problem->b)));
    return sbr_launch_end(&l, groups, operations(lowering, problem));
}

/* ---- lane: software Vulkan, where a subgroup's registers are the only quick memory ---- */

/* A lane's loop makes a turn for every 8 of k, and software Vulkan ends it after 65,535. */
enum { LANE_ROWS = 16, LANE_COLUMNS = 32, LANE_SUBGROUP = 8, LANE_DEPTH = 8, LANE_MOST_DEPTH = 65000 * LANE_DEPTH };
enum { LANE_WORTH_ROWS = 4, LANE_WORTH_COLUMNS = 8, LANE_WORTH_OWN = 1 << 22 };

bool sbr_suits_lane(const sbr_lowering *lowering, sabir_type type, sbr_expr rows, sbr_expr columns, sbr_expr k)
{
    const sbr_lower_options *options = lowering->options;
    sbr_exprs *exprs = &lowering->module->exprs;
    if (!options->software || options->prefer_wide || !options->has_subgroups || options->subgroup_size < LANE_SUBGROUP || !sbr_is_float(type)) return false;
    return sbr_expr_largest(exprs, rows) >= LANE_WORTH_ROWS && sbr_expr_largest(exprs, columns) >= LANE_WORTH_COLUMNS && sbr_expr_largest(exprs, k) <= LANE_MOST_DEPTH;
}

sabir_status sbr_launch_lane(sbr_lowering *lowering, const sbr_lane_product *p)
{
    const sbr_arith arith = sbr_arith_of(p->y.type);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "matmul_lane", arith, arith));
    sbr_space(&l, p->a.rank, p->a.extents);
    sbr_read(&l, "a", &p->a);
    sbr_read(&l, "b", &p->b);
    sbr_read(&l, "bias", p->bias ? p->bias : &p->a);
    sbr_read(&l, "residual", p->residual ? p->residual : &p->a);
    if (!p->keeps_residual) sbr_share_residual(&l, p->residual, &p->y);
    sbr_write(&l, "y", &p->y);
    sbr_idx(&l, "m", p->m);
    sbr_idx(&l, "columns", p->columns);
    sbr_idx(&l, "k", p->k);
    for (uint32_t i = 0; i < 5; i++) sbr_idx_at(&l, "a_strides", i, p->a_strides[i]);
    for (uint32_t i = 0; i < 5; i++) sbr_idx_at(&l, "b_strides", i, p->b_strides[i]);
    for (uint32_t i = 0; i < 6; i++) sbr_idx_at(&l, "y_strides", i, p->y_strides[i]);
    sbr_idx(&l, "y_first", p->y_first);
    int64_t hop = LANE_DEPTH;
    for (uint32_t i = 3; i-- > 0;) {
        sbr_idx_at(&l, "extent", i, p->extent[i]);
        sbr_idx_at(&l, "result", i, p->result[i]);
        sbr_idx_at(&l, "window", i, sbr_num(lowering, p->window[i]));
        sbr_idx_at(&l, "stride", i, sbr_num(lowering, p->stride[i]));
        sbr_idx_at(&l, "dilation", i, sbr_num(lowering, p->dilation[i]));
        sbr_idx_at(&l, "before", i, sbr_num(lowering, p->before[i]));
        sbr_idx_at(&l, "hop", i + 1, sbr_num(lowering, hop % p->window[i]));
        hop /= p->window[i];
    }
    sbr_idx_at(&l, "hop", 0, sbr_num(lowering, hop));
    for (uint32_t i = 0; i < 3; i++) sbr_idx_at(&l, "bias_strides", i, p->bias ? p->bias_strides[i] : sbr_num(lowering, 0));
    sbr_int(&l, "has_bias", p->bias != NULL);
    sbr_int(&l, "has_residual", p->residual != NULL);
    sbr_int(&l, "activation", p->activation);
    /* A lane computes every activation, whichever is asked for, and then takes one: in a large launch a kernel without them pays. */
    if (p->flops >= LANE_WORTH_OWN && !p->residual && p->activation <= SBR_ACTIVATION_RELU) sbr_own_constant(&l, "EPILOGUE", 0);
    const sbr_expr tiles_n = sbr_ceil_div(lowering, p->columns, LANE_COLUMNS);
    const sbr_expr tiles = sbr_mul(lowering, sbr_ceil_div(lowering, p->m, LANE_ROWS), tiles_n);
    const sbr_expr groups = sbr_mul(lowering, sbr_extents_product(lowering, &p->a, 0, p->a.rank), tiles);
    sbr_idx(&l, "tiles_n", tiles_n);
    sbr_idx(&l, "tiles", tiles);
    sbr_idx(&l, "groups", groups);
    return sbr_launch_end(&l, groups, p->flops);
}

static bool suits_lane(sbr_lowering *lowering, const sbr_matmul_problem *problem)
{
    return sbr_suits_lane(lowering, problem->y.type, rows_of(&problem->y), columns_of(&problem->y), columns_of(&problem->a));
}

static sabir_status launch_lane(sbr_lowering *lowering, const sbr_matmul_problem *problem, const uint32_t *parameters)
{
    (void)parameters;
    const sbr_view *a = &problem->a, *b = &problem->b, *y = &problem->y;
    const sbr_expr zero = sbr_num(lowering, 0), one = sbr_num(lowering, 1), m = rows_of(y), columns = columns_of(y);
    const sbr_expr bias_step = problem->bias ? problem->bias->strides[0] : zero;
    sbr_lane_product product = {
        .a = *a, .b = *b, .y = *y, .bias = problem->bias, .residual = problem->residual, .activation = problem->activation,
        .bias_strides = {zero, problem->bias_by_row ? bias_step : zero, problem->bias_by_row ? zero : bias_step}, .m = m, .columns = columns, .k = columns_of(a),
        .a_strides = {row_stride(a), column_stride(a), zero, zero, zero}, .b_strides = {zero, row_stride(b), zero, zero, column_stride(b)},
        .y_strides = {sbr_mul(lowering, m, columns), columns, zero, zero, zero, one}, .y_first = zero, .extent = {one, one, columns}, .result = {one, one, columns},
        .window = {1, 1, 1}, .stride = {1, 1, 1}, .dilation = {1, 1, 1}, .flops = operations(lowering, problem),
    };
    product.a.rank = product.b.rank = y->rank - 2;
    for (int32_t i = 0; i < product.a.rank; i++) product.a.extents[i] = product.b.extents[i] = y->extents[i];
    return sbr_launch_lane(lowering, &product);
}

/* ---- block: CPUs, where one invocation keeps a core's vector registers busy ---- */

enum { BLOCK_ROWS = 4, BLOCK_COLUMNS = 32, PACK_WORTH = 8 };

static bool is_computed_type(const sbr_matmul_problem *problem, sabir_type type)
{
    return type == (sbr_arith_of(problem->y.type) == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32);
}

static bool suits_block(sbr_lowering *lowering, const sbr_matmul_problem *problem)
{
    if (!lowering->options->prefer_wide || !sbr_is_float(problem->y.type)) return false;
    if (largest(lowering, columns_of(&problem->y)) < BLOCK_COLUMNS) return false;
    const bool is_ready = is_computed_type(problem, problem->a.type) && is_computed_type(problem, problem->b.type) && is_one(lowering, column_stride(&problem->b));
    return is_ready || largest(lowering, rows_of(&problem->y)) >= PACK_WORTH;
}

/* The operand row-major and in the type of the computation; axes that are broadcast stay so. */
static sabir_status pack(sbr_lowering *lowering, const sbr_matmul_problem *problem, const sbr_view *operand, bool rows_matter, sbr_view *packed)
{
    *packed = *operand;
    const sabir_type type = sbr_arith_of(problem->y.type) == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32;
    if (operand->type == type && (!rows_matter || is_one(lowering, column_stride(operand)))) return SABIR_OK;
    const sbr_expr zero = sbr_num(lowering, 0), one = sbr_num(lowering, 1);
    sbr_view source = *operand;
    for (int32_t i = 0; i < source.rank - 2; i++)
        if (source.strides[i] == zero) source.extents[i] = one;
    SABIR_TRY(sbr_temp(lowering, type, source.rank, source.extents, packed));
    SABIR_TRY(operand->type == type ? sbr_copy_view(lowering, &source, packed) : sbr_cast_view(lowering, &source, packed));
    for (int32_t i = 0; i < source.rank - 2; i++) {
        if (operand->strides[i] == zero) packed->strides[i] = zero;
        packed->extents[i] = operand->extents[i];
    }
    return SABIR_OK;
}

static sabir_status launch_block(sbr_lowering *lowering, const sbr_matmul_problem *problem, const uint32_t *parameters)
{
    (void)parameters;
    sbr_matmul_problem packed = *problem;
    SABIR_TRY(pack(lowering, problem, &problem->a, false, &packed.a));
    SABIR_TRY(pack(lowering, problem, &problem->b, true, &packed.b));
    sbr_launcher l;
    SABIR_TRY(begin(&l, lowering, "matmul_block", &packed));
    const sbr_expr blocks_m = sbr_ceil_div(lowering, rows_of(&problem->y), BLOCK_ROWS);
    const sbr_expr blocks = sbr_mul(lowering, blocks_m, sbr_ceil_div(lowering, columns_of(&problem->y), BLOCK_COLUMNS));
    const sbr_expr groups = sbr_mul(lowering, sbr_extents_product(lowering, &problem->y, 0, problem->y.rank - 2), blocks);
    sbr_idx(&l, "blocks_m", blocks_m);
    sbr_idx(&l, "blocks", blocks);
    sbr_idx(&l, "groups", groups);
    return sbr_launch_end(&l, groups, operations(lowering, problem));
}

const sbr_matmul_candidate sbr_matmul_candidates[] = {
    {"lane", suits_lane, launch_lane},
    {"tile", suits_tile, launch_tile},
    {"block", suits_block, launch_block},
    {"naive", always, launch_naive},
};
const uint32_t sbr_matmul_candidate_count = SBR_COUNT(sbr_matmul_candidates);

sabir_status sbr_lower_matmul_with(sbr_lowering *lowering, const sbr_matmul_problem *problem)
{
    const sbr_matmul_candidate *candidate = sbr_matmul_candidates;
    while (!candidate->applicable(lowering, problem)) candidate++;
    return candidate->launch(lowering, problem, NULL);
}

/* ---- the operator ---- */

/* The operand with its last two axes in order, batch axes as the output's. */
static sbr_view matrix(sbr_lowering *lowering, const sbr_view *operand, bool transposed, const sbr_view *output)
{
    sbr_view view = *operand, wide;
    const int32_t last = view.rank - 1;
    if (transposed) {
        view.extents[last - 1] = operand->extents[last];
        view.strides[last - 1] = operand->strides[last];
        view.extents[last] = operand->extents[last - 1];
        view.strides[last] = operand->strides[last - 1];
    }
    sbr_expr extents[SABIR_MAX_RANK];
    for (int32_t i = 0; i < output->rank - 2; i++) extents[i] = output->extents[i];
    extents[output->rank - 2] = view.extents[last - 1];
    extents[output->rank - 1] = view.extents[last];
    sbr_view_broadcast(lowering, &view, output->rank, extents, &wide);
    return wide;
}

void sbr_matmul_problem_of(sbr_lowering *lowering, const sbr_node *node, const sbr_view *y, sbr_matmul_problem *problem)
{
    const sabir_matmul_attrs *attrs = node->attrs;
    const sbr_view a = *sbr_in(lowering, node, 0), b = *sbr_in(lowering, node, 1);
    *problem = (sbr_matmul_problem){.activation = SBR_ACTIVATION_NONE, .y = *y};
    problem->a = matrix(lowering, &a, attrs->transpose_a != 0, y);
    problem->b = matrix(lowering, &b, attrs->transpose_b != 0, y);
}

sabir_status sbr_lower_matmul(sbr_lowering *lowering, const sbr_node *node)
{
    sbr_matmul_problem problem;
    sbr_view y;
    SABIR_TRY(sbr_out(lowering, node, 0, &y));
    sbr_matmul_problem_of(lowering, node, &y, &problem);
    return sbr_lower_matmul_with(lowering, &problem);
}
