// Multi-head latent attention (DeepSeek-AI 2024, section 2.1): the cache holds
// one short row for each token, from which every head makes its own keys and
// values.
//
// The one idea: if k = U c for a short row c, then q . k = q . U c = U^T q . c.
// So no key is ever made: the query is brought to the rows, and not the rows to
// the query. What attention then sees is multi-query attention: one wide head
// of keys for all, and the values are the same rows. U^T for the values is
// applied to the result.
//
// Turning is the one thing that does not go through: between U^T q and c there
// would be a turn that depends on the distance. So a few columns of query and
// row do nothing but turn (the paper's decoupled rotary embedding).
//
// T tokens; r = latent, t = turned, w = width / heads; the rest as in a Gpt.
// Lifetime rule: as for a Gpt.
#ifndef ATTENTION_VARIANTS_LATENT_H
#define ATTENTION_VARIANTS_LATENT_H

#include "10-gpt/gpt.h"

typedef struct LatentLayer {
    Norm attention_norm, feed_norm;
    Linear q;    // d -> heads * (w + t): each head's w, then its t
    Linear down; // d -> r + t: what is cached of a token, before its turn
    Matrix *up_k, *up_v; // heads * w x r: a key, a value from a latent row
    Linear out;          // d -> d
    Linear in, fall;     // d -> hidden -> d
} LatentLayer;

typedef struct Latent {
    GptShape shape; // groups and window are not used
    int latent, turned;
    Params *params;
    Matrix *pieces; // V x d
    LatentLayer *layer;
    Norm norm;
    Arena tables;
    RopeTable turns; // of t columns
} Latent;

// `turned` is even; shape.rotary is a matter of course.
Latent latent_new(GptShape shape, int latent, int turned, uint64_t seed);
void latent_free(Latent *m);

// The attention of one layer on the new rows x (T x d), which stand at
// position `first` and on: T x d. *rows are the cached rows of the text before
// (first x (r + t)) or NULL, and afterwards those of all.
Matrix *latent_attention(const Latent *m, const LatentLayer *l, Matrix *x,
                         int first, Matrix **rows);

// T x V scores. past: NULL, or one *rows for each layer, for text that goes on
// at position `first` (then text is one sequence). With NULL all of text is
// new, and may be several sequences.
Matrix *latent_forward(const Latent *m, Tape *t, Tokens text, int first,
                       Matrix **past);

#endif
