// The test of exercise 3: the pair after each number, merged pairs, and
// log_sum_exp against double precision.
#include "01-matrix/numerics.h"
#include "3_one_pass.h"
#include "common/rng.h"
#include "common/testing.h"

#include <stdio.h>

static void expect(const char *what, Running got, float max, float sum)
{
    if (got.max != max)
        fail_msg("%s: the maximum should be %g, but is %g", what, max, got.max);
    if (!(fabsf(got.sum - sum) <= 1e-5f * sum))
        fail_msg("%s: the sum of e^(x - %g) should be %.6g, but is %.6g", what,
                 max, sum, got.sum);
}

static Running after(int n, const float *x)
{
    Running r = NOTHING_YET;
    for (int i = 0; i < n; i++)
        r = running_add(r, x[i]);
    return r;
}

static void one_number(void **state)
{
    (void)state;
    expect("after 3", after(1, (float[]){3}), 3, 1);
    expect("after 1000", after(1, (float[]){1000}), 1000, 1);
    expect("after -1000", after(1, (float[]){-1000}), -1000, 1);
}

static void two_numbers(void **state)
{
    (void)state;
    const float e = expf(-1);
    expect("after 1, 1", after(2, (float[]){1, 1}), 1, 2);
    expect("after 2, 1", after(2, (float[]){2, 1}), 2, 1 + e);
    expect("after 1, 2", after(2, (float[]){1, 2}), 2, 1 + e);
    expect("after 1000, 1001", after(2, (float[]){1000, 1001}), 1001, 1 + e);
    expect("after -1000, -1001", after(2, (float[]){-1000, -1001}), -1000,
           1 + e);
    expect("after 0, 500", after(2, (float[]){0, 500}), 500, 1);
    expect("after -50000, -50001", after(2, (float[]){-50000, -50001}), -50000,
           1 + e);
}

static void masked_places(void **state)
{
    (void)state;
    const float m = -INFINITY;
    expect("after -INFINITY", after(1, &m), m, 0);
    expect("after -INFINITY twice", after(2, (float[]){m, m}), m, 0);
    expect("after -INFINITY, 5", after(2, (float[]){m, 5}), 5, 1);
    expect("after 5, -INFINITY", after(2, (float[]){5, m}), 5, 1);
}

static void merged(void **state)
{
    (void)state;
    const Running nothing = NOTHING_YET, five = {5, 2}, six = {6, 3};
    const Running low = {-50000, 2}, lower = {-50001, 3};
    expect("nothing and nothing", running_merge(nothing, nothing), -INFINITY,
           0);
    expect("{5, 2} and nothing", running_merge(five, nothing), 5, 2);
    expect("nothing and {5, 2}", running_merge(nothing, five), 5, 2);
    expect("{5, 2} and {6, 3}", running_merge(five, six), 6, 3 + 2 * expf(-1));
    expect("{6, 3} and {5, 2}", running_merge(six, five), 6, 3 + 2 * expf(-1));
    expect("{5, 2} and {5, 2}", running_merge(five, five), 5, 4);
    expect("{-50000, 2} and {-50001, 3}", running_merge(low, lower), -50000,
           2 + 3 * expf(-1));
    expect("{-50000, 2} and nothing", running_merge(low, nothing), -50000, 2);
}

static void any_split_gives_the_same(void **state)
{
    (void)state;
    enum { N = 13 };
    Rng rng = rng_new(1);
    float x[N];
    for (int i = 0; i < N; i++)
        x[i] = 20 * rng_normal(&rng);
    Running whole = after(N, x);
    if (!(whole.sum >= 1))
        fail_msg("13 numbers: the largest itself gives e^0 = 1, but the sum of "
                 "all is %g",
                 whole.sum);
    for (int split = 0; split <= N; split++) {
        char what[40];
        snprintf(what, sizeof what, "13 numbers split at %d", split);
        Running a = after(split, x), b = after(N - split, x + split);
        expect(what, running_merge(a, b), whole.max, whole.sum);
    }
}

static void log_sum_exp_follows_double(void **state)
{
    (void)state;
    Rng rng = rng_new(2);
    for (int n = 1; n <= 1009; n = 2 * n + 1) {
        float x[1023];
        double max = -INFINITY, sum = 0;
        for (int i = 0; i < n; i++) {
            x[i] = 300 + 50 * rng_normal(&rng);
            max = fmax(max, (double)x[i]);
        }
        for (int i = 0; i < n; i++)
            sum += exp((double)x[i] - max);
        float got = log_sum_exp(x, n), want = (float)(max + log(sum));
        if (!(fabsf(got - want) <= 1e-4f))
            fail_msg("log_sum_exp of %d numbers near 300 should be %.8g, but "
                     "is %.8g",
                     n, want, got);
    }
    const float masked[] = {-INFINITY, -INFINITY, -INFINITY};
    float none = log_sum_exp(NULL, 0), hidden = log_sum_exp(masked, 3);
    if (none != -INFINITY || hidden != -INFINITY)
        fail_msg("log_sum_exp of no number, and of three times -INFINITY, "
                 "should be -inf and -inf, but is %g and %g",
                 none, hidden);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_number),
        cmocka_unit_test(two_numbers),
        cmocka_unit_test(masked_places),
        cmocka_unit_test(merged),
        cmocka_unit_test(any_split_gives_the_same),
        cmocka_unit_test(log_sum_exp_follows_double),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
