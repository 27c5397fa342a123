#include "builtin.h"

#include <stdlib.h>

static int compare_text(const void *name, const void *element)
{
    return strcmp(name, ((const sbr_embedded_text *)element)->name);
}

static const sbr_embedded_text *find_text(const sbr_embedded_text *texts, uint32_t count, const char *name)
{
    return bsearch(name, texts, count, sizeof *texts, compare_text);
}

const char *sbr_builtin_library(void *user, const char *name)
{
    (void)user;
    const sbr_embedded_text *text = find_text(sbr_embedded_library, sbr_embedded_library_count, name);
    return text ? text->data : NULL;
}

const sbr_embedded_text *sbr_builtin_kernel(const char *name)
{
    return find_text(sbr_embedded_kernels, sbr_embedded_kernel_count, name);
}

static int compare_module(const void *name, const void *element)
{
    return strcmp(name, ((const sbr_embedded_module *)element)->kernel);
}

static bool same_variant(sbr_kernel_variant a, sbr_kernel_variant b)
{
    return a.arith == b.arith && a.result == b.result && a.wide == b.wide;
}

const sbr_embedded_module *sbr_builtin_module(const char *kernel, sbr_kernel_variant variant)
{
    const sbr_embedded_module *all = sbr_embedded_modules, *end = all + sbr_embedded_module_count;
    const sbr_embedded_module *one = bsearch(kernel, all, sbr_embedded_module_count, sizeof *all, compare_module);
    if (!one) return NULL;
    while (one > all && !strcmp(one[-1].kernel, kernel)) one--;
    for (; one < end && !strcmp(one->kernel, kernel); one++)
        if (same_variant(one->variant, variant)) return one;
    return NULL;
}
