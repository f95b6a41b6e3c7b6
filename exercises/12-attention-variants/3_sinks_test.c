// A long text must look like the short one that is remembered of it.
#include "3_sinks.h"

#include "common/rng.h"
#include "common/testing.h"

enum { N = 90 };

static float q[N * WIDTH], k[N * WIDTH], v[N * WIDTH];

static int fill(void **state)
{
    (void)state;
    Rng g = rng_new(4);
    for (int i = 0; i < N * WIDTH; i++) {
        q[i] = rng_normal(&g);
        k[i] = rng_normal(&g);
        v[i] = rng_normal(&g);
    }
    return 0;
}

// The definition: the tokens that token p remembers, in a row, are a text of
// their own.
static void by_definition(int sinks, int window, int p, double *y)
{
    int token[ROWS_MOST], n = 0;
    for (int j = 0; j <= p; j++)
        if (j < sinks || j > p - window)
            token[n++] = j;
    double sum = 0;
    for (int c = 0; c < WIDTH; c++)
        y[c] = 0;
    for (int place = 0; place < n; place++) {
        const float *x = q + p * WIDTH, *key = k + token[place] * WIDTH;
        double score = 0;
        for (int i = 0; i < WIDTH / 2; i++) {
            // What counts is the angle between the two turns, nothing else.
            const double a =
                (n - 1 - place) * pow(10000, -(double)i / (WIDTH / 2));
            const double x0 = (double)x[i], x1 = (double)x[i + WIDTH / 2];
            const double k0 = (double)key[i], k1 = (double)key[i + WIDTH / 2];
            score +=
                cos(a) * (x0 * k0 + x1 * k1) + sin(a) * (x0 * k1 - x1 * k0);
        }
        const double weight = exp(score / sqrt(WIDTH));
        sum += weight;
        for (int c = 0; c < WIDTH; c++)
            y[c] += weight * (double)v[token[place] * WIDTH + c];
    }
    for (int c = 0; c < WIDTH; c++)
        y[c] /= sum;
}

static void expect(int sinks, int window, int tokens)
{
    Memory m = {.sinks = sinks, .window = window};
    for (int p = 0; p < tokens; p++) {
        float y[WIDTH];
        double want[WIDTH];
        memory_read(&m, q + p * WIDTH, k + p * WIDTH, v + p * WIDTH, y);
        assert_int_equal(m.length, p + 1);
        by_definition(sinks, window, p, want);
        for (int c = 0; c < WIDTH; c++)
            if (!(fabs((double)y[c] - want[c]) < 1e-4))
                fail_msg("%d sinks, a window of %d: token %d, number %d should "
                         "be %.4f, yours is %.4f",
                         sinks, window, p, c, want[c], (double)y[c]);
    }
}

static void expect_row(int sinks, int window, int position, int want)
{
    const int got = row_of(sinks, window, position);
    if (got != want)
        fail_msg("row_of(%d, %d, %d) should be %d, yours is %d", sinks, window,
                 position, want, got);
}

static void rows(void **state)
{
    (void)state;
    const int by_hand[] = {0, 1, 2, 3, 4, 2, 3, 4, 2};
    for (int p = 0; p < 9; p++)
        expect_row(2, 3, p, by_hand[p]);
    expect_row(0, 4, 4, 0);
    expect_row(0, 4, 7, 3);
    expect_row(4, 1, 100000, 4);
    expect_row(4, 1, 3, 3);
}

static void places(void **state)
{
    (void)state;
    const struct {
        int sinks, window, position, length, place;
    } by_hand[] = {{2, 3, 0, 8, 0}, {2, 3, 1, 8, 1},      {2, 3, 5, 8, 2},
                   {2, 3, 7, 8, 4}, {2, 3, 6, 9, 2},      {2, 3, 8, 9, 4},
                   {2, 3, 4, 5, 4}, {2, 3, 1, 2, 1},      {2, 3, 3, 4, 3},
                   {0, 3, 5, 6, 2}, {1, 2, 9998, 9999, 2}};
    for (size_t i = 0; i < sizeof by_hand / sizeof *by_hand; i++) {
        const int s = by_hand[i].sinks, w = by_hand[i].window;
        const int p = by_hand[i].position, n = by_hand[i].length;
        const int got = place_of(s, w, p, n);
        if (got != by_hand[i].place)
            fail_msg("place_of(%d, %d, %d, %d) should be %d, yours is %d", s, w,
                     p, n, by_hand[i].place, got);
    }
}

static void a_text_that_fits(void **state)
{
    (void)state;
    expect(2, 9, 11);
    expect(0, 9, 9);
    expect(5, 9, 3);
}

static void a_window_alone(void **state)
{
    (void)state;
    expect(0, 1, N);
    expect(0, 4, N);
    expect(0, 7, N);
}

static void a_beginning_that_stays(void **state)
{
    (void)state;
    expect(1, 4, N);
    expect(3, 7, N);
    expect(4, 1, N);
    expect(4, ROWS_MOST - 4, N); // no row to spare
    for (int sinks = 0; sinks <= 5; sinks++)
        for (int window = 1; window <= 8; window++)
            expect(sinks, window, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(places),
        cmocka_unit_test(a_text_that_fits),
        cmocka_unit_test(a_window_alone),
        cmocka_unit_test(a_beginning_that_stays),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
