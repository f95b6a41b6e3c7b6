// The Universal Sentence Encoder Lite (Cer et al. 2018): a real encoder,
// trained by Google, that fits into 28 MB. A line of text becomes a vector of
// length 1; lines that mean similar things have similar ones.
//
// It is a transformer's encoder of two layers, pre-norm, with the mean over all
// tokens where BERT has [CLS], and pieces by SentencePiece (unigram). The files
// come by `make data NAME=use-lite`.
//
// Lifetime: as a Bert. Texts of at most 128 tokens; longer ones are cut.
#ifndef BERT_USE_LITE_H
#define BERT_USE_LITE_H

#include "04-tokenizers/sentencepiece.h"
#include "09-transformer/transformer.h"

enum { USE_LITE_TOKENS = 128, USE_LITE_WIDTH = 512 };

// Pre-norm. The first layer widens its rows: what it adds to is not x but x
// times `widen`.
typedef struct UseLiteLayer {
    Norm self_norm, feed_norm;
    MultiHead self;
    Linear widen; // in the first layer alone
    FeedForward feed;
} UseLiteLayer;

enum { USE_LITE_LAYERS = 2 };

typedef struct UseLite {
    SentencePiece pieces;
    Params *params;
    Matrix *word;  // pieces x 256
    Matrix *place; // 128 x 256: sines and cosines of positions
    UseLiteLayer layer[USE_LITE_LAYERS];
    Linear last;     // 512 -> 512, then tanh
    Arena prepacked; // the weights once more, as products read them
} UseLite;

// The files in a directory: model.json, vocab.json and the shards that
// model.json lists. Dies with one line that names the file and what is wrong.
UseLite use_lite_load(const char *directory);
void use_lite_free(UseLite *m);

// Appends the pieces of a text, at most 128. Characters that no piece has are
// left out.
void use_lite_pieces(UseLite *m, Text text, Ids *to);

// The vectors of the sequences, of length 1: n x 512. A sequence has at most
// 128 tokens. Not for training: no gradient goes back through it.
Matrix *use_lite_vectors(const UseLite *m, Tape *t, Tokens tokens);

// The vector of each of n texts, one after the other: n x 512.
void use_lite_embed(UseLite *m, const Text *text, int n, float *to);

#endif
