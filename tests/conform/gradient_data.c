/* Data of the leaves: numbers in generic position, away from ties and kinks. */
#include "gradient.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

/* Where the case's own range has a jump within too many steps, or misses a branch. */
static const struct { const char *op; uint32_t inputs, operand; conform_fill fill; bool only_f64; } ranges[] = {
    {"mod", 2, 0, {-4, 4, 0, NULL}, false},
    {"mod", 2, 1, {1, 9, 0, NULL}, false},
    {"lgamma", 1, 0, {-6, 30, 0, NULL}, true}, /* others come to lie on poles */
};

static conform_fill range_of(const conform_gradient *t, const conform_leaf *leaf, uint32_t position)
{
    conform_fill fill = leaf->fill;
    for (uint32_t i = 0; i < COUNT_OF(ranges); i++) {
        if (leaf->name[0] != 'x' || strcmp(ranges[i].op, t->of->op) != 0 || position % ranges[i].inputs != ranges[i].operand) continue;
        if (!ranges[i].only_f64 || t->type == SABIR_F64) fill = ranges[i].fill;
    }
    return fill;
}

/* Distinct numbers in random order, evenly spread over the range without its margins: no ties, and no two that a step lets change places. */
static void spread(const conform_fill *fill, int64_t count, const double *uniform, double *data)
{
    const double margin = 0.05 * (fill->high - fill->low), low = fill->low + margin, size = fill->high - fill->low - 2 * margin;
    for (int64_t i = 0; i < count; i++) data[i] = low + size * ((double)i + 0.3 + 0.4 * uniform[i]) / (double)count;
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t k = (int64_t)(uniform[i] * (double)(i + 1));
        const double moved = data[i];
        data[i] = data[k];
        data[k] = moved;
    }
}

static void round_to_eighths(int64_t count, double *data, double *direction)
{
    for (int64_t i = 0; i < count; i++) {
        data[i] = rint(8 * (data[i] - 2 * rint(data[i] / 2))) / 8;
        direction[i] = direction[i] < 0 ? -1 : 1;
    }
}

static sabir_status fill_real(conform_gradient *t, conform_leaf *leaf, conform_fill fill, uint64_t seed, uint32_t round)
{
    const size_t bytes = (size_t)leaf->count * sizeof(double) + 8;
    double *uniform = malloc(bytes);
    leaf->base = calloc(1, bytes);
    leaf->direction = malloc(bytes);
    if (!uniform || !leaf->base || !leaf->direction) {
        free(uniform);
        return SABIR_OUT_OF_MEMORY;
    }
    conform_fill_elements(SABIR_F64, leaf->count, &BETWEEN(0, 1), seed, uniform);
    conform_fill_elements(SABIR_F64, leaf->count, &BETWEEN(-1, 1), seed ^ 0x5bd1e995u, leaf->direction);
    if (leaf->scalar) leaf->base[0] = leaf->scalar[round];
    else spread(&fill, leaf->count, uniform, leaf->base);
    if (t->is_exact) round_to_eighths(leaf->count, leaf->base, leaf->direction);
    free(uniform);
    return SABIR_OK;
}

static sabir_shape shape_now(const conform_plan *plan, sabir_shape shape, uint32_t round)
{
    for (int32_t i = 0; i < shape.rank; i++)
        for (uint32_t d = 0; d < plan->dim_count; d++)
            if (plan->dims[d].extent == shape.extents[i]) shape.extents[i] = plan->dims[d].values[round];
    return shape;
}

/* Seeds w have shapes of results, which the program knows. */
static sabir_status find_shape(const conform_gradient *t, conform_half *half, conform_leaf *leaf, uint32_t round)
{
    char name[16];
    sabir_type type;
    leaf->now = shape_now(&t->plan, leaf->shape, round);
    if (leaf->result >= 0) {
        snprintf(name, sizeof name, "y%d", leaf->result);
        CONFORM_STEP(sabir_output_shape(half->program, sabir_slot(half->program, name), &type, &leaf->now));
    }
    leaf->count = 1;
    for (int32_t i = 0; i < leaf->now.rank; i++) leaf->count *= leaf->now.extents[i];
    return SABIR_OK;
}

static void free_data(conform_leaf *leaf)
{
    free(leaf->data);
    free(leaf->base);
    free(leaf->direction);
    leaf->data = NULL;
    leaf->base = leaf->direction = NULL;
}

static sabir_status fill_leaf(conform_gradient *t, conform_half *half, uint32_t i, uint32_t round, uint32_t draw)
{
    conform_leaf *leaf = &t->leaves[i];
    conform_fill fill = range_of(t, leaf, i);
    const uint64_t seed = conform_hash(t->seed + 16 * draw + round, leaf->name);
    free_data(leaf);
    CONFORM_STEP(find_shape(t, half, leaf, round));
    leaf->data = malloc((size_t)leaf->count * sabir_type_size(leaf->type) + 8);
    if (!leaf->data) return SABIR_OUT_OF_MEMORY;
    if (leaf->type == t->type) return fill_real(t, leaf, fill, seed, round);
    if (FLOATS & 1u << leaf->type) fill.flags = 0;
    conform_fill_elements(leaf->type, leaf->count, &fill, seed, leaf->data);
    return SABIR_OK;
}

sabir_status conform_gradient_fill(conform_gradient *t, conform_half *half, uint32_t round, uint32_t draw)
{
    conform_half_unbind(t, half); /* what is bound tells the dims */
    CONFORM_STEP(conform_set_dims(t, half, round));
    for (uint32_t i = 0; i < t->leaf_count; i++) CONFORM_STEP(fill_leaf(t, half, i, round, draw));
    return SABIR_OK;
}

void conform_gradient_free(conform_gradient *t)
{
    for (uint32_t i = 0; i < t->leaf_count; i++) free_data(&t->leaves[i]);
    sabir_graph_destroy(t->graph);
}
