/* A row as a program on a device, its tensors bound. */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

#include "data.h"

typedef struct bench_program {
    sabir_program *program;
    sabir_tensor *operands[BENCH_MAX_OPERANDS], *result;
} bench_program;

/* Compiles, and copies the operands to the device. To be freed in either event. */
sabir_status bench_program_create(sabir_context *context, sabir_device *device, const bench_row *row, const bench_data *data, bench_program *program);
void bench_program_free(bench_program *program);
/* Submits a run so many times, 1 or more, and waits for the last. A bench_side's run. */
sabir_status bench_program_run(void *program, uint32_t times);
sabir_status bench_program_read(const bench_program *program, const bench_row *row, float *result);

#endif
