/* GLSL to SPIR-V by glslc, a few processes at a time, only where the GLSL changed. */
#include "kernelgen.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static sabir_status add_module(kernelgen *gen, const kernelgen_kernel *kernel, sbr_kernel_variant variant)
{
    kernelgen_module module = {.kernel = kernel, .variant = variant};
    const char *wide = variant.wide ? "_wide" : "";
    if (kernel->desc.results)
        snprintf(module.name, sizeof module.name, "%s_%s_%s%s", kernel->desc.name, sbr_arith_name(variant.arith), sbr_arith_name(variant.result), wide);
    else
        snprintf(module.name, sizeof module.name, "%s_%s%s", kernel->desc.name, sbr_arith_name(variant.arith), wide);
    module.glsl = kernelgen_format(gen, "%s/%s.glsl", gen->out, module.name);
    module.words = kernelgen_format(gen, "%s/%s.spv", gen->out, module.name);
    if (!module.glsl || !module.words || !sbr_push(gen->allocator, &gen->modules, module)) return sbr_no_memory(sizeof module);
    return SABIR_OK;
}

static sabir_status add_modules(kernelgen *gen, const kernelgen_kernel *kernel)
{
    for (int arith = 0; arith < SBR_ARITH_COUNT; arith++)
        for (int result = 0; result < SBR_ARITH_COUNT; result++)
            for (int wide = 0; wide < 2; wide++) {
                sbr_kernel_variant variant = {(sbr_arith)arith, (sbr_arith)result, wide != 0};
                if (sbr_kernel_has_variant(&kernel->desc, variant)) SABIR_TRY(add_module(gen, kernel, variant));
            }
    return SABIR_OK;
}

/* A module is stale unless the same GLSL was compiled before: the .spv exists and the .glsl beside it equals the text. A stale .spv is
 * removed before the .glsl is written, so that an interrupted run never leaves a new text beside old words. */
static sabir_status write_glsl(kernelgen *gen, kernelgen_module *module)
{
    sbr_text text = {.allocator = gen->allocator};
    sabir_status status = sbr_dialect_print_glsl(&module->kernel->desc, module->variant, kernelgen_library, gen, &text);
    char *old = NULL;
    size_t size = 0;
    if (status == SABIR_OK) {
        bool same = kernelgen_read_file(gen, module->glsl, &old, &size) == SABIR_OK && size == text.length && !memcmp(old, text.data, size);
        module->stale = !same || access(module->words, R_OK) != 0;
        if (module->stale) remove(module->words);
        if (!same) status = kernelgen_write_file(module->glsl, text.data, text.length);
    }
    sbr_text_free(&text);
    return status;
}

sabir_status kernelgen_print_modules(kernelgen *gen)
{
    for (uint32_t i = 0; i < gen->kernels.count; i++)
        if (!gen->kernels.data[i].desc.only_cpu) SABIR_TRY(add_modules(gen, &gen->kernels.data[i]));
    for (uint32_t i = 0; i < gen->modules.count; i++) SABIR_TRY(write_glsl(gen, &gen->modules.data[i]));
    return SABIR_OK;
}

static sabir_status start(char *const *arguments, pid_t *process)
{
    int error = posix_spawnp(process, arguments[0], NULL, NULL, arguments, environ);
    return error ? sbr_fail(SABIR_NOT_FOUND, "%s could not be started: %s", arguments[0], strerror(error)) : SABIR_OK;
}

/* What a job's process is: each stage works on the same file. */
typedef enum stage { COMPILING, CLEANING, VALIDATING } stage;

typedef struct job { pid_t process; uint32_t module; stage stage; char *fresh; } job;

static sabir_status start_glslc(kernelgen *gen, uint32_t module, job *slot)
{
    kernelgen_module *m = &gen->modules.data[module];
    char *fresh = kernelgen_format(gen, "%s.new", m->words);
    if (!fresh) return sbr_no_memory(strlen(m->words));
    *slot = (job){.module = module, .fresh = fresh};
    char *arguments[] = {(char *)gen->glslc, "--target-env=vulkan1.2", "-O0", "-fshader-stage=compute", m->glsl, "-o", fresh, NULL};
    return start(arguments, &slot->process);
}

/* Dead code goes, and every buffer's preamble that a kernel does not read with it: a third of the size. So do names and sources, which the library goes
 * without: files are as large as what it holds. Nothing is unrolled or hoisted: that makes modules larger and some drivers' code slower (glslc -O: 31 to
 * 196 KB for a tiled product). */
static sabir_status start_cleaning(kernelgen *gen, job *slot)
{
    char *arguments[] = {(char *)gen->optimiser, "--ssa-rewrite", "--eliminate-dead-functions", "--eliminate-dead-code-aggressive", "--simplify-instructions",
                         "--redundancy-elimination", "--unify-const", "--remove-duplicates", "--eliminate-dead-branches", "--merge-blocks", "--eliminate-dead-code-aggressive",
                         "--eliminate-dead-const", "--strip-debug", slot->fresh, "-o", slot->fresh, NULL};
    slot->stage = CLEANING;
    return start(arguments, &slot->process);
}

static sabir_status start_validating(kernelgen *gen, job *slot)
{
    char *arguments[] = {(char *)gen->validator, "--target-env", "vulkan1.2", slot->fresh, NULL};
    slot->stage = VALIDATING;
    return start(arguments, &slot->process);
}

/* A process ended: the next stage follows, or the words get their final name. */
static sabir_status advance(kernelgen *gen, job *slot, int status, bool *done)
{
    static const char *const programs[] = {"glslc", "spirv-opt", "spirv-val"};
    kernelgen_module *m = &gen->modules.data[slot->module];
    *done = true;
    slot->process = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return sbr_fail(SABIR_COMPILE_FAILED, "%s: %s refused %s (its message is above; the printed text is kept)", m->kernel->desc.what, programs[slot->stage],
                        m->glsl);
    *done = false;
    if (slot->stage == COMPILING && gen->optimiser) return start_cleaning(gen, slot);
    if (slot->stage != VALIDATING && gen->validator) return start_validating(gen, slot);
    *done = true;
    return rename(slot->fresh, m->words) ? sbr_fail(SABIR_IO, "%s: %s", m->words, strerror(errno)) : SABIR_OK;
}

static job *slot_of(job *slots, uint32_t count, pid_t process)
{
    for (uint32_t i = 0; i < count; i++) if (slots[i].process == process) return &slots[i];
    return NULL;
}

static void fill_slots(kernelgen *gen, job *slots, uint32_t *next, sabir_status *status)
{
    for (job *slot; *status == SABIR_OK && (slot = slot_of(slots, gen->jobs, 0));) {
        while (*next < gen->modules.count && !gen->modules.data[*next].stale) (*next)++;
        if (*next == gen->modules.count) return;
        *status = start_glslc(gen, (*next)++, slot);
    }
}

static sabir_status compile_stale(kernelgen *gen)
{
    enum { MOST_JOBS = 64 };
    job slots[MOST_JOBS] = {0};
    if (gen->jobs > MOST_JOBS) gen->jobs = MOST_JOBS;
    uint32_t next = 0;
    sabir_status status = SABIR_OK;
    fill_slots(gen, slots, &next, &status);
    for (;;) {
        int ended;
        pid_t process = waitpid(-1, &ended, 0);
        if (process < 0 && errno == EINTR) continue;
        if (process < 0) return status; /* none is left */
        job *slot = slot_of(slots, gen->jobs, process);
        if (!slot) continue;
        bool done;
        sabir_status one = advance(gen, slot, ended, &done);
        if (one != SABIR_OK || done) slot->process = 0;
        if (status == SABIR_OK) status = one;
        fill_slots(gen, slots, &next, &status);
    }
}

/* Names, sources and lines are for debuggers: the library goes without. */
static bool is_debug(uint32_t opcode)
{
    return (opcode >= 2 && opcode <= 8) || opcode == 317 || opcode == 330;
}

static sabir_status read_words(kernelgen *gen, kernelgen_module *module)
{
    char *data;
    size_t size;
    SABIR_TRY(kernelgen_read_file(gen, module->words, &data, &size));
    uint32_t *code = (uint32_t *)(void *)data;
    size_t count = size / 4, kept = 5;
    if (size % 4 || count < 5 || code[0] != 0x07230203u) return sbr_fail(SABIR_IO, "%s is no SPIR-V of this machine's byte order", module->words);
    for (size_t at = 5, length; at < count; at += length) {
        length = code[at] >> 16;
        if (!length || at + length > count) return sbr_fail(SABIR_IO, "%s ends inside an instruction", module->words);
        if (is_debug(code[at] & 0xffffu)) continue;
        memmove(code + kept, code + at, length * 4);
        kept += length;
    }
    module->code = code;
    module->size = kept * 4;
    return SABIR_OK;
}

sabir_status kernelgen_compile(kernelgen *gen)
{
    SABIR_TRY(compile_stale(gen));
    for (uint32_t i = 0; i < gen->modules.count; i++) SABIR_TRY(read_words(gen, &gen->modules.data[i]));
    return SABIR_OK;
}
