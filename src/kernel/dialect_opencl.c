/* Prints a kernel as OpenCL C. */
#include "dialect_scan.h"

#include <stdio.h>

static const char *opencl_type(sbr_arith arith)
{
    static const char *const types[] = {
#define TYPE(id, name, glsl, opencl) [SBR_ARITH_##id] = opencl,
        SBR_ARITHS(TYPE)
#undef TYPE
    };
    return types[arith];
}

/* Elements moved as they are, of one word or of two. */
static const char bits_access[] =
    "static uint2 s_load_bits(__global const uint *data, uint type, IDX e)\n{\n"
    "#if PLAIN == 1\n    return PAIR(data[e]);\n"
    "#elif PLAIN == 2\n    return ((__global const uint2 *)data)[e];\n"
    "#else\n    IDX w = s_storage_word(type, e);\n"
    "    return s_unpack_bits(type, (uint)e, data[w], s_storage_log2(type) == 3u ? data[w + 1u] : 0u);\n#endif\n}\n"
    "static void s_store_bits(__global uint *data, uint type, IDX e, uint2 v)\n{\n"
    "#if PLAIN\n    const bool is_pair = PLAIN == 2;\n#else\n    const bool is_pair = s_storage_log2(type) == 3u;\n#endif\n"
    "    if (is_pair) ((__global uint2 *)data)[e] = v;\n    else data[e] = v.x;\n}\n";

/* The functions behind LOAD and STORE, one of each for every class that buffers have. */
static void print_class(sbr_arith arith, sbr_text *out)
{
    const char *type = opencl_type(arith), *name = sbr_arith_name(arith);
    const bool two_words = arith == SBR_ARITH_F64 || arith == SBR_ARITH_I64;
    if (arith == SBR_ARITH_BITS) {
        sbr_text_puts(out, bits_access);
        return;
    }
    sbr_text_printf(out, "static %s s_load_%s(__global const uint *data, uint type, IDX e)\n{\n", type, name);
    sbr_text_printf(out, "#if PLAIN\n    return ((__global const %s *)data)[e];\n#else\n    IDX w = s_storage_word(type, e);\n", type);
    sbr_text_printf(out, "    return s_unpack_%s(type, (uint)e, data[w]%s);\n#endif\n}\n", name, two_words ? ", s_storage_log2(type) == 3u ? data[w + 1u] : 0u" : "");
    sbr_text_printf(out, "static void s_store_%s(__global uint *data, uint type, IDX e, %s v) { ((__global %s *)data)[e] = v; }\n", name, type, type);
}

static void print_access(const sbr_kernel_desc *desc, sbr_kernel_variant variant, uint32_t b, sbr_text *out)
{
    const sbr_kernel_buffer *buffer = &desc->buffers[b];
    const char *x = buffer->name;
    if (buffer->class_ == SBR_CLASS_WORDS) {
        sbr_text_printf(out, "#define WORD_%s(i) DATA_%s[(i) + BASE_%s]\n#define SET_WORD_%s(i, v) (DATA_%s[(i) + BASE_%s] = (v))\n", x, x, x, x, x, x);
        if (buffer->access & SBR_WRITE)
            sbr_text_printf(out, "#define ATOMIC_ADD_%s(i, v) atomic_add(&DATA_%s[(i) + BASE_%s], v)\n"
                                 "#define ATOMIC_MAX_%s(i, v) atomic_max(&DATA_%s[(i) + BASE_%s], v)\n", x, x, x, x, x, x);
        return;
    }
    sbr_arith arith = sbr_kernel_buffer_arith(desc, variant, b);
    if (buffer->class_ == SBR_CLASS_BOOL) sbr_text_printf(out, "#define LOAD_%s(i) ((uint)((__global const uchar *)DATA_%s)[(i) + BASE_%s])\n", x, x, x);
    else sbr_text_printf(out, "#define LOAD_%s(i) s_load_%s(DATA_%s, TYPE_%s, (i) + BASE_%s)\n", x, sbr_arith_name(arith), x, x, x);
    if (buffer->access & SBR_WRITE)
        sbr_text_printf(out, "#define STORE_%s(i, v) s_store_%s(DATA_%s, TYPE_%s, (i) + BASE_%s, v)\n", x, sbr_arith_name(arith), x, x, x);
    if (sbr_kernel_in_view(desc, x)) {
        char strides[SBR_NAME + 8] = "strides_";
        strcat(strides, x);
        sbr_text_printf(out, "#define OFFSET_%s(i) s_view_offset(launch, %uu, %uu, P_rank, i)\n", x, desc->params[sbr_kernel_param_index(desc, "extents")].word,
                        desc->params[sbr_kernel_param_index(desc, strides)].word);
    }
}

static void print_accesses(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_text *out)
{
    uint32_t classes = 0;
    for (uint32_t b = 0; b < desc->buffer_count; b++)
        if (desc->buffers[b].class_ != SBR_CLASS_WORDS && desc->buffers[b].class_ != SBR_CLASS_BOOL) classes |= 1u << sbr_kernel_buffer_arith(desc, variant, b);
    for (int arith = 0; arith < SBR_ARITH_COUNT; arith++)
        if (classes >> arith & 1u) print_class((sbr_arith)arith, out);
    for (uint32_t b = 0; b < desc->buffer_count; b++) print_access(desc, variant, b, out);
    for (uint32_t i = 0; i < desc->shared_count; i++) {
        const char *x = desc->shared[i].name;
        sbr_text_printf(out, "#define ATOMIC_ADD_%s(i, v) atomic_add(&%s[i], v)\n#define ATOMIC_MAX_%s(i, v) atomic_max(&%s[i], v)\n", x, x, x, x);
    }
}

static void print_param(const sbr_kernel_param *param, bool gated, sbr_text *out)
{
    static const char *const types[] = {"uint", "int", "float", "IDX"};
    static const char *const reads[] = {"s_control(%uu)", "(int)s_control(%uu)", "as_float(s_control(%uu))", "s_control_idx(%uu)"};
    if (param->array) return;
    sbr_text_printf(out, "    const %s P_%s = %s", types[param->type], param->name, gated ? "!is_open ? 0 : " : "");
    sbr_text_printf(out, reads[param->type], param->word);
    sbr_text_puts(out, ";\n");
}

static void print_param_array(const sbr_kernel_param *param, sbr_text *out)
{
    static const char *const reads[] = {"s_control(%uu + (uint)(k))", "((int)s_control(%uu + (uint)(k)))", "as_float(s_control(%uu + (uint)(k)))",
                                        "s_control_idx(%uu + 2u * (uint)(k))"};
    if (!param->array) return;
    sbr_text_printf(out, "#define P_%s(k) ", param->name);
    sbr_text_printf(out, reads[param->type], param->word);
    sbr_text_puts(out, "\n");
}

static void print_start(const sbr_kernel_desc *desc, sbr_text *out)
{
    sbr_text_printf(out, "__kernel __attribute__((reqd_work_group_size(%u, 1, 1)))\nvoid %s(__global const uint *restrict control", desc->local_size, desc->name);
    for (uint32_t b = 0; b < desc->buffer_count; b++)
        sbr_text_printf(out, ", __global %suint *DATA_%s", desc->buffers[b].access == SBR_READ ? "const " : "", desc->buffers[b].name);
    sbr_text_puts(out, ", uint control_word)\n{\n");
    for (uint32_t i = 0; i < desc->shared_count; i++)
        sbr_text_printf(out, "    __local %s %s[%u];\n", desc->shared[i].type, desc->shared[i].name, desc->shared[i].count);
    sbr_text_puts(out, "    __global const uint *const launch = control + control_word;\n"
                       "    const uint gate = s_control(0), flag = control[gate];\n"
                       "    const bool is_open = gate == 0u || flag != 0u;\n");
    for (uint32_t b = 0; b < desc->buffer_count; b++) {
        const char *x = desc->buffers[b].name;
        uint32_t word = 1 + SBR_BUFFER_WORDS * b;
        sbr_text_printf(out, "    const IDX BASE_%s = s_control_idx(%uu);\n    const uint TYPE_%s = s_control(%uu);\n", x, word, x, word + 4);
    }
    for (uint32_t i = 0; i < desc->param_count; i++) print_param(&desc->params[i], desc->map && i == 0, out);
    if (!desc->map) sbr_text_puts(out, "    if (!is_open) return;\n");
    sbr_text_puts(out, "    const IDX GROUP = (IDX)get_group_id(0) + (IDX)get_group_id(1) * (IDX)get_num_groups(0);\n"
                       "    const IDX INVOCATION = GROUP * (IDX)LOCAL_SIZE + (IDX)get_local_id(0);\n");
}

static void print_body(const sbr_kernel_desc *desc, sbr_text *out)
{
    sbr_text_printf(out, "#line %u \"%s\"\n", desc->body_line, desc->what);
    sbr_dialect_print_code(desc->body, true, out);
}

static void print_high_word(const char *y, sbr_arith arith, sbr_text *out)
{
    static const char *const values[] = {[SBR_ARITH_F64] = "F64_HIGH(RESULT)", [SBR_ARITH_I64] = "I64_HIGH(RESULT)", [SBR_ARITH_I32] = "(uint)(RESULT >> 31)",
                                         [SBR_ARITH_U32] = "0u", [SBR_ARITH_BITS] = "RESULT.y"};
    if (values[arith]) sbr_text_printf(out, "        if (SIZE == 3u) DATA_%s[(BASE_%s + i) * 2u + 1u] = %s;\n", y, y, values[arith]);
}

/* PLAIN: one element a work-item, straight through, so that CPU compilers vectorise over work-items. Else one word. */
static void print_map(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_text *out)
{
    uint32_t b = 0;
    while (desc->buffers[b].access != SBR_WRITE) b++;
    const char *y = desc->buffers[b].name;
    sbr_arith arith = sbr_kernel_buffer_arith(desc, variant, b);
    sbr_text_printf(out, "#if PLAIN\n    const IDX i = INVOCATION;\n    if (i < P_n) {\n#else\n"
                         "    const uint SIZE = s_storage_log2(TYPE_%s), PER_WORD = SIZE > 1u ? 1u : 4u >> SIZE;\n"
                         "    const IDX FIRST = INVOCATION * (IDX)PER_WORD;\n    if (FIRST >= P_n) return;\n"
                         "    const uint COUNT = P_n - FIRST >= (IDX)PER_WORD ? PER_WORD : (uint)(P_n - FIRST);\n"
                         "    uint PACKED = 0u;\n    for (uint ELEMENT = 0u; ELEMENT < COUNT; ELEMENT++) {\n        const IDX i = FIRST + (IDX)ELEMENT;\n#endif\n", y);
    sbr_text_printf(out, "        %s RESULT;\n        {\n", opencl_type(arith));
    print_body(desc, out);
    sbr_text_printf(out, "        }\n#if PLAIN\n        STORE_%s(i, RESULT);\n    }\n#else\n", y);
    sbr_text_printf(out, "        PACKED |= s_pack_%s(TYPE_%s, RESULT) << (ELEMENT * (8u << SIZE) & 31u);\n", sbr_arith_name(arith), y);
    print_high_word(y, arith, out);
    sbr_text_printf(out, "    }\n    const IDX w = s_storage_word(TYPE_%s, BASE_%s + FIRST);\n"
                         "    if (COUNT < PER_WORD) PACKED |= DATA_%s[w] & (0xffffffffu << (COUNT * (8u << SIZE)));\n    DATA_%s[w] = PACKED;\n#endif\n}\n", y, y, y, y);
}

sabir_status sbr_dialect_print_opencl(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_dialect_library library, void *user, sbr_text *out)
{
    if (!sbr_kernel_has_variant(desc, variant))
        return sbr_fail(SABIR_COMPILE_FAILED, "%s: the kernel '%s' has no variant %s %s", desc->what, desc->name, sbr_arith_name(variant.arith),
                        sbr_arith_name(variant.result));
    sbr_dialect_print_macros(desc, variant, true, out);
    SABIR_TRY(sbr_dialect_prelude(library, user, "prelude.cl", out));
    SABIR_TRY(sbr_dialect_print_math(desc, library, user, true, out));
    sbr_text_printf(out, "#line 1 \"%s (printed)\"\n", desc->what);
    for (uint32_t i = 0; i < desc->constant_count; i++)
        sbr_text_printf(out, "#ifndef %s\n#define %s %uu\n#endif\n", desc->constants[i].name, desc->constants[i].name, desc->constants[i].value);
    print_accesses(desc, variant, out);
    for (uint32_t i = 0; i < desc->param_count; i++) print_param_array(&desc->params[i], out);
    if (desc->helpers) {
        sbr_text_printf(out, "#line %u \"%s\"\n", desc->helpers_line, desc->what);
        sbr_dialect_print_functions(desc->helpers, true, out);
    }
    print_start(desc, out);
    if (desc->map) {
        print_map(desc, variant, out);
    } else {
        print_body(desc, out);
        sbr_text_puts(out, "\n}\n");
    }
    return sbr_dialect_finish(out);
}
