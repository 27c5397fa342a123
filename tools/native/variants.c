#include "native.h"

#include <stdio.h>

static sabir_status add(native *n, const sbr_kernel_desc *desc, sbr_kernel_variant variant)
{
    native_variant one = {.desc = desc, .variant = variant};
    const char *wide = variant.wide ? "_wide" : "", *arith = sbr_arith_name(variant.arith);
    if (desc->results) snprintf(one.name, sizeof one.name, "%s_%s_%s%s", desc->name, arith, sbr_arith_name(variant.result), wide);
    else snprintf(one.name, sizeof one.name, "%s_%s%s", desc->name, arith, wide);
    return sbr_push(n->allocator, &n->variants, one) ? SABIR_OK : sbr_no_memory(sizeof one);
}

static sabir_status add_variants(native *n, const sbr_kernel_desc *desc)
{
    for (int arith = 0; arith < SBR_ARITH_COUNT; arith++)
        for (int result = 0; result < SBR_ARITH_COUNT; result++)
            for (int wide = 0; wide < 2; wide++) {
                const sbr_kernel_variant variant = {(sbr_arith)arith, (sbr_arith)result, wide != 0};
                if (sbr_kernel_has_variant(desc, variant)) SABIR_TRY(add(n, desc, variant));
            }
    return SABIR_OK;
}

sabir_status native_load(native *n)
{
    for (uint32_t i = 0; i < sbr_embedded_kernel_count; i++) {
        const sbr_embedded_text *text = &sbr_embedded_kernels[i];
        sbr_kernel_desc *desc = sbr_arena_alloc(&n->arena, sizeof *desc);
        if (!desc) return sbr_no_memory(sizeof *desc);
        SABIR_TRY(sbr_dialect_read(&n->arena, text->name, text->data, text->size, desc));
        if (!desc->only_cpu) SABIR_TRY(add_variants(n, desc));
    }
    return SABIR_OK;
}

const native_variant *native_find(const native *n, const char *name)
{
    for (uint32_t i = 0; i < n->variants.count; i++)
        if (strcmp(n->variants.data[i].name, name) == 0) return &n->variants.data[i];
    return NULL;
}

void native_free(native *n)
{
    sbr_vector_free(n->allocator, &n->variants);
    sbr_arena_free(&n->arena);
}
