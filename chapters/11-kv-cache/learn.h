// A model that has learnt to take notes, for the one question of this chapter
// that is about quality: what does forgetting cost?
#ifndef CHAPTER_11_LEARN_H
#define CHAPTER_11_LEARN_H

#include "10-gpt/gpt.h"

// Notes and questions by turns: d4 h2 d? c3 h? ... A note is a letter and a
// digit in one token; in each text every letter has one digit, drawn for that
// text. A question names a letter that has been noted; what follows is its
// note. (It does not follow in the text, so that nobody can copy an answer.)
enum { NOTE_LETTERS = 8, NOTE_PIECES = NOTE_LETTERS * 10 + NOTE_LETTERS };

// Writes a text of n tokens and, for each, which one follows; -1 where nobody
// can know.
void notes(Rng *r, int n, int *id, int *next);

// Trains m for so many steps on `texts` texts each, as long as its context.
// Returns the mean loss of the last tenth.
double learn_notes(Gpt *m, int steps, int texts, float rate, uint64_t seed);

#endif
