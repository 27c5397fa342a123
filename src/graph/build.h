/* Shared by the builders and shape rules of this folder. */
#ifndef SBR_BUILD_H
#define SBR_BUILD_H

#include "graph.h"

/* A loop being built; in the arena. */
struct sbr_loop_frame {
    sbr_loop_frame *outer;
    uint32_t depth;          /* of its body: 1 for an outermost loop */
    uint32_t body_first;     /* node */
    int64_t trips;
    uint32_t carried;
    const uint32_t *initial; /* value indices */
};

static inline sabir_value sbr_null(sabir_graph *graph) { return (sabir_value){graph, SABIR_NONE_INDEX}; }
/* Whether an optional operand was left out. */
static inline bool sbr_absent(sabir_value value) { return value.graph == NULL && value.index == SABIR_NONE_INDEX; }

/* Whether nodes may still be added: a graph, and no error yet. A builder asks before it does anything else. */
bool sbr_graph_open(sabir_graph *graph, const char *call);
/* Ends a call that no macro places: what it made, nodes or an error, is not to get the place of the next one. */
void sbr_graph_without_place(sabir_graph *graph);
/* As sbr_graph_fail, for such calls. */
void sbr_graph_fail_here(sabir_graph *graph, sabir_status status);
/* As sbr_graph_owns, but keeps no error. */
sabir_status sbr_need_readable(const sabir_graph *graph, sabir_value value, const char *what);
/* Appends a loop's node, with one output for each carried value and the count. */
sabir_value sbr_add_loop(sabir_graph *graph, const uint32_t *inputs, uint32_t input_count, const sbr_loop_attrs *attrs);
/* Appends a custom gradient's node, with one output for each of the first outputs operands. */
sabir_value sbr_add_custom(sabir_graph *graph, const uint32_t *inputs, uint32_t input_count, uint32_t outputs, const sbr_custom_attrs *attrs);

static inline const sbr_value_info *sbr_info(sabir_value value) { return &value.graph->values.data[value.index]; }
static inline bool sbr_type_valid(sabir_type type) { return (unsigned)type < SABIR_TYPE_COUNT; }

/* For shape rules: each fails with a message that names the operand. */
sabir_status sbr_need_class(const sbr_signature *signature, uint32_t operand, sbr_class class_, const char *what);
sabir_status sbr_need_type(const sbr_signature *signature, uint32_t operand, sabir_type type, const char *what);
sabir_status sbr_need_same_type(const sbr_signature *signature, uint32_t operand, uint32_t as, const char *what);
sabir_status sbr_need_rank(const sbr_signature *signature, uint32_t operand, int32_t least, int32_t most, const char *what);
/* Two extents that have to be equal; what names both ("inner extents"). */
sabir_status sbr_need_equal(const sbr_signature *signature, sabir_extent a, sabir_extent b, const char *what);
/* The operand's shape equals shape; what names the operand. */
sabir_status sbr_need_shape(const sbr_signature *signature, uint32_t operand, const sabir_shape *shape, const char *what);
/* An extent that the kernel has to know when it is built. */
sabir_status sbr_need_number(const sbr_signature *signature, sabir_extent extent, const char *what);
/* An extent whose indices are i32. */
sabir_status sbr_need_indexable(const sbr_signature *signature, sabir_extent extent);
/* Row pointers i32 [n + 1]: *count is n. */
sabir_status sbr_need_pointers(const sbr_signature *signature, uint32_t operand, sabir_extent *count);
/* Distinct axes, made non-negative, in the order given; SABIR_ALL_AXES stands for each of them where all is true. */
sabir_status sbr_need_axes(sabir_ints *axes, int32_t rank, bool all);
/* Numpy broadcasting; graph is for the texts of dims. */
sabir_status sbr_broadcast_shapes(const sabir_graph *graph, const sabir_shape *a, const sabir_shape *b, sabir_shape *result);

static inline void sbr_set_result(sbr_signature *signature, uint32_t slot, sabir_type type, const sabir_shape *shape)
{
    signature->result_types[slot] = type;
    signature->result_shapes[slot] = *shape;
}
/* shape without, and with, an axis. */
sabir_shape sbr_shape_drop(sabir_shape shape, int32_t axis);
sabir_status sbr_shape_append(sabir_shape *shape, sabir_extent extent);

#define EW(name, inputs, class, result, expression, tolerance, text)
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) sbr_shape_rule sbr_rule_##name;
#include "ops.def"
sbr_shape_rule sbr_rule_elementwise;

#endif
