#include "internal.h"

#include <stdio.h>
#include <stdlib.h>

/* Not in every version of cl_ext.h. */
enum { PCI_BUS_ID_NV = 0x4008, PCI_SLOT_ID_NV = 0x4009, PCI_DOMAIN_ID_NV = 0x400A };

static bool query(const sbr_cl_api *api, cl_device_id id, cl_device_info what, void *value, size_t size)
{
    return api->clGetDeviceInfo(id, what, size, value, NULL) == CL_SUCCESS;
}

static uint32_t query_uint(const sbr_cl_api *api, cl_device_id id, cl_device_info what)
{
    cl_uint value = 0;
    return query(api, id, what, &value, sizeof value) ? value : 0;
}

static uint64_t query_ulong(const sbr_cl_api *api, cl_device_id id, cl_device_info what)
{
    cl_ulong value = 0;
    return query(api, id, what, &value, sizeof value) ? value : 0;
}

static size_t query_size(const sbr_cl_api *api, cl_device_id id, cl_device_info what)
{
    size_t value = 0;
    return query(api, id, what, &value, sizeof value) ? value : 0;
}

static bool query_bool(const sbr_cl_api *api, cl_device_id id, cl_device_info what)
{
    cl_bool value = CL_FALSE;
    return query(api, id, what, &value, sizeof value) && value;
}

/* A whole text; *text is NULL where the driver has none. */
static sabir_status read_text(const sabir_driver *driver, cl_device_id id, cl_device_info what, char **text)
{
    *text = NULL;
    size_t size = 0;
    if (driver->api.clGetDeviceInfo(id, what, 0, NULL, &size) != CL_SUCCESS || size == 0) return SABIR_OK;
    char *whole = sbr_alloc(&driver->allocator, size + 1);
    if (!whole) return sbr_no_memory(size + 1);
    if (!query(&driver->api, id, what, whole, size)) {
        sbr_free(&driver->allocator, whole);
        return SABIR_OK;
    }
    *text = whole;
    return SABIR_OK;
}

/* Truncated to size; "" where the driver has none. */
static sabir_status read_short_text(const sabir_driver *driver, cl_device_id id, cl_device_info what, char *text, size_t size)
{
    char *whole;
    SABIR_TRY(read_text(driver, id, what, &whole));
    snprintf(text, size, "%s", whole ? whole : "");
    sbr_free(&driver->allocator, whole);
    return SABIR_OK;
}

static bool has_extension(const char *list, const char *name)
{
    const size_t length = strlen(name);
    for (const char *at = list; (at = strstr(at, name)); at += length) {
        const bool starts = at == list || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0')) return true;
    }
    return false;
}

/* "OpenCL 1.2 vendor's text" as 12; 0 for any other text. */
static long standard_version(const char *text)
{
    static const char prefix[] = "OpenCL ";
    char *end;
    if (strncmp(text, prefix, sizeof prefix - 1) != 0) return 0;
    const long major = strtol(text + sizeof prefix - 1, &end, 10);
    return *end == '.' && major > 0 && major < 100 ? major * 10 + strtol(end + 1, NULL, 10) : 0;
}

static const char *find_missing(const sbr_cl_api *api, cl_device_id id, const char *version, const char *profile)
{
    if (standard_version(version) < 12) return "it has no OpenCL 1.2";
    if (strcmp(profile, "FULL_PROFILE") != 0) return "it has the embedded profile only";
    if (!query_bool(api, id, CL_DEVICE_AVAILABLE)) return "it is not available";
    if (!query_bool(api, id, CL_DEVICE_COMPILER_AVAILABLE)) return "it has no compiler";
    if (!query_bool(api, id, CL_DEVICE_ENDIAN_LITTLE)) return "it is big endian";
    return NULL;
}

/* "535.54.03" as 10, 10 and 12 bits, so that later versions are larger numbers. */
static uint32_t version_number(const char *text)
{
    static const uint32_t most[3] = {1023, 1023, 4095};
    uint32_t part[3] = {0};
    while (*text && (*text < '0' || *text > '9')) text++;
    for (int i = 0; i < 3 && *text >= '0' && *text <= '9'; i++) {
        char *end;
        const unsigned long value = strtoul(text, &end, 10);
        part[i] = value < most[i] ? (uint32_t)value : most[i];
        text = *end == '.' ? end + 1 : end;
    }
    return part[0] << 22 | part[1] << 12 | part[2];
}

/* Drivers answer an unknown query with an error, so each of these may be tried; the extension names guard against the few that do not. */
static void read_place(const sbr_cl_api *api, cl_device_id id, const char *extensions, sabir_device_caps *caps)
{
    cl_device_pci_bus_info_khr bus;
    struct { cl_uint type; cl_uchar unused[17], bus, device, function; } amd;
    if (has_extension(extensions, "cl_khr_pci_bus_info") && query(api, id, CL_DEVICE_PCI_BUS_INFO_KHR, &bus, sizeof bus)) {
        snprintf(caps->pci, sizeof caps->pci, "%04x:%02x:%02x.%x", bus.pci_domain & 0xffff, bus.pci_bus & 0xff, bus.pci_device & 0xff,
                 bus.pci_function & 0xf);
    } else if (has_extension(extensions, "cl_nv_device_attribute_query")) {
        const uint32_t slot = query_uint(api, id, PCI_SLOT_ID_NV);
        snprintf(caps->pci, sizeof caps->pci, "%04x:%02x:%02x.%x", query_uint(api, id, PCI_DOMAIN_ID_NV) & 0xffff,
                 query_uint(api, id, PCI_BUS_ID_NV) & 0xff, slot >> 3 & 0x1f, slot & 7);
    } else if (has_extension(extensions, "cl_amd_device_attribute_query") && query(api, id, CL_DEVICE_TOPOLOGY_AMD, &amd, sizeof amd) &&
               amd.type == CL_DEVICE_TOPOLOGY_TYPE_PCIE_AMD) {
        snprintf(caps->pci, sizeof caps->pci, "0000:%02x:%02x.%x", amd.bus, amd.device, amd.function & 0xf);
    }
    if (has_extension(extensions, "cl_khr_device_uuid") && !query(api, id, CL_DEVICE_UUID_KHR, caps->uuid, sizeof caps->uuid))
        memset(caps->uuid, 0, sizeof caps->uuid);
    if (has_extension(extensions, "cl_intel_device_attribute_query")) caps->device_id = query_uint(api, id, CL_DEVICE_ID_INTEL);
    if (has_extension(extensions, "cl_amd_device_attribute_query")) caps->device_id = query_uint(api, id, CL_DEVICE_PCIE_ID_AMD);
    const uint32_t vendor = query_uint(api, id, CL_DEVICE_VENDOR_ID);
    caps->vendor_id = vendor <= 0xffff ? vendor : 0; /* above: a number that Khronos gave */
}

/* Subgroups count only where their size is known: kernels are made for a size. */
static void read_subgroups(const sbr_cl_api *api, cl_device_id id, const char *extensions, sabir_device_caps *caps)
{
    size_t sizes[8], bytes = 0;
    caps->subgroup_size = caps->subgroup_min = caps->subgroup_max = 1;
    if (!has_extension(extensions, "cl_khr_subgroups") && !has_extension(extensions, "cl_intel_subgroups")) return;
    if (has_extension(extensions, "cl_intel_required_subgroup_size") &&
        api->clGetDeviceInfo(id, CL_DEVICE_SUB_GROUP_SIZES_INTEL, sizeof sizes, sizes, &bytes) == CL_SUCCESS && bytes >= sizeof sizes[0]) {
        uint32_t least = UINT32_MAX, most = 0;
        for (size_t i = 0; i < bytes / sizeof sizes[0] && i < SBR_COUNT(sizes); i++) {
            if ((uint32_t)sizes[i] < least) least = (uint32_t)sizes[i];
            if ((uint32_t)sizes[i] > most) most = (uint32_t)sizes[i];
        }
        caps->subgroup_min = least;
        caps->subgroup_max = most;
        caps->subgroup_size = least <= 16 && most >= 16 ? 16 : most;
    } else {
        uint32_t width = 0;
        if (has_extension(extensions, "cl_nv_device_attribute_query")) width = query_uint(api, id, CL_DEVICE_WARP_SIZE_NV);
        if (has_extension(extensions, "cl_amd_device_attribute_query")) width = query_uint(api, id, CL_DEVICE_WAVEFRONT_WIDTH_AMD);
        if (width == 0) return;
        caps->subgroup_size = caps->subgroup_min = caps->subgroup_max = width;
    }
    caps->has_subgroups = caps->subgroup_size > 1;
}

static void read_limits(const sbr_cl_api *api, cl_device_id id, sabir_device_caps *caps)
{
    size_t items[16] = {0};
    uint64_t group = query_size(api, id, CL_DEVICE_MAX_WORK_GROUP_SIZE), shared = query_ulong(api, id, CL_DEVICE_LOCAL_MEM_SIZE);
    if (query(api, id, CL_DEVICE_MAX_WORK_ITEM_SIZES, items, sizeof items) && items[0] && items[0] < group) group = items[0];
    caps->compute_units = query_uint(api, id, CL_DEVICE_MAX_COMPUTE_UNITS);
    caps->memory = query_ulong(api, id, CL_DEVICE_GLOBAL_MEM_SIZE);
    caps->largest_allocation = caps->largest_binding = query_ulong(api, id, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    caps->buffer_alignment = query_uint(api, id, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    if (caps->buffer_alignment < 4) caps->buffer_alignment = 4;
    caps->shared_memory = shared < UINT32_MAX ? (uint32_t)shared : UINT32_MAX;
    caps->group_invocations = group < UINT32_MAX ? (uint32_t)group : UINT32_MAX;
    /* Work-groups lie in one dimension; their linear index is what has a limit. */
    caps->group_count[0] = UINT32_MAX;
    caps->group_count[1] = 65535;
    caps->timestamp_period_ps = (uint64_t)query_size(api, id, CL_DEVICE_PROFILING_TIMER_RESOLUTION) * 1000;
}

static void read_types(const sbr_cl_api *api, cl_device_id id, const char *extensions, sabir_device_caps *caps)
{
    caps->has_f64 = has_extension(extensions, "cl_khr_fp64") || query_ulong(api, id, CL_DEVICE_DOUBLE_FP_CONFIG) != 0;
    caps->has_f16 = has_extension(extensions, "cl_khr_fp16");
    caps->has_i64 = true; /* part of the full profile */
    caps->has_i8 = true;  /* byte stores are part of OpenCL C 1.1 */
    caps->has_addresses = query_uint(api, id, CL_DEVICE_ADDRESS_BITS) == 64;
}

static void find_subgroup_info(const sabir_driver *driver, sbr_cl_found *found)
{
    void *function = driver->api.clGetExtensionFunctionAddressForPlatform(found->platform, "clGetKernelSubGroupInfoKHR");
    memcpy(&found->subgroup_info, &function, sizeof function);
}

sabir_status sbr_cl_read_caps(const sabir_driver *driver, sbr_cl_found *found, const char **missing)
{
    const sbr_cl_api *api = &driver->api;
    const cl_device_id id = found->id;
    sabir_device_caps *caps = &found->caps;
    *caps = (sabir_device_caps){.size = sizeof *caps, .language = SABIR_LANGUAGE_OPENCL_C};
    char version[64], profile[32], release[64], platform[64] = "OpenCL", *extensions;
    SABIR_TRY(read_short_text(driver, id, CL_DEVICE_NAME, caps->name, sizeof caps->name));
    SABIR_TRY(read_short_text(driver, id, CL_DEVICE_VENDOR, caps->vendor, sizeof caps->vendor));
    SABIR_TRY(read_short_text(driver, id, CL_DEVICE_VERSION, version, sizeof version));
    SABIR_TRY(read_short_text(driver, id, CL_DEVICE_PROFILE, profile, sizeof profile));
    SABIR_TRY(read_short_text(driver, id, CL_DRIVER_VERSION, release, sizeof release));
    *missing = find_missing(api, id, version, profile);
    if (*missing) return SABIR_OK;
    if (api->clGetPlatformInfo(found->platform, CL_PLATFORM_NAME, sizeof platform - 1, platform, NULL) != CL_SUCCESS)
        snprintf(platform, sizeof platform, "OpenCL");
    snprintf(caps->driver, sizeof caps->driver, "%s %s", platform, release);
    caps->driver_version = version_number(release);

    cl_device_type type = 0;
    query(api, id, CL_DEVICE_TYPE, &type, sizeof type);
    caps->software = (type & CL_DEVICE_TYPE_CPU) != 0;
    caps->unified_memory = caps->software || query_bool(api, id, CL_DEVICE_HOST_UNIFIED_MEMORY);
    SABIR_TRY(read_text(driver, id, CL_DEVICE_EXTENSIONS, &extensions));
    const char *list = extensions ? extensions : "";
    read_limits(api, id, caps);
    read_types(api, id, list, caps);
    read_place(api, id, list, caps);
    read_subgroups(api, id, list, caps);
    found->reports_free_memory = has_extension(list, "cl_amd_device_attribute_query");
    found->reports_spills = has_extension(list, "cl_intel_required_subgroup_size");
    if (caps->has_subgroups) find_subgroup_info(driver, found);
    sbr_free(&driver->allocator, extensions);
    if (caps->group_invocations == 0 || caps->largest_allocation == 0) *missing = "it reports no work-group size or no memory";
    return SABIR_OK;
}
