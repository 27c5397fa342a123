/* Where barriers are needed: ranges of bytes touched since the last barrier, and whether a new access must wait for one of them
 * (read after write, write after read, write after write). A barrier clears everything. Knows buffers only by number. */
#ifndef SBR_HAZARD_H
#define SBR_HAZARD_H

#include "base/base.h"

typedef struct sbr_hazard_range {
    uint64_t buffer;       /* any number that names it */
    uint64_t begin, end;   /* bytes; an empty range touches nothing */
    bool writes;
} sbr_hazard_range;

typedef struct sbr_hazards {
    const sabir_allocator *allocator;
    SBR_VECTOR(sbr_hazard_range) touched;
} sbr_hazards;

void sbr_hazards_free(sbr_hazards *hazards);
void sbr_hazards_clear(sbr_hazards *hazards); /* after a barrier */
/* Whether a command that touches these ranges needs a barrier before it. */
bool sbr_hazards_conflict(const sbr_hazards *hazards, const sbr_hazard_range *touches, uint32_t count);
/* Notes them. */
sabir_status sbr_hazards_add(sbr_hazards *hazards, const sbr_hazard_range *touches, uint32_t count);
#endif
