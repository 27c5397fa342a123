/* Operands [n, channels, 1 to 3 spatial axes] as kernels take them: three spatial axes, absent ones with extent 1 in front. */
#ifndef SBR_LOWER_WINDOW_H
#define SBR_LOWER_WINDOW_H

#include "lower.h"

enum { SBR_SPATIAL = 3 };

/* Parameter `name`[5]: the view's strides. */
static inline void sbr_window_strides(sbr_launcher *l, const char *name, const sbr_view *view)
{
    const int32_t absent = SBR_SPATIAL + 2 - view->rank;
    for (int32_t i = 0; i < 2; i++) sbr_idx_at(l, name, (uint32_t)i, view->strides[i]);
    for (int32_t i = 0; i < SBR_SPATIAL; i++)
        sbr_idx_at(l, name, (uint32_t)i + 2, i < absent ? sbr_num(l->lowering, 0) : view->strides[2 + i - absent]);
}

/* Parameter `name`[3]: the view's spatial extents. */
static inline void sbr_window_extents(sbr_launcher *l, const char *name, const sbr_view *view)
{
    const int32_t absent = SBR_SPATIAL + 2 - view->rank;
    for (int32_t i = 0; i < SBR_SPATIAL; i++)
        sbr_idx_at(l, name, (uint32_t)i, i < absent ? sbr_num(l->lowering, 1) : view->extents[2 + i - absent]);
}

/* Parameter `name`[3]: a setting of each spatial axis of an operand of that rank; `absent_value` for absent axes. */
static inline void sbr_window_setting(sbr_launcher *l, const char *name, int32_t rank, const int64_t settings[3], int64_t absent_value)
{
    const int32_t absent = SBR_SPATIAL + 2 - rank;
    for (int32_t i = 0; i < SBR_SPATIAL; i++)
        sbr_idx_at(l, name, (uint32_t)i, sbr_num(l->lowering, i < absent ? absent_value : settings[i - absent]));
}
#endif
