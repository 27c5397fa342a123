/* The model at work on one device: fitting it, and forecasting with what was fitted. */
#ifndef JOB_H
#define JOB_H

#include "model.h"

typedef struct job {
    sabir_context *context;
    sabir_device *device;
    const winds *w;
    const sphere *s;
    unsigned families;
} job;

typedef struct fit_options {
    int steps, batch;
    uint64_t seed;
    const char *progress; /* text before the bar; NULL: silent */
} fit_options;

typedef struct fit_report {
    double loss_first, loss_last; /* means over the first and the last tenth of the steps */
    double seconds;               /* of the steps, compiling not counted */
    uint64_t kernels, launches, parameters, peak_bytes, live_bytes; /* of the training step; live_bytes: the bound that lifetimes give */
} fit_report;

/* By step: the mean square error, (m/s)^2, and that over the error of climatology for the same months, some of which are harder than others. [steps] each. */
typedef struct fit_curve { float *error, *share; } fit_curve;

/* Trains from first weights; the store, which is made, holds the parameters and what the optimizer keeps. */
bool job_fit(const job *j, const fit_options *options, sabir_store **store, const fit_curve *curve, fit_report *report);

typedef struct forecast_report { double rmse, seconds; } forecast_report;

/* Forecasts the judged months with the store's parameters: forecasts [MONTHS - TRAINING, FIELDS, CELLS], in m/s. */
bool job_forecast(const job *j, sabir_store *store, float *forecasts, forecast_report *report);

/* false with a message on standard error. */
bool good(sabir_status status, const char *what);
double seconds_now(void);

#endif
