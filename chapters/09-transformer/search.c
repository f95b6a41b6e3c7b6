// Greedy and beam search over all sentences of a batch at once; see search.h.
//
// A step computes one row for each hypothesis alive, of all sentences
// together. Then each sentence chooses among the continuations of its own.
#include "09-transformer/search.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BEAM_MOST = 64, LONGER = 50 };

// The beginning of a translation.
typedef struct Hypothesis {
    int *id; // as many as steps were done
    double log_p;
} Hypothesis;

// Hypothesis `from`, going on with token id.
typedef struct Candidate {
    int from, id;
    double log_p;
} Candidate;

typedef struct Searching {
    Search how;
    int sources;
    int n;              // hypotheses alive, source after source
    int *start;         // those of source s: start[s] .. start[s + 1] - 1
    Hypothesis *live;   // n
    int *id, *parent;   // n each: the token to go on with, whose child it is
    int *ended, *limit; // of each source: translations found; longest allowed
    Found *found;       // the best of each source
    Arena *results;
    Arena work;
} Searching;

static double penalised(double log_p, int length, float alpha)
{
    return log_p / pow((5.0 + length) / 6, (double)alpha);
}

// Puts c into its place among the best n so far, of which at most `most`
// stay. Of equals the first to come stays in front.
static int rank(Candidate *best, int n, int most, Candidate c)
{
    if (n == most && best[n - 1].log_p >= c.log_p)
        return n;
    int i = n < most ? n++ : n - 1;
    for (; i > 0 && best[i - 1].log_p < c.log_p; i--)
        best[i] = best[i - 1];
    best[i] = c;
    return n;
}

// The best continuations of the hypotheses of source s. There are at most
// twice as many as the beam is wide: even if half of them end, the beam stays
// full.
static int continuations(const Searching *x, int s, float *scores, int V,
                         Candidate *best)
{
    int n = 0;
    for (int h = x->start[s]; h < x->start[s + 1]; h++) {
        const float *score = scores + (size_t)h * V;
        float *p = scores + (size_t)x->n * V; // a row to spare
        const double logsum = (double)softmax_row(score, p, V);
        for (int i = 0; i < V; i++) {
            const double log_p = x->live[h].log_p + (double)score[i] - logsum;
            n = rank(best, n, 2 * x->how.beam, (Candidate){h, i, log_p});
        }
    }
    return n;
}

// Hypothesis h is a whole translation of source s: is it the best?
static void finish(Searching *x, int s, const int *id, int n, int length,
                   double log_p)
{
    Found *best = &x->found[s];
    const double score = penalised(log_p, length, x->how.alpha);
    if (x->ended[s]++ > 0 && score <= best->score)
        return;
    best->id = arena_copy(x->results, id, n, sizeof *id);
    best->n = n;
    best->score = score;
}

// After `done` steps: which hypotheses go on, and how.
static void choose(Searching *x, float *scores, int V, int done)
{
    const int most = x->sources * x->how.beam;
    Hypothesis *next = arena_take(&x->work, most, sizeof *next);
    int n = 0;
    for (int s = 0; s < x->sources; s++) {
        Candidate best[2 * BEAM_MOST];
        const int first = n;
        const int count = continuations(x, s, scores, V, best);
        for (int i = 0; i < count && n - first < x->how.beam; i++) {
            const Candidate c = best[i];
            const Hypothesis *old = &x->live[c.from];
            if (c.id == x->how.end) {
                if (i < x->how.beam)
                    finish(x, s, old->id, done, done + 1, c.log_p);
                continue;
            }
            int *id = arena_take(&x->work, done + 1, sizeof *id);
            if (done > 0)
                memcpy(id, old->id, done * sizeof *id);
            id[done] = x->id[n] = c.id;
            x->parent[n] = c.from;
            next[n++] = (Hypothesis){id, c.log_p};
        }
        if (done + 1 >= x->limit[s])
            for (int i = first; i < n; i++)
                finish(x, s, next[i].id, done + 1, done + 1, next[i].log_p);
        if (x->ended[s] >= x->how.beam)
            n = first; // enough found for this source
        x->start[s] = first;
    }
    x->start[x->sources] = n;
    x->live = next;
    x->n = n;
}

static Searching searching_new(Arena *results, Spans source, Search how)
{
    const int S = source.n, most = S * how.beam;
    Searching x = {.how = how, .sources = S, .n = S, .results = results};
    x.work = arena_new((size_t)1 << 32);
    x.start = arena_take(&x.work, S + 1, sizeof *x.start);
    x.live = arena_zero(&x.work, most, sizeof *x.live);
    x.id = arena_take(&x.work, most, sizeof *x.id);
    x.parent = arena_zero(&x.work, most, sizeof *x.parent);
    x.ended = arena_zero(&x.work, S, sizeof *x.ended);
    x.limit = arena_take(&x.work, S, sizeof *x.limit);
    x.found = arena_zero(results, S, sizeof *x.found);
    for (int s = 0; s < S; s++) {
        const int length = source.start[s + 1] - source.start[s] + LONGER;
        x.limit[s] = length < POSITIONS ? length : POSITIONS;
        x.start[s] = s;
        x.id[s] = how.begin;
    }
    x.start[S] = S;
    return x;
}

Found *search(const Transformer *m, Arena *results, Tokens source, Search how)
{
    check(how.beam >= 1 && how.beam <= BEAM_MOST, "a beam of %d", how.beam);
    const int V = m->shape.pieces;
    Tape *t = tape_new(0, 1);
    t->training = false;
    Matrix *memory = encode(m, t, source); // T x d
    Decoding d = decoding_new(m, memory);
    Searching x = searching_new(results, d.sources, how);
    const size_t rows = (size_t)x.sources * how.beam + 1;
    float *scores = arena_take(&x.work, rows * V, sizeof *scores);
    for (int done = 0; x.n > 0; done++) {
        decode_next(&d, x.n, x.id, x.parent, x.start, scores);
        choose(&x, scores, V, done);
    }
    Found *found = x.found;
    arena_free(&x.work);
    decoding_free(&d);
    tape_free(t);
    return found;
}
