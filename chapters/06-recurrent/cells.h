// The two simpler recurrent networks, by the operations of the tape alone: the
// plain one (Elman 1990) and the gated recurrent unit (Cho et al. 2014). The
// third, the LSTM, is in lstm.h.
//
// A step takes the inputs and states of n sequences (a row each) and gives
// their new states. The run over whole sequences is a loop of steps.
#ifndef RECURRENT_CELLS_H
#define RECURRENT_CELLS_H

#include "common/ops.h"
#include "common/params.h"

typedef struct Rnn {
    Linear in;    // h x in, and the bias
    Linear again; // h x h, no bias
} Rnn;

// Recurrent weights are drawn with deviation 1 / sqrt(h): then a random matrix
// neither shrinks nor stretches much.
Rnn rnn_new(Params *p, int in, int width, const char *name);

// tanh(W x + b + U h): n x in, n x h -> n x h. Here `x` has gone through
// l->in already: n x h, so that one product serves all steps of a text.
Matrix *rnn_step(const Rnn *r, Matrix *x, Matrix *h);

// The state after each token, beginning with zeros: T x in -> T x h. The
// sequences of x do not know of each other.
Matrix *rnn(const Rnn *r, Matrix *x);

// Rows of the weights: h for the reset gate r, h for the update gate z, h for
// the candidate n, in this order, as in PyTorch. Both layers have a bias, for
// the candidate needs both.
typedef struct Gru {
    Linear in;    // 3h x in
    Linear again; // 3h x h
} Gru;

Gru gru_new(Params *p, int in, int width, const char *name);

// r = sigmoid(W_r x + U_r h), z = sigmoid(W_z x + U_z h),
// n = tanh(W_n x + r * (U_n h)), h' = (1 - z) * n + z * h, biases not shown.
// As in PyTorch the reset gate acts after the product with U_n; most papers
// write U_n (r * h), which gives other numbers. x has gone through g->in
// already: n x 3h.
Matrix *gru_step(const Gru *g, Matrix *x, Matrix *h);

// The same as rnn().
Matrix *gru(const Gru *g, Matrix *x);

#endif
