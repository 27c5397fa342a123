#include "native.h"

#include <errno.h>
#include <stdio.h>

typedef sabir_status (*printer)(const sbr_kernel_desc *, sbr_kernel_variant, sbr_dialect_library, void *, sbr_text *);

static sabir_status write_file(const char *path, const sbr_text *text)
{
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(text->data, 1, text->length, file) == text->length;
    if (file && fclose(file) != 0) written = false;
    return written ? SABIR_OK : sbr_fail(SABIR_IO, "%s: %s", path, strerror(errno));
}

static sabir_status write_text(const native *n, const native_variant *one, printer print, const char *folder, const char *suffix)
{
    sbr_text path = {.allocator = n->allocator}, text = {.allocator = n->allocator};
    sbr_text_printf(&path, "%s/%s.%s", folder, one->name, suffix);
    sabir_status status = print(one->desc, one->variant, sbr_builtin_library, NULL, &text);
    if (status == SABIR_OK && (path.failed || text.failed)) status = sbr_no_memory(path.length + text.length);
    if (status == SABIR_OK) status = write_file(path.data, &text);
    sbr_text_free(&path);
    sbr_text_free(&text);
    return status;
}

sabir_status native_texts(native *n, const char *folder)
{
    for (uint32_t i = 0; i < n->variants.count; i++) {
        const native_variant *one = &n->variants.data[i];
        SABIR_TRY(write_text(n, one, sbr_dialect_print_opencl, folder, "cl"));
        SABIR_TRY(write_text(n, one, sbr_dialect_print_glsl, folder, "glsl"));
        printf("%s\t%s\t%s\t%s\t%s\t%u\n", one->name, one->desc->name, sbr_arith_name(one->variant.arith),
               one->desc->results ? sbr_arith_name(one->variant.result) : "", one->variant.wide ? "wide" : "narrow", one->desc->local_size);
    }
    return fflush(stdout) == 0 ? SABIR_OK : sbr_fail(SABIR_IO, "the list could not be written: %s", strerror(errno));
}
