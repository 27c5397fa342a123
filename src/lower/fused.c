/* A group as one kernel, written in the dialect. The text is canonical: operands are named by position and extents are parameters, so
 * that few distinct texts arise. */
#include <stdio.h>

#include "base/hash.h"
#include "base/text.h"
#include "fuse.h"

enum { MOST_TEMPORARIES = 256 };

typedef enum access_mode { ACCESS_DENSE, ACCESS_SCALAR, ACCESS_STRIDED } access_mode;

typedef struct operand { sbr_view view; access_mode mode; bool is_bool; } operand;

/* A value under a chain of views: already computed into temporary `name`. */
typedef struct known { uint32_t value; const uint32_t *chain; uint32_t length, name; } known;

typedef struct writer {
    sbr_lowering *lowering;
    const uint32_t *nodes;
    uint32_t node_count;
    sbr_arith arith;
    int32_t rank;                      /* of the index space: the root's result, or what the reduction reads */
    sbr_expr extents[SABIR_MAX_RANK];
    const char *index;                 /* text of the flat index */
    operand operands[SBR_FUSED_OPERANDS];
    uint32_t operand_count, temporaries;
    known known[MOST_TEMPORARIES];
    uint32_t known_count;
    sbr_text body;
    sabir_status status;
} writer;

static bool is_member(const writer *w, uint32_t node)
{
    for (uint32_t i = 0; i < w->node_count; i++)
        if (w->nodes[i] == node) return true;
    return false;
}

static void value_extents(writer *w, uint32_t value, int32_t *rank, sbr_expr *extents)
{
    const sabir_shape *shape = &sbr_value_at(w->lowering->graph, value)->shape;
    *rank = shape->rank;
    for (int32_t i = 0; i < shape->rank; i++) extents[i] = sbr_ext(w->lowering, shape->extents[i]);
}

/* ---- views, seen through the chain of view nodes and broadcasts between a value and the root ----
 * A chain entry is a node; entries are applied from the last to the first. A computing node in a chain stands for broadcasting to its shape. */

static void apply_slice(sbr_lowering *lowering, const sabir_slice_attrs *attrs, sbr_view *view)
{
    for (int32_t i = 0; i < view->rank; i++) {
        view->offset = sbr_add(lowering, view->offset, sbr_mul(lowering, view->strides[i], sbr_num(lowering, attrs->start.values[i])));
        view->strides[i] = sbr_mul(lowering, view->strides[i], sbr_num(lowering, attrs->step.values[i]));
        view->extents[i] = sbr_ext(lowering, attrs->counts.extents[i]);
    }
}

static void apply(writer *w, uint32_t n, sbr_view *view)
{
    const sbr_node *node = &w->lowering->graph->nodes.data[n];
    int32_t rank;
    sbr_expr extents[SABIR_MAX_RANK];
    value_extents(w, node->first_output, &rank, extents);
    switch (node->op) {
        case SBR_OP_transpose: sbr_view_transpose(view, ((const sabir_transpose_attrs *)node->attrs)->axes.values, view); break;
        case SBR_OP_slice: apply_slice(w->lowering, node->attrs, view); break;
        case SBR_OP_reshape:
            if (!sbr_view_reshape(w->lowering, view, rank, extents, view)) w->status = sbr_fail(SABIR_INTERNAL, "a fused reshape is no view");
            break;
        default: sbr_view_broadcast(w->lowering, view, rank, extents, view); break;
    }
}

static access_mode mode_of(writer *w, const sbr_view *view)
{
    bool scalar = true, whole = view->rank == w->rank && sbr_is_dense(w->lowering, view);
    for (int32_t i = 0; i < view->rank; i++) {
        int64_t number;
        if (whole && view->extents[i] != w->extents[i]) whole = false;
        if (!(sbr_known(w->lowering, view->strides[i], &number) && number == 0) && !(sbr_known(w->lowering, view->extents[i], &number) && number == 1)) scalar = false;
    }
    return scalar ? ACCESS_SCALAR : whole ? ACCESS_DENSE : ACCESS_STRIDED;
}

static bool same_view(const sbr_view *a, const sbr_view *b)
{
    return a->slot == b->slot && a->type == b->type && a->offset == b->offset && a->rank == b->rank &&
           memcmp(a->strides, b->strides, (size_t)a->rank * sizeof *a->strides) == 0;
}

static uint32_t find_operand(writer *w, const sbr_view *view, bool is_bool)
{
    for (uint32_t i = 0; i < w->operand_count; i++)
        if (same_view(&w->operands[i].view, view) && w->operands[i].is_bool == is_bool) return i;
    if (w->operand_count == SBR_FUSED_OPERANDS) {
        w->status = sbr_fail(SABIR_INTERNAL, "a fused kernel reads more than %d operands", SBR_FUSED_OPERANDS);
        return 0;
    }
    w->operands[w->operand_count] = (operand){*view, mode_of(w, view), is_bool};
    return w->operand_count++;
}

/* ---- expressions ---- */

static bool is_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/* The operator's expression with a, b, c replaced by temporaries. */
static void put_expression(writer *w, const char *expression, const uint32_t *arguments)
{
    for (const char *at = expression; *at;) {
        size_t length = 0;
        while (is_name(at[length])) length++;
        if (length == 1 && at[0] >= 'a' && at[0] <= 'c') sbr_text_printf(&w->body, "v%u", arguments[at[0] - 'a']);
        else sbr_text_append(&w->body, at, length ? length : 1);
        at += length ? length : 1;
    }
}

static uint32_t load(writer *w, uint32_t value, const uint32_t *chain, uint32_t length)
{
    sbr_view view = w->lowering->views[value];
    for (uint32_t i = length; i-- > 0;) apply(w, chain[i], &view);
    sbr_view_broadcast(w->lowering, &view, w->rank, w->extents, &view);
    const bool is_bool = view.type == SABIR_BOOL;
    const uint32_t o = find_operand(w, &view, is_bool), name = w->temporaries++;
    sbr_text_printf(&w->body, "%s v%u = LOAD(x%u, ", is_bool ? "uint" : "ARITH", name, o);
    switch (w->operands[o].mode) {
        case ACCESS_SCALAR: sbr_text_puts(&w->body, "IDX_OF(0));\n"); break;
        case ACCESS_DENSE: sbr_text_printf(&w->body, "%s);\n", w->index); break;
        case ACCESS_STRIDED: sbr_text_printf(&w->body, "OFFSET(x%u, %s));\n", o, w->index); break;
    }
    return name;
}

static uint32_t emit(writer *w, uint32_t value, const uint32_t *chain, uint32_t length);

static void put_node(writer *w, const sbr_node *node, const uint32_t *arguments, uint32_t name)
{
    const bool is_bool = sbr_value_at(w->lowering->graph, node->first_output)->type == SABIR_BOOL;
    sbr_text_printf(&w->body, "%s v%u = ", is_bool ? "uint" : "ARITH", name);
    if (node->op == SBR_OP_select) {
        sbr_text_printf(&w->body, "v%u != 0u ? v%u : v%u;\n", arguments[0], arguments[1], arguments[2]);
    } else if (node->op == SBR_OP_cast) {
        sbr_text_printf(&w->body, "ARITH_OF(v%u);\n", arguments[0]);
    } else {
        sbr_text_puts(&w->body, is_bool ? "U32(" : "ARITH_OF(");
        put_expression(w, sbr_ops[node->op].expression, arguments);
        sbr_text_puts(&w->body, ");\n");
    }
}

/* Chains live in the module's arena: a longer one is a copy. */
static const uint32_t *longer(writer *w, const uint32_t *chain, uint32_t length, uint32_t node)
{
    uint32_t *next = sbr_arena_alloc(&w->lowering->module->arena, (length + 1) * sizeof *next);
    if (!next) {
        w->status = sbr_no_memory(length * sizeof *next);
        return chain;
    }
    if (length) memcpy(next, chain, length * sizeof *next);
    next[length] = node;
    return next;
}

static bool changes_shape(const sabir_graph *graph, uint32_t operand, const sbr_node *node)
{
    return !sbr_shape_equal(&sbr_value_at(graph, operand)->shape, &sbr_value_at(graph, node->first_output)->shape);
}

static uint32_t compute(writer *w, uint32_t value, const uint32_t *chain, uint32_t length)
{
    const sabir_graph *graph = w->lowering->graph;
    const uint32_t n = sbr_value_at(graph, value)->node;
    const sbr_node *node = &graph->nodes.data[n];
    if (!is_member(w, n)) return load(w, value, chain, length);
    if (sbr_fuse_is_view(graph, node)) return emit(w, node->inputs[0], longer(w, chain, length, n), length + 1);
    uint32_t arguments[3] = {0, 0, 0};
    for (uint32_t i = 0; i < node->input_count && i < 3; i++) {
        if (changes_shape(graph, node->inputs[i], node)) arguments[i] = emit(w, node->inputs[i], longer(w, chain, length, n), length + 1);
        else arguments[i] = emit(w, node->inputs[i], chain, length);
    }
    const uint32_t name = w->temporaries++;
    put_node(w, node, arguments, name);
    return name;
}

/* The temporary that holds the value at the kernel's index, written to the body if it is new. */
static uint32_t emit(writer *w, uint32_t value, const uint32_t *chain, uint32_t length)
{
    if (w->status != SABIR_OK) return 0;
    for (uint32_t i = 0; i < w->known_count; i++) {
        const known *k = &w->known[i];
        if (k->value == value && k->length == length && (length == 0 || memcmp(k->chain, chain, length * sizeof *chain) == 0)) return k->name;
    }
    const uint32_t name = compute(w, value, chain, length);
    if (w->known_count == MOST_TEMPORARIES) w->status = sbr_fail(SABIR_INTERNAL, "a fused kernel has more than %d temporaries", MOST_TEMPORARIES);
    else w->known[w->known_count++] = (known){value, chain, length, name};
    return name;
}

/* ---- the kernel ---- */

static void put_uses(const writer *w, sbr_text *text)
{
    sbr_text list = {.allocator = text->allocator};
    if (w->body.data) sbr_list_uses(w->body.data, sbr_embedded_library, sbr_embedded_library_count, &list);
    if (list.length) sbr_text_printf(text, "uses %s\n", list.data);
    text->failed = text->failed || list.failed;
    sbr_text_free(&list);
}

static void put_head(const writer *w, bool map, bool reduces, bool bool_result, sbr_text *text)
{
    sbr_text_printf(text, "%svariants %s\nlocal 64\n", map ? "map\n" : "", sbr_arith_name(w->arith));
    for (uint32_t i = 0; i < w->operand_count; i++) sbr_text_printf(text, "buffer x%u read%s\n", i, w->operands[i].is_bool ? " u32" : "");
    sbr_text_printf(text, "buffer y write%s\n", bool_result ? " u32" : "");
    bool any = false;
    for (uint32_t i = 0; i < w->operand_count; i++) {
        if (w->operands[i].mode != ACCESS_STRIDED) continue;
        sbr_text_printf(text, "%s x%u", any ? "" : "view", i);
        any = true;
    }
    if (any) sbr_text_puts(text, "\n");
    if (reduces) sbr_text_puts(text, "param idx columns\n");
    if (!map) sbr_text_puts(text, "param idx rows\nshared ARITH partial[64]\n");
    put_uses(w, text);
    sbr_text_puts(text, "body\n");
}

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

/* One invocation a row: parts of 64 elements keep rounding errors small. */
static void put_serial(const writer *w, const reduction *r, const char *part, sbr_text *text)
{
    sbr_text_printf(text, "ARITH total = %s;\nfor (IDX base = IDX_OF(0); base < P.columns; base += IDX_OF(64)) {\nARITH part = %s;\n", r->start, r->start);
    sbr_text_puts(text, "IDX end = base + IDX_OF(64) < P.columns ? base + IDX_OF(64) : P.columns;\nfor (IDX c = base; c < end; c++) {\nIDX at = i * P.columns + c;\n");
    sbr_text_append(text, w->body.data, w->body.length);
    put_join(text, r, "part", part);
    sbr_text_puts(text, "}\n");
    put_join(text, r, "total", "part");
    sbr_text_puts(text, "}\nRESULT = ");
    sbr_text_printf(text, r->end, "total");
    sbr_text_puts(text, ";\n");
}

/* One work-group a row: lanes stride through it, then a tree. */
static void put_group(const writer *w, const reduction *r, const char *part, sbr_text *text)
{
    sbr_text_printf(text, "ARITH total = %s;\nfor (IDX c = IDX_OF(LANE); GROUP < P.rows && c < P.columns; c += IDX_OF(LOCAL_SIZE)) {\nIDX at = GROUP * P.columns + c;\n",
                    r->start);
    sbr_text_append(text, w->body.data, w->body.length);
    put_join(text, r, "total", part);
    sbr_text_puts(text, "}\npartial[LANE] = total;\nBARRIER;\nfor (uint half_size = LOCAL_SIZE / 2u; half_size > 0u; half_size /= 2u) {\nif (LANE < half_size) {\n"
                        "ARITH mine = partial[LANE];\n");
    put_join(text, r, "mine", "partial[LANE + half_size]");
    sbr_text_puts(text, "partial[LANE] = mine;\n}\nBARRIER;\n}\nif (LANE == 0u && GROUP < P.rows) STORE(y, GROUP, ");
    sbr_text_printf(text, r->end, "partial[0]");
    sbr_text_puts(text, ");\n");
}

static sabir_status read_desc(writer *w, sbr_text *rest, const sbr_kernel_desc **result)
{
    sbr_module *module = w->lowering->module;
    if (rest->failed || w->body.failed) return sbr_no_memory(rest->capacity);
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

/* A dense operand of the output's size is read only at the element that is then written. */
static bool may_overwrite(const writer *w, const operand *operand, const sbr_view *out)
{
    int64_t offset;
    return operand->mode == ACCESS_DENSE && sabir_type_size(operand->view.type) == sabir_type_size(out->type) &&
           sbr_known(w->lowering, operand->view.offset, &offset) && offset == 0;
}

static sabir_status launch(writer *w, const sbr_kernel_desc *desc, const sbr_view *out, sbr_expr rows, sbr_expr columns, uint64_t flops)
{
    sbr_launcher l;
    SABIR_TRY(sbr_launch_text(&l, w->lowering, desc, w->arith, w->arith));
    sbr_space(&l, w->rank, w->extents);
    for (uint32_t i = 0; i < w->operand_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "x%u", i);
        sbr_read(&l, name, &w->operands[i].view);
        if (rows == SBR_EXPR_NONE && may_overwrite(w, &w->operands[i], out)) sbr_may_share(&l, name);
    }
    sbr_write(&l, "y", out);
    if (rows != SBR_EXPR_NONE) {
        sbr_idx(&l, "columns", columns);
        if (!desc->map) sbr_idx(&l, "rows", rows);
    }
    return sbr_launch_end(&l, rows, flops);
}

static uint64_t work_of(const writer *w)
{
    int64_t count = 1;
    for (int32_t i = 0; i < w->rank; i++) {
        int64_t extent = sbr_expr_largest(&w->lowering->module->exprs, w->extents[i]);
        if (extent < 0 || !sbr_mul_i64(count, extent, &count)) return 0;
    }
    return (uint64_t)count * w->node_count;
}

static sabir_status write_map(writer *w, const sbr_node *root)
{
    sbr_view out;
    SABIR_TRY(sbr_out(w->lowering, root, 0, &out));
    w->index = "i";
    const uint32_t name = emit(w, root->first_output, NULL, 0);
    SABIR_TRY(w->status);
    sbr_text text = {.allocator = &w->lowering->module->allocator};
    put_head(w, true, false, out.type == SABIR_BOOL, &text);
    sbr_text_append(&text, w->body.data, w->body.length);
    sbr_text_printf(&text, "RESULT = v%u;\n", name);
    const sbr_kernel_desc *desc;
    sabir_status status = read_desc(w, &text, &desc);
    sbr_text_free(&text);
    if (status == SABIR_OK) status = launch(w, desc, &out, SBR_EXPR_NONE, SBR_EXPR_NONE, work_of(w));
    return status;
}

static sabir_status write_reduction(writer *w, const sbr_node *root)
{
    sbr_lowering *lowering = w->lowering;
    const int32_t reduced = ((const sabir_reduce_attrs *)root->attrs)->axes.count;
    const bool serial = lowering->options->prefer_wide;
    const reduction r = reduction_of(root, w->arith);
    sbr_expr rows = sbr_num(lowering, 1), columns = sbr_num(lowering, 1);
    for (int32_t i = 0; i < w->rank - reduced; i++) rows = sbr_mul(lowering, rows, w->extents[i]);
    for (int32_t i = w->rank - reduced; i < w->rank; i++) columns = sbr_mul(lowering, columns, w->extents[i]);
    sbr_view out;
    SABIR_TRY(sbr_out(lowering, root, 0, &out));
    w->index = "at";
    char part[16];
    snprintf(part, sizeof part, "v%u", emit(w, root->inputs[0], NULL, 0));
    SABIR_TRY(w->status);
    sbr_text text = {.allocator = &lowering->module->allocator};
    put_head(w, serial, true, false, &text);
    (serial ? put_serial : put_group)(w, &r, part, &text);
    const sbr_kernel_desc *desc;
    sabir_status status = read_desc(w, &text, &desc);
    sbr_text_free(&text);
    if (status == SABIR_OK) status = launch(w, desc, &out, rows, columns, work_of(w));
    return status;
}

sabir_status sbr_lower_group(sbr_lowering *lowering, const uint32_t *nodes, uint32_t count)
{
    const sabir_graph *graph = lowering->graph;
    const sbr_node *root = &graph->nodes.data[nodes[count - 1]];
    if (sbr_fuse_is_product(&graph->nodes.data[nodes[0]])) return sbr_lower_epilogue(lowering, nodes, count);
    writer *w = sbr_alloc(&lowering->module->allocator, sizeof *w);
    if (!w) return sbr_no_memory(sizeof *w);
    w->lowering = lowering;
    w->nodes = nodes;
    w->node_count = count;
    w->body.allocator = &lowering->module->allocator;
    const bool reduces = sbr_fuse_reduces_rows(graph, root);
    value_extents(w, reduces ? root->inputs[0] : root->first_output, &w->rank, w->extents);
    w->arith = SBR_ARITH_F32;
    for (uint32_t i = 0; i < count; i++) {
        const sbr_node *node = &graph->nodes.data[nodes[i]];
        const sabir_type type = sbr_value_at(graph, node->first_output)->type;
        for (uint32_t k = 0; k < node->input_count && node->op != SBR_OP_cast; k++) {
            const sabir_type in = sbr_value_at(graph, node->inputs[k])->type;
            if (in != SABIR_BOOL) w->arith = sbr_arith_of(in);
        }
        if (type != SABIR_BOOL) w->arith = sbr_arith_of(type);
    }
    sabir_status status = reduces ? write_reduction(w, root) : write_map(w, root);
    sbr_text_free(&w->body);
    sbr_free(&lowering->module->allocator, w);
    return status;
}
