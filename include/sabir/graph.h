/* The graph: values, dims, inputs, variables, scalars, loops. A graph belongs to no device until it is compiled (program.h).
 *
 * Building needs no check per line. A graph keeps its first error, with the operator, the shapes and the caller's file and
 * line; from then on every call returns the null value. sabir_graph_status and sabir_compile report it.
 * A graph is used by one thread at a time. */
#ifndef SABIR_GRAPH_H
#define SABIR_GRAPH_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sabir_graph sabir_graph;

/* A value of a graph. A value of another graph is caught. The null value (index UINT32_MAX) stands for an error. */
typedef struct sabir_value {
    sabir_graph *graph;
    uint32_t index;
} sabir_value;

SABIR_API sabir_status sabir_graph_create(sabir_context *context, sabir_graph **graph);
SABIR_API void sabir_graph_destroy(sabir_graph *graph); /* NULL is allowed; compiled programs live on */
/* The first error, or SABIR_OK; the message is sabir_last_message(). */
SABIR_API sabir_status sabir_graph_status(const sabir_graph *graph);

SABIR_API sabir_context *sabir_graph_context(const sabir_graph *graph); /* that it was made in; borrowed */

SABIR_API const char *sabir_value_name(sabir_value value); /* of an input, scalar or variable; NULL for any other value. Valid while the graph is */
/* For functions that are made of operators: keeps the error, unless there is one, as if an operator had made it. Returns the null value. */
SABIR_API sabir_value sabir_graph_fail(sabir_graph *graph, sabir_status status, const char *message);
SABIR_API sabir_type sabir_value_type(sabir_value value);
SABIR_API sabir_shape sabir_value_shape(sabir_value value);

/* Gives the nodes just built, or the error just made, the caller's place. The operator macros call it. */
SABIR_API sabir_value sabir_located(sabir_value value, const char *file, int line);
/* The same for calls that build and return a status, which it hands on. */
SABIR_API sabir_status sabir_placed(sabir_graph *graph, sabir_status status, const char *file, int line);

/* An extent known at run, with its maximum; memory is planned for the maximum. Extents of the same dim are equal.
 * 0 <= minimum <= maximum. Returns an extent for use in shapes (a negative number), or 0 after an error. */
SABIR_API sabir_extent sabir_dim_create(sabir_graph *graph, const char *name, int64_t minimum, int64_t maximum);
/* scale * dim + offset, at least 0. */
SABIR_API sabir_extent sabir_dim_affine(sabir_graph *graph, sabir_extent dim, int64_t scale, int64_t offset);
SABIR_API sabir_extent sabir_dim_product(sabir_graph *graph, sabir_extent a, sabir_extent b);

/* Leaves. Names are unique among inputs, scalars and variables of a graph, and are copied. */
SABIR_API sabir_value sabir_input(sabir_graph *graph, const char *name, sabir_type type, sabir_shape shape);
/* State in a store, by name; its value here is the value at entry to the run. The shape has no dims. */
SABIR_API sabir_value sabir_variable(sabir_graph *graph, const char *name, sabir_type type, sabir_shape shape);
/* A rank-0 value set before each run (sabir_set_f32 and so on); changing it recompiles nothing. f32, f64, i32 or u32. */
SABIR_API sabir_value sabir_scalar(sabir_graph *graph, const char *name, sabir_type type);
/* data: the elements, row-major, in the type's own representation; copied. The shape has no dims. */
SABIR_API sabir_value sabir_constant(sabir_graph *graph, sabir_type type, sabir_shape shape, const void *data);
/* A rank-0 constant of the type, converted from number. */
SABIR_API sabir_value sabir_number(sabir_graph *graph, sabir_type type, double number);
/* number, broadcast to shape. */
SABIR_API sabir_value sabir_full(sabir_graph *graph, sabir_type type, sabir_shape shape, double number);
/* The run's extent of a dim, as an i32 of rank 0. */
SABIR_API sabir_value sabir_dim_value(sabir_graph *graph, sabir_extent dim);

/* Names a value to be read back. Outputs never alias inputs unless bound so. Names are unique among outputs. */
SABIR_API void sabir_output(sabir_graph *graph, const char *name, sabir_value value);
/* variable takes value at the end of the run; all assigns take effect together; one assign a variable. Types and shapes are equal. */
SABIR_API void sabir_assign(sabir_graph *graph, sabir_value variable, sabir_value value);

/* A loop region. Between begin and end every node built belongs to the body. The body may read any outer value.
 *   sabir_value carried[2];
 *   sabir_loop_begin(g, 100, (sabir_value[]){x0, r0}, 2, carried);
 *   ... next values from carried[0], carried[1] ...
 *   sabir_value count = sabir_loop_end(g, (sabir_value[]){x1, r1}, 2, going, results);
 * Runs the body at most trips times. going: rank-0 bool computed in the body; once it is false, later iterations do nothing
 * (on the device, without the host); the null value (SABIR_NONE) for always. results receives the carried values after the
 * last iteration; the return value is the number of iterations that ran (i32, rank 0): below trips means the condition ended it.
 * Types and shapes of next values equal those carried. Assigns and outputs are not made inside. Loops nest. */
SABIR_API void sabir_loop_begin(sabir_graph *graph, int64_t trips, const sabir_value *initial, uint32_t count, sabir_value *carried);
SABIR_API sabir_value sabir_loop_end(sabir_graph *graph, const sabir_value *next, uint32_t count, sabir_value going, sabir_value *results);

#define SABIR_NONE_INDEX UINT32_MAX
#ifdef __cplusplus
#  define SABIR_NONE (sabir_value{nullptr, SABIR_NONE_INDEX})
#else
#  define SABIR_NONE ((sabir_value){NULL, SABIR_NONE_INDEX})
#endif

/* The graph as text (one line a node) or as a dot drawing. The string is the caller's: sabir_string_free. */
SABIR_API sabir_status sabir_graph_text(const sabir_graph *graph, char **text);
SABIR_API sabir_status sabir_graph_dot(const sabir_graph *graph, char **text);
SABIR_API void sabir_string_free(sabir_context *context, char *text);

#ifdef __cplusplus
}
#endif

#define SABIR_HERE(call) sabir_located((call), __FILE__, __LINE__)
#ifndef SABIR_PLAIN_NAMES
#  define sabir_input(...) SABIR_HERE((sabir_input)(__VA_ARGS__))
#  define sabir_variable(...) SABIR_HERE((sabir_variable)(__VA_ARGS__))
#  define sabir_scalar(...) SABIR_HERE((sabir_scalar)(__VA_ARGS__))
#  define sabir_constant(...) SABIR_HERE((sabir_constant)(__VA_ARGS__))
#  define sabir_full(...) SABIR_HERE((sabir_full)(__VA_ARGS__))
#  define sabir_loop_end(...) SABIR_HERE((sabir_loop_end)(__VA_ARGS__))
#endif
#endif
