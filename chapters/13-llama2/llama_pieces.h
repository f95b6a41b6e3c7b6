// The tokenizer of a Llama, from whatever file it comes in: SentencePiece's
// tokenizer.model, llama2.c's tokenizer.bin, Hugging Face's tokenizer.json, or
// the middle of a GGUF. All become one of chapter 4's: SentencePiece (Llama 2,
// and all that use its tokenizer) or byte-level BPE as in GPT-2.
#ifndef LLAMA2_LLAMA_PIECES_H
#define LLAMA2_LLAMA_PIECES_H

#include "04-tokenizers/bpe.h"
#include "04-tokenizers/sentencepiece.h"
#include "13-llama2/llama_file.h"

#include <stdio.h>

typedef struct LlamaPieces {
    bool bytewise; // bpe is used; otherwise sentencepiece
    SentencePiece sentencepiece;
    Bpe bpe;
    int n;        // ids are 0 .. n - 1
    int bos, eos; // "the text begins", "it ends", or -1
} LlamaPieces;

// The tokenizer of a model: the file `path`, or, if that is NULL, the one in
// the model's GGUF or folder or beside its .bin. Dies with one line if there
// is none, or if it has more pieces than the model.
LlamaPieces llama_pieces_for(const LlamaFile *f, const char *path);

// Reads tokenizer.model, tokenizer.bin or tokenizer.json; dies with one line.
LlamaPieces llama_pieces_load(const char *path);

// The same from a tokenizer.json or a GGUF in memory: NULL, or what is wrong.
const char *llama_pieces_json(LlamaPieces *p, Text json);
const char *llama_pieces_gguf(LlamaPieces *p, const Gguf *g);

void llama_pieces_free(LlamaPieces *p);

// Appends the ids of the text; with `begin` the one of bos comes first, if
// there is one.
void llama_encode(LlamaPieces *p, Text text, bool begin, Ids *to);

// Appends what one piece adds to a text; bos, eos and their like add nothing.
// `first` leaves out the space that stands in front of a text's first word.
void llama_decode(const LlamaPieces *p, int id, bool first, Buffer *to);

// --- speaking ---------------------------------------------------------------

// Prints tokens as they come, but only whole characters: what a piece brings
// of a character is held back until the rest is there.
typedef struct Speaker {
    const LlamaPieces *pieces;
    FILE *to;
    Buffer held;
    bool begun; // something was said: spaces count from now on
} Speaker;

void speak(Speaker *s, int id);
void speak_end(Speaker *s); // also what was held back, as U+FFFD; frees

// How many bytes at the front of t can be printed now: all but the beginning
// of a character at its end whose other bytes may still come. Only lengths are
// looked at: a byte that begins no character, or goes on where none began,
// counts as printable.
size_t utf8_ready(Text t);

#endif
