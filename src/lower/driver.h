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
/* Takes groups apart whose text is not worth a kernel, as a module shows that was lowered with all of them and specialised. *any: whether there were. */
sabir_status sbr_dissolve_groups(const sbr_module *module, const sabir_graph *graph, sabir_specialise how, uint32_t *group, bool *any);
/* Distinct kernels of a specialised module. */
sabir_status sbr_count_kernels(const sbr_module *module, uint32_t *count);

/* How often in a run the steps after this one run, up to the next loop or its end; times: of this step. Trips of loops count in full. */
static inline double sbr_times_after(const sbr_module *module, uint32_t i, double times)
{
    const sbr_step *step = &module->steps.data[i], *loop = step->kind == SBR_STEP_END ? &module->steps.data[step->match] : step;
    const double trips = loop->trips > 0 ? (double)loop->trips : 1;
    return step->kind == SBR_STEP_LOOP ? times * trips : step->kind == SBR_STEP_END ? times / trips : times;
}
#endif
