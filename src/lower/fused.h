/* The writer of fused kernels: what fused_body.c (values to text) and fused.c (whole kernels) share. */
#ifndef SBR_FUSED_H
#define SBR_FUSED_H

#include "base/text.h"
#include "fuse.h"

enum { SBR_FUSED_TEMPORARIES = 256, SBR_FUSED_REDUCTIONS = 8 };

typedef enum sbr_fused_mode { SBR_FUSED_DENSE, SBR_FUSED_SCALAR, SBR_FUSED_STRIDED } sbr_fused_mode;

typedef enum sbr_fused_class { SBR_FUSED_ARITH, SBR_FUSED_BOOL, SBR_FUSED_INDEX } sbr_fused_class;

typedef struct sbr_fused_operand {
    sbr_view view;
    sbr_fused_mode mode;   /* where kernels walk segments: of the axes after the first */
    sbr_fused_class class_;
    bool leads;            /* where kernels walk segments: whether it steps along the first axis */
    bool gathered;         /* read at places that only the device knows */
} sbr_fused_operand;

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
    uint32_t gathers[SBR_FUSED_GATHERS], gather_count; /* nodes; parameters c0, t0, ... are their extents and steps along the axis */
    /* kernels over segments: the index space is that of the rows, or, in a phase, of the entries */
    const char *lead;                  /* text of the index along the first axis; NULL in other kernels */
    uint32_t segments[SBR_FUSED_SEGMENTS], segment_count; /* nodes; their results are r0, r1, ... */
    uint32_t pointers[SBR_FUSED_SEGMENTS]; /* operands */
    /* on CPUs (fused_block.c): features side by side; what is the same for all of them comes first */
    bool block;
    sbr_text prelude, guards;          /* statements before the features; what holds where no gather is out of range, as "in3 && in5" */
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
/* A body of its own for a phase, until it is closed. */
typedef struct sbr_fused_outer { sbr_fused_known *known; uint32_t known_count; sbr_text body, prelude, guards; } sbr_fused_outer;
void sbr_fused_open_phase(sbr_fused_writer *w, sbr_fused_outer *outer);
void sbr_fused_close_phase(sbr_fused_writer *w, const sbr_fused_outer *outer);
/* Writes the phase that reduces the entries of each row (fused_segment.c); gives its number. */
uint32_t sbr_fused_segment(sbr_fused_writer *w, const sbr_node *node);
/* How a reduction of segments starts, and joins a part. */
typedef struct sbr_fused_joining { const char *start, *join; } sbr_fused_joining;
sbr_fused_joining sbr_fused_joining_of(const sbr_fused_writer *w, const sbr_node *node);
void sbr_fused_put_joined(sbr_text *text, const sbr_fused_joining *j, const char *into, const char *part);
/* first and end of the row's entries. */
void sbr_fused_put_range(const sbr_fused_writer *w, uint32_t number, sbr_text *text);
/* The same phase, and the kernel's text, for blocks of features. */
void sbr_fused_put_block_walk(sbr_fused_writer *w, uint32_t number, const sbr_node *node, uint32_t value);
void sbr_fused_put_block(sbr_fused_writer *w, uint32_t name, sbr_text *text);
sabir_status sbr_fused_write_segments(sbr_fused_writer *w, const sbr_node *root);
/* The operand of that view, entered if it is new. */
uint32_t sbr_fused_operand_of(sbr_fused_writer *w, const sbr_view *view, sbr_fused_class class_, bool gathered);
/* What all forms share: the lines of a head but for the name, the descriptor of a text, the operations. */
void sbr_fused_put_head(const sbr_fused_writer *w, const char *form, const char *result, sbr_text *text);
sabir_status sbr_fused_read_desc(sbr_fused_writer *w, const sbr_text *rest, const sbr_kernel_desc **result);
void sbr_fused_set_gathers(const sbr_fused_writer *w, sbr_launcher *l);
void sbr_fused_extents(sbr_fused_writer *w, uint32_t value, int32_t *rank, sbr_expr *extents);

#endif
