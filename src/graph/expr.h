/* Extent expressions: numbers, dims, sums, products and quotients of them, hash-consed so that equal expressions have one id. */
#ifndef SBR_EXPR_H
#define SBR_EXPR_H

#include "base/base.h"

typedef uint32_t sbr_expr; /* index into a pool; operands come before what uses them */
#define SBR_EXPR_NONE UINT32_MAX

typedef enum sbr_expr_kind { SBR_EXPR_CONST, SBR_EXPR_DIM, SBR_EXPR_ADD, SBR_EXPR_MUL, SBR_EXPR_DIV, SBR_EXPR_MIN, SBR_EXPR_MAX } sbr_expr_kind;

typedef struct sbr_expr_node {
    sbr_expr_kind kind;
    sbr_expr a, b;    /* ADD MUL MIN MAX; DIV: floor(a / b), b a positive constant */
    int64_t number;   /* CONST; DIM: the dim's number */
    int64_t least, most; /* bounds over all allowed dims; INT64_MIN and INT64_MAX stand for overflow */
} sbr_expr_node;

typedef struct sbr_dim_info { const char *name; int64_t minimum, maximum; sbr_expr expr; } sbr_dim_info;

typedef struct sbr_exprs {
    const sabir_allocator *allocator;
    SBR_VECTOR(sbr_expr_node) nodes;
    SBR_VECTOR(sbr_dim_info) dims;
    bool failed; /* out of memory: later makers give SBR_EXPR_NONE */
} sbr_exprs;

void sbr_exprs_init(sbr_exprs *exprs, const sabir_allocator *allocator);
void sbr_exprs_free(sbr_exprs *exprs);
sabir_status sbr_exprs_copy(sbr_exprs *to, const sbr_exprs *from); /* ids stay */

/* Makers keep expressions as ordered sums of products, so that equal ones get one id. Given SBR_EXPR_NONE they give it back;
 * they also give it when out of memory (failed is set) and when a constant overflows. */
sbr_expr sbr_expr_number(sbr_exprs *exprs, int64_t number);
sbr_expr sbr_expr_dim(sbr_exprs *exprs, const char *name, int64_t minimum, int64_t maximum); /* name must outlive the pool */
sbr_expr sbr_expr_add(sbr_exprs *exprs, sbr_expr a, sbr_expr b);
sbr_expr sbr_expr_sub(sbr_exprs *exprs, sbr_expr a, sbr_expr b);
sbr_expr sbr_expr_mul(sbr_exprs *exprs, sbr_expr a, sbr_expr b);
sbr_expr sbr_expr_div(sbr_exprs *exprs, sbr_expr a, int64_t b);     /* floor */
sbr_expr sbr_expr_ceil_div(sbr_exprs *exprs, sbr_expr a, int64_t b);
sbr_expr sbr_expr_exact_div(sbr_exprs *exprs, sbr_expr a, sbr_expr b); /* SBR_EXPR_NONE where b, a single product, does not divide a */
sbr_expr sbr_expr_min(sbr_exprs *exprs, sbr_expr a, sbr_expr b);
sbr_expr sbr_expr_max(sbr_exprs *exprs, sbr_expr a, sbr_expr b);

bool sbr_expr_is_number(const sbr_exprs *exprs, sbr_expr expr, int64_t *number);
bool sbr_expr_at_least(const sbr_exprs *exprs, sbr_expr a, sbr_expr b); /* whether a >= b can be proven for all dims */
/* Values of all expressions for given values of the dims, into values[nodes.count]. false on overflow. */
bool sbr_exprs_evaluate(const sbr_exprs *exprs, const int64_t *dims, int64_t *values);
/* A bound that no values of the dims pass, reached at their maxima where the expression grows with them; -1 on overflow and for
 * SBR_EXPR_NONE. */
int64_t sbr_expr_largest(const sbr_exprs *exprs, sbr_expr expr);
void sbr_expr_print(const sbr_exprs *exprs, sbr_expr expr, char *text, size_t size); /* "n", "2*n+1", "64" */
#endif
