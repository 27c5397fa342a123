/* Eleven years of monthly wind (Debian's ferret-datasets, monthly_navy_winds.cdf: US Navy analyses, January 1982 to December 1992, 2.5 degrees) and what the
 * model reads of it. Anomalies are departures from the climatology of the training years; for a month of these, the month's own year is left out of the
 * climatology, so that training sees anomalies of the kind that later years have. */
#ifndef WINDS_H
#define WINDS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ROWS = 72, COLUMNS = 144, CELLS = ROWS * COLUMNS, /* from 90 S to 87.5 N: the last row of the file is left out */
    MONTHS = 132, TRAINING = 108,                     /* months 0 .. 107 train, 108 .. 131 judge */
    HISTORY = 12, FIRST_TARGET = 24,                  /* the first month that is forecast in training */
    FIELDS = 2,                                       /* eastward, northward, m/s */
    INPUTS = 15,                                      /* channels, see winds.c */
};

typedef struct winds {
    float wind[MONTHS][FIELDS * CELLS];       /* by month [FIELDS, ROWS, COLUMNS] */
    float latitude[ROWS], longitude[COLUMNS]; /* degrees */
    float weight[ROWS];                       /* cosine of latitude */
    bool land[90][180];                       /* of a 2-degree relief, from 90 S and from relief_west: for coastlines */
    float relief_west;
} winds;

/* One month to forecast, seen from the month before. */
typedef struct sample {
    float inputs[INPUTS * CELLS];       /* [INPUTS, CELLS] */
    float climatology[FIELDS * CELLS];  /* [FIELDS, CELLS], of the month that is forecast */
    float target[FIELDS * CELLS];       /* its wind less the climatology */
} sample;

/* folder NULL: where Debian puts it. false with a message on standard error. */
bool winds_read(const char *folder, winds *w);
/* month: FIRST_TARGET .. MONTHS - 1. */
void winds_sample(const winds *w, int month, sample *s);

/* Cosine-weighted root-mean-square error over cells and both fields, m/s: the square sum of one month, to be added up. */
double winds_square_error(const winds *w, const float *forecast, const float *truth);
double winds_rms(double square_error, int months);

typedef enum baseline { PERSISTENCE, CLIMATOLOGY, DAMPED, BASELINES } baseline;
/* Of the judged months. DAMPED: climatology plus .35 of last month's anomaly. */
double winds_baseline(const winds *w, baseline b);

#endif
