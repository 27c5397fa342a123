/* What the driver's files share: leaves, outputs, state and loops. */
#ifndef SBR_DRIVER_H
#define SBR_DRIVER_H

#include "lower.h"

#define SBR_USED_AT_END (UINT32_MAX - 1)

/* Dim names outlive the graph: copies them into the module's arena. */
sabir_status sbr_keep_dim_names(sbr_module *module);
/* A word of the control buffer's header; even: on an even place with its neighbour. */
uint32_t sbr_header_word(sbr_module *module, bool even);
/* Opens every loop whose body begins at node n. */
sabir_status sbr_open_loops(sbr_lowering *lowering, uint32_t n);
/* Whether the value that the node being lowered makes ends, through updates alone, as the value of this variable. */
bool sbr_becomes_variable(const sbr_lowering *lowering, uint32_t variable);
sabir_status sbr_write_outputs(sbr_lowering *lowering);
sabir_status sbr_write_variables(sbr_lowering *lowering);
#endif
