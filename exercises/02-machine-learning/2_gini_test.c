// The test of exercise 2: heaps and questions worked out by hand.
#include "2_gini.h"
#include "common/testing.h"

static void expect_gini(int a, int b, int c, double want)
{
    const int count[] = {a, b, c};
    const double got = gini(count, 3);
    if (!(fabs(got - want) < 1e-9))
        fail_msg("Gini of %d, %d and %d of three classes should be %.10g, but "
                 "is %.10g",
                 a, b, c, want, got);
}

static void heaps(void **state)
{
    (void)state;
    expect_gini(4, 4, 0, 0.5);
    expect_gini(4, 1, 0, 0.32);
    expect_gini(0, 3, 0, 0);
    expect_gini(2, 2, 2, 2.0 / 3);
    expect_gini(0, 0, 0, 0);
    expect_gini(50000, 50000, 0, 0.5);
}

static void expect(const char *what, Question got, double gain, float at)
{
    if (!(fabs(got.gain - gain) < 1e-9))
        fail_msg("%s: the best gain should be %.10g, but is %.10g", what, gain,
                 got.gain);
    if (gain > 0 && !(fabsf(got.threshold - at) < 1e-6f))
        fail_msg("%s: the threshold should be %g, but is %g", what, (double)at,
                 (double)got.threshold);
}

static void questions(void **state)
{
    (void)state;
    const float value[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const int as_in_the_task[] = {0, 0, 1, 0, 0, 1, 1, 1};
    expect("A A B A A B B B at 1 .. 8",
           best_question(value, as_in_the_task, 8, 2), 0.3, 5.5f);
    const int clean[] = {0, 0, 0, 1, 1, 1, 1, 1};
    expect("A A A B B B B B at 1 .. 8", best_question(value, clean, 8, 2),
           1 - 9 / 64.0 - 25 / 64.0, 3.5f);
    expect("one example", best_question(value, clean, 1, 2), 0, 0);
    expect("all alike", best_question(value, clean, 3, 2), 0, 0);
    const int three[] = {0, 0, 1, 1, 2, 2, 2, 2}; // 0.625 - 4/8 * 0.5
    expect("A A B B C C C C at 1 .. 8", best_question(value, three, 8, 3),
           0.375, 4.5f);
    const float below[] = {-9, -7, -4, -2};
    const int late[] = {0, 0, 0, 1};
    expect("A A A B at -9 -7 -4 -2", best_question(below, late, 4, 2), 0.375,
           -3);
}

static void equal_values(void **state)
{
    (void)state;
    // The clean cut, after the second example, would part equal values.
    const float value[] = {1, 2, 2, 3};
    const int label[] = {0, 0, 1, 1};
    Question q = best_question(value, label, 4, 2);
    if (q.threshold > 1.75f && q.threshold < 2.25f)
        fail_msg("a threshold of %g lies between the two equal values 2 and 2",
                 (double)q.threshold);
    // 0 | 0 1 1: 0.5 - 3/4 * 4/9
    expect("A A B B at 1 2 2 3", q, 0.5 - 0.75 * 4 / 9, 1.5f);
    // The equal ones stand before the cut: all of them must be on its left.
    const float before[] = {1, 1, 1, 2, 2};
    const int clean[] = {0, 0, 0, 1, 1};
    expect("A A A B B at 1 1 1 2 2", best_question(before, clean, 5, 2), 0.48,
           1.5f);
    const float same[] = {7, 7, 7, 7};
    expect("four times 7", best_question(same, label, 4, 2), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heaps),
        cmocka_unit_test(questions),
        cmocka_unit_test(equal_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
