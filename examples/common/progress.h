/* A progress bar on standard error with the loss, the rate and the time left; where that is no terminal, a plain line now and then. */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>

typedef struct progress {
    const char *label; /* NULL: silent */
    int total;
    double started, shown; /* seconds */
    bool terminal;
} progress;

void progress_begin(progress *p, const char *label, int total);
/* done of total; loss: NaN for none. Draws at most ten times a second. */
void progress_step(progress *p, int done, double loss);
void progress_end(progress *p);

#endif
