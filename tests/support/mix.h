/* Runs modules on the host with arithmetic that is made up: every kernel is a mixing function, so that each word it writes depends on the step
 * and on everything that the step may read. What differs between two modules of the same steps is then where their slots lie, and a slot
 * overwritten while it is alive shows in the outputs.
 *
 * A launch reads its read operands whole, but those declared in place word by word, each just before the word in the same place is
 * written; it writes every word of its written operands, and keeps the old word in the mix unless the slot begins there. Operands read whole
 * are read again after the writing, as by a work-group that comes late. Copies, loops, gates and the two kernels that write loop flags
 * are what they are on a device; whether a loop goes on is drawn from the condition's memory. Dims are at their maxima. */
#ifndef MIX_H
#define MIX_H

#include "lower/module.h"

typedef struct mix_machine mix_machine;

/* Memory for the module, which must outlive it. Inputs, variables and scalars hold numbers that depend on nothing but their slot; activations
 * hold garbage. NULL: no memory. */
mix_machine *mix_create(const sbr_module *module, uint32_t garbage);
void mix_free(mix_machine *machine); /* NULL is allowed */
/* One run: variables and outputs are what the run before left there. */
void mix_run(mix_machine *machine);
/* The name of an output or a variable whose bits differ; NULL: none. The modules have the same slots. */
const char *mix_difference(const mix_machine *a, const mix_machine *b);

#endif
