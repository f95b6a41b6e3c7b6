// Byte-level byte pair encoding, as in GPT-2 (Radford et al. 2019, section
// 2.2): the symbols to begin with are the 256 bytes, so there is no text that
// cannot be encoded, and decode(encode(x)) == x for any bytes x at all.
//
// The one idea: start with bytes; again and again make the most frequent pair
// of neighbours one new piece. The list of these merges, in the order in
// which they were made, is the whole tokenizer.
//
// Not for two threads at once: encoding remembers words.
#ifndef TOKENIZERS_BPE_H
#define TOKENIZERS_BPE_H

#include "04-tokenizers/merges.h"
#include "04-tokenizers/word_cache.h"

typedef struct Bpe {
    Vocab vocab;    // the pieces as plain bytes
    int byte[256];  // the id of each single byte
    Pair *merge;    // in the order of learning
    int merges;     // how many
    Merges table;   // the same, to be looked up
    WordCache seen; // words that were encoded before
    Ids work;
} Bpe;

// Learns at most `merges` merges from the text; fewer if no pair of neighbours
// is left that occurs twice. Among equally frequent pairs the one with the
// smaller left id is taken, then the smaller right id. Ids 0 to 255 are the
// bytes in GPT-2's order, then come the pieces as they are learned.
Bpe bpe_train(Text text, int merges);

// The tokenizer with no merges at all: 256 pieces.
Bpe bpe_bytes(void);

// Reads GPT-2's two files: `vocab` is JSON, piece -> id; `merges` has a merge
// a line, after a first line "#version..." that may be missing. Dies with one
// line that names the file and what is wrong with it.
Bpe bpe_load(const char *vocab, const char *merges);

// The same from memory: NULL, or what is wrong. Then *b needs no bpe_free.
const char *bpe_parse(Bpe *b, Text vocab, Text merges);

// Writes the two files so that bpe_load, and others that read GPT-2's, read
// them.
void bpe_save(const Bpe *b, const char *vocab, const char *merges);

// A tokenizer with only the first n merges of b. Ids of pieces that are in
// both are the same if b was trained here and no special piece was added.
Bpe bpe_first(const Bpe *b, int n);

void bpe_free(Bpe *b);

// Appends the ids of the text. Special pieces such as "<|endoftext|>" are
// never made from text, whatever it says.
void bpe_encode(Bpe *b, Text text, Ids *to);

// Appends the bytes. An id outside the vocabulary is a mistake of the caller.
void bpe_decode(const Bpe *b, const int *id, int n, Buffer *to);

// The id of a special piece: one that text never gives. Adds it if it is new.
int bpe_special(Bpe *b, const char *name);

// GPT-2's files show a byte as a printable letter: itself if it is printable,
// otherwise one from U+0100 on (a space is U+0120, G with a dot). These turn
// bytes into that spelling and back; the second returns false, and adds
// nothing, if a letter is none of the 256.
void bpe_spell(Text bytes, Buffer *to);
bool bpe_unspell(Text letters, Buffer *to);

#endif
