/* The reference: every operator in float64 (integers in int64, wrapped to their type), plainly written. The oracle of all tests.
 *
 * Floats of any type are held as double and are not rounded between operators (cast rounds to its type); integers and bool are
 * held as int64 and every result is wrapped to its type. Tensors are dense, row-major. Rules where conventions differ:
 * integer x / 0 = 0; min and max carry NaN; an empty max is -inf; order is stable, ties to the lowest index, NaN last in sorts and
 * largest in top-k and argmax; duplicate scatter-set indices: the last wins. */
#ifndef SBR_REF_H
#define SBR_REF_H

#include "graph/graph.h"

typedef struct sbr_ref_tensor {
    sabir_type type;
    int32_t rank;
    int64_t extents[SABIR_MAX_RANK];
    int64_t count;
    double *f;   /* float types, else NULL */
    int64_t *i;  /* other types, else NULL */
} sbr_ref_tensor;

typedef struct sbr_ref_call {
    const sabir_allocator *allocator;
    const void *attrs;             /* the operator's struct; extents in it may be dims: take them from the outputs instead */
    const sbr_ref_tensor *inputs;
    uint32_t input_count;
    sbr_ref_tensor *outputs;       /* allocated, shaped; to be filled */
    uint32_t output_count;
} sbr_ref_call;

typedef sabir_status sbr_ref_function(const sbr_ref_call *call);

/* By operator; NULL for leaves, state and regions, which the executor handles. */
extern sbr_ref_function *const sbr_ref_functions[SBR_OP_COUNT];

/* Fills in count and allocates (zeroed). */
sabir_status sbr_ref_alloc(const sabir_allocator *allocator, sbr_ref_tensor *tensor);
void sbr_ref_free(const sabir_allocator *allocator, sbr_ref_tensor *tensor);
/* Between a tensor and elements in their own representation (data: count * sabir_type_size bytes). Storing rounds to the type. */
void sbr_ref_load(sbr_ref_tensor *tensor, const void *data);
void sbr_ref_store(const sbr_ref_tensor *tensor, void *data);
/* value wrapped to an integer type (bool: 0 or 1). */
int64_t sbr_ref_wrap(sabir_type type, int64_t value);
/* value rounded to a float type. */
double sbr_ref_round(sabir_type type, double value);
#endif
