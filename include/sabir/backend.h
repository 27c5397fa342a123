/* For authors of backends; applications need none of this. Versioned apart from the rest of the API.
 *
 * A backend runs kernels. It knows nothing of graphs or operators: it allocates buffers, creates kernels from SPIR-V or
 * OpenCL C, records commands and submits them on one in-order queue with a rising timeline. The library calls one device
 * from one thread at a time, except wait, poll and read_timestamps, which any thread may call while another records or submits.
 *
 * Kernel interface, the same for every backend (src/kernel prints it):
 *   binding or argument 0      control buffer, array of 32-bit words, read only
 *   binding or argument 1 .. n the buffers of the dispatch, arrays of 32-bit words
 *   control_word               index of the launch's first control word: push constant at offset 0, or the last argument (uint)
 *   group count                groups = groups_x * groups_y work-groups; the kernel reads one linear group index
 * A kernel created with addresses = true (Vulkan, the wide variant) has binding 0 only and finds 64-bit buffer addresses in its
 * control words; dispatch still names its buffers. */
#ifndef SABIR_BACKEND_H
#define SABIR_BACKEND_H

#include <stdbool.h>

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SABIR_BACKEND_VERSION 1

/* Services of the library, for the life of the driver. */
typedef struct sabir_host {
    size_t size;
    sabir_allocator allocator;
    void *log_user;
    void (*log)(void *log_user, sabir_log_level level, const char *message); /* never NULL */
    /* Sets the thread's last message (printf format) and returns status. */
    sabir_status (*fail)(sabir_status status, const char *format, ...);
    const char *loader;    /* its file name, never NULL */
    bool validation;       /* turn on validation where the API has it */
} sabir_host;

typedef enum sabir_kernel_language { SABIR_LANGUAGE_SPIRV, SABIR_LANGUAGE_OPENCL_C } sabir_kernel_language;

/* What a device is and can do. Constant once enumerated (quirks and clamps are applied by the library on top). */
typedef struct sabir_device_caps {
    size_t size;
    char name[128];          /* as the driver gives it */
    char driver[128];        /* driver name and version */
    char vendor[64];
    uint32_t vendor_id;      /* PCI vendor id; 0 where unknown */
    uint32_t device_id;
    uint32_t driver_version;
    uint8_t uuid[16];        /* of the device, the same through both APIs where drivers allow; all 0: unknown */
    char pci[16];            /* "0000:01:00.0"; "": unknown */
    bool software;           /* runs on the CPU */
    bool unified_memory;
    sabir_kernel_language language;
    uint32_t compute_units;
    uint64_t memory;             /* bytes of the largest heap that buffers come from */
    uint64_t largest_allocation; /* bytes */
    uint64_t largest_binding;    /* bytes one binding or argument can reach */
    uint32_t buffer_alignment;   /* of offsets of bindings, bytes */
    uint32_t shared_memory;      /* bytes a work-group may use */
    uint32_t group_invocations;  /* most invocations in a work-group */
    uint32_t group_count[2];     /* most work-groups in x and y */
    uint32_t subgroup_size;      /* usual size; 1 where there are none */
    uint32_t subgroup_min, subgroup_max;
    bool has_f64, has_i64, has_f16, has_i8, has_addresses, has_subgroups;
    uint64_t timestamp_period_ps; /* 0: no timestamps */
} sabir_device_caps;

typedef struct sabir_driver sabir_driver;               /* owned by the backend */
typedef struct sabir_backend_device sabir_backend_device;
typedef struct sabir_buffer sabir_buffer;
typedef struct sabir_kernel sabir_kernel;
typedef struct sabir_commands sabir_commands;

typedef enum sabir_buffer_kind {
    SABIR_BUFFER_DEVICE,  /* fastest for kernels; mapped only where memory is unified */
    SABIR_BUFFER_STAGING, /* mapped for its whole life, coherent; source and target of copies, also readable by kernels */
    SABIR_BUFFER_WRAPPED  /* over the caller's host memory, kept alive by the caller; may be refused with SABIR_UNSUPPORTED */
} sabir_buffer_kind;

typedef struct sabir_kernel_constant {
    uint32_t id;       /* SPIR-V specialisation id */
    const char *name;  /* OpenCL C: -D name=value */
    uint32_t value;
} sabir_kernel_constant;

typedef struct sabir_kernel_source {
    size_t size;
    const char *name;      /* entry point in OpenCL C (SPIR-V: "main"); also the debug name */
    const void *code;      /* SPIR-V words, or OpenCL C text */
    size_t code_size;      /* bytes */
    const char *options;   /* OpenCL C build options besides the constants; NULL: none */
    const sabir_kernel_constant *constants;
    uint32_t constant_count;
    uint32_t buffer_count; /* bindings 1 to buffer_count */
    uint32_t local_size;   /* invocations in a work-group (x; y = z = 1) */
    bool addresses;
    uint32_t required_subgroup_size; /* 0: any */
    const void *binary;    /* what kernel_binary gave for the same source, device and driver earlier; NULL: none. A stale one is ignored */
    size_t binary_size;
} sabir_kernel_source;

typedef struct sabir_kernel_info {
    size_t size;
    uint32_t subgroup_size;  /* 0: unknown */
    uint32_t registers, spills, shared_memory; /* 0 where unknown */
} sabir_kernel_info;

typedef struct sabir_buffer_range {
    sabir_buffer *buffer;
    uint64_t offset; /* bytes, a multiple of buffer_alignment */
    uint64_t bytes;  /* at most largest_binding unless the kernel uses addresses */
    bool writes;
} sabir_buffer_range;

typedef struct sabir_backend {
    uint32_t version; /* SABIR_BACKEND_VERSION */
    const char *name; /* "vulkan", "opencl": first part of a device's id */

    /* driver. open answers SABIR_NOT_FOUND where the API is not installed. */
    sabir_status (*open)(const sabir_host *host, sabir_driver **driver);
    void (*close)(sabir_driver *driver);
    uint32_t (*device_count)(sabir_driver *driver);
    sabir_status (*device_caps)(sabir_driver *driver, uint32_t index, sabir_device_caps *caps);

    /* device */
    sabir_status (*device_open)(sabir_driver *driver, uint32_t index, sabir_backend_device **device);
    void (*device_close)(sabir_backend_device *device); /* waits for idle first; everything made from it is destroyed before */
    sabir_status (*device_wait_idle)(sabir_backend_device *device);
    sabir_status (*memory_available)(sabir_backend_device *device, uint64_t *bytes); /* optional: may be NULL */

    /* buffer: size in bytes, a multiple of 4, above 0; contents undefined until written. host only for SABIR_BUFFER_WRAPPED. */
    sabir_status (*buffer_create)(sabir_backend_device *device, sabir_buffer_kind kind, uint64_t size, void *host, sabir_buffer **buffer);
    void (*buffer_destroy)(sabir_buffer *buffer);
    sabir_status (*buffer_map)(sabir_buffer *buffer, void **memory); /* staging and wrapped: always; device: SABIR_UNSUPPORTED unless unified */
    void (*buffer_unmap)(sabir_buffer *buffer);
    uint64_t (*buffer_address)(sabir_buffer *buffer); /* 0 without has_addresses */

    /* kernel */
    sabir_status (*kernel_create)(sabir_backend_device *device, const sabir_kernel_source *source, sabir_kernel **kernel);
    void (*kernel_destroy)(sabir_kernel *kernel);
    sabir_status (*kernel_info)(sabir_kernel *kernel, sabir_kernel_info *info); /* optional */
    /* What to store for a quick creation next time; *data is allocated with the host's allocator and the caller's. *size 0: nothing to store. */
    sabir_status (*kernel_binary)(sabir_kernel *kernel, void **data, size_t *size); /* optional */
    /* Driver-wide cache (a VkPipelineCache); import before the first kernel_create. Same ownership as kernel_binary. */
    sabir_status (*cache_export)(sabir_backend_device *device, void **data, size_t *size); /* optional */
    sabir_status (*cache_import)(sabir_backend_device *device, const void *data, size_t size); /* optional */

    /* commands: recorded once, submitted any number of times, one submission in flight after another in order. begin starts over, also
     * where a recording was given up half-way.
     * Ranges of fill and copy are multiples of 4 bytes. barrier makes all earlier writes of this queue visible to all later commands. */
    sabir_status (*commands_create)(sabir_backend_device *device, sabir_commands **commands);
    void (*commands_destroy)(sabir_commands *commands); /* the caller has waited for its last submission */
    sabir_status (*commands_begin)(sabir_commands *commands);
    sabir_status (*dispatch)(sabir_commands *commands, sabir_kernel *kernel, const sabir_buffer_range *buffers, uint32_t buffer_count,
                             sabir_buffer *control, uint32_t control_word, uint32_t groups_x, uint32_t groups_y);
    sabir_status (*copy)(sabir_commands *commands, sabir_buffer *from, uint64_t from_offset, sabir_buffer *to, uint64_t to_offset, uint64_t bytes);
    sabir_status (*fill)(sabir_commands *commands, sabir_buffer *to, uint64_t offset, uint64_t bytes, uint32_t word);
    sabir_status (*barrier)(sabir_commands *commands);
    /* Marks slot 0 .. slots-1 with the device time here; slots is fixed by the largest slot used. */
    sabir_status (*timestamp)(sabir_commands *commands, uint32_t slot); /* optional */
    sabir_status (*commands_end)(sabir_commands *commands);

    /* queue. submit runs the commands one after another, after everything submitted before; *ticket rises by one each call.
     * Writes of kernels and copies are visible to the host in staging buffers once the ticket is reached. */
    sabir_status (*submit)(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket);
    /* SABIR_TIMEOUT when nanoseconds passed first; UINT64_MAX waits for ever. */
    sabir_status (*wait)(sabir_backend_device *device, uint64_t ticket, uint64_t nanoseconds);
    sabir_status (*poll)(sabir_backend_device *device, uint64_t *reached);
    /* Device times in nanoseconds of the slots of the commands' last finished submission. */
    sabir_status (*read_timestamps)(sabir_commands *commands, uint32_t first, uint32_t count, uint64_t *nanoseconds); /* optional */
} sabir_backend;

/* Adds a backend (a wrapper in a test, one of an application's own) to a context before devices are first enumerated.
 * The struct must live as long as the context. library may be NULL. */
SABIR_API sabir_status sabir_context_add_backend(sabir_context *context, const sabir_backend *backend, const char *library);
/* The built-in ones: "vulkan", "opencl"; NULL for another name or where it was not built in. */
SABIR_API const sabir_backend *sabir_builtin_backend(const char *name);

#ifdef __cplusplus
}
#endif
#endif
