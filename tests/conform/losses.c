/* Losses of softmax, by row, and their gradient. */
#include <string.h>

#include "case.h"

static sabir_type wide_type(const conform_build *b) { return b->type == SABIR_F64 ? SABIR_F64 : SABIR_F32; }
static sabir_value numbers(conform_build *b, sabir_shape rows, double low, double high) { return conform_input(b, wide_type(b), rows, BETWEEN(low, high)); }

static void put(conform_build *b, const char *what, const char *part, sabir_value value)
{
    char text[48] = "";
    strncat(text, what, 30);
    strncat(text, part, 12);
    conform_output(b, text, value);
}

typedef struct way { const char *name; bool weighted; sabir_softmax_losses_attrs attrs; } way;

static const way ways[] = {{"plain", false, {0, 0}}, {"weights", true, {0, 0}}, {"smooth", false, {0.1, 0}}, {"all", true, {0.25, 1.5}}};

static void conclude(conform_build *b, const char *what, sabir_value logits, const way *w)
{
    sabir_graph *g = b->graph;
    sabir_shape rows = sabir_value_shape(logits);
    sabir_value entropy, lse;
    const sabir_extent classes = rows.extents[--rows.rank];
    const sabir_value labels = conform_input(b, SABIR_I32, rows, BETWEEN(-1, classes > 0 ? (double)classes : 1));
    const sabir_value weights = w->weighted ? conform_input(b, wide_type(b), rows, (conform_fill){0, 2, CONFORM_COARSE, NULL}) : SABIR_NONE;
    if (strcmp(b->of->op, "softmax_losses") == 0) {
        put(b, what, "", sabir_softmax_losses(g, logits, labels, weights, &w->attrs, &entropy, &lse));
        put(b, what, "_entropy", entropy);
        put(b, what, "_lse", lse);
        return;
    }
    entropy = numbers(b, rows, 0, 3);
    lse = numbers(b, rows, 4, 6);
    const sabir_value d_loss = numbers(b, rows, -1, 1), d_entropy = numbers(b, rows, -1, 1);
    put(b, what, "_both", sabir_softmax_losses_gradient(g, logits, labels, weights, &w->attrs, entropy, lse, d_loss, d_entropy));
    put(b, what, "_loss", sabir_softmax_losses_gradient(g, logits, labels, weights, &w->attrs, entropy, lse, d_loss, SABIR_NONE));
    put(b, what, "_entropy", sabir_softmax_losses_gradient(g, logits, labels, weights, &w->attrs, entropy, lse, SABIR_NONE, d_entropy));
}

static void ways_of(conform_build *b)
{
    for (uint32_t i = 0; i < COUNT_OF(ways); i++) conclude(b, ways[i].name, conform_input(b, b->type, SABIR_SHAPE(7, 31), BETWEEN(-5, 5)), &ways[i]);
}

static void shapes(conform_build *b)
{
    const sabir_shape of[] = {SABIR_SHAPE(7), SABIR_SHAPE(5, 1031), SABIR_SHAPE(3, 5, 1), SABIR_SHAPE(0, 3), SABIR_SHAPE(2, 70, 9)};
    static const char *const names[] = {"one_row", "long", "one_class", "no_rows", "short"};
    for (uint32_t i = 0; i < COUNT_OF(of); i++) conclude(b, names[i], conform_input(b, b->type, of[i], BETWEEN(-5, 5)), &ways[3]);
    if (strcmp(b->of->op, "softmax_losses") == 0) conclude(b, "no_classes", conform_input(b, b->type, SABIR_SHAPE(3, 0), PLAIN), &ways[0]);
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        conclude(b, conform_layout_names[layout], conform_laid(b, (conform_layout)layout, b->type, SABIR_SHAPE(7, 31), BETWEEN(-5, 5)), &ways[1]);
    conclude(b, "dim", conform_input(b, b->type, SABIR_SHAPE(conform_dim(b, 70, 67, 1), 13), PLAIN), &ways[3]);
}

CONFORM_CASES(softmax_losses)
{
    conform_add(list, FLOATS, "ways", ways_of, 0);
    conform_add(list, FLOATS, "shapes", shapes, 0);
}

CONFORM_CASES(softmax_losses_gradient)
{
    conform_add(list, FLOATS, "ways", ways_of, 0);
    conform_add(list, FLOATS, "shapes", shapes, 0);
}
