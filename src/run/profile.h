/* Device times by kernel: rows over many runs, and the launches of the last run for a trace. */
#ifndef SBR_PROFILE_H
#define SBR_PROFILE_H

#include "base/text.h"

typedef struct sbr_profile_row { char name[96]; uint64_t launches, flops, bytes; double seconds; } sbr_profile_row;
typedef struct sbr_profile_span { uint32_t row; uint64_t begin, end; } sbr_profile_span; /* nanoseconds */

typedef struct sbr_profile {
    const sabir_allocator *allocator;
    SBR_VECTOR(sbr_profile_row) rows;
    SBR_VECTOR(sbr_profile_span) spans; /* of the last run */
} sbr_profile;

void sbr_profile_begin_run(sbr_profile *profile);
/* One launch. Out of memory: it is not counted. */
void sbr_profile_add(sbr_profile *profile, const char *name, uint64_t begin, uint64_t end, uint64_t flops, uint64_t bytes);
void sbr_profile_clear(sbr_profile *profile);
void sbr_profile_free(sbr_profile *profile);
void sbr_profile_print_table(const sbr_profile *profile, sbr_text *text);
void sbr_profile_print_trace(const sbr_profile *profile, sbr_text *text);
#endif
