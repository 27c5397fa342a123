/* Maps as PNG: a field in colours, land, coastlines, a colour bar. */
#ifndef MAPS_H
#define MAPS_H

#include "climate.h"

typedef struct map_style {
    const char *title, *unit;
    double low, high;
    bool diverging; /* blue, white, red about the middle; otherwise dark to bright */
} map_style;

/* false with a message on standard error. */
bool map_write(const char *file, const climate *data, const float *field, map_style style);
#endif
