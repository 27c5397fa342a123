#include "kernelgen.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: sabir-kernelgen --root SOURCE --out FOLDER [--glslc GLSLC [--spirv-opt SPIRV_OPT] [--spirv-val SPIRV_VAL]] [--jobs N]\n"
    "       sabir-kernelgen --root SOURCE --print opencl|glsl KERNEL [ARITH [RESULT]] [--wide]\n"
    "The first form reads SOURCE/kernels and writes FOLDER/kernels_table.c, the kernels as the library embeds them; without --glslc, without SPIR-V.\n"
    "The second prints one variant of a kernel as the compilers see it.\n";

typedef struct options {
    const char *print; /* a language, or NULL */
    const char *words[3];
    uint32_t word_count;
    bool wide, help;
} options;

/* The value of --name VALUE, or NULL. */
static bool take(int *at, int count, char **arguments, const char *name, const char **value)
{
    if (strcmp(arguments[*at], name)) return false;
    *value = *at + 1 < count ? arguments[++*at] : NULL;
    return true;
}

static sabir_status read_options(kernelgen *gen, options *o, int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        const char *value = "";
        const char *name = arguments[i];
        if (take(&i, count, arguments, "--root", &value)) gen->root = value;
        else if (take(&i, count, arguments, "--out", &value)) gen->out = value;
        else if (take(&i, count, arguments, "--glslc", &value)) gen->glslc = value;
        else if (take(&i, count, arguments, "--spirv-opt", &value)) gen->optimiser = value;
        else if (take(&i, count, arguments, "--spirv-val", &value)) gen->validator = value;
        else if (take(&i, count, arguments, "--print", &value)) o->print = value;
        else if (take(&i, count, arguments, "--jobs", &value)) gen->jobs = value ? (uint32_t)strtoul(value, NULL, 10) : 0;
        else if (!strcmp(name, "--wide")) o->wide = true;
        else if (!strcmp(name, "--help")) o->help = true;
        else if (name[0] == '-' || o->word_count == SBR_COUNT(o->words)) return sbr_fail(SABIR_INVALID_ARGUMENT, "'%s' is not understood\n%s", name, usage);
        else o->words[o->word_count++] = name;
        if (!value) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s needs a value\n%s", name, usage);
    }
    if (o->help) return SABIR_OK;
    if (!gen->jobs) return sbr_fail(SABIR_INVALID_ARGUMENT, "--jobs takes a number above 0");
    if (!gen->root) return sbr_fail(SABIR_INVALID_ARGUMENT, "--root is missing\n%s", usage);
    bool complete = o->print ? o->word_count > 0 : gen->out && !o->word_count;
    return complete ? SABIR_OK : sbr_fail(SABIR_INVALID_ARGUMENT, "%s", usage);
}

static sabir_status read_arith(const char *name, sbr_arith *arith)
{
    for (int i = 0; i < SBR_ARITH_COUNT; i++) {
        *arith = (sbr_arith)i;
        if (!strcmp(sbr_arith_name(*arith), name)) return SABIR_OK;
    }
    return sbr_fail(SABIR_INVALID_ARGUMENT, "'%s' is no arithmetic type; there are f32 f64 i32 u32 i64 bits", name);
}

/* The variant that the words after the kernel's name mean; without words, the first. */
static sabir_status choose_variant(const options *o, const sbr_kernel_desc *desc, sbr_kernel_variant *variant)
{
    variant->wide = o->wide;
    while (!(desc->ariths >> variant->arith & 1u)) variant->arith++;
    if (o->word_count > 1) SABIR_TRY(read_arith(o->words[1], &variant->arith));
    variant->result = variant->arith;
    if (desc->results)
        for (variant->result = 0; !(desc->results >> variant->result & 1u);) variant->result++;
    return o->word_count > 2 ? read_arith(o->words[2], &variant->result) : SABIR_OK;
}

static sabir_status print_kernel(kernelgen *gen, const options *o)
{
    const sbr_kernel_desc *desc = NULL;
    for (uint32_t i = 0; i < gen->kernels.count; i++)
        if (!strcmp(gen->kernels.data[i].desc.name, o->words[0])) desc = &gen->kernels.data[i].desc;
    if (!desc) return sbr_fail(SABIR_NOT_FOUND, "there is no kernel '%s'", o->words[0]);
    sbr_kernel_variant variant = {0};
    SABIR_TRY(choose_variant(o, desc, &variant));
    bool opencl = !strcmp(o->print, "opencl");
    if (!opencl && strcmp(o->print, "glsl")) return sbr_fail(SABIR_INVALID_ARGUMENT, "--print takes opencl or glsl, not '%s'", o->print);
    sbr_text text = {.allocator = gen->allocator};
    sabir_status status = (opencl ? sbr_dialect_print_opencl : sbr_dialect_print_glsl)(desc, variant, kernelgen_library, gen, &text);
    if (status == SABIR_OK) fwrite(text.data, 1, text.length, stdout);
    sbr_text_free(&text);
    return status;
}

static sabir_status generate(kernelgen *gen)
{
    mkdir(gen->out, 0777); /* where it fails for another reason than being there, writing says why */
    if (gen->glslc) {
        SABIR_TRY(kernelgen_print_modules(gen));
        SABIR_TRY(kernelgen_compile(gen));
    }
    return kernelgen_write_table(gen);
}

static sabir_status run(kernelgen *gen, int count, char **arguments)
{
    options o = {0};
    SABIR_TRY(read_options(gen, &o, count, arguments));
    if (o.help) return fputs(usage, stdout) < 0 ? sbr_fail(SABIR_IO, "standard output could not be written") : SABIR_OK;
    SABIR_TRY(kernelgen_load(gen));
    return o.print ? print_kernel(gen, &o) : generate(gen);
}

int main(int count, char **arguments)
{
    sabir_allocator allocator = sbr_allocator_or_default((sabir_allocator){0});
    kernelgen gen = {.allocator = &allocator, .arena = {.allocator = &allocator}, .jobs = 2};
    sabir_status status = run(&gen, count, arguments);
    if (status != SABIR_OK) fprintf(stderr, "sabir-kernelgen: %s\n", sabir_last_message());
    sbr_vector_free(gen.allocator, &gen.texts);
    sbr_vector_free(gen.allocator, &gen.kernels);
    sbr_vector_free(gen.allocator, &gen.modules);
    sbr_arena_free(&gen.arena);
    return status == SABIR_OK ? 0 : 1;
}
