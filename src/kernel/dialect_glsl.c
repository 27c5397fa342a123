/* Prints a kernel as GLSL for Vulkan. */
#include "dialect_scan.h"

#include <stdio.h>

static const char *glsl_type(sbr_arith arith)
{
    static const char *const types[] = {
#define TYPE(id, name, glsl, opencl) [SBR_ARITH_##id] = glsl,
        SBR_ARITHS(TYPE)
#undef TYPE
    };
    return types[arith];
}

static void print_extensions(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_text *out)
{
    sbr_text_puts(out, "#version 450\n#extension GL_EXT_control_flow_attributes : require\n");
    if (variant.wide || desc->needs_i64 || sbr_dialect_has(desc, variant, SBR_ARITH_I64))
        sbr_text_puts(out, "#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require\n");
    if (variant.wide) sbr_text_puts(out, "#extension GL_EXT_buffer_reference : require\n");
    if (desc->needs_subgroups)
        sbr_text_puts(out, "#extension GL_KHR_shader_subgroup_arithmetic : require\n#extension GL_KHR_shader_subgroup_shuffle : require\n"
                           "#extension GL_KHR_shader_subgroup_ballot : require\n");
}

/* The words of buffer b: a binding, or an address of the control words. */
static void print_words(const sbr_kernel_desc *desc, sbr_kernel_variant variant, uint32_t b, sbr_text *out)
{
    const sbr_kernel_buffer *buffer = &desc->buffers[b];
    if (variant.wide) {
        sbr_text_printf(out, "IDX BASE_%s, ADDRESS_%s;\nuint TYPE_%s;\n", buffer->name, buffer->name, buffer->name);
        sbr_text_printf(out, "#define DATA_%s(k) WORDS(ADDRESS_%s + uint64_t(k) * 4ul).word\n", buffer->name, buffer->name);
        return;
    }
    /* A map kernel reads the last word it writes, which it may own in part; atomics read too. */
    bool only_written = buffer->access == SBR_WRITE && !desc->map && buffer->class_ != SBR_CLASS_WORDS;
    const char *access = buffer->access == SBR_READ ? "readonly " : only_written ? "writeonly " : "";
    sbr_text_printf(out, "layout(set = 0, binding = %u) %sbuffer BUFFER_%s { uint data_%s[]; };\n", b + 1, access, buffer->name, buffer->name);
    sbr_text_printf(out, "IDX BASE_%s;\nuint TYPE_%s;\n#define DATA_%s(k) data_%s[k]\n", buffer->name, buffer->name, buffer->name, buffer->name);
}

static void print_load(const char *x, sbr_arith arith, sbr_text *out)
{
    static const char *const direct[] = {
        [SBR_ARITH_F32] = "FLOAT_OF(DATA_%s(e))", [SBR_ARITH_I32] = "I32(DATA_%s(e))", [SBR_ARITH_U32] = "DATA_%s(e)", [SBR_ARITH_BITS] = "PAIR(DATA_%s(e))",
        [SBR_ARITH_F64] = "F64_OF_WORDS(DATA_%s(e + e), DATA_%s(e + e + 1u))", [SBR_ARITH_I64] = "I64_OF_WORDS(DATA_%s(e + e), DATA_%s(e + e + 1u))"};
    bool is_pair = arith == SBR_ARITH_F64 || arith == SBR_ARITH_I64;
    sbr_text_printf(out, "%s LOAD_%s(IDX i)\n{\n    IDX e = i + BASE_%s;\n", glsl_type(arith), x, x);
    if (arith == SBR_ARITH_BITS) sbr_text_printf(out, "    if (PLAIN == 2u) return UINT2(DATA_%s(e + e), DATA_%s(e + e + 1u));\n", x, x);
    sbr_text_puts(out, "    if (PLAIN != 0u) return ");
    if (is_pair) sbr_text_printf(out, direct[arith], x, x);
    else sbr_text_printf(out, direct[arith], x);
    sbr_text_printf(out, ";\n    IDX w = s_storage_word(TYPE_%s, e);\n", x);
    sbr_text_printf(out, "    return s_unpack_%s(TYPE_%s, U32(e), DATA_%s(w)", sbr_arith_name(arith), x, x);
    if (is_pair || arith == SBR_ARITH_BITS) sbr_text_printf(out, ", s_storage_log2(TYPE_%s) == 3u ? DATA_%s(w + 1u) : 0u", x, x);
    sbr_text_puts(out, ");\n}\n");
}

/* Assigns v to the words of element e. */
static void print_direct_store(const char *x, sbr_arith arith, sbr_text *out)
{
    switch (arith) {
        case SBR_ARITH_F32: sbr_text_printf(out, "DATA_%s(e) = BITS_OF(v);", x); break;
        case SBR_ARITH_F64: sbr_text_printf(out, "DATA_%s(e + e) = F64_LOW(v); DATA_%s(e + e + 1u) = F64_HIGH(v);", x, x); break;
        case SBR_ARITH_I64: sbr_text_printf(out, "DATA_%s(e + e) = I64_LOW(v); DATA_%s(e + e + 1u) = I64_HIGH(v);", x, x); break;
        case SBR_ARITH_BITS:
            sbr_text_printf(out, "if (PLAIN == 2u || (PLAIN == 0u && s_storage_log2(TYPE_%s) == 3u)) { DATA_%s(e + e) = v.x; DATA_%s(e + e + 1u) = v.y; }\n"
                                 "    else DATA_%s(e) = v.x;", x, x, x, x);
            break;
        default: sbr_text_printf(out, "DATA_%s(e) = U32(v);", x); break;
    }
}

static void print_store(const char *x, sbr_arith arith, sbr_text *out)
{
    sbr_text_printf(out, "void STORE_%s(IDX i, %s v)\n{\n    IDX e = i + BASE_%s;\n    ", x, glsl_type(arith), x);
    print_direct_store(x, arith, out);
    sbr_text_puts(out, "\n}\n");
}

static void print_access(const sbr_kernel_desc *desc, sbr_kernel_variant variant, uint32_t b, sbr_text *out)
{
    const sbr_kernel_buffer *buffer = &desc->buffers[b];
    const char *x = buffer->name;
    print_words(desc, variant, b, out);
    if (buffer->class_ == SBR_CLASS_WORDS) {
        if (buffer->access & SBR_READ) sbr_text_printf(out, "uint WORD_%s(IDX i) { return DATA_%s(i + BASE_%s); }\n", x, x, x);
        if (buffer->access & SBR_WRITE)
            sbr_text_printf(out, "void SET_WORD_%s(IDX i, uint v) { DATA_%s(i + BASE_%s) = v; }\n"
                                 "#define ATOMIC_ADD_%s(i, v) atomicAdd(DATA_%s((i) + BASE_%s), v)\n"
                                 "#define ATOMIC_MAX_%s(i, v) atomicMax(DATA_%s((i) + BASE_%s), v)\n", x, x, x, x, x, x, x, x, x);
        return;
    }
    sbr_arith arith = sbr_kernel_buffer_arith(desc, variant, b);
    if (buffer->class_ == SBR_CLASS_BOOL)
        sbr_text_printf(out, "uint LOAD_%s(IDX i) { return s_storage_bits(%du, U32(i + BASE_%s), DATA_%s((i + BASE_%s) >> 2u)); }\n", x, SABIR_BOOL, x, x, x);
    else if (buffer->access & SBR_READ) print_load(x, arith, out);
    if (buffer->access & SBR_WRITE) print_store(x, arith, out);
    if (sbr_kernel_in_view(desc, x)) {
        char strides[SBR_NAME + 8] = "strides_";
        strcat(strides, x);
        sbr_text_printf(out, "#define OFFSET_%s(i) s_view_offset(%uu, %uu, P_rank, i)\n", x, desc->params[sbr_kernel_param_index(desc, "extents")].word,
                        desc->params[sbr_kernel_param_index(desc, strides)].word);
    }
}

static void print_param(const sbr_kernel_param *param, bool gated, sbr_text *out)
{
    static const char *const types[] = {"uint", "int", "float", "IDX"}, *const reads[] = {"s_control(%s)", "int(s_control(%s))", "uintBitsToFloat(s_control(%s))", "s_control_idx(%s)"};
    if (param->array) return;
    char word[32];
    sbr_text_printf(out, "    %s P_%s = ", types[param->type], param->name);
    snprintf(word, sizeof word, "%uu", param->word);
    if (gated) sbr_text_puts(out, "!s_gate_open() ? IDX(0u) : ");
    sbr_text_printf(out, reads[param->type], word);
    sbr_text_puts(out, ";\n");
}

static void print_param_array(const sbr_kernel_param *param, sbr_text *out)
{
    static const char *const reads[] = {"s_control(%uu + uint(k))", "int(s_control(%uu + uint(k)))", "uintBitsToFloat(s_control(%uu + uint(k)))",
                                        "s_control_idx(%uu + 2u * uint(k))"};
    if (!param->array) return;
    sbr_text_printf(out, "#define P_%s(k) ", param->name);
    sbr_text_printf(out, reads[param->type], param->word);
    sbr_text_puts(out, "\n");
}

static void print_shared(const sbr_kernel_desc *desc, sbr_text *out)
{
    for (uint32_t i = 0; i < desc->shared_count; i++) {
        const sbr_kernel_shared *shared = &desc->shared[i];
        sbr_text_printf(out, "shared %s %s[%u];\n", shared->type, shared->name, shared->count);
        sbr_text_printf(out, "#define ATOMIC_ADD_%s(i, v) atomicAdd(%s[i], v)\n#define ATOMIC_MAX_%s(i, v) atomicMax(%s[i], v)\n", shared->name, shared->name,
                        shared->name, shared->name);
    }
}

static void print_start(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_text *out)
{
    sbr_text_puts(out, "void main()\n{\n");
    if (!desc->map) sbr_text_puts(out, "    if (!s_gate_open()) return;\n");
    sbr_text_puts(out, "    IDX GROUP = IDX(gl_WorkGroupID.x) + IDX(gl_WorkGroupID.y) * IDX(gl_NumWorkGroups.x);\n"
                       "    IDX INVOCATION = GROUP * IDX(LOCAL_SIZE) + IDX(LANE);\n");
    for (uint32_t b = 0; b < desc->buffer_count; b++) {
        const char *x = desc->buffers[b].name;
        uint32_t word = 1 + SBR_BUFFER_WORDS * b;
        sbr_text_printf(out, "    BASE_%s = s_control_idx(%uu);\n", x, word);
        if (variant.wide) sbr_text_printf(out, "    ADDRESS_%s = s_control_idx(%uu);\n", x, word + 2);
        sbr_text_printf(out, "    TYPE_%s = s_control(%uu);\n", x, word + 4);
    }
    for (uint32_t i = 0; i < desc->param_count; i++) print_param(&desc->params[i], desc->map && i == 0, out);
}

static void print_body(const sbr_kernel_desc *desc, sbr_text *out)
{
    sbr_text_printf(out, "#line %u \"%s\"\n", desc->body_line, desc->what);
    sbr_dialect_print_code(desc->body, false, out);
}

static void print_high_word(const char *y, sbr_arith arith, sbr_text *out)
{
    static const char *const values[] = {[SBR_ARITH_F64] = "F64_HIGH(RESULT)", [SBR_ARITH_I64] = "I64_HIGH(RESULT)", [SBR_ARITH_I32] = "uint(RESULT >> 31)",
                                         [SBR_ARITH_U32] = "0u", [SBR_ARITH_BITS] = "RESULT.y"};
    if (values[arith]) sbr_text_printf(out, "        if (SIZE == 3u) DATA_%s((BASE_%s + i) * 2u + 1u) = %s;\n", y, y, values[arith]);
}

/* One invocation owns a whole word of the output: it computes 4, 2 or 1 elements and writes the word once. */
static void print_map(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_text *out)
{
    uint32_t b = 0;
    while (desc->buffers[b].access != SBR_WRITE) b++;
    const char *y = desc->buffers[b].name;
    sbr_arith arith = sbr_kernel_buffer_arith(desc, variant, b);
    sbr_text_printf(out, "    uint SIZE = s_storage_log2(TYPE_%s);\n    uint PER_WORD = PLAIN != 0u || SIZE > 1u ? 1u : 4u >> SIZE;\n"
                         "    IDX FIRST = INVOCATION * IDX(PER_WORD);\n    if (FIRST >= P_n) return;\n"
                         "    uint COUNT = PLAIN != 0u || P_n - FIRST >= IDX(PER_WORD) ? PER_WORD : uint(P_n - FIRST);\n"
                         "    uint PACKED = 0u;\n    for (uint ELEMENT = 0u; ELEMENT < COUNT; ELEMENT++) {\n        IDX i = FIRST + IDX(ELEMENT);\n", y);
    sbr_text_printf(out, "        %s RESULT;\n        {\n", glsl_type(arith));
    print_body(desc, out);
    sbr_text_printf(out, "        }\n        if (PLAIN != 0u) { STORE_%s(i, RESULT); return; }\n", y);
    sbr_text_printf(out, "        PACKED |= s_pack_%s(TYPE_%s, RESULT) << (ELEMENT * (8u << SIZE) & 31u);\n", sbr_arith_name(arith), y);
    print_high_word(y, arith, out);
    sbr_text_printf(out, "    }\n    IDX w = s_storage_word(TYPE_%s, BASE_%s + FIRST);\n"
                         "    if (COUNT < PER_WORD) PACKED |= DATA_%s(w) & (0xffffffffu << (COUNT * (8u << SIZE)));\n    DATA_%s(w) = PACKED;\n}\n", y, y, y, y);
}

sabir_status sbr_dialect_print_glsl(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_dialect_library library, void *user, sbr_text *out)
{
    if (!sbr_kernel_has_variant(desc, variant))
        return sbr_fail(SABIR_COMPILE_FAILED, "%s: the kernel '%s' has no variant %s %s", desc->what, desc->name, sbr_arith_name(variant.arith),
                        sbr_arith_name(variant.result));
    print_extensions(desc, variant, out);
    sbr_dialect_print_macros(desc, variant, false, out);
    SABIR_TRY(sbr_dialect_prelude(library, user, "prelude.glsl", out));
    SABIR_TRY(sbr_dialect_print_math(desc, library, user, false, out));
    sbr_text_printf(out, "#line 1 \"%s (printed)\"\nlayout(local_size_x = %u) in;\n", desc->what, desc->local_size);
    for (uint32_t i = 0; i < desc->constant_count; i++)
        sbr_text_printf(out, "layout(constant_id = %u) const uint %s = %uu;\n", i + 2, desc->constants[i].name, desc->constants[i].value);
    for (uint32_t b = 0; b < desc->buffer_count; b++) print_access(desc, variant, b, out);
    for (uint32_t i = 0; i < desc->param_count; i++) print_param_array(&desc->params[i], out);
    print_shared(desc, out);
    if (desc->helpers) {
        sbr_text_printf(out, "#line %u \"%s\"\n", desc->helpers_line, desc->what);
        sbr_dialect_print_functions(desc->helpers, false, out);
    }
    print_start(desc, variant, out);
    if (desc->map) {
        print_map(desc, variant, out);
    } else {
        print_body(desc, out);
        sbr_text_puts(out, "\n}\n");
    }
    return sbr_dialect_finish(out);
}
