#include "climate.h"

#include <math.h>
#include <netcdf.h>
#include <stdio.h>

#define MISSING_BELOW (-1e33f)

static bool good(int status, const char *file, const char *what)
{
    if (status == NC_NOERR) return true;
    fprintf(stderr, "%s: %s: %s\n", file, what, nc_strerror(status));
    return false;
}

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
    if (elements != count) {
        fprintf(stderr, "%s: %s has %zu elements, %zu were expected\n", file, name, elements, count);
        return false;
    }
    return good(nc_get_var_float(id, variable, data), file, name);
}

static bool read_file(const char *folder, const char *file_name, const char *const *names, float *const *targets, const size_t *counts, int variables)
{
    char file[1024];
    int id;
    snprintf(file, sizeof file, "%s/%s", folder ? folder : "/usr/share/ferret-vis/data", file_name);
    if (!good(nc_open(file, NC_NOWRITE, &id), file, "cannot be opened (Debian: apt-get install ferret-datasets; or --data FOLDER)")) return false;
    bool all = true;
    for (int i = 0; i < variables && all; i++) all = read_variable(file, id, names[i], counts[i], targets[i]);
    nc_close(id);
    return all;
}

static void find_wet(climate *data, const float *relief)
{
    for (int j = 0; j < ROWS; j++) {
        for (int i = 0; i < COLUMNS; i++) {
            data->land[j][i] = relief[j * COLUMNS + i] >= 0;
            bool wet = !data->land[j][i] && fabsf(data->latitude[j]) < 79;
            for (int m = 0; m < MONTHS; m++)
                if (data->temperature[m][j][i] < MISSING_BELOW || data->east[m][j][i] < MISSING_BELOW || data->north[m][j][i] < MISSING_BELOW) wet = false;
            data->wet[j][i] = wet;
        }
    }
    for (int m = 0; m < MONTHS; m++)
        for (int j = 0; j < ROWS; j++)
            for (int i = 0; i < COLUMNS; i++)
                if (!data->wet[j][i]) data->temperature[m][j][i] = data->east[m][j][i] = data->north[m][j][i] = 0;
}

/* The relief's longitudes begin elsewhere: its columns are turned to match. */
static bool match_relief(const climate *data, const float *longitudes, const float *relief, float *matched)
{
    for (int i = 0; i < COLUMNS; i++) {
        int same = -1;
        for (int k = 0; k < COLUMNS && same < 0; k++)
            if (fabs(remainder((double)data->longitude[i] - (double)longitudes[k], 360)) < 1.01) same = k;
        if (same < 0) {
            fprintf(stderr, "the relief has no column at %g degrees east\n", (double)data->longitude[i]);
            return false;
        }
        for (int j = 0; j < ROWS; j++) matched[j * COLUMNS + i] = relief[j * COLUMNS + same];
    }
    return true;
}

bool climate_read(const char *folder, climate *data)
{
    static float relief[CELLS], matched[CELLS], relief_longitudes[COLUMNS], relief_latitudes[ROWS];
    const char *const names[] = {"SST", "UWND", "VWND", "COADSY", "COADSX"}, *const relief_names[] = {"ROSE", "ETOPO120X", "ETOPO120Y"};
    float *const targets[] = {&data->temperature[0][0][0], &data->east[0][0][0], &data->north[0][0][0], data->latitude, data->longitude};
    float *const relief_targets[] = {relief, relief_longitudes, relief_latitudes};
    const size_t all = (size_t)MONTHS * CELLS, counts[] = {all, all, all, ROWS, COLUMNS}, relief_counts[] = {CELLS, COLUMNS, ROWS};
    if (!read_file(folder, "coads_climatology.cdf", names, targets, counts, 5)) return false;
    if (!read_file(folder, "etopo120.cdf", relief_names, relief_targets, relief_counts, 3)) return false;
    for (int j = 0; j < ROWS; j++) {
        if (fabsf(relief_latitudes[j] - data->latitude[j]) < 1.01f) continue;
        fprintf(stderr, "the relief's row %d is at %g degrees north, not %g\n", j, (double)relief_latitudes[j], (double)data->latitude[j]);
        return false;
    }
    if (!match_relief(data, relief_longitudes, relief, matched)) return false;
    find_wet(data, matched);
    return true;
}
