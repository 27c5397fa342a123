/* What composed functions (src/pde and its neighbours) need of a graph beside its public calls. */
#ifndef SBR_KEEP_H
#define SBR_KEEP_H

#ifndef SABIR_PLAIN_NAMES
#  define SABIR_PLAIN_NAMES
#endif
#include "base/base.h"
#include "sabir/graph.h"

/* Memory that lives as long as the graph, for callbacks: zeroed; NULL when out of memory, with the error kept in the graph. */
void *sbr_graph_keep(sabir_graph *graph, size_t size);
/* Keeps a failure as the graph's error, as operators do; returns the null value. */
sabir_value sbr_graph_refuse(sabir_graph *graph, sabir_status status);
/* Whether the graph may be built on: not NULL, and no error yet. */
bool sbr_graph_is_open(sabir_graph *graph, const char *call);
/* A constant of a type (any but i64) from numbers, row-major; the shape has no dims. */
sabir_value sbr_graph_table(sabir_graph *graph, sabir_type type, sabir_shape shape, const double *numbers);
/* Memory for the time being, from the graph's allocator; NULL when out of memory, with the error kept. */
double *sbr_graph_scratch(sabir_graph *graph, int64_t count);
void sbr_graph_release(sabir_graph *graph, double *scratch);

#endif
