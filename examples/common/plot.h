/* Curves and matrices as PNG. */
#ifndef PLOT_H
#define PLOT_H

#include <stdbool.h>

typedef struct plot_style { const char *title, *x, *y; } plot_style; /* labels of the axes */
typedef struct plot_line { const char *name; const float *y; int count; } plot_line; /* at x = 1 .. count */

enum { PLOT_MOST_LINES = 6 };

/* Each false with a message on standard error. Values that are not finite are left out; a curve of many points has its running mean drawn over it. */
bool plot_lines(const char *file, const plot_style *style, const plot_line *lines, int count);
/* counts [n, n]: row: what it is, column: what it was taken for; coloured by the share of the row. */
bool plot_matrix(const char *file, const plot_style *style, const int *counts, int n, const char *const *names);

#endif
