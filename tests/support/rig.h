/* A graph on a device, for tests: inputs with data, outputs read back. Every failure fails the test. */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <stdbool.h>

#include "sabir/sabir.h"

enum { RIG_PORTS = 24 };

typedef struct rig_port { char name[24]; sabir_tensor *tensor; const void *data; } rig_port;

typedef struct rig {
    sabir_device *device;
    sabir_graph *graph;
    sabir_program *program;
    rig_port inputs[RIG_PORTS], outputs[RIG_PORTS];
    int input_count, output_count;
} rig;

rig rig_open(sabir_context *context, const char *selector);
void rig_close(rig *r);
/* An input and what is written to it; data outlives the rig. */
sabir_value rig_input(rig *r, const char *name, sabir_type type, sabir_shape shape, const void *data);
void rig_output(rig *r, const char *name, sabir_value value);
/* Compiles, unless that was done, and runs. options may be NULL; a device that lacks something fails the test. */
void rig_run(rig *r, const sabir_compile_options *options);
/* The whole of an output. */
void rig_read(rig *r, const char *name, void *data);
sabir_tensor *rig_tensor(rig *r, const char *name);

/* count floats of -1 .. 1. */
void rig_draw(uint64_t seed, float *data, int64_t count);

/* Whether two lots of memory are the same, bit for bit. */
bool rig_same(const void *a, const void *b, size_t bytes);

#endif
