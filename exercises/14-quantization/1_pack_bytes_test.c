// Blocks of Q8_0, by hand and byte for byte against the chapter's.
#include "1_pack_bytes.h"

#include "14-quantization/quant.h"

#include "common/rng.h"
#include "common/safetensors.h"
#include "common/testing.h"

static float scale_of(const uint8_t *block)
{
    uint16_t half;
    memcpy(&half, block, sizeof half);
    return half_to_float(half);
}

static void by_hand(void **state)
{
    (void)state;
    float x[32] = {1.27f, -0.63f, 0.004f, 0.006f, -1.27f};
    const int want[5] = {127, -63, 0, 1, -127};
    uint8_t block[34];
    pack_bytes(x, 32, block);
    if (fabsf(scale_of(block) - 0.01f) > 1e-5f)
        fail_msg("the greatest magnitude is 1.27, so the scale should be 0.01; "
                 "it is %g",
                 (double)scale_of(block));
    for (int j = 0; j < 32; j++) {
        const int q = (int8_t)block[2 + j], should = j < 5 ? want[j] : 0;
        if (q != should)
            fail_msg("number %d, %g, should be q = %d; it is %d", j,
                     (double)x[j], should, q);
    }
}

static void halves_go_away_from_zero(void **state)
{
    (void)state;
    float x[32] = {127, 0.5f, 1.5f, 2.5f, -0.5f, -2.5f}; // a scale of 1
    const int want[6] = {127, 1, 2, 3, -1, -3};
    uint8_t block[34];
    pack_bytes(x, 32, block);
    for (int j = 0; j < 6; j++)
        if ((int8_t)block[2 + j] != want[j])
            fail_msg("number %d, %g, with a scale of 1: q should be %d, as "
                     "roundf has it; it is %d",
                     j, (double)x[j], want[j], (int8_t)block[2 + j]);
}

// 1e-8 is 0 as F16, but in float it is not.
static void a_scale_too_small_for_half(void **state)
{
    (void)state;
    float x[32] = {1.27e-6f, -0.63e-6f};
    uint8_t block[34];
    pack_bytes(x, 32, block);
    if (scale_of(block) != 0 || (int8_t)block[2] != 127 ||
        (int8_t)block[3] != -63)
        fail_msg("1.27e-6, -0.63e-6: the scale 1e-8 is 0 as F16, but q is made "
                 "with the float: 127 -63; it is %d %d, with a scale of %g",
                 (int8_t)block[2], (int8_t)block[3], (double)scale_of(block));
}

static void the_sign_does_not_matter(void **state)
{
    (void)state;
    float x[32] = {0.1f, -12.7f};
    uint8_t block[34];
    pack_bytes(x, 32, block);
    if (fabsf(scale_of(block) - 0.1f) > 1e-4f)
        fail_msg("the greatest magnitude is 12.7 (of -12.7), so the scale "
                 "should be 0.1; it is %g",
                 (double)scale_of(block));
}

static void zeros(void **state)
{
    (void)state;
    const float x[32] = {0};
    uint8_t block[34];
    memset(block, 7, sizeof block);
    pack_bytes(x, 32, block);
    for (int j = 0; j < 34; j++)
        if (block[j])
            fail_msg("32 zeros: byte %d should be 0, it is %d", j, block[j]);
}

static void many_blocks(void **state)
{
    (void)state;
    enum { N = 32 * 11 };
    float x[N];
    uint8_t mine[N / 32 * 34], theirs[sizeof mine];
    Rng r = rng_new(6);
    for (int i = 0; i < N; i++)
        x[i] = (float)(1 + i / 32) * rng_normal(&r);
    pack_bytes(x, N, mine);
    quant_pack(QUANT_Q8_0, x, N, theirs);
    for (size_t i = 0; i < sizeof mine; i++)
        if (mine[i] != theirs[i])
            fail_msg("block %zu, byte %zu: it should be %d, it is %d", i / 34,
                     i % 34, theirs[i], mine[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(halves_go_away_from_zero),
        cmocka_unit_test(a_scale_too_small_for_half),
        cmocka_unit_test(the_sign_does_not_matter),
        cmocka_unit_test(zeros),
        cmocka_unit_test(many_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
