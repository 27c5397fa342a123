#include "internal.h"

/* Name and the status that a caller can act on; every other code is a fault of ours or of the driver. */
#define ERRORS(ROW)                                              \
    ROW(CL_DEVICE_NOT_FOUND, SABIR_NOT_FOUND)                    \
    ROW(CL_DEVICE_NOT_AVAILABLE, SABIR_DEVICE_LOST)              \
    ROW(CL_COMPILER_NOT_AVAILABLE, SABIR_UNSUPPORTED)            \
    ROW(CL_MEM_OBJECT_ALLOCATION_FAILURE, SABIR_OUT_OF_DEVICE_MEMORY) \
    ROW(CL_OUT_OF_RESOURCES, SABIR_OUT_OF_DEVICE_MEMORY)         \
    ROW(CL_OUT_OF_HOST_MEMORY, SABIR_OUT_OF_MEMORY)              \
    ROW(CL_PROFILING_INFO_NOT_AVAILABLE, SABIR_UNSUPPORTED)      \
    ROW(CL_MEM_COPY_OVERLAP, SABIR_INVALID_ARGUMENT)             \
    ROW(CL_BUILD_PROGRAM_FAILURE, SABIR_COMPILE_FAILED)          \
    ROW(CL_MAP_FAILURE, SABIR_OUT_OF_DEVICE_MEMORY)              \
    ROW(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, SABIR_DEVICE_LOST) \
    ROW(CL_COMPILE_PROGRAM_FAILURE, SABIR_COMPILE_FAILED)        \
    ROW(CL_LINKER_NOT_AVAILABLE, SABIR_UNSUPPORTED)              \
    ROW(CL_LINK_PROGRAM_FAILURE, SABIR_COMPILE_FAILED)           \
    ROW(CL_DEVICE_PARTITION_FAILED, SABIR_INTERNAL)              \
    ROW(CL_KERNEL_ARG_INFO_NOT_AVAILABLE, SABIR_UNSUPPORTED)     \
    ROW(CL_INVALID_VALUE, SABIR_INTERNAL)                        \
    ROW(CL_INVALID_DEVICE_TYPE, SABIR_INTERNAL)                  \
    ROW(CL_INVALID_PLATFORM, SABIR_INTERNAL)                     \
    ROW(CL_INVALID_DEVICE, SABIR_INTERNAL)                       \
    ROW(CL_INVALID_CONTEXT, SABIR_INTERNAL)                      \
    ROW(CL_INVALID_QUEUE_PROPERTIES, SABIR_UNSUPPORTED)          \
    ROW(CL_INVALID_COMMAND_QUEUE, SABIR_DEVICE_LOST)             \
    ROW(CL_INVALID_HOST_PTR, SABIR_INTERNAL)                     \
    ROW(CL_INVALID_MEM_OBJECT, SABIR_INTERNAL)                   \
    ROW(CL_INVALID_BINARY, SABIR_COMPILE_FAILED)                 \
    ROW(CL_INVALID_BUILD_OPTIONS, SABIR_COMPILE_FAILED)          \
    ROW(CL_INVALID_PROGRAM, SABIR_INTERNAL)                      \
    ROW(CL_INVALID_PROGRAM_EXECUTABLE, SABIR_COMPILE_FAILED)     \
    ROW(CL_INVALID_KERNEL_NAME, SABIR_COMPILE_FAILED)            \
    ROW(CL_INVALID_KERNEL_DEFINITION, SABIR_COMPILE_FAILED)      \
    ROW(CL_INVALID_KERNEL, SABIR_INTERNAL)                       \
    ROW(CL_INVALID_ARG_INDEX, SABIR_INTERNAL)                    \
    ROW(CL_INVALID_ARG_VALUE, SABIR_INTERNAL)                    \
    ROW(CL_INVALID_ARG_SIZE, SABIR_INTERNAL)                     \
    ROW(CL_INVALID_KERNEL_ARGS, SABIR_INTERNAL)                  \
    ROW(CL_INVALID_WORK_DIMENSION, SABIR_INTERNAL)               \
    ROW(CL_INVALID_WORK_GROUP_SIZE, SABIR_UNSUPPORTED)           \
    ROW(CL_INVALID_WORK_ITEM_SIZE, SABIR_UNSUPPORTED)            \
    ROW(CL_INVALID_GLOBAL_OFFSET, SABIR_INTERNAL)                \
    ROW(CL_INVALID_EVENT_WAIT_LIST, SABIR_INTERNAL)              \
    ROW(CL_INVALID_EVENT, SABIR_INTERNAL)                        \
    ROW(CL_INVALID_OPERATION, SABIR_INTERNAL)                    \
    ROW(CL_INVALID_BUFFER_SIZE, SABIR_OUT_OF_DEVICE_MEMORY)      \
    ROW(CL_INVALID_GLOBAL_WORK_SIZE, SABIR_UNSUPPORTED)          \
    ROW(CL_INVALID_PROPERTY, SABIR_INTERNAL)                     \
    ROW(CL_INVALID_COMPILER_OPTIONS, SABIR_COMPILE_FAILED)       \
    ROW(CL_INVALID_LINKER_OPTIONS, SABIR_COMPILE_FAILED)         \
    ROW(CL_PLATFORM_NOT_FOUND_KHR, SABIR_NOT_FOUND)

/* What NVIDIA's driver answers after a kernel has touched memory that it does not own. */
enum { ILLEGAL_ACCESS_NV = -9999 };

const char *sbr_cl_error_name(cl_int code)
{
    switch (code) {
#define NAME(name, status) case name: return #name;
        ERRORS(NAME)
#undef NAME
        case CL_SUCCESS: return "CL_SUCCESS";
        case ILLEGAL_ACCESS_NV: return "illegal memory access";
        default: return "a code of the driver's own";
    }
}

sabir_status sbr_cl_error_status(cl_int code)
{
    switch (code) {
#define STATUS(name, status) case name: return status;
        ERRORS(STATUS)
#undef STATUS
        case CL_SUCCESS: return SABIR_OK;
        case ILLEGAL_ACCESS_NV: return SABIR_DEVICE_LOST;
        default: return SABIR_INTERNAL;
    }
}

/* On the queue CL_OUT_OF_RESOURCES means a kernel that faulted or a watchdog, not a lack of memory. */
bool sbr_cl_error_is_fatal(cl_int code)
{
    return code == CL_OUT_OF_RESOURCES || code < -1100 || sbr_cl_error_status(code) == SABIR_DEVICE_LOST;
}

sabir_status sbr_cl_fail(const char *call, cl_int code)
{
    return sbr_fail(sbr_cl_error_status(code), "%s answered %s (%d)", call, sbr_cl_error_name(code), (int)code);
}

sabir_status sbr_cl_device_fail(sabir_backend_device *device, const char *call, cl_int code)
{
    if (sbr_cl_error_status(code) == SABIR_DEVICE_LOST) {
        sbr_cl_lose(device, call, code);
        return sbr_cl_alive(device);
    }
    return sbr_fail(sbr_cl_error_status(code), "%s answered %s (%d) on %s", call, sbr_cl_error_name(code), (int)code,
                    device->found->caps.name);
}
