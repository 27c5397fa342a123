/* The texts that kernels are made of. */
#include "kernelgen.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

char *kernelgen_format(kernelgen *gen, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : sbr_arena_alloc(&gen->arena, (size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

static sabir_status read_open_file(kernelgen *gen, FILE *file, const char *path, char **data, size_t *size)
{
    if (fseek(file, 0, SEEK_END)) return sbr_fail(SABIR_IO, "%s: %s", path, strerror(errno));
    long length = ftell(file);
    if (length < 0 || fseek(file, 0, SEEK_SET)) return sbr_fail(SABIR_IO, "%s: %s", path, strerror(errno));
    *data = sbr_arena_alloc(&gen->arena, (size_t)length + 1);
    if (!*data) return sbr_no_memory((size_t)length + 1);
    *size = (size_t)length;
    return fread(*data, 1, *size, file) == *size ? SABIR_OK : sbr_fail(SABIR_IO, "%s could not be read", path);
}

sabir_status kernelgen_read_file(kernelgen *gen, const char *path, char **data, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (!file) return sbr_fail(errno == ENOENT ? SABIR_NOT_FOUND : SABIR_IO, "%s: %s", path, strerror(errno));
    sabir_status status = read_open_file(gen, file, path, data, size);
    fclose(file);
    return status;
}

sabir_status kernelgen_write_file(const char *path, const char *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (!file) return sbr_fail(SABIR_IO, "%s: %s", path, strerror(errno));
    bool written = fwrite(data, 1, size, file) == size;
    written &= fclose(file) == 0;
    return written ? SABIR_OK : sbr_fail(SABIR_IO, "%s could not be written", path);
}

const char *kernelgen_library(void *user, const char *name)
{
    const kernelgen *gen = user;
    for (uint32_t i = 0; i < gen->texts.count; i++)
        if (!strcmp(gen->texts.data[i].name, name)) return gen->texts.data[i].data;
    return NULL;
}

static sabir_status add_library_text(kernelgen *gen, const char *name, const char *path)
{
    char *data;
    size_t size;
    SABIR_TRY(kernelgen_read_file(gen, path, &data, &size));
    return sbr_push(gen->allocator, &gen->texts, (sbr_embedded_text){name, data, size}) ? SABIR_OK : sbr_no_memory(sizeof(sbr_embedded_text));
}

static sabir_status add_kernel(kernelgen *gen, const char *folder, const char *stem, const char *path)
{
    char *data;
    size_t size;
    SABIR_TRY(kernelgen_read_file(gen, path, &data, &size));
    char *what = kernelgen_format(gen, "%s/%s.k", folder, stem);
    if (!what) return sbr_no_memory(strlen(stem));
    SABIR_TRY(kernelgen_expand(gen, what, &data, &size));
    kernelgen_kernel kernel = {.text = data, .size = size};
    SABIR_TRY(sbr_dialect_read(&gen->arena, what, data, size, &kernel.desc));
    if (kernel.desc.only_cpu != !strcmp(folder, "opencl"))
        return sbr_fail(SABIR_COMPILE_FAILED, "%s: kernels for OpenCL on CPUs alone, and only they, say 'only cpu' and stand in opencl/", what);
    if (strcmp(kernel.desc.name, stem)) return sbr_fail(SABIR_COMPILE_FAILED, "%s: the kernel '%s' belongs in a file of its own name", what, kernel.desc.name);
    return sbr_push(gen->allocator, &gen->kernels, kernel) ? SABIR_OK : sbr_no_memory(sizeof kernel);
}

typedef sabir_status add_function(kernelgen *gen, const char *folder, const char *stem, const char *path);

/* Calls add with the stem and path of each NAME.k in a folder of the tree. */
static sabir_status each_k_file(kernelgen *gen, const char *name, add_function *add)
{
    char *folder = kernelgen_format(gen, "%s/%s", gen->root, name);
    if (!folder) return sbr_no_memory(strlen(gen->root));
    DIR *directory = opendir(folder);
    if (!directory) return sbr_fail(SABIR_IO, "%s: %s", folder, strerror(errno));
    sabir_status status = SABIR_OK;
    for (struct dirent *entry; status == SABIR_OK && (entry = readdir(directory));) {
        size_t length = strlen(entry->d_name);
        if (length < 3 || entry->d_name[0] == '.' || strcmp(entry->d_name + length - 2, ".k")) continue;
        char *path = kernelgen_format(gen, "%s/%s", folder, entry->d_name);
        char *stem = kernelgen_format(gen, "%.*s", (int)length - 2, entry->d_name);
        status = path && stem ? add(gen, name, stem, path) : sbr_no_memory(length);
    }
    closedir(directory);
    return status;
}

static sabir_status add_math(kernelgen *gen, const char *folder, const char *stem, const char *path)
{
    (void)folder;
    char *name = kernelgen_format(gen, "math/%s.k", stem);
    return name ? add_library_text(gen, name, path) : sbr_no_memory(strlen(stem));
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(((const sbr_embedded_text *)a)->name, ((const sbr_embedded_text *)b)->name);
}

static int compare_kernels(const void *a, const void *b)
{
    return strcmp(((const kernelgen_kernel *)a)->desc.name, ((const kernelgen_kernel *)b)->desc.name);
}

sabir_status kernelgen_load(kernelgen *gen)
{
    char *glsl = kernelgen_format(gen, "%s/shaders/prelude.glsl", gen->root), *opencl = kernelgen_format(gen, "%s/opencl/prelude.cl", gen->root);
    if (!glsl || !opencl) return sbr_no_memory(strlen(gen->root));
    SABIR_TRY(add_library_text(gen, "prelude.glsl", glsl));
    SABIR_TRY(add_library_text(gen, "prelude.cl", opencl));
    SABIR_TRY(each_k_file(gen, "kernels/math", add_math));
    SABIR_TRY(each_k_file(gen, "kernels", add_kernel));
    SABIR_TRY(each_k_file(gen, "opencl", add_kernel));
    if (!gen->kernels.count) return sbr_fail(SABIR_NOT_FOUND, "%s/kernels holds no kernel", gen->root);
    qsort(gen->texts.data, gen->texts.count, sizeof *gen->texts.data, compare_texts);
    qsort(gen->kernels.data, gen->kernels.count, sizeof *gen->kernels.data, compare_kernels);
    return SABIR_OK;
}
