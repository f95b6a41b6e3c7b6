// A ring that loses keys: find the bug (45 minutes)
//
// With a window of W tokens a cache needs no more than W rows: position p goes
// into row p % W, over the one that nobody can see any more. While a model
// writes, token by token, the ring below does just that, and every test that
// writes token by token passes.
//
// A prompt comes in chunks. The first tokens of each chunk then lose their
// memory: their keys are not wrong, they are not there. The text still reads
// well, which is why such a bug lives long. Every rolling cache has had it at
// some time.
//
// Draw it: W = 4, positions 0 to 3 have been read, and a chunk of 3 comes.
// Which rows hold which positions when position 4 looks? There is another,
// smaller mistake, in the number of tokens that are seen. Change as little as
// you can.
#include "3_find_the_bug.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Ring ring_new(int window, int width)
{
    check(window >= 1 && window <= RING_MOST && width >= 1 &&
              width <= RING_MOST,
          "a ring of %d rows of %d", window, width);
    Ring r = {.window = window, .width = width};
    r.keys = new_array((size_t)window * width, sizeof *r.keys);
    r.values = new_array((size_t)window * width, sizeof *r.values);
    return r;
}

void ring_free(Ring *r)
{
    free(r->keys);
    free(r->values);
}

// softmax of n scores.
static void weigh(float *s, int n)
{
    float max = s[0], sum = 0;
    for (int j = 1; j < n; j++)
        max = s[j] > max ? s[j] : max;
    for (int j = 0; j < n; j++)
        sum += s[j] = expf(s[j] - max);
    for (int j = 0; j < n; j++)
        s[j] /= sum;
}

// SOLUTION

// Puts the key and value of the token at position p in their place.
static void put(Ring *r, int p, const float *k, const float *v)
{
    const int row = p % r->window;
    memcpy(r->keys + row * r->width, k, sizeof *k * r->width);
    memcpy(r->values + row * r->width, v, sizeof *v * r->width);
}

// The token at position p looks at what it may see.
static void look(const Ring *r, int p, const float *q, float *y)
{
    const int first = p >= r->window ? p - r->window + 1 : 0;
    float s[RING_MOST + 1];
    for (int j = first; j <= p; j++) {
        const float *k = r->keys + j % r->window * r->width;
        s[j - first] = 0;
        for (int c = 0; c < r->width; c++)
            s[j - first] += q[c] * k[c] / sqrtf((float)r->width);
    }
    weigh(s, p - first + 1);
    memset(y, 0, sizeof *y * r->width);
    for (int j = first; j <= p; j++)
        for (int c = 0; c < r->width; c++)
            y[c] += s[j - first] * r->values[j % r->window * r->width + c];
}

void ring_read(Ring *r, int n, const float *q, const float *k, const float *v,
               float *y)
{
    // One after another: a key that is put takes the place of one that the
    // tokens before it in the chunk still see.
    for (int i = 0; i < n; i++) {
        put(r, r->length, k + i * r->width, v + i * r->width);
        look(r, r->length, q + i * r->width, y + i * r->width);
        r->length++;
    }
}
// END
