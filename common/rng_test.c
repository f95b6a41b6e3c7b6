// The generator against its authors' reference values, and what is drawn
// against the probabilities it should have.
#include "common/testing.h"

#include "common/rng.h"

#include <stdlib.h>

static void gives_the_published_sequence(void **state)
{
    // From the reference implementation, prng.di.unimi.it/xoshiro256starstar.c,
    // with the state 1, 2, 3, 4.
    (void)state;
    Rng r = {{1, 2, 3, 4}};
    assert_int_equal(rng_bits(&r), 11520);
    assert_int_equal(rng_bits(&r), 0);
    assert_int_equal(rng_bits(&r), 1509978240);
    assert_int_equal(rng_bits(&r), 1215971899390074240);
}

static void the_state_is_all(void **state)
{
    (void)state;
    Rng a = rng_new(7), b;
    rng_normal(&a);
    b = a;
    for (int i = 0; i < 100; i++)
        assert_int_equal(rng_bits(&a), rng_bits(&b));
}

static void uniform_has_its_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    Rng r = rng_new(1);
    double sum = 0, square = 0;
    for (int i = 0; i < N; i++) {
        double u = rng_uniform(&r);
        assert_true(u >= 0 && u < 1);
        sum += u;
        square += u * u;
    }
    // Five standard deviations of each mean.
    assert_true(fabs(sum / N - 0.5) < 5 * sqrt(1.0 / 12 / N));
    assert_true(fabs(square / N - 1.0 / 3) < 5 * sqrt(4.0 / 45 / N));
}

static void normal_has_its_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    Rng r = rng_new(2);
    double sum = 0, square = 0, fourth = 0;
    for (int i = 0; i < N; i++) {
        double x = rng_normal(&r);
        sum += x;
        square += x * x;
        fourth += x * x * x * x;
    }
    assert_true(fabs(sum / N) < 5 * sqrt(1.0 / N));
    assert_true(fabs(square / N - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(fourth / N - 3) < 5 * sqrt(96.0 / N));
}

static void below_is_even(void **state)
{
    (void)state;
    enum { N = 7, DRAWS = 70000 };
    int count[N] = {0};
    Rng r = rng_new(3);
    for (int i = 0; i < DRAWS; i++)
        count[rng_below(&r, N)]++;
    for (int i = 0; i < N; i++)
        assert_true(abs(count[i] - DRAWS / N) < 5 * sqrt(DRAWS / N));
    assert_int_equal(rng_below(&r, 1), 0);
}

static void shuffle_keeps_all_and_prefers_none(void **state)
{
    (void)state;
    enum { N = 5, DRAWS = 50000 };
    int place[N][N] = {0};
    Rng r = rng_new(4);
    for (int d = 0; d < DRAWS; d++) {
        int a[N] = {0, 1, 2, 3, 4}, seen = 0;
        rng_shuffle(&r, a, N);
        for (int i = 0; i < N; i++) {
            seen |= 1 << a[i];
            place[i][a[i]]++;
        }
        assert_int_equal(seen, 31);
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            assert_true(abs(place[i][j] - DRAWS / N) < 5 * sqrt(DRAWS / N));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_sequence),
        cmocka_unit_test(the_state_is_all),
        cmocka_unit_test(uniform_has_its_moments),
        cmocka_unit_test(normal_has_its_moments),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(shuffle_keeps_all_and_prefers_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
