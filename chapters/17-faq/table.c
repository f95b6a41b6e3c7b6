// The table of methods; see table.h.
#include "17-faq/table.h"

#include "common/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add_trial(Scored *row, Trial *t, Method m)
{
    const size_t room = (size_t)row->n + (size_t)t->n + 1;
    row->there = true;
    row->pairs = t->search.k->n;
    row->right = grow_array(row->right, room, sizeof *row->right);
    memcpy(row->right + row->n, t->right, (size_t)t->n * sizeof *t->right);
    row->first = grow_array(row->first, room, sizeof *row->first);
    row->reciprocal =
        grow_array(row->reciprocal, room, sizeof *row->reciprocal);
    const Found f =
        trial_found(t, m, row->first + row->n, row->reciprocal + row->n);
    const double all = row->n + t->n;
    row->found.r1 = (row->found.r1 * row->n + f.r1 * t->n) / all;
    row->found.r5 = (row->found.r5 * row->n + f.r5 * t->n) / all;
    row->found.mrr = (row->found.mrr * row->n + f.mrr * t->n) / all;
    row->n += t->n;
}

void table_score(const Search *like, int part, const ContrastRecipe *recipe,
                 uint64_t seed, Scored row[METHODS])
{
    const int last = part < 0 ? 0 : 2;
    for (int m = 0; m < METHODS; m++)
        row[m] = (Scored){0};
    for (int half = part; half < last; half++) { // -1, or 0 and 1
        Trial t = trial_part(like->k, half);
        trial_equip(&t, like);
        Contrast own;
        Encoder e;
        if (recipe)
            trial_teach(&t, recipe, &own, &e);
        for (Method m = 0; m < METHODS; m++)
            if (search_can(&t.search, m))
                add_trial(&row[m], &t, m);
        trial_free(&t);
        if (recipe)
            contrast_free(&own);
    }
    for (Method m = 0; m < METHODS; m++)
        if (row[m].there)
            row[m].r1 = bootstrap(row[m].first, row[m].right, row[m].n,
                                  row[m].pairs, seed);
}

void table_print(const Scored row[METHODS], Method against, uint64_t seed)
{
    printf("  %-18s %5s  %-13s  %5s  %5s  %s\n", "", "R@1", "95 %", "R@5",
           "MRR", "R@1 less that of the first row");
    for (Method m = 0; m < METHODS; m++) {
        const Scored *r = &row[m];
        if (!r->there)
            continue;
        const char *measured = m == BY_OWN ? "~" : "";
        printf("  %-18s %s%5.3f  %s%.3f to %s%.3f  %s%5.3f  %s%5.3f",
               method_titles[m], measured, r->found.r1, measured, r->r1.low,
               measured, r->r1.high, measured, r->found.r5, measured,
               r->found.mrr);
        if (m != against) {
            const Bounds b = bootstrap_between(r->first, row[against].first,
                                               r->right, r->n, r->pairs, seed);
            printf("  %s%+.3f (%s%+.3f to %s%+.3f)", measured, b.mean, measured,
                   b.low, measured, b.high);
        }
        putchar('\n');
    }
    fflush(stdout);
}

void table_free(Scored row[METHODS])
{
    for (int m = 0; m < METHODS; m++)
        free(row[m].first), free(row[m].reciprocal), free(row[m].right);
}
