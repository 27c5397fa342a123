/* The launch builder: names to control words, storage codes, the wide variant, temporaries behind sub-word outputs. */
#include "lower.h"

#include <stdio.h>

static void fail(sbr_launcher *l, const char *what, const char *name)
{
    if (l->status == SABIR_OK) l->status = sbr_fail(SABIR_INTERNAL, "kernel %s: %s '%s'", l->desc->name, what, name);
}

static uint32_t arith_bytes(sbr_arith arith) { return arith == SBR_ARITH_F64 || arith == SBR_ARITH_I64 || arith == SBR_ARITH_BITS ? 8 : 4; }

/* Bytes of the arrays that a work-group shares, indices counted as wide. */
static uint64_t shared_bytes(const sbr_kernel_desc *desc, sbr_arith arith, sbr_arith result)
{
    static const struct { const char *type; uint32_t bytes; } sizes[] = {{"IDX", 8}, {"double", 8}, {"float2", 8}, {"float4", 16}, {"uint2", 8},
                                                                         {"uint4", 16}, {"int2", 8}, {"int4", 16}};
    uint64_t sum = 0;
    for (uint32_t i = 0; i < desc->shared_count; i++) {
        const sbr_kernel_shared *array = &desc->shared[i];
        uint32_t bytes = 4;
        if (strcmp(array->type, "ARITH") == 0) bytes = arith_bytes(arith);
        if (strcmp(array->type, "RESULT_TYPE") == 0) bytes = arith_bytes(result);
        for (size_t s = 0; s < SBR_COUNT(sizes); s++)
            if (strcmp(array->type, sizes[s].type) == 0) bytes = sizes[s].bytes;
        sum += (uint64_t)bytes * array->count;
    }
    return sum;
}

static sabir_status begin(sbr_launcher *l, sbr_lowering *lowering, const sbr_kernel_desc *desc, sbr_arith arith, sbr_arith result, bool fused)
{
    *l = (sbr_launcher){.lowering = lowering, .desc = desc};
    l->launch = (sbr_launch){.desc = desc, .fused = fused, .variant = {arith, result, false}};
    for (uint32_t i = 0; i < desc->constant_count; i++) l->launch.constants[i] = l->launch.own_constants[i] = desc->constants[i].value;
    if (!sbr_kernel_has_variant(desc, l->launch.variant))
        return sbr_fail(SABIR_INTERNAL, "kernel %s has no variant %s to %s", desc->name, sbr_arith_name(arith), sbr_arith_name(result));
    const sbr_lower_options *options = lowering->options;
    if ((arith == SBR_ARITH_F64 || result == SBR_ARITH_F64) && !options->has_f64)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s computes in f64, which the device lacks (capability f64)", desc->name);
    if ((arith == SBR_ARITH_I64 || result == SBR_ARITH_I64 || desc->needs_i64) && !options->has_i64)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s computes in i64, which the device lacks (capability i64)", desc->name);
    if (desc->needs_subgroups && !options->has_subgroups)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs subgroups, which the device lacks (capability subgroups)", desc->name);
    if (desc->local_size > options->group_invocations)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs work-groups of %u, the device allows %u (capability invocations)", desc->name, desc->local_size,
                        options->group_invocations);
    const uint64_t shared = shared_bytes(desc, arith, result);
    if (shared > options->shared_memory)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s shares %llu bytes in a work-group, the device allows %u (capability shared)", desc->name,
                        (unsigned long long)shared, options->shared_memory);
    return SABIR_OK;
}

sabir_status sbr_launch_begin(sbr_launcher *l, sbr_lowering *lowering, const char *kernel, sbr_arith arith, sbr_arith result)
{
    const sbr_kernel_desc *desc;
    *l = (sbr_launcher){.lowering = lowering};
    SABIR_TRY(sbr_kernel_descriptor(lowering, kernel, &desc));
    return begin(l, lowering, desc, arith, result, false);
}

sabir_status sbr_launch_text(sbr_launcher *l, sbr_lowering *lowering, const sbr_kernel_desc *desc, sbr_arith arith, sbr_arith result)
{
    return begin(l, lowering, desc, arith, result, true);
}

static void set_word(sbr_launcher *l, uint32_t word, sbr_word_kind kind, uint32_t value)
{
    const sbr_control_word entry = {word, kind, value};
    if (value == SBR_EXPR_NONE && kind != SBR_WORD_BITS) l->status = sbr_no_memory(0);
    else if (l->word_count == SBR_LAUNCH_WORDS) l->status = sbr_fail(SABIR_INTERNAL, "kernel %s: more than %d control words", l->desc->name, SBR_LAUNCH_WORDS);
    else l->words[l->word_count++] = entry;
}

static void set_param(sbr_launcher *l, const char *name, uint32_t index, uint32_t types, sbr_word_kind kind, uint32_t value)
{
    if (l->status != SABIR_OK) return;
    int p = sbr_kernel_param_index(l->desc, name);
    if (p < 0) { fail(l, "no parameter", name); return; }
    const sbr_kernel_param *param = &l->desc->params[p];
    if (!(types >> param->type & 1u) || index >= param->count) { fail(l, "wrong type or index of parameter", name); return; }
    if (param->type == SBR_PARAM_IDX) {
        set_word(l, param->word + 2 * index, SBR_WORD_LOW, value);
        set_word(l, param->word + 2 * index + 1, SBR_WORD_HIGH, value);
    } else {
        set_word(l, param->word + index, kind, value);
    }
    l->set_params |= UINT64_C(1) << p;
}

enum { INTEGERS = 1 << SBR_PARAM_UINT | 1 << SBR_PARAM_INT | 1 << SBR_PARAM_IDX };

void sbr_uint_at(sbr_launcher *l, const char *param, uint32_t index, sbr_expr value) { set_param(l, param, index, INTEGERS, SBR_WORD_LOW, value); }
void sbr_uint(sbr_launcher *l, const char *param, sbr_expr value) { sbr_uint_at(l, param, 0, value); }
void sbr_idx_at(sbr_launcher *l, const char *param, uint32_t index, sbr_expr value) { sbr_uint_at(l, param, index, value); }
void sbr_idx(sbr_launcher *l, const char *param, sbr_expr value) { sbr_uint_at(l, param, 0, value); }
void sbr_int(sbr_launcher *l, const char *param, int64_t value) { sbr_uint_at(l, param, 0, sbr_num(l->lowering, value)); }

void sbr_own_constant(sbr_launcher *l, const char *constant, uint32_t value)
{
    for (uint32_t i = 0; i < l->desc->constant_count; i++) {
        if (strcmp(l->desc->constants[i].name, constant) != 0) continue;
        l->launch.own_constants[i] = value;
        return;
    }
    fail(l, "no constant", constant);
}

/* ---- operands ---- */

static bool view_names(const sbr_kernel_desc *desc, const char *buffer)
{
    size_t length = strlen(buffer);
    for (const char *at = desc->view; at && *at;) {
        while (*at == ' ') at++;
        const char *end = at;
        while (*end && *end != ' ') end++;
        if ((size_t)(end - at) == length && memcmp(at, buffer, length) == 0) return true;
        at = end;
    }
    return false;
}

static bool storage_is_plain(sbr_arith arith, uint32_t storage)
{
    switch (arith) {
        case SBR_ARITH_F32: return storage == SABIR_F32;
        case SBR_ARITH_F64: return storage == SABIR_F64;
        case SBR_ARITH_I32: case SBR_ARITH_U32: return storage == SABIR_I32 || storage == SABIR_U32;
        case SBR_ARITH_I64: return storage == SABIR_I64;
        default: return false;
    }
}

/* PLAIN of a kernel made for the operands' storage; 0 where there is none. */
static uint32_t own_plain(const sbr_launcher *l)
{
    uint32_t words = 0; /* of elements that are moved as bits */
    for (uint32_t b = 0; b < l->desc->buffer_count; b++) {
        const int class_ = l->desc->buffers[b].class_;
        const sbr_arith arith = sbr_kernel_buffer_arith(l->desc, l->launch.variant, b);
        const uint32_t storage = l->launch.operands[b].storage;
        if (class_ == SBR_CLASS_WORDS || class_ == SBR_CLASS_BOOL) continue;
        if (arith == SBR_ARITH_BITS) {
            const uint32_t here = storage == SABIR_U32 ? 1 : storage == SABIR_I64 ? 2 : 0;
            if (!here || (words && words != here)) return 0;
            words = here;
        } else if (!storage_is_plain(arith, storage)) return 0;
    }
    return words ? words : 1;
}

static uint32_t bits_code(sabir_type type)
{
    switch (sabir_type_size(type)) {
        case 1: return SABIR_U8;
        case 2: return SBR_STORAGE_RAW16;
        case 4: return SABIR_U32;
        default: return SABIR_I64;
    }
}

/* The storage code under which a buffer of this arithmetic type holds elements of the type; UINT32_MAX where it cannot. Loads, and the
 * results of map kernels, convert (kernels/math/storage.k); STORE does not. */
static uint32_t storage_code(sbr_arith arith, sabir_type type, bool stored)
{
    const bool is_64 = type == SABIR_F64 || type == SABIR_I64;
    bool holds = false;
    switch (arith) {
        case SBR_ARITH_BITS: return bits_code(type);
        case SBR_ARITH_F32: holds = stored ? type == SABIR_F32 : !is_64; break;
        case SBR_ARITH_F64: holds = stored ? type == SABIR_F64 : true; break;
        case SBR_ARITH_I32:
        case SBR_ARITH_U32: holds = stored ? type == SABIR_I32 || type == SABIR_U32 : type != SABIR_F64; break;
        case SBR_ARITH_I64: holds = stored ? type == SABIR_I64 : true; break;
        case SBR_ARITH_COUNT: break;
    }
    return holds ? (uint32_t)type : UINT32_MAX;
}

static void set_operand(sbr_launcher *l, const char *name, const sbr_view *view, sbr_access wanted)
{
    if (l->status != SABIR_OK) return;
    int b = sbr_kernel_buffer_index(l->desc, name);
    if (b < 0) { fail(l, "no buffer", name); return; }
    const sbr_kernel_buffer *buffer = &l->desc->buffers[b];
    if (!(buffer->access & wanted)) { fail(l, "wrong access to buffer", name); return; }
    const sbr_arith arith = sbr_kernel_buffer_arith(l->desc, l->launch.variant, (uint32_t)b);
    const bool words = buffer->class_ == SBR_CLASS_WORDS;
    const uint32_t storage = words ? (uint32_t)SABIR_U32 : storage_code(arith, view->type, wanted == SBR_WRITE && !l->desc->map);
    if (storage == UINT32_MAX || (buffer->class_ == SBR_CLASS_BOOL && storage != SABIR_BOOL)) {
        l->status = sbr_fail(SABIR_INTERNAL, "kernel %s: buffer '%s' of %s cannot hold %s", l->desc->name, name, sbr_arith_name(arith), sabir_type_name(view->type));
        return;
    }
    int64_t count = sbr_expr_largest(&l->lowering->module->exprs, sbr_view_count(l->lowering, view));
    l->launch.operands[b] = (sbr_operand){view->slot, buffer->access, view->offset, storage,
                                          count < 0 ? 0 : (uint64_t)count * sabir_type_size(view->type)};
    l->set_buffers |= 1u << b;
    l->operand_views[b] = *view;
    l->strided[b] = !words && view_names(l->desc, name);
    if (l->strided[b] && view->rank != l->space_rank) fail(l, "view of another rank than the index space for buffer", name);
}

void sbr_read(sbr_launcher *l, const char *buffer, const sbr_view *view) { set_operand(l, buffer, view, SBR_READ); }

/* A group kernel writes whole words: behind a sub-word output stands a temporary of the arithmetic type. */
void sbr_write(sbr_launcher *l, const char *buffer, const sbr_view *view)
{
    if (l->status != SABIR_OK) return;
    int b = sbr_kernel_buffer_index(l->desc, buffer);
    if (b < 0) { fail(l, "no buffer", buffer); return; }
    const sbr_arith arith = sbr_kernel_buffer_arith(l->desc, l->launch.variant, (uint32_t)b);
    if (l->desc->map || l->desc->buffers[b].class_ == SBR_CLASS_WORDS || sabir_type_size(view->type) >= 4) {
        set_operand(l, buffer, view, SBR_WRITE);
        return;
    }
    if (l->output_count == SBR_COUNT(l->outputs)) { fail(l, "too many sub-word outputs at", buffer); return; }
    if (arith == SBR_ARITH_BITS) { fail(l, "sub-word output moved as bits by a kernel that is no map:", buffer); return; }
    const sabir_type type = arith == SBR_ARITH_F32 ? SABIR_F32 : arith == SBR_ARITH_I32 ? SABIR_I32 : SABIR_U32;
    sbr_view wide;
    l->status = sbr_temp(l->lowering, type, view->rank, view->extents, &wide);
    if (l->status == SABIR_OK && l->desc->buffers[b].access == SBR_UPDATE) l->status = sbr_cast_view(l->lowering, view, &wide);
    if (l->status != SABIR_OK) return;
    l->outputs[l->output_count] = wide;
    l->finals[l->output_count++] = *view;
    set_operand(l, buffer, &wide, SBR_WRITE);
}

void sbr_space(sbr_launcher *l, int32_t rank, const sbr_expr *extents)
{
    l->space_rank = rank;
    for (int32_t i = 0; i < rank; i++) l->space[i] = extents[i];
}

void sbr_may_share(sbr_launcher *l, const char *buffer)
{
    int b = sbr_kernel_buffer_index(l->desc, buffer);
    if (b < 0) fail(l, "no buffer", buffer);
    else l->launch.in_place |= 1u << b;
}

/* ---- the index space ---- */

static bool mergeable(sbr_launcher *l, int32_t outer, int32_t inner)
{
    for (uint32_t b = 0; b < l->desc->buffer_count; b++) {
        if (!l->strided[b]) continue;
        const sbr_view *view = &l->operand_views[b];
        if (view->strides[outer] != sbr_mul(l->lowering, view->strides[inner], l->space[inner])) return false;
    }
    return true;
}

static void drop_axis(sbr_launcher *l, int32_t axis)
{
    for (int32_t i = axis; i + 1 < l->space_rank; i++) {
        l->space[i] = l->space[i + 1];
        for (uint32_t b = 0; b < l->desc->buffer_count; b++) l->operand_views[b].strides[i] = l->operand_views[b].strides[i + 1];
    }
    l->space_rank--;
}

/* Fewest axes that say the same: axes of extent 1 go, neighbours that every operand walks as one are merged. */
static void merge_axes(sbr_launcher *l)
{
    for (int32_t i = l->space_rank; i-- > 0;) {
        int64_t extent;
        if (sbr_known(l->lowering, l->space[i], &extent) && extent == 1) drop_axis(l, i);
    }
    for (int32_t i = l->space_rank - 1; i > 0; i--) {
        if (!mergeable(l, i - 1, i)) continue;
        l->space[i] = sbr_mul(l->lowering, l->space[i - 1], l->space[i]);
        drop_axis(l, i - 1);
    }
}

static void set_space(sbr_launcher *l)
{
    if (!l->desc->view) return;
    merge_axes(l);
    sbr_int(l, "rank", l->space_rank);
    for (int32_t i = 0; i < SABIR_MAX_RANK; i++)
        sbr_idx_at(l, "extents", (uint32_t)i, i < l->space_rank ? l->space[i] : sbr_num(l->lowering, 1));
    for (uint32_t b = 0; b < l->desc->buffer_count; b++) {
        if (!l->strided[b]) continue;
        char name[SBR_NAME + 16];
        snprintf(name, sizeof name, "strides_%s", l->desc->buffers[b].name);
        for (int32_t i = 0; i < SABIR_MAX_RANK; i++)
            sbr_idx_at(l, name, (uint32_t)i, i < l->space_rank ? l->operand_views[b].strides[i] : sbr_num(l->lowering, 0));
    }
}

/* ---- the end ---- */

static bool spans_output(sbr_launcher *l, uint32_t b, const sbr_view *output)
{
    const sbr_view *view = &l->operand_views[b];
    int64_t offset;
    if (sabir_type_size(view->type) != sabir_type_size(output->type) || view->rank != output->rank || !sbr_is_dense(l->lowering, view)) return false;
    if (!sbr_known(l->lowering, view->offset, &offset) || offset != 0) return false;
    for (int32_t i = 0; i < view->rank; i++)
        if (view->extents[i] != output->extents[i]) return false;
    return true;
}

/* A map kernel that only reads, through the index space, operands laid out as the output may overwrite them. */
static void find_in_place(sbr_launcher *l, const sbr_view *output)
{
    for (uint32_t b = 0; b < l->desc->buffer_count; b++)
        if (l->desc->buffers[b].access == SBR_READ && l->strided[b] && spans_output(l, b, output)) l->launch.in_place |= 1u << b;
}

static sabir_status choose_width(sbr_launcher *l)
{
    const sbr_lower_options *options = l->lowering->options;
    const sbr_module *module = l->lowering->module;
    uint64_t largest = 0;
    for (uint32_t b = 0; b < l->desc->buffer_count; b++) {
        const sbr_operand *operand = &l->launch.operands[b];
        uint64_t bytes = module->slots.data[operand->slot].bytes;
        if (bytes > largest) largest = bytes;
    }
    bool beyond = largest > options->largest_binding || largest >= UINT32_MAX;
    l->launch.variant.wide = options->prefer_wide || beyond;
    if (!beyond || options->prefer_wide) return SABIR_OK;
    if (!options->has_addresses)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s reaches a tensor of %llu bytes; the device binds %llu at most and has no buffer addresses (capability addresses)",
                        l->desc->name, (unsigned long long)largest, (unsigned long long)options->largest_binding);
    if (!options->has_i64)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs 64-bit indices for a tensor of %llu bytes (capability i64)", l->desc->name, (unsigned long long)largest);
    return SABIR_OK;
}

static sabir_status check_complete(const sbr_launcher *l)
{
    for (uint32_t b = 0; b < l->desc->buffer_count; b++)
        if (!(l->set_buffers >> b & 1u)) return sbr_fail(SABIR_INTERNAL, "kernel %s: buffer '%s' was not given", l->desc->name, l->desc->buffers[b].name);
    for (uint32_t p = 0; p < l->desc->param_count; p++)
        if (!(l->set_params >> p & 1u)) return sbr_fail(SABIR_INTERNAL, "kernel %s: parameter '%s' was not given", l->desc->name, l->desc->params[p].name);
    return SABIR_OK;
}

static sbr_expr finish_map(sbr_launcher *l)
{
    for (uint32_t b = 0; b < l->desc->buffer_count; b++) {
        if (!(l->desc->buffers[b].access & SBR_WRITE) || !(l->set_buffers >> b & 1u)) continue;
        const sbr_view *output = &l->operand_views[b];
        sbr_expr count = sbr_view_count(l->lowering, output);
        sbr_idx(l, "n", count);
        find_in_place(l, output);
        size_t size = sabir_type_size(output->type);
        int64_t elements_in_word = size >= 4 ? 1 : (int64_t)(4 / size);
        return sbr_ceil_div(l->lowering, count, elements_in_word * l->desc->local_size);
    }
    return sbr_num(l->lowering, 0);
}

static sabir_status emit(sbr_launcher *l, sbr_expr groups, uint64_t flops)
{
    sbr_module *module = l->lowering->module;
    SABIR_TRY(l->status);
    SABIR_TRY(check_complete(l));
    SABIR_TRY(choose_width(l));
    l->launch.groups = groups;
    l->launch.flops = flops;
    l->launch.own_plain = own_plain(l);
    l->launch.words = sbr_arena_copy(&module->arena, l->words, l->word_count * sizeof *l->words);
    l->launch.word_count = l->word_count;
    sbr_launch *launch = sbr_arena_copy(&module->arena, &l->launch, sizeof l->launch);
    if (module->exprs.failed || !launch || !l->launch.words) return sbr_no_memory(sizeof *launch);
    const sbr_step step = {.kind = SBR_STEP_LAUNCH, .launch = launch, .gate = l->lowering->gate, .node = l->lowering->node};
    return sbr_push(&module->allocator, &module->steps, step) ? SABIR_OK : sbr_no_memory(sizeof step);
}

sabir_status sbr_launch_end(sbr_launcher *l, sbr_expr groups, uint64_t flops)
{
    sabir_status status = l->status;
    if (status == SABIR_OK) {
        if (l->desc->map) groups = finish_map(l);
        set_space(l);
        status = emit(l, groups, flops);
    }
    for (uint32_t i = 0; i < l->output_count && status == SABIR_OK; i++) status = sbr_cast_view(l->lowering, &l->outputs[i], &l->finals[i]);
    return status;
}
