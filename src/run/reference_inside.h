/* What the making and the running of a reference program share. */
#ifndef SBR_REFERENCE_INSIDE_H
#define SBR_REFERENCE_INSIDE_H

#include "ref/ref.h"
#include "reference.h"

/* A value at run, shared by who holds it: carried values go from one iteration to the next without being copied. */
typedef struct sbr_cell { sbr_ref_tensor tensor; uint32_t holders; } sbr_cell;

struct sbr_reference {
    sabir_graph *graph;
    bool *needed;       /* by node */
    uint32_t *dies;     /* by node: the first value that nobody needs after it; UINT32_MAX: none */
    uint32_t *dies_next; /* by value */
    sbr_cell **cells;       /* by value, while a run is in progress */
};
#endif
