/* Initial values: element j of a parameter is made of the draw of Philox with the counter (j, hash of the name, attempt) and the seed as key. */
#include <math.h>

#include "base/hash.h"
#include "graph/graph.h"
#include "params.h"
#include "ref/random.h"

static const double pi = 3.14159265358979323846;

sabir_status sbr_init_check(const sabir_init *init)
{
    if ((unsigned)init->kind > SABIR_INIT_KAIMING) return sbr_fail(SABIR_INVALID_ARGUMENT, "%d is no kind of initial values", (int)init->kind);
    if (!isfinite(init->scale) || init->scale < 0 || init->inputs < 0 || init->outputs < 0)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "initial values of scale %g, %lld inputs and %lld outputs; all have to be 0 or more", init->scale,
                        (long long)init->inputs, (long long)init->outputs);
    return SABIR_OK;
}

/* ---- Scales ---- */

static double product(const sabir_shape *shape, int32_t first)
{
    double count = 1;
    for (int32_t i = first; i < shape->rank; i++) count *= (double)shape->extents[i];
    return count;
}

static double inputs_of(const sabir_init *init, const sabir_shape *shape)
{
    if (init->inputs > 0) return (double)init->inputs;
    if (shape->rank == 0) return 1;
    return fmax(1, shape->rank <= 2 ? (double)shape->extents[0] : product(shape, 1));
}

static double outputs_of(const sabir_init *init, const sabir_shape *shape)
{
    if (init->outputs > 0) return (double)init->outputs;
    if (shape->rank == 0) return 1;
    return fmax(1, shape->rank <= 2 ? (double)shape->extents[shape->rank - 1] : (double)shape->extents[0] * product(shape, 2));
}

static double scale_of(const sabir_init *init, const sabir_shape *shape)
{
    const double scale = init->scale == 0 ? 1 : init->scale;
    if (init->kind == SABIR_INIT_XAVIER) return scale * sqrt(6 / (inputs_of(init, shape) + outputs_of(init, shape)));
    if (init->kind == SABIR_INIT_KAIMING) return scale * sqrt(2 / inputs_of(init, shape));
    return scale;
}

/* ---- Draws ---- */

typedef struct source { uint64_t seed; uint64_t name; } source;

static sbr_ref_words draw(const source *s, int64_t j, uint32_t attempt)
{
    const sbr_ref_words counter = {{(uint32_t)j, (uint32_t)s->name, (uint32_t)(s->name >> 32), (uint32_t)((uint64_t)j >> 32 << 8) | attempt}};
    return sbr_ref_philox(counter, (uint32_t)s->seed, (uint32_t)(s->seed >> 32));
}

/* In (0, 1), in steps of 2^-53. */
static double fraction(uint32_t high, uint32_t low) { return ((double)((uint64_t)high << 21 | low >> 11) + 0.5) * 0x1p-53; }

static double normal(const source *s, int64_t j, uint32_t attempt)
{
    const sbr_ref_words w = draw(s, j, attempt);
    return sqrt(-2 * log(fraction(w.at[0], w.at[1]))) * cos(2 * pi * fraction(w.at[2], w.at[3]));
}

static double truncated(const source *s, int64_t j)
{
    enum { MOST = 64 };
    double x = 0;
    for (uint32_t attempt = 0; attempt < MOST; attempt++) {
        x = normal(s, j, attempt);
        if (fabs(x) <= 2) break;
    }
    return fmin(fmax(x, -2), 2);
}

static double element(const source *s, sabir_init_kind kind, double scale, int64_t j)
{
    sbr_ref_words w;
    switch (kind) {
        case SABIR_INIT_ZEROS: return 0;
        case SABIR_INIT_ONES: return 1;
        case SABIR_INIT_TRUNCATED_NORMAL: return scale * truncated(s, j);
        case SABIR_INIT_UNIFORM:
        case SABIR_INIT_XAVIER: w = draw(s, j, 0); return scale * (2 * fraction(w.at[0], w.at[1]) - 1);
        default: return scale * normal(s, j, 0);
    }
}

void sbr_init_fill(const sabir_init *init, const sabir_shape *shape, uint64_t seed, const char *name, sabir_type type, int64_t first, int64_t count, void *elements)
{
    const source s = {seed, sbr_hash_bytes(name, strlen(name)).low};
    const double scale = scale_of(init, shape);
    uint8_t *to = elements;
    for (int64_t j = 0; j < count; j++, to += sabir_type_size(type)) sbr_number_store(type, element(&s, init->kind, scale, first + j), to);
}
