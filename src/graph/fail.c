/* Errors of functions that are made of operators. */
#include "build.h"

sabir_value sabir_graph_fail(sabir_graph *graph, sabir_status status, const char *message)
{
    if (!sbr_graph_open(graph, message ? message : "?")) return sbr_null(graph);
    if (status == SABIR_OK || !message) return sbr_graph_fail(graph, sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_graph_fail: an error has a status and a message"));
    return sbr_graph_fail(graph, sbr_fail(status, "%s", message));
}
