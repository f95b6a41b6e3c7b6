// RMS norm, by hand and against the operation on the tape.
#include "13-llama2/steps.h"

#include "common/testing.h"

static void expect(const char *what, const float *got, const float *want, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabsf(got[i] - want[i]) <= 1e-5f * fmaxf(1, fabsf(want[i]))))
            fail_msg("%s: number %d should be %g, it is %g", what, i,
                     (double)want[i], (double)got[i]);
}

static void by_hand(void **state)
{
    (void)state;
    const float x[4] = {3, -3, 3, -3}, gain[4] = {1, 2, 0.5f, -1};
    float y[4];
    rms_norm_rows(x, gain, 0, y, 1, 4); // the mean of the squares is 9
    expect("3 -3 3 -3, gains 1 2 0.5 -1, eps 0", y, (float[]){1, -2, 0.5f, 1},
           4);
    const float one[4] = {1, 1, 1, 1};
    rms_norm_rows(x, one, 16, y, 1, 4); // sqrt(9 + 16) = 5
    expect("3 -3 3 -3, gains 1, eps 16", y, (float[]){0.6f, -0.6f, 0.6f, -0.6f},
           4);
}

static void no_mean_is_subtracted(void **state)
{
    (void)state;
    const float x[2] = {7, 7}, gain[2] = {1, 1};
    float y[2];
    rms_norm_rows(x, gain, 0, y, 1, 2);
    expect("7 7 (a layer norm would give 0 0)", y, (float[]){1, 1}, 2);
}

static void rows_do_not_mix(void **state)
{
    (void)state;
    const float gain[3] = {1, 1, 1};
    float x[9] = {1, 0, 0, 0, 0, 0, 100, 0, 0}, y[9];
    const float root = sqrtf(3);
    rms_norm_rows(x, gain, 1e-12f, y, 3, 3);
    expect("three rows, the second all 0", y,
           (float[]){root, 0, 0, 0, 0, 0, root, 0, 0}, 9);
    rms_norm_rows(x, gain, 1e-12f, x, 3, 3);
    expect("the same in place", x, y, 9);
    rms_norm_rows(x, gain, 1e-12f, x, 0, 3); // no rows: nothing happens
}

static void equals_the_operation(void **state)
{
    (void)state;
    enum { ROWS = 5, COLS = 37 };
    float x[ROWS * COLS], gain[COLS], y[ROWS * COLS];
    Rng r = rng_new(4);
    for (int i = 0; i < ROWS * COLS; i++)
        x[i] = 3 * rng_normal(&r) + 1;
    for (int i = 0; i < COLS; i++)
        gain[i] = rng_normal(&r);
    Tape *t = tape_new(0, 1);
    Matrix *want = rms_norm(matrix_of(t, ROWS, COLS, x),
                            matrix_of(t, 1, COLS, gain), 1e-5f);
    rms_norm_rows(x, gain, 1e-5f, y, ROWS, COLS);
    expect("random rows", y, want->val, ROWS * COLS);
    rms_norm_rows(x, gain, 1e-5f, x, ROWS, COLS);
    expect("random rows in place", x, want->val, ROWS * COLS);
    tape_free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(no_mean_is_subtracted),
        cmocka_unit_test(rows_do_not_mix),
        cmocka_unit_test(equals_the_operation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
