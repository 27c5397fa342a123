/* Windows over spatial axes: convolution, its adjoint, pooling. */
#include <string.h>

#include "case.h"

typedef struct convolution { const char *name; sabir_shape x, weights; sabir_conv_attrs attrs; bool bias; } convolution;

static const convolution forward[] = {
    {"line", {3, {2, 3, 31}}, {3, {5, 3, 3}}, {.stride = {0}}, false},
    {"line_bias", {3, {2, 3, 31}}, {3, {5, 3, 4}}, {.stride = {2}, .before = {1}, .after = {2}}, true},
    {"plane", {4, {2, 3, 13, 7}}, {4, {4, 3, 3, 2}}, {.before = {1, 0}, .after = {1, 1}}, true},
    {"strided", {4, {1, 2, 13, 17}}, {4, {3, 2, 3, 3}}, {.stride = {2, 3}, .dilation = {2, 1}, .before = {2, 1}, .after = {0, 2}}, false},
    {"groups", {4, {2, 6, 7, 5}}, {4, {4, 3, 3, 3}}, {.groups = 2, .before = {1, 1}, .after = {1, 1}}, true},
    {"depthwise", {4, {1, 7, 9, 5}}, {4, {7, 1, 3, 3}}, {.groups = 7, .before = {1, 1}, .after = {1, 1}}, false},
    {"periodic", {4, {1, 2, 5, 7}}, {4, {3, 2, 3, 5}}, {.before = {1, 2}, .after = {1, 2}, .periodic = 1}, false},
    {"point", {4, {2, 13, 5, 3}}, {4, {7, 13, 1, 1}}, {.stride = {0}}, true},
    {"volume", {5, {1, 2, 5, 4, 6}}, {5, {3, 2, 2, 3, 2}}, {.stride = {1, 2, 1}, .before = {0, 1, 0}, .after = {1, 1, 0}}, true},
    {"volume_periodic", {5, {1, 1, 3, 4, 5}}, {5, {2, 1, 3, 3, 3}}, {.before = {1, 1, 1}, .after = {1, 1, 1}, .periodic = 1}, false},
    {"nothing", {4, {0, 3, 5, 5}}, {4, {2, 3, 3, 3}}, {.stride = {0}}, false},
    {"larger", {4, {1, 16, 12, 11}}, {4, {16, 16, 3, 3}}, {.before = {1, 1}, .after = {1, 1}}, false},
    {"product_one", {4, {1, 5, 9, 7}}, {4, {6, 5, 3, 3}}, {.before = {1, 1}, .after = {1, 1}}, true},
    {"product_few", {4, {5, 5, 4, 4}}, {4, {17, 5, 3, 3}}, {.stride = {0}}, false},
    {"product_deep", {3, {2, 67, 19}}, {3, {9, 67, 5}}, {.before = {2}, .after = {2}}, false},
    {"product_groups", {4, {3, 6, 7, 5}}, {4, {10, 3, 3, 3}}, {.groups = 2, .stride = {2, 1}, .dilation = {1, 2}, .before = {1, 2}, .after = {1, 2}}, true},
    {"product_periodic", {4, {2, 3, 5, 7}}, {4, {5, 3, 3, 5}}, {.before = {1, 2}, .after = {1, 2}, .periodic = 1}, false},
    {"product_volume", {5, {2, 4, 3, 4, 5}}, {5, {6, 4, 2, 3, 2}}, {.stride = {1, 2, 1}, .before = {0, 1, 1}, .after = {1, 1, 0}}, true},
};

static const convolution backward[] = {
    {"line", {3, {2, 3, 13}}, {3, {3, 5, 3}}, {.stride = {0}}, false},
    {"line_bias", {3, {2, 3, 13}}, {3, {3, 5, 4}}, {.stride = {2}, .before = {1}, .after = {2}, .output_extra = {1}}, true},
    {"plane", {4, {2, 3, 7, 5}}, {4, {3, 4, 3, 2}}, {.stride = {2, 2}, .before = {1, 0}, .after = {1, 0}}, true},
    {"dilated", {4, {1, 2, 5, 7}}, {4, {2, 3, 3, 3}}, {.stride = {3, 1}, .dilation = {1, 2}, .output_extra = {2, 0}}, false},
    {"groups", {4, {2, 6, 5, 4}}, {4, {6, 2, 3, 3}}, {.groups = 2, .before = {1, 1}, .after = {1, 1}}, true},
    {"volume", {5, {1, 2, 3, 4, 3}}, {5, {2, 3, 2, 3, 2}}, {.stride = {2, 1, 2}}, true},
    {"nothing", {4, {0, 3, 5, 5}}, {4, {3, 2, 3, 3}}, {.stride = {0}}, false},
    {"turned_one", {4, {1, 6, 7, 5}}, {4, {6, 5, 3, 3}}, {.before = {1, 0}, .after = {1, 2}}, true},
    {"turned_groups", {4, {3, 8, 5, 7}}, {4, {8, 5, 3, 3}}, {.groups = 2, .dilation = {1, 2}, .before = {1, 1}, .after = {1, 3}}, false},
    {"cropped", {4, {3, 8, 9, 7}}, {4, {8, 5, 2, 3}}, {.before = {3, 1}, .after = {1, 3}}, false},
    {"spread_groups", {4, {3, 8, 5, 4}}, {4, {8, 3, 3, 3}}, {.groups = 2, .stride = {2, 3}, .dilation = {2, 1}, .before = {1, 2}, .after = {2, 1}, .output_extra = {1, 2}}, true},
    {"spread_volume", {5, {2, 5, 3, 4, 3}}, {5, {5, 3, 2, 3, 2}}, {.stride = {2, 1, 2}}, false},
};

/* Every kernel of either, on little: element by element, and as products. */
static const convolution small_forward[] = {
    {"direct", {4, {1, 2, 4, 3}}, {4, {2, 1, 3, 2}}, {.groups = 2, .stride = {2, 1}, .before = {1, 0}, .after = {1, 1}}, true},
    {"product", {4, {2, 2, 3, 4}}, {4, {4, 2, 2, 3}}, {.before = {1, 1}, .after = {0, 1}}, true},
};

static const convolution small_backward[] = {
    {"direct", {4, {1, 2, 3, 2}}, {4, {2, 1, 2, 2}}, {.groups = 2, .stride = {2, 1}, .before = {1, 0}, .output_extra = {1, 0}}, true},
    {"turned", {4, {1, 4, 4, 3}}, {4, {4, 4, 2, 2}}, {.before = {0, 1}, .after = {0, 0}}, true},
    {"spread", {3, {2, 4, 8}}, {3, {4, 2, 3}}, {.stride = {2}, .before = {1}}, true},
};

static sabir_value convolve(conform_build *b, const convolution *c, sabir_value x)
{
    const bool transposed = strcmp(b->of->op, "conv_transpose") == 0;
    const int64_t channels = transposed ? c->weights.extents[1] * (c->attrs.groups ? c->attrs.groups : 1) : c->weights.extents[0];
    const sabir_value weights = conform_input(b, b->type, c->weights, BETWEEN(-1, 1));
    const sabir_value bias = c->bias ? conform_input(b, b->type, SABIR_SHAPE(channels), BETWEEN(-1, 1)) : SABIR_NONE;
    return transposed ? sabir_conv_transpose(b->graph, x, weights, bias, &c->attrs) : sabir_conv(b->graph, x, weights, bias, &c->attrs);
}

static void convolve_each(conform_build *b, const convolution *all, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) conform_output(b, all[i].name, convolve(b, &all[i], conform_input(b, b->type, all[i].x, BETWEEN(-1, 1))));
}

static void convolutions(conform_build *b)
{
    if (strcmp(b->of->op, "conv_transpose") == 0) convolve_each(b, backward, COUNT_OF(backward));
    else convolve_each(b, forward, COUNT_OF(forward));
}

static void small(conform_build *b)
{
    if (strcmp(b->of->op, "conv_transpose") == 0) convolve_each(b, small_backward, COUNT_OF(small_backward));
    else convolve_each(b, small_forward, COUNT_OF(small_forward));
}

static void layouts(conform_build *b)
{
    const convolution *c = strcmp(b->of->op, "conv_transpose") == 0 ? &backward[2] : &forward[2];
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout], convolve(b, c, conform_laid(b, (conform_layout)layout, b->type, c->x, BETWEEN(-1, 1))));
    sabir_shape x = c->x;
    x.extents[0] = conform_dim(b, 5, 4, 1);
    conform_output(b, "dim", convolve(b, c, conform_input(b, b->type, x, BETWEEN(-1, 1))));
}

/* The first spatial axis has an extent known at run. */
static void spatial_dims(conform_build *b)
{
    const bool transposed = strcmp(b->of->op, "conv_transpose") == 0;
    const convolution *all = transposed ? backward : forward;
    const uint32_t count = transposed ? COUNT_OF(backward) : COUNT_OF(forward);
    const sabir_extent n = conform_dim_from(b, 7, 20, 11, 16);
    for (uint32_t i = 0; i < count; i++) {
        sabir_shape x = all[i].x;
        x.extents[2] = n;
        conform_output(b, all[i].name, convolve(b, &all[i], conform_input(b, b->type, x, BETWEEN(-1, 1))));
    }
}

static void convolution_cases(conform_list *list)
{
    conform_add(list, OF(F32), "small", small, 0);
    conform_add(list, OF(F32) | OF(F16), "dims", spatial_dims, 0);
    conform_add(list, FLOATS, "attributes", convolutions, 0);
    conform_add(list, FLOATS, "layouts", layouts, 0);
}

CONFORM_CASES(conv) { convolution_cases(list); }
CONFORM_CASES(conv_transpose) { convolution_cases(list); }

/* ---- Pooling ---- */

typedef struct pooling { const char *name; sabir_shape x; sabir_pool_attrs attrs; } pooling;

static const pooling poolings[] = {
    {"line", {3, {2, 3, 31}}, {.window = {3}}},
    {"line_strided", {3, {2, 3, 31}}, {.window = {4}, .stride = {3}, .before = {1}, .after = {2}}},
    {"plane", {4, {2, 3, 13, 7}}, {.window = {2, 3}, .stride = {2, 1}}},
    {"padded", {4, {1, 2, 7, 5}}, {.window = {3, 3}, .stride = {2, 2}, .before = {1, 1}, .after = {1, 1}}},
    {"counted", {4, {1, 2, 7, 5}}, {.window = {3, 3}, .stride = {1, 2}, .before = {1, 1}, .after = {1, 1}, .count_padding = 1}},
    {"dilated", {4, {1, 2, 13, 11}}, {.window = {3, 2}, .stride = {1, 1}, .dilation = {2, 3}}},
    {"padding_alone", {3, {1, 2, 3}}, {.window = {2}, .stride = {1}, .before = {3}, .after = {3}}},
    {"volume", {5, {1, 2, 5, 4, 6}}, {.window = {2, 2, 3}, .stride = {1, 2, 1}, .before = {0, 0, 1}, .after = {1, 0, 1}}},
    {"nothing", {4, {0, 3, 5, 5}}, {.window = {2, 2}}},
};

static sabir_value pool(conform_build *b, const pooling *p, sabir_value x)
{
    return strcmp(b->of->op, "max_pool") == 0 ? sabir_max_pool(b->graph, x, &p->attrs) : sabir_avg_pool(b->graph, x, &p->attrs);
}

static void pools(conform_build *b)
{
    const conform_fill fill = {-4, 4, b->of->tolerance == 0 ? CONFORM_COARSE | CONFORM_WHOLE : 0, NULL};
    for (uint32_t i = 0; i < COUNT_OF(poolings); i++) conform_output(b, poolings[i].name, pool(b, &poolings[i], conform_input(b, b->type, poolings[i].x, fill)));
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout], pool(b, &poolings[3], conform_laid(b, (conform_layout)layout, b->type, poolings[3].x, fill)));
    sabir_shape x = poolings[3].x;
    x.extents[0] = conform_dim(b, 5, 4, 1);
    conform_output(b, "dim", pool(b, &poolings[3], conform_input(b, b->type, x, fill)));
}

static void pool_dims(conform_build *b)
{
    const sabir_extent n = conform_dim_from(b, 9, 20, 11, 16);
    for (uint32_t i = 0; i < COUNT_OF(poolings); i++) {
        sabir_shape x = poolings[i].x;
        x.extents[2] = n;
        conform_output(b, poolings[i].name, pool(b, &poolings[i], conform_input(b, b->type, x, BETWEEN(-4, 4))));
    }
}

static void pool_specials(conform_build *b)
{
    conform_output(b, "specials", pool(b, &poolings[2], conform_input(b, b->type, poolings[2].x, (conform_fill){-4, 4, CONFORM_SPECIAL, NULL})));
}

CONFORM_CASES(max_pool)
{
    conform_add(list, NUMBERS, "windows", pools, 0);
    conform_add(list, OF(F32), "dims", pool_dims, 0);
    conform_add(list, FLOATS, "specials", pool_specials, 0);
}

CONFORM_CASES(avg_pool)
{
    conform_add(list, FLOATS, "windows", pools, 0);
    conform_add(list, OF(F32), "dims", pool_dims, 0);
}
