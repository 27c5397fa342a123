/* The memory plan: lifetimes in step order, in-place reuse, then greedily by size into chunks that the device can allocate. */
#include "accesses.h"
#include "lower.h"

typedef struct plan {
    sbr_module *module;
    uint64_t alignment, largest;
    sbr_span *spans;    /* by slot; of a group in its leader */
    uint32_t *leader;   /* slots that share memory */
    uint32_t *order;    /* leaders placed so far first */
    uint32_t count;
} plan;

static bool is_planned(const plan *p, uint32_t slot)
{
    return p->module->slots.data[slot].kind == SBR_SLOT_TEMP && p->spans[slot].first <= p->spans[slot].last;
}

static uint32_t leader_of(const plan *p, uint32_t slot)
{
    while (p->leader[slot] != slot) slot = p->leader[slot];
    return slot;
}

/* The output of a launch takes over the memory of an operand that ends there, where the kernel allows. */
static void share_in_place(plan *p, uint32_t i)
{
    const sbr_step *step = &p->module->steps.data[i];
    if (step->kind != SBR_STEP_LAUNCH || !step->launch->in_place) return;
    sbr_touch touches[SBR_MAX_TOUCHES];
    const uint32_t count = sbr_step_touches(step, touches);
    for (uint32_t o = 0; o < count; o++) {
        const uint32_t out = touches[o].slot;
        if (!touches[o].writes || touches[o].reads || !is_planned(p, out) || p->spans[leader_of(p, out)].first != i) continue;
        for (uint32_t t = 0; t < count; t++) {
            const uint32_t in = touches[t].slot;
            if (!touches[t].in_place || in == out || !is_planned(p, in)) continue;
            const uint32_t a = leader_of(p, in), b = leader_of(p, out);
            if (a == b || p->spans[a].last != i || p->module->slots.data[in].bytes != p->module->slots.data[out].bytes) continue;
            bool alone = true; /* no other operand reads the same memory elsewhere */
            for (uint32_t u = 0; u < count; u++)
                if (u != t && touches[u].slot != out && is_planned(p, touches[u].slot) && leader_of(p, touches[u].slot) == a && !touches[u].in_place) alone = false;
            if (!alone) continue;
            p->leader[b] = a;
            p->spans[a].last = p->spans[b].last;
            return;
        }
    }
}

static void sort_by_size(plan *p)
{
    /* Shell sort: no recursion, no allocation, stable enough (ties by slot number keep plans reproducible). */
    for (uint32_t gap = p->count / 2; gap > 0; gap /= 2) {
        for (uint32_t i = gap; i < p->count; i++) {
            const uint32_t slot = p->order[i];
            const uint64_t bytes = p->module->slots.data[slot].bytes;
            uint32_t j = i;
            for (; j >= gap; j -= gap) {
                const uint32_t other = p->order[j - gap];
                const uint64_t other_bytes = p->module->slots.data[other].bytes;
                if (other_bytes > bytes || (other_bytes == bytes && other < slot)) break;
                p->order[j] = other;
            }
            p->order[j] = slot;
        }
    }
}

static bool overlap(const plan *p, uint32_t a, uint32_t b)
{
    return p->spans[a].first <= p->spans[b].last && p->spans[b].first <= p->spans[a].last;
}

/* Lowest place in the chunk that no slot alive at the same time holds; order[0 .. placed) are placed. */
static uint64_t lowest_place(const plan *p, uint32_t slot, uint32_t chunk, uint32_t placed)
{
    const uint64_t bytes = p->module->slots.data[slot].bytes;
    uint64_t place = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (uint32_t i = 0; i < placed; i++) {
            const sbr_slot *other = &p->module->slots.data[p->order[i]];
            if (other->chunk != chunk || !overlap(p, slot, p->order[i])) continue;
            if (place < other->offset + other->bytes && other->offset < place + bytes) {
                place = sbr_round_up(other->offset + other->bytes, p->alignment);
                moved = true;
            }
        }
    }
    return place;
}

static sabir_status place(plan *p, uint32_t position)
{
    sbr_module *module = p->module;
    const uint32_t slot = p->order[position];
    const uint64_t bytes = module->slots.data[slot].bytes;
    if (bytes > p->largest)
        return sbr_fail(SABIR_OUT_OF_DEVICE_MEMORY, "an intermediate tensor needs %llu bytes; the device allocates %llu at most", (unsigned long long)bytes,
                        (unsigned long long)p->largest);
    for (uint32_t chunk = 0;; chunk++) {
        if (chunk == module->chunks.count && !sbr_push(&module->allocator, &module->chunks, 0)) return sbr_no_memory(sizeof(uint64_t));
        const uint64_t offset = lowest_place(p, slot, chunk, position);
        if (offset + bytes > p->largest) continue;
        module->slots.data[slot].chunk = chunk;
        module->slots.data[slot].offset = offset;
        if (offset + bytes > module->chunks.data[chunk]) module->chunks.data[chunk] = offset + bytes;
        return SABIR_OK;
    }
}

static sabir_status place_all(plan *p, bool planned)
{
    sbr_module *module = p->module;
    for (uint32_t s = 0; s < module->slots.count; s++) {
        if (!is_planned(p, s)) continue;
        module->unplanned_bytes += module->slots.data[s].bytes;
        if (!planned) p->spans[s] = (sbr_span){0, UINT32_MAX};
        if (p->leader[s] == s) p->order[p->count++] = s;
    }
    sort_by_size(p);
    for (uint32_t i = 0; i < p->count; i++) SABIR_TRY(place(p, i));
    for (uint32_t s = 0; s < module->slots.count; s++) {
        if (!is_planned(p, s) || p->leader[s] == s) continue;
        const sbr_slot *first = &module->slots.data[leader_of(p, s)];
        module->slots.data[s].chunk = first->chunk;
        module->slots.data[s].offset = first->offset;
    }
    for (uint32_t c = 0; c < module->chunks.count; c++) module->peak_bytes += module->chunks.data[c];
    return SABIR_OK;
}

/* What must be alive at the fullest step. */
static void find_live_bytes(plan *p)
{
    sbr_module *module = p->module;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        uint64_t live = 0;
        for (uint32_t s = 0; s < module->slots.count; s++)
            if (is_planned(p, s) && p->leader[s] == s && p->spans[s].first <= i && i <= p->spans[s].last) live += module->slots.data[s].bytes;
        if (live > module->live_bytes) module->live_bytes = live;
    }
}

sabir_status sbr_plan(sbr_module *module, const sbr_lower_options *options)
{
    const sabir_allocator *allocator = &module->allocator;
    const size_t slots = module->slots.count;
    plan p = {.module = module, .alignment = options->buffer_alignment > 64 ? options->buffer_alignment : 64, .largest = options->largest_allocation,
              .spans = sbr_alloc_array(allocator, slots, sizeof(sbr_span)), .leader = sbr_alloc_array(allocator, slots, sizeof(uint32_t)),
              .order = sbr_alloc_array(allocator, slots, sizeof(uint32_t))};
    sabir_status status = p.spans && p.leader && p.order ? sbr_find_spans(module, true, p.spans) : sbr_no_memory(slots * sizeof(sbr_span));
    if (status == SABIR_OK) {
        for (uint32_t s = 0; s < slots; s++) p.leader[s] = s;
        if (options->plan)
            for (uint32_t i = 0; i < module->steps.count; i++) share_in_place(&p, i);
        find_live_bytes(&p);
        status = place_all(&p, options->plan);
    }
    sbr_free(allocator, p.spans);
    sbr_free(allocator, p.leader);
    sbr_free(allocator, p.order);
    return status;
}
