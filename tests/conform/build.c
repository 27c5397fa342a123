/* Operands and outputs of a case. */
#include <stdio.h>
#include <string.h>

#include "plan.h"

const char *const conform_layout_names[CONFORM_LAYOUTS] = {"dense", "transposed", "backward", "odd", "stepped", "repeated"};

static bool room_for(conform_plan *plan, uint32_t count, size_t capacity, const char *what)
{
    if (count < capacity) return true;
    plan->overflow = what;
    return false;
}

sabir_extent conform_dim(conform_build *b, int64_t maximum, int64_t first, int64_t second) { return conform_dim_from(b, 0, maximum, first, second); }

sabir_extent conform_dim_from(conform_build *b, int64_t minimum, int64_t maximum, int64_t first, int64_t second)
{
    char name[16];
    snprintf(name, sizeof name, "dim%u", b->plan->dim_count);
    const sabir_extent extent = sabir_dim_create(b->graph, name, minimum, maximum);
    if (!room_for(b->plan, b->plan->dim_count, COUNT_OF(b->plan->dims), "dims")) return extent;
    b->plan->dims[b->plan->dim_count++] = (conform_dim_use){extent, {first, second}};
    b->plan->rounds = CONFORM_ROUNDS;
    return extent;
}

sabir_value conform_input(conform_build *b, sabir_type type, sabir_shape shape, conform_fill fill)
{
    conform_operand *operand = &b->plan->inputs[b->plan->input_count];
    if (!room_for(b->plan, b->plan->input_count, COUNT_OF(b->plan->inputs), "inputs")) return SABIR_NONE;
    *operand = (conform_operand){.type = type, .shape = shape, .fill = fill};
    snprintf(operand->name, sizeof operand->name, "x%u", b->plan->input_count++);
    return operand->value = sabir_input(b->graph, operand->name, type, shape);
}

sabir_value conform_variable(conform_build *b, const char *name, sabir_type type, sabir_shape shape, conform_fill fill)
{
    if (!room_for(b->plan, b->plan->variable_count, COUNT_OF(b->plan->variables), "variables")) return SABIR_NONE;
    conform_operand *operand = &b->plan->variables[b->plan->variable_count++];
    *operand = (conform_operand){.type = type, .shape = shape, .fill = fill};
    snprintf(operand->name, sizeof operand->name, "%s", name);
    return operand->value = sabir_variable(b->graph, operand->name, type, shape);
}

sabir_value conform_scalar(conform_build *b, sabir_type type, double first, double second)
{
    if (!room_for(b->plan, b->plan->scalar_count, COUNT_OF(b->plan->scalars), "scalars")) return SABIR_NONE;
    conform_scalar_use *scalar = &b->plan->scalars[b->plan->scalar_count];
    *scalar = (conform_scalar_use){.type = type, .values = {first, second}};
    snprintf(scalar->name, sizeof scalar->name, "s%u", b->plan->scalar_count++);
    b->plan->rounds = CONFORM_ROUNDS;
    return scalar->value = sabir_scalar(b->graph, scalar->name, type);
}

sabir_value conform_list_of(conform_build *b, sabir_type type, sabir_ints values)
{
    int32_t words[SABIR_MAX_RANK];
    for (int32_t i = 0; i < values.count; i++) words[i] = (int32_t)values.values[i];
    return sabir_constant(b->graph, type, SABIR_SHAPE(values.count), words);
}

static void add_output(conform_build *b, const char *name, sabir_value value, double tolerance, double (*formula)(int64_t index))
{
    if (!room_for(b->plan, b->plan->output_count, COUNT_OF(b->plan->outputs), "outputs")) return;
    conform_result_use *output = &b->plan->outputs[b->plan->output_count++];
    *output = (conform_result_use){.tolerance = tolerance, .formula = formula, .value = value};
    snprintf(output->name, sizeof output->name, "%s", name);
    if (!b->plan->unnamed) sabir_output(b->graph, output->name, value);
}

void conform_output(conform_build *b, const char *name, sabir_value value) { add_output(b, name, value, b->of->tolerance, NULL); }

void conform_output_within(conform_build *b, const char *name, sabir_value value, double tolerance) { add_output(b, name, value, tolerance, NULL); }

void conform_output_formula(conform_build *b, const char *name, sabir_value value, double (*formula)(int64_t index))
{
    add_output(b, name, value, b->of->tolerance, formula);
}

/* ---- Layouts ---- */

static sabir_ints reversed_axes(int32_t rank)
{
    sabir_ints axes = {.count = rank};
    for (int32_t i = 0; i < rank; i++) axes.values[i] = rank - 1 - i;
    return axes;
}

/* Part of a larger operand: the last axis from start in steps. */
static sabir_value part_of_rows(conform_build *b, sabir_type type, sabir_shape shape, conform_fill fill, int64_t held, int64_t start, int64_t step)
{
    sabir_shape larger = shape;
    sabir_ints starts = {.count = shape.rank}, steps = {.count = shape.rank};
    for (int32_t i = 0; i < shape.rank; i++) steps.values[i] = 1;
    larger.extents[shape.rank - 1] = held;
    starts.values[shape.rank - 1] = start;
    steps.values[shape.rank - 1] = step;
    return sabir_slice(b->graph, conform_input(b, type, larger, fill), starts, shape, steps);
}

sabir_value conform_laid(conform_build *b, conform_layout layout, sabir_type type, sabir_shape shape, conform_fill fill)
{
    if (shape.rank == 0) layout = CONFORM_DENSE;
    const int64_t last = shape.rank > 0 ? shape.extents[shape.rank - 1] : 0;
    switch (layout) {
    case CONFORM_TRANSPOSED: {
        sabir_shape held = {.rank = shape.rank};
        for (int32_t i = 0; i < shape.rank; i++) held.extents[i] = shape.extents[shape.rank - 1 - i];
        return sabir_transpose(b->graph, conform_input(b, type, held, fill), reversed_axes(shape.rank));
    }
    case CONFORM_BACKWARD: return last ? part_of_rows(b, type, shape, fill, last, last - 1, -1) : conform_input(b, type, shape, fill);
    case CONFORM_ODD: return part_of_rows(b, type, shape, fill, last + 3, 1, 1);
    case CONFORM_STEPPED: return part_of_rows(b, type, shape, fill, 2 * last + 1, 1, 2);
    case CONFORM_REPEATED: {
        sabir_shape held = shape;
        held.extents[0] = 1;
        return sabir_broadcast(b->graph, conform_input(b, type, held, fill), shape);
    }
    default: return conform_input(b, type, shape, fill);
    }
}

void conform_over_layouts(conform_build *b, sabir_shape shape, conform_fill fill, conform_apply *apply)
{
    for (int layout = 0; layout < CONFORM_LAYOUTS; layout++)
        conform_output(b, conform_layout_names[layout], apply(b, conform_laid(b, (conform_layout)layout, b->type, shape, fill)));
}

void conform_over_shapes(conform_build *b, const sabir_shape *shapes, uint32_t count, conform_fill fill, conform_apply *apply)
{
    for (uint32_t i = 0; i < count; i++) {
        char name[48];
        size_t used = (size_t)snprintf(name, sizeof name, "shape%u", i);
        for (int32_t k = 0; k < shapes[i].rank && used < sizeof name - 8; k++)
            used += (size_t)snprintf(name + used, sizeof name - used, "_%lld", (long long)shapes[i].extents[k]);
        conform_output(b, name, apply(b, conform_input(b, b->type, shapes[i], fill)));
    }
}
