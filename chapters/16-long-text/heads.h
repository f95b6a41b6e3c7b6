// Remedies on vectors that a frozen encoder has made of a document's chunks:
// logistic regression on one vector or on each chunk, small networks that read
// the vectors in order, and words beside vectors.
//
// Whatever has to be chosen (a penalty, how long to learn, when to be sure) is
// chosen inside the documents to learn from, by holding back a part of them.
#ifndef LONG_TEXT_HEADS_H
#define LONG_TEXT_HEADS_H

#include "02-machine-learning/linear.h"
#include "16-long-text/pool.h"

// --- one vector a document --------------------------------------------------

// Which chunks of a document are read: the first so many and the last so many,
// or so many spread evenly over it; all, if all three are 0, or if the document
// has no more.
typedef struct Reading {
    int first, last, spread;
} Reading;

// The numbers of the chunks to read of n, rising; returns how many.
int chunks_read(Reading r, int n, int *chunk);

// What becomes of the vectors, number by number: their mean, their maximum;
// both; the mean and the standard deviation (statistics pooling: Snyder et al.
// 2018); or mean, maximum, minimum and deviation side by side.
typedef enum Summary {
    MEAN_OF,
    MAX_OF,
    MEAN_AND_MAX_OF,
    MEAN_AND_DEVIATION_OF,
    FOUR_OF,
    SUMMARIES
} Summary;

typedef struct SummaryPlan {
    Reading reading;
    Summary summary;
    double (*madds)(int tokens); // of the encoder, for a chunk
} SummaryPlan;

// Logistic regression on the summary. Each of its numbers is first moved and
// scaled so that over the documents to learn from its mean is 0 and its
// variance 1 / width: some vary far less than others, and a penalty would take
// that for a lack of importance.
Remedy summary_remedy(const char *name, const SummaryPlan *plan);

// How many numbers a summary of vectors of so many has.
int summary_width(const SummaryPlan *p, int width);

// The summary of d, not yet scaled; zeros if it has no chunks. Returns how many
// chunks were read.
int summary_of(const SummaryPlan *p, const Document *d, float *to);

// The same beside the words of the document (TF-IDF, whole): one classifier
// for both. By what the vector is multiplied is chosen inside, too.
Remedy words_and_summary_remedy(const char *name, const SummaryPlan *plan);

// --- each chunk by itself ---------------------------------------------------

// Logistic regression on single chunks, which are taught the class of their
// document; their probabilities are combined.
//
// Remedies that differ only in how they do that can share what they learn: the
// last one that was learnt is kept in the memo, and is taken from there by who
// asks for the same documents and seed. Begins with {0}.
typedef struct ChunkMemo {
    const Document *d;
    int n, first, last; // documents, and two of their numbers
    uint64_t seed;
    Planes planes;
    double penalty;
} ChunkMemo;
void chunk_memo_free(ChunkMemo *m);

typedef struct ChunkPlan {
    PoolKind combine; // CHUNK_VOTE (equal votes: the mean decides), CHUNK_MEAN
                      // or CHUNK_MAX
    bool exits;       // reads chunk after chunk, until the mean is sure enough:
                      // as sure as costs no accuracy inside
    double (*madds)(int tokens);
    ChunkMemo *memo; // or NULL
} ChunkPlan;
Remedy chunk_remedy(const char *name, const ChunkPlan *plan);

// --- networks ---------------------------------------------------------------

// A layer width -> narrow for each chunk, tanh, and then a Pool of pool.h. It
// learns by Adam for at most so many epochs: after which the loss is smallest
// is found without a fifth of the documents, then all are learnt from, for so
// many epochs.
typedef struct NetPlan {
    PoolKind kind;
    int narrow, epochs, batch;
    float rate, dropout;
    int most; // chunks of a document, for positions; the rest is not read
    double (*madds)(int tokens);
} NetPlan;
Remedy net_remedy(const char *name, const NetPlan *plan);

#endif
