/* Programs of a gradient graph, and their runs. */
#include "gradient.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data.h"

sabir_status conform_gradient_compile(conform_gradient *t, conform_half *half, sabir_device *device, uint32_t set_count)
{
    char names[6 * CONFORM_MOST][16];
    const char *list[6 * CONFORM_MOST];
    sabir_compile_options options = {.size = sizeof options, .outputs = list, .no_fusion = t->session->unfused && !t->of->fused,
                                     .fallback = SABIR_FALLBACK_ERROR};
    for (uint32_t s = 0; s < set_count; s++)
        for (uint32_t i = 0; i < t->sets[s].count; i++) {
            list[options.output_count] = names[options.output_count];
            snprintf(names[options.output_count++], sizeof names[0], "%c%u", t->sets[s].letter, i);
        }
    half->device = device;
    half->set_count = set_count;
    CONFORM_STEP(sabir_store_create(device, &half->store));
    for (uint32_t i = 0; i < t->leaf_count; i++) {
        const conform_leaf *leaf = &t->leaves[i];
        sabir_tensor *variable;
        if (leaf->kind == CONFORM_LEAF_VARIABLE) CONFORM_STEP(sabir_store_variable(half->store, leaf->name, leaf->type, leaf->shape, &variable));
    }
    return sabir_compile(t->graph, device, half->store, &options, &half->program);
}

static void release(sabir_tensor **tensors, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        sabir_tensor_release(tensors[i]);
        tensors[i] = NULL;
    }
}

void conform_half_unbind(const conform_gradient *t, conform_half *half)
{
    for (uint32_t i = 0; i < t->leaf_count; i++) {
        const int32_t slot = half->leaves[i] ? sabir_slot(half->program, t->leaves[i].name) : -1;
        if (slot >= 0) (void)sabir_bind(half->program, slot, NULL);
    }
    release(half->leaves, CONFORM_LEAVES);
}

void conform_half_free(conform_half *half)
{
    release(half->leaves, CONFORM_LEAVES);
    for (uint32_t s = 0; s < 3; s++) release(half->results[s], 2 * CONFORM_MOST);
    sabir_program_destroy(half->program);
    sabir_store_release(half->store);
}

/* ---- Running ---- */

sabir_status conform_set_dims(const conform_gradient *t, conform_half *half, uint32_t round)
{
    for (uint32_t i = 0; i < t->plan.dim_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "dim%u", i);
        CONFORM_STEP(sabir_set_dim(half->program, name, t->plan.dims[i].values[round]));
    }
    return SABIR_OK;
}

static void move(const conform_gradient *t, uint32_t at, double step)
{
    const conform_leaf *leaf = &t->leaves[at];
    const bool moves = leaf->moved && (t->only < 0 || t->only == (int32_t)at);
    for (int64_t i = 0; leaf->base && i < leaf->count; i++)
        conform_store_real(leaf->type, leaf->base[i] + (moves ? step * leaf->direction[i] : 0), leaf->data, i);
}

static sabir_status bind_new(conform_half *half, const char *name, sabir_type type, sabir_shape shape, const void *data, sabir_tensor **kept)
{
    const int32_t slot = sabir_slot(half->program, name);
    release(kept, 1);
    if (slot < 0) return SABIR_OK; /* an input that nothing needs */
    CONFORM_STEP(sabir_tensor_create(half->device, type, shape, kept));
    CONFORM_STEP(sabir_tensor_write(*kept, 0, data, sabir_tensor_bytes(*kept)));
    return sabir_bind(half->program, slot, *kept);
}

static sabir_status give_leaf(const conform_gradient *t, conform_half *half, uint32_t at, uint32_t round, double step)
{
    const conform_leaf *leaf = &t->leaves[at];
    move(t, at, step);
    if (leaf->kind == CONFORM_LEAF_INPUT) return bind_new(half, leaf->name, leaf->type, leaf->now, leaf->data, &half->leaves[at]);
    if (leaf->kind == CONFORM_LEAF_SCALAR) {
        const int32_t slot = sabir_slot(half->program, leaf->name);
        if (slot < 0) return SABIR_OK;
        return sabir_set_f64(half->program, slot, leaf->base ? conform_element(leaf->type, leaf->data, 0) : leaf->scalar[round]);
    }
    sabir_tensor *variable = sabir_store_find(half->store, leaf->name);
    return sabir_tensor_write(variable, 0, leaf->data, sabir_tensor_bytes(variable));
}

/* Results begin as a pattern, so that an element that nothing writes is seen. */
static sabir_status bind_result(const conform_gradient *t, conform_half *half, uint32_t s, uint32_t i)
{
    char name[16];
    sabir_type type;
    sabir_shape shape;
    size_t count = 1;
    snprintf(name, sizeof name, "%c%u", t->sets[s].letter, i);
    CONFORM_STEP(sabir_output_shape(half->program, sabir_slot(half->program, name), &type, &shape));
    for (int32_t k = 0; k < shape.rank; k++) count *= (size_t)shape.extents[k];
    void *pattern = malloc(count * sabir_type_size(type) + 8);
    if (!pattern) return SABIR_OUT_OF_MEMORY;
    memset(pattern, 0x5a, count * sabir_type_size(type));
    const sabir_status status = bind_new(half, name, type, shape, pattern, &half->results[s][i]);
    free(pattern);
    return status;
}

sabir_status conform_gradient_run(conform_gradient *t, conform_half *half, uint32_t round, double step)
{
    CONFORM_STEP(conform_set_dims(t, half, round));
    for (uint32_t i = 0; i < t->leaf_count; i++) CONFORM_STEP(give_leaf(t, half, i, round, step));
    for (uint32_t s = 0; s < half->set_count; s++)
        for (uint32_t i = 0; i < t->sets[s].count; i++) CONFORM_STEP(bind_result(t, half, s, i));
    return sabir_run(half->program, NULL, 0);
}

sabir_status conform_gradient_read(const conform_half *half, uint32_t s, uint32_t i, double **elements, int64_t *count)
{
    sabir_tensor *tensor = half->results[s][i];
    const sabir_type type = sabir_tensor_type(tensor);
    const size_t bytes = (size_t)sabir_tensor_bytes(tensor);
    *count = (int64_t)(bytes / sabir_type_size(type));
    void *data = malloc(bytes + 8);
    *elements = malloc((size_t)*count * sizeof **elements + 8);
    sabir_status status = data && *elements ? sabir_tensor_read(tensor, 0, data, bytes) : SABIR_OUT_OF_MEMORY;
    for (int64_t k = 0; k < *count && status == SABIR_OK; k++) (*elements)[k] = conform_element(type, data, k);
    free(data);
    if (status == SABIR_OK) return SABIR_OK;
    free(*elements);
    *elements = NULL;
    return status;
}
