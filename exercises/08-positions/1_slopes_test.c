// The test of exercise 1: slopes for powers of two and for other numbers.
#include "08-positions/positions.h"
#include "common/testing.h"

static void expect(int heads, int head, const float *slope, double want)
{
    if (!(fabs((double)slope[head] - want) < 1e-6 * want))
        fail_msg("%d heads: head %d should have the slope %.9g, yours is %.9g",
                 heads, head, want, (double)slope[head]);
}

static void eight_heads(void **state)
{
    (void)state;
    float slope[8];
    alibi_slopes(8, slope);
    for (int h = 0; h < 8; h++)
        expect(8, h, slope, 1.0 / (2 << h));
}

static void other_powers_of_two(void **state)
{
    (void)state;
    float slope[64];
    alibi_slopes(1, slope);
    expect(1, 0, slope, 1 / 256.0);
    alibi_slopes(2, slope);
    expect(2, 0, slope, 1 / 16.0);
    expect(2, 1, slope, 1 / 256.0);
    alibi_slopes(16, slope);
    expect(16, 0, slope, 0.70710678);
    expect(16, 1, slope, 0.5);
    expect(16, 15, slope, 1 / 256.0);
    alibi_slopes(64, slope);
    expect(64, 0, slope, 0.91700404);
    expect(64, 63, slope, 1 / 256.0);
}

static void three_heads(void **state)
{
    (void)state;
    float slope[3];
    alibi_slopes(3, slope);
    expect(3, 0, slope, 1 / 16.0);
    expect(3, 1, slope, 1 / 256.0);
    expect(3, 2, slope, 1 / 4.0);
}

static void twelve_heads(void **state)
{
    (void)state;
    float slope[12];
    alibi_slopes(12, slope);
    for (int h = 0; h < 8; h++)
        expect(12, h, slope, 1.0 / (2 << h));
    for (int h = 8; h < 12; h++) // of 16 heads the first, the third ...
        expect(12, h, slope, 0.70710678118655 / (1 << (h - 8)));
}

static void forty_heads_as_in_a_model_of_13_billion(void **state)
{
    (void)state;
    float slope[41];
    slope[40] = 7;
    alibi_slopes(40, slope);
    expect(40, 0, slope, 0.84089642);
    expect(40, 31, slope, 1 / 256.0);
    expect(40, 32, slope, 0.91700404);
    expect(40, 39, slope, 0.27262693);
    expect(40, 40, slope, 7); // not yours to write
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_heads),
        cmocka_unit_test(other_powers_of_two),
        cmocka_unit_test(three_heads),
        cmocka_unit_test(twelve_heads),
        cmocka_unit_test(forty_heads_as_in_a_model_of_13_billion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
