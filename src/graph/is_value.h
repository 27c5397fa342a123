/* Whether a value is one: optional operands that are left out, and what could not be built, are not. */
#ifndef SBR_IS_VALUE_H
#define SBR_IS_VALUE_H

#include <stdbool.h>

#include "sabir/graph.h"

static inline bool sbr_is_value(sabir_value value) { return value.graph && value.index != SABIR_NONE_INDEX; }
#endif
