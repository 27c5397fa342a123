#include <stdlib.h>
#include <string.h>

#include "cli.h"

sabir_device_info *cli_device_list(sabir_context *context, uint32_t *count)
{
    *count = 0;
    sabir_status status = sabir_device_count(context, count);
    if (status != SABIR_OK) {
        cli_fail_status("the devices cannot be listed", status);
        return NULL;
    }
    sabir_device_info *list = calloc(*count, sizeof *list);
    if (!list) {
        cli_fail("no memory for a list of %u devices", *count);
        return NULL;
    }
    for (uint32_t i = 0; i < *count; i++) {
        list[i].size = sizeof list[i];
        if ((status = sabir_device_describe(context, i, &list[i])) == SABIR_OK) continue;
        cli_fail_status("a device cannot be described", status);
        free(list);
        return NULL;
    }
    return list;
}

/* Parts of text between separators. */
static cJSON *split(const char *text, char separator)
{
    cJSON *array = cJSON_CreateArray();
    while (*text) {
        const char *end = strchr(text, separator);
        const size_t length = end ? (size_t)(end - text) : strlen(text);
        char part[512];
        snprintf(part, sizeof part, "%.*s", (int)(length < sizeof part ? length : sizeof part - 1), text);
        if (length > 0) cJSON_AddItemToArray(array, cJSON_CreateString(part));
        text += length + (end != NULL);
    }
    return array;
}

cJSON *cli_missing_json(sabir_context *context)
{
    return split(sabir_device_missing(context), '\n');
}

static void add_bytes(cJSON *object, const char *name, uint64_t bytes)
{
    if (bytes >> 62) cJSON_AddNullToObject(object, name);
    else cJSON_AddNumberToObject(object, name, (double)bytes);
}

cJSON *cli_device_json(const sabir_device_info *info, const sabir_device_info *list)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "id", info->id);
    cJSON_AddStringToObject(object, "stable_id", info->stable_id);
    cJSON_AddStringToObject(object, "name", info->name);
    cJSON_AddStringToObject(object, "api", info->api);
    cJSON_AddStringToObject(object, "type", info->type);
    cJSON_AddStringToObject(object, "driver", info->driver);
    cJSON_AddStringToObject(object, "vendor", info->vendor);
    cJSON_AddBoolToObject(object, "software", info->software);
    add_bytes(object, "memory", info->memory);
    cJSON *limits = cJSON_AddObjectToObject(object, "limits");
    add_bytes(limits, "largest_allocation", info->largest_allocation);
    add_bytes(limits, "largest_binding", info->largest_binding);
    cJSON_AddNumberToObject(limits, "shared_memory", info->shared_memory);
    cJSON_AddNumberToObject(limits, "group_invocations", info->group_invocations);
    cJSON_AddNumberToObject(limits, "subgroup_size", info->subgroup_size);
    cJSON_AddNumberToObject(limits, "compute_units", info->compute_units);
    cJSON_AddBoolToObject(object, "has_f64", info->has_f64);
    cJSON_AddBoolToObject(object, "has_i64", info->has_i64);
    cJSON_AddBoolToObject(object, "has_f16", info->has_f16);
    if (info->same_as < 0) cJSON_AddNullToObject(object, "same_as");
    else cJSON_AddStringToObject(object, "same_as", list[info->same_as].id);
    cJSON_AddItemToObject(object, "quirks", split(info->quirks, ' '));
    return object;
}
