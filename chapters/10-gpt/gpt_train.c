// The training step, and what surrounds it; see gpt_train.h.
#include "10-gpt/gpt_train.h"

#include "common/checkpoint.h"

#include <string.h>

GptTraining gpt_training_new(const Gpt *m, const Ids *text, GptRecipe recipe)
{
    return (GptTraining){
        .model = m,
        .text = text,
        .recipe = recipe,
        .adam = adam_new(m->params, 0.9f, 0.95f, 1e-8f, recipe.decay),
        .tape = tape_new(0, recipe.seed + 1),
        .rng = rng_new(recipe.seed),
    };
}

void gpt_training_free(GptTraining *t)
{
    adam_free(&t->adam);
    tape_free(t->tape);
}

double gpt_train_step(GptTraining *t)
{
    const GptRecipe *r = &t->recipe;
    const int length = t->model->shape.context, n = r->windows * length;
    Arena *a = &t->tape->arena;
    int *in = arena_take(a, n, sizeof *in);
    int *out = arena_take(a, n, sizeof *out);
    int *start = arena_take(a, r->windows + 1, sizeof *start);
    for (int w = 0; w <= r->windows; w++)
        start[w] = w * length;
    gpt_windows(&t->rng, t->text->at, t->text->n, r->windows, length, in, out);
    const Tokens given = {n, in, {r->windows, start}};

    Matrix *logits = gpt_forward(t->model, t->tape, given); // T x V
    Matrix *loss = cross_entropy(logits, out, 0);
    const double value = (double)loss->val[0];
    backward(loss);
    params_clip(t->model->params, r->clip);
    t->step++;
    adam_step(&t->adam,
              rate_cosine(t->step, r->warmup, r->steps, r->rate, r->rate / 10));
    t->loss += value;
    t->losses++;
    tape_reset(t->tape); // the batch, logits and loss end here
    return value;
}

double gpt_train_loss(GptTraining *t)
{
    const double mean_loss = t->losses > 0 ? t->loss / t->losses : 0;
    t->loss = t->losses = 0;
    return mean_loss;
}

// --- stopping and going on --------------------------------------------------

enum { NUMBERS = 2 + GPT_NUMBERS };

static Checkpoint point_of(GptTraining *t, double number[NUMBERS])
{
    return (Checkpoint){.params = t->model->params,
                        .adam = &t->adam,
                        .rng = {&t->tape->rng, &t->rng},
                        .step = &t->step,
                        .number = number,
                        .numbers = NUMBERS};
}

void gpt_training_save(const GptTraining *t, const char *path)
{
    GptTraining copy = *t; // nothing of it is changed by saving
    double number[NUMBERS] = {t->loss, t->losses};
    memcpy(number + 2, t->number, sizeof t->number);
    Checkpoint c = point_of(&copy, number);
    checkpoint_save(&c, path);
}

bool gpt_training_load(GptTraining *t, const char *path)
{
    double number[NUMBERS];
    Checkpoint c = point_of(t, number);
    if (!checkpoint_load(&c, path))
        return false;
    t->loss = number[0];
    t->losses = number[1];
    memcpy(t->number, number + 2, sizeof t->number);
    return true;
}
