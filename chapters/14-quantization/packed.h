// Using a model that is there, with its weights packed: chapter 13's commands
// on a quantized Llama, and writing it as GGUF.
#ifndef CHAPTER_14_PACKED_H
#define CHAPTER_14_PACKED_H

#include "13-llama2/commands.h"
#include "14-quantization/quant_llama.h"

typedef struct AskPacked {
    Ask ask; // save: NAME.gguf
    QuantKind kind;
    bool best; // scales with the least error
} AskPacked;

// Opens ask.model, packs what can be packed, and does what is asked for. Dies
// with one line if that is nothing.
void packed_ask(const AskPacked *a);

// The mean number of bits of a weight.
double packed_bits(const Llama *m);

// How fast a model of made-up weights is, kept in one kind. After Ctrl-C
// (interrupted() says so) the numbers mean nothing.
typedef struct PackedSpeed {
    double megabytes; // of weights
    double written;   // tokens a second, one at a time
    double gigabytes; // a second, of weights read meanwhile
    double read;      // tokens a second, 256 at a time
} PackedSpeed;

PackedSpeed packed_speed(const LlamaShape *shape, QuantKind kind);

#endif
