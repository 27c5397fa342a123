/* kernels_table.c: the arrays of src/kernel/builtin.h. */
#include "kernelgen.h"

#include <stdio.h>

/* A C string in octal escapes where a character is not plain; compilers read it quicker than a list of numbers. */
static void put_string(sbr_text *out, const char *data, size_t size)
{
    sbr_text_puts(out, "    \"");
    for (size_t i = 0; i < size; i++) {
        char c = data[i];
        if (c == '\n') sbr_text_puts(out, i + 1 < size ? "\\n\"\n    \"" : "\\n");
        else if (c == '"' || c == '\\' || c == '?') sbr_text_printf(out, "\\%c", c);
        else if (c < ' ' || c > '~') sbr_text_printf(out, "\\%03o", (unsigned)(unsigned char)c);
        else sbr_text_append(out, &c, 1);
    }
    sbr_text_puts(out, "\"");
}

static void put_text(sbr_text *out, const char *array, uint32_t index, const char *data, size_t size)
{
    sbr_text_printf(out, "static const char %s_%u[] =\n", array, index);
    put_string(out, data, size);
    sbr_text_puts(out, ";\n");
}

static void put_texts(sbr_text *out, kernelgen *gen)
{
    for (uint32_t i = 0; i < gen->kernels.count; i++) put_text(out, "kernel", i, gen->kernels.data[i].text, gen->kernels.data[i].size);
    sbr_text_puts(out, "const sbr_embedded_text sbr_embedded_kernels[] = {\n");
    for (uint32_t i = 0; i < gen->kernels.count; i++)
        sbr_text_printf(out, "    {\"%s\", kernel_%u, %zu},\n", gen->kernels.data[i].desc.name, i, gen->kernels.data[i].size);
    sbr_text_printf(out, "};\nconst uint32_t sbr_embedded_kernel_count = %u;\n\n", gen->kernels.count);

    for (uint32_t i = 0; i < gen->texts.count; i++) put_text(out, "library", i, gen->texts.data[i].data, gen->texts.data[i].size);
    sbr_text_puts(out, "const sbr_embedded_text sbr_embedded_library[] = {\n");
    for (uint32_t i = 0; i < gen->texts.count; i++)
        sbr_text_printf(out, "    {\"%s\", library_%u, %zu},\n", gen->texts.data[i].name, i, gen->texts.data[i].size);
    sbr_text_printf(out, "};\nconst uint32_t sbr_embedded_library_count = %u;\n\n", gen->texts.count);
}

static const char *arith_constant(sbr_arith arith)
{
    static const char *const names[] = {
#define NAME(id, name, glsl, opencl) "SBR_ARITH_" #id,
        SBR_ARITHS(NAME)
#undef NAME
    };
    return names[arith];
}

static void put_words(sbr_text *out, uint32_t index, const kernelgen_module *module)
{
    static const char digits[] = "0123456789abcdef";
    sbr_text_printf(out, "/* %s */\nstatic const uint32_t words_%u[] = {", module->name, index);
    for (size_t i = 0; i < module->size / 4; i++) {
        char word[12], *at = word;
        uint32_t value = module->code[i];
        *at++ = i % 16 ? ' ' : '\n';
        *at++ = '0';
        *at++ = 'x';
        int shift = 28;
        while (shift > 0 && !(value >> shift)) shift -= 4;
        for (; shift >= 0; shift -= 4) *at++ = digits[value >> shift & 15u];
        sbr_text_append(out, word, (size_t)(at - word));
        sbr_text_append(out, ",", 1);
    }
    sbr_text_puts(out, "\n};\n");
}

static void put_modules(sbr_text *out, kernelgen *gen)
{
    for (uint32_t i = 0; i < gen->modules.count; i++) put_words(out, i, &gen->modules.data[i]);
    sbr_text_puts(out, "const sbr_embedded_module sbr_embedded_modules[] = {\n");
    for (uint32_t i = 0; i < gen->modules.count; i++) {
        const kernelgen_module *m = &gen->modules.data[i];
        sbr_text_printf(out, "    {\"%s\", {%s, %s, %s}, words_%u, sizeof words_%u},\n", m->kernel->desc.name, arith_constant(m->variant.arith),
                        arith_constant(m->variant.result), m->variant.wide ? "true" : "false", i, i);
    }
    if (!gen->modules.count) sbr_text_puts(out, "    {NULL, {SBR_ARITH_F32, SBR_ARITH_F32, false}, NULL, 0},\n");
    sbr_text_printf(out, "};\nconst uint32_t sbr_embedded_module_count = %u;\n", gen->modules.count);
}

sabir_status kernelgen_write_table(kernelgen *gen)
{
    char *path = kernelgen_format(gen, "%s/kernels_table.c", gen->out);
    if (!path) return sbr_no_memory(strlen(gen->out));
    sbr_text out = {.allocator = gen->allocator};
    sbr_text_puts(&out, "/* Written by sabir-kernelgen. */\n#include \"kernel/builtin.h\"\n\n");
    put_texts(&out, gen);
    put_modules(&out, gen);
    sabir_status status = out.failed ? sbr_no_memory(out.length) : kernelgen_write_file(path, out.data, out.length);
    sbr_text_free(&out);
    return status;
}
