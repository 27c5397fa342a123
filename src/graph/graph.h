/* The graph inside: nodes, values and loop regions in arrays addressed by ids.
 *
 * Nodes are appended in an order in which every operand precedes its reader. The body of a loop is the run of nodes
 * [body_first, the loop node): its carry nodes come first, nested loops lie inside. */
#ifndef SBR_GRAPH_H
#define SBR_GRAPH_H

#define SABIR_PLAIN_NAMES
#include "base/context.h"
#include "expr.h"
#include "sabir/grad.h"
#include "sabir/moe.h"
#include "sabir/ops.h"
#include "sabir/sparse.h"

enum { SBR_VIEW = 1, SBR_LEAF = 2, SBR_STATE = 4, SBR_REGION = 8, SBR_EXACT = 16, SBR_ELEMENTWISE = 32, SBR_ALIAS = 64 };

typedef enum sbr_op {
#define EW(name, inputs, class, result, expression, tolerance, text) SBR_OP_##name,
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) SBR_OP_##name,
#include "ops.def"
    SBR_OP_COUNT
} sbr_op;

typedef enum sbr_class { SBR_CLASS_FLOAT, SBR_CLASS_INT, SBR_CLASS_NUMBER, SBR_CLASS_ANY, SBR_CLASS_LOGIC } sbr_class;

/* Attributes that no public function takes. */
typedef struct sbr_no_attrs { char nothing; } sbr_no_attrs;
typedef struct sbr_constant_attrs { const void *data; size_t bytes; } sbr_constant_attrs; /* data in the graph's arena */
typedef struct sbr_carry_attrs { uint32_t slot; uint32_t initial; } sbr_carry_attrs; /* initial: value index outside */
/* given: bit set of the operands that are there (attention.h). */
typedef struct sbr_attention_attrs { sabir_attention_attrs how; uint32_t given; } sbr_attention_attrs;
typedef struct sbr_softmax_losses_gradient_attrs { sabir_softmax_losses_attrs how; int32_t has_weights, has_d_loss, has_d_entropy; } sbr_softmax_losses_gradient_attrs;
/* Inputs of a loop node: initial values, next values, then going if has_going. Outputs: results, then the count. */
/* Operands of a custom gradient: the outputs, one for each result, then the inputs. */
typedef struct sbr_custom_attrs { sabir_gradient_function *function; void *user; } sbr_custom_attrs;
typedef struct sbr_loop_attrs { int64_t trips; uint32_t carried; uint32_t body_first; int32_t has_going; } sbr_loop_attrs;

/* What a shape rule reads and writes. Rules fail with sbr_fail; the builder adds operator, operands and place to the message. */
typedef struct sbr_signature {
    sabir_graph *graph;
    sbr_op op;
    const sabir_type *types;   /* of the operands */
    const sabir_shape *shapes;
    uint32_t inputs;
    void *attrs;               /* the operator's struct; a rule may normalise it (negative axes, defaults) */
    uint32_t outputs;
    sabir_type result_types[4]; /* leaves: given, and checked by the rule */
    sabir_shape result_shapes[4];
} sbr_signature;
typedef sabir_status sbr_shape_rule(sbr_signature *signature);

typedef struct sbr_op_info {
    const char *name, *text;
    uint32_t least, most, outputs, flags;
    size_t attrs_size;
    double tolerance;
    /* elementwise only */
    sbr_class class_;
    sabir_type result; /* SABIR_BOOL, or SABIR_TYPE_COUNT for the operand type */
    const char *expression;
    sbr_shape_rule *shape;
} sbr_op_info;
extern const sbr_op_info sbr_ops[SBR_OP_COUNT];
/* SBR_OP_COUNT when there is none. */
sbr_op sbr_op_find(const char *name);

typedef struct sbr_value_info {
    sabir_type type;
    sabir_shape shape;
    uint32_t node, slot; /* output number slot of node */
} sbr_value_info;

typedef struct sbr_node {
    sbr_op op;
    const void *attrs;     /* in the arena; the operator's struct */
    const uint32_t *inputs; /* values, in the arena */
    uint32_t input_count;
    uint32_t first_output, output_count; /* values */
    const char *name;      /* of an input, scalar, variable; NULL otherwise */
    const char *file;      /* the caller's place; NULL when unknown */
    int line;
    uint32_t depth;        /* number of loops around */
} sbr_node;

typedef struct sbr_output_info { const char *name; uint32_t value; } sbr_output_info;

/* Nodes first .. loop are a loop, with what its initial values need, that has all results of the loop node original and more: of carried value k,
 * output stacks[k] (SABIR_NONE_INDEX: none) holds what it was when every step-th iteration began. They read nothing that is made after the original
 * begins but what such ranges hold, so they can run in its place. Gradients make them. */
typedef struct sbr_twin { uint32_t original, first, loop; int64_t step; const uint32_t *stacks; } sbr_twin;

typedef struct sbr_loop_frame sbr_loop_frame; /* of a loop being built */

struct sabir_graph {
    sabir_context *context; /* retained; NULL in the library's own copies */
    sabir_allocator allocator;
    sbr_arena arena;
    uint32_t serial;        /* marks this graph's dims: 1 .. 2^24 - 1, shared by copies */
    sbr_exprs exprs;
    SBR_VECTOR(sbr_node) nodes;
    SBR_VECTOR(sbr_value_info) values;
    SBR_VECTOR(sbr_output_info) outputs;
    SBR_VECTOR(sbr_twin) twins;
    SBR_VECTOR(const char *) notes; /* what whoever compiles the graph is to be told; texts in the arena */
    sbr_loop_frame *loops;  /* innermost being built, or NULL */
    sabir_status status;    /* the first error */
    char message[1024];
    bool located;           /* whether the message has its place */
    uint32_t placed;        /* nodes before this one have their place, or never will */
};

/* Appends a node: copies inputs and attrs, runs the shape rule. Returns its first output; the null value, with the error kept, on
 * failure. attrs NULL: all zero. Named leaves and constants come from sbr_add_leaf, loops from sabir_loop_begin and _end. */
sabir_value sbr_add_node(sabir_graph *graph, sbr_op op, const sabir_value *inputs, uint32_t input_count, const void *attrs);
sabir_value sbr_add_1(sabir_graph *graph, sbr_op op, sabir_value x, const void *attrs);
sabir_value sbr_add_2(sabir_graph *graph, sbr_op op, sabir_value x, sabir_value y, const void *attrs);
sabir_value sbr_add_3(sabir_graph *graph, sbr_op op, sabir_value x, sabir_value y, sabir_value z, const void *attrs);
/* Appends an input, variable, scalar, constant or carry. name NULL where it has none; attrs as for sbr_add_node. */
sabir_value sbr_add_leaf(sabir_graph *graph, sbr_op op, const char *name, sabir_type type, const sabir_shape *shape, const void *attrs);
/* Output number slot of the node that made value. The null value gives the null value. */
sabir_value sbr_output_of(sabir_value value, uint32_t slot);
/* Keeps the first error; the message is the thread's last message, with prefix "operator(f32[2, 3], ...): ". Returns the null value. */
sabir_value sbr_graph_fail(sabir_graph *graph, sabir_status status);
/* Whether value may be read here; otherwise keeps the error. what names the operand in the message. */
bool sbr_graph_owns(sabir_graph *graph, sabir_value value, const char *what);

/* Extents and expressions. A negative extent below -1 is -(2 + (serial << 32 | expression)) of the graph. */
sbr_expr sbr_extent_expr(sabir_graph *graph, sabir_extent extent); /* SBR_EXPR_NONE with a message when not of this graph */
sabir_extent sbr_expr_extent(const sabir_graph *graph, sbr_expr expr);
static inline bool sbr_is_number(sabir_extent extent) { return extent >= 0; }
/* Arithmetic on extents, for shape rules: SABIR_INVALID_SHAPE on overflow or a negative number. */
sabir_status sbr_extent_affine(sabir_graph *graph, sabir_extent extent, int64_t scale, int64_t offset, int64_t divisor, sabir_extent *result); /* floor((scale e + offset) / divisor) */
sabir_status sbr_extent_add(sabir_graph *graph, sabir_extent a, sabir_extent b, sabir_extent *result);
sabir_status sbr_extent_mul(sabir_graph *graph, sabir_extent a, sabir_extent b, sabir_extent *result);
/* Whether a >= b for all values of the dims, as far as can be proven. */
bool sbr_extent_at_least(sabir_graph *graph, sabir_extent a, sabir_extent b);
/* Bounds over all values of the dims: least 0 or more; most INT64_MAX on overflow. */
int64_t sbr_extent_least(const sabir_graph *graph, sabir_extent extent);
int64_t sbr_extent_most(const sabir_graph *graph, sabir_extent extent);
/* "64", "n", "2*n+1"; returns text. */
#define SBR_EXTENT_TEXT 96
const char *sbr_extent_text(const sabir_graph *graph, sabir_extent extent, char text[SBR_EXTENT_TEXT]);
/* Product of all extents. */
sabir_status sbr_shape_count(sabir_graph *graph, const sabir_shape *shape, sabir_extent *count);
bool sbr_shape_equal(const sabir_shape *a, const sabir_shape *b);
sabir_status sbr_shape_check(sabir_graph *graph, const sabir_shape *shape); /* rank, extents, own dims, element count within int64 */
/* numpy broadcasting of two shapes; *result may be one of them. */
sabir_status sbr_shape_broadcast(const sabir_shape *a, const sabir_shape *b, sabir_shape *result);
/* Axis in 0 .. rank-1 from one that may be negative. */
sabir_status sbr_axis(int32_t axis, int32_t rank, int32_t *result);
/* "f32[2, n, 3]" */
void sbr_shape_text(const sabir_graph *graph, sabir_type type, const sabir_shape *shape, char *text, size_t size);

static inline bool sbr_is_float(sabir_type type) { return type == SABIR_F32 || type == SABIR_F16 || type == SABIR_BF16 || type == SABIR_F64; }
static inline bool sbr_is_int(sabir_type type) { return type == SABIR_I32 || type == SABIR_U32 || type == SABIR_I8 || type == SABIR_U8; }
static inline bool sbr_is_signed(sabir_type type) { return sbr_is_float(type) || type == SABIR_I32 || type == SABIR_I8 || type == SABIR_I64; }
bool sbr_class_has(sbr_class class_, sabir_type type);

/* One element converted to type, as cast does; bytes written: sabir_type_size. */
void sbr_number_store(sabir_type type, double number, void *element);
double sbr_number_load(sabir_type type, const void *element);

/* An empty graph without a context that knows the dims of like (extents mean the same in both) and shares no memory with it:
 * the passes of src/lower build their copies in it. */
sabir_status sbr_graph_create_plain(const sabir_allocator *allocator, const sabir_graph *like, sabir_graph **graph);

/* Adds a note, once each text: programs print them (sabir_program_text). */
SBR_PRINTF(2, 3) void sbr_graph_note(sabir_graph *graph, const char *format, ...);
/* How far a graph is built. sbr_graph_cut takes back what was built since, in which every loop begun was ended. */
typedef struct sbr_graph_height { uint32_t nodes, values, outputs, twins, notes; } sbr_graph_height;
sbr_graph_height sbr_graph_height_of(const sabir_graph *graph);
void sbr_graph_cut(sabir_graph *graph, sbr_graph_height height);
/* Extends live, by value, from what is set to what that stands on, within the nodes first .. end - 1: loops whole, a carried value by itself. only, by
 * value: nothing else becomes live; NULL: everything may. */
void sbr_live_extend(const sabir_graph *graph, uint32_t first, uint32_t end, const bool *only, bool *live);
/* Appends copies of the nodes first .. end - 1, at depth in their region, where things are built now (SABIR_UNSUPPORTED where one has a name). map, by value: what stands for
 * it in the copies, SABIR_NONE_INDEX for the value itself; the copies' results are entered. Copies keep their places and twins. */
sabir_status sbr_copy_nodes(sabir_graph *graph, uint32_t first, uint32_t end, uint32_t depth, uint32_t *map);

static inline const sbr_value_info *sbr_value_at(const sabir_graph *graph, uint32_t value) { return &graph->values.data[value]; }

#endif
