#include "bench.h"
#include "row.h"

const bench_row *bench_row_at(uint32_t position)
{
    static const bench_row *const tables[] = {bench_rows_dense, bench_rows_attention, bench_rows_memory, bench_rows_index, bench_rows_sparse, bench_rows_grid};
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
        for (const bench_row *row = tables[t]; row->name; row++)
            if (position-- == 0) return row;
    return NULL;
}

const char *bench_row_name(const bench_row *row)
{
    return row->name;
}
