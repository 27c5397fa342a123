#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { WIDTH = 24, HEADS = 2, TOKENS = 16, ROUNDS = 2, SPECIALISTS = 4, CHOSEN = 2, STEPS = 4, COARSE_ROWS = 18, COARSE_COLUMNS = 36, PERSISTING = 4 };

/* What the building functions share. */
typedef struct builder {
    sabir_graph *g;
    const winds *w;
    const sphere *s;
    int batch;
    unsigned families;
    sabir_params *params;
    sabir_value balance; /* sum of the losses that balance the experts */
} builder;

static sabir_value f32(const builder *b, sabir_shape shape, const float *data) { return sabir_constant(b->g, SABIR_F32, shape, data); }
static sabir_value number(const builder *b, double value) { return sabir_number(b->g, SABIR_F32, value); }
static sabir_value scaled(const builder *b, sabir_value x, double factor) { return sabir_mul(b->g, x, number(b, factor)); }

/* Layer norm with a scale and a shift of its own. */
static sabir_value norm(const builder *b, const char *name, sabir_value x)
{
    sabir_params_enter(b->params, name, -1);
    const sabir_value scale = sabir_param(b->params, "scale", SABIR_SHAPE(WIDTH), (sabir_init){.kind = SABIR_INIT_ONES});
    const sabir_value shift = sabir_param(b->params, "shift", SABIR_SHAPE(WIDTH), (sabir_init){.kind = SABIR_INIT_ZEROS});
    sabir_params_leave(b->params);
    return sabir_layer_norm(b->g, x, scale, shift, 1e-5);
}

/* ---- Sparse matrices, one block for each month of the batch ---- */

typedef struct blocks { sabir_value rows, columns, values; } blocks;

static sabir_value block_constant(const builder *b, const int32_t *data, int count, int step, int leading)
{
    int32_t *all = malloc(((size_t)leading + (size_t)count * (size_t)b->batch) * sizeof *all);
    if (!all) return SABIR_NONE;
    if (leading) all[0] = 0;
    for (int k = 0; k < b->batch; k++)
        for (int i = 0; i < count; i++) all[leading + k * count + i] = data[i + leading] + k * step;
    const sabir_value value = sabir_constant(b->g, SABIR_I32, SABIR_SHAPE(leading + count * b->batch), all);
    free(all);
    return value;
}

static blocks block_matrix(const builder *b, const int32_t *rows, const int32_t *columns, const float *values, int row_count, int column_count)
{
    const int entries = rows[row_count];
    blocks m = {.rows = block_constant(b, rows, row_count, entries, 1), .columns = block_constant(b, columns, entries, column_count, 0), .values = SABIR_NONE};
    if (!values) return m;
    sabir_value copies[MODEL_MOST_BATCH];
    for (int k = 0; k < b->batch; k++) copies[k] = f32(b, SABIR_SHAPE(entries), values);
    m.values = sabir_concat(b->g, copies, (uint32_t)b->batch, 0);
    return m;
}

static sabir_value tiled(const builder *b, sabir_value x)
{
    sabir_value copies[MODEL_MOST_BATCH];
    for (int k = 0; k < b->batch; k++) copies[k] = x;
    return sabir_concat(b->g, copies, (uint32_t)b->batch, 0);
}

/* ---- Persistence: a coarse map of coefficients, interpolated ---- */

/* [FIELDS, CELLS], everywhere `first` to begin with. */
static sabir_value map_of(const builder *b, const char *name, double first)
{
    const sabir_value change = sabir_param(b->params, name, SABIR_SHAPE(FIELDS, COARSE_ROWS, COARSE_COLUMNS), (sabir_init){.kind = SABIR_INIT_ZEROS});
    const sabir_value coarse = sabir_add(b->g, change, number(b, first));
    return sabir_reshape(b->g, sabir_resize(b->g, coarse, SABIR_SHAPE(FIELDS, ROWS, COLUMNS), SABIR_RESIZE_LINEAR), SABIR_SHAPE(FIELDS, CELLS));
}

/* inputs' first channels are the anomalies that may persist: of the last month, the one before, of 3 and of 12 months. */
static sabir_value persistence(const builder *b, sabir_value inputs)
{
    static const double first[PERSISTING] = {.3, 0, 0, .2};
    const sabir_value history = sabir_reshape(b->g, sabir_narrow(b->g, inputs, 1, 0, PERSISTING * FIELDS), SABIR_SHAPE(b->batch, PERSISTING, FIELDS, CELLS));
    sabir_value sum = SABIR_NONE;
    for (int k = 0; k < PERSISTING; k++) {
        char name[32];
        snprintf(name, sizeof name, "persistence%d", k);
        const sabir_value anomaly = sabir_reshape(b->g, sabir_narrow(b->g, history, 1, k, 1), SABIR_SHAPE(b->batch, FIELDS, CELLS));
        const sabir_value part = sabir_mul(b->g, anomaly, map_of(b, name, first[k]));
        sum = k ? sabir_add(b->g, sum, part) : part;
    }
    return sum;
}

/* ---- Transport on the sphere ---- */

/* Neighbours of a field [batch, FIELDS, ROWS, COLUMNS]: the globe closes along a row, and ends at the poles. */
static sabir_value east_of(const builder *b, sabir_value x) { return sabir_roll(b->g, x, SABIR_INTS(-1), SABIR_INTS(3)); }
static sabir_value west_of(const builder *b, sabir_value x) { return sabir_roll(b->g, x, SABIR_INTS(1), SABIR_INTS(3)); }

static sabir_value shifted(const builder *b, sabir_value x, int64_t before, int64_t after, int64_t start)
{
    const sabir_value wide = sabir_pad(b->g, x, SABIR_INTS(0, 0, before, 0), SABIR_INTS(0, 0, after, 0), SABIR_PAD_EDGE, 0);
    return sabir_narrow(b->g, wide, 2, start, ROWS);
}
static sabir_value north_of(const builder *b, sabir_value x) { return shifted(b, x, 0, 1, 1); }
static sabir_value south_of(const builder *b, sabir_value x) { return shifted(b, x, 1, 0, 0); }

typedef struct currents { sabir_value east, north, diffusion; } currents; /* cells a step */

/* What is left after one step of advection (centred) and diffusion (five points). */
static sabir_value step(const builder *b, const currents *c, sabir_value q)
{
    sabir_graph *g = b->g;
    const sabir_value east = east_of(b, q), west = west_of(b, q), north = north_of(b, q), south = south_of(b, q);
    const sabir_value carried = sabir_add(g, sabir_mul(g, c->east, sabir_sub(g, east, west)), sabir_mul(g, c->north, sabir_sub(g, north, south)));
    const sabir_value around = sabir_add(g, sabir_add(g, east, west), sabir_add(g, north, south));
    const sabir_value spread = sabir_mul(g, c->diffusion, sabir_sub(g, around, scaled(b, q, 4)));
    return sabir_add(g, sabir_sub(g, q, carried), spread);
}

/* Half the Courant number of the climatological wind times a learned speed; towards the poles cells are narrower, but not beyond 80 degrees. */
static currents currents_of(const builder *b, sabir_value climatology)
{
    float narrow[ROWS];
    for (int j = 0; j < ROWS; j++) narrow[j] = (float)(.01 / fmax(.15, (double)b->w->weight[j]));
    sabir_graph *g = b->g;
    const sabir_value speed = sabir_param(b->params, "speed", SABIR_SHAPE(FIELDS), (sabir_init){.kind = SABIR_INIT_ZEROS});
    const sabir_value ease = sabir_param(b->params, "diffusion", SABIR_SHAPE(FIELDS, ROWS, 1), (sabir_init){.kind = SABIR_INIT_ZEROS});
    const sabir_value wind = sabir_reshape(g, climatology, SABIR_SHAPE(b->batch, FIELDS, ROWS, COLUMNS));
    const sabir_value wide = f32(b, SABIR_SHAPE(ROWS, 1), narrow);
    return (currents){
        .east = sabir_mul(g, sabir_mul(g, sabir_narrow(g, wind, 1, 0, 1), wide), sabir_narrow(g, speed, 0, 0, 1)),
        .north = sabir_mul(g, scaled(b, sabir_narrow(g, wind, 1, 1, 1), .01), sabir_narrow(g, speed, 0, 1, 1)),
        .diffusion = scaled(b, sabir_sigmoid(g, sabir_sub(g, ease, number(b, 2))), .2),
    };
}

static sabir_value transported(const builder *b, sabir_value anomaly, sabir_value climatology)
{
    const currents c = currents_of(b, climatology);
    const sabir_value first = sabir_reshape(b->g, anomaly, SABIR_SHAPE(b->batch, FIELDS, ROWS, COLUMNS));
    sabir_value q, last;
    sabir_loop_begin(b->g, STEPS, &first, 1, &q);
    const sabir_value next = step(b, &c, q);
    sabir_loop_end(b->g, &next, 1, SABIR_NONE, &last);
    return sabir_reshape(b->g, last, SABIR_SHAPE(b->batch, FIELDS, CELLS));
}

/* ---- Messages along the edges of the multi-mesh ---- */

/* What a node hears is a sum over its edges of silu(sender's part + receiver's part + edge's part): one kernel, without an array of edges by channels
 * where the device fuses. */
static sabir_value messages(const builder *b, sabir_value nodes)
{
    sabir_graph *g = b->g;
    const sabir_linear_options plain = {.size = sizeof plain, .no_bias = 1};
    const blocks edges = block_matrix(b, b->s->edge_rows, b->s->edge_from, NULL, NODES, NODES);
    const sabir_value to = block_constant(b, b->s->edge_to, EDGES, NODES, 0), shape = f32(b, SABIR_SHAPE(EDGES, EDGE_INPUTS), &b->s->edge_inputs[0][0]);
    const sabir_value x = norm(b, "norm", nodes);
    const sabir_value sent = sabir_linear(b->params, "send", x, WIDTH, &plain), met = sabir_linear(b->params, "receive", x, WIDTH, &plain);
    const sabir_value along = tiled(b, sabir_linear(b->params, "edge", shape, WIDTH, NULL));
    const sabir_value heard = sabir_silu(g, sabir_add(g, sabir_add(g, sabir_gather(g, sent, edges.columns, 0), sabir_gather(g, met, to, 0)), along));
    const sabir_value sum = scaled(b, sabir_segment_sum(g, heard, edges.rows), 1.0 / 6);
    return sabir_add(g, nodes, sabir_linear(b->params, "update", sabir_concat(g, (sabir_value[]){x, sum}, 2, 1), WIDTH, NULL));
}

/* ---- Attention between nodes ---- */

/* [batch * n, WIDTH] -> [batch, HEADS, n, WIDTH / HEADS] and back. */
static sabir_value to_heads(const builder *b, sabir_value x, int n)
{
    return sabir_transpose(b->g, sabir_reshape(b->g, x, SABIR_SHAPE(b->batch, n, HEADS, WIDTH / HEADS)), SABIR_INTS(0, 2, 1, 3));
}
static sabir_value from_heads(const builder *b, sabir_value x, int n)
{
    return sabir_reshape(b->g, sabir_transpose(b->g, x, SABIR_INTS(0, 2, 1, 3)), SABIR_SHAPE(b->batch * n, WIDTH));
}

/* to + what `to` finds in `from`. rows, columns: which sees which; absent: each sees all. */
static sabir_value attend(const builder *b, const char *name, sabir_value to, int queries, sabir_value from, int keys, sabir_value rows, sabir_value columns)
{
    const sabir_linear_options plain = {.size = sizeof plain, .no_bias = 1};
    sabir_params_enter(b->params, name, -1);
    const sabir_value seen = norm(b, "norm_keys", from);
    const sabir_attention_operands operands = {
        .q = to_heads(b, sabir_linear(b->params, "query", norm(b, "norm_queries", to), WIDTH, &plain), queries),
        .k = to_heads(b, sabir_linear(b->params, "key", seen, WIDTH, &plain), keys),
        .v = to_heads(b, sabir_linear(b->params, "value", seen, WIDTH, &plain), keys),
        .rows = rows,
        .columns = columns,
    };
    const sabir_value found = from_heads(b, sabir_attention(b->g, &operands, NULL, NULL), queries);
    const sabir_value result = sabir_add(b->g, to, sabir_linear(b->params, "out", found, WIDTH, NULL));
    sabir_params_leave(b->params);
    return result;
}

/* Each node and the nodes within two edges of it. */
static sabir_value local_attention(const builder *b, sabir_value nodes)
{
    const int32_t *rows = b->s->window_rows;
    return attend(b, "local", nodes, NODES, nodes, NODES, sabir_constant(b->g, SABIR_I32, SABIR_SHAPE(NODES + 1), rows),
                  sabir_constant(b->g, SABIR_I32, SABIR_SHAPE(rows[NODES]), b->s->window_columns));
}

/* A few tokens gather what there is on the globe, and every node reads them. */
static sabir_value global_attention(const builder *b, sabir_value nodes)
{
    const sabir_value absent = {0};
    const sabir_value tokens = tiled(b, sabir_param(b->params, "tokens", SABIR_SHAPE(TOKENS, WIDTH), (sabir_init){.kind = SABIR_INIT_NORMAL, .scale = .1}));
    const sabir_value gathered = attend(b, "gather", tokens, TOKENS, nodes, NODES, absent, absent);
    return attend(b, "read", nodes, NODES, gathered, TOKENS, absent, absent);
}

/* ---- Experts ---- */

static sabir_value experts(builder *b, sabir_value nodes)
{
    sabir_graph *g = b->g;
    const sabir_init weight = {.kind = SABIR_INIT_XAVIER, .inputs = WIDTH, .outputs = 2 * WIDTH};
    const sabir_value x = norm(b, "norm", nodes);
    sabir_route_options options = SABIR_ROUTE_OPTIONS;
    options.weights = sabir_param(b->params, "gate", SABIR_SHAPE(WIDTH, SPECIALISTS), (sabir_init){.kind = SABIR_INIT_XAVIER});
    options.k = CHOSEN;
    sabir_routing routing;
    sabir_route(g, x, &options, &routing);
    const sabir_value up = sabir_param(b->params, "up", SABIR_SHAPE(SPECIALISTS, WIDTH, 2 * WIDTH), weight);
    const sabir_value down = sabir_param(b->params, "down", SABIR_SHAPE(SPECIALISTS, 2 * WIDTH, WIDTH), weight);
    const sabir_value hidden = sabir_silu(g, sabir_grouped_matmul(g, sabir_dispatch(g, &routing, x), up, routing.groups, 0));
    const sabir_value rows = sabir_grouped_matmul(g, hidden, down, routing.groups, 0);
    b->balance = sabir_add(g, b->balance, sabir_add(g, scaled(b, routing.balance_loss, .01), scaled(b, routing.z_loss, .001)));
    return sabir_add(g, nodes, sabir_combine(g, &routing, rows));
}

/* ---- The whole ---- */

static sabir_value rounds(builder *b, sabir_value nodes)
{
    for (int r = 0; r < ROUNDS; r++) {
        sabir_params_enter(b->params, "round", r);
        if (b->families & MESSAGES) {
            sabir_params_enter(b->params, "messages", -1);
            nodes = messages(b, nodes);
            sabir_params_leave(b->params);
        }
        if (b->families & ATTENTION) nodes = r % 2 ? global_attention(b, nodes) : local_attention(b, nodes);
        if (b->families & EXPERTS) {
            sabir_params_enter(b->params, "experts", -1);
            nodes = experts(b, nodes);
            sabir_params_leave(b->params);
        }
        sabir_params_leave(b->params);
    }
    return nodes;
}

/* Channels of each cell: inputs, the transported anomaly, where the cell is. */
static sabir_value encoded(const builder *b, sabir_value inputs, sabir_value anomaly)
{
    sabir_graph *g = b->g;
    const sabir_value place = sabir_broadcast(g, f32(b, SABIR_SHAPE(1, 3, CELLS), &b->s->cell[0][0]), SABIR_SHAPE(b->batch, 3, CELLS));
    const sabir_value all = sabir_concat(g, (sabir_value[]){inputs, anomaly, place}, 3, 1);
    const sabir_value cells = sabir_reshape(g, sabir_transpose(g, all, SABIR_INTS(0, 2, 1)), SABIR_SHAPE(b->batch * CELLS, INPUTS + FIELDS + 3));
    return sabir_mlp(b->params, "encode", cells, (const int64_t[]){WIDTH, WIDTH}, 2, SABIR_ACTIVATION_SILU);
}

/* [batch * CELLS, WIDTH] twice -> [batch, FIELDS, CELLS]; 0 to begin with. */
static sabir_value decoded(const builder *b, sabir_value cells, sabir_value heard)
{
    sabir_graph *g = b->g;
    const sabir_value both = sabir_concat(g, (sabir_value[]){cells, heard}, 2, 1);
    const sabir_value hidden = sabir_silu(g, sabir_linear(b->params, "decode", both, WIDTH, NULL));
    const sabir_value weight = sabir_param(b->params, "correction", SABIR_SHAPE(WIDTH, FIELDS), (sabir_init){.kind = SABIR_INIT_ZEROS});
    return sabir_transpose(g, sabir_reshape(g, sabir_matmul(g, hidden, weight), SABIR_SHAPE(b->batch, CELLS, FIELDS)), SABIR_INTS(0, 2, 1));
}

static sabir_value forecast(builder *b, const model *m)
{
    sabir_graph *g = b->g;
    const sphere *s = b->s;
    sabir_value persisting = persistence(b, m->inputs), anomaly = sabir_narrow(g, m->inputs, 1, 0, FIELDS);
    if (b->families & TRANSPORT) {
        anomaly = transported(b, anomaly, m->climatology);
        persisting = sabir_add(g, persisting, sabir_mul(g, anomaly, map_of(b, "transported", 0)));
    }
    const sabir_value cells = encoded(b, m->inputs, anomaly);
    const blocks pool = block_matrix(b, s->pool_rows, s->pool_columns, s->pool_values, NODES, CELLS);
    const blocks spread = block_matrix(b, s->spread_rows, s->spread_columns, s->spread_values, CELLS, NODES);
    const sabir_value nodes = rounds(b, sabir_spmm(g, pool.rows, pool.columns, pool.values, cells));
    return sabir_add(g, persisting, decoded(b, cells, sabir_spmm(g, spread.rows, spread.columns, spread.values, nodes)));
}

/* Mean over months and fields, weighted by the area of cells. */
static sabir_value weighted_error(const builder *b, const model *m)
{
    static float weight[CELLS];
    double sum = 0;
    for (int k = 0; k < CELLS; k++) sum += (double)b->w->weight[k / COLUMNS];
    for (int k = 0; k < CELLS; k++) weight[k] = (float)((double)b->w->weight[k / COLUMNS] / sum / FIELDS / b->batch);
    const sabir_value square = sabir_square(b->g, sabir_sub(b->g, m->anomaly, m->target));
    return sabir_sum(b->g, sabir_mul(b->g, square, f32(b, SABIR_SHAPE(CELLS), weight)), SABIR_ALL_AXES);
}

void model_build(sabir_graph *g, const winds *w, const sphere *s, const model_options *options, model *m)
{
    sabir_params_options given = SABIR_PARAMS_OPTIONS;
    given.seed = options->seed;
    *m = (model){0};
    if (options->batch < 1 || options->batch > MODEL_MOST_BATCH || sabir_params_create(g, &given, &m->params) != SABIR_OK) return;
    builder b = {.g = g, .w = w, .s = s, .batch = options->batch, .families = options->families, .params = m->params, .balance = sabir_number(g, SABIR_F32, 0)};
    const sabir_extent n = sabir_dim_create(g, "n", 1, MONTHS);
    const sabir_value months = sabir_input(g, "months", SABIR_I32, SABIR_SHAPE(options->batch));
    m->inputs = sabir_gather(g, sabir_input(g, "inputs", SABIR_F32, SABIR_SHAPE(n, INPUTS, CELLS)), months, 0);
    m->climatology = sabir_gather(g, sabir_input(g, "climatology", SABIR_F32, SABIR_SHAPE(n, FIELDS, CELLS)), months, 0);
    m->target = sabir_gather(g, sabir_input(g, "target", SABIR_F32, SABIR_SHAPE(n, FIELDS, CELLS)), months, 0);
    m->anomaly = forecast(&b, m);
    m->error = weighted_error(&b, m);
    m->loss = sabir_add(g, m->error, b.balance);
}
