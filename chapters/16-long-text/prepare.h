// The encoder that all remedies share: it learns the language of the valley by
// filling blanks, and then, on short notes, to read what is said of the mill.
//
// The one idea: what a real BERT brings along is that it can read a window.
// Ours is taught just that, and nothing about long documents; so what differs
// in the table afterwards is the remedies.
#ifndef LONG_TEXT_PREPARE_H
#define LONG_TEXT_PREPARE_H

#include "16-long-text/evidence.h"

#include "15-bert/bert.h"

typedef struct Lessons {
    int window, width, heads, layers;
    int blanks;      // steps of filling blanks; 0: none
    int short_notes; // of one or two sentences, read three times; then
    int notes;       // of three to five, four times
    uint64_t seed;
} Lessons;

typedef struct Taught {
    Bert bert;
    double loss;  // of the last blanks, nats; 0 if there were none
    double right; // share of unseen notes told right
} Taught;

// The vocabulary of a text: all its words, and the special pieces.
WordPiece words_of_valley(const Buffer *text);

// Fills blanks in `text`, then reads notes.
Taught prepare(const Lessons *l, WordPiece *w, const Documents *text);

#endif
