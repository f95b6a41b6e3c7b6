// Probabilities, loss and gradient of one row against numbers worked out by
// hand, against the slope, and with logits that overflow.
#include "2_softmax_loss.h"

#include "common/testing.h"

enum { MOST = 16 };

static void is_near(const char *what, int i, double got, double want,
                    double allowed)
{
    if (!(fabs(got - want) <= allowed))
        fail_msg("%s[%d] should be %.6f, yours is %.6f", what, i, want, got);
}

static void equal_logits_share_equally(void **state)
{
    (void)state;
    float p[4] = {0}, dx[4] = {0};
    softmax_loss((float[]){2, 2, 2, 2}, 4, 1, p, dx);
    for (int i = 0; i < 4; i++)
        is_near("logits 2 2 2 2: p", i, p[i], 0.25, 1e-6);
}

static void probabilities_of_1_2_3(void **state)
{
    (void)state;
    const double want[] = {0.090031, 0.244728, 0.665241};
    float p[3] = {0}, dx[3] = {0};
    softmax_loss((float[]){1, 2, 3}, 3, 2, p, dx);
    for (int i = 0; i < 3; i++)
        is_near("logits 1 2 3: p", i, p[i], want[i], 1e-5);
}

static void probabilities_of_large_logits(void **state)
{
    (void)state;
    const double want[] = {0.090031, 0.244728, 0.665241, 0};
    float p[4] = {0}, dx[4] = {0};
    softmax_loss((float[]){1001, 1002, 1003, -1000}, 4, 2, p, dx);
    for (int i = 0; i < 4; i++)
        is_near("logits 1001 1002 1003 -1000: p", i, p[i], want[i], 1e-5);
}

static void loss_of(const float *x, int n, int target, double want)
{
    float p[MOST] = {0}, dx[MOST] = {0};
    double got = softmax_loss(x, n, target, p, dx);
    if (!(fabs(got - want) <= 1e-4))
        fail_msg("logits %g %g ..., target %d: the loss should be %.5f, yours "
                 "is %.5f",
                 (double)x[0], (double)x[1], target, want, got);
}

static void the_loss(void **state)
{
    (void)state;
    loss_of((float[]){0, 0}, 2, 0, 0.69315);
    loss_of((float[]){1, 2, 3}, 3, 2, 0.40761);
    loss_of((float[]){1, 2, 3}, 3, 0, 2.40761);
    loss_of((float[]){5, 0}, 1, 0, 0); // one class: no surprise
}

static void the_loss_stays_finite(void **state)
{
    (void)state;
    loss_of((float[]){1000, 0}, 2, 1, 1000);
    loss_of((float[]){-1000, -1000}, 2, 1, 0.69315);
    // The largest may stand at either end, or be the only one.
    loss_of((float[]){0, 1000}, 2, 0, 1000);
    loss_of((float[]){0, 0, 1000}, 3, 1, 1000);
    loss_of((float[]){1000, 0, 1000}, 3, 2, 0.69315);
}

static void gradient_of_two_equal_logits(void **state)
{
    (void)state;
    float p[2] = {9, 9}, dx[2] = {9, 9}; // to be written over, not added to
    softmax_loss((float[]){0, 0}, 2, 0, p, dx);
    is_near("logits 0 0, target 0: p", 0, p[0], 0.5, 1e-6);
    is_near("logits 0 0, target 0: p", 1, p[1], 0.5, 1e-6);
    is_near("logits 0 0, target 0: dx", 0, dx[0], -0.5, 1e-6);
    is_near("logits 0 0, target 0: dx", 1, dx[1], 0.5, 1e-6);
}

static void the_gradient_is_the_slope(void **state)
{
    (void)state;
    const float x[] = {0.3f, -1.2f, 2, 0.5f, -0.1f, 1.1f, 0};
    const double h = 1e-3;
    float p[7] = {0}, dx[7] = {0}, unused[7] = {0};
    softmax_loss(x, 7, 3, p, dx);
    is_near("7 logits: dx", 3, dx[3], -0.894298, 1e-5);
    for (int i = 0; i < 7; i++) {
        float up[7], down[7];
        memcpy(up, x, sizeof x);
        memcpy(down, x, sizeof x);
        up[i] = (float)(x[i] + h);
        down[i] = (float)(x[i] - h);
        double rise = softmax_loss(up, 7, 3, p, unused) -
                      softmax_loss(down, 7, 3, p, unused);
        is_near("7 logits, moved a little to both sides: dx", i, dx[i],
                rise / ((double)up[i] - down[i]), 1e-3);
    }
}

static void the_gradients_of_a_row_cancel(void **state)
{
    (void)state;
    float p[5] = {0}, dx[5] = {0};
    softmax_loss((float[]){900, 3, -7, 899, 901}, 5, 0, p, dx);
    double sum = 0;
    for (int i = 0; i < 5; i++)
        sum += dx[i];
    is_near("logits 900 3 -7 899 901, target 0: dx", 0, dx[0], -0.755272, 1e-5);
    if (!(fabs(sum) < 1e-6))
        fail_msg("adding a constant to all logits changes nothing, so the "
                 "gradients must sum to 0; yours sum to %g",
                 sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_logits_share_equally),
        cmocka_unit_test(probabilities_of_1_2_3),
        cmocka_unit_test(probabilities_of_large_logits),
        cmocka_unit_test(the_loss),
        cmocka_unit_test(the_loss_stays_finite),
        cmocka_unit_test(gradient_of_two_equal_logits),
        cmocka_unit_test(the_gradient_is_the_slope),
        cmocka_unit_test(the_gradients_of_a_row_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
