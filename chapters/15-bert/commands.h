// What the program does with a model that somebody has trained.
#ifndef BERT_COMMANDS_H
#define BERT_COMMANDS_H

#include "common/cli.h"

#include <stdio.h>

// How a text becomes one vector.
typedef enum Pooling { POOL_CLS, POOL_MEAN, POOL_POOLER } Pooling;

// A model in Hugging Face's layout; each dies with one line if it has not the
// head that is needed, or if a text is too long for it.

// The `most` likeliest pieces for each [MASK] of the text.
void fill_text(const char *model, const char *text, int most);

// One vector a line for each line of the file.
void embed_lines(const char *model, FILE *from, Pooling pooling);

// The classes of each line, the likeliest first. A tab separates two texts.
void classify_lines(const char *model, FILE *from);

// With the Universal Sentence Encoder Lite if model is NULL: how similar the
// lines are to each other (cosine), printed and drawn.
void similar_lines(const Run *run, const char *model, FILE *from,
                   Pooling pooling);

// The vectors of the lines by the Universal Sentence Encoder Lite.
void embed_lines_lite(const Run *run, FILE *from);

#endif
