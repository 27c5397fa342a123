/* Sabir: one graph of operators, run through Vulkan, OpenCL or the reference. */
#ifndef SABIR_H
#define SABIR_H
#include "attention.h"
#include "context.h"
#include "device.h"
#include "grad.h"
#include "graph.h"
#include "io.h"
#include "losses.h"
#include "mesh.h"
#include "moe.h"
#include "nn.h"
#include "ops.h"
#include "optim.h"
#include "pde.h"
#include "program.h"
#include "sparse.h"
#include "status.h"
#include "types.h"
#endif
