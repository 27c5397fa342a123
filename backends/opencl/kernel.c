#include "internal.h"

#include "base/text.h"

/* How much of a build log fits a message; the whole of it goes to the log. */
enum { LOG_IN_MESSAGE = 800 };

static sabir_status build_failed(sabir_kernel *kernel, const char *options, cl_int code)
{
    const sabir_backend_device *device = kernel->device;
    const sbr_cl_api *api = device->api;
    size_t size = 0;
    char *log = NULL;
    if (api->clGetProgramBuildInfo(kernel->program, device->found->id, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) == CL_SUCCESS && size > 1)
        log = sbr_alloc(device->allocator, size + 1);
    if (log && api->clGetProgramBuildInfo(kernel->program, device->found->id, CL_PROGRAM_BUILD_LOG, size, log, NULL) != CL_SUCCESS)
        log[0] = '\0';
    sbr_cl_log(device->driver, SABIR_LOG_DEBUG, "opencl: kernel %s, options \"%s\": %s", kernel->name, options, log ? log : "");
    const sabir_status status = sbr_fail(SABIR_COMPILE_FAILED, "kernel %s did not build on %s: %s: %.*s", kernel->name,
                                         device->found->caps.name, sbr_cl_error_name(code), LOG_IN_MESSAGE, log ? log : "(no log)");
    sbr_free(device->allocator, log);
    return status;
}

static sabir_status make_options(const sabir_backend_device *device, const sabir_kernel_source *source, sbr_text *options)
{
    *options = (sbr_text){.allocator = device->allocator};
    sbr_text_puts(options, source->options ? source->options : "");
    for (uint32_t i = 0; i < source->constant_count; i++) {
        const sabir_kernel_constant *constant = &source->constants[i];
        if (!constant->name) continue;
        sbr_text_printf(options, " -D %s=%u%s", constant->name, constant->value, constant->value > INT32_MAX ? "u" : "");
    }
    if (!options->failed) return SABIR_OK;
    sbr_text_free(options);
    return sbr_no_memory(options->length);
}

static void drop_program(sabir_kernel *kernel)
{
    const sbr_cl_api *api = kernel->device->api;
    if (kernel->kernel) api->clReleaseKernel(kernel->kernel);
    if (kernel->program) api->clReleaseProgram(kernel->program);
    kernel->kernel = NULL;
    kernel->program = NULL;
}

static sabir_status build(sabir_kernel *kernel, const char *options)
{
    sabir_backend_device *device = kernel->device;
    const sbr_cl_api *api = device->api;
    cl_int code = api->clBuildProgram(kernel->program, 1, &device->found->id, options, NULL, NULL);
    if (code != CL_SUCCESS) {
        if (sbr_cl_error_status(code) == SABIR_COMPILE_FAILED) return build_failed(kernel, options, code);
        return sbr_cl_device_fail(device, "clBuildProgram", code);
    }
    kernel->kernel = api->clCreateKernel(kernel->program, kernel->name, &code);
    if (code != CL_SUCCESS || !kernel->kernel) {
        kernel->kernel = NULL;
        return sbr_fail(sbr_cl_error_status(code), "clCreateKernel answered %s (%d) for the entry point %s", sbr_cl_error_name(code),
                        (int)code, kernel->name);
    }
    cl_uint arguments = 0;
    code = api->clGetKernelInfo(kernel->kernel, CL_KERNEL_NUM_ARGS, sizeof arguments, &arguments, NULL);
    if (code != CL_SUCCESS) return sbr_cl_device_fail(device, "clGetKernelInfo", code);
    if (arguments != kernel->buffer_count + 2)
        return sbr_fail(SABIR_COMPILE_FAILED, "kernel %s has %u arguments; a control buffer, %u buffers and a control word make %u",
                        kernel->name, (unsigned)arguments, kernel->buffer_count, kernel->buffer_count + 2);
    return SABIR_OK;
}

static sabir_status build_from_text(sabir_kernel *kernel, const sabir_kernel_source *source, const char *options)
{
    const char *text = source->code;
    cl_int code = CL_SUCCESS;
    kernel->program = kernel->device->api->clCreateProgramWithSource(kernel->device->context, 1, &text, &source->code_size, &code);
    if (code != CL_SUCCESS || !kernel->program) {
        kernel->program = NULL;
        return sbr_cl_device_fail(kernel->device, "clCreateProgramWithSource", code);
    }
    return build(kernel, options);
}

/* false: the binary is stale, and the text has to be built. */
static bool build_from_binary(sabir_kernel *kernel, const sabir_kernel_source *source, const char *options)
{
    const sabir_backend_device *device = kernel->device;
    const unsigned char *bytes;
    size_t size;
    if (sbr_cl_binary_unseal(device, source->binary, source->binary_size, &bytes, &size)) {
        cl_int code = CL_SUCCESS, loaded = CL_SUCCESS;
        kernel->program = device->api->clCreateProgramWithBinary(device->context, 1, &device->found->id, &size, &bytes, &loaded, &code);
        if (code != CL_SUCCESS) kernel->program = NULL;
        if (kernel->program && loaded == CL_SUCCESS && build(kernel, options) == SABIR_OK) return true;
        drop_program(kernel);
    }
    sbr_cl_log(device->driver, SABIR_LOG_DEBUG, "opencl: the binary of kernel %s is stale; its text is built", kernel->name);
    return false;
}

/* Subgroup size for the kernel's local size; 0: unknown. */
static uint32_t subgroup_size(const sabir_kernel *kernel)
{
    const sbr_cl_found *found = kernel->device->found;
    const size_t local = kernel->local_size;
    size_t size = 0;
    if (!found->subgroup_info) return 0;
    const cl_int code = found->subgroup_info(kernel->kernel, found->id, CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE_KHR, sizeof local, &local,
                                             sizeof size, &size, NULL);
    return code == CL_SUCCESS ? (uint32_t)size : 0;
}

static sabir_status check_fit(const sabir_kernel *kernel, const sabir_kernel_source *source)
{
    sabir_backend_device *device = kernel->device;
    size_t most = 0;
    const cl_int code =
        device->api->clGetKernelWorkGroupInfo(kernel->kernel, device->found->id, CL_KERNEL_WORK_GROUP_SIZE, sizeof most, &most, NULL);
    if (code != CL_SUCCESS) return sbr_cl_device_fail(device, "clGetKernelWorkGroupInfo", code);
    if (kernel->local_size > most)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs work-groups of %u; with its registers %s takes %zu", kernel->name,
                        kernel->local_size, device->found->caps.name, most);
    const uint32_t wanted = source->required_subgroup_size, given = subgroup_size(kernel);
    if (wanted != 0 && given != 0 && wanted != given)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs subgroups of %u; %s gives it %u", kernel->name, wanted,
                        device->found->caps.name, given);
    return SABIR_OK;
}

static sabir_status check_source(const sabir_backend_device *device, const sabir_kernel_source *source)
{
    const sabir_device_caps *caps = &device->found->caps;
    if (!source->code || source->code_size == 0 || !source->name)
        return sbr_fail(SABIR_INVALID_ARGUMENT, "a kernel needs its OpenCL C text and the name of its entry point");
    if (source->addresses)
        return sbr_fail(SABIR_UNSUPPORTED,
                        "kernel %s wants buffer addresses in its control words; OpenCL kernels take buffers as arguments", source->name);
    if (source->local_size == 0 || source->local_size > caps->group_invocations)
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs work-groups of %u; %s takes 1 to %u", source->name, source->local_size,
                        caps->name, caps->group_invocations);
    const uint32_t subgroup = source->required_subgroup_size;
    if (subgroup != 0 && (subgroup < caps->subgroup_min || subgroup > caps->subgroup_max))
        return sbr_fail(SABIR_UNSUPPORTED, "kernel %s needs subgroups of %u; %s has %u to %u", source->name, subgroup, caps->name,
                        caps->subgroup_min, caps->subgroup_max);
    return SABIR_OK;
}

static sabir_status fill_in(sabir_kernel *kernel, const sabir_kernel_source *source)
{
    const sabir_allocator *allocator = kernel->device->allocator;
    kernel->buffer_count = source->buffer_count;
    kernel->local_size = source->local_size;
    kernel->name = sbr_strdup(allocator, source->name);
    kernel->set = sbr_alloc_array(allocator, (size_t)source->buffer_count + 1, sizeof *kernel->set);
    if (!kernel->name || !kernel->set) return sbr_no_memory(((size_t)source->buffer_count + 1) * sizeof *kernel->set);
    sbr_text options;
    SABIR_TRY(make_options(kernel->device, source, &options));
    const char *text = options.data ? options.data : "";
    sabir_status status = SABIR_OK;
    const bool quick = source->binary && source->binary_size != 0 && build_from_binary(kernel, source, text);
    if (!quick) status = build_from_text(kernel, source, text);
    sbr_text_free(&options);
    return status == SABIR_OK ? check_fit(kernel, source) : status;
}

sabir_status sbr_cl_kernel_create(sabir_backend_device *device, const sabir_kernel_source *source, sabir_kernel **kernel)
{
    *kernel = NULL;
    SABIR_TRY(sbr_cl_alive(device));
    SABIR_TRY(check_source(device, source));
    sabir_kernel *made = sbr_alloc(device->allocator, sizeof *made);
    if (!made) return sbr_no_memory(sizeof *made);
    made->device = device;
    const sabir_status status = fill_in(made, source);
    if (status != SABIR_OK) {
        sbr_cl_kernel_destroy(made);
        return status;
    }
    *kernel = made;
    return SABIR_OK;
}

void sbr_cl_kernel_destroy(sabir_kernel *kernel)
{
    if (!kernel) return;
    const sabir_allocator *allocator = kernel->device->allocator;
    drop_program(kernel);
    sbr_free(allocator, kernel->set);
    sbr_free(allocator, kernel->name);
    sbr_free(allocator, kernel);
}

sabir_status sbr_cl_kernel_info(sabir_kernel *kernel, sabir_kernel_info *info)
{
    const sbr_cl_found *found = kernel->device->found;
    const sbr_cl_api *api = kernel->device->api;
    const size_t size = info->size && info->size < sizeof *info ? info->size : sizeof *info;
    cl_ulong local = 0, spilled = 0;
    if (api->clGetKernelWorkGroupInfo(kernel->kernel, found->id, CL_KERNEL_LOCAL_MEM_SIZE, sizeof local, &local, NULL) != CL_SUCCESS)
        local = 0;
    if (found->reports_spills && api->clGetKernelWorkGroupInfo(kernel->kernel, found->id, CL_KERNEL_SPILL_MEM_SIZE_INTEL, sizeof spilled,
                                                               &spilled, NULL) != CL_SUCCESS)
        spilled = 0;
    const sabir_kernel_info filled = {
        .size = size,
        .subgroup_size = subgroup_size(kernel),
        .spills = (uint32_t)spilled,
        .shared_memory = (uint32_t)local,
    };
    memcpy(info, &filled, size);
    return SABIR_OK;
}

sabir_status sbr_cl_kernel_set(sabir_kernel *kernel, const sbr_cl_argument *arguments, uint32_t control_word)
{
    const sbr_cl_api *api = kernel->device->api;
    for (uint32_t i = 0; i <= kernel->buffer_count; i++) {
        const sabir_buffer *buffer = arguments[i].buffer;
        if (kernel->set[i] == buffer->id) continue;
        kernel->set[i] = 0;
        const cl_int code = api->clSetKernelArg(kernel->kernel, i, sizeof buffer->memory, &buffer->memory);
        if (code != CL_SUCCESS)
            return sbr_fail(sbr_cl_error_status(code), "clSetKernelArg answered %s (%d) for argument %u of kernel %s",
                            sbr_cl_error_name(code), (int)code, i, kernel->name);
        kernel->set[i] = buffer->id;
    }
    if (kernel->word_is_set && kernel->set_word == control_word) return SABIR_OK;
    const cl_uint word = control_word;
    const cl_int code = api->clSetKernelArg(kernel->kernel, kernel->buffer_count + 1, sizeof word, &word);
    kernel->word_is_set = code == CL_SUCCESS;
    kernel->set_word = control_word;
    if (code != CL_SUCCESS)
        return sbr_fail(sbr_cl_error_status(code), "clSetKernelArg answered %s (%d) for the control word of kernel %s",
                        sbr_cl_error_name(code), (int)code, kernel->name);
    return SABIR_OK;
}
