// The test of exercise 2: the layout of models from tiny to large.
#include "2_offsets.h"
#include "common/testing.h"

#include <inttypes.h>

static void expect(const char *model, const char *group, uint64_t got,
                   uint64_t want)
{
    if (got != want)
        fail_msg("%s: %s should begin at byte %" PRIu64 ", but layout_of says "
                 "%" PRIu64 ", which is %" PRIu64 " bytes %s",
                 model, group, want, got, got < want ? want - got : got - want,
                 got < want ? "too early" : "too late");
}

static void compare(const char *model, Header h, Layout want)
{
    Layout got = layout_of(&h);
    expect(model, "the embedding", got.embedding, want.embedding);
    expect(model, "the attention weights", got.attention, want.attention);
    expect(model, "the weights up", got.up, want.up);
    expect(model, "the weights down", got.down, want.down);
    expect(model, "the end of the file", got.end, want.end);
}

static void a_tiny_model(void **state)
{
    (void)state;
    compare("1 layer, width 2, hidden 3, 5 tokens", (Header){1, 2, 3, 5},
            (Layout){16, 56, 120, 144, 168});
    compare("no layer", (Header){0, 2, 3, 5}, (Layout){16, 56, 56, 56, 56});
    compare("5 layers, width 64, hidden 172, 512 tokens",
            (Header){5, 64, 172, 512},
            (Layout){16, 131088, 458768, 678928, 899088});
}

static void llama_2_with_7_billion_weights(void **state)
{
    (void)state;
    compare("Llama 2 7B", (Header){32, 4096, 11008, 32000},
            (Layout){16, UINT64_C(524288016), UINT64_C(9114222608),
                     UINT64_C(14885584912), UINT64_C(20656947216)});
}

static void llama_2_with_13_billion_weights(void **state)
{
    (void)state;
    compare("Llama 2 13B", (Header){40, 5120, 13824, 32000},
            (Layout){16, UINT64_C(655360016), UINT64_C(17432576016),
                     UINT64_C(28757196816), UINT64_C(40081817616)});
}

// From here on even the numbers of weights need more than 32 bits.
static void hundreds_of_billions_of_weights(void **state)
{
    (void)state;
    compare("126 layers, width 16384, hidden 53248, 128256 tokens",
            (Header){126, 16384, 53248, 128256},
            (Layout){16, UINT64_C(8405385232), UINT64_C(549571264528),
                     UINT64_C(989268541456), UINT64_C(1428965818384)});
}

// Large numbers in different places: the embedding alone has 5 billion.
static void a_huge_vocabulary(void **state)
{
    (void)state;
    compare("5,000,000 tokens, width 1000", (Header){1, 1000, 1000, 5000000},
            (Layout){16, UINT64_C(20000000016), UINT64_C(20016000016),
                     UINT64_C(20020000016), UINT64_C(20024000016)});
}

// And in others still: two factors, or 4 and one, need more than 32 bits.
static void every_factor_may_be_huge(void **state)
{
    (void)state;
    compare("1 layer, width 100,000, hidden 200,000, 1 token",
            (Header){1, 100000, 200000, 1},
            (Layout){16, 400016, UINT64_C(160000400016), UINT64_C(240000400016),
                     UINT64_C(320000400016)});
    compare("2,000,000,000 layers, width 1, hidden 3, 1 token",
            (Header){2000000000, 1, 3, 1},
            (Layout){16, 20, UINT64_C(32000000020), UINT64_C(56000000020),
                     UINT64_C(80000000020)});
    compare("1 layer, width 1, hidden and tokens 2,000,000,000",
            (Header){1, 1, 2000000000, 2000000000},
            (Layout){16, UINT64_C(8000000016), UINT64_C(8000000032),
                     UINT64_C(16000000032), UINT64_C(24000000032)});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tiny_model),
        cmocka_unit_test(llama_2_with_7_billion_weights),
        cmocka_unit_test(llama_2_with_13_billion_weights),
        cmocka_unit_test(hundreds_of_billions_of_weights),
        cmocka_unit_test(a_huge_vocabulary),
        cmocka_unit_test(every_factor_may_be_huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
