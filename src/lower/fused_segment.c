/* Fused kernels over segments: one invocation computes one feature of one row, or, on CPUs, all features of a row (fused_block.c). It first reduces, phase by phase, what is computed for each entry
 * of the row, in the order of the entries, so that results are the same bits at each run; then computes the root from that. Nothing of the size
 * of the entries is written. The index space of views is the features; along rows and entries operands step by parameters s0, s1, ... */
#include <stdio.h>

#include "fused.h"
#include "operands.h"

sbr_fused_joining sbr_fused_joining_of(const sbr_fused_writer *w, const sbr_node *node)
{
    const bool is_float = w->arith == SBR_ARITH_F32 || w->arith == SBR_ARITH_F64, is_signed = w->arith == SBR_ARITH_I32;
    switch (node->op) {
        case SBR_OP_segment_max: return (sbr_fused_joining){is_float ? "-s_infinity()" : is_signed ? "(-2147483647 - 1)" : "0u", "s_max(%s, %s)"};
        case SBR_OP_segment_min: return (sbr_fused_joining){is_float ? "s_infinity()" : is_signed ? "2147483647" : "4294967295u", "s_min(%s, %s)"};
        default: return (sbr_fused_joining){"ARITH_OF(0)", is_signed ? "ARITH_OF(U32(%s) + U32(%s))" : "%s + %s"};
    }
}

void sbr_fused_put_joined(sbr_text *text, const sbr_fused_joining *j, const char *into, const char *part)
{
    sbr_text_printf(text, "%s = ", into);
    sbr_text_printf(text, j->join, into, part);
    sbr_text_puts(text, ";\n");
}

void sbr_fused_put_range(const sbr_fused_writer *w, uint32_t number, sbr_text *text)
{
    const uint32_t pointers = w->pointers[number];
    sbr_text_printf(text, "IDX first%u = row_pointer(LOAD(x%u, row * P.s%u), P.e%u);\n", number, pointers, pointers, number);
    sbr_text_printf(text, "IDX end%u = row_pointer(LOAD(x%u, (row + IDX_OF(1u)) * P.s%u), P.e%u);\n", number, pointers, pointers, number);
}

/* Pieces of 64 entries, whose results are joined, so that the error of sums grows slowly; four entries a turn. */
static void put_walk(sbr_fused_writer *w, uint32_t number, const sbr_node *node, uint32_t value)
{
    const sbr_fused_joining j = sbr_fused_joining_of(w, node);
    sbr_text *text = &w->phases;
    char total[16], element[16];
    snprintf(total, sizeof total, "r%u", number);
    snprintf(element, sizeof element, "v%u", value);
    sbr_text_printf(text, "ARITH r%u = %s;\n", number, j.start);
    sbr_fused_put_range(w, number, text);
    sbr_text_printf(text, "for (IDX begin = first%u; begin < end%u; begin += IDX_OF(64u)) {\n", number, number);
    sbr_text_printf(text, "IDX stop = end%u - begin < IDX_OF(64u) ? end%u : begin + IDX_OF(64u);\nARITH part = %s;\n", number, number, j.start);
    sbr_text_puts(text, "for (IDX turn = begin; turn < stop; turn += IDX_OF(4u)) {\nUNROLL for (uint t = 0u; t < 4u; t++) {\n");
    sbr_text_puts(text, "IDX e = turn + IDX_OF(t);\nif (e < stop) {\n");
    if (w->body.data) sbr_text_append(text, w->body.data, w->body.length);
    sbr_fused_put_joined(text, &j, "part", element);
    sbr_text_puts(text, "}\n}\n}\n");
    sbr_fused_put_joined(text, &j, total, "part");
    sbr_text_puts(text, "}\n");
    if (node->op == SBR_OP_segment_mean) sbr_text_printf(text, "if (end%u > first%u) r%u = r%u / ARITH_OF(U32(end%u - first%u));\n", number, number, number, number, number, number);
}

uint32_t sbr_fused_segment(sbr_fused_writer *w, const sbr_node *node)
{
    const uint32_t n = (uint32_t)(node - w->lowering->graph->nodes.data);
    for (uint32_t i = 0; i < w->segment_count; i++)
        if (w->segments[i] == n) return i;
    if (w->segment_count == SBR_FUSED_SEGMENTS) {
        w->status = sbr_fail(SABIR_INTERNAL, "a fused kernel reduces more than %d segments", SBR_FUSED_SEGMENTS);
        return 0;
    }
    const uint32_t number = w->segment_count++;
    w->segments[number] = n;
    w->pointers[number] = sbr_fused_operand_of(w, &w->lowering->views[node->inputs[1]], SBR_FUSED_INDEX, true);
    w->operands[w->pointers[number]].leads = true;
    /* The entries' index space, in which nothing that the rows know holds. */
    sbr_fused_outer outer;
    const sbr_expr rows = w->extents[0];
    const char *lead = w->lead;
    sbr_fused_open_phase(w, &outer);
    w->extents[0] = sbr_ext(w->lowering, sbr_value_at(w->lowering->graph, node->inputs[0])->shape.extents[0]);
    w->lead = "e";
    const uint32_t value = sbr_fused_emit(w, node->inputs[0], NULL, 0);
    if (w->status == SABIR_OK) w->block ? sbr_fused_put_block_walk(w, number, node, value) : put_walk(w, number, node, value);
    w->extents[0] = rows;
    w->lead = lead;
    sbr_fused_close_phase(w, &outer);
    return number;
}

/* ---- the kernel ---- */

enum { BLOCK_WORTH = 8 }; /* features, on CPUs */

static void put_text(sbr_fused_writer *w, const char *result, uint32_t name, sbr_text *text)
{
    sbr_fused_put_head(w, w->block ? "local 1\n" : "map\nlocal 64\n", result, text);
    sbr_text_puts(text, w->block ? "param idx features\nparam idx rows\n" : "param idx features\n");
    for (uint32_t i = 0; i < w->operand_count; i++)
        if (w->operands[i].leads) sbr_text_printf(text, "param idx s%u\n", i);
    for (uint32_t i = 0; i < w->segment_count; i++) sbr_text_printf(text, "param idx e%u\n", i);
    sbr_text_puts(text, "helpers\nIDX row_pointer(int pointer, IDX entries)\n{\n"
                        "return pointer < 0 ? IDX_OF(0u) : IDX_OF(U32(pointer)) > entries ? entries : IDX_OF(U32(pointer));\n}\n");
    if (w->block) {
        sbr_fused_put_block(w, name, text);
        return;
    }
    sbr_text_puts(text, "body\nIDX row = i / P.features;\nIDX feature = i - row * P.features;\n");
    for (uint32_t i = 0; i < w->operand_count; i++)
        if (w->operands[i].mode == SBR_FUSED_STRIDED) sbr_text_printf(text, "IDX b%u = OFFSET(x%u, feature);\n", i, i);
    if (w->phases.data) sbr_text_append(text, w->phases.data, w->phases.length);
    if (w->body.data) sbr_text_append(text, w->body.data, w->body.length);
    sbr_text_printf(text, "RESULT = v%u;\n", name);
}

static void set_operands(sbr_fused_writer *w, sbr_launcher *l)
{
    sbr_space(l, w->rank - 1, w->extents + 1);
    for (uint32_t i = 0; i < w->operand_count; i++) {
        const sbr_fused_operand *operand = &w->operands[i];
        const sbr_view features = sbr_lines(&operand->view, 0);
        char name[16];
        snprintf(name, sizeof name, "x%u", i);
        sbr_read(l, name, operand->mode == SBR_FUSED_STRIDED ? &features : &operand->view);
        snprintf(name, sizeof name, "s%u", i);
        if (operand->leads) sbr_idx(l, name, operand->view.strides[0]);
    }
}

/* Entries times features, for each phase. */
static uint64_t work_of(sbr_fused_writer *w, sbr_expr features)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < w->segment_count; i++) {
        const sbr_node *node = &w->lowering->graph->nodes.data[w->segments[i]];
        const sbr_expr entries = sbr_ext(w->lowering, sbr_value_at(w->lowering->graph, node->inputs[0])->shape.extents[0]);
        total += sbr_work(w->lowering, entries, features, w->node_count);
    }
    return total;
}

static sabir_status launch(sbr_fused_writer *w, const sbr_kernel_desc *desc, const sbr_view *out)
{
    sbr_lowering *lowering = w->lowering;
    const sbr_expr features = sbr_extents_product(lowering, out, 1, out->rank);
    sbr_launcher l;
    SABIR_TRY(sbr_launch_text(&l, lowering, desc, w->arith, w->arith));
    set_operands(w, &l);
    sbr_write(&l, "y", out);
    sbr_fused_set_gathers(w, &l);
    sbr_idx(&l, "features", features);
    for (uint32_t i = 0; i < w->segment_count; i++) {
        const sbr_node *node = &lowering->graph->nodes.data[w->segments[i]];
        char name[16];
        snprintf(name, sizeof name, "e%u", i);
        sbr_idx(&l, name, sbr_ext(lowering, sbr_value_at(lowering->graph, node->inputs[0])->shape.extents[0]));
    }
    if (w->block) sbr_idx(&l, "rows", out->extents[0]);
    return sbr_launch_end(&l, w->block ? out->extents[0] : SBR_EXPR_NONE, work_of(w, features));
}

sabir_status sbr_fused_write_segments(sbr_fused_writer *w, const sbr_node *root)
{
    sbr_view out;
    SABIR_TRY(sbr_out(w->lowering, root, 0, &out));
    w->rank = out.rank;
    memcpy(w->extents, out.extents, sizeof w->extents);
    const int64_t most = sbr_expr_largest(&w->lowering->module->exprs, sbr_extents_product(w->lowering, &out, 1, out.rank));
    w->lead = "row";
    w->block = w->lowering->options->prefer_wide && most >= BLOCK_WORTH;
    const uint32_t name = sbr_fused_emit(w, root->first_output, NULL, 0);
    SABIR_TRY(w->status);
    sbr_text text = {.allocator = &w->lowering->module->allocator};
    put_text(w, out.type == SABIR_BOOL ? " u32" : "", name, &text);
    const sbr_kernel_desc *desc;
    sabir_status status = sbr_fused_read_desc(w, &text, &desc);
    sbr_text_free(&text);
    return status == SABIR_OK ? launch(w, desc, &out) : status;
}
