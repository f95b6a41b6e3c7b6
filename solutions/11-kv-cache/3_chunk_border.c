// A cache that loses keys at a chunk border: find the bugs (30 minutes)
//
// Below is a rolling cache for a model with a window: position p lies in row
// p % capacity, so that the newest overwrites the oldest and memory never
// grows. It has a little more room than the window needs. Everybody tested it
// by writing texts, token by token, and all went well. Then prompts came in
// chunks, and were understood a little worse than before; and long texts came,
// and turned into nonsense.
//
// There are two bugs, both retold from well-known programs (the chapter's true
// stories name them):
//
//   - Something happens at the border between two chunks, if they are large.
//     Take a capacity of 12 and a window of 8: how many new keys can come at
//     once before one is overwritten that a query still needs?
//   - Something counts what the cache holds, where it should count what the
//     text has.
//
// The header says what is wanted. Change as little as you can.
#include "3_chunk_border.h"

#include <math.h>
#include <string.h>

// SOLUTION: a chunk goes in by pieces that leave the window before them whole,
// and `seen` is the length of the text.

// What the query q at position p finds.
static void look(const Ring *r, int p, const float *q, float *y)
{
    const int first = p - r->window + 1 > 0 ? p - r->window + 1 : 0;
    float sum = 0;
    memset(y, 0, RING_WIDTH * sizeof *y);
    for (int j = first; j <= p; j++) {
        const float *k = r->k[j % r->capacity], *v = r->v[j % r->capacity];
        float s = -r->slope * (float)(p - j);
        for (int i = 0; i < RING_WIDTH; i++)
            s += q[i] * k[i];
        s = expf(s);
        sum += s;
        for (int i = 0; i < RING_WIDTH; i++)
            y[i] += s * v[i];
    }
    for (int i = 0; i < RING_WIDTH; i++)
        y[i] /= sum;
}

// As many rows as there are beside the window of the first of them.
static void read_piece(Ring *r, int n, const float *q, const float *k,
                       const float *v, float *y)
{
    const int d = RING_WIDTH;
    for (int i = 0; i < n; i++) {
        const int row = (r->seen + i) % r->capacity;
        memcpy(r->k[row], k + i * d, d * sizeof *k);
        memcpy(r->v[row], v + i * d, d * sizeof *v);
    }
    r->seen += n;
    for (int i = 0; i < n; i++)
        look(r, r->seen - n + i, q + i * d, y + i * d);
}

void ring_read(Ring *r, int n, const float *q, const float *k, const float *v,
               float *y)
{
    const int room = r->capacity - r->window + 1;
    for (int at = 0; at < n; at += room) {
        const size_t from = (size_t)at * RING_WIDTH;
        read_piece(r, n - at < room ? n - at : room, q + from, k + from,
                   v + from, y + from);
    }
}
// END
