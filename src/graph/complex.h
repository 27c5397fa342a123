/* Complex numbers in values [..., 2], and lists of them known when a graph is built. */
#ifndef SBR_COMPLEX_H
#define SBR_COMPLEX_H

#include "build.h"

typedef struct sbr_complex_list { double *re, *im; int64_t count; } sbr_complex_list;

bool sbr_complex_make(const sabir_allocator *allocator, sbr_complex_list *list, int64_t count); /* zeros; false when out of memory */
void sbr_complex_free(const sabir_allocator *allocator, sbr_complex_list *list);
/* x [..., n, c..., 2] times the list's number at each place along axis; sign -1: times its conjugate. */
sabir_value sbr_complex_times(sabir_graph *graph, sabir_value x, int32_t axis, const sbr_complex_list *list, double sign);

#endif
