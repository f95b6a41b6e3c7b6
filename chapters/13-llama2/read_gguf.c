// Reading a Llama from GGUF; see llama_file.h and gguf.h.
//
// Its rows of q and k are in the order of the paper (ADJACENT): whoever made
// the file from Hugging Face's has put them back.
#include "13-llama2/llama_file.h"

#include "04-tokenizers/vocab.h"

#include "common/check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const part_name[LLAMA_PARTS] = {
    [LLAMA_ATTENTION_NORM] = "attn_norm",
    [LLAMA_Q] = "attn_q",
    [LLAMA_K] = "attn_k",
    [LLAMA_V] = "attn_v",
    [LLAMA_OUT] = "attn_output",
    [LLAMA_FEED_NORM] = "ffn_norm",
    [LLAMA_GATE] = "ffn_gate",
    [LLAMA_DOWN] = "ffn_down",
    [LLAMA_UP] = "ffn_up"};

static const char *take_int(const Gguf *g, const char *name, int *to)
{
    int64_t value;
    if (!gguf_int(g, name, &value) || value < 0 || value > INT_MAX)
        return fault("%s is missing or no whole number", name);
    *to = (int)value;
    return NULL;
}

// Values that ask for something that this chapter's model does not do.
static const char *refuse(const Gguf *g, const LlamaShape *s)
{
    static const char *const width[] = {"llama.rope.dimension_count",
                                        "llama.attention.key_length",
                                        "llama.attention.value_length"};
    int64_t n;
    Text t;
    for (int i = 0; i < 3; i++)
        if (gguf_int(g, width[i], &n) && n != llama_head_width(s))
            return fault("%s is %lld, heads are %d wide: not supported",
                         width[i], (long long)n, llama_head_width(s));
    if (gguf_int(g, "llama.expert_count", &n) && n != 0)
        return "it has several experts: not supported";
    if ((gguf_text(g, "llama.rope.scaling.type", &t) &&
         !text_equal(t, "none")) ||
        gguf_tensor(g, "rope_freqs.weight"))
        return "its rotation is scaled: not supported";
    return NULL;
}

static const char *take_shape(LlamaShape *s, const Gguf *g)
{
    const struct {
        const char *name;
        int *to;
    } ints[] = {{"llama.context_length", &s->context},
                {"llama.embedding_length", &s->width},
                {"llama.feed_forward_length", &s->hidden},
                {"llama.block_count", &s->layers},
                {"llama.attention.head_count", &s->heads}};
    Text architecture;
    const char *wrong = NULL;
    if (!gguf_text(g, "general.architecture", &architecture))
        return "general.architecture is missing";
    if (!text_equal(architecture, "llama"))
        return fault("general.architecture is %.*s, expected llama",
                     (int)(architecture.length % 1000), architecture.at);
    for (int i = 0; i < 5 && !wrong; i++)
        wrong = take_int(g, ints[i].name, ints[i].to);
    if (wrong)
        return wrong;
    s->groups = s->heads;
    if (gguf_value(g, "llama.attention.head_count_kv"))
        wrong = take_int(g, "llama.attention.head_count_kv", &s->groups);
    if (!wrong &&
        !gguf_float(g, "llama.attention.layer_norm_rms_epsilon", &s->eps))
        wrong = "llama.attention.layer_norm_rms_epsilon is missing";
    s->base = 10000;
    gguf_float(g, "llama.rope.freq_base", &s->base);
    s->layout = ADJACENT;
    return wrong;
}

static LlamaType type_of(GgufType type)
{
    switch (type) {
    case GGUF_TENSOR_F16:
        return LLAMA_F16;
    case GGUF_TENSOR_BF16:
        return LLAMA_BF16;
    case GGUF_TENSOR_Q8_0:
        return LLAMA_Q8_0;
    case GGUF_TENSOR_Q4_0:
        return LLAMA_Q4_0;
    default:
        return LLAMA_F32;
    }
}

static const char *take_tensor(const Gguf *g, const char *name, int rows,
                               int cols, LlamaTensor *to)
{
    const GgufTensor *t = gguf_tensor(g, name);
    if (!t)
        return fault("there is no tensor %s", name);
    uint64_t has = 1;
    for (int i = 1; i < t->dims; i++)
        has *= t->shape[i];
    if (t->shape[0] != (uint64_t)cols || has != (uint64_t)rows)
        return fault("tensor %s is %llu x %llu, expected %d x %d", name,
                     (unsigned long long)has, (unsigned long long)t->shape[0],
                     rows, cols);
    *to = (LlamaTensor){
        .type = type_of(t->type), .rows = rows, .cols = cols, .data = t->data};
    return NULL;
}

static const char *take_layer(LlamaFile *f, int l)
{
    const char *wrong = NULL;
    for (int p = 0; p < LLAMA_PARTS && !wrong; p++) {
        char name[64];
        int rows, cols;
        llama_part_shape(&f->shape, p, &rows, &cols);
        snprintf(name, sizeof name, "blk.%d.%s.weight", l, part_name[p]);
        wrong = take_tensor(&f->gguf, name, rows, cols,
                            &f->part[l * LLAMA_PARTS + p]);
    }
    return wrong;
}

static const char *take_model(LlamaFile *f)
{
    LlamaShape *s = &f->shape;
    const Gguf *g = &f->gguf;
    const char *wrong = take_shape(s, g);
    if (wrong)
        return wrong;
    const GgufTensor *pieces = gguf_tensor(g, "token_embd.weight");
    if (!pieces || pieces->dims != 2 || pieces->shape[1] > INT_MAX)
        return "there is no tensor token_embd.weight of two dimensions";
    s->pieces = (int)pieces->shape[1];
    s->tied = !gguf_tensor(g, "output.weight");
    wrong = llama_shape_wrong(s);
    if (!wrong)
        wrong = refuse(g, s);
    if (!wrong && s->layers > g->tensors)
        wrong = fault("%d layers, but %d tensors", s->layers, g->tensors);
    if (!wrong)
        wrong = take_tensor(g, "token_embd.weight", s->pieces, s->width,
                            &f->pieces);
    if (!wrong)
        wrong = take_tensor(g, "output_norm.weight", 1, s->width, &f->norm);
    f->output = f->pieces;
    if (!wrong && !s->tied)
        wrong =
            take_tensor(g, "output.weight", s->pieces, s->width, &f->output);
    if (wrong)
        return wrong;
    f->bos = f->eos = -1;
    if (gguf_value(g, "tokenizer.ggml.bos_token_id"))
        wrong = take_int(g, "tokenizer.ggml.bos_token_id", &f->bos);
    if (!wrong && gguf_value(g, "tokenizer.ggml.eos_token_id"))
        wrong = take_int(g, "tokenizer.ggml.eos_token_id", &f->eos);
    if (wrong)
        return wrong;
    char more[64];
    snprintf(more, sizeof more, "blk.%d.attn_norm.weight", s->layers);
    if (gguf_tensor(g, more))
        return fault("%d layers, but there is a tensor %s", s->layers, more);
    f->part = new_array((size_t)s->layers * LLAMA_PARTS, sizeof *f->part);
    for (int l = 0; l < s->layers && !wrong; l++)
        wrong = take_layer(f, l);
    return wrong;
}

const char *llama_parse_gguf(LlamaFile *f, const void *bytes, size_t size)
{
    *f = (LlamaFile){.map = (void *)bytes, .size = size};
    const char *wrong = gguf_parse(&f->gguf, (Text){bytes, size});
    if (wrong)
        return wrong;
    f->kind = f->gguf.version == 2 ? "GGUF, version 2" : "GGUF, version 3";
    wrong = take_model(f);
    if (wrong) {
        free(f->part);
        gguf_free(&f->gguf);
        *f = (LlamaFile){0};
    }
    return wrong;
}
