// Choosing, then reading; see chosen.h.
#include "16-long-text/chosen.h"

#include "common/check.h"
#include "common/ops_inner.h"

#include <math.h>
#include <stdlib.h>

void cut_sentences(const Tuning *p, const Document *d, BertBatch *x)
{
    const int room = p->window - 2;
    for (int s = 0; s < d->sentences; s++) {
        const int n = d->sentence[s + 1] - d->sentence[s];
        add_input(p, d, d->sentence[s], n < room ? n : room, x);
    }
}

void judge_scores(Tuned *judge, const Document *d, double *score)
{
    const int one = 0;
    Matrix *x = tuned_vectors(judge, d, &one, 1);          // sentences x width
    const Matrix *p = softmax(linear(x, judge->pool.out)); // x classes
    for (int s = 0; s < d->sentences; s++) {
        score[s] = 0;
        for (int j = 0; j < p->cols; j++) {
            const double q = (double)row(p, s)[j];
            score[s] += q > 0 ? q * log(q) : 0;
        }
    }
    tape_reset(judge->tape);
}

Document shortened(const Document *d, const double *score, int room, Arena *a)
{
    int *cost = arena_take(a, d->sentences, sizeof *cost);
    int *chosen = arena_take(a, d->sentences, sizeof *chosen);
    int *id = arena_take(a, d->n, sizeof *id);
    int *start = arena_take(a, d->sentences + 1, sizeof *start);
    for (int s = 0; s < d->sentences; s++)
        cost[s] = d->sentence[s + 1] - d->sentence[s];
    Document new = *d;
    new.sentences = choose_within(score, cost, d->sentences, room, chosen);
    new.n = start[0] = 0;
    for (int k = 0; k < new.sentences; k++) {
        const int from = d->sentence[chosen[k]];
        for (int i = 0; i < cost[chosen[k]]; i++)
            id[new.n++] = d->id[from + i];
        start[k + 1] = new.n;
    }
    new.id = id;
    new.sentence = start;
    return new;
}

// --- as a remedy ------------------------------------------------------------

typedef struct Choosing {
    const Chosen *plan;
    Tuned *judge, *reader;
    Rng rng;
    Arena arena;
} Choosing;

static Document best_of(Choosing *c, const Document *d)
{
    double *score = arena_take(&c->arena, d->sentences, sizeof *score);
    if (c->judge)
        judge_scores(c->judge, d, score);
    else
        choice_scores(c->plan->rule, d, &c->rng, score);
    return shortened(d, score, c->plan->reader->window - 2, &c->arena);
}

static void *learn(const void *plan, const Document *d, const int *which, int n,
                   int classes, uint64_t seed)
{
    const Chosen *p = plan;
    Choosing *c = new_array(1, sizeof *c);
    *c = (Choosing){p, .rng = rng_new(seed),
                    .arena = arena_new((size_t)1 << 32)};
    if (p->judge) {
        c->judge = tuned_new(p->judge, classes, seed + 1);
        tuned_train(c->judge, d, which, n, seed + 1);
    }
    Document *few = new_array((size_t)n, sizeof *few);
    int *all = new_array((size_t)n, sizeof *all);
    for (int i = 0; i < n; i++) {
        few[i] = best_of(c, &d[which[i]]);
        all[i] = i;
    }
    c->reader = tuned_new(p->reader, classes, seed);
    tuned_train(c->reader, few, all, n, seed);
    arena_reset(&c->arena);
    free(few);
    free(all);
    return c;
}

static void scores(void *learnt, const Document *d, float *score, Cost *cost)
{
    Choosing *c = learnt;
    const Document few = best_of(c, d);
    if (c->judge)
        tuned_cost(c->judge, cost); // of what it has just read
    tuned_score(c->reader, &few, score, cost);
    arena_reset(&c->arena);
}

static void forget(void *learnt)
{
    Choosing *c = learnt;
    if (c->judge)
        tuned_free(c->judge);
    tuned_free(c->reader);
    arena_free(&c->arena);
    free(c);
}

Remedy chosen_remedy(const char *name, const Chosen *plan)
{
    return (Remedy){name, plan, learn, scores, forget};
}
