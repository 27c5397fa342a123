/* Attributes as text. */
#include "attention.h"
#include "print.h"

static void put_int(const sbr_attrs_writer *w, const char *name, int64_t value) { sbr_text_printf(w->text, " %s=%lld", name, (long long)value); }
static void put_real(const sbr_attrs_writer *w, const char *name, double value) { sbr_text_printf(w->text, " %s=%g", name, value); }
static void put_flag(const sbr_attrs_writer *w, const char *name, int32_t value) { if (value) sbr_text_printf(w->text, " %s", name); }

static void put_list(const sbr_attrs_writer *w, const char *name, const int64_t *values, int32_t count)
{
    sbr_text_printf(w->text, " %s=[", name);
    for (int32_t i = 0; i < count; i++) sbr_text_printf(w->text, "%s%lld", i ? ", " : "", (long long)values[i]);
    sbr_text_puts(w->text, "]");
}

static void put_ints(const sbr_attrs_writer *w, const char *name, const sabir_ints *ints) { put_list(w, name, ints->values, ints->count); }

static void put_extent(const sbr_attrs_writer *w, const char *name, sabir_extent extent)
{
    char text[SBR_EXTENT_TEXT];
    sbr_text_printf(w->text, " %s=%s", name, sbr_extent_text(w->graph, extent, text));
}

static void put_shape(const sbr_attrs_writer *w, const char *name, const sabir_shape *shape)
{
    char text[256];
    sbr_shape_text(w->graph, SABIR_TYPE_COUNT, shape, text, sizeof text);
    sbr_text_printf(w->text, " %s=%s", name, text);
}

#define PRINTER(attributes) void sbr_print_##attributes(const sbr_attrs_writer *w, const void *given)
#define AS(attributes) const attributes *const a = given

PRINTER(sbr_no_attrs) { (void)w, (void)given; }

PRINTER(sbr_constant_attrs)
{
    enum { SHOWN = 8 };
    AS(sbr_constant_attrs);
    const sabir_type type = w->graph->values.data[w->node->first_output].type;
    const size_t size = sabir_type_size(type), count = a->bytes / size;
    sbr_text_puts(w->text, " {");
    for (size_t i = 0; i < count && i < SHOWN; i++)
        sbr_text_printf(w->text, "%s%g", i ? ", " : "", sbr_number_load(type, (const char *)a->data + i * size));
    sbr_text_puts(w->text, count > SHOWN ? ", ...}" : "}");
}

PRINTER(sbr_custom_attrs) { (void)w, (void)given; } /* addresses say nothing */

PRINTER(sbr_carry_attrs) { AS(sbr_carry_attrs); sbr_text_printf(w->text, " slot=%u initial=%%%u", a->slot, a->initial); }

PRINTER(sbr_loop_attrs)
{
    AS(sbr_loop_attrs);
    put_int(w, "trips", a->trips);
    put_int(w, "carried", a->carried);
    put_flag(w, "conditional", a->has_going);
}

PRINTER(sabir_extent_attrs) { AS(sabir_extent_attrs); put_extent(w, "extent", a->extent); }
PRINTER(sabir_cast_attrs) { (void)w, (void)given; } /* the result's type says it */
PRINTER(sabir_shape_attrs) { (void)w, (void)given; } /* the result's shape says it */
PRINTER(sabir_axis_attrs) { AS(sabir_axis_attrs); put_int(w, "axis", a->axis); }
PRINTER(sabir_transpose_attrs) { AS(sabir_transpose_attrs); put_ints(w, "axes", &a->axes); }
PRINTER(sabir_one_hot_attrs) { AS(sabir_one_hot_attrs); put_extent(w, "depth", a->depth); }
PRINTER(sabir_top_k_attrs) { AS(sabir_top_k_attrs); put_int(w, "k", a->k); }
PRINTER(sabir_compact_attrs) { AS(sabir_compact_attrs); put_int(w, "capacity", a->capacity); }
PRINTER(sabir_histogram_attrs) { AS(sabir_histogram_attrs); put_int(w, "bins", a->bins); }

PRINTER(sabir_group_by_attrs) { AS(sabir_group_by_attrs); put_int(w, "groups", a->groups); }
PRINTER(sabir_grouped_attrs) { AS(sabir_grouped_attrs); put_flag(w, "transpose", a->transpose); }

PRINTER(sabir_iota_attrs)
{
    AS(sabir_iota_attrs);
    put_int(w, "axis", a->axis);
    put_real(w, "start", a->start);
    put_real(w, "step", a->step);
}

PRINTER(sabir_random_attrs)
{
    static const char *const kinds[] = {"bits", "uniform", "normal", "gumbel"};
    AS(sabir_random_attrs);
    sbr_text_printf(w->text, " %s", kinds[a->kind]);
}

PRINTER(sabir_slice_attrs)
{
    AS(sabir_slice_attrs);
    put_ints(w, "start", &a->start);
    put_ints(w, "step", &a->step);
}

PRINTER(sabir_pad_attrs)
{
    static const char *const modes[] = {"constant", "edge", "reflect", "periodic"};
    AS(sabir_pad_attrs);
    put_ints(w, "before", &a->before);
    put_ints(w, "after", &a->after);
    sbr_text_printf(w->text, " %s", modes[a->mode]);
    if (a->mode == SABIR_PAD_CONSTANT) put_real(w, "value", a->value);
}

PRINTER(sabir_roll_attrs)
{
    AS(sabir_roll_attrs);
    put_ints(w, "shifts", &a->shifts);
    put_ints(w, "axes", &a->axes);
}

PRINTER(sabir_unfold_attrs)
{
    AS(sabir_unfold_attrs);
    put_int(w, "axis", a->axis);
    put_int(w, "size", a->size);
    put_int(w, "step", a->step);
    put_extent(w, "length", a->length);
}

PRINTER(sabir_resize_attrs)
{
    AS(sabir_resize_attrs);
    sbr_text_puts(w->text, a->mode == SABIR_RESIZE_LINEAR ? " linear" : " nearest");
    put_shape(w, "shape", &a->shape);
}

PRINTER(sabir_reduce_attrs)
{
    AS(sabir_reduce_attrs);
    put_ints(w, "axes", &a->axes);
    put_flag(w, "keep", a->keep);
    put_flag(w, "wide", a->wide);
    put_flag(w, "compensated", a->accumulate == SABIR_ACCUMULATE_COMPENSATED);
}

PRINTER(sabir_cumsum_attrs)
{
    AS(sabir_cumsum_attrs);
    put_int(w, "axis", a->axis);
    put_flag(w, "exclusive", a->exclusive);
    put_flag(w, "reverse", a->reverse);
}

PRINTER(sabir_sort_attrs)
{
    AS(sabir_sort_attrs);
    put_int(w, "axis", a->axis);
    put_flag(w, "descending", a->descending);
}

PRINTER(sabir_matmul_attrs)
{
    AS(sabir_matmul_attrs);
    put_flag(w, "transpose_a", a->transpose_a);
    put_flag(w, "transpose_b", a->transpose_b);
}

static int32_t spatial(const sbr_attrs_writer *w) { return w->graph->values.data[w->node->inputs[0]].shape.rank - 2; }

PRINTER(sabir_conv_attrs)
{
    AS(sabir_conv_attrs);
    put_list(w, "stride", a->stride, spatial(w));
    put_list(w, "dilation", a->dilation, spatial(w));
    put_list(w, "before", a->before, spatial(w));
    put_list(w, "after", a->after, spatial(w));
    if (w->node->op == SBR_OP_conv_transpose) put_list(w, "output_extra", a->output_extra, spatial(w));
    put_int(w, "groups", a->groups);
    put_flag(w, "periodic", a->periodic);
}

PRINTER(sabir_pool_attrs)
{
    AS(sabir_pool_attrs);
    put_list(w, "window", a->window, spatial(w));
    put_list(w, "stride", a->stride, spatial(w));
    put_list(w, "dilation", a->dilation, spatial(w));
    put_list(w, "before", a->before, spatial(w));
    put_list(w, "after", a->after, spatial(w));
    put_flag(w, "count_padding", a->count_padding);
}

PRINTER(sabir_norm_attrs)
{
    AS(sabir_norm_attrs);
    put_real(w, "epsilon", a->epsilon);
    if (a->groups != 1) put_int(w, "groups", a->groups);
}

PRINTER(sabir_rope_attrs)
{
    AS(sabir_rope_attrs);
    put_real(w, "base", a->base);
    put_int(w, "rotated", a->rotated);
}

PRINTER(sbr_attention_attrs)
{
    AS(sbr_attention_attrs);
    put_real(w, "scale", a->how.scale);
    if (a->how.window) put_int(w, "window", a->how.window);
    if (sbr_attention_has(a->given, SBR_ATTENTION_MASK) && (a->how.mask_queries != 1 || a->how.mask_keys != 1)) {
        put_int(w, "mask_queries", a->how.mask_queries);
        put_int(w, "mask_keys", a->how.mask_keys);
    }
    if (a->how.rope_base > 0) {
        put_real(w, "rope_base", a->how.rope_base);
        put_int(w, "rope_rotated", a->how.rope_rotated);
    }
    put_flag(w, "causal", a->how.causal);
    put_flag(w, "wide", a->how.wide);
    static const char *const names[] = {
#define NAME(id, name) #name,
        SBR_ATTENTION_OPERANDS(NAME)
#undef NAME
    };
    for (uint32_t i = SBR_ATTENTION_V + 1; i < SBR_ATTENTION_OPERAND_COUNT; i++) put_flag(w, names[i], a->given >> i & 1u);
}

static void put_losses(const sbr_attrs_writer *w, const sabir_softmax_losses_attrs *how)
{
    if (how->smoothing != 0) put_real(w, "smoothing", how->smoothing);
    if (how->temperature != 1) put_real(w, "temperature", how->temperature);
}

PRINTER(sabir_softmax_losses_attrs) { AS(sabir_softmax_losses_attrs); put_losses(w, a); }

PRINTER(sbr_softmax_losses_gradient_attrs)
{
    AS(sbr_softmax_losses_gradient_attrs);
    put_losses(w, &a->how);
    put_flag(w, "weights", a->has_weights);
    put_flag(w, "d_loss", a->has_d_loss);
    put_flag(w, "d_entropy", a->has_d_entropy);
}

PRINTER(sabir_stencil_attrs)
{
    static const char *const names[] = {"periodic", "dirichlet", "neumann"};
    AS(sabir_stencil_attrs);
    for (int32_t i = 0; i < a->axes; i++) {
        sbr_text_printf(w->text, " %s", names[a->boundary[i]]);
        if (a->boundary[i] == SABIR_BOUNDARY_DIRICHLET) sbr_text_printf(w->text, "(%g)", a->value[i]);
    }
}

PRINTER(sabir_fft_attrs)
{
    AS(sabir_fft_attrs);
    put_ints(w, "axes", &a->axes);
    put_flag(w, "inverse", a->inverse);
    if (a->scale != 1) put_real(w, "scale", a->scale);
}

PRINTER(sabir_tridiagonal_attrs)
{
    AS(sabir_tridiagonal_attrs);
    put_int(w, "axis", a->axis);
    put_flag(w, "transposed", a->transposed);
}

PRINTER(sabir_interpolate_attrs)
{
    AS(sabir_interpolate_attrs);
    sbr_text_puts(w->text, a->order == SABIR_INTERPOLATE_CUBIC ? " cubic" : " linear");
    for (int32_t i = 0; i < a->axes; i++) {
        sbr_text_puts(w->text, a->periodic[i] ? " periodic" : " clamped");
        if (a->derivative[i]) sbr_text_printf(w->text, "(d%d)", a->derivative[i]);
    }
}
