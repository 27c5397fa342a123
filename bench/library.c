#include "library.h"

#if defined(_WIN32)
void *bench_library_open(const char *const *files, size_t count)
{
    (void)files, (void)count;
    return NULL;
}

bool bench_library_find(void *library, const char *name, void *function)
{
    (void)library, (void)name, (void)function;
    return false;
}
#else
#  include <dlfcn.h>
#  include <string.h>

/* Its threads would not survive its going. */
void *bench_library_open(const char *const *files, size_t count)
{
    void *library = NULL;
    for (size_t i = 0; i < count && !library; i++) library = dlopen(files[i], RTLD_NOW | RTLD_LOCAL);
    return library;
}

/* dlsym gives an object pointer. */
bool bench_library_find(void *library, const char *name, void *function)
{
    void *symbol = dlsym(library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}
#endif
