/* Programs on every device: bindings, dims, state, loops, aliasing, recordings, events. suite: device, timeout: 600 */
#include <criterion/criterion.h>
#include <math.h>

#include "sabir/sabir.h"
#include "support/devices.h"

#define ON_EACH_DEVICE(name)                                                          \
    Test(run_program, name##_reference) { on_device("reference", name); }             \
    Test(run_program, name##_vulkan, .timeout = 120) { on_device("vulkan", name); }   \
    Test(run_program, name##_opencl, .timeout = 120) { on_device("opencl", name); }
#define ON_KERNELS(name)                                                              \
    Test(run_program, name##_vulkan, .timeout = 120) { on_device("vulkan", name); }   \
    Test(run_program, name##_opencl, .timeout = 120) { on_device("opencl", name); }

static void expect(sabir_status status, sabir_status wanted, const char *part)
{
    cr_assert_eq(status, wanted, "%s: %s", sabir_status_name(status), sabir_last_message());
    if (part) cr_assert(strstr(sabir_last_message(), part), "'%s' is not in: %s", part, sabir_last_message());
}

/* A graph, a device, a store and a program, made and freed together. */
typedef struct fixture {
    sabir_context *context;
    sabir_device *device;
    sabir_store *store;
    sabir_graph *graph;
    sabir_program *program;
} fixture;

static fixture begin(sabir_context *context, const char *selector)
{
    fixture f = {.context = context};
    must(sabir_device_open(context, selector, &f.device));
    must(sabir_store_create(f.device, &f.store));
    must(sabir_graph_create(context, &f.graph));
    return f;
}

static void compile_with(fixture *f, sabir_compile_options options)
{
    options.fallback = SABIR_FALLBACK_ERROR;
    must(sabir_compile(f->graph, f->device, f->store, &options, &f->program));
}

static void compile(fixture *f) { compile_with(f, (sabir_compile_options)SABIR_COMPILE_OPTIONS); }

static void end(fixture *f)
{
    sabir_program_destroy(f->program);
    sabir_graph_destroy(f->graph);
    sabir_store_release(f->store);
    sabir_device_release(f->device);
}

static sabir_tensor *vector(const fixture *f, int64_t count, const float *data)
{
    sabir_tensor *tensor;
    must(sabir_tensor_create(f->device, SABIR_F32, SABIR_SHAPE(count), &tensor));
    if (data) must(sabir_tensor_write(tensor, 0, data, (uint64_t)count * sizeof *data));
    return tensor;
}

static float at(sabir_tensor *tensor, int64_t i)
{
    float number;
    must(sabir_tensor_read(tensor, (uint64_t)i * sizeof number, &number, sizeof number));
    return number;
}

static float variable_at(const fixture *f, const char *name, int64_t i) { return at(sabir_store_find(f->store, name), i); }

/* ---- Dims and bindings ---- */

static void dims(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_extent n = sabir_dim_create(f.graph, "n", 0, 300);
    sabir_value x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(n)), y = sabir_input(f.graph, "y", SABIR_F32, SABIR_SHAPE(sabir_dim_affine(f.graph, n, 2, 1)));
    sabir_output(f.graph, "z", sabir_add(f.graph, x, sabir_narrow(f.graph, y, 0, 0, n)));
    sabir_output(f.graph, "count", sabir_dim_value(f.graph, n));
    compile(&f);
    float data[601];
    for (int i = 0; i < 601; i++) data[i] = (float)i;
    for (int64_t count = 0; count <= 300; count += count < 5 ? 1 : 59) {
        sabir_tensor *tx = vector(&f, count, data), *ty = vector(&f, 2 * count + 1, data), *tz = vector(&f, count, NULL), *tc;
        must(sabir_tensor_create(f.device, SABIR_I32, SABIR_SCALAR_SHAPE, &tc));
        must(sabir_run(f.program, (sabir_binding[]){{"x", tx}, {"y", ty}, {"z", tz}, {"count", tc}}, 4));
        int32_t seen;
        must(sabir_tensor_read(tc, 0, &seen, 4));
        cr_assert_eq(seen, count);
        for (int64_t i = 0; i < count; i++) cr_assert_eq(at(tz, i), (float)(2 * i), "%s: n = %d", selector, (int)count);
        sabir_type type;
        sabir_shape shape;
        must(sabir_output_shape(f.program, sabir_slot(f.program, "z"), &type, &shape));
        cr_assert(type == SABIR_F32 && shape.rank == 1 && shape.extents[0] == count);
        sabir_tensor_release(tx), sabir_tensor_release(ty), sabir_tensor_release(tz), sabir_tensor_release(tc);
    }
    sabir_tensor *three = vector(&f, 3, data), *seven = vector(&f, 7, data), *eight = vector(&f, 8, data), *long_one = vector(&f, 400, data);
    expect(sabir_run(f.program, (sabir_binding[]){{"x", three}, {"y", eight}}, 2), SABIR_INVALID_SHAPE, "2*n+1 = 7");
    expect(sabir_run(f.program, (sabir_binding[]){{"x", three}, {"y", seven}, {"z", seven}}, 3), SABIR_INVALID_SHAPE, "output 'z'");
    expect(sabir_run(f.program, (sabir_binding[]){{"x", long_one}}, 1), SABIR_INVALID_SHAPE, "0 to 300");
    expect(sabir_run(f.program, (sabir_binding[]){{"w", three}}, 1), SABIR_NOT_FOUND, "'w'");
    expect(sabir_run(f.program, (sabir_binding[]){{"x", NULL}}, 1), SABIR_INVALID_ARGUMENT, "'x'");
    expect(sabir_bind(f.program, sabir_slot(f.program, "count"), three), SABIR_INVALID_TYPE, "count");
    expect(sabir_bind(f.program, 99, three), SABIR_INVALID_ARGUMENT, "99");
    expect(sabir_set_f32(f.program, sabir_slot(f.program, "x"), 1), SABIR_MISUSE, "no scalar");
    expect(sabir_set_dim(f.program, "m", 1), SABIR_NOT_FOUND, "'m'");
    expect(sabir_set_dim(f.program, "n", 301), SABIR_INVALID_ARGUMENT, "301");
    cr_assert_eq(sabir_slot(f.program, "none"), -1);
    must(sabir_bind(f.program, sabir_slot(f.program, "x"), NULL));
    expect(sabir_submit(f.program, NULL, 0, NULL), SABIR_INVALID_ARGUMENT, "'x' is not bound");
    sabir_tensor_release(three), sabir_tensor_release(seven), sabir_tensor_release(eight), sabir_tensor_release(long_one);
    end(&f);
}
ON_EACH_DEVICE(dims)

static void other_devices(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector), g = begin(context, "reference");
    sabir_value x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(4));
    sabir_output(f.graph, "y", sabir_neg(f.graph, x));
    compile(&f);
    sabir_tensor *foreign = vector(&g, 4, NULL);
    expect(sabir_run(f.program, (sabir_binding[]){{"x", foreign}}, 1), SABIR_MISUSE, "another device");
    sabir_program *program;
    expect(sabir_compile(f.graph, f.device, g.store, NULL, &program), SABIR_MISUSE, "another device");
    cr_assert_null(program);
    expect(sabir_compile(NULL, f.device, NULL, NULL, &program), SABIR_INVALID_ARGUMENT, NULL);
    expect(sabir_compile(f.graph, NULL, NULL, NULL, &program), SABIR_INVALID_ARGUMENT, NULL);
    expect(sabir_compile(f.graph, f.device, NULL, NULL, NULL), SABIR_INVALID_ARGUMENT, NULL);
    const char *const names[] = {"y", "none"};
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.outputs = names;
    options.output_count = 2;
    expect(sabir_compile(f.graph, f.device, NULL, &options, &program), SABIR_NOT_FOUND, "none");
    (void)sabir_variable(f.graph, "w", SABIR_F32, SABIR_SHAPE(4));
    sabir_assign(f.graph, sabir_variable(f.graph, "v", SABIR_F32, SABIR_SHAPE(4)), x);
    expect(sabir_compile(f.graph, f.device, NULL, NULL, &program), SABIR_INVALID_ARGUMENT, "store");
    sabir_tensor_release(foreign);
    end(&g);
    end(&f);
}
ON_EACH_DEVICE(other_devices)

/* ---- State ---- */

/* Two variables change places; the outputs show the values at entry. */
static void state(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_value a = sabir_variable(f.graph, "a", SABIR_F32, SABIR_SHAPE(5)), b = sabir_variable(f.graph, "b", SABIR_F32, SABIR_SHAPE(5));
    sabir_value step = sabir_scalar(f.graph, "step", SABIR_F32);
    sabir_assign(f.graph, a, sabir_add(f.graph, b, step));
    sabir_assign(f.graph, b, a);
    sabir_output(f.graph, "sum", sabir_add(f.graph, a, b));
    compile(&f);
    sabir_tensor *sum = vector(&f, 5, NULL);
    float model_a = 0, model_b = 0;
    for (int run = 1; run <= 6; run++) {
        must(sabir_set_i32(f.program, sabir_slot(f.program, "step"), run));
        must(sabir_run(f.program, (sabir_binding[]){{"sum", sum}}, 1));
        cr_assert_eq(at(sum, 4), model_a + model_b, "%s: run %d", selector, run);
        const float next = model_b + (float)run;
        model_b = model_a;
        model_a = next;
        cr_assert_eq(variable_at(&f, "a", 0), model_a);
        cr_assert_eq(variable_at(&f, "b", 4), model_b);
    }
    sabir_tensor_release(sum);
    end(&f);
}
ON_EACH_DEVICE(state)

/* One tensor as input and output, as two outputs, as variable and output, as input and written variable. */
static void aliases(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_value x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(6)), w = sabir_variable(f.graph, "w", SABIR_F32, SABIR_SHAPE(6));
    sabir_output(f.graph, "flipped", sabir_flip(f.graph, x, SABIR_INTS(0)));
    sabir_output(f.graph, "sum", sabir_add(f.graph, x, w));
    sabir_assign(f.graph, w, sabir_mul(f.graph, sabir_flip(f.graph, x, SABIR_INTS(0)), w));
    compile(&f);
    const float numbers[6] = {1, 2, 3, 4, 5, 6}, tens[6] = {10, 10, 10, 10, 10, 10};
    sabir_tensor *tx = vector(&f, 6, numbers), *other = vector(&f, 6, NULL), *tw = sabir_store_find(f.store, "w");
    must(sabir_tensor_write(tw, 0, tens, sizeof tens));
    must(sabir_run(f.program, (sabir_binding[]){{"x", tx}, {"flipped", tx}, {"sum", other}}, 3));
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(at(tx, i), (float)(6 - i), "%s: flipped in place", selector);
        cr_assert_eq(at(other, i), (float)(i + 11));
        cr_assert_eq(variable_at(&f, "w", i), 10 * (float)(6 - i));
    }
    /* The variable is the input: w becomes flip(w) * w, and the sum is 2 w. */
    must(sabir_tensor_write(tw, 0, numbers, sizeof numbers));
    must(sabir_run(f.program, (sabir_binding[]){{"x", tw}, {"flipped", tx}, {"sum", other}}, 3));
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(variable_at(&f, "w", i), numbers[i] * numbers[5 - i], "%s: input and variable", selector);
        cr_assert_eq(at(other, i), 2 * numbers[i]);
    }
    /* Two outputs, one tensor: the last in order stays; the output bound to a variable wins over its assign. */
    must(sabir_tensor_write(tw, 0, tens, sizeof tens));
    must(sabir_tensor_write(tx, 0, numbers, sizeof numbers));
    must(sabir_run(f.program, (sabir_binding[]){{"x", tx}, {"flipped", other}, {"sum", other}}, 3));
    for (int i = 0; i < 6; i++) cr_assert_eq(at(other, i), numbers[i] + 10, "%s: two outputs", selector);
    must(sabir_tensor_write(tw, 0, tens, sizeof tens));
    must(sabir_run(f.program, (sabir_binding[]){{"x", tx}, {"flipped", other}, {"sum", tw}}, 3));
    for (int i = 0; i < 6; i++) cr_assert_eq(variable_at(&f, "w", i), numbers[i] + 10, "%s: output on a variable", selector);
    sabir_tensor_release(tx);
    sabir_tensor_release(other);
    end(&f);
}
ON_EACH_DEVICE(aliases)

/* An input and an output of one name are told apart by their order in the bindings. */
static void one_name(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_value x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(3));
    sabir_output(f.graph, "x", sabir_square(f.graph, x));
    compile(&f);
    sabir_tensor *in = vector(&f, 3, (float[]){1, 2, 3}), *out = vector(&f, 3, NULL);
    must(sabir_run(f.program, (sabir_binding[]){{"x", in}, {"x", out}}, 2));
    cr_assert_eq(at(out, 2), 9);
    sabir_tensor_release(in);
    sabir_tensor_release(out);
    end(&f);
}
ON_EACH_DEVICE(one_name)

/* ---- Loops ---- */

/* Newton's square roots until nothing moves; the count shows when that was. */
static void loops(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_graph *g = f.graph;
    sabir_value target = sabir_input(g, "target", SABIR_F32, SABIR_SHAPE(3)), limit = sabir_scalar(g, "limit", SABIR_I32);
    sabir_value carried[2], results[2];
    sabir_loop_begin(g, 40, (sabir_value[]){target, sabir_number(g, SABIR_I32, 0)}, 2, carried);
    sabir_value better = sabir_mul(g, sabir_add(g, carried[0], sabir_div(g, target, carried[0])), sabir_number(g, SABIR_F32, 0.5));
    sabir_value trip = sabir_add(g, carried[1], sabir_number(g, SABIR_I32, 1));
    sabir_value count = sabir_loop_end(g, (sabir_value[]){better, trip}, 2, sabir_less(g, trip, limit), results);
    sabir_output(g, "root", results[0]);
    sabir_output(g, "count", count);
    compile(&f);
    sabir_tensor *in = vector(&f, 3, (float[]){4, 9, 2}), *root = vector(&f, 3, NULL), *trips;
    must(sabir_tensor_create(f.device, SABIR_I32, SABIR_SCALAR_SHAPE, &trips));
    for (int wanted = 1; wanted <= 60; wanted += wanted < 4 ? 1 : 19) {
        float model[3] = {4, 9, 2};
        const int ran = wanted < 40 ? wanted : 40;
        for (int t = 0; t < ran; t++)
            for (int i = 0; i < 3; i++) model[i] = (model[i] + (i == 0 ? 4.0f : i == 1 ? 9.0f : 2.0f) / model[i]) * 0.5f;
        must(sabir_set_i32(f.program, sabir_slot(f.program, "limit"), wanted));
        must(sabir_run(f.program, (sabir_binding[]){{"target", in}, {"root", root}, {"count", trips}}, 3));
        int32_t seen;
        must(sabir_tensor_read(trips, 0, &seen, 4));
        cr_assert_eq(seen, ran, "%s: %d of %d trips", selector, seen, ran);
        for (int i = 0; i < 3; i++) cr_assert_float_eq(at(root, i), model[i], 1e-5, "%s: trips %d", selector, ran);
    }
    sabir_tensor_release(in), sabir_tensor_release(root), sabir_tensor_release(trips);
    end(&f);
}
ON_EACH_DEVICE(loops)

/* Two carried values change places in an inner loop of an outer one. */
static void nested_loops(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_graph *g = f.graph;
    sabir_value a = sabir_input(g, "a", SABIR_F32, SABIR_SHAPE(2)), b = sabir_input(g, "b", SABIR_F32, SABIR_SHAPE(2)), outer[2], inner[2], in[2], out[2];
    sabir_loop_begin(g, 3, (sabir_value[]){a, b}, 2, outer);
    sabir_loop_begin(g, 5, outer, 2, inner);
    sabir_loop_end(g, (sabir_value[]){sabir_add(g, inner[1], a), inner[0]}, 2, SABIR_NONE, in);
    sabir_loop_end(g, (sabir_value[]){in[1], in[0]}, 2, SABIR_NONE, out);
    sabir_output(g, "a", out[0]);
    sabir_output(g, "b", out[1]);
    compile(&f);
    float x = 1, y = 10;
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 5; k++) {
            const float next = y + 1;
            y = x;
            x = next;
        }
        const float swap = x;
        x = y;
        y = swap;
    }
    sabir_tensor *ta = vector(&f, 2, (float[]){1, 1}), *tb = vector(&f, 2, (float[]){10, 10}), *ra = vector(&f, 2, NULL), *rb = vector(&f, 2, NULL);
    must(sabir_run(f.program, (sabir_binding[]){{"a", ta}, {"b", tb}, {"a", ra}, {"b", rb}}, 4));
    cr_assert_eq(at(ra, 0), x, "%s: %g for %g", selector, (double)at(ra, 0), (double)x);
    cr_assert_eq(at(rb, 1), y);
    sabir_tensor_release(ta), sabir_tensor_release(tb), sabir_tensor_release(ra), sabir_tensor_release(rb);
    end(&f);
}
ON_EACH_DEVICE(nested_loops)

/* ---- Runs in flight ---- */

/* Many small submissions, several runs in flight, tensors and events let go early. */
static void flights(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_value w = sabir_variable(f.graph, "w", SABIR_F32, SABIR_SHAPE(100)), x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(100)), c[1], r[1];
    sabir_loop_begin(f.graph, 10, &w, 1, c);
    sabir_loop_end(f.graph, (sabir_value[]){sabir_add(f.graph, c[0], x)}, 1, SABIR_NONE, r);
    sabir_assign(f.graph, w, r[0]);
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.submission_seconds = 1e-9;
    compile_with(&f, options);
    const float ones[100] = {1, 1};
    sabir_event *last = NULL;
    for (int run = 0; run < 12; run++) {
        sabir_tensor *tx = vector(&f, 100, ones);
        must(sabir_bind(f.program, sabir_slot(f.program, "x"), tx));
        sabir_tensor_release(tx);
        sabir_event *waits[] = {last}, *event;
        must(sabir_submit(f.program, waits, last ? 1 : 0, &event));
        sabir_event_release(last);
        last = event;
        if (run == 5) must(sabir_submit(f.program, NULL, 0, NULL));
    }
    sabir_status status = sabir_event_wait(last, 0);
    cr_assert(status == SABIR_OK || status == SABIR_TIMEOUT);
    must(sabir_event_wait(last, -1));
    double seconds = -1;
    must(sabir_event_seconds(last, &seconds));
    cr_assert_geq(seconds, 0);
    cr_assert_eq(variable_at(&f, "w", 0), 130);
    cr_assert_eq(variable_at(&f, "w", 99), 0);
    must(sabir_bind(f.program, sabir_slot(f.program, "x"), sabir_store_find(f.store, "w")));
    must(sabir_submit(f.program, NULL, 0, NULL)); /* its end is nobody's business but the destroyer's */
    must(sabir_device_wait(f.device));
    sabir_event_release(last);
    end(&f);
}
ON_EACH_DEVICE(flights)

static void cancelled(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_value w = sabir_variable(f.graph, "w", SABIR_F32, SABIR_SHAPE(8)), c[1], r[1];
    sabir_loop_begin(f.graph, 50, &w, 1, c);
    sabir_loop_end(f.graph, (sabir_value[]){sabir_add(f.graph, c[0], sabir_number(f.graph, SABIR_F32, 1))}, 1, SABIR_NONE, r);
    sabir_assign(f.graph, w, r[0]);
    sabir_output(f.graph, "w", sabir_mul(f.graph, w, w));
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.submission_seconds = 1e-9;
    compile_with(&f, options);
    sabir_cancel(f.program); /* nothing runs: nothing is stopped */
    sabir_tensor *squares = vector(&f, 8, NULL);
    must(sabir_run(f.program, (sabir_binding[]){{"w", squares}}, 1));
    cr_assert_eq(variable_at(&f, "w", 0), 50);
    sabir_event *event;
    must(sabir_submit(f.program, NULL, 0, &event));
    sabir_cancel(f.program);
    expect(sabir_event_wait(event, -1), SABIR_CANCELLED, "submission");
    expect(sabir_event_wait(event, -1), SABIR_CANCELLED, "submission");
    sabir_event_release(event);
    expect(sabir_run(f.program, NULL, 0), SABIR_POISONED, "'w'");
    float numbers[8] = {7};
    expect(sabir_tensor_read(sabir_store_find(f.store, "w"), 0, numbers, 4), SABIR_POISONED, "'w'");
    must(sabir_tensor_write(sabir_store_find(f.store, "w"), 0, numbers, 16));
    expect(sabir_run(f.program, NULL, 0), SABIR_POISONED, "'w'");
    must(sabir_tensor_write(sabir_store_find(f.store, "w"), 16, numbers + 4, 16));
    must(sabir_run(f.program, NULL, 0));
    cr_assert_eq(variable_at(&f, "w", 0), 57);
    sabir_tensor_release(squares);
    end(&f);
}
ON_KERNELS(cancelled)

/* ---- Recordings and counters ---- */

/* A growing extent: as many recordings as powers of two, nothing compiled or allocated after the first run. */
static void recordings(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_extent n = sabir_dim_create(f.graph, "n", 1, 4096);
    sabir_value cache = sabir_variable(f.graph, "cache", SABIR_F32, SABIR_SHAPE(4096)), s = sabir_scalar(f.graph, "s", SABIR_F32);
    sabir_value seen = sabir_narrow(f.graph, cache, 0, 0, n);
    sabir_assign(f.graph, cache, sabir_update(f.graph, cache, sabir_add(f.graph, seen, s), sabir_constant(f.graph, SABIR_I32, SABIR_SHAPE(1), (int32_t[]){0})));
    compile(&f);
    must(sabir_program_prewarm(f.program));
    sabir_counters before = {.size = sizeof before}, after = {.size = sizeof after};
    must(sabir_program_counters(f.program, &before));
    for (int64_t i = 1; i <= 300; i++) {
        must(sabir_set_dim(f.program, "n", i));
        must(sabir_set_f32(f.program, sabir_slot(f.program, "s"), 1));
        must(sabir_run(f.program, NULL, 0));
    }
    must(sabir_program_counters(f.program, &after));
    cr_assert_eq(after.runs - before.runs, 300);
    cr_assert_leq(after.recordings, 10, "%s: %llu recordings", selector, (unsigned long long)after.recordings);
    cr_assert_eq(after.compiled, before.compiled);
    cr_assert_eq(after.allocations, before.allocations);
    cr_assert_eq(variable_at(&f, "cache", 0), 300);
    cr_assert_eq(variable_at(&f, "cache", 299), 1);
    cr_assert_eq(variable_at(&f, "cache", 300), 0);
    end(&f);
}
ON_KERNELS(recordings)

static void reports(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_value x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(1000)), c[1], r[1];
    sabir_loop_begin(f.graph, 7, &x, 1, c);
    sabir_loop_end(f.graph, (sabir_value[]){sabir_exp(f.graph, sabir_neg(f.graph, c[0]))}, 1, SABIR_NONE, r);
    sabir_output(f.graph, "y", r[0]);
    sabir_memory_report early = {.size = sizeof early}, late = {.size = sizeof late};
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.profile = 1;
    must(sabir_graph_memory(f.graph, f.device, &options, &early));
    compile_with(&f, options);
    must(sabir_program_memory(f.program, &late));
    cr_assert_eq(early.io, 8000);
    cr_assert_eq(early.activations, late.activations);
    cr_assert_geq(late.largest_tensor, 4000);
    sabir_counters counters = {.size = sizeof counters};
    must(sabir_program_counters(f.program, &counters));
    cr_assert_geq(counters.launches, 2);
    sabir_tensor *in = vector(&f, 1000, NULL), *out = vector(&f, 1000, NULL);
    must(sabir_run(f.program, (sabir_binding[]){{"x", in}, {"y", out}}, 2));
    char *text;
    must(sabir_program_text(f.program, &text));
    cr_assert_gt(strlen(text), 20);
    sabir_string_free(context, text);
    must(sabir_profile_table(f.program, &text));
    cr_assert(strstr(text, "launches") && strchr(text, '%'), "%s", text);
    sabir_string_free(context, text);
    must(sabir_profile_trace(f.program, &text));
    cr_assert(strstr(text, "\"traceEvents\"") && strstr(text, "\"ph\":\"X\""), "%s", text);
    sabir_string_free(context, text);
    must(sabir_profile_reset(f.program));
    sabir_tensor_release(in);
    sabir_tensor_release(out);
    end(&f);
}
ON_EACH_DEVICE(reports)

/* ---- What a device lacks ---- */

static void fall_back(sabir_context *context, const char *selector)
{
    fixture f = begin(context, selector);
    sabir_value x = sabir_input(f.graph, "x", SABIR_F64, SABIR_SHAPE(3)), w = sabir_variable(f.graph, "w", SABIR_F64, SABIR_SHAPE(3));
    sabir_output(f.graph, "y", sabir_add(f.graph, x, w));
    sabir_assign(f.graph, w, x);
    sabir_compile_options options = SABIR_COMPILE_OPTIONS;
    options.fallback = SABIR_FALLBACK_ERROR;
    expect(sabir_compile(f.graph, f.device, f.store, &options, &f.program), SABIR_UNSUPPORTED, "f64");
    options.fallback = SABIR_FALLBACK_ALLOW;
    must(sabir_compile(f.graph, f.device, f.store, &options, &f.program));
    sabir_tensor *in, *out;
    double numbers[3] = {1.5, 2.5, 1e300}, seen[3];
    must(sabir_tensor_create(f.device, SABIR_F64, SABIR_SHAPE(3), &in));
    must(sabir_tensor_create(f.device, SABIR_F64, SABIR_SHAPE(3), &out));
    must(sabir_tensor_write(in, 0, numbers, sizeof numbers));
    for (int run = 0; run < 2; run++) must(sabir_run(f.program, (sabir_binding[]){{"x", in}, {"y", out}}, 2));
    must(sabir_tensor_read(out, 0, seen, sizeof seen));
    for (int i = 0; i < 3; i++) cr_assert_eq(seen[i], 2 * numbers[i]);
    sabir_tensor_release(in);
    sabir_tensor_release(out);
    end(&f);
}

Test(run_program, fall_back_vulkan, .timeout = 60)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.clamp = "no-f64";
    on_device_with("vulkan", &options, fall_back);
}

Test(run_program, fall_back_opencl, .timeout = 60)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.clamp = "no-f64";
    on_device_with("opencl", &options, fall_back);
}

/* Bindings smaller than a tensor: windows, or addresses. */
static void small_bindings(sabir_context *context, const char *selector)
{
    enum { COUNT = 5000 };
    fixture f = begin(context, selector);
    sabir_value x = sabir_input(f.graph, "x", SABIR_F32, SABIR_SHAPE(COUNT));
    sabir_output(f.graph, "y", sabir_add(f.graph, sabir_exp(f.graph, x), sabir_flip(f.graph, x, SABIR_INTS(0))));
    compile(&f);
    float data[COUNT];
    for (int i = 0; i < COUNT; i++) data[i] = (float)i / COUNT;
    sabir_tensor *in = vector(&f, COUNT, data), *out = vector(&f, COUNT, NULL);
    must(sabir_run(f.program, (sabir_binding[]){{"x", in}, {"y", out}}, 2));
    for (int i = 0; i < COUNT; i += 7) cr_assert_float_eq(at(out, i), expf(data[i]) + data[COUNT - 1 - i], 1e-5, "%s: %d", selector, i);
    sabir_tensor_release(in);
    sabir_tensor_release(out);
    end(&f);
}

Test(run_program, small_bindings_vulkan, .timeout = 60)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.clamp = "binding=8192";
    on_device_with("vulkan", &options, small_bindings);
}

/* ---- Two devices at once ---- */

Test(run_program, waits_for_another_device, .timeout = 120)
{
    sabir_context *context;
    must(sabir_context_create(NULL, &context));
    fixture f = begin(context, "vulkan"), g = begin(context, "opencl");
    fixture *const both[] = {&f, &g};
    sabir_tensor *in[2], *out[2];
    for (int i = 0; i < 2; i++) {
        sabir_output(both[i]->graph, "y", sabir_add(both[i]->graph, sabir_input(both[i]->graph, "x", SABIR_F32, SABIR_SHAPE(9)),
                                                    sabir_number(both[i]->graph, SABIR_F32, i + 1)));
        compile(both[i]);
        in[i] = vector(both[i], 9, (float[9]){1, 2, 3});
        out[i] = vector(both[i], 9, NULL);
        must(sabir_bind(both[i]->program, sabir_slot(both[i]->program, "x"), in[i]));
        must(sabir_bind(both[i]->program, sabir_slot(both[i]->program, "y"), out[i]));
    }
    sabir_event *first, *second;
    must(sabir_submit(f.program, NULL, 0, &first));
    must(sabir_submit(g.program, (sabir_event *[]){first}, 1, &second));
    must(sabir_event_wait(second, -1));
    cr_assert_eq(at(out[0], 2), 4);
    cr_assert_eq(at(out[1], 2), 5);
    expect(sabir_submit(g.program, (sabir_event *[]){NULL}, 1, NULL), SABIR_INVALID_ARGUMENT, "NULL");
    for (int i = 0; i < 2; i++) {
        sabir_tensor_release(in[i]);
        sabir_tensor_release(out[i]);
        end(both[i]);
    }
    sabir_event_release(first);
    sabir_event_release(second);
    sabir_context_release(context);
}
