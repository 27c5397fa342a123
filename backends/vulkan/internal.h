/* What the files of the Vulkan backend share: its objects, and the functions of each file. */
#ifndef SBR_VULKAN_INTERNAL_H
#define SBR_VULKAN_INTERNAL_H

#include <inttypes.h>
#include <stdatomic.h>

#include "api.h"
#include "base/dynlib.h"
#include "vulkan.h"

enum {
    SBR_VK_MAX_BINDINGS = 64, /* control buffer included */
    SBR_VK_QUERY_CHUNK = 64   /* timestamps in a query pool; as many as bits in sbr_vk_query_chunk.written */
};

/* A physical device that can be used, with all that was probed. */
typedef struct sbr_vk_adapter {
    VkPhysicalDevice handle;
    sabir_device_caps caps;
    uint32_t api_version;
    uint32_t queue_family;
    uint32_t timestamp_bits;
    uint32_t most_allocations;
    uint32_t most_bindings;
    uint32_t most_group_x;          /* invocations in x of a work-group */
    uint32_t most_group_subgroups;  /* with a required subgroup size */
    uint64_t import_alignment;      /* of wrapped host memory; 0: cannot be imported */
    uint8_t cache_uuid[VK_UUID_SIZE];
    VkSubgroupFeatureFlags subgroup_operations; /* in compute */
    VkPhysicalDeviceMemoryProperties memory;
    /* Features, turned on where present. */
    bool f64, i64, f16, i16, i8, storage16, storage8, addresses, scalar_layout, subgroup_types;
    bool keeps_nan; /* SignedZeroInfNanPreserve of f32 */
    bool subgroup_size_control, full_subgroups, executable_properties, maintenance4;
    /* Extensions, turned on where listed. */
    bool ext_memory_budget, ext_subgroup_size_control, ext_maintenance4, ext_portability_subset;
} sbr_vk_adapter;

struct sabir_driver {
    sabir_host host;
    sbr_dynlib *library;
    sbr_vk_loader loader;
    sbr_vk_instance_api api;
    VkInstance instance;
    VkDebugUtilsMessengerEXT messenger;
    uint32_t adapter_count;
    sbr_vk_adapter *adapters;
};

/* Layouts depend on the number of bindings alone. */
typedef struct sbr_vk_layout {
    VkDescriptorSetLayout set;
    VkPipelineLayout pipeline;
} sbr_vk_layout;

struct sabir_backend_device {
    sabir_driver *driver;
    const sbr_vk_adapter *adapter;
    const sabir_allocator *allocator;
    sbr_vk_device_api api;
    VkDevice handle;
    VkQueue queue;
    VkPipelineCache cache;
    VkSemaphore timeline;       /* made by the first submission; whoever read submitted > 0 sees it */
    _Atomic uint64_t submitted; /* last ticket handed out */
    atomic_bool lost;
    uint32_t allocation_count;
    uint64_t heap_used[VK_MAX_MEMORY_HEAPS]; /* by our buffers */
    sbr_vk_layout layouts[SBR_VK_MAX_BINDINGS + 1]; /* by number of bindings */
    SBR_VECTOR(VkCommandBuffer) batch; /* room for submit */
};

struct sabir_buffer {
    sabir_backend_device *device;
    sabir_buffer_kind kind;
    uint64_t size;
    VkBuffer handle;
    VkDeviceMemory memory;
    uint64_t memory_size;
    uint32_t heap;
    VkDeviceAddress address;
    bool mappable;
    void *mapped; /* once mapped, until destroyed */
};

struct sabir_kernel {
    sabir_backend_device *device;
    VkPipeline pipeline;
    const sbr_vk_layout *layout;
    uint32_t buffer_count;
    bool addresses;
    uint32_t subgroup_size; /* 0: left to the driver */
};

typedef struct sbr_vk_descriptor_pool {
    VkDescriptorPool handle;
    uint32_t sets_left, descriptors_left;
} sbr_vk_descriptor_pool;

typedef struct sbr_vk_query_chunk {
    VkQueryPool pool;
    uint64_t written; /* slots of this recording, one bit each */
} sbr_vk_query_chunk;

typedef enum sbr_vk_recording { SBR_VK_EMPTY, SBR_VK_RECORDING, SBR_VK_RECORDED } sbr_vk_recording;

struct sabir_commands {
    sabir_backend_device *device;
    VkCommandPool pool;
    VkCommandBuffer handle;
    sbr_vk_recording state;
    bool needs_barrier; /* something was recorded since the last barrier */
    VkPipeline pipeline; /* bound now */
    uint32_t bound_count;
    VkDescriptorBufferInfo bound[SBR_VK_MAX_BINDINGS];
    SBR_VECTOR(sbr_vk_descriptor_pool) pools;
    uint32_t pool_index; /* the one that sets come from */
    SBR_VECTOR(sbr_vk_query_chunk) queries;
    _Atomic uint64_t last_ticket; /* 0: not submitted since it was recorded */
};

/* result.c: statuses of VkResults. The message names the call. */
sabir_status sbr_vk_failed(VkResult result, const char *call);
/* The same for a device's calls: SABIR_OK for VK_SUCCESS; a lost device stays lost. */
sabir_status sbr_vk_check(sabir_backend_device *device, VkResult result, const char *call);
/* SABIR_DEVICE_LOST once the device was lost. */
sabir_status sbr_vk_alive(sabir_backend_device *device);

/* validation.c */
#define SBR_VK_VALIDATION_LAYER "VK_LAYER_KHRONOS_validation"
typedef struct sbr_vk_validation {
    bool layer, messenger, synchronisation;
    VkDebugUtilsMessengerCreateInfoEXT messenger_info;
    VkValidationFeaturesEXT features;
} sbr_vk_validation;
/* Finds out what is installed. validation must outlive the call of vkCreateInstance. */
sabir_status sbr_vk_validation_find(sabir_driver *driver, sbr_vk_validation *validation);
/* What to chain into VkInstanceCreateInfo; NULL: nothing. */
const void *sbr_vk_validation_chain(sbr_vk_validation *validation);

/* extensions.c: lists of extensions, released with sbr_free. */
typedef struct sbr_vk_extensions {
    VkExtensionProperties *list;
    uint32_t count;
} sbr_vk_extensions;
sabir_status sbr_vk_instance_extensions(sabir_driver *driver, const char *layer, sbr_vk_extensions *extensions);
sabir_status sbr_vk_device_extensions(sabir_driver *driver, VkPhysicalDevice device, sbr_vk_extensions *extensions);
bool sbr_vk_has_extension(const sbr_vk_extensions *extensions, const char *name);

/* caps.c: probes a physical device. unfit receives the reason where it cannot be used, "" otherwise. */
sabir_status sbr_vk_probe(sabir_driver *driver, VkPhysicalDevice handle, sbr_vk_adapter *adapter, char *unfit, size_t unfit_size);

/* spirv.c: SABIR_COMPILE_FAILED for what is no SPIR-V, SABIR_UNSUPPORTED where it needs what the device was not opened with. */
sabir_status sbr_vk_spirv_check(const sbr_vk_adapter *adapter, const char *name, const uint32_t *words, size_t count);

/* layout.c */
sabir_status sbr_vk_layout_get(sabir_backend_device *device, uint32_t bindings, const sbr_vk_layout **layout);
void sbr_vk_layouts_destroy(sabir_backend_device *device);

/* descriptors.c: sets of a recording. reset takes all of them back. */
sabir_status sbr_vk_descriptors_bind(sabir_commands *commands, const sbr_vk_layout *layout, const VkDescriptorBufferInfo *infos, uint32_t count);
sabir_status sbr_vk_descriptors_reset(sabir_commands *commands);
void sbr_vk_descriptors_destroy(sabir_commands *commands);

/* timestamps.c */
void sbr_vk_timestamps_reset(sabir_commands *commands);
void sbr_vk_timestamps_destroy(sabir_commands *commands);

/* commands.c: SABIR_MISUSE unless between begin and end. */
sabir_status sbr_vk_recording_check(sabir_commands *commands, const char *call);

/* The functions of sbr_vulkan_backend. */
sabir_status sbr_vk_open(const sabir_host *host, sabir_driver **driver);
void sbr_vk_close(sabir_driver *driver);
uint32_t sbr_vk_device_count(sabir_driver *driver);
sabir_status sbr_vk_device_caps(sabir_driver *driver, uint32_t index, sabir_device_caps *caps);
sabir_status sbr_vk_device_open(sabir_driver *driver, uint32_t index, sabir_backend_device **device);
void sbr_vk_device_close(sabir_backend_device *device);
sabir_status sbr_vk_device_wait_idle(sabir_backend_device *device);
sabir_status sbr_vk_memory_available(sabir_backend_device *device, uint64_t *bytes);
sabir_status sbr_vk_buffer_create(sabir_backend_device *device, sabir_buffer_kind kind, uint64_t size, void *host, sabir_buffer **buffer);
void sbr_vk_buffer_destroy(sabir_buffer *buffer);
sabir_status sbr_vk_buffer_map(sabir_buffer *buffer, void **memory);
void sbr_vk_buffer_unmap(sabir_buffer *buffer);
uint64_t sbr_vk_buffer_address(sabir_buffer *buffer);
sabir_status sbr_vk_kernel_create(sabir_backend_device *device, const sabir_kernel_source *source, sabir_kernel **kernel);
void sbr_vk_kernel_destroy(sabir_kernel *kernel);
sabir_status sbr_vk_kernel_info(sabir_kernel *kernel, sabir_kernel_info *info);
sabir_status sbr_vk_cache_export(sabir_backend_device *device, void **data, size_t *size);
sabir_status sbr_vk_cache_import(sabir_backend_device *device, const void *data, size_t size);
sabir_status sbr_vk_commands_create(sabir_backend_device *device, sabir_commands **commands);
void sbr_vk_commands_destroy(sabir_commands *commands);
sabir_status sbr_vk_commands_begin(sabir_commands *commands);
sabir_status sbr_vk_dispatch(sabir_commands *commands, sabir_kernel *kernel, const sabir_buffer_range *buffers, uint32_t buffer_count,
                             sabir_buffer *control, uint32_t control_word, uint32_t groups_x, uint32_t groups_y);
sabir_status sbr_vk_copy(sabir_commands *commands, sabir_buffer *from, uint64_t from_offset, sabir_buffer *to, uint64_t to_offset, uint64_t bytes);
sabir_status sbr_vk_fill(sabir_commands *commands, sabir_buffer *to, uint64_t offset, uint64_t bytes, uint32_t word);
sabir_status sbr_vk_barrier(sabir_commands *commands);
sabir_status sbr_vk_timestamp(sabir_commands *commands, uint32_t slot);
sabir_status sbr_vk_commands_end(sabir_commands *commands);
sabir_status sbr_vk_submit(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket);
sabir_status sbr_vk_wait(sabir_backend_device *device, uint64_t ticket, uint64_t nanoseconds);
sabir_status sbr_vk_poll(sabir_backend_device *device, uint64_t *reached);
sabir_status sbr_vk_read_timestamps(sabir_commands *commands, uint32_t first, uint32_t count, uint64_t *nanoseconds);
#endif
