/* Gradients within a budget of kept bytes: the same numbers, with less kept. suite: host */
#include "test_grad.h"

TestSuite(grad_remat, .init = open_grad, .fini = close_grad);

enum { LAYERS = 20 };

static sabir_value total(sabir_value x) { return sabir_sum(g, x, SABIR_ALL_AXES); }

static sabir_value chain(sabir_value x, sabir_value w, int layers)
{
    for (int i = 0; i < layers; i++) x = sabir_tanh(g, sabir_add(g, sabir_matmul(g, x, w), sabir_square(g, x)));
    return x;
}

static sabir_value looped(sabir_value x, sabir_value w)
{
    sabir_value c, r;
    sabir_loop_begin(g, 4, &x, 1, &c);
    const sabir_value next = sabir_tanh(g, sabir_matmul(g, c, w));
    (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r);
    return r;
}

static uint64_t within(uint64_t budget, sabir_value y, const sabir_value *wrt, uint32_t count, sabir_value *grads)
{
    uint64_t kept = 0;
    const sabir_grad_options options = {.size = sizeof options, .memory_budget = budget, .kept = &kept};
    MUST(sabir_vjp(g, &y, NULL, 1, wrt, count, &options, grads));
    return kept;
}

static uint32_t held_back(void)
{
    uint32_t count = 0;
    for (uint32_t n = 0; n < g->nodes.count; n++) count += g->nodes.data[n].op == SBR_OP_after;
    return count;
}

static void expect_same(const int *a, const int *b, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (int64_t k = 0; k < outputs[a[i]].count; k++) cr_assert_eq(at(a[i], k), at(b[i], k), "gradient %u, element %d: %.17g, not %.17g", i, (int)k, at(b[i], k), at(a[i], k));
}

static void check_budgets(sabir_value y, const sabir_value *wrt, uint32_t count)
{
    static const double shares[] = {0.8, 0.65, 0.55, 0};
    sabir_value grads[4];
    int whole[4], part[4][4];
    const uint64_t all = within(0, y, wrt, count, grads);
    uint64_t kept[4];
    cr_assert_eq(held_back(), 0);
    for (uint32_t i = 0; i < count; i++) whole[i] = out(grads[i]);
    for (int b = 0; b < 4; b++) {
        const uint64_t budget = 1 + (uint64_t)(shares[b] * (double)all);
        kept[b] = within(budget, y, wrt, count, grads);
        for (uint32_t i = 0; i < count; i++) part[b][i] = out(grads[i]);
        cr_assert(b == 3 || kept[b] <= budget, "%llu bytes of %llu", (unsigned long long)kept[b], (unsigned long long)budget);
        cr_assert_leq(kept[b], b ? kept[b - 1] : all);
    }
    cr_assert_lt(2 * kept[3], all);
    cr_assert_gt(held_back(), 0);
    run();
    for (int b = 0; b < 4; b++) expect_same(whole, part[b], count);
}

Test(grad_remat, deep_chain)
{
    const sabir_value x = IN(4, 3), w = IN(3, 3), wrt[] = {x, w};
    check_budgets(total(chain(x, w, LAYERS)), wrt, 2);
}

Test(grad_remat, loops_on_the_way)
{
    const sabir_value x = IN(4, 3), w = IN(3, 3), wrt[] = {x, w};
    sabir_value h = x;
    for (int i = 0; i < 4; i++) h = chain(looped(h, w), w, 3);
    check_budgets(total(h), wrt, 2);
}

/* A value read all along, and one that skips from the beginning to the end. */
Test(grad_remat, skips)
{
    const sabir_value x = IN(4, 3), w = IN(3, 3), wrt[] = {x, w}, gate = sabir_sigmoid(g, sabir_matmul(g, x, w));
    sabir_value h = x;
    for (int i = 0; i < LAYERS; i++) h = sabir_tanh(g, sabir_add(g, sabir_matmul(g, h, w), sabir_mul(g, gate, h)));
    check_budgets(total(sabir_mul(g, h, gate)), wrt, 2);
}

Test(grad_remat, intermediate_values)
{
    const sabir_value x = IN(4, 3), w = IN(3, 3), middle = chain(x, w, LAYERS / 2), wrt[] = {middle, x};
    check_budgets(total(chain(middle, w, LAYERS)), wrt, 2);
}

Test(grad_remat, inside_a_body)
{
    const sabir_value x = IN(4, 3), w = IN(3, 3);
    sabir_value r[2], c, slope;
    uint64_t kept[2];
    for (int i = 0; i < 2; i++) {
        sabir_loop_begin(g, 2, &x, 1, &c);
        kept[i] = within(i ? kept[0] / 2 : 0, total(chain(c, w, LAYERS)), &c, 1, &slope);
        const sabir_value next = sabir_sub(g, c, sabir_mul(g, slope, sabir_number(g, SABIR_F64, 0.1)));
        (void)sabir_loop_end(g, &next, 1, SABIR_NONE, &r[i]);
    }
    cr_assert_leq(kept[1], kept[0] / 2);
    const int whole = out(r[0]), part = out(r[1]);
    run();
    expect_same(&whole, &part, 1);
}

Test(grad_remat, second_derivative)
{
    const sabir_value x = IN(2, 2), w = IN(2, 2), wrt[] = {x, w};
    sabir_value grads[2];
    const sabir_value y = total(chain(x, w, 8));
    const uint64_t all = within(0, y, wrt, 2, grads);
    cr_assert_lt(within(all / 2, y, wrt, 2, grads), all);
    cr_assert_gt(held_back(), 0);
    CHECK(sabir_add(g, total(sabir_square(g, grads[0])), total(sabir_square(g, grads[1]))), 1e-6, x, w);
}

/* What is taken back leaves nothing behind: the graph is built further, by name and by number. */
Test(grad_remat, attempts_leave_nothing)
{
    const sabir_value x = IN(4, 3), w = IN(3, 3), y = total(chain(looped(x, w), w, LAYERS));
    sabir_value grad;
    const uint64_t all = within(0, y, &x, 1, &grad);
    for (uint32_t n = 0; n < g->nodes.count; n++)
        for (uint32_t i = 0; i < g->nodes.data[n].input_count; i++) cr_assert_lt(sbr_value_at(g, g->nodes.data[n].inputs[i])->node, n);
    (void)within(all / 3, y, &x, 1, &grad);
    for (uint32_t n = 0; n < g->nodes.count; n++)
        for (uint32_t i = 0; i < g->nodes.data[n].input_count; i++) cr_assert_lt(sbr_value_at(g, g->nodes.data[n].inputs[i])->node, n);
    for (uint32_t i = 0; i < g->twins.count; i++) cr_assert_lt(g->twins.data[i].loop, g->nodes.count);
    (void)out(grad);
    run();
}
