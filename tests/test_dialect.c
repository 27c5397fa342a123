/* The reader of kernels: what it lays out, and what it refuses with which words. suite: host, timeout: 60 */
#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "kernel/builtin.h"

static const sabir_allocator *plain_allocator(void)
{
    static sabir_allocator allocator;
    allocator = sbr_allocator_or_default((sabir_allocator){0});
    return &allocator;
}

static sabir_status read_text(sbr_arena *arena, const char *text, sbr_kernel_desc *desc)
{
    return sbr_dialect_read(arena, "kernels/t.k", text, strlen(text), desc);
}

#define HEAD "kernel t\nbuffer x read\nbuffer y write\n"
#define MAP "kernel t\nmap\nbuffer x read\nbuffer y write\n"

/* Each is refused, and the message says this. */
static const struct { const char *text, *message; } broken[] = {
    {"", "kernels/t.k:0: there is no line 'body'"},
    {"kernel t\nbuffer x read\n", "kernels/t.k:2: there is no line 'body'"},
    {"buffer x read\nbody\n", "there is no line 'kernel NAME'"},
    {"kernel t\nbody\n", "the kernel 't' has no buffer"},
    {"kernel\nbody\n", "kernels/t.k:1: expected: kernel NAME"},
    {"kernel a b\nbody\n", "kernels/t.k:1: expected: kernel NAME"},
    {"kernel 9t\nbody\n", "kernels/t.k:1: '9t' is no name"},
    {"kernel a__b\nbody\n", "which GLSL reserves"},
    {"kernel t\nkernel u\nbody\n", "kernels/t.k:2: the kernel has the name 't' already"},
    {"kernel t\nwhatever x\nbody\n", "kernels/t.k:2: 'whatever' begins no head line"},
    {"kernel t\nvariants f32 f16\nbody\n", "kernels/t.k:2: 'f16' is no arithmetic type"},
    {"kernel t\nvariants\nbody\n", "kernels/t.k:2: no type is named"},
    {"kernel t\nlocal 48\nbody\n", "kernels/t.k:2: a work-group has a power of two up to 256 invocations, not 48"},
    {"kernel t\nlocal 512\nbody\n", "kernels/t.k:2: '512' is no number from 0 to 256"},
    {"kernel t\nlocal 0\nbody\n", "not 0"},
    {"kernel t\nbuffer x\nbody\n", "kernels/t.k:2: expected: buffer NAME read|write|update [CLASS]"},
    {"kernel t\nbuffer x wr\nbody\n", "'wr' is no access"},
    {"kernel t\nbuffer x read f16\nbody\n", "'f16' is no class"},
    {"kernel t\nbuffer y write bool\nbody\n", "a buffer of class bool is only read"},
    {"kernel t\nbuffer half read\nbody\n", "'half' is a word of GLSL or OpenCL C"},
    {"kernel t\nbuffer x read\nbuffer x write\nbody\n", "kernels/t.k:3: the name 'x' is taken"},
    {"kernel t\nbuffer x read ARITH more\nbody\n", "'more' after the buffer's class"},
    {"kernel t\nparam double a\nbody\n", "'double' is no parameter type"},
    {"kernel t\nparam uint a[0]\nbody\n", "'a' has no elements"},
    {"kernel t\nparam uint a[\nbody\n", "expected NAME[N]"},
    {"kernel t\nparam uint a[99]\nbody\n", "more than 64 elements"},
    {HEAD "param uint a\nparam uint a\nbody\n", "there are two parameters 'a'"},
    {MAP "param idx n\nbody\nRESULT = 1.0f;\n", "there are two parameters 'n'"},
    {"kernel t\nshared float s\nbody\n", "expected: shared float s[N]"},
    {"kernel t\nshared half s[4]\nbody\n", "'half' is no type of shared memory"},
    {"kernel t\nconstant A 3\nbody\n", "expected: constant NAME = DEFAULT"},
    {"kernel t\nconstant A = -3\nbody\n", "'-3' is no number"},
    {"kernel t\nneeds luck\nbody\n", "'luck' is no capability"},
    {"kernel t\nuses exp\nuses log\nbody\n", "this line stands twice"},
    {MAP "view z\nbody\nRESULT = 1.0f;\n", "view names 'z', which is no buffer"},

    {HEAD "body\nSTORE(y, 0u, LOAD(z, 0u));\n", "kernels/t.k:5: LOAD(z, ...): there is no buffer 'z'"},
    {HEAD "body\n\nfloat v = LOAD(y, 0u);\n", "kernels/t.k:6: LOAD(y, ...): the buffer is only written"},
    {HEAD "body\nSTORE(x, 0u, 1.0f);\n", "STORE(x, ...): the buffer is only read"},
    {HEAD "body\nuint v = WORD(x, 0u);\n", "only a buffer of words has raw words"},
    {HEAD "body\nuint v = OFFSET(x, 0u);\n", "'x' is not named by a line 'view'"},
    {HEAD "body\nfloat v = LOAD(x);\n", "LOAD(x, ...) takes an index"},
    {HEAD "body\nfloat v = x[0];\n", "'x' is a buffer: reach it through LOAD(x, i)"},
    {HEAD "body\nuint v = P.columns;\n", "there is no parameter 'columns'"},
    {HEAD "param uint a[3]\nbody\nuint v = P.a;\n", "P.a is an array and needs an index"},
    {HEAD "param uint a\nbody\nuint v = P.a[0];\n", "P.a is no array"},
    {HEAD "body\nfloat v = 1.5;\n", "1.5 is a double in C and a float in GLSL: write 1.5f, or 1.5lf for float64"},
    {HEAD "body\nfloat v = 0x1p3f;\n", "GLSL has no hexadecimal floats"},
    {HEAD "body\nuint v = 017u;\n", "would be octal"},
    {HEAD "body\nfloat *v;\n", "there are no pointers"},
    {HEAD "body\nuint v = f(&w);\n", "there are no addresses"},
    {HEAD "body\nfloat v[2] = {1.0f, 2.0f};\n", "there are no initialisers of arrays"},
    {HEAD "body\nuint half = 3u;\n", "'half' is a word of GLSL or OpenCL C"},
    {HEAD "body\ngoto end;\n", "'goto' is a word of GLSL or OpenCL C"},
    {HEAD "body\nuint a__b = 3u;\n", "GLSL reserves names that hold '__'"},
    {HEAD "body\nif (true) {\n", "a '{' is never closed"},
    {HEAD "body\n}\n", "kernels/t.k:5: '}' closes nothing"},
    {HEAD "body\nuint v = (1u + 2u;\n", "a '(' is never closed"},
    {HEAD "body\nRESULT = 1.0f;\n", "RESULT is for map kernels"},
    {HEAD "constant TILE = 4\nbody\n#if TILE > 2\n#endif\n", "the constant TILE is settled when the kernel is created"},
    {HEAD "body\n#include \"x\"\n", "#include is not for kernels"},
    {HEAD "shared float s[4]\nbody\nATOMIC_ADD(s, 0u, 1u);\n", "atomics are for uint, not float"},
    {HEAD "helpers\nfloat f(float v) { return LOAD(x, 0u); }\nbody\n", "kernels/t.k:5: helpers see no buffer"},
    {HEAD "param uint a\nhelpers\nuint f() { return P.a; }\nbody\n", "helpers see no parameter"},
    {HEAD "helpers\nuint f(uint v) { return f(v); }\nbody\n", "'f' calls itself; there is no recursion"},
    {MAP "body\nfloat v = 1.0f;\n", "the body never assigns RESULT"},
    {MAP "body\nRESULT = 1.0f;\nreturn;\n", "a map kernel computes several elements and must not return"},
    {MAP "body\nSTORE(y, i, 1.0f);\n", "a map kernel assigns RESULT; it does not STORE"},
    {MAP "body\nBARRIER;\nRESULT = 1.0f;\n", "a barrier stands in the body of a kernel without 'map' only"},
    {"kernel t\nmap\nbuffer x read\nbody\nRESULT = 1.0f;\n", "a map kernel has exactly one buffer to write, this has 0"},
    {"kernel t\nmap\nbuffer x update\nbuffer y write\nbody\nRESULT = 1.0f;\n", "'x' of a map kernel"},
};

Test(dialect, refuses_broken_kernels_with_place_and_cause)
{
    for (size_t i = 0; i < SBR_COUNT(broken); i++) {
        sbr_arena arena = {.allocator = plain_allocator()};
        sbr_kernel_desc desc;
        sabir_status status = read_text(&arena, broken[i].text, &desc);
        cr_expect_eq(status, SABIR_COMPILE_FAILED, "kernel %zu was accepted:\n%s", i, broken[i].text);
        cr_expect(strstr(sabir_last_message(), broken[i].message), "kernel %zu: \"%s\" does not say \"%s\"", i, sabir_last_message(), broken[i].message);
        cr_expect(strstr(sabir_last_message(), "kernels/t.k:"), "no place in \"%s\"", sabir_last_message());
        sbr_arena_free(&arena);
    }
}

Test(dialect, lays_out_control_words)
{
    static const char text[] = "// A comment.\nkernel t\nmap\nvariants f32 i64\nresults i32 f64\nlocal 128\nconstant TILE = 0x10\nbuffer x read\nbuffer y write RESULT\n"
                               "view x\nparam float scale\nparam idx steps[3]\nparam int last\nuses exp\nhelpers\nfloat f(float v) { return v; }\nbody\nRESULT = RESULT_OF(0);\n";
    sbr_arena arena = {.allocator = plain_allocator()};
    sbr_kernel_desc d;
    cr_assert_eq(read_text(&arena, text, &d), SABIR_OK, "%s", sabir_last_message());
    cr_expect_str_eq(d.name, "t");
    cr_expect(d.map && d.local_size == 128 && d.buffer_count == 2 && d.constant_count == 1 && d.constants[0].value == 16);
    static const struct { const char *name; uint32_t word; } words[] = {{"n", 11}, {"rank", 13}, {"extents", 14}, {"strides_x", 30}, {"scale", 46}, {"steps", 47}, {"last", 53}};
    for (size_t i = 0; i < SBR_COUNT(words); i++) {
        int index = sbr_kernel_param_index(&d, words[i].name);
        cr_assert(index >= 0, "%s", words[i].name);
        cr_expect_eq(d.params[index].word, words[i].word, "%s is at %u", words[i].name, d.params[index].word);
    }
    cr_expect_eq(d.control_words, 54);
    cr_expect(sbr_kernel_has_variant(&d, (sbr_kernel_variant){SBR_ARITH_I64, SBR_ARITH_F64, true}));
    cr_expect(!sbr_kernel_has_variant(&d, (sbr_kernel_variant){SBR_ARITH_F32, SBR_ARITH_F32, false}));
    cr_expect_eq(sbr_kernel_buffer_arith(&d, (sbr_kernel_variant){SBR_ARITH_F32, SBR_ARITH_I32, false}, 1), SBR_ARITH_I32);
    sbr_arena_free(&arena);
}

static sabir_status print(const sbr_kernel_desc *desc, bool opencl, sbr_text *text)
{
    sbr_kernel_variant variant = {SBR_ARITH_F32, SBR_ARITH_F32, false};
    return opencl ? sbr_dialect_print_opencl(desc, variant, sbr_builtin_library, NULL, text) : sbr_dialect_print_glsl(desc, variant, sbr_builtin_library, NULL, text);
}

Test(dialect, rewrites_names_in_both_languages)
{
    static const char source[] = "kernel t\nvariants f32 f64\nbuffer x read\nbuffer y write\nparam idx at[2]\nparam uint k\nbody\n"
                                 "/* P.gone LOAD(x, 1) in a comment stays */\nSTORE(y, P.at[P.at[0] + P.k], LOAD(x, P.at[1]) * 2.5f);\n";
    for (int opencl = 0; opencl < 2; opencl++) {
        sbr_arena arena = {.allocator = plain_allocator()};
        sbr_text text = {.allocator = plain_allocator()};
        sbr_kernel_desc d;
        cr_assert_eq(read_text(&arena, source, &d), SABIR_OK, "%s", sabir_last_message());
        cr_assert_eq(print(&d, opencl != 0, &text), SABIR_OK, "%s", sabir_last_message());
        cr_expect(strstr(text.data, "STORE_y(P_at(P_at(0) + P_k), LOAD_x(P_at(1)) * 2.5f);"), "%s", text.data);
        cr_expect(strstr(text.data, "#line 8 \"kernels/t.k\""));
        cr_expect((strstr(text.data, "#version 450") != NULL) == !opencl);
        sbr_text_free(&text);
        sbr_arena_free(&arena);
    }
}

Test(dialect, names_missing_mathematics_and_variants)
{
    sbr_arena arena = {.allocator = plain_allocator()};
    sbr_text text = {.allocator = plain_allocator()};
    sbr_kernel_desc d;
    cr_assert_eq(read_text(&arena, HEAD "uses exp magic\nbody\n", &d), SABIR_OK);
    cr_expect_eq(print(&d, true, &text), SABIR_COMPILE_FAILED);
    cr_expect(strstr(sabir_last_message(), "'uses magic': there is no kernels/math/magic.k"), "%s", sabir_last_message());
    sbr_kernel_variant variant = {SBR_ARITH_I32, SBR_ARITH_I32, false};
    cr_expect_eq(sbr_dialect_print_glsl(&d, variant, sbr_builtin_library, NULL, &text), SABIR_COMPILE_FAILED);
    cr_expect(strstr(sabir_last_message(), "no variant i32"), "%s", sabir_last_message());
    sbr_text_free(&text);
    sbr_arena_free(&arena);
}

typedef struct budget { long left; long live; } budget;

static void *budget_allocate(void *user, size_t size)
{
    budget *b = user;
    if (b->left-- <= 0) return NULL;
    b->live++;
    return malloc(size);
}

static void *budget_resize(void *user, void *memory, size_t size)
{
    budget *b = user;
    return b->left-- <= 0 ? NULL : realloc(memory, size);
}

static void budget_release(void *user, void *memory)
{
    budget *b = user;
    b->live--;
    free(memory);
}

Test(dialect, survives_every_failing_allocation)
{
    const sbr_embedded_text *kernel = sbr_builtin_kernel("select_view");
    cr_assert_not_null(kernel);
    sabir_status status = SABIR_OUT_OF_MEMORY;
    long n = 0;
    for (; n < 1000 && status == SABIR_OUT_OF_MEMORY; n++) {
        budget b = {n, 0};
        sabir_allocator allocator = {&b, budget_allocate, budget_resize, budget_release};
        sbr_arena arena = {.allocator = &allocator};
        sbr_text text = {.allocator = &allocator};
        sbr_kernel_desc d;
        status = sbr_dialect_read(&arena, "kernels/select_view.k", kernel->data, kernel->size, &d);
        sbr_kernel_variant variant = {SBR_ARITH_BITS, SBR_ARITH_BITS, true};
        if (status == SABIR_OK) status = sbr_dialect_print_opencl(&d, variant, sbr_builtin_library, NULL, &text);
        sbr_text_free(&text);
        sbr_arena_free(&arena);
        cr_expect_eq(b.live, 0, "%ld blocks leak when allocation %ld fails", b.live, n);
    }
    cr_expect_eq(status, SABIR_OK, "%s", sabir_last_message());
    cr_expect_gt(n, 2);
}

Test(dialect, every_built_in_kernel_prints_and_is_found)
{
    cr_assert_gt(sbr_embedded_kernel_count, 0);
    for (uint32_t k = 0; k < sbr_embedded_kernel_count; k++) {
        const sbr_embedded_text *one = &sbr_embedded_kernels[k];
        sbr_arena arena = {.allocator = plain_allocator()};
        sbr_kernel_desc d;
        cr_assert_eq(sbr_dialect_read(&arena, one->name, one->data, one->size, &d), SABIR_OK, "%s", sabir_last_message());
        cr_expect_eq(sbr_builtin_kernel(d.name), one);
        for (uint32_t v = 0; v < SBR_ARITH_COUNT * SBR_ARITH_COUNT * 2; v++) {
            sbr_kernel_variant variant = {(sbr_arith)(v / 2 / SBR_ARITH_COUNT), (sbr_arith)(v / 2 % SBR_ARITH_COUNT), v % 2 != 0};
            if (!sbr_kernel_has_variant(&d, variant)) continue;
            sbr_text text = {.allocator = plain_allocator()};
            cr_expect_eq(sbr_dialect_print_opencl(&d, variant, sbr_builtin_library, NULL, &text), SABIR_OK, "%s", sabir_last_message());
            sbr_text_free(&text);
            if (!sbr_embedded_module_count) continue;
            cr_expect_eq(sbr_builtin_module(d.name, variant) == NULL, d.only_cpu, "%s %s", d.name, sbr_arith_name(variant.arith));
        }
        sbr_arena_free(&arena);
    }
}
