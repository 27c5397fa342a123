/* A row's operands and results in host memory. */
#ifndef BENCH_DATA_H
#define BENCH_DATA_H

#include "row.h"

typedef struct bench_data {
    void *operands[BENCH_MAX_OPERANDS];
    float *ours, *expected;
    void *scratch;
} bench_data;

/* Operands are filled, the same in every run. false: no memory. To be freed in either event. */
bool bench_data_create(const bench_row *row, bench_data *data);
void bench_data_free(bench_data *data);
int64_t bench_operand_count(const bench_operand *operand); /* of elements */
/* Largest difference of ours from expected, relative to the largest expected value; infinity where ours is not a number. *where: its position. */
double bench_data_difference(const bench_row *row, const bench_data *data, int64_t *where);

#endif
