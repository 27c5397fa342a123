#include "sphere.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FACES = 20 * 64 };

typedef struct face { int corner[3]; } face;
typedef struct pair { int a, b; } pair;

/* A mesh being refined; edges of all levels so far, finest last. */
typedef struct builder {
    double node[NODES][3];
    int nodes, faces;
    face face[FACES];
    pair edges[EDGES]; /* each way */
    int edge_count, finest; /* finest: the first edge of the finest level */
} builder;

/* ---- Refinement ---- */

static int add_node(builder *b, double x, double y, double z)
{
    const double length = sqrt(x * x + y * y + z * z);
    b->node[b->nodes][0] = x / length;
    b->node[b->nodes][1] = y / length;
    b->node[b->nodes][2] = z / length;
    return b->nodes++;
}

static void start(builder *b)
{
    const double golden = (1 + sqrt(5)) / 2;
    static const face faces[20] = {{{0, 11, 5}}, {{0, 5, 1}}, {{0, 1, 7}}, {{0, 7, 10}}, {{0, 10, 11}}, {{1, 5, 9}}, {{5, 11, 4}}, {{11, 10, 2}}, {{10, 7, 6}}, {{7, 1, 8}},
                                   {{3, 9, 4}}, {{3, 4, 2}}, {{3, 2, 6}}, {{3, 6, 8}}, {{3, 8, 9}}, {{4, 9, 5}}, {{2, 4, 11}}, {{6, 2, 10}}, {{8, 6, 7}}, {{9, 8, 1}}};
    for (int axis = 0; axis < 3; axis++) {
        for (int k = 0; k < 4; k++) {
            double p[3] = {0, 0, 0};
            p[axis] = k % 2 ? 1 : -1;
            p[(axis + 1) % 3] = k < 2 ? golden : -golden;
            add_node(b, p[0], p[1], p[2]);
        }
    }
    memcpy(b->face, faces, sizeof faces);
    b->faces = 20;
}

/* The node halfway, made once for each pair. */
static int middle(builder *b, int *known, int p, int q)
{
    int *entry = &known[p < q ? p * NODES + q : q * NODES + p];
    if (!*entry) *entry = 1 + add_node(b, b->node[p][0] + b->node[q][0], b->node[p][1] + b->node[q][1], b->node[p][2] + b->node[q][2]);
    return *entry - 1;
}

static void refine(builder *b, int *known)
{
    static face finer[FACES];
    int count = 0;
    for (int f = 0; f < b->faces; f++) {
        const int *c = b->face[f].corner, ab = middle(b, known, c[0], c[1]), bc = middle(b, known, c[1], c[2]), ca = middle(b, known, c[2], c[0]);
        finer[count++] = (face){{c[0], ab, ca}};
        finer[count++] = (face){{c[1], bc, ab}};
        finer[count++] = (face){{c[2], ca, bc}};
        finer[count++] = (face){{ab, bc, ca}};
    }
    memcpy(b->face, finer, (size_t)count * sizeof *finer);
    b->faces = count;
}

/* Every edge of a closed mesh lies in two faces, once each way. */
static void add_edges(builder *b)
{
    b->finest = b->edge_count;
    for (int f = 0; f < b->faces; f++)
        for (int k = 0; k < 3; k++) b->edges[b->edge_count++] = (pair){b->face[f].corner[k], b->face[f].corner[(k + 1) % 3]};
}

/* ---- Sparse matrices ---- */

static int by_receiver(const void *a, const void *b)
{
    const pair *p = a, *q = b;
    return p->b != q->b ? p->b - q->b : p->a - q->a;
}

static void count_rows(int32_t *rows, int count)
{
    for (int i = 0; i < count; i++) rows[i + 1] += rows[i];
}

static void take_edges(sphere *s, pair *edges, int count)
{
    qsort(edges, (size_t)count, sizeof *edges, by_receiver);
    for (int e = 0; e < count; e++) {
        const float *from = s->node[edges[e].a], *to = s->node[edges[e].b];
        double square = 0;
        s->edge_from[e] = edges[e].a;
        s->edge_to[e] = edges[e].b;
        s->edge_rows[edges[e].b + 1]++;
        for (int k = 0; k < 3; k++) {
            s->edge_inputs[e][k] = to[k] - from[k];
            square += (double)s->edge_inputs[e][k] * (double)s->edge_inputs[e][k];
        }
        s->edge_inputs[e][3] = (float)sqrt(square);
    }
    count_rows(s->edge_rows, NODES);
}

/* Nodes within two edges of the finest level, itself included. */
static void take_windows(sphere *s, const pair *edges, int count)
{
    static bool near[NODES][NODES], close[NODES][NODES];
    for (int e = 0; e < count; e++) close[edges[e].a][edges[e].b] = true;
    for (int i = 0; i < NODES; i++) {
        near[i][i] = true;
        for (int k = 0; k < NODES; k++) {
            if (!close[i][k]) continue;
            for (int m = 0; m < NODES; m++) near[i][m] = near[i][m] || m == k || close[k][m];
        }
    }
    int used = 0;
    for (int i = 0; i < NODES; i++) {
        for (int k = 0; k < NODES; k++)
            if (near[i][k]) s->window_columns[used++] = k;
        s->window_rows[i + 1] = used;
    }
}

static double dot(const sphere *s, int cell, int node)
{
    double sum = 0;
    for (int k = 0; k < 3; k++) sum += (double)s->cell[k][cell] * (double)s->node[node][k];
    return sum;
}

/* The nearest nodes of a cell, nearest first. */
static void find_nearest(const sphere *s, int cell, int *nearest, double *dots)
{
    for (int n = 0; n < NEAREST; n++) dots[n] = -2;
    for (int i = 0; i < NODES; i++) {
        const double d = dot(s, cell, i);
        int place = NEAREST;
        while (place > 0 && d > dots[place - 1]) place--;
        if (place == NEAREST) continue;
        memmove(&dots[place + 1], &dots[place], (size_t)(NEAREST - 1 - place) * sizeof *dots);
        memmove(&nearest[place + 1], &nearest[place], (size_t)(NEAREST - 1 - place) * sizeof *nearest);
        dots[place] = d;
        nearest[place] = i;
    }
}

static void take_cells(sphere *s)
{
    static int owner[CELLS];
    for (int c = 0; c < CELLS; c++) {
        int nearest[NEAREST] = {0};
        double dots[NEAREST], weights[NEAREST], sum = 0;
        find_nearest(s, c, nearest, dots);
        for (int n = 0; n < NEAREST; n++) sum += weights[n] = 1 / (1e-3 + acos(fmin(1, fmax(-1, dots[n]))));
        for (int n = 0; n < NEAREST; n++) {
            s->spread_columns[c * NEAREST + n] = nearest[n];
            s->spread_values[c * NEAREST + n] = (float)(weights[n] / sum);
        }
        s->spread_rows[c + 1] = (c + 1) * NEAREST;
        owner[c] = nearest[0];
        s->pool_rows[nearest[0] + 1]++;
    }
    count_rows(s->pool_rows, NODES);
    int32_t next[NODES];
    memcpy(next, s->pool_rows, sizeof next);
    for (int c = 0; c < CELLS; c++) {
        const int32_t place = next[owner[c]]++;
        s->pool_columns[place] = c;
        s->pool_values[place] = 1.0f / (float)(s->pool_rows[owner[c] + 1] - s->pool_rows[owner[c]]);
    }
}

void sphere_make(const winds *w, sphere *s)
{
    static builder b;
    static int known[NODES * NODES];
    const double degree = 3.14159265358979323846 / 180;
    memset(s, 0, sizeof *s);
    memset(&b, 0, sizeof b);
    memset(known, 0, sizeof known);
    start(&b);
    add_edges(&b);
    for (int level = 0; level < LEVELS; level++) {
        refine(&b, known);
        add_edges(&b);
    }
    for (int i = 0; i < NODES; i++)
        for (int k = 0; k < 3; k++) s->node[i][k] = (float)b.node[i][k];
    for (int c = 0; c < CELLS; c++) {
        const double latitude = (double)w->latitude[c / COLUMNS] * degree, longitude = (double)w->longitude[c % COLUMNS] * degree;
        s->cell[0][c] = (float)(cos(latitude) * cos(longitude));
        s->cell[1][c] = (float)(cos(latitude) * sin(longitude));
        s->cell[2][c] = (float)sin(latitude);
    }
    take_windows(s, b.edges + b.finest, b.edge_count - b.finest);
    take_edges(s, b.edges, b.edge_count);
    take_cells(s);
}
