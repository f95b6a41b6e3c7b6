// The online softmax against the whole one, in double.
#include "2_online.h"

#include "common/testing.h"

enum { N = 6, W = 3 };

static const float values[N][W] = {{1, -2, 6}, {3, 5, -9},  {-7, 11, 1},
                                   {4, 17, 2}, {19, -3, 5}, {2, 8, -4}};

// softmax(score) times values, all at once.
static void whole(const float *score, double *y)
{
    double max = -INFINITY, sum = 0;
    for (int c = 0; c < W; c++)
        y[c] = 0;
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
    one_by_one((const float[N]){-3e4f, -30001, -29999, -3e4f, -30002, -3e4f});
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
    const float rows[6][N] = {
        {0, 1, 3, 4, 6, 7},    {1000, 1001, 999, 3, 2, 1},
        {no, no, no, 1, 2, 3}, {1, 2, 3, no, no, no},
        {2, 1, 2, 2, 0, 2},    {-3e4f, -30001, -29999, -3e4f, -30002, -3e4f}};
    for (int r = 0; r < 6; r++)
        for (int cut = 0; cut <= N; cut++) {
            float y[W], z[W];
            Online a = seen(rows[r], 0, cut, y);
            Online b = seen(rows[r], cut, N, z);
            const Online before = b;
            float kept[W];
            memcpy(kept, z, sizeof z);
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

// Two halves that saw nothing make one that saw nothing: no NaN may stay in it.
static void two_empty_halves(void **state)
{
    (void)state;
    const float no = -INFINITY, score[N] = {no, no, no, no, 1, 2};
    float y[W], z[W];
    Online a = seen(score, 0, 2, y), b = seen(score, 2, 4, z);
    online_join(&a, &b);
    if (a.max != no || a.sum != 0)
        fail_msg("two halves joined that saw nothing: max should be -inf and "
                 "sum 0, yours are %g and %g",
                 (double)a.max, (double)a.sum);
    online_take(&a, score[4], values[4]);
    online_take(&a, score[5], values[5]);
    online_end(&a);
    expect("two empty halves, then two keys", score, y);
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
        cmocka_unit_test(two_empty_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
