// From sentences to tokens and back, for both languages together: whole words,
// or pieces of words that byte pair encoding has learnt (chapter 4).
//
// Tokens: the words or pieces, then <s>, which begins a sentence, </s>, which
// ends it, and <unk>, a word that was not learnt (with pieces there is none).
#ifndef TRANSFORMER_CODER_H
#define TRANSFORMER_CODER_H

#include "04-tokenizers/bpe.h"

typedef struct Coder {
    bool whole; // words, separated by single spaces; false: pieces
    Vocab words;
    Bpe pieces;
    int n; // tokens
    int begin, end, unknown;
} Coder;

// All words of the text that occur at least `least` times, the most frequent
// first.
Coder coder_words(Text text, int least);

// Learns this many merges from the text.
Coder coder_pieces(Text text, int merges);

void coder_free(Coder *c);

// In a directory that exists: words.txt, or pieces.json and merges.txt.
void coder_save(const Coder *c, const char *directory);
Coder coder_load(const char *directory);

// Appends the tokens of one sentence, without <s> and </s>.
void coder_encode(Coder *c, Text sentence, Ids *to);

// Appends the sentence. <s> and </s> give nothing.
void coder_decode(const Coder *c, const int *id, int n, Buffer *to);

// Appends the sentence in small letters.
void lower_case(Text sentence, Buffer *to);

#endif
