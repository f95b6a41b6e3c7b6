// SentencePiece (Kudo and Richardson 2018): a text is one row of characters,
// spaces included, and pieces are found in it without cutting it into words
// first. So any language will do, also one that is written without spaces.
//
// A space becomes U+2581 (a low line) so that it can be part of a piece; one
// more is put in front of the text. Two ways to choose the pieces:
// - BPE merges pairs, the piece with the best score first. What no piece
//   covers is spelled by byte pieces <0x00> to <0xFF> where the model has them.
// - unigram (Kudo 2018) takes the split whose sum of scores (log
//   probabilities) is largest, found by Viterbi's algorithm.
//
// decode(encode(x)) == x for valid UTF-8 without U+2581 if the model spells
// what it does not know by bytes, has U+2581 as a piece, and does not
// normalise: Llama 2's is such a model. Otherwise something may be lost.
//
// Not for two threads at once: encoding uses room inside the struct.
#ifndef TOKENIZERS_SENTENCEPIECE_H
#define TOKENIZERS_SENTENCEPIECE_H

#include "04-tokenizers/merges.h"
#include "04-tokenizers/word_cache.h"

// The kinds of pieces; the numbers are those of sentencepiece_model.proto.
typedef enum PieceType {
    PIECE_NORMAL = 1,
    PIECE_UNKNOWN = 2,
    PIECE_CONTROL = 3, // such as <s>: never made from text, no text itself
    PIECE_USER = 4,    // not in any model of this course: refused
    PIECE_UNUSED = 5,  // is in the list, but never made from text
    PIECE_BYTE = 6
} PieceType;

enum { LONGEST_PIECE = 512 }; // bytes; a list with a longer one is refused

// Room for Viterbi's algorithm: for each byte where a piece may end, the best
// way to get there.
typedef struct Arrival {
    float score;
    int from; // where its last piece begins; -1: nothing ends here
    int id;
} Arrival;

typedef struct SentencePiece {
    int n;       // pieces: ids 0 .. n - 1
    Vocab vocab; // vocab.n may be larger: characters that are only in pieces
    float *score;
    uint8_t *type;         // a PieceType for each
    int unknown, bos, eos; // ids, or -1
    int byte[256];         // ids of the byte pieces, or -1
    bool unigram;          // otherwise BPE
    bool byte_fallback;
    bool dummy_prefix;    // a space is put in front
    bool collapse_spaces; // runs become one, and none stay at the ends
    bool nfkc;            // normalise by Unicode's NFKC
    char *chars_trie;     // or by the model's own table of replacements:
    char *chars_text;     // where each begins and ends in a list of strings
    size_t trie_units, chars_bytes;
    float unknown_score; // unigram: the cost of a character without a piece
    bool words_apart;    // BPE: no piece goes on into the next word
    Merges table;        // BPE: every way to put a piece together from two
    WordCache seen;
    Ids work;
    Buffer normal;
    Arrival *arrival;
    size_t arrivals;
} SentencePiece;

// Reads SentencePiece's own tokenizer.model, llama2.c's tokenizer.bin, or a
// JSON list of [piece, score] as the Universal Sentence Encoder Lite has it;
// which of them it is, the first bytes tell. Dies with one line that names the
// file and what is wrong with it.
SentencePiece sentencepiece_load(const char *path);

// The same from memory: NULL, or what is wrong. Then *s needs no
// sentencepiece_free.
const char *sentencepiece_parse(SentencePiece *s, Text bytes);

// A unigram model from a list of pieces and their scores: NULL, or what is
// wrong with them. Piece 0 stands for what is unknown. The rest is set as for
// a text in plain UTF-8: a space in front, nothing normalised.
const char *sentencepiece_unigram(SentencePiece *s, const Text *piece,
                                  const float *score, int n);

// A BPE model as Llama's from lists of pieces, scores and kinds (PieceType; of
// PIECE_USER nothing is ever made from text here): NULL, or what is wrong. A
// byte piece for each byte must be among them. `prefix` puts a space in front.
const char *sentencepiece_bpe(SentencePiece *s, const Text *piece,
                              const float *score, const int *type, int n,
                              bool prefix);

void sentencepiece_free(SentencePiece *s);

// Appends the ids of the text; no <s> in front. Bytes that are no UTF-8 become
// U+FFFD, one for each byte.
void sentencepiece_encode(SentencePiece *s, Text text, Ids *to);

// Appends the text of the ids: the pieces with spaces for U+2581, without the
// space in front. Control pieces give nothing. An id outside the vocabulary is
// a mistake of the caller.
void sentencepiece_decode(const SentencePiece *s, const int *id, int n,
                          Buffer *to);

// Appends what one piece adds to a text, for printing piece by piece; `first`
// leaves out the space in front.
void sentencepiece_decode_one(const SentencePiece *s, int id, bool first,
                              Buffer *to);

// Appends the text as the model sees it before it is cut: normalised, with
// U+2581 for spaces.
void sentencepiece_normalise(const SentencePiece *s, Text text, Buffer *to);

// The best split of a normalised text by unigram scores: appends the ids and,
// where `ends` is not NULL, the byte offset at which each piece ends. This is
// Viterbi's algorithm; encode calls it.
void unigram_split(SentencePiece *s, Text text, Ids *to, Ids *ends);

#endif
