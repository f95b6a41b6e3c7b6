// Writing models; see llama_save.h. The tokenizers' files are in
// save_pieces.c.
#include "13-llama2/llama_save.h"

#include "08-positions/positions.h"
#include "13-llama2/save_pieces.h"

#include "common/check.h"
#include "common/folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The weights of a layer, in the order of LlamaPart, with q and k as the form
// wants them; those two are then in `room`, which is freed after use.
typedef struct Parts {
    LlamaMatrix w[LLAMA_PARTS];
    float *room;
} Parts;

static Parts parts_of(const Llama *m, int layer, RopeLayout want)
{
    const LlamaShape *s = &m->shape;
    const int d = s->width, keys = llama_key_width(s);
    Parts p = {0};
    for (int i = 0; i < LLAMA_PARTS; i++)
        p.w[i] = llama_matrix(m, layer, i);
    if (want == s->layout)
        return p;
    const LlamaMatrix *q = &p.w[LLAMA_Q], *k = &p.w[LLAMA_K];
    check(q->kind == &llama_f32 && k->kind == &llama_f32,
          "the rows of packed matrices are to be reordered");
    const int width = llama_head_width(s);
    p.room = new_array((size_t)(d + keys) * d, sizeof *p.room);
    float *k_room = p.room + (size_t)d * d;
    void (*reorder)(const float *, float *, int, int, int) =
        want == HALVES ? rows_to_halves : rows_to_adjacent;
    reorder(q->at, p.room, s->heads, width, d);
    reorder(k->at, k_room, s->groups, width, d);
    p.w[LLAMA_Q].at = p.room;
    p.w[LLAMA_K].at = k_room;
    return p;
}

// Those of all layers.
static Parts *all_parts(const Llama *m, RopeLayout want)
{
    Parts *p = new_array(m->shape.layers, sizeof *p);
    for (int l = 0; l < m->shape.layers; l++)
        p[l] = parts_of(m, l, want);
    return p;
}

static void parts_free(Parts *p, int n)
{
    for (int l = 0; l < n; l++)
        free(p[l].room);
    free(p);
}

// The forms other than GGUF have place for floats only.
static void need_floats(const Llama *m, const char *path)
{
    bool floats = m->pieces.kind == &llama_f32 && m->output.kind == &llama_f32;
    for (int i = 0; i < m->shape.layers * LLAMA_PARTS; i++)
        floats &= llama_matrix(m, i / LLAMA_PARTS, i % LLAMA_PARTS).kind ==
                  &llama_f32;
    if (!floats)
        die("%s: quantized weights can only be saved as NAME.gguf", path);
}

// --- llama2.c ---------------------------------------------------------------

static void add_floats(Buffer *b, const float *x, size_t n)
{
    buffer_add(b, x, n * sizeof *x);
}

static void add_of_layers(Buffer *b, const LlamaShape *s, const Parts *parts,
                          LlamaPart p)
{
    int rows, cols;
    llama_part_shape(s, p, &rows, &cols);
    for (int l = 0; l < s->layers; l++)
        add_floats(b, parts[l].w[p].at, (size_t)rows * cols);
}

static void save_bin(const Llama *m, const LlamaPieces *p, const char *path)
{
    const LlamaShape *s = &m->shape;
    need_floats(m, path);
    if (s->eps != 1e-5f || s->base != 10000)
        die("%s: the form of llama2.c has no place for an eps of %g and a base "
            "of %g, only for 1e-05 and 10000",
            path, (double)s->eps, (double)s->base);
    const int32_t head[7] = {s->width,  s->hidden,
                             s->layers, s->heads,
                             s->groups, s->tied ? s->pieces : -s->pieces,
                             s->context};
    const size_t table = (size_t)s->context * llama_head_width(s) / 2;
    Parts *parts = all_parts(m, ADJACENT);
    Buffer b = {0};
    buffer_add(&b, head, sizeof head);
    add_floats(&b, m->pieces.at, (size_t)s->pieces * s->width);
    for (LlamaPart i = 0; i < LLAMA_PARTS; i++) // LlamaPart has their order
        add_of_layers(&b, s, parts, i);
    add_floats(&b, m->norm, s->width);
    Arena a = arena_new(2 * table * sizeof(float) + 256);
    RopeTable r = rope_table(&a, s->context, llama_head_width(s), s->base, 1);
    add_floats(&b, r.cos, table);
    add_floats(&b, r.sin, table);
    arena_free(&a);
    if (!s->tied)
        add_floats(&b, m->output.at, (size_t)s->pieces * s->width);
    text_write(path, b.at, b.length);
    buffer_free(&b);
    parts_free(parts, s->layers);
    const char *slash = strrchr(path, '/');
    Buffer beside = {0};
    buffer_print(&beside, "%.*stokenizer.bin",
                 slash ? (int)(slash - path) + 1 : 0, path);
    save_pieces_bin(&p->sentencepiece, beside.at);
    buffer_free(&beside);
}

// --- GGUF -------------------------------------------------------------------

static const char *const gguf_name[LLAMA_PARTS] = {
    "attn_norm", "attn_q",   "attn_k",   "attn_v", "attn_output",
    "ffn_norm",  "ffn_gate", "ffn_down", "ffn_up"};

// The number that says of which type most of the tensors are.
static uint32_t file_type(GgufType type)
{
    return type == GGUF_TENSOR_Q8_0 ? 7 : type == GGUF_TENSOR_Q4_0 ? 2 : 0;
}

static void put_shape(GgufOut *o, const LlamaShape *s, GgufType type)
{
    gguf_put_text(o, "general.architecture", "llama");
    gguf_put_int(o, "general.file_type", file_type(type));
    if (type != GGUF_TENSOR_F32)
        gguf_put_int(o, "general.quantization_version", 2);
    gguf_put_int(o, "llama.context_length", s->context);
    gguf_put_int(o, "llama.embedding_length", s->width);
    gguf_put_int(o, "llama.block_count", s->layers);
    gguf_put_int(o, "llama.feed_forward_length", s->hidden);
    gguf_put_int(o, "llama.attention.head_count", s->heads);
    gguf_put_int(o, "llama.attention.head_count_kv", s->groups);
    gguf_put_float(o, "llama.attention.layer_norm_rms_epsilon", s->eps);
    gguf_put_int(o, "llama.rope.dimension_count", llama_head_width(s));
    gguf_put_float(o, "llama.rope.freq_base", s->base);
    gguf_put_int(o, "llama.vocab_size", s->pieces);
}

// Tensors whose bytes had to be made for the file.
typedef struct Stored {
    void **bytes;
    int n;
} Stored;

static void put_matrix(GgufOut *o, Stored *made, const char *name,
                       const LlamaMatrix *m)
{
    const void *bytes = m->at;
    if (m->kind->store) {
        void *to = new_array(gguf_bytes(m->kind->type, m->rows, m->cols), 1);
        m->kind->store(m, to);
        made->bytes = grow_array(made->bytes, made->n + 1, sizeof(void *));
        made->bytes[made->n++] = to;
        bytes = to;
    }
    gguf_put_tensor(o, name, m->kind->type, m->rows, m->cols, bytes);
}

static void put_layer(GgufOut *o, Stored *made, int l, const Parts *parts)
{
    for (LlamaPart p = 0; p < LLAMA_PARTS; p++) {
        char name[64];
        snprintf(name, sizeof name, "blk.%d.%s.weight", l, gguf_name[p]);
        put_matrix(o, made, name, &parts->w[p]);
    }
}

static void save_gguf(const Llama *m, const LlamaPieces *p, const char *path)
{
    const LlamaShape *s = &m->shape;
    const LlamaMatrix norm = llama_floats(m->norm, 1, s->width);
    Parts *parts = all_parts(m, ADJACENT);
    GgufOut o = {0};
    Stored made = {0};
    put_shape(&o, s, m->pieces.kind->type);
    put_pieces_gguf(&o, &p->sentencepiece);
    put_matrix(&o, &made, "token_embd.weight", &m->pieces);
    for (int l = 0; l < s->layers; l++)
        put_layer(&o, &made, l, &parts[l]);
    put_matrix(&o, &made, "output_norm.weight", &norm);
    if (!s->tied)
        put_matrix(&o, &made, "output.weight", &m->output);
    gguf_save(&o, path);
    for (int i = 0; i < made.n; i++)
        free(made.bytes[i]);
    free(made.bytes);
    parts_free(parts, s->layers);
}

// --- a folder ---------------------------------------------------------------

static const char *const folder_name[LLAMA_PARTS] = {
    "input_layernorm",  "self_attn.q_proj", "self_attn.k_proj",
    "self_attn.v_proj", "self_attn.o_proj", "post_attention_layernorm",
    "mlp.gate_proj",    "mlp.down_proj",    "mlp.up_proj"};

static TensorOut tensor_out(const char *name, int rows, int cols,
                            const float *data)
{
    TensorOut t = {.name = name, .type = "F32", .dims = rows == 1 ? 1 : 2};
    t.shape[0] = rows == 1 ? cols : rows;
    t.shape[1] = rows == 1 ? 0 : cols;
    t.data = data;
    return t;
}

static void save_weights(const Llama *m, const char *path)
{
    const LlamaShape *s = &m->shape;
    enum { NAME = 80 };
    const int most = s->layers * LLAMA_PARTS + 3;
    Parts *parts = all_parts(m, HALVES);
    TensorOut *out = new_array(most, sizeof *out);
    char(*names)[NAME] = new_array(most, sizeof *names);
    int n = 0;
    out[n++] = tensor_out("model.embed_tokens.weight", s->pieces, s->width,
                          m->pieces.at);
    for (int i = 0; i < s->layers * LLAMA_PARTS; i++) {
        const int l = i / LLAMA_PARTS;
        const LlamaPart p = i % LLAMA_PARTS;
        int rows, cols;
        llama_part_shape(s, p, &rows, &cols);
        snprintf(names[i], NAME, "model.layers.%d.%s.weight", l,
                 folder_name[p]);
        out[n++] = tensor_out(names[i], rows, cols, parts[l].w[p].at);
    }
    out[n++] = tensor_out("model.norm.weight", 1, s->width, m->norm);
    if (!s->tied)
        out[n++] =
            tensor_out("lm_head.weight", s->pieces, s->width, m->output.at);
    const char *const key[] = {"format"}, *const value[] = {"pt"};
    safetensors_write(path, out, n, key, value, 1);
    free(out);
    free(names);
    parts_free(parts, s->layers);
}

static void save_config(const LlamaShape *s, const LlamaPieces *p,
                        const char *path)
{
    Buffer b = {0};
    buffer_print(&b, "{\n  \"architectures\": [\"LlamaForCausalLM\"],\n"
                     "  \"model_type\": \"llama\",\n"
                     "  \"hidden_act\": \"silu\",\n");
    buffer_print(&b, "  \"vocab_size\": %d,\n  \"hidden_size\": %d,\n",
                 s->pieces, s->width);
    buffer_print(&b, "  \"intermediate_size\": %d,\n", s->hidden);
    buffer_print(&b, "  \"num_hidden_layers\": %d,\n", s->layers);
    buffer_print(&b, "  \"num_attention_heads\": %d,\n", s->heads);
    buffer_print(&b, "  \"num_key_value_heads\": %d,\n", s->groups);
    buffer_print(&b, "  \"max_position_embeddings\": %d,\n", s->context);
    buffer_print(&b, "  \"rms_norm_eps\": %.9g,\n  \"rope_theta\": %.9g,\n",
                 (double)s->eps, (double)s->base);
    buffer_print(&b, "  \"tie_word_embeddings\": %s,\n",
                 s->tied ? "true" : "false");
    if (p->bos >= 0)
        buffer_print(&b, "  \"bos_token_id\": %d,\n", p->bos);
    if (p->eos >= 0)
        buffer_print(&b, "  \"eos_token_id\": %d,\n", p->eos);
    buffer_print(&b, "  \"torch_dtype\": \"float32\"\n}\n");
    text_write(path, b.at, b.length);
    buffer_free(&b);
}

static void save_folder(const Llama *m, const LlamaPieces *p, const char *path)
{
    need_floats(m, path);
    static const char *const file[] = {"config.json", "model.safetensors",
                                       "tokenizer.model"};
    folder_make(path);
    for (int i = 0; i < 3; i++) {
        Buffer full = {0};
        buffer_print(&full, "%s/%s", path, file[i]);
        if (i == 0)
            save_config(&m->shape, p, full.at);
        else if (i == 1)
            save_weights(m, full.at);
        else
            save_pieces_model(&p->sentencepiece, full.at);
        buffer_free(&full);
    }
}

static bool ends_in(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && strcmp(path + n - m, ending) == 0;
}

void llama_save_needed(const char *path)
{
    if (ends_in(path, ".bin") || ends_in(path, ".gguf"))
        need_file(path);
    else
        need_folder(path);
}

void llama_save(const Llama *m, const LlamaPieces *p, const char *path)
{
    if (p->bytewise)
        die("%s: only a model with a SentencePiece tokenizer can be saved",
            path);
    if (ends_in(path, ".bin"))
        save_bin(m, p, path);
    else if (ends_in(path, ".gguf"))
        save_gguf(m, p, path);
    else
        save_folder(m, p, path);
}
