/* The pool: interning, bounds, evaluation, printing. expr_sum.c holds the algebra. */
#include "expr_sum.h"

#include <stdio.h>

void sbr_exprs_init(sbr_exprs *exprs, const sabir_allocator *allocator) { *exprs = (sbr_exprs){.allocator = allocator}; }

void sbr_exprs_free(sbr_exprs *exprs)
{
    sbr_vector_free(exprs->allocator, &exprs->nodes);
    sbr_vector_free(exprs->allocator, &exprs->dims);
}

sabir_status sbr_exprs_copy(sbr_exprs *to, const sbr_exprs *from)
{
    if (!sbr_reserve(to->allocator, &to->nodes, from->nodes.count) || !sbr_reserve(to->allocator, &to->dims, from->dims.count))
        return sbr_no_memory(from->nodes.count * sizeof *from->nodes.data + from->dims.count * sizeof *from->dims.data);
    if (from->nodes.count) memcpy(to->nodes.data, from->nodes.data, from->nodes.count * sizeof *from->nodes.data);
    if (from->dims.count) memcpy(to->dims.data, from->dims.data, from->dims.count * sizeof *from->dims.data);
    to->nodes.count = from->nodes.count;
    to->dims.count = from->dims.count;
    return SABIR_OK;
}

/* INT64_MIN and INT64_MAX absorb: once a bound overflowed, it stays unknown. */
static bool unbounded(int64_t bound) { return bound == INT64_MIN || bound == INT64_MAX; }

sbr_range sbr_range_add(sbr_range a, sbr_range b)
{
    sbr_range sum;
    if (unbounded(a.least) || unbounded(b.least) || !sbr_add_i64(a.least, b.least, &sum.least)) sum.least = INT64_MIN;
    if (unbounded(a.most) || unbounded(b.most) || !sbr_add_i64(a.most, b.most, &sum.most)) sum.most = INT64_MAX;
    return sum;
}

sbr_range sbr_range_mul(sbr_range a, sbr_range b)
{
    const int64_t corners[4][2] = {{a.least, b.least}, {a.least, b.most}, {a.most, b.least}, {a.most, b.most}};
    sbr_range product = {INT64_MAX, INT64_MIN};
    for (int i = 0; i < 4; i++) {
        int64_t corner = 0;
        if (corners[i][0] == 0 || corners[i][1] == 0) corner = 0;
        else if (unbounded(corners[i][0]) || unbounded(corners[i][1]) || !sbr_mul_i64(corners[i][0], corners[i][1], &corner))
            corner = (corners[i][0] < 0) == (corners[i][1] < 0) ? INT64_MAX : INT64_MIN;
        if (corner < product.least) product.least = corner;
        if (corner > product.most) product.most = corner;
    }
    return product;
}

sbr_range sbr_expr_range(const sbr_exprs *exprs, sbr_expr expr)
{
    return (sbr_range){exprs->nodes.data[expr].least, exprs->nodes.data[expr].most};
}

int64_t sbr_floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t larger(int64_t a, int64_t b) { return a > b ? a : b; }

static sbr_range range_of(const sbr_exprs *exprs, const sbr_expr_node *node)
{
    if (node->kind == SBR_EXPR_CONST) return (sbr_range){node->number, node->number};
    if (node->kind == SBR_EXPR_DIM) {
        const sbr_dim_info *dim = &exprs->dims.data[node->number];
        return (sbr_range){dim->minimum, dim->maximum};
    }
    const sbr_range a = sbr_expr_range(exprs, node->a), b = sbr_expr_range(exprs, node->b);
    switch (node->kind) {
    case SBR_EXPR_ADD: return sbr_range_add(a, b);
    case SBR_EXPR_MUL: return sbr_range_mul(a, b);
    case SBR_EXPR_DIV:
        return (sbr_range){unbounded(a.least) ? a.least : sbr_floor_div(a.least, b.least),
                           unbounded(a.most) ? a.most : sbr_floor_div(a.most, b.least)};
    case SBR_EXPR_MIN: return (sbr_range){smaller(a.least, b.least), smaller(a.most, b.most)};
    case SBR_EXPR_MAX: return (sbr_range){larger(a.least, b.least), larger(a.most, b.most)};
    default: return (sbr_range){INT64_MIN, INT64_MAX};
    }
}

/* A pool holds tens of expressions, so a scan serves as the table. */
sbr_expr sbr_expr_intern(sbr_exprs *exprs, sbr_expr_kind kind, sbr_expr a, sbr_expr b, int64_t number)
{
    for (uint32_t i = 0; i < exprs->nodes.count; i++) {
        const sbr_expr_node *node = &exprs->nodes.data[i];
        if (node->kind == kind && node->a == a && node->b == b && node->number == number) return i;
    }
    sbr_expr_node node = {.kind = kind, .a = a, .b = b, .number = number};
    const sbr_range range = range_of(exprs, &node);
    node.least = range.least;
    node.most = range.most;
    if (exprs->failed || !sbr_push(exprs->allocator, &exprs->nodes, node)) {
        exprs->failed = true;
        return SBR_EXPR_NONE;
    }
    return exprs->nodes.count - 1;
}

sbr_expr sbr_expr_number(sbr_exprs *exprs, int64_t number)
{
    return sbr_expr_intern(exprs, SBR_EXPR_CONST, SBR_EXPR_NONE, SBR_EXPR_NONE, number);
}

sbr_expr sbr_expr_dim(sbr_exprs *exprs, const char *name, int64_t minimum, int64_t maximum)
{
    const sbr_dim_info dim = {.name = name, .minimum = minimum, .maximum = maximum};
    if (exprs->failed || !sbr_push(exprs->allocator, &exprs->dims, dim)) {
        exprs->failed = true;
        return SBR_EXPR_NONE;
    }
    const sbr_expr expr = sbr_expr_intern(exprs, SBR_EXPR_DIM, SBR_EXPR_NONE, SBR_EXPR_NONE, exprs->dims.count - 1);
    if (expr == SBR_EXPR_NONE) exprs->dims.count--;
    else exprs->dims.data[exprs->dims.count - 1].expr = expr;
    return expr;
}

bool sbr_expr_is_number(const sbr_exprs *exprs, sbr_expr expr, int64_t *number)
{
    if (expr == SBR_EXPR_NONE || exprs->nodes.data[expr].kind != SBR_EXPR_CONST) return false;
    *number = exprs->nodes.data[expr].number;
    return true;
}

bool sbr_exprs_evaluate(const sbr_exprs *exprs, const int64_t *dims, int64_t *values)
{
    for (uint32_t i = 0; i < exprs->nodes.count; i++) {
        const sbr_expr_node *node = &exprs->nodes.data[i];
        switch (node->kind) {
        case SBR_EXPR_CONST: values[i] = node->number; break;
        case SBR_EXPR_DIM: values[i] = dims[node->number]; break;
        case SBR_EXPR_ADD:
            if (!sbr_add_i64(values[node->a], values[node->b], &values[i])) return false;
            break;
        case SBR_EXPR_MUL:
            if (!sbr_mul_i64(values[node->a], values[node->b], &values[i])) return false;
            break;
        case SBR_EXPR_DIV: values[i] = sbr_floor_div(values[node->a], values[node->b]); break;
        case SBR_EXPR_MIN: values[i] = smaller(values[node->a], values[node->b]); break;
        case SBR_EXPR_MAX: values[i] = larger(values[node->a], values[node->b]); break;
        }
    }
    return true;
}

int64_t sbr_expr_largest(const sbr_exprs *exprs, sbr_expr expr)
{
    const int64_t most = expr == SBR_EXPR_NONE ? -1 : exprs->nodes.data[expr].most;
    return unbounded(most) ? -1 : most;
}

typedef struct writer { char *text; size_t size, length; } writer;

static void put(writer *w, const char *string)
{
    for (; *string; string++) {
        if (w->length + 1 < w->size) w->text[w->length] = *string;
        if (w->length + 1 < w->size) w->length++;
    }
}

static void put_number(writer *w, int64_t number)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)number);
    put(w, digits);
}

static void put_expr(writer *w, const sbr_exprs *exprs, sbr_expr expr);

static void put_factor(writer *w, const sbr_exprs *exprs, sbr_expr expr)
{
    const sbr_expr_kind kind = exprs->nodes.data[expr].kind;
    const bool wrapped = kind == SBR_EXPR_ADD || kind == SBR_EXPR_DIV;
    if (wrapped) put(w, "(");
    put_expr(w, exprs, expr);
    if (wrapped) put(w, ")");
}

static bool starts_negative(const sbr_exprs *exprs, sbr_expr expr)
{
    const sbr_expr_node *node = &exprs->nodes.data[expr];
    int64_t number;
    if (node->kind == SBR_EXPR_MUL) expr = node->a;
    return sbr_expr_is_number(exprs, expr, &number) && number < 0;
}

static void put_expr(writer *w, const sbr_exprs *exprs, sbr_expr expr)
{
    const sbr_expr_node *node = &exprs->nodes.data[expr];
    int64_t number;
    if (w->length + 1 >= w->size) return;
    switch (node->kind) {
    case SBR_EXPR_CONST: put_number(w, node->number); break;
    case SBR_EXPR_DIM: put(w, exprs->dims.data[node->number].name); break;
    case SBR_EXPR_ADD:
        put_expr(w, exprs, node->a);
        if (!starts_negative(exprs, node->b)) put(w, "+");
        put_expr(w, exprs, node->b);
        break;
    case SBR_EXPR_MUL:
        if (sbr_expr_is_number(exprs, node->a, &number) && number == -1) put(w, "-");
        else {
            put_factor(w, exprs, node->a);
            put(w, "*");
        }
        put_factor(w, exprs, node->b);
        break;
    case SBR_EXPR_DIV:
        put_factor(w, exprs, node->a);
        put(w, "/");
        put_expr(w, exprs, node->b);
        break;
    case SBR_EXPR_MIN:
    case SBR_EXPR_MAX:
        put(w, node->kind == SBR_EXPR_MIN ? "min(" : "max(");
        put_expr(w, exprs, node->a);
        put(w, ", ");
        put_expr(w, exprs, node->b);
        put(w, ")");
        break;
    }
}

void sbr_expr_print(const sbr_exprs *exprs, sbr_expr expr, char *text, size_t size)
{
    if (!size) return;
    writer w = {text, size, 0};
    if (expr < exprs->nodes.count) put_expr(&w, exprs, expr);
    else put(&w, "?");
    text[w.length] = '\0';
}
