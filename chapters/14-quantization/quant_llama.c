// Quantized matrices for chapter 13's forward pass; see quant_llama.h.
#include "14-quantization/quant_llama.h"

#include "04-tokenizers/vocab.h"
#include "08-positions/positions.h"

#include "common/check.h"
#include "common/kernels.h"

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

static void row(const LlamaMatrix *m, int i, float *x)
{
    quant_row(m->at, i, x);
}

static void store(const LlamaMatrix *m, void *bytes)
{
    quant_get_rows(m->at, 0, m->rows, bytes);
}

static const LlamaKind kinds[] = {
    [QUANT_Q8_0] = {GGUF_TENSOR_Q8_0, PANEL, prepare, some_rows, row, store},
    [QUANT_Q4_0] = {GGUF_TENSOR_Q4_0, PANEL, prepare, some_rows, row, store},
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

static _Noreturn void refuse(const Source *s, const char *what)
{
    if (s->layer >= 0)
        die("%s of layer %d: %s", s->name, s->layer, what);
    die("%s: %s", s->name, what);
}

// --- packing a matrix -------------------------------------------------------

typedef struct Packing {
    const Source *from;
    QuantKind kind;
    bool best;
    QuantMatrix *to; // or, if it stays as it is,
    float *floats;
} Packing;

// Row i as floats; all of them fit.
static void checked_row(const Packing *p, int i, float *x)
{
    source_row(p->from, i, x);
    const ptrdiff_t at = quant_misfit(p->kind, x, p->from->cols);
    if (at >= 0)
        refuse(p->from, fault("number %td of row %d is %g: no weight for %s",
                              at, i, (double)x[at], quant_name(p->kind)));
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
        for (int r = 0; r < n; r++) {
            checked_row(p, i + r, x);
            (p->best ? quant_pack_best : quant_pack)(p->kind, x, cols,
                                                     blocks + r * bytes);
        }
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
    const int n = (to * PANEL < s->rows ? to * PANEL : s->rows) - first;
    const uint8_t *blocks = (const uint8_t *)s->tensor->data + first * row;
    if (!quant_sound(p->kind, blocks, (size_t)n * s->cols))
        refuse(s, "the scale of a block is not finite");
    quant_put_rows(p->to, first, n, blocks);
}

static void copy_rows(void *context, int from, int to)
{
    const Packing *p = context;
    for (int i = from; i < to; i++)
        checked_row(p, i, p->floats + (size_t)i * p->from->cols);
}

static bool is_of_kind(const Source *s, QuantKind k)
{
    return s->tensor && s->head == 0 &&
           ((k == QUANT_Q8_0 && s->tensor->type == LLAMA_Q8_0) ||
            (k == QUANT_Q4_0 && s->tensor->type == LLAMA_Q4_0));
}

// The matrix in the arena, packed if its rows are whole blocks.
static LlamaMatrix quantized(Arena *a, const Source *s, QuantKind k, bool best)
{
    if (!quant_can(k, s->cols) || s->rows == 1)
        k = QUANT_F32;
    Packing p = {.from = s, .kind = k, .best = best};
    const double cost = (best ? 1000.0 : 20.0) * s->cols;
    if (k == QUANT_F32) {
        p.floats = arena_take(a, (size_t)s->rows * s->cols, sizeof *p.floats);
        parallel_for(s->rows, cost, copy_rows, &p);
        return llama_floats(p.floats, s->rows, s->cols);
    }
    p.to = arena_take(a, 1, sizeof *p.to);
    *p.to = quant_matrix_new(a, k, s->rows, s->cols);
    parallel_for((s->rows + PANEL - 1) / PANEL, cost * PANEL,
                 is_of_kind(s, k) ? take_panels : pack_panels, &p);
    return (LlamaMatrix){&kinds[k], s->rows, s->cols, p.to};
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

static LlamaLayer quantized_layer(Arena *a, const Sources *s, int l,
                                  QuantKind k, bool best)
{
    LlamaMatrix part[LLAMA_PARTS];
    for (int i = 0; i < LLAMA_PARTS; i++) {
        LlamaMatrix m = {0};
        if (s->m)
            m = llama_matrix(s->m, l, i);
        Source from =
            source_of(s->m ? &m : NULL, s->m ? NULL : llama_part(s->f, l, i),
                      names[i], l);
        if ((i == LLAMA_Q || i == LLAMA_K) && s->shape.layout == HALVES)
            from.head = llama_head_width(&s->shape);
        part[i] = quantized(a, &from, k, best);
    }
    return llama_layer(part);
}

// More than enough addresses for all: nobody pays for what is not used.
static size_t room_for(const LlamaShape *s)
{
    const size_t padding = (size_t)(s->layers * LLAMA_PARTS + 3) * PANEL *
                           (s->width > s->hidden ? s->width : s->hidden);
    return (llama_parameters(s) + padding) * sizeof(float) +
           s->layers * (sizeof(LlamaLayer) + 4096) + (1 << 16);
}

static Llama quantized_model(const Sources *s, QuantKind k, bool best)
{
    Llama q = {.shape = s->shape};
    q.arena = arena_new(room_for(&s->shape));
    Arena *a = &q.arena;
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
    q.norm = quantized(a, &norm, QUANT_F32, false).at;
    q.pieces = quantized(a, &pieces, k, best);
    q.output = s->shape.tied ? q.pieces : quantized(a, &output, k, best);
    q.layer = arena_take(a, s->shape.layers, sizeof *q.layer);
    for (int l = 0; l < s->shape.layers; l++)
        q.layer[l] = quantized_layer(a, s, l, k, best);
    q.shape.layout = ADJACENT;
    return q;
}

Llama quant_llama(const Llama *m, QuantKind kind, bool best)
{
    return quantized_model(&(Sources){m, NULL, m->shape}, kind, best);
}

Llama quant_load(const LlamaFile *f, QuantKind kind, bool best)
{
    return quantized_model(&(Sources){NULL, f, f->shape}, kind, best);
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
