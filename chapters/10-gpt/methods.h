// Showing what each method of sampling does: to a distribution, and to texts.
#ifndef GPT_METHODS_H
#define GPT_METHODS_H

#include "10-gpt/book.h"
#include "10-gpt/sampler.h"

#include <stdio.h>

typedef struct Method {
    const char *name; // for people
    const char *file; // of its plot
    Sampler sampler;
} Method;

enum { METHODS = 9 };
extern const Method sampling_methods[METHODS];

// A table: what each method makes of V probabilities p; a row for each of the
// `rows` most probable pieces. word(context, id, to) writes what piece id is
// called. past: the n tokens that are penalised.
typedef const char *(*Word)(void *context, int id, char to[32]);
void methods_table(FILE *to, const float *logits, int V, const int *past, int n,
                   int rows, Word word, void *context);

// A plot for each method: the probabilities before and after.
void methods_plots(const char *plots, const float *logits, int V,
                   const int *past, int n, Word word, void *context);

// What a piece of a tokenizer is called, with visible blanks: a Word. The
// context is a Bpe.
const char *piece_word(void *bpe, int id, char to[32]);

#endif
