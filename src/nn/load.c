/* What experts were given, from two tensors that a run left. */
#include <math.h>
#include <stdio.h>

#include "base/context.h"
#include "base/text.h"
#include "moe.h"

typedef struct counted { int32_t *wanted, *groups; int64_t experts; } counted;

static sabir_status is_vector(const sabir_tensor *tensor, const char *what)
{
    if (!tensor) return sbr_fail(SABIR_INVALID_ARGUMENT, "load: %s is NULL", what);
    if (sabir_tensor_type(tensor) == SABIR_I32 && sabir_tensor_shape(tensor).rank == 1) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_TYPE, "load: %s has to be i32 of rank 1, as routing.%s gives it", what, what);
}

static sabir_status read_counts(const sabir_allocator *allocator, sabir_tensor *counts, sabir_tensor *groups, counted *c)
{
    *c = (counted){0};
    SABIR_TRY(is_vector(counts, "counts"));
    SABIR_TRY(is_vector(groups, "groups"));
    const int64_t experts = sabir_tensor_shape(counts).extents[0], pointers = sabir_tensor_shape(groups).extents[0];
    if (pointers != experts + 1)
        return sbr_fail(SABIR_INVALID_SHAPE, "load: counts has %lld elements and groups %lld; one more than counts", (long long)experts, (long long)pointers);
    c->experts = experts;
    c->wanted = sbr_alloc_array(allocator, (size_t)experts + 1, sizeof *c->wanted);
    c->groups = sbr_alloc_array(allocator, (size_t)pointers, sizeof *c->groups);
    if (!c->wanted || !c->groups) return sbr_no_memory((size_t)pointers * sizeof(int32_t));
    SABIR_TRY(sabir_tensor_read(counts, 0, c->wanted, (uint64_t)experts * sizeof(int32_t)));
    return sabir_tensor_read(groups, 0, c->groups, (uint64_t)pointers * sizeof(int32_t));
}

static void free_counts(const sabir_allocator *allocator, counted *c)
{
    sbr_free(allocator, c->wanted);
    sbr_free(allocator, c->groups);
}

static int64_t kept(const counted *c, int64_t expert)
{
    const int64_t count = (int64_t)c->groups[expert + 1] - c->groups[expert];
    return count > 0 ? count : 0;
}

static void measure(const counted *c, sabir_load *load)
{
    int64_t total = 0;
    double squares = 0;
    load->experts = c->experts;
    for (int64_t j = 0; j < c->experts; j++) {
        const int64_t here = kept(c, j);
        load->entries += c->wanted[j];
        total += here;
        if (j == 0 || here > load->largest) load->largest = here;
        if (j == 0 || here < load->smallest) load->smallest = here;
    }
    load->dropped = load->entries - total;
    if (total == 0) return;
    const double mean = (double)total / (double)c->experts;
    for (int64_t j = 0; j < c->experts; j++) {
        const double here = (double)kept(c, j), share = here / (double)total;
        squares += (here - mean) * (here - mean);
        if (share > 0) load->entropy -= share * log(share);
    }
    load->entropy = c->experts > 1 ? load->entropy / log((double)c->experts) : 1;
    load->variation = sqrt(squares / (double)c->experts) / mean;
}

sabir_status sabir_load_measure(sabir_context *context, sabir_tensor *counts, sabir_tensor *groups, sabir_load *load)
{
    if (!context) return sbr_fail(SABIR_INVALID_ARGUMENT, "load: context is NULL");
    if (!load || load->size == 0) return sbr_fail(SABIR_INVALID_ARGUMENT, "load: load is NULL, or its size is not set");
    counted c;
    sabir_load whole = {0};
    const sabir_status status = read_counts(sbr_context_allocator(context), counts, groups, &c);
    if (status == SABIR_OK) {
        measure(&c, &whole);
        whole.size = load->size;
        memcpy(load, &whole, load->size < sizeof whole ? load->size : sizeof whole);
    }
    free_counts(sbr_context_allocator(context), &c);
    return status;
}

static void put_report(const counted *c, sbr_text *text)
{
    enum { BAR = 40 };
    sabir_load load = {0};
    measure(c, &load);
    sbr_text_printf(text, "%lld experts, %lld entries, %lld dropped; kept %lld to %lld; entropy %.4f, variation %.4f\n", (long long)load.experts,
                    (long long)load.entries, (long long)load.dropped, (long long)load.smallest, (long long)load.largest, load.entropy, load.variation);
    for (int64_t j = 0; j < c->experts; j++) {
        const int64_t here = kept(c, j), length = load.largest ? (here * BAR + load.largest - 1) / load.largest : 0;
        sbr_text_printf(text, "%6lld  wanted %8d  kept %8lld  ", (long long)j, c->wanted[j], (long long)here);
        for (int64_t i = 0; i < length; i++) sbr_text_puts(text, "#");
        sbr_text_puts(text, "\n");
    }
}

sabir_status sabir_load_text(sabir_context *context, sabir_tensor *counts, sabir_tensor *groups, char **text)
{
    if (!context || !text) return sbr_fail(SABIR_INVALID_ARGUMENT, "load: %s is NULL", context ? "text" : "context");
    const sabir_allocator *allocator = sbr_context_allocator(context);
    counted c;
    sbr_text report = {.allocator = allocator};
    *text = NULL;
    sabir_status status = read_counts(allocator, counts, groups, &c);
    if (status == SABIR_OK) {
        put_report(&c, &report);
        if (report.failed) status = sbr_no_memory(report.capacity);
        else *text = report.data;
    }
    if (status != SABIR_OK) sbr_text_free(&report);
    free_counts(allocator, &c);
    return status;
}
