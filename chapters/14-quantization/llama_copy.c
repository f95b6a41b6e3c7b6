// A Llama that may be changed; see llama_copy.h.
#include "14-quantization/llama_copy.h"

#include "14-quantization/outliers.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- copying ----------------------------------------------------------------

static LlamaMatrix take_matrix(LlamaCopy *c, const char *name, int layer,
                               int input, const LlamaMatrix *from)
{
    const int rows = from->rows, cols = from->cols;
    float *w = arena_take(&c->model.arena, (size_t)rows * cols, sizeof *w);
    for (int i = 0; i < rows; i++)
        from->kind->row(from, i, w + (size_t)i * cols);
    c->matrix[c->n++] = (CopyMatrix){name, layer, input, rows, cols, w};
    return llama_floats(w, rows, cols);
}

static float *take_gain(LlamaCopy *c, int input, const float *gain)
{
    c->gain[input] =
        arena_copy(&c->model.arena, gain, c->model.shape.width, sizeof *gain);
    return c->gain[input];
}

static void take_layer(LlamaCopy *c, const LlamaLayer *from, int l)
{
    const int first = l * LAYER_INPUTS;
    const int norm = first + INPUT_ATTENTION, heads = first + INPUT_OUT;
    const int feed = first + INPUT_FEED, gated = first + INPUT_DOWN;
    c->model.layer[l] = (LlamaLayer){
        .attention_norm = take_gain(c, norm, from->attention_norm),
        .feed_norm = take_gain(c, feed, from->feed_norm),
        .q = take_matrix(c, "q", l, norm, &from->q),
        .k = take_matrix(c, "k", l, norm, &from->k),
        .v = take_matrix(c, "v", l, norm, &from->v),
        .out = take_matrix(c, "out", l, heads, &from->out),
        .gate = take_matrix(c, "gate", l, feed, &from->gate),
        .up = take_matrix(c, "up", l, feed, &from->up),
        .down = take_matrix(c, "down", l, gated, &from->down),
    };
}

LlamaCopy llama_copy(const Llama *m)
{
    enum { LAYER_MATRICES = 7 };
    LlamaCopy c = {.model = {.shape = m->shape}};
    LlamaShape *s = &c.model.shape;
    s->tied = false;
    const int n = s->layers * LAYER_MATRICES + 2;
    c.inputs = s->layers * LAYER_INPUTS + 1;
    Arena *a = &c.model.arena;
    *a = arena_new(llama_parameters(s) * sizeof(float) + n * 256 + (1 << 16));
    c.matrix = arena_take(a, n, sizeof *c.matrix);
    c.gain = arena_zero(a, c.inputs, sizeof *c.gain);
    c.model.layer = arena_take(a, s->layers, sizeof *c.model.layer);
    const int last = c.inputs - 1;
    c.model.pieces = take_matrix(&c, "embeddings", -1, -1, &m->pieces);
    for (int l = 0; l < s->layers; l++)
        take_layer(&c, &m->layer[l], l);
    c.model.norm = take_gain(&c, last, m->norm);
    c.model.output = take_matrix(&c, "output", -1, last, &m->output);
    return c;
}

void llama_copy_free(LlamaCopy *c)
{
    llama_free(&c->model);
    *c = (LlamaCopy){0};
}

int input_cols(const LlamaCopy *c, int i)
{
    check(i >= 0 && i < c->inputs, "input %d of %d", i, c->inputs);
    return i % LAYER_INPUTS == INPUT_DOWN ? c->model.shape.hidden
                                          : c->model.shape.width;
}

// --- in front of the products -----------------------------------------------

Inputs inputs_new(LlamaCopy *c)
{
    Inputs in = {.copy = c};
    size_t bytes = 1 << 16;
    for (int i = 0; i < c->inputs; i++)
        bytes += input_cols(c, i) *
                     ((input_cols(c, i) + 1) * sizeof(float) + sizeof(bool)) +
                 256;
    in.arena = arena_new(bytes);
    in.greatest = arena_take(&in.arena, c->inputs, sizeof *in.greatest);
    in.gram = arena_take(&in.arena, c->inputs, sizeof *in.gram);
    in.apart = arena_take(&in.arena, c->inputs, sizeof *in.apart);
    for (int i = 0; i < c->inputs; i++) {
        const size_t n = input_cols(c, i);
        in.greatest[i] = arena_zero(&in.arena, n, sizeof(float));
        in.gram[i] = arena_zero(&in.arena, n * n, sizeof(float));
        in.apart[i] = arena_zero(&in.arena, n, sizeof(bool));
    }
    return in;
}

void inputs_free(Inputs *in)
{
    arena_free(&in->arena);
    *in = (Inputs){0};
}

int input_seen(const LlamaRun *r, const char *what, int layer, float **rows)
{
    static const char *const name[LAYER_INPUTS] = {
        [INPUT_ATTENTION] = "norm before attention",
        [INPUT_OUT] = "what the heads bring",
        [INPUT_FEED] = "norm before the gate",
        [INPUT_DOWN] = "gated",
    };
    for (int k = 0; k < LAYER_INPUTS; k++)
        if (strcmp(what, name[k]) == 0) {
            *rows = k == INPUT_DOWN ? r->gate : r->y;
            return layer * LAYER_INPUTS + k;
        }
    *rows = r->y;
    return strcmp(what, "last norm") == 0
               ? r->model->shape.layers * LAYER_INPUTS
               : -1;
}

// Rounds rows, and leaves the columns as they are that are apart: they are 0
// while the others are rounded, so that no scale is made for them.
static void round_rest(Rounding r, float *x, int rows, int cols,
                       const bool *apart)
{
    int *column = new_array(cols, sizeof *column), n = 0;
    float *kept = new_array(cols, sizeof *kept);
    for (int j = 0; apart && j < cols; j++)
        if (apart[j])
            column[n++] = j;
    if (n == 0)
        round_rows(r, x, rows, cols, x);
    for (int i = 0; n && i < rows; i++) {
        float *row = x + (size_t)i * cols;
        for (int k = 0; k < n; k++) {
            kept[k] = row[column[k]];
            row[column[k]] = 0;
        }
        round_rows(r, row, 1, cols, row);
        for (int k = 0; k < n; k++)
            row[column[k]] = kept[k];
    }
    free(column);
    free(kept);
}

static void collect(Inputs *in, int i, const float *x, int rows, int cols)
{
    for (int r = 0; r < rows; r++)
        for (int j = 0; j < cols; j++)
            in->greatest[i][j] =
                fmaxf(in->greatest[i][j], fabsf(x[(size_t)r * cols + j]));
    gemm_tn(cols, cols, rows, x, cols, x, cols, in->gram[i], cols, true);
}

static void watch(void *context, const char *what, const char *equation,
                  int layer, const float *seen, int rows, int cols)
{
    (void)equation, (void)seen;
    Inputs *in = context;
    float *x;
    const int i = input_seen(in->run, what, layer, &x);
    if (i < 0)
        return;
    if (in->collecting)
        collect(in, i, x, rows, cols);
    if (in->turned)
        hadamard_rows(x, rows, cols);
    if (in->rounding.bits)
        round_rest(in->rounding, x, rows, cols, in->apart[i]);
}

void inputs_watch(Inputs *in, LlamaRun *r)
{
    check(r->model == &in->copy->model, "the run is another model's");
    in->run = r;
    r->watch = watch;
    r->watch_context = in;
}

double llama_copy_round(LlamaCopy *c, Rounding r, const Inputs *in)
{
    double bits = 0, numbers = 0;
    for (int i = 0; i < c->n; i++) {
        const CopyMatrix *m = &c->matrix[i];
        const bool *apart = in && m->input >= 0 ? in->apart[m->input] : NULL;
        int columns = 0;
        for (int j = 0; apart && j < m->cols; j++)
            columns += apart[j];
        round_rest(r, m->w, m->rows, m->cols, apart);
        const double plain = (double)m->rows * (m->cols - columns);
        bits += plain * rounding_bits(r, m->cols) + 16.0 * m->rows * columns;
        numbers += (double)m->rows * m->cols;
    }
    return bits / numbers;
}
