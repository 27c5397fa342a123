/* What follows a matrix product or a convolution and can run in its kernel: + bias, activation, + residual, in this order, each once,
 * each the only reader of the one before. */
#include "conv.h"
#include "fuse.h"

typedef struct epilogue {
    const sbr_node *product;
    const sbr_node *last;
    uint32_t bias, residual; /* values; UINT32_MAX: none */
    sbr_activation activation;
} epilogue;

bool sbr_fuse_is_product(const sbr_node *node) { return node->op == SBR_OP_matmul || node->op == SBR_OP_conv || node->op == SBR_OP_conv_transpose; }

static bool is_activation(const sbr_node *node, sbr_activation *activation)
{
    switch (node->op) {
        case SBR_OP_relu: *activation = SBR_ACTIVATION_RELU; return true;
        case SBR_OP_gelu: *activation = SBR_ACTIVATION_GELU; return true;
        case SBR_OP_silu: *activation = SBR_ACTIVATION_SILU; return true;
        default: return false;
    }
}

/* The other operand of an addition that reads value once; UINT32_MAX when the node is none. */
static uint32_t added_to(const sbr_node *node, uint32_t value)
{
    if (node->op != SBR_OP_add || node->inputs[0] == node->inputs[1]) return UINT32_MAX;
    return node->inputs[0] == value ? node->inputs[1] : node->inputs[0];
}

/* A row along the last axis, for a matrix product; convolutions have their bias as an operand. */
static bool is_bias(const sabir_graph *graph, const sbr_node *product, uint32_t value)
{
    const sabir_shape *shape = &sbr_value_at(graph, value)->shape, *out = &sbr_value_at(graph, product->first_output)->shape;
    return product->op == SBR_OP_matmul && shape->rank == 1 && shape->extents[0] == out->extents[out->rank - 1];
}

/* Takes the node that reads `value` into the epilogue; false where it does not fit. */
static bool take(const sabir_graph *graph, epilogue *e, const sbr_node *node, uint32_t value)
{
    const sbr_value_info *out = sbr_value_at(graph, e->product->first_output), *result = sbr_value_at(graph, node->first_output);
    sbr_activation activation;
    if (result->type != out->type || !sbr_shape_equal(&result->shape, &out->shape) || e->residual != UINT32_MAX) return false;
    if (is_activation(node, &activation)) {
        if (e->activation != SBR_ACTIVATION_NONE) return false;
        e->activation = activation;
    } else {
        const uint32_t other = added_to(node, value);
        if (other == UINT32_MAX) return false;
        if (e->bias == UINT32_MAX && e->activation == SBR_ACTIVATION_NONE && is_bias(graph, e->product, other)) e->bias = other;
        else if (sbr_shape_equal(&sbr_value_at(graph, other)->shape, &out->shape)) e->residual = other;
        else return false;
    }
    e->last = node;
    return true;
}

static epilogue start(const sbr_node *product) { return (epilogue){product, product, UINT32_MAX, UINT32_MAX, SBR_ACTIVATION_NONE}; }

uint32_t sbr_fuse_epilogue(const sabir_graph *graph, const uint32_t *readers, const uint32_t *loop, uint32_t product, uint32_t *members)
{
    const sbr_node *node = &graph->nodes.data[product];
    uint32_t count = 0;
    if (!sbr_fuse_is_product(node) || !sbr_is_float(sbr_value_at(graph, node->first_output)->type)) return 0;
    epilogue e = start(node);
    members[count++] = product;
    for (uint32_t n = product + 1; n < graph->nodes.count; n++) {
        const uint32_t value = e.last->first_output;
        const sbr_node *next = &graph->nodes.data[n];
        bool reads = false;
        for (uint32_t i = 0; i < next->input_count; i++) reads = reads || next->inputs[i] == value;
        if (!reads) continue;
        if (readers[value] != 1 || loop[n] != loop[product] || next->output_count != 1 || !take(graph, &e, next, value)) break;
        members[count++] = n;
    }
    return count > 1 ? count : 0;
}

static sabir_status dense_operand(sbr_lowering *lowering, uint32_t value, sbr_view *view, const sbr_view **result)
{
    *result = NULL;
    if (value == UINT32_MAX) return SABIR_OK;
    const sbr_view given = lowering->views[value];
    SABIR_TRY(sbr_dense(lowering, &given, view));
    *result = view;
    return SABIR_OK;
}

sabir_status sbr_lower_epilogue(sbr_lowering *lowering, const uint32_t *nodes, uint32_t count)
{
    const sabir_graph *graph = lowering->graph;
    epilogue e = start(&graph->nodes.data[nodes[0]]);
    for (uint32_t i = 1; i < count; i++)
        if (!take(graph, &e, &graph->nodes.data[nodes[i]], e.last->first_output)) return sbr_fail(SABIR_INTERNAL, "an epilogue changed between fusing and lowering");
    sbr_view bias_view, residual_view, y;
    const sbr_view *bias, *residual;
    SABIR_TRY(dense_operand(lowering, e.bias, &bias_view, &bias));
    SABIR_TRY(dense_operand(lowering, e.residual, &residual_view, &residual));
    SABIR_TRY(sbr_out(lowering, e.last, 0, &y));
    if (e.product->op == SBR_OP_matmul) {
        sbr_matmul_problem problem;
        sbr_matmul_problem_of(lowering, e.product, &y, &problem);
        problem.bias = bias;
        problem.residual = residual;
        problem.activation = e.activation;
        return sbr_lower_matmul_with(lowering, &problem);
    }
    sbr_conv_problem problem;
    sbr_conv_problem_of(lowering, e.product, &y, &problem);
    problem.residual = residual;
    problem.activation = e.activation;
    return sbr_lower_conv_with(lowering, &problem);
}
