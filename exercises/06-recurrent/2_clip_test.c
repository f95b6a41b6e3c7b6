// The norm is clipped, and the direction stays.
#include "common/params.h"

#include "common/testing.h"

static const float before[] = {3, 0.1f, -4, 0.5f, 0, 12};
enum { N = 6 };

// Two parameters with these gradients, clipped.
static void clipped(float max_norm, double want_norm)
{
    Params *p = params_new(1);
    Matrix *a = param(p, 1, 2, 0, "a"), *b = param(p, 2, 2, 0, "b");
    memcpy(a->grad, before, 2 * sizeof *before);
    memcpy(b->grad, before + 2, 4 * sizeof *before);
    const double was = (double)params_clip(p, max_norm), norm = sqrt(169.26);
    if (!(fabs(was - norm) < 1e-4))
        fail_msg("the norm was %.4f, you return %.4f", norm, was);
    double sum = 0;
    for (int i = 0; i < N; i++) {
        const float g = i < 2 ? a->grad[i] : b->grad[i - 2];
        sum += (double)g * (double)g;
    }
    if (!(fabs(sqrt(sum) - want_norm) < 1e-4))
        fail_msg("clipped to %.2f: the norm of the whole gradient should be "
                 "%.4f, it is %.4f",
                 (double)max_norm, want_norm, sqrt(sum));
    for (int i = 0; i < N; i++) {
        const double g = (double)(i < 2 ? a->grad[i] : b->grad[i - 2]);
        const double want = (double)before[i] * want_norm / norm;
        if (!(fabs(g - want) < 1e-4))
            fail_msg("clipped to %.2f: number %d was %.2f and should become "
                     "%.4f, as all are scaled alike; it is %.4f",
                     (double)max_norm, i, (double)before[i], want, g);
    }
    params_free(p);
}

static void a_long_gradient_is_shortened(void **state)
{
    (void)state;
    clipped(1, 1);
    clipped(6.5f, 6.5);
}

static void a_short_one_stays(void **state)
{
    (void)state;
    clipped(100, sqrt(169.26));
    clipped(13.5f, sqrt(169.26));
    clipped(INFINITY, sqrt(169.26));
}

// 0 must not become 0 / 0.
static void nothing_stays_nothing(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *a = param(p, 1, 3, 0, "a");
    const float norm = params_clip(p, 1);
    if (norm != 0 || a->grad[0] != 0 || a->grad[2] != 0)
        fail_msg("a gradient of zeros has the norm 0 and stays; yours: norm "
                 "%.3f, first number %.3f",
                 (double)norm, (double)a->grad[0]);
    params_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_gradient_is_shortened),
        cmocka_unit_test(a_short_one_stays),
        cmocka_unit_test(nothing_stays_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
