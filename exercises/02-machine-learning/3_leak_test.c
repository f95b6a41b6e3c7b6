// The test of exercise 3: labels by coin must be judged as such, and a real
// difference must still be found.
#include "02-machine-learning/evaluate.h"
#include "3_leak.h"
#include "common/testing.h"

#include <stdlib.h>

// 40 examples of 1000 random features; `signal` is added to the first five of
// those with label 1.
static double score(uint64_t seed, float signal)
{
    Rng rng = rng_new(seed);
    Examples e = examples_new(40, 1000, 2);
    for (int i = 0; i < e.n; i++) {
        e.label[i] = i % 2;
        for (int j = 0; j < e.d; j++)
            e.x[i * e.d + j] =
                rng_normal(&rng) + (j < 5 && e.label[i] ? signal : 0);
    }
    int *order = shuffled(&rng, e.n);
    const double got = judged(&e, order, 5, 10);
    free(order);
    examples_free(&e);
    return got;
}

static void labels_by_coin(void **state)
{
    (void)state;
    double mean = 0;
    for (uint64_t seed = 1; seed <= 10; seed++)
        mean += score(seed, 0) / 10;
    if (mean > 0.62)
        fail_msg("labels drawn with a coin: nobody can be right in more than "
                 "about half of the cases, but the study reports %.1f %%",
                 100 * mean);
    if (mean < 0.38)
        fail_msg("labels drawn with a coin: %.1f %% is much less than half, "
                 "which needs knowledge too",
                 100 * mean);
}

static void a_real_difference(void **state)
{
    (void)state;
    double mean = 0;
    for (uint64_t seed = 1; seed <= 3; seed++)
        mean += score(seed, 3) / 3;
    if (mean < 0.95)
        fail_msg("five genes differ by three standard deviations: at least 95 "
                 "%% should be right, but only %.1f %% are",
                 100 * mean);
}

// Fold by fold, by the header: 4 folds of 5 or 6 of 23 examples.
static void the_mean_over_the_folds(void **state)
{
    (void)state;
    enum { N = 23, D = 9, FOLDS = 4, MOST = 3 };
    Rng rng = rng_new(5);
    Examples e = examples_new(N, D, 2);
    for (int i = 0; i < N; i++) {
        e.label[i] = rng_below(&rng, 2);
        for (int j = 0; j < D; j++)
            e.x[i * D + j] = rng_normal(&rng) + (float)(j % 3 * e.label[i]) / 2;
    }
    int *order = shuffled(&rng, N);
    for (int keep = 1; keep <= MOST; keep++) {
        double want = 0;
        for (int fold = 0; fold < FOLDS; fold++) {
            int train[N], feature[MOST], from, to;
            int n = fold_part(order, N, FOLDS, fold, train, &from, &to);
            choose_features(&e, train, n, keep, feature);
            want += nearest_mean(&e, train, n, order + from, to - from, feature,
                                 keep) /
                    FOLDS;
        }
        const double got = judged(&e, order, FOLDS, keep);
        if (!(fabs(got - want) < 1e-9))
            fail_msg("23 examples in 4 folds, %d of 9 features: learnt and "
                     "chosen without the fold, %.1f %% are right in the mean "
                     "over the folds, but the study reports %.1f %%",
                     keep, 100 * want, 100 * got);
    }
    free(order);
    examples_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_by_coin),
        cmocka_unit_test(a_real_difference),
        cmocka_unit_test(the_mean_over_the_folds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
