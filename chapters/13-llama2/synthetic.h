// Llamas with made-up weights, and reading memory for comparison: what the
// benchmarks of this chapter and of chapter 14 share.
//
// The one idea: how fast a model runs does not depend on what its weights say,
// so a model of any size can be measured without having it.
#ifndef LLAMA2_SYNTHETIC_H
#define LLAMA2_SYNTHETIC_H

#include "13-llama2/llama.h"

// Three sizes that are in use: of the stories models, and TinyLlama.
extern const LlamaShape shape_15m, shape_110m, shape_1b;

// A model of that shape with small random weights. Free it with llama_free.
Llama synthetic_llama(const LlamaShape *s);

// Races writing tokens, `tokens` at a time, against just reading memory on as
// many threads, and prints the row: m->arena, where the weights lie, or a block
// of 96 MB if that is smaller. `bytes`: what a token reads.
void synthetic_decode_row(const char *name, const Llama *m, double bytes,
                          int tokens);

// Reading a prompt of PROMPT tokens; bench.h calls prefill_turn.
enum { PROMPT = 512 };
typedef struct Prefill {
    LlamaRun run;
    int token[PROMPT];
} Prefill;

Prefill *prefill_new(const Llama *m);
void prefill_free(Prefill *p);
void prefill_turn(void *prefill);

// Operations of a prompt: two for each weight of a layer and each token, for
// the output once; and of attention, in which a token looks back half the text.
double prefill_weight_products(const LlamaShape *s);
double prefill_attention_products(const LlamaShape *s);

#endif
