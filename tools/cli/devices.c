/* sabir devices */
#include <stdlib.h>

#include "cli.h"

static int print_json(const sabir_device_info *list, uint32_t count)
{
    cJSON *array = cJSON_CreateArray();
    for (uint32_t i = 0; i < count; i++) cJSON_AddItemToArray(array, cli_device_json(&list[i], list));
    return cli_print_json(array);
}

enum { COLUMNS = 6 };

typedef struct row_text { char memory[16], types[32]; } row_text;

static void fill_row(const char **cells, const sabir_device_info *info, row_text *text)
{
    snprintf(text->types, sizeof text->types, "f32%s%s%s", info->has_f64 ? " f64" : "", info->has_i64 ? " i64" : "", info->has_f16 ? " f16" : "");
    cells[0] = info->id;
    cells[1] = info->name;
    cells[2] = info->type;
    cells[3] = info->driver;
    cells[4] = cli_bytes(info->memory, text->memory);
    cells[5] = text->types;
}

static int print_table(const sabir_device_info *list, uint32_t count)
{
    static const char *const head[COLUMNS] = {"ID", "NAME", "TYPE", "DRIVER", "MEMORY", "ARITHMETIC"};
    const char **cells = calloc((size_t)(count + 1) * COLUMNS, sizeof *cells);
    row_text *texts = calloc(count + 1, sizeof *texts);
    const bool made = cells && texts;
    if (made) {
        for (int i = 0; i < COLUMNS; i++) cells[i] = head[i];
        for (uint32_t i = 0; i < count; i++) fill_row(cells + (size_t)(i + 1) * COLUMNS, &list[i], &texts[i]);
        cli_print_table(cells, (int)count + 1, "llllrl");
    }
    free(texts);
    free(cells);
    return made ? CLI_DONE : cli_fail("no memory for a table of %u devices", count);
}

static void print_notes(sabir_context *context, const sabir_device_info *list, uint32_t count)
{
    bool hardware = false;
    for (uint32_t i = 0; i < count; i++) {
        hardware = hardware || !list[i].software;
        if (list[i].same_as >= 0) printf("\n%s is the same card as %s.\n", list[i].id, list[list[i].same_as].id);
        if (list[i].quirks[0]) printf("\n%s: faults of the driver that are worked around: %s\n", list[i].id, list[i].quirks);
    }
    if (!hardware && count > 1) printf("\nNo GPU was found; these devices run on the CPU.\n");
    if (count == 1) printf("\nOnly the reference was found: right, and slow. Install a Vulkan or OpenCL driver for your GPU,\n"
                           "or for the CPU mesa-vulkan-drivers or pocl-opencl-icd.\n");
    const char *missing = sabir_device_missing(context);
    if (missing[0]) printf("\nMissing:\n%s", missing);
}

static int list_devices(sabir_context *context, bool json)
{
    uint32_t count;
    sabir_device_info *list = cli_device_list(context, &count);
    if (!list) return CLI_FAILED;
    int result = json ? print_json(list, count) : print_table(list, count);
    if (!json && result == CLI_DONE) print_notes(context, list, count);
    free(list);
    return result;
}

static int run(const cli_call *call)
{
    sabir_context *context = cli_context();
    if (!context) return CLI_FAILED;
    const int result = list_devices(context, call->json);
    sabir_context_release(context);
    return result;
}

const cli_command cli_devices = {
    .name = "devices",
    .summary = "list the devices found",
    .text = "Lists the devices found, one a line, and what was looked for and is not there. The reference device,\n"
            "which computes in float64 on the host, is always the last.\n\n"
            "--json prints an array of objects with id, stable_id, name, api, type (gpu, cpu or reference), driver,\n"
            "vendor, software, memory, limits, has_f64, has_i64, has_f16, same_as (the id of the same card under\n"
            "another API, or null) and quirks; sizes are in bytes, null where there is no limit.\n",
    .run = run,
};
