/* One graph with every operator of the table in it: coverage, texts, copies, and every allocation failing in turn. suite: host */
#include "test_graph.h"

#include "support/fault.h"

/* Elementwise operators, from the table, on operands that their class takes. */
static void build_elementwise(void)
{
    static const sabir_type types[] = {[SBR_CLASS_FLOAT] = SABIR_F32,
                                       [SBR_CLASS_INT] = SABIR_I32,
                                       [SBR_CLASS_NUMBER] = SABIR_U8,
                                       [SBR_CLASS_ANY] = SABIR_BOOL,
                                       [SBR_CLASS_LOGIC] = SABIR_BOOL};
#define BUILD_1(name, x) sabir_##name(g, x)
#define BUILD_2(name, x) sabir_##name(g, x, x)
#define BUILD_3(name, x) sabir_##name(g, x, x, x)
#define EW(name, inputs, class, result, expression, tolerance, text) \
    (void)BUILD_##inputs(name, operand(types[SBR_CLASS_##class], SABIR_SHAPE(n)));
#define OP(name, least, most, outputs, attributes, flags, tolerance, text)
#include "graph/ops.def"
}

static void build_movement(void)
{
    const sabir_value x = V(F32, n, 4), index = V(I32, 3), part = V(F32, 3, 4),
                      parts[9] = {part, part, part, part, part, part, part, part, part};
    (void)sabir_cast(g, x, SABIR_F16);
    (void)sabir_select(g, V(BOOL, 4), x, x);
    (void)sabir_iota(g, SABIR_F32, SABIR_SHAPE(n), 0, 0.5, 2);
    (void)sabir_one_hot(g, index, n, SABIR_F32);
    (void)sabir_bernoulli(g, V(U32, 2), V0(F32), SABIR_SHAPE(n));
    (void)sabir_random(g, SABIR_RANDOM_GUMBEL, V(U32, 2), SABIR_F32, SABIR_SHAPE(3));
    (void)sabir_reshape(g, x, SABIR_SHAPE(-1));
    (void)sabir_transpose(g, x, SABIR_INTS(1, 0));
    (void)sabir_flip(g, x, SABIR_ALL_AXES);
    (void)sabir_broadcast(g, x, SABIR_SHAPE(m, n, 4));
    (void)sabir_diagonal(g, V(F32, n, m));
    (void)sabir_diagonal_embed(g, x);
    (void)sabir_dynamic_slice(g, x, V(I32, 2), SABIR_SHAPE(1, 4));
    (void)sabir_update(g, x, V(F32, 1, 4), V(I32, 2));
    (void)sabir_pad(g, x, SABIR_INTS(1, 2), SABIR_INTS(3, 4), SABIR_PAD_CONSTANT, 5);
    (void)sabir_concat(g, parts, 9, 0);
    (void)sabir_roll(g, x, SABIR_INTS(1), SABIR_INTS(0));
    (void)sabir_take_along(g, V(F32, 5), index, 0);
    (void)sabir_scatter_set(g, x, index, part, 0);
    (void)sabir_scatter_add(g, x, index, part, 0);
    (void)sabir_scatter_max(g, x, index, part, 0);
    (void)sabir_unfold(g, x, 1, 2, 1);
    (void)sabir_overlap_add(g, V(F32, 3, 4), 0, 2, 8);
    (void)sabir_resize(g, x, SABIR_SHAPE(n, 8), SABIR_RESIZE_LINEAR);
    (void)sabir_resize_adjoint(g, x, SABIR_SHAPE(n, 8), SABIR_RESIZE_LINEAR);
}

static void build_attention(void)
{
    const sabir_attention_operands operands = {.q = V(F32, 2, 4, n, 8), .k = V(F32, 2, m, 8), .v = V(F32, 2, m, 5), .bias = V(F32, n, m)};
    const sabir_attention_attrs attrs = {.window = 9, .causal = 1};
    sabir_value lse, entropy, total;
    const sabir_value out = sabir_attention(g, &operands, &attrs, &lse);
    (void)sabir_attention_gradient(g, &operands, &attrs, out, lse, out, SABIR_NONE, NULL, NULL);
    (void)sabir_attention_bias_gradient(g, &operands, &attrs, out, lse, out, lse);
    const sabir_value logits = V(F16, n, 7), labels = V(I32, n), loss = sabir_softmax_losses(g, logits, labels, SABIR_NONE, NULL, &entropy, &total);
    (void)sabir_softmax_losses_gradient(g, logits, labels, SABIR_NONE, &(sabir_softmax_losses_attrs){.smoothing = 0.1}, entropy, total, loss, SABIR_NONE);
}

static void build_the_rest(void)
{
    const sabir_value x = V(F32, n, 4), labels = V(I32, n), image = V(F32, 2, 4, 8), rows = V(I32, 3);
    static const char *const reductions[] = {"sum", "mean", "prod", "max", "min"};
    for (int i = 0; i < 5; i++) (void)sabir_reduce(g, reductions[i], x, &(sabir_reduce_attrs){.axes = SABIR_INTS(1), .keep = 1});
    (void)sabir_argmax(g, x, 0);
    (void)sabir_argmin(g, x, 0);
    (void)sabir_cumsum(g, x, &(sabir_cumsum_attrs){1, 1, 1});
    sabir_value sorted;
    (void)sabir_sort_by_key(g, x, x, &sorted);
    (void)sabir_top_k(g, x, 2, NULL);
    (void)sabir_compact(g, V(BOOL, n), 5, NULL, NULL);
    (void)sabir_histogram(g, labels, 10);
    (void)sabir_matmul_transposed(g, x, x, 0, 1);
    (void)sabir_conv(g, image, V(F32, 6, 4, 3), V(F32, 6), &(sabir_conv_attrs){.periodic = 1, .before = {1}});
    (void)sabir_conv_transpose(g, image, V(F32, 4, 6, 3), SABIR_NONE, NULL);
    (void)sabir_max_pool(g, image, &(sabir_pool_attrs){.window = {2}});
    (void)sabir_avg_pool(g, image, NULL);
    (void)sabir_softmax(g, x, -1);
    (void)sabir_log_softmax(g, x, -1);
    (void)sabir_layer_norm(g, x, SABIR_NONE, SABIR_NONE, 1e-5);
    (void)sabir_rms_norm(g, x, V(F32, 4), 1e-5);
    (void)sabir_group_norm(g, x, SABIR_NONE, SABIR_NONE, 2, 1e-5);
    (void)sabir_rope(g, x, labels, 10000, 2);
    (void)sabir_cross_entropy(g, x, labels);
    build_attention();
    (void)sabir_stencil(g, x, V(F32, 3), SABIR_NONE, &(sabir_stencil_attrs){.axes = 1, .boundary = {SABIR_BOUNDARY_DIRICHLET}, .value = {2}});
    (void)sabir_fft_scaled(g, V(F32, n, 4, 2), &(sabir_fft_attrs){SABIR_INTS(1), 1, 2});
    (void)sabir_tridiagonal_with(g, x, x, x, x, &(sabir_tridiagonal_attrs){1, 1});
    (void)sabir_interpolate(g, x, V(F32, n, 1, 3), &(sabir_interpolate_attrs){.axes = 1, .derivative = {1}});
    (void)sabir_segment_sum(g, x, rows);
    (void)sabir_segment_mean(g, x, rows);
    (void)sabir_segment_max(g, x, rows);
    (void)sabir_spmm(g, rows, labels, SABIR_NONE, x);
    (void)sabir_segment_min(g, x, rows);
    (void)sabir_segment_softmax(g, x, rows);
    (void)sabir_segment_ids(g, rows, n);
    (void)sabir_sddmm(g, rows, labels, V(F32, 2, 4), x);
    sabir_value groups;
    (void)sabir_group_by(g, labels, 5, SABIR_NONE, NULL, &groups, NULL);
    const sabir_value grouped = sabir_grouped_matmul(g, x, V(F32, 5, 6, 4), groups, 1);
    (void)sabir_grouped_outer(g, x, grouped, groups);
}

static void build_state(void)
{
    static const float data[12] = {1, 2, 3};
    const sabir_value w = sabir_variable(g, "weights", SABIR_F32, SABIR_SHAPE(3, 4)), rate = sabir_scalar(g, "rate", SABIR_F32);
    const sabir_value c = sabir_constant(g, SABIR_F32, SABIR_SHAPE(3, 4), data), full = sabir_full(g, SABIR_F32, SABIR_SHAPE(3, 4), 2);
    (void)sabir_dim_value(g, sabir_dim_product(g, n, sabir_dim_affine(g, m, 2, 1)));
    sabir_value carried, result;
    sabir_loop_begin(g, 7, &c, 1, &carried);
    const sabir_value next = sabir_mul(g, sabir_add(g, carried, full), rate);
    const sabir_value going = sabir_less(g, sabir_sum(g, next, SABIR_ALL_AXES), rate);
    sabir_output(g, "count", sabir_loop_end(g, &next, 1, going, &result));
    sabir_assign(g, w, result);
}

static sabir_status no_gradient(void *user, sabir_graph *graph, const sabir_value *inputs, uint32_t input_count, const sabir_value *outputs,
                                const sabir_value *output_grads, uint32_t output_count, sabir_value *input_grads)
{
    (void)user, (void)graph, (void)inputs, (void)input_count, (void)outputs, (void)output_grads, (void)output_count, (void)input_grads;
    return SABIR_OK;
}

static void build_aliases(void)
{
    const sabir_value x = V(F32, 3, n), y = sabir_stop_gradient(g, x);
    sabir_value same;
    cr_assert_eq(sabir_custom_gradient(g, &x, 1, &y, 1, no_gradient, NULL, &same), sabir_graph_status(g));
    (void)sbr_add_2(g, SBR_OP_after, same, V0(I32), NULL);
}

static void build_everything(void)
{
    build_elementwise();
    build_movement();
    build_the_rest();
    build_state();
    build_aliases();
}

TestSuite(table, .init = open_graph, .fini = close_graph);

Test(table, every_operator_is_built_and_printed)
{
    bool seen[SBR_OP_COUNT] = {false};
    build_everything();
    cr_assert_eq(sabir_graph_status(g), SABIR_OK, "%s", sabir_last_message());
    for (uint32_t i = 0; i < g->nodes.count; i++) seen[g->nodes.data[i].op] = true;
    for (int op = 0; op < SBR_OP_COUNT; op++) cr_assert(seen[op], "%s is in no test", sbr_ops[op].name);
    char *text = NULL;
    cr_assert_eq(sabir_graph_text(g, &text), SABIR_OK);
    cr_assert(strstr(text, " = pad(%"));
    cr_assert(strstr(text, "before=[1, 2] after=[3, 4] constant value=5"));
    cr_assert(strstr(text, "trips=7 carried=1 conditional"));
    cr_assert(strstr(text, "  %"));
    sabir_string_free(context, text);
    cr_assert_eq(sabir_graph_dot(g, &text), SABIR_OK);
    sabir_string_free(context, text);
}

Test(table, rows_are_complete)
{
    for (int op = 0; op < SBR_OP_COUNT; op++) {
        const sbr_op_info *info = &sbr_ops[op];
        cr_assert(info->name && info->text && info->shape && info->attrs_size, "%d", op);
        cr_assert_eq((int)sbr_op_find(info->name), op);
        cr_assert_eq((info->flags & SBR_ELEMENTWISE) != 0, info->expression != NULL);
    }
    cr_assert_eq(sbr_op_find("nothing"), SBR_OP_COUNT);
    cr_assert_eq(sbr_op_find(NULL), SBR_OP_COUNT);
}

Test(table, operands_precede_their_readers)
{
    build_everything();
    for (uint32_t i = 0; i < g->nodes.count; i++)
        for (uint32_t k = 0; k < g->nodes.data[i].input_count; k++) cr_assert_lt(g->values.data[g->nodes.data[i].inputs[k]].node, i);
}

Test(table, plain_graphs_know_the_dims)
{
    const sabir_extent product = sabir_dim_product(g, n, m);
    const sabir_allocator allocator = sbr_allocator_or_default((sabir_allocator){0});
    sabir_graph *plain;
    cr_assert_eq(sbr_graph_create_plain(&allocator, g, &plain), SABIR_OK);
    const sabir_shape shape = SABIR_SHAPE(n, m);
    sabir_value x = sbr_add_leaf(plain, SBR_OP_input, "x", SABIR_F32, &shape, NULL);
    sabir_graph_destroy(g);
    g = plain;
    cr_assert_eq(sabir_value_shape(sabir_reshape(g, x, SABIR_SHAPE(-1))).extents[0], product);
    IS("f32[n*m]", sabir_reshape(g, x, SABIR_SHAPE(product)));
    (void)sbr_add_node(g, SBR_OP_input, NULL, 0, NULL);
    cr_assert_eq(sabir_graph_status(g), SABIR_INTERNAL);
}

static uint64_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* Attributes as a careless or hostile caller could fill them in: whatever they say, a rule answers with a status. */
static void draw_attrs(uint64_t *state, unsigned char *attrs, size_t size)
{
    static const int64_t wide[] = {0, 1, 2, 3, -1, 4, 8, INT64_MAX, INT64_MIN, INT32_MAX, 1000000007};
    const uint64_t words = draw(state) % 3;
    for (size_t at = 0; at + 4 <= size;) {
        int64_t value = wide[draw(state) % (words == 2 ? 4 : SBR_COUNT(wide))];
        if (draw(state) % 16 == 0) value = n;
        const double real = (double)value / 2;
        const size_t bytes = words == 0 || at + 8 > size ? 4 : 8;
        memcpy(attrs + at, draw(state) % 8 == 0 && bytes == 8 ? (const void *)&real : (const void *)&value, bytes);
        at += bytes;
    }
}

Test(table, any_attributes_and_operands_give_a_status, .timeout = 60)
{
    static const sabir_type types[] = {SABIR_F32, SABIR_I32, SABIR_BOOL, SABIR_U32, SABIR_I64, SABIR_F16};
    uint64_t state = 7;
    uint32_t built = 0, refused = 0;
    for (int round = 0; round < 400; round++) {
        sabir_value pool[12];
        for (int i = 0; i < 12; i++) {
            sabir_shape shape = {.rank = (int32_t)(draw(&state) % 6)};
            const sabir_extent extents[] = {0, 1, 2, 3, 4, 4, 3, n, m};
            for (int32_t k = 0; k < shape.rank; k++) shape.extents[k] = extents[draw(&state) % SBR_COUNT(extents)];
            pool[i] = operand(types[draw(&state) % (i < 6 ? 2 : SBR_COUNT(types))], shape);
        }
        for (int op = 0; op < SBR_OP_COUNT; op++) {
            _Alignas(16) unsigned char attrs[1024] = {0};
            const sbr_op_info *info = &sbr_ops[op];
            if (((info->flags & (SBR_LEAF | SBR_REGION)) && op != SBR_OP_dim_value) || op == SBR_OP_custom_gradient) continue;
            cr_assert_leq(info->attrs_size, sizeof attrs);
            draw_attrs(&state, attrs, info->attrs_size);
            sabir_value inputs[12];
            for (int i = 0; i < 12; i++) inputs[i] = pool[draw(&state) % 12];
            const uint32_t enough = info->least > 4 ? info->least : 4, most = info->most < enough ? info->most : enough;
            cr_assert_leq(most, 12);
            (void)sbr_add_node(g, (sbr_op)op, inputs, info->least + (uint32_t)draw(&state) % (most - info->least + 1), attrs);
            if (g->status == SABIR_OK) built++;
            else {
                cr_assert_neq(g->status, SABIR_INTERNAL, "%s", g->message);
                cr_assert(strchr(g->message, ':'));
                g->status = SABIR_OK; /* on with the same graph */
                refused++;
            }
        }
        char *text = NULL;
        cr_assert_eq(sabir_graph_text(g, &text), SABIR_OK);
        sabir_string_free(context, text);
        sabir_graph_destroy(g);
        open_graph();
    }
    cr_assert(built > 2000 && refused > 2000, "%u built, %u refused", built, refused);
}

/* A graph and its texts, from a context that allocates through memory. */
static sabir_status build_with(fault_memory *memory)
{
    char *text = NULL;
    sabir_graph *plain = NULL;
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.allocator = fault_allocator(memory);
    sabir_context *local = NULL;
    sabir_status status = sabir_context_create(&options, &local);
    operands = 0;
    if (status == SABIR_OK) status = sabir_graph_create(local, &g);
    if (status == SABIR_OK) {
        n = sabir_dim_create(g, "n", 1, 100);
        m = sabir_dim_create(g, "m", 2, 50);
        build_everything();
        status = sabir_graph_status(g);
        if (status == SABIR_OK) status = sabir_graph_text(g, &text);
        if (status == SABIR_OK) status = sbr_graph_create_plain(&g->allocator, g, &plain);
        if (status != SABIR_OK) cr_assert(strlen(sabir_last_message()) > 0);
        sabir_string_free(local, text);
        sabir_graph_destroy(plain);
        sabir_graph_destroy(g);
    }
    g = NULL;
    sabir_context_release(local);
    return status;
}

Test(table_memory, nth_allocation_failing_is_a_status_and_no_leak, .timeout = 60)
{
    fault_memory memory = FAULT_MEMORY;
    cr_assert_eq(build_with(&memory), SABIR_OK, "%s", sabir_last_message());
    cr_assert_eq(memory.live_blocks, 0);
    const uint64_t requests = memory.requests;
    cr_assert_gt(requests, 20);
    for (uint64_t i = 1; i <= 2 * requests; i++) {
        fault_memory_fail_nth(&memory, (i + 1) / 2, i % 2 == 0);
        const sabir_status status = build_with(&memory);
        cr_assert_eq(status, SABIR_OUT_OF_MEMORY, "request %llu: %s: %s", (unsigned long long)i, sabir_status_name(status),
                     sabir_last_message());
        cr_assert_eq(memory.live_blocks, 0, "request %llu", (unsigned long long)i);
        cr_assert_eq(memory.bad_releases, 0);
    }
}
