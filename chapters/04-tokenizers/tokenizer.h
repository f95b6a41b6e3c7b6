// The three tokenizers behind one face, for programs that take any of them.
#ifndef TOKENIZERS_TOKENIZER_H
#define TOKENIZERS_TOKENIZER_H

#include "04-tokenizers/bpe.h"
#include "04-tokenizers/sentencepiece.h"
#include "04-tokenizers/wordpiece.h"

typedef enum Scheme { GPT2, SENTENCEPIECE, WORDPIECE } Scheme;

// Only the member that the scheme names is used.
typedef struct Tokenizer {
    Scheme scheme;
    Bpe bpe;
    SentencePiece sentencepiece;
    WordPiece wordpiece;
} Tokenizer;

// Reads the vocabulary; `merges` is for GPT2 alone. Dies with one line.
Tokenizer tokenizer_load(Scheme scheme, const char *vocab, const char *merges);
void tokenizer_free(Tokenizer *t);

int tokenizer_pieces(const Tokenizer *t); // ids are 0 .. this - 1
void tokenizer_encode(Tokenizer *t, Text text, Ids *to);
void tokenizer_decode(const Tokenizer *t, const int *id, int n, Buffer *to);

// Appends one piece as the vocabulary writes it; for GPT2 in printable letters.
void tokenizer_show(const Tokenizer *t, int id, Buffer *to);

#endif
