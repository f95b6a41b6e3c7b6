// Writing a SentencePiece BPE tokenizer such as Llama's in the three forms in
// which it goes with a model; for llama_save.c.
#ifndef LLAMA2_SAVE_PIECES_H
#define LLAMA2_SAVE_PIECES_H

#include "04-tokenizers/sentencepiece.h"
#include "13-llama2/gguf.h"

void save_pieces_bin(const SentencePiece *s, const char *path);   // llama2.c
void save_pieces_model(const SentencePiece *s, const char *path); // its own
void put_pieces_gguf(GgufOut *o, const SentencePiece *s);

#endif
