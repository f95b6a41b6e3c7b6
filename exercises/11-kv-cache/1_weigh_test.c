// Small caches counted by hand, and some that are larger than an int.
#include "11-kv-cache/kv_cache.h"

#include "common/testing.h"

static void expect(const char *what, int layers, int width, int positions,
                   size_t want)
{
    const size_t got = kv_bytes(layers, width, positions);
    if (got != want)
        fail_msg("%s: %d layers of width %d, %d positions need %zu bytes, "
                 "yours says %zu",
                 what, layers, width, positions, want, got);
}

static void small_ones(void **state)
{
    (void)state;
    expect("the example", 1, 3, 5, 120);
    expect("one number a key", 1, 1, 1, 8);
    expect("an empty text", 4, 128, 0, 0);
    expect("this chapter's model, a token", 4, 128, 1, 4096);
}

static void large_ones(void **state)
{
    (void)state;
    expect("GPT-2 small", 12, 768, 1024, (size_t)75497472);
    expect("Llama 2 7B, floats of 4 bytes", 32, 4096, 4096, (size_t)4 << 30);
    expect("Llama 2 70B", 80, 1024, 4096, (size_t)2684354560u);
    expect("a text of a million tokens", 80, 1024, 1000000,
           (size_t)655360 * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_ones),
        cmocka_unit_test(large_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
