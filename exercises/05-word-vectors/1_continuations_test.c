// Counted on paper.
#include "05-word-vectors/ngram.h"

#include "common/testing.h"

// Words: 0 is black, 1 tea, 2 sea, 3 the, 4 a.
enum { BLACK, TEA, SEA, THE, A, WORDS };
static const char *const name[] = {"black", "tea", "sea",      "the",
                                   "a",     "END", "BEGINNING"};

static Ngram learned(int order)
{
    Ngram g = ngram_new(order, WORDS);
    static const int text[][2] = {
        {BLACK, TEA}, {BLACK, TEA}, {BLACK, TEA}, {THE, SEA}, {A, SEA}};
    for (int i = 0; i < 5; i++)
        ngram_learn(&g, text[i], 2);
    ngram_continuations(&g);
    return g;
}

static void expect(const Ngram *g, const int *id, int n, int want)
{
    const int node = ngram_find(g, id, n);
    assert_true(node >= 0);
    if (g->gram[node].before != want)
        fail_msg("\"%s%s%s\" occurs %d times, and after %d different words; "
                 "yours says after %d",
                 name[id[0]], n > 1 ? " " : "", n > 1 ? name[id[1]] : "",
                 g->gram[node].count, want, g->gram[node].before);
}

static void single_words(void **state)
{
    (void)state;
    Ngram g = learned(2);
    static const int want[] = {1, 1, 2, 1, 1, 2}; // END: after tea and sea
    for (int w = 0; w <= WORDS; w++)
        expect(&g, &w, 1, want[w]);
    const int begin = ngram_begin(&g);
    expect(&g, &begin, 1, 0); // nothing comes before it
    ngram_free(&g);
}

static void pairs(void **state)
{
    (void)state;
    Ngram g = learned(3);
    expect(&g, (const int[]){BLACK, TEA}, 2, 1); // after the beginning only
    expect(&g, (const int[]){TEA, WORDS}, 2, 1); // after black
    expect(&g, (const int[]){SEA, WORDS}, 2, 2); // after the, and after a
    expect(&g, (const int[]){ngram_begin(&g), THE}, 2, 0);
    ngram_free(&g);
}

static void the_root_has_none(void **state)
{
    (void)state;
    Ngram g = learned(2);
    if (g.gram[0].before != 0)
        fail_msg("the root is no sequence of words: its `before` should be 0, "
                 "yours is %d",
                 g.gram[0].before);
    ngram_free(&g);
}

static void counting_twice_changes_nothing(void **state)
{
    (void)state;
    Ngram g = learned(2);
    ngram_continuations(&g);
    expect(&g, (const int[]){SEA}, 1, 2);
    ngram_free(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(single_words),
        cmocka_unit_test(pairs),
        cmocka_unit_test(the_root_has_none),
        cmocka_unit_test(counting_twice_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
