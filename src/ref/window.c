#include "window.h"

#include "element.h"

sbr_ref_window sbr_ref_window_of(const sbr_ref_tensor *positions, const sbr_ref_tensor *cells, const int64_t *taps, const int64_t *stride,
                                 const int64_t *dilation, const int64_t *before)
{
    sbr_ref_window window = {.periodic = false};
    for (int32_t axis = 0; axis < 3; axis++) {
        const bool there = axis + 2 < cells->rank;
        window.positions[axis] = there ? positions->extents[axis + 2] : 1;
        window.cells[axis] = there ? cells->extents[axis + 2] : 1;
        window.taps[axis] = there ? sbr_ref_positive(taps[axis], 1) : 1;
        window.stride[axis] = there ? sbr_ref_positive(stride[axis], 1) : 1;
        window.dilation[axis] = there ? sbr_ref_positive(dilation[axis], 1) : 1;
        window.before[axis] = there ? before[axis] : 0;
    }
    return window;
}

static int64_t product(const int64_t extents[3]) { return sbr_ref_mul(sbr_ref_mul(extents[0], extents[1]), extents[2]); }
int64_t sbr_ref_window_positions(const sbr_ref_window *window) { return product(window->positions); }
int64_t sbr_ref_window_taps(const sbr_ref_window *window) { return product(window->taps); }
int64_t sbr_ref_window_cells(const sbr_ref_window *window) { return product(window->cells); }

enum { OUTSIDE = -1 };

static int64_t covered(const sbr_ref_window *window, int32_t axis, int64_t position, int64_t tap)
{
    const int64_t extent = window->cells[axis];
    const int64_t cell = position * window->stride[axis] + tap * window->dilation[axis] - window->before[axis];
    if (cell >= 0 && cell < extent) return cell;
    if (!window->periodic || extent == 0) return OUTSIDE;
    const int64_t rest = cell % extent;
    return rest < 0 ? rest + extent : rest;
}

void sbr_ref_window_pairs(const sbr_ref_window *window, int64_t tap, sbr_ref_window_visit *visit, void *job)
{
    const int64_t *taps = window->taps, *positions = window->positions, *cells = window->cells;
    const int64_t w[3] = {tap / taps[2] / taps[1], tap / taps[2] % taps[1], tap % taps[2]};
    for (int64_t i = 0; i < positions[0]; i++) {
        const int64_t x = covered(window, 0, i, w[0]);
        for (int64_t j = 0; x != OUTSIDE && j < positions[1]; j++) {
            const int64_t y = covered(window, 1, j, w[1]);
            for (int64_t k = 0; y != OUTSIDE && k < positions[2]; k++) {
                const int64_t z = covered(window, 2, k, w[2]);
                if (z != OUTSIDE) visit(job, (i * positions[1] + j) * positions[2] + k, (x * cells[1] + y) * cells[2] + z);
            }
        }
    }
}
