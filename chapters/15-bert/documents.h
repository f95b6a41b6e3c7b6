// Text to learn from: documents, cut into sentences, cut into pieces. And the
// vocabulary that is made from it.
//
// Lifetime: a Documents owns its ids until documents_free.
#ifndef BERT_DOCUMENTS_H
#define BERT_DOCUMENTS_H

#include "04-tokenizers/wordpiece.h"

// Sentence s is id.at[sentence.at[s]] up to, not including,
// id.at[sentence.at[s + 1]]; document k is the sentences document.at[k] up to,
// not including, document.at[k + 1]. Starts with {0}.
typedef struct Documents {
    int n, sentences;
    Ids id, sentence, document;
} Documents;

// Appends a document; its sentences are the lines of the text. Lines without
// pieces are left out, and so is a document without lines.
void documents_add(Documents *d, WordPiece *w, Text text);
void documents_free(Documents *d);

// Documents as text: a sentence a line, an empty line after each document.
// Starts with {0}.
typedef struct RawText {
    Buffer learn, test; // every tenth document is for the test
    int documents;      // of both
} RawText;

// So many stories of the course's own. If plots is not NULL, only those that
// tell one of the plots that it names, with blanks between them.
RawText raw_tales(int stories, uint64_t seed, const char *plots);

// Is the plot one of those? Always, if plots is NULL.
bool plot_wanted(const char *plot, const char *plots);

// A directory with the files of the Brown corpus (WORD/TAG), or with any text
// files, a document each, a sentence (or paragraph) a line.
RawText raw_folder(const char *directory);

void raw_free(RawText *t);

// The text of one half as documents.
Documents documents_of(const Buffer *half, WordPiece *w);

// A vocab.txt: [PAD] [UNK] [CLS] [SEP] [MASK], every character by itself, in
// front of a word and inside, and then the most frequent words, up to so many
// pieces. All in lower case.
void make_vocabulary(const Buffer *text, int pieces, Buffer *to);

// The mean of -log p of the pieces of `test` if each is drawn by itself, with
// the frequencies of `learn` (one more for each piece): what a model reaches
// that knows which words are frequent, and nothing else.
double unigram_loss(const Documents *learn, const Documents *test, int pieces);

#endif
