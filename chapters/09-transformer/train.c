// The training step, and what surrounds it; see train.h.
#include "09-transformer/train.h"

#include "common/check.h"
#include "common/checkpoint.h"

#include <stdlib.h>
#include <string.h>

Training training_new(const Transformer *m, const Pairs *p, int begin, int end,
                      Recipe recipe)
{
    return (Training){
        .model = m,
        .recipe = recipe,
        .batches = batches_new(p, begin, end, recipe.tokens, recipe.seed),
        .adam = adam_new(m->params, 0.9f, 0.98f, 1e-9f, 0),
        .tape = tape_new(0, recipe.seed + 1),
    };
}

void training_free(Training *t)
{
    batches_free(&t->batches);
    adam_free(&t->adam);
    tape_free(t->tape);
}

double training_step(Training *t)
{
    const Transformer *m = t->model;
    Batch b = batches_next(&t->batches, &t->tape->arena);
    Matrix *memory = encode(m, t->tape, b.source);        // Ts x d
    Matrix *logits = decode(m, t->tape, memory, b.input); // Tt x V
    Matrix *loss = cross_entropy(logits, b.output, t->recipe.smoothing);
    const double value = (double)loss->val[0];
    backward(loss);
    t->step++;
    adam_step(&t->adam, t->recipe.rate * rate_noam(t->step, t->recipe.warmup,
                                                   m->shape.width));
    t->loss += value * b.input.n;
    t->words += b.input.n;
    tape_reset(t->tape); // the batch, memory, logits and loss end here
    return value;
}

double loss_since(Training *t)
{
    const double mean_loss = t->words > 0 ? t->loss / t->words : 0;
    t->loss = t->words = 0;
    return mean_loss;
}

// Beside the model: where in which epoch it stands, and the caller's scores.
enum { NUMBERS = 4 + SCORES };

static Checkpoint point_of(Training *t, double number[NUMBERS])
{
    return (Checkpoint){.params = t->model->params,
                        .adam = &t->adam,
                        .rng = {&t->tape->rng},
                        .step = &t->step,
                        .number = number,
                        .numbers = NUMBERS};
}

void training_save(const Training *t, const char *path)
{
    Training copy = *t; // nothing of it is changed by saving
    double number[NUMBERS] = {(double)t->batches.epoch, t->batches.place,
                              t->loss, t->words};
    memcpy(number + 4, t->score, sizeof t->score);
    Checkpoint c = point_of(&copy, number);
    checkpoint_save(&c, path);
}

bool training_load(Training *t, const char *path)
{
    double number[NUMBERS];
    Checkpoint c = point_of(t, number);
    if (!checkpoint_load(&c, path))
        return false;
    if (!(number[0] >= 0 && number[1] >= 0 && number[1] <= t->batches.pairs->n))
        die("%s: stands at pair %g of epoch %g; there are %d pairs", path,
            number[1], number[0], t->batches.pairs->n);
    t->batches.epoch = (int64_t)number[0];
    t->batches.place = (int)number[1];
    t->loss = number[2];
    t->words = number[3];
    memcpy(t->score, number + 4, sizeof t->score);
    return true;
}

double pairs_loss(const Transformer *m, const Pairs *p, int begin, int end)
{
    Tape *t = tape_new(0, 1);
    t->training = false;
    Batches all = batches_new(p, begin, end, 4000, 1);
    double total = 0;
    int64_t words = 0;
    do {
        Batch b = batches_next(&all, &t->arena);
        Matrix *logits = decode(m, t, encode(m, t, b.source), b.input);
        Matrix *loss = cross_entropy(logits, b.output, 0);
        total += (double)loss->val[0] * b.input.n;
        words += b.input.n;
        tape_reset(t);
    } while (all.place < p->n);
    batches_free(&all);
    tape_free(t);
    return total / (double)words;
}

void average_add(Average *a, const Params *p)
{
    if (!a->sum)
        a->sum = new_array(p->count, sizeof *a->sum);
    for (size_t i = 0; i < p->count; i++)
        a->sum[i] += (double)p->val[i];
    a->n++;
}

void average_take(Average *a, Params *p)
{
    check(a->n > 0, "the average of nothing");
    for (size_t i = 0; i < p->count; i++)
        p->val[i] = (float)(a->sum[i] / a->n);
    free(a->sum);
    *a = (Average){0};
}
