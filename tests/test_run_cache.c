/* Kernels on disk: stored once, found by the next process, and no harm from a folder that is damaged or cannot be written. suite: device, timeout: 120 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sabir/sabir.h"
#include "support/devices.h"
#include "support/fault.h"

static void run_once(const char *folder, const char *selector, uint64_t *asked)
{
    sabir_context_options options = SABIR_CONTEXT_OPTIONS;
    options.cache_directory = folder;
    sabir_context *context;
    sabir_device *device;
    sabir_graph *g;
    sabir_program *program;
    sabir_tensor *x, *y;
    float numbers[100], seen[100];
    for (int i = 0; i < 100; i++) numbers[i] = (float)i;
    must(sabir_context_create(&options, &context));
    must(sabir_context_add_backend(context, fault_wrap(sabir_builtin_backend(selector)), NULL));
    must(sabir_device_open(context, selector, &device));
    must(sabir_graph_create(context, &g));
    sabir_output(g, "y", sabir_mul(g, sabir_neg(g, sabir_input(g, "x", SABIR_F32, SABIR_SHAPE(100))), sabir_number(g, SABIR_F32, 3)));
    must(sabir_compile(g, device, NULL, NULL, &program));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(100), &x));
    must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(100), &y));
    must(sabir_tensor_write(x, 0, numbers, sizeof numbers));
    must(sabir_run(program, (sabir_binding[]){{"x", x}, {"y", y}}, 2));
    must(sabir_tensor_read(y, 0, seen, sizeof seen));
    cr_assert_eq(seen[99], -297);
    sabir_tensor_release(x);
    sabir_tensor_release(y);
    sabir_program_destroy(program);
    sabir_graph_destroy(g);
    sabir_device_release(device);
    *asked = fault_calls_of(FAULT_kernel_binary);
    sabir_context_release(context);
    cr_assert_eq(fault_live_objects(), 0);
}

typedef void file_function(const char *path);
static void cut(const char *path) { cr_assert_eq(truncate(path, 40), 0); }
static void drop(const char *path) { cr_assert_eq(remove(path), 0); }

static int each_file(const char *folder, file_function *function)
{
    int count = 0;
    DIR *list = opendir(folder);
    for (struct dirent *entry; list && (entry = readdir(list));) {
        char path[1024];
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (function) function(path);
        count++;
    }
    if (list) closedir(list);
    return count;
}

static void keeps(const char *selector, bool has_binaries)
{
    char folder[] = "/tmp/sabir-cache-XXXXXX";
    uint64_t asked;
    cr_assert(mkdtemp(folder));
    run_once(folder, selector, &asked);
    cr_assert_eq(asked > 0, has_binaries);
    const int files = each_file(folder, NULL);
    if (has_binaries) cr_assert_gt(files, 0, "nothing was stored"); /* Vulkan: fused kernels, where their compiler is installed */
    run_once(folder, selector, &asked);
    cr_assert_eq(asked, 0, "what was found on disk is not stored again");
    cr_assert_eq(each_file(folder, cut), files);
    run_once(folder, selector, &asked);
    cr_assert_eq(asked > 0, has_binaries, "a damaged file counts as none");
    cr_assert_eq(each_file(folder, drop), files);
    cr_assert_eq(rmdir(folder), 0);
}

Test(run_cache, vulkan, .timeout = 60) { keeps("vulkan", false); }
Test(run_cache, opencl, .timeout = 60) { keeps("opencl", true); }

Test(run_cache, no_folder, .timeout = 60)
{
    uint64_t asked;
    run_once("", "opencl", &asked);
    cr_assert_eq(asked, 0);
    run_once("/proc/nowhere/to/write", "opencl", &asked);
    run_once("/dev/null", "vulkan", &asked);
}
