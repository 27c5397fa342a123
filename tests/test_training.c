/* suite: device, timeout: 600
 * Training on devices: a small convolutional network with AdamW, clipping and a schedule. Two runs give the same bits; three steps, a checkpoint and three
 * more give the bits of six; devices agree with the reference; 16-bit storage learns; the step's memory is near its lower bound and nothing is compiled,
 * allocated or recorded again after the first step. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/devices.h"

enum { BATCH = 24, SIDE = 12, CLASSES = 4, MOST_STEPS = 40 };

typedef struct setting {
    sabir_type type;        /* of the parameters */
    sabir_optimizer_options optimizer;
    const char *resume;     /* NULL, or a checkpoint to begin from */
    const char *checkpoint; /* NULL, or where to save in the end */
    int64_t batch;
} setting;

typedef struct outcome {
    float loss[MOST_STEPS];
    uint8_t *weights; /* of all parameters, one behind another */
    size_t bytes;
    sabir_counters first, last; /* after the first and the last step */
} outcome;

/* ---- Data: a bright square in one of four corners, in noise ---- */

static void fill(float *images, int32_t *labels, int64_t first, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint32_t state = (uint32_t)(first + i) * 2654435761u + 12345u;
        const int32_t corner = (int32_t)((first + i) % CLASSES);
        labels[i] = corner;
        for (int p = 0; p < SIDE * SIDE; p++) {
            state = state * 1664525u + 1013904223u;
            const int row = p / SIDE, column = p % SIDE;
            const bool bright = (row >= SIDE / 2) == corner / 2 && (column >= SIDE / 2) == corner % 2 && row % (SIDE / 2) < 3 && column % (SIDE / 2) < 3;
            images[i * SIDE * SIDE + p] = (float)(state >> 8) / 16777216.0f + (bright ? 0.7f : 0.0f);
        }
    }
}

/* ---- The network ---- */

static sabir_value network(sabir_params *p, sabir_value images, int64_t batch)
{
    sabir_graph *g = sabir_params_graph(p);
    const sabir_conv_options halving = {.size = sizeof halving, .stride = {2, 2}, .activation = SABIR_ACTIVATION_RELU};
    sabir_value x = sabir_conv_block(p, "conv1", images, 6, &halving);
    x = sabir_conv_block(p, "conv2", x, 8, &halving);
    return sabir_linear(p, "head", sabir_reshape(g, x, SABIR_SHAPE(batch, -1)), CLASSES, NULL);
}

static sabir_graph *build(sabir_context *context, const setting *s, sabir_params **params)
{
    sabir_graph *g;
    sabir_parameter_group groups[2];
    const sabir_params_options options = {.size = sizeof options, .seed = 3, .type = s->type};
    must(sabir_graph_create(context, &g));
    must(sabir_params_create(g, &options, params));
    const sabir_value images = sabir_input(g, "images", SABIR_F32, SABIR_SHAPE(s->batch, 1, SIDE, SIDE)), labels = sabir_input(g, "labels", SABIR_I32, SABIR_SHAPE(s->batch));
    const sabir_value logits = network(*params, s->type == SABIR_F32 ? images : sabir_cast(g, images, s->type), s->batch);
    const sabir_value loss = sabir_mean(g, sabir_cross_entropy(g, s->type == SABIR_F32 ? logits : sabir_cast(g, logits, SABIR_F32), labels), SABIR_ALL_AXES);
    sabir_params_groups(*params, groups);
    must(sabir_minimize(g, loss, &s->optimizer, groups, 2, NULL));
    sabir_output(g, "loss", loss);
    return g;
}

static void read_weights(sabir_params *params, sabir_store *store, outcome *o)
{
    for (uint32_t i = 0; i < sabir_params_count(params); i++) {
        sabir_tensor *tensor = sabir_store_find(store, sabir_value_name(sabir_params_values(params)[i]));
        const size_t bytes = (size_t)sabir_tensor_bytes(tensor);
        o->weights = realloc(o->weights, o->bytes + bytes);
        must(sabir_tensor_read(tensor, 0, o->weights + o->bytes, bytes));
        o->bytes += bytes;
    }
}

/* Steps [first, end) of a training that began at step 0. */
static outcome train(sabir_context *context, const char *id, const setting *s, int first, int end)
{
    outcome o = {.first = {.size = sizeof o.first}, .last = {.size = sizeof o.last}};
    sabir_device *device;
    sabir_store *store;
    sabir_params *params;
    sabir_program *program;
    sabir_tensor *images, *labels, *loss;
    must(sabir_device_open(context, id, &device));
    must(sabir_store_create(device, &store));
    sabir_graph *g = build(context, s, &params);
    const sabir_compile_options options = {.size = sizeof options, .fallback = SABIR_FALLBACK_ERROR};
    must(sabir_compile(g, device, store, &options, &program));
    must(sabir_params_initialise(params, store));
    if (s->resume) must(sabir_store_load(store, s->resume, &(sabir_load_options){.size = sizeof(sabir_load_options), .strict = 1}));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(s->batch, 1, SIDE, SIDE), &images));
    must(sabir_tensor_create(device, SABIR_I32, SABIR_SHAPE(s->batch), &labels));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SCALAR_SHAPE, &loss));
    const sabir_binding bindings[] = {{"images", images}, {"labels", labels}, {"loss", loss}};
    float *pixels = malloc((size_t)s->batch * SIDE * SIDE * sizeof *pixels);
    int32_t *truth = malloc((size_t)s->batch * sizeof *truth);
    for (int step = first; step < end; step++) {
        fill(pixels, truth, step * s->batch, s->batch);
        must(sabir_tensor_write(images, 0, pixels, (uint64_t)s->batch * SIDE * SIDE * sizeof *pixels));
        must(sabir_tensor_write(labels, 0, truth, (uint64_t)s->batch * sizeof *truth));
        must(sabir_run(program, bindings, 3));
        must(sabir_tensor_read(loss, 0, &o.loss[step], sizeof(float)));
        must(sabir_program_counters(program, step == first ? &o.first : &o.last));
    }
    read_weights(params, store, &o);
    if (s->checkpoint) must(sabir_store_save(store, s->checkpoint, NULL));
    free(pixels);
    free(truth);
    sabir_tensor_release(images);
    sabir_tensor_release(labels);
    sabir_tensor_release(loss);
    sabir_program_destroy(program);
    sabir_params_destroy(params);
    sabir_graph_destroy(g);
    sabir_store_release(store);
    sabir_device_release(device);
    return o;
}

static setting usual(void)
{
    return (setting){.type = SABIR_F32, .batch = BATCH,
                     .optimizer = {.size = sizeof(sabir_optimizer_options), .kind = SABIR_ADAMW, .weight_decay = 0.02, .clip_norm = 1,
                                   .schedule = {SABIR_SCHEDULE_COSINE, .rate = 0.02, .warmup = 2, .steps = MOST_STEPS}}};
}

static bool same_bits(const outcome *a, const outcome *b) { return a->bytes == b->bytes && memcmp(a->weights, b->weights, a->bytes) == 0; }

/* ---- Bits ---- */

static void same_again_on(sabir_context *context, const char *id)
{
    const setting s = usual();
    outcome once = train(context, id, &s, 0, 8), again = train(context, id, &s, 0, 8);
    cr_assert(same_bits(&once, &again), "%s: two runs differ", id);
    for (int i = 0; i < 8; i++) cr_assert_eq(once.loss[i], again.loss[i], "%s, step %d: %.9g and %.9g", id, i, (double)once.loss[i], (double)again.loss[i]);
    free(once.weights);
    free(again.weights);
}

static void resumed_on(sabir_context *context, const char *id)
{
    char path[] = "/tmp/sabir-test-training-XXXXXX";
    const int handle = mkstemp(path);
    cr_assert_geq(handle, 0);
    close(handle);
    setting s = usual();
    s.optimizer.accumulate = 2; /* so that the checkpoint falls between two runs of one update */
    outcome whole = train(context, id, &s, 0, 6);
    s.checkpoint = path;
    outcome half = train(context, id, &s, 0, 3);
    s.checkpoint = NULL;
    s.resume = path;
    outcome rest = train(context, id, &s, 3, 6);
    remove(path);
    cr_assert(!same_bits(&whole, &half), "%s: three steps are as good as six", id);
    cr_assert(same_bits(&whole, &rest), "%s: three steps, a checkpoint and three steps differ from six", id);
    for (int i = 3; i < 6; i++) cr_assert_eq(whole.loss[i], rest.loss[i]);
    free(whole.weights);
    free(half.weights);
    free(rest.weights);
}

/* ---- Numbers ---- */

static void agrees_on(sabir_context *context, const char *id)
{
    const setting s = usual();
    outcome wanted = train(context, "reference", &s, 0, 6), got = train(context, id, &s, 0, 6);
    for (int i = 0; i < 6; i++)
        cr_assert_float_eq((double)got.loss[i], (double)wanted.loss[i], 1e-4, "%s, step %d: loss %g, reference %g", id, i, (double)got.loss[i], (double)wanted.loss[i]);
    free(wanted.weights);
    free(got.weights);
}

/* Two half batches averaged are the whole batch, but for rounding. */
static void accumulates_on(sabir_context *context, const char *id)
{
    setting s = usual();
    outcome whole = train(context, id, &s, 0, 4);
    s.batch = BATCH / 2;
    s.optimizer.accumulate = 2;
    outcome halves = train(context, id, &s, 0, 8);
    cr_assert_eq(whole.bytes, halves.bytes);
    for (size_t i = 0; i < whole.bytes / sizeof(float); i++) {
        float a, b;
        memcpy(&a, whole.weights + i * sizeof a, sizeof a);
        memcpy(&b, halves.weights + i * sizeof b, sizeof b);
        cr_assert_float_eq((double)a, (double)b, 2e-3, "%s: weight %zu is %g by whole batches, %g by halves", id, i, (double)a, (double)b);
    }
    for (int i = 0; i < 4; i++) {
        const double mean = ((double)halves.loss[2 * i] + (double)halves.loss[2 * i + 1]) / 2;
        cr_assert_float_eq((double)whole.loss[i], mean, 1e-4, "%s, update %d: loss %g and %g", id, i, (double)whole.loss[i], mean);
    }
    free(whole.weights);
    free(halves.weights);
}

static double mean_of(const float *values, int count)
{
    double total = 0;
    for (int i = 0; i < count; i++) total += (double)values[i] / count;
    return total;
}

static void learns(sabir_context *context, const char *id, sabir_type type, double scale)
{
    setting s = usual();
    s.type = type;
    s.optimizer.loss_scale = scale;
    outcome o = train(context, id, &s, 0, MOST_STEPS);
    cr_assert_lt(mean_of(o.loss + MOST_STEPS - 5, 5), 0.25 * mean_of(o.loss, 5), "%s, %s: the loss falls from %g to %g", id, sabir_type_name(type), mean_of(o.loss, 5),
                 mean_of(o.loss + MOST_STEPS - 5, 5));
    free(o.weights);
}

static void learns_on(sabir_context *context, const char *id)
{
    learns(context, id, SABIR_F32, 0);
    learns(context, id, SABIR_BF16, 0);
    learns(context, id, SABIR_F16, 4096);
}

/* ---- Cost ---- */

static void replayed_on(sabir_context *context, const char *id)
{
    const setting s = usual();
    outcome o = train(context, id, &s, 0, 10);
    cr_assert_eq(o.last.compiled, o.first.compiled, "%s: kernels were compiled while training", id);
    cr_assert_eq(o.last.allocations, o.first.allocations, "%s: memory was allocated while training", id);
    cr_assert_eq(o.last.recordings, o.first.recordings, "%s: %llu recordings", id, (unsigned long long)o.last.recordings);
    cr_assert_leq(o.last.kernels, 60, "%s: %llu distinct kernels", id, (unsigned long long)o.last.kernels);
    const double share = (double)o.last.peak_bytes / (double)o.last.live_bytes;
    cr_log_info("%s: %llu launches of %llu kernels a step; %llu bytes at most, %.3f times the lower bound", id, (unsigned long long)o.last.launches,
                (unsigned long long)o.last.kernels, (unsigned long long)o.last.peak_bytes, share);
    cr_assert_leq(share, 1.3, "%s: %llu bytes of memory, and %llu are live at most", id, (unsigned long long)o.last.peak_bytes, (unsigned long long)o.last.live_bytes);
    free(o.weights);
}

Test(training, same_again_reference) { on_device("reference", same_again_on); }
Test(training, same_again_vulkan) { on_device("vulkan", same_again_on); }
Test(training, same_again_opencl) { on_device("opencl", same_again_on); }
Test(training, resumed_reference) { on_device("reference", resumed_on); }
Test(training, resumed_vulkan) { on_device("vulkan", resumed_on); }
Test(training, resumed_opencl) { on_device("opencl", resumed_on); }
Test(training, agrees_vulkan) { on_device("vulkan", agrees_on); }
Test(training, agrees_opencl) { on_device("opencl", agrees_on); }
Test(training, accumulates_vulkan) { on_device("vulkan", accumulates_on); }
Test(training, accumulates_opencl) { on_device("opencl", accumulates_on); }
Test(training, learns_reference) { on_device("reference", learns_on); }
Test(training, learns_vulkan) { on_device("vulkan", learns_on); }
Test(training, learns_opencl) { on_device("opencl", learns_on); }
Test(training, replayed_vulkan) { on_device("vulkan", replayed_on); }
Test(training, replayed_opencl) { on_device("opencl", replayed_on); }
