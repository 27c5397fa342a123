/* Gradients of the conformance cases. A case's graph gets, besides its results y, random seeds w as inputs and what sabir_vjp gives for them, g, by
 * float operand; then, with random seeds r for g, its gradients in turn, h, by operand and by seed w. differences.c compares g and h with central
 * differences on the reference; gradient.c compares g on a device with the reference. */
#ifndef CONFORM_GRADIENT_H
#define CONFORM_GRADIENT_H

#include "plan.h"

/* The first call that fails ends a step. */
#define CONFORM_STEP(call)                       \
    do {                                         \
        const sabir_status status_ = (call);     \
        if (status_ != SABIR_OK) return status_; \
    } while (0)

enum { CONFORM_LEAVES = 3 * CONFORM_MOST };

typedef enum conform_leaf_kind { CONFORM_LEAF_INPUT, CONFORM_LEAF_VARIABLE, CONFORM_LEAF_SCALAR } conform_leaf_kind;

/* Whatever is given to a run: operands of the case, seeds w and r. */
typedef struct conform_leaf {
    conform_leaf_kind kind;
    char name[16];
    sabir_type type;
    sabir_shape shape;        /* dims and all */
    conform_fill fill;
    const double *scalar;     /* its value by round */
    sabir_value value;
    int32_t result;           /* a seed w: of y number result; else -1 */
    bool moved;               /* whether a gradient is taken in it */
    sabir_shape now;          /* in this round */
    int64_t count;
    void *data;               /* elements in their type */
    double *base, *direction; /* where moved */
} conform_leaf;

/* y, g or h. */
typedef struct conform_set { char letter; uint32_t count; sabir_value values[2 * CONFORM_MOST]; } conform_set;

/* A program and what is bound to it. */
typedef struct conform_half {
    sabir_device *device;
    sabir_store *store;
    sabir_program *program;
    sabir_tensor *leaves[CONFORM_LEAVES];
    uint32_t set_count; /* of the sets that are computed: y, then g, then h */
    sabir_tensor *results[3][2 * CONFORM_MOST];
} conform_half;

typedef struct conform_gradient {
    conform_session *session;
    const conform_case *of;
    sabir_type type; /* built in, instead of the case's own */
    conform_plan plan;
    sabir_graph *graph;
    conform_leaf leaves[CONFORM_LEAVES];
    uint32_t leaf_count;
    uint32_t moved[2 * CONFORM_MOST], moved_count; /* leaves: those of g and h */
    uint32_t moved_operands;                       /* how many of them come before the seeds w */
    conform_set sets[3];
    uint64_t seed;
    bool is_exact;   /* moves by eighths, without rounding */
    const char *where;
    char message[640];
    int32_t only;    /* number of the one leaf that moves; -1: all */
    bool unsupported, differs, moves; /* moves: whether any gradient was not 0 */
} conform_gradient;

/* The graph: operands, results and gradients; second: those of the gradients too. Sets are empty where there is nothing to differentiate:
 * no operand or no result of a float type, or data given by a formula. */
sabir_status conform_gradient_build(conform_gradient *t, sabir_type type, bool second);
/* Compiles the first set_count sets. */
sabir_status conform_gradient_compile(conform_gradient *t, conform_half *half, sabir_device *device, uint32_t set_count);
/* Data of all leaves for a round; half gives the shapes; draw tells one try from another. */
sabir_status conform_gradient_fill(conform_gradient *t, conform_half *half, uint32_t round, uint32_t draw);
/* Runs with moved leaves at base + step * direction. */
sabir_status conform_gradient_run(conform_gradient *t, conform_half *half, uint32_t round, double step);
sabir_status conform_set_dims(const conform_gradient *t, conform_half *half, uint32_t round);
/* Lets go of inputs; those bound tell the dims. */
void conform_half_unbind(const conform_gradient *t, conform_half *half);
/* Elements of value i of set s as doubles, freed by the caller. */
sabir_status conform_gradient_read(const conform_half *half, uint32_t s, uint32_t i, double **elements, int64_t *count);
void conform_half_free(conform_half *half);
void conform_gradient_free(conform_gradient *t);

/* By differences, on the reference, in f64. */
sabir_status conform_check_differences(conform_gradient *t);
/* Runs one case and counts it in the result; without anything to differentiate it passes. *moves: whether a gradient was not 0. */
sabir_status conform_run_gradient(conform_session *session, const conform_case *one, const char *name, bool *moves);

#endif
