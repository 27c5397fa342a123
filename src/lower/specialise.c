/* Which launches run by kernels made for them: for the storage types of their operands (PLAIN), for constants of their own. Such kernels are
 * faster, and each is compiled by itself. */
#include "driver.h"

/* Work is counted in elements that a map loads: on PoCL a general kernel takes up to 20 ns longer for one, half a millisecond for WORTH_PLAIN of them. All launches
 * of a kernel together have to save 2.6 ms a run, twice what fused texts have (worth.c). Constants make many kernels of one, so they have to win more. */
enum { WORTH_PLAIN = 1 << 15, WORTH_PLAIN_TOGETHER = 1 << 17, WORTH_CONSTANTS = 1 << 16 };

/* A fused text is compiled in any event; below this the general form, which all types share, costs no more than another launch. */
enum { WORTH_PLAIN_FUSED = 1 << 10 };

/* Where operands are loaded again and again, an operation costs this part of a load. */
enum { OPERATIONS_OF_ELEMENT = 16 };

/* Arithmetic of 64 bits is for results to compare with, seldom for what runs a thousand times. */
enum { SELDOM = 16 };

static double least(double a, double b) { return a < b ? a : b; }
static double most(double a, double b) { return a > b ? a : b; }

/* Views say where the rows of an operand begin, or all of it. No more is read than the slot holds, and what is computed with counts as operations. */
static double elements_of(const sbr_module *module, const sbr_launch *launch, const sbr_operand *operand)
{
    const double size = operand->storage == SBR_STORAGE_RAW16 ? 2 : (double)sabir_type_size((sabir_type)operand->storage);
    return most((double)operand->bytes / size, least((double)module->slots.data[operand->slot].bytes / size, (double)launch->flops));
}

/* A kernel with memory that its work-group shares loads an element once; others load it again and again. */
static double work_of(const sbr_module *module, const sbr_launch *launch)
{
    double elements = 0;
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++)
        if (launch->desc->buffers[b].class_ != SBR_CLASS_WORDS) elements = most(elements, elements_of(module, launch, &launch->operands[b]));
    return launch->desc->shared_count ? elements : most(elements, (double)launch->flops / OPERATIONS_OF_ELEMENT);
}

/* ---- By kernel ---- */

/* The launches that one plain kernel would run: the work of the largest, and of all of them in a run. */
typedef struct form { const sbr_launch *launch; double largest, together; } form;
typedef SBR_VECTOR(form) forms;

static form *find(const forms *all, const sbr_launch *launch)
{
    for (uint32_t i = 0; i < all->count; i++) {
        const sbr_launch *known = all->data[i].launch;
        if (known->own_plain == launch->own_plain && known->variant.arith == launch->variant.arith && known->variant.result == launch->variant.result &&
            known->variant.wide == launch->variant.wide && strcmp(known->desc->name, launch->desc->name) == 0)
            return &all->data[i];
    }
    return NULL;
}

static bool is_seldom(const sbr_launch *launch) { return launch->variant.arith == SBR_ARITH_F64 || launch->variant.arith == SBR_ARITH_I64; }

static sabir_status add(const sbr_module *module, const sbr_launch *launch, double times, forms *all)
{
    const double work = work_of(module, launch) * times / (is_seldom(launch) ? SELDOM : 1);
    form *known = find(all, launch);
    if (known) {
        known->largest = most(known->largest, work);
        known->together += work;
        return SABIR_OK;
    }
    const form entry = {launch, work, work};
    return sbr_push(&module->allocator, all, entry) ? SABIR_OK : sbr_no_memory(sizeof entry);
}

static sabir_status add_all(const sbr_module *module, forms *all)
{
    double times = 1;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        times = sbr_times_after(module, i, times);
        if (module->steps.data[i].kind == SBR_STEP_LAUNCH) SABIR_TRY(add(module, module->steps.data[i].launch, times, all));
    }
    return SABIR_OK;
}

static bool is_worth_plain(const form *f)
{
    return f->largest >= (f->launch->fused ? WORTH_PLAIN_FUSED : WORTH_PLAIN) || f->together >= WORTH_PLAIN_TOGETHER;
}

static void choose(const sbr_module *module, const forms *all, sbr_launch *launch, bool always)
{
    if (always || is_worth_plain(find(all, launch))) launch->plain = launch->own_plain;
    if (always || work_of(module, launch) >= WORTH_CONSTANTS) memcpy(launch->constants, launch->own_constants, sizeof launch->constants);
}

sabir_status sbr_specialise(sbr_module *module, sabir_specialise how)
{
    forms all = {0};
    if (how == SABIR_SPECIALISE_NEVER) return SABIR_OK;
    const sabir_status status = add_all(module, &all);
    for (uint32_t i = 0; status == SABIR_OK && i < module->steps.count; i++)
        if (module->steps.data[i].kind == SBR_STEP_LAUNCH) choose(module, &all, module->steps.data[i].launch, how == SABIR_SPECIALISE_ALWAYS);
    sbr_vector_free(&module->allocator, &all);
    return status;
}
