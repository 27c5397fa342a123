/* Forward values computed again. The nodes forward are cut into segments; only what a later segment reads is kept, and when the walk comes to a segment it
 * is computed again from that. units.c says what is read and how large it is, cuts.c where to cut, remat.c builds. */
#ifndef SBR_REMAT_H
#define SBR_REMAT_H

#include "vjp.h"

/* Value is read by a node, or by what the rule of a node built. */
typedef struct sbr_use { uint32_t value, node; } sbr_use;
/* By node: uses of node n are data[first[n] .. first[n + 1] - 1]. */
typedef struct sbr_uses { SBR_VECTOR(sbr_use) list; uint32_t *first; } sbr_uses;

/* A unit is a node of the region that is differentiated, a loop with its body. */
typedef struct sbr_units {
    const sabir_graph *graph;
    const sabir_allocator *allocator;
    uint32_t first_node, end_node, value_count, depth;
    uint32_t *maker;  /* by value: the unit that makes it; UINT32_MAX: a leaf, or from outside the region: always there */
    uint32_t *root;   /* by value: what it is a view of; itself where it has memory */
    uint64_t *bytes;  /* by value: of roots, dims at their maxima */
    uint64_t *tape;   /* by node: bytes of the tape of its loop that are read */
    sbr_uses forward, backward;
    /* a plan: */
    uint32_t *segment; /* by node */
    uint32_t segments;
    bool *kept;        /* by value: made in a segment, read in a later one */
    bool *again;       /* by node: computed again in its segment */
    uint32_t *stamp;   /* by value: scratch */
    uint32_t stamps;
} sbr_units;

/* From a walk that was built in full, its results being live. */
sabir_status sbr_units_find(const sbr_walk *walk, const sbr_vjp_call *call, sbr_units *units);
void sbr_units_free(sbr_units *units);
bool sbr_units_has(const sbr_units *units, uint32_t n);
/* Cuts into count segments or fewer, at narrow places. */
sabir_status sbr_units_cut(sbr_units *units, uint32_t count);
/* Fills in kept and again, and estimates the bytes that are there at once. */
uint64_t sbr_units_estimate(sbr_units *units);

#endif
