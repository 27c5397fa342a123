/* Runs as time passes: time-outs, cancelling, submissions cut small, programs let go while they run, a child of fork. suite: device, timeout: 240 */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/devices.h"
#include "support/fault.h"

enum { SIDE = 64, TRIPS = 60 };

/* state = a long loop of matmuls over state; y = what it was at entry. */
typedef struct job {
    sabir_device *device;
    sabir_store *store;
    sabir_graph *graph;
    sabir_program *program;
    sabir_tensor *y, *state;
} job;

static void build(sabir_graph *g)
{
    const sabir_value state = sabir_variable(g, "state", SABIR_F32, SABIR_SHAPE(SIDE, SIDE));
    const sabir_value turn = sabir_mul(g, sabir_sin(g, sabir_iota(g, SABIR_F32, SABIR_SHAPE(SIDE, SIDE), 0, 0, 1)), sabir_number(g, SABIR_F32, 0.02));
    sabir_value carried, result;
    sabir_loop_begin(g, TRIPS, &state, 1, &carried);
    const sabir_value next = sabir_tanh(g, sabir_add(g, sabir_matmul(g, turn, carried), carried));
    sabir_loop_end(g, &next, 1, SABIR_NONE, &result);
    sabir_assign(g, state, result);
    sabir_output(g, "y", state);
}

static void make(job *j, sabir_context *context, const char *selector, double submission_seconds)
{
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR, .submission_seconds = submission_seconds};
    must(sabir_device_open(context, selector, &j->device));
    must(sabir_store_create(j->device, &j->store));
    must(sabir_graph_create(context, &j->graph));
    build(j->graph);
    must(sabir_compile(j->graph, j->device, j->store, &options, &j->program));
    must(sabir_tensor_create(j->device, SABIR_F32, SABIR_SHAPE(SIDE, SIDE), &j->y));
    must(sabir_bind(j->program, sabir_slot(j->program, "y"), j->y));
    must(sabir_program_prewarm(j->program));
    j->state = sabir_store_find(j->store, "state");
}

static void write_state(job *j)
{
    float state[SIDE * SIDE];
    for (int i = 0; i < SIDE * SIDE; i++) state[i] = (float)(i % 97) / 97.0f - 0.5f;
    must(sabir_tensor_write(j->state, 0, state, sizeof state));
}

static void end(job *j)
{
    sabir_tensor_release(j->y);
    sabir_program_destroy(j->program);
    sabir_graph_destroy(j->graph);
    sabir_store_release(j->store);
    sabir_device_release(j->device);
}

/* ---- Waiting ---- */

static void wait_shortly(sabir_context *context, const char *selector)
{
    static const double seconds[] = {0, 1e-9, 1e-6, 1e-4, 1e-3};
    job j;
    sabir_event *event;
    double took = -1;
    make(&j, context, selector, 1e-9);
    write_state(&j);
    must(sabir_submit(j.program, NULL, 0, &event));
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        const sabir_status status = sabir_event_wait(event, seconds[i]);
        cr_assert(status == SABIR_OK || status == SABIR_TIMEOUT, "%s: %g s: %s", selector, seconds[i], sabir_status_name(status));
        if (status == SABIR_TIMEOUT) cr_assert(sabir_last_message()[0]);
    }
    must(sabir_event_wait(event, NAN)); /* as for ever */
    must(sabir_event_wait(event, -1));
    must(sabir_event_wait(event, 0));
    must(sabir_event_wait(event, INFINITY));
    must(sabir_event_seconds(event, &took));
    cr_assert(took >= 0 && took < 100, "%s: %g seconds", selector, took);
    sabir_event_release(event);
    end(&j);
}

Test(events, wait_reference) { on_device("reference", wait_shortly); }
Test(events, wait_vulkan) { on_device("vulkan", wait_shortly); }
Test(events, wait_opencl) { on_device("opencl", wait_shortly); }

/* Nobody waits: questions alone drive a run of many submissions to its end, and so does waiting for the device. */
static void drive(sabir_context *context, const char *selector)
{
    job j;
    sabir_event *event;
    sabir_status status = SABIR_TIMEOUT;
    make(&j, context, selector, 1e-9);
    write_state(&j);
    must(sabir_submit(j.program, NULL, 0, &event));
    while (status == SABIR_TIMEOUT) status = sabir_event_wait(event, 0);
    cr_assert_eq(status, SABIR_OK, "%s: %s: %s", selector, sabir_status_name(status), sabir_last_message());
    sabir_event_release(event);
    must(sabir_submit(j.program, NULL, 0, &event));
    must(sabir_device_wait(j.device));
    must(sabir_event_wait(event, 0));
    sabir_event_release(event);
    end(&j);
}

Test(events, drive_vulkan, .timeout = 60) { on_device("vulkan", drive); }
Test(events, drive_opencl, .timeout = 60) { on_device("opencl", drive); }

/* ---- Submissions ---- */

static void cut(sabir_context *context, const char *selector)
{
    static const double seconds[] = {0, 1e-9, 3e-4};
    static float first[SIDE * SIDE], state[SIDE * SIDE];
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        job j;
        make(&j, context, selector, seconds[i]);
        write_state(&j);
        for (int k = 0; k < 3; k++) must(sabir_run(j.program, NULL, 0));
        must(sabir_tensor_read(j.state, 0, i ? state : first, sizeof state));
        if (i) cr_assert_arr_eq(state, first, sizeof state, "%s: submissions cut at %g s give other results", selector, seconds[i]);
        end(&j);
    }
}

Test(events, cut_vulkan) { on_device("vulkan", cut); }
Test(events, cut_opencl) { on_device("opencl", cut); }

/* ---- Cancelling ---- */

static void cancel(sabir_context *context, const char *selector)
{
    job j;
    sabir_event *event;
    float memory[4];
    make(&j, context, selector, 1e-9);
    sabir_cancel(j.program); /* nothing runs: nothing happens */
    write_state(&j);
    must(sabir_run(j.program, NULL, 0));
    must(sabir_submit(j.program, NULL, 0, &event));
    sabir_cancel(j.program);
    sabir_cancel(j.program);
    sabir_status status = sabir_event_wait(event, -1);
    cr_assert_eq(status, SABIR_CANCELLED, "%s: %s", selector, sabir_status_name(status));
    cr_assert_eq(sabir_event_wait(event, 0), SABIR_CANCELLED, "%s: the second answer is another", selector);
    sabir_event_release(event);
    cr_assert_eq(sabir_tensor_read(j.state, 0, memory, sizeof memory), SABIR_POISONED);
    cr_assert(strstr(sabir_last_message(), "state"), "%s", sabir_last_message());
    cr_assert_eq(sabir_run(j.program, NULL, 0), SABIR_POISONED);
    cr_assert_eq(sabir_tensor_write(j.state, 0, memory, sizeof memory), SABIR_OK);
    cr_assert_eq(sabir_run(j.program, NULL, 0), SABIR_POISONED, "%s: a part written cures all of it", selector);
    write_state(&j);
    must(sabir_run(j.program, NULL, 0));
    must(sabir_tensor_read(j.state, 0, memory, sizeof memory));
    end(&j);
}

Test(events, cancel_vulkan) { on_device("vulkan", cancel); }
Test(events, cancel_opencl) { on_device("opencl", cancel); }

/* ---- Let go early ---- */

static void let_go(sabir_context *context, const char *selector)
{
    job j;
    sabir_event *event;
    make(&j, context, selector, 1e-9);
    write_state(&j);
    must(sabir_submit(j.program, NULL, 0, &event));
    sabir_event_release(event);
    must(sabir_submit(j.program, NULL, 0, &event));
    end(&j);
    must(sabir_event_wait(event, -1)); /* the program waited for its work */
    sabir_event_release(event);
}

Test(events, let_go_reference) { on_device("reference", let_go); }
Test(events, let_go_vulkan) { on_device("vulkan", let_go); }
Test(events, let_go_opencl) { on_device("opencl", let_go); }

/* The control words went up, the first submission of the steps fails, and the program is destroyed at once: the upload may still run. */
static void half_submitted(sabir_context *context, const char *selector)
{
    job j;
    must(sabir_context_add_backend(context, fault_wrap(sabir_builtin_backend(selector)), NULL));
    make(&j, context, selector, 0);
    write_state(&j);
    fault_fail_nth_of(FAULT_submit, 2, SABIR_OUT_OF_DEVICE_MEMORY);
    cr_assert_eq(sabir_run(j.program, NULL, 0), SABIR_OUT_OF_DEVICE_MEMORY);
    cr_assert_eq(fault_injected(), 1);
    end(&j);
    cr_assert_eq(fault_live_of(FAULT_BUFFER) + fault_live_of(FAULT_COMMANDS) + fault_live_of(FAULT_DEVICE), 0);
}

Test(events, half_submitted_vulkan) { on_device("vulkan", half_submitted); }
Test(events, half_submitted_opencl) { on_device("opencl", half_submitted); }

/* ---- fork ---- */

/* In the child; 0: as it should be. */
static int misused_by_child(sabir_context *context, job *j, sabir_event *event)
{
    float number = 0;
    uint32_t count;
    sabir_device *device;
    sabir_tensor *tensor;
    sabir_program *program;
    alarm(20); /* a driver that is used after fork may hang */
    if (sabir_device_count(context, &count) != SABIR_MISUSE) return 1;
    if (sabir_device_open(context, "auto", &device) != SABIR_MISUSE) return 2;
    if (sabir_tensor_create(j->device, SABIR_F32, SABIR_SHAPE(2), &tensor) != SABIR_MISUSE) return 3;
    if (sabir_tensor_write(j->y, 0, &number, 4) != SABIR_MISUSE) return 4;
    if (sabir_tensor_read(j->y, 0, &number, 4) != SABIR_MISUSE) return 5;
    if (sabir_compile(j->graph, j->device, j->store, NULL, &program) != SABIR_MISUSE) return 6;
    if (sabir_run(j->program, NULL, 0) != SABIR_MISUSE) return 7;
    if (sabir_event_wait(event, -1) != SABIR_MISUSE) return 8;
    if (sabir_device_wait(j->device) != SABIR_MISUSE) return 9;
    if (!strstr(sabir_last_message(), "fork")) return 10;
    sabir_event_release(event); /* letting go does not reach the drivers, which may wait for ever */
    end(j);
    sabir_context_release(context);
    return 0;
}

static void fork_and_use(sabir_context *context, const char *selector)
{
    job j;
    sabir_event *event;
    int result;
    make(&j, context, selector, 0);
    write_state(&j);
    must(sabir_submit(j.program, NULL, 0, &event));
    const pid_t child = fork();
    if (child == 0) _exit(misused_by_child(context, &j, event));
    cr_assert_gt(child, 0);
    cr_assert_eq(waitpid(child, &result, 0), child);
    cr_assert(WIFEXITED(result), "%s: the child ended by signal %d", selector, WTERMSIG(result));
    cr_assert_eq(WEXITSTATUS(result), 0, "%s: the child's call %d was not refused", selector, WEXITSTATUS(result));
    must(sabir_event_wait(event, -1));
    sabir_event_release(event);
    end(&j);
}

Test(events, fork_reference) { on_device("reference", fork_and_use); }
Test(events, fork_vulkan) { on_device("vulkan", fork_and_use); }
Test(events, fork_opencl) { on_device("opencl", fork_and_use); }
