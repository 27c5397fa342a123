/* Faces of a mesh of cells, for finite volumes. */
#ifndef SBR_PDE_FACES_H
#define SBR_PDE_FACES_H

#include "mesh.h"

typedef struct sbr_face {
    int32_t points[3];  /* ascending; dimensions of them */
    int32_t cells[2];   /* the second -1 at the boundary */
    int32_t facet;      /* of the boundary; -1: none */
    double area, centre[3], normal[3]; /* unit, out of the first cell */
} sbr_face;

typedef struct sbr_faces { sbr_face *data; int64_t count; } sbr_faces;

/* Every face once, in the order of its points. Fails where three cells share one, or a facet is no face of the boundary or named twice. */
sabir_status sbr_faces_find(const sabir_allocator *allocator, const sabir_mesh *mesh, sbr_faces *faces);

#endif
