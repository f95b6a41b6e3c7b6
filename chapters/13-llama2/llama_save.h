// Writing a model in each of the three forms that llama_file.h reads, with its
// tokenizer, in F32 (GGUF also quantized, as chapter 14 does it): names, order
// and pairs of rows are those that the programs expect from which the forms
// come, llama2.c's run.c, the transformers library and llama.cpp.
#ifndef LLAMA2_LLAMA_SAVE_H
#define LLAMA2_LLAMA_SAVE_H

#include "13-llama2/llama_pieces.h"

// Writes the model to `path`; its ending says in which form:
//   NAME.bin   llama2.c, legacy; tokenizer.bin beside it
//   NAME.gguf  GGUF, version 3, with the tokenizer inside
//   NAME       a folder: config.json, model.safetensors, tokenizer.model
// Dies with one line if that fails or if the form has no room for something:
// the legacy form has none for another eps than 1e-5 or another base than
// 10000, only GGUF has any for weights that are not F32, and the tokenizer must
// be SentencePiece.
void llama_save(const Llama *m, const LlamaPieces *p, const char *path);

// For before the work whose result is to be saved: dies with one line if it
// could not be.
void llama_save_needed(const char *path);

// A tokenizer of n pieces, of the kind that Llama 2 has, learnt from a text:
// <unk>, <s>, </s>, the 256 bytes, the most frequent joins that byte pair
// encoding finds, and the text's single characters, as far as there is room for
// them. It may end up with fewer.
LlamaPieces llama_pieces_learn(Text text, int n);

#endif
