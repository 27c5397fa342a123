/* Statuses and messages. Every fallible call returns a sabir_status; nothing in Sabir aborts the process. */
#ifndef SABIR_STATUS_H
#define SABIR_STATUS_H

#if defined(_WIN32)
#  if defined(SABIR_BUILD)
#    define SABIR_API __declspec(dllexport)
#  elif defined(SABIR_STATIC)
#    define SABIR_API
#  else
#    define SABIR_API __declspec(dllimport)
#  endif
#else
#  define SABIR_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* One row per status: name, value, meaning. New rows are only ever appended. */
#define SABIR_STATUSES(ROW)                                                                  \
    ROW(SABIR_OK, 0, "success")                                                              \
    ROW(SABIR_INVALID_ARGUMENT, 1, "an argument is out of its range or inconsistent")        \
    ROW(SABIR_INVALID_SHAPE, 2, "shapes do not fit the operator or the binding")             \
    ROW(SABIR_INVALID_TYPE, 3, "an element type does not fit the operator or the binding")   \
    ROW(SABIR_OUT_OF_MEMORY, 4, "the host allocator returned NULL")                          \
    ROW(SABIR_OUT_OF_DEVICE_MEMORY, 5, "the device cannot hold what was asked for")          \
    ROW(SABIR_UNSUPPORTED, 6, "the device lacks a capability that is needed")                \
    ROW(SABIR_NOT_FOUND, 7, "no device, file, variable, input or output of that name")       \
    ROW(SABIR_COMPILE_FAILED, 8, "a kernel did not compile")                                 \
    ROW(SABIR_DEVICE_LOST, 9, "the device was lost; open it again and rebuild from a store") \
    ROW(SABIR_TIMEOUT, 10, "the wait ended before the work did")                             \
    ROW(SABIR_CANCELLED, 11, "sabir_cancel stopped the run")                                 \
    ROW(SABIR_IO, 12, "a file could not be read or written")                                 \
    ROW(SABIR_POISONED, 13, "a failed run left this variable half written; write it again")  \
    ROW(SABIR_MISUSE, 14, "an object was used where its contract forbids it")                \
    ROW(SABIR_INTERNAL, 15, "a fault in Sabir itself; please report it")

typedef enum sabir_status {
#define SABIR_STATUS_ENUM(name, value, meaning) name = value,
    SABIR_STATUSES(SABIR_STATUS_ENUM)
#undef SABIR_STATUS_ENUM
} sabir_status;

/* "SABIR_OK", "SABIR_INVALID_SHAPE", ...; "unknown status" for any other number. Never NULL. */
SABIR_API const char *sabir_status_name(sabir_status status);
/* One line saying what the status means. Never NULL. */
SABIR_API const char *sabir_status_meaning(sabir_status status);

/* What the last failing call on this thread said: which argument, why, and the way out where there is one.
 * Valid until the next failing call on the same thread. "" when nothing failed yet. */
SABIR_API const char *sabir_last_message(void);

/* "0.1.0" */
SABIR_API const char *sabir_version(void);

#ifdef __cplusplus
}
#endif
#endif
