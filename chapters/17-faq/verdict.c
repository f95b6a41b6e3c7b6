// Judging; see verdict.h.
#include "17-faq/verdict.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Found found_of(const int *rank, int n)
{
    Found f = {0};
    for (int i = 0; i < n; i++) {
        check(rank[i] >= 1, "rank %d", rank[i]);
        f.r1 += (double)(rank[i] == 1) / n;
        f.r5 += (double)(rank[i] <= 5) / n;
        f.mrr += 1.0 / rank[i] / n;
    }
    return f;
}

static int smaller_first(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

Bounds bootstrap(const double *x, const int *group, int n, int groups,
                 uint64_t seed)
{
    enum { ROUNDS = 1000, EDGE = 25 };
    double mean[ROUNDS], all = 0;
    double *sum = new_array((size_t)groups + 1, sizeof *sum);
    int *count = new_array((size_t)groups + 1, sizeof *count);
    Rng r = rng_new(seed);
    check(n > 0 && groups > 0, "a bootstrap of %d values", n);
    for (int i = 0; i < n; i++) {
        sum[group[i]] += x[i];
        count[group[i]]++;
        all += x[i] / n;
    }
    for (int k = 0; k < ROUNDS; k++) {
        double total = 0;
        int drawn = 0;
        for (int g = 0; g < groups || drawn == 0; g++) {
            const int one = rng_below(&r, groups);
            total += sum[one];
            drawn += count[one];
        }
        mean[k] = total / drawn;
    }
    qsort(mean, ROUNDS, sizeof *mean, smaller_first);
    free(sum), free(count);
    return (Bounds){all, mean[EDGE], mean[ROUNDS - 1 - EDGE]};
}

Bounds bootstrap_between(const double *x, const double *y, const int *group,
                         int n, int groups, uint64_t seed)
{
    double *d = new_array((size_t)n + 1, sizeof *d);
    for (int i = 0; i < n; i++)
        d[i] = x[i] - y[i];
    const Bounds b = bootstrap(d, group, n, groups, seed);
    free(d);
    return b;
}

// --- silence ----------------------------------------------------------------

static int surest_first(const void *a, const void *b)
{
    const Outcome *x = a, *y = b;
    return (x->sure < y->sure) - (x->sure > y->sure);
}

static Outcome *by_sureness(const Outcome *o, int n)
{
    Outcome *s = new_array((size_t)n + 1, sizeof *s);
    if (n > 0)
        memcpy(s, o, (size_t)n * sizeof *s);
    qsort(s, (size_t)n, sizeof *s, surest_first);
    return s;
}

int risk_over_coverage(const Outcome *o, int n, double *coverage, double *risk)
{
    Outcome *s = by_sureness(o, n);
    int points = 0, wrong = 0;
    for (int i = 0; i < n; i++) {
        wrong += !s[i].right;
        if (i + 1 < n && s[i + 1].sure == s[i].sure)
            continue; // equal ones are answered together
        coverage[points] = (double)(i + 1) / n;
        risk[points++] = (double)wrong / (i + 1);
    }
    free(s);
    return points;
}

float best_threshold(const Outcome *o, int n, double cost)
{
    Outcome *s = by_sureness(o, n);
    double worth = 0, best = 0;
    float threshold = INFINITY;
    for (int i = 0; i < n; i++) {
        worth += s[i].right ? 1 : -cost;
        if (i + 1 < n && s[i + 1].sure == s[i].sure)
            continue;
        if (worth > best) { // halfway to the next: what is nearly as sure
            best = worth;   // is answered, too
            threshold = i + 1 < n ? (s[i].sure + s[i + 1].sure) / 2 : s[i].sure;
        }
    }
    free(s);
    return threshold;
}

Answered answered_at(const Outcome *o, int n, float threshold)
{
    Answered a = {0};
    for (int i = 0; i < n; i++) {
        double *share = o[i].sure < threshold ? &a.silent
                        : o[i].right          ? &a.right
                                              : &a.wrong;
        *share += 1.0 / n;
    }
    return a;
}
