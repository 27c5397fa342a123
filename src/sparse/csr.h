/* Sparse matrices on the host, inside. */
#ifndef SBR_CSR_H
#define SBR_CSR_H

#define SABIR_PLAIN_NAMES
#include "base/context.h"
#include "sabir/sabir.h"

struct sabir_csr {
    sabir_context *context; /* retained */
    int64_t rows, columns, entries;
    int32_t *row_pointers, *column_indices, *row_indices, *sources;
    int32_t *transposed_pointers, *transposed_columns, *permutation;
};

/* A matrix from checked i32 coordinates; sources by entry, or NULL: its position. Entries of equal place stay as they are. */
sabir_status sbr_csr_build(sabir_context *context, int64_t rows, int64_t columns, int64_t entries, const int32_t *row_indices, const int32_t *column_indices,
                           const int32_t *sources, sabir_csr **csr);
/* Stable: order[place] are the entries by key (0 .. groups - 1), pointers [groups + 1] where each group begins. given: entries in the order to be kept; NULL: 0, 1, ... */
void sbr_order_by(const int32_t *keys, int64_t entries, int64_t groups, const int32_t *given, int32_t *pointers, int32_t *order);
sabir_status sbr_need_square(const sabir_csr *csr, const char *call);

static inline const sabir_allocator *sbr_csr_allocator(const sabir_csr *csr) { return sbr_context_allocator(csr->context); }

enum { SBR_CSR_MOST = INT32_MAX - 1 };
#endif
