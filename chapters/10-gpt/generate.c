// Continuing a text; see generate.h.
#include "10-gpt/generate.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The scores after each of n texts, given as tokens packed under each other on
// the tape: n x V.
static Matrix *scores_of(const Gpt *m, Tape *t, const Ids *text,
                         const int *which, int n)
{
    int *start = arena_zero(&t->arena, n + 1, sizeof *start);
    for (int i = 0; i < n; i++) {
        const int length = text[which[i]].n, context = m->shape.context;
        check(length > 0, "there is nothing to continue");
        start[i + 1] = start[i] + (length < context ? length : context);
    }
    int *id = arena_take(&t->arena, start[n], sizeof *id);
    int *last = arena_take(&t->arena, n, sizeof *last);
    for (int i = 0; i < n; i++) {
        const Ids *x = &text[which[i]];
        const int length = start[i + 1] - start[i];
        memcpy(id + start[i], x->at + x->n - length, length * sizeof *id);
        last[i] = start[i + 1] - 1;
    }
    Matrix *all = gpt_forward(m, t, (Tokens){start[n], id, {n, start}});
    return pick_rows(all, last, n);
}

static Tape *quiet_tape(void)
{
    Tape *t = tape_new(0, 1);
    t->training = false;
    return t;
}

void gpt_scores(const Gpt *m, const Ids *text, float *scores)
{
    Tape *t = quiet_tape();
    const Matrix *y = scores_of(m, t, text, (int[]){0}, 1);
    memcpy(scores, y->val, (size_t)y->cols * sizeof *scores);
    tape_free(t);
}

void gpt_continue(const Gpt *m, Sampler *s, Ids *text, int n, int most,
                  int stop)
{
    Tape *t = quiet_tape();
    int *open = new_array(n, sizeof *open), left = n;
    for (int i = 0; i < n; i++)
        open[i] = i;
    for (int step = 0; step < most && left > 0; step++) {
        Matrix *y = scores_of(m, t, text, open, left);
        int still = 0;
        for (int i = 0; i < left; i++) {
            Ids *x = &text[open[i]];
            const int next =
                sample(s, y->val + (size_t)i * y->cols, y->cols, x->at, x->n);
            ids_add(x, next);
            if (next != stop)
                open[still++] = open[i];
        }
        left = still;
        tape_reset(t);
    }
    free(open);
    tape_free(t);
}

// --- beam search ------------------------------------------------------------

// One beginning, and the logarithm of its probability.
typedef struct Hypothesis {
    Ids text;
    double score;
} Hypothesis;

static void copy_ids(const Ids *from, Ids *to)
{
    to->n = 0;
    for (int i = 0; i < from->n; i++)
        ids_add(to, from->at[i]);
}

// A continuation by one token of hypothesis number `parent`.
typedef struct Candidate {
    int parent, id;
    double score;
} Candidate;

// Puts c into the list of the `most` best, best first, if it is one of them.
static int rank(Candidate *best, int n, int most, Candidate c)
{
    int i = n < most ? n : most;
    for (; i > 0 && best[i - 1].score < c.score; i--)
        if (i < most)
            best[i] = best[i - 1];
    if (i < most)
        best[i] = c;
    return n < most ? n + 1 : most;
}

// The best continuations of all n hypotheses by one token each.
static int widen(const Gpt *m, Tape *t, const Hypothesis *h, int n, int most,
                 Candidate *best)
{
    Ids *text = arena_take(&t->arena, n, sizeof *text);
    int *which = arena_take(&t->arena, n, sizeof *which);
    for (int i = 0; i < n; i++) {
        text[i] = h[i].text;
        which[i] = i;
    }
    Matrix *y = scores_of(m, t, text, which, n);
    float *p = arena_take(&t->arena, y->cols, sizeof *p);
    int found = 0;
    for (int i = 0; i < n; i++) {
        const float *x = y->val + (size_t)i * y->cols;
        const double logsum = (double)softmax_row(x, p, y->cols);
        for (int k = 0; k < y->cols; k++)
            found = rank(best, found, most,
                         (Candidate){i, k, h[i].score + (double)x[k] - logsum});
    }
    return found;
}

double gpt_beam(const Gpt *m, Ids *text, int beam, int most, int stop)
{
    check(beam >= 1, "a beam of %d", beam);
    Tape *t = quiet_tape();
    Hypothesis *now = new_array(beam, sizeof *now);
    Hypothesis *next = new_array(beam, sizeof *next);
    Candidate *best = new_array(beam, sizeof *best);
    Hypothesis ended = {.score = -INFINITY};
    copy_ids(text, &now[0].text);
    int n = 1;
    for (int step = 0; step < most && n > 0; step++) {
        const int found = widen(m, t, now, n, beam, best);
        n = 0;
        for (int i = 0; i < found && best[i].score > ended.score; i++) {
            Hypothesis *to = best[i].id == stop ? &ended : &next[n++];
            copy_ids(&now[best[i].parent].text, &to->text);
            ids_add(&to->text, best[i].id);
            to->score = best[i].score;
        }
        Hypothesis *swap = now;
        now = next;
        next = swap;
        tape_reset(t);
    }
    const Hypothesis *winner = n > 0 ? &now[0] : &ended;
    copy_ids(&winner->text, text);
    const double score = winner->score;
    for (int i = 0; i < beam; i++) {
        ids_free(&now[i].text);
        ids_free(&next[i].text);
    }
    ids_free(&ended.text);
    free(now);
    free(next);
    free(best);
    tape_free(t);
    return score;
}
