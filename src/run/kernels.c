#include "kernels.h"

#include <stdio.h>

#include "device.h"
#include "kernel/builtin.h"

/* ---- Keys ---- */

static sbr_hash join_text(sbr_hash hash, const char *text)
{
    return text ? sbr_hash_join(hash, sbr_hash_bytes(text, strlen(text))) : hash;
}

/* A built-in kernel is known by its name, one made at run time by all of its text. */
static sbr_hash text_key(const sbr_kernel_desc *desc)
{
    sbr_hash hash = sbr_hash_bytes(desc->name, strlen(desc->name));
    hash = join_text(join_text(join_text(join_text(hash, desc->body), desc->helpers), desc->uses), desc->view);
    for (uint32_t i = 0; i < desc->buffer_count; i++) {
        const int32_t facts[] = {(int32_t)desc->buffers[i].access, desc->buffers[i].class_};
        hash = join_text(sbr_hash_join(hash, sbr_hash_bytes(facts, sizeof facts)), desc->buffers[i].name);
    }
    for (uint32_t i = 0; i < desc->param_count; i++) {
        const uint32_t facts[] = {(uint32_t)desc->params[i].type, desc->params[i].count, desc->params[i].word};
        hash = join_text(sbr_hash_join(hash, sbr_hash_bytes(facts, sizeof facts)), desc->params[i].name);
    }
    return hash;
}

sbr_hash sbr_kernel_key(const sbr_launch *launch)
{
    const sbr_kernel_desc *desc = launch->desc;
    uint32_t facts[7 + SBR_MAX_CONSTANTS] = {(uint32_t)launch->variant.arith, (uint32_t)launch->variant.result, launch->variant.wide,
                                             launch->plain, desc->local_size, launch->fused, desc->map};
    for (uint32_t i = 0; i < desc->constant_count; i++) facts[7 + i] = launch->constants[i];
    const sbr_hash hash = launch->fused ? text_key(desc) : sbr_hash_bytes(desc->name, strlen(desc->name));
    return sbr_hash_join(hash, sbr_hash_bytes(facts, sizeof facts));
}

/* The whole of what a stored binary depends on. */
static char *make_blob_key(const sabir_device *device, const char *what, const sbr_launch *launch, const void *code, size_t size)
{
    char hash[33];
    sbr_hash_text(sbr_hash_bytes(code, size), hash);
    sbr_text key = {.allocator = sbr_device_allocator(device)};
    sbr_text_printf(&key, "sabir %s %s|%s|%s|%s|%s|%zu|%s|%u", sabir_version(), what, device->found->info.api, device->caps.name, device->caps.driver,
                    launch->desc->name, size, hash, launch->plain);
    for (uint32_t i = 0; i < launch->desc->constant_count; i++) sbr_text_printf(&key, "|%u", launch->constants[i]);
    if (!key.failed) return key.data;
    sbr_text_free(&key);
    return NULL;
}

/* ---- Sources ---- */

/* What a kernel is made from. owned: allocated here, and what code points into. */
typedef struct kernel_code {
    const void *code;
    size_t size;
    void *owned;
    char *blob_key; /* of the binary; NULL: none */
    void *binary;
    size_t binary_size;
} kernel_code;

static void free_code(sabir_device *device, kernel_code *code)
{
    const sabir_allocator *allocator = sbr_device_allocator(device);
    sbr_free(allocator, code->owned);
    sbr_free(allocator, code->blob_key);
    sbr_free(allocator, code->binary);
}

static sabir_status opencl_code(sabir_device *device, const sbr_launch *launch, kernel_code *code)
{
    sbr_text text = {.allocator = sbr_device_allocator(device)};
    sabir_status status = sbr_dialect_print_opencl(launch->desc, launch->variant, sbr_builtin_library, NULL, &text);
    code->owned = text.data;
    if (status != SABIR_OK) return status;
    if (text.failed) return sbr_no_memory(text.length);
    code->code = text.data;
    code->size = text.length;
    if (!device->blobs.folder || !device->backend->kernel_binary) return SABIR_OK;
    code->blob_key = make_blob_key(device, "binary", launch, code->code, code->size);
    if (!code->blob_key) return sbr_no_memory(1);
    (void)sbr_blob_load(&device->blobs, code->blob_key, strlen(code->blob_key), &code->binary, &code->binary_size);
    return SABIR_OK;
}

static sabir_status builtin_spirv(const sbr_launch *launch, kernel_code *code)
{
    const sbr_embedded_module *module = sbr_builtin_module(launch->desc->name, launch->variant);
    if (!module)
        return sbr_fail(SABIR_INTERNAL, "there is no SPIR-V of kernel '%s', variant %s %s%s", launch->desc->name, sbr_arith_name(launch->variant.arith),
                        sbr_arith_name(launch->variant.result), launch->variant.wide ? " wide" : "");
    code->code = module->words;
    code->size = module->size;
    return SABIR_OK;
}

static sabir_status compile_glsl(sabir_device *device, const sbr_launch *launch, const sbr_text *glsl, kernel_code *code)
{
    const sabir_allocator *allocator = sbr_device_allocator(device);
    char *key = device->blobs.folder ? make_blob_key(device, "spirv", launch, glsl->data, glsl->length) : NULL;
    sabir_status status = SABIR_OK;
    if (!key || !sbr_blob_load(&device->blobs, key, strlen(key), &code->owned, &code->size)) {
        if (!sbr_compiler_find(&device->kernels.compiler, device->context))
            status = sbr_fail(SABIR_COMPILE_FAILED, "kernel '%s' needs libsabir-shaderc, which was not found", launch->desc->name);
        else status = sbr_compiler_run(&device->kernels.compiler, allocator, launch->desc->name, glsl->data, glsl->length, &code->owned, &code->size);
        if (status == SABIR_OK && key) sbr_blob_store(&device->blobs, key, strlen(key), code->owned, code->size);
    }
    code->code = code->owned;
    sbr_free(allocator, key);
    return status;
}

static sabir_status fused_spirv(sabir_device *device, const sbr_launch *launch, kernel_code *code)
{
    sbr_text glsl = {.allocator = sbr_device_allocator(device)};
    sabir_status status = sbr_dialect_print_glsl(launch->desc, launch->variant, sbr_builtin_library, NULL, &glsl);
    if (status == SABIR_OK && glsl.failed) status = sbr_no_memory(glsl.length);
    if (status == SABIR_OK) status = compile_glsl(device, launch, &glsl, code);
    sbr_text_free(&glsl);
    return status;
}

static sabir_status find_code(sabir_device *device, const sbr_launch *launch, kernel_code *code)
{
    if (device->caps.language == SABIR_LANGUAGE_OPENCL_C) return opencl_code(device, launch, code);
    return launch->fused ? fused_spirv(device, launch, code) : builtin_spirv(launch, code);
}

/* ---- Making ---- */

static sabir_status create(sabir_device *device, const sbr_launch *launch, const kernel_code *code, sabir_kernel **kernel)
{
    const sbr_kernel_desc *desc = launch->desc;
    sabir_kernel_constant constants[1 + SBR_MAX_CONSTANTS] = {{1, "PLAIN", launch->plain}};
    for (uint32_t i = 0; i < desc->constant_count; i++)
        constants[i + 1] = (sabir_kernel_constant){i + 2, desc->constants[i].name, launch->constants[i]};
    const sabir_kernel_source source = {
        .size = sizeof source,
        .name = desc->name,
        .code = code->code,
        .code_size = code->size,
        .constants = constants,
        .constant_count = desc->constant_count + 1,
        .buffer_count = desc->buffer_count,
        .local_size = desc->local_size,
        .addresses = launch->variant.wide && device->caps.language == SABIR_LANGUAGE_SPIRV,
        .binary = code->binary,
        .binary_size = code->binary_size,
    };
    device->kernels.created++;
    return sbr_device_note(device, device->backend->kernel_create(device->handle, &source, kernel));
}

static sabir_status make(sabir_device *device, const sbr_launch *launch, sbr_hash key, sabir_kernel **kernel)
{
    sbr_kernel_cache *cache = &device->kernels;
    const sabir_allocator *allocator = sbr_device_allocator(device);
    if (!sbr_reserve(allocator, &cache->entries, 1)) return sbr_no_memory(sizeof(sbr_kernel_entry));
    kernel_code code = {0};
    sabir_status status = find_code(device, launch, &code);
    if (status == SABIR_OK) status = create(device, launch, &code, kernel);
    if (status == SABIR_OK) {
        sbr_kernel_entry *entry = &cache->entries.data[cache->entries.count++];
        *entry = (sbr_kernel_entry){.key = key, .kernel = *kernel};
        if (!code.binary) {
            entry->blob_key = code.blob_key;
            code.blob_key = NULL;
        }
    }
    free_code(device, &code);
    return status;
}

sabir_status sbr_kernel_get(sabir_device *device, const sbr_launch *launch, sabir_kernel **kernel)
{
    const sbr_hash key = sbr_kernel_key(launch);
    for (uint32_t i = 0; i < device->kernels.entries.count; i++) {
        if (!sbr_hash_equal(device->kernels.entries.data[i].key, key)) continue;
        *kernel = device->kernels.entries.data[i].kernel;
        return SABIR_OK;
    }
    return make(device, launch, key, kernel);
}

bool sbr_kernel_has_compiler(sabir_device *device)
{
    return device->caps.language == SABIR_LANGUAGE_OPENCL_C || sbr_compiler_find(&device->kernels.compiler, device->context);
}

/* ---- Keeping ---- */

void sbr_kernel_cache_save(sabir_device *device)
{
    const sabir_allocator *allocator = sbr_device_allocator(device);
    for (uint32_t i = 0; i < device->kernels.entries.count; i++) {
        sbr_kernel_entry *entry = &device->kernels.entries.data[i];
        void *data = NULL;
        size_t size = 0;
        if (!entry->blob_key || atomic_load(&device->lost)) continue;
        if (device->backend->kernel_binary(entry->kernel, &data, &size) == SABIR_OK && size)
            sbr_blob_store(&device->blobs, entry->blob_key, strlen(entry->blob_key), data, size);
        sbr_free(allocator, data);
        sbr_free(allocator, entry->blob_key);
        entry->blob_key = NULL;
    }
}

void sbr_kernel_cache_free(sabir_device *device)
{
    const sabir_allocator *allocator = sbr_device_allocator(device);
    for (uint32_t i = 0; i < device->kernels.entries.count; i++) {
        device->backend->kernel_destroy(device->kernels.entries.data[i].kernel);
        sbr_free(allocator, device->kernels.entries.data[i].blob_key);
    }
    sbr_vector_free(allocator, &device->kernels.entries);
    sbr_compiler_close(&device->kernels.compiler);
}
