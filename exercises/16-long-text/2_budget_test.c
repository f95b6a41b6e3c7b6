// Sentences by hand, and at random against the rule itself.
#include "16-long-text/choose.h"

#include "common/testing.h"

static void expect(const char *what, const double *score, const int *cost,
                   int n, int budget, const int *want, int many)
{
    int got[8] = {-1, -1, -1, -1, -1, -1, -1, -1};
    const int k = choose_within(score, cost, n, budget, got);
    if (k != many)
        fail_msg("%s: expected %d sentences, got %d", what, many, k);
    for (int i = 0; i < many; i++)
        if (got[i] != want[i])
            fail_msg("%s: number %d of those taken should be sentence %d, is "
                     "%d",
                     what, i, want[i], got[i]);
}

static const double score[] = {1, 5, 3, 4, 3};
static const int cost[] = {10, 20, 10, 30, 10};

static void the_best_first(void **state)
{
    (void)state;
    expect("room for the best two", score, cost, 5, 50, (int[]){1, 3}, 2);
    expect("room for all", score, cost, 5, 80, (int[]){0, 1, 2, 3, 4}, 5);
}

static void in_the_order_of_the_text(void **state)
{
    (void)state;
    expect("scores that rise", (double[]){1, 2, 3}, (int[]){1, 1, 1}, 3, 2,
           (int[]){1, 2}, 2);
    expect("the best stands last", (double[]){2, 1, 3}, (int[]){1, 1, 1}, 3, 2,
           (int[]){0, 2}, 2);
}

static void what_does_not_fit_is_passed_over(void **state)
{
    (void)state;
    expect("the second best is too long", score, cost, 5, 45, (int[]){1, 2, 4},
           3);
    expect("one of two equals fits", score, cost, 5, 10, (int[]){2}, 1);
    expect("a negative score", (double[]){-1, -2}, (int[]){5, 5}, 2, 7,
           (int[]){0}, 1);
}

static void nothing_fits(void **state)
{
    (void)state;
    expect("all are too long", score, cost, 5, 9, (int[]){1}, 1);
    expect("all are too long, two are equally good", (double[]){3, 5, 5},
           (int[]){20, 20, 20}, 3, 9, (int[]){1}, 1);
    expect("a budget of 0", score, cost, 5, 0, (int[]){1}, 1);
    expect("all are empty", score, (int[]){0, 0, 0, 0, 0}, 5, 9, NULL, 0);
    expect("there are none", score, cost, 0, 9, NULL, 0);
    expect("empty ones beside one too long", (double[]){9, 1}, (int[]){0, 20},
           2, 9, (int[]){1}, 1);
}

// What was taken, checked sentence by sentence, the best first.
static void at_random(void **state)
{
    (void)state;
    enum { N = 30 };
    Rng r = rng_new(3);
    for (int round = 0; round < 200; round++) {
        double s[N];
        int c[N], got[N + 1], left = 20 + rng_below(&r, 100);
        bool taken[N] = {false};
        for (int i = 0; i < N; i++) {
            s[i] = rng_below(&r, 12);
            c[i] = 1 + rng_below(&r, 19);
        }
        const int k = choose_within(s, c, N, left, got);
        if (k < 0 || k > N)
            fail_msg("of %d sentences %d were taken", N, k);
        for (int i = 0; i < k; i++) {
            if (got[i] < 0 || got[i] >= N || (i > 0 && got[i] <= got[i - 1]))
                fail_msg("sentence %d is in place %d", got[i], i);
            taken[got[i]] = true;
        }
        for (int value = 11; value >= 0; value--)
            for (int i = 0; i < N; i++) {
                if (s[i] != value)
                    continue;
                if (taken[i] != (c[i] <= left))
                    fail_msg("sentence %d (score %d, cost %d) with %d left %s",
                             i, value, c[i], left,
                             taken[i] ? "was taken" : "was not taken");
                left -= taken[i] ? c[i] : 0;
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_first),
        cmocka_unit_test(in_the_order_of_the_text),
        cmocka_unit_test(what_does_not_fit_is_passed_over),
        cmocka_unit_test(nothing_fits),
        cmocka_unit_test(at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
