// A heap: what was put in comes out smallest first, each in O(log n) steps
// (Williams 1964, "Heapsort"). Training and encoding both need the best pair
// again and again while the pairs change; neither ever removes an entry from
// the middle: an entry that is out of date is recognised when it comes out.
#ifndef TOKENIZERS_HEAP_H
#define TOKENIZERS_HEAP_H

#include <stdbool.h>
#include <stdint.h>

// Compared by `first`, then by `second`.
typedef struct HeapEntry {
    uint64_t first, second;
} HeapEntry;

typedef struct Heap {
    HeapEntry *at; // at[i] <= at[2 i + 1] and at[2 i + 2]
    int n, capacity;
} Heap;

void heap_push(Heap *h, uint64_t first, uint64_t second);
HeapEntry heap_pop(Heap *h); // n > 0
void heap_free(Heap *h);

#endif
