/* Gradients of loops. The loop is run once more as its twin, which writes the carried values of every iteration on a tape; then a reversed loop
 * reads them from the last iteration to the first, computes the body again and carries the gradients back. */
#ifndef SBR_GRAD_LOOP_H
#define SBR_GRAD_LOOP_H

#include "vjp.h"

typedef enum sbr_carried_kind {
    SBR_CARRIED_TAPED,     /* its value at each iteration is on the tape */
    SBR_CARRIED_INVARIANT, /* its initial value all along */
    SBR_CARRIED_COUNTER,   /* initial + iteration * step, of rank 0 */
    SBR_CARRIED_WRITTEN    /* read only to write a block of it: no gradient needs its value */
} sbr_carried_kind;

typedef struct sbr_carried {
    uint32_t carry, initial, next; /* values of the loop being differentiated */
    sbr_carried_kind kind;
    sabir_value step;              /* of a counter */
    bool active;                   /* a gradient goes through it */
} sbr_carried;

typedef struct sbr_loop_grad {
    sbr_walk *walk;
    sabir_graph *graph;
    uint32_t n;              /* the loop's node */
    uint32_t target;         /* what a twin stands for: the loop, or what was computed again in its place; UINT32_MAX: nothing */
    uint32_t first_value;    /* values from here on, up to the loop's results, are the body's */
    sbr_node node;
    const sbr_loop_attrs *attrs;
    sbr_carried *carried;
    uint32_t active_count;
    SBR_VECTOR(uint32_t) outer; /* values from outside that the body reads and that gradients are wanted for */
    bool *arrived;           /* by flow: whether the body gave it anything; zero otherwise */
    uint32_t *map;           /* for copies of the body, by value */
} sbr_loop_grad;

/* What a run of the body, from these carried values, left behind. */
typedef struct sbr_tape {
    sabir_value count;     /* of iterations, i32 */
    sabir_value *stacks;   /* by carried: [iterations / step, elements]; SABIR_NONE: none */
} sbr_tape;

/* Gradients on their way through a loop are flows, in the order active carried values, outer values. */
static inline uint32_t sbr_loop_flows(const sbr_loop_grad *l) { return l->active_count + l->outer.count; }

/* tape.c: runs the body at most trips times, from initial (by carried); every step-th iteration is taped. length: how often it runs, i32, below or equal to trips;
 * SABIR_NONE: as the loop itself decides. For the whole loop (twin) an equal tape that is there already is taken, and a new one is kept. */
sabir_status sbr_tape_record(sbr_loop_grad *l, const sabir_value *initial, int64_t trips, int64_t step, sabir_value length, bool twin, sbr_tape *tape);
/* The carried values (by carried) at the iteration `row * step` of what the tape holds; position: that iteration counted from the loop's own first. */
sabir_status sbr_tape_read(sbr_loop_grad *l, const sbr_tape *tape, sabir_value row, sabir_value position, sabir_value *values);
void sbr_tape_free(const sbr_loop_grad *l, sbr_tape *tape);
/* A copy of the body from these carried values: its next values (by carried), and going. */
sabir_status sbr_loop_copy_body(sbr_loop_grad *l, const sabir_value *values, sabir_value *next, sabir_value *going);

/* reverse.c: the reversed loop over what the tape holds. base: where it begins in the loop; flows: gradients before and after. */
sabir_status sbr_loop_reverse(sbr_loop_grad *l, const sbr_tape *tape, int64_t trips, bool fixed, sabir_value base, sabir_value *flows);
/* The same, segment by segment: the tape holds every step-th iteration. */
sabir_status sbr_loop_reverse_segments(sbr_loop_grad *l, const sbr_tape *tape, int64_t step, sabir_value *flows);

#endif
