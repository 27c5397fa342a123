/* The walk: one differentiation in progress. vjp.c calls the rules; mark.c says what depends on what; custom.c what a gradient cannot pass; loop.c has
 * the rule of loops, which needs more of the walk than sbr_grad_call shows; remat.c walks by segments, so that less is kept. */
#ifndef SBR_VJP_H
#define SBR_VJP_H

#include "grad.h"

typedef struct sbr_vjp_call {
    sabir_graph *graph;
    int64_t segment;     /* of loops: 1 or more */
    uint32_t first_node; /* what was made before it is a leaf */
    const sabir_value *ys, *seeds; /* seeds of the types and shapes of ys */
    uint32_t y_count;
    const sabir_value *wrt;
    uint32_t count;
    sabir_value *grads;  /* SABIR_NONE where no gradient arrived */
} sbr_vjp_call;

/* Operands are checked by the caller. */
sabir_status sbr_vjp(const sbr_vjp_call *call);
/* The same with at most budget bytes of forward values kept, as nearly as can be; 0: no bound. *kept: how many are. */
sabir_status sbr_vjp_within(const sbr_vjp_call *call, uint64_t budget, uint64_t *kept);

typedef struct sbr_walk {
    sabir_graph *graph;
    int64_t segment;
    uint32_t first_node, end_node; /* nodes that are walked; what is built comes after them */
    uint32_t value_count;          /* of the nodes before end_node */
    bool *depends;                 /* by value: float, and depends on wrt */
    sabir_value *adjoints;         /* by value: what arrived so far; SABIR_NONE: nothing */
    uint32_t *stand_ins;           /* by value: what rules see instead, SABIR_NONE_INDEX: the value itself; NULL: no stand-ins */
    uint32_t *built;               /* by node, two each: what its rule built, first and end; NULL: nobody asks */
} sbr_walk;

/* Begins a walk: what depends is marked, the seeds have arrived. sbr_walk_close frees it, after a failure too. */
sabir_status sbr_walk_open(const sbr_vjp_call *call, sbr_walk *walk);
void sbr_walk_close(sbr_walk *walk);
/* Walks the nodes first .. end - 1 backwards: those of the loops being built and of what lies around them. */
sabir_status sbr_walk_range(sbr_walk *walk, uint32_t first, uint32_t end);
/* What arrived at the wrt of the call. */
void sbr_walk_collect(const sbr_walk *walk, const sbr_vjp_call *call);

/* The value that rules see for this one. */
static inline sabir_value sbr_walk_shown(const sbr_walk *walk, uint32_t value)
{
    const bool itself = !walk->stand_ins || walk->stand_ins[value] == SABIR_NONE_INDEX;
    return (sabir_value){walk->graph, itself ? value : walk->stand_ins[value]};
}

/* Whether a gradient may go through the node to this operand (custom.c). */
bool sbr_walk_flows(const sbr_node *node, uint32_t operand);
/* Fills in depends, in which wrt are set already, for what is made by nodes first_node .. end_node - 1. */
void sbr_walk_mark(sbr_walk *walk);
/* What arrived at the results of loop node n goes to its initial values and to what its body reads from outside. */
sabir_status sbr_walk_loop(sbr_walk *walk, uint32_t n);
/* a + b, gradients of one value. Where b is zero but for a block or for rows that are added to, only these are touched. SABIR_NONE: zero. */
sabir_value sbr_walk_add(sabir_graph *graph, sabir_value a, sabir_value b);
/* Adds to what arrived at value. grad SABIR_NONE: nothing. */
void sbr_walk_arrive(sbr_walk *walk, uint32_t value, sabir_value grad);

#endif
