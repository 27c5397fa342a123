#include "internal.h"

enum { SPIRV_MAGIC = 0x07230203, SPIRV_HEADER_WORDS = 5, OP_CAPABILITY = 17, OP_ENTRY_POINT = 15, MODEL_COMPUTE = 5 };

/* True where the device was opened with what the SPIR-V capability stands for. Numbers are those of the SPIR-V specification. */
static bool turned_on(const sbr_vk_adapter *adapter, uint32_t capability)
{
    switch (capability) {
        case 0: case 1: return true; /* Matrix, Shader */
        case 9: return adapter->f16;
        case 10: return adapter->f64;
        case 11: return adapter->i64;
        case 22: return adapter->i16;
        case 39: return adapter->i8;
        case 50: return true; /* ImageQuery: emitted freely, harmless */
        case 4433: return adapter->storage16;
        case 4448: return adapter->storage8;
        case 4466: return adapter->keeps_nan;
        case 5347: return adapter->addresses;
        default: break;
    }
    /* GroupNonUniform and its seven kin stand in the order of the bits of VkSubgroupFeatureFlags. */
    if (capability >= 61 && capability <= 68) return adapter->subgroup_operations >> (capability - 61) & 1;
    return false;
}

static bool named_main(const uint32_t *instruction, uint32_t length)
{
    return length >= 5 && memcmp(&instruction[3], "main", 5) == 0;
}

sabir_status sbr_vk_spirv_check(const sbr_vk_adapter *adapter, const char *name, const uint32_t *words, size_t count)
{
    if (count < SPIRV_HEADER_WORDS || words[0] != SPIRV_MAGIC)
        return sbr_fail(SABIR_COMPILE_FAILED, "kernel %s: its %zu words are no SPIR-V of this machine's byte order", name, count);
    bool has_main = false;
    for (size_t i = SPIRV_HEADER_WORDS; i < count;) {
        uint32_t length = words[i] >> 16, code = words[i] & 0xFFFF;
        if (length == 0 || length > count - i)
            return sbr_fail(SABIR_COMPILE_FAILED, "kernel %s: the SPIR-V is cut off or damaged at word %zu of %zu", name, i, count);
        if (code == OP_CAPABILITY && length == 2 && !turned_on(adapter, words[i + 1]))
            return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs SPIR-V capability %u, which %s does not offer", name, words[i + 1],
                            adapter->caps.name);
        if (code == OP_ENTRY_POINT && length > 1 && words[i + 1] == MODEL_COMPUTE && named_main(&words[i], length)) has_main = true;
        i += length;
    }
    if (!has_main) return sbr_fail(SABIR_COMPILE_FAILED, "kernel %s: the SPIR-V has no compute entry point \"main\"", name);
    return SABIR_OK;
}
