/* Runs one kernel of the dialect on one device, straight through backend.h: the floor that the trials stand on. */
#ifndef TRIAL_DEVICE_H
#define TRIAL_DEVICE_H

#include "kernel/dialect.h"
#include "sabir/backend.h"

typedef struct trial_device {
    const sabir_backend *backend;
    sabir_host host;
    sabir_driver *driver;
    sabir_backend_device *device;
    sabir_device_caps caps;
    const char *root, *scratch; /* of the sources; a folder for GLSL and SPIR-V */
} trial_device;

typedef struct trial_tensor {
    void *data;
    size_t bytes; /* a multiple of 4 */
    sabir_type type;
    uint64_t offset; /* elements */
    bool out;        /* copied back */
} trial_tensor;

typedef struct trial_value { const char *param; double value; uint32_t index; } trial_value;

typedef struct trial_launch {
    const char *kernel; /* path of the .k */
    sbr_kernel_variant variant;
    bool plain;
    const trial_tensor *tensors; /* as the kernel's buffers */
    uint32_t tensor_count;
    const trial_value *values;
    uint32_t value_count;
    uint32_t groups_x, groups_y;
    uint32_t repeats;  /* timed launches after the first; 0: none */
    double seconds;    /* out: the fastest repeat, host clock */
} trial_launch;

sabir_status trial_open(const char *name, const char *root, const char *scratch, trial_device *device);
void trial_close(trial_device *device);
sabir_status trial_run(trial_device *device, trial_launch *launch);
#endif
