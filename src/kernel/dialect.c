/* Lookups in a kernel's descriptor. */
#include "dialect_scan.h"

const char *sbr_arith_name(sbr_arith arith)
{
    static const char *const names[] = {
#define NAME(id, name, glsl, opencl) [SBR_ARITH_##id] = name,
        SBR_ARITHS(NAME)
#undef NAME
    };
    return (unsigned)arith < SBR_ARITH_COUNT ? names[arith] : "?";
}

bool sbr_kernel_has_variant(const sbr_kernel_desc *desc, sbr_kernel_variant variant)
{
    if ((unsigned)variant.arith >= SBR_ARITH_COUNT || (unsigned)variant.result >= SBR_ARITH_COUNT) return false;
    if (!(desc->ariths >> variant.arith & 1u)) return false;
    return desc->results ? (desc->results >> variant.result & 1u) != 0 : variant.result == variant.arith;
}

int sbr_kernel_param_index(const sbr_kernel_desc *desc, const char *name)
{
    for (uint32_t i = 0; i < desc->param_count; i++)
        if (!strcmp(desc->params[i].name, name)) return (int)i;
    return -1;
}

int sbr_kernel_buffer_index(const sbr_kernel_desc *desc, const char *name)
{
    for (uint32_t i = 0; i < desc->buffer_count; i++)
        if (!strcmp(desc->buffers[i].name, name)) return (int)i;
    return -1;
}

int sbr_kernel_shared_index(const sbr_kernel_desc *desc, const char *name)
{
    for (uint32_t i = 0; i < desc->shared_count; i++)
        if (!strcmp(desc->shared[i].name, name)) return (int)i;
    return -1;
}

sbr_arith sbr_kernel_buffer_arith(const sbr_kernel_desc *desc, sbr_kernel_variant variant, uint32_t buffer)
{
    switch (desc->buffers[buffer].class_) {
        case SBR_CLASS_ARITH: return variant.arith;
        case SBR_CLASS_RESULT: return variant.result;
        case SBR_CLASS_WORDS: case SBR_CLASS_BOOL: return SBR_ARITH_U32;
        default: return (sbr_arith)desc->buffers[buffer].class_;
    }
}

bool sbr_kernel_in_view(const sbr_kernel_desc *desc, const char *buffer)
{
    char strides[SBR_NAME + 8] = "strides_";
    strcat(strides, buffer);
    return desc->view && sbr_kernel_param_index(desc, strides) >= 0;
}

bool sbr_dialect_has(const sbr_kernel_desc *desc, sbr_kernel_variant variant, sbr_arith arith)
{
    if (variant.arith == arith || variant.result == arith) return true;
    for (uint32_t i = 0; i < desc->buffer_count; i++)
        if (sbr_kernel_buffer_arith(desc, variant, i) == arith) return true;
    return false;
}
