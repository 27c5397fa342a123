/* Tensors and stores on every device: any offset and length, maps, wraps, copies between devices. suite: device, timeout: 300 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "sabir/sabir.h"
#include "support/devices.h"

#define ON_EACH_DEVICE(name)                                                           \
    Test(device_tensor, name##_reference) { on_device("reference", name); }            \
    Test(device_tensor, name##_vulkan, .timeout = 60) { on_device("vulkan", name); }   \
    Test(device_tensor, name##_opencl, .timeout = 60) { on_device("opencl", name); }

static void expect(sabir_status status, sabir_status wanted, const char *part)
{
    cr_assert_eq(status, wanted, "%s: %s", sabir_status_name(status), sabir_last_message());
    if (part) cr_assert(strstr(sabir_last_message(), part), "'%s' is not in: %s", part, sabir_last_message());
}

static void any_bytes(sabir_context *context, const char *selector)
{
    enum { BYTES = 103, ROUNDS = 60 };
    sabir_device *device;
    sabir_tensor *tensor;
    unsigned char model[BYTES], seen[BYTES], piece[BYTES];
    must(sabir_device_open(context, selector, &device));
    must(sabir_tensor_create(device, SABIR_U8, SABIR_SHAPE(BYTES), &tensor));
    for (int i = 0; i < BYTES; i++) model[i] = (unsigned char)(i * 7);
    must(sabir_tensor_write(tensor, 0, model, BYTES));
    uint32_t state = 99;
    for (int round = 0; round < ROUNDS; round++) {
        state = state * 1664525u + 1013904223u;
        const uint64_t offset = (state >> 8) % BYTES, bytes = round < 8 ? (uint64_t)round : (state >> 16) % (BYTES - offset + 1);
        if (offset + bytes > BYTES) continue;
        for (uint64_t i = 0; i < bytes; i++) piece[i] = model[offset + i] = (unsigned char)(state >> (i % 24));
        must(sabir_tensor_write(tensor, offset, piece, bytes));
        must(sabir_tensor_read(tensor, 0, seen, BYTES));
        cr_assert_eq(memcmp(seen, model, BYTES), 0, "%s: %llu bytes at %llu", selector, (unsigned long long)bytes, (unsigned long long)offset);
        must(sabir_tensor_read(tensor, offset, piece, bytes));
        cr_assert_eq(memcmp(piece, model + offset, bytes), 0);
    }
    sabir_tensor_release(tensor);
    sabir_device_release(device);
}
ON_EACH_DEVICE(any_bytes)

/* More than the staging buffer holds, begun and ended inside a word. */
static void large(sabir_context *context, const char *selector)
{
    const uint64_t bytes = (20u << 20) + 3;
    sabir_device *device;
    sabir_tensor *tensor;
    unsigned char *data = malloc(bytes), *seen = malloc(bytes);
    must(sabir_device_open(context, selector, &device));
    must(sabir_tensor_create(device, SABIR_I8, SABIR_SHAPE((int64_t)bytes), &tensor));
    for (uint64_t i = 0; i < bytes; i++) data[i] = (unsigned char)(i * 2654435761u >> 13);
    must(sabir_tensor_write(tensor, 0, data, 1));
    must(sabir_tensor_write(tensor, 1, data + 1, bytes - 1));
    must(sabir_tensor_read(tensor, 0, seen, bytes));
    cr_assert_eq(memcmp(seen, data, bytes), 0);
    must(sabir_tensor_read(tensor, 3, seen, bytes - 3));
    cr_assert_eq(memcmp(seen, data + 3, bytes - 3), 0);
    free(data);
    free(seen);
    sabir_tensor_release(tensor);
    sabir_device_release(device);
}
ON_EACH_DEVICE(large)

static void maps(sabir_context *context, const char *selector)
{
    sabir_device *device;
    sabir_tensor *tensor;
    int32_t numbers[5] = {1, 2, 3, 4, 5}, seen[5];
    void *memory;
    must(sabir_device_open(context, selector, &device));
    must(sabir_tensor_create(device, SABIR_I32, SABIR_SHAPE(5), &tensor));
    must(sabir_tensor_write(tensor, 0, numbers, sizeof numbers));
    must(sabir_tensor_map(tensor, &memory));
    cr_assert_eq(memcmp(memory, numbers, sizeof numbers), 0);
    ((int32_t *)memory)[3] = -9;
    expect(sabir_tensor_read(tensor, 0, seen, 4), SABIR_MISUSE, "mapped");
    expect(sabir_tensor_map(tensor, &memory), SABIR_MISUSE, "mapped");
    must(sabir_tensor_unmap(tensor));
    expect(sabir_tensor_unmap(tensor), SABIR_MISUSE, "not mapped");
    must(sabir_tensor_read(tensor, 0, seen, sizeof seen));
    cr_assert_eq(seen[3], -9);
    must(sabir_tensor_map(tensor, &memory)); /* released while mapped */
    sabir_tensor_release(tensor);
    sabir_device_release(device);
}
ON_EACH_DEVICE(maps)

static void wraps(sabir_context *context, const char *selector)
{
    sabir_device *device;
    sabir_tensor *wrapped, *other;
    float *memory = aligned_alloc(4096, 8192), seen[64];
    must(sabir_device_open(context, selector, &device));
    for (int i = 0; i < 64; i++) memory[i] = (float)i;
    expect(sabir_tensor_wrap(device, SABIR_F32, SABIR_SHAPE(64), (char *)memory + 1, &wrapped), SABIR_INVALID_ARGUMENT, "aligned");
    expect(sabir_tensor_wrap(device, SABIR_F32, SABIR_SHAPE(64), NULL, &wrapped), SABIR_INVALID_ARGUMENT, "NULL");
    sabir_status status = sabir_tensor_wrap(device, SABIR_F32, SABIR_SHAPE(64), memory, &wrapped);
    if (status != SABIR_OK) {
        cr_assert_eq(status, SABIR_UNSUPPORTED, "%s", sabir_last_message());
        cr_assert_null(wrapped);
    } else {
        must(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(64), &other));
        must(sabir_tensor_copy(wrapped, other));
        must(sabir_tensor_read(other, 0, seen, sizeof seen));
        for (int i = 0; i < 64; i++) cr_assert_eq(seen[i], memory[i]);
        seen[5] = 55;
        must(sabir_tensor_write(wrapped, 0, seen, sizeof seen));
        cr_assert_eq(memory[5], 55);
        sabir_tensor_release(other);
        sabir_tensor_release(wrapped);
    }
    free(memory);
    sabir_device_release(device);
}
ON_EACH_DEVICE(wraps)

static void shapes(sabir_context *context, const char *selector)
{
    sabir_device *device;
    sabir_tensor *tensor;
    must(sabir_device_open(context, selector, &device));
    expect(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(-5), &tensor), SABIR_INVALID_SHAPE, NULL);
    expect(sabir_tensor_create(device, (sabir_type)77, SABIR_SHAPE(5), &tensor), SABIR_INVALID_TYPE, NULL);
    expect(sabir_tensor_create(device, SABIR_F32, (sabir_shape){.rank = 9}, &tensor), SABIR_INVALID_SHAPE, "rank");
    expect(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(INT64_MAX, 2), &tensor), SABIR_INVALID_SHAPE, NULL);
    cr_assert_null(tensor);
    expect(sabir_tensor_create(NULL, SABIR_F32, SABIR_SHAPE(2), &tensor), SABIR_INVALID_ARGUMENT, "NULL");
    expect(sabir_tensor_create(device, SABIR_F32, SABIR_SHAPE(2), NULL), SABIR_INVALID_ARGUMENT, "NULL");
    must(sabir_tensor_create(device, SABIR_F64, SABIR_SHAPE(3, 0, INT64_MAX), &tensor));
    cr_assert_eq(sabir_tensor_bytes(tensor), 0);
    must(sabir_tensor_write(tensor, 0, NULL, 0));
    must(sabir_tensor_read(tensor, 0, NULL, 0));
    expect(sabir_tensor_read(tensor, 1, &device, 0), SABIR_INVALID_ARGUMENT, "beyond");
    sabir_tensor_release(tensor);
    must(sabir_tensor_create(device, SABIR_F16, SABIR_SCALAR_SHAPE, &tensor));
    cr_assert_eq(sabir_tensor_bytes(tensor), 2);
    uint16_t one = 0x3c00, seen = 0;
    must(sabir_tensor_write(tensor, 0, &one, 2));
    must(sabir_tensor_read(tensor, 0, &seen, 2));
    cr_assert_eq(seen, one);
    expect(sabir_tensor_write(tensor, 1, &one, 2), SABIR_INVALID_ARGUMENT, "beyond");
    expect(sabir_tensor_write(tensor, UINT64_MAX, &one, 2), SABIR_INVALID_ARGUMENT, "beyond");
    expect(sabir_tensor_write(NULL, 0, &one, 2), SABIR_INVALID_ARGUMENT, "NULL");
    expect(sabir_tensor_write(tensor, 0, NULL, 2), SABIR_INVALID_ARGUMENT, "NULL");
    sabir_tensor_release(tensor);
    sabir_tensor_release(NULL);
    sabir_device_release(device);
}
ON_EACH_DEVICE(shapes)

static void stores(sabir_context *context, const char *selector)
{
    sabir_device *device;
    sabir_store *store;
    sabir_tensor *weights, *again;
    float numbers[6];
    must(sabir_device_open(context, selector, &device));
    must(sabir_store_create(device, &store));
    must(sabir_store_variable(store, "weights", SABIR_F32, SABIR_SHAPE(2, 3), &weights));
    must(sabir_tensor_read(weights, 0, numbers, sizeof numbers));
    for (int i = 0; i < 6; i++) cr_assert_eq(numbers[i], 0, "a new variable is zeroed");
    must(sabir_store_variable(store, "weights", SABIR_F32, SABIR_SHAPE(2, 3), &again));
    cr_assert_eq(again, weights);
    expect(sabir_store_variable(store, "weights", SABIR_F32, SABIR_SHAPE(3, 2), &again), SABIR_INVALID_SHAPE, "weights");
    expect(sabir_store_variable(store, "weights", SABIR_F16, SABIR_SHAPE(2, 3), &again), SABIR_INVALID_TYPE, "f16[2, 3]");
    expect(sabir_store_variable(store, "", SABIR_F16, SABIR_SHAPE(2, 3), &again), SABIR_INVALID_ARGUMENT, "name");
    cr_assert_eq(sabir_store_find(store, "weights"), weights);
    cr_assert_null(sabir_store_find(store, "none"));
    cr_assert_eq(sabir_store_count(store), 1);
    cr_assert_str_eq(sabir_store_name(store, 0), "weights");
    cr_assert_null(sabir_store_name(store, 1));
    sabir_store_release(store);
    sabir_device_release(device);
}
ON_EACH_DEVICE(stores)

Test(device_tensor, copies_between_all_devices, .timeout = 120)
{
    static const char *const ids[] = {"reference", "vulkan", "opencl", "opencl"};
    enum { DEVICES = 4, COUNT = 3000001 };
    sabir_context *context;
    sabir_device *devices[DEVICES];
    sabir_store *stores[DEVICES];
    must(sabir_context_create(NULL, &context));
    int16_t *data = malloc(COUNT * sizeof *data), *seen = malloc(COUNT * sizeof *seen);
    for (int i = 0; i < COUNT; i++) data[i] = (int16_t)(i * 31);
    for (int d = 0; d < DEVICES; d++) {
        sabir_tensor *tensor;
        must(sabir_device_open(context, ids[d], &devices[d]));
        must(sabir_store_create(devices[d], &stores[d]));
        if (d == 0) {
            must(sabir_store_variable(stores[0], "x", SABIR_F16, SABIR_SHAPE(COUNT), &tensor));
            must(sabir_tensor_write(tensor, 0, data, COUNT * sizeof *data));
        } else {
            must(sabir_store_copy(stores[d - 1], stores[d]));
            must(sabir_tensor_read(sabir_store_find(stores[d], "x"), 0, seen, COUNT * sizeof *seen));
            cr_assert_eq(memcmp(data, seen, COUNT * sizeof *seen), 0, "%s", ids[d]);
        }
    }
    sabir_tensor *other;
    must(sabir_tensor_create(devices[1], SABIR_F16, SABIR_SHAPE(COUNT - 1), &other));
    expect(sabir_tensor_copy(sabir_store_find(stores[0], "x"), other), SABIR_INVALID_SHAPE, "f16[3000001]");
    sabir_tensor_release(other);
    must(sabir_tensor_create(devices[1], SABIR_F16, SABIR_SHAPE(COUNT), &other));
    must(sabir_tensor_copy(sabir_store_find(stores[1], "x"), other));
    must(sabir_tensor_copy(other, sabir_store_find(stores[0], "x")));
    must(sabir_tensor_read(sabir_store_find(stores[0], "x"), 0, seen, COUNT * sizeof *seen));
    cr_assert_eq(memcmp(data, seen, COUNT * sizeof *seen), 0);
    sabir_tensor_release(other);
    for (int d = 0; d < DEVICES; d++) {
        sabir_store_release(stores[d]);
        sabir_device_release(devices[d]);
    }
    free(data);
    free(seen);
    sabir_context_release(context);
}
