/* How much a group's kernel reads. A value that is seen through two views is computed once for each (fused_body.c), operands and all, so what a
 * group reads can be more than its nodes show. */
#include "fused.h"

/* A path is what lies between a value and the root: a node, a view or one that broadcasts, behind another path. Path 0 is the root's own. */
typedef struct path { uint32_t before, node; } path;
typedef struct read { uint32_t value, path; } read;

typedef struct reads {
    const sabir_graph *graph;
    const uint32_t *group;
    uint32_t root;
    path paths[SBR_FUSED_TEMPORARIES];
    read known[SBR_FUSED_TEMPORARIES];
    uint32_t path_count, known_count, operands;
    bool too_many;
} reads;

static uint32_t longer(reads *r, uint32_t before, uint32_t node)
{
    for (uint32_t i = 1; i < r->path_count; i++)
        if (r->paths[i].before == before && r->paths[i].node == node) return i;
    if (r->path_count == SBR_FUSED_TEMPORARIES) {
        r->too_many = true;
        return 0;
    }
    r->paths[r->path_count] = (path){before, node};
    return r->path_count++;
}

static void follow(reads *r, uint32_t value, uint32_t at)
{
    const sbr_value_info *info = sbr_value_at(r->graph, value);
    const sbr_node *node = &r->graph->nodes.data[info->node];
    for (uint32_t i = 0; i < r->known_count && !r->too_many; i++)
        if (r->known[i].value == value && r->known[i].path == at) return;
    if (r->too_many || r->known_count == SBR_FUSED_TEMPORARIES) {
        r->too_many = true;
        return;
    }
    r->known[r->known_count++] = (read){value, at};
    if (r->group[info->node] != r->root) {
        r->too_many = ++r->operands > SBR_FUSED_OPERANDS;
        return;
    }
    for (uint32_t i = 0; i < node->input_count; i++) {
        const bool turns = sbr_fuse_is_view(r->graph, node) || !sbr_shape_equal(&sbr_value_at(r->graph, node->inputs[i])->shape, &info->shape);
        /* A reduction begins anew at the row. */
        const uint32_t onwards = sbr_fuse_reduces_rows(r->graph, node) ? 0 : turns ? longer(r, at, info->node) : at;
        follow(r, node->inputs[i], onwards);
    }
}

bool sbr_fuse_fits(const sabir_graph *graph, const uint32_t *group, uint32_t root)
{
    reads r = {.graph = graph, .group = group, .root = root, .path_count = 1};
    follow(&r, graph->nodes.data[root].first_output, 0);
    return !r.too_many;
}
