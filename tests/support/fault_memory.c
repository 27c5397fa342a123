#include "fault.h"

#include <pthread.h>
#include <stdlib.h>

/* Before every block; as large as the strictest alignment, so that what follows is aligned for any type. */
typedef union block {
    struct { size_t size; uint64_t mark; } is;
    max_align_t alignment;
} block;

static const uint64_t alive = 0x5ab12a11feedf00du, gone = 0xdeadb10cdeadb10cu;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Under the lock. */
static bool refuses(fault_memory *memory)
{
    memory->requests++;
    const bool refused =
        memory->fail_at && (memory->requests == memory->fail_at || (memory->fail_from && memory->requests > memory->fail_at));
    memory->failed += refused;
    return refused;
}

static void count_in(fault_memory *memory, size_t size)
{
    memory->live_blocks++;
    memory->live_bytes += size;
    if (memory->live_bytes > memory->most_bytes) memory->most_bytes = memory->live_bytes;
}

static void count_out(fault_memory *memory, size_t size)
{
    memory->live_blocks--;
    memory->live_bytes -= size;
}

static void *allocate(void *user, size_t size)
{
    fault_memory *memory = user;
    pthread_mutex_lock(&lock);
    block *made = refuses(memory) || size > SIZE_MAX - sizeof(block) ? NULL : malloc(sizeof *made + size);
    if (made) {
        made->is.size = size;
        made->is.mark = alive;
        count_in(memory, size);
    }
    pthread_mutex_unlock(&lock);
    return made ? made + 1 : NULL;
}

static void *resize(void *user, void *old, size_t size)
{
    fault_memory *memory = user;
    if (!old) return allocate(user, size);
    block *made = NULL, *before = (block *)old - 1;
    pthread_mutex_lock(&lock);
    if (before->is.mark != alive) {
        memory->bad_releases++;
    } else if (!refuses(memory) && size <= SIZE_MAX - sizeof(block)) {
        const size_t size_before = before->is.size;
        made = realloc(before, sizeof *made + size);
        if (made) {
            count_out(memory, size_before);
            count_in(memory, size);
            made->is.size = size;
        }
    }
    pthread_mutex_unlock(&lock);
    return made ? made + 1 : NULL;
}

static void release(void *user, void *old)
{
    fault_memory *memory = user;
    if (!old) return;
    block *before = (block *)old - 1;
    pthread_mutex_lock(&lock);
    if (before->is.mark != alive) {
        memory->bad_releases++;
    } else {
        before->is.mark = gone;
        count_out(memory, before->is.size);
        free(before);
    }
    pthread_mutex_unlock(&lock);
}

sabir_allocator fault_allocator(fault_memory *memory) { return (sabir_allocator){memory, allocate, resize, release}; }

void fault_memory_fail_nth(fault_memory *memory, uint64_t n, bool from)
{
    pthread_mutex_lock(&lock);
    memory->fail_at = n ? memory->requests + n : 0;
    memory->fail_from = from;
    pthread_mutex_unlock(&lock);
}
