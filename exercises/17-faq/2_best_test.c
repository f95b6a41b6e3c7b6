// Small cases by hand, then at random against a plain search for the best.
#include "17-faq/ranking.h"

#include "common/rng.h"
#include "common/testing.h"

static void expect(const char *what, const float *score, int n, int k,
                   const int *want, int many)
{
    Hit got[8];
    for (int i = 0; i < 8; i++)
        got[i] = (Hit){-7, 0};
    const int m = top_hits(score, n, k, got);
    if (m != many)
        fail_msg("%s: expected %d hits, got %d", what, many, m);
    for (int i = k; i < 8; i++)
        if (got[i].item != -7)
            fail_msg("%s: there is room for %d hits, but place %d was written",
                     what, k, i);
    for (int i = 0; i < many; i++)
        if (got[i].item != want[i])
            fail_msg("%s: number %d should be item %d, is %d", what, i + 1,
                     want[i], got[i].item);
}

static void by_hand(void **state)
{
    (void)state;
    const float score[] = {3, 1, 4, 1, 5, 9, 2, 6};
    expect("the best", score, 8, 1, (int[]){5}, 1);
    expect("the best three", score, 8, 3, (int[]){5, 7, 4}, 3);
    expect("all", score, 8, 8, (int[]){5, 7, 4, 2, 0, 6, 1, 3}, 8);
    expect("rising scores", (float[]){1, 2, 3, 4}, 4, 2, (int[]){3, 2}, 2);
    expect("falling scores", (float[]){4, 3, 2, 1}, 4, 2, (int[]){0, 1}, 2);
}

static void at_the_borders(void **state)
{
    (void)state;
    expect("more wanted than there are", (float[]){1, 2}, 2, 7, (int[]){1, 0},
           2);
    expect("none wanted", (float[]){1, 2}, 2, 0, NULL, 0);
    expect("none there", NULL, 0, 3, NULL, 0);
    expect("equal scores", (float[]){7, 7, 7, 7}, 4, 2, (int[]){0, 1}, 2);
    expect("minus infinity is a score", (float[]){-INFINITY, 1, -INFINITY, -5},
           4, 3, (int[]){1, 3, 0}, 3);
    expect("minus infinity comes before NaN",
           (float[]){NAN, -INFINITY, INFINITY}, 3, 3, (int[]){2, 1, 0}, 3);
    expect("NaN", (float[]){NAN, 1, NAN, -5}, 4, 3, (int[]){1, 3, 0}, 3);
}

static void at_random(void **state)
{
    (void)state;
    enum { N = 200 };
    Rng r = rng_new(1);
    for (int round = 0; round < 60; round++) {
        float score[N];
        Hit got[N];
        const int n = 1 + rng_below(&r, N), k = 1 + rng_below(&r, n);
        for (int i = 0; i < n; i++)
            score[i] = (float)rng_below(&r, 1 + round * 4);
        if (top_hits(score, n, k, got) != k)
            fail_msg("%d wanted of %d, and not as many came", k, n);
        for (int i = 0; i < k; i++) {
            if (got[i].item < 0 || got[i].item >= n ||
                got[i].score != score[got[i].item])
                fail_msg("number %d of %d: item %d has not the score %g", i + 1,
                         k, got[i].item, (double)got[i].score);
            const int rank = rank_of(score, n, got[i].item);
            if (rank != i + 1)
                fail_msg("%d of %d: item %d is number %d and stands at %d", k,
                         n, got[i].item, rank, i + 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(at_the_borders),
        cmocka_unit_test(at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
