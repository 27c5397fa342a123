/* For authors of cases. A case is a small graph: its build function makes operands with data of their own, applies the operator and names
 * outputs; the runner (runner.c) runs it on the device and on the reference and compares every output and variable. */
#ifndef CONFORM_CASE_H
#define CONFORM_CASE_H

#include <stdbool.h>

#include "conform.h"

typedef struct conform_build conform_build;
typedef void conform_builder(conform_build *b);

/* Sets of types, as bits. */
#define OF(type) (1u << SABIR_##type)
enum {
    FLOATS = OF(F32) | OF(F16) | OF(BF16) | OF(F64),
    INTS = OF(I32) | OF(U32) | OF(I8) | OF(U8),
    NUMBERS = FLOATS | INTS,
    ANY = NUMBERS | OF(BOOL),
    ALL = ANY | OF(I64),
    WIDTHS = OF(F32) | OF(F16) | OF(U8) | OF(F64) | OF(BOOL), /* one of each size, for what only moves elements */
};

typedef struct conform_case {
    const char *op, *detail;
    sabir_type type;
    uint32_t number;    /* among those of its operator */
    int variant;        /* the builder's own */
    const void *data;   /* the builder's own */
    conform_builder *build;
    double tolerance;   /* for f32, from the table; 0: exact */
    bool large;
    bool fused, no_simplify, unplanned; /* how it is compiled; cases run each operator by a kernel of its own */
} conform_case;

typedef struct conform_list {
    conform_case *cases;
    uint32_t count, capacity;
    const char *op;      /* of the cases being added */
    double tolerance;
    sabir_status status;
} conform_list;

/* Adds a case for each type in types. detail is kept, not copied. */
void conform_add(conform_list *list, unsigned types, const char *detail, conform_builder *build, int variant);
void conform_add_large(conform_list *list, const char *detail, conform_builder *build);

/* conform_cases_NAME(list) adds the cases of operator NAME. */
#define CONFORM_CASES(name) void conform_cases_##name(conform_list *list); void conform_cases_##name(conform_list *list)

/* ---- Data ----
 * Floats are uniform in low .. high and rounded to their type; integers are drawn from low .. high, both included; bool is either. */
typedef struct conform_fill {
    double low, high;
    unsigned flags;
    double (*formula)(int64_t index); /* instead of all else */
} conform_fill;
enum {
    CONFORM_SPECIAL = 1, /* now and then NaN, infinities, zeros of both signs; of integers the least, the greatest, 0, 1 and -1 */
    CONFORM_COARSE = 2,  /* floats are multiples of 1/4, so that equal ones occur */
    CONFORM_WHOLE = 4,   /* the whole range of an integer type; floats as given */
    CONFORM_RISING = 8,  /* ascending; the first is low, the last high */
};
#define BETWEEN(low, high) ((conform_fill){(low), (high), 0, NULL})
#define PLAIN BETWEEN(-2, 2)

/* ---- Operands ---- */

struct conform_build {
    sabir_graph *graph;
    const conform_case *of;
    sabir_type type; /* of the case */
    int variant;
    struct conform_plan *plan; /* what the runner needs to know */
};

/* An extent known at run: the graph is run twice, with each of the values. */
sabir_extent conform_dim(conform_build *b, int64_t maximum, int64_t first, int64_t second);
sabir_extent conform_dim_from(conform_build *b, int64_t minimum, int64_t maximum, int64_t first, int64_t second);
sabir_value conform_input(conform_build *b, sabir_type type, sabir_shape shape, conform_fill fill);
sabir_value conform_variable(conform_build *b, const char *name, sabir_type type, sabir_shape shape, conform_fill fill);
/* The graph is run twice, with each of the values. */
sabir_value conform_scalar(conform_build *b, sabir_type type, double first, double second);
/* An i32 or u32 constant vector. */
sabir_value conform_list_of(conform_build *b, sabir_type type, sabir_ints values);
/* Compared with the tolerance of the operator's row. Names are unique in a case. */
void conform_output(conform_build *b, const char *name, sabir_value value);
/* tolerance for f32, 0: exact. */
void conform_output_within(conform_build *b, const char *name, sabir_value value, double tolerance);
/* Compared with a formula of the element's index instead of the reference, which such a case does without. */
void conform_output_formula(conform_build *b, const char *name, sabir_value value, double (*formula)(int64_t index));

/* ---- Operands that are no dense tensors ---- */

typedef enum conform_layout {
    CONFORM_DENSE,
    CONFORM_TRANSPOSED, /* axes in reverse order in memory */
    CONFORM_BACKWARD,   /* the last axis walked backwards */
    CONFORM_ODD,        /* rows that begin inside a word where elements are smaller than one */
    CONFORM_STEPPED,    /* every second element of the last axis */
    CONFORM_REPEATED,   /* the first axis repeats one slice */
    CONFORM_LAYOUTS
} conform_layout;

extern const char *const conform_layout_names[CONFORM_LAYOUTS];
/* Of the shape (numbers only) by way of the layout. Rank 0 is always dense. */
sabir_value conform_laid(conform_build *b, conform_layout layout, sabir_type type, sabir_shape shape, conform_fill fill);

typedef sabir_value conform_apply(conform_build *b, sabir_value x);
/* One output for an operand of shape in each layout. */
void conform_over_layouts(conform_build *b, sabir_shape shape, conform_fill fill, conform_apply *apply);
/* One output for each shape, named by its position. */
void conform_over_shapes(conform_build *b, const sabir_shape *shapes, uint32_t count, conform_fill fill, conform_apply *apply);

#define COUNT_OF(array) ((uint32_t)(sizeof(array) / sizeof *(array)))

#endif
