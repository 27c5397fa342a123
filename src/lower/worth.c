/* Which fused texts are worth compiling. A text is a kernel that no other program has; a program of many small groups would spend its first seconds
 * on texts that save it microseconds. What a group need not write and read again, and the launches that it does without, are added up over all groups
 * of one text. A group whose text saves too little is taken apart, into kernels that the program has anyway. */
#include "driver.h"

#include <math.h>

#include "fuse.h"

/* Counted in elements that are moved. A launch is worth 4096 of them, some 10 us on CPUs, and a text has to save 1.3 ms a run: compiling it takes as long
 * as 250 runs win. A program of at most SMALL kernels is soon ready, whatever they are. */
enum { LAUNCH = 1 << 12, WORTH = 1 << 19, SMALL = 32 };

/* saves: by all its launches in a run; 0 where it is built in. */
typedef struct kernel { const sbr_launch *launch; double saves; } kernel;
typedef SBR_VECTOR(kernel) kernels;

static const sbr_launch *launch_at(const sbr_module *module, uint32_t step)
{
    return module->steps.data[step].kind == SBR_STEP_LAUNCH ? module->steps.data[step].launch : NULL;
}

/* Fused texts have names of their own. */
static bool same_kernel(const sbr_launch *a, const sbr_launch *b)
{
    return a->plain == b->plain && a->variant.arith == b->variant.arith && a->variant.result == b->variant.result && a->variant.wide == b->variant.wide &&
           strcmp(a->desc->name, b->desc->name) == 0 && memcmp(a->constants, b->constants, a->desc->constant_count * sizeof *a->constants) == 0;
}

static kernel *find(const kernels *all, const sbr_launch *launch)
{
    for (uint32_t i = 0; i < all->count; i++)
        if (same_kernel(all->data[i].launch, launch)) return &all->data[i];
    return NULL;
}

static sabir_status list(const sbr_module *module, kernels *all)
{
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const kernel entry = {.launch = launch_at(module, i)};
        if (entry.launch && !find(all, entry.launch) && !sbr_push(&module->allocator, all, entry)) return sbr_no_memory(sizeof entry);
    }
    return SABIR_OK;
}

sabir_status sbr_count_kernels(const sbr_module *module, uint32_t *count)
{
    kernels all = {0};
    const sabir_status status = list(module, &all);
    *count = all.count;
    sbr_vector_free(&module->allocator, &all);
    return status;
}

/* ---- What groups save ---- */

static double elements_of(const sabir_graph *graph, uint32_t value)
{
    const sabir_shape *shape = &sbr_value_at(graph, value)->shape;
    double count = 1;
    for (int32_t i = 0; i < shape->rank; i++) count *= (double)sbr_extent_most(graph, shape->extents[i]);
    return count;
}

/* Each value inside would be written by one launch and read by another. */
static double saved_by(const sabir_graph *graph, const uint32_t *group, uint32_t root)
{
    double saved = 0;
    for (uint32_t n = 0; n < root; n++) {
        const sbr_node *node = &graph->nodes.data[n];
        if (group[n] == root && !sbr_fuse_is_view(graph, node)) saved += LAUNCH + 2 * elements_of(graph, node->first_output);
    }
    return saved;
}

static void add_up(const sbr_module *module, const sabir_graph *graph, const uint32_t *group, const kernels *all)
{
    double times = 1;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_launch *launch = launch_at(module, i);
        times = sbr_times_after(module, i, times);
        if (launch && launch->fused) find(all, launch)->saves += times * saved_by(graph, group, module->steps.data[i].node);
    }
}

/* ---- Taking apart ---- */

static bool dissolve(const sbr_module *module, const kernels *all, double worth, uint32_t nodes, uint32_t *group)
{
    bool any = false;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_launch *launch = launch_at(module, i);
        const uint32_t root = module->steps.data[i].node;
        if (!launch || !launch->fused || find(all, launch)->saves >= worth) continue;
        for (uint32_t n = 0; n < nodes; n++)
            if (group[n] == root) group[n] = UINT32_MAX;
        any = true;
    }
    return any;
}

sabir_status sbr_dissolve_groups(const sbr_module *module, const sabir_graph *graph, sabir_specialise how, uint32_t *group, bool *any)
{
    kernels all = {0};
    *any = false;
    if (how == SABIR_SPECIALISE_ALWAYS) return SABIR_OK;
    const sabir_status status = list(module, &all);
    if (status == SABIR_OK && all.count > SMALL) {
        add_up(module, graph, group, &all);
        *any = dissolve(module, &all, how == SABIR_SPECIALISE_NEVER ? INFINITY : WORTH, graph->nodes.count, group);
    }
    sbr_vector_free(&module->allocator, &all);
    return status;
}
