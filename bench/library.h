/* Libraries that peers open at run time. */
#ifndef BENCH_LIBRARY_H
#define BENCH_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* The first of the files that can be opened; NULL: none. It stays open. */
void *bench_library_open(const char *const *files, size_t count);
/* Sets *function, a pointer to a function. */
bool bench_library_find(void *library, const char *name, void *function);

#endif
