#include "large.h"

#include <string.h>

enum { ROWS = 640 * 1024, WIDTH = 64, PICKED = 1031, EDGES = 3 * PICKED };

/* Element i of a [ROWS, WIDTH] matrix: small whole numbers, so that sums are exact. */
static double element(int64_t i) { return (double)((i / WIDTH * 7 + i % WIDTH) % 1013 - 500); }
static double one(int64_t i) { return (double)(i >= 0); }
/* Indices all over the rows. */
static double picked(int64_t k) { return (double)(k * 635 % ROWS); }
static int64_t picked_row(int64_t k) { return (int64_t)picked(k); }

static sabir_value matrix(conform_build *b) { return conform_input(b, SABIR_F32, SABIR_SHAPE(ROWS, WIDTH), (conform_fill){.formula = element}); }

static double twice(int64_t i) { return 2 * element(i) + 1; }

static void add_large(conform_build *b)
{
    const sabir_value x = matrix(b);
    conform_output_formula(b, "sum", sabir_add(b->graph, sabir_add(b->graph, x, x), sabir_number(b->graph, SABIR_F32, 1)), twice);
}

static double row_sum(int64_t r)
{
    double sum = 0;
    for (int64_t c = 0; c < WIDTH; c++) sum += element(r * WIDTH + c);
    return sum;
}
static double total(int64_t i) { return (double)ROWS * WIDTH + 0 * (double)i; }
static double rows_counted(int64_t i) { return ROWS + 0 * (double)i; }

static void sum_large(conform_build *b)
{
    conform_output_formula(b, "rows", sabir_sum(b->graph, matrix(b), SABIR_INTS(1)), row_sum);
    const sabir_value ones = conform_input(b, SABIR_F32, SABIR_SHAPE(ROWS, WIDTH), (conform_fill){.formula = one});
    conform_output_formula(b, "columns", sabir_sum(b->graph, ones, SABIR_INTS(0)), rows_counted);
    conform_output_formula(b, "all", sabir_sum(b->graph, ones, SABIR_ALL_AXES), total);
}

static double gathered(int64_t i) { return element(picked_row(i / WIDTH) * WIDTH + i % WIDTH); }

static void gather_large(conform_build *b)
{
    const sabir_value indices = conform_input(b, SABIR_I32, SABIR_SHAPE(PICKED), (conform_fill){.formula = picked});
    conform_output_formula(b, "rows", sabir_gather(b->graph, matrix(b), indices, 0), gathered);
}

/* A product with columns of the identity. */
enum { KEPT = 8 };
static double unit(int64_t i) { return (double)(i / KEPT == i % KEPT * KEPT); }
static double kept(int64_t i) { return element(i / KEPT * WIDTH + i % KEPT * KEPT); }

static void matmul_large(conform_build *b)
{
    const sabir_value columns = conform_input(b, SABIR_F32, SABIR_SHAPE(WIDTH, KEPT), (conform_fill){.formula = unit});
    conform_output_formula(b, "columns", sabir_matmul(b->graph, matrix(b), columns), kept);
}

/* Row r adds three rows of the matrix, with the factors 1, 2 and 3. */
static double pointer(int64_t r) { return (double)(3 * r); }
static double factor(int64_t e) { return (double)(e % 3 + 1); }
static double mixed(int64_t i)
{
    double sum = 0;
    for (int64_t e = 3 * (i / WIDTH); e < 3 * (i / WIDTH) + 3; e++) sum += factor(e) * element(picked_row(e) * WIDTH + i % WIDTH);
    return sum;
}

static void spmm_large(conform_build *b)
{
    const sabir_value rows = conform_input(b, SABIR_I32, SABIR_SHAPE(PICKED + 1), (conform_fill){.formula = pointer});
    const sabir_value columns = conform_input(b, SABIR_I32, SABIR_SHAPE(EDGES), (conform_fill){.formula = picked});
    const sabir_value values = conform_input(b, SABIR_F32, SABIR_SHAPE(EDGES), (conform_fill){.formula = factor});
    conform_output_formula(b, "rows", sabir_spmm(b->graph, rows, columns, values, matrix(b)), mixed);
}

static double backward(int64_t i) { return element((int64_t)ROWS * WIDTH - 1 - i); }

static void copy_large(conform_build *b) { conform_output_formula(b, "flip", sabir_flip(b->graph, matrix(b), SABIR_ALL_AXES), backward); }

void conform_cases_large(conform_list *list)
{
    static const struct { const char *op; conform_builder *build; } rows[] = {
        {"add", add_large}, {"sum", sum_large}, {"gather", gather_large}, {"matmul", matmul_large}, {"spmm", spmm_large}, {"slice", copy_large},
    };
    for (uint32_t i = 0; i < COUNT_OF(rows); i++)
        if (strcmp(rows[i].op, list->op) == 0) conform_add_large(list, "large", rows[i].build);
}
