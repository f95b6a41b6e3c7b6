// An arena: memory that is handed out by moving a mark forward and is taken
// back all at once by moving the mark home.
//
// The one idea: reserve a large range of *addresses* at the start (that costs
// nothing), and let the operating system put memory behind a page the first
// time it is touched. So an arena never moves what it has handed out, and from
// the second training step on nothing is allocated any more.
//
// Lifetime rule: everything from an arena lives until arena_reset,
// arena_rewind or arena_free. Single pieces are never freed. Under
// AddressSanitizer a reset poisons the memory, so a stale pointer is caught.
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include <stddef.h>

typedef struct Arena {
    char *base;
    size_t used;     // the mark: bytes handed out
    size_t capacity; // bytes of address space reserved
    size_t peak;     // the highest mark so far
} Arena;

// Reserves the addresses; no memory is used yet. Dies if that is impossible.
Arena arena_new(size_t capacity);

// n * size bytes, aligned to 64 (a cache line), not cleared. Dies with a clear
// line when the arena is full.
void *arena_take(Arena *a, size_t n, size_t size);

// The same, cleared to zero.
void *arena_zero(Arena *a, size_t n, size_t size);

// A copy of n * size bytes at from.
void *arena_copy(Arena *a, const void *from, size_t n, size_t size);

// A copy of the string s.
char *arena_text(Arena *a, const char *s);

// Takes back everything handed out since the mark was at `used`.
void arena_rewind(Arena *a, size_t used);

// Takes back everything and keeps the memory for the next round.
void arena_reset(Arena *a);

// Gives addresses and memory back to the system.
void arena_free(Arena *a);

#endif
