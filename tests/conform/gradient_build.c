/* The graph of a case with its gradients. */
#include "gradient.h"

#include <stdio.h>
#include <string.h>

static bool is_real(sabir_type type) { return FLOATS & 1u << type; }

/* ---- The graph ---- */

static conform_leaf *add_leaf(conform_gradient *t, const conform_leaf *leaf)
{
    const uint32_t at = t->leaf_count++;
    t->leaves[at] = *leaf;
    if (leaf->moved) t->moved[t->moved_count++] = at;
    return &t->leaves[at];
}

static conform_leaf of_operand(const conform_gradient *t, const conform_operand *from, conform_leaf_kind kind)
{
    conform_leaf leaf = {.kind = kind, .type = from->type, .shape = from->shape, .fill = from->fill, .value = from->value, .result = -1,
                         .moved = from->type == t->type};
    memcpy(leaf.name, from->name, sizeof leaf.name);
    return leaf;
}

static void list_operands(conform_gradient *t)
{
    const conform_plan *plan = &t->plan;
    for (uint32_t i = 0; i < plan->input_count; i++) {
        const conform_leaf leaf = of_operand(t, &plan->inputs[i], CONFORM_LEAF_INPUT);
        add_leaf(t, &leaf);
    }
    for (uint32_t i = 0; i < plan->variable_count; i++) {
        const conform_leaf leaf = of_operand(t, &plan->variables[i], CONFORM_LEAF_VARIABLE);
        add_leaf(t, &leaf);
    }
    for (uint32_t i = 0; i < plan->scalar_count; i++) {
        const conform_scalar_use *scalar = &plan->scalars[i];
        conform_leaf leaf = {.kind = CONFORM_LEAF_SCALAR, .type = scalar->type, .value = scalar->value, .result = -1,
                             .moved = scalar->type == t->type, .scalar = scalar->values};
        memcpy(leaf.name, scalar->name, sizeof leaf.name);
        add_leaf(t, &leaf);
    }
    t->moved_operands = t->moved_count;
}

/* Inputs w0, w1, ... or r0, ... of the shapes of values. */
static void add_seeds(conform_gradient *t, char letter, const conform_set *of, sabir_value *seeds)
{
    for (uint32_t i = 0; i < of->count; i++) {
        conform_leaf leaf = {.kind = CONFORM_LEAF_INPUT, .type = t->type, .shape = sabir_value_shape(of->values[i]), .fill = BETWEEN(-1, 1),
                             .result = letter == 'w' ? (int32_t)i : -1, .moved = letter == 'w'};
        snprintf(leaf.name, sizeof leaf.name, "%c%u", letter, i);
        seeds[i] = leaf.value = sabir_input(t->graph, leaf.name, leaf.type, leaf.shape);
        add_leaf(t, &leaf);
    }
}

/* Results of another float type are cast; others have no gradient. */
static void list_results(conform_gradient *t)
{
    for (uint32_t i = 0; i < t->plan.output_count; i++) {
        const sabir_value y = t->plan.outputs[i].value;
        const sabir_type type = sabir_value_type(y);
        if (is_real(type)) t->sets[0].values[t->sets[0].count++] = type == t->type ? y : sabir_cast(t->graph, y, t->type);
    }
}

static void name_results(conform_gradient *t)
{
    for (uint32_t s = 0; s < 3; s++)
        for (uint32_t i = 0; i < t->sets[s].count; i++) {
            char name[16];
            snprintf(name, sizeof name, "%c%u", t->sets[s].letter, i);
            sabir_output(t->graph, name, t->sets[s].values[i]);
        }
}

static bool has_special_data(const conform_gradient *t)
{
    for (uint32_t i = 0; i < t->leaf_count; i++)
        if (t->leaves[i].moved && t->leaves[i].fill.formula) return true;
    return false;
}

static sabir_status add_gradients(conform_gradient *t, bool second)
{
    sabir_value seeds[2 * CONFORM_MOST], wrt[2 * CONFORM_MOST];
    conform_set *y = &t->sets[0], *g = &t->sets[1], *h = &t->sets[2];
    for (uint32_t i = 0; i < t->moved_operands; i++) wrt[i] = t->leaves[t->moved[i]].value;
    add_seeds(t, 'w', y, seeds);
    CONFORM_STEP(sabir_vjp(t->graph, y->values, seeds, y->count, wrt, t->moved_operands, NULL, g->values));
    g->count = t->moved_operands;
    if (!second) return SABIR_OK;
    for (uint32_t i = 0; i < t->moved_count; i++) wrt[i] = t->leaves[t->moved[i]].value;
    add_seeds(t, 'r', g, seeds);
    CONFORM_STEP(sabir_vjp(t->graph, g->values, seeds, g->count, wrt, t->moved_count, NULL, h->values));
    h->count = t->moved_count;
    return SABIR_OK;
}

/* Operands and results in a type. */
static sabir_status build_case(conform_gradient *t, sabir_type type)
{
    conform_build b = {.of = t->of, .type = type, .variant = t->of->variant, .plan = &t->plan};
    sabir_graph_destroy(t->graph);
    t->graph = NULL;
    t->plan = (conform_plan){.rounds = 1, .unnamed = true};
    t->type = type;
    t->leaf_count = t->moved_count = 0;
    for (uint32_t s = 0; s < 3; s++) t->sets[s] = (conform_set){.letter = "ygh"[s]};
    CONFORM_STEP(sabir_graph_create(t->session->context, &t->graph));
    b.graph = t->graph;
    t->of->build(&b);
    CONFORM_STEP(sabir_graph_status(t->graph));
    list_operands(t);
    list_results(t);
    if (t->moved_operands == 0 || has_special_data(t)) t->sets[0].count = 0;
    return SABIR_OK;
}

sabir_status conform_gradient_build(conform_gradient *t, sabir_type type, bool second)
{
    t->only = -1;
    CONFORM_STEP(build_case(t, t->of->type)); /* the case may not exist in the other type where it has no gradients */
    if (t->sets[0].count == 0) return SABIR_OK;
    CONFORM_STEP(build_case(t, type));
    CONFORM_STEP(add_gradients(t, second));
    name_results(t);
    return sabir_graph_status(t->graph);
}
