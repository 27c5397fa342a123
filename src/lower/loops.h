/* Where loops begin, and which have twins: loops that gradients built later and that do more, so that they run in their place. For simplify.c. */
#ifndef SBR_LOOPS_H
#define SBR_LOOPS_H

#include "graph/graph.h"

typedef struct sbr_loops {
    uint32_t *opens; /* by node: the outermost loop whose body begins there; UINT32_MAX: none */
    uint32_t *inner; /* by loop: the next one inwards that begins at the same node */
    uint32_t *twin;  /* by loop: the last twin of its own depth, in graph->twins; UINT32_MAX: none */
} sbr_loops;

/* twins: whether there are to be any. Freed by the caller, after a failure too. */
sabir_status sbr_loops_find(const sabir_graph *graph, const sabir_allocator *allocator, bool twins, sbr_loops *loops);
void sbr_loops_free(const sabir_allocator *allocator, sbr_loops *loops);
/* The outermost loop before node end whose body begins at node n; UINT32_MAX: none. */
uint32_t sbr_loops_opening(const sbr_loops *loops, uint32_t n, uint32_t end);
/* The twin that runs in the place of loop n; NULL: none that is live. */
const sbr_twin *sbr_loops_twin(const sbr_loops *loops, const sabir_graph *graph, const bool *live, uint32_t n);
/* What is live of loops becomes live of their twins. Returns whether anything did. */
bool sbr_loops_share(const sbr_loops *loops, const sabir_graph *graph, bool *live);

#endif
