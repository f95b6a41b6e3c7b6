// Llamas in 8 and 4 bits: chapter 13's model and its forward pass, with other
// matrices in it. Nothing here runs a model: a quantized Llama is a Llama, and
// llama_run_new, llama_read, llama_save and all the rest take it as it is.
//
// The one idea: writing a token reads every weight once, so the time of a
// token is the bytes of the weights over the speed of memory; fewer bytes,
// faster tokens.
//
// What is quantized: the embeddings, the output and the seven matrices of a
// layer. The gains of the norms stay F32 (they are few), and so does a matrix
// whose rows are no whole number of blocks, such as `down` of stories260K, 172
// wide. All that is not a weight stays F32 too; rows are quantized to 8 bits on
// their way into a product only.
//
// Lifetime: a quantized Llama holds all its weights itself; llama_free.
#ifndef QUANTIZATION_QUANT_LLAMA_H
#define QUANTIZATION_QUANT_LLAMA_H

#include "13-llama2/llama_file.h"
#include "14-quantization/quant.h"

// The same model with its matrices packed. `best`: by quant_pack_best. The rows
// of q and k are ordered as GGUF wants them (shape.layout is ADJACENT). Dies
// if a weight is not finite or too large. QUANT_F32 gives a copy.
Llama quant_llama(const Llama *m, QuantKind kind, bool best);

// The same from a file, without unpacking the whole of it first. Matrices that
// are of the kind already are taken bit by bit as they are.
Llama quant_load(const LlamaFile *f, QuantKind kind, bool best);

// The same for the fuzzer: NULL, or what is wrong; then *q needs no llama_free.
const char *quant_parse(Llama *q, const LlamaFile *f, QuantKind kind,
                        bool best);

// What the weights take in memory, and what a token reads of it: all but the
// table of embeddings, if that is not also the output. In bytes.
size_t quant_llama_bytes(const Llama *m);
size_t quant_token_bytes(const Llama *m);

// The kind of a matrix of any Llama: QUANT_F32 if it is not packed.
QuantKind quant_kind(const LlamaMatrix *m);

// Two things that this header does not have, since 13 and 11 have them:
//   llama_save(&m, &pieces, "NAME.gguf")   a quantized model as GGUF, tensors
//                                          of type Q8_0 or Q4_0 and F32
//   llama_run_with(&m, 1, n, KV_INT8)      a cache in 8 bits (kv_cache.h)

#endif
