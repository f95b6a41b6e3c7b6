// Is the gradient that tanh_back hands on the slope of tanh?
#include "common/gradcheck.h"
#include "common/ops.h"
#include "common/testing.h"

// The gradient that arrives at one number x when the loss is tanh(x) * weight.
static float gradient_at(float x, float weight)
{
    Tape *t = tape_new(0, 1);
    Params *p = params_new(1);
    Matrix *m = param(p, 1, 1, x, "x");
    backward(scale(tanh_of(on_tape(t, m)), weight));
    float got = m->grad[0];
    params_free(p);
    tape_free(t);
    return got;
}

static void expect(float x, float weight, double want)
{
    double got = gradient_at(x, weight);
    if (!(fabs(got - want) < 1e-5))
        fail_msg("loss = %g tanh(x) at x = %g: the gradient of x should be "
                 "%.6f, yours is %.6f",
                 (double)weight, (double)x, want, got);
}

static void at_zero_the_slope_is_one(void **state)
{
    (void)state;
    expect(0, 1, 1);
}

static void far_out_the_slope_is_nearly_nothing(void **state)
{
    (void)state;
    expect(3, 1, 0.009866);
    expect(-3, 1, 0.009866);
}

static void what_arrives_at_y_is_a_factor(void **state)
{
    (void)state;
    expect(0.5f, -2, -1.572895);
}

static void a_value_used_twice_gets_both_parts(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    Params *p = params_new(1);
    Matrix *m = param(p, 1, 1, 0.5f, "x");
    Matrix *x = on_tape(t, m);
    backward(add(scale(x, 10), tanh_of(x))); // 10 + (1 - tanh(0.5)^2)
    float got = m->grad[0];
    if (!(fabsf(got - 10.786448f) < 1e-4f))
        fail_msg("loss = 10 x + tanh(x) at x = 0.5: the gradient should be "
                 "10 + 0.786448 = 10.786448, yours is %.6f",
                 (double)got);
    params_free(p);
    tape_free(t);
}

static Matrix *loss_of(Tape *t, void *parameter)
{
    Matrix *x = on_tape(t, parameter);
    return mean(mul(tanh_of(x), tanh_of(scale(x, 0.5f))));
}

static void every_gradient_is_the_slope(void **state)
{
    (void)state;
    Params *p = params_new(7);
    Matrix *x = param_normal(p, 3, 5, 1, "x");
    GradError e = gradcheck(p, loss_of, x, 1e-2, 15, 7);
    if (e.worst > 1e-4)
        fail_msg("moving each number of x a little to both sides: at %s",
                 e.where);
    params_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_zero_the_slope_is_one),
        cmocka_unit_test(far_out_the_slope_is_nearly_nothing),
        cmocka_unit_test(what_arrives_at_y_is_a_factor),
        cmocka_unit_test(a_value_used_twice_gets_both_parts),
        cmocka_unit_test(every_gradient_is_the_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
