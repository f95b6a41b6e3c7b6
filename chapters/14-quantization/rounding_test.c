// Laws of rounding to few bits.
#include "14-quantization/rounding.h"

#include "14-quantization/quant.h"

#include "common/rng.h"
#include "common/testing.h"
#include "common/threads.h"

#include <signal.h>
#include <stdlib.h>

enum { ROWS = 13, COLS = 131, N = ROWS * COLS };

static const int sizes[] = {1, 7, 32, 131, 0}; // of groups
enum { SIZES = sizeof sizes / sizeof *sizes };

// Numbers of three kinds: normal, evenly spread, and mostly small with a few
// large ones.
enum { KINDS = 3 };
static void fill(float *x, int n, int kind)
{
    Rng r = rng_new(kind + 1);
    for (int i = 0; i < n; i++) {
        const float z = rng_normal(&r);
        x[i] = kind == 0   ? z
               : kind == 1 ? 2 * rng_uniform(&r) - 1
                           : 0.01f * z * z * z * z * z;
        if (fabsf(x[i]) < 1e-2f) // below, F16 has no fine scales
            x[i] = 0;
    }
}

static int most_of(Rounding r)
{
    return (1 << (r.bits - 1)) - 1;
}

static void by_hand(void **state)
{
    (void)state;
    const float x[4] = {0.12f, -0.70f, 0.33f, 0.61f};
    float y[4];
    const float s = round_group((Rounding){.bits = 4}, x, 4, y);
    assert_true(fabsf(s - 0.1f) < 1e-4f); // 0.7 / 7, as F16
    assert_close(y, ((float[]){0.1f, -0.7f, 0.3f, 0.6f}), 4, 1e-3);
    // Ternary: 0.7, and 0.35 is the border.
    round_group((Rounding){.bits = 2}, x, 4, y);
    assert_close(y, ((float[]){0, -0.7f, 0, 0.7f}), 4, 1e-3);
    // As Q4_0: -0.7 is -8 steps of 0.0875; 0.61 would be 6.97 of them.
    const float t =
        round_group((Rounding){.bits = 4, .lopsided = true}, x, 4, y);
    assert_true(fabsf(t - 0.0875f) < 1e-4f);
    assert_close(y, ((float[]){0.0875f, -0.7f, 0.35f, 0.6125f}), 4, 1e-3);
    // The largest is positive: the scale is negative.
    const float z[2] = {0.8f, -0.8f * 7 / 8};
    assert_true(round_group((Rounding){.bits = 4, .lopsided = true}, z, 2, y) <
                0);
    assert_close(y, z, 2, 1e-3);
}

// Every result is a whole number of steps, and there are no more levels than
// codes.
static void results_are_levels(void **state)
{
    (void)state;
    float x[N], y[N];
    fill(x, N, 0);
    for (int bits = 2; bits <= 8; bits++)
        for (int rule = SCALE_ABSMAX; rule <= SCALE_BEST; rule++)
            for (int lop = 0; lop < 2; lop++) {
                const Rounding r = {bits, 0, rule, lop};
                const float s = round_group(r, x, N, y);
                const float m = (float)most_of(r), low = lop ? -m - 1 : -m;
                for (int i = 0; i < N; i++) {
                    const float q = y[i] / s;
                    if (!(fabsf(q - rintf(q)) < 1e-4f && q > low - 0.5f &&
                          q < m + 0.5f))
                        fail_msg("%d bits, rule %d: %g is %g steps of %g", bits,
                                 rule, (double)y[i], (double)q, (double)s);
                }
            }
}

// |error| <= step / 2 where nothing is cut off. (A scale is rounded to F16:
// the outermost number may be off by 127 / 2048 steps more.)
static void errors_are_bounded(void **state)
{
    (void)state;
    float x[N], y[N];
    for (int kind = 0; kind < KINDS; kind++)
        for (int bits = 2; bits <= 8; bits++) {
            fill(x, N, kind);
            const Rounding r = {bits, 0, SCALE_ABSMAX, false};
            const float s = round_group(r, x, N, y);
            const RoundingError e = rounding_error(x, y, N);
            if (!(e.worst <= 0.5001 * (double)s))
                fail_msg("%d bits: an error of %g, step %g", bits, e.worst,
                         (double)s);
            if (kind < 2 && !(e.worst > 0.45 * (double)s))
                fail_msg("%d bits: no error near half a step", bits);
        }
}

// Group by group, for all sizes.
static void best_is_never_worse(void **state)
{
    (void)state;
    float x[N], a[N], b[N];
    int better = 0;
    for (int kind = 0; kind < KINDS; kind++)
        for (int bits = 2; bits <= 8; bits++)
            for (int g = 1; g <= 64; g *= 2)
                for (int lop = 0; lop < 2; lop++) {
                    fill(x, N, kind);
                    for (int i = 0; i + g <= N; i += g) {
                        round_group((Rounding){bits, 0, SCALE_ABSMAX, lop},
                                    x + i, g, a);
                        round_group((Rounding){bits, 0, SCALE_BEST, lop}, x + i,
                                    g, b);
                        const double ea = rounding_error(x + i, a, g).noise;
                        const double eb = rounding_error(x + i, b, g).noise;
                        // Sums of squares in float may differ in the last bits.
                        if (eb > ea * (1 + 1e-5))
                            fail_msg("%d bits, %d numbers: best %g, absmax %g",
                                     bits, g, eb, ea);
                        better += eb < 0.99 * ea;
                    }
                }
    assert_true(better > 1000);
}

// For two bits there are few scales worth a thought: for each choice of which
// numbers are not 0, by magnitude, the mean of those. The search must come
// near the best of them.
static void best_is_nearly_best(void **state)
{
    (void)state;
    enum { G = 32 };
    float x[G], y[G], size[G];
    double found = 0, possible = 0;
    for (int round = 0; round < 50; round++) {
        Rng r = rng_new(round);
        for (int i = 0; i < G; i++) {
            x[i] = rng_normal(&r);
            size[i] = fabsf(x[i]);
        }
        round_group((Rounding){2, 0, SCALE_BEST, false}, x, G, y);
        for (int i = 0; i < G; i++) // largest first
            for (int j = i + 1; j < G; j++)
                if (size[j] > size[i]) {
                    const float t = size[i];
                    size[i] = size[j];
                    size[j] = t;
                }
        double squares = 0, sum = 0, gain = 0;
        for (int i = 0; i < G; i++) {
            squares += (double)size[i] * (double)size[i];
            sum += (double)size[i];
            gain = fmax(gain, sum * sum / (i + 1));
        }
        found += rounding_error(x, y, G).noise * G;
        possible += squares - gain;
    }
    if (!(found <= 1.0001 * possible))
        fail_msg("the search leaves %g, possible is %g", found, possible);
}

// step^2 / 12, if numbers are spread over many steps.
static void noise_is_uniform(void **state)
{
    (void)state;
    enum { MANY = 100003 };
    float *x = malloc(MANY * sizeof *x), *y = malloc(MANY * sizeof *y);
    for (int kind = 0; kind < 2; kind++)
        for (int bits = 5; bits <= 8; bits++) {
            fill(x, MANY, kind);
            const Rounding r = {bits, 0, SCALE_ABSMAX, false};
            const double s = (double)round_group(r, x, MANY, y);
            const double noise = rounding_error(x, y, MANY).noise;
            if (!(fabs(noise / (s * s / 12) - 1) < 0.03))
                fail_msg("%d bits: noise %g, step^2 / 12 is %g", bits, noise,
                         s * s / 12);
        }
    free(x);
    free(y);
}

// One bit more: half the step, 6 dB less noise.
static void a_bit_is_six_decibels(void **state)
{
    (void)state;
    enum { MANY = 32 * 1009 };
    float *x = malloc(MANY * sizeof *x), *y = malloc(MANY * sizeof *y);
    double db[9];
    fill(x, MANY, 0);
    for (int bits = 4; bits <= 8; bits++) {
        round_rows((Rounding){bits, 32, SCALE_ABSMAX, false}, x, 1, MANY, y);
        db[bits] = decibels(rounding_error(x, y, MANY));
    }
    for (int bits = 5; bits <= 8; bits++)
        assert_true(fabs(db[bits] - db[bits - 1] - 6.3) < 0.5);
    free(x);
    free(y);
}

static void rounding_twice_is_rounding_once(void **state)
{
    (void)state;
    float x[N], y[N], z[N];
    for (int kind = 0; kind < KINDS; kind++)
        for (int bits = 2; bits <= 8; bits++)
            for (int k = 0; k < SIZES; k++)
                for (int lop = 0; lop < 2; lop++) {
                    const Rounding r = {bits, sizes[k], SCALE_ABSMAX, lop};
                    fill(x, N, kind);
                    round_rows(r, x, ROWS, COLS, y);
                    round_rows(r, y, ROWS, COLS, z);
                    assert_close(z, y, N, 0);
                }
}

static void signs_and_units_do_not_matter(void **state)
{
    (void)state;
    float x[N], y[N], other[N], back[N];
    fill(x, N, 0);
    for (int rule = SCALE_ABSMAX; rule <= SCALE_BEST; rule++) {
        const Rounding r = {4, 32, rule, false};
        round_rows(r, x, ROWS, COLS, y);
        for (int i = 0; i < N; i++)
            other[i] = -8 * x[i];
        round_rows(r, other, ROWS, COLS, back);
        for (int i = 0; i < N; i++)
            assert_true(back[i] == -8 * y[i]);
    }
}

// Each group by itself, the last one short; a group never crosses a row.
static void rows_are_groups(void **state)
{
    (void)state;
    float x[N], y[N], part[COLS];
    fill(x, N, 2);
    for (int k = 0; k < SIZES; k++)
        for (int rule = SCALE_ABSMAX; rule <= SCALE_BEST; rule++) {
            const int g = sizes[k] ? sizes[k] : COLS;
            const Rounding r = {3, sizes[k], rule, false};
            round_rows(r, x, ROWS, COLS, y);
            for (int i = 0; i < ROWS; i++)
                for (int j = 0; j < COLS; j += g) {
                    const int n = COLS - j < g ? COLS - j : g;
                    round_group(r, x + i * COLS + j, n, part);
                    assert_memory_equal(part, y + i * COLS + j,
                                        n * sizeof *part);
                }
        }
}

static void in_place_and_by_many(void **state)
{
    (void)state;
    float x[N], y[N], z[N];
    const Rounding r = {4, 32, SCALE_BEST, false};
    fill(x, N, 0);
    memcpy(z, x, sizeof z);
    threads_set(1);
    round_rows(r, x, ROWS, COLS, y);
    threads_set(3);
    round_rows(r, z, ROWS, COLS, z);
    threads_set(1);
    assert_memory_equal(y, z, sizeof y);
    round_rows(r, x, 0, COLS, NULL); // nothing to do
}

static void nothing_and_next_to_nothing(void **state)
{
    (void)state;
    const float x[3] = {0, -0.0f, 1e-9f};
    float y[3];
    for (int rule = SCALE_ABSMAX; rule <= SCALE_BEST; rule++)
        for (int lop = 0; lop < 2; lop++) {
            const Rounding r = {4, 0, rule, lop};
            round_group(r, x, 2, y);
            assert_true(y[0] == 0 && y[1] == 0);
            round_group(r, x, 3, y); // no F16 is that small
            assert_true(y[2] == 0);
            round_group(r, (float[]){-5}, 1, y);
            // One number alone loses nothing but what F16 loses.
            if (rule == SCALE_ABSMAX)
                assert_true(fabsf(y[0] + 5) < 0.01f);
        }
}

static void bits_of_a_number(void **state)
{
    (void)state;
    assert_true(rounding_bits((Rounding){8, 32, 0, false}, 64) == 8.5);
    assert_true(rounding_bits((Rounding){4, 32, 0, true}, 4096) == 4.5);
    assert_true(rounding_bits((Rounding){4, 0, 0, false}, 64) == 4.25);
    // 40 numbers are two groups of 32.
    assert_true(fabs(rounding_bits((Rounding){2, 32, 0, false}, 40) - 2.8) <
                1e-12);
}

// Table II of Max (1960): step and error for 3 and 7 levels.
static void the_normal_case(void **state)
{
    (void)state;
    assert_true(fabs(normal_step(2) - 1.224) < 5e-4);
    assert_true(fabs(normal_noise(2, 1.224) - 0.1902) < 1e-4);
    assert_true(fabs(normal_step(3) - 0.6508) < 5e-4);
    assert_true(fabs(normal_noise(3, 0.6508) - 0.04686) < 2e-5);
    // Counted: with the best step, and with others.
    enum { MANY = 200003 };
    float *x = malloc(MANY * sizeof *x), *y = malloc(MANY * sizeof *y);
    fill(x, MANY, 0);
    for (int bits = 2; bits <= 6; bits++) {
        const Rounding r = {bits, 0, SCALE_CLIPPED, false};
        const double s = (double)round_group(r, x, MANY, y);
        assert_true(fabs(s / normal_step(bits) - 1) < 0.01);
        const double noise = rounding_error(x, y, MANY).noise;
        const double theory = normal_noise(bits, s);
        if (!(fabs(noise / theory - 1) < 0.03))
            fail_msg("%d bits: noise %g, by theory %g", bits, noise, theory);
    }
    free(x);
    free(y);
    // Steps so fine that all is cut off, so coarse that all is 0.
    assert_true(fabs(normal_noise(8, 1e-9) - 1) < 1e-3);
    assert_true(fabs(normal_noise(8, 100) - 1) < 1e-9);
}

// What is simulated here is what the packed forms do, but for how a tie is
// rounded and when a scale becomes F16.
static void equals_the_packed_forms(void **state)
{
    (void)state;
    enum { MANY = 32 * 509 };
    const struct {
        Rounding r;
        QuantKind kind;
    } form[] = {{{8, 32, SCALE_ABSMAX, false}, QUANT_Q8_0},
                {{4, 32, SCALE_ABSMAX, true}, QUANT_Q4_0},
                {{8, 32, SCALE_BEST, false}, QUANT_Q8_0},
                {{4, 32, SCALE_BEST, true}, QUANT_Q4_0}};
    float *x = malloc(MANY * sizeof *x), *y = malloc(MANY * sizeof *y);
    float *z = malloc(MANY * sizeof *z);
    void *blocks = malloc(quant_bytes(QUANT_Q8_0, MANY));
    for (int kind = 0; kind < KINDS; kind++)
        for (size_t k = 0; k < sizeof form / sizeof *form; k++) {
            fill(x, MANY, kind);
            round_rows(form[k].r, x, 1, MANY, y);
            if (form[k].r.rule == SCALE_BEST)
                quant_pack_best(form[k].kind, x, MANY, blocks);
            else
                quant_pack(form[k].kind, x, MANY, blocks);
            quant_unpack(form[k].kind, blocks, MANY, z);
            const double a = decibels(rounding_error(x, y, MANY));
            const double b = decibels(rounding_error(x, z, MANY));
            // Two searches: each may find what the other does not.
            const double apart = form[k].r.rule == SCALE_BEST ? 0.8 : 0.05;
            if (!(fabs(a - b) < apart))
                fail_msg("%s: %g dB, rounded in floats %g",
                         quant_name(form[k].kind), b, a);
        }
    free(x);
    free(y);
    free(z);
    free(blocks);
}

// What does not reach far needs no clipping.
static void clipping_never_reaches_further(void **state)
{
    (void)state;
    const float x[4] = {1, -1, 1, -1};
    float y[4];
    const float s =
        round_group((Rounding){2, 0, SCALE_CLIPPED, false}, x, 4, y);
    assert_true(s == 1);
    assert_close(y, x, 4, 0);
}

static void too_many_bits(void *bits)
{
    float x[1] = {1};
    signal(SIGABRT, SIG_DFL);
    round_group((Rounding){.bits = *(int *)bits}, x, 1, x);
}

static void mistakes_are_found(void **state)
{
    (void)state;
    for (int bits = -1; bits < 12; bits++)
        if (bits < 2 || bits > 8)
            assert_dies(too_many_bits, &bits, 128 + SIGABRT,
                        "expected 2 to 8 bits");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(results_are_levels),
        cmocka_unit_test(errors_are_bounded),
        cmocka_unit_test(best_is_never_worse),
        cmocka_unit_test(best_is_nearly_best),
        cmocka_unit_test(noise_is_uniform),
        cmocka_unit_test(a_bit_is_six_decibels),
        cmocka_unit_test(rounding_twice_is_rounding_once),
        cmocka_unit_test(signs_and_units_do_not_matter),
        cmocka_unit_test(rows_are_groups),
        cmocka_unit_test(in_place_and_by_many),
        cmocka_unit_test(nothing_and_next_to_nothing),
        cmocka_unit_test(bits_of_a_number),
        cmocka_unit_test(the_normal_case),
        cmocka_unit_test(equals_the_packed_forms),
        cmocka_unit_test(clipping_never_reaches_further),
        cmocka_unit_test(mistakes_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
