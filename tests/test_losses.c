/* Losses against their formulas and their gradients against differences, on the reference in f64; what is refused. suite: host */
#include "test_grad.h"

TestSuite(losses, .init = open_grad, .fini = close_grad);

static sabir_value total(sabir_value x) { return sabir_sum(g, x, SABIR_ALL_AXES); }
/* A scalar in which every element has a weight of its own. */
static sabir_value mixed(sabir_value x) { return total(sabir_mul(g, x, sabir_add(g, in(sabir_value_shape(x)), sabir_number(g, SABIR_F64, 2)))); }

static sabir_value whole(sabir_shape shape, const int32_t *data) { return sabir_constant(g, SABIR_I32, shape, data); }

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }

/* log of softmax, element c of a row. */
static double log_softmax(const double *row, int64_t classes, int64_t c)
{
    double sum = 0;
    for (int64_t k = 0; k < classes; k++) sum += exp(row[k]);
    return row[c] - log(sum);
}

Test(losses, weighted_mean_counts_its_mask)
{
    const sabir_value x = IN(3, 4), mask = IN(3, 1), y = sabir_weighted_mean(g, x, mask);
    const int mean = out(y);
    const double masks[][3] = {{1, 0, 1}, {0, 0, 0}, {0.5, 0, 0}}, counts[] = {8, 1, 2};
    for (int m = 0; m < 3; m++) {
        double sum = 0;
        for (int r = 0; r < 3; r++) {
            input_of(mask)->data[r] = masks[m][r];
            for (int c = 0; c < 4; c++) sum += masks[m][r] * input_of(x)->data[r * 4 + c];
        }
        run();
        NEAR(at(mean, 0), sum / counts[m], 1e-14, "mask %d", m);
    }
}

Test(losses, weighted_mean_gradient)
{
    const sabir_value x = IN(3, 4), weights = sabir_add(g, IN(3, 4), sabir_number(g, SABIR_F64, 1.5));
    CHECK(sabir_weighted_mean(g, x, weights), 1e-8, x);
}

Test(losses, log_prob)
{
    static const int32_t labels[] = {2, 0, 4, -1, 5};
    const sabir_value x = IN(5, 5), y = sabir_log_prob(g, x, whole(SABIR_SHAPE(5), labels));
    const int got = out(y);
    CHECK(mixed(y), 1e-7, x);
    for (int r = 0; r < 5; r++)
        NEAR(at(got, r), r < 3 ? log_softmax(input_of(x)->data + 5 * r, 5, labels[r]) : 0, 1e-13, "row %d", r);
}

Test(losses, kl_divergence)
{
    const sabir_value p = IN(4, 3), q = IN(4, 3), y = sabir_kl_divergence(g, p, q);
    const int got = out(y), none = out(sabir_kl_divergence(g, p, p));
    CHECK(mixed(y), 1e-7, p, q);
    for (int r = 0; r < 4; r++) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            const double a = log_softmax(input_of(p)->data + 3 * r, 3, c), b = log_softmax(input_of(q)->data + 3 * r, 3, c);
            sum += exp(a) * (a - b);
        }
        NEAR(at(got, r), sum, 1e-13, "row %d", r);
        cr_assert_geq(at(got, r), 0);
        NEAR(at(none, r), 0, 1e-14, "of the same, row %d", r);
    }
}

Test(losses, binary_cross_entropy)
{
    const sabir_value x = IN(3, 4), t = sabir_sigmoid(g, IN(4)), far = sabir_mul(g, x, sabir_number(g, SABIR_F64, 2000));
    const int got = out(sabir_binary_cross_entropy(g, x, t)), share = out(t), finite = out(total(sabir_binary_cross_entropy(g, far, t)));
    CHECK(mixed(sabir_binary_cross_entropy(g, x, t)), 1e-7, x);
    for (int k = 0; k < 12; k++) {
        const double s = sigmoid(input_of(x)->data[k]), target = at(share, k % 4);
        NEAR(at(got, k), -target * log(s) - (1 - target) * log(1 - s), 1e-13, "element %d", k);
    }
    cr_assert(isfinite(at(finite, 0)));
}

Test(losses, focal_loss)
{
    static const double targets[] = {1, 0, 0, 1, 1, 0};
    const sabir_value x = IN(6), t = sabir_constant(g, SABIR_F64, SABIR_SHAPE(6), targets);
    const int balanced = out(sabir_focal_loss(g, x, t, 2, 0.25)), plain = out(sabir_focal_loss(g, x, t, 0, -1)), entropy = out(sabir_binary_cross_entropy(g, x, t));
    CHECK(mixed(sabir_focal_loss(g, x, t, 1.5, 0.25)), 1e-7, x);
    for (int k = 0; k < 6; k++) {
        const double s = sigmoid(input_of(x)->data[k]), p = targets[k] > 0 ? s : 1 - s;
        NEAR(at(balanced, k), -(targets[k] > 0 ? 0.25 : 0.75) * (1 - p) * (1 - p) * log(p), 1e-13, "element %d", k);
        NEAR(at(plain, k), at(entropy, k), 1e-14, "without focus, element %d", k);
    }
}

Test(losses, squared_error_and_huber)
{
    const sabir_value x = IN(4, 5), y = IN(5);
    const int squared = out(sabir_squared_error(g, x, y)), huber = out(sabir_huber_loss(g, x, y, 0.4));
    CHECK(mixed(sabir_add(g, sabir_squared_error(g, x, y), sabir_huber_loss(g, x, y, 0.4))), 1e-7, x, y);
    bool within = false, beyond = false;
    for (int k = 0; k < 20; k++) {
        const double r = input_of(x)->data[k] - input_of(y)->data[k % 5];
        NEAR(at(squared, k), r * r, 1e-14, "element %d", k);
        NEAR(at(huber, k), fabs(r) <= 0.4 ? r * r / 2 : 0.4 * (fabs(r) - 0.2), 1e-14, "element %d", k);
        within = within || fabs(r) <= 0.4;
        beyond = beyond || fabs(r) > 0.4;
    }
    cr_assert(within && beyond);
}

/* ---- Policies ---- */

static double limited(double x, double low, double high) { return fmin(fmax(x, low), high); }

Test(losses, policies)
{
    const sabir_value now = IN(16), before = IN(16), advantage = IN(16);
    const sabir_policy_attrs clipped = {SABIR_POLICY_CLIPPED, 0.1, 0.3}, weighted = {SABIR_POLICY_WEIGHTED, 0.1, 0.3}, plain = {SABIR_POLICY_PLAIN, 0, 0};
    const int values[] = {out(sabir_policy_loss(g, now, before, advantage, &clipped)), out(sabir_policy_loss(g, now, before, advantage, &weighted)),
                          out(sabir_policy_loss(g, now, before, advantage, &plain)), out(sabir_policy_loss(g, now, before, advantage, NULL))};
    run();
    for (int k = 0; k < 16; k++) {
        const double logarithm = input_of(now)->data[k], r = exp(logarithm - input_of(before)->data[k]), a = input_of(advantage)->data[k];
        NEAR(at(values[0], k), -fmin(r * a, limited(r, 0.9, 1.3) * a), 1e-14, "clipped, element %d", k);
        NEAR(at(values[1], k), -limited(r, 0.9, 1.3) * a * logarithm, 1e-14, "weighted, element %d", k);
        NEAR(at(values[2], k), -a * logarithm, 1e-14, "plain, element %d", k);
        NEAR(at(values[3], k), -fmin(r * a, limited(r, 0.8, 1.2) * a), 1e-14, "default, element %d", k);
    }
}

/* The gradient is that of the ratio where it is not clipped, and none where it is; of the weighted kind -clip(r) A; nothing for what was before. */
Test(losses, policy_gradients)
{
    const sabir_value now = IN(16), before = IN(16), advantage = IN(16), wrt[] = {now, before, advantage};
    sabir_value grads[3], weighted[3];
    const sabir_policy_attrs how = {SABIR_POLICY_WEIGHTED, 0.1, 0.3};
    MUST(sabir_grad(g, total(sabir_policy_loss(g, now, before, advantage, NULL)), wrt, 3, grads));
    MUST(sabir_grad(g, total(sabir_policy_loss(g, now, before, advantage, &how)), wrt, 3, weighted));
    const int slope = out(grads[0]), slope_weighted = out(weighted[0]), old = out(grads[1]), of_advantage = out(weighted[2]);
    run();
    for (int k = 0; k < 16; k++) {
        const double r = exp(input_of(now)->data[k] - input_of(before)->data[k]), a = input_of(advantage)->data[k];
        const bool is_clipped = a > 0 ? r > 1.2 : r < 0.8;
        NEAR(at(slope, k), is_clipped ? 0 : -r * a, 1e-13, "element %d", k);
        NEAR(at(slope_weighted, k), -limited(r, 0.9, 1.3) * a, 1e-13, "weighted, element %d", k);
        cr_assert_eq(at(old, k), 0);
        cr_assert_eq(at(of_advantage, k), 0);
    }
}

/* ---- The operator ---- */

Test(losses, softmax_losses_is_made_of_its_parts)
{
    static const int32_t labels[] = {2, 0, 6, -1};
    const sabir_softmax_losses_attrs attrs = {.smoothing = 0.2, .temperature = 0.7};
    const sabir_value x = IN(4, 5), w = IN(4), label = whole(SABIR_SHAPE(4), labels);
    sabir_value entropy, lse;
    const sabir_value loss = sabir_softmax_losses(g, x, label, w, &attrs, &entropy, &lse);
    const int values[] = {out(loss), out(entropy), out(lse)};
    CHECK(sabir_add(g, sabir_add(g, mixed(loss), mixed(entropy)), mixed(lse)), 1e-7, x, w);
    for (int r = 0; r < 4; r++) {
        double z[5], cross = 0, disorder = 0;
        for (int c = 0; c < 5; c++) z[c] = input_of(x)->data[5 * r + c] / 0.7;
        for (int c = 0; c < 5; c++) {
            const double logarithm = log_softmax(z, 5, c);
            cross -= ((c == labels[r] ? 0.8 : 0) + 0.2 / 5) * logarithm;
            disorder -= exp(logarithm) * logarithm;
        }
        NEAR(at(values[0], r), labels[r] >= 0 && labels[r] < 5 ? input_of(w)->data[r] * cross : 0, 1e-13, "loss of row %d", r);
        NEAR(at(values[1], r), disorder, 1e-13, "entropy of row %d", r);
        NEAR(at(values[2], r), z[0] - log_softmax(z, 5, 0), 1e-13, "log-sum-exp of row %d", r);
    }
}

/* A row of weight 0 is worth nothing, whatever stands in it. */
Test(losses, weight_of_zero_ignores_the_row)
{
    static const int32_t labels[] = {1, 1};
    const sabir_value x = IN(2, 3), w = IN(2), y = sabir_softmax_losses(g, x, whole(SABIR_SHAPE(2), labels), w, NULL, NULL, NULL);
    sabir_value gradient;
    MUST(sabir_grad(g, total(y), &x, 1, &gradient));
    const int loss = out(y), slope = out(gradient);
    input_of(w)->data[0] = 0;
    for (int c = 0; c < 3; c++) input_of(x)->data[c] = INFINITY;
    run();
    cr_assert_eq(at(loss, 0), 0);
    cr_assert_neq(at(loss, 1), 0);
    for (int c = 0; c < 3; c++) cr_assert_eq(at(slope, c), 0);
}

/* ---- Refusals ---- */

static void refused(sabir_value value, const char *part)
{
    cr_assert_eq(value.index, SABIR_NONE_INDEX);
    cr_assert_eq(sabir_graph_status(g), SABIR_INVALID_ARGUMENT);
    cr_assert(strstr(sabir_last_message(), part), "%s", sabir_last_message());
}

Test(losses, huber_needs_a_delta) { refused(sabir_huber_loss(g, IN(3), IN(3), 0), "huber_loss: delta is 0"); }
Test(losses, focus_needs_a_power) { refused(sabir_focal_loss(g, IN(3), IN(3), -1, 0.5), "focal_loss: gamma is -1"); }
Test(losses, policies_need_bounds)
{
    refused(sabir_policy_loss(g, IN(3), IN(3), IN(3), &(sabir_policy_attrs){SABIR_POLICY_CLIPPED, -0.5, 0}), "policy_loss: low is -0.5");
}
Test(losses, policies_are_of_a_kind)
{
    refused(sabir_policy_loss(g, IN(3), IN(3), IN(3), &(sabir_policy_attrs){(sabir_policy_kind)7, 0, 0}), "policy_loss: there is no kind 7");
}
Test(losses, softmax_has_a_temperature)
{
    static const int32_t labels[] = {1};
    refused(sabir_softmax_losses(g, IN(1, 3), whole(SABIR_SHAPE(1), labels), SABIR_NONE, &(sabir_softmax_losses_attrs){.temperature = -1}, NULL, NULL),
            "temperature is -1");
}
