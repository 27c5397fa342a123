#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { WIDTH = 30 };
static const double TERMINAL_SECONDS = .1, PLAIN_SECONDS = 10;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_begin(progress *p, const char *label, int total)
{
    *p = (progress){.label = label, .total = total, .started = now(), .terminal = isatty(STDERR_FILENO) != 0};
    p->shown = p->terminal ? 0 : p->started;
}

static void print_time(double seconds)
{
    const long whole = (long)(seconds + .5);
    if (whole < 60) fprintf(stderr, "%ld s", whole);
    else if (whole < 3600) fprintf(stderr, "%ld:%02ld min", whole / 60, whole % 60);
    else fprintf(stderr, "%ld:%02ld h", whole / 3600, whole / 60 % 60);
}

void progress_step(progress *p, int done, double loss)
{
    const double time = now(), passed = time - p->started;
    if (!p->label || p->total < 1 || (done < p->total && time - p->shown < (p->terminal ? TERMINAL_SECONDS : PLAIN_SECONDS))) return;
    p->shown = time;
    const int filled = WIDTH * done / p->total;
    if (p->terminal) fprintf(stderr, "\r\x1b[K%s [%.*s%*s] ", p->label, filled, "##############################", WIDTH - filled, "");
    else fprintf(stderr, "%s: ", p->label);
    fprintf(stderr, "%d/%d", done, p->total);
    if (!isnan(loss)) fprintf(stderr, "  loss %.4f", loss);
    if (passed > 0 && done > 0) {
        fprintf(stderr, "  %.3g/s  %s ", done / passed, done < p->total ? "left" : "took");
        print_time(done < p->total ? passed / done * (p->total - done) : passed);
    }
    if (!p->terminal) fputc('\n', stderr);
}

void progress_end(progress *p)
{
    if (p->label && p->terminal) fputc('\n', stderr);
}
