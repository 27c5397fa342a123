#include "device.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

extern const sabir_backend sbr_vulkan_backend, sbr_opencl_backend;

static void log_line(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level <= SABIR_LOG_WARNING) fprintf(stderr, "%s\n", message);
}

void trial_close(trial_device *d)
{
    if (d->device) d->backend->device_close(d->device);
    if (d->driver) d->backend->close(d->driver);
    d->device = NULL;
    d->driver = NULL;
}

sabir_status trial_open(const char *name, const char *root, const char *scratch, trial_device *d)
{
    bool vulkan = !strcmp(name, "vulkan");
    *d = (trial_device){.backend = vulkan ? &sbr_vulkan_backend : &sbr_opencl_backend, .root = root, .scratch = scratch};
    d->host = (sabir_host){.size = sizeof d->host, .allocator = sbr_allocator_or_default((sabir_allocator){0}), .log = log_line, .fail = sbr_fail,
                           .loader = vulkan ? "libvulkan.so.1" : "libOpenCL.so.1"};
    SABIR_TRY(d->backend->open(&d->host, &d->driver));
    d->caps.size = sizeof d->caps;
    SABIR_TRY(d->backend->device_caps(d->driver, 0, &d->caps));
    return d->backend->device_open(d->driver, 0, &d->device);
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return NULL;
    fseek(file, 0, SEEK_END);
    long length = ftell(file);
    rewind(file);
    char *text = length < 0 ? NULL : calloc(1, (size_t)length + 4);
    if (text && fread(text, 1, (size_t)length, file) != (size_t)length) text[0] = 0;
    fclose(file);
    *size = length < 0 ? 0 : (size_t)length;
    return text;
}

/* The dialect's library, straight from the source tree; texts live as long as the process. */
static const char *library(void *user, const char *name)
{
    const trial_device *d = user;
    char path[512];
    const char *folder = !strcmp(name, "prelude.glsl") ? "shaders" : !strcmp(name, "prelude.cl") ? "opencl" : "kernels";
    snprintf(path, sizeof path, "%s/%s/%s", d->root, folder, name);
    size_t size;
    return read_file(path, &size);
}

static sabir_status to_spirv(const trial_device *d, const char *name, const sbr_text *text, char **code, size_t *size)
{
    char glsl[512], spirv[512], command[2048];
    snprintf(glsl, sizeof glsl, "%s/%s.glsl", d->scratch, name);
    snprintf(spirv, sizeof spirv, "%s/%s.spv", d->scratch, name);
    FILE *file = fopen(glsl, "wb");
    if (!file) return sbr_fail(SABIR_IO, "%s cannot be written", glsl);
    fwrite(text->data, 1, text->length, file);
    fclose(file);
    snprintf(command, sizeof command, "glslc --target-env=vulkan1.2 -O0 -fshader-stage=compute '%s' -o '%s' && spirv-val --target-env vulkan1.2 '%s'", glsl, spirv, spirv);
    if (system(command)) return sbr_fail(SABIR_COMPILE_FAILED, "glslc refused %s", glsl);
    *code = read_file(spirv, size);
    return *code ? SABIR_OK : sbr_fail(SABIR_IO, "%s cannot be read", spirv);
}

static sabir_status make_kernel(trial_device *d, const sbr_kernel_desc *desc, const trial_launch *l, sabir_kernel **kernel)
{
    bool vulkan = d->caps.language == SABIR_LANGUAGE_SPIRV;
    sbr_text text = {.allocator = &d->host.allocator};
    SABIR_TRY(vulkan ? sbr_dialect_print_glsl(desc, l->variant, library, d, &text) : sbr_dialect_print_opencl(desc, l->variant, library, d, &text));
    sabir_kernel_constant plain = {1, "PLAIN", l->plain};
    sabir_kernel_source source = {.size = sizeof source, .name = desc->name, .code = text.data, .code_size = text.length, .constants = &plain,
        .constant_count = 1, .buffer_count = desc->buffer_count, .local_size = desc->local_size, .addresses = vulkan && l->variant.wide,
        .options = "-cl-std=CL1.2"};
    char *code = NULL;
    sabir_status status = vulkan ? to_spirv(d, desc->name, &text, &code, &source.code_size) : SABIR_OK;
    if (vulkan) source.code = code;
    if (status == SABIR_OK) status = d->backend->kernel_create(d->device, &source, kernel);
    free(code);
    sbr_text_free(&text);
    return status;
}

static void put_idx(uint32_t *words, uint64_t value)
{
    words[0] = (uint32_t)value;
    words[1] = (uint32_t)(value >> 32);
}

static void fill_control(const sbr_kernel_desc *desc, const trial_launch *l, const trial_device *d, sabir_buffer *const *buffers, uint32_t *words)
{
    for (uint32_t b = 0; b < desc->buffer_count; b++) {
        uint32_t *w = words + 1 + SBR_BUFFER_WORDS * b;
        put_idx(w, l->tensors[b].offset);
        put_idx(w + 2, d->caps.has_addresses ? d->backend->buffer_address(buffers[b]) : 0);
        w[4] = (uint32_t)l->tensors[b].type;
    }
    for (uint32_t i = 0; i < l->value_count; i++) {
        int index = sbr_kernel_param_index(desc, l->values[i].param);
        if (index < 0) continue;
        const sbr_kernel_param *p = &desc->params[index];
        double value = l->values[i].value;
        float single = (float)value;
        uint32_t *w = words + p->word + l->values[i].index * (p->type == SBR_PARAM_IDX ? 2u : 1u);
        if (p->type == SBR_PARAM_IDX) put_idx(w, (uint64_t)(int64_t)value);
        else if (p->type == SBR_PARAM_FLOAT) memcpy(w, &single, 4);
        else *w = (uint32_t)(int64_t)value;
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

enum { MOST = SBR_MAX_BUFFERS };

typedef struct work {
    sabir_buffer *buffers[MOST], *staging[MOST], *control;
    sabir_kernel *kernel;
    sabir_commands *upload, *launch, *download;
} work;

static sabir_status make_buffers(trial_device *d, const trial_launch *l, work *w)
{
    for (uint32_t b = 0; b < l->tensor_count; b++) {
        SABIR_TRY(d->backend->buffer_create(d->device, SABIR_BUFFER_DEVICE, l->tensors[b].bytes, NULL, &w->buffers[b]));
        SABIR_TRY(d->backend->buffer_create(d->device, SABIR_BUFFER_STAGING, l->tensors[b].bytes, NULL, &w->staging[b]));
        void *memory;
        SABIR_TRY(d->backend->buffer_map(w->staging[b], &memory));
        memcpy(memory, l->tensors[b].data, l->tensors[b].bytes);
    }
    return d->backend->buffer_create(d->device, SABIR_BUFFER_STAGING, 1024, NULL, &w->control);
}

static sabir_status submit(trial_device *d, sabir_commands *commands)
{
    uint64_t ticket;
    SABIR_TRY(d->backend->submit(d->device, &commands, 1, &ticket));
    return d->backend->wait(d->device, ticket, UINT64_MAX);
}

static sabir_status transfer(trial_device *d, const trial_launch *l, work *w, bool up, sabir_commands **commands)
{
    SABIR_TRY(d->backend->commands_create(d->device, commands));
    SABIR_TRY(d->backend->commands_begin(*commands));
    for (uint32_t b = 0; b < l->tensor_count; b++)
        SABIR_TRY(d->backend->copy(*commands, up ? w->staging[b] : w->buffers[b], 0, up ? w->buffers[b] : w->staging[b], 0, l->tensors[b].bytes));
    SABIR_TRY(d->backend->barrier(*commands));
    SABIR_TRY(d->backend->commands_end(*commands));
    return submit(d, *commands);
}

static sabir_status launch_kernel(trial_device *d, const sbr_kernel_desc *desc, trial_launch *l, work *w)
{
    void *memory;
    SABIR_TRY(d->backend->buffer_map(w->control, &memory));
    memset(memory, 0, 1024);
    fill_control(desc, l, d, w->buffers, memory);
    sabir_buffer_range ranges[MOST];
    for (uint32_t b = 0; b < l->tensor_count; b++)
        ranges[b] = (sabir_buffer_range){w->buffers[b], 0, l->tensors[b].bytes, desc->buffers[b].access != SBR_READ};
    SABIR_TRY(d->backend->commands_create(d->device, &w->launch));
    SABIR_TRY(d->backend->commands_begin(w->launch));
    SABIR_TRY(d->backend->dispatch(w->launch, w->kernel, ranges, l->tensor_count, w->control, 0, l->groups_x, l->groups_y));
    SABIR_TRY(d->backend->barrier(w->launch));
    SABIR_TRY(d->backend->commands_end(w->launch));
    SABIR_TRY(submit(d, w->launch));
    l->seconds = 0;
    for (uint32_t i = 0; i < l->repeats; i++) {
        double start = now();
        SABIR_TRY(submit(d, w->launch));
        double seconds = now() - start;
        if (!i || seconds < l->seconds) l->seconds = seconds;
    }
    return SABIR_OK;
}

static sabir_status run_work(trial_device *d, const sbr_kernel_desc *desc, trial_launch *l, work *w)
{
    if (desc->buffer_count != l->tensor_count) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s takes %u tensors", desc->name, desc->buffer_count);
    if (desc->control_words > 256) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s takes too many control words", desc->name);
    SABIR_TRY(make_kernel(d, desc, l, &w->kernel));
    SABIR_TRY(make_buffers(d, l, w));
    SABIR_TRY(transfer(d, l, w, true, &w->upload));
    SABIR_TRY(launch_kernel(d, desc, l, w));
    SABIR_TRY(transfer(d, l, w, false, &w->download));
    for (uint32_t b = 0; b < l->tensor_count; b++) {
        void *memory;
        SABIR_TRY(d->backend->buffer_map(w->staging[b], &memory));
        if (l->tensors[b].out) memcpy(l->tensors[b].data, memory, l->tensors[b].bytes);
    }
    return SABIR_OK;
}

static void free_work(trial_device *d, work *w)
{
    sabir_commands *commands[] = {w->upload, w->launch, w->download};
    for (size_t i = 0; i < SBR_COUNT(commands); i++)
        if (commands[i]) d->backend->commands_destroy(commands[i]);
    if (w->kernel) d->backend->kernel_destroy(w->kernel);
    for (uint32_t b = 0; b < MOST; b++) {
        if (w->staging[b]) d->backend->buffer_destroy(w->staging[b]);
        if (w->buffers[b]) d->backend->buffer_destroy(w->buffers[b]);
    }
    if (w->control) d->backend->buffer_destroy(w->control);
}

sabir_status trial_run(trial_device *d, trial_launch *l)
{
    sbr_arena arena = {.allocator = &d->host.allocator};
    size_t size = 0;
    char *text = read_file(l->kernel, &size);
    if (!text) return sbr_fail(SABIR_NOT_FOUND, "%s cannot be read", l->kernel);
    sbr_kernel_desc desc;
    work w = {0};
    sabir_status status = sbr_dialect_read(&arena, l->kernel, text, size, &desc);
    if (status == SABIR_OK) status = run_work(d, &desc, l, &w);
    free_work(d, &w);
    sbr_arena_free(&arena);
    free(text);
    return status;
}
