// Masks; see masks.h.
#include "07-attention/masks.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

bool may_look(Mask m, int i, int Tq, int j, int Tk)
{
    const int p = i + Tk - Tq; // where the query stands among the keys
    if (m.causal && j > p)
        return false;
    return m.window == 0 || abs(p - j) < m.window;
}

Matrix *mask_matrix(Tape *t, Spans q, Spans k, Mask m, int head)
{
    const int rows = q.start[q.n], cols = k.start[k.n];
    Matrix *y = matrix(t, rows, cols);
    for (size_t i = 0; i < (size_t)rows * cols; i++)
        y->val[i] = -INFINITY;
    for (int s = 0; s < q.n; s++) {
        const int Tq = q.start[s + 1] - q.start[s];
        const int Tk = k.start[s + 1] - k.start[s];
        for (int i = 0; i < Tq; i++) {
            float *to = y->val + (size_t)(q.start[s] + i) * cols + k.start[s];
            for (int j = 0; j < Tk; j++)
                if (may_look(m, i, Tq, j, Tk))
                    to[j] = m.slope
                                ? -m.slope[head] * (float)abs(i + Tk - Tq - j)
                                : 0;
        }
    }
    return y;
}

void mask_measured(Tape *t, Spans q, Spans k, Mask m, int heads, int head,
                   float *weights)
{
    const int rows = q.start[q.n], cols = k.start[k.n];
    Matrix *zero_q = matrix(t, rows, heads), *zero_k = matrix(t, cols, heads);
    for (int i = 0; i < rows * heads; i++)
        zero_q->val[i] = 0;
    for (int i = 0; i < cols * heads; i++)
        zero_k->val[i] = 0;
    zero_q->seq = q;
    zero_k->seq = k;
    for (size_t i = 0; i < (size_t)rows * cols; i++)
        weights[i] = 0;
    for (int s = 0; s < q.n; s++) {
        const int Tq = q.start[s + 1] - q.start[s];
        const int Tk = k.start[s + 1] - k.start[s];
        float *w = new_array((size_t)Tq * Tk, sizeof *w);
        attention_weights(zero_q, zero_k, heads, m, head, s, w);
        for (int i = 0; i < Tq; i++)
            for (int j = 0; j < Tk; j++)
                weights[(size_t)(q.start[s] + i) * cols + k.start[s] + j] =
                    w[i * Tk + j];
        free(w);
    }
}

LabMask lab_mask(int i)
{
    static const float slope[] = {0.5f};
    static const LabMask all[LAB_MASKS] = {
        {"full", 1, {0, 8}, {0, 8}, {false, 0, NULL}},
        {"causal", 1, {0, 8}, {0, 8}, {true, 0, NULL}},
        {"window 3", 1, {0, 8}, {0, 8}, {false, 3, NULL}},
        {"causal window 3", 1, {0, 8}, {0, 8}, {true, 3, NULL}},
        {"packed, causal", 2, {0, 3, 8}, {0, 3, 8}, {true, 0, NULL}},
        {"cross, packed", 2, {0, 2, 5}, {0, 3, 8}, {false, 0, NULL}},
        {"cached, 2 new", 1, {0, 2}, {0, 8}, {true, 0, NULL}},
        {"ALiBi, causal", 1, {0, 8}, {0, 8}, {true, 0, slope}}};
    check(i >= 0 && i < LAB_MASKS, "there is no mask %d", i);
    return all[i];
}

Spans lab_queries(const LabMask *m)
{
    return (Spans){m->sequences, m->q_start};
}

Spans lab_keys(const LabMask *m)
{
    return (Spans){m->sequences, m->k_start};
}
