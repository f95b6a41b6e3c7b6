// The online softmax, and two halves of one (45 minutes)
//
// One query meets its keys one after another. Each brings a score and a value,
// and at the end we want
//
//     y = sum of e^score[j] value[j] / sum of e^score[j]
//
// without ever having kept the scores, and without an e^1000 on the way. An
// Online (see 07-attention/steps.h) holds the largest score so far and both
// sums relative to it: each term is e^(score - max). When a larger score comes,
// what has been summed up was relative to a maximum that is no longer one.
//
// Then, online_join: two processors have each seen half of the keys. Make one
// result of the two. This is how a long text is shared out while a model
// writes, when there is a single query and nothing else to share out.
//
// A score of -INFINITY is a key that may not be seen: it changes nothing. Mind
// that -INFINITY minus -INFINITY is not 0.
//
// `make run-07 MINE=1` runs section 5 of the chapter with yours.
#include "2_online.h"

#include <math.h>
#include <string.h>

Online online_new(int width, float *y)
{
    memset(y, 0, width * sizeof *y);
    return (Online){.width = width, .max = -INFINITY, .y = y};
}

// SOLUTION
// From now on all is relative to `max`, which is not below the old one.
static void raise(Online *o, float max)
{
    const float shrink = expf(o->max - max); // 0 the first time
    o->sum *= shrink;
    for (int c = 0; c < o->width; c++)
        o->y[c] *= shrink;
    o->max = max;
}

void online_take(Online *o, float score, const float *value)
{
    if (score == -INFINITY)
        return;
    if (score > o->max)
        raise(o, score);
    const float e = expf(score - o->max);
    o->sum += e;
    for (int c = 0; c < o->width; c++)
        o->y[c] += e * value[c];
}

void online_join(Online *a, const Online *b)
{
    if (b->max == -INFINITY)
        return;
    if (b->max > a->max)
        raise(a, b->max);
    const float part = expf(b->max - a->max);
    a->sum += part * b->sum;
    for (int c = 0; c < a->width; c++)
        a->y[c] += part * b->y[c];
}
// END

void online_end(Online *o)
{
    for (int c = 0; c < o->width; c++)
        o->y[c] = o->sum > 0 ? o->y[c] / o->sum : 0;
}

void one_head_online(int Tq, int Tk, int d, const float *q, const float *k,
                     const float *v, const float *mask, float *y)
{
    for (int i = 0; i < Tq; i++) {
        Online o = online_new(d, y + (size_t)i * d);
        for (int j = 0; j < Tk; j++) {
            float s = 0;
            for (int c = 0; c < d; c++)
                s += q[(size_t)i * d + c] * k[(size_t)j * d + c];
            s /= sqrtf((float)d);
            s += mask ? mask[(size_t)i * Tk + j] : 0;
            online_take(&o, s, v + (size_t)j * d);
        }
        online_end(&o);
    }
}
