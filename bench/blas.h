/* The BLAS found on this machine, opened when it is first asked for: no program needs it to start. */
#ifndef BENCH_BLAS_H
#define BENCH_BLAS_H

#include <stdbool.h>

/* Whether there is one: OpenBLAS, by its usual file names. threads: how many it uses from now on; 0: as many as it would by itself. */
bool bench_blas_open(int threads);
/* "OpenBLAS 0.3.21 Cooperlake, 1 thread"; valid until the next bench_blas_open. NULL where there is none. */
const char *bench_blas_name(void);

#endif
