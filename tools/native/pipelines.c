/* The pipelines are made by the Vulkan backend, as a program makes them; its internals are included to ask the driver for all of
 * its statistics, where kernel_info gives the few that every driver has. */
#include "backends/vulkan/internal.h"
#include "native.h"

#include <inttypes.h>
#include <stdio.h>

static void log_message(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level <= SABIR_LOG_WARNING) fprintf(stderr, "sabir-native: %s\n", message);
}

static void print_statistic(const VkPipelineExecutableStatisticKHR *statistic)
{
    switch (statistic->format) {
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR: printf("\t%s=%u", statistic->name, statistic->value.b32); break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR: printf("\t%s=%" PRId64, statistic->name, statistic->value.i64); break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR: printf("\t%s=%" PRIu64, statistic->name, statistic->value.u64); break;
    case VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR: printf("\t%s=%g", statistic->name, statistic->value.f64); break;
    default: break;
    }
}

/* A compute pipeline is one executable. */
static sabir_status print_statistics(const sabir_kernel *kernel)
{
    sabir_backend_device *device = kernel->device;
    const sbr_vk_device_api *api = &device->api;
    const VkPipelineInfoKHR pipeline = {.sType = VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR, .pipeline = kernel->pipeline};
    const VkPipelineExecutableInfoKHR executable = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_INFO_KHR, .pipeline = kernel->pipeline};
    VkPipelineExecutablePropertiesKHR properties = {.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR};
    VkPipelineExecutableStatisticKHR statistics[64];
    for (size_t i = 0; i < SBR_COUNT(statistics); i++)
        statistics[i] = (VkPipelineExecutableStatisticKHR){.sType = VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR};
    uint32_t executables = 1, count = SBR_COUNT(statistics);
    VkResult result = api->GetPipelineExecutablePropertiesKHR(device->handle, &pipeline, &executables, &properties);
    if (result < 0) return sbr_vk_check(device, result, "vkGetPipelineExecutablePropertiesKHR");
    result = api->GetPipelineExecutableStatisticsKHR(device->handle, &executable, &count, statistics);
    if (result < 0) return sbr_vk_check(device, result, "vkGetPipelineExecutableStatisticsKHR");
    printf("ok\tsubgroup=%u", properties.subgroupSize);
    for (uint32_t i = 0; i < count; i++) print_statistic(&statistics[i]);
    return SABIR_OK;
}

static sabir_status create(sabir_backend_device *device, const native_variant *one, bool plain, sabir_kernel **kernel)
{
    const sbr_kernel_desc *desc = one->desc;
    const sbr_embedded_module *module = sbr_builtin_module(desc->name, one->variant);
    if (!module) return sbr_fail(SABIR_NOT_FOUND, "the library was built without SPIR-V of %s", one->name);
    sabir_kernel_constant constants[1 + SBR_MAX_CONSTANTS] = {{1, "PLAIN", plain}};
    for (uint32_t i = 0; i < desc->constant_count; i++)
        constants[i + 1] = (sabir_kernel_constant){i + 2, desc->constants[i].name, desc->constants[i].value};
    const sabir_kernel_source source = {
        .size = sizeof source,
        .name = one->name,
        .code = module->words,
        .code_size = module->size,
        .constants = constants,
        .constant_count = desc->constant_count + 1,
        .buffer_count = desc->buffer_count,
        .local_size = desc->local_size,
        .addresses = one->variant.wide,
    };
    return sbr_vulkan_backend.kernel_create(device, &source, kernel);
}

/* Messages of drivers may span lines; a row may not. */
static void print_failure(sabir_status status)
{
    printf("%s\t", status == SABIR_UNSUPPORTED ? "unsupported" : "failed");
    for (const char *at = sabir_last_message(); *at; at++) putchar(*at == '\n' || *at == '\t' ? ' ' : *at);
}

static sabir_status answer(const native *n, sabir_backend_device *device, const char *name, bool plain)
{
    const native_variant *one = native_find(n, name);
    if (!one) return sbr_fail(SABIR_NOT_FOUND, "there is no variant '%s'", name);
    sabir_kernel *kernel = NULL;
    printf("%s\t%d\t", name, plain);
    sabir_status status = create(device, one, plain, &kernel);
    if (kernel) status = print_statistics(kernel);
    if (status != SABIR_OK) print_failure(status);
    putchar('\n');
    sbr_vulkan_backend.kernel_destroy(kernel);
    return fflush(stdout) == 0 ? SABIR_OK : sbr_fail(SABIR_IO, "the statistics could not be written");
}

static sabir_status answer_all(const native *n, sabir_driver *driver, sabir_backend_device *device)
{
    sabir_device_caps caps = {.size = sizeof caps};
    SABIR_TRY(sbr_vulkan_backend.device_caps(driver, 0, &caps));
    if (!device->adapter->executable_properties) return sbr_fail(SABIR_UNSUPPORTED, "%s gives no statistics of pipelines", caps.name);
    printf("device\t%s\t%s\n", caps.name, caps.driver);
    char name[128], plain[2];
    while (scanf("%127s %1s", name, plain) == 2) SABIR_TRY(answer(n, device, name, plain[0] == '1'));
    return SABIR_OK;
}

sabir_status native_pipelines(native *n)
{
    const sabir_host host = {
        .size = sizeof host, .allocator = *n->allocator, .log = log_message, .fail = sbr_fail, .loader = "libvulkan.so.1"};
    sabir_driver *driver = NULL;
    sabir_backend_device *device = NULL;
    SABIR_TRY(sbr_vulkan_backend.open(&host, &driver));
    sabir_status status = sbr_vulkan_backend.device_open(driver, 0, &device);
    if (status == SABIR_OK) {
        status = answer_all(n, driver, device);
        sbr_vulkan_backend.device_close(device);
    }
    sbr_vulkan_backend.close(driver);
    return status;
}
