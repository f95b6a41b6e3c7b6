// The heap, in an array; see heap.h.
#include "04-tokenizers/heap.h"

#include "common/check.h"

#include <stdlib.h>

static bool before(HeapEntry a, HeapEntry b)
{
    return a.first < b.first || (a.first == b.first && a.second < b.second);
}

void heap_push(Heap *h, uint64_t first, uint64_t second)
{
    if (h->n == h->capacity) {
        check(h->n < INT32_MAX / 2, "heap too large");
        h->capacity = h->n ? 2 * h->n : 64;
        h->at = grow_array(h->at, h->capacity, sizeof *h->at);
    }
    HeapEntry e = {first, second};
    int i = h->n++;
    while (i > 0 && before(e, h->at[(i - 1) / 2])) {
        h->at[i] = h->at[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    h->at[i] = e;
}

HeapEntry heap_pop(Heap *h)
{
    check(h->n > 0, "heap_pop: the heap is empty");
    HeapEntry top = h->at[0], e = h->at[--h->n];
    int i = 0;
    for (int child; (child = 2 * i + 1) < h->n; i = child) {
        if (child + 1 < h->n && before(h->at[child + 1], h->at[child]))
            child++;
        if (!before(h->at[child], e))
            break;
        h->at[i] = h->at[child];
    }
    h->at[i] = e;
    return top;
}

void heap_free(Heap *h)
{
    free(h->at);
    *h = (Heap){0};
}
