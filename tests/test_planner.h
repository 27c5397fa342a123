/* Random graphs of loops, updates in place, views and state for tests of the plan and of barriers: all values are squares of f32, so that every
 * operator takes every value. */
#ifndef TEST_PLANNER_H
#define TEST_PLANNER_H

#include <criterion/criterion.h>

#include "sabir/sabir.h"

enum { NODES = 28, WIDTH = 12 };

static uint32_t draw_state;
static uint32_t draw(uint32_t below)
{
    draw_state = draw_state * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(draw_state >> 8) * below) >> 24);
}

typedef struct pool { sabir_graph *graph; sabir_value values[256]; uint32_t count; } pool;

static sabir_value pick(const pool *p) { return p->values[p->count - 1 - draw(p->count < 6 ? p->count : 6)]; }
static void put(pool *p, sabir_value value)
{
    if (p->count < 256) p->values[p->count++] = value;
}

static sabir_value resized(sabir_graph *g, sabir_value x)
{
    const sabir_value wide = sabir_concat(g, (sabir_value[]){x, x, x}, 3, (int32_t)draw(2));
    const sabir_value full = sabir_broadcast(g, sabir_reduce(g, "sum", wide, &(sabir_reduce_attrs){.axes = SABIR_INTS(0, 1), .keep = 1}), SABIR_SHAPE(WIDTH, WIDTH));
    return sabir_add(g, full, x);
}

static sabir_value counted(sabir_graph *g, sabir_value x)
{
    const sabir_value counts = sabir_histogram(g, sabir_cast(g, x, SABIR_I32), WIDTH);
    return sabir_add(g, x, sabir_broadcast(g, sabir_cast(g, counts, SABIR_F32), SABIR_SHAPE(WIDTH, WIDTH)));
}

static sabir_value moved(sabir_graph *g, sabir_value x)
{
    switch (draw(5)) {
        case 0: return sabir_transpose(g, x, SABIR_INTS(1, 0));
        case 1: return sabir_flip(g, x, SABIR_INTS(0));
        case 2: return sabir_roll(g, x, SABIR_INTS(3), SABIR_INTS(1));
        case 3: return sabir_sort(g, x, 1, 0, NULL);
        default: return sabir_reshape(g, sabir_reshape(g, x, SABIR_SHAPE(WIDTH * WIDTH)), SABIR_SHAPE(WIDTH, WIDTH));
    }
}

static sabir_value updated(sabir_graph *g, sabir_value old, sabir_value part)
{
    const int32_t at[2] = {(int32_t)draw(WIDTH), 0};
    return sabir_update(g, old, sabir_narrow(g, part, 0, 2, 2), sabir_constant(g, SABIR_I32, SABIR_SHAPE(2), at));
}

static sabir_value node(pool *p)
{
    sabir_graph *g = p->graph;
    const sabir_value x = pick(p), y = pick(p);
    switch (draw(13)) {
        case 0: return sabir_matmul(g, x, y);
        case 1: return sabir_softmax(g, x, (int32_t)draw(2));
        case 2: return resized(g, x);
        case 3: case 4: return moved(g, x);
        case 5: case 6: return updated(g, x, y);
        case 7: return sabir_cumsum(g, x, &(sabir_cumsum_attrs){.axis = (int32_t)draw(2)});
        case 8: return sabir_cast(g, sabir_cast(g, x, SABIR_F16), SABIR_F32);
        case 9: return sabir_tanh(g, x);
        case 10: return counted(g, x);
        default: return sabir_add(g, sabir_mul(g, x, y), pick(p));
    }
}

static void nodes(pool *p, uint32_t count, uint32_t depth);

static void loop(pool *p, uint32_t depth)
{
    sabir_value first[2] = {pick(p), pick(p)}, carried[2], next[2], results[2];
    const uint32_t outside = p->count;
    sabir_loop_begin(p->graph, 1 + draw(4), first, 2, carried);
    put(p, carried[0]);
    put(p, carried[1]);
    nodes(p, 2 + draw(5), depth + 1);
    next[0] = draw(3) ? pick(p) : carried[1]; /* carried values may change places */
    next[1] = draw(3) ? pick(p) : carried[0];
    const sabir_value most = sabir_max(p->graph, next[0], SABIR_ALL_AXES);
    const sabir_value going = draw(2) ? sabir_less(p->graph, most, sabir_number(p->graph, SABIR_F32, 100)) : SABIR_NONE;
    sabir_loop_end(p->graph, next, 2, going, results);
    p->count = outside;
    put(p, results[0]);
    put(p, results[1]);
}

static void nodes(pool *p, uint32_t count, uint32_t depth)
{
    for (uint32_t i = 0; i < count; i++) {
        if (depth < 2 && draw(9) == 0) loop(p, depth);
        else put(p, node(p));
    }
}

static sabir_graph *random_graph(sabir_context *context, uint32_t seed)
{
    draw_state = seed * 2654435761u + 1;
    pool p = {0};
    cr_assert_eq(sabir_graph_create(context, &p.graph), SABIR_OK);
    const sabir_extent n = sabir_dim_create(p.graph, "n", 1, WIDTH);
    const sabir_value ragged = sabir_input(p.graph, "ragged", SABIR_F32, SABIR_SHAPE(n, WIDTH));
    const sabir_value a = sabir_variable(p.graph, "a", SABIR_F32, SABIR_SHAPE(WIDTH, WIDTH)), b = sabir_variable(p.graph, "b", SABIR_F32, SABIR_SHAPE(WIDTH, WIDTH));
    put(&p, sabir_input(p.graph, "x", SABIR_F32, SABIR_SHAPE(WIDTH, WIDTH)));
    put(&p, a);
    put(&p, b);
    put(&p, sabir_matmul_transposed(p.graph, ragged, sabir_tanh(p.graph, ragged), 1, 0));
    nodes(&p, NODES, 0);
    sabir_output(p.graph, "y", pick(&p));
    sabir_output(p.graph, "early", p.values[draw(p.count)]);
    sabir_assign(p.graph, a, pick(&p));
    if (draw(2)) sabir_assign(p.graph, b, updated(p.graph, b, pick(&p)));
    cr_assert_eq(sabir_graph_status(p.graph), SABIR_OK, "%s", sabir_last_message());
    return p.graph;
}
#endif
