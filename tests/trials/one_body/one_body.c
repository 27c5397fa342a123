/* Six kernels, one body each, on both APIs, against C in float64 (docs/trials.md, trial 1).
 *
 *   one_body SOURCE_ROOT SCRATCH [vulkan|opencl] [TRIAL] */
#include "device.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct outcome { double error; uint64_t wrong, checked; double seconds; } outcome;

static uint64_t random_state;

static uint64_t random_bits(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = random_state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static double uniform(double low, double high) { return low + (high - low) * (double)(random_bits() >> 11) * 0x1p-53; }

static void *make(size_t bytes)
{
    void *memory = calloc(1, (bytes + 7) / 4 * 4);
    if (!memory) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return memory;
}

static size_t words(size_t bytes) { return (bytes + 3) / 4 * 4; }

static sabir_status run(trial_device *d, const char *kernel, sbr_arith arith, bool wide, bool plain, const trial_tensor *tensors, uint32_t tensor_count,
                        const trial_value *values, uint32_t value_count, uint64_t groups, outcome *o)
{
    char path[512];
    bool built_in = !strcmp(kernel, "select_view");
    snprintf(path, sizeof path, "%s/%s/%s.k", d->root, built_in ? "kernels" : "tests/trials/one_body", kernel);
    uint32_t across = groups > 32768 ? 32768 : (uint32_t)groups;
    trial_launch launch = {.kernel = path, .variant = {arith, arith, wide || d->caps.language == SABIR_LANGUAGE_OPENCL_C}, .plain = plain, .tensors = tensors,
                           .tensor_count = tensor_count, .values = values, .value_count = value_count, .groups_x = across,
                           .groups_y = (uint32_t)((groups + across - 1) / across), .repeats = o ? 3 : 0};
    SABIR_TRY(trial_run(d, &launch));
    if (o) o->seconds += launch.seconds;
    return SABIR_OK;
}

static void compare(outcome *o, double got, double right, double scale)
{
    double error = fabs(got - right) / scale;
    o->checked++;
    if (!(error <= o->error)) o->error = error;
}

static void count_wrong(outcome *o, bool right)
{
    o->checked++;
    o->wrong += !right;
}

/* a is a transposed view that starts inside a word, b broadcasts its rows, 37 x 53 bytes: the last word is shared with nobody's bytes. */
static sabir_status select_view(trial_device *d, outcome *o)
{
    enum { ROWS = 37, COLUMNS = 53, N = ROWS * COLUMNS };
    uint8_t *condition = make(N), *a = make(N + 8), *b = make(COLUMNS), *y = make(N);
    for (int i = 0; i < N + 8; i++) a[i] = (uint8_t)random_bits();
    for (int i = 0; i < N; i++) condition[i] = random_bits() & 1;
    for (int i = 0; i < COLUMNS; i++) b[i] = (uint8_t)random_bits();
    y[N] = 0xa5; /* beyond the end, in the last word: must stay */
    trial_tensor tensors[] = {{condition, words(N), SABIR_BOOL, 0, false}, {a, words(N + 8), SABIR_U8, 3, false}, {b, words(COLUMNS), SABIR_U8, 0, false},
                              {y, words(N), SABIR_U8, 0, true}};
    trial_value values[] = {{"n", N, 0}, {"rank", 2, 0}, {"extents", ROWS, 0}, {"extents", COLUMNS, 1}, {"strides_condition", COLUMNS, 0}, {"strides_condition", 1, 1},
                            {"strides_a", 1, 0}, {"strides_a", ROWS, 1}, {"strides_b", 0, 0}, {"strides_b", 1, 1}};
    sabir_status status = run(d, "select_view", SBR_ARITH_BITS, false, false, tensors, 4, values, SBR_COUNT(values), (N / 4 + 64) / 64, o);
    for (int i = 0; i < N; i++)
        count_wrong(o, y[i] == (condition[i] ? a[3 + (i % COLUMNS) * ROWS + i / COLUMNS] : b[i % COLUMNS]));
    count_wrong(o, y[N] == 0xa5);
    free(condition), free(a), free(b), free(y);
    return status;
}

typedef struct sort_state { uint32_t n, blocks, *keys[2], *values[2], *counts; } sort_state;

static sabir_status sort_pass(trial_device *d, sort_state *s, uint32_t shift, outcome *o)
{
    trial_value values[] = {{"n", s->n, 0}, {"blocks", s->blocks, 0}, {"shift", shift, 0}};
    size_t bytes = s->n * 4u, count_bytes = s->blocks * 64u;
    trial_tensor count[] = {{s->keys[0], bytes, SABIR_U32, 0, false}, {s->counts, count_bytes, SABIR_U32, 0, true}};
    SABIR_TRY(run(d, "radix_count", SBR_ARITH_U32, false, true, count, 2, values, 3, s->blocks, o));
    for (uint32_t i = 0, sum = 0; i < s->blocks * 16; i++) {
        uint32_t here = s->counts[i];
        s->counts[i] = sum;
        sum += here;
    }
    trial_tensor scatter[] = {{s->keys[0], bytes, SABIR_U32, 0, false}, {s->values[0], bytes, SABIR_U32, 0, false}, {s->counts, count_bytes, SABIR_U32, 0, false},
                              {s->keys[1], bytes, SABIR_U32, 0, true}, {s->values[1], bytes, SABIR_U32, 0, true}};
    SABIR_TRY(run(d, "radix_scatter", SBR_ARITH_U32, false, true, scatter, 5, values, 3, s->blocks, o));
    for (int side = 0; side < 2; side++) {
        uint32_t **pair = side ? s->values : s->keys, *other = pair[0];
        pair[0] = pair[1];
        pair[1] = other;
    }
    return SABIR_OK;
}

/* 100,003 keys of 12 bits, so that many are equal: three passes of 4 bits; equal keys must keep their order. */
static sabir_status radix_sort(trial_device *d, outcome *o)
{
    enum { N = 100003 };
    sort_state s = {.n = N, .blocks = (N + 255) / 256, .counts = make((N + 255) / 256 * 64)};
    for (int i = 0; i < 2; i++) s.keys[i] = make(N * 4), s.values[i] = make(N * 4);
    uint32_t *original = make(N * 4);
    for (uint32_t i = 0; i < N; i++) original[i] = s.keys[0][i] = random_bits() & 0xfff, s.values[0][i] = i;
    sabir_status status = SABIR_OK;
    for (uint32_t shift = 0; shift < 12 && status == SABIR_OK; shift += 4) status = sort_pass(d, &s, shift, o);
    for (uint32_t i = 0; i < N; i++) {
        bool right = original[s.values[0][i] < N ? s.values[0][i] : 0] == s.keys[0][i];
        if (i) right &= s.keys[0][i - 1] < s.keys[0][i] || (s.keys[0][i - 1] == s.keys[0][i] && s.values[0][i - 1] < s.values[0][i]);
        count_wrong(o, right);
    }
    for (int i = 0; i < 2; i++) free(s.keys[i]), free(s.values[i]);
    free(s.counts), free(original);
    return status;
}

static sabir_status softmax(trial_device *d, outcome *o)
{
    enum { ROWS = 97, COLUMNS = 1009, N = ROWS * COLUMNS };
    double *x = make(N * 8), *y = make(N * 8);
    for (int i = 0; i < N; i++) x[i] = uniform(-20, 20);
    trial_tensor tensors[] = {{x, N * 8, SABIR_F64, 0, false}, {y, N * 8, SABIR_F64, 0, true}};
    trial_value values[] = {{"columns", COLUMNS, 0}};
    sabir_status status = run(d, "softmax", SBR_ARITH_F64, false, true, tensors, 2, values, 1, ROWS, o);
    for (int r = 0; r < ROWS; r++) {
        const double *row = x + r * COLUMNS;
        long double most = -INFINITY, sum = 0;
        for (int c = 0; c < COLUMNS; c++) most = fmaxl(most, row[c]);
        for (int c = 0; c < COLUMNS; c++) sum += expl(row[c] - most);
        for (int c = 0; c < COLUMNS; c++) {
            double right = (double)(expl(row[c] - most) / sum);
            compare(o, y[r * COLUMNS + c], right, right);
        }
    }
    free(x), free(y);
    return status;
}

static double half_value(uint16_t h)
{
    double magnitude = (h & 0x7c00) ? ldexp(1024 + (h & 0x3ff), (h >> 10 & 31) - 25) : ldexp(h & 0x3ff, -24);
    return h & 0x8000 ? -magnitude : magnitude;
}

static sabir_status matvec(trial_device *d, outcome *o)
{
    enum { ROWS = 511, BLOCKS = 33, COLUMNS = BLOCKS * 32 };
    size_t bytes = (size_t)ROWS * BLOCKS * 18;
    uint8_t *w = make(bytes);
    float *x = make(COLUMNS * 4), *y = make(ROWS * 4);
    for (size_t i = 0; i < bytes; i++) w[i] = (uint8_t)random_bits();
    for (size_t b = 0; b < (size_t)ROWS * BLOCKS; b++) {
        uint16_t scale = (uint16_t)(0x2000 + random_bits() % 0x1000); /* 2^-7 to 2^-3 */
        memcpy(w + b * 18, &scale, 2);
    }
    for (int i = 0; i < COLUMNS; i++) x[i] = (float)uniform(-1, 1);
    trial_tensor tensors[] = {{w, words(bytes), SABIR_U32, 0, false}, {x, COLUMNS * 4, SABIR_F32, 0, false}, {y, ROWS * 4, SABIR_F32, 0, true}};
    trial_value values[] = {{"rows", ROWS, 0}, {"row_blocks", BLOCKS, 0}};
    sabir_status status = run(d, "matvec_q4_0", SBR_ARITH_F32, false, true, tensors, 3, values, 2, ROWS, o);
    for (int r = 0; r < ROWS; r++) {
        double sum = 0, size = 0;
        for (int b = 0; b < BLOCKS; b++) {
            const uint8_t *block = w + ((size_t)r * BLOCKS + (size_t)b) * 18;
            double scale = half_value((uint16_t)(block[0] | block[1] << 8));
            for (int k = 0; k < 32; k++) {
                int nibble = k < 16 ? block[2 + k] & 15 : block[2 + k - 16] >> 4;
                double term = scale * (nibble - 8) * (double)x[b * 32 + k];
                sum += term, size += fabs(term);
            }
        }
        compare(o, (double)y[r], sum, size);
    }
    free(w), free(x), free(y);
    return status;
}

enum { BATCH = 2, HEADS = 6, KEY_HEADS = 2, QUERIES = 37, KEYS = 150, DEPTH = 64 };

static void attend(const float *q, const float *k, const float *v, int limit, double *out)
{
    double score[KEYS], most = -INFINITY, sum = 0;
    for (int j = 0; j < limit; j++) {
        score[j] = 0;
        for (int c = 0; c < DEPTH; c++) score[j] += (double)q[c] * (double)k[j * DEPTH + c] * 0.125;
        most = fmax(most, score[j]);
    }
    for (int c = 0; c < DEPTH; c++) out[c] = 0;
    for (int j = 0; j < limit; j++) sum += exp(score[j] - most);
    for (int j = 0; j < limit; j++)
        for (int c = 0; c < DEPTH; c++) out[c] += exp(score[j] - most) / sum * (double)v[j * DEPTH + c];
}

static sabir_status attention(trial_device *d, outcome *o)
{
    int rows = BATCH * HEADS * QUERIES, cells = BATCH * KEY_HEADS * KEYS * DEPTH;
    size_t q_bytes = (size_t)rows * DEPTH * 4, k_bytes = (size_t)cells * 4;
    float *q = make(q_bytes), *k = make(k_bytes), *v = make(k_bytes), *y = make(q_bytes);
    int32_t lengths[BATCH] = {KEYS, 20}; /* the second has fewer keys than queries: its first rows see nothing and give 0 */
    for (int i = 0; i < rows * DEPTH; i++) q[i] = (float)uniform(-2, 2);
    for (int i = 0; i < cells; i++) k[i] = (float)uniform(-2, 2), v[i] = (float)uniform(-1, 1);
    trial_tensor tensors[] = {{q, q_bytes, SABIR_F32, 0, false}, {k, k_bytes, SABIR_F32, 0, false}, {v, k_bytes, SABIR_F32, 0, false},
                              {lengths, sizeof lengths, SABIR_I32, 0, false}, {y, q_bytes, SABIR_F32, 0, true}};
    trial_value values[] = {{"heads", HEADS, 0}, {"key_heads", KEY_HEADS, 0}, {"queries", QUERIES, 0}, {"keys", KEYS, 0}, {"rows", rows, 0}, {"scale", 0.125, 0}};
    sabir_status status = run(d, "attention_causal", SBR_ARITH_F32, false, true, tensors, 5, values, SBR_COUNT(values), (uint64_t)rows, o);
    for (int row = 0; row < rows; row++) {
        int i = row % QUERIES, head = row / QUERIES % HEADS, batch = row / QUERIES / HEADS;
        int limit = lengths[batch] - QUERIES + i + 1;
        const int start = (batch * KEY_HEADS + head / (HEADS / KEY_HEADS)) * KEYS * DEPTH;
        double right[DEPTH];
        attend(q + row * DEPTH, k + start, v + start, limit > 0 ? limit : 0, right);
        for (int c = 0; c < DEPTH; c++) compare(o, (double)y[row * DEPTH + c], right[c], 1);
    }
    free(q), free(k), free(v), free(y);
    return status;
}

/* 160 MiB of rows of 64, past the 128 MiB that a binding need not reach beyond. */
static sabir_status gather(trial_device *d, outcome *o)
{
    enum { ROWS = 655360, COLUMNS = 64, PICKS = 4099 };
    size_t table_bytes = (size_t)ROWS * COLUMNS * 4, y_bytes = (size_t)PICKS * COLUMNS * 4;
    uint32_t *table = make(table_bytes), *y = make(y_bytes);
    int32_t *index = make(PICKS * 4);
    for (size_t i = 0; i < (size_t)ROWS * COLUMNS; i++) table[i] = (uint32_t)i * 2654435761u;
    for (int i = 0; i < PICKS; i++) index[i] = i % 101 ? (int32_t)(random_bits() % ROWS) : i % 2 ? -1 : ROWS;
    index[1] = ROWS - 1;
    trial_tensor tensors[] = {{table, table_bytes, SABIR_U32, 0, false}, {index, PICKS * 4, SABIR_I32, 0, false}, {y, y_bytes, SABIR_U32, 0, true}};
    trial_value values[] = {{"n", (double)PICKS * COLUMNS, 0}, {"columns", COLUMNS, 0}, {"table_rows", ROWS, 0}};
    sabir_status status = run(d, "gather_rows", SBR_ARITH_BITS, true, true, tensors, 3, values, 3, PICKS, o);
    for (int i = 0; i < PICKS; i++)
        for (int c = 0; c < COLUMNS; c++)
            count_wrong(o, y[i * COLUMNS + c] == (index[i] < 0 || index[i] >= ROWS ? 0 : table[(size_t)index[i] * COLUMNS + (size_t)c]));
    free(table), free(y), free(index);
    return status;
}

static const struct { const char *name; sabir_status (*run)(trial_device *, outcome *); double limit; } trials[] = {
    {"select_u8_view", select_view, 0}, {"radix_sort", radix_sort, 0}, {"softmax_f64", softmax, 1e-14},
    {"matvec_q4_0", matvec, 1e-6}, {"attention_causal", attention, 1e-5}, {"gather_160_mib", gather, 0},
};

static int run_device(const char *name, char **arguments, int count)
{
    trial_device d;
    int failures = 0;
    if (trial_open(name, arguments[1], arguments[2], &d) != SABIR_OK) {
        fprintf(stderr, "%s: %s\n", name, sabir_last_message());
        return 1;
    }
    printf("%s: %s\n", name, d.caps.name);
    for (size_t i = 0; i < SBR_COUNT(trials); i++) {
        if (count > 4 && strcmp(arguments[4], trials[i].name)) continue;
        outcome o = {0};
        random_state = i;
        sabir_status status = trials[i].run(&d, &o);
        bool good = status == SABIR_OK && !o.wrong && o.error <= trials[i].limit;
        printf("  %-18s %-5s largest error %.2e, wrong %llu of %llu, %.3f ms\n", trials[i].name, good ? "right" : "WRONG", o.error, (unsigned long long)o.wrong,
               (unsigned long long)o.checked, o.seconds * 1e3);
        if (status != SABIR_OK) printf("    %s: %s\n", sabir_status_name(status), sabir_last_message());
        fflush(stdout);
        failures += !good;
    }
    trial_close(&d);
    return failures;
}

int main(int count, char **arguments)
{
    if (count < 3) {
        fprintf(stderr, "usage: one_body SOURCE_ROOT SCRATCH [vulkan|opencl] [TRIAL]\n");
        return 2;
    }
    int failures = 0;
    static const char *const apis[] = {"vulkan", "opencl"};
    for (int i = 0; i < 2; i++)
        if (count < 4 || !strcmp(arguments[3], apis[i])) failures += run_device(apis[i], arguments, count);
    return failures != 0;
}
