// Where the weights begin, for models of all sizes.
#include "3_find_the_bug.h"

#include "common/testing.h"

static LlamaShape shape(int width, int hidden, int layers, int heads,
                        int groups)
{
    return (LlamaShape){.pieces = 32000,
                        .width = width,
                        .hidden = hidden,
                        .layers = layers,
                        .heads = heads,
                        .groups = groups,
                        .tied = true};
}

static void expect(const char *model, LlamaShape s)
{
    static const char *const name[] = {
        "embeddings", "attention norms", "queries", "keys", "values",    "outs",
        "feed norms", "gates",           "downs",   "ups",  "last norm", "end"};
    const size_t d = s.width, h = s.hidden, L = s.layers;
    const size_t k = d / s.heads * s.groups;
    const size_t size[WEIGHTS] = {32000 * d, L * d,     L * d * d, L * k * d,
                                  L * k * d, L * d * d, L * d,     L * h * d,
                                  L * d * h, L * h * d, d};
    size_t place[WEIGHTS + 1], want = 0;
    weight_places(&s, place);
    for (int w = 0; w <= WEIGHTS; w++) {
        if (place[w] != want)
            fail_msg("%s: the %s: %zu floats in front of them, you say %zu",
                     model, name[w], want, place[w]);
        want += w < WEIGHTS ? size[w] : 0;
    }
    assert_int_equal(want, llama_parameters(&s));
}

static void stories(void **state)
{
    (void)state;
    expect("15 million", shape(288, 768, 6, 6, 6));
}

static void seven_billion(void **state)
{
    (void)state;
    expect("7 billion", shape(4096, 11008, 32, 32, 32));
}

static void thirteen_billion(void **state)
{
    (void)state;
    // The weights alone are more than 2^32; each kind of them is not.
    expect("13 billion", shape(5120, 13824, 40, 40, 40));
}

static void seventy_billion(void **state)
{
    (void)state;
    expect("70 billion", shape(8192, 28672, 80, 64, 8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stories),
        cmocka_unit_test(seven_billion),
        cmocka_unit_test(thirteen_billion),
        cmocka_unit_test(seventy_billion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
