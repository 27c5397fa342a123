/* The context: one allocator, one log callback, the backends found. Shared by threads. */
#ifndef SABIR_CONTEXT_H
#define SABIR_CONTEXT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sabir_context sabir_context;

/* allocate(user, size) returns memory aligned for any type, or NULL. resize and release as realloc and free;
 * all three are called from any thread. */
typedef struct sabir_allocator {
    void *user;
    void *(*allocate)(void *user, size_t size);
    void *(*resize)(void *user, void *memory, size_t size);
    void (*release)(void *user, void *memory);
} sabir_allocator;

typedef enum sabir_log_level { SABIR_LOG_ERROR = 0, SABIR_LOG_WARNING = 1, SABIR_LOG_INFO = 2, SABIR_LOG_DEBUG = 3 } sabir_log_level;

/* Called from any thread, never while Sabir holds a lock that the callback could want. */
typedef void (*sabir_log_callback)(void *user, sabir_log_level level, const char *message);

typedef struct sabir_context_options {
    size_t size;               /* sizeof(sabir_context_options) */
    sabir_allocator allocator; /* all NULL: malloc, realloc, free */
    sabir_log_callback log;             /* NULL: silent */
    void *log_user;
    const char *cache_directory; /* NULL: the user's cache place; "": no disk cache */
    const char *vulkan_library;  /* NULL: "libvulkan.so.1" */
    const char *opencl_library;  /* NULL: "libOpenCL.so.1" */
    const char *shaderc_library; /* NULL: "libsabir-shaderc.so" beside libsabir, then by name; "": do not look */
    int validation;              /* non-zero: Vulkan validation layers, synchronisation validation too; messages are logged as errors */
    const char *clamp;           /* NULL or capability clamps for testing, as "subgroup=8,binding=134217728,shared=32768,invocations=256,no-f64" */
} sabir_context_options;

#define SABIR_CONTEXT_OPTIONS {.size = sizeof(sabir_context_options)}

/* options may be NULL. The context looks for backends on the first call that needs devices; none being installed is no error:
 * the reference device is always there. */
SABIR_API sabir_status sabir_context_create(const sabir_context_options *options, sabir_context **context);
SABIR_API void sabir_context_retain(sabir_context *context);
SABIR_API void sabir_context_release(sabir_context *context); /* NULL is allowed */

/* How this library was built, and where a context keeps and finds things. (sabir_builtin_backend in backend.h tells the APIs.) */
typedef struct sabir_context_info {
    size_t size;                /* set to sizeof(sabir_context_info) by the caller */
    char cache_directory[1024]; /* of compiled kernels; made by the first device opened; "": no disk cache */
    int has_shaderc;            /* non-zero: libsabir-shaderc was found, so kernels are fused on Vulkan */
    uint32_t kernels, modules;  /* built in: kernel texts, and SPIR-V modules made of them */
} sabir_context_info;
/* Opens no device. Looks for the shaderc module anew at each call. */
SABIR_API sabir_status sabir_context_describe(sabir_context *context, sabir_context_info *info);

#ifdef __cplusplus
}
#endif
#endif
