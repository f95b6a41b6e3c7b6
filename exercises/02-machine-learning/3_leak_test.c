// The test of exercise 3: labels by coin must be judged as such, and a real
// difference must still be found.
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_by_coin),
        cmocka_unit_test(a_real_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
