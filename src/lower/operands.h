/* What operator families share when they fill in launches. */
#ifndef SBR_OPERANDS_H
#define SBR_OPERANDS_H

#include "lower.h"

/* A number as words of the kernel's arithmetic type, low word first: element 2 index and the next of a parameter `uint name[]`. */
static inline void sbr_number(sbr_launcher *l, const char *param, uint32_t index, double number)
{
    uint32_t words[2] = {0, 0};
    sbr_number_store(l->launch.variant.arith == SBR_ARITH_F64 ? SABIR_F64 : SABIR_F32, number, words);
    for (uint32_t i = 0; i < 2; i++) sbr_uint_at(l, param, 2 * index + i, sbr_num(l->lowering, words[i]));
}

/* Where sums wrap and elements move, the sign of integers makes no difference, so signed ones need no variant of their own. A kernel that
 * compares them takes the sign as its parameter flip (kernels/math/sign.k). */
static inline sbr_arith sbr_unsigned_arith(sabir_type type)
{
    const sbr_arith arith = sbr_arith_of(type);
    return arith == SBR_ARITH_I32 ? SBR_ARITH_U32 : arith;
}
static inline uint32_t sbr_flip(sabir_type type) { return sbr_arith_of(type) == SBR_ARITH_I32 ? 0x80000000u : 0; }

/* The lowest number of an integer type: what an empty maximum gives. */
static inline int64_t sbr_lowest(sabir_type type) { return type == SABIR_I8 ? INT8_MIN : type == SABIR_I32 ? INT32_MIN : 0; }

/* Operations of a launch that takes `each` for every one of count, at the dims' maxima. */
static inline uint64_t sbr_work(sbr_lowering *lowering, sbr_expr count, sbr_expr each, uint64_t factor)
{
    const int64_t most = sbr_expr_largest(&lowering->module->exprs, sbr_mul(lowering, count, each));
    return most < 0 || (uint64_t)most > UINT64_MAX / factor ? UINT64_MAX : (uint64_t)most * factor;
}

/* The view without an axis: where the lines along it begin. */
static inline sbr_view sbr_lines(const sbr_view *view, int32_t axis)
{
    sbr_view lines = *view;
    lines.rank--;
    for (int32_t i = axis; i < lines.rank; i++) {
        lines.extents[i] = view->extents[i + 1];
        lines.strides[i] = view->strides[i + 1];
    }
    return lines;
}

/* Whether rows are better computed by one invocation each than by a work-group each: on CPUs, and where rows are short. On software Vulkan, where barriers are
 * dear, most are: with 64 columns a work-group takes ten times as long, with 4096 and few rows a little less. */
static inline bool sbr_rows_alone(const sbr_lowering *lowering, sbr_expr columns)
{
    const int64_t most = sbr_expr_largest(&lowering->module->exprs, columns);
    return lowering->options->prefer_wide || (most >= 0 && most <= (lowering->options->software ? 2048 : 32));
}

/* Lets y take the residual's memory where that can be: each of its words is read only where that word is then written. NULL: nothing. */
static inline void sbr_share_residual(sbr_launcher *l, const sbr_view *residual, const sbr_view *y)
{
    int64_t offset;
    if (!residual || residual->type != y->type || sabir_type_size(y->type) < 4) return;
    if (sbr_known(l->lowering, residual->offset, &offset) && offset == 0) sbr_may_share(l, "residual");
}

/* Rows that one work-group of the kernels *_serial takes. */
enum { SBR_SERIAL_ROWS = 16 };
#endif
