// Using a model that is there: everything that --model can be asked for.
#ifndef LLAMA2_COMMANDS_H
#define LLAMA2_COMMANDS_H

#include "10-gpt/sampler.h"
#include "13-llama2/llama_pieces.h"

#include <stdio.h>

typedef struct Ask {
    const char *model, *tokenizer; // paths
    const char *prompt;
    int steps;       // tokens to write, at most
    KvKind cache;    // of the run: floats, or 8 bits
    Sampler sampler; //
    bool info, chat, trace;
    const char *system;                // --chat: who the model shall be
    const char *score, *logits, *save; // paths
} Ask;

// Does what was asked for; without anything special, continues the prompt.
void llama_ask(const Ask *a);

// The same with a model that is loaded already, all but `info`.
void llama_answer(const Ask *a, const Llama *m, LlamaPieces *p);

// How fast a text was read and written, in tokens and seconds.
typedef struct Pace {
    int read, written;
    double reading, writing;
} Pace;

// Writes what follows the tokens in *text, one token after the other, and adds
// them to *text: until </s> or <s>, `steps` tokens, or Ctrl-C. The tokens that
// are in *text already from `from` on are read first. Each new token goes to
// the speaker, if there is one.
Pace llama_write_on(LlamaRun *r, const LlamaPieces *p, Sampler *sampler,
                    Ids *text, int from, int steps, Speaker *speaker);

// The mean negative log-likelihood of a text's tokens, in nats; *tokens is how
// many they were, after Ctrl-C fewer than all. The text is cut into windows of
// the run's capacity, each of which begins with <s>. Shows a progress bar.
double llama_score(LlamaRun *r, LlamaPieces *p, Text text, int *tokens);

// Prints what is in a model's file, and the memory it needs.
void llama_info(const LlamaFile *f, FILE *to);

#endif
