#define _GNU_SOURCE
#include "dynlib.h"

#include <dlfcn.h>
#include <stdio.h>

sbr_dynlib *sbr_dynlib_open(const char *file) { return dlopen(file, RTLD_NOW | RTLD_LOCAL); }

void *sbr_dynlib_symbol(sbr_dynlib *library, const char *name) { return dlsym(library, name); }

void sbr_dynlib_close(sbr_dynlib *library)
{
    if (library) dlclose(library);
}

bool sbr_dynlib_own_folder(char *folder, size_t size)
{
    static const char anchor = 0;
    Dl_info info;
    if (!dladdr(&anchor, &info) || !info.dli_fname) return false;
    const char *slash = strrchr(info.dli_fname, '/');
    if (!slash) return false;
    int length = snprintf(folder, size, "%.*s", (int)(slash - info.dli_fname), info.dli_fname);
    return length >= 0 && (size_t)length < size;
}
