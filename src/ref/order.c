/* Sorting by a stable merge sort of indices, and what counts or lists elements. */
#include "element.h"
#include "functions.h"
#include "walk.h"

/* Whether element a stands before element b in the order; false for equals. */
typedef bool before_rule(const sbr_ref_tensor *x, int64_t a, int64_t b);

static bool ascending(const sbr_ref_tensor *x, int64_t a, int64_t b)
{
    if (!x->f) return x->i[a] < x->i[b];
    return isnan(x->f[b]) ? !isnan(x->f[a]) : x->f[a] < x->f[b];
}

static bool descending(const sbr_ref_tensor *x, int64_t a, int64_t b)
{
    if (!x->f) return x->i[a] > x->i[b];
    return isnan(x->f[b]) ? !isnan(x->f[a]) : x->f[a] > x->f[b];
}

static bool descending_from_nan(const sbr_ref_tensor *x, int64_t a, int64_t b)
{
    if (!x->f) return x->i[a] > x->i[b];
    return isnan(x->f[a]) ? !isnan(x->f[b]) : x->f[a] > x->f[b];
}

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

/* Merges from[first, middle) and from[middle, end) into to[first, end). */
static void merge(const sbr_ref_tensor *x, before_rule *before, const int64_t *from, int64_t *to, int64_t first, int64_t middle, int64_t end)
{
    int64_t left = first, right = middle;
    for (int64_t k = first; k < end; k++) {
        const bool take_right = left == middle || (right < end && before(x, from[right], from[left]));
        to[k] = take_right ? from[right++] : from[left++];
    }
}

/* Sorts count places of x; returns the sorted ones, which lie in places or in spare. */
static const int64_t *merge_sort(const sbr_ref_tensor *x, before_rule *before, int64_t *places, int64_t *spare, int64_t count)
{
    for (int64_t width = 1; width < count; width *= 2) {
        for (int64_t first = 0; first < count; first += 2 * width)
            merge(x, before, places, spare, first, smaller(first + width, count), smaller(first + 2 * width, count));
        int64_t *sorted = spare;
        spare = places;
        places = sorted;
    }
    return places;
}

/* The first `kept` of each line along axis, in order, and where in the line they came from. */
static sabir_status order(const sbr_ref_call *call, int32_t axis, before_rule *before)
{
    const sbr_ref_tensor *x = &call->inputs[0];
    sbr_ref_tensor *values = &call->outputs[0], *indices = &call->outputs[1];
    if (values->count == 0) return SABIR_OK;
    const sbr_ref_span span = sbr_ref_span_of(x, axis);
    const int64_t kept = values->extents[axis];
    int64_t *places = sbr_alloc_array(call->allocator, (size_t)span.extent, 2 * sizeof *places);
    if (!places) return sbr_no_memory((size_t)span.extent * 2 * sizeof *places);
    for (int64_t a = 0; a < span.outer; a++)
        for (int64_t c = 0; c < span.inner; c++) {
            const int64_t first = a * span.extent * span.inner + c;
            for (int64_t k = 0; k < span.extent; k++) places[k] = first + k * span.inner;
            const int64_t *sorted = merge_sort(x, before, places, places + span.extent, span.extent);
            for (int64_t k = 0; k < kept; k++) {
                const int64_t to = (a * kept + k) * span.inner + c;
                sbr_ref_move(values, to, x, sorted[k], 1);
                indices->i[to] = (sorted[k] - first) / span.inner;
            }
        }
    sbr_free(call->allocator, places);
    return SABIR_OK;
}

sabir_status sbr_ref_op_sort(const sbr_ref_call *call)
{
    const sabir_sort_attrs *attrs = call->attrs;
    return order(call, attrs->axis, attrs->descending ? descending : ascending);
}

sabir_status sbr_ref_op_top_k(const sbr_ref_call *call) { return order(call, call->inputs[0].rank - 1, descending_from_nan); }

sabir_status sbr_ref_op_compact(const sbr_ref_call *call)
{
    const sbr_ref_tensor *mask = &call->inputs[0];
    sbr_ref_tensor *indices = &call->outputs[0];
    int64_t found = 0;
    sbr_ref_fill(indices, -1.0, -1);
    for (int64_t k = 0; k < mask->count; k++) {
        if (mask->i[k] == 0) continue;
        if (found < indices->count) indices->i[found] = k;
        found++;
    }
    call->outputs[1].i[0] = smaller(found, indices->count);
    call->outputs[2].i[0] = found > indices->count;
    return SABIR_OK;
}

sabir_status sbr_ref_op_histogram(const sbr_ref_call *call)
{
    const sbr_ref_tensor *x = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, 0.0, 0);
    for (int64_t k = 0; k < x->count; k++)
        if (x->i[k] >= 0 && x->i[k] < out->count) out->i[x->i[k]]++;
    sbr_ref_wrap_all(out);
    return SABIR_OK;
}
