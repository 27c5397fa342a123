/* Who a device is: ids within the process, ids that last, the same card seen twice; and which one a selector means. */
#include <ctype.h>
#include <stdio.h>

#include "base/hash.h"
#include "registry.h"

static uint32_t number_in_api(const sbr_registry *registry, uint32_t position)
{
    uint32_t number = 0;
    for (uint32_t i = 0; i < position; i++)
        if (registry->devices.data[i].backend == registry->devices.data[position].backend) number++;
    return number;
}

static void slug(const char *name, char *text, size_t size)
{
    size_t length = 0;
    for (; *name && length + 1 < size; name++) {
        const unsigned char c = (unsigned char)*name;
        if (isalnum(c)) text[length++] = (char)tolower(c);
        else if (length && text[length - 1] != '-') text[length++] = '-';
    }
    if (length && text[length - 1] == '-') length--;
    text[length] = '\0';
}

static bool has_uuid(const sabir_device_caps *caps)
{
    static const uint8_t none[sizeof caps->uuid];
    return memcmp(caps->uuid, none, sizeof none) != 0;
}

/* Nothing of the driver's version goes in: an update keeps the id. */
static uint32_t lasting_hash(const sabir_device_caps *caps)
{
    char text[sizeof caps->name + sizeof caps->pci + 32];
    if (has_uuid(caps)) return (uint32_t)sbr_hash_bytes(caps->uuid, sizeof caps->uuid).low;
    int length = snprintf(text, sizeof text, "%s|%s|%x|%x", caps->name, caps->pci, caps->vendor_id, caps->device_id);
    return (uint32_t)sbr_hash_bytes(text, (size_t)length).low;
}

static void set_stable_id(const sbr_registry *registry, uint32_t position, sabir_device_info *info)
{
    char name[sizeof info->name];
    const sabir_device_caps *caps = &registry->devices.data[position].caps;
    slug(caps->name, name, sizeof name);
    const uint32_t hash = lasting_hash(caps);
    snprintf(info->stable_id, sizeof info->stable_id, "%s:%s:%08x", info->api, name, hash);
    for (uint32_t same = 2, i = 0; i < position; i++) {
        if (strcmp(registry->devices.data[i].info.stable_id, info->stable_id) != 0) continue;
        snprintf(info->stable_id, sizeof info->stable_id, "%s:%s:%08x-%u", info->api, name, hash, same++);
        i = UINT32_MAX; /* looks from the start again */
    }
}

static int find_same(const sbr_registry *registry, uint32_t position)
{
    const sabir_device_caps *caps = &registry->devices.data[position].caps;
    for (uint32_t i = 0; i < position; i++) {
        const sabir_device_caps *other = &registry->devices.data[i].caps;
        if (registry->devices.data[i].backend == registry->devices.data[position].backend) continue;
        if (has_uuid(caps) && memcmp(caps->uuid, other->uuid, sizeof caps->uuid) == 0) return (int)i;
        if (caps->pci[0] && strcmp(caps->pci, other->pci) == 0) return (int)i;
    }
    return -1;
}

static void identify_reference(sabir_device_info *info)
{
    snprintf(info->id, sizeof info->id, "reference");
    snprintf(info->stable_id, sizeof info->stable_id, "reference");
    snprintf(info->name, sizeof info->name, "reference");
    snprintf(info->api, sizeof info->api, "reference");
    snprintf(info->type, sizeof info->type, "reference");
    snprintf(info->driver, sizeof info->driver, "sabir %s", sabir_version());
    info->software = info->has_f64 = info->has_i64 = info->has_f16 = 1;
    info->compute_units = info->subgroup_size = info->group_invocations = 1;
    info->memory = info->largest_allocation = info->largest_binding = SIZE_MAX / 2;
    info->same_as = -1;
}

void sbr_identify(sbr_registry *registry, uint32_t position)
{
    sbr_found_device *found = &registry->devices.data[position];
    const sabir_device_caps *caps = &found->caps;
    sabir_device_info *info = &found->info;
    info->size = sizeof *info;
    if (!found->backend) {
        identify_reference(info);
        return;
    }
    snprintf(info->api, sizeof info->api, "%s", found->backend->name);
    snprintf(info->id, sizeof info->id, "%s:%u", info->api, number_in_api(registry, position));
    snprintf(info->name, sizeof info->name, "%s", caps->name);
    snprintf(info->type, sizeof info->type, "%s", caps->software ? "cpu" : "gpu");
    snprintf(info->driver, sizeof info->driver, "%s", caps->driver);
    snprintf(info->vendor, sizeof info->vendor, "%s", caps->vendor);
    info->software = caps->software;
    info->memory = caps->memory;
    info->largest_allocation = caps->largest_allocation;
    info->largest_binding = caps->largest_binding;
    info->compute_units = caps->compute_units;
    info->subgroup_size = caps->subgroup_size;
    info->shared_memory = caps->shared_memory;
    info->group_invocations = caps->group_invocations;
    info->has_f64 = caps->has_f64;
    info->has_i64 = caps->has_i64;
    info->has_f16 = caps->has_f16;
    set_stable_id(registry, position, info);
    info->same_as = find_same(registry, position);
}

/* ---- Selection ---- */

/* GPUs, then software devices; in the order of the list. NULL api: any. NULL when there is none. */
static const sbr_found_device *best(const sbr_registry *registry, const char *api)
{
    for (int software = 0; software < 2; software++)
        for (uint32_t i = 0; i < registry->devices.count; i++) {
            const sbr_found_device *found = &registry->devices.data[i];
            if (found->backend && found->caps.software == (software != 0) && (!api || strcmp(api, found->info.api) == 0)) return found;
        }
    return NULL;
}

static bool contains(const char *text, const char *part)
{
    for (; *text; text++) {
        size_t i = 0;
        while (part[i] && tolower((unsigned char)text[i]) == tolower((unsigned char)part[i])) i++;
        if (!part[i]) return true;
    }
    return false;
}

static const sbr_found_device *choose_auto(sabir_context *context, const sbr_registry *registry)
{
    const sbr_found_device *found = best(registry, NULL);
    if (found && !found->caps.software) return found;
    if (found) {
        sbr_log(context, SABIR_LOG_WARNING, "no GPU was found: running on the CPU through %s (%s)", found->info.id, found->info.name);
        return found;
    }
    sbr_log(context, SABIR_LOG_WARNING, "no device was found: running on the reference, which is slow. %s",
            registry->missing.data ? registry->missing.data : "");
    return &registry->devices.data[registry->devices.count - 1];
}

static const sbr_found_device *match(const sbr_registry *registry, const char *selector)
{
    for (uint32_t i = 0; i < registry->devices.count; i++) {
        const sabir_device_info *info = &registry->devices.data[i].info;
        if (strcmp(selector, info->id) == 0 || strcmp(selector, info->stable_id) == 0) return &registry->devices.data[i];
    }
    const sbr_found_device *found = best(registry, selector);
    for (uint32_t i = 0; !found && selector[0] && i < registry->devices.count; i++)
        if (contains(registry->devices.data[i].info.name, selector)) found = &registry->devices.data[i];
    return found;
}

sabir_status sbr_registry_select(sabir_context *context, const sbr_registry *registry, const char *selector, const sbr_found_device **found)
{
    if (!selector || strcmp(selector, "auto") == 0) {
        *found = choose_auto(context, registry);
        return SABIR_OK;
    }
    *found = match(registry, selector);
    if (*found) return SABIR_OK;
    char ids[512] = "";
    size_t length = 0;
    for (uint32_t i = 0; i < registry->devices.count && length < sizeof ids; i++)
        length += (size_t)snprintf(ids + length, sizeof ids - length, "%s%s", i ? ", " : "", registry->devices.data[i].info.id);
    return sbr_fail(SABIR_NOT_FOUND, "no device is meant by '%s'; there are: %s%s%s", selector, ids, registry->missing.length ? "; not found: " : "",
                    registry->missing.length ? registry->missing.data : "");
}
