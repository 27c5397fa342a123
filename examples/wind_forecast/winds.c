#include "winds.h"

#include <math.h>
#include <netcdf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_ROWS = 73, RELIEF_ROWS = 90, RELIEF_COLUMNS = 180, YEAR = 12 };
static const double PI = 3.14159265358979323846;

/* ---- Reading ---- */

static bool good(int status, const char *file, const char *what)
{
    if (status == NC_NOERR) return true;
    fprintf(stderr, "%s: %s: %s\n", file, what, nc_strerror(status));
    return false;
}

/* A variable of exactly count elements. */
static bool read_variable(const char *file, int id, const char *name, size_t count, float *data)
{
    int variable, rank, dimensions[NC_MAX_VAR_DIMS];
    size_t elements = 1;
    if (!good(nc_inq_varid(id, name, &variable), file, name) || !good(nc_inq_varndims(id, variable, &rank), file, name) ||
        !good(nc_inq_vardimid(id, variable, dimensions), file, name))
        return false;
    for (int i = 0; i < rank; i++) {
        size_t extent;
        if (!good(nc_inq_dimlen(id, dimensions[i], &extent), file, name)) return false;
        elements *= extent;
    }
    if (elements == count) return good(nc_get_var_float(id, variable, data), file, name);
    fprintf(stderr, "%s: %s has %zu elements, %zu were expected\n", file, name, elements, count);
    return false;
}

typedef struct request { const char *name; size_t count; float *data; } request;

static bool read_file(const char *folder, const char *name, const request *requests, int count)
{
    char file[1024];
    int id;
    snprintf(file, sizeof file, "%s/%s", folder ? folder : "/usr/share/ferret-vis/data", name);
    if (!good(nc_open(file, NC_NOWRITE, &id), file, "cannot be opened (Debian: apt-get install ferret-datasets; or --data FOLDER)")) return false;
    bool all = true;
    for (int i = 0; i < count && all; i++) all = read_variable(file, id, requests[i].name, requests[i].count, requests[i].data);
    nc_close(id);
    return all;
}

/* Outliers stand for missing values; the file has none. */
static bool take_field(winds *w, int field, const float *values)
{
    for (int t = 0; t < MONTHS; t++) {
        for (int j = 0; j < ROWS; j++) {
            for (int i = 0; i < COLUMNS; i++) {
                const float value = values[((size_t)t * FILE_ROWS + (size_t)j) * COLUMNS + (size_t)i];
                if (!(fabsf(value) < 90)) {
                    fprintf(stderr, "the wind of month %d, row %d, column %d is %g m/s\n", t, j, i, (double)value);
                    return false;
                }
                w->wind[t][field * CELLS + j * COLUMNS + i] = value;
            }
        }
    }
    return true;
}

static bool read_winds(const char *folder, winds *w)
{
    const size_t count = (size_t)MONTHS * FILE_ROWS * COLUMNS;
    float *east = malloc(count * sizeof *east), *north = malloc(count * sizeof *north), latitude[FILE_ROWS];
    const request requests[] = {{"UWND", count, east}, {"VWND", count, north}, {"FNOCY", FILE_ROWS, latitude}, {"FNOCX", COLUMNS, w->longitude}};
    bool fine = east && north && read_file(folder, "monthly_navy_winds.cdf", requests, 4) && take_field(w, 0, east) && take_field(w, 1, north);
    free(east);
    free(north);
    for (int j = 0; j < ROWS && fine; j++) {
        w->latitude[j] = latitude[j];
        w->weight[j] = (float)cos((double)latitude[j] * PI / 180);
    }
    return fine;
}

static bool read_relief(const char *folder, winds *w)
{
    static float relief[RELIEF_ROWS * RELIEF_COLUMNS], longitude[RELIEF_COLUMNS];
    const request requests[] = {{"ROSE", RELIEF_ROWS * RELIEF_COLUMNS, relief}, {"ETOPO120X", RELIEF_COLUMNS, longitude}};
    if (!read_file(folder, "etopo120.cdf", requests, 2)) return false;
    w->relief_west = longitude[0] - 1;
    for (int j = 0; j < RELIEF_ROWS; j++)
        for (int i = 0; i < RELIEF_COLUMNS; i++) w->land[j][i] = relief[j * RELIEF_COLUMNS + i] >= 0;
    return true;
}

bool winds_read(const char *folder, winds *w) { return read_winds(folder, w) && read_relief(folder, w); }

/* ---- Climatology and anomalies ---- */

/* Mean of a calendar month over the training years but one (-1: all). */
static void climatology(const winds *w, int calendar, int without, float *mean)
{
    double sum[FIELDS * CELLS] = {0};
    int years = 0;
    for (int t = calendar; t < TRAINING; t += YEAR) {
        if (t / YEAR == without) continue;
        for (int k = 0; k < FIELDS * CELLS; k++) sum[k] += (double)w->wind[t][k];
        years++;
    }
    for (int k = 0; k < FIELDS * CELLS; k++) mean[k] = (float)(sum[k] / years);
}

typedef struct calendar { float mean[YEAR][FIELDS * CELLS]; int without; bool made; } calendar;

static const calendar *calendar_of(const winds *w, int month)
{
    static calendar kept[TRAINING / YEAR + 1];
    const int without = month < TRAINING ? month / YEAR : -1;
    calendar *c = &kept[without + 1];
    if (!c->made) {
        for (int m = 0; m < YEAR; m++) climatology(w, m, without, c->mean[m]);
        c->made = true;
    }
    return c;
}

/* Mean anomaly of the months first .. last - 1. */
static void mean_anomaly(const winds *w, const calendar *c, int first, int last, float *mean)
{
    for (int k = 0; k < FIELDS * CELLS; k++) {
        double sum = 0;
        for (int t = first; t < last; t++) sum += (double)w->wind[t][k] - (double)c->mean[t % YEAR][k];
        mean[k] = (float)(sum / (last - first));
    }
}

/* Channels, by twos (east, north): anomaly of the last month, of the one before, mean of 3 months, mean of 12 months; climatology / 5, its change since
 * last month / 2; then the sine of latitude, the sine and the cosine of the season. */
void winds_sample(const winds *w, int month, sample *s)
{
    const calendar *c = calendar_of(w, month);
    const float *now = c->mean[month % YEAR], *before = c->mean[(month + YEAR - 1) % YEAR];
    float *channel[INPUTS];
    for (int k = 0; k < INPUTS; k++) channel[k] = &s->inputs[k * CELLS];
    mean_anomaly(w, c, month - 1, month, channel[0]);
    mean_anomaly(w, c, month - 2, month - 1, channel[2]);
    mean_anomaly(w, c, month - 3, month, channel[4]);
    mean_anomaly(w, c, month - HISTORY, month, channel[6]);
    for (int k = 0; k < FIELDS * CELLS; k++) {
        channel[8][k] = now[k] / 5;
        channel[10][k] = (now[k] - before[k]) / 2;
        s->climatology[k] = now[k];
        s->target[k] = w->wind[month][k] - now[k];
    }
    const double season = 2 * PI * (month % YEAR) / YEAR;
    for (int k = 0; k < CELLS; k++) {
        channel[12][k] = (float)sin((double)w->latitude[k / COLUMNS] * PI / 180);
        channel[13][k] = (float)sin(season);
        channel[14][k] = (float)cos(season);
    }
}

/* ---- Errors ---- */

double winds_square_error(const winds *w, const float *forecast, const float *truth)
{
    double sum = 0;
    for (int k = 0; k < FIELDS * CELLS; k++) {
        const double difference = (double)forecast[k] - (double)truth[k];
        sum += (double)w->weight[k % CELLS / COLUMNS] * difference * difference;
    }
    return sum;
}

double winds_rms(double square_error, int months)
{
    double weights = 0;
    for (int j = 0; j < ROWS; j++) weights += cos((-90 + 2.5 * j) * PI / 180);
    return sqrt(square_error / (weights * COLUMNS * FIELDS * months));
}

double winds_baseline(const winds *w, baseline b)
{
    static float forecast[FIELDS * CELLS];
    double sum = 0;
    for (int t = TRAINING; t < MONTHS; t++) {
        const calendar *c = calendar_of(w, t);
        const float *last = w->wind[t - 1], *mean = c->mean[t % YEAR], *mean_last = c->mean[(t - 1) % YEAR];
        for (int k = 0; k < FIELDS * CELLS; k++)
            forecast[k] = b == PERSISTENCE ? last[k] : mean[k] + (b == DAMPED ? .35f * (last[k] - mean_last[k]) : 0);
        sum += winds_square_error(w, forecast, w->wind[t]);
    }
    return winds_rms(sum, MONTHS - TRAINING);
}
