/* What a run found: tables, report.json, the loss curve, maps, the checkpoint. */
#ifndef REPORT_H
#define REPORT_H

#include "job.h"

enum { REPORT_MOST_DEVICES = 32 };

typedef struct device_run {
    char id[32], name[128];
    forecast_report result;
    double difference; /* largest from the last device's forecast, m/s */
    float *forecasts;  /* [MONTHS - TRAINING, FIELDS, CELLS] */
} device_run;

typedef struct report {
    int steps;
    char train_device[32];
    fit_report train;
    double baseline[BASELINES];
    device_run run[REPORT_MOST_DEVICES];
    int runs;
} report;

void report_compare(report *r); /* fills in the differences */
void print_training(const report *r);
void print_forecasts(const report *r);

/* Each false with a message on standard error. */
bool report_curve(const report *r, const char *folder, const float *shares); /* by step, as fit_curve has them */
bool report_maps(const report *r, const winds *w, const char *folder);
bool report_write(const report *r, const char *folder);
bool report_checkpoint(sabir_store *store, const char *file, uint64_t seed, int steps); /* the parameters alone */

#endif
