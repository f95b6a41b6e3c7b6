// A small model that has learnt to tell tales: what this chapter's questions
// about *quality* are asked of. It is trained here and now, in seconds, on the
// tales of data/tales, with its own vocabulary.
#ifndef CHAPTER_11_TELLER_H
#define CHAPTER_11_TELLER_H

#include "04-tokenizers/bpe.h"
#include "10-gpt/gpt.h"

typedef struct Lesson {
    GptShape shape;   // its vocabulary: 256 bytes and the rest merges
    int tales;        // to learn from
    int steps, texts; // texts of shape.context tokens in a step
    float rate;
    uint64_t seed;
} Lesson;

typedef struct Teller {
    Bpe bpe;
    Gpt model;
    Ids learnt, unseen; // tales, one after the other, as tokens
    double loss;        // mean of the last tenth of the training, nats a token
} Teller;

// Trains it; a progress bar says how far it is.
Teller teller_new(const Lesson *l);
void teller_free(Teller *t);

#endif
