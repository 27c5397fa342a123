#include "lbfgs_build.h"

#include "base/text.h"
#include "sabir/grad.h"

static sabir_value named(sabir_graph *g, const sbr_lbfgs_shape *l, const char *what, sabir_type type, sabir_shape shape)
{
    const sabir_optimizer names = {.graph = g, .options = {.name = l->name}};
    return sbr_optim_state(&names, what, NULL, type, shape);
}

static sabir_value vector(sabir_graph *g, const sbr_lbfgs_shape *l, const char *what) { return named(g, l, what, l->type, SABIR_SHAPE(l->length)); }
static sabir_value rows(sabir_graph *g, const sbr_lbfgs_shape *l, const char *what) { return named(g, l, what, l->type, SABIR_SHAPE(l->history, l->length)); }
static sabir_value dot(sabir_graph *g, sabir_value a, sabir_value b) { return sabir_sum(g, sabir_mul(g, a, b), SABIR_ALL_AXES); }
static sabir_value i32(sabir_graph *g, int64_t number) { return sabir_number(g, SABIR_I32, (double)number); }

/* Parts of any shape as one vector. */
static sabir_value flat(sabir_graph *g, const sabir_value *parts, uint32_t count)
{
    enum { AT_ONCE = 64 };
    sabir_value vectors[AT_ONCE] = {SABIR_NONE};
    for (uint32_t i = 0; i < count; i++) vectors[i] = sabir_reshape(g, parts[i], SABIR_SHAPE(-1));
    return sabir_concat(g, vectors, count, 0);
}

/* One behind another, in two steps: at most 64 are joined at once. */
static sabir_value joined(sabir_graph *g, const sabir_value *parts, uint32_t count, int64_t length)
{
    enum { AT_ONCE = 64 };
    sabir_value blocks[AT_ONCE] = {SABIR_NONE};
    uint32_t block_count = 0;
    for (uint32_t first = 0; first < count; first += AT_ONCE) blocks[block_count++] = flat(g, parts + first, count - first < AT_ONCE ? count - first : AT_ONCE);
    return sabir_reshape(g, flat(g, blocks, block_count), SABIR_SHAPE(length));
}

sabir_status sbr_lbfgs_evaluate(sabir_graph *g, const sbr_lbfgs_shape *l, sabir_value loss, const sabir_value *variables)
{
    enum { MOST = 64 * 64 };
    if (l->count > MOST) return sbr_fail(SABIR_UNSUPPORTED, "%s: %u variables; %d at most", l->name, l->count, MOST);
    const sabir_allocator *allocator = sbr_context_allocator(sabir_graph_context(g));
    sabir_value *grads = sbr_alloc_array(allocator, (size_t)l->count + 1, sizeof *grads);
    if (!grads) return sbr_no_memory(((size_t)l->count + 1) * sizeof *grads);
    sabir_status status = sabir_vjp(g, &loss, NULL, 1, variables, l->count, NULL, grads);
    if (status == SABIR_OK) {
        const sabir_value gradient = joined(g, grads, l->count, l->length), along = vector(g, l, "direction");
        const sabir_value numbers[] = {sabir_reshape(g, loss, SABIR_SHAPE(1)), sabir_reshape(g, dot(g, gradient, along), SABIR_SHAPE(1)),
                                       sabir_reshape(g, sabir_sqrt(g, dot(g, gradient, gradient)), SABIR_SHAPE(1))};
        sbr_text name = {.allocator = allocator};
        sabir_assign(g, vector(g, l, "gradient"), gradient);
        sbr_text_printf(&name, "%s/numbers", l->name);
        if (name.failed) status = sbr_no_memory(name.length);
        else sabir_output(g, name.data, sabir_concat(g, numbers, 3, 0));
        sbr_text_free(&name);
    }
    sbr_free(allocator, grads);
    return status == SABIR_OK ? sabir_graph_status(g) : status;
}

/* ---- The direction: two loops over the history, newest pair first and last ---- */

static sabir_value row(sabir_graph *g, const sbr_lbfgs_shape *l, sabir_value all, sabir_value slot)
{
    const sabir_value start[] = {sabir_reshape(g, slot, SABIR_SHAPE(1)), sabir_reshape(g, i32(g, 0), SABIR_SHAPE(1))};
    return sabir_reshape(g, sabir_dynamic_slice(g, all, sabir_concat(g, start, 2, 0), SABIR_SHAPE(1, l->length)), SABIR_SHAPE(l->length));
}

static sabir_value element(sabir_graph *g, sabir_value all, sabir_value i)
{
    return sabir_reshape(g, sabir_dynamic_slice(g, all, sabir_reshape(g, i, SABIR_SHAPE(1)), SABIR_SHAPE(1)), SABIR_SCALAR_SHAPE);
}

/* Of the pair that is i from the newest. Slots that were never filled hold zeros, and do nothing. */
static sabir_value slot_of(sabir_graph *g, const sbr_lbfgs_shape *l, sabir_value pairs, sabir_value i)
{
    return sabir_mod(g, sabir_sub(g, sabir_sub(g, pairs, i32(g, 1)), i), i32(g, l->history));
}

typedef struct memory { sabir_value s, y, rho, pairs; } memory;

static memory read_memory(sabir_graph *g, const sbr_lbfgs_shape *l)
{
    return (memory){rows(g, l, "s"), rows(g, l, "y"), named(g, l, "rho", l->type, SABIR_SHAPE(l->history)), named(g, l, "pairs", SABIR_I32, SABIR_SCALAR_SHAPE)};
}

/* q and the factors alpha by pair. */
static void first_loop(sabir_graph *g, const sbr_lbfgs_shape *l, const memory *m, sabir_value gradient, sabir_value results[3])
{
    const sabir_value initial[] = {i32(g, 0), gradient, sabir_full(g, l->type, SABIR_SHAPE(l->history), 0)};
    sabir_value now[3];
    sabir_loop_begin(g, l->history, initial, 3, now);
    const sabir_value slot = slot_of(g, l, m->pairs, now[0]), alpha = sabir_mul(g, element(g, m->rho, slot), dot(g, row(g, l, m->s, slot), now[1]));
    const sabir_value here = sabir_equal(g, sabir_iota(g, SABIR_I32, SABIR_SHAPE(l->history), 0, 0, 1), now[0]);
    const sabir_value next[] = {sabir_add(g, now[0], i32(g, 1)), sabir_sub(g, now[1], sabir_mul(g, alpha, row(g, l, m->y, slot))), sabir_select(g, here, alpha, now[2])};
    (void)sabir_loop_end(g, next, 3, SABIR_NONE, results);
}

static sabir_value second_loop(sabir_graph *g, const sbr_lbfgs_shape *l, const memory *m, sabir_value r, sabir_value alphas)
{
    const sabir_value initial[] = {i32(g, l->history - 1), r};
    sabir_value now[2], results[2];
    sabir_loop_begin(g, l->history, initial, 2, now);
    const sabir_value slot = slot_of(g, l, m->pairs, now[0]), beta = sabir_mul(g, element(g, m->rho, slot), dot(g, row(g, l, m->y, slot), now[1]));
    const sabir_value factor = sabir_sub(g, element(g, alphas, now[0]), beta);
    const sabir_value next[] = {sabir_sub(g, now[0], i32(g, 1)), sabir_add(g, now[1], sabir_mul(g, factor, row(g, l, m->s, slot)))};
    (void)sabir_loop_end(g, next, 2, SABIR_NONE, results);
    return results[1];
}

/* The first guess of the inverse Hessian: s.y / y.y of the newest pair, 1 before there is one. */
static sabir_value scale(sabir_graph *g, const sbr_lbfgs_shape *l, const memory *m)
{
    const sabir_value slot = slot_of(g, l, m->pairs, i32(g, 0)), y = row(g, l, m->y, slot), rho = element(g, m->rho, slot), zero = sabir_number(g, l->type, 0);
    return sabir_select(g, sabir_greater(g, rho, zero), sabir_reciprocal(g, sabir_mul(g, rho, dot(g, y, y))), sabir_number(g, l->type, 1));
}

static void read_parameters(sabir_graph *g, const sbr_lbfgs_shape *l, sabir_value *variables)
{
    for (uint32_t i = 0; i < l->count; i++) variables[i] = sabir_variable(g, l->parameters[i], l->type, l->shapes[i]);
}

void sbr_lbfgs_direct(sabir_graph *g, const sbr_lbfgs_shape *l)
{
    const sabir_allocator *allocator = sbr_context_allocator(sabir_graph_context(g));
    sabir_value *variables = sbr_alloc_array(allocator, (size_t)l->count + 1, sizeof *variables), found[3];
    if (!variables) {
        (void)sbr_graph_refuse(g, sbr_no_memory(((size_t)l->count + 1) * sizeof *variables));
        return;
    }
    const memory m = read_memory(g, l);
    const sabir_value gradient = vector(g, l, "gradient");
    first_loop(g, l, &m, gradient, found);
    const sabir_value direction = sabir_neg(g, second_loop(g, l, &m, sabir_mul(g, found[1], scale(g, l, &m)), found[2]));
    read_parameters(g, l, variables);
    sabir_assign(g, vector(g, l, "point"), joined(g, variables, l->count, l->length));
    sabir_assign(g, vector(g, l, "previous"), gradient);
    sabir_assign(g, vector(g, l, "direction"), direction);
    sabir_output(g, "slope", dot(g, gradient, direction));
    sbr_free(allocator, variables);
}

void sbr_lbfgs_move(sabir_graph *g, const sbr_lbfgs_shape *l)
{
    const sabir_value along = sabir_mul(g, sabir_scalar(g, "step", l->type), vector(g, l, "direction")), there = sabir_add(g, vector(g, l, "point"), along);
    int64_t place = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        int64_t count = 1;
        for (int32_t axis = 0; axis < l->shapes[i].rank; axis++) count *= l->shapes[i].extents[axis];
        const sabir_value part = sabir_narrow(g, there, 0, place, count);
        sabir_assign(g, sabir_variable(g, l->parameters[i], l->type, l->shapes[i]), sabir_reshape(g, part, l->shapes[i]));
        place += count;
    }
}

/* all with one row replaced where good. */
static sabir_value with_row(sabir_graph *g, const sbr_lbfgs_shape *l, sabir_value all, sabir_value fresh, sabir_value slot, sabir_value good)
{
    const sabir_value start[] = {sabir_reshape(g, slot, SABIR_SHAPE(1)), sabir_reshape(g, i32(g, 0), SABIR_SHAPE(1))};
    const sabir_value kept = sabir_select(g, good, fresh, row(g, l, all, slot));
    return sabir_update(g, all, sabir_reshape(g, kept, SABIR_SHAPE(1, l->length)), sabir_concat(g, start, 2, 0));
}

void sbr_lbfgs_remember(sabir_graph *g, const sbr_lbfgs_shape *l)
{
    const memory m = read_memory(g, l);
    const sabir_value s = sabir_mul(g, sabir_scalar(g, "step", l->type), vector(g, l, "direction"));
    const sabir_value y = sabir_sub(g, vector(g, l, "gradient"), vector(g, l, "previous")), curvature = dot(g, s, y);
    const sabir_value least = sabir_mul(g, dot(g, y, y), sabir_number(g, l->type, l->type == SABIR_F64 ? 1e-14 : 1e-7));
    const sabir_value good = sabir_greater(g, curvature, least), slot = sabir_mod(g, m.pairs, i32(g, l->history));
    const sabir_value here = sabir_logical_and(g, good, sabir_equal(g, sabir_iota(g, SABIR_I32, SABIR_SHAPE(l->history), 0, 0, 1), slot));
    sabir_assign(g, m.s, with_row(g, l, m.s, s, slot, good));
    sabir_assign(g, m.y, with_row(g, l, m.y, y, slot, good));
    sabir_assign(g, m.rho, sabir_select(g, here, sabir_reciprocal(g, curvature), m.rho));
    sabir_assign(g, m.pairs, sabir_select(g, good, sabir_add(g, m.pairs, i32(g, 1)), m.pairs));
}
