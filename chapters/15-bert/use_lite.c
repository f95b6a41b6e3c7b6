// The encoder; see use_lite.h. Its files are read by chapter 5's tfjs_tensor.
#include "15-bert/use_lite.h"

#include "05-word-vectors/use_lite.h"
#include "15-bert/bert.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 256, HIDDEN = 1536, HEADS = 4, WAVES = WIDTH / 2 };

// --- tensors ----------------------------------------------------------------

// The numbers of the tensor whose name contains `part`, for the caller to free.
static float *numbers_of(const char *model, const char *part, int rows,
                         int cols)
{
    int r, c;
    float *x = tfjs_tensor(model, part, &r, &c);
    if (r != rows || c != cols)
        die("%s: tensor *%s* is %d x %d, expected %d x %d", model, part, r, c,
            rows, cols);
    return x;
}

// A list as a parameter.
static Matrix *list(Params *p, const char *model, const char *part, int n)
{
    float *x = numbers_of(model, part, 1, n);
    Matrix *m = param(p, 1, n, 0, part);
    memcpy(m->val, x, (size_t)n * sizeof *x);
    free(x);
    return m;
}

// Columns from .. to - 1 of x (in x out) as the weight of a layer: TensorFlow
// has a row for each input, we have one for each output.
static Matrix *turned(Params *p, const float *x, int in, int out, int from,
                      int to, const char *name)
{
    Matrix *m = param(p, to - from, in, 0, name);
    for (int i = 0; i < in; i++)
        for (int j = from; j < to; j++)
            m->val[(size_t)(j - from) * in + i] = x[(size_t)i * out + j];
    return m;
}

static Linear read_named(Params *p, const char *model, const char *weight,
                         const char *bias, int in, int out)
{
    float *x = numbers_of(model, weight, in, out);
    Linear l = {.w = turned(p, x, in, out, 0, out, weight)};
    l.b = list(p, model, bias, out);
    free(x);
    return l;
}

// --- the parts of the model, by their names in the graph --------------------

typedef struct Reader {
    Params *params;
    const char *model; // the path of model.json
    int layer;
} Reader;

// "Layer_1/TransformerLayer/..." for the layer that is being read.
static const char *named(const Reader *r, const char *part, char to[160])
{
    snprintf(to, 160, "Layer_%d/TransformerLayer/%s", r->layer, part);
    return to;
}

static Linear read_linear(const Reader *r, const char *weight, const char *bias,
                          int in, int out)
{
    char w[160], b[160];
    return read_named(r->params, r->model, named(r, weight, w),
                      named(r, bias, b), in, out);
}

// One weight makes queries, keys and values at once; we have three.
static void read_thirds(const Reader *r, int d, MultiHead *to)
{
    static const char *const ours[] = {"query", "key", "value"};
    Linear *third[] = {&to->q, &to->k, &to->v};
    char name[160], own[160];
    named(r, "MultiheadAttention/qkv_transform_single/kernel", name);
    float *w = numbers_of(r->model, name, d, 3 * d);
    named(r, "MultiheadAttention/qkv_transform_single/bias", name);
    float *b = numbers_of(r->model, name, 1, 3 * d);
    for (int k = 0; k < 3; k++) {
        const int from = k * d;
        named(r, ours[k], own);
        third[k]->w = turned(r->params, w, d, 3 * d, from, from + d, own);
        strcat(own, ".bias");
        third[k]->b = param(r->params, 1, d, 0, own);
        memcpy(third[k]->b->val, b + from, (size_t)d * sizeof *b);
    }
    free(w);
    free(b);
}

static Norm read_norm(const Reader *r, const char *part, int width)
{
    char name[160], full[100];
    Norm n = {.eps = 1e-6f};
    snprintf(full, sizeof full, "%slayer_norm_scale", part);
    n.gain = list(r->params, r->model, named(r, full, name), width);
    snprintf(full, sizeof full, "%slayer_norm_bias", part);
    n.bias = list(r->params, r->model, named(r, full, name), width);
    return n;
}

static UseLiteLayer read_layer(const Reader *r)
{
    const int d = r->layer == 0 ? WIDTH : USE_LITE_WIDTH;
    UseLiteLayer l = {0};
    l.self_norm = read_norm(r, "layer_prepostprocess/layer_norm/", d);
    read_thirds(r, d, &l.self);
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
static Matrix *places_of(Params *p, const char *model)
{
    float *inverse = numbers_of(model, "TimingSignal/ExpandDims_1", 1, WAVES);
    Matrix *m = param(p, USE_LITE_TOKENS, WIDTH, 0, "place");
    for (int i = 0; i < USE_LITE_TOKENS; i++)
        for (int j = 0; j < WAVES; j++) {
            m->val[i * WIDTH + j] = sinf((float)i * inverse[j]);
            m->val[i * WIDTH + WAVES + j] = cosf((float)i * inverse[j]);
        }
    free(inverse);
    return m;
}

// The embeddings, doubled: its graph adds them to themselves.
static Matrix *words_of(Params *p, const char *model, int pieces)
{
    int rows, cols;
    float *x = tfjs_tensor(model, "Embeddings_en", &rows, &cols);
    if (cols != WIDTH || rows < pieces)
        die("%s: the embeddings are %d x %d, expected %d or more x %d", model,
            rows, cols, pieces, WIDTH);
    Matrix *m = param(p, rows, cols, 0, "word");
    for (int i = 0; i < rows * cols; i++)
        m->val[i] = 2 * x[i];
    free(x);
    return m;
}

// The model learns no more: its weights are packed once.
static void prepack_layers(UseLite *m)
{
    m->prepacked = arena_new(m->params->count * 2 * sizeof(float));
    for (int i = 0; i < USE_LITE_LAYERS; i++) {
        UseLiteLayer *l = &m->layer[i];
        Linear *all[] = {&l->self.q, &l->self.k,  &l->self.v,  &l->self.out,
                         &l->widen,  &l->feed.in, &l->feed.out};
        for (size_t k = 0; k < sizeof all / sizeof *all; k++)
            if (all[k]->w)
                linear_prepack(all[k], &m->prepacked);
    }
}

UseLite use_lite_load(const char *directory)
{
    char path[512];
    if (snprintf(path, sizeof path, "%s/vocab.json", directory) >=
        (int)sizeof path)
        die("%.60s...: the path is too long", directory);
    UseLite m = {.pieces = sentencepiece_load(path), .params = params_new(1)};
    snprintf(path, sizeof path, "%s/model.json", directory);
    m.word = words_of(m.params, path, m.pieces.n);
    m.place = places_of(m.params, path);
    Reader r = {m.params, path, 0};
    for (; r.layer < USE_LITE_LAYERS; r.layer++)
        m.layer[r.layer] = read_layer(&r);
    m.last = read_named(m.params, path, "tanh_layer_0/weights",
                        "tanh_layer_0/bias", USE_LITE_WIDTH, USE_LITE_WIDTH);
    prepack_layers(&m);
    return m;
}

void use_lite_free(UseLite *m)
{
    sentencepiece_free(&m->pieces);
    arena_free(&m->prepacked);
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

// x + attention(norm(x))
static Matrix *attended(const UseLiteLayer *l, Matrix *x)
{
    Matrix *h = layer_norm(x, l->self_norm);
    Matrix *wide = l->widen.w ? linear(x, l->widen) : x; // T x 512
    return add(wide, multi_head(&l->self, h, h, FULL));
}

// The mean over each sequence of x + feed-forward(norm(x)). Its last product
// comes after the mean: one row for a text, not one for each of its tokens.
static Matrix *mean_fed(const UseLiteLayer *l, Matrix *x)
{
    Matrix *h = relu(linear(layer_norm(x, l->feed_norm), l->feed.in));
    return add(mean_rows(x), linear(mean_rows(h), l->feed.out)); // n x 512
}

Matrix *use_lite_vectors(const UseLite *m, Tape *t, Tokens tokens)
{
    Matrix *x = placed(m, embed(t, m->word, tokens)); // T x 256
    const UseLiteLayer *l = m->layer;
    for (; l + 1 < m->layer + USE_LITE_LAYERS; l++) {
        x = attended(l, x);
        x = add(x, feed_forward(&l->feed, layer_norm(x, l->feed_norm)));
    }
    Matrix *y = tanh_of(linear(mean_fed(l, attended(l, x)), m->last));
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
