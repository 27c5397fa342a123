/* FFTW in single precision, opened at run time. */
#ifndef BENCH_FFTW_H
#define BENCH_FFTW_H

#include <stdbool.h>

/* One thread. false: it is not there. */
bool bench_fftw_open(void);
const char *bench_fftw_name(void);

#endif
