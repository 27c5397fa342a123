/* The writer of fused kernels: what fused_body.c (values to text) and fused.c (whole kernels) share. */
#ifndef SBR_FUSED_H
#define SBR_FUSED_H

#include "base/text.h"
#include "fuse.h"

enum { SBR_FUSED_TEMPORARIES = 256, SBR_FUSED_REDUCTIONS = 8 };

typedef enum sbr_fused_mode { SBR_FUSED_DENSE, SBR_FUSED_SCALAR, SBR_FUSED_STRIDED } sbr_fused_mode;

typedef struct sbr_fused_operand { sbr_view view; sbr_fused_mode mode; bool is_bool; } sbr_fused_operand;

/* A value under a chain of views: already computed into temporary `name`. */
typedef struct sbr_fused_known { uint32_t value; const uint32_t *chain; uint32_t length, name; } sbr_fused_known;

typedef struct sbr_fused_writer {
    sbr_lowering *lowering;
    const uint32_t *nodes;             /* members, the root last */
    uint32_t node_count;
    sbr_arith arith;
    int32_t rank;                      /* of the index space: the root's result, or what reductions read */
    sbr_expr extents[SABIR_MAX_RANK];
    const char *index;                 /* text of the flat index */
    sbr_fused_operand operands[SBR_FUSED_OPERANDS];
    uint32_t operand_count, temporaries;
    sbr_fused_known known[SBR_FUSED_TEMPORARIES]; /* in the body being written */
    uint32_t known_count;
    sbr_text body;                     /* statements that compute one element */
    /* kernels over rows */
    bool serial;                       /* an invocation a row rather than a work-group */
    uint32_t reduced[SBR_FUSED_REDUCTIONS], reduced_count; /* reduction nodes whose result is r0, r1, ... */
    sbr_text phases;                   /* text that computes them */
    sabir_status status;
} sbr_fused_writer;

/* The temporary that holds the value at the kernel's index, written to the body if it is new. chain: see fused_body.c; NULL, 0 for the root. */
uint32_t sbr_fused_emit(sbr_fused_writer *w, uint32_t value, const uint32_t *chain, uint32_t length);
/* Writes the phase that computes a reduction node over each row; gives its number. */
uint32_t sbr_fused_reduce(sbr_fused_writer *w, const sbr_node *node);
void sbr_fused_extents(sbr_fused_writer *w, uint32_t value, int32_t *rank, sbr_expr *extents);

#endif
