/* suite: device, timeout: 600
 * Mixture of experts: what is dispatched comes back, capacity drops in token order, nothing else is lost, gates and losses say what their papers say;
 * on the reference, Vulkan and OpenCL alike. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/devices.h"
#include "support/rig.h"

#define ON_ALL(name)                                                                            \
    Test(moe, name##_reference, .timeout = 60) { on_device("reference", name); }                \
    Test(moe, name##_vulkan, .timeout = 120) { on_device("vulkan", name); }                     \
    Test(moe, name##_opencl, .timeout = 180) { on_device("opencl", name); }

enum { TOKENS = 37, WIDTH = 12, EXPERTS = 5, K = 2, HIDDEN = 40 };

static float tokens_data[TOKENS * WIDTH], gate_data[WIDTH * EXPERTS], noise_data[WIDTH * EXPERTS];

static sabir_value tokens_of(rig *r)
{
    rig_draw(1, tokens_data, TOKENS * WIDTH);
    return rig_input(r, "tokens", SABIR_F32, SABIR_SHAPE(TOKENS, WIDTH), tokens_data);
}

static sabir_route_options options_of(rig *r, double capacity_factor)
{
    sabir_route_options options = SABIR_ROUTE_OPTIONS;
    rig_draw(2, gate_data, WIDTH * EXPERTS);
    options.weights = rig_input(r, "gate", SABIR_F32, SABIR_SHAPE(WIDTH, EXPERTS), gate_data);
    options.k = K;
    options.capacity_factor = capacity_factor;
    return options;
}

static sabir_routing route(rig *r, sabir_value tokens, const sabir_route_options *options)
{
    sabir_routing routing;
    must(sabir_route(r->graph, tokens, options, &routing));
    rig_output(r, "experts", routing.experts);
    rig_output(r, "weights", routing.weights);
    rig_output(r, "order", routing.order);
    rig_output(r, "places", routing.places);
    rig_output(r, "groups", routing.groups);
    rig_output(r, "counts", routing.counts);
    return routing;
}

typedef struct plan {
    int32_t experts[TOKENS * K], order[TOKENS * K], places[TOKENS * K], groups[EXPERTS + 1], counts[EXPERTS];
    float weights[TOKENS * K];
} plan;

static plan read_plan(rig *r)
{
    plan p;
    rig_read(r, "experts", p.experts);
    rig_read(r, "weights", p.weights);
    rig_read(r, "order", p.order);
    rig_read(r, "places", p.places);
    rig_read(r, "groups", p.groups);
    rig_read(r, "counts", p.counts);
    return p;
}

/* ---- Identity experts ---- */

static void identity_experts(sabir_context *context, const char *selector)
{
    static float y[TOKENS * WIDTH];
    rig r = rig_open(context, selector);
    const sabir_value x = tokens_of(&r);
    sabir_route_options options = options_of(&r, 0);
    options.keep_probabilities = 1;
    const sabir_routing routing = route(&r, x, &options);
    rig_output(&r, "y", sabir_combine(r.graph, &routing, sabir_dispatch(r.graph, &routing, x)));
    rig_run(&r, NULL);
    const plan p = read_plan(&r);
    rig_read(&r, "y", y);
    for (int t = 0; t < TOKENS; t++) {
        const float share = p.weights[t * K] + p.weights[t * K + 1];
        cr_assert(share > 0 && share <= 1.0001f);
        for (int c = 0; c < WIDTH; c++) cr_assert_float_eq(y[t * WIDTH + c], share * tokens_data[t * WIDTH + c], 2e-6);
    }
    rig_close(&r);
}
ON_ALL(identity_experts)

static void dropless_loses_nothing(sabir_context *context, const char *selector)
{
    rig r = rig_open(context, selector);
    const sabir_route_options options = options_of(&r, 0);
    (void)route(&r, tokens_of(&r), &options);
    rig_run(&r, NULL);
    const plan p = read_plan(&r);
    int32_t seen[EXPERTS] = {0};
    cr_assert_eq(p.groups[0], 0);
    cr_assert_eq(p.groups[EXPERTS], TOKENS * K);
    for (int i = 0; i < TOKENS * K; i++) {
        cr_assert_eq(p.order[p.places[i]], i);
        cr_assert(p.places[i] >= p.groups[p.experts[i]] && p.places[i] < p.groups[p.experts[i] + 1]);
        seen[p.experts[i]]++;
    }
    for (int j = 0; j < EXPERTS; j++) cr_assert(seen[j] == p.counts[j] && p.groups[j + 1] - p.groups[j] == seen[j]);
    for (int t = 0; t < TOKENS; t++) cr_assert_float_eq(p.weights[t * K] + p.weights[t * K + 1], 1, 1e-6);
    rig_close(&r);
}
ON_ALL(dropless_loses_nothing)

/* The first entries in token order stay; the rest count as 0. */
static void capacity_drops_in_token_order(sabir_context *context, const char *selector)
{
    static float y[TOKENS * WIDTH];
    rig r = rig_open(context, selector);
    const sabir_value x = tokens_of(&r);
    const sabir_route_options options = options_of(&r, 0.5);
    const sabir_routing routing = route(&r, x, &options);
    rig_output(&r, "y", sabir_combine(r.graph, &routing, sabir_dispatch(r.graph, &routing, x)));
    rig_run(&r, NULL);
    const plan p = read_plan(&r);
    rig_read(&r, "y", y);
    const int32_t capacity = 8; /* ceil(0.5 * 37 * 2 / 5) */
    int32_t taken[EXPERTS] = {0}, dropped = 0;
    for (int t = 0; t < TOKENS; t++) {
        float share = 0;
        for (int s = 0; s < K; s++) {
            const int32_t expert = p.experts[t * K + s];
            const bool stays = taken[expert]++ < capacity;
            cr_assert_eq(p.places[t * K + s], stays ? p.groups[expert] + taken[expert] - 1 : -1);
            if (stays) share += p.weights[t * K + s];
            dropped += !stays;
        }
        for (int c = 0; c < WIDTH; c++) cr_assert_float_eq(y[t * WIDTH + c], share * tokens_data[t * WIDTH + c], 2e-6);
    }
    cr_assert_gt(dropped, 0);
    sabir_load load = {.size = sizeof load};
    must(sabir_load_measure(context, rig_tensor(&r, "counts"), rig_tensor(&r, "groups"), &load));
    cr_assert(load.dropped == dropped && load.entries == TOKENS * K && load.experts == EXPERTS && load.largest <= capacity);
    char *text = NULL;
    must(sabir_load_text(context, rig_tensor(&r, "counts"), rig_tensor(&r, "groups"), &text));
    cr_assert(strstr(text, "dropped") && strstr(text, "wanted"));
    sabir_string_free(context, text);
    rig_close(&r);
}
ON_ALL(capacity_drops_in_token_order)

/* ---- Experts that compute: the layer against every token's experts by themselves ---- */

static float up_data[EXPERTS * WIDTH * HIDDEN], down_data[EXPERTS * HIDDEN * WIDTH];

static sabir_value layer(rig *r, sabir_value x, const sabir_routing *routing)
{
    sabir_graph *g = r->graph;
    rig_draw(3, up_data, EXPERTS * WIDTH * HIDDEN);
    rig_draw(4, down_data, EXPERTS * HIDDEN * WIDTH);
    const sabir_value up = rig_input(r, "up", SABIR_F32, SABIR_SHAPE(EXPERTS, WIDTH, HIDDEN), up_data);
    const sabir_value down = rig_input(r, "down", SABIR_F32, SABIR_SHAPE(EXPERTS, HIDDEN, WIDTH), down_data);
    const sabir_value hidden = sabir_relu(g, sabir_grouped_matmul(g, sabir_dispatch(g, routing, x), up, routing->groups, 0));
    return sabir_combine(g, routing, sabir_grouped_matmul(g, hidden, down, routing->groups, 0));
}

static double expert_output(int32_t expert, const float *token, int column)
{
    double sum = 0;
    for (int h = 0; h < HIDDEN; h++) {
        double hidden = 0;
        for (int c = 0; c < WIDTH; c++) hidden += (double)token[c] * (double)up_data[(expert * WIDTH + c) * HIDDEN + h];
        if (hidden > 0) sum += hidden * (double)down_data[(expert * HIDDEN + h) * WIDTH + column];
    }
    return sum;
}

static void layers_are_their_experts(sabir_context *context, const char *selector)
{
    static float y[TOKENS * WIDTH], again[TOKENS * WIDTH];
    rig r = rig_open(context, selector);
    const sabir_value x = tokens_of(&r);
    const sabir_route_options options = options_of(&r, 0);
    const sabir_routing routing = route(&r, x, &options);
    rig_output(&r, "y", layer(&r, x, &routing));
    rig_run(&r, NULL);
    const plan p = read_plan(&r);
    rig_read(&r, "y", y);
    for (int t = 0; t < TOKENS; t++)
        for (int c = 0; c < WIDTH; c++) {
            double want = 0;
            for (int s = 0; s < K; s++) want += (double)p.weights[t * K + s] * expert_output(p.experts[t * K + s], &tokens_data[t * WIDTH], c);
            cr_assert_float_eq(y[t * WIDTH + c], want, 2e-5);
        }
    rig_run(&r, NULL);
    rig_read(&r, "y", again);
    cr_assert(rig_same(y, again, sizeof y), "two runs differ");
    rig_close(&r);
}
ON_ALL(layers_are_their_experts)

/* The same tokens with another extent known at run, and in half precision: the graph is what it was. */
static void dims_and_halves(sabir_context *context, const char *selector)
{
    static uint16_t half[TOKENS * WIDTH];
    static float y[TOKENS * WIDTH];
    rig r = rig_open(context, selector);
    sabir_graph *g = r.graph;
    const sabir_extent count = sabir_dim_create(g, "count", 1, TOKENS);
    const sabir_value x = sabir_narrow(g, sabir_cast(g, tokens_of(&r), SABIR_BF16), 0, 0, count);
    sabir_route_options options = options_of(&r, 1);
    options.weights = sabir_cast(g, options.weights, SABIR_BF16);
    sabir_routing routing;
    must(sabir_route(g, x, &options, &routing));
    sabir_output(g, "y", sabir_combine(g, &routing, sabir_dispatch(g, &routing, x)));
    sabir_output(g, "wanted", sabir_cast(g, sabir_sum(g, routing.counts, SABIR_INTS(0)), SABIR_I32));
    sabir_program *program;
    must(sabir_compile(g, r.device, NULL, NULL, &program));
    for (int64_t n = TOKENS; n > 0; n -= 23) {
        sabir_tensor *out, *wanted;
        must(sabir_set_dim(program, "count", n));
        must(sabir_tensor_create(r.device, SABIR_BF16, SABIR_SHAPE(n, WIDTH), &out));
        must(sabir_tensor_create(r.device, SABIR_I32, SABIR_SCALAR_SHAPE, &wanted));
        const sabir_binding bindings[] = {{"tokens", r.inputs[0].tensor}, {"gate", r.inputs[1].tensor}, {"y", out}, {"wanted", wanted}};
        must(sabir_run(program, bindings, 4));
        int32_t entries;
        must(sabir_tensor_read(wanted, 0, &entries, 4));
        must(sabir_tensor_read(out, 0, half, (uint64_t)(n * WIDTH * 2)));
        cr_assert_eq(entries, n * K);
        for (int64_t k = 0; k < n * WIDTH; k++) {
            const uint32_t bits = (uint32_t)half[k] << 16;
            memcpy(&y[k], &bits, sizeof bits);
            cr_assert(fabsf(y[k]) <= fabsf(tokens_data[k]) * 1.02f + 1e-6f, "element %d is %g of %g", (int)k, (double)y[k], (double)tokens_data[k]);
        }
        sabir_tensor_release(out);
        sabir_tensor_release(wanted);
    }
    sabir_program_destroy(program);
    rig_close(&r);
}
ON_ALL(dims_and_halves)

/* ---- Gates and losses ---- */

static void gates(sabir_context *context, const char *selector)
{
    static const sabir_gate all[] = {SABIR_GATE_SOFTMAX, SABIR_GATE_SIGMOID, SABIR_GATE_COSINE};
    static float p[TOKENS * EXPERTS], logits[TOKENS * EXPERTS];
    static const float bias[EXPERTS] = {0, 0, 100, 0, 0};
    for (int i = 0; i < 3; i++) {
        rig r = rig_open(context, selector);
        const sabir_value x = tokens_of(&r);
        sabir_route_options options = options_of(&r, 0);
        options.gate = all[i];
        options.bias = rig_input(&r, "bias", SABIR_F32, SABIR_SHAPE(EXPERTS), bias);
        const sabir_routing routing = route(&r, x, &options);
        rig_output(&r, "p", routing.probabilities);
        rig_output(&r, "logits", routing.logits);
        rig_run(&r, NULL);
        const plan choice = read_plan(&r);
        rig_read(&r, "p", p);
        rig_read(&r, "logits", logits);
        for (int t = 0; t < TOKENS; t++) {
            float sum = 0;
            for (int j = 0; j < EXPERTS; j++) sum += p[t * EXPERTS + j];
            if (all[i] != SABIR_GATE_SIGMOID) cr_assert_float_eq(sum, 1, 1e-5);
            for (int j = 0; j < EXPERTS && all[i] == SABIR_GATE_COSINE; j++) cr_assert(fabsf(logits[t * EXPERTS + j]) <= 1.0001f / 0.07f);
            cr_assert_eq(choice.experts[t * K], 2, "the bias does not choose");
            const float first = p[t * EXPERTS + 2], second = p[t * EXPERTS + choice.experts[t * K + 1]];
            cr_assert_float_eq(choice.weights[t * K], first / (first + second), 1e-5, "the bias is in the weights");
        }
        rig_close(&r);
    }
}
ON_ALL(gates)

static void losses_of_even_routing(sabir_context *context, const char *selector)
{
    enum { EVEN = 20 };
    /* Token t wants expert t mod 5 a little more than the others. */
    static float one_hot[EVEN * EXPERTS], identity[EXPERTS * EXPERTS];
    for (int t = 0; t < EVEN; t++)
        for (int j = 0; j < EXPERTS; j++) one_hot[t * EXPERTS + j] = t % EXPERTS == j ? 0.01f : 0;
    for (int j = 0; j < EXPERTS; j++) identity[j * EXPERTS + j] = 1;
    rig r = rig_open(context, selector);
    sabir_route_options options = SABIR_ROUTE_OPTIONS;
    options.weights = rig_input(&r, "gate", SABIR_F32, SABIR_SHAPE(EXPERTS, EXPERTS), identity);
    sabir_routing routing;
    must(sabir_route(r.graph, rig_input(&r, "x", SABIR_F32, SABIR_SHAPE(EVEN, EXPERTS), one_hot), &options, &routing));
    rig_output(&r, "balance", routing.balance_loss);
    rig_output(&r, "z", routing.z_loss);
    rig_output(&r, "counts", routing.counts);
    rig_output(&r, "groups", routing.groups);
    rig_run(&r, NULL);
    float balance, z;
    rig_read(&r, "balance", &balance);
    rig_read(&r, "z", &z);
    const double logsumexp = log(exp(0.01) + EXPERTS - 1);
    cr_assert_float_eq(balance, 1, 1e-5);
    cr_assert_float_eq(z, logsumexp * logsumexp, 1e-5);
    sabir_load load = {.size = sizeof load};
    must(sabir_load_measure(context, rig_tensor(&r, "counts"), rig_tensor(&r, "groups"), &load));
    cr_assert(load.dropped == 0 && load.variation == 0 && fabs(load.entropy - 1) < 1e-12 && load.largest == EVEN / EXPERTS);
    rig_close(&r);
}
ON_ALL(losses_of_even_routing)

/* Noise moves the choice, the same for the same key. */
static void noise(sabir_context *context, const char *selector)
{
    static const uint32_t keys[2][2] = {{1, 2}, {3, 4}};
    plan plans[3];
    for (int i = 0; i < 3; i++) {
        rig r = rig_open(context, selector);
        sabir_route_options options = options_of(&r, 0);
        options.key = rig_input(&r, "key", SABIR_U32, SABIR_SHAPE(2), keys[i == 2]);
        options.noise_scale = 3;
        if (i == 2) {
            rig_draw(5, noise_data, WIDTH * EXPERTS);
            options.noise_weights = rig_input(&r, "noise", SABIR_F32, SABIR_SHAPE(WIDTH, EXPERTS), noise_data);
        }
        (void)route(&r, tokens_of(&r), &options);
        rig_run(&r, NULL);
        plans[i] = read_plan(&r);
        rig_close(&r);
    }
    cr_assert_eq(memcmp(plans[0].experts, plans[1].experts, sizeof plans[0].experts), 0);
    cr_assert_neq(memcmp(plans[0].experts, plans[2].experts, sizeof plans[0].experts), 0);
}
ON_ALL(noise)

/* ---- Mistakes ---- */

static void refuse(sabir_context *context, sabir_route_options options, sabir_status status, const char *part)
{
    sabir_graph *g;
    sabir_routing routing;
    must(sabir_graph_create(context, &g));
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(7, 4));
    if (options.weights.index == 1) options.weights = sabir_input(g, "w", SABIR_F32, SABIR_SHAPE(4, 3));
    cr_assert_eq(sabir_route(g, x, &options, &routing), status, "%s", sabir_last_message());
    cr_assert(strstr(sabir_last_message(), part), "%s", sabir_last_message());
    cr_assert_eq(sabir_dispatch(g, &routing, x).index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_graph_status(g), status);
    sabir_graph_destroy(g);
}

static void mistakes(sabir_context *context, const char *selector)
{
    (void)selector;
    sabir_route_options options = SABIR_ROUTE_OPTIONS;
    refuse(context, options, SABIR_INVALID_ARGUMENT, "options.weights is absent");
    options.weights.index = 1;
    options.k = 4;
    refuse(context, options, SABIR_INVALID_ARGUMENT, "k is 4; 1 to the number of experts, 3");
    options.k = 2;
    options.capacity_factor = -1;
    refuse(context, options, SABIR_INVALID_ARGUMENT, "capacity factor -1");
    options.capacity_factor = 1;
    options.gate = (sabir_gate)7;
    refuse(context, options, SABIR_INVALID_ARGUMENT, "7 is no gate");
    options.gate = SABIR_GATE_SOFTMAX;
    options.size = 0;
    refuse(context, options, SABIR_INVALID_ARGUMENT, "the size in the options is 0");
    sabir_load load = {.size = sizeof load};
    cr_assert_eq(sabir_load_measure(context, NULL, NULL, &load), SABIR_INVALID_ARGUMENT);
}
Test(moe, mistakes) { on_device("reference", mistakes); }
