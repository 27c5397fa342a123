/* Dims from the shapes of what is bound, and whether everything bound fits. */
#include <stdio.h>

#include "program.h"

/* The dim that the expression is; UINT32_MAX: it is none. */
static uint32_t plain_dim(const sbr_exprs *exprs, sbr_expr expr)
{
    const sbr_expr_node *node = &exprs->nodes.data[expr];
    return node->kind == SBR_EXPR_DIM ? (uint32_t)node->number : UINT32_MAX;
}

static sabir_status take_extent(sabir_program *program, const sbr_port *port, int32_t axis)
{
    const uint32_t d = plain_dim(&program->exprs, port->extents[axis]);
    if (d == UINT32_MAX) return SABIR_OK;
    const sbr_dim_info *info = &program->exprs.dims.data[d];
    sbr_dim_state *dim = &program->dims[d];
    const int64_t extent = port->tensor->shape.extents[axis];
    if (dim->from && dim->solved != extent)
        return sbr_fail(SABIR_INVALID_SHAPE, "input '%s': axis %d has %lld elements, but dim '%s' is %lld by input '%s'", port->name, axis, (long long)extent,
                        info->name, (long long)dim->solved, dim->from);
    if (extent < info->minimum || extent > info->maximum)
        return sbr_fail(SABIR_INVALID_SHAPE, "input '%s': axis %d has %lld elements, but dim '%s' is %lld to %lld", port->name, axis, (long long)extent,
                        info->name, (long long)info->minimum, (long long)info->maximum);
    dim->solved = extent;
    dim->from = port->name;
    return SABIR_OK;
}

static sabir_status check_rank(const sbr_port *port)
{
    const sabir_tensor *tensor = port->tensor;
    const char *kind = port->kind == SBR_PORT_INPUT ? "input" : "output";
    if (tensor->type != port->type)
        return sbr_fail(SABIR_INVALID_TYPE, "%s '%s' is %s, but the tensor bound is %s", kind, port->name, sabir_type_name(port->type),
                        sabir_type_name(tensor->type));
    if (tensor->shape.rank == port->rank) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_SHAPE, "%s '%s' has rank %d, but the tensor bound has rank %d", kind, port->name, port->rank, tensor->shape.rank);
}

sabir_status sbr_solve_dims(sabir_program *program)
{
    const uint32_t count = program->exprs.dims.count;
    for (uint32_t d = 0; d < count; d++) program->dims[d].from = NULL;
    for (uint32_t i = 0; i < program->ports.count; i++) {
        const sbr_port *port = &program->ports.data[i];
        if (port->kind != SBR_PORT_INPUT || !port->tensor) continue;
        SABIR_TRY(check_rank(port));
        for (int32_t axis = 0; axis < port->rank; axis++) SABIR_TRY(take_extent(program, port, axis));
    }
    for (uint32_t d = 0; d < count; d++) {
        sbr_dim_state *dim = &program->dims[d];
        if (!dim->from) dim->solved = dim->set >= 0 ? dim->set : program->exprs.dims.data[d].maximum;
        program->dim_values[d] = dim->solved;
    }
    if (sbr_exprs_evaluate(&program->exprs, program->dim_values, program->values)) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_SHAPE, "an extent of the graph overflows 64 bits for the dims of this run");
}

void sbr_port_shape(const sabir_program *program, const sbr_port *port, sabir_shape *shape)
{
    *shape = (sabir_shape){.rank = port->rank};
    for (int32_t i = 0; i < port->rank; i++) shape->extents[i] = program->values[port->extents[i]];
}

static sabir_status check_shape(const sabir_program *program, const sbr_port *port)
{
    const char *kind = port->kind == SBR_PORT_INPUT ? "input" : "output";
    for (int32_t axis = 0; axis < port->rank; axis++) {
        const int64_t expected = program->values[port->extents[axis]], given = port->tensor->shape.extents[axis];
        if (expected == given) continue;
        char extent[64];
        sbr_expr_print(&program->exprs, port->extents[axis], extent, sizeof extent);
        return sbr_fail(SABIR_INVALID_SHAPE, "%s '%s': axis %d has %lld elements, but %s = %lld is expected", kind, port->name, axis, (long long)given, extent,
                        (long long)expected);
    }
    return SABIR_OK;
}

static sabir_status check_port(const sabir_program *program, const sbr_port *port)
{
    const char *kind = port->kind == SBR_PORT_INPUT ? "input" : "output";
    if (!port->tensor) {
        if (!port->used) return SABIR_OK;
        return sbr_fail(SABIR_INVALID_ARGUMENT, "%s '%s' is not bound", kind, port->name);
    }
    SABIR_TRY(check_rank(port));
    SABIR_TRY(check_shape(program, port));
    if (port->tensor->mapped) return sbr_fail(SABIR_MISUSE, "%s '%s': the tensor is mapped; unmap it before the run", kind, port->name);
    if (port->kind == SBR_PORT_INPUT && atomic_load(&port->tensor->poisoned))
        return sbr_fail(SABIR_POISONED, "the tensor of input '%s' was left half written by a failed run; write it again", port->name);
    return SABIR_OK;
}

sabir_status sbr_check_bindings(sabir_program *program)
{
    SABIR_TRY(sbr_solve_dims(program));
    for (uint32_t i = 0; i < program->ports.count; i++)
        if (program->ports.data[i].kind != SBR_PORT_SCALAR) SABIR_TRY(check_port(program, &program->ports.data[i]));
    for (uint32_t i = 0; i < program->variables.count; i++) {
        const sabir_tensor *tensor = program->variables.data[i].tensor;
        if (tensor->mapped) return sbr_fail(SABIR_MISUSE, "variable '%s' is mapped; unmap it before the run", tensor->name);
        if (atomic_load(&tensor->poisoned))
            return sbr_fail(SABIR_POISONED, "a failed run left variable '%s' half written; write it again", tensor->name);
    }
    return SABIR_OK;
}

bool sbr_cancelled(const sabir_program *program, uint64_t run) { return atomic_load(&program->cancelled) >= run; }

/* ---- Public: slots, bindings, scalars, dims ---- */

static sabir_status check_slot(const sabir_program *program, int32_t slot, const char *what)
{
    if (!program) return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: the program is NULL", what);
    if (slot >= 0 && (uint32_t)slot < program->ports.count) return SABIR_OK;
    return sbr_fail(SABIR_INVALID_ARGUMENT, "%s: there is no slot %d; sabir_slot gives slots by name, -1 for a name that is not there", what, slot);
}

int32_t sabir_slot(const sabir_program *program, const char *name) { return program ? sbr_port_find(program, name, 0) : -1; }

sabir_status sabir_bind(sabir_program *program, int32_t slot, sabir_tensor *tensor)
{
    SABIR_TRY(check_slot(program, slot, "sabir_bind"));
    sbr_port *port = &program->ports.data[slot];
    if (port->kind == SBR_PORT_SCALAR) return sbr_fail(SABIR_MISUSE, "'%s' is a scalar; sabir_set_f32 and its like set it", port->name);
    if (tensor && tensor->device != program->device)
        return sbr_fail(SABIR_MISUSE, "'%s': the tensor is of another device (%s) than the program (%s); sabir_tensor_copy moves it", port->name,
                        tensor->device->found->info.id, program->device->found->info.id);
    if (tensor) SABIR_TRY(check_rank(&(sbr_port){.kind = port->kind, .name = port->name, .type = port->type, .rank = port->rank, .tensor = tensor}));
    sabir_tensor_retain(tensor);
    sabir_tensor_release(port->tensor);
    port->tensor = tensor;
    return SABIR_OK;
}

sabir_status sabir_set_f64(sabir_program *program, int32_t slot, double value)
{
    SABIR_TRY(check_slot(program, slot, "setting a scalar"));
    sbr_port *port = &program->ports.data[slot];
    if (port->kind != SBR_PORT_SCALAR) return sbr_fail(SABIR_MISUSE, "'%s' is no scalar; sabir_bind gives it a tensor", port->name);
    sbr_number_store(port->type, value, port->scalar);
    return SABIR_OK;
}

sabir_status sabir_set_f32(sabir_program *program, int32_t slot, float value) { return sabir_set_f64(program, slot, (double)value); }
sabir_status sabir_set_i32(sabir_program *program, int32_t slot, int32_t value) { return sabir_set_f64(program, slot, (double)value); }

sabir_status sabir_set_dim(sabir_program *program, const char *name, int64_t value)
{
    if (!program || !name) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_set_dim: the %s is NULL", program ? "name" : "program");
    for (uint32_t d = 0; d < program->exprs.dims.count; d++) {
        const sbr_dim_info *info = &program->exprs.dims.data[d];
        if (strcmp(info->name, name) != 0) continue;
        if (value < info->minimum || value > info->maximum)
            return sbr_fail(SABIR_INVALID_ARGUMENT, "dim '%s' is set to %lld; it is %lld to %lld", name, (long long)value, (long long)info->minimum,
                            (long long)info->maximum);
        program->dims[d].set = value;
        return SABIR_OK;
    }
    return sbr_fail(SABIR_NOT_FOUND, "the program has no dim '%s'", name);
}

sabir_status sabir_output_shape(sabir_program *program, int32_t slot, sabir_type *type, sabir_shape *shape)
{
    SABIR_TRY(check_slot(program, slot, "sabir_output_shape"));
    if (!type || !shape) return sbr_fail(SABIR_INVALID_ARGUMENT, "sabir_output_shape: %s is NULL", type ? "shape" : "type");
    SABIR_TRY(sbr_solve_dims(program));
    *type = program->ports.data[slot].type;
    sbr_port_shape(program, &program->ports.data[slot], shape);
    return SABIR_OK;
}
