#include "elementwise.h"

#include <stdio.h>
#include <string.h>

enum { MOST_OPERANDS = 3 };

typedef struct row {
    const char *name;
    int inputs;
    unsigned types;
    sabir_value (*apply_1)(sabir_graph *, sabir_value);
    sabir_value (*apply_2)(sabir_graph *, sabir_value, sabir_value);
    sabir_value (*apply_3)(sabir_graph *, sabir_value, sabir_value, sabir_value);
} row;

enum { CLASS_FLOAT = FLOATS, CLASS_INT = INTS, CLASS_NUMBER = NUMBERS, CLASS_ANY = ANY, CLASS_LOGIC = OF(BOOL) };

static const row rows[] = {
#define EW(name, inputs, class, result, expression, tolerance, text) {#name, inputs, CLASS_##class, .apply_##inputs = sabir_##name},
#define OP(name, least, most, outputs, attributes, flags, tolerance, text)
#include "graph/ops.def"
};

/* Float operands where an operator is to be measured: off its poles, and where rounding of the operand does not decide the result. */
typedef struct domain { const char *name; conform_fill fills[MOST_OPERANDS]; } domain;
static const domain domains[] = {
    {"sqrt", {{0, 100, 0, NULL}}},
    {"rsqrt", {{0.01, 100, 0, NULL}}},
    {"reciprocal", {{0.1, 10, 0, NULL}}},
    {"exp", {{-20, 5, 0, NULL}}},
    {"expm1", {{-3, 3, 0, NULL}}},
    {"log", {{1e-4, 1000, 0, NULL}}},
    {"log1p", {{-0.99, 10, 0, NULL}}},
    {"sin", {{-100, 100, 0, NULL}}},
    {"cos", {{-100, 100, 0, NULL}}},
    {"tan", {{-1.5, 1.5, 0, NULL}}},
    {"asin", {{-1, 1, 0, NULL}}},
    {"acos", {{-1, 1, 0, NULL}}},
    {"atan", {{-20, 20, 0, NULL}}},
    {"lgamma", {{0.01, 30, 0, NULL}}},
    {"floor", {{-1000, 1000, 0, NULL}}},
    {"ceil", {{-1000, 1000, 0, NULL}}},
    {"round", {{-50, 50, CONFORM_COARSE, NULL}}},
    {"softplus", {{-30, 30, 0, NULL}}},
    {"div", {{-4, 4, 0, NULL}, {0.5, 8, 0, NULL}}},
    {"mod", {{-100, 100, 0, NULL}, {-9, 9, CONFORM_COARSE, NULL}}},
    {"pow", {{0.1, 4, 0, NULL}, {-3, 3, 0, NULL}}},
    {"logaddexp", {{-30, 30, 0, NULL}, {-30, 30, 0, NULL}}},
    {"clamp", {{-4, 4, 0, NULL}, {-2, 0, 0, NULL}, {0, 2, 0, NULL}}},
};

static const conform_fill usual = {-4, 4, CONFORM_COARSE | CONFORM_WHOLE | CONFORM_SPECIAL, NULL};

static conform_fill fill_of(const conform_build *b, int operand)
{
    const row *op = b->of->data;
    conform_fill fill = usual;
    const bool real = FLOATS & 1u << b->type, exact = b->of->tolerance == 0;
    if (!real) return fill;
    if (!exact) fill = (conform_fill){-4, 4, 0, NULL};
    for (uint32_t i = 0; i < COUNT_OF(domains); i++)
        if (strcmp(domains[i].name, op->name) == 0) fill = domains[i].fills[operand];
    return fill;
}

static sabir_value apply(conform_build *b, const sabir_value *operands)
{
    const row *op = b->of->data;
    switch (op->inputs) {
    case 1: return op->apply_1(b->graph, operands[0]);
    case 2: return op->apply_2(b->graph, operands[0], operands[1]);
    default: return op->apply_3(b->graph, operands[0], operands[1], operands[2]);
    }
}

/* Operand k has shapes[k] in layouts[k]. */
static void one_output(conform_build *b, const char *name, const sabir_shape shapes[MOST_OPERANDS], const conform_layout layouts[MOST_OPERANDS])
{
    sabir_value operands[MOST_OPERANDS] = {SABIR_NONE};
    for (int k = 0; k < ((const row *)b->of->data)->inputs && k < MOST_OPERANDS; k++) operands[k] = conform_laid(b, layouts[k], b->type, shapes[k], fill_of(b, k));
    conform_output(b, name, apply(b, operands));
}

static void same_shape(conform_build *b, const char *name, sabir_shape shape)
{
    one_output(b, name, (const sabir_shape[]){shape, shape, shape}, (const conform_layout[]){CONFORM_DENSE, CONFORM_DENSE, CONFORM_DENSE});
}

static void shapes(conform_build *b)
{
    same_shape(b, "rank0", SABIR_SCALAR_SHAPE);
    same_shape(b, "empty", SABIR_SHAPE(3, 0, 7));
    same_shape(b, "single", SABIR_SHAPE(1));
    same_shape(b, "prime", SABIR_SHAPE(5, 257));
    same_shape(b, "rank8", SABIR_SHAPE(1, 2, 1, 3, 2, 1, 2, 3));
    one_output(b, "broadcast", (const sabir_shape[]){SABIR_SHAPE(7, 1, 13), SABIR_SHAPE(31, 1), SABIR_SHAPE(13)},
               (const conform_layout[]){CONFORM_DENSE, CONFORM_DENSE, CONFORM_DENSE});
}

static void layouts(conform_build *b)
{
    const sabir_shape shape = SABIR_SHAPE(7, 13), all[] = {shape, shape, shape};
    for (int layout = CONFORM_TRANSPOSED; layout < CONFORM_LAYOUTS; layout++)
        one_output(b, conform_layout_names[layout], all,
                   (const conform_layout[]){(conform_layout)layout, (conform_layout)((layout + 2) % CONFORM_LAYOUTS), (conform_layout)((layout + 3) % CONFORM_LAYOUTS)});
}

/* Signed zeros, infinities, NaN and numbers where an operator changes its mind: each with each. */
static double special_element(int64_t i)
{
    static const double elements[] = {0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -2.5, __builtin_inf(), -__builtin_inf(), __builtin_nan("")};
    return elements[i % (int64_t)COUNT_OF(elements)];
}
static double special_row(int64_t i) { return special_element(i / 13); }

static void specials(conform_build *b)
{
    const int inputs = ((const row *)b->of->data)->inputs;
    const sabir_shape shape = inputs > 1 ? SABIR_SHAPE(13, 13) : SABIR_SHAPE(13);
    sabir_value operands[MOST_OPERANDS] = {conform_input(b, b->type, shape, (conform_fill){.formula = special_element})};
    if (inputs > 1) operands[1] = conform_input(b, b->type, shape, (conform_fill){.formula = special_row});
    if (inputs > 2) operands[2] = conform_input(b, b->type, shape, PLAIN);
    conform_output(b, "specials", apply(b, operands));
}

static void dims(conform_build *b)
{
    const sabir_extent n = conform_dim(b, 40, 31, 8);
    const sabir_shape shape = SABIR_SHAPE(n, 5), row_shape = SABIR_SHAPE(5);
    sabir_value operands[MOST_OPERANDS] = {SABIR_NONE};
    for (int k = 0; k < ((const row *)b->of->data)->inputs; k++) operands[k] = conform_input(b, b->type, k == 1 ? row_shape : shape, fill_of(b, k));
    conform_output(b, "dim", apply(b, operands));
}

static const row *row_of(const char *name)
{
    for (uint32_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

void conform_cases_elementwise(conform_list *list)
{
    const uint32_t first = list->count;
    const row *op = row_of(list->op);
    const unsigned one_type = op->types & OF(F32) ? OF(F32) : op->types & OF(I32) ? OF(I32) : OF(BOOL);
    conform_add(list, op->types, "shapes", shapes, 0);
    conform_add(list, op->types, "layouts", layouts, 0);
    conform_add(list, op->types & FLOATS, "specials", specials, 0);
    conform_add(list, one_type, "dims", dims, 0);
    for (uint32_t i = first; i < list->count; i++) list->cases[i].data = op;
}
