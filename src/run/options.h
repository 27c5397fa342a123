/* What sabir_compile and sabir_graph_memory share. */
#ifndef SBR_OPTIONS_H
#define SBR_OPTIONS_H

#include "lower/module.h"
#include "sabir/program.h"

/* Whether the graph can be compiled at all. */
sabir_status sbr_compile_check(const sabir_graph *graph, const sabir_device *device);
sabir_status sbr_compile_options_read(const sabir_compile_options *given, sabir_compile_options *all);
void sbr_lower_options_make(sabir_device *device, const sabir_compile_options *options, sbr_lower_options *lower);
#endif
