// A moving mark over reserved addresses; see arena.h.
#include "common/arena.h"

#include "common/check.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONS 1
#endif
#endif

#ifdef POISONS
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, bytes)   ((void)0)
#define ASAN_UNPOISON_MEMORY_REGION(address, bytes) ((void)0)
#endif

enum { LINE = 64 }; // bytes of a cache line, and of the widest vector

Arena arena_new(size_t capacity)
{
    Arena a = {.capacity = (capacity + LINE - 1) / LINE * LINE};
    a.base = mmap(NULL, a.capacity, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (a.base == MAP_FAILED)
        die("cannot reserve %zu bytes of addresses: %s", capacity,
            strerror(errno));
    // Large pages, where the system has them, save address translations.
    madvise(a.base, a.capacity, MADV_HUGEPAGE);
    return a;
}

void *arena_take(Arena *a, size_t n, size_t size)
{
    check(size > 0, "arena_take: an item has no size");
    if (n > (SIZE_MAX - LINE) / size ||
        (n * size + LINE - 1) / LINE * LINE > a->capacity - a->used)
        die("arena of %zu bytes is full: %zu used, %zu items of %zu bytes "
            "asked for",
            a->capacity, a->used, n, size);
    char *p = a->base + a->used;
    a->used += (n * size + LINE - 1) / LINE * LINE;
    if (a->used > a->peak)
        a->peak = a->used;
    ASAN_UNPOISON_MEMORY_REGION(p, n * size);
    return p;
}

void *arena_zero(Arena *a, size_t n, size_t size)
{
    void *p = arena_take(a, n, size);
    return memset(p, 0, n * size);
}

void *arena_copy(Arena *a, const void *from, size_t n, size_t size)
{
    void *p = arena_take(a, n, size);
    return n ? memcpy(p, from, n * size) : p;
}

char *arena_text(Arena *a, const char *s)
{
    return arena_copy(a, s, strlen(s) + 1, 1);
}

void arena_rewind(Arena *a, size_t used)
{
    check(used <= a->used, "arena_rewind: %zu lies ahead of the mark %zu", used,
          a->used);
    ASAN_POISON_MEMORY_REGION(a->base + used, a->used - used);
    a->used = used;
}

void arena_reset(Arena *a)
{
    arena_rewind(a, 0);
}

void arena_free(Arena *a)
{
    ASAN_UNPOISON_MEMORY_REGION(a->base, a->peak);
    munmap(a->base, a->capacity);
    *a = (Arena){0};
}
