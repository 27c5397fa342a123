/* Devices, tensors and stores. */
#ifndef SABIR_DEVICE_H
#define SABIR_DEVICE_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sabir_device sabir_device; /* shared by threads; retained by what is made from it */
typedef struct sabir_tensor sabir_tensor; /* written by one thread at a time */
typedef struct sabir_store sabir_store;   /* likewise; a store that is only read is shared by threads */

typedef struct sabir_device_info {
    size_t size;         /* set to sizeof(sabir_device_info) by the caller */
    char id[32];         /* "vulkan:0", "opencl:0", "reference": as numbered in this process */
    char stable_id[192]; /* "vulkan:llvmpipe-llvm-15-0-6-256-bits:9f31c2aa": the same while card and API are */
    char name[128], api[16], type[16], driver[128], vendor[64]; /* type: "gpu", "cpu", "reference" */
    int software;        /* non-zero: runs on the CPU */
    uint64_t memory, largest_allocation, largest_binding;
    uint32_t compute_units, subgroup_size, shared_memory, group_invocations;
    int has_f64, has_i64, has_f16;
    int same_as;         /* position in the list of the same card seen earlier through another API; -1: none */
    char quirks[256];    /* names of known driver faults that are worked around, separated by blanks */
} sabir_device_info;

/* Devices found, the reference last. The first call looks for backends; none being installed is no error. */
SABIR_API sabir_status sabir_device_count(sabir_context *context, uint32_t *count);
SABIR_API sabir_status sabir_device_describe(sabir_context *context, uint32_t position, sabir_device_info *info);
/* What was looked for and not found, one line each ("libvulkan.so.1 cannot be opened: ..."); "" when all is there. Valid while the context is. */
SABIR_API const char *sabir_device_missing(sabir_context *context);

/* selector: "auto" or NULL: a GPU before software devices before the reference, Vulkan before OpenCL; a software device or the
 * reference being chosen is logged. Or an id, a stable id, an API ("opencl": its best device), or part of a name. */
SABIR_API sabir_status sabir_device_open(sabir_context *context, const char *selector, sabir_device **device);
SABIR_API void sabir_device_retain(sabir_device *device);
SABIR_API void sabir_device_release(sabir_device *device); /* NULL is allowed */
SABIR_API sabir_status sabir_device_info_of(const sabir_device *device, sabir_device_info *info);
SABIR_API sabir_status sabir_device_wait(sabir_device *device); /* until all submitted work is done */
SABIR_API sabir_context *sabir_device_context(const sabir_device *device); /* that it was opened in; borrowed */

/* Dense, row-major; contents undefined until written. The shape has no dims. */
SABIR_API sabir_status sabir_tensor_create(sabir_device *device, sabir_type type, sabir_shape shape, sabir_tensor **tensor);
/* Over the caller's memory (of sabir_tensor_bytes, 4-byte aligned, rounded up to 4), which outlives the tensor and is not touched while work
 * that uses it is in flight. SABIR_UNSUPPORTED where the device cannot. */
SABIR_API sabir_status sabir_tensor_wrap(sabir_device *device, sabir_type type, sabir_shape shape, void *memory, sabir_tensor **tensor);
SABIR_API void sabir_tensor_retain(sabir_tensor *tensor);
SABIR_API void sabir_tensor_release(sabir_tensor *tensor); /* NULL is allowed; work in flight keeps it alive */
SABIR_API sabir_device *sabir_tensor_device(const sabir_tensor *tensor); /* borrowed */
SABIR_API sabir_type sabir_tensor_type(const sabir_tensor *tensor);
SABIR_API sabir_shape sabir_tensor_shape(const sabir_tensor *tensor);
SABIR_API uint64_t sabir_tensor_bytes(const sabir_tensor *tensor); /* elements times their size */
/* Copies bytes at offset; both wait for work in flight on the tensor. offset + bytes within the tensor; any alignment. */
SABIR_API sabir_status sabir_tensor_write(sabir_tensor *tensor, uint64_t offset, const void *data, uint64_t bytes);
SABIR_API sabir_status sabir_tensor_read(sabir_tensor *tensor, uint64_t offset, void *data, uint64_t bytes);
/* The whole tensor for reading and writing; one map at a time; no run may use it until unmapped. */
SABIR_API sabir_status sabir_tensor_map(sabir_tensor *tensor, void **memory);
SABIR_API sabir_status sabir_tensor_unmap(sabir_tensor *tensor);
/* Between any two devices of any contexts; types and shapes are equal. */
SABIR_API sabir_status sabir_tensor_copy(sabir_tensor *from, sabir_tensor *to);

/* Named tensors of one device, shared by programs: the variables of graphs. */
SABIR_API sabir_status sabir_store_create(sabir_device *device, sabir_store **store);
SABIR_API void sabir_store_retain(sabir_store *store);
SABIR_API void sabir_store_release(sabir_store *store); /* NULL is allowed */
SABIR_API sabir_device *sabir_store_device(const sabir_store *store); /* borrowed */
/* The variable of that name, made (zeroed) if there is none; an existing one of another type or shape is an error. Borrowed: valid while the store is. */
SABIR_API sabir_status sabir_store_variable(sabir_store *store, const char *name, sabir_type type, sabir_shape shape, sabir_tensor **tensor);
/* NULL when there is none. */
SABIR_API sabir_tensor *sabir_store_find(sabir_store *store, const char *name);
SABIR_API uint32_t sabir_store_count(const sabir_store *store);
SABIR_API const char *sabir_store_name(const sabir_store *store, uint32_t position); /* NULL past the end */
/* Copies every variable into a store of any device, making what is missing. */
SABIR_API sabir_status sabir_store_copy(sabir_store *from, sabir_store *to);

#ifdef __cplusplus
}
#endif
#endif
