/* Which slots a step reads and writes, and the span of steps in which a slot is used. */
#ifndef SBR_ACCESSES_H
#define SBR_ACCESSES_H

#include "module.h"

typedef struct sbr_touch { uint32_t slot; bool reads, writes, in_place; } sbr_touch;
enum { SBR_MAX_TOUCHES = SBR_MAX_BUFFERS + 1 };

/* Fills touches; returns how many. A gated launch reads slot 0. */
static inline uint32_t sbr_step_touches(const sbr_step *step, sbr_touch touches[SBR_MAX_TOUCHES])
{
    uint32_t count = 0;
    switch (step->kind) {
        case SBR_STEP_LAUNCH:
            for (uint32_t b = 0; b < step->launch->desc->buffer_count; b++) {
                const sbr_operand *operand = &step->launch->operands[b];
                touches[count++] = (sbr_touch){operand->slot, (operand->access & SBR_READ) != 0, (operand->access & SBR_WRITE) != 0,
                                               (step->launch->in_place >> b & 1u) != 0};
            }
            if (step->gate) touches[count++] = (sbr_touch){0, true, false, false};
            break;
        case SBR_STEP_COPY:
            touches[count++] = (sbr_touch){step->from, true, false, false};
            touches[count++] = (sbr_touch){step->to, false, true, false};
            break;
        case SBR_STEP_LOOP:
        case SBR_STEP_END: break;
    }
    return count;
}

typedef struct sbr_span { uint32_t first, last; } sbr_span; /* steps; first > last: never used */

/* Spans of all slots. With whole_loops a slot used both inside and outside a loop is in use throughout the loop. */
sabir_status sbr_find_spans(const sbr_module *module, bool whole_loops, sbr_span *spans);
#endif
