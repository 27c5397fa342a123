#include "thread.h"

#include <time.h>
#include <unistd.h>

uint64_t sbr_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

long sbr_process_id(void) { return (long)getpid(); }
