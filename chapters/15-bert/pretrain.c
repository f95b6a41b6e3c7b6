// Making blanks and learning to fill them; see pretrain.h.
#include "15-bert/pretrain.h"

#include "common/check.h"
#include "common/checkpoint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Masking masking_for(const WordPiece *w)
{
    check(w->mask >= 0, "a vocabulary without [MASK]");
    int first = w->pad;
    const int special[] = {w->unknown, w->cls, w->sep, w->mask};
    for (int i = 0; i < 4; i++)
        first = special[i] > first ? special[i] : first;
    return (Masking){.share = 0.15f,
                     .masked = 0.8f,
                     .random = 0.1f,
                     .mask = w->mask,
                     .first = first + 1,
                     .pieces = w->vocab.n};
}

// --- inputs -----------------------------------------------------------------

// The sentences from `first` on, up to, not including, `end`, as many as fit
// into `room` tokens; the first is cut if it does not. Returns what comes next.
static int take(const Documents *d, int first, int end, int room, Ids *to)
{
    int s = first;
    to->n = 0;
    for (; s < end; s++) {
        const int from = d->sentence.at[s], n = d->sentence.at[s + 1] - from;
        if (to->n > 0 && to->n + n > room)
            break;
        for (int i = 0; i < n && to->n < room; i++)
            ids_add(to, d->id.at[from + i]);
    }
    return s;
}

// A random place: the number of a sentence, of a document, and its end.
static int place(const Documents *d, Rng *r, int *document, int *end)
{
    *document = rng_below(r, d->n);
    const int from = d->document.at[*document];
    *end = d->document.at[*document + 1];
    return from + rng_below(r, *end - from);
}

// A random place in another document, if there is one.
static int elsewhere(const Documents *d, Rng *r, int document, int *end)
{
    int other = d->n > 1 ? rng_below(r, d->n - 1) : 0;
    other += d->n > 1 && other >= document;
    const int from = d->document.at[other];
    *end = d->document.at[other + 1];
    return from + rng_below(r, *end - from);
}

// One input: its pieces in a and b. Returns 1 if b does not follow a.
static int make_pair(const Documents *d, Rng *r, Pairing pairing, int room,
                     Ids *a, Ids *b)
{
    int document, end, next, tries = 0;
    b->n = 0;
    if (pairing == SINGLE) {
        const int first = place(d, r, &document, &end);
        take(d, first, end, room, a);
        return 0;
    }
    do { // something has to follow
        const int first = place(d, r, &document, &end);
        next = take(d, first, end, room / 2, a);
    } while (next == end && ++tries < 100);
    const int other = rng_below(r, 2) || next == end;
    if (pairing == NEXT && other)
        next = elsewhere(d, r, document, &end);
    take(d, next, end, room - a->n, b);
    if (pairing == ORDER && other) {
        const Ids swap = *a;
        *a = *b;
        *b = swap;
    }
    return other;
}

void blanks_make(Blanks *b, const Documents *d, const WordPiece *w,
                 const Masking *rule, Rng *r, Pairing pairing, int tokens,
                 int longest)
{
    Ids first = {0}, second = {0};
    check(d->n > 0, "there is no text to learn from");
    check(longest > 4, "inputs of %d tokens", longest);
    bert_batch_clear(&b->x);
    b->at.n = b->answer.n = b->other.n = 0;
    do {
        const int other =
            make_pair(d, r, pairing, longest - 3, &first, &second);
        bert_add(&b->x, w, &first, pairing == SINGLE ? NULL : &second);
        ids_add(&b->other, other);
    } while (b->x.id.n + longest <= tokens);
    if (rule)
        mask_tokens(rule, r, b->x.id.at, b->x.id.n, &b->at, &b->answer);
    ids_free(&first);
    ids_free(&second);
}

void blanks_free(Blanks *b)
{
    bert_batch_free(&b->x);
    ids_free(&b->at);
    ids_free(&b->answer);
    ids_free(&b->other);
    *b = (Blanks){0};
}

// --- learning ---------------------------------------------------------------

void pretrain_start(Bert *m, const Documents *text)
{
    const int V = m->shape.pieces, d = m->shape.width;
    double *count = new_array((size_t)V, sizeof *count);
    for (int i = 0; i < text->id.n; i++)
        count[text->id.at[i]]++;
    for (int i = 0; i < V; i++) // one more for each piece: none is impossible
        m->fill.b->val[i] = (float)log((count[i] + 1) / (text->id.n + V));
    free(count);
    for (int i = 0; i < m->shape.positions; i++) {
        float *row = m->positions.learned->val + (size_t)i * d;
        sinusoid(i, d, row);
        for (int j = 0; j < d; j++)
            row[j] *= 0.02f; // as large as the embeddings
    }
}

Pretraining pretraining_new(const Bert *m, const WordPiece *w,
                            const Documents *text, PretrainRecipe recipe)
{
    Masking rule = masking_for(w);
    rule.share = recipe.share;
    return (Pretraining){
        .model = m,
        .text = text,
        .pieces = w,
        .recipe = recipe,
        .rule = rule,
        .adam = adam_new(m->params, 0.9f, 0.999f, 1e-6f, 0.01f),
        .tape = tape_new(0, recipe.seed + 1),
        .rng = rng_new(recipe.seed + 2),
    };
}

void pretraining_free(Pretraining *p)
{
    blanks_free(&p->batch);
    adam_free(&p->adam);
    tape_free(p->tape);
}

double pretraining_step(Pretraining *p)
{
    const Bert *m = p->model;
    const PretrainRecipe *r = &p->recipe;
    Blanks *b = &p->batch;
    blanks_make(b, p->text, p->pieces, &p->rule, &p->rng, r->pairing, r->tokens,
                r->longest);
    Matrix *hidden = bert_encode(m, p->tape, bert_input(&b->x)); // T x d
    Matrix *rows = pick_rows(hidden, b->at.at, b->at.n); // the blanks alone
    Matrix *loss = cross_entropy(bert_fill(m, rows), b->answer.at, 0);
    const double value = (double)loss->val[0];
    if (r->pairing != SINGLE) {
        Matrix *pairs = bert_follow(m, bert_pool(m, hidden)); // n x 2
        loss = add(loss, cross_entropy(pairs, b->other.at, 0));
    }
    backward(loss);
    p->step++;
    params_clip(m->params, 1);
    adam_step(&p->adam, rate_cosine(p->step, r->warmup, r->steps, r->rate, 0));
    tape_reset(p->tape);
    p->loss += value;
    p->steps++;
    return value;
}

double pretraining_loss(Pretraining *p)
{
    const double mean_loss = p->steps ? p->loss / (double)p->steps : 0;
    p->loss = 0;
    p->steps = 0;
    return mean_loss;
}

static Checkpoint point_of(Pretraining *p, double number[2])
{
    return (Checkpoint){.params = p->model->params,
                        .adam = &p->adam,
                        .rng = {&p->rng, &p->tape->rng},
                        .step = &p->step,
                        .number = number,
                        .numbers = 2};
}

void pretraining_save(const Pretraining *p, const char *path)
{
    Pretraining copy = *p; // nothing of it is changed by saving
    double number[2] = {p->loss, (double)p->steps};
    Checkpoint c = point_of(&copy, number);
    checkpoint_save(&c, path);
}

bool pretraining_load(Pretraining *p, const char *path)
{
    double number[2];
    Checkpoint c = point_of(p, number);
    if (!checkpoint_load(&c, path))
        return false;
    p->loss = number[0];
    p->steps = (int64_t)number[1];
    return true;
}

// --- measuring --------------------------------------------------------------

static int likeliest(const Matrix *m, int row)
{
    const float *x = m->val + (size_t)row * m->cols;
    int best = 0;
    for (int i = 1; i < m->cols; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

Measured pretrain_measure(const Bert *m, const WordPiece *w, const Documents *d,
                          const PretrainRecipe *r, int batches)
{
    Tape *t = tape_new(0, 1);
    Rng rng = rng_new(r->seed + 1000);
    const Masking rule = masking_for(w);
    Blanks b = {0};
    Measured sum = {0};
    double blanks = 0, pairs = 0;
    t->training = false;
    for (int i = 0; i < batches; i++) {
        blanks_make(&b, d, w, &rule, &rng, r->pairing, r->tokens, r->longest);
        Matrix *hidden = bert_encode(m, t, bert_input(&b.x));
        Matrix *scores = bert_fill(m, pick_rows(hidden, b.at.at, b.at.n));
        Matrix *loss = cross_entropy(scores, b.answer.at, 0);
        sum.loss += (double)loss->val[0] * b.at.n;
        blanks += b.at.n;
        for (int j = 0; j < b.at.n; j++)
            sum.filled += likeliest(scores, j) == b.answer.at[j];
        if (r->pairing != SINGLE) {
            Matrix *other = bert_follow(m, bert_pool(m, hidden));
            for (int j = 0; j < b.x.n; j++)
                sum.paired += likeliest(other, j) == b.other.at[j];
            pairs += b.x.n;
        }
        tape_reset(t);
    }
    blanks_free(&b);
    tape_free(t);
    return (Measured){blanks > 0 ? sum.loss / blanks : 0,
                      blanks > 0 ? sum.filled / blanks : 0,
                      pairs > 0 ? sum.paired / pairs : 0};
}
