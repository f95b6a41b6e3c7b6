// What the fuzz targets of this chapter share: whatever a reader has let
// through must run.
#ifndef LLAMA2_FUZZ_LLAMA_H
#define LLAMA2_FUZZ_LLAMA_H

#include "13-llama2/llama_pieces.h"

#include "common/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A refusal is one line.
static inline void fuzz_refusal(const char *wrong)
{
    check(*wrong && !strchr(wrong, '\n'), "not one line: %s", wrong);
}

// Loads a small model and reads two tokens with it.
static inline void fuzz_model(const LlamaFile *f)
{
    const LlamaShape *s = &f->shape;
    check(!llama_shape_wrong(s), "a shape that is wrong");
    if (llama_parameters(s) > 100000 || s->context > 1000)
        return;
    Llama m = llama_load(f);
    LlamaRun r = llama_run_new(&m, 1, 2);
    const int token[2] = {0, s->pieces - 1};
    const LlamaNext next = {0, s->context < 2 ? 1 : 2, token};
    llama_batch(&r, &next, 1, true);
    llama_run_free(&r);
    llama_free(&m);
}

// Encodes a text, and what comes out is within the vocabulary and decodes.
static inline void fuzz_pieces(LlamaPieces *p)
{
    Ids ids = {0};
    Buffer back = {0};
    llama_encode(p, text_of("The cat  sat on \xef\xac\x81ne mats. "), true,
                 &ids);
    for (int i = 0; i < ids.n; i++) {
        check(ids.at[i] >= 0 && ids.at[i] < p->n, "id %d of %d", ids.at[i],
              p->n);
        llama_decode(p, ids.at[i], i == 0, &back);
    }
    check(utf8_ready((Text){back.at, back.length}) <= back.length, "too much");
    buffer_free(&back);
    ids_free(&ids);
}

#endif
