// Blanks: which tokens a text loses so that the model learns to restore them.
#ifndef BERT_MASKING_H
#define BERT_MASKING_H

#include "04-tokenizers/wordpiece.h"

#include "common/rng.h"

// Of all tokens a share is chosen. Of these, a part becomes [MASK], a part
// becomes a random piece, and the rest stays as it is (Devlin et al. 2018,
// section 3.1: 0.15, 0.8, 0.1).
typedef struct Masking {
    float share;
    float masked, random; // parts of the share; what remains, stays
    int mask;             // the id of [MASK]
    int first, pieces;    // ids below `first` ([CLS], [SEP] ...) are never
                          // chosen; random ones are first .. pieces - 1
} Masking;

// The paper's numbers, for a vocabulary whose special pieces stand in front.
Masking masking_for(const WordPiece *w);

// Makes blanks in id[0] .. id[n - 1], each token by itself by chance. Appends
// the places of those chosen to `at`, and what stood there to `answer`.
void mask_tokens(const Masking *m, Rng *r, int *id, int n, Ids *at,
                 Ids *answer);

#endif
