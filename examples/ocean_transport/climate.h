/* The monthly climatology of ocean and air (COADS, 2 degrees) and the relief of the Earth, read from netCDF. */
#ifndef CLIMATE_H
#define CLIMATE_H

#include <stdbool.h>

enum { MONTHS = 12, ROWS = 90, COLUMNS = 180, CELLS = ROWS * COLUMNS };

typedef struct climate {
    float temperature[MONTHS][ROWS][COLUMNS]; /* degrees Celsius, 0 where missing */
    float east[MONTHS][ROWS][COLUMNS];        /* wind to the east, m/s */
    float north[MONTHS][ROWS][COLUMNS];       /* wind to the north, m/s */
    float latitude[ROWS], longitude[COLUMNS]; /* degrees, of cell centres; rows from south to north */
    bool land[ROWS][COLUMNS];                 /* above the sea by the relief */
    bool wet[ROWS][COLUMNS];                  /* sea, with data in all months, below 79 degrees of latitude */
} climate;

/* folder NULL: where Debian's ferret-datasets puts its files. false with a message on standard error. */
bool climate_read(const char *folder, climate *data);
#endif
