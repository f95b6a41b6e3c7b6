// A reader of dates: an encoder reads a text in both directions, a decoder
// writes the ISO date, sign by sign. What passes from the one to the other is
// what this model is about:
//
// - a fixed vector (Cho et al. 2014; Sutskever, Vinyals and Le 2014): the same
//   summary of the text at every step of the decoder; or
// - additive attention (Bahdanau, Cho and Bengio 2015): at every step the
//   decoder looks into the text anew.
//
// Lifetime: a Reader owns its parameters and its vocabulary until reader_free.
#ifndef RECURRENT_READER_H
#define RECURRENT_READER_H

#include "06-recurrent/dates.h"
#include "06-recurrent/lstm.h"

#include "04-tokenizers/vocab.h"

// What the decoder writes: the digits, '-', and before all the sign BEGIN.
enum { DASH = 10, SIGNS = 11, BEGIN = 11 };

typedef struct Reader {
    bool attends;
    int width;
    Vocab words; // id 0 is a word that was never seen
    Params *params;
    Matrix *word;     // V x e: a row for each word
    Matrix *sign;     // (SIGNS + 1) x e: a row for each sign, and for BEGIN
    Lstm forth, back; // e -> h: the encoder
    Linear first;     // 2h -> h: the state that the decoder begins with
    Linear query;     // h -> h
    Linear key;       // 2h -> h
    Matrix *v;        // 1 x h: see additive.h
    Lstm decoder;     // e + 2h -> h
    Linear out;       // h -> SIGNS
} Reader;

// The vocabulary is made from generated texts: all words that dates.h can say.
Reader reader_new(bool attends, int width, uint64_t seed);
void reader_free(Reader *m);

// Texts and their dates. Signs stand step by step: sign t of text i has the
// place t * n + i.
typedef struct Dated {
    int n;
    Tokens text;
    int *input;  // ISO_SIGNS * n: what the decoder is given, BEGIN first
    int *output; // ISO_SIGNS * n: what it shall answer
} Dated;

// n texts with 0 .. clauses clauses of chatter each, or, if `exactly`, with so
// many; of days that are held out, or of all others. Lives in the arena.
Dated dated_new(const Reader *m, Arena *a, Rng *r, int n, int clauses,
                bool exactly, bool held_out);

// The words of a text that somebody typed.
Tokens reader_words(const Reader *m, Arena *a, Text text);

// The scores of each sign: ISO_SIGNS n x SIGNS, step by step. With `input` the
// decoder is given that (teacher forcing); if it is NULL, its own likeliest
// answer each time. weights, if not NULL, gets ISO_SIGNS T numbers: how much
// of each token was taken at each step.
Matrix *reader_logits(const Reader *m, Tape *t, Tokens text, const int *input,
                      float *weights);

// What the model makes of the texts: ISO_SIGNS n signs, step by step.
void reader_read(const Reader *m, Tape *t, Tokens text, int *signs,
                 float *weights);

// The share of the texts whose date it reads right, all ten signs.
double reader_score(const Reader *m, Tape *t, Dated d);

#endif
