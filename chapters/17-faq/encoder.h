// Dense search: a text becomes one vector, and the nearest vectors are the
// answer. Whatever makes the vectors, searching is a product of two matrices.
//
// Lifetime: an Encoder points to its model; vectors belong to the caller.
#ifndef FAQ_ENCODER_H
#define FAQ_ENCODER_H

#include "common/cli.h"
#include "common/text.h"

typedef struct Encoder {
    const char *name;
    int width;
    void *model;
    uint64_t mark; // another one for another model
    void (*embed)(void *model, const Text *text, int n, float *to);
    void (*forget)(void *model);
} Encoder;

// The Universal Sentence Encoder Lite of chapter 15, and the mean of the rows
// of its embedding table: the same words without a transformer over them.
// name == NULL if its files are not there.
Encoder encoder_use_lite(const Run *run);
Encoder encoder_rows(const Run *run);
void encoder_free(Encoder *e);

// The vectors of n texts, each of length 1 (or zeros for a text of which the
// model knows nothing): n x width, for the caller to free. If `kept` is not
// NULL, it is the path of a file: what was encoded before is read from there if
// it is of the same texts and the same model, else it is written there, whole
// or not at all. *kept_before (or NULL) says which. Dies with one line if the
// file is damaged or cannot be written.
float *encode_texts(const Encoder *e, const Text *text, int n, const char *kept,
                    bool *kept_before);

// The cosine of each of n questions and each of m texts: n x m.
void score_dense(const float *question, int n, const float *text, int m,
                 int width, float *score);

// Divides a row by its length, if that is not 0.
void unit_row(float *x, int width);

#endif
