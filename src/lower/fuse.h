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
/* Whether the node reduces the rows of segments, in a way that a fused kernel can. */
bool sbr_fuse_reduces_segments(const sbr_node *node);
/* Whether the node reads this operand as it lies in memory: its type, or where each element is, is not the kernel's. */
bool sbr_fuse_reads_memory(const sbr_node *node, uint32_t operand);
enum { SBR_FUSED_GATHERS = 4, SBR_FUSED_SEGMENTS = 4 };
/* Whether the kernel of a group (the nodes whose entry is root) stays within its operands and temporaries. */
bool sbr_fuse_fits(const sabir_graph *graph, const uint32_t *group, uint32_t root);
/* Matrix products and convolutions, which take what follows into their kernel. */
bool sbr_fuse_is_product(const sbr_node *node);
enum { SBR_EPILOGUE_NODES = 4 };
/* The product and the nodes of its epilogue, in order; 0 when there is none. readers: by value, how often it is read; loop: by node, the loop around it. */
uint32_t sbr_fuse_epilogue(const sabir_graph *graph, const uint32_t *readers, const uint32_t *loop, uint32_t product, uint32_t *members);
sabir_status sbr_lower_epilogue(sbr_lowering *lowering, const uint32_t *nodes, uint32_t count);
#endif
