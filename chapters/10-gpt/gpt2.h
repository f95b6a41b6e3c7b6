// GPT-2's files, as Hugging Face keeps them: a folder with config.json,
// model.safetensors, vocab.json and merges.txt. What is trained here is saved
// in the same form, so one reader serves both, and other programs can load
// what this one learned.
//
// Three things differ between the file and our model (gpt2.c has them): the
// file keeps weights with a row for each input, not for each output; query,
// key and value are one matrix, side by side; and the names.
#ifndef GPT_GPT2_H
#define GPT_GPT2_H

#include "10-gpt/gpt.h"

#include "04-tokenizers/bpe.h"

// Reads config.json and model.safetensors of the directory. Dies with one line
// that names the file and the field if one is missing, damaged, contradicts
// the other, or says something that GPT-2 is not.
Gpt gpt2_load(const char *directory);

// Writes the two files, making the directory if it is not there. The model
// must have as many groups as heads, and no window: the form knows no others.
void gpt2_save(const Gpt *m, const char *directory);

// The tokenizer: vocab.json and merges.txt. It must have `pieces` pieces.
Bpe gpt2_load_bpe(const char *directory, int pieces);
void gpt2_save_bpe(const Bpe *b, const char *directory);

// DIRECTORY/NAME in `to`; dies if that is too long.
const char *path_in(const char *directory, const char *name, char to[512]);

#endif
