/* Movement by a map from the index along each axis of the result to an index of the operand: pad, roll, nearest resize. */
#include "element.h"
#include "functions.h"
#include "walk.h"

enum { OUTSIDE = -1 };

/* Source of index k along axis, or OUTSIDE. */
typedef int64_t source_rule(const void *attrs, int32_t axis, int64_t k, int64_t extent_in, int64_t extent_out);

typedef struct remap {
    const void *attrs;
    source_rule *source;
    const sbr_ref_tensor *in;
    sbr_ref_tensor *out; /* holds the fill already */
    sbr_ref_strides in_strides, out_strides;
} remap;

static void remap_axis(const remap *map, int32_t axis, int64_t to, int64_t from)
{
    if (axis == map->out->rank) {
        sbr_ref_move(map->out, to, map->in, from, 1);
        return;
    }
    for (int64_t k = 0; k < map->out->extents[axis]; k++) {
        const int64_t source = map->source(map->attrs, axis, k, map->in->extents[axis], map->out->extents[axis]);
        if (source != OUTSIDE) remap_axis(map, axis + 1, to + k * map->out_strides.by[axis], from + source * map->in_strides.by[axis]);
    }
}

static sabir_status remap_all(const sbr_ref_call *call, source_rule *source, double fill)
{
    const sbr_ref_tensor *in = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, fill, sbr_ref_saturate(out->type, fill));
    const remap map = {call->attrs, source, in, out, sbr_ref_strides_of(in), sbr_ref_strides_of(out)};
    if (in->count > 0 && out->count > 0) remap_axis(&map, 0, 0, 0);
    return SABIR_OK;
}

static int64_t wrap_index(int64_t k, int64_t extent)
{
    const int64_t rest = k % extent;
    return rest < 0 ? rest + extent : rest;
}

static int64_t reflect_index(int64_t k, int64_t extent)
{
    if (extent == 1) return 0;
    const int64_t there_and_back = wrap_index(k, 2 * (extent - 1));
    return there_and_back < extent ? there_and_back : 2 * (extent - 1) - there_and_back;
}

static int64_t pad_source(const void *opaque, int32_t axis, int64_t k, int64_t extent_in, int64_t extent_out)
{
    (void)extent_out;
    const sabir_pad_attrs *attrs = opaque;
    const int64_t source = k - attrs->before.values[axis];
    switch (attrs->mode) {
    case SABIR_PAD_EDGE: return sbr_ref_clamp(source, 0, extent_in - 1);
    case SABIR_PAD_REFLECT: return reflect_index(source, extent_in);
    case SABIR_PAD_PERIODIC: return wrap_index(source, extent_in);
    case SABIR_PAD_CONSTANT: break;
    }
    return source >= 0 && source < extent_in ? source : OUTSIDE;
}

sabir_status sbr_ref_op_pad(const sbr_ref_call *call)
{
    const sabir_pad_attrs *attrs = call->attrs;
    return remap_all(call, pad_source, attrs->mode == SABIR_PAD_CONSTANT ? attrs->value : 0.0);
}

static int64_t roll_source(const void *opaque, int32_t axis, int64_t k, int64_t extent_in, int64_t extent_out)
{
    (void)extent_out;
    const sabir_roll_attrs *attrs = opaque;
    int64_t source = k;
    for (int32_t i = 0; i < attrs->axes.count; i++)
        if (attrs->axes.values[i] == axis) source = wrap_index(source - attrs->shifts.values[i] % extent_in, extent_in);
    return source;
}

sabir_status sbr_ref_op_roll(const sbr_ref_call *call) { return remap_all(call, roll_source, 0.0); }

/* floor((k + 0.5) * in / out), exact in integers. */
static int64_t nearest_source(const void *attrs, int32_t axis, int64_t k, int64_t extent_in, int64_t extent_out)
{
    (void)attrs;
    (void)axis;
    return (2 * k + 1) * extent_in / (2 * extent_out);
}

typedef struct neighbours { int64_t low, high; double weight; /* of high */ } neighbours;

/* Around (k + 0.5) * in / out - 0.5, edges repeated. */
static neighbours neighbours_of(int64_t k, int64_t extent_in, int64_t extent_out)
{
    const double source = (double)((2 * k + 1) * extent_in - extent_out) / (double)(2 * extent_out);
    const int64_t below = (int64_t)floor(source);
    return (neighbours){
        .low = sbr_ref_clamp(below, 0, extent_in - 1),
        .high = sbr_ref_clamp(below + 1, 0, extent_in - 1),
        .weight = source - (double)below,
    };
}

typedef struct interpolation {
    const sbr_ref_tensor *in;
    const sbr_ref_tensor *out;
    sbr_ref_strides in_strides;
    const int64_t *index; /* of the element of out */
} interpolation;

/* The operand at one element of the result, interpolated along the axes from `axis` on. A neighbour of weight 0 is not read. */
static double interpolate(const interpolation *at, int32_t axis, int64_t from)
{
    if (axis == at->out->rank) return at->in->f[from];
    const neighbours near = neighbours_of(at->index[axis], at->in->extents[axis], at->out->extents[axis]);
    const int64_t stride = at->in_strides.by[axis];
    const double low = interpolate(at, axis + 1, from + near.low * stride);
    if (near.weight == 0.0 || near.low == near.high) return low;
    return (1.0 - near.weight) * low + near.weight * interpolate(at, axis + 1, from + near.high * stride);
}

sabir_status sbr_ref_op_resize(const sbr_ref_call *call)
{
    const sabir_resize_attrs *attrs = call->attrs;
    const sbr_ref_tensor *in = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    if (attrs->mode == SABIR_RESIZE_NEAREST || !out->f) return remap_all(call, nearest_source, 0.0);
    sbr_ref_fill(out, 0.0, 0);
    if (in->count == 0) return SABIR_OK;
    sbr_ref_walk walk = {.rank = out->rank, .operands = 1, .strides = {sbr_ref_strides_of(out)}};
    memcpy(walk.extents, out->extents, sizeof walk.extents);
    const interpolation at = {in, out, sbr_ref_strides_of(in), walk.index};
    for (bool more = sbr_ref_walk_start(&walk); more; more = sbr_ref_walk_next(&walk)) out->f[walk.at[0]] = interpolate(&at, 0, 0);
    return SABIR_OK;
}

/* ---- The adjoint ---- */

typedef struct gathering {
    sabir_resize_mode mode;
    const sbr_ref_tensor *in; /* what resize gave */
    sbr_ref_tensor *out;
    sbr_ref_strides in_strides, out_strides;
} gathering;

/* Adds weight times the elements of in from `from` on, axes from `axis` on, to where they were interpolated from. */
static void give_back(const gathering *g, int32_t axis, int64_t from, int64_t to, double weight)
{
    if (axis == g->in->rank) {
        g->out->f[to] += weight * g->in->f[from];
        return;
    }
    const int64_t fine = g->in->extents[axis], coarse = g->out->extents[axis], stride = g->out_strides.by[axis];
    for (int64_t k = 0; k < fine; k++) {
        const int64_t here = from + k * g->in_strides.by[axis];
        if (g->mode == SABIR_RESIZE_NEAREST) {
            give_back(g, axis + 1, here, to + nearest_source(NULL, axis, k, coarse, fine) * stride, weight);
            continue;
        }
        const neighbours near = neighbours_of(k, coarse, fine);
        give_back(g, axis + 1, here, to + near.low * stride, weight * (1.0 - near.weight));
        give_back(g, axis + 1, here, to + near.high * stride, weight * near.weight);
    }
}

sabir_status sbr_ref_op_resize_adjoint(const sbr_ref_call *call)
{
    const sabir_resize_attrs *attrs = call->attrs;
    const sbr_ref_tensor *in = &call->inputs[0];
    sbr_ref_tensor *out = &call->outputs[0];
    sbr_ref_fill(out, 0.0, 0);
    const gathering g = {attrs->mode, in, out, sbr_ref_strides_of(in), sbr_ref_strides_of(out)};
    if (in->count > 0) give_back(&g, 0, 0, 0, 1.0);
    return SABIR_OK;
}

sabir_status sbr_ref_op_concat(const sbr_ref_call *call)
{
    const sabir_axis_attrs *attrs = call->attrs;
    sbr_ref_tensor *out = &call->outputs[0];
    const sbr_ref_span whole = sbr_ref_span_of(out, attrs->axis);
    int64_t done = 0;
    for (uint32_t k = 0; k < call->input_count; k++) {
        const sbr_ref_tensor *part = &call->inputs[k];
        const int64_t length = part->extents[attrs->axis];
        for (int64_t a = 0; a < whole.outer && part->count > 0; a++)
            sbr_ref_move(out, (a * whole.extent + done) * whole.inner, part, a * length * whole.inner, length * whole.inner);
        done += length;
    }
    return SABIR_OK;
}
