/* Which launches run by kernels made for them: for the storage types of their operands (PLAIN), for constants of their own. Such kernels are
 * faster, and each is compiled by itself. */
#include "driver.h"

/* Work is counted in elements that are loaded. On PoCL a general kernel takes 5 to 20 ns longer for one; a launch takes 10 us whatever it does, a kernel
 * some 300 ms to compile. Constants make many kernels of one, so they have to win more. */
enum { WORTH_PLAIN = 1 << 14, WORTH_CONSTANTS = 1 << 16, OPERATIONS_OF_LOAD = 8 };

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
    double work = launch->desc->shared_count ? 0 : (double)launch->flops / OPERATIONS_OF_LOAD;
    for (uint32_t b = 0; b < launch->desc->buffer_count; b++)
        if (launch->desc->buffers[b].class_ != SBR_CLASS_WORDS) work = most(work, elements_of(module, launch, &launch->operands[b]));
    return work;
}

/* times: how often it runs, in loops. */
static void choose(const sbr_module *module, sbr_launch *launch, double times, sabir_specialise how)
{
    const bool always = how == SABIR_SPECIALISE_ALWAYS;
    const double work = work_of(module, launch);
    if (always || launch->fused || work * times >= WORTH_PLAIN) launch->plain = launch->own_plain;
    if (always || work >= WORTH_CONSTANTS) memcpy(launch->constants, launch->own_constants, sizeof launch->constants);
}

static bool is_made(const sbr_module *module, const sbr_launch *wanted)
{
    for (uint32_t i = 0; i < module->steps.count; i++) {
        const sbr_launch *launch = module->steps.data[i].kind == SBR_STEP_LAUNCH ? module->steps.data[i].launch : NULL;
        if (launch && launch->plain == wanted->own_plain && launch->desc == wanted->desc && launch->variant.arith == wanted->variant.arith &&
            launch->variant.result == wanted->variant.result && launch->variant.wide == wanted->variant.wide)
            return true;
    }
    return false;
}

/* Small launches take what large ones have made. */
static void join(sbr_module *module)
{
    for (uint32_t i = 0; i < module->steps.count; i++) {
        sbr_launch *launch = module->steps.data[i].kind == SBR_STEP_LAUNCH ? module->steps.data[i].launch : NULL;
        if (launch && launch->plain != launch->own_plain && is_made(module, launch)) launch->plain = launch->own_plain;
    }
}

void sbr_specialise(sbr_module *module, sabir_specialise how)
{
    double times = 1;
    if (how == SABIR_SPECIALISE_NEVER) return;
    for (uint32_t i = 0; i < module->steps.count; i++) {
        times = sbr_times_after(module, i, times);
        if (module->steps.data[i].kind == SBR_STEP_LAUNCH) choose(module, module->steps.data[i].launch, times, how);
    }
    join(module);
}
