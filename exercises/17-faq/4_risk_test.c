// The example, the three traps, and at random against all thresholds.
#include "4_risk.h"

#include "common/testing.h"

static const Outcome five[] = {
    {0.5f, 0}, {0.9f, 1}, {0.2f, 0}, {0.8f, 1}, {0.5f, 1}};

static void expect(const char *what, const Outcome *o, int n, double risk,
                   float want)
{
    const float got = threshold_for_risk(o, n, risk);
    if (got != want)
        fail_msg("%s: expected the threshold %g, got %g", what, (double)want,
                 (double)got);
}

static void the_example(void **state)
{
    (void)state;
    expect("risk 0.25", five, 5, 0.25, 0.5f);
    expect("risk 0.2", five, 5, 0.2, 0.8f);
    expect("risk 0.4", five, 5, 0.4, 0.2f);
    expect("risk 0", five, 5, 0, 0.8f);
}

static void equals_go_together(void **state)
{
    (void)state;
    const Outcome o[] = {{1, 1}, {0.5f, 1}, {0.5f, 0}, {0.5f, 0}};
    expect("one right and two wrong ones at 0.5", o, 4, 0.4, 1);
    expect("one right and two wrong ones at 0.5", o, 4, 0.5, 0.5f);
}

static void risk_comes_down_again(void **state)
{
    (void)state;
    const Outcome o[] = {{9, 0}, {8, 1}, {7, 1}, {6, 1}, {5, 0}};
    expect("the surest is wrong, three right ones follow", o, 5, 0.25, 6);
    expect("the surest is wrong, three right ones follow", o, 5, 0.1, INFINITY);
}

// A score may be below 0: a cosine, a logarithm.
static void below_zero(void **state)
{
    (void)state;
    const Outcome o[] = {{-3, 0}, {-1, 1}, {-2, 1}, {0, 1}};
    expect("sure 0, -1, -2 are right, -3 is wrong", o, 4, 0.1, -2);
    expect("sure 0, -1, -2 are right, -3 is wrong", o, 4, 0.25, -3);
}

static void nothing_to_answer(void **state)
{
    (void)state;
    expect("all are wrong", (Outcome[]){{3, 0}, {2, 0}}, 2, 0.3, INFINITY);
    expect("no questions", five, 0, 0.3, INFINITY);
    expect("everything is allowed", five, 5, 1, 0.2f);
}

static void at_random(void **state)
{
    (void)state;
    enum { N = 40 };
    Rng r = rng_new(4);
    for (int round = 0; round < 300; round++) {
        Outcome o[N];
        const int n = 1 + rng_below(&r, N);
        const double risk = 0.05 * rng_below(&r, 12) + 0.001;
        float want = INFINITY;
        for (int i = 0; i < n; i++)
            o[i] = (Outcome){(float)rng_below(&r, 30), rng_below(&r, 3) > 0};
        for (int i = 0; i < n; i++) {
            const Answered a = answered_at(o, n, o[i].sure);
            if (a.wrong <= risk * (a.right + a.wrong) + 1e-9 &&
                o[i].sure < want)
                want = o[i].sure;
        }
        expect("at random", o, n, risk, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example),
        cmocka_unit_test(equals_go_together),
        cmocka_unit_test(risk_comes_down_again),
        cmocka_unit_test(below_zero),
        cmocka_unit_test(nothing_to_answer),
        cmocka_unit_test(at_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
