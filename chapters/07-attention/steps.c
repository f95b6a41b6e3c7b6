// Attention in six steps; see steps.h.
#include "07-attention/steps.h"

#include "07-attention/masks.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- 1 to 3: the mean of the past -------------------------------------------

void average_loops(int T, int d, const float *x, float *y)
{
    for (int i = 0; i < T; i++)
        for (int c = 0; c < d; c++) {
            float sum = 0;
            for (int j = 0; j <= i; j++)
                sum += x[(size_t)j * d + c];
            y[(size_t)i * d + c] = sum / (float)(i + 1);
        }
}

Matrix *average_matrix(Matrix *x)
{
    const int T = x->rows;
    Matrix *w = matrix(x->tape, T, T);
    for (int i = 0; i < T; i++)
        for (int j = 0; j < T; j++)
            w->val[(size_t)i * T + j] = j <= i ? 1 / (float)(i + 1) : 0;
    return matmul(w, x); // (T x T) (T x d)
}

Matrix *average_softmax(Matrix *x)
{
    const int T = x->rows;
    Matrix *scores = matrix(x->tape, T, T);
    for (int i = 0; i < T; i++)
        for (int j = 0; j < T; j++)
            scores->val[(size_t)i * T + j] = j <= i ? 0 : -INFINITY;
    return matmul(softmax(scores), x);
}

// --- 4: queries, keys and values --------------------------------------------

Matrix *one_head(Matrix *q, Matrix *k, Matrix *v, Matrix *mask)
{
    Matrix *scores = matmul_t(q, k);                   // Tq x Tk
    scores = scale(scores, 1 / sqrtf((float)q->cols)); // variance about 1
    if (mask)
        scores = add(scores, mask);
    Matrix *weights = softmax(scores); // each row adds up to 1
    return matmul(weights, v);         // Tq x d
}

void one_head_loops(int Tq, int Tk, int d, const float *q, const float *k,
                    const float *v, const float *mask, float *weights, float *y)
{
    double *w = new_array(Tk, sizeof *w);
    for (int i = 0; i < Tq; i++) {
        double sum = 0, max = -INFINITY;
        for (int j = 0; j < Tk; j++) {
            w[j] = mask ? (double)mask[(size_t)i * Tk + j] : 0;
            for (int c = 0; c < d; c++)
                w[j] += (double)q[(size_t)i * d + c] *
                        (double)k[(size_t)j * d + c] / sqrt(d);
            max = fmax(max, w[j]);
        }
        for (int j = 0; j < Tk; j++) {
            w[j] = w[j] == -INFINITY ? 0 : exp(w[j] - max);
            sum += w[j];
        }
        for (int j = 0; j < Tk; j++) {
            w[j] = sum > 0 ? w[j] / sum : 0;
            if (weights)
                weights[(size_t)i * Tk + j] = (float)w[j];
        }
        for (int c = 0; c < d; c++) {
            double mix = 0;
            for (int j = 0; j < Tk; j++)
                mix += w[j] * (double)v[(size_t)j * d + c];
            y[(size_t)i * d + c] = (float)mix;
        }
    }
    free(w);
}

// --- 5: heads, masks, packed sequences --------------------------------------

Matrix *many_heads(Matrix *q, Matrix *k, Matrix *v, int heads, Mask mask)
{
    const int width = q->cols / heads;
    const int share = heads / (k->cols / width); // heads that use the same keys
    Matrix *wall = NULL, *all = NULL;
    for (int h = 0; h < heads; h++) {
        if (h == 0 || mask.slope)
            wall = mask_matrix(q->tape, spans_of(q), spans_of(k), mask, h);
        const int at = h * width, from = h / share * width;
        Matrix *y = one_head(slice_cols(q, at, at + width),
                             slice_cols(k, from, from + width),
                             slice_cols(v, from, from + width), wall);
        all = all ? concat_cols(all, y) : y; // Tq x (h + 1) width
    }
    return all;
}

// --- 6: one key after another -----------------------------------------------

Online online_new(int width, float *y)
{
    memset(y, 0, width * sizeof *y);
    return (Online){.width = width, .max = -INFINITY, .y = y};
}

void online_take(Online *o, float score, const float *value)
{
    if (score == -INFINITY) // masked: as if it were not there
        return;
    if (score > o->max) { // what we hold was relative to the old maximum
        const float shrink = expf(o->max - score); // 0 the first time
        o->sum *= shrink;
        for (int c = 0; c < o->width; c++)
            o->y[c] *= shrink;
        o->max = score;
    }
    const float e = expf(score - o->max);
    o->sum += e;
    for (int c = 0; c < o->width; c++)
        o->y[c] += e * value[c];
}

void online_end(Online *o)
{
    for (int c = 0; c < o->width; c++)
        o->y[c] = o->sum > 0 ? o->y[c] / o->sum : 0;
}

void one_head_online(int Tq, int Tk, int d, const float *q, const float *k,
                     const float *v, const float *mask, float *y)
{
    const float scale = 1 / sqrtf((float)d);
    for (int i = 0; i < Tq; i++) {
        Online o = online_new(d, y + (size_t)i * d);
        for (int j = 0; j < Tk; j++) {
            float s = scale * dot(q + (size_t)i * d, k + (size_t)j * d, d);
            s += mask ? mask[(size_t)i * Tk + j] : 0;
            online_take(&o, s, v + (size_t)j * d);
        }
        online_end(&o);
    }
}
