/* A copy of a graph as it stands, for the reference executor: the nodes that the chosen outputs and the assigns need, untouched by
 * any pass of src/lower. */
#ifndef SBR_SNAPSHOT_H
#define SBR_SNAPSHOT_H

#include "graph/graph.h"

/* Values and nodes keep their numbers. */
sabir_status sbr_snapshot(const sabir_allocator *allocator, const sabir_graph *graph, sabir_graph **copy);
/* needed, by node: what the outputs of these names (NULL: all) and the assigns stand on. A needed loop needs the nodes of its body, carried values
 * among them, that its needed results stand on. */
sabir_status sbr_find_needed(const sabir_graph *graph, const char *const *outputs, uint32_t output_count, bool *needed);
#endif
