/* Gradients through the public macros: what they build, and what they refuse, gets the caller's place. suite: host */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "sabir/sabir.h"

static sabir_context *context;
static sabir_graph *g;

static void open_graph(void)
{
    cr_assert_eq(sabir_context_create(NULL, &context), SABIR_OK);
    cr_assert_eq(sabir_graph_create(context, &g), SABIR_OK);
}

static void close_graph(void)
{
    sabir_graph_destroy(g);
    sabir_context_release(context);
}

TestSuite(grad_places, .init = open_graph, .fini = close_graph);

/* Lines of the graph's text from node number first on that have this place; line 0: any of this file. */
static int placed_at(int first, int line)
{
    char *text, place[64];
    int count = 0, number = 0;
    cr_assert_eq(sabir_graph_text(g, &text), SABIR_OK, "%s", sabir_last_message());
    snprintf(place, sizeof place, line ? "test_grad_places.c:%d" : "test_grad_places.c:", line);
    for (char *at = strtok(text, "\n"); at; at = strtok(NULL, "\n"))
        if (strchr(at, '%') && strncmp(at, "output", 6) != 0 && number++ >= first) count += strstr(at, place) != NULL;
    sabir_string_free(context, text);
    return line ? count : number - first - count; /* without a place */
}

static int body_line;

static sabir_value squared(sabir_value x)
{
    sabir_value c, r;
    sabir_loop_begin(g, 2, &x, 1, &c);
    body_line = __LINE__ + 1;
    const sabir_value next = sabir_mul(g, c, c);
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r);
    return r;
}

Test(grad_places, of_what_is_built)
{
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3)), y = sabir_sum(g, squared(x), SABIR_ALL_AXES);
    sabir_value grad;
    cr_assert_eq(placed_at(0, 0), 1); /* the carried value of the loop: its beginning is a plain call */
    const int before = 5, line = __LINE__ + 1;
    cr_assert_eq(sabir_grad(g, y, &x, 1, &grad), SABIR_OK, "%s", sabir_last_message());
    cr_assert_eq(placed_at(before, 0), 0);
    cr_assert_gt(placed_at(before, line), 10);
    cr_assert_eq(placed_at(0, line), placed_at(before, line));
    cr_assert_gt(placed_at(before, body_line), 0, "copies of the body keep their place");
    const int after = __LINE__ + 1;
    (void)sabir_neg(g, grad);
    cr_assert_eq(placed_at(0, after), 1);
}

Test(grad_places, of_mistakes)
{
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3));
    sabir_value grad;
    char place[64];
    snprintf(place, sizeof place, "test_grad_places.c:%d)", __LINE__ + 1);
    cr_assert_eq(sabir_grad(g, x, &x, 1, &grad), SABIR_INVALID_SHAPE);
    cr_assert(strstr(sabir_last_message(), place), "%s", sabir_last_message());
    cr_assert_eq(sabir_graph_status(g), SABIR_INVALID_SHAPE);
    cr_assert(strstr(sabir_last_message(), place), "%s", sabir_last_message());
    cr_assert(grad.graph == g && grad.index == SABIR_NONE_INDEX);
}

static sabir_status refuse(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                           const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)graph, (void)inputs, (void)input_count, (void)outputs, (void)output_grads, (void)output_count, (void)input_grads;
    return SABIR_UNSUPPORTED;
}

/* A rule that fails is named with what it was for and where that was built. */
Test(grad_places, of_what_has_no_gradient)
{
    const sabir_value x = sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(3)), y = sabir_exp(g, x);
    sabir_value seen, grad;
    char place[96];
    snprintf(place, sizeof place, "test_grad_places.c:%d: ", __LINE__ + 1);
    cr_assert_eq(sabir_custom_gradient(g, &x, 1, &y, 1, refuse, NULL, &seen), SABIR_OK, "%s", sabir_last_message());
    cr_assert_eq(sabir_grad(g, sabir_sum(g, seen, SABIR_ALL_AXES), &x, 1, &grad), SABIR_UNSUPPORTED);
    cr_assert(strstr(sabir_last_message(), "gradient of custom_gradient(f32[3], f32[3]), built at "), "%s", sabir_last_message());
    cr_assert(strstr(sabir_last_message(), place), "%s", sabir_last_message());
}
