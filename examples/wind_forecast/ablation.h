/* What each family of operators is worth: the model is trained without it, with several seeds. */
#ifndef ABLATION_H
#define ABLATION_H

#include "job.h"

enum { ABLATION_MOST_SEEDS = 16, FAMILIES = 4 };
extern const char *const family_names[FAMILIES]; /* by bit of family */

typedef struct ablation_options { int steps, batch, seeds; uint64_t seed; bool whole_only; } ablation_options; /* whole_only: no family is left out */

/* Trains on the job's device and writes a table as text to the file and to standard output. */
bool ablation_run(const job *j, const ablation_options *options, const char *file);

#endif
