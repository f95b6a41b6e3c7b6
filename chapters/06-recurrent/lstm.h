// Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate
// of Gers, Schmidhuber and Cummins 2000), forwards over packed sequences.
//
// A sequence carries two rows of h numbers: its state, which the next layer
// sees, and its cell, which is only multiplied and added to, so that a gradient
// comes through. With z = W x + b + U h, four blocks of h numbers each:
//
//     i = sigmoid(z_0)   what is let in       c' = f * c + i * g
//     f = sigmoid(z_1)   what is kept         h' = o * tanh(c')
//     g = tanh(z_2)      what is offered
//     o = sigmoid(z_3)   what is shown
//
// Lifetime: an Lstm holds pointers to its parameters; what the functions return
// lives on the tape of x.
#ifndef RECURRENT_LSTM_H
#define RECURRENT_LSTM_H

#include "06-recurrent/lockstep.h"

#include "common/ops.h"
#include "common/params.h"

// Rows of the weights and of the bias: i, f, g, o, h of each, as in PyTorch
// (whose two biases are one here: their sum).
typedef struct Lstm {
    Linear in;    // 4h x in, and the bias
    Linear again; // 4h x h, no bias
    int width;    // h
} Lstm;

// "NAME.in.weight", "NAME.in.bias" and "NAME.again.weight". The bias of the
// forget gate starts at 1 (Gers et al. 2000; Jozefowicz et al. 2015): a new
// network remembers.
Lstm lstm_new(Params *p, int in, int width, const char *name);

// Sets the bias of the forget gate.
void lstm_forget_bias(const Lstm *l, float value);

// State and cell of n sequences, a row each: n x h.
typedef struct LstmState {
    Matrix *h, *c;
} LstmState;

// One step of n sequences, by the operations of the tape: x is n x in. This
// is the definition; use it where something has to happen between two steps.
LstmState lstm_step(const Lstm *l, Matrix *x, LstmState s);

// The state after each token, sequence by sequence as in x: T x in -> T x h.
// Begins with zeros if state is NULL or holds NULL. If state is given, it
// holds where the sequences begin (n x h, row i for sequence i) and afterwards
// where they ended: numbers to go on with, `given`, so that no gradient goes
// back beyond this call. An empty sequence ends where it begins. (The states at
// the end with their gradient: last_rows() of the result.)
// One operation with its own way back; equal to lstm_step repeated.
Matrix *lstm(const Lstm *l, Matrix *x, LstmState *state);

// A reader in both directions: T x in -> T x 2h, in each row first what lstm()
// of forth gives, which has read up to here, then that of back, which has read
// the rest, from the end.
Matrix *lstm_both(const Lstm *forth, const Lstm *back, Matrix *x);

#endif
