/* The context's floor: allocator, log, options. src/run hangs its registry of devices on it. */
#ifndef SBR_CONTEXT_H
#define SBR_CONTEXT_H

#include <stdatomic.h>

#include "base.h"
#include "thread.h"

struct sabir_context {
    atomic_uint references;
    sabir_allocator allocator;
    sabir_log_callback log;
    void *log_user;
    char *cache_directory, *vulkan_library, *opencl_library, *shaderc_library, *clamp; /* copies; NULL as given */
    bool validation, poison;
    long process;                 /* that made it: use after a fork is refused */
    sbr_mutex lock;               /* guards runtime */
    void *runtime;                /* src/run's */
    void (*runtime_destroy)(struct sabir_context *context);
};

static inline const sabir_allocator *sbr_context_allocator(const sabir_context *context) { return &context->allocator; }
/* SABIR_MISUSE in a child of fork that did not exec. */
sabir_status sbr_context_check(const sabir_context *context);
SBR_PRINTF(3, 4) void sbr_log(const sabir_context *context, sabir_log_level level, const char *format, ...);
#endif
