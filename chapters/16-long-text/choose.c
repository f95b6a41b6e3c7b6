// Choosing what to read; see choose.h.
#include "16-long-text/choose.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const choice_names[CHOICES] = {
    "random sentences", "TF-IDF sentences", "TextRank sentences"};

static int by_number(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

// The ids of each sentence sorted, each once: those of sentence i begin where
// they did, and there are kinds[i] of them.
static int *word_sets(const Document *d, int *kinds)
{
    int *id = new_array((size_t)d->n + 1, sizeof *id);
    for (int i = 0; i < d->sentences; i++) {
        const int from = d->sentence[i], n = d->sentence[i + 1] - from;
        int *set = id + from;
        memcpy(set, d->id + from, (size_t)n * sizeof *set);
        qsort(set, n, sizeof *set, by_number);
        kinds[i] = 0;
        for (int k = 0; k < n; k++)
            if (k == 0 || set[k] != set[kinds[i] - 1])
                set[kinds[i]++] = set[k];
    }
    return id;
}

// --- TextRank ---------------------------------------------------------------

double sentence_overlap(const int *a, int different_a, int na, const int *b,
                        int different_b, int nb)
{
    int common = 0;
    for (int i = 0, j = 0; i < different_a && j < different_b;) {
        common += a[i] == b[j];
        if (a[i] == b[j])
            i++, j++;
        else
            a[i] < b[j] ? i++ : j++;
    }
    const double length = log(na) + log(nb);
    return common && length > 0 ? common / length : 0;
}

// Row i of the graph (n x n): the weights of the edges of sentence i, divided
// by their sum; zeros if it has none.
static double *sentence_graph(const Document *d)
{
    const int n = d->sentences;
    double *edge = new_array((size_t)n * n + 1, sizeof *edge);
    int *kinds = new_array((size_t)n + 1, sizeof *kinds);
    int *set = word_sets(d, kinds);
    const int *start = d->sentence;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            edge[i * n + j] = edge[j * n + i] = sentence_overlap(
                set + start[i], kinds[i], start[i + 1] - start[i],
                set + start[j], kinds[j], start[j + 1] - start[j]);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int j = 0; j < n; j++)
            sum += edge[i * n + j];
        for (int j = 0; j < n && sum > 0; j++)
            edge[i * n + j] /= sum;
    }
    free(kinds);
    free(set);
    return edge;
}

void textrank(const Document *d, double *score)
{
    enum { ROUNDS = 100 };
    const double stay = 0.15; // 1 - d of Brin and Page (1998)
    const int n = d->sentences;
    double *edge = sentence_graph(d),
           *next = new_array((size_t)n + 1, sizeof *next);
    for (int i = 0; i < n; i++)
        score[i] = 1;
    double moved = 1;
    for (int round = 0; round < ROUNDS && moved > 1e-6; round++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            next[i] = stay;
        for (int j = 0; j < n; j++)
            for (int i = 0; i < n; i++)
                next[i] += (1 - stay) * edge[j * n + i] * score[j];
        // What sentences without an edge would hand on is spread over all.
        for (int i = 0; i < n; i++)
            sum += next[i];
        moved = 0;
        for (int i = 0; i < n; i++) {
            next[i] *= n / sum;
            moved = fmax(moved, fabs(next[i] - score[i]));
            score[i] = next[i];
        }
    }
    free(edge);
    free(next);
}

// --- TF-IDF -----------------------------------------------------------------

void tfidf_sentences(const Document *d, double *score)
{
    int *kinds = new_array((size_t)d->sentences + 1, sizeof *kinds), most = 0;
    int *set = word_sets(d, kinds);
    for (int i = 0; i < d->n; i++)
        most = d->id[i] > most ? d->id[i] : most;
    int *words = new_array((size_t)most + 1, sizeof *words); // in the document
    int *with = new_array((size_t)most + 1, sizeof *with);   // sentences
    for (int i = 0; i < d->n; i++)
        words[d->id[i]]++;
    for (int i = 0; i < d->sentences; i++)
        for (int k = 0; k < kinds[i]; k++)
            with[set[d->sentence[i] + k]]++;
    for (int i = 0; i < d->sentences; i++) {
        const int from = d->sentence[i], end = d->sentence[i + 1];
        score[i] = 0;
        for (int k = from; k < end; k++) {
            const int w = d->id[k];
            score[i] +=
                words[w] * log((double)d->sentences / with[w]) / (end - from);
        }
    }
    free(kinds), free(set), free(words), free(with);
}

// --- choosing ---------------------------------------------------------------

void choice_scores(Choice choice, const Document *d, Rng *r, double *score)
{
    switch (choice) {
    case TFIDF_SENTENCES:
        tfidf_sentences(d, score);
        break;
    case TEXTRANK_SENTENCES:
        textrank(d, score);
        break;
    default:
        for (int i = 0; i < d->sentences; i++)
            score[i] = (double)rng_uniform(r);
    }
}

typedef struct Candidate {
    double score;
    int sentence;
} Candidate;

static int best_first(const void *a, const void *b)
{
    const Candidate *x = a, *y = b;
    if (x->score != y->score)
        return x->score < y->score ? 1 : -1;
    return x->sentence - y->sentence;
}

int choose_within(const double *score, const int *cost, int n, int budget,
                  int *chosen)
{
    Candidate *c = new_array((size_t)n + 1, sizeof *c);
    int many = 0, taken = 0, spent = 0;
    for (int i = 0; i < n; i++)
        if (cost[i] > 0)
            c[many++] = (Candidate){score[i], i};
    if (many > 0)
        qsort(c, many, sizeof *c, best_first);
    for (int i = 0; i < many; i++)
        if (cost[c[i].sentence] <= budget - spent) {
            spent += cost[c[i].sentence];
            chosen[taken++] = c[i].sentence;
        }
    if (taken == 0 && many > 0)
        chosen[taken++] = c[0].sentence;
    if (taken > 0)
        qsort(chosen, taken, sizeof *chosen, by_number);
    free(c);
    return taken;
}
