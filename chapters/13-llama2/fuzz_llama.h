// What the fuzz targets of this chapter share: whatever a reader has let
// through must run.
#ifndef LLAMA2_FUZZ_LLAMA_H
#define LLAMA2_FUZZ_LLAMA_H

#include "13-llama2/llama_pieces.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A refusal is one line.
static inline void fuzz_refusal(const char *wrong)
{
    check(*wrong && !strchr(wrong, '\n'), "not one line: %s", wrong);
}

// Whether a model is small enough to be tried.
static inline bool fuzz_small(const LlamaShape *s)
{
    check(!llama_shape_wrong(s), "a shape that is wrong");
    return llama_parameters(s) <= 100000 && s->context <= 1000;
}

// Reads two tokens.
static inline void fuzz_run(const Llama *m)
{
    const LlamaShape *s = &m->shape;
    LlamaRun r = llama_run_new(m, 1, 2);
    const int token[2] = {0, s->pieces - 1};
    const LlamaNext next = {0, s->context < 2 ? 1 : 2, token};
    llama_batch(&r, &next, 1, true);
    llama_run_free(&r);
}

// Loads a small model and runs it.
static inline void fuzz_model(const LlamaFile *f)
{
    if (!fuzz_small(&f->shape))
        return;
    Llama m = llama_load(f);
    fuzz_run(&m);
    llama_free(&m);
}

// A folder in one piece: its config.json, a zero, and a safetensors file.
static inline const char *fuzz_open_folder(LlamaFile *f, const void *data,
                                           size_t size)
{
    const char *bytes = data, *zero = size ? memchr(bytes, 0, size) : NULL;
    const Text config = {bytes, zero ? (size_t)(zero - bytes) : size};
    const size_t behind = config.length < size ? config.length + 1 : size;
    Safetensors *shard = new_array(1, sizeof *shard);
    const char *wrong = safetensors_parse(shard, bytes + behind, size - behind);
    if (wrong) {
        free(shard);
        return wrong;
    }
    wrong = llama_parse_folder(f, config, shard, 1);
    if (wrong) {
        safetensors_close(shard);
        free(shard);
    }
    return wrong;
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
