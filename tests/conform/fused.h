/* Cases in which operators share kernels: chains through broadcasts and views, row reductions inside and at the end, epilogues of products and
 * convolutions. Counted to the operator that ends them. */
#ifndef CONFORM_FUSED_H
#define CONFORM_FUSED_H

#include "case.h"

/* Adds those of the operator named list->op, if it has any. */
void conform_cases_fused(conform_list *list);

#endif
