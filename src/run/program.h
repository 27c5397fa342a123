/* A program inside: what its graph asks of the outside (ports), a store's variables, and one of two executors: kernels
 * (executor.h) or the reference (reference.h). Read bind.c, then execute.c, for what a run does. */
#ifndef SBR_RUN_PROGRAM_H
#define SBR_RUN_PROGRAM_H

#include "device.h"
#include "event.h"
#include "graph/graph.h"
#include "profile.h"
#include "sabir/program.h"

typedef struct sbr_executor sbr_executor;
typedef struct sbr_reference sbr_reference;

typedef enum sbr_port_kind { SBR_PORT_INPUT, SBR_PORT_OUTPUT, SBR_PORT_SCALAR } sbr_port_kind;

typedef struct sbr_port {
    sbr_port_kind kind;
    const char *name;
    sabir_type type;
    int32_t rank;
    sbr_expr extents[SABIR_MAX_RANK]; /* of the program's expressions */
    uint32_t value;                   /* of the graph */
    bool used;                        /* the program reads or writes it; an input that nothing needs may stay unbound */
    sabir_tensor *tensor;             /* bound; retained */
    unsigned char scalar[8];          /* a scalar's bytes */
} sbr_port;

typedef struct sbr_variable { sabir_tensor *tensor; bool written; uint32_t value; } sbr_variable; /* tensor: the store's; value: the reference's */

typedef struct sbr_dim_state { int64_t set, solved; const char *from; } sbr_dim_state; /* set: -1 none; from: the input that gave it */

struct sabir_program {
    sabir_allocator allocator;
    sabir_device *device; /* retained */
    sabir_store *store;   /* retained; NULL: none */
    sbr_arena arena;      /* names */
    sbr_exprs exprs;      /* the graph's */
    SBR_VECTOR(sbr_port) ports;
    SBR_VECTOR(sbr_variable) variables;
    sbr_dim_state *dims;  /* by dim of exprs */
    int64_t *dim_values, *values; /* for the run being prepared: by dim, by expression */
    sbr_executor *executor;       /* exactly one of these two */
    sbr_reference *reference;
    double submission_seconds;
    bool profiled;
    sbr_profile profile;
    sabir_counters counters;
    sabir_memory_report memory;
    atomic_ullong begun, cancelled; /* runs begun; runs up to this one are to stop */
};

/* ports.c */
/* Inputs, chosen outputs and scalars of the graph; expressions and dims. SABIR_NOT_FOUND for an output that is not there. */
sabir_status sbr_ports_make(sabir_program *program, const sabir_graph *graph, const char *const *outputs, uint32_t output_count);
void sbr_ports_free(sabir_program *program);
/* From port number first on; -1: none. An input and an output may have one name. */
int32_t sbr_port_find(const sabir_program *program, const char *name, uint32_t first);
/* The variable of the store, made when missing, entered in program->variables. */
sabir_status sbr_program_variable(sabir_program *program, const char *name, sabir_type type, const sabir_shape *shape, uint32_t value, bool written);

/* bind.c */
/* Dims from the bound inputs, values of all expressions. */
sabir_status sbr_solve_dims(sabir_program *program);
/* The same, and that everything the program needs is bound and fits. */
sabir_status sbr_check_bindings(sabir_program *program);
void sbr_port_shape(const sabir_program *program, const sbr_port *port, sabir_shape *shape); /* for the solved dims */
bool sbr_cancelled(const sabir_program *program, uint64_t run);
#endif
