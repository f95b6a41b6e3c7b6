// What this chapter lets models learn: notes, where all depends on looking
// back, and tales, which are nice to read.
#ifndef CHAPTER_11_LEARN_H
#define CHAPTER_11_LEARN_H

#include "04-tokenizers/bpe.h"
#include "10-gpt/gpt.h"

// Writes a text of n tokens and, for each, which one follows; -1 where nobody
// can know.
typedef void (*Lesson)(const void *context, Rng *r, int n, int *id, int *next);

// Trains m for so many steps on `texts` texts each, as long as its context,
// with a bar that names `what`. Returns the mean loss of the last tenth.
double learn(Gpt *m, const char *what, int steps, int texts, float rate,
             Lesson lesson, const void *context, uint64_t seed);

// Notes and questions by turns: d4 h2 d? c3 h? ... A note is a letter and a
// digit in one token; in each text every letter has one digit, drawn for that
// text. A question names a letter that has been noted; what follows is its
// note. (It does not follow in the text, so that nobody can copy an answer.)
enum { NOTE_LETTERS = 8, NOTE_PIECES = NOTE_LETTERS * 10 + NOTE_LETTERS };

void note_lesson(const void *nothing, Rng *r, int n, int *id, int *next);

// The tales of data/tales, as tokens of a vocabulary learnt from them.
typedef struct Tales {
    Bpe bpe;
    Ids ids;
} Tales;

Tales tales_new(uint64_t seed, int tales, int pieces);
void tales_free(Tales *t);

// A piece of them, cut anywhere; context is a Tales.
void tale_lesson(const void *tales, Rng *r, int n, int *id, int *next);

#endif
