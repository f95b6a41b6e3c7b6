// The mean of several states of a model.
#include "09-transformer/train.h"

#include "common/testing.h"

static void expect(const char *what, double got, double want)
{
    if (!(fabs(got - want) < 1e-6))
        fail_msg("%s: expected %.6f, got %.6f", what, want, got);
}

static void the_mean_of_three(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *w = param(p, 2, 3, 0, "w"), *b = param(p, 1, 3, 0, "b");
    Average a = {0};
    const float seen[] = {1, 2, 6};
    for (int k = 0; k < 3; k++) {
        for (int i = 0; i < 6; i++)
            w->val[i] = seen[k] + (float)i;
        b->val[2] = -seen[k];
        average_add(&a, p);
    }
    average_take(&a, p);
    expect("a number that was 1, 2 and 6", w->val[0], 3);
    expect("one that was 6, 7 and 11", w->val[5], 8);
    expect("one of another parameter: -1, -2, -6", b->val[2], -3);
    if (a.n != 0 || a.sum)
        fail_msg("average_take should leave {0}, it left n = %d", a.n);
    params_free(p);
}

static void it_can_be_used_again(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *w = param(p, 1, 1, 0, "w");
    Average a = {0};
    for (int k = 0; k < 2; k++) {
        w->val[0] = 10 * (float)k + 4;
        average_add(&a, p);
        average_take(&a, p);
        expect("the mean of one state is that state", w->val[0], 10 * k + 4);
    }
    params_free(p);
}

static void many_small_steps_do_not_get_lost(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *w = param(p, 1, 1, 0, "w");
    Average a = {0};
    for (int k = 0; k < 100000; k++) {
        w->val[0] = 0.1f;
        average_add(&a, p);
    }
    average_take(&a, p);
    expect("the mean of 0.1, a hundred thousand times", w->val[0], 0.1);
    params_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mean_of_three),
        cmocka_unit_test(it_can_be_used_again),
        cmocka_unit_test(many_small_steps_do_not_get_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
