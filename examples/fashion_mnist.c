/* A small convolutional network learns to tell ten kinds of clothes apart: Fashion-MNIST (Xiao, Rasul and Vollgraf 2017), 60,000 images to learn from and
 * 10,000 to be tested on. The same program on every device found.
 *
 * Images and labels lie on the device; an epoch begins by shuffling them there, and a step gathers its batch, runs forward and backward, and updates the
 * weights, all in one program that the host only submits. */
#include <cjson/cJSON.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sabir/sabir.h>

#include "common/folder.h"
#include "common/plot.h"
#include "common/progress.h"

enum { TRAIN = 60000, TEST = 10000, SIDE = 28, CLASSES = 10, HIDDEN = 128, BATCH = 128, STEPS = TRAIN / BATCH, TEST_BATCH = 1000, SHOWN = 10, MOST_DEVICES = PLOT_MOST_LINES, MOST_EPOCHS = 100 };

static const char *const classes[CLASSES] = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};

static const char help[] =
    "usage: fashion_mnist [options]\n"
    "Trains a convolutional network on Fashion-MNIST, on every device found. Writes the loss curve and confusion matrices (PNG) and report.json.\n"
    "  --device ID        this device only (sabir devices lists them)\n"
    "  --epochs N         (default 5)\n"
    "  --seed N           of the weights and of the shuffling (default 1); the same seed gives the same bits on the same device\n"
    "  --checkpoint FILE  saved after each epoch (safetensors); needs --device\n"
    "  --resume FILE      go on from a checkpoint of a run with the same --epochs; needs --device\n"
    "  --data DIR         folder of the idx files (default: Debian's dataset-fashion-mnist)\n"
    "  --out DIR          where to write (default out/fashion_mnist)\n"
    "  --json             print the report\n"
    "  --help\n";

typedef struct settings { const char *device, *data, *out, *checkpoint, *resume; int epochs, json; uint64_t seed; } settings;
typedef struct dataset { sabir_array images, labels, test_images, test_labels; } dataset;

typedef struct result {
    char id[32], name[128];
    double seconds, accuracy[MOST_EPOCHS], final_loss;
    int first_epoch; /* above 0 after --resume */
    uint64_t peak_bytes, least_bytes, launches, kernels;
    uint32_t digest; /* of the weights: equal for equal bits */
    int confusion[CLASSES * CLASSES];
    sabir_array loss; /* f32 [epochs * STEPS] */
} result;

#define TRY(call)                                                     \
    do {                                                              \
        const sabir_status tried = (call);                            \
        if (tried != SABIR_OK) return tried;                          \
    } while (0)

/* ---- The network ---- */

/* pixels: u8 [n, 28, 28] -> logits [n, 10] */
static sabir_value network(sabir_params *p, sabir_value pixels)
{
    sabir_graph *g = sabir_params_graph(p);
    const sabir_conv_options halving = {.size = sizeof halving, .window = {3, 3}, .stride = {2, 2}, .activation = SABIR_ACTIVATION_RELU};
    const int64_t n = sabir_value_shape(pixels).extents[0];

    sabir_value x = sabir_mul(g, sabir_cast(g, pixels, SABIR_F32), sabir_number(g, SABIR_F32, 1.0 / 255));
    x = sabir_reshape(g, x, SABIR_SHAPE(n, 1, SIDE, SIDE));
    x = sabir_conv_block(p, "conv1", x, 16, &halving); /* 14 x 14 */
    x = sabir_conv_block(p, "conv2", x, 32, &halving); /* 7 x 7 */
    x = sabir_conv_block(p, "conv3", x, 64, &halving); /* 4 x 4 */
    x = sabir_relu(g, sabir_linear(p, "hidden", sabir_reshape(g, x, SABIR_SHAPE(n, -1)), HIDDEN, NULL));
    return sabir_linear(p, "logits", x, CLASSES, NULL);
}

/* ---- The programs ---- */

typedef struct trainer {
    sabir_device *device;
    sabir_store *store; /* weights, what the optimizer keeps, the order of the images: all of the training's state */
    sabir_graph *graph;
    sabir_params *params;
    sabir_program *shuffle, *train, *evaluate;
    sabir_tensor *images, *labels, *test_images, *test_labels, *loss, *confusion;
} trainer;

/* One step: the next batch of the shuffled images, loss, gradients, update. */
static sabir_status build_training(sabir_context *context, trainer *t, const settings *s)
{
    const sabir_params_options random = {.size = sizeof random, .seed = s->seed};
    TRY(sabir_graph_create(context, &t->graph));
    TRY(sabir_params_create(t->graph, &random, &t->params));
    sabir_graph *g = t->graph;
    const sabir_value images = sabir_input(g, "images", SABIR_U8, SABIR_SHAPE(TRAIN, SIDE, SIDE)), labels = sabir_input(g, "labels", SABIR_U8, SABIR_SHAPE(TRAIN));
    const sabir_value order = sabir_variable(g, "data/order", SABIR_I32, SABIR_SHAPE(TRAIN)), step = sabir_variable(g, "data/step", SABIR_I32, SABIR_SHAPE(1));
    const sabir_value steps = sabir_number(g, SABIR_I32, STEPS), size = sabir_number(g, SABIR_I32, BATCH);
    const sabir_value batch = sabir_dynamic_slice(g, order, sabir_mul(g, sabir_mod(g, step, steps), size), SABIR_SHAPE(BATCH));
    sabir_assign(g, step, sabir_add(g, step, sabir_number(g, SABIR_I32, 1)));

    const sabir_value logits = network(t->params, sabir_gather(g, images, batch, 0));
    const sabir_value truth = sabir_cast(g, sabir_gather(g, labels, batch, 0), SABIR_I32);
    const sabir_value loss = sabir_mean(g, sabir_cross_entropy(g, logits, truth), SABIR_ALL_AXES);

    const sabir_optimizer_options adamw = {.size = sizeof adamw, .kind = SABIR_ADAMW, .weight_decay = 0.05,
                                           .schedule = {SABIR_SCHEDULE_COSINE, .rate = 5e-3, .warmup = 100, .steps = (int64_t)s->epochs * STEPS}};
    sabir_parameter_group groups[2]; /* weights, and biases, which do not decay */
    sabir_optimizer optimizer;
    sabir_params_groups(t->params, groups);
    TRY(sabir_minimize(g, loss, &adamw, groups, 2, &optimizer));

    const sabir_value history = sabir_variable(g, "log/loss", SABIR_F32, SABIR_SHAPE((int64_t)s->epochs * STEPS));
    sabir_assign(g, history, sabir_update(g, history, sabir_reshape(g, loss, SABIR_SHAPE(1)), sabir_reshape(g, optimizer.update, SABIR_SHAPE(1))));
    sabir_output(g, "loss", loss);
    return sabir_compile(g, t->device, t->store, NULL, &t->train);
}

/* A new order of the images, keyed by seed and epoch: random numbers, sorted. */
static sabir_status build_shuffle(sabir_context *context, trainer *t)
{
    sabir_graph *g;
    sabir_value order;
    TRY(sabir_graph_create(context, &g));
    const sabir_value words[] = {sabir_reshape(g, sabir_scalar(g, "seed", SABIR_U32), SABIR_SHAPE(1)), sabir_reshape(g, sabir_scalar(g, "epoch", SABIR_U32), SABIR_SHAPE(1))};
    const sabir_value keys = sabir_random(g, SABIR_RANDOM_BITS, sabir_concat(g, words, 2, 0), SABIR_U32, SABIR_SHAPE(TRAIN));
    (void)sabir_sort_by_key(g, keys, sabir_iota(g, SABIR_I32, SABIR_SHAPE(TRAIN), 0, 0, 1), &order);
    sabir_assign(g, sabir_variable(g, "data/order", SABIR_I32, SABIR_SHAPE(TRAIN)), order);
    const sabir_status status = sabir_compile(g, t->device, t->store, NULL, &t->shuffle);
    sabir_graph_destroy(g);
    return status;
}

/* Counts of (truth, guess) over a batch of the test images. */
static sabir_status build_evaluation(sabir_context *context, trainer *t)
{
    sabir_graph *g;
    sabir_params *p = NULL;
    TRY(sabir_graph_create(context, &g));
    sabir_status status = sabir_params_create(g, NULL, &p);
    if (status == SABIR_OK) {
        const sabir_value images = sabir_input(g, "images", SABIR_U8, SABIR_SHAPE(TEST, SIDE, SIDE)), labels = sabir_input(g, "labels", SABIR_U8, SABIR_SHAPE(TEST));
        const sabir_value first = sabir_scalar(g, "first", SABIR_I32), batch = sabir_add(g, sabir_iota(g, SABIR_I32, SABIR_SHAPE(TEST_BATCH), 0, 0, 1), first);
        const sabir_value guess = sabir_argmax(g, network(p, sabir_gather(g, images, batch, 0)), -1);
        const sabir_value truth = sabir_cast(g, sabir_gather(g, labels, batch, 0), SABIR_I32);
        const sabir_value cell = sabir_add(g, sabir_mul(g, truth, sabir_number(g, SABIR_I32, CLASSES)), guess);
        sabir_output(g, "confusion", sabir_histogram(g, cell, CLASSES * CLASSES));
        status = sabir_compile(g, t->device, t->store, NULL, &t->evaluate);
    }
    sabir_params_destroy(p);
    sabir_graph_destroy(g);
    return status;
}

static sabir_status bind(sabir_program *program, const char *name, sabir_tensor *tensor) { return sabir_bind(program, sabir_slot(program, name), tensor); }

static sabir_status open_trainer(sabir_context *context, const char *id, const dataset *data, const settings *s, trainer *t)
{
    TRY(sabir_device_open(context, id, &t->device));
    TRY(sabir_store_create(t->device, &t->store));
    TRY(build_training(context, t, s));
    TRY(build_shuffle(context, t));
    TRY(build_evaluation(context, t));
    TRY(sabir_params_initialise(t->params, t->store));
    if (s->resume) TRY(sabir_store_load(t->store, s->resume, &(sabir_load_options){.size = sizeof(sabir_load_options), .strict = 1}));

    TRY(sabir_array_upload(t->device, &data->images, &t->images));
    TRY(sabir_array_upload(t->device, &data->labels, &t->labels));
    TRY(sabir_array_upload(t->device, &data->test_images, &t->test_images));
    TRY(sabir_array_upload(t->device, &data->test_labels, &t->test_labels));
    TRY(sabir_tensor_create(t->device, SABIR_F32, SABIR_SCALAR_SHAPE, &t->loss));
    TRY(sabir_tensor_create(t->device, SABIR_I32, SABIR_SHAPE(CLASSES * CLASSES), &t->confusion));
    TRY(bind(t->train, "images", t->images));
    TRY(bind(t->train, "labels", t->labels));
    TRY(bind(t->train, "loss", t->loss));
    TRY(bind(t->evaluate, "images", t->test_images));
    TRY(bind(t->evaluate, "labels", t->test_labels));
    return bind(t->evaluate, "confusion", t->confusion);
}

static void close_trainer(trainer *t)
{
    sabir_tensor *const tensors[] = {t->images, t->labels, t->test_images, t->test_labels, t->loss, t->confusion};
    for (int i = 0; i < 6; i++) sabir_tensor_release(tensors[i]);
    sabir_program_destroy(t->shuffle);
    sabir_program_destroy(t->train);
    sabir_program_destroy(t->evaluate);
    sabir_params_destroy(t->params);
    sabir_graph_destroy(t->graph);
    sabir_store_release(t->store);
    sabir_device_release(t->device);
}

/* ---- Training ---- */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The loss is read, and waited for, now and then only. */
static sabir_status train_epoch(trainer *t, const settings *s, int epoch, int made, progress *bar)
{
    float loss = NAN;
    TRY(sabir_set_i32(t->shuffle, sabir_slot(t->shuffle, "seed"), (int32_t)s->seed));
    TRY(sabir_set_i32(t->shuffle, sabir_slot(t->shuffle, "epoch"), epoch));
    TRY(sabir_run(t->shuffle, NULL, 0));
    for (int step = 1; step <= STEPS; step++) {
        TRY(sabir_submit(t->train, NULL, 0, NULL));
        if (step % SHOWN == 0 || step == STEPS) TRY(sabir_tensor_read(t->loss, 0, &loss, sizeof loss));
        progress_step(bar, made + step, (double)loss);
    }
    return SABIR_OK;
}

static sabir_status evaluate(trainer *t, int confusion[CLASSES * CLASSES], double *accuracy)
{
    int right = 0;
    memset(confusion, 0, CLASSES * CLASSES * sizeof *confusion);
    for (int first = 0; first < TEST; first += TEST_BATCH) {
        int32_t counts[CLASSES * CLASSES];
        TRY(sabir_set_i32(t->evaluate, sabir_slot(t->evaluate, "first"), first));
        TRY(sabir_run(t->evaluate, NULL, 0));
        TRY(sabir_tensor_read(t->confusion, 0, counts, sizeof counts));
        for (int i = 0; i < CLASSES * CLASSES; i++) confusion[i] += counts[i];
    }
    for (int i = 0; i < CLASSES; i++) right += confusion[i * CLASSES + i];
    *accuracy = (double)right / TEST;
    return SABIR_OK;
}

static sabir_status train(trainer *t, const settings *s, result *r)
{
    int32_t made;
    progress bar;
    TRY(sabir_tensor_read(sabir_store_find(t->store, "adamw/update"), 0, &made, sizeof made));
    r->first_epoch = made / STEPS;
    TRY(sabir_program_prewarm(t->train));
    TRY(sabir_program_prewarm(t->evaluate));
    const double began = now();
    progress_begin(&bar, r->id, (s->epochs - r->first_epoch) * STEPS);
    for (int epoch = r->first_epoch; epoch < s->epochs; epoch++) {
        TRY(train_epoch(t, s, epoch, (epoch - r->first_epoch) * STEPS, &bar));
        TRY(evaluate(t, r->confusion, &r->accuracy[epoch]));
        progress_end(&bar);
        fprintf(stderr, "%s: epoch %d of %d, %.2f %% of the test images\n", r->id, epoch + 1, s->epochs, 100 * r->accuracy[epoch]);
        if (s->checkpoint) TRY(sabir_store_save(t->store, s->checkpoint, NULL));
    }
    r->seconds = now() - began;
    return r->first_epoch < s->epochs ? SABIR_OK : evaluate(t, r->confusion, &r->accuracy[s->epochs - 1]);
}

/* FNV-1a over the bits of every weight. */
static sabir_status digest_weights(trainer *t, uint32_t *digest)
{
    *digest = 2166136261u;
    for (uint32_t i = 0; i < sabir_params_count(t->params); i++) {
        sabir_array array;
        TRY(sabir_array_download(sabir_store_find(t->store, sabir_value_name(sabir_params_values(t->params)[i])), &array));
        for (uint64_t k = 0; k < array.bytes; k++) *digest = (*digest ^ ((const uint8_t *)array.data)[k]) * 16777619u;
        sabir_array_free(sabir_device_context(t->device), &array);
    }
    return SABIR_OK;
}

static sabir_status gather_results(trainer *t, const settings *s, result *r)
{
    sabir_counters counters = {.size = sizeof counters};
    TRY(sabir_program_counters(t->train, &counters));
    r->peak_bytes = counters.peak_bytes;
    r->least_bytes = counters.live_bytes;
    r->launches = counters.launches;
    r->kernels = counters.kernels;
    TRY(digest_weights(t, &r->digest));
    TRY(sabir_array_download(sabir_store_find(t->store, "log/loss"), &r->loss));
    for (int i = (s->epochs - 1) * STEPS; i < s->epochs * STEPS; i++) r->final_loss += (double)((const float *)r->loss.data)[i] / STEPS;
    return SABIR_OK;
}

static sabir_status run_on(sabir_context *context, const char *id, const dataset *data, const settings *s, trainer *t, result *r)
{
    sabir_device_info info = {.size = sizeof info};
    TRY(open_trainer(context, id, data, s, t));
    TRY(sabir_device_info_of(t->device, &info));
    snprintf(r->id, sizeof r->id, "%s", info.id);
    snprintf(r->name, sizeof r->name, "%s", info.name);
    TRY(train(t, s, r));
    return gather_results(t, s, r);
}

/* ---- Report ---- */

/* "opencl:0" as part of a file's name. */
static void file_in(const settings *s, const char *what, const char *id, const char *suffix, char file[1024])
{
    snprintf(file, 1024, "%s/%s%s%s%s", s->out, what, id[0] ? "-" : "", id, suffix);
    for (char *c = file + strlen(s->out); *c; c++)
        if (*c == ':') *c = '-';
}

static bool draw_confusion(const settings *s, const result *r)
{
    char file[1024], title[192];
    file_in(s, "confusion", r->id, ".png", file);
    snprintf(title, sizeof title, "Fashion-MNIST on %.31s: %.2f %% of %d test images", r->id, 100 * r->accuracy[s->epochs - 1], TEST);
    return plot_matrix(file, &(plot_style){title, "taken for", "is"}, r->confusion, CLASSES, classes);
}

static bool draw_losses(const settings *s, const result *results, int count)
{
    plot_line lines[MOST_DEVICES];
    char file[1024];
    for (int d = 0; d < count; d++) lines[d] = (plot_line){results[d].id, results[d].loss.data, s->epochs * STEPS};
    file_in(s, "loss", "", ".png", file);
    return plot_lines(file, &(plot_style){"Fashion-MNIST: loss while training", "step", "cross-entropy"}, lines, count);
}

static cJSON *device_report(const settings *s, const result *r)
{
    char digest[16];
    cJSON *device = cJSON_CreateObject(), *accuracy;
    snprintf(digest, sizeof digest, "%08x", r->digest);
    cJSON_AddStringToObject(device, "id", r->id);
    cJSON_AddStringToObject(device, "name", r->name);
    cJSON_AddNumberToObject(device, "seconds", r->seconds);
    cJSON_AddNumberToObject(device, "images_per_second", r->seconds > 0 ? (double)(s->epochs - r->first_epoch) * STEPS * BATCH / r->seconds : 0);
    accuracy = cJSON_AddArrayToObject(device, "test_accuracy");
    for (int i = r->first_epoch; i < s->epochs; i++) cJSON_AddItemToArray(accuracy, cJSON_CreateNumber(r->accuracy[i]));
    cJSON_AddNumberToObject(device, "loss", r->final_loss);
    cJSON_AddNumberToObject(device, "peak_bytes", (double)r->peak_bytes);
    cJSON_AddNumberToObject(device, "least_bytes", (double)r->least_bytes);
    cJSON_AddNumberToObject(device, "launches_per_step", (double)r->launches);
    cJSON_AddNumberToObject(device, "kernels", (double)r->kernels);
    cJSON_AddStringToObject(device, "weights", digest);
    return device;
}

static bool write_report(const settings *s, const result *results, int count)
{
    char file[1024];
    cJSON *report = cJSON_CreateObject(), *devices;
    cJSON_AddNumberToObject(report, "epochs", s->epochs);
    cJSON_AddNumberToObject(report, "seed", (double)s->seed);
    cJSON_AddNumberToObject(report, "batch", BATCH);
    devices = cJSON_AddArrayToObject(report, "devices");
    for (int i = 0; i < count; i++) cJSON_AddItemToArray(devices, device_report(s, &results[i]));
    char *text = cJSON_Print(report);
    file_in(s, "report", "", ".json", file);
    FILE *out = text ? fopen(file, "w") : NULL;
    bool fine = out && fprintf(out, "%s\n", text) > 0;
    fine = out && fclose(out) == 0 && fine;
    if (!fine) fprintf(stderr, "%s cannot be written\n", file);
    if (s->json && text) puts(text);
    cJSON_free(text);
    cJSON_Delete(report);
    return fine;
}

static void print_table(const settings *s, const result *results, int count)
{
    printf("%-10s %-30s %9s %9s %9s %7s %12s %10s %9s\n", "device", "name", "seconds", "images/s", "accuracy", "loss", "peak memory", "of least", "weights");
    for (int i = 0; i < count; i++) {
        const result *r = &results[i];
        printf("%-10s %-30.30s %9.1f %9.0f %8.2f%% %7.4f %9.2f MB %10.3f %9x\n", r->id, r->name, r->seconds,
               r->seconds > 0 ? (double)(s->epochs - r->first_epoch) * STEPS * BATCH / r->seconds : 0, 100 * r->accuracy[s->epochs - 1], r->final_loss,
               (double)r->peak_bytes / 1e6, (double)r->peak_bytes / (double)r->least_bytes, r->digest);
    }
}

static bool report(const settings *s, const result *results, int count)
{
    bool fine = write_report(s, results, count) && draw_losses(s, results, count);
    for (int i = 0; i < count && fine; i++) fine = draw_confusion(s, &results[i]);
    if (!s->json) print_table(s, results, count);
    if (!s->json && fine) printf("wrote loss.png, confusion-*.png and report.json to %s\n", s->out);
    return fine;
}

/* ---- The rest ---- */

static bool good(sabir_status status, const char *what)
{
    if (status != SABIR_OK) fprintf(stderr, "%s: %s: %s\n", what, sabir_status_name(status), sabir_last_message());
    return status == SABIR_OK;
}

static bool read_images(sabir_context *context, const settings *s, const char *name, int32_t rank, int64_t count, sabir_array *array)
{
    char file[1024];
    snprintf(file, sizeof file, "%s/%s-ubyte.gz", s->data, name);
    if (!good(sabir_idx_read(context, file, NULL, array), "reading (Debian: apt-get install dataset-fashion-mnist)")) return false;
    if (array->type == SABIR_U8 && array->shape.rank == rank && array->shape.extents[0] == count) return true;
    fprintf(stderr, "%s: not the %lld images or labels of Fashion-MNIST\n", file, (long long)count);
    return false;
}

static int train_all(sabir_context *context, const dataset *data, const settings *s, result *results)
{
    uint32_t devices;
    int count = 0;
    if (!good(sabir_device_count(context, &devices), "looking for devices")) return -1;
    for (uint32_t d = 0; d < devices && count < MOST_DEVICES; d++) {
        sabir_device_info info = {.size = sizeof info};
        trainer t = {0};
        if (!good(sabir_device_describe(context, d, &info), "a device")) return -1;
        /* The reference would take days. */
        if (s->device ? strcmp(s->device, info.id) != 0 && strcmp(s->device, info.api) != 0 : strcmp(info.id, "reference") == 0) continue;
        const bool fine = good(run_on(context, info.id, data, s, &t, &results[count]), info.id);
        close_trainer(&t);
        if (!fine) return -1;
        count++;
        if (s->device) break;
    }
    if (count == 0) fprintf(stderr, "no device%s%s; sabir devices lists what there is\n", s->device ? " " : " but the reference", s->device ? s->device : "");
    return count;
}

static int64_t number_of(const char *text)
{
    char *end;
    const long long number = strtoll(text, &end, 10);
    return end != text && *end == '\0' ? number : -1;
}

static int parse(int argc, char **argv, settings *s)
{
    static const struct option options[] = {{"device", 1, 0, 'D'},     {"epochs", 1, 0, 'n'}, {"seed", 1, 0, 's'}, {"checkpoint", 1, 0, 'c'}, {"resume", 1, 0, 'r'},
                                            {"data", 1, 0, 'd'}, {"out", 1, 0, 'o'},    {"json", 0, 0, 'j'}, {"help", 0, 0, 'h'},       {0, 0, 0, 0}};
    int64_t epochs = 5, seed = 1;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (option) {
            case 'D': s->device = optarg; break;
            case 'n': epochs = number_of(optarg); break;
            case 's': seed = number_of(optarg); break;
            case 'c': s->checkpoint = optarg; break;
            case 'r': s->resume = optarg; break;
            case 'd': s->data = optarg; break;
            case 'o': s->out = optarg; break;
            case 'j': s->json = 1; break;
            case 'h': fputs(help, stdout); return 1;
            default: fputs("fashion_mnist --help lists the options\n", stderr); return 2;
        }
    }
    if (optind < argc || epochs < 1 || epochs > MOST_EPOCHS || seed < 0 || seed > INT32_MAX || (!s->device && (s->checkpoint || s->resume))) {
        fputs("an argument is no number, out of its range or without its --device; fashion_mnist --help lists the options\n", stderr);
        return 2;
    }
    s->epochs = (int)epochs;
    s->seed = (uint64_t)seed;
    return 0;
}

static void print_log(void *user, sabir_log_level level, const char *message)
{
    (void)user;
    if (level <= SABIR_LOG_WARNING) fprintf(stderr, "%s\n", message);
}

int main(int argc, char **argv)
{
    static result results[MOST_DEVICES];
    settings s = {.data = "/usr/share/datasets/fashion-mnist", .out = "out/fashion_mnist"};
    dataset data = {0};
    sabir_context *context;
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.log = print_log;
    const int parsed = parse(argc, argv, &s);
    if (parsed) return parsed == 1 ? 0 : 2;
    if (!folder_make(s.out) || !good(sabir_context_create(&options, &context), "a context")) return 2;
    bool fine = read_images(context, &s, "train-images-idx3", 3, TRAIN, &data.images) && read_images(context, &s, "train-labels-idx1", 1, TRAIN, &data.labels) &&
                read_images(context, &s, "t10k-images-idx3", 3, TEST, &data.test_images) && read_images(context, &s, "t10k-labels-idx1", 1, TEST, &data.test_labels);
    const int count = fine ? train_all(context, &data, &s, results) : 0;
    fine = count > 0 && report(&s, results, count);
    for (int i = 0; i < MOST_DEVICES; i++) sabir_array_free(context, &results[i].loss);
    sabir_array *const arrays[] = {&data.images, &data.labels, &data.test_images, &data.test_labels};
    for (int i = 0; i < 4; i++) sabir_array_free(context, arrays[i]);
    sabir_context_release(context);
    return fine ? 0 : 1;
}
