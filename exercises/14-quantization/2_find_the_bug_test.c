// Blocks of Q4_0 as they are in the files.
#include "2_find_the_bug.h"

#include "14-quantization/quant.h"

#include "common/rng.h"
#include "common/safetensors.h"
#include "common/testing.h"

// The first of n numbers that is wrong.
static void expect(const char *what, const float *got, const float *want, int n)
{
    for (int i = 0; i < n; i++)
        if (got[i] != want[i])
            fail_msg("%s: number %d should be %g, it is %g", what, i,
                     (double)want[i], (double)got[i]);
}

// The scale is 1, byte j is 0xHL: L = 8 for all but the first, H = 9.
static void one_block(void **state)
{
    (void)state;
    uint8_t block[18];
    float x[32], want[32];
    const uint16_t one = float_to_half(1);
    memcpy(block, &one, sizeof one);
    memset(block + 2, 0x98, 16);
    block[2] = 0x9f;
    for (int i = 0; i < 32; i++)
        want[i] = i == 0 ? 7 : i < 16 ? 0 : 1;
    unpack_nibbles(block, 32, x);
    expect("low halves 7 0 0 ..., high halves 1 1 1 ...", x, want, 32);
}

static void a_file(void **state)
{
    (void)state;
    enum { N = 32 * 7 };
    float x[N], want[N];
    uint8_t blocks[N / 32 * 18];
    Rng r = rng_new(8);
    for (int i = 0; i < N; i++)
        x[i] = (float)(1 + i / 32) * rng_normal(&r);
    quant_pack(QUANT_Q4_0, x, N, blocks);
    quant_unpack(QUANT_Q4_0, blocks, N, want);
    unpack_nibbles(blocks, N, x);
    expect("seven blocks", x, want, N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_block),
        cmocka_unit_test(a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
