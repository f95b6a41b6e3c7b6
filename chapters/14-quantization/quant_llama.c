// Quantized matrices for chapter 13's forward pass; see quant_llama.h.
#include "14-quantization/quant_llama.h"

#include "04-tokenizers/vocab.h"
#include "08-positions/positions.h"

#include "common/check.h"
#include "common/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANEL = 16 }; // rows that a QuantMatrix keeps side by side

// --- two kinds of matrix ----------------------------------------------------

static void prepare(const LlamaProducts *p)
{
    quant_rows(p->x, p->n, p->part[0].w->cols, p->room);
}

static void some_rows(const LlamaProducts *p, int i, int from, int to)
{
    const LlamaMatrix *w = p->part[i].w;
    const QuantRows x = quant_rows_in(p->room, p->n, w->cols);
    quant_products(w->at, &x, from, to, p->part[i].y, w->rows);
}

static void look(const LlamaMatrix *m, int i)
{
    quant_look(m->at, i);
}

static void row(const LlamaMatrix *m, int i, float *x)
{
    quant_row(m->at, i, x);
}

static void store(const LlamaMatrix *m, void *bytes)
{
    quant_get_rows(m->at, 0, m->rows, bytes);
}

static const LlamaKind kinds[] = {
    [QUANT_Q8_0] = {GGUF_TENSOR_Q8_0, PANEL, prepare, some_rows, look, row,
                    store},
    [QUANT_Q4_0] = {GGUF_TENSOR_Q4_0, PANEL, prepare, some_rows, look, row,
                    store},
};

QuantKind quant_kind(const LlamaMatrix *m)
{
    return m->kind == &kinds[QUANT_Q8_0]   ? QUANT_Q8_0
           : m->kind == &kinds[QUANT_Q4_0] ? QUANT_Q4_0
                                           : QUANT_F32;
}

// --- where the weights come from --------------------------------------------

// A matrix of a model or of a file; the other is NULL.
typedef struct Source {
    const LlamaMatrix *matrix;
    const LlamaTensor *tensor;
    int rows, cols;
    int head; // 0, or the width of heads whose rows are in the order HALVES
    const char *name;
    int layer; // or -1
} Source;

static void source_row(const Source *s, int i, float *x)
{
    if (s->head > 0)
        i = i / s->head * s->head + half_of_adjacent(i % s->head, s->head);
    if (s->matrix)
        s->matrix->kind->row(s->matrix, i, x);
    else
        llama_rows(s->tensor, i, i + 1, x);
}

// --- packing a matrix -------------------------------------------------------

typedef struct Packing {
    const Source *from;
    QuantKind kind;
    bool best;
    bool *bad;       // of each row: it cannot be packed
    QuantMatrix *to; // or, if it stays as it is,
    float *floats;
} Packing;

// Row i as floats; false if not all of them fit. Threads only note that: which
// row is told must not depend on who was faster.
static bool fitting_row(const Packing *p, int i, float *x)
{
    source_row(p->from, i, x);
    p->bad[i] = quant_misfit(p->kind, x, p->from->cols) >= 0;
    return !p->bad[i];
}

static void pack_panels(void *context, int from, int to)
{
    const Packing *p = context;
    const int rows = p->from->rows, cols = p->from->cols;
    const size_t bytes = quant_bytes(p->kind, cols);
    float *x = new_array(cols, sizeof *x);
    uint8_t *blocks = new_array(PANEL, bytes);
    for (int i = from * PANEL; i < to * PANEL && i < rows; i += PANEL) {
        const int n = rows - i < PANEL ? rows - i : PANEL;
        for (int r = 0; r < n; r++)
            if (fitting_row(p, i + r, x))
                (p->best ? quant_pack_best : quant_pack)(p->kind, x, cols,
                                                         blocks + r * bytes);
        quant_put_rows(p->to, i, n, blocks);
    }
    free(x);
    free(blocks);
}

// The tensor is of the kind already: its blocks are only put side by side.
static void take_panels(void *context, int from, int to)
{
    const Packing *p = context;
    const Source *s = p->from;
    const size_t row = quant_bytes(p->kind, s->cols);
    const int first = from * PANEL;
    const int end = to * PANEL < s->rows ? to * PANEL : s->rows;
    const uint8_t *blocks = (const uint8_t *)s->tensor->data;
    for (int i = first; i < end; i++)
        p->bad[i] = !quant_sound(p->kind, blocks + i * row, s->cols);
    quant_put_rows(p->to, first, end - first, blocks + first * row);
}

static void copy_rows(void *context, int from, int to)
{
    const Packing *p = context;
    for (int i = from; i < to; i++)
        fitting_row(p, i, p->floats + (size_t)i * p->from->cols);
}

// What is wrong with the first row that could not be packed; NULL: all were.
static const char *misfit(const Packing *p, bool taken)
{
    const Source *s = p->from;
    char where[64];
    int i = 0;
    while (i < s->rows && !p->bad[i])
        i++;
    if (i == s->rows)
        return NULL;
    if (s->layer < 0)
        snprintf(where, sizeof where, "%s", s->name);
    else
        snprintf(where, sizeof where, "%s of layer %d", s->name, s->layer);
    if (taken)
        return fault("%s: the scale of a block of row %d is not finite", where,
                     i);
    float *x = new_array(s->cols, sizeof *x);
    source_row(s, i, x);
    const ptrdiff_t at = quant_misfit(p->kind, x, s->cols);
    const char *wrong =
        fault("%s: number %td of row %d is %g: no weight for %s", where, at, i,
              (double)x[at], quant_name(p->kind));
    free(x);
    return wrong;
}

static bool is_of_kind(const Source *s, QuantKind k)
{
    return s->tensor && s->head == 0 &&
           ((k == QUANT_Q8_0 && s->tensor->type == LLAMA_Q8_0) ||
            (k == QUANT_Q4_0 && s->tensor->type == LLAMA_Q4_0));
}

// *m becomes the matrix in the arena, packed if its rows are whole blocks.
// Returns NULL, or what is wrong.
static const char *quantized(Arena *a, const Source *s, QuantKind k, bool best,
                             LlamaMatrix *m)
{
    if (!quant_can(k, s->cols) || s->rows == 1)
        k = QUANT_F32;
    const bool taken = k != QUANT_F32 && is_of_kind(s, k);
    const double cost = (best ? 1000.0 : 20.0) * s->cols;
    Packing p = {.from = s, .kind = k, .best = best};
    p.bad = new_array(s->rows, sizeof *p.bad);
    if (k == QUANT_F32) {
        p.floats = arena_take(a, (size_t)s->rows * s->cols, sizeof *p.floats);
        parallel_for(s->rows, cost, copy_rows, &p);
        *m = llama_floats(p.floats, s->rows, s->cols);
    } else {
        p.to = arena_take(a, 1, sizeof *p.to);
        *p.to = quant_matrix_new(a, k, s->rows, s->cols);
        parallel_for((s->rows + PANEL - 1) / PANEL, cost * PANEL,
                     taken ? take_panels : pack_panels, &p);
        *m = (LlamaMatrix){&kinds[k], s->rows, s->cols, p.to};
    }
    const char *wrong = misfit(&p, taken);
    free(p.bad);
    return wrong;
}

// --- a model ----------------------------------------------------------------

static const char *const names[LLAMA_PARTS] = {
    "the norm before attention", "q",    "k",    "v", "the attention's output",
    "the norm before the gate",  "gate", "down", "up"};

// All matrices of a model or a file, whichever is not NULL.
typedef struct Sources {
    const Llama *m;
    const LlamaFile *f;
    LlamaShape shape;
} Sources;

static Source source_of(const LlamaMatrix *m, const LlamaTensor *t,
                        const char *name, int layer)
{
    return (Source){.matrix = m,
                    .tensor = t,
                    .rows = m ? m->rows : t->rows,
                    .cols = m ? m->cols : t->cols,
                    .name = name,
                    .layer = layer};
}

static const char *quantized_layer(Arena *a, const Sources *s, int l,
                                   QuantKind k, bool best, LlamaLayer *to)
{
    LlamaMatrix part[LLAMA_PARTS];
    const char *wrong = NULL;
    for (int i = 0; i < LLAMA_PARTS && !wrong; i++) {
        LlamaMatrix m = {0};
        if (s->m)
            m = llama_matrix(s->m, l, i);
        Source from =
            source_of(s->m ? &m : NULL, s->m ? NULL : llama_part(s->f, l, i),
                      names[i], l);
        if ((i == LLAMA_Q || i == LLAMA_K) && s->shape.layout == HALVES)
            from.head = llama_head_width(&s->shape);
        wrong = quantized(a, &from, k, best, &part[i]);
    }
    if (!wrong)
        *to = llama_layer(part);
    return wrong;
}

// More than enough addresses for all: nobody pays for what is not used.
static size_t room_for(const LlamaShape *s)
{
    const size_t padding = (size_t)(s->layers * LLAMA_PARTS + 3) * PANEL *
                           (s->width > s->hidden ? s->width : s->hidden);
    return (llama_parameters(s) + padding) * sizeof(float) +
           s->layers * (sizeof(LlamaLayer) + 4096) + (1 << 16);
}

// NULL, or what is wrong; then *q needs no llama_free.
static const char *quantized_model(Llama *q, const Sources *s, QuantKind k,
                                   bool best)
{
    *q = (Llama){.shape = s->shape, .arena = arena_new(room_for(&s->shape))};
    Arena *a = &q->arena;
    LlamaMatrix last;
    const LlamaMatrix gain =
        s->m ? llama_floats(s->m->norm, 1, s->shape.width) : (LlamaMatrix){0};
    const Source norm = source_of(
        s->m ? &gain : NULL, s->m ? NULL : &s->f->norm, "the last norm", -1);
    const Source pieces =
        source_of(s->m ? &s->m->pieces : NULL, s->m ? NULL : &s->f->pieces,
                  "the embeddings", -1);
    const Source output =
        source_of(s->m ? &s->m->output : NULL, s->m ? NULL : &s->f->output,
                  "the output", -1);
    const char *wrong = quantized(a, &norm, QUANT_F32, false, &last);
    if (!wrong)
        wrong = quantized(a, &pieces, k, best, &q->pieces);
    q->norm = last.at;
    q->output = q->pieces;
    if (!wrong && !s->shape.tied)
        wrong = quantized(a, &output, k, best, &q->output);
    q->layer = arena_take(a, s->shape.layers, sizeof *q->layer);
    for (int l = 0; l < s->shape.layers && !wrong; l++)
        wrong = quantized_layer(a, s, l, k, best, &q->layer[l]);
    q->shape.layout = ADJACENT;
    if (wrong)
        llama_free(q);
    return wrong;
}

Llama quant_llama(const Llama *m, QuantKind kind, bool best)
{
    Llama q;
    const char *wrong =
        quantized_model(&q, &(Sources){m, NULL, m->shape}, kind, best);
    if (wrong)
        die("%s", wrong);
    return q;
}

const char *quant_parse(Llama *q, const LlamaFile *f, QuantKind kind, bool best)
{
    return quantized_model(q, &(Sources){NULL, f, f->shape}, kind, best);
}

Llama quant_load(const LlamaFile *f, QuantKind kind, bool best)
{
    Llama q;
    const char *wrong = quant_parse(&q, f, kind, best);
    if (wrong)
        die("%s: %s", f->path ? f->path : "the model", wrong);
    q.path = f->path;
    return q;
}

// --- what it weighs ---------------------------------------------------------

static size_t bytes_of(const LlamaMatrix *m)
{
    const QuantKind k = quant_kind(m);
    return k == QUANT_F32 ? quant_bytes(k, (size_t)m->rows * m->cols)
                          : quant_matrix_bytes(k, m->rows, m->cols);
}

size_t quant_token_bytes(const Llama *m)
{
    size_t sum = bytes_of(&m->output) + m->shape.width * sizeof(float);
    for (int l = 0; l < m->shape.layers; l++)
        for (int p = 0; p < LLAMA_PARTS; p++) {
            const LlamaMatrix part = llama_matrix(m, l, p);
            sum += bytes_of(&part);
        }
    return sum;
}

size_t quant_llama_bytes(const Llama *m)
{
    return quant_token_bytes(m) + (m->shape.tied ? 0 : bytes_of(&m->pieces));
}
