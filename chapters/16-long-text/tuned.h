// Remedies that train the encoder together with what stands on it.
//
// The one idea: a remedy is three choices. What the encoder is given: one
// window, put together in some way, or all chunks, or the whole document at
// once. How its tokens look at each other: all at all, or in a band. And how
// its vectors become scores: a Pool. The rest, learning and scoring, is the
// same for all of them.
//
// Lifetime: a plan outlives what was learnt by it.
#ifndef LONG_TEXT_TUNED_H
#define LONG_TEXT_TUNED_H

#include "16-long-text/band.h"
#include "16-long-text/pool.h"

#include "15-bert/bert.h"

typedef struct Tuning Tuning;

// Appends what the encoder is given of a document: inputs, [CLS] ... [SEP].
typedef void (*Cut)(const Tuning *, const Document *, BertBatch *x);

struct Tuning {
    const Bert *bert; // what it begins with
    int cls, sep;     // these pieces
    int window;       // tokens of an input, [CLS] and [SEP] among them
    Cut cut;
    int stride;        // cut_chunks: pieces from one chunk to the next
    PoolKind pool;     // how vectors become scores; any for one input
    int most;          // chunks of a document, at most
    Band band;         // cut_nothing: window 0 is full attention
    int epochs, batch; // passes over the documents; documents in a batch
    float rate;        // rises over a tenth of the steps, then falls
};

// One window of the beginning, or of the end.
void cut_head(const Tuning *p, const Document *d, BertBatch *x);
void cut_tail(const Tuning *p, const Document *d, BertBatch *x);

// A quarter of the window from the beginning, the rest from the end: the
// 128 + 382 of 510 of Sun et al. 2019 (section 5.3), to scale.
void cut_head_tail(const Tuning *p, const Document *d, BertBatch *x);

// All of it in windows, each `stride` pieces after the one before. The first
// that reaches the end is the last, and is kept, however short.
void cut_chunks(const Tuning *p, const Document *d, BertBatch *x);

// All of it as one input.
void cut_nothing(const Tuning *p, const Document *d, BertBatch *x);

// Appends [CLS], n pieces of the document from its piece `from` on, [SEP]; for
// writers of cuts.
void add_input(const Tuning *p, const Document *d, int from, int n,
               BertBatch *x);

// The encoder with a band for its attention; window 0: bert_encode.
Matrix *encode_band(const Bert *m, Tape *t, BertInput x, const Band *band);

// A copy of m for inputs of `positions` tokens; the new positions begin as
// copies of the old ones, again and again (Beltagy et al. 2020, section 5).
Bert bert_longer(const Bert *m, int positions, uint64_t seed);

// Multiply-adds of the encoder for an input; of `pairs` pairs of query and key
// in each head if pairs > 0, else all with all.
double bert_madds(const BertShape *s, int tokens, double pairs);

// --- learning ---------------------------------------------------------------

typedef struct Tuned {
    const Tuning *plan;
    Bert bert;
    Pool pool;
    Tape *tape;
    BertBatch x;
    Ids start; // of each document: its first input
    int classes;
} Tuned;

Tuned *tuned_new(const Tuning *plan, int classes, uint64_t seed);
void tuned_free(Tuned *m);

// Vectors of all inputs of the documents d[which[0 .. n - 1]]: inputs x width,
// its spans the documents. On the tape of m.
Matrix *tuned_vectors(Tuned *m, const Document *d, const int *which, int n);

// Teaches encoder and pool together.
void tuned_train(Tuned *m, const Document *d, const int *which, int n,
                 uint64_t seed);

// Fills in chunks, width, chunk and chunk_tokens of n documents by what m has
// learnt; into the arena.
void tuned_freeze(Tuned *m, Document *d, int n, Arena *a);

// Scores of one document, and what that cost; and that cost alone, of what m
// has read last.
void tuned_score(Tuned *m, const Document *d, float *score, Cost *cost);
void tuned_cost(Tuned *m, Cost *cost);

Remedy tuned_remedy(const char *name, const Tuning *plan);

#endif
