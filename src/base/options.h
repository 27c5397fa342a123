/* Structs of options, which begin with their size: callers built against an older library give a shorter one. */
#ifndef SBR_OPTIONS_READ_H
#define SBR_OPTIONS_READ_H

#include "base.h"

/* Into all, of this size: what was given, the rest 0. given NULL: everything 0. */
static inline sabir_status sbr_options_read(const void *given, void *all, size_t size, const char *call)
{
    size_t length = size;
    memset(all, 0, size);
    if (given) memcpy(&length, given, sizeof length);
    if (length < sizeof length || length > size)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the size in the options is %zu; start from their initialiser, as {.size = sizeof options}", call, length);
    if (given) memcpy(all, given, length);
    memcpy(all, &size, sizeof size);
    return SABIR_OK;
}
#endif
