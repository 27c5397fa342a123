#include "fftw.h"

#include <stdlib.h>

#include "library.h"
#include "row.h"

/* The part of fftw3.h that is used; the numbers are those of its interface. */
enum { FORWARD = -1, MEASURE = 0 };
typedef void *plan_function(int rank, const int *n, int howmany, float *in, const int *in_embed, int in_stride, int in_distance, float *out, const int *out_embed,
                            int out_stride, int out_distance, int sign, unsigned flags);

static struct {
    bool looked;
    plan_function *plan;
    void (*execute)(const void *plan, float *in, float *out), (*destroy)(void *plan);
    const bench_row *row; /* that the plan is for */
    void *made;
} fftw;

bool bench_fftw_open(void)
{
    static const char *const files[] = {"libfftw3f.so.3", "libfftw3f.so", "libfftw3f.dylib"};
    if (fftw.looked) return fftw.plan != NULL;
    fftw.looked = true;
    void *library = bench_library_open(files, sizeof files / sizeof files[0]);
    if (!library) return false;
    if (!bench_library_find(library, "fftwf_plan_many_dft", &fftw.plan) || !bench_library_find(library, "fftwf_execute_dft", &fftw.execute) ||
        !bench_library_find(library, "fftwf_destroy_plan", &fftw.destroy))
        fftw.plan = NULL;
    return fftw.plan != NULL;
}

const char *bench_fftw_name(void) { return fftw.plan ? "FFTW, measured plan, 1 thread" : ""; }

/* Along the last rank axes of x [lines, points, 2]. Measuring overwrites what it is given: the operand is a copy, the result is written anew. */
static void *plan_of(const bench_row *row, int rank, float *result)
{
    const int64_t *extents = row->operands[0].extents;
    const int n[2] = {(int)extents[0], (int)extents[1]}, points = n[0] * n[1];
    float *copy = aligned_alloc(64, sizeof(float) * 2 * (size_t)points);
    if (!copy) return NULL;
    void *plan = rank == 1 ? fftw.plan(1, n + 1, n[0], copy, NULL, 1, n[1], result, NULL, 1, n[1], FORWARD, MEASURE)
                           : fftw.plan(2, n, 1, copy, NULL, 1, points, result, NULL, 1, points, FORWARD, MEASURE);
    free(copy);
    return plan;
}

/* The plan is made when a row first comes. */
static void transform(const bench_row *row, int rank, const void *const *operands, void *result)
{
    if (fftw.row != row) {
        if (fftw.made) fftw.destroy(fftw.made);
        fftw.made = plan_of(row, rank, result);
        fftw.row = row;
    }
    if (fftw.made) fftw.execute(fftw.made, (float *)operands[0], result);
}

void bench_peer_fft_lines(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    (void)scratch;
    transform(row, 1, operands, result);
}

void bench_peer_fft_plane(const bench_row *row, const void *const *operands, void *result, void *scratch)
{
    (void)scratch;
    transform(row, 2, operands, result);
}
