#include "params.h"

/* ---- Making ---- */

sabir_status sabir_params_create(sabir_graph *graph, const sabir_params_options *options, sabir_params **result)
{
    sabir_params_options all;
    if (!result) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_params_create: params is NULL");
    *result = NULL;
    if (!graph) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_params_create: graph is NULL");
    SABIR_TRY(sbr_options_read(options, &all, sizeof all, "sabir_params_create"));
    if (all.type != SABIR_F32 && all.type != SABIR_F16 && all.type != SABIR_BF16 && all.type != SABIR_F64)
        return sbr_fail(SABIR_INVALID_TYPE, "sabir_params_create: parameters are of a float type, not %s", sabir_type_name(all.type));
    sabir_context *context = sabir_graph_context(graph);
    sabir_params *params = sbr_alloc(sbr_context_allocator(context), sizeof *params);
    if (!params) return sbr_no_memory(sizeof *params);
    sabir_context_retain(context);
    params->graph = graph;
    params->context = context;
    params->arena.allocator = params->scope.allocator = sbr_context_allocator(context);
    params->seed = all.seed;
    params->type = all.type;
    *result = params;
    return SABIR_OK;
}

void sabir_params_destroy(sabir_params *params)
{
    if (!params) return;
    sabir_context *context = params->context;
    const sabir_allocator *allocator = sbr_context_allocator(context);
    sbr_text_free(&params->scope);
    sbr_vector_free(allocator, &params->scopes);
    sbr_vector_free(allocator, &params->values);
    sbr_vector_free(allocator, &params->infos);
    for (int i = 0; i < 2; i++) sbr_vector_free(allocator, &params->groups[i]);
    sbr_arena_free(&params->arena);
    sbr_free(allocator, params);
    sabir_context_release(context);
}

sabir_graph *sabir_params_graph(const sabir_params *params) { return params ? params->graph : NULL; }

/* ---- Errors ---- */

bool sbr_params_open(const sabir_params *params, const char *call)
{
    if (params) return sbr_graph_is_open(params->graph, call);
    (void)sbr_fail(SABIR_INVALID_ARGUMENT, "%s: params is NULL", call);
    return false;
}

sabir_value sbr_params_refuse(const sabir_params *params, const char *block, const char *name, sabir_status status)
{
    return sbr_graph_refuse(params->graph, sbr_fail(status, "%s \"%s%s\": %s", block, params->scope.data ? params->scope.data : "", name ? name : "", sabir_last_message()));
}

bool sbr_params_takes(const sabir_params *params, const char *block, const char *name, sabir_value x, int32_t least_rank, int32_t axis, int64_t *extent)
{
    if (!sbr_params_open(params, block)) return false;
    const sabir_type type = sabir_value_type(x);
    const sabir_shape shape = sabir_value_shape(x);
    sabir_status status = SABIR_OK;
    if (!name || !name[0]) status = sbr_fail(SABIR_INVALID_ARGUMENT, "a block needs a name");
    else if (x.graph != params->graph || type == SABIR_TYPE_COUNT) status = sbr_fail(SABIR_INVALID_ARGUMENT, "x is no value of the parameters' graph");
    else if (type != params->type)
        status = sbr_fail(SABIR_INVALID_TYPE, "x is %s and the parameters are %s; sabir_cast converts", sabir_type_name(type), sabir_type_name(params->type));
    else if (shape.rank < least_rank) status = sbr_fail(SABIR_INVALID_SHAPE, "x has rank %d and has to have %d or more", (int)shape.rank, (int)least_rank);
    else if (shape.extents[axis < 0 ? shape.rank + axis : axis] < 0)
        status = sbr_fail(SABIR_INVALID_SHAPE, "the extent of x along axis %d is known only at run, and parameters need a number", (int)axis);
    if (status == SABIR_OK) *extent = shape.extents[axis < 0 ? shape.rank + axis : axis];
    else (void)sbr_params_refuse(params, block, name, status);
    return status == SABIR_OK;
}

/* ---- Scopes ---- */

void sabir_params_enter(sabir_params *params, const char *name, int64_t number)
{
    if (!sbr_params_open(params, "sabir_params_enter")) return;
    if (!name || !name[0]) {
        (void)sbr_params_refuse(params, "scope", name, sbr_fail(SABIR_INVALID_ARGUMENT, "a scope needs a name"));
        return;
    }
    if (!sbr_push(sbr_params_allocator(params), &params->scopes, params->scope.length)) {
        (void)sbr_graph_refuse(params->graph, sbr_no_memory(sizeof(size_t)));
        return;
    }
    if (number >= 0) sbr_text_printf(&params->scope, "%s%lld/", name, (long long)number);
    else sbr_text_printf(&params->scope, "%s/", name);
    if (params->scope.failed) (void)sbr_graph_refuse(params->graph, sbr_no_memory(params->scope.length));
}

void sabir_params_leave(sabir_params *params)
{
    if (!sbr_params_open(params, "sabir_params_leave")) return;
    if (params->scopes.count == 0) {
        (void)sbr_params_refuse(params, "scope", NULL, sbr_fail(SABIR_MISUSE, "left more often than entered"));
        return;
    }
    params->scope.length = params->scopes.data[--params->scopes.count];
    params->scope.data[params->scope.length] = '\0';
}

/* ---- Parameters ---- */

static int64_t find(const sabir_params *params, const char *name)
{
    for (uint32_t i = 0; i < params->values.count; i++)
        if (strcmp(params->infos.data[i].name, name) == 0) return i;
    return -1;
}

static sabir_status again(sabir_value value, const char *name, const sabir_shape *shape)
{
    const sabir_shape has = sabir_value_shape(value);
    bool same = has.rank == shape->rank;
    for (int32_t i = 0; same && i < has.rank; i++) same = has.extents[i] == shape->extents[i];
    return same ? SABIR_OK : sbr_fail(SABIR_INVALID_SHAPE, "'%s' was made with another shape", name);
}

static sabir_status add(sabir_params *params, const char *name, sabir_shape shape, sabir_init init, sabir_value *value)
{
    const sabir_allocator *allocator = sbr_params_allocator(params);
    SABIR_TRY(sbr_init_check(&init));
    *value = sabir_variable(params->graph, name, params->type, shape);
    SABIR_TRY(sabir_graph_status(params->graph));
    sbr_param_info info = {sbr_arena_strdup(&params->arena, name), init};
    const int group = shape.rank >= 2 ? 0 : 1;
    if (!info.name || !sbr_reserve(allocator, &params->values, 1) || !sbr_reserve(allocator, &params->infos, 1) || !sbr_reserve(allocator, &params->groups[group], 1))
        return sbr_no_memory(sizeof info);
    params->values.data[params->values.count++] = *value;
    params->infos.data[params->infos.count++] = info;
    params->groups[group].data[params->groups[group].count++] = *value;
    return SABIR_OK;
}

static sabir_status find_or_add(sabir_params *params, const char *name, sabir_shape shape, sabir_init init, sabir_value *value)
{
    const int64_t place = find(params, name);
    if (place < 0) return add(params, name, shape, init, value);
    *value = params->values.data[place];
    return again(*value, name, &shape);
}

sabir_value sabir_param(sabir_params *params, const char *name, sabir_shape shape, sabir_init init)
{
    if (!sbr_params_open(params, "sabir_param")) return SABIR_NONE;
    if (!name || !name[0]) return sbr_params_refuse(params, "parameter", name, sbr_fail(SABIR_INVALID_ARGUMENT, "a name is needed"));
    const size_t length = params->scope.length;
    sabir_value value = SABIR_NONE;
    sbr_text_puts(&params->scope, name);
    const sabir_status status = params->scope.failed ? sbr_no_memory(length) : find_or_add(params, params->scope.data, shape, init, &value);
    if (!params->scope.failed) {
        params->scope.length = length;
        params->scope.data[length] = '\0';
    }
    if (status == SABIR_OK || sabir_graph_status(params->graph) != SABIR_OK) return value;
    return sbr_params_refuse(params, "parameter", name, status);
}

uint32_t sabir_params_count(const sabir_params *params) { return params ? params->values.count : 0; }
const sabir_value *sabir_params_values(const sabir_params *params) { return params ? params->values.data : NULL; }

uint32_t sabir_params_under(const sabir_params *params, const char *prefix, sabir_value *values, uint32_t room)
{
    uint32_t count = 0;
    for (uint32_t i = 0; prefix && i < sabir_params_count(params); i++) {
        if (strncmp(params->infos.data[i].name, prefix, strlen(prefix)) != 0) continue;
        if (values && count < room) values[count] = params->values.data[i];
        count++;
    }
    return count;
}

void sabir_params_groups(sabir_params *params, sabir_parameter_group groups[2])
{
    for (int i = 0; i < 2 && groups; i++)
        groups[i] = (sabir_parameter_group){.variables = params ? params->groups[i].data : NULL, .count = params ? params->groups[i].count : 0, .no_decay = i};
}

/* ---- Initial values ---- */

static sabir_status initialise(const sabir_params *params, uint32_t i, sabir_store *store, void *memory, int64_t room)
{
    const sbr_param_info *info = &params->infos.data[i];
    const sabir_shape shape = sabir_value_shape(params->values.data[i]);
    const size_t size = sabir_type_size(params->type);
    sabir_tensor *tensor;
    SABIR_TRY(sabir_store_variable(store, info->name, params->type, shape, &tensor));
    const int64_t total = (int64_t)(sabir_tensor_bytes(tensor) / size);
    for (int64_t first = 0; first < total; first += room) {
        const int64_t count = total - first < room ? total - first : room;
        sbr_init_fill(&info->init, &shape, params->seed, info->name, params->type, first, count, memory);
        SABIR_TRY(sabir_tensor_write(tensor, (uint64_t)first * size, memory, (uint64_t)count * size));
    }
    return SABIR_OK;
}

sabir_status sabir_params_initialise(const sabir_params *params, sabir_store *store)
{
    enum { ROOM = 1 << 18 };
    if (!params || !store) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_params_initialise: %s is NULL", params ? "store" : "params");
    const sabir_allocator *allocator = sbr_params_allocator(params);
    void *memory = sbr_alloc_array(allocator, ROOM, sizeof(double));
    if (!memory) return sbr_no_memory(ROOM * sizeof(double));
    sabir_status status = SABIR_OK;
    for (uint32_t i = 0; i < params->values.count && status == SABIR_OK; i++) status = initialise(params, i, store, memory, ROOM);
    sbr_free(allocator, memory);
    return status;
}
