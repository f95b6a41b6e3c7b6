// A ring against the whole text under a window, however it is cut.
#include "3_find_the_bug.h"

#include "common/rng.h"
#include "common/testing.h"

enum { N = 23, D = 3 };

static float q[N * D], k[N * D], v[N * D];

static int fill(void **state)
{
    (void)state;
    Rng r = rng_new(1);
    for (int i = 0; i < N * D; i++) {
        q[i] = rng_normal(&r);
        k[i] = rng_normal(&r);
        v[i] = rng_normal(&r);
    }
    return 0;
}

// What the token at position p finds, by the definition.
static void by_definition(int p, int window, double *y)
{
    const int first = p - window + 1 > 0 ? p - window + 1 : 0;
    double sum = 0;
    for (int c = 0; c < D; c++)
        y[c] = 0;
    for (int j = first; j <= p; j++) {
        double score = 0;
        for (int c = 0; c < D; c++)
            score += (double)q[p * D + c] * (double)k[j * D + c] / sqrt(D);
        sum += exp(score);
        for (int c = 0; c < D; c++)
            y[c] += exp(score) * (double)v[j * D + c];
    }
    for (int c = 0; c < D; c++)
        y[c] /= sum;
}

// Reads all N tokens, `first` at once and then `chunk` at a time.
static void expect(int window, int first, int chunk)
{
    Ring r = ring_new(window, D);
    float y[N * D];
    for (int at = 0, n = first; at < N; at += n, n = chunk) {
        n = n < N - at ? n : N - at;
        ring_read(&r, n, q + at * D, k + at * D, v + at * D, y + at * D);
    }
    ring_free(&r);
    for (int p = 0; p < N; p++) {
        double want[D];
        by_definition(p, window, want);
        for (int c = 0; c < D; c++)
            if (!(fabs((double)y[p * D + c] - want[c]) < 1e-4))
                fail_msg("window %d, %d tokens at once, then %d at a time: "
                         "position %d, number %d should be %.4f, yours is "
                         "%.4f",
                         window, first, chunk, p, c, want[c],
                         (double)y[p * D + c]);
    }
}

static void token_by_token(void **state)
{
    (void)state;
    for (int window = 1; window <= N + 1; window++)
        expect(window, 1, 1);
}

static void a_prompt_shorter_than_the_window(void **state)
{
    (void)state;
    expect(8, 5, 1);
    expect(8, 8, 1);
}

static void chunks(void **state)
{
    (void)state;
    expect(4, 4, 3);
    for (int window = 1; window <= 9; window++)
        for (int chunk = 1; chunk <= 11; chunk++)
            expect(window, chunk, chunk);
}

static void all_at_once(void **state)
{
    (void)state;
    for (int window = 1; window <= N; window++)
        expect(window, N, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_by_token),
        cmocka_unit_test(a_prompt_shorter_than_the_window),
        cmocka_unit_test(chunks),
        cmocka_unit_test(all_at_once),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
