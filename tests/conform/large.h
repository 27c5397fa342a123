/* Cases with an operand or a result of 160 MiB, above the 128 MiB that one binding holds on many devices. What they expect is a formula of the
 * element's index: the reference would take minutes. */
#ifndef CONFORM_LARGE_H
#define CONFORM_LARGE_H

#include "case.h"

/* Adds those of the operator named list->op, if it has any. */
void conform_cases_large(conform_list *list);

#endif
