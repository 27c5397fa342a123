/* Matrix products. */
#include "rules.h"

/* A product as its operands without their turns: a [..., m, k], b [..., k, n]. */
typedef struct factor { sabir_value value; sabir_shape shape; int32_t turned; } factor;

static factor factor_of(sabir_value value, int32_t turned) { return (factor){value, sabir_value_shape(value), turned != 0}; }

static sabir_value multiply(const factor *a, const factor *b) { return sabir_matmul_transposed(a->value.graph, a->value, b->value, a->turned, b->turned); }

static factor turned(const factor *f) { return (factor){f->value, f->shape, !f->turned}; }

/* [rows, columns] of f where nothing is broadcast; [..., rows, columns] with batches in front. */
static bool has_batches(const factor *f)
{
    for (int32_t i = 0; i + 2 < f->shape.rank; i++)
        if (f->shape.extents[i] != 1) return true;
    return false;
}

/* f as one matrix, [batches * rows, columns]; f is laid out so, or brought into that order. */
static sabir_status stack_rows(const factor *f, factor *stacked)
{
    sabir_graph *graph = f->value.graph;
    const int32_t rank = f->shape.rank;
    sabir_value value = f->value;
    sabir_ints order = {.count = rank};
    for (int32_t i = 0; i < rank; i++) order.values[i] = i;
    const sabir_extent rows = f->shape.extents[rank - 2 + f->turned], columns = f->shape.extents[rank - 1 - f->turned];
    if (f->turned) {
        order.values[rank - 2] = rank - 1;
        order.values[rank - 1] = rank - 2;
        value = sabir_transpose(graph, value, order);
    }
    sabir_shape shape = {2, {rows, columns}};
    for (int32_t i = 0; i + 2 < rank; i++) SABIR_TRY(sbr_extent_mul(graph, shape.extents[0], f->shape.extents[i], &shape.extents[0]));
    *stacked = (factor){sabir_reshape(graph, value, shape), shape, 0};
    return SABIR_OK;
}

static bool same_batches(const factor *a, const factor *b)
{
    if (a->shape.rank != b->shape.rank) return false;
    for (int32_t i = 0; i + 2 < a->shape.rank; i++)
        if (a->shape.extents[i] != b->shape.extents[i]) return false;
    return true;
}

/* left [..., i, j] times right [..., j, k] for an operand of shape, turned where the operand is. Where one operand served all batches, they are summed
 * over within the product: left' and right' share their rows, which are stacked. */
static sabir_status give(sabir_value *result, const factor *left, const factor *right, const factor *operand)
{
    sabir_graph *graph = operand->value.graph;
    factor a = operand->turned ? turned(right) : *left, b = operand->turned ? turned(left) : *right;
    if (!has_batches(operand) && has_batches(&a) && same_batches(&a, &b)) {
        const factor columns = turned(&a);
        SABIR_TRY(stack_rows(&columns, &a));
        SABIR_TRY(stack_rows(&b, &b));
        a = turned(&a);
    }
    *result = sbr_grad_unbroadcast(graph, multiply(&a, &b), &operand->shape);
    return SABIR_OK;
}

sabir_status sbr_grad_matmul(sbr_grad_call *call)
{
    const sabir_matmul_attrs *attrs = call->attrs;
    const factor a = factor_of(call->inputs[0], attrs->transpose_a), b = factor_of(call->inputs[1], attrs->transpose_b);
    const factor grad = {call->grads[0], sabir_value_shape(call->outputs[0]), 0}, a_turned = turned(&a), b_turned = turned(&b);
    if (call->wanted[0]) SABIR_TRY(give(&call->results[0], &grad, &b_turned, &a));
    if (call->wanted[1]) SABIR_TRY(give(&call->results[1], &a_turned, &grad, &b));
    return SABIR_OK;
}
