// How far back a recurrent network can learn from: the gradient that the end
// of a sequence sends to each token before it, and a task that needs it.
#ifndef RECURRENT_DISTANCE_H
#define RECURRENT_DISTANCE_H

#include "06-recurrent/cells.h"
#include "06-recurrent/lstm.h"

typedef enum CellKind { PLAIN, GATED, LONG_SHORT } CellKind;

// Any of the three networks.
typedef struct Cell {
    CellKind kind;
    Rnn rnn;
    Gru gru;
    Lstm lstm;
} Cell;

// `stretch` multiplies the recurrent weights as drawn. For an LSTM `keep` is
// the bias of the forget gate; for a GRU that of the update gate, which is
// what it keeps by; a plain network has none.
Cell cell_new(CellKind kind, Params *p, int in, int width, float stretch,
              float keep);

// rnn(), gru() or lstm(): T x in -> T x width.
Matrix *cell_run(const Cell *c, Matrix *x);

// For random sequences of length + 1 tokens: norm[k], k = 0 .. length, is the
// norm of the gradient that arrives at the token k steps before the last one,
// if a gradient with norm 1 in the mean is sent into the last state. A
// geometric mean over several sequences.
void gradient_over_distance(const Cell *c, int in, int length, uint64_t seed,
                            double *norm);

// The task: the first token is one of RECALL_KINDS, then comes noise (as many
// other tokens), `distance` steps of it; at the end the first token is asked.
enum { RECALL_KINDS = 8 };

typedef struct Recall {
    Params *params;
    Matrix *token; // 2 RECALL_KINDS x width
    Cell cell;
    Linear out;
} Recall;

Recall recall_new(CellKind kind, int width, float keep, uint64_t seed);
void recall_free(Recall *m);

// Trains with so many steps of 32 sequences. Returns the share that it gets
// right of 500 new ones.
double recall_train(Recall *m, int distance, int steps, uint64_t seed);

#endif
