/* Gradients, graph to graph. One function an operator, one file an operator family:
 *     sabir_status sbr_grad_matmul(sbr_grad_call *call);
 * It builds, with public operators, the gradients of the operands from those of the results. Everything it builds can be differentiated again.
 * vjp.c walks the graph backwards and calls the rules; docs/add-an-operator.md shows one. */
#ifndef SBR_GRAD_H
#define SBR_GRAD_H

#include "graph/graph.h"
#include "sabir/grad.h"

typedef struct sbr_grad_call {
    sabir_graph *graph;
    sbr_op op;
    const void *attrs;           /* the operator's struct, normalised by its shape rule */
    const sabir_value *inputs;
    uint32_t input_count;
    const sabir_value *outputs;
    uint32_t output_count;
    const sabir_value *grads;    /* by output: what arrived, of its type and shape; SABIR_NONE: nothing */
    const bool *wanted;          /* by input: whether its gradient is used; always false for integers and bool */
    sabir_value *results;        /* by input, to be filled in where wanted: of its type and shape; left at SABIR_NONE: zero */
} sbr_grad_call;

/* Building errors are the graph's and need no check; a rule fails by itself only for what it does not cover, with SABIR_UNSUPPORTED. */
typedef sabir_status sbr_grad_function(sbr_grad_call *call);

/* By operator. EW rows have a function each (elementwise.c). Rows whose results do not depend smoothly on any operand, and leaves, are listed in
 * none.c; loops and custom gradients belong to the walk (loop.c, custom.c). */
extern sbr_grad_function *const sbr_grad_functions[SBR_OP_COUNT];

#define EW(name, inputs, class, result, expression, tolerance, text) sbr_grad_function sbr_grad_##name;
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) sbr_grad_function sbr_grad_##name;
#include "graph/ops.def"

/* ---- For rules ---- */

/* A rule that takes another way than the operator's own kernels, or that costs more than one would think, says so by
 *     sbr_graph_note(call->graph, "the gradient of attention's gradient is composed of products and softmax");
 * the note is printed with every program that is compiled of the graph. */

/* grad summed over the axes along which the operand of this shape was broadcast (numpy rules), and reshaped to it. */
sabir_value sbr_grad_unbroadcast(sabir_graph *graph, sabir_value grad, const sabir_shape *shape);
/* grads[output], or zeros of the output's type and shape where nothing arrived. */
sabir_value sbr_grad_of(const sbr_grad_call *call, uint32_t output);
/* A rank-0 constant of the value's type. */
sabir_value sbr_grad_number(sabir_value like, double number);
/* number everywhere, of the value's type and shape. */
sabir_value sbr_grad_full(sabir_value like, double number);

#endif
