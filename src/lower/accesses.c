#include "accesses.h"

sabir_status sbr_find_spans(const sbr_module *module, bool whole_loops, sbr_span *spans)
{
    for (uint32_t s = 0; s < module->slots.count; s++) spans[s] = (sbr_span){UINT32_MAX, 0};
    for (uint32_t i = 0; i < module->steps.count; i++) {
        sbr_touch touches[SBR_MAX_TOUCHES];
        const uint32_t count = sbr_step_touches(&module->steps.data[i], touches);
        for (uint32_t t = 0; t < count; t++) {
            sbr_span *span = &spans[touches[t].slot];
            if (span->first > i) span->first = i;
            span->last = i;
        }
    }
    if (!whole_loops) return SABIR_OK;
    /* Inner loops end first; widening by an inner loop can make a slot cross an outer one, which comes later. */
    for (uint32_t end = 0; end < module->steps.count; end++) {
        if (module->steps.data[end].kind != SBR_STEP_END) continue;
        const uint32_t open = module->steps.data[end].match;
        for (uint32_t s = 0; s < module->slots.count; s++) {
            sbr_span *span = &spans[s];
            if (span->first > span->last) continue;
            const bool touches_loop = span->first < end && span->last > open, inside = span->first > open && span->last < end;
            if (!touches_loop || inside) continue;
            if (span->first > open) span->first = open;
            if (span->last < end) span->last = end;
        }
    }
    return SABIR_OK;
}
