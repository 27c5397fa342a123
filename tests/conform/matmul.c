/* Matrix products. */
#include <stdio.h>

#include "case.h"

typedef struct product { const char *name; int64_t m, k, n; } product;

static conform_fill fill_of(const conform_build *b, int64_t k)
{
    if (INTS & 1u << b->type) return BETWEEN(-20, 20);
    return k > 100 ? BETWEEN(0, 1) : BETWEEN(-1, 1);
}

static void sizes(conform_build *b)
{
    static const product products[] = {
        {"tiny", 1, 1, 1}, {"small", 5, 7, 3}, {"prime", 31, 13, 61}, {"tiles", 64, 32, 64}, {"long", 7, 257, 13}, {"row", 1, 61, 67}, {"column", 67, 61, 1},
        {"no_inner", 3, 0, 5}, {"no_rows", 0, 5, 3}, {"no_columns", 3, 5, 0},
    };
    const int turn_a = b->variant & 1, turn_b = b->variant >> 1;
    for (uint32_t i = 0; i < COUNT_OF(products); i++) {
        const product *p = &products[i];
        const conform_fill fill = fill_of(b, p->k);
        const sabir_value left = conform_input(b, b->type, turn_a ? SABIR_SHAPE(p->k, p->m) : SABIR_SHAPE(p->m, p->k), fill);
        const sabir_value right = conform_input(b, b->type, turn_b ? SABIR_SHAPE(p->n, p->k) : SABIR_SHAPE(p->k, p->n), fill);
        conform_output(b, p->name, sabir_matmul_transposed(b->graph, left, right, turn_a, turn_b));
    }
}

static void batches(conform_build *b)
{
    static const struct { const char *name; sabir_shape a, b; } pairs[] = {
        {"batch", {3, {5, 7, 13}}, {3, {5, 13, 3}}},
        {"shared_right", {3, {5, 7, 13}}, {2, {13, 3}}},
        {"shared_left", {2, {7, 13}}, {4, {2, 3, 13, 5}}},
        {"crossed", {4, {3, 1, 5, 7}}, {4, {1, 2, 7, 3}}},
        {"rank8", {8, {1, 2, 1, 2, 1, 2, 3, 5}}, {8, {2, 1, 1, 2, 1, 1, 5, 3}}},
        {"no_batch", {3, {0, 3, 5}}, {3, {0, 5, 2}}},
    };
    for (uint32_t i = 0; i < COUNT_OF(pairs); i++)
        conform_output(b, pairs[i].name, sabir_matmul(b->graph, conform_input(b, b->type, pairs[i].a, fill_of(b, 1)), conform_input(b, b->type, pairs[i].b, fill_of(b, 1))));
    const sabir_extent n = conform_dim(b, 70, 61, 3);
    conform_output(b, "dim_rows", sabir_matmul(b->graph, conform_input(b, b->type, SABIR_SHAPE(n, 7), fill_of(b, 1)), conform_input(b, b->type, SABIR_SHAPE(7, 5), fill_of(b, 1))));
    conform_output(b, "dim_batch", sabir_matmul(b->graph, conform_input(b, b->type, SABIR_SHAPE(n, 3, 7), fill_of(b, 1)), conform_input(b, b->type, SABIR_SHAPE(7, 5), fill_of(b, 1))));
    conform_output(b, "dim_inner", sabir_matmul(b->graph, conform_input(b, b->type, SABIR_SHAPE(5, n), fill_of(b, 1)), conform_input(b, b->type, SABIR_SHAPE(n, 3), fill_of(b, 1))));
}

static void layouts(conform_build *b)
{
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++) {
        const conform_layout other = (conform_layout)((layout + 1) % CONFORM_LAYOUTS);
        conform_output(b, conform_layout_names[layout], sabir_matmul(b->graph, conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(3, 7, 13), fill_of(b, 1)),
                                                                     conform_laid(b, other, b->type, SABIR_SHAPE(3, 13, 5), fill_of(b, 1))));
    }
}

CONFORM_CASES(matmul)
{
    static const char *const names[] = {"sizes", "sizes_ta", "sizes_tb", "sizes_ta_tb"};
    const unsigned types = FLOATS | OF(I32) | OF(U32) | OF(I8);
    for (int turned = 0; turned < 4; turned++) conform_add(list, turned == 0 || turned == 2 ? types : OF(F32) | OF(F16) | OF(I8), names[turned], sizes, turned);
    conform_add(list, types, "batches", batches, 0);
    conform_add(list, types, "layouts", layouts, 0);
}
