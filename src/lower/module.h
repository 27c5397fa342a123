/* A module: what a program does, in steps over slots. Lowering makes it, the planner places its temporaries, src/run executes it.
 *
 * A slot is a piece of device memory. A view is a strided window on a slot, in elements. Extents, strides and offsets are
 * expressions (graph/expr.h) of the module's own pool, so that one module serves every value of its dims. */
#ifndef SBR_MODULE_H
#define SBR_MODULE_H

#include "graph/graph.h"
#include "kernel/dialect.h"
#include "sabir/program.h"

typedef enum sbr_slot_kind {
    SBR_SLOT_TEMP,     /* activations: placed by the planner */
    SBR_SLOT_INPUT,    /* number: index into module inputs; bound at each run */
    SBR_SLOT_OUTPUT,   /* number: index into module outputs; bound at each run */
    SBR_SLOT_VARIABLE, /* number: index into module variables; a tensor of the store */
    SBR_SLOT_CONSTANT, /* number: index into module constants; uploaded once */
    SBR_SLOT_CONTROL   /* slot 0: the control buffer: launches' control words, scalars, dim values, flags */
} sbr_slot_kind;

typedef struct sbr_slot {
    sbr_slot_kind kind;
    uint32_t number;
    uint64_t bytes;    /* at the dims' maxima, a multiple of 4; 0 for control */
    const char *name;  /* for messages; NULL allowed */
    /* set by the planner for temporaries */
    uint32_t chunk;    /* which activation buffer */
    uint64_t offset;   /* bytes within it, a multiple of the device's buffer alignment */
} sbr_slot;

typedef struct sbr_view {
    uint32_t slot;
    sabir_type type;
    int32_t rank;
    sbr_expr extents[SABIR_MAX_RANK], strides[SABIR_MAX_RANK]; /* elements; strides of negative steps are negative numbers */
    sbr_expr offset;                                           /* elements from the slot's start */
} sbr_view;

typedef struct sbr_operand {
    uint32_t slot;
    sbr_access access;
    sbr_expr offset;   /* elements of the storage type */
    uint32_t storage;  /* sabir_type or SBR_STORAGE_RAW16 */
    uint64_t bytes;    /* traffic estimate at the dims' maxima */
} sbr_operand;

typedef enum sbr_word_kind { SBR_WORD_LOW, SBR_WORD_HIGH, SBR_WORD_BITS } sbr_word_kind;
typedef struct sbr_control_word {
    uint32_t word;      /* from the launch's word 0 */
    sbr_word_kind kind; /* low or high half of an expression's value; or given bits */
    uint32_t value;     /* expression, or the bits */
} sbr_control_word;

typedef struct sbr_launch {
    const sbr_kernel_desc *desc; /* built in, or fused text in the module's arena */
    bool fused;                  /* desc is text made at compile: needs a run-time compiler */
    sbr_kernel_variant variant;
    uint32_t plain;              /* PLAIN: own_plain, where a kernel is made for this launch (specialise.c), else 0 */
    uint32_t own_plain;          /* 1: every operand's storage is its class's own type; 2: likewise, with 8 bytes where elements are moved as bits;
                                    0: neither */
    sbr_operand operands[SBR_MAX_BUFFERS];
    const sbr_control_word *words; /* parameters only; gate and operands are filled in by the executor */
    uint32_t word_count;
    sbr_expr groups;             /* linear number of work-groups; 0 allowed (nothing to do) */
    uint32_t constants[SBR_MAX_CONSTANTS];
    uint32_t own_constants[SBR_MAX_CONSTANTS]; /* in a kernel made for this launch */
    uint32_t in_place;           /* bit set of read operands that may share memory with the output: each of their words is read only by the
                                    invocation that then writes it */
    uint64_t flops;
} sbr_launch;

typedef enum sbr_step_kind {
    SBR_STEP_LAUNCH,
    SBR_STEP_COPY,   /* the first bytes of one slot to the start of another (device copy) */
    SBR_STEP_LOOP,   /* the steps up to its END run trips times; loops nest */
    SBR_STEP_END
} sbr_step_kind;

typedef struct sbr_step {
    sbr_step_kind kind;
    sbr_launch *launch;
    uint32_t from, to;                    /* COPY: slots. LAUNCH: where whole is set */
    bool whole;                           /* moves all of from, dense, to all of to, unchanged */
    sbr_expr bytes;                       /* COPY: rounded up to a multiple of 4 */
    int64_t trips;                        /* LOOP */
    uint32_t match;                       /* LOOP: its END; END: its LOOP */
    uint32_t gate;                        /* 0, or control word of the flag that must not be 0 (COPY never has one): a read of slot 0 */
    uint32_t node;                        /* of the simplified graph, for messages and profiles; UINT32_MAX: none */
} sbr_step;

typedef struct sbr_io { const char *name; sabir_type type; sabir_shape shape; sbr_expr extents[SABIR_MAX_RANK]; uint32_t slot; } sbr_io;
typedef SBR_VECTOR(sbr_io) sbr_ios;
typedef struct sbr_scalar_io { const char *name; sabir_type type; uint32_t word; } sbr_scalar_io; /* word in the control buffer; f64 takes two */
typedef struct sbr_constant_io { const void *data; uint64_t bytes; } sbr_constant_io;
typedef struct sbr_dim_word { uint32_t word; sbr_expr expr; } sbr_dim_word; /* i32 in the control buffer set from an expression */

typedef struct sbr_module {
    sabir_allocator allocator;
    sbr_arena arena;
    sbr_exprs exprs;
    SBR_VECTOR(sbr_slot) slots;           /* slot 0 is control */
    SBR_VECTOR(sbr_step) steps;
    sbr_ios inputs, outputs, variables;
    SBR_VECTOR(sbr_constant_io) constants;
    SBR_VECTOR(sbr_scalar_io) scalars;
    SBR_VECTOR(sbr_dim_word) dim_words;
    uint32_t header_words;                /* control words 0 .. header_words-1: word 0 is 0; then scalars, dim values, flags and counts.
                                             Launches' words follow, in step order, placed by the executor */
    bool *variable_written;               /* by variable: assigned, so poisoned while a run is in progress */
    /* by the planner */
    SBR_VECTOR(uint64_t) chunks;          /* bytes of each activation buffer */
    uint64_t peak_bytes, unplanned_bytes, live_bytes;
    uint32_t fused_nodes;
    SBR_VECTOR(const char *) notes;       /* the graph's */
} sbr_module;

typedef struct sbr_lower_options {
    bool fuse, simplify, plan, state_in_place;
    bool compiler;           /* the device compiles text at run time */
    bool software;           /* computes on the CPU */
    bool prefer_wide;        /* 64-bit indices everywhere (OpenCL on CPUs) */
    sabir_specialise specialise; /* kernels made for launches */
    uint64_t largest_binding, largest_allocation, buffer_alignment;
    uint32_t shared_memory, group_invocations, subgroup_size;
    bool has_f64, has_i64, has_addresses, has_subgroups;
    const char *const *outputs; /* NULL: all */
    uint32_t output_count;
} sbr_lower_options;

/* Simplifies, fuses, lowers and plans. SABIR_UNSUPPORTED, with the capability named, when the device cannot run an operator. */
sabir_status sbr_lower_graph(const sabir_graph *graph, const sabir_allocator *allocator, const sbr_lower_options *options, sbr_module **module);
void sbr_module_free(sbr_module *module); /* NULL is allowed */
sabir_status sbr_module_print(const sbr_module *module, sbr_text *text);

#endif
