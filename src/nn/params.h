/* Parameters by name. */
#ifndef SBR_NN_PARAMS_H
#define SBR_NN_PARAMS_H

#include "base/context.h"
#include "base/options.h"
#include "base/text.h"
#include "graph/is_value.h"
#include "graph/keep.h"
#define SABIR_PLAIN_NAMES
#include "sabir/nn.h"

typedef struct sbr_param_info {
    const char *name; /* in the arena */
    sabir_init init;
} sbr_param_info;

struct sabir_params {
    sabir_graph *graph;
    sabir_context *context; /* retained */
    sbr_arena arena;
    uint64_t seed;
    sabir_type type;
    sbr_text scope;                  /* "block0/attention/", or nothing */
    SBR_VECTOR(size_t) scopes;       /* lengths of scope before each enter */
    SBR_VECTOR(sabir_value) values;
    SBR_VECTOR(sbr_param_info) infos; /* by value */
    SBR_VECTOR(sabir_value) groups[2];
};

/* init.c: count elements of the initial value from element first on, converted to the type. */
void sbr_init_fill(const sabir_init *init, const sabir_shape *shape, uint64_t seed, const char *name, sabir_type type, int64_t first, int64_t count, void *elements);
/* Kinds and numbers; SABIR_INVALID_ARGUMENT. */
sabir_status sbr_init_check(const sabir_init *init);

/* The context's allocator. */
static inline const sabir_allocator *sbr_params_allocator(const sabir_params *params) { return sbr_context_allocator(params->context); }
/* Whether blocks may be built; a NULL is no graph's error. */
bool sbr_params_open(const sabir_params *params, const char *call);
/* Keeps the error, with the block's name in front. Returns the null value. */
sabir_value sbr_params_refuse(const sabir_params *params, const char *block, const char *name, sabir_status status);
/* Whether x is a float value of this graph with that rank at least, and its extent along axis (from the end if negative) a number; keeps the error otherwise. */
bool sbr_params_takes(const sabir_params *params, const char *block, const char *name, sabir_value x, int32_t least_rank, int32_t axis, int64_t *extent);
/* layers.c: [..., width] as [rows, width]; rank 1 or more. */
sabir_value sbr_as_rows(sabir_graph *graph, sabir_value x);
#endif
