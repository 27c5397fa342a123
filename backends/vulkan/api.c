#include "api.h"

#define LOAD_OPTIONAL(name) table->name = (PFN_vk##name)FIND("vk" #name);
#define LOAD(name)     \
    LOAD_OPTIONAL(name) \
    if (!table->name) return "vk" #name;

const char *sbr_vk_load_loader(sbr_vk_loader *table, void *get_instance_proc_addr)
{
    if (!get_instance_proc_addr) return "vkGetInstanceProcAddr";
    /* ISO C has no cast from an object pointer to a function pointer. */
    memcpy(&table->GetInstanceProcAddr, &get_instance_proc_addr, sizeof table->GetInstanceProcAddr);
#define FIND(text) table->GetInstanceProcAddr(VK_NULL_HANDLE, text)
    SBR_VK_LOADER_FUNCTIONS(LOAD)
#undef FIND
    return NULL;
}

const char *sbr_vk_load_instance(sbr_vk_instance_api *table, const sbr_vk_loader *loader, VkInstance instance)
{
#define FIND(text) loader->GetInstanceProcAddr(instance, text)
    SBR_VK_INSTANCE_FUNCTIONS(LOAD)
    SBR_VK_INSTANCE_OPTIONAL_FUNCTIONS(LOAD_OPTIONAL)
#undef FIND
    return NULL;
}

const char *sbr_vk_load_device(sbr_vk_device_api *table, const sbr_vk_instance_api *api, VkDevice device)
{
#define FIND(text) api->GetDeviceProcAddr(device, text)
    SBR_VK_DEVICE_FUNCTIONS(LOAD)
    SBR_VK_DEVICE_OPTIONAL_FUNCTIONS(LOAD_OPTIONAL)
#undef FIND
    return NULL;
}
