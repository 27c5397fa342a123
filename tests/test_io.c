/* Files read and written: arrays of npy, idx and csv, packed ones, safetensors, stores. Every truncation of a good file, and every byte of it changed,
 * is read or refused with a message, and harms nothing. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/devices.h"
#include "support/fault.h"

static char folder[] = "/tmp/sabir-test-io-XXXXXX", path[128];
static sabir_context *context;
static sabir_device *device;

static void open_all(void)
{
    const sabir_context_options options = {.size = sizeof options, .vulkan_library = "/nonexistent", .opencl_library = "/nonexistent"};
    cr_assert(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/file", folder);
    must(sabir_context_create(&options, &context));
    must(sabir_device_open(context, "reference", &device));
}

static void close_all(void)
{
    sabir_device_release(device);
    sabir_context_release(context);
    remove(path);
    cr_assert_eq(rmdir(folder), 0, "%s is not empty: something was left beside the file", folder);
}

TestSuite(io, .init = open_all, .fini = close_all);

static void put_file(const void *data, size_t bytes)
{
    FILE *file = fopen(path, "wb");
    cr_assert(file && fwrite(data, 1, bytes, file) == bytes && fclose(file) == 0);
}

static size_t get_file(uint8_t *data, size_t most)
{
    FILE *file = fopen(path, "rb");
    cr_assert(file);
    const size_t bytes = fread(data, 1, most, file);
    fclose(file);
    return bytes;
}

#define refused(status, call, words) refused_((status), (call), (words), #call, __LINE__)
static void refused_(sabir_status wanted, sabir_status given, const char *words, const char *call, int line)
{
    cr_assert_eq(given, wanted, "line %d: %s: %s instead of %s: %s", line, call, sabir_status_name(given), sabir_status_name(wanted), sabir_last_message());
    cr_assert(strstr(sabir_last_message(), words), "line %d: %s: \"%s\" says nothing of \"%s\"", line, call, sabir_last_message(), words);
}

static void is_array(const sabir_array *array, sabir_type type, sabir_shape shape, const void *data, size_t bytes)
{
    cr_assert_eq(array->type, type);
    cr_assert_eq(array->shape.rank, shape.rank);
    for (int32_t i = 0; i < shape.rank; i++) cr_assert_eq(array->shape.extents[i], shape.extents[i]);
    cr_assert_eq(array->bytes, bytes);
    cr_assert(memcmp(array->data, data, bytes) == 0);
}

/* ---- npy ---- */

static void npy_text(const char *header, const void *data, size_t bytes)
{
    uint8_t file[512] = "\x93NUMPY\x01";
    const size_t length = strlen(header);
    file[8] = (uint8_t)length;
    snprintf((char *)file + 10, sizeof file - 10, "%s", header);
    memcpy(file + 10 + length, data, bytes);
    put_file(file, 10 + length + bytes);
}

Test(io, npy_comes_back)
{
    static const sabir_type types[] = {SABIR_F32, SABIR_F16, SABIR_F64, SABIR_I32, SABIR_U32, SABIR_I8, SABIR_U8, SABIR_BOOL, SABIR_I64};
    uint8_t data[6 * 8];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 37 % 251);
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        if (types[t] == SABIR_BOOL)
            for (int i = 0; i < 6; i++) data[i] = (uint8_t)(i % 2);
        sabir_array array = {types[t], SABIR_SHAPE(2, 3), 6 * sabir_type_size(types[t]), data}, back;
        must(sabir_npy_write(context, path, &array));
        must(sabir_npy_read(context, path, NULL, &back));
        is_array(&back, types[t], array.shape, data, (size_t)array.bytes);
        sabir_array_free(context, &back);
    }
}

Test(io, npy_of_other_shapes)
{
    const float one = 2.5f;
    sabir_array array = {SABIR_F32, SABIR_SCALAR_SHAPE, 4, (void *)&one}, back;
    must(sabir_npy_write(context, path, &array));
    must(sabir_npy_read(context, path, NULL, &back));
    is_array(&back, SABIR_F32, SABIR_SCALAR_SHAPE, &one, 4);
    sabir_array_free(context, &back);
    array = (sabir_array){SABIR_F32, SABIR_SHAPE(3, 0, 2), 0, NULL};
    must(sabir_npy_write(context, path, &array));
    must(sabir_npy_read(context, path, NULL, &back));
    is_array(&back, SABIR_F32, array.shape, &one, 0);
    sabir_array_free(context, &back);
    array = (sabir_array){SABIR_BF16, SABIR_SHAPE(1), 2, (void *)&one};
    refused(SABIR_INVALID_TYPE, sabir_npy_write(context, path, &array), "bf16");
}

Test(io, npy_as_others_write_it)
{
    sabir_array array;
    const uint8_t big[] = {0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe};
    npy_text("{'descr': '>i4', 'fortran_order': False, 'shape': (2,)}", big, 8);
    must(sabir_npy_read(context, path, NULL, &array));
    is_array(&array, SABIR_I32, SABIR_SHAPE(2), (int32_t[]){1, -2}, 8);
    sabir_array_free(context, &array);
    npy_text("{'shape': (2, 3), 'fortran_order': True, 'descr': '<f4', }   \n", (float[]){1, 4, 2, 5, 3, 6}, 24);
    must(sabir_npy_read(context, path, NULL, &array));
    is_array(&array, SABIR_F32, SABIR_SHAPE(2, 3), (float[]){1, 2, 3, 4, 5, 6}, 24);
    sabir_array_free(context, &array);
    npy_text("{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }", (int16_t[]){-1, 7, -32768}, 6);
    must(sabir_npy_read(context, path, NULL, &array));
    is_array(&array, SABIR_I32, SABIR_SHAPE(3), (int32_t[]){-1, 7, -32768}, 12);
    sabir_array_free(context, &array);
    npy_text("{'descr': '<u2', 'fortran_order': False, 'shape': (1,), }", (uint16_t[]){65535}, 2);
    must(sabir_npy_read(context, path, NULL, &array));
    is_array(&array, SABIR_I32, SABIR_SHAPE(1), (int32_t[]){65535}, 4);
    sabir_array_free(context, &array);
}

Test(io, npy_refused)
{
    sabir_array array;
    static const struct { const char *header, *words; } bad[] = {
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "announces 8 bytes of elements, and 4 follow"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "overflows"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "overflows"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", "axes"},
        {"{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", "element type"},
        {"{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "plain numbers"},
        {"{'descr': '<f4', 'fortran_order': False}", "lacks"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "no dict"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "tuple"},
        {"{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "neither"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "follows"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        npy_text(bad[i].header, &(float){1}, 4);
        refused(SABIR_IO, sabir_npy_read(context, path, NULL, &array), bad[i].words);
        cr_assert(!array.data);
    }
    refused(SABIR_NOT_FOUND, sabir_npy_read(context, "/tmp/sabir-no-such-file", NULL, &array), "cannot be opened");
    refused(SABIR_IO, sabir_npy_read(context, folder, NULL, &array), "regular");
    refused(SABIR_INVALID_ARGUMENT, sabir_npy_read(context, NULL, NULL, &array), "NULL");
    npy_text("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", &(float){1}, 4);
    const sabir_read_options little = {.size = sizeof little, .most_bytes = 20};
    refused(SABIR_IO, sabir_npy_read(context, path, &little, &array), "allowed");
    refused(SABIR_INVALID_ARGUMENT, sabir_npy_read(context, path, &(sabir_read_options){0}, &array), "size");
}

/* ---- idx, and gzip ---- */

static const uint8_t idx_images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
/* The same through gzip -9 -n. */
static const uint8_t idx_packed[] = {0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0xe0, 0x60, 0x66, 0x60, 0x60, 0x60, 0x82, 0x62,
                                     0x66, 0x46, 0x26, 0x66, 0x16, 0x56, 0x36, 0x76, 0x0e, 0x4e, 0x2e, 0x6e, 0x1e, 0x00, 0x48, 0x11, 0x0c, 0x84, 0x1c, 0x00,
                                     0x00, 0x00};

Test(io, idx)
{
    sabir_array array;
    put_file(idx_images, sizeof idx_images);
    must(sabir_idx_read(context, path, NULL, &array));
    is_array(&array, SABIR_U8, SABIR_SHAPE(2, 2, 3), idx_images + 16, 12);
    sabir_array_free(context, &array);
    const uint8_t shorts[] = {0, 0, 0x0b, 1, 0, 0, 0, 2, 0xff, 0xff, 0x01, 0x00};
    put_file(shorts, sizeof shorts);
    must(sabir_idx_read(context, path, NULL, &array));
    is_array(&array, SABIR_I32, SABIR_SHAPE(2), (int32_t[]){-1, 256}, 8);
    sabir_array_free(context, &array);
    const uint8_t floats[] = {0, 0, 0x0d, 0, 0x3f, 0x80, 0, 0};
    put_file(floats, sizeof floats);
    must(sabir_idx_read(context, path, NULL, &array));
    is_array(&array, SABIR_F32, SABIR_SCALAR_SHAPE, &(float){1}, 4);
    sabir_array_free(context, &array);
    put_file(idx_images, sizeof idx_images - 1);
    refused(SABIR_IO, sabir_idx_read(context, path, NULL, &array), "announces 12 bytes of elements, and 11 follow");
    put_file((uint8_t[]){0, 0, 7, 1, 0, 0, 0, 0}, 8);
    refused(SABIR_IO, sabir_idx_read(context, path, NULL, &array), "type 0x07");
}

Test(io, gzip)
{
    sabir_array array;
    uint8_t twice[2 * sizeof idx_packed], bomb[sizeof idx_packed];
    put_file(idx_packed, sizeof idx_packed);
    must(sabir_idx_read(context, path, NULL, &array));
    is_array(&array, SABIR_U8, SABIR_SHAPE(2, 2, 3), idx_images + 16, 12);
    sabir_array_free(context, &array);
    const sabir_read_options little = {.size = sizeof little, .most_bytes = 27}, exact = {.size = sizeof exact, .most_bytes = sizeof idx_packed};
    must(sabir_idx_read(context, path, &exact, &array));
    sabir_array_free(context, &array);
    refused(SABIR_IO, sabir_idx_read(context, path, &little, &array), "allowed");
    for (size_t cut = 2; cut < sizeof idx_packed; cut++) {
        put_file(idx_packed, cut);
        refused(SABIR_IO, sabir_idx_read(context, path, NULL, &array), "cut short");
    }
    memcpy(bomb, idx_packed, sizeof bomb);
    bomb[34] ^= 1; /* the check sum */
    put_file(bomb, sizeof bomb);
    refused(SABIR_IO, sabir_idx_read(context, path, NULL, &array), "damaged");
    memcpy(twice, idx_packed, sizeof idx_packed);
    memcpy(twice + sizeof idx_packed, idx_packed, sizeof idx_packed);
    put_file(twice, sizeof twice); /* two members are one file after another */
    refused(SABIR_IO, sabir_idx_read(context, path, NULL, &array), "announces 12 bytes of elements, and 40 follow");
}

/* ---- csv ---- */

static void csv(const char *text, const sabir_csv_options *options, sabir_table *table)
{
    put_file(text, strlen(text));
    must(sabir_csv_read(context, path, options, table));
}

Test(io, csv)
{
    sabir_table table;
    csv("time,\"wind, m/s\"\r\n0,1.5\r\n\r\n1, -2e3 \r\n2,\r\n", NULL, &table);
    cr_assert_eq(table.columns, 2);
    cr_assert_str_eq(table.names[0], "time");
    cr_assert_str_eq(table.names[1], "wind, m/s");
    cr_assert_eq(table.values.shape.extents[0], 3);
    const double *values = table.values.data;
    cr_assert(values[0] == 0 && values[1] == 1.5 && values[2] == 1 && values[3] == -2000 && values[4] == 2 && isnan(values[5]));
    sabir_table_free(context, &table);

    csv("1;2\n3;\"4\"", &(sabir_csv_options){.size = sizeof(sabir_csv_options), .separator = ';'}, &table);
    cr_assert(!table.names);
    cr_assert_eq(table.values.shape.extents[0], 2);
    cr_assert_eq(((double *)table.values.data)[3], 4);
    sabir_table_free(context, &table);

    csv("1,2\n", &(sabir_csv_options){.size = sizeof(sabir_csv_options), .header = 1}, &table);
    cr_assert_str_eq(table.names[1], "2");
    cr_assert_eq(table.values.shape.extents[0], 0);
    sabir_table_free(context, &table);

    csv("\"a \"\"b\"\"\"\n", NULL, &table);
    cr_assert_str_eq(table.names[0], "a \"b\"");
    sabir_table_free(context, &table);
}

Test(io, csv_refused)
{
    static const struct { const char *text, *words; } bad[] = {
        {"a,b\n1,2\n3\n", "line 3 has 1 fields"}, {"a,b\n1,2,3\n", "more than the 2"}, {"a,b\n1,x\n", "\"x\" is no number"}, {"a,\"b\n1,2\n", "not closed"},
        {"", "no line"}, {"\n\n", "no line"}};
    sabir_table table;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put_file(bad[i].text, strlen(bad[i].text));
        refused(SABIR_IO, sabir_csv_read(context, path, NULL, &table), bad[i].words);
        cr_assert(!table.names && !table.values.data);
    }
}

/* ---- safetensors ---- */

static void st_text(const char *header, size_t bytes)
{
    uint8_t file[2048] = {0};
    const size_t length = strlen(header);
    file[0] = (uint8_t)length;
    file[1] = (uint8_t)(length >> 8);
    snprintf((char *)file + 8, sizeof file - 8, "%s", header);
    put_file(file, 8 + length + bytes);
}

Test(io, safetensors_come_back)
{
    float a[6] = {1, 2, 3, 4, 5, 6};
    uint8_t b[3] = {7, 8, 9}, c[2] = {0, 1};
    uint16_t d[2] = {0x3c00, 0x4000};
    double e = -2.5;
    const sabir_named_array arrays[] = {{"a/\"quoted\"\\\n\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", {SABIR_F32, SABIR_SHAPE(2, 3), sizeof a, a}},
                                        {"b", {SABIR_U8, SABIR_SHAPE(3), sizeof b, b}},
                                        {"c", {SABIR_BOOL, SABIR_SHAPE(2), sizeof c, c}},
                                        {"d", {SABIR_BF16, SABIR_SHAPE(2), sizeof d, d}},
                                        {"e", {SABIR_F64, SABIR_SCALAR_SHAPE, sizeof e, &e}},
                                        {"none", {SABIR_I64, SABIR_SHAPE(0, 4), 0, NULL}}};
    const sabir_text_pair metadata[] = {{"epoch", "3"}, {"note", "line\nnext\t\"\x01"}};
    sabir_safetensors *file;
    must(sabir_safetensors_write(context, path, arrays, 6, metadata, 2));
    must(sabir_safetensors_open(context, path, NULL, &file));
    cr_assert_eq(sabir_safetensors_count(file), 6);
    cr_assert_str_eq(sabir_safetensors_metadata(file, "epoch"), "3");
    cr_assert_str_eq(sabir_safetensors_metadata(file, "note"), metadata[1].text);
    cr_assert_null(sabir_safetensors_metadata(file, "none"));
    cr_assert_eq(sabir_safetensors_find(file, "other"), -1);
    for (int i = 0; i < 6; i++) {
        sabir_array back;
        const int64_t position = sabir_safetensors_find(file, arrays[i].name);
        cr_assert_geq(position, 0, "%s", arrays[i].name);
        cr_assert_str_eq(sabir_safetensors_name(file, (uint32_t)position), arrays[i].name);
        must(sabir_safetensors_read(file, (uint32_t)position, &back));
        is_array(&back, arrays[i].array.type, arrays[i].array.shape, arrays[i].array.data ? arrays[i].array.data : "", (size_t)arrays[i].array.bytes);
        sabir_array_free(context, &back);
    }
    sabir_safetensors_close(file);
}

Test(io, safetensors_as_others_write_them)
{
    sabir_safetensors *file;
    sabir_type type;
    sabir_shape shape;
    st_text(" { \"\\u0041\\ud83d\\ude00\" : {\"data_offsets\":[4, 8] , \"shape\":[], \"dtype\":\"I32\"},\n\"q\":{\"dtype\":\"F8_E4M3\",\"shape\":[2,2],"
            "\"data_offsets\":[0,4]},\"deep\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1,2],\"data_offsets\":[8,10]},\"__metadata__\":{}}  ", 10);
    must(sabir_safetensors_open(context, path, NULL, &file));
    cr_assert_eq(sabir_safetensors_find(file, "A\xf0\x9f\x98\x80"), 0);
    must(sabir_safetensors_describe(file, 0, &type, &shape));
    cr_assert(type == SABIR_I32 && shape.rank == 0);
    refused(SABIR_UNSUPPORTED, sabir_safetensors_describe(file, 1, &type, &shape), "F8_E4M3");
    refused(SABIR_UNSUPPORTED, sabir_safetensors_describe(file, 2, &type, &shape), "axes");
    refused(SABIR_INVALID_ARGUMENT, sabir_safetensors_describe(file, 3, &type, &shape), "no tensor 3");
    sabir_safetensors_close(file);
}

Test(io, safetensors_refused)
{
#define A4 "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}"
    static const struct { const char *header; size_t bytes; const char *words; } bad[] = {
        {"{" A4 "}", 5, "take 4 bytes, and 5 follow"},
        {"{" A4 "}", 3, "take 4 bytes, and 3 follow"},
        {"{" A4 "," A4 "}", 4, "two tensors of the name 'a'"},
        {"{" A4 ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}", 6, "overlap"},
        {"{" A4 ",\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]}}", 12, "leave some to none"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "do not fit"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "do not fit"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[18446744073709551615],\"data_offsets\":[0,4]}}", 4, "overflows"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, "overflows"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}", 4, "overflows"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "whole number"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1.0],\"data_offsets\":[0,4]}}", 4, "comma"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[01],\"data_offsets\":[0,4]}}", 4, "begins with 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[[1]],\"data_offsets\":[0,4]}}", 4, "whole number"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,4]}}", 4, "not closed"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"x\":1}}", 4, "other entries"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "other entries"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, "lacks"},
        {"{\"a\":{\"dtype\":\"A_VERY_LONG_TYPE\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "element type"},
        {"{\"\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "no name"},
        {"{\"\\u0000\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "zero"},
        {"{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "surrogate"},
        {"{\"\\x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "escape"},
        {"{\"\\u12\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "hexadecimal"},
        {"{\"\x01\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "control"},
        {"{\"\xc0\x80\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "UTF-8"},
        {"{\"\xed\xa0\x80\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "UTF-8"},
        {"{" A4, 4, "comma"},
        {"{" A4 "} {}", 4, "follows"},
        {"{" A4 "}\n", 4, "follows"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "string is missing"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "twice"},
        {"[]", 0, "object"},
        {"", 0, "object"},
    };
    sabir_safetensors *file;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        st_text(bad[i].header, bad[i].bytes);
        refused(SABIR_IO, sabir_safetensors_open(context, path, NULL, &file), bad[i].words);
        cr_assert_null(file);
    }
    put_file("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    refused(SABIR_IO, sabir_safetensors_open(context, path, NULL, &file), "announced");
    put_file("\x03\0\0\0\0\0\0\0{}", 10);
    refused(SABIR_IO, sabir_safetensors_open(context, path, NULL, &file), "announced");
    const float x = 1;
    const sabir_named_array twice[] = {{"a", {SABIR_F32, SABIR_SHAPE(1), 4, (void *)&x}}, {"a", {SABIR_F32, SABIR_SHAPE(1), 4, (void *)&x}}};
    refused(SABIR_INVALID_ARGUMENT, sabir_safetensors_write(context, path, twice, 2, NULL, 0), "twice");
    const sabir_named_array own = {"__metadata__", {SABIR_F32, SABIR_SHAPE(1), 4, (void *)&x}}, wrong = {"a", {SABIR_F32, SABIR_SHAPE(2), 4, (void *)&x}};
    refused(SABIR_INVALID_ARGUMENT, sabir_safetensors_write(context, path, &own, 1, NULL, 0), "__metadata__");
    refused(SABIR_INVALID_ARGUMENT, sabir_safetensors_write(context, path, &wrong, 1, NULL, 0), "8 bytes");
}

Test(io, header_of_many_brackets)
{
    static char text[1 << 20];
    uint8_t length[8] = {0, 0, 0x10};
    sabir_safetensors *file;
    memset(text, '[', sizeof text);
    for (int i = 0; i < 5; i++) text[i] = "{\"a\":"[i];
    FILE *out = fopen(path, "wb");
    cr_assert(out && fwrite(length, 1, 8, out) == 8 && fwrite(text, 1, sizeof text, out) == sizeof text && fclose(out) == 0);
    refused(SABIR_IO, sabir_safetensors_open(context, path, NULL, &file), "object is missing");
}

/* ---- Stores ---- */

static sabir_store *filled_store(void)
{
    sabir_store *store;
    sabir_tensor *w, *n;
    must(sabir_store_create(device, &store));
    must(sabir_store_variable(store, "w", SABIR_F32, SABIR_SHAPE(2, 2), &w));
    must(sabir_store_variable(store, "n", SABIR_I32, SABIR_SCALAR_SHAPE, &n));
    must(sabir_tensor_write(w, 0, (float[]){1, 2, 3, 4}, 16));
    must(sabir_tensor_write(n, 0, (int32_t[]){5}, 4));
    return store;
}

static void is_filled(sabir_store *store)
{
    float w[4] = {0};
    int32_t n = 0;
    must(sabir_tensor_read(sabir_store_find(store, "w"), 0, w, 16));
    must(sabir_tensor_read(sabir_store_find(store, "n"), 0, &n, 4));
    cr_assert(w[0] == 1 && w[1] == 2 && w[2] == 3 && w[3] == 4 && n == 5);
}

Test(io, stores)
{
    sabir_store *store = filled_store(), *empty, *other;
    sabir_tensor *made;
    const sabir_load_options strict = {.size = sizeof strict, .strict = 1};
    must(sabir_store_save(store, path, NULL));
    must(sabir_store_create(device, &empty));
    refused(SABIR_NOT_FOUND, sabir_store_load(empty, path, &strict), "which the store lacks");
    cr_assert_eq(sabir_store_count(empty), 0);
    must(sabir_store_load(empty, path, NULL));
    is_filled(empty);
    must(sabir_store_load(empty, path, &strict));
    must(sabir_store_variable(empty, "more", SABIR_F32, SABIR_SHAPE(1), &made));
    must(sabir_store_load(empty, path, NULL));
    refused(SABIR_NOT_FOUND, sabir_store_load(empty, path, &strict), "'more' is not in");

    must(sabir_store_create(device, &other));
    must(sabir_store_variable(other, "n", SABIR_F32, SABIR_SCALAR_SHAPE, &made));
    refused(SABIR_INVALID_TYPE, sabir_store_load(other, path, NULL), "'n' as i32[]; the store's variable is f32[]");
    cr_assert_null(sabir_store_find(other, "w"), "something was loaded before everything was compared");
    sabir_store_release(other);
    must(sabir_store_create(device, &other));
    must(sabir_store_variable(other, "w", SABIR_F32, SABIR_SHAPE(4), &made));
    refused(SABIR_INVALID_SHAPE, sabir_store_load(other, path, NULL), "'w' as f32[2, 2]; the store's variable is f32[4]");

    const char *const names[] = {"w", "absent"};
    sabir_save_options some = SABIR_SAVE_OPTIONS;
    some.names = names;
    some.name_count = 2;
    refused(SABIR_NOT_FOUND, sabir_store_save(store, path, &some), "'absent'");
    must(sabir_store_load(empty, path, NULL)); /* the old file is still there */
    some.name_count = 1;
    must(sabir_store_save(store, path, &some));
    must(sabir_store_load(other = (sabir_store_release(other), filled_store()), path, NULL));
    refused(SABIR_NOT_FOUND, sabir_store_load(other, path, &strict), "'n' is not in");
    refused(SABIR_NOT_FOUND, sabir_store_save(store, "/tmp/sabir-no-such-folder/file", NULL), "cannot be created");
    sabir_store_release(store);
    sabir_store_release(empty);
    sabir_store_release(other);
}

/* ---- Damage: read or refused, never harmful ---- */

static void read_any(int format)
{
    sabir_array array;
    sabir_table table;
    sabir_safetensors *file;
    sabir_status status = SABIR_OK;
    if (format == 0) status = sabir_npy_read(context, path, NULL, &array);
    if (format == 1) status = sabir_idx_read(context, path, NULL, &array);
    if (format == 2) status = sabir_csv_read(context, path, NULL, &table);
    if (format == 3) status = sabir_safetensors_open(context, path, NULL, &file);
    if (status != SABIR_OK) {
        cr_assert(status == SABIR_IO || status == SABIR_UNSUPPORTED, "%s: %s", sabir_status_name(status), sabir_last_message());
        cr_assert(strstr(sabir_last_message(), path), "\"%s\" names no file", sabir_last_message());
        return;
    }
    if (format < 2) sabir_array_free(context, &array);
    if (format == 2) sabir_table_free(context, &table);
    if (format < 3) return;
    for (uint32_t i = 0; i < sabir_safetensors_count(file); i++)
        if (sabir_safetensors_read(file, i, &array) == SABIR_OK) sabir_array_free(context, &array);
    sabir_safetensors_close(file);
}

static void damage(int format)
{
    uint8_t good[1024];
    const size_t bytes = get_file(good, sizeof good);
    cr_assert(bytes > 10 && bytes < sizeof good);
    for (size_t cut = 0; cut < bytes; cut++) {
        put_file(good, cut);
        read_any(format);
    }
    for (size_t at = 0; at < bytes; at++) {
        static const uint8_t flips[] = {0x01, 0x80, 0xff, 0x10};
        for (int f = 0; f < 4; f++) {
            good[at] ^= flips[f];
            put_file(good, bytes);
            read_any(format);
            good[at] ^= flips[f];
        }
    }
}

Test(io, damaged_npy)
{
    const float data[6] = {1, 2, 3, 4, 5, 6};
    const sabir_array array = {SABIR_F32, SABIR_SHAPE(2, 3), sizeof data, (void *)data};
    must(sabir_npy_write(context, path, &array));
    damage(0);
}

Test(io, damaged_idx)
{
    put_file(idx_images, sizeof idx_images);
    damage(1);
}

Test(io, damaged_gzip)
{
    put_file(idx_packed, sizeof idx_packed);
    damage(1);
}

Test(io, damaged_csv)
{
    const char text[] = "a,\"b \"\"c\"\"\",d\r\n1,2,3\r\n4.5,-6e7,\"8\"\r\n";
    put_file(text, strlen(text));
    damage(2);
}

Test(io, damaged_safetensors)
{
    sabir_store *store = filled_store();
    const sabir_text_pair metadata = {"epoch", "\xc3\xa4"};
    const sabir_save_options options = {.size = sizeof options, .metadata = &metadata, .metadata_count = 1};
    must(sabir_store_save(store, path, &options));
    sabir_store_release(store);
    damage(3);
}

/* ---- Memory refused ---- */

static sabir_status use_all(sabir_context *own, sabir_device *on)
{
    const uint8_t data[4] = {1, 2, 3, 4};
    const sabir_named_array named = {"a", {SABIR_U8, SABIR_SHAPE(2, 2), 4, (void *)data}};
    const sabir_text_pair metadata = {"k", "v"};
    sabir_array array = {0};
    sabir_table table = {0};
    sabir_store *store = NULL;
    sabir_status status = sabir_npy_write(own, path, &named.array);
    if (status == SABIR_OK) status = sabir_npy_read(own, path, NULL, &array);
    sabir_array_free(own, &array);
    put_file(idx_packed, sizeof idx_packed);
    if (status == SABIR_OK) status = sabir_idx_read(own, path, NULL, &array);
    sabir_array_free(own, &array);
    put_file("a,b\n1,2\n3,4\n", 12);
    if (status == SABIR_OK) status = sabir_csv_read(own, path, NULL, &table);
    sabir_table_free(own, &table);
    if (status == SABIR_OK) status = sabir_safetensors_write(own, path, &named, 1, &metadata, 1);
    if (status == SABIR_OK) status = sabir_store_create(on, &store);
    if (status == SABIR_OK) status = sabir_store_load(store, path, NULL);
    if (status == SABIR_OK) status = sabir_store_save(store, path, NULL);
    if (status == SABIR_OK) status = sabir_array_download(sabir_store_find(store, "a"), &array);
    if (status == SABIR_OK) cr_assert(memcmp(array.data, data, 4) == 0);
    sabir_array_free(own, &array);
    sabir_store_release(store);
    return status;
}

Test(io, memory_refused)
{
    fault_memory memory = FAULT_MEMORY;
    const sabir_context_options options = {.size = sizeof options, .allocator = fault_allocator(&memory), .vulkan_library = "/nonexistent",
                                           .opencl_library = "/nonexistent"};
    sabir_context *own;
    sabir_device *on;
    must(sabir_context_create(&options, &own));
    must(sabir_device_open(own, "reference", &on));
    const uint64_t before = memory.live_bytes;
    uint64_t n = 0;
    bool hit = true;
    while (hit) {
        const uint64_t failed = memory.failed;
        fault_memory_fail_nth(&memory, ++n, false);
        const sabir_status status = use_all(own, on);
        fault_memory_fail_nth(&memory, 0, false);
        hit = memory.failed > failed;
        cr_assert_eq(status, hit ? SABIR_OUT_OF_MEMORY : SABIR_OK, "request %llu: %s: %s", (unsigned long long)n, sabir_status_name(status), sabir_last_message());
        cr_assert_eq(memory.live_bytes, before, "request %llu: %llu bytes are left", (unsigned long long)n, (unsigned long long)(memory.live_bytes - before));
    }
    cr_assert_gt(n, 20);
    sabir_device_release(on);
    sabir_context_release(own);
}
