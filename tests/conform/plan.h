/* What a build function asked for, as the runner and the list of cases see it. */
#ifndef CONFORM_PLAN_H
#define CONFORM_PLAN_H

#include "case.h"

enum { CONFORM_ROUNDS = 2, CONFORM_MOST = 96 };

typedef struct conform_dim_use { sabir_extent extent; int64_t values[CONFORM_ROUNDS]; } conform_dim_use;
typedef struct conform_operand { char name[16]; sabir_type type; sabir_shape shape; conform_fill fill; sabir_value value; } conform_operand;
typedef struct conform_scalar_use { char name[16]; sabir_type type; double values[CONFORM_ROUNDS]; sabir_value value; } conform_scalar_use;
typedef struct conform_result_use { char name[48]; double tolerance; double (*formula)(int64_t index); sabir_value value; } conform_result_use;

typedef struct conform_plan {
    uint32_t rounds;
    conform_dim_use dims[4];
    conform_scalar_use scalars[8];
    conform_operand inputs[CONFORM_MOST], variables[8];
    conform_result_use outputs[CONFORM_MOST];
    uint32_t dim_count, scalar_count, input_count, variable_count, output_count;
    bool unnamed; /* results are kept here and are no outputs of the graph */
    const char *overflow; /* what there are too many of; NULL: nothing */
} conform_plan;

typedef struct conform_session {
    sabir_context *context;
    sabir_device *device, *reference;
    bool is_reference; /* the device is one */
    bool gradients, unfused; /* unfused: of gradients */
    uint64_t seed;
    sabir_specialise specialise;
    conform_result *result;
} conform_session;

/* Runs one case and counts it in the result. Fails only for want of host memory. */
sabir_status conform_run_case(conform_session *session, const conform_case *one, const char *name);
sabir_status conform_note_add(conform_notes *notes, const char *name, const char *message);

#endif
