// Packing sentences; see batches.h.
#include "09-transformer/batches.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

// Appends one sentence to a packed list.
static void append(int **list, int *room, int *start, int number,
                   const int *token, int n)
{
    const int used = start[number];
    if (used + n > *room) {
        *room = 2 * (used + n);
        *list = grow_array(*list, *room, sizeof **list);
    }
    if (n > 0)
        memcpy(*list + used, token, (size_t)n * sizeof *token);
    start[number + 1] = used + n;
}

void pairs_add(Pairs *p, const int *source, int source_n, const int *target,
               int target_n)
{
    if (p->n + 2 > p->room) {
        p->room = 2 * p->room + 64;
        p->source_start = grow_array(p->source_start, p->room, sizeof(int));
        p->target_start = grow_array(p->target_start, p->room, sizeof(int));
        p->source_start[p->n] = p->n ? p->source_start[p->n] : 0;
        p->target_start[p->n] = p->n ? p->target_start[p->n] : 0;
    }
    append(&p->source, &p->source_room, p->source_start, p->n, source,
           source_n);
    append(&p->target, &p->target_room, p->target_start, p->n, target,
           target_n);
    p->n++;
}

void pairs_free(Pairs *p)
{
    free(p->source);
    free(p->target);
    free(p->source_start);
    free(p->target_start);
    *p = (Pairs){0};
}

static int length(const int *start, int i)
{
    return start[i + 1] - start[i];
}

Batch batch_of(Arena *a, const Pairs *p, const int *index, int n, int begin,
               int end)
{
    int sources = 0, targets = 0;
    for (int i = 0; i < n; i++) {
        sources += length(p->source_start, index[i]) + 1;
        targets += length(p->target_start, index[i]) + 1;
    }
    int *source = arena_take(a, sources, sizeof *source);
    int *input = arena_take(a, targets, sizeof *input);
    int *output = arena_take(a, targets, sizeof *output);
    int *source_start = arena_take(a, n + 1, sizeof *source_start);
    int *input_start = arena_take(a, n + 1, sizeof *input_start);
    int s = 0, t = 0;
    for (int i = 0; i < n; i++) {
        const int *from = &p->source_start[index[i]];
        const int *to = &p->target_start[index[i]];
        source_start[i] = s;
        input_start[i] = t;
        for (int j = from[0]; j < from[1]; j++)
            source[s++] = p->source[j];
        source[s++] = end;
        input[t] = begin;
        for (int j = to[0]; j < to[1]; j++) {
            output[t++] = p->target[j];
            input[t] = p->target[j];
        }
        output[t++] = end;
    }
    source_start[n] = s;
    input_start[n] = t;
    return (Batch){n,
                   {s, source, {n, source_start}},
                   {t, input, {n, input_start}},
                   output};
}

Batches batches_new(const Pairs *p, int begin, int end, int most, uint64_t seed)
{
    check(p->n > 0, "there are no pairs to learn from");
    return (Batches){.pairs = p,
                     .begin = begin,
                     .end = end,
                     .most = most,
                     .seed = seed,
                     .mixed = -1,
                     .order = new_array(p->n, sizeof(int))};
}

void batches_free(Batches *b)
{
    free(b->order);
    b->order = NULL;
}

Batch batches_next(Batches *b, Arena *a)
{
    const Pairs *p = b->pairs;
    if (b->place >= p->n) {
        b->epoch++;
        b->place = 0;
    }
    if (b->mixed != b->epoch) {
        Rng rng = rng_new(b->seed + 7919 * (uint64_t)b->epoch);
        for (int i = 0; i < p->n; i++)
            b->order[i] = i;
        rng_shuffle(&rng, b->order, p->n);
        b->mixed = b->epoch;
    }
    int tokens = 0, n = 0;
    for (; b->place + n < p->n; n++) {
        const int i = b->order[b->place + n];
        tokens += length(p->source_start, i) + length(p->target_start, i) + 2;
        if (tokens > b->most && n > 0)
            break;
    }
    b->place += n;
    return batch_of(a, p, b->order + b->place - n, n, b->begin, b->end);
}
