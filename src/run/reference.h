/* The second executor: operator by operator over src/ref, in float64. Always there, always right, never fast. */
#ifndef SBR_REFERENCE_H
#define SBR_REFERENCE_H

#include "program.h"

/* Enters the variables it needs in program->variables and marks the ports it uses. The caller frees after a failure too. */
sabir_status sbr_reference_create(sabir_program *program, const sabir_graph *graph, const char *const *outputs, uint32_t output_count);
/* The same without the variables, for counting: it cannot run. */
sabir_status sbr_reference_create_unbound(sabir_program *program, const sabir_graph *graph, const char *const *outputs, uint32_t output_count);
void sbr_reference_free(sabir_program *program);
/* Dims are solved and bindings checked. Runs to the end; run is its number, for cancelling. Everything is read before anything is written. */
sabir_status sbr_reference_run(sabir_program *program, uint64_t run);
sabir_status sbr_reference_print(const sabir_program *program, sbr_text *text);
/* Bytes that all intermediate values take at the dims' maxima, and the largest tensor. */
void sbr_reference_count(sabir_program *program);
#endif
