// Clipping, Adam with weight decay, and the schedule: each by small numbers,
// then all of them in a training of a hundred steps.
#include "common/ops.h"
#include "common/optim.h"
#include "common/testing.h"

#include <stdio.h>

static void is_near(const char *what, double got, double want, double allowed)
{
    if (!(fabs(got - want) <= allowed))
        fail_msg("%s should be %.7g, yours is %.7g", what, want, got);
}

// --- clipping ---------------------------------------------------------------

static void a_long_gradient_is_cut(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *a = param(p, 1, 1, 0, "a"), *b = param(p, 1, 1, 0, "b");
    a->grad[0] = 3;
    b->grad[0] = -4;
    is_near("the norm of 3 and -4", params_clip(p, 1), 5, 1e-6);
    is_near("3, clipped with -4 to norm 1,", a->grad[0], 0.6, 1e-6);
    is_near("-4, clipped with 3 to norm 1,", b->grad[0], -0.8, 1e-6);
    a->grad[0] = 3;
    b->grad[0] = -4;
    is_near("the norm of 3 and -4", params_clip(p, 2.5f), 5, 1e-6);
    is_near("3, clipped with -4 to norm 2.5,", a->grad[0], 1.5, 1e-6);
    is_near("-4, clipped with 3 to norm 2.5,", b->grad[0], -2, 1e-6);
    a->grad[0] = 3;
    b->grad[0] = -4;
    is_near("the norm of 3 and -4", params_clip(p, 4), 5, 1e-6);
    is_near("3, clipped with -4 to norm 4,", a->grad[0], 2.4, 1e-6);
    // The squares of these are too large for a float.
    a->grad[0] = 3e20f;
    b->grad[0] = -4e20f;
    is_near("the norm of 3e20 and -4e20", params_clip(p, 1), 5e20, 1e15);
    is_near("3e20, clipped with -4e20 to norm 1,", a->grad[0], 0.6, 1e-6);
    is_near("-4e20, clipped with 3e20 to norm 1,", b->grad[0], -0.8, 1e-6);
    params_free(p);
}

static void a_short_gradient_stays(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *a = param(p, 1, 2, 0, "a");
    is_near("the norm of 0 and 0", params_clip(p, 1), 0, 0);
    a->grad[0] = 0.3f;
    a->grad[1] = 0.4f;
    is_near("the norm of 0.3 and 0.4", params_clip(p, 1), 0.5, 1e-6);
    is_near("0.3, where no clipping was due,", a->grad[0], 0.3, 1e-7);
    is_near("the norm of 0.3 and 0.4", params_clip(p, 0.1f), 0.5, 1e-6);
    is_near("0.3, clipped with 0.4 to norm 0.1,", a->grad[0], 0.06, 1e-7);
    params_free(p);
}

// --- Adam -------------------------------------------------------------------

static void the_first_step_is_as_long_as_the_rate(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *w = param(p, 1, 3, 1, "w");
    Adam a = adam_new(p, 0.9f, 0.999f, 1e-8f, 0);
    w->grad[0] = 0.001f;
    w->grad[1] = -1000;
    adam_step(&a, 0.1f);
    is_near("1 after a first step of rate 0.1 with gradient 0.001", w->val[0],
            0.9, 1e-4);
    is_near("1 after a first step of rate 0.1 with gradient -1000", w->val[1],
            1.1, 1e-4);
    is_near("1 after a first step with gradient 0", w->val[2], 1, 0);
    is_near("m after a gradient of -1000", a.m[1], -100, 1e-3);
    is_near("v after a gradient of -1000", a.v[1], 1000, 1e-1);
    is_near("the gradient after the step", w->grad[1], 0, 0);
    adam_free(&a);
    params_free(p);
}

static void four_steps_follow_the_paper(void **state)
{
    (void)state;
    const double gradient[] = {0.5, -2, 0.25, 1}, rate = 0.1;
    Params *p = params_new(1);
    Matrix *w = param(p, 1, 1, 1, "w");
    Adam a = adam_new(p, 0.8f, 0.9f, 1e-3f, 0);
    double m = 0, v = 0, want = 1;
    for (int t = 1; t <= 4; t++) {
        char what[64];
        const double g = gradient[t - 1];
        m = 0.8 * m + 0.2 * g;
        v = 0.9 * v + 0.1 * g * g;
        want -= rate * (m / (1 - pow(0.8, t))) /
                (sqrt(v / (1 - pow(0.9, t))) + 1e-3);
        w->grad[0] = (float)g;
        adam_step(&a, (float)rate);
        snprintf(what, sizeof what, "beta 0.8 and 0.9: p after step %d", t);
        is_near(what, w->val[0], want, 1e-5);
    }
    adam_free(&a);
    params_free(p);
}

static void decay_shrinks_matrices_alone(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *bias = param(p, 1, 3, 2, "bias"), *w = param(p, 2, 3, 2, "w");
    Matrix *column = param(p, 2, 1, 2, "column");
    Adam a = adam_new(p, 0.9f, 0.999f, 1e-8f, 0.5f);
    w->grad[0] = 1;
    adam_step(&a, 0.1f);
    is_near("a weight of 2 after decay 0.5 at rate 0.1", w->val[5], 1.9, 1e-6);
    is_near("a weight of 2 in a matrix of 2 x 1 after the same", column->val[1],
            1.9, 1e-6);
    is_near("a bias of 2 after the same", bias->val[2], 2, 0);
    is_near("the gradient of the weight after the step", w->grad[0], 0, 0);
    // With the decay in the gradient, the weight would go to 1.9 as well.
    is_near("m of that weight, whose gradient was 0,", a.m[w->val + 5 - p->val],
            0, 0);
    is_near("a weight of 2 after the same decay and a step down of 0.1",
            w->val[0], 1.8, 1e-6);
    adam_step(&a, 0.2f);
    is_near("a weight of 1.9 after decay 0.5 at rate 0.2", w->val[5], 1.71,
            1e-6);
    adam_free(&a);
    params_free(p);
}

// --- the schedule -----------------------------------------------------------

static void rate_is(int64_t step, double want)
{
    char what[80];
    snprintf(what, sizeof what,
             "warm-up 10 of 110 steps, 0.1 to 1: the rate at step %d",
             (int)step);
    is_near(what, rate_cosine(step, 10, 110, 1, 0.1f), want, 1e-5);
}

static void the_rate_rises_in_a_line(void **state)
{
    (void)state;
    rate_is(1, 0.1);
    rate_is(5, 0.5);
    rate_is(10, 1);
}

static void the_rate_falls_like_a_cosine(void **state)
{
    (void)state;
    rate_is(35, 0.8681981);
    rate_is(60, 0.55);
    rate_is(85, 0.2318019);
    rate_is(110, 0.1);
    rate_is(1000, 0.1);
    is_near("without a warm-up, the rate at step 0",
            rate_cosine(0, 0, 10, 3, 0), 3, 1e-6);
}

// --- together ---------------------------------------------------------------

// y = 2 x1 - x2 + 0.5 is to be found from eight examples.
static float training(void)
{
    enum { EXAMPLES = 8, STEPS = 100 };
    Params *p = params_new(3);
    Tape *t = tape_new(0, 3);
    Linear layer = linear_new(p, 2, 1, "layer");
    Adam a = adam_new(p, 0.9f, 0.99f, 1e-8f, 0.001f);
    float x[2 * EXAMPLES], y[EXAMPLES], loss = 0;
    for (int i = 0; i < EXAMPLES; i++) {
        x[2 * i] = rng_normal(&t->rng);
        x[2 * i + 1] = rng_normal(&t->rng);
        y[i] = 2 * x[2 * i] - x[2 * i + 1] + 0.5f;
    }
    for (int step = 1; step <= STEPS; step++) {
        Matrix *in = matrix_of(t, EXAMPLES, 2, x);
        Matrix *error = mean_squared_error(linear(in, layer), y);
        loss = error->val[0];
        backward(error);
        params_clip(p, 1);
        adam_step(&a, rate_cosine(step, 10, STEPS, 0.2f, 0));
        tape_reset(t);
    }
    adam_free(&a);
    tape_free(t);
    params_free(p);
    return loss;
}

static void together_they_learn(void **state)
{
    (void)state;
    float loss = training();
    if (!(loss < 0.01f))
        fail_msg("after 100 steps on a straight line the loss should be below "
                 "0.01, with yours it is %g",
                 (double)loss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_gradient_is_cut),
        cmocka_unit_test(a_short_gradient_stays),
        cmocka_unit_test(the_first_step_is_as_long_as_the_rate),
        cmocka_unit_test(four_steps_follow_the_paper),
        cmocka_unit_test(decay_shrinks_matrices_alone),
        cmocka_unit_test(the_rate_rises_in_a_line),
        cmocka_unit_test(the_rate_falls_like_a_cosine),
        cmocka_unit_test(together_they_learn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
