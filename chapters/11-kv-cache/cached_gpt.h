// Chapter 10's model over a cache: reads any number of new tokens of any number
// of texts, and says what may follow.
//
// The one idea: all of a GPT but its attention treats each row by itself. So
// the rows of several texts, or a long piece of one, go through the layers as
// one matrix; only attention asks whose row it is, and looks into that text's
// cache. There is no tape: nothing is to be learnt here.
//
// The model's weights are packed once, in the order in which products read them
// (common/kernels.h). So one row goes through them at the speed at which they
// can be read, and has the same bits as the same row among others.
//
// Lifetime rule: all memory is taken in cached_gpt_new and lives until
// cached_gpt_free; what cached_gpt_read returns, until the next call. Weights
// that change later are not noticed.
#ifndef CHAPTER_11_CACHED_GPT_H
#define CHAPTER_11_CACHED_GPT_H

#include "10-gpt/gpt.h"
#include "11-kv-cache/kv_cache.h"
#include "common/kernels.h"

// y = x w^T + bias.
typedef struct Affine {
    Prepacked w;
    const float *bias;
} Affine;

// looks: query, key and value of a row as one product.
typedef struct CachedLayer {
    Affine looks, out, in, down;
} CachedLayer;

typedef struct CachedGpt {
    const Gpt *model;
    int rows; // tokens that it can read at once
    CachedLayer *layer;
    Affine output;               // the embedding, as the last layer
    float *x, *normed, *q, *mix; // rows x width
    float *looks;                // rows x (width + 2 keys): q, k and v
    float *k, *v;                // rows x groups * (width / heads)
    float *hidden;               // rows x hidden
    float *logits;               // rows x pieces
    RopeTable turns;             // of a rotary model: one for each row
    Arena memory;
} CachedGpt;

CachedGpt cached_gpt_new(const Gpt *m, int rows);
void cached_gpt_free(CachedGpt *g);

// A pool for texts of this model, and a cache in it that holds as much as the
// model can read.
KvPool *cached_gpt_pool(const Gpt *m, int block, int blocks);
KvCache cached_gpt_cache(const Gpt *m, KvPool *p);

// Reads text.n new tokens, at most g->rows: those of sequence i go behind what
// cache[i] holds, which must have room for them. Positions count from the
// beginning of the text, whatever the cache has forgotten of it.
//
// Returns the scores (pieces floats a row) of what may follow: after the last
// token of each sequence, none of which may be empty; or, with `each`, after
// every token.
//
// A row of scores has the same bits whatever is read beside it and whatever
// way the text before it was cut.
const float *cached_gpt_read(CachedGpt *g, Tokens text, KvCache *cache,
                             bool each);

// Reads n tokens of one text in pieces of at most `chunk` rows (at most
// g->rows; 0: as many as possible). Returns the scores after the last; n >= 1.
const float *cached_gpt_prompt(CachedGpt *g, int n, const int *id, int chunk,
                               KvCache *cache);

#endif
