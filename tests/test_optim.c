/* Optimizers against their formulas written down by hand, in float64 on the reference: every kind, groups, clipping, accumulation, masters, loss scaling;
 * schedules; what is refused. */
#include "test_optim.h"

static sabir_context *context;

static void open_context(void)
{
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = "/nonexistent", .opencl_library = "/nonexistent"};
    must(sabir_context_create(&options, &context));
}

static void close_context(void) { sabir_context_release(context); }

TestSuite(optim, .init = open_context, .fini = close_context);

/* ---- The kinds ---- */

typedef struct hand {
    double w[WEIGHTS], m[WEIGHTS], v[WEIGHTS];
    int64_t t; /* updates made */
} hand;

static hand hand_start(void)
{
    hand h = {.t = 0};
    memcpy(h.w, start, sizeof h.w);
    return h;
}

/* One update of weight i, as the papers have it. */
static void hand_update(hand *h, int i, double g, double r, double wd, const sabir_optimizer_options *o)
{
    const double b1 = o->beta1 ? o->beta1 : 0.9, b2 = o->beta2 ? o->beta2 : o->kind == SABIR_LION ? 0.99 : 0.999, t = (double)h->t + 1;
    const double epsilon = o->epsilon ? o->epsilon : 1e-8;
    double *w = &h->w[i], *m = &h->m[i], *v = &h->v[i];
    if (o->kind == SABIR_SGD) {
        g += wd * *w;
        *m = o->momentum * *m + g;
        *w -= r * (o->nesterov ? g + o->momentum * *m : *m);
    } else if (o->kind == SABIR_LION) {
        const double c = b1 * *m + (1 - b1) * g;
        *w -= r * ((c > 0) - (c < 0) + wd * *w);
        *m = b2 * *m + (1 - b2) * g;
    } else {
        if (o->kind == SABIR_ADAM) g += wd * *w;
        *m = b1 * *m + (1 - b1) * g;
        *v = b2 * *v + (1 - b2) * g * g;
        if (o->kind == SABIR_ADAMW) *w -= r * wd * *w;
        *w -= r * (*m / (1 - pow(b1, t))) / (sqrt(*v / (1 - pow(b2, t))) + epsilon);
    }
}

static void hand_step(hand *h, const double gradient[WEIGHTS], const sabir_optimizer_options *o)
{
    const double r = sabir_schedule_at(&o->schedule, h->t);
    for (int i = 0; i < WEIGHTS; i++) hand_update(h, i, gradient[i], r, o->weight_decay, o);
    h->t++;
}

static void agree(problem *p, const hand *h, double tolerance, const char *when)
{
    double w[WEIGHTS];
    problem_weights(p, w);
    for (int i = 0; i < WEIGHTS; i++) cr_assert_float_eq(w[i], h->w[i], tolerance, "%s: weight %d is %.17g, by hand %.17g", when, i, w[i], h->w[i]);
}

static double input_at(int step) { return 1 + 0.25 * (step % 3); }

static void ten_steps(const sabir_optimizer_options *options, sabir_type type, double tolerance, const char *when)
{
    problem p;
    sabir_optimizer optimizer;
    hand h = hand_start();
    double gradient[WEIGHTS];
    problem_open(&p, context, "reference", type);
    must(sabir_minimize(p.graph, p.loss, options, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, &optimizer));
    problem_compile(&p, (sabir_value[]){optimizer.norm, optimizer.rate, optimizer.update}, 3);
    for (int step = 0; step < 10; step++) {
        hand_gradient(h.w, input_at(step), gradient);
        problem_step(&p, input_at(step));
        cr_assert_float_eq(problem_output(&p, 0), hand_norm(gradient), tolerance * 10, "%s, step %d: norm %g, by hand %g", when, step, problem_output(&p, 0), hand_norm(gradient));
        cr_assert_float_eq(problem_output(&p, 1), sabir_schedule_at(&options->schedule, h.t), 1e-7);
        cr_assert_eq(problem_output(&p, 2), step);
        hand_step(&h, gradient, options);
        agree(&p, &h, tolerance, when);
    }
    cr_assert_gt(fabs(h.w[0] - start[0]), 0.05, "%s: the steps are too small to show anything", when);
    problem_close(&p);
}

Test(optim, formulas)
{
    const sabir_schedule cosine = {SABIR_SCHEDULE_COSINE, .rate = 0.1, .floor = 0.01, .warmup = 3, .steps = 9}, constant = {.rate = 0.1};
    const struct { const char *name; sabir_optimizer_options options; } cases[] = {
        {"sgd", {.size = sizeof(sabir_optimizer_options), .kind = SABIR_SGD, .schedule = constant}},
        {"sgd, momentum and decay", {.size = sizeof(sabir_optimizer_options), .kind = SABIR_SGD, .schedule = cosine, .momentum = 0.9, .weight_decay = 0.1}},
        {"sgd, nesterov", {.size = sizeof(sabir_optimizer_options), .kind = SABIR_SGD, .schedule = constant, .momentum = 0.8, .nesterov = 1}},
        {"adam", {.size = sizeof(sabir_optimizer_options), .kind = SABIR_ADAM, .schedule = constant}},
        {"adam, decay, betas", {.size = sizeof(sabir_optimizer_options), .kind = SABIR_ADAM, .schedule = cosine, .weight_decay = 0.2, .beta1 = 0.7, .beta2 = 0.9, .epsilon = 1e-3}},
        {"adamw", {.size = sizeof(sabir_optimizer_options), .kind = SABIR_ADAMW, .schedule = cosine, .weight_decay = 0.2}},
        {"lion", {.size = sizeof(sabir_optimizer_options), .kind = SABIR_LION, .schedule = cosine, .weight_decay = 0.2}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ten_steps(&cases[i].options, SABIR_F64, 1e-12, cases[i].name);
        ten_steps(&cases[i].options, SABIR_F32, 2e-6, cases[i].name);
    }
}

Test(optim, rate_of_the_callers_own)
{
    problem p;
    double w[WEIGHTS];
    problem_open(&p, context, "reference", SABIR_F64);
    const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_SGD, .rate = sabir_scalar(p.graph, "rate", SABIR_F64)};
    must(sabir_minimize(p.graph, p.loss, &options, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, NULL));
    problem_compile(&p, NULL, 0);
    must(sabir_set_f64(p.program, sabir_slot(p.program, "rate"), 0.3));
    problem_step(&p, 1);
    problem_weights(&p, w);
    for (int i = 0; i < WEIGHTS; i++) cr_assert_float_eq(w[i], start[i] - 0.3 * stiffness[i] * (start[i] - aim[i]), 1e-15);
    problem_close(&p);
}

static bool same(const double a[WEIGHTS], const double b[WEIGHTS])
{
    bool equal = true;
    for (int i = 0; i < WEIGHTS; i++) equal = equal && a[i] == b[i];
    return equal;
}

/* ---- Groups ---- */

Test(optim, groups)
{
    problem p;
    double w[WEIGHTS], gradient[WEIGHTS];
    hand h = hand_start();
    problem_open(&p, context, "reference", SABIR_F64);
    const sabir_value third = sabir_variable(p.graph, "c", SABIR_F64, SABIR_SHAPE(2));
    const sabir_value loss = sabir_add(p.graph, p.loss, sabir_sum(p.graph, third, SABIR_ALL_AXES));
    const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_ADAMW, .schedule = {.rate = 0.1}, .weight_decay = 0.5};
    const sabir_parameter_group groups[] = {
        {.variables = &p.weights[0], .count = 1, .no_decay = 1}, {.variables = &third, .count = 1, .frozen = 1}, {.variables = &p.weights[1], .count = 1, .rate_factor = 0.1}};
    must(sabir_minimize(p.graph, loss, &options, groups, 3, NULL));
    problem_compile(&p, &loss, 1);
    cr_assert_null(sabir_store_find(p.store, "adamw/m/c"), "a frozen parameter has moments");
    for (int step = 0; step < 5; step++) {
        hand_gradient(h.w, 1, gradient);
        for (int i = 0; i < WEIGHTS; i++) hand_update(&h, i, gradient[i], i < FIRST ? 0.1 : 0.01, i < FIRST ? 0 : 0.5, &options);
        h.t++;
        problem_step(&p, 1);
    }
    agree(&p, &h, 1e-12, "groups");
    get_numbers(sabir_store_find(p.store, "c"), w, 2);
    cr_assert(w[0] == 0 && w[1] == 0);
    problem_close(&p);
}

/* ---- Clipping ---- */

Test(optim, clipping)
{
    static const double most[] = {0.5, 1e3};
    for (int c = 0; c < 2; c++) {
        problem p;
        double gradient[WEIGHTS];
        sabir_optimizer optimizer;
        hand h = hand_start();
        problem_open(&p, context, "reference", SABIR_F64);
        const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_SGD, .schedule = {.rate = 0.1}, .momentum = 0.9, .clip_norm = most[c]};
        must(sabir_minimize(p.graph, p.loss, &options, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, &optimizer));
        problem_compile(&p, &optimizer.norm, 1);
        for (int step = 0; step < 5; step++) {
            hand_gradient(h.w, 1, gradient);
            const double norm = hand_norm(gradient), factor = fmin(1, most[c] / (norm + 1e-6));
            cr_assert_gt(norm, 0.5);
            for (int i = 0; i < WEIGHTS; i++) gradient[i] *= factor;
            hand_step(&h, gradient, &options);
            problem_step(&p, 1);
            cr_assert_float_eq(problem_output(&p, 0), norm, 1e-12);
        }
        agree(&p, &h, 1e-12, "clipping");
        problem_close(&p);
    }
}

Test(optim, clip_norm_alone)
{
    problem p;
    sabir_value clipped[2];
    problem_open(&p, context, "reference", SABIR_F32);
    const sabir_value norm = sabir_clip_norm(p.graph, p.weights, 2, 0.25, clipped);
    const sabir_value after = sabir_sqrt(p.graph, sabir_add(p.graph, sabir_sum(p.graph, sabir_square(p.graph, clipped[0]), SABIR_ALL_AXES),
                                                            sabir_sum(p.graph, sabir_square(p.graph, clipped[1]), SABIR_ALL_AXES)));
    problem_compile(&p, (sabir_value[]){norm, after, p.loss}, 3);
    problem_step(&p, 1);
    cr_assert_float_eq(problem_output(&p, 0), hand_norm(start), 1e-6);
    cr_assert_float_eq(problem_output(&p, 1), 0.25, 1e-6);
    problem_close(&p);
}

/* ---- Accumulation: four runs with one input each are one run with their mean ---- */

Test(optim, accumulation)
{
    static const double parts[4] = {0.5, 1.5, 1, 2};
    problem p;
    sabir_optimizer optimizer;
    double gradient[WEIGHTS], before[WEIGHTS], w[WEIGHTS];
    hand h = hand_start();
    problem_open(&p, context, "reference", SABIR_F64);
    const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_ADAMW, .schedule = {.rate = 0.1, .kind = SABIR_SCHEDULE_LINEAR, .steps = 5},
                                             .weight_decay = 0.1, .accumulate = 4, .clip_norm = 2};
    must(sabir_minimize(p.graph, p.loss, &options, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, &optimizer));
    problem_compile(&p, (sabir_value[]){optimizer.norm, optimizer.applied, optimizer.update}, 3);
    for (int update = 0; update < 4; update++) {
        hand_gradient(h.w, (parts[0] + parts[1] + parts[2] + parts[3]) / 4, gradient);
        const double norm = hand_norm(gradient);
        for (int i = 0; i < WEIGHTS; i++) gradient[i] *= fmin(1, 2 / (norm + 1e-6));
        problem_weights(&p, before);
        for (int part = 0; part < 4; part++) {
            problem_weights(&p, w);
            cr_assert(same(w, before), "part %d of an update changed the weights", part);
            problem_step(&p, parts[part]);
            cr_assert_eq(problem_output(&p, 1), part == 3);
            cr_assert_eq(problem_output(&p, 2), update);
        }
        cr_assert_float_eq(problem_output(&p, 0), norm, 1e-12);
        hand_step(&h, gradient, &options);
        agree(&p, &h, 1e-12, "accumulation");
    }
    problem_close(&p);
}

/* ---- 16-bit parameters ---- */

Test(optim, masters)
{
    problem p;
    double w[WEIGHTS], master[WEIGHTS], gradient[WEIGHTS];
    hand h = hand_start();
    problem_open(&p, context, "reference", SABIR_BF16);
    const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_SGD, .schedule = {.rate = 1.0 / 1024}};
    must(sabir_minimize(p.graph, p.loss, &options, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, NULL));
    problem_compile(&p, NULL, 0);
    problem_weights(&p, h.w); /* rounded to bf16 */
    double rounded[WEIGHTS];
    memcpy(rounded, h.w, sizeof rounded);
    for (int step = 0; step < 64; step++) {
        hand_gradient(rounded, 1, gradient);
        for (int i = 0; i < WEIGHTS; i++) h.w[i] -= gradient[i] / 1024;
        problem_step(&p, 1);
        problem_weights(&p, rounded);
    }
    problem_weights(&p, w);
    get_numbers(sabir_store_find(p.store, "sgd/master/a"), master, FIRST);
    get_numbers(sabir_store_find(p.store, "sgd/master/b"), master + FIRST, SECOND);
    for (int i = 0; i < WEIGHTS; i++) {
        /* The gradient's own roundings to bf16 are below 2^-8 of it. */
        cr_assert_float_eq(master[i], h.w[i], fabs(h.w[i] - start[i]) / 32 + 2e-3, "weight %d: master %g, by hand %g", i, master[i], h.w[i]);
        cr_assert_float_eq(w[i], master[i], fabs(master[i]) / 256 + 1e-9, "weight %d is no rounding of its master", i);
        if (fabs(stiffness[i] * (start[i] - aim[i])) > 0.5) cr_assert_neq(master[i], start[i], "weight %d stands still", i);
    }
    problem_close(&p);
}

Test(optim, loss_scaling)
{
    problem p;
    sabir_optimizer optimizer;
    double gradient[WEIGHTS], before[WEIGHTS], after[WEIGHTS];
    hand h = hand_start();
    problem_open(&p, context, "reference", SABIR_F32);
    const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_ADAM, .schedule = {.rate = 0.1}, .loss_scale = 1024, .scale_updates = 3};
    must(sabir_minimize(p.graph, p.loss, &options, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, &optimizer));
    problem_compile(&p, (sabir_value[]){optimizer.scale, optimizer.applied, optimizer.update}, 3);
    static const struct { double x, scale; int applied; } runs[] = {
        {1, 1024, 1}, {1, 1024, 1}, {1, 1024, 1}, {1, 2048, 1}, {INFINITY, 2048, 0}, {NAN, 1024, 0}, {1, 512, 1}, {1, 512, 1}, {1, 512, 1}, {1, 1024, 1}};
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        problem_weights(&p, before);
        hand_gradient(h.w, 1, gradient);
        problem_step(&p, runs[i].x);
        problem_weights(&p, after);
        cr_assert_eq(problem_output(&p, 0), runs[i].scale, "run %zu: the scale is %g", i, problem_output(&p, 0));
        cr_assert_eq(problem_output(&p, 1), runs[i].applied, "run %zu", i);
        cr_assert_eq(problem_output(&p, 2), (double)h.t, "run %zu", i);
        if (runs[i].applied) hand_step(&h, gradient, &options);
        else cr_assert(same(before, after), "run %zu: an update that is not finite changed the weights", i);
        agree(&p, &h, 2e-6, "loss scaling");
    }
    problem_close(&p);
}

/* A bad run among those averaged spoils its update, not the next one. */
Test(optim, skipping_with_accumulation)
{
    problem p;
    sabir_optimizer optimizer;
    double gradient[WEIGHTS];
    hand h = hand_start();
    problem_open(&p, context, "reference", SABIR_F64);
    const sabir_optimizer_options options = {.size = sizeof options, .kind = SABIR_SGD, .schedule = {.rate = 0.1}, .momentum = 0.5, .accumulate = 2, .skip_nonfinite = 1};
    must(sabir_minimize(p.graph, p.loss, &options, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, &optimizer));
    problem_compile(&p, &optimizer.applied, 1);
    problem_step(&p, INFINITY);
    problem_step(&p, 1);
    cr_assert_eq(problem_output(&p, 0), 0);
    agree(&p, &h, 1e-15, "after a bad run");
    hand_gradient(h.w, 1, gradient);
    hand_step(&h, gradient, &options);
    problem_step(&p, 0.5);
    problem_step(&p, 1.5);
    cr_assert_eq(problem_output(&p, 0), 1);
    agree(&p, &h, 1e-12, "after two good ones");
    problem_close(&p);
}

/* ---- Schedules ---- */

Test(optim, schedules)
{
    const sabir_schedule schedules[] = {
        {SABIR_SCHEDULE_CONSTANT, .rate = 0.3, .warmup = 4}, {SABIR_SCHEDULE_LINEAR, .rate = 0.3, .floor = 0.1, .warmup = 5, .steps = 20},
        {SABIR_SCHEDULE_COSINE, .rate = 0.3, .floor = 0.1, .steps = 20}, {SABIR_SCHEDULE_COSINE, .rate = 0.3, .warmup = 10, .steps = 11},
        {SABIR_SCHEDULE_STEP, .rate = 0.3, .factor = 0.5, .steps = 7, .warmup = 2, .floor = 0.05}, {SABIR_SCHEDULE_EXPONENTIAL, .rate = 0.3, .factor = 0.5, .steps = 7}};
    enum { COUNT = sizeof schedules / sizeof *schedules, UPDATES = 30 };
    sabir_device *device;
    must(sabir_device_open(context, "reference", &device));
    for (int k = 0; k < COUNT; k++) {
        sabir_graph *g;
        sabir_program *program;
        sabir_tensor *rates[2];
        must(sabir_graph_create(context, &g));
        const sabir_value update = sabir_scalar(g, "update", SABIR_I32);
        sabir_output(g, "narrow", sabir_schedule_value(g, &schedules[k], update, SABIR_F32));
        sabir_output(g, "wide", sabir_schedule_value(g, &schedules[k], update, SABIR_F64));
        must(sabir_compile(g, device, NULL, NULL, &program));
        for (int i = 0; i < 2; i++) must(sabir_tensor_create(device, i ? SABIR_F64 : SABIR_F32, SABIR_SCALAR_SHAPE, &rates[i]));
        for (int s = 0; s < UPDATES; s++) {
            double narrow, wide;
            must(sabir_set_i32(program, sabir_slot(program, "update"), s));
            must(sabir_run(program, (sabir_binding[]){{"narrow", rates[0]}, {"wide", rates[1]}}, 2));
            get_numbers(rates[0], &narrow, 1);
            get_numbers(rates[1], &wide, 1);
            cr_assert_float_eq(wide, sabir_schedule_at(&schedules[k], s), 1e-14, "schedule %d, update %d: %g", k, s, wide);
            cr_assert_float_eq(narrow, wide, 1e-7);
        }
        sabir_tensor_release(rates[0]);
        sabir_tensor_release(rates[1]);
        sabir_program_destroy(program);
        sabir_graph_destroy(g);
    }
    sabir_device_release(device);
    cr_assert_float_eq(sabir_schedule_at(&schedules[0], 0), 0.3 / 4, 1e-15);
    cr_assert_float_eq(sabir_schedule_at(&schedules[1], 4), 0.3, 1e-15);
    cr_assert_float_eq(sabir_schedule_at(&schedules[1], 25), 0.1, 1e-15);
    cr_assert_float_eq(sabir_schedule_at(&schedules[2], 10), 0.2, 1e-15);
    cr_assert_float_eq(sabir_schedule_at(&schedules[4], 2 + 7), 0.15, 1e-15);
    cr_assert_float_eq(sabir_schedule_at(&schedules[4], 2 + 21), 0.05, 1e-15);
    cr_assert_float_eq(sabir_schedule_at(&schedules[5], 14), 0.075, 1e-15);
    cr_assert(isnan(sabir_schedule_at(&(sabir_schedule){SABIR_SCHEDULE_COSINE, .rate = 1}, 3)));
}

/* ---- What is refused ---- */

static void refused(const sabir_optimizer_options *options, sabir_status status, const char *words)
{
    problem p;
    problem_open(&p, context, "reference", SABIR_F32);
    cr_assert_eq(sabir_minimize(p.graph, p.loss, options, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, NULL), status, "%s", words);
    cr_assert(strstr(sabir_last_message(), words), "\"%s\" says nothing of \"%s\"", sabir_last_message(), words);
    cr_assert_eq(sabir_compile(p.graph, p.device, p.store, NULL, &p.program), status, "the graph forgot: %s", words);
    problem_close(&p);
}

#define OPTIONS(...) (&(sabir_optimizer_options){.size = sizeof(sabir_optimizer_options), __VA_ARGS__})

Test(optim, refused)
{
    refused(OPTIONS(.kind = (sabir_optimizer_kind)9), SABIR_INVALID_ARGUMENT, "9 is no kind");
    refused(OPTIONS(.schedule = {.rate = 0.1}, .kind = SABIR_ADAM, .beta1 = 1), SABIR_INVALID_ARGUMENT, "beta1 is 1");
    refused(OPTIONS(.schedule = {.rate = 0.1}, .weight_decay = NAN), SABIR_INVALID_ARGUMENT, "weight_decay is nan");
    refused(OPTIONS(.schedule = {.rate = 0.1}, .accumulate = -1), SABIR_INVALID_ARGUMENT, "accumulate is -1");
    refused(OPTIONS(.schedule = {SABIR_SCHEDULE_COSINE, .rate = 1, .warmup = 5, .steps = 5}), SABIR_INVALID_ARGUMENT, "above warmup, 5");
    refused(OPTIONS(.schedule = {SABIR_SCHEDULE_STEP, .rate = 1, .steps = 1}), SABIR_INVALID_ARGUMENT, "factor is 0");
    refused(&(sabir_optimizer_options){.kind = SABIR_SGD}, SABIR_INVALID_ARGUMENT, "size in the options is 0");
    refused(NULL, SABIR_INVALID_ARGUMENT, "options is NULL");
}

Test(optim, parameters_refused)
{
    problem p;
    problem_open(&p, context, "reference", SABIR_F32);
    cr_assert_eq(sabir_minimize(p.graph, p.loss, OPTIONS(.schedule = {.rate = 0.1}, .kind = SABIR_SGD), &(sabir_parameter_group){.variables = &p.x, .count = 1}, 1, NULL), SABIR_INVALID_ARGUMENT);
    problem_close(&p);
    problem_open(&p, context, "reference", SABIR_F32);
    const sabir_value twice[] = {p.weights[0], p.weights[0]};
    cr_assert_neq(sabir_minimize(p.graph, p.loss, OPTIONS(.schedule = {.rate = 0.1}, .kind = SABIR_SGD), &(sabir_parameter_group){.variables = twice, .count = 2}, 1, NULL), SABIR_OK);
    problem_close(&p);
    problem_open(&p, context, "reference", SABIR_F32);
    cr_assert_eq(sabir_minimize(p.graph, p.weights[0], OPTIONS(.schedule = {.rate = 0.1}, .kind = SABIR_SGD), &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, NULL),
                 SABIR_INVALID_ARGUMENT);
    problem_close(&p);
    problem_open(&p, context, "reference", SABIR_F32);
    sabir_optimizer optimizer;
    must(sabir_optimizer_begin(p.graph, OPTIONS(.schedule = {.rate = 0.1}, .kind = SABIR_SGD), &optimizer));
    const sabir_value crossed[] = {p.weights[1], p.weights[0]};
    cr_assert_eq(sabir_optimizer_apply(&optimizer, &(sabir_parameter_group){.variables = p.weights, .count = 2}, 1, crossed), SABIR_INVALID_SHAPE);
    cr_assert(strstr(sabir_last_message(), "'a'"));
    problem_close(&p);
}
