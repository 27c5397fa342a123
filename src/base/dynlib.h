/* Shared libraries opened at run time. */
#ifndef SBR_DYNLIB_H
#define SBR_DYNLIB_H

#include "base.h"

typedef struct sbr_dynlib sbr_dynlib; /* opaque: the handle itself */

sbr_dynlib *sbr_dynlib_open(const char *file);                 /* NULL where it cannot be opened */
void *sbr_dynlib_symbol(sbr_dynlib *library, const char *name); /* NULL where absent */
void sbr_dynlib_close(sbr_dynlib *library);
/* The folder of the library or program that holds this function, without a trailing slash; false where unknown. */
bool sbr_dynlib_own_folder(char *folder, size_t size);
#endif
