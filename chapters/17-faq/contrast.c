// Learning by contrast; see contrast.h.
#include "17-faq/contrast.h"

#include "15-bert/documents.h"

#include "common/check.h"
#include "common/ops.h"
#include "common/optim.h"
#include "common/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 64 }; // of a text; the rest is not read

// --- the loss ---------------------------------------------------------------

Matrix *unit_rows(Matrix *x)
{
    Matrix *gain = matrix(x->tape, 1, x->cols);
    for (int j = 0; j < x->cols; j++)
        gain->val[j] = 1 / sqrtf((float)x->cols);
    return rms_norm(x, gain, 1e-12f);
}

Matrix *contrastive_loss(Matrix *a, Matrix *b, float temperature)
{
    check(a->rows == b->rows && a->cols == b->cols,
          "%d x %d and %d x %d are no pairs", a->rows, a->cols, b->rows,
          b->cols);
    int *partner = arena_take(&a->tape->arena, a->rows, sizeof *partner);
    for (int i = 0; i < a->rows; i++)
        partner[i] = i;
    Matrix *to_b = scale(matmul_t(a, b), 1 / temperature); // n x n
    Matrix *to_a = scale(matmul_t(b, a), 1 / temperature);
    return scale(
        add(cross_entropy(to_b, partner, 0), cross_entropy(to_a, partner, 0)),
        0.5f);
}

// --- the encoder ------------------------------------------------------------

static void add_text(const Contrast *c, Text text, Ids *id, BertBatch *x)
{
    WordPiece w = c->pieces; // encoding needs a buffer of its own
    w.clean = (Buffer){0};
    id->n = 0;
    bert_pieces(&w, text, id);
    id->n = id->n < TOKENS - 2 ? id->n : TOKENS - 2;
    bert_add(x, &c->pieces, id, NULL);
    buffer_free(&w.clean);
}

Matrix *contrast_vectors(const Contrast *c, Tape *t, BertInput x)
{
    return unit_rows(mean_rows(bert_encode(&c->bert, t, x)));
}

static void embed_all(void *model, const Text *text, int n, float *to)
{
    enum { FEW = 32 };
    const Contrast *c = model;
    Tape *t = tape_new(0, 1);
    t->training = false;
    BertBatch x = {0};
    Ids id = {0};
    for (int i = 0; i < n; i += FEW) {
        const int m = n - i < FEW ? n - i : FEW;
        bert_batch_clear(&x);
        for (int k = 0; k < m; k++)
            add_text(c, text[i + k], &id, &x);
        const Matrix *y = contrast_vectors(c, t, bert_input(&x));
        memcpy(to + (size_t)i * y->cols, y->val,
               (size_t)m * y->cols * sizeof *to);
        tape_reset(t);
    }
    bert_batch_free(&x);
    ids_free(&id);
    tape_free(t);
}

static void forget_nothing(void *model)
{
    (void)model;
}

Encoder contrast_encoder(Contrast *c)
{
    const Params *p = c->bert.params;
    const Text numbers = {(const char *)p->val, p->count * sizeof(float)};
    return (Encoder){"own encoder",      c->recipe.width, c,
                     text_hash(numbers), embed_all,       forget_nothing};
}

// --- learning ---------------------------------------------------------------

ContrastRecipe contrast_recipe(uint64_t seed)
{
    return (ContrastRecipe){.width = 64,
                            .heads = 2,
                            .layers = 1,
                            .words = 5000,
                            .steps = 150,
                            .batch = 64,
                            .rate = 0.003f,
                            .temperature = 0.05f,
                            .dropout = 0.1f,
                            .seed = seed};
}

// All words of the phrasings, and their letters for those it has not seen.
static WordPiece words_in(const Phrasing *p, int n, int words)
{
    WordPiece w = {.lower = true, .most = 100}, made;
    Buffer clean = {0}, list = {0};
    for (int i = 0; i < n; i++) {
        wordpiece_words(&w, p[i].text, &clean);
        buffer_add(&clean, "\n", 1);
    }
    make_vocabulary(&clean, words, &list);
    const char *wrong = wordpiece_parse(&made, (Text){list.at, list.length});
    check(!wrong, "the vocabulary: %s", wrong);
    buffer_free(&clean), buffer_free(&list);
    return made;
}

// Phrasings by owner, so that pairs can be drawn.
typedef struct Owners {
    int n;              // those with two phrasings or more
    int *order, *start; // n and n + 1 numbers; phrasings at[start[k]] ...
    int *at;
} Owners;

static Owners owners_of(const Phrasing *p, int n, int owners)
{
    Owners o = {.order = new_array((size_t)owners + 1, sizeof *o.order),
                .start = new_array((size_t)owners + 2, sizeof *o.start),
                .at = new_array((size_t)n + 1, sizeof *o.at)};
    int *count = new_array((size_t)owners + 1, sizeof *count), filled = 0;
    int *next = new_array((size_t)owners + 1, sizeof *next);
    for (int i = 0; i < n; i++)
        count[p[i].owner]++;
    for (int j = 0; j < owners; j++) {
        next[j] = -1;
        if (count[j] < 2)
            continue;
        o.order[o.n] = o.n;
        o.start[o.n++] = next[j] = filled;
        filled += count[j];
    }
    o.start[o.n] = filled;
    for (int i = 0; i < n; i++)
        if (next[p[i].owner] >= 0)
            o.at[next[p[i].owner]++] = i;
    free(count), free(next);
    return o;
}

// Two different phrasings of one owner.
static void draw_pair(const Owners *o, int owner, Rng *r, int pair[2])
{
    const int from = o->start[owner], n = o->start[owner + 1] - from;
    const int first = rng_below(r, n), second = rng_below(r, n - 1);
    pair[0] = o->at[from + first];
    pair[1] = o->at[from + second + (second >= first)];
}

// A batch of pairs, no two of one owner: its other phrasings would be taken for
// wrong answers. First all left sides, then all right sides.
static Matrix *batch_loss(const Contrast *c, const Phrasing *p, const Owners *o,
                          const int *owner, int n, Rng *r, Tape *t)
{
    BertBatch x[2] = {{0}, {0}};
    Matrix *side[2];
    Ids id = {0};
    for (int i = 0; i < n; i++) {
        int pair[2];
        draw_pair(o, owner[i], r, pair);
        for (int k = 0; k < 2; k++)
            add_text(c, p[pair[k]].text, &id, &x[k]);
    }
    for (int k = 0; k < 2; k++)
        side[k] = contrast_vectors(c, t, bert_input(&x[k]));
    Matrix *loss = contrastive_loss(side[0], side[1], c->recipe.temperature);
    backward(loss);
    for (int k = 0; k < 2; k++)
        bert_batch_free(&x[k]);
    ids_free(&id);
    return loss;
}

Contrast contrast_train(const Phrasing *p, int n, int owners,
                        const ContrastRecipe *recipe)
{
    const ContrastRecipe *s = recipe;
    Contrast c = {.recipe = *s, .pieces = words_in(p, n, s->words)};
    c.bert = bert_new((BertShape){.pieces = c.pieces.vocab.n,
                                  .width = s->width,
                                  .heads = s->heads,
                                  .hidden = 2 * s->width,
                                  .layers = s->layers,
                                  .positions = TOKENS,
                                  .segments = 2,
                                  .dropout = s->dropout,
                                  .eps = 1e-5f},
                      s->seed);
    Owners o = owners_of(p, n, owners);
    const int batch = s->batch < o.n ? s->batch : o.n;
    Adam adam = adam_new(c.bert.params, 0.9f, 0.98f, 1e-8f, 0.01f);
    Tape *t = tape_new(0, s->seed);
    Rng r = rng_new(s->seed);
    Progress bar = progress_new("learning pairs", s->steps, "steps");
    int next = o.n, counted = 0, done = 0;
    for (int step = 1; step <= s->steps && batch > 1 && !interrupted();
         step++) {
        if (next + batch > o.n) { // everybody once, in a new order
            rng_shuffle(&r, o.order, o.n);
            next = 0;
        }
        Matrix *loss = batch_loss(&c, p, &o, o.order + next, batch, &r, t);
        next += batch;
        if (step > s->steps - s->steps / 10 - 1) {
            c.loss += (double)loss->val[0];
            counted++;
        }
        done = step;
        progress(&bar, step, (double)loss->val[0]);
        params_clip(c.bert.params, 1);
        adam_step(&adam, rate_cosine(step, s->steps / 10, s->steps, s->rate,
                                     s->rate / 20));
        tape_reset(t);
    }
    progress_end(&bar);
    if (interrupted()) // half an encoder answers nobody
        die("stopped after %d steps of %d", done, s->steps);
    interrupt_at_once();
    c.loss /= counted ? counted : 1;
    adam_free(&adam);
    tape_free(t);
    free(o.order), free(o.start), free(o.at);
    return c;
}

void contrast_free(Contrast *c)
{
    bert_free(&c->bert);
    wordpiece_free(&c->pieces);
}
