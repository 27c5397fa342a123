/* Mistakes of a caller, the same on every device: each is answered by a status with a message, changes nothing, and what was used wrongly still
 * works afterwards. Bodies for test_misuse.c (the reference; no driver) and test_misuse_device.c. */
#ifndef TEST_MISUSE_H
#define TEST_MISUSE_H

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "sabir/backend.h"
#include "support/devices.h"

/* The call is refused with this status and says why. */
#define refused(status, call) refused_((status), (call), #call, __LINE__)
static void refused_(sabir_status wanted, sabir_status given, const char *call, int line)
{
    cr_assert_eq(given, wanted, "line %d: %s: %s instead of %s: %s", line, call, sabir_status_name(given), sabir_status_name(wanted), sabir_last_message());
    cr_assert(sabir_last_message()[0], "line %d: %s: no message", line, call);
}

/* y = x * s + w, w becomes y's first row. */
typedef struct misused {
    sabir_context *context;
    sabir_device *device;
    sabir_store *store;
    sabir_graph *graph;
    sabir_program *program;
    sabir_tensor *x, *y;
} misused;

static void misused_build(sabir_graph *g)
{
    const sabir_extent n = sabir_dim_create(g, "n", 1, 8);
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(n, 4)), w = sabir_variable(g, "w", SABIR_F32, SABIR_SHAPE(4));
    const sabir_value y = sabir_add(g, sabir_mul(g, x, sabir_scalar(g, "s", SABIR_F32)), w);
    sabir_assign(g, w, sabir_reshape(g, sabir_narrow(g, y, 0, 0, 1), SABIR_SHAPE(4)));
    sabir_output(g, "y", y);
}

static void misused_make(misused *m, sabir_context *context, const char *selector)
{
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR};
    *m = (misused){.context = context};
    must(sabir_device_open(context, selector, &m->device));
    must(sabir_store_create(m->device, &m->store));
    must(sabir_graph_create(context, &m->graph));
    misused_build(m->graph);
    must(sabir_compile(m->graph, m->device, m->store, &options, &m->program));
    must(sabir_tensor_create(m->device, SABIR_F32, SABIR_SHAPE(3, 4), &m->x));
    must(sabir_tensor_create(m->device, SABIR_F32, SABIR_SHAPE(3, 4), &m->y));
}

static void misused_release(misused *m)
{
    sabir_tensor_release(m->x);
    sabir_tensor_release(m->y);
    sabir_program_destroy(m->program);
    sabir_graph_destroy(m->graph);
    sabir_store_release(m->store);
    sabir_device_release(m->device);
}

/* The program still does its work, whatever was done to it. */
static void misused_works(misused *m)
{
    const float x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, w[4] = {1, 1, 1, 1};
    float y[12], after[4];
    sabir_tensor *variable = sabir_store_find(m->store, "w");
    must(sabir_tensor_write(m->x, 0, x, sizeof x));
    must(sabir_tensor_write(variable, 0, w, sizeof w));
    must(sabir_set_f32(m->program, sabir_slot(m->program, "s"), 2));
    must(sabir_run(m->program, (sabir_binding[]){{"x", m->x}, {"y", m->y}}, 2));
    must(sabir_tensor_read(m->y, 0, y, sizeof y));
    must(sabir_tensor_read(variable, 0, after, sizeof after));
    for (int i = 0; i < 12; i++) cr_assert_eq(y[i], 2 * x[i] + 1, "y[%d] is %g", i, (double)y[i]);
    for (int i = 0; i < 4; i++) cr_assert_eq(after[i], 2 * x[i] + 1, "w[%d] is %g", i, (double)after[i]);
}

/* ---- NULL in every place ---- */

static void nulls_of_devices(sabir_context *context, const char *selector)
{
    sabir_device *device;
    uint32_t count;
    sabir_device_info info = {.size = sizeof info};
    refused(SABIR_INVALID_ARGUMENT, sabir_context_create(NULL, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_count(NULL, &count));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_count(context, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_describe(NULL, 0, &info));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_describe(context, 0, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_describe(context, 1000, &info));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_open(NULL, selector, &device));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_open(context, selector, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_info_of(NULL, &info));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_wait(NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_context_describe(NULL, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_context_describe(context, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_context_add_backend(context, NULL, NULL));
    cr_assert_null(sabir_builtin_backend(NULL));
    cr_assert_str_eq(sabir_device_missing(NULL), "");
    sabir_context_retain(NULL);
    sabir_context_release(NULL);
    sabir_device_retain(NULL);
    sabir_device_release(NULL);
}

static void nulls_of_tensors(misused *m)
{
    sabir_tensor *tensor;
    void *memory;
    float number = 0;
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_create(NULL, SABIR_F32, SABIR_SHAPE(1), &tensor));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_create(m->device, SABIR_F32, SABIR_SHAPE(1), NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_wrap(m->device, SABIR_F32, SABIR_SHAPE(1), NULL, &tensor));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_wrap(NULL, SABIR_F32, SABIR_SHAPE(1), &number, &tensor));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_write(NULL, 0, &number, 4));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_write(m->x, 0, NULL, 4));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_read(NULL, 0, &number, 4));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_read(m->x, 0, NULL, 4));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_map(NULL, &memory));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_map(m->x, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_unmap(NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_copy(NULL, m->x));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_copy(m->x, NULL));
    cr_assert_eq(sabir_tensor_bytes(NULL), 0);
    cr_assert_eq(sabir_tensor_shape(NULL).rank, 0);
    (void)sabir_tensor_type(NULL);
    sabir_tensor_retain(NULL);
    sabir_tensor_release(NULL);
}

static void nulls_of_stores(misused *m)
{
    sabir_store *store;
    sabir_tensor *tensor;
    refused(SABIR_INVALID_ARGUMENT, sabir_store_create(NULL, &store));
    refused(SABIR_INVALID_ARGUMENT, sabir_store_create(m->device, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_store_variable(NULL, "v", SABIR_F32, SABIR_SHAPE(1), &tensor));
    refused(SABIR_INVALID_ARGUMENT, sabir_store_variable(m->store, NULL, SABIR_F32, SABIR_SHAPE(1), &tensor));
    refused(SABIR_INVALID_ARGUMENT, sabir_store_variable(m->store, "", SABIR_F32, SABIR_SHAPE(1), &tensor));
    refused(SABIR_INVALID_ARGUMENT, sabir_store_variable(m->store, "v", SABIR_F32, SABIR_SHAPE(1), NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_store_copy(NULL, m->store));
    refused(SABIR_INVALID_ARGUMENT, sabir_store_copy(m->store, NULL));
    cr_assert_null(sabir_store_find(NULL, "w"));
    cr_assert_null(sabir_store_find(m->store, NULL));
    cr_assert_null(sabir_store_find(m->store, "nobody"));
    cr_assert_null(sabir_store_name(m->store, 99));
    cr_assert_null(sabir_store_name(NULL, 0));
    cr_assert_eq(sabir_store_count(NULL), 0);
    sabir_store_retain(NULL);
    sabir_store_release(NULL);
}

static void nulls_of_programs(misused *m)
{
    sabir_program *program;
    sabir_event *event;
    char *text;
    double seconds;
    sabir_type type;
    sabir_shape shape;
    sabir_counters counters = {.size = sizeof counters};
    sabir_memory_report report = {.size = sizeof report};
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(NULL, m->device, m->store, NULL, &program));
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m->graph, NULL, m->store, NULL, &program));
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m->graph, m->device, m->store, NULL, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m->graph, m->device, NULL, NULL, &program));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_prewarm(NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_run(NULL, NULL, 0));
    refused(SABIR_INVALID_ARGUMENT, sabir_run(m->program, NULL, 2));
    refused(SABIR_INVALID_ARGUMENT, sabir_run(m->program, (sabir_binding[]){{"x", NULL}}, 1));
    refused(SABIR_NOT_FOUND, sabir_run(m->program, (sabir_binding[]){{NULL, m->x}}, 1));
    refused(SABIR_INVALID_ARGUMENT, sabir_bind(NULL, 0, m->x));
    refused(SABIR_INVALID_ARGUMENT, sabir_set_f32(NULL, 0, 1));
    refused(SABIR_INVALID_ARGUMENT, sabir_set_dim(NULL, "n", 1));
    refused(SABIR_INVALID_ARGUMENT, sabir_set_dim(m->program, NULL, 1));
    refused(SABIR_INVALID_ARGUMENT, sabir_output_shape(NULL, 0, &type, &shape));
    refused(SABIR_INVALID_ARGUMENT, sabir_output_shape(m->program, sabir_slot(m->program, "y"), NULL, &shape));
    refused(SABIR_INVALID_ARGUMENT, sabir_output_shape(m->program, sabir_slot(m->program, "y"), &type, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_submit(NULL, NULL, 0, &event));
    refused(SABIR_INVALID_ARGUMENT, sabir_submit(m->program, NULL, 1, &event));
    refused(SABIR_INVALID_ARGUMENT, sabir_submit(m->program, (sabir_event *[]){NULL}, 1, &event));
    refused(SABIR_INVALID_ARGUMENT, sabir_event_wait(NULL, 0));
    refused(SABIR_INVALID_ARGUMENT, sabir_event_seconds(NULL, &seconds));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_counters(NULL, &counters));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_counters(m->program, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_memory(NULL, &report));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_memory(m->program, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_graph_memory(NULL, m->device, NULL, &report));
    refused(SABIR_INVALID_ARGUMENT, sabir_graph_memory(m->graph, NULL, NULL, &report));
    refused(SABIR_INVALID_ARGUMENT, sabir_graph_memory(m->graph, m->device, NULL, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_text(NULL, &text));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_text(m->program, NULL));
    refused(SABIR_INVALID_ARGUMENT, sabir_profile_table(NULL, &text));
    refused(SABIR_INVALID_ARGUMENT, sabir_profile_trace(NULL, &text));
    refused(SABIR_INVALID_ARGUMENT, sabir_profile_reset(NULL));
    cr_assert_eq(sabir_slot(NULL, "x"), -1);
    cr_assert_eq(sabir_slot(m->program, NULL), -1);
    sabir_cancel(NULL);
    sabir_event_release(NULL);
    sabir_program_destroy(NULL);
    sabir_graph_destroy(NULL);
    sabir_string_free(m->context, NULL);
}

static void misuse_nulls(sabir_context *context, const char *selector)
{
    misused m;
    nulls_of_devices(context, selector);
    misused_make(&m, context, selector);
    nulls_of_tensors(&m);
    nulls_of_stores(&m);
    nulls_of_programs(&m);
    misused_works(&m);
    misused_release(&m);
}

/* ---- Wrong things in right places ---- */

static void misuse_bindings(sabir_context *context, const char *selector)
{
    misused m, other;
    sabir_tensor *wrong;
    sabir_program *none;
    misused_make(&m, context, selector);
    misused_make(&other, context, selector);
    refused(SABIR_INVALID_ARGUMENT, sabir_run(m.program, NULL, 0));
    cr_assert(strstr(sabir_last_message(), "'x'"), "the input that is not bound has no name: %s", sabir_last_message());
    refused(SABIR_INVALID_ARGUMENT, sabir_run(m.program, (sabir_binding[]){{"x", m.x}}, 1));
    refused(SABIR_NOT_FOUND, sabir_run(m.program, (sabir_binding[]){{"x", m.x}, {"z", m.y}}, 2));
    refused(SABIR_INVALID_ARGUMENT, sabir_bind(m.program, -1, m.x));
    refused(SABIR_INVALID_ARGUMENT, sabir_bind(m.program, 1000, m.x));
    refused(SABIR_MISUSE, sabir_bind(m.program, sabir_slot(m.program, "s"), m.x));
    refused(SABIR_MISUSE, sabir_set_f32(m.program, sabir_slot(m.program, "x"), 1));
    refused(SABIR_INVALID_ARGUMENT, sabir_set_f32(m.program, -1, 1));
    refused(SABIR_MISUSE, sabir_bind(m.program, sabir_slot(m.program, "x"), other.x)); /* of another opening of the device */
    refused(SABIR_MISUSE, sabir_compile(m.graph, m.device, other.store, NULL, &none));
    cr_assert_null(none);

    must(sabir_tensor_create(m.device, SABIR_I32, SABIR_SHAPE(3, 4), &wrong));
    refused(SABIR_INVALID_TYPE, sabir_bind(m.program, sabir_slot(m.program, "x"), wrong));
    sabir_tensor_release(wrong);
    must(sabir_tensor_create(m.device, SABIR_F32, SABIR_SHAPE(12), &wrong));
    refused(SABIR_INVALID_SHAPE, sabir_bind(m.program, sabir_slot(m.program, "x"), wrong));
    sabir_tensor_release(wrong);
    must(sabir_tensor_create(m.device, SABIR_F32, SABIR_SHAPE(9, 4), &wrong)); /* n is 1 to 8 */
    refused(SABIR_INVALID_SHAPE, sabir_run(m.program, (sabir_binding[]){{"x", wrong}, {"y", m.y}}, 2));
    sabir_tensor_release(wrong);
    must(sabir_tensor_create(m.device, SABIR_F32, SABIR_SHAPE(2, 4), &wrong)); /* an output of other extents than the input gives */
    refused(SABIR_INVALID_SHAPE, sabir_run(m.program, (sabir_binding[]){{"x", m.x}, {"y", wrong}}, 2));
    sabir_tensor_release(wrong);
    refused(SABIR_INVALID_ARGUMENT, sabir_set_dim(m.program, "n", 9));
    refused(SABIR_INVALID_ARGUMENT, sabir_set_dim(m.program, "n", 0));
    refused(SABIR_NOT_FOUND, sabir_set_dim(m.program, "m", 1));
    misused_works(&m);
    must(sabir_bind(m.program, sabir_slot(m.program, "x"), NULL)); /* unbound again */
    refused(SABIR_INVALID_ARGUMENT, sabir_run(m.program, NULL, 0));
    /* Bound twice in one call: the last one counts, as there is no output of the name. */
    const sabir_status twice = sabir_run(m.program, (sabir_binding[]){{"x", m.y}, {"x", m.x}, {"y", m.y}}, 3);
    cr_assert(twice == SABIR_OK || sabir_last_message()[0]);
    misused_works(&m);
    misused_release(&m);
    misused_release(&other);
}

static void misuse_tensors(sabir_context *context, const char *selector)
{
    misused m;
    sabir_tensor *tensor = NULL;
    char bytes[64] = {0};
    void *memory, *again;
    misused_make(&m, context, selector);
    refused(SABIR_INVALID_TYPE, sabir_tensor_create(m.device, (sabir_type)99, SABIR_SHAPE(1), &tensor));
    refused(SABIR_INVALID_SHAPE, sabir_tensor_create(m.device, SABIR_F32, SABIR_SHAPE(-3), &tensor));
    refused(SABIR_INVALID_SHAPE, sabir_tensor_create(m.device, SABIR_F32, SABIR_SHAPE(sabir_dim_create(m.graph, "k", 1, 2)), &tensor));
    refused(SABIR_INVALID_SHAPE, sabir_tensor_create(m.device, SABIR_F32, SABIR_SHAPE(INT64_MAX, 2), &tensor));
    refused(SABIR_INVALID_SHAPE, sabir_tensor_create(m.device, SABIR_F32, sabir_shape_make(9, NULL), &tensor));
    refused(SABIR_INVALID_SHAPE, sabir_tensor_create(m.device, SABIR_F32, sabir_shape_make(-1, NULL), &tensor));
    if (strcmp(selector, "reference") != 0) { /* there it is malloc's to refuse, which sanitizers remark */
        const sabir_status huge = sabir_tensor_create(m.device, SABIR_F32, SABIR_SHAPE((int64_t)1 << 58), &tensor);
        cr_assert_eq(huge, SABIR_OUT_OF_DEVICE_MEMORY, "2^60 bytes: %s", sabir_status_name(huge));
    }
    cr_assert_null(tensor);
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_wrap(m.device, SABIR_F32, SABIR_SHAPE(4), bytes + 1, &tensor));

    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_write(m.x, 45, bytes, 4));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_write(m.x, 49, bytes, 0));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_write(m.x, UINT64_MAX, bytes, 4));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_write(m.x, 4, bytes, UINT64_MAX));
    refused(SABIR_INVALID_ARGUMENT, sabir_tensor_read(m.x, 0, bytes, 49));
    must(sabir_tensor_write(m.x, 48, NULL, 0));
    must(sabir_tensor_read(m.x, 48, NULL, 0));

    must(sabir_tensor_map(m.x, &memory));
    refused(SABIR_MISUSE, sabir_tensor_map(m.x, &again));
    refused(SABIR_MISUSE, sabir_tensor_write(m.x, 0, bytes, 4));
    refused(SABIR_MISUSE, sabir_tensor_read(m.x, 0, bytes, 4));
    refused(SABIR_MISUSE, sabir_tensor_copy(m.x, m.y));
    refused(SABIR_MISUSE, sabir_run(m.program, (sabir_binding[]){{"x", m.x}, {"y", m.y}}, 2));
    must(sabir_tensor_unmap(m.x));
    refused(SABIR_MISUSE, sabir_tensor_unmap(m.x));

    must(sabir_tensor_create(m.device, SABIR_F32, SABIR_SHAPE(4, 3), &tensor));
    refused(SABIR_INVALID_SHAPE, sabir_tensor_copy(m.x, tensor));
    sabir_tensor_release(tensor);
    must(sabir_tensor_create(m.device, SABIR_I32, SABIR_SHAPE(3, 4), &tensor));
    refused(SABIR_INVALID_TYPE, sabir_tensor_copy(m.x, tensor));
    must(sabir_tensor_map(tensor, &memory)); /* let go while mapped */
    sabir_tensor_release(tensor);
    refused(SABIR_INVALID_SHAPE, sabir_store_variable(m.store, "w", SABIR_F32, SABIR_SHAPE(5), &tensor));
    refused(SABIR_INVALID_TYPE, sabir_store_variable(m.store, "w", SABIR_I32, SABIR_SHAPE(4), &tensor));
    misused_works(&m);
    misused_release(&m);
}

/* A later library's or an earlier one's structs, and nonsense. */
static void misuse_sizes(sabir_context *context, const char *selector)
{
    misused m;
    sabir_context *none;
    sabir_program *program;
    misused_make(&m, context, selector);
    refused(SABIR_INVALID_ARGUMENT, sabir_context_create(&(sabir_context_options){.size = 0}, &none));
    refused(SABIR_INVALID_ARGUMENT, sabir_context_create(&(sabir_context_options){.size = 100000}, &none));
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m.graph, m.device, m.store, &(sabir_compile_options){.size = 0}, &program));
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m.graph, m.device, m.store, &(sabir_compile_options){.size = 100000}, &program));
    cr_assert_null(program);
    const char *const outputs[] = {"nobody"}, *const none_named[] = {NULL};
    const double nothing = 0;
    sabir_compile_options options = {.size = sizeof options, .outputs = outputs, .output_count = 1};
    refused(SABIR_NOT_FOUND, sabir_compile(m.graph, m.device, m.store, &options, &program));
    options = (sabir_compile_options){.size = sizeof options, .outputs = none_named, .output_count = 1};
    refused(SABIR_NOT_FOUND, sabir_compile(m.graph, m.device, m.store, &options, &program));
    options = (sabir_compile_options){.size = sizeof options, .output_count = 1};
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m.graph, m.device, m.store, &options, &program));
    options = (sabir_compile_options){.size = sizeof options, .submission_seconds = -1};
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m.graph, m.device, m.store, &options, &program));
    options.submission_seconds = nothing / nothing;
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m.graph, m.device, m.store, &options, &program));
    options = (sabir_compile_options){.size = sizeof options, .specialise = (sabir_specialise)3};
    refused(SABIR_INVALID_ARGUMENT, sabir_compile(m.graph, m.device, m.store, &options, &program));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_info_of(m.device, &(sabir_device_info){.size = 0}));
    refused(SABIR_INVALID_ARGUMENT, sabir_device_describe(context, 0, &(sabir_device_info){.size = 0}));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_counters(m.program, &(sabir_counters){.size = 0}));
    refused(SABIR_INVALID_ARGUMENT, sabir_program_memory(m.program, &(sabir_memory_report){.size = 0}));
    refused(SABIR_INVALID_ARGUMENT, sabir_context_describe(context, &(sabir_context_info){.size = 0}));
    sabir_counters brief = {.size = 2 * sizeof(uint64_t)};
    must(sabir_program_counters(m.program, &brief)); /* of a caller that knows less */
    misused_works(&m);
    misused_release(&m);
}

static void misuse_graphs(sabir_context *context, const char *selector)
{
    misused m;
    sabir_graph *other;
    sabir_program *program = NULL;
    misused_make(&m, context, selector);
    must(sabir_graph_create(context, &other));
    const sabir_value stranger = sabir_input(m.graph, "stranger", SABIR_F32, SABIR_SHAPE(2)), own = sabir_input(other, "own", SABIR_F32, SABIR_SHAPE(2));
    sabir_output(other, "sum", sabir_add(other, own, stranger));
    cr_assert_neq(sabir_graph_status(other), SABIR_OK);
    const sabir_status kept = sabir_graph_status(other);
    refused(kept, sabir_compile(other, m.device, NULL, NULL, &program));
    cr_assert(strstr(sabir_last_message(), "test_misuse"), "the message does not name the caller's file: %s", sabir_last_message());
    cr_assert_null(program);
    sabir_graph_destroy(other);

    must(sabir_graph_create(context, &other)); /* a loop that is not ended */
    sabir_value carried, x = sabir_input(other, "x", SABIR_F32, SABIR_SHAPE(2));
    sabir_loop_begin(other, 3, &x, 1, &carried);
    refused(SABIR_MISUSE, sabir_compile(other, m.device, NULL, NULL, &program));
    sabir_graph_destroy(other);

    must(sabir_graph_create(context, &other)); /* nothing at all */
    const sabir_status empty = sabir_compile(other, m.device, NULL, NULL, &program);
    if (empty == SABIR_OK) must(sabir_run(program, NULL, 0));
    else cr_assert(sabir_last_message()[0]);
    sabir_program_destroy(program);
    sabir_graph_destroy(other);
    misused_works(&m);
    misused_release(&m);
}

/* Everything is let go in a strange order, while work that uses it is in flight. */
static void misuse_order(sabir_context *context, const char *selector)
{
    misused m;
    sabir_event *event;
    float y[12];
    misused_make(&m, context, selector);
    misused_works(&m);
    sabir_graph_destroy(m.graph); /* the program lives on */
    m.graph = NULL;
    misused_works(&m);
    sabir_tensor_retain(m.y);
    sabir_tensor *const result = m.y;
    for (int i = 0; i < 10; i++) must(sabir_submit(m.program, NULL, 0, NULL));
    must(sabir_submit(m.program, NULL, 0, &event));
    sabir_device_release(m.device);
    sabir_tensor_release(m.x);
    sabir_tensor_release(m.y);
    sabir_store_release(m.store);
    sabir_program_destroy(m.program);
    must(sabir_event_wait(event, -1));
    must(sabir_tensor_read(result, 0, y, sizeof y));
    sabir_event_release(event);
    sabir_tensor_release(result);
}

static void misuse_selectors(sabir_context *context, const char *selector)
{
    sabir_device *device = NULL;
    (void)selector;
    static const char *const unknown[] = {"vulkan:99", "cuda", "no such device", "reference:1", "opencl:", ":0", "vulkan:-1", "vulkan:99999999999999999999"};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        const sabir_status status = sabir_device_open(context, unknown[i], &device);
        cr_assert_eq(status, SABIR_NOT_FOUND, "'%s': %s", unknown[i], sabir_status_name(status));
        cr_assert(strstr(sabir_last_message(), unknown[i]), "'%s' is not in the message: %s", unknown[i], sabir_last_message());
        cr_assert_null(device);
    }
    sabir_context *clamped;
    static const char *const clamps[] = {"no-such", "binding", "binding=", "binding=x", "binding=-4", "subgroup=8,,"};
    for (size_t i = 0; i < sizeof clamps / sizeof *clamps; i++) {
        const sabir_context_options options = {.size = sizeof options, .clamp = clamps[i], .vulkan_library = "/nonexistent", .opencl_library = "/nonexistent"};
        must(sabir_context_create(&options, &clamped));
        const sabir_status status = sabir_device_open(clamped, "reference", &device);
        cr_assert(status == SABIR_INVALID_ARGUMENT || (i == 5 && status == SABIR_OK), "clamp '%s': %s", clamps[i], sabir_status_name(status));
        sabir_device_release(device);
        sabir_context_release(clamped);
    }
}
#endif
