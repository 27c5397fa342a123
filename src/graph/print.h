/* Attributes as text: one printer for each attributes struct, the table's fourth use in this folder. A printer appends
 * " name=value" for what differs from the plain case; attrs.c has those of today's structs. */
#ifndef SBR_PRINT_H
#define SBR_PRINT_H

#include "base/text.h"
#include "graph.h"

typedef struct sbr_attrs_writer {
    sbr_text *text;
    const sabir_graph *graph;
    const sbr_node *node;
} sbr_attrs_writer;
typedef void sbr_attrs_print(const sbr_attrs_writer *writer, const void *attrs);

#define EW(name, inputs, class, result, expression, tolerance, text)
#define OP(name, least, most, outputs, attributes, flags, tolerance, text) sbr_attrs_print sbr_print_##attributes;
#include "ops.def"

#endif
