// Reading and writing GPT-2's folders; see gpt2.h.
#include "10-gpt/gpt2.h"

#include "common/check.h"
#include "common/folder.h"
#include "common/safetensors.h"
#include "common/text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *path_in(const char *directory, const char *name, char to[512])
{
    if (snprintf(to, 512, "%s/%s", directory, name) >= 512)
        die("%.60s...: the path is too long", directory);
    return to;
}

// --- config.json ------------------------------------------------------------

// The whole number of that name. `otherwise`: what it is if it is missing or
// null; -1 if it must be there.
static int whole_number(const cJSON *config, const char *path, const char *key,
                        int otherwise)
{
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(config, key);
    if ((!x || cJSON_IsNull(x)) && otherwise >= 0)
        return otherwise;
    if (!cJSON_IsNumber(x) || !(x->valuedouble >= 1) ||
        !(x->valuedouble <= 1 << 24) || x->valuedouble != floor(x->valuedouble))
        die("%s: \"%s\" must be a whole number from 1 to %d", path, key,
            1 << 24);
    return (int)x->valuedouble;
}

// What is not there, or true or false as GPT-2 has it.
static void require_bool(const cJSON *config, const char *path, const char *key,
                         bool want)
{
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(config, key);
    if (x && cJSON_IsTrue(x) != want)
        die("%s: \"%s\" is not %s, as it is in GPT-2", path, key,
            want ? "true" : "false");
}

static void require_text(const cJSON *config, const char *path, const char *key,
                         const char *want)
{
    const cJSON *x = cJSON_GetObjectItemCaseSensitive(config, key);
    if (x && (!cJSON_IsString(x) || strcmp(x->valuestring, want) != 0))
        die("%s: \"%s\" is not \"%s\", as it is in GPT-2", path, key, want);
}

static GptShape read_config(const char *path, float *eps)
{
    Buffer b;
    if (!text_read_if(path, &b))
        die("%s: there is no such file; a folder of GPT-2 has one, and so has "
            "what --save writes",
            path);
    cJSON *json =
        cJSON_ParseWithLengthOpts(b.at ? b.at : "", b.length + 1, NULL, true);
    if (!cJSON_IsObject(json))
        die("%s: is not a JSON object", path);
    require_text(json, path, "model_type", "gpt2");
    require_text(json, path, "activation_function", "gelu_new");
    require_bool(json, path, "tie_word_embeddings", true);
    require_bool(json, path, "scale_attn_by_inverse_layer_idx", false);
    require_bool(json, path, "scale_attn_weights", true);
    GptShape s = {.pieces = whole_number(json, path, "vocab_size", -1),
                  .context = whole_number(json, path, "n_positions", -1),
                  .width = whole_number(json, path, "n_embd", -1),
                  .heads = whole_number(json, path, "n_head", -1),
                  .layers = whole_number(json, path, "n_layer", -1)};
    s.groups = s.heads;
    s.hidden = whole_number(json, path, "n_inner", 4 * s.width);
    const cJSON *e =
        cJSON_GetObjectItemCaseSensitive(json, "layer_norm_epsilon");
    *eps = e ? (float)e->valuedouble : 1e-5f;
    if (!(*eps > 0 && *eps < 1))
        die("%s: \"layer_norm_epsilon\" must be above 0 and below 1", path);
    if (s.width % s.heads != 0)
        die("%s: %d heads do not divide a width of %d", path, s.heads, s.width);
    cJSON_Delete(json);
    buffer_free(&b);
    return s;
}

static void write_config(const Gpt *m, const char *path)
{
    const GptShape *s = &m->shape;
    Buffer b = {0};
    buffer_print(&b,
                 "{\n  \"model_type\": \"gpt2\",\n"
                 "  \"architectures\": [\"GPT2LMHeadModel\"],\n"
                 "  \"activation_function\": \"gelu_new\",\n"
                 "  \"layer_norm_epsilon\": %.9g,\n",
                 (double)m->norm.eps);
    buffer_print(&b,
                 "  \"vocab_size\": %d,\n  \"n_positions\": %d,\n"
                 "  \"n_embd\": %d,\n  \"n_layer\": %d,\n"
                 "  \"n_head\": %d,\n  \"n_inner\": %d\n}\n",
                 s->pieces, s->context, s->width, s->layers, s->heads,
                 s->hidden);
    text_write(path, b.at, b.length);
    buffer_free(&b);
}

// --- names ------------------------------------------------------------------

// A tensor of the file and the parameters that it holds. `parts` of them side
// by side, each `cols` wide; a weight is transposed: rows are inputs.
typedef struct Place {
    char name[80];
    Matrix *part[3];
    int parts;
    bool transposed;
} Place;

static Place place(Matrix *m, bool transposed, const char *format, int layer)
{
    Place p = {.part = {m}, .parts = 1, .transposed = transposed};
    if (layer < 0)
        snprintf(p.name, sizeof p.name, "%s", format);
    else
        snprintf(p.name, sizeof p.name, "h.%d.%s", layer, format);
    return p;
}

static Place side_by_side(Matrix *q, Matrix *k, Matrix *v, bool transposed,
                          const char *name, int layer)
{
    Place p = place(q, transposed, name, layer);
    p.part[1] = k;
    p.part[2] = v;
    p.parts = 3;
    return p;
}

enum { PER_LAYER = 12, OUTSIDE = 4 };

// All tensors of a model, in new_array memory; *n: how many.
static Place *places_of_model(const Gpt *m, int *n)
{
    Place *all =
        new_array(OUTSIDE + (size_t)PER_LAYER * m->shape.layers, sizeof *all);
    Place *p = all;
    *p++ = place(m->pieces, false, "wte.weight", -1);
    *p++ = place(m->places, false, "wpe.weight", -1);
    for (int i = 0; i < m->shape.layers; i++) {
        const GptLayer *l = &m->layer[i];
        *p++ = place(l->attention_norm.gain, false, "ln_1.weight", i);
        *p++ = place(l->attention_norm.bias, false, "ln_1.bias", i);
        *p++ =
            side_by_side(l->q.w, l->k.w, l->v.w, true, "attn.c_attn.weight", i);
        *p++ =
            side_by_side(l->q.b, l->k.b, l->v.b, false, "attn.c_attn.bias", i);
        *p++ = place(l->out.w, true, "attn.c_proj.weight", i);
        *p++ = place(l->out.b, false, "attn.c_proj.bias", i);
        *p++ = place(l->feed_norm.gain, false, "ln_2.weight", i);
        *p++ = place(l->feed_norm.bias, false, "ln_2.bias", i);
        *p++ = place(l->in.w, true, "mlp.c_fc.weight", i);
        *p++ = place(l->in.b, false, "mlp.c_fc.bias", i);
        *p++ = place(l->down.w, true, "mlp.c_proj.weight", i);
        *p++ = place(l->down.b, false, "mlp.c_proj.bias", i);
    }
    *p++ = place(m->norm.gain, false, "ln_f.weight", -1);
    *p++ = place(m->norm.bias, false, "ln_f.bias", -1);
    *n = (int)(p - all);
    return all;
}

// The shape that the file has: 1 x cols is a list of cols numbers.
static int shape_of(const Place *p, int64_t shape[TENSOR_DIMS])
{
    const Matrix *m = p->part[0];
    const int rows = p->transposed ? m->cols : m->rows;
    const int cols = (p->transposed ? m->rows : m->cols) * p->parts;
    shape[0] = rows == 1 && !p->transposed ? cols : rows;
    shape[1] = cols;
    return rows == 1 && !p->transposed ? 1 : 2;
}

// Where number (i, j) of part k stands in the file's tensor.
static size_t spot(const Place *p, int k, int i, int j)
{
    const Matrix *m = p->part[0];
    if (!p->transposed)
        return (size_t)i * m->cols * p->parts + (size_t)k * m->cols + j;
    return ((size_t)j * p->parts + k) * m->rows + i;
}

// --- reading ----------------------------------------------------------------

// Some files have "transformer." before every name, some have not.
static const Tensor *find(const Safetensors *s, const char *name)
{
    char full[120];
    snprintf(full, sizeof full, "transformer.%s", name);
    const Tensor *t = safetensors_find(s, name);
    return t ? t : safetensors_find(s, full);
}

static const Tensor *require(const Safetensors *s, const char *name, int dims,
                             const int64_t *shape)
{
    const Tensor *t = find(s, name);
    if (!t)
        die("%s: has no tensor \"%s\"", s->path, name);
    if (t->dims != dims || t->shape[0] != shape[0] ||
        (dims > 1 && t->shape[1] != shape[1]))
        die("%s: \"%s\" does not have the shape that config.json says: %lld%s"
            "%.0lld",
            s->path, name, (long long)shape[0], dims > 1 ? " x " : "",
            dims > 1 ? (long long)shape[1] : 0LL);
    return t;
}

// Before memory is taken for a model: does the file have one of that size?
static void check_size(const Safetensors *s, const GptShape *shape)
{
    char name[40];
    const int64_t d = shape->width;
    require(s, "wte.weight", 2, (int64_t[]){shape->pieces, d});
    require(s, "wpe.weight", 2, (int64_t[]){shape->context, d});
    for (int i = 0; i < shape->layers; i++) {
        snprintf(name, sizeof name, "h.%d.mlp.c_fc.weight", i);
        require(s, name, 2, (int64_t[]){d, shape->hidden});
        snprintf(name, sizeof name, "h.%d.attn.c_attn.weight", i);
        require(s, name, 2, (int64_t[]){d, 3 * d});
    }
}

static void read_place(const Safetensors *s, const Place *p)
{
    int64_t shape[TENSOR_DIMS];
    const int dims = shape_of(p, shape);
    const Tensor *t = require(s, p->name, dims, shape);
    float *all = new_array(t->count, sizeof *all);
    tensor_read(s, t, all, t->count);
    for (int k = 0; k < p->parts; k++)
        for (int i = 0; i < p->part[k]->rows; i++)
            for (int j = 0; j < p->part[k]->cols; j++)
                p->part[k]->val[(size_t)i * p->part[k]->cols + j] =
                    all[spot(p, k, i, j)];
    free(all);
}

Gpt gpt2_load(const char *directory)
{
    char path[512];
    float eps;
    GptShape shape = read_config(path_in(directory, "config.json", path), &eps);
    Safetensors s =
        safetensors_open(path_in(directory, "model.safetensors", path));
    check_size(&s, &shape);
    Gpt m = gpt_new(shape, 1);
    int n;
    Place *all = places_of_model(&m, &n);
    for (int i = 0; i < n; i++)
        read_place(&s, &all[i]);
    free(all);
    for (int i = 0; i < shape.layers; i++)
        m.layer[i].attention_norm.eps = m.layer[i].feed_norm.eps = eps;
    m.norm.eps = eps;
    safetensors_close(&s);
    return m;
}

// --- writing ----------------------------------------------------------------

static TensorOut write_place(const Place *p)
{
    TensorOut t = {.name = p->name, .type = "F32"};
    t.dims = shape_of(p, t.shape);
    const size_t n = (size_t)t.shape[0] * (t.dims > 1 ? t.shape[1] : 1);
    float *all = new_array(n, sizeof *all);
    for (int k = 0; k < p->parts; k++)
        for (int i = 0; i < p->part[k]->rows; i++)
            for (int j = 0; j < p->part[k]->cols; j++)
                all[spot(p, k, i, j)] =
                    p->part[k]->val[(size_t)i * p->part[k]->cols + j];
    t.data = all;
    return t;
}

void gpt2_save(const Gpt *m, const char *directory)
{
    char path[512];
    int n;
    check(m->shape.groups == m->shape.heads && m->shape.window == 0,
          "GPT-2's files know neither groups nor a window");
    folder_make(directory);
    Place *all = places_of_model(m, &n);
    TensorOut *out = new_array(n, sizeof *out);
    for (int i = 0; i < n; i++)
        out[i] = write_place(&all[i]);
    const char *const key[] = {"format"}, *const value[] = {"pt"};
    safetensors_write(path_in(directory, "model.safetensors", path), out, n,
                      key, value, 1);
    write_config(m, path_in(directory, "config.json", path));
    for (int i = 0; i < n; i++)
        free((void *)out[i].data);
    free(out);
    free(all);
}

// --- the tokenizer ----------------------------------------------------------

Bpe gpt2_load_bpe(const char *directory, int pieces)
{
    char vocab[512], merges[512];
    Bpe b = bpe_load(path_in(directory, "vocab.json", vocab),
                     path_in(directory, "merges.txt", merges));
    if (b.vocab.n != pieces)
        die("%s: has %d pieces, the model %d", vocab, b.vocab.n, pieces);
    return b;
}

void gpt2_save_bpe(const Bpe *b, const char *directory)
{
    char vocab[512], merges[512];
    folder_make(directory);
    bpe_save(b, path_in(directory, "vocab.json", vocab),
             path_in(directory, "merges.txt", merges));
}
