// Language models of letters: a recurrent network reads a text letter by letter
// and says at each place what comes next. Two kinds of text: a list of lines
// (names, words), each of which is a sequence of its own, and a running text,
// which is cut into pieces that go on where the last one ended.
//
// Lifetime: a Speller owns its parameters until speller_free; what else is made
// here lives in the arena or on the tape it was given.
#ifndef RECURRENT_LETTERS_H
#define RECURRENT_LETTERS_H

#include "06-recurrent/distance.h"

#include "common/optim.h"
#include "common/text.h"

// Each different byte of a text is a letter; letter 0 is the line's end.
typedef struct Letters {
    int n;
    unsigned char byte[256]; // of each letter
    int id[256];             // of each byte; -1: no letter
} Letters;

Letters letters_of(Text text);

// The lines of a text that are not empty; they point into it. malloc'ed.
typedef struct Lines {
    int n;
    Text *line;
} Lines;

Lines lines_of(Text text);

// The different words of a text, in lower case, a line each, in the order in
// which they first occur.
Buffer lines_of_words(Text text);

typedef struct Speller {
    Letters letters;
    Params *params;
    Matrix *table; // a row for each letter
    Cell cell;
    Linear out; // the scores of the next letter
} Speller;

Speller speller_new(CellKind kind, const Letters *l, int width, uint64_t seed);
void speller_free(Speller *m);

// Texts and, at each place, the letter that follows.
typedef struct Spelt {
    Tokens text;
    const int *next;
} Spelt;

// The given lines as a batch: "anna" becomes the text \n a n n a with the
// answers a n n a \n. Dies if a line has a letter that is none.
Spelt spelt_lines(const Letters *l, Arena *a, const Text *line, int n);

// `streams` equal parts of a text, of each the `length` letters from `place`
// on. The text must have streams * (place + length) + 1 letters or more.
Spelt spelt_streams(Arena *a, const int *id, int letters, int streams,
                    int length, int place);

// The mean loss of a batch, in nats a letter: 1 x 1. state as for lstm();
// NULL, or the network must be an LSTM.
Matrix *speller_loss(const Speller *m, Tape *t, Spelt x, LstmState *state);

// The mean loss of many lines, in bits a letter.
double speller_bits(const Speller *m, const Lines *lines);

// What an LSTM writes after `begin` (not empty): letters drawn from its
// probabilities to the power of 1 / temperature, up to a line's end or `most`.
void speller_write(const Speller *m, Rng *r, Text begin, int most,
                   float temperature, Buffer *to);

#endif
