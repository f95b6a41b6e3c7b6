// From the vectors of a document's chunks to the scores of its classes.
//
// The one idea: an encoder makes one vector of each chunk, and what is left is
// a short sequence of vectors, a row a chunk: something that chapters 6 and 9
// know how to read. Documents are packed under each other (Spans), each with as
// many chunks as it has, so there are no padded chunks to be masked.
//
// Lifetime: a Pool's parameters belong to the Params it was made in.
#ifndef LONG_TEXT_POOL_H
#define LONG_TEXT_POOL_H

#include "16-long-text/remedy.h"

#include "06-recurrent/lstm.h"
#include "09-transformer/transformer.h"

typedef enum PoolKind {
    // A classifier of single chunks, which are taught the class of their
    // document. Their answers are combined (Sun et al. 2019, section 5.3):
    CHUNK_VOTE, // each has one vote
    CHUNK_MEAN, // the mean of their probabilities
    CHUNK_MAX,  // the largest
    // A classifier of one vector, made of all:
    VECTOR_MEAN,
    VECTOR_MAX,       // number by number
    VECTOR_ATTENTION, // weights from the vectors themselves
    // A network that reads the vectors (Pappagari et al. 2019):
    READ_LSTM,   // RoBERT
    READ_SET,    // ToBERT, which does not know where its chunks stand
    READ_PLACED, // ToBERT with the chunks' positions
    POOL_KINDS
} PoolKind;

extern const char *const pool_names[POOL_KINDS];

typedef struct Pool {
    PoolKind kind;
    int width, classes;
    Linear key;    // VECTOR_ATTENTION: d -> a
    Matrix *query; //   1 x a
    Lstm lstm;
    EncoderLayer layer; // READ_SET and READ_PLACED have one
    Positions positions;
    Linear out; // d -> classes
} Pool;

// For vectors of `width` numbers, and at most so many chunks a document.
Pool pool_new(Params *p, PoolKind kind, int width, int classes, int most);

// The loss of the documents that the spans of `vectors` (chunks x width) are;
// label has one number for each. No document may be without a chunk.
Matrix *pool_loss(const Pool *p, Matrix *vectors, const int *label);

// Scores for each of these documents: n x classes; for the chunk kinds shares
// of votes or probabilities, for the others logits.
Matrix *pool_scores(const Pool *p, Matrix *vectors);

// Multiply-adds for one document of so many chunks.
double pool_madds(const Pool *p, int chunks);

// The largest number in each column of each sequence: T x d -> n x d. The
// gradient goes to the first of equal ones. Zeros for a sequence without rows.
Matrix *max_rows(Matrix *x);

// --- as a remedy, on vectors that stay as they are --------------------------

// Learns from Document.chunk. It only pays for the encoder; how much, the plan
// says.
typedef struct Frozen {
    PoolKind kind;
    int most; // chunks that a document may have; the others are not read
    int epochs, batch;
    float rate, decay, dropout; // dropout on the vectors
    float sure; // early exit, for CHUNK_MEAN: reads chunk after chunk until
                // the mean probability of a class is at least this; 0: reads
                // all (1: nearly always all)
    double (*madds)(int tokens); // of the encoder, for a chunk; NULL: 0
    double bytes;                // of memory, for the encoder
} Frozen;

Remedy frozen_remedy(const char *name, const Frozen *plan);

#endif
