/* The wind one month ahead, as one graph that joins four families of operators:
 *   encode     a small network at each cell of the grid, and a map of how strongly anomalies persist there
 *   transport  the last anomaly is carried by the climatological wind and diffused on the sphere, with learned speed and diffusion: a loop of explicit steps
 *   messages   over the multi-mesh of the sphere (sphere.h), cells to nodes and back by sparse products
 *   attention  on the nodes: local windows and global tokens in turn
 *   experts    a mixture of experts behind each attention
 *   decode     a correction to the persisting anomaly
 * Each of the four middle ones can be left out, to see what it is worth. */
#ifndef MODEL_H
#define MODEL_H

#include <sabir/sabir.h>

#include "sphere.h"

typedef enum family { TRANSPORT = 1, MESSAGES = 2, ATTENTION = 4, EXPERTS = 8, ALL_FAMILIES = 15 } family;

enum { MODEL_MOST_BATCH = 8 };

typedef struct model_options {
    int batch;     /* months at a time, 1 to MODEL_MOST_BATCH */
    unsigned families;
    uint64_t seed; /* of the first weights */
} model_options;

typedef struct model {
    sabir_params *params;
    sabir_value inputs, climatology, target; /* of the batch: f32 [batch, INPUTS, CELLS], [batch, FIELDS, CELLS] twice */
    sabir_value anomaly;                     /* the forecast less the climatology, [batch, FIELDS, CELLS] */
    sabir_value error;                       /* of it, squared: mean weighted by the area of cells */
    sabir_value loss;                        /* error, and what balances the experts */
} model;

/* Builds the forward pass and the loss. What the program is given: "inputs" f32 [n, INPUTS, CELLS], "climatology" and "target" f32 [n, FIELDS, CELLS], n samples
 * that stay on the device, and "months" i32 [batch], which of them. Errors are the graph's. */
void model_build(sabir_graph *g, const winds *w, const sphere *s, const model_options *options, model *m);

#endif
