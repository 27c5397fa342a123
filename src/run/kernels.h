/* The kernels of a device: made on first use, kept until it is closed, and what they compile to kept on disk.
 *
 * A kernel is known by its text, its variant, whether its buffers are plain, and its constants; programs of one device share them. */
#ifndef SBR_KERNELS_H
#define SBR_KERNELS_H

#include "base/hash.h"
#include "compiler.h"
#include "lower/module.h"
#include "sabir/backend.h"
#include "sabir/device.h"

typedef struct sbr_kernel_entry {
    sbr_hash key;
    sabir_kernel *kernel;
    char *blob_key; /* under which its binary is to be stored; NULL: it is stored, or there is none */
} sbr_kernel_entry;

typedef struct sbr_kernel_cache {
    SBR_VECTOR(sbr_kernel_entry) entries;
    uint64_t created; /* how often a backend was asked to make one */
    sbr_compiler compiler;
} sbr_kernel_cache;

/* Identifies the kernel of a launch among all. */
sbr_hash sbr_kernel_key(const sbr_launch *launch);
/* The kernel of a launch, made when there is none yet. Under the device's lock. */
sabir_status sbr_kernel_get(sabir_device *device, const sbr_launch *launch, sabir_kernel **kernel);
/* Whether text made at run time can be compiled for the device. Under the device's lock. */
bool sbr_kernel_has_compiler(sabir_device *device);
/* Stores what was not stored yet; kernels have run by now, for some drivers compile late. Under the device's lock, or alone. */
void sbr_kernel_cache_save(sabir_device *device);
void sbr_kernel_cache_free(sabir_device *device);
#endif
