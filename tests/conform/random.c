#include "random.h"

#include <stdio.h>

#include "plan.h"

/* Values live in pools by shape; each step takes one or two and adds one. */
enum { ROWS = 6, COLUMNS = 8, MOST_VALUES = 24, STEPS = 12 };

typedef enum kind { MATRIX, COLUMN_SUMS, ROW_SUMS, KINDS } kind; /* [n, 8], [8], [n, 1] */

typedef struct pool { sabir_value items[MOST_VALUES]; uint32_t count; } pool;

typedef struct garden {
    conform_build *b;
    sabir_graph *graph;
    uint64_t state;
    sabir_extent rows; /* ROWS, or a dim */
    pool pools[KINDS];
    uint32_t depth;    /* of loops */
} garden;

static uint32_t draw(garden *g, uint32_t choices)
{
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(g->state >> 33) % choices;
}

static sabir_value pick(garden *g, kind k) { return g->pools[k].items[draw(g, g->pools[k].count)]; }

static void keep(garden *g, kind k, sabir_value value)
{
    pool *p = &g->pools[k];
    if (p->count < MOST_VALUES) p->items[p->count++] = value;
    else p->items[draw(g, MOST_VALUES)] = value;
}

static sabir_value number(garden *g, double value) { return sabir_number(g->graph, SABIR_F32, value); }
static sabir_shape matrix_shape(const garden *g) { return SABIR_SHAPE(g->rows, COLUMNS); }

/* ---- Steps: each bounded, so that values neither grow nor vanish ---- */

static void chain(garden *g)
{
    sabir_graph *graph = g->graph;
    const sabir_value x = pick(g, MATRIX), y = pick(g, MATRIX);
    switch (draw(g, 4)) {
    case 0: keep(g, MATRIX, sabir_tanh(graph, sabir_add(graph, x, y))); break;
    case 1: keep(g, MATRIX, sabir_mul(graph, sabir_sub(graph, x, y), number(g, 0.5))); break;
    case 2: keep(g, MATRIX, sabir_sigmoid(graph, sabir_add(graph, x, pick(g, COLUMN_SUMS)))); break;
    default: keep(g, MATRIX, sabir_minimum(graph, sabir_abs(graph, x), number(g, 1))); break;
    }
}

static void join(garden *g)
{
    sabir_graph *graph = g->graph;
    const sabir_value x = pick(g, MATRIX);
    if (draw(g, 2)) keep(g, MATRIX, sabir_tanh(graph, sabir_mul(graph, x, pick(g, ROW_SUMS))));
    else keep(g, MATRIX, sabir_tanh(graph, sabir_add(graph, x, pick(g, COLUMN_SUMS))));
}

static void reduce(garden *g)
{
    sabir_graph *graph = g->graph;
    const sabir_value x = pick(g, MATRIX);
    const sabir_reduce_attrs rows = {.axes = SABIR_INTS(1), .keep = 1};
    switch (draw(g, 3)) {
    case 0: keep(g, ROW_SUMS, sabir_reduce(graph, "mean", x, &rows)); break;
    case 1: keep(g, ROW_SUMS, sabir_reduce(graph, "max", x, &rows)); break;
    default: keep(g, COLUMN_SUMS, sabir_reduce(graph, "max", x, &(sabir_reduce_attrs){.axes = SABIR_INTS(0)})); break;
    }
}

static void view(garden *g)
{
    sabir_graph *graph = g->graph;
    const sabir_value x = pick(g, MATRIX);
    switch (draw(g, 3)) {
    case 0: keep(g, MATRIX, sabir_slice(graph, x, SABIR_INTS(0, COLUMNS - 1), matrix_shape(g), SABIR_INTS(1, -1))); break;
    case 1: keep(g, MATRIX, sabir_broadcast(graph, sabir_narrow(graph, x, 1, 3, 1), matrix_shape(g))); break;
    default: keep(g, MATRIX, sabir_roll(graph, x, SABIR_INTS(3), SABIR_INTS(1))); break;
    }
}

/* Rows by index, some out of range: by themselves, or summed by segments. A row of nothing gives an infinity, which tanh takes. */
static void pass(garden *g)
{
    sabir_graph *graph = g->graph;
    const sabir_value x = pick(g, MATRIX), rows = conform_list_of(g->b, SABIR_I32, SABIR_INTS(0, 2, 2, 5, 6, 6, 8));
    if (draw(g, 3) == 0) {
        const sabir_value order = conform_list_of(g->b, SABIR_I32, SABIR_INTS(4, 0, -1, 2, 7, 1));
        keep(g, MATRIX, sabir_tanh(graph, sabir_sub(graph, sabir_gather(graph, x, sabir_narrow(graph, order, 0, 0, g->rows), 0), pick(g, MATRIX))));
        return;
    }
    const sabir_value from = conform_list_of(g->b, SABIR_I32, SABIR_INTS(1, 5, 0, 2, 9, 3, 0, 4)), to = sabir_segment_ids(graph, rows, 8);
    const sabir_value sources = sabir_gather(graph, x, from, 0), targets = sabir_gather(graph, pick(g, MATRIX), to, 0);
    const sabir_value messages = sabir_mul(graph, sources, sabir_maximum(graph, targets, pick(g, COLUMN_SUMS)));
    const sabir_value pointers = sabir_narrow(graph, rows, 0, 0, g->rows >= 0 ? g->rows + 1 : sabir_dim_affine(graph, g->rows, 1, 1));
    const sabir_value sums = draw(g, 2) ? sabir_segment_mean(graph, messages, pointers) : sabir_segment_max(graph, messages, pointers);
    keep(g, MATRIX, sabir_tanh(graph, draw(g, 2) ? sums : sabir_add(graph, sums, x)));
}

/* A block replaced: in place or not, as later readers of the whole allow. */
static void update(garden *g)
{
    const sabir_value part = sabir_narrow(g->graph, pick(g, MATRIX), 1, 1, 2);
    const sabir_value start = conform_list_of(g->b, SABIR_I32, SABIR_INTS(0, (int64_t)draw(g, 7)));
    keep(g, MATRIX, sabir_update(g->graph, pick(g, MATRIX), part, start));
}

static void product(garden *g)
{
    const sabir_value square = sabir_mul(g->graph, sabir_matmul_transposed(g->graph, pick(g, MATRIX), pick(g, MATRIX), 1, 0), number(g, 0.1));
    keep(g, MATRIX, sabir_tanh(g->graph, sabir_matmul(g->graph, pick(g, MATRIX), square)));
}

static void choose(garden *g)
{
    const sabir_value column = sabir_iota(g->graph, SABIR_I32, SABIR_SHAPE(COLUMNS), 0, 0, 1);
    const sabir_value left = sabir_less(g->graph, column, sabir_number(g->graph, SABIR_I32, 5));
    keep(g, MATRIX, sabir_select(g->graph, left, pick(g, MATRIX), pick(g, MATRIX)));
}

static void grow(garden *g, uint32_t steps);

/* A counter and two matrices are carried. Inside, steps see what is outside; after it the pools are as before, with the results. */
static void loop(garden *g)
{
    enum { CARRIED = 3 };
    if (g->depth >= 2) return;
    const garden outside = *g;
    sabir_value in[CARRIED], out[CARRIED];
    const sabir_value initial[CARRIED] = {pick(g, MATRIX), pick(g, MATRIX), sabir_number(g->graph, SABIR_I32, 0)};
    const bool stops = draw(g, 2);
    sabir_loop_begin(g->graph, 1 + draw(g, 3), initial, CARRIED, in);
    g->depth++;
    keep(g, MATRIX, in[0]);
    keep(g, MATRIX, in[1]);
    grow(g, 3);
    const sabir_value count = sabir_add(g->graph, in[2], sabir_number(g->graph, SABIR_I32, 1));
    const sabir_value going = stops ? sabir_less(g->graph, count, sabir_number(g->graph, SABIR_I32, 2)) : SABIR_NONE;
    const sabir_value next[CARRIED] = {pick(g, MATRIX), draw(g, 2) ? in[0] : pick(g, MATRIX), count};
    sabir_loop_end(g->graph, next, CARRIED, going, out);
    const uint64_t state = g->state;
    *g = outside;
    g->state = state;
    keep(g, MATRIX, out[0]);
    keep(g, MATRIX, out[1]);
}

typedef void step(garden *g);

static void grow(garden *g, uint32_t steps)
{
    static step *const all[] = {chain, chain, chain, join, reduce, reduce, view, update, product, choose, pass, pass, loop};
    for (uint32_t i = 0; i < steps; i++) all[draw(g, COUNT_OF(all))](g);
}

/* ---- The graph ---- */

static void plant(garden *g)
{
    conform_build *b = g->b;
    for (int i = 0; i < 2; i++) keep(g, MATRIX, conform_input(b, SABIR_F32, matrix_shape(g), BETWEEN(-1, 1)));
    keep(g, COLUMN_SUMS, conform_input(b, SABIR_F32, SABIR_SHAPE(COLUMNS), BETWEEN(-1, 1)));
    keep(g, ROW_SUMS, conform_input(b, SABIR_F32, SABIR_SHAPE(g->rows, 1), BETWEEN(-1, 1)));
}

static void harvest(garden *g, const sabir_value *variables, uint32_t count)
{
    for (uint32_t i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "y%u", i);
        conform_output(g->b, name, pick(g, i < 2 ? MATRIX : ROW_SUMS));
    }
    for (uint32_t i = 0; i < count; i++) sabir_assign(g->graph, variables[i], draw(g, 4) ? pick(g, MATRIX) : variables[(i + 1) % count]);
}

void conform_build_random(conform_build *b)
{
    garden g = {.b = b, .graph = b->graph, .state = *(const uint64_t *)b->of->data * 0x9e3779b97f4a7c15u + 1, .rows = ROWS};
    const bool has_state = draw(&g, 2);
    sabir_value variables[2];
    if (!has_state && draw(&g, 3) == 0) g.rows = conform_dim(b, ROWS, ROWS, 3);
    plant(&g);
    for (uint32_t i = 0; has_state && i < 2; i++) {
        variables[i] = conform_variable(b, i ? "w" : "v", SABIR_F32, matrix_shape(&g), BETWEEN(-1, 1));
        keep(&g, MATRIX, variables[i]);
    }
    if (has_state) b->plan->rounds = CONFORM_ROUNDS;
    grow(&g, STEPS);
    harvest(&g, variables, has_state ? 2 : 0);
}
