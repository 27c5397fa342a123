/* Runs of kernels. A run is a list of submissions. The first two are made at once; later ones as earlier ones end, by whoever waits
 * for the run, so that sabir_cancel finds something to stop; all that are left are made as soon as anything else is submitted to the
 * device or reads a tensor there, so that order is kept. */
#ifndef SBR_EXECUTE_H
#define SBR_EXECUTE_H

#include "program.h"

/* Bindings are checked and dims solved. Returns when submitted; waits only where SBR_RING runs of the program are in flight. */
sabir_status sbr_execute(sabir_program *program, sabir_event **event);
/* Makes every submission that is left. Under the device's lock. */
void sbr_run_submit_rest(sabir_event *run);
/* Until done or nanoseconds passed (SABIR_TIMEOUT). SABIR_OK when the run is finished, whatever became of it. */
sabir_status sbr_run_wait(sabir_event *run, uint64_t nanoseconds);
/* All runs of the program. */
void sbr_execute_drain(sabir_program *program);
sabir_status sbr_execute_prewarm(sabir_program *program);
#endif
