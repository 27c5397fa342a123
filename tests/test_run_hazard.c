/* The hazard tracker, against a plain model: after every barrier it asks for, no two commands between barriers touch one byte unless both read it;
 * and it asks for none where the model needs none. suite: host, timeout: 60 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "run/hazard.h"

static void *allocate(void *user, size_t size) { (void)user; return malloc(size); }
static void *resize(void *user, void *memory, size_t size) { (void)user; return realloc(memory, size); }
static void release(void *user, void *memory) { (void)user; free(memory); }
static const sabir_allocator allocator = {NULL, allocate, resize, release};

static bool conflicts(sbr_hazards *hazards, sbr_hazard_range range) { return sbr_hazards_conflict(hazards, &range, 1); }
static void add(sbr_hazards *hazards, sbr_hazard_range range) { cr_assert_eq(sbr_hazards_add(hazards, &range, 1), SABIR_OK); }

Test(run_hazard, kinds)
{
    sbr_hazards hazards = {.allocator = &allocator};
    add(&hazards, (sbr_hazard_range){1, 0, 16, true});
    cr_assert(conflicts(&hazards, (sbr_hazard_range){1, 12, 20, false}), "read after write");
    cr_assert(conflicts(&hazards, (sbr_hazard_range){1, 0, 4, true}), "write after write");
    cr_assert_not(conflicts(&hazards, (sbr_hazard_range){1, 16, 20, true}), "beside it");
    cr_assert_not(conflicts(&hazards, (sbr_hazard_range){2, 0, 16, true}), "another buffer");
    cr_assert_not(conflicts(&hazards, (sbr_hazard_range){1, 8, 8, true}), "an empty range");
    sbr_hazards_clear(&hazards);
    add(&hazards, (sbr_hazard_range){1, 0, 16, false});
    cr_assert_not(conflicts(&hazards, (sbr_hazard_range){1, 0, 16, false}), "read after read");
    cr_assert(conflicts(&hazards, (sbr_hazard_range){1, 0, 1, true}), "write after read");
    sbr_hazards_free(&hazards);
}

enum { BUFFERS = 3, BYTES = 24, COMMANDS = 20000 };

Test(run_hazard, as_the_model)
{
    sbr_hazards hazards = {.allocator = &allocator};
    unsigned char read[BUFFERS][BYTES] = {{0}}, written[BUFFERS][BYTES] = {{0}};
    uint32_t state = 12345, barriers = 0;
    for (uint32_t n = 0; n < COMMANDS; n++) {
        sbr_hazard_range ranges[3];
        uint32_t count = 1 + (state >> 8) % 3;
        bool wanted = false;
        for (uint32_t r = 0; r < count; r++) {
            state = state * 1664525u + 1013904223u;
            const uint64_t begin = (state >> 10) % BYTES, length = (state >> 20) % 6;
            ranges[r] = (sbr_hazard_range){(state >> 28) % BUFFERS, begin, begin + length > BYTES ? BYTES : begin + length, (state >> 4 & 3u) == 0};
            for (uint64_t b = ranges[r].begin; b < ranges[r].end; b++)
                wanted = wanted || written[ranges[r].buffer][b] || (ranges[r].writes && read[ranges[r].buffer][b]);
        }
        cr_assert_eq(sbr_hazards_conflict(&hazards, ranges, count), wanted, "command %u", n);
        if (wanted) {
            sbr_hazards_clear(&hazards);
            memset(read, 0, sizeof read);
            memset(written, 0, sizeof written);
            barriers++;
        }
        cr_assert_eq(sbr_hazards_add(&hazards, ranges, count), SABIR_OK);
        for (uint32_t r = 0; r < count; r++)
            for (uint64_t b = ranges[r].begin; b < ranges[r].end; b++) (ranges[r].writes ? written : read)[ranges[r].buffer][b] = 1;
    }
    cr_assert_gt(barriers, COMMANDS / 20);
    sbr_hazards_free(&hazards);
}
