/* Programs: a graph compiled for one device, run any number of times. */
#ifndef SABIR_PROGRAM_H
#define SABIR_PROGRAM_H

#include "device.h"
#include "graph.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sabir_program sabir_program; /* of one thread at a time, but for sabir_cancel */
typedef struct sabir_event sabir_event;     /* of one thread at a time */

/* A kernel's general form takes elements of any type, and any elementwise operator. One made for a launch, its storage types and its operator, is
 * faster, on CPUs several times, and has to be compiled for it. So has one for a group of operators that are fused. */
typedef enum sabir_specialise {
    SABIR_SPECIALISE_AUTO,   /* made for a launch where it, or all launches of its kernel, are large enough to pay for compiling; where a program has more
                                than 32 kernels, groups that save too little are not fused */
    SABIR_SPECIALISE_ALWAYS, /* the fastest kernels; everything that can be is fused */
    SABIR_SPECIALISE_NEVER   /* the fewest kernels, so the quickest first start; no group is fused where a program has more than 32 kernels and fewer so */
} sabir_specialise;

typedef enum sabir_fallback { SABIR_FALLBACK_WARN, SABIR_FALLBACK_ALLOW, SABIR_FALLBACK_ERROR } sabir_fallback;

typedef struct sabir_compile_options {
    size_t size;
    const char *const *outputs; /* which outputs to compute; NULL: all. Assigns are always made */
    uint32_t output_count;
    int no_fusion;              /* non-zero: every operator by its own kernel */
    int no_simplify;            /* non-zero: no folding, common subexpressions or dead code */
    int unplanned;              /* non-zero: every value has memory of its own */
    int state_in_place;         /* non-zero: a copy that sabir_update cannot avoid is an error that names the reader */
    int profile;                /* non-zero: time every kernel (sabir_profile_*) */
    sabir_fallback fallback;    /* when the device lacks a capability that an operator needs: run the whole program on the reference
                                   with a warning in the log, silently, or fail with SABIR_UNSUPPORTED */
    double submission_seconds;  /* cut submissions at about this much estimated work; 0: 0.25 */
    sabir_specialise specialise; /* kernels made for launches; SABIR_SPECIALISE_AUTO is 0 */
} sabir_compile_options;

#define SABIR_COMPILE_OPTIONS {.size = sizeof(sabir_compile_options)}

/* Compiles a snapshot of the graph; the graph stays open. Every mistake made in building it is reported here. store may be NULL when the
 * graph has no variables. options may be NULL. The device may be of another context than the graph. */
SABIR_API sabir_status sabir_compile(sabir_graph *graph, sabir_device *device, sabir_store *store, const sabir_compile_options *options,
                                     sabir_program **program);
SABIR_API void sabir_program_destroy(sabir_program *program); /* NULL is allowed; waits for its own work */
/* Compiles every kernel now rather than at the first run. */
SABIR_API sabir_status sabir_program_prewarm(sabir_program *program);

typedef struct sabir_binding {
    const char *name; /* of an input or an output */
    sabir_tensor *tensor;
} sabir_binding;

/* Binds, submits and waits. Every input and output is bound, here or before. Extents of bound inputs give the dims; an output tensor
 * has the output's extents for these dims. */
SABIR_API sabir_status sabir_run(sabir_program *program, const sabir_binding *bindings, uint32_t count);

/* The same in steps, without names at run time. A slot of an input, output or scalar; -1 when there is none of that name. */
SABIR_API int32_t sabir_slot(const sabir_program *program, const char *name);
SABIR_API sabir_status sabir_bind(sabir_program *program, int32_t slot, sabir_tensor *tensor); /* retained until bound anew; NULL unbinds */
/* Scalars start at 0 and keep their value between runs. The number is converted to the scalar's type. */
SABIR_API sabir_status sabir_set_f32(sabir_program *program, int32_t slot, float value);
SABIR_API sabir_status sabir_set_f64(sabir_program *program, int32_t slot, double value);
SABIR_API sabir_status sabir_set_i32(sabir_program *program, int32_t slot, int32_t value);
/* A dim that no input determines keeps the value set here, else its maximum. */
SABIR_API sabir_status sabir_set_dim(sabir_program *program, const char *name, int64_t value);
/* Value of an output's shape for the dims of the next run. */
SABIR_API sabir_status sabir_output_shape(sabir_program *program, int32_t slot, sabir_type *type, sabir_shape *shape);

/* Starts a run after the events in waits (of any devices). Scalars and bindings may be changed as soon as it returns. *event may be NULL.
 * The library has no thread: of a run cut at submission_seconds two submissions are queued at first, and calls make the rest, sabir_event_wait (with 0
 * seconds too) one for each that ended, sabir_device_wait, another submit and reading or writing a tensor, all on that device, everything that is left. */
SABIR_API sabir_status sabir_submit(sabir_program *program, sabir_event *const *waits, uint32_t wait_count, sabir_event **event);
/* The run's status; SABIR_TIMEOUT when it is not done after seconds (negative: wait for ever). */
SABIR_API sabir_status sabir_event_wait(sabir_event *event, double seconds);
/* Seconds on the device from the run's first to its last command; 0 where the device has no clock. After the run is done. */
SABIR_API sabir_status sabir_event_seconds(sabir_event *event, double *seconds);
SABIR_API void sabir_event_release(sabir_event *event); /* NULL is allowed */
/* From any thread: the run in progress stops before its next submission and ends with SABIR_CANCELLED; variables it was assigning are poisoned. */
SABIR_API void sabir_cancel(sabir_program *program);

/* What a program costs, known before it runs (dims at their maximum, loops at their full trips). */
typedef struct sabir_counters {
    size_t size;
    uint64_t launches, copies, flops, bytes; /* of one run */
    uint64_t kernels;                        /* distinct */
    uint64_t fused;                          /* operators that ran inside another's kernel */
    uint64_t peak_bytes, unplanned_bytes;    /* activations: planned, and each value by itself */
    uint64_t live_bytes;                     /* the lower bound that lifetimes give for peak_bytes */
    /* so far */
    uint64_t runs, recordings, compiled, allocations; /* allocations: of device memory, at compile and after */
    char busiest[80]; /* the kernel with most operations, or bytes where none has any; " (general)" where it is not made for its operands' types; "" where there is none */
} sabir_counters;
SABIR_API sabir_status sabir_program_counters(const sabir_program *program, sabir_counters *counters);

typedef struct sabir_memory_report {
    size_t size;
    uint64_t variables, constants, activations, staging, io; /* bytes; io: inputs and outputs at their largest */
    uint64_t available;                                      /* of the device; 0: unknown */
    uint64_t largest_tensor;
    char largest_name[64];
} sabir_memory_report;
/* For a program, and before anything is allocated, for a graph. */
SABIR_API sabir_status sabir_program_memory(const sabir_program *program, sabir_memory_report *report);
SABIR_API sabir_status sabir_graph_memory(sabir_graph *graph, sabir_device *device, const sabir_compile_options *options, sabir_memory_report *report);

/* Steps as text: kernels, shapes, fusion, buffers; and the graph's notes (of detours that gradients take). The caller's: sabir_string_free. */
SABIR_API sabir_status sabir_program_text(const sabir_program *program, char **text);
/* Device times of the runs since the last call of sabir_profile_reset, by kernel: a table as text, and a Chrome trace (JSON) of the last run. */
SABIR_API sabir_status sabir_profile_table(sabir_program *program, char **text);
SABIR_API sabir_status sabir_profile_trace(sabir_program *program, char **json);
SABIR_API sabir_status sabir_profile_reset(sabir_program *program);

#ifdef __cplusplus
}
#endif
#endif
