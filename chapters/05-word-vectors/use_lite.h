// The embedding table of the Universal Sentence Encoder Lite (Cer et al. 2018;
// `make data NAME=use-lite`): vectors that a real system learned from far more
// text. And the reader of its files, which are TensorFlow.js's.
#ifndef WORD_VECTORS_USE_LITE_H
#define WORD_VECTORS_USE_LITE_H

#include "05-word-vectors/corpus.h"
#include "05-word-vectors/vectors.h"

#include "common/cli.h"

// Reads one tensor of float32: `model` is the path of a model.json, which lists
// all tensors in the order in which they lie in the files beside it (the
// shards), one after the other without a gap. The tensor is the one whose name
// contains `part`; it must be the only one. Returns rows x cols numbers for the
// caller to free, cols being the last dimension; a list has one row. Dies with
// one line that names file and field.
float *tfjs_tensor(const char *model, const char *part, int *rows, int *cols);

// The words that are a single piece, and their vectors. False if the files are
// not there. Dies with one line if they are damaged.
bool use_lite_words(const Run *run, Lexicon *words, Vectors *v);

#endif
