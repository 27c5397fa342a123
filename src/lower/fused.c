/* A group as one kernel, written in the dialect. The text is canonical: operands are named by position and extents are parameters, so
 * that few distinct texts arise. Two forms: a map, one element an invocation; and rows, where values reduced over each row are computed
 * first, phase by phase, and then either every element of the row or the row's own value is written. */
#include "fused.h"

#include <stdio.h>

#include "base/hash.h"

/* ---- reductions over a row ---- */

/* How a reduction starts, joins two parts and ends. */
typedef struct reduction { const char *start, *join, *end; } reduction;

static reduction reduction_of(const sbr_node *node, sbr_arith arith)
{
    const bool is_float = arith == SBR_ARITH_F32 || arith == SBR_ARITH_F64;
    switch (node->op) {
        case SBR_OP_prod: return (reduction){"ARITH_OF(1)", "%s = %s * %s;", "%s"};
        case SBR_OP_max: return (reduction){is_float ? "-s_infinity()" : arith == SBR_ARITH_I32 ? "(-2147483647 - 1)" : "0u", "%s = s_max(%s, %s);", "%s"};
        case SBR_OP_min: return (reduction){is_float ? "s_infinity()" : arith == SBR_ARITH_I32 ? "2147483647" : "4294967295u", "%s = s_min(%s, %s);", "%s"};
        case SBR_OP_mean: return (reduction){"ARITH_OF(0)", "%s = %s + %s;", "%s / ARITH_OF(P.columns)"};
        default: return (reduction){"ARITH_OF(0)", "%s = %s + %s;", "%s"};
    }
}

static void put_join(sbr_text *text, const reduction *r, const char *into, const char *part)
{
    sbr_text_printf(text, r->join, into, into, part);
    sbr_text_puts(text, "\n");
}

static bool is_sum(const reduction *r) { return strchr(r->join, '+') != NULL; }

/* One piece of the row, joined to the total; what a sum loses there is kept, so that errors do not grow with the row (kernels/math/sums.k). */
static void put_total(sbr_text *text, const reduction *r, uint32_t number)
{
    char name[16];
    snprintf(name, sizeof name, "r%u", number);
    if (is_sum(r)) sbr_text_printf(text, "ARITH next = s_plus(%s, part);\nlost%u += s_loss(%s, part, next);\n%s = next;\n", name, number, name, name);
    else put_join(text, r, name, "part");
}

/* Pieces of 64 elements, walked by one invocation or by the lanes of a work-group. */
static void put_pieces(const sbr_fused_writer *w, sbr_text *text, const reduction *r, const char *element, uint32_t number)
{
    sbr_text_printf(text, "ARITH r%u = %s;\n", number, r->start);
    if (is_sum(r)) sbr_text_printf(text, "ARITH lost%u = ARITH_OF(0);\n", number);
    sbr_text_puts(text, w->serial ? "for (IDX base = IDX_OF(0); base < P.columns; base += IDX_OF(64)) {\nIDX hop = IDX_OF(1);\n"
                                  : "for (IDX base = IDX_OF(LANE); row < P.rows && base < P.columns; base += IDX_OF(64u * LOCAL_SIZE)) {\nIDX hop = IDX_OF(LOCAL_SIZE);\n");
    sbr_text_printf(text, "ARITH part = %s;\nIDX end = P.columns - base < IDX_OF(64) * hop ? P.columns : base + IDX_OF(64) * hop;\n", r->start);
    sbr_text_puts(text, "for (IDX c = base; c < end; c += hop) {\nIDX at = row * P.columns + c;\n");
    if (w->body.data) sbr_text_append(text, w->body.data, w->body.length);
    put_join(text, r, "part", element);
    sbr_text_puts(text, "}\n");
    put_total(text, r, number);
    sbr_text_puts(text, "}\n");
    if (is_sum(r)) sbr_text_printf(text, "r%u += s_rest(r%u, lost%u);\n", number, number, number);
}

static void put_phase(const sbr_fused_writer *w, sbr_text *text, const reduction *r, const char *element, uint32_t number)
{
    put_pieces(w, text, r, element, number);
    char total[32];
    snprintf(total, sizeof total, "r%u", number);
    if (!w->serial) {
        sbr_text_printf(text, "partial[LANE] = %s;\nBARRIER;\n", total);
        sbr_text_puts(text, "for (uint half_size = LOCAL_SIZE / 2u; half_size > 0u; half_size /= 2u) {\nif (LANE < half_size) {\nARITH mine = partial[LANE];\n");
        put_join(text, r, "mine", "partial[LANE + half_size]");
        sbr_text_puts(text, "partial[LANE] = mine;\n}\nBARRIER;\n}\n");
        snprintf(total, sizeof total, "partial[0]");
    }
    sbr_text_printf(text, "r%u = ", number);
    sbr_text_printf(text, r->end, total);
    sbr_text_puts(text, w->serial ? ";\n" : ";\nBARRIER;\n");
}

void sbr_fused_open_phase(sbr_fused_writer *w, sbr_fused_outer *outer)
{
    *outer = (sbr_fused_outer){sbr_arena_copy(&w->lowering->module->arena, w->known, w->known_count * sizeof *w->known), w->known_count, w->body, w->prelude, w->guards};
    if (!outer->known) w->status = sbr_no_memory(w->known_count * sizeof *w->known);
    w->body = w->prelude = w->guards = (sbr_text){.allocator = outer->body.allocator};
    w->known_count = 0;
}

void sbr_fused_close_phase(sbr_fused_writer *w, const sbr_fused_outer *outer)
{
    w->phases.failed = w->phases.failed || w->body.failed || w->prelude.failed || w->guards.failed;
    sbr_text_free(&w->body);
    sbr_text_free(&w->prelude);
    sbr_text_free(&w->guards);
    w->body = outer->body;
    w->prelude = outer->prelude;
    w->guards = outer->guards;
    w->known_count = outer->known_count;
    if (outer->known) memcpy(w->known, outer->known, outer->known_count * sizeof *w->known);
}

/* The phase's body may need other phases before it. */
uint32_t sbr_fused_reduce(sbr_fused_writer *w, const sbr_node *node)
{
    const uint32_t n = (uint32_t)(node - w->lowering->graph->nodes.data);
    for (uint32_t i = 0; i < w->reduced_count; i++)
        if (w->reduced[i] == n) return i;
    sbr_fused_outer outer;
    sbr_fused_open_phase(w, &outer);
    char part[16];
    snprintf(part, sizeof part, "v%u", sbr_fused_emit(w, node->inputs[0], NULL, 0));
    const reduction r = reduction_of(node, w->arith);
    const uint32_t number = w->reduced_count;
    if (number == SBR_FUSED_REDUCTIONS) {
        w->status = sbr_fail(SABIR_INTERNAL, "a fused kernel reduces more than %d values", SBR_FUSED_REDUCTIONS);
    } else if (w->status == SABIR_OK) {
        w->reduced[w->reduced_count++] = n;
        put_phase(w, &w->phases, &r, part, number);
    }
    sbr_fused_close_phase(w, &outer);
    return number;
}

/* ---- texts ---- */

static void put_uses(const sbr_text *from, sbr_text *list)
{
    if (from->data) sbr_list_uses(from->data, sbr_embedded_library, sbr_embedded_library_count, list);
}

void sbr_fused_put_head(const sbr_fused_writer *w, const char *form, const char *result, sbr_text *text)
{
    sbr_text_puts(text, form);
    sbr_text_printf(text, "variants %s\n", sbr_arith_name(w->arith));
    static const char *const classes[] = {[SBR_FUSED_ARITH] = "", [SBR_FUSED_BOOL] = " bool", [SBR_FUSED_INDEX] = " i32"};
    for (uint32_t i = 0; i < w->operand_count; i++) sbr_text_printf(text, "buffer x%u read%s\n", i, classes[w->operands[i].class_]);
    sbr_text_printf(text, "buffer y write%s\n", result);
    bool any = false;
    for (uint32_t i = 0; i < w->operand_count; i++) {
        if (w->operands[i].mode != SBR_FUSED_STRIDED) continue;
        sbr_text_printf(text, "%s x%u", any ? "" : "view", i);
        any = true;
    }
    if (any) sbr_text_puts(text, "\n");
    for (uint32_t i = 0; i < w->gather_count; i++) sbr_text_printf(text, "param idx c%u\nparam idx t%u\n", i, i);
    sbr_text list = {.allocator = text->allocator};
    put_uses(&w->phases, &list);
    put_uses(&w->body, &list);
    put_uses(&w->prelude, &list);
    if (list.length) sbr_text_printf(text, "uses %s\n", list.data);
    text->failed = text->failed || list.failed || w->body.failed || w->phases.failed || w->prelude.failed || w->guards.failed;
    sbr_text_free(&list);
}

sabir_status sbr_fused_read_desc(sbr_fused_writer *w, const sbr_text *rest, const sbr_kernel_desc **result)
{
    sbr_module *module = w->lowering->module;
    if (rest->failed) return sbr_no_memory(rest->capacity);
    char name[33];
    sbr_hash_text(sbr_hash_bytes(rest->data, rest->length), name);
    sbr_text text = {.allocator = rest->allocator};
    sbr_text_printf(&text, "kernel fused_%.12s\n", name);
    sbr_text_append(&text, rest->data, rest->length);
    sbr_kernel_desc *desc = sbr_arena_alloc(&module->arena, sizeof *desc);
    sabir_status status = desc && !text.failed ? sbr_dialect_read(&module->arena, "fused", text.data, text.length, desc) : sbr_no_memory(sizeof *desc);
    sbr_text_free(&text);
    *result = desc;
    return status;
}

/* ---- launches ---- */

static uint64_t work_of(const sbr_fused_writer *w)
{
    int64_t count = 1;
    for (int32_t i = 0; i < w->rank; i++) {
        int64_t extent = sbr_expr_largest(&w->lowering->module->exprs, w->extents[i]);
        if (extent < 0 || !sbr_mul_i64(count, extent, &count)) return 0;
    }
    return (uint64_t)count * w->node_count;
}

/* A dense operand of the output's size is read only at the element that is then written. */
static bool may_overwrite(const sbr_fused_writer *w, const sbr_fused_operand *operand, const sbr_view *out)
{
    int64_t offset;
    return operand->mode == SBR_FUSED_DENSE && !operand->gathered && sabir_type_size(operand->view.type) == sabir_type_size(out->type) &&
           sbr_known(w->lowering, operand->view.offset, &offset) && offset == 0;
}

void sbr_fused_set_gathers(const sbr_fused_writer *w, sbr_launcher *l)
{
    for (uint32_t i = 0; i < w->gather_count; i++) {
        const sbr_node *node = &w->lowering->graph->nodes.data[w->gathers[i]];
        const sbr_view *x = &w->lowering->views[node->inputs[0]];
        const int32_t axis = ((const sabir_axis_attrs *)node->attrs)->axis;
        char name[16];
        snprintf(name, sizeof name, "c%u", i);
        sbr_idx(l, name, x->extents[axis]);
        snprintf(name, sizeof name, "t%u", i);
        sbr_idx(l, name, x->strides[axis]);
    }
}

static sabir_status begin_launch(sbr_fused_writer *w, const sbr_kernel_desc *desc, const sbr_view *out, bool in_place, sbr_launcher *l)
{
    SABIR_TRY(sbr_launch_text(l, w->lowering, desc, w->arith, w->arith));
    sbr_space(l, w->rank, w->extents);
    for (uint32_t i = 0; i < w->operand_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%u", i);
        sbr_read(l, name, &w->operands[i].view);
        if (in_place && may_overwrite(w, &w->operands[i], out)) sbr_may_share(l, name);
    }
    sbr_write(l, "y", out);
    sbr_fused_set_gathers(w, l);
    return SABIR_OK;
}

static sabir_status write_map(sbr_fused_writer *w, const sbr_node *root)
{
    sbr_view out;
    SABIR_TRY(sbr_out(w->lowering, root, 0, &out));
    w->index = "i";
    const uint32_t name = sbr_fused_emit(w, root->first_output, NULL, 0);
    SABIR_TRY(w->status);
    sbr_text text = {.allocator = &w->lowering->module->allocator};
    sbr_fused_put_head(w, "map\nlocal 64\n", out.type == SABIR_BOOL ? " u32" : "", &text);
    sbr_text_puts(&text, "body\n");
    sbr_text_append(&text, w->body.data, w->body.length);
    sbr_text_printf(&text, "RESULT = v%u;\n", name);
    const sbr_kernel_desc *desc;
    sabir_status status = sbr_fused_read_desc(w, &text, &desc);
    sbr_text_free(&text);
    SABIR_TRY(status);
    sbr_launcher l;
    SABIR_TRY(begin_launch(w, desc, &out, true, &l));
    return sbr_launch_end(&l, SBR_EXPR_NONE, work_of(w));
}

/* The row's own value, or every element of the row. */
static void put_result(sbr_fused_writer *w, const sbr_node *root, sbr_text *text)
{
    if (sbr_fuse_reduces_rows(w->lowering->graph, root)) {
        const uint32_t number = sbr_fused_reduce(w, root);
        sbr_text_printf(text, w->serial ? "STORE(y, row, r%u);\n" : "if (LANE == 0u && row < P.rows) STORE(y, row, r%u);\n", number);
        return;
    }
    const uint32_t name = sbr_fused_emit(w, root->first_output, NULL, 0);
    sbr_text_puts(text, w->serial ? "for (IDX c = IDX_OF(0); c < P.columns; c++) {\n"
                                  : "for (IDX c = IDX_OF(LANE); row < P.rows && c < P.columns; c += IDX_OF(LOCAL_SIZE)) {\n");
    sbr_text_puts(text, "IDX at = row * P.columns + c;\n");
    if (w->body.data) sbr_text_append(text, w->body.data, w->body.length);
    sbr_text_printf(text, "STORE(y, at, v%u);\n}\n", name);
}

static sabir_status rows_desc(sbr_fused_writer *w, const sbr_node *root, const sbr_view *out, const sbr_kernel_desc **desc)
{
    sbr_text result = {.allocator = &w->lowering->module->allocator}, text = result;
    put_result(w, root, &result);
    sbr_fused_put_head(w, w->serial ? "local 1\n" : "local 64\n", out->type == SABIR_BOOL ? " u32" : "", &text);
    sbr_text_puts(&text, "param idx rows\nparam idx columns\n");
    if (!w->serial) sbr_text_puts(&text, "shared ARITH partial[64]\n");
    sbr_text_puts(&text, w->serial ? "body\nIDX row = GROUP;\nif (row < P.rows) {\n" : "body\nIDX row = GROUP;\n");
    if (w->phases.data) sbr_text_append(&text, w->phases.data, w->phases.length);
    if (result.data) sbr_text_append(&text, result.data, result.length);
    if (w->serial) sbr_text_puts(&text, "}\n");
    text.failed = text.failed || result.failed;
    sabir_status status = w->status == SABIR_OK ? sbr_fused_read_desc(w, &text, desc) : w->status;
    sbr_text_free(&result);
    sbr_text_free(&text);
    return status;
}

static sabir_status write_rows(sbr_fused_writer *w, const sbr_node *root, int32_t reduced)
{
    sbr_lowering *lowering = w->lowering;
    sbr_expr rows = sbr_num(lowering, 1), columns = sbr_num(lowering, 1);
    for (int32_t i = 0; i < w->rank - reduced; i++) rows = sbr_mul(lowering, rows, w->extents[i]);
    for (int32_t i = w->rank - reduced; i < w->rank; i++) columns = sbr_mul(lowering, columns, w->extents[i]);
    sbr_view out;
    SABIR_TRY(sbr_out(lowering, root, 0, &out));
    w->index = "at";
    w->serial = lowering->options->prefer_wide;
    const sbr_kernel_desc *desc;
    SABIR_TRY(rows_desc(w, root, &out, &desc));
    sbr_launcher l;
    SABIR_TRY(begin_launch(w, desc, &out, false, &l));
    sbr_idx(&l, "rows", rows);
    sbr_idx(&l, "columns", columns);
    return sbr_launch_end(&l, rows, work_of(w));
}

static sbr_arith group_arith(const sabir_graph *graph, const uint32_t *nodes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const sbr_node *node = &graph->nodes.data[nodes[i]];
        const sabir_type type = sbr_value_at(graph, node->first_output)->type;
        if (type != SABIR_BOOL) return sbr_arith_of(type);
        for (uint32_t k = 0; k < node->input_count && !sbr_fuse_is_view(graph, node) && node->op != SBR_OP_gather; k++) {
            const sabir_type in = sbr_value_at(graph, node->inputs[k])->type;
            if (in != SABIR_BOOL) return sbr_arith_of(in);
        }
    }
    return SBR_ARITH_F32;
}

sabir_status sbr_lower_group(sbr_lowering *lowering, const uint32_t *nodes, uint32_t count)
{
    const sabir_graph *graph = lowering->graph;
    const sabir_allocator *allocator = &lowering->module->allocator;
    const sbr_node *root = &graph->nodes.data[nodes[count - 1]];
    if (sbr_fuse_is_product(&graph->nodes.data[nodes[0]])) return sbr_lower_epilogue(lowering, nodes, count);
    sbr_fused_writer *w = sbr_alloc(allocator, sizeof *w);
    if (!w) return sbr_no_memory(sizeof *w);
    w->lowering = lowering;
    w->nodes = nodes;
    w->node_count = count;
    w->arith = group_arith(graph, nodes, count);
    w->body.allocator = w->phases.allocator = w->prelude.allocator = w->guards.allocator = allocator;
    int32_t reduced = 0;
    bool walks_segments = false;
    for (uint32_t i = 0; i < count; i++) {
        const sbr_node *node = &graph->nodes.data[nodes[i]];
        if (sbr_fuse_reduces_rows(graph, node)) reduced = ((const sabir_reduce_attrs *)node->attrs)->axes.count;
        walks_segments = walks_segments || sbr_fuse_reduces_segments(node);
    }
    const bool root_reduces = sbr_fuse_reduces_rows(graph, root);
    sbr_fused_extents(w, root_reduces ? root->inputs[0] : root->first_output, &w->rank, w->extents);
    sabir_status status = walks_segments ? sbr_fused_write_segments(w, root) : reduced ? write_rows(w, root, reduced) : write_map(w, root);
    sbr_text_free(&w->body);
    sbr_text_free(&w->phases);
    sbr_text_free(&w->prelude);
    sbr_text_free(&w->guards);
    sbr_free(allocator, w);
    return status;
}
