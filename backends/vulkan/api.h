/* Vulkan's entry points, found at run time. Tables instead of global function pointers: two contexts may use two loaders, and
 * a device's own table skips the loader's dispatch. */
#ifndef SBR_VULKAN_API_H
#define SBR_VULKAN_API_H

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include "base/base.h"

#define SBR_VK_LOADER_FUNCTIONS(F)          \
    F(EnumerateInstanceVersion)             \
    F(EnumerateInstanceExtensionProperties) \
    F(EnumerateInstanceLayerProperties)     \
    F(CreateInstance)

#define SBR_VK_INSTANCE_FUNCTIONS(F)           \
    F(DestroyInstance)                         \
    F(EnumeratePhysicalDevices)                \
    F(EnumerateDeviceExtensionProperties)      \
    F(GetPhysicalDeviceProperties)             \
    F(GetPhysicalDeviceProperties2)            \
    F(GetPhysicalDeviceFeatures2)              \
    F(GetPhysicalDeviceMemoryProperties2)      \
    F(GetPhysicalDeviceQueueFamilyProperties)  \
    F(GetPhysicalDeviceExternalBufferProperties) \
    F(GetDeviceProcAddr)                       \
    F(CreateDevice)

#define SBR_VK_INSTANCE_OPTIONAL_FUNCTIONS(F) \
    F(CreateDebugUtilsMessengerEXT)           \
    F(DestroyDebugUtilsMessengerEXT)

#define SBR_VK_DEVICE_FUNCTIONS(F) \
    F(DestroyDevice)               \
    F(GetDeviceQueue)              \
    F(DeviceWaitIdle)              \
    F(QueueSubmit)                 \
    F(CreateSemaphore)             \
    F(DestroySemaphore)            \
    F(WaitSemaphores)              \
    F(GetSemaphoreCounterValue)    \
    F(CreateBuffer)                \
    F(DestroyBuffer)               \
    F(GetBufferMemoryRequirements) \
    F(GetBufferDeviceAddress)      \
    F(AllocateMemory)              \
    F(FreeMemory)                  \
    F(BindBufferMemory)            \
    F(MapMemory)                   \
    F(CreateShaderModule)          \
    F(DestroyShaderModule)         \
    F(CreateComputePipelines)      \
    F(DestroyPipeline)             \
    F(CreatePipelineCache)         \
    F(DestroyPipelineCache)        \
    F(GetPipelineCacheData)        \
    F(MergePipelineCaches)         \
    F(CreateDescriptorSetLayout)   \
    F(DestroyDescriptorSetLayout)  \
    F(CreatePipelineLayout)        \
    F(DestroyPipelineLayout)       \
    F(CreateDescriptorPool)        \
    F(DestroyDescriptorPool)       \
    F(ResetDescriptorPool)         \
    F(AllocateDescriptorSets)      \
    F(UpdateDescriptorSets)        \
    F(CreateQueryPool)             \
    F(DestroyQueryPool)            \
    F(GetQueryPoolResults)         \
    F(CreateCommandPool)           \
    F(DestroyCommandPool)          \
    F(ResetCommandPool)            \
    F(AllocateCommandBuffers)      \
    F(BeginCommandBuffer)          \
    F(EndCommandBuffer)            \
    F(CmdBindPipeline)             \
    F(CmdBindDescriptorSets)       \
    F(CmdPushConstants)            \
    F(CmdDispatch)                 \
    F(CmdCopyBuffer)               \
    F(CmdFillBuffer)               \
    F(CmdPipelineBarrier)          \
    F(CmdResetQueryPool)           \
    F(CmdWriteTimestamp)

#define SBR_VK_DEVICE_OPTIONAL_FUNCTIONS(F)  \
    F(GetMemoryHostPointerPropertiesEXT)     \
    F(GetPipelineExecutablePropertiesKHR)    \
    F(GetPipelineExecutableStatisticsKHR)    \
    F(SetDebugUtilsObjectNameEXT)

#define SBR_VK_MEMBER_(name) PFN_vk##name name;
typedef struct sbr_vk_loader {
    PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
    SBR_VK_LOADER_FUNCTIONS(SBR_VK_MEMBER_)
} sbr_vk_loader;

typedef struct sbr_vk_instance_api {
    SBR_VK_INSTANCE_FUNCTIONS(SBR_VK_MEMBER_)
    SBR_VK_INSTANCE_OPTIONAL_FUNCTIONS(SBR_VK_MEMBER_)
} sbr_vk_instance_api;

typedef struct sbr_vk_device_api {
    SBR_VK_DEVICE_FUNCTIONS(SBR_VK_MEMBER_)
    SBR_VK_DEVICE_OPTIONAL_FUNCTIONS(SBR_VK_MEMBER_)
} sbr_vk_device_api;
#undef SBR_VK_MEMBER_

/* Each returns the name of the first function that is missing, or NULL. Optional ones may stay NULL. */
const char *sbr_vk_load_loader(sbr_vk_loader *table, void *get_instance_proc_addr);
const char *sbr_vk_load_instance(sbr_vk_instance_api *table, const sbr_vk_loader *loader, VkInstance instance);
const char *sbr_vk_load_device(sbr_vk_device_api *table, const sbr_vk_instance_api *api, VkDevice device);
#endif
