#include "hazard.h"

void sbr_hazards_free(sbr_hazards *hazards) { sbr_vector_free(hazards->allocator, &hazards->touched); }

void sbr_hazards_clear(sbr_hazards *hazards) { hazards->touched.count = 0; }

static bool overlap(const sbr_hazard_range *a, const sbr_hazard_range *b) { return a->buffer == b->buffer && a->begin < b->end && b->begin < a->end; }

bool sbr_hazards_conflict(const sbr_hazards *hazards, const sbr_hazard_range *touches, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (touches[i].begin >= touches[i].end) continue;
        for (uint32_t j = 0; j < hazards->touched.count; j++) {
            const sbr_hazard_range *old = &hazards->touched.data[j];
            if ((touches[i].writes || old->writes) && overlap(&touches[i], old)) return true;
        }
    }
    return false;
}

/* Joins what is equal or goes on where an old range ends, so that a long run of reads of one tensor stays one row. */
static bool join(sbr_hazards *hazards, const sbr_hazard_range *touch)
{
    for (uint32_t j = 0; j < hazards->touched.count; j++) {
        sbr_hazard_range *old = &hazards->touched.data[j];
        if (old->buffer != touch->buffer || old->writes != touch->writes || touch->begin > old->end || old->begin > touch->end) continue;
        if (touch->begin < old->begin) old->begin = touch->begin;
        if (touch->end > old->end) old->end = touch->end;
        return true;
    }
    return false;
}

sabir_status sbr_hazards_add(sbr_hazards *hazards, const sbr_hazard_range *touches, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (touches[i].begin >= touches[i].end || join(hazards, &touches[i])) continue;
        if (!sbr_push(hazards->allocator, &hazards->touched, touches[i])) return sbr_no_memory(sizeof touches[i]);
    }
    return SABIR_OK;
}
