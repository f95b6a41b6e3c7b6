// Teaching a cria; see cria_train.h.
#include "13-llama2/cria_train.h"

#include "13-llama2/llama_save.h"

#include "data/tales/tales.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

// --- the text ---------------------------------------------------------------

// Appends <s> and the tokens of one text.
static void add_text(CriaText *c, LlamaPieces *p, Text text, bool held)
{
    llama_encode(p, text, true, held ? &c->held : &c->learn);
    c->texts++;
    c->bytes += text.length;
}

CriaText cria_text_tales(int stories, uint64_t seed, int pieces, LlamaPieces *p)
{
    Buffer all = {0};
    size_t *end = new_array(stories, sizeof *end);
    Rng r = rng_new(seed);
    for (int i = 0; i < stories; i++) {
        tales_story(&r, &all);
        end[i] = all.length;
    }
    const int learnt = stories - stories / 10;
    *p = llama_pieces_learn((Text){all.at, end[learnt - 1]}, pieces);
    CriaText c = {0};
    for (int i = 0; i < stories; i++) {
        const size_t begin = i ? end[i - 1] : 0;
        add_text(&c, p, (Text){all.at + begin, end[i] - begin}, i >= learnt);
    }
    free(end);
    buffer_free(&all);
    return c;
}

// Cuts the next text off *rest: up to a blank line.
static Text next_text(Text *rest)
{
    while (rest->length && *rest->at == '\n')
        *rest = (Text){rest->at + 1, rest->length - 1};
    const char *end = memmem(rest->at, rest->length, "\n\n", 2);
    const size_t n = end ? (size_t)(end - rest->at) : rest->length;
    const Text text = {rest->at, n};
    *rest = (Text){rest->at + n, rest->length - n};
    return text;
}

CriaText cria_text_file(const char *path, int pieces, int length,
                        LlamaPieces *p)
{
    Buffer all = text_read(path);
    size_t learnt = all.length - all.length / 10;
    while (learnt < all.length && ((uint8_t)all.at[learnt] & 0xc0) == 0x80)
        learnt++; // not within a character
    *p = llama_pieces_learn((Text){all.at, learnt}, pieces);
    CriaText c = {0};
    for (int held = 0; held < 2; held++) {
        Text rest = held ? (Text){all.at + learnt, all.length - learnt}
                         : (Text){all.at, learnt};
        for (Text t; (t = next_text(&rest)).length > 0;)
            add_text(&c, p, t, held);
    }
    if (c.held.n <= length + 1)
        die("%s: the tenth that is held out has %d tokens, a window %d; give "
            "it more text",
            path, c.held.n, length + 1);
    if (c.learn.n <= length + 1)
        die("%s: there are %d tokens to learn from, a window has %d; give it "
            "more text",
            path, c.learn.n, length + 1);
    buffer_free(&all);
    return c;
}

void cria_text_free(CriaText *c)
{
    ids_free(&c->learn);
    ids_free(&c->held);
    *c = (CriaText){0};
}

// --- learning ---------------------------------------------------------------

CriaTraining cria_training_new(const Cria *m, const CriaText *c,
                               CriaRecipe recipe)
{
    check(c->learn.n > recipe.length + 1, "%d tokens for windows of %d",
          c->learn.n, recipe.length);
    return (CriaTraining){.model = m,
                          .corpus = c,
                          .recipe = recipe,
                          .adam = adam_new(m->params, 0.9f, 0.95f, 1e-8f, 0.1f),
                          .tape = tape_new(0, recipe.seed)};
}

void cria_training_free(CriaTraining *t)
{
    adam_free(&t->adam);
    tape_free(t->tape);
}

// n windows that begin at the places at[0 .. n - 1]: their tokens, packed, and
// at each place the token that follows.
static Tokens windows_at(Arena *a, const Ids *from, const int *at, int n,
                         int length, const int **target)
{
    int *id = arena_take(a, (size_t)n * length, sizeof *id);
    int *next = arena_take(a, (size_t)n * length, sizeof *next);
    int *start = arena_take(a, (size_t)n + 1, sizeof *start);
    for (int i = 0; i <= n; i++)
        start[i] = i * length;
    for (int i = 0; i < n; i++) {
        memcpy(id + start[i], from->at + at[i], length * sizeof *id);
        memcpy(next + start[i], from->at + at[i] + 1, length * sizeof *id);
    }
    *target = next;
    return (Tokens){n * length, id, {n, start}};
}

double cria_step(CriaTraining *t)
{
    const CriaRecipe *r = &t->recipe;
    Arena *a = &t->tape->arena;
    const Ids *text = &t->corpus->learn;
    const int *target;
    int *at = arena_take(a, r->windows, sizeof *at);
    for (int i = 0; i < r->windows; i++)
        at[i] = rng_below(&t->tape->rng, text->n - r->length);
    Tokens in = windows_at(a, text, at, r->windows, r->length, &target);
    Matrix *logits = cria_forward(t->model, t->tape, in);
    Matrix *loss = cross_entropy(logits, target, 0);
    const double value = (double)loss->val[0];
    backward(loss);
    params_clip(t->model->params, 1);
    t->step++;
    adam_step(&t->adam, rate_cosine(t->step, r->steps / 20 + 1, r->steps,
                                    r->rate, r->rate / 10));
    tape_reset(t->tape);
    return value;
}

double cria_held_loss(const CriaTraining *t, int windows)
{
    const int length = t->recipe.length;
    const Ids *text = &t->corpus->held;
    Tape *tape = tape_new(0, 1);
    tape->training = false;
    double sum = 0;
    for (int i = 0; i < windows; i++) {
        const int at = (int)((int64_t)(text->n - length - 1) * i / windows);
        const int *target;
        Tokens in = windows_at(&tape->arena, text, &at, 1, length, &target);
        Matrix *logits = cria_forward(t->model, tape, in);
        sum += (double)cross_entropy(logits, target, 0)->val[0];
        tape_reset(tape);
    }
    tape_free(tape);
    return sum / windows;
}
