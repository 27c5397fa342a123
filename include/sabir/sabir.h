/* Sabir: one graph of operators, run through Vulkan, OpenCL or the reference. */
#ifndef SABIR_H
#define SABIR_H
#include "context.h"
#include "device.h"
#include "graph.h"
#include "ops.h"
#include "program.h"
#include "status.h"
#include "types.h"
#endif
