// The test of exercise 4: small orders by hand, and random ones against all
// pairs.
#include "02-machine-learning/evaluate.h"
#include "common/testing.h"

static void expect(const char *what, const float *score, const int *label,
                   int n, double want)
{
    const double got = auc(score, label, n);
    if (!(fabs(got - want) < 1e-9))
        fail_msg("%s: the area should be %.10g, but is %.10g", what, want, got);
}

static void without_ties(void **state)
{
    (void)state;
    const float up[] = {1, 2, 3, 4};
    expect("0 0 1 1", up, (int[]){0, 0, 1, 1}, 4, 1);
    expect("1 1 0 0", up, (int[]){1, 1, 0, 0}, 4, 0);
    expect("0 1 0 1", up, (int[]){0, 1, 0, 1}, 4, 0.75);
    expect("0 1", up, (int[]){0, 1}, 2, 1);
}

static void with_ties(void **state)
{
    (void)state;
    const float same[] = {5, 5, 5, 5, 5};
    expect("five equal scores", same, (int[]){0, 1, 0, 1, 1}, 5, 0.5);
    const float book[] = {0.9f, 0.8f, 0.5f, 0.5f, 0.5f, 0.1f};
    expect("0.9 0.8 0.5 0.5 0.5 0.1", book, (int[]){1, 0, 1, 1, 0, 0}, 6,
           6.0 / 9);
    // Nearly equal is not equal.
    expect("1e-9 2e-9", (float[]){1e-9f, 2e-9f}, (int[]){0, 1}, 2, 1);
    // The order of equal ones must not matter.
    expect("the same in another order", book, (int[]){1, 0, 0, 1, 1, 0}, 6,
           6.0 / 9);
}

static void all_pairs(void **state)
{
    (void)state;
    enum { N = 211 };
    Rng rng = rng_new(1);
    for (int values = 2; values < 1000; values = values * 5 + 1) {
        float score[N];
        int label[N];
        double won = 0, pairs = 0;
        for (int i = 0; i < N; i++) {
            label[i] = rng_below(&rng, 3) == 0;
            score[i] = (float)(rng_below(&rng, values) + label[i]);
        }
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++)
                if (label[i] == 1 && label[j] == 0) {
                    pairs++;
                    won += score[i] > score[j]    ? 1
                           : score[i] == score[j] ? 0.5
                                                  : 0;
                }
        expect("211 random ones against all pairs", score, label, N,
               won / pairs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_ties),
        cmocka_unit_test(with_ties),
        cmocka_unit_test(all_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
