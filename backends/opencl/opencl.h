/* The OpenCL backend: kernels in OpenCL C 1.2 through the ICD loader, which is opened at run time.
 *
 * Newcomers read internal.h next: the objects and which file each lives in. */
#ifndef SBR_OPENCL_H
#define SBR_OPENCL_H

#include "sabir/backend.h"

extern const sabir_backend sbr_opencl_backend;

#endif
