// Book: a text to learn from and one to be tested with, as tokens, and the
// tokenizer that was learned from the first.
//
// The one idea: for a language model a text is one long row of tokens. It
// learns from windows of that row.
#ifndef GPT_BOOK_H
#define GPT_BOOK_H

#include "10-gpt/gpt.h"

#include "04-tokenizers/bpe.h"
#include "common/cli.h"

typedef struct Book {
    Bpe bpe;
    Ids train, test;
    size_t train_bytes, test_bytes;
} Book;

// Cuts the texts into tokens. merges: how many merges of the byte pair
// encoding are learned from `train`; with 0 the tokens are bytes, which in
// English are the characters.
Book book_of(Text train, Text test, int merges);

// The same with a tokenizer that is there; the book owns it from then on.
Book book_with(Bpe bpe, Text train, Text test);

// Newly written tales, each a line: the test has none of the training's.
// The texts are appended to the buffers.
void book_tales(uint64_t seed, int stories, int tests, Buffer *train,
                Buffer *test);

// A text of the world: the first nine tenths are to be learned, the rest
// tests. Dies if it is too short to be cut into both.
void book_cut(Text all, const char *name, Text *train, Text *test);

void book_free(Book *b);

// The mean loss over the tokens of a text: of each what -log p the model gave
// it, in nats. The text is cut into windows of the model's context, at most
// `most` of them, and the first token of each has nothing before it to be
// told from: it is only given.
double book_loss(const Gpt *m, const Ids *text, int most);

// Nats a token as bits a byte: a measure that does not depend on how the text
// was cut into tokens.
double bits_per_byte(double loss, int tokens, size_t bytes);

#endif
