/* Fused kernels over segments, for CPUs: an invocation is a row, and its features are computed side by side, WIDTH at a time, so that compilers of
 * OpenCL C turn them into vectors. What is the same for all features of an entry (its column, its weight) is read once before them. */
#include <stdio.h>

#include "fused.h"

#define WIDTH "32u"

/* The text without the tests of gathers, for where all of them are in range. */
static void put_unguarded(sbr_text *text, const sbr_text *body)
{
    static const char test[] = "if (in";
    for (const char *at = body->data; at && *at;) {
        const char *next = strstr(at, test);
        sbr_text_append(text, at, next ? (size_t)(next - at) : strlen(at));
        at = next ? strchr(next, ')') + 2 : NULL;
    }
}

static void put_features(const char *count, bool unroll, sbr_text *text)
{
    sbr_text_printf(text, "%sfor (uint c = 0u; c < %s; c++) {\nIDX feature = block + IDX_OF(c);\n", unroll ? "UNROLL " : "", count);
}

/* part[c] of one entry, for each feature. */
static void put_entry(const sbr_fused_writer *w, const sbr_fused_joining *j, const char *element, sbr_text *text)
{
    if (w->prelude.data) sbr_text_append(text, w->prelude.data, w->prelude.length);
    sbr_text_printf(text, "if (width == " WIDTH "%s%s) {\n", w->guards.length ? " && " : "", w->guards.length ? w->guards.data : "");
    put_features(WIDTH, true, text);
    put_unguarded(text, &w->body);
    sbr_fused_put_joined(text, j, "part[c]", element);
    sbr_text_puts(text, "}\n} else {\n");
    put_features("width", false, text);
    if (w->body.data) sbr_text_append(text, w->body.data, w->body.length);
    sbr_fused_put_joined(text, j, "part[c]", element);
    sbr_text_puts(text, "}\n}\n");
}

void sbr_fused_put_block_walk(sbr_fused_writer *w, uint32_t number, const sbr_node *node, uint32_t value)
{
    const sbr_fused_joining j = sbr_fused_joining_of(w, node);
    sbr_text *text = &w->phases;
    char total[24], element[16];
    snprintf(total, sizeof total, "r%u[c]", number);
    snprintf(element, sizeof element, "v%u", value);
    sbr_fused_put_range(w, number, text);
    sbr_text_printf(text, "ARITH r%u[32];\nUNROLL for (uint c = 0u; c < " WIDTH "; c++) r%u[c] = %s;\n", number, number, j.start);
    sbr_text_printf(text, "for (IDX begin = first%u; begin < end%u; begin += IDX_OF(64u)) {\n", number, number);
    sbr_text_printf(text, "IDX stop = end%u - begin < IDX_OF(64u) ? end%u : begin + IDX_OF(64u);\nARITH part[32];\n", number, number);
    sbr_text_printf(text, "UNROLL for (uint c = 0u; c < " WIDTH "; c++) part[c] = %s;\nfor (IDX e = begin; e < stop; e++) {\n", j.start);
    put_entry(w, &j, element, text);
    sbr_text_puts(text, "}\nUNROLL for (uint c = 0u; c < " WIDTH "; c++) ");
    sbr_fused_put_joined(text, &j, total, "part[c]");
    sbr_text_puts(text, "}\n");
    if (node->op != SBR_OP_segment_mean) return;
    sbr_text_printf(text, "if (end%u > first%u) {\nUNROLL for (uint c = 0u; c < " WIDTH "; c++) r%u[c] = r%u[c] / ARITH_OF(U32(end%u - first%u));\n}\n", number, number,
                    number, number, number, number);
}

void sbr_fused_put_block(sbr_fused_writer *w, uint32_t name, sbr_text *text)
{
    sbr_text_puts(text, "body\nIDX row = GROUP;\nif (row >= P.rows) return;\nfor (IDX block = IDX_OF(0u); block < P.features; block += IDX_OF(" WIDTH ")) {\n"
                        "IDX left = P.features - block;\nuint width = left < IDX_OF(" WIDTH ") ? U32(left) : " WIDTH ";\n");
    if (w->phases.data) sbr_text_append(text, w->phases.data, w->phases.length);
    if (w->prelude.data) sbr_text_append(text, w->prelude.data, w->prelude.length);
    put_features("width", false, text);
    if (w->body.data) sbr_text_append(text, w->body.data, w->body.length);
    sbr_text_printf(text, "STORE(y, row * P.features + feature, v%u);\n}\n}\n", name);
}
