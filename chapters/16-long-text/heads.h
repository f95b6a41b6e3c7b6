// What is learnt on top of vectors that a frozen encoder made: logistic
// regression on one vector a document, and small networks that read the
// vectors of its chunks in order.
//
// Nothing here sees the documents to be judged before it judges them: what has
// to be chosen (a penalty, how long to learn) is chosen by holding back a part
// of the documents to learn from.
#ifndef LONG_TEXT_HEADS_H
#define LONG_TEXT_HEADS_H

#include "02-machine-learning/linear.h"
#include "16-long-text/bags.h"
#include "16-long-text/chunks.h"

#include "common/params.h"

// --- logistic regression ----------------------------------------------------

// Softmax regression with the one of these penalties that gives the smallest
// loss on parts held back: two folds, each judged once, of whole groups of
// rows (group[i] says to which document row i belongs; NULL: each row is one).
enum { PENALTIES = 5 };
extern const double penalties[PENALTIES];

typedef struct Fitted {
    Planes planes;
    double penalty;
    double loss; // the mean of -log p on what was held back
} Fitted;
Fitted fit_inside(const Examples *e, const int *group, int first_penalty,
                  int end_penalty, int steps, uint64_t seed);

// The probabilities of n rows: n x classes.
void planes_probabilities(const Planes *p, const float *x, int n, float *out);

// --- one vector a document --------------------------------------------------

// Which chunks of a document are read: the first so many, the last so many,
// so many spread evenly over it, or all (most 0).
typedef struct Reading {
    int first, last, spread; // all 0: everything
} Reading;

// The numbers of the chunks to read of a document with n chunks, rising; each
// once. Returns how many.
int chunks_read(Reading r, int n, int *chunk);

typedef enum PoolingOf { MEAN_OF, MAX_OF, MEAN_AND_MAX_OF } PoolingOf;

// A row for each document: width numbers, or twice as many for both. Only
// chunks that are there count; zeros for a document without chunks.
float *pooled(const Chunks *c, Reading r, PoolingOf how, int *width);

// --- networks that read chunk by chunk --------------------------------------

// Each begins with the same layer, 512 -> 64, and ends with one, 64 -> classes.
typedef enum Reader {
    SELF_ATTENTION,  // a weighted mean; the weights are learnt by one query
    LSTM_READER,     // an LSTM, its last state (RoBERT)
    SET_READER,      // a layer of a transformer without positions, mean
    SEQUENCE_READER, // with positions (ToBERT; Pappagari et al. 2019)
    READERS
} Reader;

extern const char *const reader_names[READERS];

typedef struct Net Net;

// Learns from documents which[0 .. n - 1]: first without a fifth of them, to
// see after which of at most `epochs` passes the loss on that fifth is
// smallest, then from all, for so many.
Net *net_learn(Reader reader, const Chunks *c, const int *label, int classes,
               const int *which, int n, int epochs, uint64_t seed);
void net_free(Net *net);

// Their probabilities: n x classes.
void net_probabilities(const Net *net, const Chunks *c, const int *which, int n,
                       float *out);

// Multiplications and additions for a document of so many chunks; and bytes
// that the weights and working space of a prediction take.
double net_multiplications(const Net *net, int chunks);
size_t net_bytes(const Net *net);

#endif
