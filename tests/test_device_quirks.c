/* Quirks and clamps on made-up capabilities. suite: host, timeout: 60 */
#include <criterion/criterion.h>

#include "run/quirks.h"

static sabir_device_caps some_caps(void)
{
    return (sabir_device_caps){.size = sizeof(sabir_device_caps), .name = "Example GPU 7", .driver = "Mesa 23.1", .vendor_id = 0x1234, .driver_version = 50,
                               .largest_allocation = 1u << 30, .largest_binding = 1u << 27, .shared_memory = 65536, .group_invocations = 1024,
                               .group_count = {65535, 65535}, .subgroup_size = 32, .subgroup_min = 32, .subgroup_max = 64,
                               .has_f64 = true, .has_i64 = true, .has_f16 = true, .has_addresses = true, .has_subgroups = true};
}

Test(device_quirks, rows_apply_where_everything_fits)
{
    const sbr_quirk rows[] = {
        {.name = "by-name", .device = "GPU 7", .off = SBR_OFF_F64},
        {.name = "other-vendor", .vendor_id = 0x4321, .off = SBR_OFF_I64},
        {.name = "old-driver", .first_version = 1, .last_version = 49, .off = SBR_OFF_I64},
        {.name = "this-driver", .api = "vulkan", .vendor_id = 0x1234, .driver = "Mesa", .first_version = 50, .last_version = 50,
         .off = SBR_OFF_ADDRESSES | SBR_OFF_SUBGROUPS},
    };
    sabir_device_caps caps = some_caps();
    char names[64];
    sbr_quirks_apply(rows, SBR_COUNT(rows), "vulkan", &caps, names, sizeof names);
    cr_assert_str_eq(names, "by-name this-driver");
    cr_assert(!caps.has_f64 && caps.has_i64 && !caps.has_addresses && !caps.has_subgroups && caps.has_f16);
    caps = some_caps();
    sbr_quirks_apply(rows, SBR_COUNT(rows), "opencl", &caps, names, sizeof names);
    cr_assert_str_eq(names, "by-name");
    cr_assert(caps.has_addresses);
}

Test(device_quirks, names_are_cut_to_their_room)
{
    const sbr_quirk rows[] = {{.name = "abcdef"}, {.name = "ghijkl"}, {.name = "mnopqr"}};
    sabir_device_caps caps = some_caps();
    char names[10];
    sbr_quirks_apply(rows, SBR_COUNT(rows), "vulkan", &caps, names, sizeof names);
    cr_assert_str_eq(names, "abcdef gh");
}

Test(device_quirks, every_row_has_a_name_and_a_condition)
{
    for (uint32_t i = 0; i < sbr_quirk_count; i++) {
        const sbr_quirk *row = &sbr_quirks[i];
        cr_assert(row->name && row->name[0] && !strchr(row->name, ' '), "row %u", i);
        cr_assert(row->vendor_id || row->device || row->driver, "%s fits every device", row->name);
        cr_assert(row->off, "%s switches nothing off", row->name);
    }
}

Test(device_quirks, clamps_only_lower)
{
    sabir_device_caps caps = some_caps();
    cr_assert_eq(sbr_clamp_apply("subgroup=8,binding=1048576,shared=32768,invocations=4096,no-f64,no-addresses", &caps), SABIR_OK);
    cr_assert(caps.subgroup_size == 8 && caps.subgroup_min == 8 && caps.subgroup_max == 8);
    cr_assert_eq(caps.largest_binding, 1048576);
    cr_assert_eq(caps.shared_memory, 32768);
    cr_assert_eq(caps.group_invocations, 1024);
    cr_assert(!caps.has_f64 && !caps.has_addresses && caps.has_i64);
    cr_assert_eq(sbr_clamp_apply("allocation=4096", &caps), SABIR_OK);
    cr_assert_eq(caps.largest_allocation, 4096);
    cr_assert_eq(caps.largest_binding, 4096, "a binding is part of an allocation");
    cr_assert_eq(sbr_clamp_apply(NULL, &caps), SABIR_OK);
    cr_assert_eq(sbr_clamp_apply("", &caps), SABIR_OK);
}

Test(device_quirks, mistakes_in_clamps_are_named)
{
    static const char *const wrong[] = {"subgroups=8", "binding", "binding=", "binding=x", "binding=0", "binding=-1", "binding=8k", "no-f65", "f64", "no-f64=1"};
    for (size_t i = 0; i < SBR_COUNT(wrong); i++) {
        sabir_device_caps caps = some_caps();
        char text[64] = "shared=1024,";
        strcat(text, wrong[i]);
        cr_assert_eq(sbr_clamp_apply(text, &caps), SABIR_INVALID_ARGUMENT, "%s", wrong[i]);
        cr_assert(strstr(sabir_last_message(), wrong[i]), "%s: %s", wrong[i], sabir_last_message());
    }
}
