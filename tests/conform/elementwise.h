/* Cases of every elementwise row of the table, by its class. */
#ifndef CONFORM_ELEMENTWISE_H
#define CONFORM_ELEMENTWISE_H

#include "case.h"

void conform_cases_elementwise(conform_list *list);

#endif
