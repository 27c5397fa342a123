/* What the graph tests share: a context and a graph for each test, operands by type and extents, checks of texts. */
#ifndef TEST_GRAPH_H
#define TEST_GRAPH_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "graph/graph.h"

static sabir_context *context;
static sabir_graph *g;
static int operands;
static sabir_extent n, m; /* dims: 1 .. 100 and 2 .. 50 */

static inline void open_graph(void)
{
    operands = 0;
    if (!context) cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    cr_assert_eq(sabir_graph_create(context, &g), SABIR_OK);
    n = sabir_dim_create(g, "n", 1, 100);
    m = sabir_dim_create(g, "m", 2, 50);
}

static inline void close_graph(void)
{
    sabir_graph_destroy(g);
    sabir_context_release(context);
    g = NULL;
    context = NULL;
}

/* A new input. */
static inline sabir_value operand(sabir_type type, sabir_shape shape)
{
    char name[32];
    snprintf(name, sizeof name, "operand %d", operands++);
    return sabir_input(g, name, type, shape);
}
#define V(type, ...) operand(SABIR_##type, SABIR_SHAPE(__VA_ARGS__))
#define V0(type) operand(SABIR_##type, SABIR_SCALAR_SHAPE)

static inline void check_shape(int line, sabir_value value, const char *expected)
{
    char text[256];
    const sabir_shape shape = sabir_value_shape(value);
    cr_assert_eq(sabir_graph_status(g), SABIR_OK, "line %d: %s", line, sabir_last_message());
    sbr_shape_text(g, sabir_value_type(value), &shape, text, sizeof text);
    cr_assert_str_eq(text, expected, "line %d: %s instead of %s", line, text, expected);
}
#define IS(expected, value) check_shape(__LINE__, (value), expected)

static inline void check_error(int line, sabir_status status, const char *part)
{
    const sabir_status is = sabir_graph_status(g);
    cr_assert_eq(is, status, "line %d: %s (%s) instead of %s", line, sabir_status_name(is), sabir_last_message(), sabir_status_name(status));
    cr_assert(strstr(sabir_last_message(), part) != NULL, "line %d: \"%s\" lacks \"%s\"", line, sabir_last_message(), part);
    sabir_graph_destroy(g);
    open_graph();
}
/* The call fails so; then comes a new graph. */
#define FAILS(status, part, ...)                                                      \
    do {                                                                              \
        const sabir_value made_ = (__VA_ARGS__);                                      \
        cr_assert(made_.index == SABIR_NONE_INDEX && made_.graph == g, "line %d", __LINE__); \
        check_error(__LINE__, (status), (part));                                      \
    } while (0)

#endif
