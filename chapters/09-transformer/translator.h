// A model with the vocabulary that belongs to it: what turns a sentence into a
// sentence. It is kept as a directory: the vocabulary's files, shape.txt, and
// the parameters in model.safetensors.
#ifndef TRANSFORMER_TRANSLATOR_H
#define TRANSFORMER_TRANSLATOR_H

#include "09-transformer/bleu.h"
#include "09-transformer/coder.h"
#include "09-transformer/search.h"
#include "09-transformer/transformer.h"

#include <stdio.h>

typedef struct Translator {
    Coder coder;
    Transformer model;
    bool small; // sentences are put into small letters first
} Translator;

void translator_free(Translator *t);

// The directory is made if it is not there; its parent must be.
void translator_save(const Translator *t, const char *directory);

// Reads the whole; or, without parameters, the rest, and draws parameters
// anew. Dies with one line.
Translator translator_load(const char *directory);
Translator translator_load_untrained(const char *directory, uint64_t seed);

// How to search: this beam, and the paper's length penalty.
Search searching(const Translator *t, int beam);

// Translates n sentences: appends a line for each to `to`, without its "\n" at
// the end of the last.
void translate(Translator *t, const Text *sentence, int n, int beam,
               Buffer *to);

// The share of sentences that are translated exactly so, and the score; the
// references are put into small letters if the model knows no others.
typedef struct Scored {
    double exact;
    Bleu bleu;
} Scored;

Scored translator_score(Translator *t, const Text *source,
                        const Text *reference, int n, int beam);

// Translates a sentence and prints how each word written looked at those read,
// in the last layer's cross-attention; draws it into plots/NAME too.
void show_attention(Translator *t, Text sentence, int beam, FILE *out,
                    const char *plots, const char *name);

#endif
