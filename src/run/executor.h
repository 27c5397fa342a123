/* The executor of kernels: a module's slots become buffers, its steps become recordings, and runs submit them.
 *
 *   executor.c  buffers of a program, made at compile
 *   place.c     where each slot lies in a run; shadows for tensors that are bound twice
 *   control.c   the control words of a run
 *   record.c    recordings: commands cut by estimated time, kept by bindings and group counts
 *   execute.c   runs: upload, submissions, cancelling, the end */
#ifndef SBR_EXECUTOR_H
#define SBR_EXECUTOR_H

#include "hazard.h"
#include "lower/module.h"
#include "program.h"

enum { SBR_RING = 4, SBR_RECORDINGS = 16 };

/* Where a slot lies. */
typedef struct sbr_place { sabir_buffer *buffer; uint64_t id, offset, bytes; } sbr_place;

/* A buffer of our own. */
typedef struct sbr_memory { sabir_buffer *buffer; uint64_t id, bytes; } sbr_memory;

/* How a launch reaches an operand. */
typedef struct sbr_reached {
    sabir_buffer_range range;
    uint64_t element, address; /* for the control words */
    sbr_hazard_range touch;
    bool window;               /* the range depends on the dims of the run */
} sbr_reached;

/* Before (inputs) or after (outputs) the steps: a tensor that is bound twice is copied from or to a shadow. */
typedef struct sbr_shadow_copy { sbr_place from, to; } sbr_shadow_copy;

typedef struct sbr_segment {
    sabir_commands *commands;
    uint32_t timestamps;          /* slots marked; 0: none */
    SBR_VECTOR(uint32_t) steps;   /* profiled: the step behind timestamp k + 1 */
} sbr_segment;

typedef struct sbr_recording {
    uint64_t *key;
    uint32_t key_count;
    SBR_VECTOR(sbr_segment) segments;
    uint64_t used;   /* number of the last run that used it */
    uint64_t ticket; /* of its last submission */
} sbr_recording;

/* run: NULL where free; retained, under the device's lock. uploaded: ticket of the last upload. */
typedef struct sbr_ring_slot { sabir_commands *upload; sabir_event *run; uint64_t uploaded; } sbr_ring_slot;

struct sbr_executor {
    sbr_module *module;
    sbr_memory *chunks;             /* of activations */
    SBR_VECTOR(sbr_memory) constants;
    sbr_memory *shadows;            /* by slot; made when first needed */
    sbr_place *places;              /* by slot */
    SBR_VECTOR(sbr_shadow_copy) before, after;
    uint32_t *ports;                /* by slot: the port of an input or output; UINT32_MAX: none */
    uint32_t *scalar_ports;         /* by module scalar */
    uint32_t *launch_words;         /* by step: the launch's first control word */
    sabir_kernel **kernels;         /* by step; NULL: not made yet */
    uint64_t *groups;               /* by step, for the run being prepared */
    int64_t *values, *rounded;      /* by expression of the module: for the dims of the run, and for these rounded up */
    int64_t *rounded_dims;
    sbr_memory control;
    uint64_t control_words;
    bool control_written;           /* kernels write flags there, so every run uploads it */
    bool control_known;             /* last_control is what lies there once all submitted work is done */
    uint32_t *last_control;
    sabir_buffer *ring_buffer;
    unsigned char *ring_memory;
    sbr_ring_slot ring[SBR_RING];
    SBR_VECTOR(uint64_t) key;       /* of the run being prepared */
    SBR_VECTOR(sbr_recording *) recordings;
    sbr_hazards hazards;
};

/* executor.c */
/* Takes the module. Enters the variables in program->variables, in the module's order. The caller frees after a failure too. */
sabir_status sbr_executor_create(sabir_program *program, sbr_module *module);
void sbr_executor_free(sabir_program *program);
/* Needed bytes of a module, for its report and before anything is made. */
void sbr_executor_count(const sbr_module *module, sabir_counters *counters, sabir_memory_report *memory);
/* Fills in what is available. SABIR_OUT_OF_DEVICE_MEMORY where the module needs more. */
sabir_status sbr_executor_check_memory(sabir_device *device, sabir_memory_report *memory);
/* A buffer of our own, counted. Under the device's lock. */
sabir_status sbr_executor_memory(sabir_program *program, uint64_t bytes, const char *what, sbr_memory *memory);

/* place.c: places of inputs, outputs and variables for what is bound; fills before and after. Under the device's lock. */
sabir_status sbr_place_ports(sabir_program *program);
/* places and executor->values are of the run. SABIR_INTERNAL where a narrow kernel cannot reach the operand. */
sabir_status sbr_reach(const sabir_program *program, const sbr_launch *launch, uint32_t operand, sbr_reached *reached);

/* control.c */
sabir_status sbr_evaluate(sabir_program *program); /* values, rounded, groups */
sabir_status sbr_control_fill(const sabir_program *program, uint32_t *words);

/* record.c: the recording for the run being prepared. Under the device's lock. */
sabir_status sbr_recording_get(sabir_program *program, uint64_t run, sbr_recording **recording);
void sbr_recording_free(sabir_program *program, sbr_recording *recording);
sabir_status sbr_executor_kernel(sabir_program *program, uint32_t step);
#endif
