/* The control words of a run: scalars and dim values in the header, then the words of each launch (docs/dialect.md). */
#include "executor.h"

/* The next power of two, at most the maximum: runs whose dims round to the same numbers share a recording. */
static int64_t rounded_up(int64_t value, int64_t maximum)
{
    int64_t power = value > 0 ? 1 : 0;
    while (power > 0 && power < value && power <= maximum / 2) power *= 2;
    return power < value || power > maximum ? maximum : power;
}

static sabir_status evaluate(const sbr_exprs *exprs, const int64_t *dims, int64_t *values)
{
    if (sbr_exprs_evaluate(exprs, dims, values)) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_SHAPE, "an extent, stride or offset of the program overflows 64 bits for the dims of this run");
}

sabir_status sbr_evaluate(sabir_program *program)
{
    sbr_executor *executor = program->executor;
    const sbr_module *module = executor->module;
    for (uint32_t d = 0; d < module->exprs.dims.count; d++)
        executor->rounded_dims[d] = rounded_up(program->dim_values[d], program->exprs.dims.data[d].maximum);
    SABIR_TRY(evaluate(&module->exprs, program->dim_values, executor->values));
    SABIR_TRY(evaluate(&module->exprs, executor->rounded_dims, executor->rounded));
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_step *step = &module->steps.data[i];
        if (step->kind != SBR_STEP_LAUNCH) continue;
        /* Extents that fall as a dim rises are largest for the dims as they are. */
        const int64_t exact = executor->values[step->launch->groups], rounded = executor->rounded[step->launch->groups];
        const int64_t groups = exact > rounded ? exact : rounded;
        executor->groups[i] = groups > 0 ? (uint64_t)groups : 0;
    }
    return SABIR_OK;
}

static void set_two(uint32_t *words, uint64_t value)
{
    words[0] = (uint32_t)value;
    words[1] = (uint32_t)(value >> 32);
}

static sabir_status fill_launch(const sabir_program *program, const sbr_step *step, uint32_t *words)
{
    const sbr_launch *launch = step->launch;
    words[SBR_GATE_WORD] = step->gate;
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++) {
        sbr_reached reached;
        SABIR_TRY(sbr_reach(program, launch, b, &reached));
        uint32_t *operand = words + 1 + SBR_BUFFER_WORDS * b;
        set_two(operand, reached.element);
        set_two(operand + 2, reached.address);
        operand[4] = launch->operands[b].storage;
    }
    for (uint32_t w = 0; w < launch->word_count; w++) {
        const sbr_control_word *word = &launch->words[w];
        const uint64_t value = word->kind == SBR_WORD_BITS ? word->value : (uint64_t)program->executor->values[word->value];
        words[word->word] = word->kind == SBR_WORD_HIGH ? (uint32_t)(value >> 32) : (uint32_t)value;
    }
    return SABIR_OK;
}

sabir_status sbr_control_fill(const sabir_program *program, uint32_t *words)
{
    const sbr_executor *executor = program->executor;
    const sbr_module *module = executor->module;
    memset(words, 0, (size_t)executor->control_words * 4);
    for (uint32_t i = 0; i < module->scalars.count; i++) {
        const sbr_port *port = &program->ports.data[executor->scalar_ports[i]];
        memcpy(words + module->scalars.data[i].word, port->scalar, sabir_type_size(port->type));
    }
    for (uint32_t i = 0; i < module->dim_words.count; i++)
        words[module->dim_words.data[i].word] = (uint32_t)executor->values[module->dim_words.data[i].expr];
    for (uint32_t i = 0; i < module->steps.count; i++)
        if (module->steps.data[i].kind == SBR_STEP_LAUNCH) SABIR_TRY(fill_launch(program, &module->steps.data[i], words + executor->launch_words[i]));
    return SABIR_OK;
}
