/* suite: device, timeout: 900
 * Gradients of random graphs with loops, in f64: against differences on the reference, and the reference against devices. Some graphs take gradients inside
 * loops, some keep every other iteration, some have a budget, some are differentiated twice. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "support/devices.h"

enum { SIDE = 4, ELEMENTS = SIDE * SIDE, MOST_VALUES = 12, MOST_OUTPUTS = 3, ON_REFERENCE = 400, ON_DEVICES = 12 };

/* ---- Random graphs: values are [4, 4] and bounded ---- */

typedef struct garden {
    sabir_graph *graph;
    uint64_t state;
    sabir_value values[MOST_VALUES], counter; /* of the innermost loop */
    uint32_t count, depth;
} garden;

static uint32_t draw(garden *g, uint32_t choices)
{
    g->state = g->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(g->state >> 33) % choices;
}

static sabir_value pick(garden *g) { return g->values[draw(g, g->count)]; }
static sabir_value number(garden *g, double value) { return sabir_number(g->graph, SABIR_F64, value); }
static sabir_value whole(garden *g, int64_t value) { return sabir_number(g->graph, SABIR_I32, (double)value); }
static sabir_value total(garden *g, sabir_value x) { return sabir_sum(g->graph, x, SABIR_ALL_AXES); }

static void keep(garden *g, sabir_value value)
{
    if (g->count < MOST_VALUES) g->values[g->count++] = value;
    else g->values[draw(g, MOST_VALUES)] = value;
}

static void smooth(garden *g)
{
    sabir_graph *graph = g->graph;
    const sabir_value x = pick(g), y = pick(g);
    switch (draw(g, 5)) {
        case 0: keep(g, sabir_tanh(graph, sabir_add(graph, x, y))); break;
        case 1: keep(g, sabir_mul(graph, sabir_mul(graph, x, y), number(g, 0.7))); break;
        case 2: keep(g, sabir_sigmoid(graph, sabir_sub(graph, x, y))); break;
        case 3: keep(g, sabir_tanh(graph, sabir_mul(graph, x, sabir_reduce(graph, "sum", y, &(sabir_reduce_attrs){.axes = SABIR_INTS(1), .keep = 1})))); break;
        default: keep(g, sabir_tanh(graph, sabir_matmul(graph, x, y))); break;
    }
}

static void move(garden *g)
{
    sabir_graph *graph = g->graph;
    const sabir_value x = pick(g);
    switch (draw(g, 4)) {
        case 0: keep(g, sabir_transpose(graph, x, SABIR_INTS(1, 0))); break;
        case 1: keep(g, sabir_flip(graph, x, SABIR_INTS(0))); break;
        case 2: keep(g, sabir_select(graph, sabir_less(graph, sabir_iota(graph, SABIR_I32, SABIR_SHAPE(SIDE), 0, 0, 1), whole(g, 2)), x, pick(g))); break;
        default: keep(g, sabir_broadcast(graph, sabir_narrow(graph, x, 1, 2, 1), SABIR_SHAPE(SIDE, SIDE))); break;
    }
}

/* A row at the loop's counter, read or written. */
static void rows(garden *g)
{
    sabir_graph *graph = g->graph;
    static const int32_t first[] = {1, 0};
    const sabir_value start = sabir_mul(graph, sabir_constant(graph, SABIR_I32, SABIR_SHAPE(2), first), g->counter);
    const sabir_value row = sabir_dynamic_slice(graph, pick(g), start, SABIR_SHAPE(1, SIDE));
    if (draw(g, 2)) keep(g, sabir_update(graph, pick(g), row, start));
    else keep(g, sabir_mul(graph, row, pick(g)));
}

static void stop(garden *g) { keep(g, sabir_add(g->graph, sabir_mul(g->graph, sabir_stop_gradient(g->graph, number(g, 0.5)), pick(g)), pick(g))); }

/* The slope of something made of a value, inside a loop or not. */
static void slope(garden *g)
{
    const sabir_value x = pick(g);
    sabir_value y = x, grad;
    for (int i = 0; i < 2; i++) y = sabir_tanh(g->graph, sabir_matmul(g->graph, y, pick(g)));
    must(sabir_grad(g->graph, total(g, sabir_square(g->graph, y)), &x, 1, &grad));
    keep(g, sabir_tanh(g->graph, grad));
}

static void grow(garden *g, uint32_t steps);

static void loop(garden *g)
{
    if (g->depth >= 2) return;
    const garden outside = *g;
    const sabir_value initial[] = {pick(g), pick(g), whole(g, draw(g, 3))};
    sabir_value in[3], out[3];
    sabir_loop_begin(g->graph, 1 + draw(g, 5), initial, 3, in);
    g->depth++;
    g->counter = in[2];
    keep(g, in[0]);
    keep(g, in[1]);
    grow(g, 4);
    const sabir_value count = sabir_add(g->graph, in[2], whole(g, 1));
    const sabir_value going = draw(g, 2) ? sabir_less(g->graph, count, whole(g, 1 + draw(g, 4))) : SABIR_NONE;
    const sabir_value next[] = {sabir_tanh(g->graph, pick(g)), draw(g, 3) ? sabir_tanh(g->graph, pick(g)) : in[0], count};
    (void)sabir_loop_end(g->graph, next, 3, going, out);
    const uint64_t state = g->state;
    *g = outside;
    g->state = state;
    keep(g, out[0]);
    keep(g, out[1]);
}

static void grow(garden *g, uint32_t steps)
{
    static void (*const all[])(garden *) = {smooth, smooth, smooth, smooth, move, move, rows, rows, stop, loop, loop, loop};
    for (uint32_t i = 0; i < steps; i++)
        if (draw(g, 20) == 0) slope(g);
        else all[draw(g, sizeof all / sizeof *all)](g);
}

/* y of rank 0, and its gradients or a product with its Hessian. */
static void plant(sabir_graph *graph, uint32_t seed)
{
    garden g = {.graph = graph, .state = seed * 0x9e3779b97f4a7c15u + 1};
    const sabir_value wrt[] = {sabir_input(graph, "a", SABIR_F64, SABIR_SHAPE(SIDE, SIDE)), sabir_input(graph, "b", SABIR_F64, SABIR_SHAPE(SIDE, SIDE))};
    sabir_value grads[2];
    keep(&g, wrt[0]);
    keep(&g, wrt[1]);
    g.counter = whole(&g, 1);
    loop(&g);
    grow(&g, 8);
    sabir_value y = sabir_add(graph, total(&g, sabir_square(graph, pick(&g))), total(&g, pick(&g)));
    const sabir_grad_options options = {.size = sizeof options, .loop_segment = draw(&g, 4), .memory_budget = draw(&g, 2) ? 0 : 600};
    if (draw(&g, 4) == 0) { /* of the gradient's norm */
        must(sabir_vjp(graph, &y, NULL, 1, wrt, 2, &options, grads));
        y = sabir_add(graph, total(&g, sabir_tanh(graph, grads[0])), total(&g, sabir_tanh(graph, grads[1])));
    }
    must(sabir_vjp(graph, &y, NULL, 1, wrt, 2, &options, grads));
    sabir_output(graph, "y", y);
    sabir_output(graph, "da", grads[0]);
    sabir_output(graph, "db", grads[1]);
}

/* ---- Running ---- */

typedef struct numbers { double a[ELEMENTS], b[ELEMENTS], y, da[ELEMENTS], db[ELEMENTS]; } numbers;
typedef struct rig { sabir_device *device; sabir_program *program; sabir_tensor *tensors[5]; } rig;

static const char *const names[] = {"a", "b", "y", "da", "db"};
static const size_t offsets[] = {offsetof(numbers, a), offsetof(numbers, b), offsetof(numbers, y), offsetof(numbers, da), offsetof(numbers, db)};

/* way: all passes, or without one of them. */
static void rig_open(rig *r, sabir_device *device, sabir_graph *graph, uint32_t way)
{
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR, .no_fusion = way == 1, .no_simplify = way == 2, .unplanned = way == 3};
    *r = (rig){.device = device};
    must(sabir_compile(graph, device, NULL, &options, &r->program));
    for (int i = 0; i < 5; i++) {
        must(sabir_tensor_create(device, SABIR_F64, i == 2 ? SABIR_SCALAR_SHAPE : SABIR_SHAPE(SIDE, SIDE), &r->tensors[i]));
        if (sabir_slot(r->program, names[i]) >= 0) must(sabir_bind(r->program, sabir_slot(r->program, names[i]), r->tensors[i]));
    }
}

static void rig_close(rig *r)
{
    for (int i = 0; i < 5; i++) sabir_tensor_release(r->tensors[i]);
    sabir_program_destroy(r->program);
}

static void run(rig *r, numbers *n)
{
    for (int i = 0; i < 2; i++) must(sabir_tensor_write(r->tensors[i], 0, (char *)n + offsets[i], sabir_tensor_bytes(r->tensors[i])));
    must(sabir_run(r->program, NULL, 0));
    for (int i = 2; i < 5; i++) must(sabir_tensor_read(r->tensors[i], 0, (char *)n + offsets[i], sabir_tensor_bytes(r->tensors[i])));
}

static void fill(numbers *n, uint32_t seed)
{
    garden g = {.state = seed};
    for (int k = 0; k < ELEMENTS; k++) {
        n->a[k] = draw(&g, 20001) / 10000.0 - 1;
        n->b[k] = draw(&g, 20001) / 10000.0 - 1;
    }
}

/* The slope along a direction of both inputs at once. */
static double check_slope(rig *r, const numbers *n, uint32_t seed)
{
    numbers direction, above = *n, below = *n;
    const double h = 1e-5;
    double slope = 0;
    fill(&direction, seed + 77);
    for (int k = 0; k < ELEMENTS; k++) {
        slope += n->da[k] * direction.a[k] + n->db[k] * direction.b[k];
        above.a[k] += h * direction.a[k];
        above.b[k] += h * direction.b[k];
        below.a[k] -= h * direction.a[k];
        below.b[k] -= h * direction.b[k];
    }
    run(r, &above);
    run(r, &below);
    const double measured = (above.y - below.y) / (2 * h);
    cr_assert(fabs(slope - measured) <= 1e-6 * fmax(1, fabs(measured)), "graph %u: %.12g by the gradient, %.12g by differences", seed, slope, measured);
    return fabs(slope);
}

static void each(sabir_context *context, const char *selector, uint32_t count)
{
    sabir_device *reference, *device = NULL;
    uint32_t steep = 0;
    must(sabir_device_open(context, "reference", &reference));
    if (strcmp(selector, "reference") != 0) must(sabir_device_open(context, selector, &device));
    for (uint32_t seed = 1; seed <= count; seed++) {
        sabir_graph *graph;
        rig on_reference, on_device;
        numbers want, got;
        must(sabir_graph_create(context, &graph));
        plant(graph, seed);
        rig_open(&on_reference, reference, graph, 0);
        fill(&want, seed);
        got = want;
        run(&on_reference, &want);
        if (!device) steep += check_slope(&on_reference, &want, seed) > 1e-3;
        rig_close(&on_reference);
        if (device) {
            rig_open(&on_device, device, graph, seed % 4);
            run(&on_device, &got);
            for (int k = 0; k < ELEMENTS; k++)
                cr_assert(fabs(got.da[k] - want.da[k]) <= 1e-10 * fmax(1, fabs(want.da[k])) && fabs(got.db[k] - want.db[k]) <= 1e-10 * fmax(1, fabs(want.db[k])),
                          "graph %u, element %d: %.12g and %.12g, not %.12g and %.12g", seed, k, got.da[k], got.db[k], want.da[k], want.db[k]);
            rig_close(&on_device);
        }
        sabir_graph_destroy(graph);
    }
    cr_assert(device || steep > count / 4 * 3, "%u of %u graphs have a slope to speak of", steep, count);
    sabir_device_release(device);
    sabir_device_release(reference);
}

static void many(sabir_context *context, const char *selector) { each(context, selector, ON_REFERENCE); }
static void few(sabir_context *context, const char *selector) { each(context, selector, ON_DEVICES); }

Test(grad_random, reference, .timeout = 240) { on_device("reference", many); }
Test(grad_random, vulkan, .timeout = 300) { on_device("vulkan", few); }
Test(grad_random, opencl, .timeout = 600) { on_device("opencl", few); }
