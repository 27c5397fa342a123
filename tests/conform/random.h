/* Random graphs of a small vocabulary (few distinct kernels come of it): elementwise chains, views, reductions, updates, products, loops with and
 * without a condition, nested ones too, assigns, dims. Values stay near 1, so that no rounding is magnified. */
#ifndef CONFORM_RANDOM_H
#define CONFORM_RANDOM_H

#include "case.h"

/* Room for the roundings of a few dozen operators. */
#define CONFORM_RANDOM_TOLERANCE 2e-5
/* The builder of a case whose data is a const uint64_t: the graph of that seed. */
void conform_build_random(conform_build *b);

#endif
