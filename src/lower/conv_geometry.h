/* A convolution's problem as its kernels see it, and the lowering that reads windows where they lie. */
#ifndef SBR_LOWER_CONV_GEOMETRY_H
#define SBR_LOWER_CONV_GEOMETRY_H

#include "conv.h"
#include "window.h"

enum { SBR_CONV_AXES = 2 + SBR_SPATIAL };

typedef struct sbr_conv_axis { int64_t window, stride, dilation, before; } sbr_conv_axis;

/* The problem with three spatial axes, absent ones with extent 1 in front. */
typedef struct sbr_conv_geometry {
    sbr_lowering *lowering;
    sbr_arith arith;
    sabir_type type;           /* that is computed with */
    int64_t groups;
    sbr_conv_axis axes[SBR_SPATIAL];
    bool periodic;
    sbr_view x, weights, y;
    sbr_expr batch, channels, outputs; /* the last two of a group */
    int64_t taps;
} sbr_conv_geometry;

void sbr_conv_geometry_of(sbr_lowering *lowering, const sbr_conv_problem *problem, sbr_conv_geometry *g);

/* conv_lane.c, for software Vulkan: no window is laid out. y: dense, from its slot's start. Asked first whether it suits. */
bool sbr_conv_suits_lane(const sbr_conv_geometry *g, bool transposed);
sabir_status sbr_conv_by_lane(const sbr_conv_geometry *g, const sbr_conv_problem *problem, const sbr_view *y);
#endif
