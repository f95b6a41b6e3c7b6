// A plain recurrent network in loops, there and back.
#ifndef EXERCISE_06_4_H
#define EXERCISE_06_4_H

enum { PLAIN_MOST = 16 }; // the widest

// Weights, or their gradients: w is width x in, u width x width, b width.
typedef struct PlainWeights {
    float *w, *u, *b;
} PlainWeights;

// h[t] = tanh(W x[t] + b + U h[t - 1]) for t = 0 .. T - 1, from h[-1] = 0.
// x is T x in, h T x width.
void plain_forward(int T, int in, int width, const PlainWeights *p,
                   const float *x, float *h);

// The way back. dy (T x width) is the gradient that arrives at each h[t] from
// outside: from a loss, or from the layer above. Adds the gradients of the
// weights to what is in d, and writes dx (T x in). With `reach` >= T it is the
// whole gradient. With a smaller reach it is a truncated one: what arrives at
// h[t] from outside goes back through h[t] .. h[t - reach + 1] and no further.
void plain_back(int T, int in, int width, const PlainWeights *p, const float *x,
                const float *h, const float *dy, int reach, PlainWeights *d,
                float *dx);

#endif
