/* Maps of the globe as PNG: a field in colours, land, coastlines, axes, a colour bar. */
#ifndef MAP_H
#define MAP_H

#include <stdbool.h>

/* A grid of latitude and longitude, rows from the south, columns from the west, in degrees. south and west are edges of the first cell. */
typedef struct map_grid { int rows, columns; double south, west, height, width; } map_grid; /* height and width of a cell */

typedef struct map_style {
    const char *title, *unit;
    double low, high;
    bool diverging; /* blue, white, red about the middle; otherwise dark to bright */
} map_style;

typedef struct map_land { map_grid grid; const bool *land; } map_land; /* for coastlines; may be another grid than the field's */

/* field [rows, columns]; known [rows, columns]: cells that have a value, NULL: all; of the others land is brown and the rest grey. The map begins at the field's
 * west. false with a message on standard error. */
bool map_write(const char *file, const map_grid *grid, const float *field, const bool *known, const map_land *land, map_style style);

#endif
