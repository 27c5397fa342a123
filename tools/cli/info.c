/* sabir info */
#include <stdlib.h>
#include <string.h>

#include "operator.h"
#include "sabir/backend.h"

typedef struct report {
    sabir_context *context;
    sabir_context_info about;
    sabir_device_info *devices;
    uint32_t count;
    int only; /* position of the device asked for; -1: all */
} report;

static const char *const backends[] = {"vulkan", "opencl"};
enum { BACKENDS = sizeof backends / sizeof backends[0] };

/* ---- JSON ---- */

static int print_json(const report *r)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "version", sabir_version());
    cJSON *built = cJSON_AddArrayToObject(object, "backends");
    for (int i = 0; i < BACKENDS; i++)
        if (sabir_builtin_backend(backends[i])) cJSON_AddItemToArray(built, cJSON_CreateString(backends[i]));
    cJSON_AddBoolToObject(object, "shaderc", r->about.has_shaderc);
    cJSON_AddStringToObject(object, "cache", r->about.cache_directory);
    cJSON_AddNumberToObject(object, "kernels", r->about.kernels);
    cJSON_AddNumberToObject(object, "modules", r->about.modules);
    cJSON_AddItemToObject(object, "operators", cli_operator_names());
    cJSON *devices = cJSON_AddArrayToObject(object, "devices");
    for (uint32_t i = 0; i < r->count; i++)
        if (r->only < 0 || (uint32_t)r->only == i) cJSON_AddItemToArray(devices, cli_device_json(&r->devices[i], r->devices));
    cJSON_AddItemToObject(object, "missing", cli_missing_json(r->context));
    return cli_print_json(object);
}

/* ---- Text ---- */

static void print_build(const report *r)
{
    printf("sabir            %s\n", sabir_version());
    printf("APIs built in    ");
    int built = 0;
    for (int i = 0; i < BACKENDS; i++)
        if (sabir_builtin_backend(backends[i])) printf("%s%s", built++ ? ", " : "", backends[i]);
    printf("%s\n", built ? "" : "none");
    printf("fused on Vulkan  %s\n", r->about.has_shaderc ? "yes: libsabir-shaderc was found" : "no: libsabir-shaderc was not found; kernels run one by one");
    printf("kernel cache     %s\n", r->about.cache_directory[0] ? r->about.cache_directory : "none: neither XDG_CACHE_HOME nor HOME names a folder");
    printf("operators        %d (sabir info OPERATOR tells of one)\n", cli_operator_count());
    printf("kernels          %u texts, %u SPIR-V modules\n", r->about.kernels, r->about.modules);
}

static void print_device(const sabir_device_info *d, const sabir_device_info *list)
{
    char memory[16], allocation[16], binding[16], shared[16];
    printf("\n%s: %s\n", d->id, d->name);
    printf("  stable id            %s\n", d->stable_id);
    printf("  type                 %s%s\n", d->type, d->software && strcmp(d->type, "cpu") == 0 ? " (software)" : "");
    printf("  driver               %s\n", d->driver);
    if (d->vendor[0]) printf("  vendor               %s\n", d->vendor);
    printf("  arithmetic           f32%s%s%s\n", d->has_f64 ? " f64" : "", d->has_i64 ? " i64" : "", d->has_f16 ? " f16" : "");
    if (strcmp(d->type, "reference") != 0) {
        printf("  memory               %s\n", cli_bytes(d->memory, memory));
        printf("  largest allocation   %s\n", cli_bytes(d->largest_allocation, allocation));
        printf("  largest binding      %s\n", cli_bytes(d->largest_binding, binding));
        printf("  shared memory        %s in a work-group\n", cli_bytes(d->shared_memory, shared));
        printf("  work-group           at most %u invocations\n", d->group_invocations);
        printf("  subgroup             %u\n", d->subgroup_size);
        printf("  compute units        %u\n", d->compute_units);
        printf("  faults worked around %s\n", d->quirks[0] ? d->quirks : "none known");
    }
    if (d->same_as >= 0) printf("  same card as         %s\n", list[d->same_as].id);
}

static int print_text(const report *r)
{
    const char *missing = sabir_device_missing(r->context);
    if (r->only < 0) print_build(r);
    for (uint32_t i = 0; i < r->count; i++)
        if (r->only < 0 || (uint32_t)r->only == i) print_device(&r->devices[i], r->devices);
    if (r->only < 0 && missing[0]) printf("\nMissing:\n%s", missing);
    return CLI_DONE;
}

/* ---- The command ---- */

/* The position of the device that a selector names, which needs it to be opened. */
static int find_device(report *r, const char *selector)
{
    sabir_device *device;
    sabir_device_info info = {.size = sizeof info};
    sabir_status status = sabir_device_open(r->context, selector, &device);
    if (status == SABIR_OK) {
        status = sabir_device_info_of(device, &info);
        sabir_device_release(device);
    }
    if (status != SABIR_OK) return cli_fail_status("--device", status);
    for (uint32_t i = 0; i < r->count; i++)
        if (strcmp(r->devices[i].id, info.id) == 0) r->only = (int)i;
    return CLI_DONE;
}

static int gather_and_print(report *r, const cli_call *call)
{
    const char *selector = cli_value(call, "device");
    const sabir_status status = sabir_context_describe(r->context, &r->about);
    if (status != SABIR_OK) return cli_fail_status("the context", status);
    r->devices = cli_device_list(r->context, &r->count);
    if (!r->devices) return CLI_FAILED;
    int result = selector ? find_device(r, selector) : CLI_DONE;
    if (result == CLI_DONE) result = call->json ? print_json(r) : print_text(r);
    free(r->devices);
    return result;
}

static int run(const cli_call *call)
{
    if (call->operand) return cli_operator_print(call, call->operand);
    report r = {.context = cli_context(), .about.size = sizeof r.about, .only = -1};
    if (!r.context) return CLI_FAILED;
    const int result = gather_and_print(&r, call);
    sabir_context_release(r.context);
    return result;
}

const cli_command cli_info = {
    .name = "info",
    .operand = "[OPERATOR]",
    .summary = "tell what was built in, the limits of devices, or what an operator does",
    .text = "Tells the version, what was built in, where compiled kernels are kept, and the limits of every device,\n"
            "or, with --device, those of one. With an operator's name: its row in the table.\n\n"
            "--json prints an object with version, backends, shaderc (whether kernels can be fused on Vulkan), cache,\n"
            "kernels, modules, operators (names), devices (as sabir devices --json) and missing; with an operator\n"
            "one with name, text, elementwise, operands_least, operands_most, results, types (null unless it is\n"
            "elementwise) and tolerance.\n",
    .options = {{"device", "ID", "only this device: an id, a stable id, an API or part of a name"}},
    .run = run,
};
