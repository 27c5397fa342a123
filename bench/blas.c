#include "blas.h"

#include <stdio.h>
#include <string.h>

#include "library.h"
#include "row.h"

/* The part of cblas.h that is used; the numbers are those of the standard interface. */
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111 };
typedef void sgemm_function(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                            float beta, float *c, int ldc);

static struct {
    bool looked;
    int own_threads;
    sgemm_function *sgemm;
    char *(*config)(void), *(*core)(void);
    int (*get_threads)(void);
    void (*set_threads)(int count);
    char name[96];
} blas;

static void look(void)
{
    static const char *const files[] = {"libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"};
    void *library = bench_library_open(files, sizeof files / sizeof files[0]);
    blas.looked = true;
    if (!library) return;
    const bool complete = bench_library_find(library, "openblas_get_config", &blas.config) && bench_library_find(library, "openblas_get_corename", &blas.core) &&
                          bench_library_find(library, "openblas_get_num_threads", &blas.get_threads) &&
                          bench_library_find(library, "openblas_set_num_threads", &blas.set_threads) && bench_library_find(library, "cblas_sgemm", &blas.sgemm);
    if (complete) blas.own_threads = blas.get_threads();
    else blas.sgemm = NULL;
}

/* The configuration begins "OpenBLAS 0.3.21 ...". */
static void set_name(void)
{
    const char *config = blas.config(), *end = strchr(config, ' ');
    if (end) end = strchr(end + 1, ' ');
    const int length = end ? (int)(end - config) : (int)strlen(config), threads = blas.get_threads();
    snprintf(blas.name, sizeof blas.name, "%.*s %.24s, %d thread%s", length < 40 ? length : 40, config, blas.core(), threads, threads == 1 ? "" : "s");
}

bool bench_blas_open(int threads)
{
    if (!blas.looked) look();
    if (!blas.sgemm) return false;
    blas.set_threads(threads > 0 ? threads : blas.own_threads);
    set_name();
    return true;
}

const char *bench_blas_name(void)
{
    return blas.sgemm ? blas.name : NULL;
}

void bench_sgemm(int m, int n, int k, const float *a, const float *b, float *c)
{
    blas.sgemm(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, m, n, k, 1.0F, a, k, b, n, 0.0F, c, n);
}
