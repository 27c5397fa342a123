/* Shared by the fuser and the writer of fused kernels. */
#ifndef SBR_FUSE_H
#define SBR_FUSE_H

#include "lower.h"

/* Buffers a fused kernel reads at most; one more is its output. */
enum { SBR_FUSED_OPERANDS = SBR_MAX_BUFFERS - 2 };

/* Whether a member node is a window on its operand's elements, whatever strides these have. */
bool sbr_fuse_is_view(const sabir_graph *graph, const sbr_node *node);
/* Whether the node reduces trailing axes, in a way that a fused kernel can. */
bool sbr_fuse_reduces_rows(const sabir_graph *graph, const sbr_node *node);
#endif
