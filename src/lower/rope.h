/* Rotary positions: what kernels/math/turn.k reads. */
#ifndef SBR_LOWER_ROPE_H
#define SBR_LOWER_ROPE_H

#include "lower.h"

/* The frequencies of all pairs, two u32 words each, as a constant of the module. */
sabir_status sbr_rope_table(sbr_lowering *lowering, double base, int64_t rotated, sbr_view *table);
#endif
