// Moves against slopes, and a case for paper.
#include "05-word-vectors/skipgram.h"

#include "common/testing.h"

static double loss_of(int d, int m, const float *in, int n, const float *out)
{
    double loss = 0;
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++) {
            double s = 0;
            for (int j = 0; j < d; j++)
                s += (double)in[i * d + j] * (double)out[k * d + j];
            loss += log1p(exp(k == 0 ? -s : s));
        }
    return loss;
}

// Scores 0 everywhere: sigma is 1/2.
static void at_the_beginning(void **state)
{
    (void)state;
    const float in[] = {2, 4}, out[] = {0, 0, 0, 0};
    float move_in[2], move_out[4];
    double loss = 10;
    window_step(2, 1, in, 2, out, 1, move_in, move_out, &loss);
    if (!(fabs(loss - 10 - 2 * log(2)) < 1e-6))
        fail_msg("two scores of 0 cost 2 log 2 = %.7f together; yours added "
                 "%.7f to the loss",
                 2 * log(2), loss - 10);
    const float want[] = {1, 2, -1, -2};
    for (int i = 0; i < 4; i++)
        if (!(fabsf(move_out[i] - want[i]) < 1e-6f))
            fail_msg("context (2, 4), scores 0: the %s word should move by "
                     "%g in number %d, yours by %g",
                     i < 2 ? "true" : "drawn", (double)want[i], i % 2,
                     (double)move_out[i]);
    if (!(fabsf(move_in[0]) < 1e-6f && fabsf(move_in[1]) < 1e-6f))
        fail_msg("both words are (0, 0), so the context should not move, yours "
                 "moves by (%g, %g)",
                 (double)move_in[0], (double)move_in[1]);
}

enum { D = 5, M = 3, N = 4 };

static void every_move_is_a_slope(void **state)
{
    (void)state;
    Rng r = rng_new(1);
    float x[2][N * D], move[2][N * D], was[2][N * D];
    double loss = 0;
    for (int i = 0; i < 2 * N * D; i++)
        x[i / (N * D)][i % (N * D)] = rng_normal(&r);
    memcpy(was, x, sizeof x);
    window_step(D, M, x[0], N, x[1], 0.1f, move[0], move[1], &loss);
    assert_memory_equal(was, x, sizeof x);
    if (!(fabs(loss - loss_of(D, M, x[0], N, x[1])) < 1e-4))
        fail_msg("the loss should be %.5f, yours is %.5f",
                 loss_of(D, M, x[0], N, x[1]), loss);
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < (side ? N : M) * D; i++) {
            const float here = x[side][i], h = 1e-2f;
            x[side][i] = here + h;
            double slope = loss_of(D, M, x[0], N, x[1]);
            x[side][i] = here - h;
            slope = (slope - loss_of(D, M, x[0], N, x[1])) / (2 * (double)h);
            x[side][i] = here;
            if (!(fabs((double)move[side][i] + 0.1 * slope) < 1e-3))
                fail_msg("row %d of %s, number %d: the slope is %.4f, so with "
                         "rate 0.1 the move is %.4f; yours is %.4f",
                         i / D, side ? "out" : "in", i % D, slope, -0.1 * slope,
                         (double)move[side][i]);
        }
    window_step(D, M, x[0], N, x[1], 0.1f, move[0], move[1], NULL);
}

static void large_scores_do_no_harm(void **state)
{
    (void)state;
    const float in[] = {100}, out[] = {-3, 3};
    float move_in[1], move_out[2];
    double loss = 0;
    window_step(1, 1, in, 2, out, 1, move_in, move_out, &loss);
    if (!(fabs(loss - 600) < 1e-3))
        fail_msg("scores of -300 for the true word and 300 for the other cost "
                 "600 together, yours is %g",
                 loss);
    if (!(fabsf(move_in[0] + 6) < 1e-4f))
        fail_msg("the context should move by -6, yours by %g",
                 (double)move_in[0]);
    if (!(fabsf(move_out[0] - 100) < 1e-2f && fabsf(move_out[1] + 100) < 1e-2f))
        fail_msg("the words should move by 100 and -100, yours by %g and %g",
                 (double)move_out[0], (double)move_out[1]);
}

// Far out, too, there is a slope: the original program cuts it off at 6.
static void a_score_of_7_still_pulls(void **state)
{
    (void)state;
    const float in[] = {1}, out[] = {7, -7};
    const double want = 1 / (1 + exp(7)); // 1 - sigma(7) = sigma(-7)
    float move_in[1], move_out[2];
    window_step(1, 1, in, 2, out, 1, move_in, move_out, NULL);
    for (int i = 0; i < 2; i++)
        if (!(fabs((double)move_out[i] - (i ? -want : want)) < 1e-6))
            fail_msg("a score of %d: the %s word should move by %.6f, yours by "
                     "%.6f",
                     i ? -7 : 7, i ? "drawn" : "true", i ? -want : want,
                     (double)move_out[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_the_beginning),
        cmocka_unit_test(every_move_is_a_slope),
        cmocka_unit_test(large_scores_do_no_harm),
        cmocka_unit_test(a_score_of_7_still_pulls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
