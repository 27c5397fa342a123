/* Reductions over any axes of any view, without a copy; see kernels/reduce.k. */
#include <math.h>

#include "lines.h"

enum {
    LANES = 64,
    PIECE = 64,            /* elements that one invocation joins before they go to the compensated total */
    SHORT_ROW = 64,        /* not worth a work-group */
    TASKS_OF_CPU = 512, SHORTEST_PART_OF_CPU = 4096,
    TASKS_OF_GPU = 16384, SHORTEST_PART_OF_TASK = 256,
    GROUPS_OF_GPU = 512, SHORTEST_PART_OF_GROUP = 8192,
    TASKS_OF_SOFTWARE = 2048, LONGEST_PART_OF_SOFTWARE = 16384, /* loops end after 65,535 turns there */
    MOST_PARTS = 1024
};

typedef enum operation { OPERATION_SUM, OPERATION_PRODUCT, OPERATION_LARGEST, OPERATION_SMALLEST } operation;

/* Rows to be reduced: the view spans [kept..., segments...]; a segment is a run of elements `stride` apart. */
typedef struct rows {
    sbr_view view;
    int32_t kept; /* of the view's axes */
    sbr_expr count, segments, run, stride;
} rows;

typedef struct reduction {
    operation operation;
    sbr_arith arith;
    uint32_t start[2], flip;
    bool exact, mean;
    sbr_expr divisor;
} reduction;

typedef struct schedule { uint32_t lanes; int64_t parts; } schedule;

/* ---- Axes ---- */

typedef struct axis { sbr_expr extent, stride; } axis;

/* Whether a certainly takes larger steps than b. */
static bool is_outer(const sbr_lowering *lowering, const axis *a, const axis *b)
{
    int64_t x, y;
    if (!sbr_known(lowering, a->stride, &x) || !sbr_known(lowering, b->stride, &y)) return false;
    return (x < 0 ? -x : x) > (y < 0 ? -y : y);
}

/* Reduced axes in any order give the same sum: largest steps first, neighbours that are walked as one merged. Returns how many are left. */
static int32_t order_axes(sbr_lowering *lowering, axis *axes, int32_t count)
{
    for (int32_t i = 1; i < count; i++)
        for (int32_t k = i; k > 0 && is_outer(lowering, &axes[k], &axes[k - 1]); k--) {
            const axis swapped = axes[k];
            axes[k] = axes[k - 1];
            axes[k - 1] = swapped;
        }
    int32_t left = 0;
    for (int32_t i = 0; i < count; i++) {
        const axis here = axes[i];
        if (left > 0 && axes[left - 1].stride == sbr_mul(lowering, here.stride, here.extent))
            axes[left - 1] = (axis){sbr_mul(lowering, axes[left - 1].extent, here.extent), here.stride};
        else axes[left++] = here;
    }
    return left;
}

static void split(sbr_lowering *lowering, const sbr_view *x, uint32_t reduced, rows *result)
{
    axis axes[SABIR_MAX_RANK];
    int32_t count = 0;
    rows r = {.view = *x, .count = sbr_num(lowering, 1), .segments = sbr_num(lowering, 1), .run = sbr_num(lowering, 1), .stride = sbr_num(lowering, 0)};
    r.view.rank = 0;
    for (int32_t i = 0; i < x->rank; i++) {
        int64_t extent;
        if (sbr_known(lowering, x->extents[i], &extent) && extent == 1) continue;
        if (reduced >> i & 1u) {
            axes[count++] = (axis){x->extents[i], x->strides[i]};
            continue;
        }
        r.view.extents[r.view.rank] = x->extents[i];
        r.view.strides[r.view.rank++] = x->strides[i];
        r.count = sbr_mul(lowering, r.count, x->extents[i]);
    }
    r.kept = r.view.rank;
    count = order_axes(lowering, axes, count);
    for (int32_t i = 0; i + 1 < count; i++) {
        r.view.extents[r.view.rank] = axes[i].extent;
        r.view.strides[r.view.rank++] = axes[i].stride;
        r.segments = sbr_mul(lowering, r.segments, axes[i].extent);
    }
    if (count > 0) {
        r.run = axes[count - 1].extent;
        r.stride = axes[count - 1].stride;
    }
    *result = r;
}

/* ---- Who does what ---- */

static int64_t between(int64_t number, int64_t least, int64_t most) { return number < least ? least : number > most ? most : number; }

/* Neighbouring rows lie closer than neighbours in a row. */
static bool is_columnar(const sbr_lowering *lowering, const rows *r)
{
    int64_t step, stride;
    if (r->kept == 0 || !sbr_known(lowering, r->view.strides[r->kept - 1], &step) || step == 0) return false;
    step = step < 0 ? -step : step;
    return !sbr_known(lowering, r->stride, &stride) ? step == 1 : step < (stride < 0 ? -stride : stride);
}

static schedule choose(sbr_lowering *lowering, const rows *r)
{
    const int64_t count = sbr_most(lowering, r->count), each = sbr_most(lowering, sbr_mul(lowering, r->segments, r->run));
    if (count == 0) return (schedule){1, 1};
    if (lowering->options->prefer_wide)
        return (schedule){1, count >= TASKS_OF_CPU / 2 ? 1 : between(TASKS_OF_CPU / count, 1, between(each / SHORTEST_PART_OF_CPU, 1, MOST_PARTS))};
    /* No lane of software Vulkan reads faster for its neighbours, and lanes beyond a segment's end would idle. */
    if (lowering->options->software && each > SHORT_ROW) {
        const int64_t least = (each + LONGEST_PART_OF_SOFTWARE - 1) / LONGEST_PART_OF_SOFTWARE, most = between(each / SHORTEST_PART_OF_TASK, 1, MOST_PARTS);
        return (schedule){1, between(count >= TASKS_OF_SOFTWARE / 2 ? 1 : TASKS_OF_SOFTWARE / count, least < most ? least : most, most)};
    }
    if (is_columnar(lowering, r) || each <= SHORT_ROW)
        return (schedule){1, count >= TASKS_OF_GPU / 2 ? 1 : between(TASKS_OF_GPU / count, 1, between(each / SHORTEST_PART_OF_TASK, 1, MOST_PARTS))};
    return (schedule){LANES, count >= GROUPS_OF_GPU / 2 ? 1 : between(GROUPS_OF_GPU / count, 1, between(each / SHORTEST_PART_OF_GROUP, 1, MOST_PARTS))};
}

/* ---- Launches ---- */

static sabir_status launch(sbr_lowering *lowering, const rows *r, const reduction *how, const schedule *who, const sbr_view *y)
{
    const int64_t piece = PIECE * (int64_t)who->lanes;
    const sbr_expr pieces = sbr_ceil_div(lowering, r->run, piece), units = sbr_mul(lowering, r->segments, pieces);
    const sbr_expr parts = sbr_num(lowering, who->parts), tasks = sbr_mul(lowering, r->count, parts);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_begin(&l, lowering, "reduce", how->arith, how->arith));
    sbr_space(&l, r->view.rank, r->view.extents);
    sbr_read(&l, "x", &r->view);
    sbr_write(&l, "y", y);
    sbr_int(&l, "operation", how->operation);
    sbr_int(&l, "flip", how->flip);
    for (uint32_t i = 0; i < 2; i++) sbr_uint_at(&l, "start", i, sbr_num(lowering, how->start[i]));
    sbr_int(&l, "lanes", who->lanes);
    sbr_int(&l, "exact", how->exact);
    sbr_int(&l, "mean", how->mean);
    sbr_idx(&l, "divisor", how->divisor);
    sbr_idx(&l, "rows", r->count);
    sbr_idx(&l, "parts", parts);
    sbr_idx(&l, "span", sbr_ceil_div(lowering, units, who->parts));
    sbr_idx(&l, "segments", r->segments);
    sbr_idx(&l, "run", r->run);
    sbr_idx(&l, "stride", r->stride);
    sbr_idx(&l, "pieces", pieces);
    sbr_int(&l, "piece", piece);
    const uint64_t work = (uint64_t)sbr_most(lowering, sbr_mul(lowering, r->count, sbr_mul(lowering, r->segments, r->run)));
    return sbr_launch_end(&l, who->lanes == 1 ? sbr_ceil_div(lowering, tasks, l.desc->local_size) : tasks, work);
}

/* Rows of x into y; few long rows by parts, whose totals are then reduced in their turn. */
static sabir_status reduce_view(sbr_lowering *lowering, const sbr_view *x, uint32_t reduced, const reduction *how, const sbr_view *y)
{
    rows r;
    split(lowering, x, reduced, &r);
    const schedule who = choose(lowering, &r);
    if (who.parts == 1) return launch(lowering, &r, how, &who, y);

    const sbr_expr extents[] = {sbr_num(lowering, 2 * who.parts), r.count};
    sbr_view totals;
    reduction first = *how, second = *how;
    first.mean = false;
    second.exact = how->operation == OPERATION_SUM;
    SABIR_TRY(sbr_temp(lowering, sbr_type_of(how->arith), 2, extents, &totals));
    SABIR_TRY(launch(lowering, &r, &first, &who, &totals));
    rows of_totals;
    split(lowering, &totals, 1u, &of_totals);
    const bool serial = lowering->options->prefer_wide || lowering->options->software || sbr_most(lowering, r.count) >= GROUPS_OF_GPU;
    return launch(lowering, &of_totals, &second, &(schedule){serial ? 1 : LANES, 1}, y);
}

/* ---- Operators ---- */

/* What nothing reduces to: the bits of an element as a kernel computes with it. */
static void identity(operation operation, sabir_type type, sabir_type result, uint32_t words[2])
{
    static const double most[SABIR_TYPE_COUNT] = {[SABIR_I32] = 2147483647.0, [SABIR_U32] = 4294967295.0, [SABIR_I8] = 127.0, [SABIR_U8] = 255.0};
    const bool is_float = sbr_is_float(type);
    double number = 0.0;
    switch (operation) {
        case OPERATION_SUM: break;
        case OPERATION_PRODUCT: number = 1.0; break;
        case OPERATION_LARGEST: number = is_float ? -INFINITY : (double)sbr_lowest(type); break;
        case OPERATION_SMALLEST: number = is_float ? INFINITY : most[type]; break;
    }
    words[0] = words[1] = 0;
    sbr_number_store(sbr_type_of(sbr_arith_of(result)), number, words);
}

static sabir_status reduce(sbr_lowering *lowering, const sbr_node *node, operation operation)
{
    const sabir_reduce_attrs *attrs = node->attrs;
    const sbr_view x = *sbr_in(lowering, node, 0);
    sbr_view output;
    SABIR_TRY(sbr_out(lowering, node, 0, &output));
    uint32_t reduced = 0;
    for (int32_t i = 0; i < attrs->axes.count; i++) reduced |= 1u << attrs->axes.values[i];
    reduction how = {.operation = operation, .arith = sbr_unsigned_arith(output.type), .flip = sbr_flip(output.type), .mean = node->op == SBR_OP_mean, .divisor = sbr_num(lowering, 1)};
    /* In f32 every sum is: the loads take longer, and terms of both signs need it. */
    how.exact = operation == OPERATION_SUM && (how.arith == SBR_ARITH_F32 || attrs->accumulate == SABIR_ACCUMULATE_COMPENSATED);
    identity(operation, x.type, output.type, how.start);
    for (int32_t i = 0; i < x.rank; i++)
        if (reduced >> i & 1u) how.divisor = sbr_mul(lowering, how.divisor, x.extents[i]);
    return reduce_view(lowering, &x, reduced, &how, &output);
}

sabir_status sbr_sum_first(sbr_lowering *lowering, const sbr_view *x, const sbr_view *y)
{
    const reduction how = {.operation = OPERATION_SUM, .arith = sbr_arith_of(y->type), .exact = y->type != SABIR_F64, .divisor = sbr_num(lowering, 1)};
    return reduce_view(lowering, x, 1u, &how, y);
}

sabir_status sbr_lower_sum(sbr_lowering *lowering, const sbr_node *node) { return reduce(lowering, node, OPERATION_SUM); }
sabir_status sbr_lower_mean(sbr_lowering *lowering, const sbr_node *node) { return reduce(lowering, node, OPERATION_SUM); }
sabir_status sbr_lower_prod(sbr_lowering *lowering, const sbr_node *node) { return reduce(lowering, node, OPERATION_PRODUCT); }
sabir_status sbr_lower_max(sbr_lowering *lowering, const sbr_node *node) { return reduce(lowering, node, OPERATION_LARGEST); }
sabir_status sbr_lower_min(sbr_lowering *lowering, const sbr_node *node) { return reduce(lowering, node, OPERATION_SMALLEST); }
