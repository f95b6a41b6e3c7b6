// The encoder and its files; see use_lite.h.
//
// The files are TensorFlow.js's: model.json lists the tensors by name, shape
// and type in the order in which they lie, without gaps, in the shards, which
// are one run of bytes cut into files.
#include "15-bert/use_lite.h"

#include "15-bert/bert.h"

#include "common/check.h"
#include "common/kernels.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 256, HIDDEN = 1536, HEADS = 4, WAVES = WIDTH / 2 };

// --- the files --------------------------------------------------------------

typedef struct Files {
    const char *path; // of model.json
    cJSON *json;
    const cJSON *weights; // [{"name": ..., "shape": [...], "dtype": ...}]
    Buffer bytes;         // all shards
} Files;

static void read_shards(Files *f, const char *directory, const cJSON *paths)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, paths)
    {
        char path[512];
        if (!cJSON_IsString(name) || strchr(name->valuestring, '/'))
            die("%s: \"paths\" has something that is no file name", f->path);
        if (snprintf(path, sizeof path, "%s/%s", directory,
                     name->valuestring) >= (int)sizeof path)
            die("%.60s...: the path is too long", directory);
        Buffer b = text_read(path);
        buffer_add(&f->bytes, b.at, b.length);
        buffer_free(&b);
    }
}

static Files files_open(const char *path, const char *directory)
{
    Files f = {.path = path};
    Buffer b = text_read(path);
    f.json = cJSON_ParseWithLength(b.at, b.length);
    buffer_free(&b);
    const cJSON *manifest = cJSON_GetArrayItem(
        cJSON_GetObjectItemCaseSensitive(f.json, "weightsManifest"), 0);
    f.weights = cJSON_GetObjectItemCaseSensitive(manifest, "weights");
    const cJSON *paths = cJSON_GetObjectItemCaseSensitive(manifest, "paths");
    if (!cJSON_IsArray(f.weights) || !cJSON_IsArray(paths))
        die("%s: has no list \"weights\" and no list \"paths\" in "
            "\"weightsManifest\"",
            path);
    read_shards(&f, directory, paths);
    return f;
}

static void files_close(Files *f)
{
    cJSON_Delete(f->json);
    buffer_free(&f->bytes);
}

// How many numbers a tensor has, and its last dimension.
static size_t count_of(const Files *f, const cJSON *tensor, int *cols)
{
    size_t count = 1;
    const cJSON *n;
    *cols = 1;
    cJSON_ArrayForEach(n, cJSON_GetObjectItemCaseSensitive(tensor, "shape"))
    {
        if (!cJSON_IsNumber(n) || n->valuedouble < 0 || n->valuedouble > 1e6 ||
            count > (size_t)1 << 28)
            die("%s: a tensor has a shape that cannot be", f->path);
        *cols = (int)n->valuedouble;
        count *= (size_t)*cols;
    }
    return count;
}

// The tensor whose name contains `part`, and where its bytes begin.
static const cJSON *find(const Files *f, const char *part, size_t *at)
{
    const cJSON *tensor;
    *at = 0;
    cJSON_ArrayForEach(tensor, f->weights)
    {
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(tensor, "name");
        const cJSON *type = cJSON_GetObjectItemCaseSensitive(tensor, "dtype");
        int last;
        const size_t count = count_of(f, tensor, &last);
        if (!cJSON_IsString(name) || !cJSON_IsString(type))
            die("%s: a tensor has no name or no type", f->path);
        if (count > (f->bytes.length - *at) / sizeof(float))
            die("%s: the shards end before tensor \"%s\" does: they have %zu "
                "bytes",
                f->path, name->valuestring, f->bytes.length);
        if (strstr(name->valuestring, part)) {
            if (strcmp(type->valuestring, "float32") != 0)
                die("%s: tensor \"%s\" is of %s, expected float32", f->path,
                    name->valuestring, type->valuestring);
            return tensor;
        }
        *at += count * sizeof(float);
    }
    die("%s: has no tensor whose name contains \"%s\"", f->path, part);
}

// The bytes of its numbers, rows x cols of them.
static const char *numbers_of(const Files *f, const char *part, int rows,
                              int cols)
{
    size_t at;
    int last;
    const size_t count = count_of(f, find(f, part, &at), &last);
    if (last != cols || count != (size_t)rows * cols)
        die("%s: tensor \"...%s\" has %zu numbers, %d in a row; expected %d x "
            "%d",
            f->path, part, count, last, rows, cols);
    return f->bytes.at + at;
}

// How many rows it has.
static size_t rows_of(const Files *f, const char *part, int cols)
{
    size_t at;
    int last;
    return count_of(f, find(f, part, &at), &last) / (size_t)cols;
}

// A parameter as it lies in the file.
static Matrix *as_it_is(Params *p, const Files *f, const char *part, int rows,
                        int cols)
{
    const char *bytes = numbers_of(f, part, rows, cols);
    Matrix *m = param(p, rows, cols, 0, part);
    memcpy(m->val, bytes, (size_t)rows * cols * sizeof(float));
    return m;
}

// Columns from .. to - 1 of a weight. TensorFlow has a row for each input, we
// have one for each output.
static Matrix *turned(Params *p, const Files *f, const char *part, int in,
                      int out, int from, int to, const char *name)
{
    const char *bytes = numbers_of(f, part, in, out);
    Matrix *m = param(p, to - from, in, 0, name);
    for (int i = 0; i < in; i++)
        for (int j = from; j < to; j++)
            memcpy(m->val + (size_t)(j - from) * in + i,
                   bytes + ((size_t)i * out + j) * sizeof(float),
                   sizeof(float));
    return m;
}

// --- the parts of the model, by their names in the graph --------------------

typedef struct Reader {
    Params *params;
    const Files *files;
    int layer;
} Reader;

// "Layer_1/TransformerLayer/..." for the layer that is being read.
static const char *named(const Reader *r, const char *format, char to[160])
{
    snprintf(to, 160, "Layer_%d/TransformerLayer/%s", r->layer, format);
    return to;
}

static Linear read_linear(const Reader *r, const char *weight, const char *bias,
                          int in, int out)
{
    char name[160];
    Linear l;
    named(r, weight, name);
    l.w = turned(r->params, r->files, name, in, out, 0, out, name);
    l.b = as_it_is(r->params, r->files, named(r, bias, name), 1, out);
    return l;
}

// One third of the weight that makes queries, keys and values at once.
static Linear read_third(const Reader *r, int d, int third)
{
    static const char *const ours[] = {"query", "key", "value"};
    char name[160], own[160];
    Linear l;
    named(r, "MultiheadAttention/qkv_transform_single/kernel", name);
    named(r, ours[third], own);
    l.w = turned(r->params, r->files, name, d, 3 * d, third * d,
                 (third + 1) * d, own);
    named(r, "MultiheadAttention/qkv_transform_single/bias", name);
    strcat(own, ".bias");
    l.b = param(r->params, 1, d, 0, own);
    memcpy(l.b->val,
           numbers_of(r->files, name, 1, 3 * d) +
               (size_t)third * d * sizeof(float),
           (size_t)d * sizeof(float));
    return l;
}

static Norm read_norm(const Reader *r, const char *part, int width)
{
    char name[160], full[100];
    Norm n = {.eps = 1e-6f};
    snprintf(full, sizeof full, "%slayer_norm_scale", part);
    n.gain = as_it_is(r->params, r->files, named(r, full, name), 1, width);
    snprintf(full, sizeof full, "%slayer_norm_bias", part);
    n.bias = as_it_is(r->params, r->files, named(r, full, name), 1, width);
    return n;
}

static UseLiteLayer read_layer(const Reader *r)
{
    const int d = r->layer == 0 ? WIDTH : USE_LITE_WIDTH;
    UseLiteLayer l = {0};
    l.self_norm = read_norm(r, "layer_prepostprocess/layer_norm/", d);
    l.self.q = read_third(r, d, 0);
    l.self.k = read_third(r, d, 1);
    l.self.v = read_third(r, d, 2);
    l.self.heads = HEADS;
    l.self.out = read_linear(
        r, "MultiheadAttention/output_transform_single/kernel",
        "MultiheadAttention/output_transform_single/bias", d, USE_LITE_WIDTH);
    if (r->layer == 0)
        l.widen =
            read_linear(r, "dense/kernel", "dense/bias", d, USE_LITE_WIDTH);
    l.feed_norm =
        read_norm(r, "FFN/layer_prepostprocess/layer_norm/", USE_LITE_WIDTH);
    l.feed.in = read_linear(r, "FFN/conv1/Tensordot/Reshape_1",
                            "FFN/conv1/bias", USE_LITE_WIDTH, HIDDEN);
    l.feed.out = read_linear(r, "FFN/conv2/Tensordot/Reshape_1",
                             "FFN/conv2/bias", HIDDEN, USE_LITE_WIDTH);
    return l;
}

// Row p: the sines of p * inverse, then the cosines.
static Matrix *places_of(Params *p, const Files *f)
{
    const char *bytes = numbers_of(f, "TimingSignal/ExpandDims_1", 1, WAVES);
    float inverse[WAVES];
    memcpy(inverse, bytes, sizeof inverse);
    Matrix *m = param(p, USE_LITE_TOKENS, WIDTH, 0, "place");
    for (int i = 0; i < USE_LITE_TOKENS; i++)
        for (int j = 0; j < WAVES; j++) {
            m->val[i * WIDTH + j] = sinf((float)i * inverse[j]);
            m->val[i * WIDTH + WAVES + j] = cosf((float)i * inverse[j]);
        }
    return m;
}

UseLite use_lite_load(const char *directory)
{
    char path[512];
    if (snprintf(path, sizeof path, "%s/vocab.json", directory) >=
        (int)sizeof path)
        die("%.60s...: the path is too long", directory);
    UseLite m = {.pieces = sentencepiece_load(path), .params = params_new(1)};
    snprintf(path, sizeof path, "%s/model.json", directory);
    Files f = files_open(path, directory);
    const size_t rows = rows_of(&f, "Embeddings_en", WIDTH);
    if (rows < (size_t)m.pieces.n)
        die("%s: has %zu embeddings, vocab.json has %d pieces", path, rows,
            m.pieces.n);
    m.word = as_it_is(m.params, &f, "Embeddings_en", (int)rows, WIDTH);
    for (int i = 0; i < m.word->rows * WIDTH; i++)
        m.word->val[i] *= 2; // its graph adds the embedding twice
    m.place = places_of(m.params, &f);
    Reader r = {m.params, &f, 0};
    for (; r.layer < USE_LITE_LAYERS; r.layer++)
        m.layer[r.layer] = read_layer(&r);
    m.last.w = turned(m.params, &f, "tanh_layer_0/weights", USE_LITE_WIDTH,
                      USE_LITE_WIDTH, 0, USE_LITE_WIDTH, "last");
    m.last.b = as_it_is(m.params, &f, "tanh_layer_0/bias", 1, USE_LITE_WIDTH);
    files_close(&f);
    return m;
}

void use_lite_free(UseLite *m)
{
    sentencepiece_free(&m->pieces);
    params_free(m->params);
    *m = (UseLite){0};
}

// --- the network ------------------------------------------------------------

void use_lite_pieces(UseLite *m, Text text, Ids *to)
{
    const int before = to->n;
    int kept = before;
    sentencepiece_encode(&m->pieces, text, to);
    for (int i = before; i < to->n; i++)
        if (to->at[i] != m->pieces.unknown && kept - before < USE_LITE_TOKENS)
            to->at[kept++] = to->at[i];
    to->n = kept;
}

// x + a row of sines and cosines for each position in its sequence.
static Matrix *placed(const UseLite *m, Matrix *x)
{
    const Spans seq = spans_of(x);
    int *place = arena_take(&x->tape->arena, x->rows, sizeof *place);
    for (int i = 0; i < seq.n; i++) {
        const int n = seq.start[i + 1] - seq.start[i];
        check(n <= USE_LITE_TOKENS, "a sequence of %d tokens, %d are the most",
              n, USE_LITE_TOKENS);
        for (int j = 0; j < n; j++)
            place[seq.start[i] + j] = j;
    }
    return add(x, embed(x->tape, m->place, (Tokens){x->rows, place, x->seq}));
}

static Matrix *layer(const UseLiteLayer *l, Matrix *x)
{
    Matrix *h = layer_norm(x, l->self_norm);
    Matrix *wide = l->widen.w ? linear(x, l->widen) : x; // T x 512
    x = add(wide, multi_head(&l->self, h, h, FULL));
    return add(x, feed_forward(&l->feed, layer_norm(x, l->feed_norm)));
}

Matrix *use_lite_encode(const UseLite *m, Tape *t, Tokens x)
{
    Matrix *y = placed(m, embed(t, m->word, x)); // T x 256
    for (int i = 0; i < USE_LITE_LAYERS; i++)
        y = layer(&m->layer[i], y);
    return y;
}

Matrix *use_lite_vectors(const UseLite *m, Tape *t, Tokens x)
{
    Matrix *y = tanh_of(linear(mean_rows(use_lite_encode(m, t, x)), m->last));
    for (int i = 0; i < y->rows; i++) {
        float *v = y->val + (size_t)i * y->cols;
        const float length = sqrtf(dot(v, v, y->cols));
        for (int j = 0; j < y->cols; j++)
            v[j] /= length;
    }
    y->given = true;
    return y;
}

void use_lite_embed(UseLite *m, const Text *text, int n, float *to)
{
    enum { FEW = 16 }; // at a time, so that the rows stay in the caches
    Tape *t = tape_new(0, 1);
    t->training = false;
    Ids id = {0};
    int start[FEW + 1] = {0};
    for (int i = 0; i < n; i += FEW) {
        const int k = n - i < FEW ? n - i : FEW;
        id.n = 0;
        for (int j = 0; j < k; j++) {
            use_lite_pieces(m, text[i + j], &id);
            start[j + 1] = id.n;
        }
        Matrix *y = use_lite_vectors(m, t, (Tokens){id.n, id.at, {k, start}});
        memcpy(to + (size_t)i * USE_LITE_WIDTH, y->val,
               (size_t)k * USE_LITE_WIDTH * sizeof *to);
        tape_reset(t);
    }
    ids_free(&id);
    tape_free(t);
}
