#include "program.h"

#include "execute.h"
#include "executor.h"
#include "options.h"
#include "reference.h"

static const double SUBMISSION_SECONDS = 0.25;

/* ---- Compiling ---- */

sabir_status sbr_compile_options_read(const sabir_compile_options *given, sabir_compile_options *all)
{
    *all = (sabir_compile_options)SABIR_COMPILE_OPTIONS;
    if (!given) return SABIR_OK;
    if (given->size < sizeof given->size || given->size > sizeof *all)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "compile options: size is %zu; start from SABIR_COMPILE_OPTIONS", given->size);
    memcpy(all, given, given->size);
    if (all->output_count && !all->outputs) return sbr_fail(SABIR_INVALID_ARGUMENT, "compile options: %u outputs, but outputs is NULL", all->output_count);
    if ((unsigned)all->specialise > SABIR_SPECIALISE_NEVER)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "compile options: specialise is %d; it is one of SABIR_SPECIALISE_AUTO, _ALWAYS and _NEVER", (int)all->specialise);
    if (!(all->submission_seconds >= 0)) return sbr_fail(SABIR_INVALID_ARGUMENT, "compile options: submission_seconds is %g", all->submission_seconds);
    return SABIR_OK;
}

void sbr_lower_options_make(sabir_device *device, const sabir_compile_options *options, sbr_lower_options *lower)
{
    const sabir_device_caps *caps = &device->caps;
    sbr_lock(&device->lock);
    const bool compiler = !options->no_fusion && sbr_kernel_has_compiler(device);
    sbr_unlock(&device->lock);
    *lower = (sbr_lower_options){
        .fuse = !options->no_fusion,
        .simplify = !options->no_simplify,
        .plan = !options->unplanned,
        .state_in_place = options->state_in_place != 0,
        .specialise = options->specialise,
        .compiler = compiler,
        .software = caps->software,
        .prefer_wide = caps->language == SABIR_LANGUAGE_OPENCL_C && caps->software,
        .largest_binding = caps->largest_binding,
        .largest_allocation = caps->largest_allocation,
        .buffer_alignment = caps->buffer_alignment,
        .shared_memory = caps->shared_memory,
        .group_invocations = caps->group_invocations,
        .subgroup_size = caps->subgroup_size,
        .has_f64 = caps->has_f64,
        .has_i64 = caps->has_i64,
        .has_addresses = caps->has_addresses || caps->language == SABIR_LANGUAGE_OPENCL_C,
        .has_subgroups = caps->has_subgroups,
        .outputs = options->outputs,
        .output_count = options->output_count,
    };
}

static sabir_status use_reference(sabir_program *program, const sabir_graph *graph, const sabir_compile_options *options)
{
    SABIR_TRY(sbr_reference_create(program, graph, options->outputs, options->output_count));
    sbr_reference_count(program);
    return SABIR_OK;
}

static sabir_status use_kernels(sabir_program *program, const sabir_graph *graph, const sabir_compile_options *options)
{
    sbr_lower_options lower;
    sbr_lower_options_make(program->device, options, &lower);
    sbr_module *module;
    sabir_status status = sbr_lower_graph(graph, &program->allocator, &lower, &module);
    if (status == SABIR_UNSUPPORTED && options->fallback != SABIR_FALLBACK_ERROR) {
        if (options->fallback == SABIR_FALLBACK_WARN)
            sbr_log(program->device->context, SABIR_LOG_WARNING, "a program runs on the reference, which is slow, instead of %s: %s",
                    program->device->found->info.id, sabir_last_message());
        return use_reference(program, graph, options);
    }
    if (status != SABIR_OK) return status;
    sbr_executor_count(module, &program->counters, &program->memory);
    status = sbr_executor_check_memory(program->device, &program->memory);
    if (status == SABIR_OK) return sbr_executor_create(program, module);
    sbr_module_free(module);
    return status;
}

static void free_program(sabir_program *program)
{
    const sabir_allocator allocator = program->allocator;
    sbr_execute_drain(program);
    sbr_executor_free(program);
    sbr_reference_free(program);
    sbr_ports_free(program);
    sbr_profile_free(&program->profile);
    sabir_store_release(program->store);
    sabir_device *device = program->device;
    sbr_free(&allocator, program);
    sabir_device_release(device);
}

static sabir_status make_program(const sabir_graph *graph, sabir_device *device, sabir_store *store, const sabir_compile_options *options,
                                 sabir_program **result)
{
    const sabir_allocator *allocator = sbr_device_allocator(device);
    sabir_program *program = sbr_alloc(allocator, sizeof *program);
    if (!program) return sbr_no_memory(sizeof *program);
    program->allocator = *allocator;
    program->device = device;
    sabir_device_retain(device);
    program->store = store;
    sabir_store_retain(store);
    program->profile.allocator = &program->allocator;
    program->profiled = options->profile != 0;
    program->submission_seconds = options->submission_seconds > 0 ? options->submission_seconds : SUBMISSION_SECONDS;
    program->counters.size = sizeof program->counters;
    program->memory.size = sizeof program->memory;
    atomic_init(&program->begun, 0);
    atomic_init(&program->cancelled, 0);
    sabir_status status = sbr_ports_make(program, graph, options->outputs, options->output_count);
    if (status == SABIR_OK) status = device->backend ? use_kernels(program, graph, options) : use_reference(program, graph, options);
    if (status == SABIR_OK) *result = program;
    else free_program(program);
    return status;
}

sabir_status sbr_compile_check(const sabir_graph *graph, const sabir_device *device)
{
    if (!graph) return sbr_fail(SABIR_INVALID_ARGUMENT, "the graph is NULL");
    SABIR_TRY(sbr_device_check(device, "compiling"));
    SABIR_TRY(sabir_graph_status(graph));
    if (graph->loops) return sbr_fail(SABIR_MISUSE, "a loop of the graph was begun and not ended");
    return SABIR_OK;
}

sabir_status sabir_compile(sabir_graph *graph, sabir_device *device, sabir_store *store, const sabir_compile_options *options, sabir_program **program)
{
    if (!program) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_compile: program is NULL");
    *program = NULL;
    sabir_compile_options all;
    SABIR_TRY(sbr_compile_check(graph, device));
    SABIR_TRY(sbr_compile_options_read(options, &all));
    if (store && store->device != device)
        return sbr_fail(SABIR_MISUSE, "sabir_compile: the store is of another device (%s) than the one compiled for (%s); sabir_store_copy moves it",
                        store->device->found->info.id, device->found->info.id);
    return make_program(graph, device, store, &all, program);
}

void sabir_program_destroy(sabir_program *program)
{
    if (program && sbr_context_check(program->device->context) == SABIR_OK) free_program(program);
}

sabir_status sabir_program_prewarm(sabir_program *program)
{
    if (!program) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_program_prewarm: the program is NULL");
    SABIR_TRY(sbr_device_check(program->device, "sabir_program_prewarm"));
    return program->executor ? sbr_execute_prewarm(program) : SABIR_OK;
}

/* ---- Running ---- */

static sabir_status wait_for(const sabir_program *program, sabir_event *const *waits, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!waits[i]) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_submit: event %u of the waits is NULL", i);
        /* One device does its work in order; another's is waited for here. */
        const bool same = program->executor && waits[i]->device == program->device;
        sabir_status status = same && !atomic_load(&waits[i]->finished) ? SABIR_OK : sabir_event_wait(waits[i], -1);
        if (status != SABIR_OK) return sbr_fail(status, "the run waited for failed: %.400s", sabir_last_message());
    }
    return SABIR_OK;
}

/* To its end: the event comes finished. */
static sabir_status run_reference(sabir_program *program, sabir_event **event)
{
    sabir_event *run;
    SABIR_TRY(sbr_event_create(program, &run));
    sabir_status status = sbr_event_keep(run, program);
    if (status != SABIR_OK) {
        sabir_event_release(run);
        return status;
    }
    sbr_event_fail(run, sbr_reference_run(program, run->number));
    if (run->status == SABIR_OK) sbr_event_heal(run);
    else sbr_event_poison(run);
    run->program = NULL;
    atomic_store(&run->finished, true);
    *event = run;
    return SABIR_OK;
}

/* Makes the submissions that an earlier run has left: should they fail, what it was writing is poisoned before it is checked. */
static sabir_status settle_order(sabir_program *program)
{
    if (!program->executor) return SABIR_OK;
    sbr_lock(&program->device->lock);
    sbr_device_flush(program->device);
    sbr_unlock(&program->device->lock);
    return sbr_device_check(program->device, "sabir_submit");
}

sabir_status sabir_submit(sabir_program *program, sabir_event *const *waits, uint32_t wait_count, sabir_event **event)
{
    if (event) *event = NULL;
    if (!program) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_submit: the program is NULL");
    if (wait_count && !waits) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_submit: %u waits, but waits is NULL", wait_count);
    SABIR_TRY(sbr_device_check(program->device, "sabir_submit"));
    SABIR_TRY(wait_for(program, waits, wait_count));
    SABIR_TRY(settle_order(program));
    SABIR_TRY(sbr_check_bindings(program));
    sabir_event *run;
    SABIR_TRY(program->executor ? sbr_execute(program, &run) : run_reference(program, &run));
    program->counters.runs++;
    if (event) {
        *event = run;
        return SABIR_OK;
    }
    /* Nobody will ask later: what is known by now is told at once. */
    sabir_status status = sbr_event_status(run);
    sabir_event_release(run);
    return status;
}

static sabir_status bind_names(sabir_program *program, const sabir_binding *bindings, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const char *name = bindings[i].name;
        /* An input and an output of one name: the first binding is the input's. */
        uint32_t before = 0;
        for (uint32_t k = 0; name && k < i; k++) before += bindings[k].name && strcmp(bindings[k].name, name) == 0;
        int32_t slot = name ? sbr_port_find(program, name, 0) : -1;
        for (int32_t next = slot; before-- && next >= 0;)
            if ((next = sbr_port_find(program, name, (uint32_t)slot + 1)) >= 0) slot = next;
        if (slot < 0) return sbr_fail(SABIR_NOT_FOUND, "binding %u: the program has no input or output '%s'", i, name ? name : "NULL");
        if (!bindings[i].tensor) return sbr_fail(SABIR_INVALID_ARGUMENT, "binding %u: the tensor for '%s' is NULL", i, name);
        SABIR_TRY(sabir_bind(program, slot, bindings[i].tensor));
    }
    return SABIR_OK;
}

sabir_status sabir_run(sabir_program *program, const sabir_binding *bindings, uint32_t count)
{
    if (!program || (count && !bindings)) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_run: %s is NULL", program ? "bindings" : "the program");
    SABIR_TRY(bind_names(program, bindings, count));
    sabir_event *run;
    SABIR_TRY(sabir_submit(program, NULL, 0, &run));
    sabir_status status = sabir_event_wait(run, -1);
    sabir_event_release(run);
    return status;
}

void sabir_cancel(sabir_program *program)
{
    if (program) atomic_store(&program->cancelled, atomic_load(&program->begun));
}
