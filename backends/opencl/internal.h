/* The objects of the OpenCL backend.
 *
 *   driver.c      loader, platforms, devices; the table of the backend
 *   caps.c        what one device can do
 *   error.c       OpenCL's error codes as statuses and messages
 *   device.c      context and queue of an opened device, the lost state
 *   buffer.c      device memory, staging memory, the caller's memory
 *   kernel.c      programs and their arguments
 *   binary.c      compiled programs, to be stored by the caller
 *   commands.c    recording
 *   replay.c      a recording as enqueues
 *   queue.c       submission, tickets, waiting
 *   timestamps.c  device times of marks
 *
 * Host memory (staging and wrapped buffers). OpenCL 1.2 leaves it undefined to touch a mapped region while a kernel uses the
 * buffer, and a driver may copy whole buffers when they are mapped, over words that the host is just writing. So:
 *   shared    on a CPU device the buffer is made over the host memory (CL_MEM_USE_HOST_PTR) and is the same memory. It is mapped
 *             between submissions; a submission unmaps what it uses first and maps it again last.
 *   mirrored  elsewhere host memory is plain memory. Copies between it and device buffers are reads and writes of exactly their range;
 *             only a buffer that kernels see gets a mirror on the device, refreshed before its first use in a submission, and
 *             what kernels write there is read back at once. The host's memory thus holds the truth in queue order. */
#ifndef SBR_OPENCL_INTERNAL_H
#define SBR_OPENCL_INTERNAL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_ext.h>

#include "base/base.h"
#include "base/dynlib.h"
#include "base/thread.h"
#include "opencl.h"

#define SBR_CL_FUNCTIONS(ROW)                                                                                                 \
    ROW(clGetPlatformIDs) ROW(clGetPlatformInfo) ROW(clGetDeviceIDs) ROW(clGetDeviceInfo)                                     \
    ROW(clGetExtensionFunctionAddressForPlatform) ROW(clCreateContext) ROW(clReleaseContext)                                  \
    ROW(clCreateCommandQueue) ROW(clReleaseCommandQueue) ROW(clFlush) ROW(clFinish)                                           \
    ROW(clCreateBuffer) ROW(clReleaseMemObject) ROW(clEnqueueMapBuffer) ROW(clEnqueueUnmapMemObject)                          \
    ROW(clEnqueueReadBuffer) ROW(clEnqueueWriteBuffer) ROW(clEnqueueCopyBuffer) ROW(clEnqueueFillBuffer)                      \
    ROW(clEnqueueMigrateMemObjects) ROW(clEnqueueNDRangeKernel) ROW(clEnqueueMarkerWithWaitList)                              \
    ROW(clCreateProgramWithSource) ROW(clCreateProgramWithBinary) ROW(clBuildProgram) ROW(clGetProgramBuildInfo)              \
    ROW(clGetProgramInfo) ROW(clReleaseProgram) ROW(clCreateKernel) ROW(clReleaseKernel) ROW(clSetKernelArg)                  \
    ROW(clGetKernelInfo) ROW(clGetKernelWorkGroupInfo) ROW(clWaitForEvents) ROW(clGetEventInfo)                               \
    ROW(clGetEventProfilingInfo) ROW(clRetainEvent) ROW(clReleaseEvent)

typedef struct sbr_cl_api {
#define SBR_CL_MEMBER(function) __typeof__(&function) function;
    SBR_CL_FUNCTIONS(SBR_CL_MEMBER)
#undef SBR_CL_MEMBER
} sbr_cl_api;

/* A device that was enumerated. */
typedef struct sbr_cl_found {
    cl_platform_id platform;
    cl_device_id id;
    sabir_device_caps caps;
    bool reports_free_memory;                   /* cl_amd_device_attribute_query */
    bool reports_spills;                        /* cl_intel_required_subgroup_size */
    clGetKernelSubGroupInfoKHR_fn subgroup_info; /* NULL: none */
} sbr_cl_found;

struct sabir_driver {
    sabir_allocator allocator;
    void *log_user;
    void (*log)(void *log_user, sabir_log_level level, const char *message);
    sbr_dynlib *library;
    sbr_cl_api api;
    SBR_VECTOR(sbr_cl_found) found;
};

/* A submission that has not been seen to end. */
typedef struct sbr_cl_outstanding {
    uint64_t ticket;
    cl_event event;
} sbr_cl_outstanding;

struct sabir_backend_device {
    sabir_driver *driver;
    const sbr_cl_api *api;
    const sabir_allocator *allocator;
    const sbr_cl_found *found;
    cl_context context;
    cl_command_queue queue; /* in order, with profiling */
    bool shares_host_memory; /* see above */
    uint64_t allocated;     /* bytes of device memory */
    uint64_t buffers_made;  /* ids of buffers */
    uint64_t replays;       /* submissions tried: the age of mirrors */

    sbr_mutex lock; /* over all below, and over the marks of commands */
    uint64_t submitted, reached;
    SBR_VECTOR(sbr_cl_outstanding) outstanding; /* by rising ticket */
    cl_int lost;                                /* the error that lost the device; 0: not lost */
    const char *lost_call;
    uint64_t failed_ticket; /* the last submission that failed without losing the device */
    cl_int failed_code;
    bool failed_told;
};

struct sabir_buffer {
    sabir_backend_device *device;
    sabir_buffer_kind kind;
    uint64_t size;
    uint64_t id;      /* never used twice on a device, unlike the address of a cl_mem */
    cl_mem memory;    /* NULL: a host buffer that no kernel has used yet */
    void *host;       /* NULL: a device buffer */
    void *block;      /* what to free; NULL for wrapped memory */
    bool mapped;      /* shared: mapped in queue order */
    uint64_t synced;  /* mirrored: the replay that last brought the mirror up to date */
};

struct sabir_kernel {
    sabir_backend_device *device;
    cl_program program;
    cl_kernel kernel;
    char *name;
    uint32_t buffer_count, local_size;
    uint64_t *set;     /* ids of the buffers set as arguments 0 to buffer_count; 0: none */
    uint32_t set_word;
    bool word_is_set;
};

typedef struct sbr_cl_argument {
    sabir_buffer *buffer;
    uint64_t bytes;
    bool writes;
} sbr_cl_argument;

typedef enum sbr_cl_command_kind { SBR_CL_DISPATCH, SBR_CL_COPY, SBR_CL_FILL, SBR_CL_TIMESTAMP } sbr_cl_command_kind;

typedef struct sbr_cl_dispatch {
    sabir_kernel *kernel;
    uint32_t first_argument; /* in the recording's arguments; the control buffer, then the kernel's buffers */
    uint32_t control_word;
    size_t items;
} sbr_cl_dispatch;

typedef struct sbr_cl_copy {
    sabir_buffer *from, *to;
    uint64_t from_offset, to_offset, bytes;
} sbr_cl_copy;

typedef struct sbr_cl_fill {
    sabir_buffer *to;
    uint64_t offset, bytes;
    uint32_t word;
} sbr_cl_fill;

typedef struct sbr_cl_command {
    sbr_cl_command_kind kind;
    union {
        sbr_cl_dispatch dispatch;
        sbr_cl_copy copy;
        sbr_cl_fill fill;
        uint32_t slot;
    } as;
} sbr_cl_command;

/* The marks of one submission. */
typedef struct sbr_cl_marks {
    uint64_t ticket;
    cl_event *events; /* one for each slot; NULL where the slot was not marked */
    uint32_t count;
} sbr_cl_marks;

struct sabir_commands {
    sabir_backend_device *device;
    bool recording;
    SBR_VECTOR(sbr_cl_command) list;
    SBR_VECTOR(sbr_cl_argument) arguments;
    SBR_VECTOR(sabir_buffer *) hosts; /* the host buffers in use, each once */
    uint32_t slots;                   /* above the largest slot used; 0: no timestamps */
    SBR_VECTOR(sbr_cl_marks) marks;   /* by rising ticket */
};

static inline bool sbr_cl_is_host(const sabir_buffer *buffer) { return buffer->kind != SABIR_BUFFER_DEVICE; }
static inline bool sbr_cl_is_mirrored(const sabir_buffer *buffer)
{
    return sbr_cl_is_host(buffer) && !buffer->device->shares_host_memory;
}

/* caps.c */
/* Fills found->caps and its neighbours. *missing tells why the device cannot be used; NULL where it can. */
sabir_status sbr_cl_read_caps(const sabir_driver *driver, sbr_cl_found *found, const char **missing);

/* error.c */
const char *sbr_cl_error_name(cl_int code);
sabir_status sbr_cl_error_status(cl_int code);
bool sbr_cl_error_is_fatal(cl_int code); /* for work on the queue: the device is lost */
/* Message with the call and the error's name. */
sabir_status sbr_cl_fail(const char *call, cl_int code);
/* The same for a call on an open device: a fatal error makes it lost. */
sabir_status sbr_cl_device_fail(sabir_backend_device *device, const char *call, cl_int code);

/* driver.c */
SBR_PRINTF(3, 4) void sbr_cl_log(const sabir_driver *driver, sabir_log_level level, const char *format, ...);

/* device.c */
sabir_status sbr_cl_device_open(sabir_driver *driver, uint32_t index, sabir_backend_device **device);
void sbr_cl_device_close(sabir_backend_device *device);
sabir_status sbr_cl_memory_available(sabir_backend_device *device, uint64_t *bytes);
void sbr_cl_lose(sabir_backend_device *device, const char *call, cl_int code); /* the first loss stays */
sabir_status sbr_cl_alive(sabir_backend_device *device);                       /* SABIR_DEVICE_LOST and why */

/* buffer.c */
sabir_status sbr_cl_buffer_create(sabir_backend_device *device, sabir_buffer_kind kind, uint64_t size, void *host, sabir_buffer **buffer);
void sbr_cl_buffer_destroy(sabir_buffer *buffer);
sabir_status sbr_cl_buffer_map(sabir_buffer *buffer, void **memory);
void sbr_cl_buffer_unmap(sabir_buffer *buffer);
uint64_t sbr_cl_buffer_address(sabir_buffer *buffer);
sabir_status sbr_cl_buffer_need_memory(sabir_buffer *buffer); /* makes the mirror of a host buffer that has none */
/* Enqueue the hand-over of shared memory to the device and back to the host. */
sabir_status sbr_cl_buffer_to_device(sabir_buffer *buffer);
sabir_status sbr_cl_buffer_to_host(sabir_buffer *buffer);

/* kernel.c */
sabir_status sbr_cl_kernel_create(sabir_backend_device *device, const sabir_kernel_source *source, sabir_kernel **kernel);
void sbr_cl_kernel_destroy(sabir_kernel *kernel);
sabir_status sbr_cl_kernel_info(sabir_kernel *kernel, sabir_kernel_info *info);
/* arguments: the control buffer, then buffer_count buffers. Sets only what differs from the last time. */
sabir_status sbr_cl_kernel_set(sabir_kernel *kernel, const sbr_cl_argument *arguments, uint32_t control_word);

/* binary.c */
sabir_status sbr_cl_kernel_binary(sabir_kernel *kernel, void **data, size_t *size);
/* Finds the driver's bytes in what kernel_binary gave; false where it is damaged or from another device or driver. */
bool sbr_cl_binary_unseal(const sabir_backend_device *device, const void *data, size_t size, const unsigned char **bytes, size_t *count);

/* commands.c */
sabir_status sbr_cl_commands_create(sabir_backend_device *device, sabir_commands **commands);
void sbr_cl_commands_destroy(sabir_commands *commands);
sabir_status sbr_cl_commands_begin(sabir_commands *commands);
sabir_status sbr_cl_commands_end(sabir_commands *commands);
sabir_status sbr_cl_dispatch_record(sabir_commands *commands, sabir_kernel *kernel, const sabir_buffer_range *buffers,
                                    uint32_t buffer_count, sabir_buffer *control, uint32_t control_word, uint32_t groups_x,
                                    uint32_t groups_y);
sabir_status sbr_cl_copy_record(sabir_commands *commands, sabir_buffer *from, uint64_t from_offset, sabir_buffer *to, uint64_t to_offset,
                                uint64_t bytes);
sabir_status sbr_cl_fill_record(sabir_commands *commands, sabir_buffer *to, uint64_t offset, uint64_t bytes, uint32_t word);
sabir_status sbr_cl_barrier_record(sabir_commands *commands);
sabir_status sbr_cl_timestamp_record(sabir_commands *commands, uint32_t slot);

/* replay.c */
/* Enqueues the recording. marks: events of its timestamps, NULL where it has none. */
sabir_status sbr_cl_replay(sabir_commands *commands, cl_event *marks);

/* queue.c */
sabir_status sbr_cl_submit(sabir_backend_device *device, sabir_commands *const *commands, uint32_t count, uint64_t *ticket);
sabir_status sbr_cl_wait(sabir_backend_device *device, uint64_t ticket, uint64_t nanoseconds);
sabir_status sbr_cl_poll(sabir_backend_device *device, uint64_t *reached);
sabir_status sbr_cl_wait_idle(sabir_backend_device *device);
/* Moves reached on, at least to through, which is known to have ended (0: nothing is known). Under the lock. */
void sbr_cl_retire(sabir_backend_device *device, uint64_t through);

/* timestamps.c */
/* Room for the marks of the submission that will get this ticket; *events stays NULL without timestamps. */
sabir_status sbr_cl_marks_add(sabir_commands *commands, uint64_t ticket, cl_event **events);
void sbr_cl_marks_drop(sabir_commands *commands, uint64_t ticket); /* of a submission that failed */
void sbr_cl_marks_free(sabir_commands *commands);
sabir_status sbr_cl_read_timestamps(sabir_commands *commands, uint32_t first, uint32_t count, uint64_t *nanoseconds);

#endif
