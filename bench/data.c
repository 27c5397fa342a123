#include "data.h"

#include <math.h>
#include <stdlib.h>

/* SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014). */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* In [0, 1), by steps of 2^-24. */
static float next_unit(uint64_t *state)
{
    return (float)(next_random(state) >> 40) * 0x1p-24F;
}

int64_t bench_operand_count(const bench_operand *operand)
{
    int64_t count = 1;
    for (int i = 0; i < operand->rank; i++) count *= operand->extents[i];
    return count;
}

static void fill(const bench_operand *operand, uint64_t state, void *data)
{
    const int64_t count = bench_operand_count(operand);
    float *numbers = data;
    int32_t *integers = data;
    for (int64_t i = 0; i < count; i++) switch (operand->fill) {
        case BENCH_UNIFORM: numbers[i] = 2 * next_unit(&state) - 1; break;
        case BENCH_UNIT: numbers[i] = next_unit(&state); break;
        case BENCH_INDEX: integers[i] = (int32_t)(next_random(&state) % (uint64_t)operand->range); break;
        case BENCH_ROWS: integers[i] = (int32_t)(i * operand->range); break;
        }
}

static bool allocate(size_t bytes, void *pointer)
{
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    *(void **)pointer = memory;
    return memory != NULL;
}

bool bench_data_create(const bench_row *row, bench_data *data)
{
    *data = (bench_data){.ours = NULL};
    for (int i = 0; i < BENCH_MAX_OPERANDS && row->operands[i].rank > 0; i++) {
        if (!allocate(4 * (size_t)bench_operand_count(&row->operands[i]), &data->operands[i])) return false;
        fill(&row->operands[i], (uint64_t)i << 32, data->operands[i]);
    }
    const size_t result = sizeof(float) * (size_t)row->result;
    return allocate(result, &data->ours) && allocate(result, &data->expected) && (row->scratch == 0 || allocate(row->scratch, &data->scratch));
}

void bench_data_free(bench_data *data)
{
    for (int i = 0; i < BENCH_MAX_OPERANDS; i++) free(data->operands[i]);
    free(data->ours);
    free(data->expected);
    free(data->scratch);
    *data = (bench_data){.ours = NULL};
}

double bench_data_difference(const bench_row *row, const bench_data *data, int64_t *where)
{
    double largest = 0, difference = 0;
    *where = 0;
    for (int64_t i = 0; i < row->result; i++) {
        const double size = fabs((double)data->expected[i]), here = fabs((double)data->ours[i] - (double)data->expected[i]);
        if (size > largest) largest = size;
        if (here <= difference) continue;
        *where = i;
        if (!isfinite(here)) return INFINITY;
        difference = here;
    }
    return largest > 0 ? difference / largest : difference;
}
