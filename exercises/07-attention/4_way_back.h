// The way back through one head of attention, without its T x T weights.
#ifndef EXERCISE_07_4_H
#define EXERCISE_07_4_H

// Forward was: y = softmax(s) v, s = q k^T / sqrt(d) + mask, with q, y: Tq x d
// and k, v: Tk x d. It kept y and, for each query, log_sum[i] = log of the sum
// over j of e^s[i][j], which is -INFINITY for a query that may see nothing.
//
// dy (Tq x d) is the gradient of y. Adds the gradients of q, k and v to dq
// (Tq x d), dk and dv (Tk x d). mask (Tq x Tk) holds 0 and -INFINITY, or is
// NULL. Needs no memory but a few numbers.
void one_head_back(int Tq, int Tk, int d, const float *q, const float *k,
                   const float *v, const float *mask, const float *y,
                   const float *log_sum, const float *dy, float *dq, float *dk,
                   float *dv);

#endif
