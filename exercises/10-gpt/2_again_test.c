// The repetition penalty: for each sign of a logit, and once.
#include "10-gpt/sampler.h"

#include "common/testing.h"

static void expect(const char *what, float got, double want)
{
    if (!(fabs((double)got - want) < 1e-6))
        fail_msg("%s: the logit should become %.3f, it is %.3f", what, want,
                 (double)got);
}

static void a_positive_logit_falls(void **state)
{
    (void)state;
    float x[] = {3, 5, 1};
    penalize_repetition(x, (int[]){1}, 1, 2);
    expect("5 with a penalty of 2", x[1], 2.5);
    expect("a piece that was not said, 3", x[0], 3);
    expect("a piece that was not said, 1", x[2], 1);
}

static void a_negative_logit_falls_too(void **state)
{
    (void)state;
    float x[] = {3, -2, 0};
    penalize_repetition(x, (int[]){1, 2}, 2, 2);
    expect("-2 with a penalty of 2 (less probable is more negative)", x[1], -4);
    expect("0 with a penalty of 2", x[2], 0);
}

static void once_is_enough(void **state)
{
    (void)state;
    float x[] = {8, -1, 4};
    penalize_repetition(x, (int[]){0, 2, 0, 1, 0, 1}, 6, 2);
    expect("8, said three times", x[0], 4);
    expect("-1, said twice", x[1], -2);
    expect("4, said once", x[2], 2);
}

static void a_large_vocabulary(void **state)
{
    (void)state;
    enum { V = 50000 };
    static float x[V];
    const int past[] = {V - 1, 7, 71, V - 1, 40000, 71, 7 + 1024};
    for (int i = 0; i < V; i++)
        x[i] = 4;
    penalize_repetition(x, past, 7, 2);
    for (int i = 0; i < V; i++) {
        bool said = false;
        for (int j = 0; j < 7; j++)
            said = said || past[j] == i;
        if (x[i] != (said ? 2 : 4))
            fail_msg("piece %d of %d %s: its logit of 4 should become %d with "
                     "a penalty of 2, it is %.3f",
                     i, V, said ? "was said" : "was not said", said ? 2 : 4,
                     (double)x[i]);
    }
}

static void nothing_said_nothing_done(void **state)
{
    (void)state;
    float x[] = {8, -1};
    penalize_repetition(x, NULL, 0, 2);
    expect("8, nothing said", x[0], 8);
    penalize_repetition(x, (int[]){0, 1}, 2, 1);
    expect("8 with a penalty of 1", x[0], 8);
    expect("-1 with a penalty of 1", x[1], -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_positive_logit_falls),
        cmocka_unit_test(a_negative_logit_falls_too),
        cmocka_unit_test(once_is_enough),
        cmocka_unit_test(a_large_vocabulary),
        cmocka_unit_test(nothing_said_nothing_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
