// One token through a GPT in plain loops, which count what they do.
//
// The one idea: a formula is believed when something has counted. Nothing here
// is fast. Each product of two numbers adds one to a counter, each weight and
// each cached number that has to be fetched adds one to another. All heads of a
// group read a key once, together: this is what sharing is for.
//
// It is also a second opinion: it shares no code with the tape's attention nor
// with chapter 11's, so where the three agree they are right.
//
// Lifetime rule: the cache lives until plain_free; the model must outlive it.
#ifndef ATTENTION_VARIANTS_PLAIN_H
#define ATTENTION_VARIANTS_PLAIN_H

#include "10-gpt/gpt.h"

typedef struct Counts {
    double products; // multiply-adds in products of matrices
    double weights;  // numbers of matrices fetched
    double cached;   // numbers of keys and values fetched
} Counts;

typedef struct PlainText {
    const Gpt *model;
    int length, room;
    float *keys, *values; // layers x room x groups * head width; nothing is
                          // ever forgotten, the window only hides
    Counts count;         // of the last token
    float *scores;        // pieces: of what follows the last token
} PlainText;

PlainText plain_new(const Gpt *m, int room);
void plain_free(PlainText *p);

// Reads one token more, at most `room` in all.
void plain_read(PlainText *p, int id);

#endif
