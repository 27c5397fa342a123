/* Which nodes run as one kernel. A product with its epilogue (epilogue.c); or a root and the elementwise nodes and views that feed only
 * it, so that nothing but the root's result is ever written: the root is elementwise, or a reduction over trailing axes. Reductions
 * over the same trailing axes that keep them may lie inside, as in x / sqrt(mean(x^2)): the kernel then works by rows. So may reductions
 * over the rows of segments, with what is computed for each entry: the kernel then walks the entries of each row. Members may gather. */
#include "fused.h"

enum { MOST_MEMBERS = 48 };

bool sbr_fuse_is_view(const sabir_graph *graph, const sbr_node *node)
{
    switch (node->op) {
        case SBR_OP_transpose:
        case SBR_OP_slice:
        case SBR_OP_broadcast: return true;
        case SBR_OP_reshape: break;
        default: return false;
    }
    /* A reshape that only adds or drops extents of 1 keeps every strided view a view. */
    const sabir_shape *in = &sbr_value_at(graph, node->inputs[0])->shape, *out = &sbr_value_at(graph, node->first_output)->shape;
    int32_t i = 0, o = 0;
    for (;;) {
        while (i < in->rank && in->extents[i] == 1) i++;
        while (o < out->rank && out->extents[o] == 1) o++;
        if (i == in->rank || o == out->rank) return i == in->rank && o == out->rank;
        if (in->extents[i++] != out->extents[o++]) return false;
    }
}

/* The arithmetic in which a value lives inside a kernel: its own for f32 f64 i32 u32, f32 for half types; false for types that need wrapping. */
static bool value_arith(sabir_type type, sbr_arith *arith)
{
    *arith = sbr_arith_of(type);
    return sbr_is_float(type) || type == SABIR_I32 || type == SABIR_U32;
}

/* The arithmetic that a node computes in; false where it cannot be a member. A node on bool alone fits any: SBR_ARITH_COUNT. */
static bool node_arith(const sabir_graph *graph, const sbr_node *node, sbr_arith *arith)
{
    if (!node->output_count) return false;
    const bool is_cast = node->op == SBR_OP_cast;
    const sabir_type result = sbr_value_at(graph, node->first_output)->type;
    *arith = SBR_ARITH_COUNT;
    if (node->op == SBR_OP_gather) return result == SABIR_BOOL || value_arith(result, arith);
    if (!(sbr_ops[node->op].flags & SBR_ELEMENTWISE) && node->op != SBR_OP_select && !is_cast) return false;
    if (is_cast) {
        const sabir_type from = sbr_value_at(graph, node->inputs[0])->type;
        *arith = SBR_ARITH_F32;
        return result == SABIR_F32 && (from == SABIR_F16 || from == SABIR_BF16 || from == SABIR_BOOL || sbr_is_int(from));
    }
    for (uint32_t i = 0; i <= node->input_count; i++) {
        const sabir_type type = i < node->input_count ? sbr_value_at(graph, node->inputs[i])->type : result;
        sbr_arith own;
        if (type == SABIR_BOOL) continue;
        if (!value_arith(type, &own) || (*arith != SBR_ARITH_COUNT && own != *arith)) return false;
        *arith = own;
    }
    return true;
}

bool sbr_fuse_reduces_rows(const sabir_graph *graph, const sbr_node *node)
{
    switch (node->op) {
        case SBR_OP_sum: case SBR_OP_mean: case SBR_OP_prod: case SBR_OP_max: case SBR_OP_min: break;
        default: return false;
    }
    const sabir_reduce_attrs *attrs = node->attrs;
    const int32_t rank = sbr_value_at(graph, node->inputs[0])->shape.rank;
    if (attrs->wide || attrs->accumulate != SABIR_ACCUMULATE_NATIVE || attrs->axes.count == 0) return false;
    uint32_t reduced = 0;
    for (int32_t i = 0; i < attrs->axes.count; i++) reduced |= 1u << attrs->axes.values[i];
    return reduced == ((1u << attrs->axes.count) - 1u) << (rank - attrs->axes.count);
}

bool sbr_fuse_reduces_segments(const sbr_node *node)
{
    return node->op == SBR_OP_segment_sum || node->op == SBR_OP_segment_mean || node->op == SBR_OP_segment_max || node->op == SBR_OP_segment_min;
}

bool sbr_fuse_reads_memory(const sbr_node *node, uint32_t operand)
{
    return node->op == SBR_OP_cast || node->op == SBR_OP_gather || (sbr_fuse_reduces_segments(node) && operand == 1);
}

/* ---- growing a group ---- */

typedef struct fuser {
    const sabir_graph *graph;
    uint32_t *group;
    uint32_t *readers;  /* by value: nodes that read it; outputs and assigns count */
    uint32_t *loop;     /* by node: the innermost loop around it, UINT32_MAX outside */
    sbr_arith arith;    /* of the group being grown */
    uint32_t root, members, computing;
    uint32_t operands;  /* that the nodes read, each time counted */
    int32_t reduced;    /* trailing axes that reductions of the group take; 0: none yet */
    uint32_t reductions, segments, gathers;
} fuser;

static uint32_t readers_inside(const fuser *f, uint32_t value)
{
    uint32_t count = 0;
    for (uint32_t n = sbr_value_at(f->graph, value)->node + 1; n <= f->root; n++) {
        if (f->group[n] != f->root) continue;
        const sbr_node *node = &f->graph->nodes.data[n];
        for (uint32_t i = 0; i < node->input_count; i++) count += node->inputs[i] == value;
    }
    return count;
}

/* A gather finds what it reads in memory, and so do row pointers. */
static bool is_read_in_memory(const fuser *f, uint32_t value)
{
    for (uint32_t n = sbr_value_at(f->graph, value)->node + 1; n <= f->root; n++) {
        const sbr_node *node = &f->graph->nodes.data[n];
        if (f->group[n] != f->root || node->op == SBR_OP_cast) continue;
        for (uint32_t i = 0; i < node->input_count; i++)
            if (node->inputs[i] == value && sbr_fuse_reads_memory(node, i)) return true;
    }
    return false;
}

/* What the group computes at each element of. */
static const sabir_shape *space(const fuser *f)
{
    const sbr_node *root = &f->graph->nodes.data[f->root];
    return &sbr_value_at(f->graph, sbr_fuse_reduces_rows(f->graph, root) ? root->inputs[0] : root->first_output)->shape;
}

/* Whether nothing but elementwise nodes lies between the value and the root, so that an element's row is the same in both. */
static bool keeps_rows(const fuser *f, uint32_t value)
{
    for (uint32_t n = sbr_value_at(f->graph, value)->node + 1; n <= f->root; n++) {
        const sbr_node *node = &f->graph->nodes.data[n];
        if (f->group[n] != f->root || (n == f->root && sbr_fuse_reduces_rows(f->graph, node))) continue;
        for (uint32_t i = 0; i < node->input_count; i++) {
            if (node->inputs[i] != value) continue;
            if (sbr_fuse_is_view(f->graph, node) || sbr_fuse_reduces_segments(node) || node->op == SBR_OP_cast || (n != f->root && !keeps_rows(f, node->first_output))) return false;
        }
    }
    return true;
}

/* Few long rows are better reduced in two stages, by the whole device. */
static bool has_long_rows(const sabir_graph *graph, const sbr_node *node)
{
    const sabir_shape *shape = &sbr_value_at(graph, node->inputs[0])->shape;
    const int32_t kept = shape->rank - ((const sabir_reduce_attrs *)node->attrs)->axes.count;
    double rows = 1, columns = 1;
    for (int32_t i = 0; i < shape->rank; i++) {
        if (!sbr_is_number(shape->extents[i])) return false;
        if (i < kept) rows *= (double)shape->extents[i];
        else columns *= (double)shape->extents[i];
    }
    return columns > 16384 && rows < 64;
}

/* A reduction inside: over the rows that the group works by, its axes kept. */
static bool fits_rows(const fuser *f, const sbr_node *node)
{
    const sabir_reduce_attrs *attrs = node->attrs;
    if (!attrs->keep || has_long_rows(f->graph, node) || f->reductions == SBR_FUSED_REDUCTIONS - 1 || (f->reduced && f->reduced != attrs->axes.count)) return false;
    return sbr_shape_equal(&sbr_value_at(f->graph, node->inputs[0])->shape, space(f)) && keeps_rows(f, node->first_output);
}

/* A reduction over segments inside: its result is read only where it was computed, and rows are not reduced as well. */
static bool fits_segments(const fuser *f, const sbr_node *node)
{
    if (f->reduced || f->segments == SBR_FUSED_SEGMENTS) return false;
    return sbr_shape_equal(&sbr_value_at(f->graph, node->first_output)->shape, space(f)) && keeps_rows(f, node->first_output);
}

/* What is dear and the same for every feature of an entry is better computed once for all of them. */
static bool is_dear_again(const fuser *f, const sbr_node *node)
{
    static const char *const dear[] = {"exp", "log", "sigmoid", "tanh", "erf", "pow", "gelu", "softplus", "gamma", "sin", "cos", "tan"};
    const sabir_shape *shape = &sbr_value_at(f->graph, node->first_output)->shape, *features = space(f);
    const char *expression = sbr_ops[node->op].expression;
    bool repeated = false, costs = false;
    if (!f->segments || !expression) return false;
    for (int32_t i = 1; i < features->rank; i++) {
        const int32_t own = i - features->rank + shape->rank;
        repeated = repeated || (features->extents[i] != 1 && (own < 0 || shape->extents[own] == 1));
    }
    for (uint32_t i = 0; i < SBR_COUNT(dear); i++) costs = costs || strstr(expression, dear[i]);
    return repeated && costs;
}

/* Whether the node is one that the group's kernel can compute, and in which arithmetic: SBR_ARITH_COUNT for any. */
static bool fits(const fuser *f, const sbr_node *node, sbr_arith *arith)
{
    *arith = SBR_ARITH_COUNT;
    if (sbr_fuse_is_view(f->graph, node)) return true;
    if (sbr_fuse_reduces_rows(f->graph, node))
        return !f->segments && value_arith(sbr_value_at(f->graph, node->inputs[0])->type, arith) && fits_rows(f, node);
    if (sbr_fuse_reduces_segments(node)) return value_arith(sbr_value_at(f->graph, node->inputs[0])->type, arith) && fits_segments(f, node);
    return node_arith(f->graph, node, arith) && (node->op != SBR_OP_gather || f->gathers < SBR_FUSED_GATHERS) && !is_dear_again(f, node);
}

static void count(fuser *f, const sbr_node *node)
{
    f->members++;
    f->computing += !sbr_fuse_is_view(f->graph, node);
    f->segments += sbr_fuse_reduces_segments(node);
    f->gathers += node->op == SBR_OP_gather;
    if (!sbr_fuse_reduces_rows(f->graph, node)) return;
    f->reduced = ((const sabir_reduce_attrs *)node->attrs)->axes.count;
    f->reductions++;
}

static bool absorb(fuser *f, uint32_t value)
{
    const uint32_t n = sbr_value_at(f->graph, value)->node;
    const sbr_node *node = &f->graph->nodes.data[n];
    sbr_arith arith;
    if (f->group[n] != UINT32_MAX || f->loop[n] != f->loop[f->root] || f->members == MOST_MEMBERS || !fits(f, node, &arith)) return false;
    if (arith != SBR_ARITH_COUNT && f->arith != SBR_ARITH_COUNT && arith != f->arith) return false;
    if (f->readers[value] != readers_inside(f, value) || is_read_in_memory(f, value)) return false;
    if (f->operands + node->input_count - 1 > SBR_FUSED_OPERANDS) return false;
    f->group[n] = f->root;
    if (!sbr_fuse_fits(f->graph, f->group, f->root)) {
        f->group[n] = UINT32_MAX;
        return false;
    }
    f->operands += node->input_count - 1;
    if (arith != SBR_ARITH_COUNT) f->arith = arith;
    count(f, node);
    return true;
}

/* Absorbing one node can make another's last outside reader an inside one, so until nothing changes. */
static void grow(fuser *f)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t n = f->root + 1; n-- > 0;) {
            if (f->group[n] != f->root) continue;
            const sbr_node *node = &f->graph->nodes.data[n];
            for (uint32_t i = 0; i < node->input_count; i++)
                if (!sbr_fuse_reads_memory(node, i)) changed = absorb(f, node->inputs[i]) || changed;
        }
    }
}

static void try_root(fuser *f, uint32_t n)
{
    const sbr_node *node = &f->graph->nodes.data[n];
    const bool reduces = sbr_fuse_reduces_rows(f->graph, node);
    sbr_arith arith;
    if (f->group[n] != UINT32_MAX) return;
    if (reduces || sbr_fuse_reduces_segments(node)) {
        if (!value_arith(sbr_value_at(f->graph, node->inputs[0])->type, &arith) || (reduces && has_long_rows(f->graph, node))) return;
    } else if (!node_arith(f->graph, node, &arith)) {
        return;
    }
    f->root = n;
    f->arith = arith;
    f->members = f->computing = f->segments = f->gathers = f->reductions = 0;
    f->reduced = 0;
    f->operands = node->input_count;
    f->group[n] = n;
    count(f, node);
    grow(f);
    if (f->computing > 1) return;
    for (uint32_t i = 0; i <= n; i++)
        if (f->group[i] == n) f->group[i] = UINT32_MAX;
}

static void take_epilogue(fuser *f, uint32_t product)
{
    uint32_t members[SBR_EPILOGUE_NODES];
    const uint32_t count = sbr_fuse_epilogue(f->graph, f->readers, f->loop, product, members);
    for (uint32_t i = 0; i < count; i++)
        if (f->group[members[i]] != UINT32_MAX) return;
    for (uint32_t i = 0; i < count; i++) f->group[members[i]] = members[count - 1];
}

static void find_readers(fuser *f)
{
    for (uint32_t n = 0; n < f->graph->nodes.count; n++) {
        const sbr_node *node = &f->graph->nodes.data[n];
        f->loop[n] = UINT32_MAX;
        for (uint32_t i = 0; i < node->input_count; i++) f->readers[node->inputs[i]]++;
        if (node->op != SBR_OP_loop) continue;
        for (uint32_t i = ((const sbr_loop_attrs *)node->attrs)->body_first; i < n; i++)
            if (f->loop[i] == UINT32_MAX) f->loop[i] = n;
    }
    for (uint32_t i = 0; i < f->graph->outputs.count; i++) f->readers[f->graph->outputs.data[i].value]++;
}

sabir_status sbr_fuse(const sabir_graph *graph, const sbr_lower_options *options, uint32_t *group)
{
    const sabir_allocator *allocator = &graph->allocator;
    fuser f = {.graph = graph, .group = group, .readers = sbr_alloc_array(allocator, graph->values.count + 1, sizeof(uint32_t)),
               .loop = sbr_alloc_array(allocator, graph->nodes.count + 1, sizeof(uint32_t))};
    const bool good = f.readers && f.loop;
    for (uint32_t n = 0; n < graph->nodes.count; n++) group[n] = UINT32_MAX;
    if (good) find_readers(&f);
    for (uint32_t n = 0; good && n < graph->nodes.count; n++) take_epilogue(&f, n);
    /* Epilogues are built in; everything else is text, compiled at run time. */
    for (uint32_t n = options->compiler ? graph->nodes.count : 0; good && n-- > 0;) try_root(&f, n);
    sbr_free(allocator, f.readers);
    sbr_free(allocator, f.loop);
    return good ? SABIR_OK : sbr_no_memory(graph->values.count * sizeof(uint32_t));
}
