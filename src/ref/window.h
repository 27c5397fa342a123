/* Windows over 1 to 3 spatial axes, as convolutions and pools slide them. Axes beyond the last have extent 1. */
#ifndef SBR_REF_WINDOW_H
#define SBR_REF_WINDOW_H

#include "ref.h"

/* Tap w of the window at position p covers cell p * stride + w * dilation - before. */
typedef struct sbr_ref_window {
    int64_t positions[3], taps[3], cells[3];
    int64_t stride[3], dilation[3], before[3];
    bool periodic;
} sbr_ref_window;

/* positions and cells: tensors [n, c, s...]. taps, stride, dilation: 0 counts as 1. */
sbr_ref_window sbr_ref_window_of(const sbr_ref_tensor *positions, const sbr_ref_tensor *cells, const int64_t *taps, const int64_t *stride,
                                 const int64_t *dilation, const int64_t *before);
int64_t sbr_ref_window_positions(const sbr_ref_window *window);
int64_t sbr_ref_window_taps(const sbr_ref_window *window);
int64_t sbr_ref_window_cells(const sbr_ref_window *window);

/* Visits every position whose tap covers a cell that exists. */
typedef void sbr_ref_window_visit(void *job, int64_t position, int64_t cell);
void sbr_ref_window_pairs(const sbr_ref_window *window, int64_t tap, sbr_ref_window_visit *visit, void *job);

#endif
