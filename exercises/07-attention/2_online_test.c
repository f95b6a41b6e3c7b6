// The online softmax against the whole one, in double.
#include "2_online.h"

#include "common/testing.h"

enum { N = 6, W = 2 };

static const float values[N][W] = {{1, -2}, {3, 5},   {-7, 11},
                                   {4, 17}, {19, -3}, {2, 8}};

// softmax(score) times values, all at once.
static void whole(const float *score, double *y)
{
    double max = -INFINITY, sum = 0;
    y[0] = y[1] = 0;
    for (int j = 0; j < N; j++)
        max = fmax(max, (double)score[j]);
    for (int j = 0; j < N && max > -INFINITY; j++) {
        const double e = exp((double)score[j] - max);
        sum += e;
        for (int c = 0; c < W; c++)
            y[c] += e * (double)values[j][c];
    }
    for (int c = 0; c < W; c++)
        y[c] = sum > 0 ? y[c] / sum : 0;
}

static void expect(const char *what, const float *score, const float *got)
{
    double want[W];
    whole(score, want);
    for (int c = 0; c < W; c++)
        if (!(fabs((double)got[c] - want[c]) < 1e-4))
            fail_msg("%s, scores %g %g %g %g %g %g: number %d should be %.4f, "
                     "yours is %.4f",
                     what, (double)score[0], (double)score[1], (double)score[2],
                     (double)score[3], (double)score[4], (double)score[5], c,
                     want[c], (double)got[c]);
}

// The keys from .. to - 1, one after another.
static Online seen(const float *score, int from, int to, float *y)
{
    Online o = online_new(W, y);
    for (int j = from; j < to; j++)
        online_take(&o, score[j], values[j]);
    return o;
}

static void one_by_one(const float *score)
{
    float y[W];
    Online o = seen(score, 0, N, y);
    online_end(&o);
    expect("one after another", score, y);
}

static void falling_scores(void **state)
{
    (void)state;
    one_by_one((const float[N]){3, 2, 1, 0, -1, -2});
}

static void rising_scores(void **state)
{
    (void)state;
    one_by_one((const float[N]){0, 1, 3, 4, 6, 7});
}

static void scores_that_no_power_can_hold(void **state)
{
    (void)state;
    one_by_one((const float[N]){1000, 1001, 999, 1000, 1002, 998});
    one_by_one((const float[N]){-1000, -1001, -999, -1000, -1002, -998});
}

static void keys_that_may_not_be_seen(void **state)
{
    (void)state;
    const float no = -INFINITY;
    one_by_one((const float[N]){no, no, 1, no, 2, no});
    one_by_one((const float[N]){no, no, no, no, no, no});
}

static void two_halves_make_a_whole(void **state)
{
    (void)state;
    const float no = -INFINITY;
    const float rows[4][N] = {{0, 1, 3, 4, 6, 7},
                              {1000, 1001, 999, 3, 2, 1},
                              {no, no, no, 1, 2, 3},
                              {1, 2, 3, no, no, no}};
    for (int r = 0; r < 4; r++)
        for (int cut = 0; cut <= N; cut++) {
            float y[W], z[W];
            Online a = seen(rows[r], 0, cut, y);
            Online b = seen(rows[r], cut, N, z);
            const Online before = b;
            const float kept[W] = {z[0], z[1]};
            online_join(&a, &b);
            if (b.max != before.max || b.sum != before.sum ||
                memcmp(z, kept, sizeof z) != 0)
                fail_msg("two halves joined: the second one should stay as it "
                         "is, yours has changed");
            online_end(&a);
            expect("two halves joined", rows[r], y);
        }
}

static void a_joined_one_goes_on(void **state)
{
    (void)state;
    const float score[N] = {0, 5, 3, 4, 6, 2};
    float y[W], z[W];
    Online a = seen(score, 0, 2, y), b = seen(score, 2, 4, z);
    online_join(&a, &b);
    online_take(&a, score[4], values[4]);
    online_take(&a, score[5], values[5]);
    online_end(&a);
    expect("joined, then two more", score, y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(falling_scores),
        cmocka_unit_test(rising_scores),
        cmocka_unit_test(scores_that_no_power_can_hold),
        cmocka_unit_test(keys_that_may_not_be_seen),
        cmocka_unit_test(two_halves_make_a_whole),
        cmocka_unit_test(a_joined_one_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
