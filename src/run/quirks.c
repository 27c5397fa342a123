#include "quirks.h"

#include <stdio.h>
#include <stdlib.h>

const sbr_quirk sbr_quirks[] = {
    /* Matrix products in f16 gave wrong results on Mesa's Intel driver: github.com/ggml-org/llama.cpp issue 17106, worked around there by
     * pull request 18814. */
    {.name = "intel-mesa-f16-arithmetic", .api = "vulkan", .vendor_id = 0x8086, .driver = "Mesa", .off = SBR_OFF_F16},
    /* On CPUs without F16C the compiler of lavapipe ends the process over f16 loads ("Cannot select: ... f32 ... load s16"):
     * github.com/ggml-org/llama.cpp issue 5269. */
    {.name = "llvmpipe-f16-arithmetic", .api = "vulkan", .device = "llvmpipe", .off = SBR_OFF_F16},
};
const uint32_t sbr_quirk_count = SBR_COUNT(sbr_quirks);

static bool fits(const sbr_quirk *quirk, const char *api, const sabir_device_caps *caps)
{
    if (quirk->api && strcmp(quirk->api, api) != 0) return false;
    if (quirk->vendor_id && quirk->vendor_id != caps->vendor_id) return false;
    if (quirk->device && !strstr(caps->name, quirk->device)) return false;
    if (quirk->driver && !strstr(caps->driver, quirk->driver)) return false;
    if (!quirk->first_version && !quirk->last_version) return true;
    return caps->driver_version >= quirk->first_version && caps->driver_version <= quirk->last_version;
}

static void switch_off(unsigned off, sabir_device_caps *caps)
{
    if (off & SBR_OFF_F64) caps->has_f64 = false;
    if (off & SBR_OFF_I64) caps->has_i64 = false;
    if (off & SBR_OFF_F16) caps->has_f16 = false;
    if (off & SBR_OFF_I8) caps->has_i8 = false;
    if (off & SBR_OFF_ADDRESSES) caps->has_addresses = false;
    if (off & SBR_OFF_SUBGROUPS) caps->has_subgroups = false;
    if (off & SBR_OFF_TIMESTAMPS) caps->timestamp_period_ps = 0;
    if (off & SBR_OFF_SOFTWARE) caps->software = false;
}

void sbr_quirks_apply(const sbr_quirk *quirks, uint32_t count, const char *api, sabir_device_caps *caps, char *names, size_t size)
{
    size_t length = 0;
    names[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        if (!fits(&quirks[i], api, caps)) continue;
        switch_off(quirks[i].off, caps);
        if (length < size) length += (size_t)snprintf(names + length, size - length, "%s%s", length ? " " : "", quirks[i].name);
    }
}

/* ---- Clamps ---- */

typedef struct clamp_number { const char *key; size_t offset; bool is_wide; } clamp_number;
static const clamp_number numbers[] = {
    {"binding", offsetof(sabir_device_caps, largest_binding), true},
    {"allocation", offsetof(sabir_device_caps, largest_allocation), true},
    {"memory", offsetof(sabir_device_caps, memory), true},
    {"shared", offsetof(sabir_device_caps, shared_memory), false},
    {"invocations", offsetof(sabir_device_caps, group_invocations), false},
    {"groups", offsetof(sabir_device_caps, group_count), false},
    {"subgroup", offsetof(sabir_device_caps, subgroup_size), false},
};

typedef struct clamp_switch { const char *key; unsigned off; } clamp_switch;
static const clamp_switch switches[] = {
    {"no-f64", SBR_OFF_F64},         {"no-i64", SBR_OFF_I64},
    {"no-f16", SBR_OFF_F16},         {"no-i8", SBR_OFF_I8},
    {"no-addresses", SBR_OFF_ADDRESSES}, {"no-subgroups", SBR_OFF_SUBGROUPS},
    {"no-timestamps", SBR_OFF_TIMESTAMPS}, {"no-software", SBR_OFF_SOFTWARE},
};

static bool same(const char *key, const char *text, size_t length) { return strlen(key) == length && strncmp(key, text, length) == 0; }

static void lower_number(const clamp_number *row, uint64_t value, sabir_device_caps *caps)
{
    char *field = (char *)caps + row->offset;
    uint64_t wide;
    uint32_t narrow;
    memcpy(&wide, field, row->is_wide ? sizeof wide : 0);
    memcpy(&narrow, field, sizeof narrow);
    if (row->is_wide && value < wide) memcpy(field, &value, sizeof value);
    if (!row->is_wide && value < narrow) {
        narrow = (uint32_t)value;
        memcpy(field, &narrow, sizeof narrow);
    }
    if (caps->subgroup_max > caps->subgroup_size) caps->subgroup_max = caps->subgroup_size;
    if (caps->subgroup_min > caps->subgroup_size) caps->subgroup_min = caps->subgroup_size;
    if (caps->largest_binding > caps->largest_allocation) caps->largest_binding = caps->largest_allocation;
}

static sabir_status apply_one(const char *text, size_t length, sabir_device_caps *caps)
{
    for (size_t i = 0; i < SBR_COUNT(switches); i++)
        if (same(switches[i].key, text, length)) {
            switch_off(switches[i].off, caps);
            return SABIR_OK;
        }
    const char *sign = memchr(text, '=', length);
    const size_t key = sign ? (size_t)(sign - text) : length;
    for (size_t i = 0; sign && i < SBR_COUNT(numbers); i++) {
        if (!same(numbers[i].key, text, key)) continue;
        char *end;
        unsigned long long value = strtoull(sign + 1, &end, 10);
        if (sign[1] < '0' || sign[1] > '9' || end != text + length || value == 0)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "clamp '%.*s': a number above 0 is wanted after '='", (int)length, text);
        lower_number(&numbers[i], value, caps);
        return SABIR_OK;
    }
    return sbr_fail(SABIR_INVALID_ARGUMENT, "clamp '%.*s' is unknown; there are subgroup= binding= allocation= memory= shared= invocations= groups= "
                    "no-f64 no-i64 no-f16 no-i8 no-addresses no-subgroups no-timestamps no-software", (int)length, text);
}

sabir_status sbr_clamp_apply(const char *clamp, sabir_device_caps *caps)
{
    while (clamp && *clamp) {
        const char *comma = strchr(clamp, ',');
        const size_t length = comma ? (size_t)(comma - clamp) : strlen(clamp);
        if (length) SABIR_TRY(apply_one(clamp, length, caps));
        clamp += length + (comma ? 1 : 0);
    }
    return SABIR_OK;
}
