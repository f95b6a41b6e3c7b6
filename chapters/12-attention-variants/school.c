// Training and examining; see school.h.
#include "12-attention-variants/school.h"

#include "common/check.h"
#include "common/checkpoint.h"
#include "common/cli.h"
#include "data/tales/tales.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static Ids tokens_of(Bpe *bpe, Text text)
{
    Ids ids = {0};
    bpe_encode(bpe, text, &ids);
    return ids;
}

static Buffer some_stories(int n, uint64_t seed)
{
    Buffer text = {0};
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++) {
        tales_story(&r, &text);
        buffer_add(&text, "\n", 1);
    }
    return text;
}

School school_new(int stories, int pieces, int length, int texts, uint64_t seed)
{
    School s = {.length = length, .texts = texts, .seed = seed};
    Buffer learn = some_stories(stories, seed);
    Buffer unseen = some_stories(stories / 10 + 1, seed + 1);
    // A tenth of the text is enough to learn the pieces from.
    s.bpe = bpe_train((Text){learn.at, learn.length / 10}, pieces - 257);
    s.begin = bpe_special(&s.bpe, "<begin>");
    s.learn = tokens_of(&s.bpe, (Text){learn.at, learn.length});
    s.unseen = tokens_of(&s.bpe, (Text){unseen.at, unseen.length});
    check(s.learn.n > length + 1 && s.unseen.n > length + 1,
          "%d stories are too few for windows of %d", stories, length);
    buffer_free(&learn);
    buffer_free(&unseen);
    return s;
}

void school_free(School *s)
{
    bpe_free(&s->bpe);
    ids_free(&s->learn);
    ids_free(&s->unseen);
}

static Matrix *gpt_of(const void *model, Tape *t, Tokens text)
{
    return gpt_forward(model, t, text);
}

Pupil pupil_of(const char *name, const Gpt *m)
{
    return (Pupil){name, m, gpt_of, m->params};
}

// The loss on n windows of the text that begin at from[0 .. n - 1]: `begin`,
// then what follows each token is the next one.
static Matrix *loss_on(const School *s, Pupil p, Tape *t, const Ids *text,
                       int n, const int *from)
{
    const int T = s->length;
    int *id = arena_take(&t->arena, (size_t)n * T, sizeof *id);
    int *next = arena_take(&t->arena, (size_t)n * T, sizeof *next);
    int *start = arena_take(&t->arena, n + 1, sizeof *start);
    for (int i = 0; i <= n; i++)
        start[i] = i * T;
    for (int i = 0; i < n * T; i++) {
        next[i] = text->at[from[i / T] + i % T];
        id[i] = i % T == 0 ? s->begin : next[i - 1];
    }
    const Tokens x = {n * T, id, {n, start}};
    return cross_entropy(p.forward(p.model, t, x), next, 0);
}

double school_score(const School *s, Pupil p, int windows)
{
    Tape *t = tape_new(0, 0);
    t->training = false;
    double sum = 0;
    for (int i = 0; i < windows; i++) {
        const int from = i * s->length;
        check(from + s->length < s->unseen.n, "%d windows of %d tokens",
              windows, s->unseen.n);
        sum += (double)loss_on(s, p, t, &s->unseen, 1, &from)->val[0];
        tape_reset(t);
    }
    tape_free(t);
    return sum / windows;
}

enum { LOOK = 16, EXAMINATION = 48 }; // windows

static void look(const School *s, Term *t, int windows)
{
    Curve *c = &t->curve;
    check(c->n < CURVE, "more than %d looks", CURVE);
    c->step[c->n] = (double)t->step;
    c->loss[c->n++] = school_score(s, t->pupil, windows);
}

ClassBar class_bar(const char *what, int steps)
{
    return (ClassBar){.bar = progress_new(what, steps, "steps"),
                      .drawing = ATOMIC_FLAG_INIT};
}

static void count_step(ClassBar *b)
{
    const int done = atomic_fetch_add(&b->done, 1) + 1;
    if (!atomic_flag_test_and_set(&b->drawing)) {
        progress(&b->bar, done, NAN);
        atomic_flag_clear(&b->drawing);
    }
}

Term term_new(const School *s, Pupil p, int steps, int every, float peak)
{
    return (Term){.pupil = p,
                  .steps = steps,
                  .every = every,
                  .peak = peak,
                  .adam = adam_new(p.params, 0.9f, 0.99f, 1e-8f, 0.01f),
                  .rng = rng_new(s->seed + 2)};
}

void term_free(Term *t)
{
    adam_free(&t->adam);
}

void school_train(const School *s, Term *t, int until, ClassBar *bar)
{
    Tape *tape = tape_new(0, s->seed);
    int *from = new_array(s->texts, sizeof *from);
    if (t->curve.n == 0)
        look(s, t, LOOK);
    while (t->step < until && t->step < t->steps && !interrupted()) {
        for (int k = 0; k < s->texts; k++)
            from[k] = rng_below(&t->rng, s->learn.n - s->length - 1);
        Matrix *loss = loss_on(s, t->pupil, tape, &s->learn, s->texts, from);
        backward(loss);
        params_clip(t->pupil.params, 1);
        t->step++;
        adam_step(&t->adam, rate_cosine(t->step, t->steps / 10, t->steps,
                                        t->peak, t->peak / 20));
        tape_reset(tape);
        if (bar)
            count_step(bar);
        if (t->step == t->steps)
            look(s, t, EXAMINATION);
        else if (t->every > 0 && t->step % t->every == 0)
            look(s, t, LOOK);
    }
    free(from);
    tape_free(tape);
}

// --- stopping and going on --------------------------------------------------

// What must be the same, then the curve.
enum { NUMBERS = 3 + 2 * CURVE };

static Checkpoint point_of(Term *t, double number[NUMBERS])
{
    return (Checkpoint){.params = t->pupil.params,
                        .adam = &t->adam,
                        .rng = {&t->rng},
                        .step = &t->step,
                        .number = number,
                        .numbers = NUMBERS};
}

void term_save(const School *s, const Term *t, const char *path)
{
    Term copy = *t; // nothing of it is changed by saving
    double number[NUMBERS] = {(double)s->seed, t->steps, t->curve.n};
    memcpy(number + 3, t->curve.step, sizeof t->curve.step);
    memcpy(number + 3 + CURVE, t->curve.loss, sizeof t->curve.loss);
    const Checkpoint c = point_of(&copy, number);
    checkpoint_save(&c, path);
}

void term_load(const School *s, Term *t, const char *path)
{
    double number[NUMBERS];
    const Checkpoint c = point_of(t, number);
    if (!checkpoint_load(&c, path))
        die("%s: there is no such checkpoint", path);
    if (number[0] != (double)s->seed || number[1] != t->steps ||
        !(number[2] >= 1 && number[2] <= CURVE))
        die("%s: is of a training with seed %.0f and %.0f steps, this one has "
            "%.0f and %d",
            path, number[0], number[1], (double)s->seed, t->steps);
    t->curve.n = (int)number[2];
    memcpy(t->curve.step, number + 3, sizeof t->curve.step);
    memcpy(t->curve.loss, number + 3 + CURVE, sizeof t->curve.loss);
}
