// Trials; see trial.h.
#include "17-faq/trial.h"

#include "17-faq/ranking.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Trial trial_new(const Knowledge *k, const bool *in, const bool *asked)
{
    Trial t = {.search = search_new(k, in)};
    t.question = new_array((size_t)k->phrasings + 1, sizeof *t.question);
    t.right = new_array((size_t)k->phrasings + 1, sizeof *t.right);
    for (int i = 0; i < k->phrasings; i++)
        if (asked[i]) {
            t.question[t.n] = k->phrasing[i].text;
            t.right[t.n++] = k->phrasing[i].owner;
        }
    return t;
}

Trial trial_part(const Knowledge *k, int part)
{
    bool *in = new_array((size_t)k->phrasings + 1, sizeof *in);
    bool *asked = new_array((size_t)k->phrasings + 1, sizeof *asked);
    for (int i = 0; i < k->phrasings; i++) {
        const int place = i - k->pair[k->phrasing[i].owner].first;
        in[i] = place == 0 || (part >= 0 && place % 2 == part);
        asked[i] = !in[i];
    }
    Trial t = trial_new(k, in, asked);
    free(in), free(asked);
    return t;
}

void trial_free(Trial *t)
{
    search_free(&t->search);
    free(t->question), free(t->right);
}

// Calls body for some questions at a time, so that scores of many questions and
// many phrasings need not all be in memory.
typedef void (*WithScores)(void *context, int question, const float *score);
static void for_each(Trial *t, Method m, WithScores body, void *context)
{
    enum { FEW = 512 };
    const int pairs = t->search.k->n;
    float *score = new_array((size_t)FEW * pairs, sizeof *score);
    for (int i = 0; i < t->n; i += FEW) {
        const int n = t->n - i < FEW ? t->n - i : FEW;
        search_scores(&t->search, m, t->question + i, n, score);
        for (int q = 0; q < n; q++)
            body(context, i + q, score + (size_t)q * pairs);
    }
    free(score);
}

// --- ranks ------------------------------------------------------------------

typedef struct Ranks {
    const Trial *t;
    int *rank;
} Ranks;

static void note_rank(void *context, int q, const float *score)
{
    const Ranks *r = context;
    r->rank[q] = rank_of(score, r->t->search.k->n, r->t->right[q]);
}

void trial_ranks(Trial *t, Method m, int *rank)
{
    for_each(t, m, note_rank, &(Ranks){t, rank});
}

Found trial_found(Trial *t, Method m, double *first, double *reciprocal)
{
    int *rank = new_array((size_t)t->n + 1, sizeof *rank);
    trial_ranks(t, m, rank);
    for (int i = 0; i < t->n; i++) {
        if (first)
            first[i] = rank[i] == 1;
        if (reciprocal)
            reciprocal[i] = 1.0 / rank[i];
    }
    const Found f = found_of(rank, t->n);
    free(rank);
    return f;
}

void trial_equip(Trial *t, const Search *like)
{
    memcpy(t->search.encoder, like->encoder, sizeof like->encoder);
    memcpy(t->search.known, like->known, sizeof like->known);
}

void trial_teach(Trial *t, const ContrastRecipe *recipe, Contrast *own,
                 Encoder *e)
{
    Search *s = &t->search;
    Phrasing *p = new_array((size_t)s->items + 1, sizeof *p);
    for (int i = 0; i < s->items; i++)
        p[i] = (Phrasing){s->item[i], s->owner[i]};
    *own = contrast_train(p, s->items, s->k->n, recipe);
    free(p);
    *e = contrast_encoder(own);
    s->encoder[OWN] = e;
    s->known[OWN] = NULL; // those are another encoder's
}

double trial_with_phrasings(const Search *like, Method m, int extra)
{
    enum { ROUNDS = 5 };
    const Knowledge *k = like->k;
    bool *in = new_array((size_t)k->phrasings + 1, sizeof *in);
    bool *asked = new_array((size_t)k->phrasings + 1, sizeof *asked);
    double right = 0;
    int all = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < k->n; i++) {
            const int from = k->pair[i].first + 1, n = k->pair[i].end - from;
            in[from - 1] = true;
            asked[from - 1] = false;
            for (int j = 0; j < n; j++) { // places after the one that is asked
                const int after = (j - round % n + n) % n;
                asked[from + j] = after == 0 && n > extra && round < n;
                in[from + j] = after > 0 && after <= extra;
            }
        }
        Trial t = trial_new(k, in, asked);
        trial_equip(&t, like);
        right += t.n * trial_found(&t, m, NULL, NULL).r1;
        all += t.n;
        trial_free(&t);
    }
    free(in), free(asked);
    return all ? right / all : NAN;
}

double shared_words(const Inverted *words, Text asked, Text question)
{
    Vocab v = words->terms; // only looked up in
    Ids a = {0}, b = {0};
    int rare = 0, other = 0;
    terms_of(&v, words->kind, asked, false, &a, &rare);
    terms_of(&v, words->kind, question, false, &b, &other);
    double shared = 0, all = rare * tfidf_idf(words->n, 0);
    for (int i = 0; i < a.n; i++) {
        const int t = a.at[i];
        const double idf =
            tfidf_idf(words->n, words->start[t + 1] - words->start[t]);
        bool there = false;
        for (int j = 0; j < b.n; j++)
            there |= b.at[j] == t;
        all += idf;
        shared += there ? idf : 0;
    }
    ids_free(&a), ids_free(&b);
    return all > 0 ? shared / all : 0;
}

// --- silence ----------------------------------------------------------------

const char *const sureness_names[SURENESSES] = {"score", "margin"};

int surest(const float *score, int n, Sureness how, int without, float *sure)
{
    Hit hit[3];
    const int found = top_hits(score, n, 3, hit);
    int kept = 0;
    for (int i = 0; i < found; i++)
        if (hit[i].item != without)
            hit[kept++] = hit[i];
    if (kept == 0) {
        *sure = -INFINITY;
        return -1;
    }
    *sure = hit[0].score;
    if (how == SURE_MARGIN)
        *sure -= kept > 1 ? hit[1].score : 0;
    return hit[0].item;
}

typedef struct Outcomes {
    const Trial *t;
    Sureness how;
    int parity, n;
    Outcome *at;
} Outcomes;

static void note_outcome(void *context, int q, const float *score)
{
    Outcomes *o = context;
    const int right = o->t->right[q], pairs = o->t->search.k->n;
    if (o->parity >= 0 && right % 2 != o->parity)
        return;
    Outcome *with = &o->at[o->n++], *without = &o->at[o->n++];
    with->right = surest(score, pairs, o->how, -1, &with->sure) == right;
    surest(score, pairs, o->how, right, &without->sure);
    without->right = 0;
}

int trial_outcomes(Trial *t, Method m, Sureness how, int parity, Outcome *o)
{
    Outcomes all = {t, how, parity, 0, o};
    for_each(t, m, note_outcome, &all);
    return all.n;
}

void outside_outcomes(Trial *t, Method m, Sureness how, const Text *question,
                      int n, Outcome *o)
{
    const int pairs = t->search.k->n;
    float *score = new_array((size_t)n * pairs + 1, sizeof *score);
    search_scores(&t->search, m, question, n, score);
    for (int q = 0; q < n; q++) {
        surest(score + (size_t)q * pairs, pairs, how, -1, &o[q].sure);
        o[q].right = 0;
    }
    free(score);
}

// Keeps at most so many of the questions, spread evenly.
static void thin_out(Trial *t, int most)
{
    if (t->n <= most)
        return;
    for (int i = 0; i < most; i++) {
        const int from = (int)((int64_t)i * t->n / most);
        t->question[i] = t->question[from];
        t->right[i] = t->right[from];
    }
    t->n = most;
}

Outcome *calibration_outcomes(const Search *like, Method m, Sureness how,
                              int *n)
{
    enum { MOST = 500 }; // questions of each half
    Outcome *o = new_array(4 * MOST + 1, sizeof *o);
    *n = 0;
    for (int part = 0; part < 2; part++) {
        Trial t = trial_part(like->k, part);
        const bool teach = m == BY_OWN && like->own && t.n > 0;
        Contrast own;
        Encoder e;
        trial_equip(&t, like);
        thin_out(&t, MOST);
        if (teach)
            trial_teach(&t, like->own, &own, &e);
        *n += trial_outcomes(&t, m, how, -1, o + *n);
        trial_free(&t);
        if (teach)
            contrast_free(&own);
    }
    return o;
}

float calibrate(const Search *like, Method m, Sureness how, double cost)
{
    int n;
    Outcome *o = calibration_outcomes(like, m, how, &n);
    const float threshold = n ? best_threshold(o, n, cost) : -INFINITY;
    free(o);
    return threshold;
}
