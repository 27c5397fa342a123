#include "internal.h"

#include "base/hash.h"

/* Drivers trust a binary's bytes, and some end the process over a damaged one. So what is handed out carries a seal, and only what
 * the same driver made for the same device, whole and unchanged, goes back to it. */
typedef struct seal {
    char magic[8];
    uint64_t size; /* of the driver's bytes, which follow */
    sbr_hash hash; /* of those bytes, the device's name and the driver's version */
} seal;

static const char magic[8] = "SBRCLBN1";

static sbr_hash hash_of(const sabir_backend_device *device, const void *bytes, size_t size)
{
    const sabir_device_caps *caps = &device->found->caps;
    const sbr_hash place =
        sbr_hash_join(sbr_hash_bytes(caps->name, strlen(caps->name)), sbr_hash_bytes(caps->driver, strlen(caps->driver)));
    return sbr_hash_join(sbr_hash_bytes(bytes, size), place);
}

bool sbr_cl_binary_unseal(const sabir_backend_device *device, const void *data, size_t size, const unsigned char **bytes, size_t *count)
{
    seal head;
    if (!data || size <= sizeof head) return false;
    memcpy(&head, data, sizeof head);
    *bytes = (const unsigned char *)data + sizeof head;
    *count = size - sizeof head;
    return memcmp(head.magic, magic, sizeof magic) == 0 && head.size == *count &&
           sbr_hash_equal(head.hash, hash_of(device, *bytes, *count));
}

sabir_status sbr_cl_kernel_binary(sabir_kernel *kernel, void **data, size_t *size)
{
    sabir_backend_device *device = kernel->device;
    *data = NULL;
    *size = 0;
    size_t count = 0;
    cl_int code = device->api->clGetProgramInfo(kernel->program, CL_PROGRAM_BINARY_SIZES, sizeof count, &count, NULL);
    if (code != CL_SUCCESS) return sbr_cl_device_fail(device, "clGetProgramInfo", code);
    if (count == 0) return SABIR_OK;
    seal head = {.size = count};
    unsigned char *sealed = sbr_alloc(device->allocator, sizeof head + count);
    if (!sealed) return sbr_no_memory(sizeof head + count);
    unsigned char *bytes = sealed + sizeof head;
    code = device->api->clGetProgramInfo(kernel->program, CL_PROGRAM_BINARIES, sizeof bytes, &bytes, NULL);
    if (code != CL_SUCCESS) {
        sbr_free(device->allocator, sealed);
        return sbr_cl_device_fail(device, "clGetProgramInfo", code);
    }
    memcpy(head.magic, magic, sizeof magic);
    head.hash = hash_of(device, bytes, count);
    memcpy(sealed, &head, sizeof head);
    *data = sealed;
    *size = sizeof head + count;
    return SABIR_OK;
}
