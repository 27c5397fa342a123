#include "module.h"

#include <stdio.h>

void sbr_module_free(sbr_module *module)
{
    if (!module) return;
    const sabir_allocator allocator = module->allocator;
    sbr_vector_free(&allocator, &module->slots);
    sbr_vector_free(&allocator, &module->steps);
    sbr_vector_free(&allocator, &module->inputs);
    sbr_vector_free(&allocator, &module->outputs);
    sbr_vector_free(&allocator, &module->variables);
    sbr_vector_free(&allocator, &module->constants);
    sbr_vector_free(&allocator, &module->scalars);
    sbr_vector_free(&allocator, &module->dim_words);
    sbr_vector_free(&allocator, &module->chunks);
    sbr_vector_free(&allocator, &module->notes);
    sbr_free(&allocator, module->variable_written);
    sbr_exprs_free(&module->exprs);
    sbr_arena_free(&module->arena);
    sbr_free(&allocator, module);
}

static void print_slot(const sbr_module *module, uint32_t slot, sbr_text *text)
{
    static const char *const kinds[] = {"temp", "in", "out", "var", "const", "control"};
    const sbr_slot *s = &module->slots.data[slot];
    sbr_text_printf(text, "%s%u", kinds[s->kind], slot);
    if (s->name) sbr_text_printf(text, "(%s)", s->name);
}

static void print_launch(const sbr_module *module, const sbr_launch *launch, sbr_text *text)
{
    char groups[96];
    sbr_expr_print(&module->exprs, launch->groups, groups, sizeof groups);
    sbr_text_printf(text, "%s<%s", launch->desc->name, sbr_arith_name(launch->variant.arith));
    if (launch->variant.result != launch->variant.arith) sbr_text_printf(text, ", %s", sbr_arith_name(launch->variant.result));
    sbr_text_printf(text, "%s%s%s>[%s] (", launch->variant.wide ? ", wide" : "", launch->plain ? ", plain" : "", launch->fused ? ", fused" : "", groups);
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++) {
        const sbr_operand *operand = &launch->operands[b];
        char offset[96];
        sbr_expr_print(&module->exprs, operand->offset, offset, sizeof offset);
        sbr_text_printf(text, "%s%s%s ", b ? ", " : "", launch->desc->buffers[b].name, operand->access == SBR_READ ? " <-" : " ->");
        print_slot(module, operand->slot, text);
        if (strcmp(offset, "0") != 0) sbr_text_printf(text, "+%s", offset);
    }
    sbr_text_puts(text, ")");
}

sabir_status sbr_module_print(const sbr_module *module, sbr_text *text)
{
    uint32_t depth = 0;
    for (uint32_t i = 0; i < module->notes.count; i++) sbr_text_printf(text, "note: %s\n", module->notes.data[i]);
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_step *step = &module->steps.data[i];
        if (step->kind == SBR_STEP_END) depth--;
        sbr_text_printf(text, "%4u %*s", i, (int)(2 * depth), "");
        switch (step->kind) {
            case SBR_STEP_LAUNCH: print_launch(module, step->launch, text); break;
            case SBR_STEP_COPY:
                sbr_text_puts(text, "copy ");
                print_slot(module, step->to, text);
                sbr_text_puts(text, " <- ");
                print_slot(module, step->from, text);
                break;
            case SBR_STEP_LOOP: sbr_text_printf(text, "loop %lld {", (long long)step->trips); depth++; break;
            case SBR_STEP_END: sbr_text_puts(text, "}"); break;
        }
        if (step->gate) sbr_text_printf(text, " if control[%u]", step->gate);
        sbr_text_puts(text, "\n");
    }
    for (uint32_t i = 0; i < module->slots.count; i++) {
        const sbr_slot *slot = &module->slots.data[i];
        sbr_text_puts(text, "     ");
        print_slot(module, i, text);
        sbr_text_printf(text, ": %llu bytes", (unsigned long long)slot->bytes);
        if (slot->kind == SBR_SLOT_TEMP) sbr_text_printf(text, " at %u:%llu", slot->chunk, (unsigned long long)slot->offset);
        sbr_text_puts(text, "\n");
    }
    return text->failed ? sbr_no_memory(text->capacity) : SABIR_OK;
}
