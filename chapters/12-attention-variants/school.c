// Training and examining; see school.h.
#include "12-attention-variants/school.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/optim.h"
#include "data/tales/tales.h"

#include <math.h>
#include <stdlib.h>

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

static void look(const School *s, Pupil p, int step, int windows, Curve *c)
{
    check(c->n < CURVE, "more than %d looks", CURVE);
    c->step[c->n] = step;
    c->loss[c->n++] = school_score(s, p, windows);
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

Curve school_train(const School *s, Pupil p, int steps, int every, float peak,
                   ClassBar *bar)
{
    Adam adam = adam_new(p.params, 0.9f, 0.99f, 1e-8f, 0.01f);
    Tape *t = tape_new(0, s->seed);
    Rng r = rng_new(s->seed + 2);
    Curve c = {0};
    int *from = new_array(s->texts, sizeof *from);
    look(s, p, 0, LOOK, &c);
    (void)interrupted(); // from here on, Ctrl-C waits for a step's end
    for (int i = 1; i <= steps; i++) {
        const double began = seconds_now();
        for (int k = 0; k < s->texts; k++)
            from[k] = rng_below(&r, s->learn.n - s->length - 1);
        Matrix *loss = loss_on(s, p, t, &s->learn, s->texts, from);
        backward(loss);
        params_clip(p.params, 1);
        adam_step(&adam, rate_cosine(i, steps / 10, steps, peak, peak / 20));
        tape_reset(t);
        c.seconds += seconds_now() - began;
        if (bar)
            count_step(bar);
        if (interrupted())
            die("stopped at step %d of %s; nothing is kept: the whole takes "
                "a minute",
                i, p.name);
        if (every > 0 && i % every == 0 && i < steps)
            look(s, p, i, LOOK, &c);
    }
    look(s, p, steps, EXAMINATION, &c);
    free(from);
    adam_free(&adam);
    tape_free(t);
    return c;
}
