// Products of bytes, by hand, at their limits, and against doubles.
#include "4_bytes_only.h"

#include "common/rng.h"
#include "common/testing.h"

#include <stdio.h>

enum { MOST = 32 * 9 };

static double exact(const uint8_t *u, const float *w_scale, const int8_t *q,
                    const float *x_scale, int n)
{
    double y = 0;
    for (int j = 0; j < n; j++)
        y += (double)w_scale[j / 32] * (u[j] - 128) * (double)x_scale[j / 32] *
             q[j];
    return y;
}

static void expect(const char *what, const uint8_t *u, const float *w_scale,
                   const int8_t *q, const float *x_scale, int n)
{
    const double want = exact(u, w_scale, q, x_scale, n);
    const double got = (double)dot_bytes(u, w_scale, q, x_scale, n);
    if (!(fabs(got - want) <= 1e-5 * fmax(1, fabs(want))))
        fail_msg("%s: it should be %.9g, it is %.9g", what, want, got);
}

static void by_hand(void **state)
{
    (void)state;
    uint8_t u[32];
    int8_t q[32] = {2, -3, 5};
    memset(u, 128, sizeof u); // weights of 0
    const float half = 0.5f, two = 2;
    expect("weights of 0", u, &half, q, &two, 32);
    u[0] = 138; // 10
    u[1] = 127; // -1
    expect("10 * 2 + -1 * -3, scales 0.5 and 2", u, &half, q, &two, 32);
    q[9] = 100; // meets a weight of 0
    expect("and 0 * 100", u, &half, q, &two, 32);
}

// The largest numbers there are: 32 * 128 * 128 fits easily.
static void limits(void **state)
{
    (void)state;
    uint8_t u[32];
    int8_t q[32];
    const float one = 1;
    for (int i = 0; i < 4; i++) {
        char what[40];
        memset(u, i & 1 ? 255 : 0, sizeof u);
        memset(q, i & 2 ? 127 : -128, sizeof q);
        snprintf(what, sizeof what, "u = %d and q = %d, 32 times", u[0], q[0]);
        expect(what, u, &one, q, &one, 32);
    }
}

static void blocks_have_their_own_scales(void **state)
{
    (void)state;
    uint8_t u[MOST];
    int8_t q[MOST];
    float w_scale[MOST / 32], x_scale[MOST / 32];
    Rng r = rng_new(4);
    for (int i = 0; i < MOST; i++) {
        u[i] = (uint8_t)(1 + rng_below(&r, 255));
        q[i] = (int8_t)(rng_below(&r, 255) - 127);
    }
    for (int b = 0; b < MOST / 32; b++) {
        w_scale[b] = rng_uniform(&r) - 0.5f;
        x_scale[b] = 0.1f * rng_uniform(&r);
    }
    for (int n = 0; n <= MOST; n += 32)
        expect("some blocks", u, w_scale, q, x_scale, n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(limits),
        cmocka_unit_test(blocks_have_their_own_scales),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
