// Slopes of formulas, the last ones with values that are used more than once.
#include "3_find_the_bug.h"

#include "common/testing.h"

// The slope of `formula`, which is value y of e, in value x.
static void expect(const Engine *e, const char *formula, const char *name,
                   int x, double want)
{
    double got = e->value[x].grad;
    if (!(fabs(got - want) < 1e-6))
        fail_msg("%s: its slope in %s should be %.6f, the engine says %.6f",
                 formula, name, want, got);
}

static void a_sum_and_a_product(void **state)
{
    (void)state;
    Engine e = {0};
    int a = number(&e, 2), b = number(&e, -3), c = number(&e, 10);
    slopes(&e, plus(&e, times(&e, a, b), c));
    expect(&e, "a b + c at 2, -3, 10", "a", a, -3);
    expect(&e, "a b + c at 2, -3, 10", "b", b, 2);
    expect(&e, "a b + c at 2, -3, 10", "c", c, 1);
}

static void a_neuron(void **state)
{
    (void)state;
    const char *formula = "tanh(x1 w1 + x2 w2 + b) at x 2, 0, w -3, 1, b 6.5";
    Engine e = {0};
    int x1 = number(&e, 2), x2 = number(&e, 0), w1 = number(&e, -3),
        w2 = number(&e, 1), b = number(&e, 6.5);
    int sum = plus(&e, times(&e, x1, w1), times(&e, x2, w2));
    slopes(&e, squeeze(&e, plus(&e, sum, b)));
    expect(&e, formula, "x1", x1, -2.359343);
    expect(&e, formula, "w1", w1, 1.572895);
    expect(&e, formula, "x2", x2, 0.786448);
    expect(&e, formula, "w2", w2, 0);
    expect(&e, formula, "b", b, 0.786448);
}

static void a_plus_a(void **state)
{
    (void)state;
    Engine e = {0};
    int a = number(&e, 3);
    slopes(&e, plus(&e, a, a));
    expect(&e, "a + a at 3", "a", a, 2);
}

static void a_times_a(void **state)
{
    (void)state;
    Engine e = {0};
    int a = number(&e, 3);
    slopes(&e, times(&e, a, a));
    expect(&e, "a a at 3", "a", a, 6);
}

static void used_in_two_places(void **state)
{
    (void)state;
    Engine e = {0};
    int a = number(&e, -2), b = number(&e, 3);
    slopes(&e, times(&e, plus(&e, a, b), times(&e, a, b)));
    expect(&e, "(a + b) a b at -2, 3", "a", a, -3);
    expect(&e, "(a + b) a b at -2, 3", "b", b, -8);
}

static void tanh_of_a_value_used_again(void **state)
{
    (void)state;
    Engine e = {0};
    int a = number(&e, 0.5);
    slopes(&e, plus(&e, times(&e, a, number(&e, 10)), squeeze(&e, a)));
    expect(&e, "10 a + tanh(a) at 0.5", "a", a, 10.786448);
}

static void asked_again_it_says_the_same(void **state)
{
    (void)state;
    Engine e = {0};
    int a = number(&e, 2), b = number(&e, 5), y = times(&e, a, b);
    slopes(&e, y);
    slopes(&e, y);
    expect(&e, "a b at 2, 5, asked twice", "a", a, 5);
    expect(&e, "a b at 2, 5, asked twice", "b", b, 2);
    slopes(&e, a);
    expect(&e, "a itself, after a b was asked for", "a", a, 1);
    expect(&e, "a itself, after a b was asked for", "b", b, 0);
    expect(&e, "a itself, after a b was asked for", "a b", y, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sum_and_a_product),
        cmocka_unit_test(a_neuron),
        cmocka_unit_test(a_plus_a),
        cmocka_unit_test(a_times_a),
        cmocka_unit_test(used_in_two_places),
        cmocka_unit_test(tanh_of_a_value_used_again),
        cmocka_unit_test(asked_again_it_says_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
