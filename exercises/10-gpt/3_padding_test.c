// Perplexity and bits a byte of padded texts.
#include "3_padding.h"

#include "common/testing.h"

static void expect(const char *what, double got, double want)
{
    if (!(fabs(got - want) < 1e-6 * fmax(1, want)))
        fail_msg("%s: expected %.6f, got %.6f", what, want, got);
}

// ln 2 and ln 4: one bit and two bits.
#define ONE 0.69314718f
#define TWO 1.38629436f

static void without_padding(void **state)
{
    (void)state;
    const float loss[] = {TWO, TWO, TWO, TWO, TWO, TWO};
    Measured m = {2, 3, loss, (int[]){3, 3}, 24};
    expect("perplexity of 6 tokens of 2 bits", perplexity(&m), 4);
    expect("12 bits on 24 bytes", bits_a_byte(&m), 0.5);
}

static void padding_does_not_count(void **state)
{
    (void)state;
    const float loss[] = {TWO, TWO, TWO, 0, 0, 0, TWO, 99, 0, 0, 0, 99};
    Measured m = {2, 6, loss, (int[]){3, 1}, 16};
    expect("perplexity of 4 tokens of 2 bits among padding", perplexity(&m), 4);
    expect("8 bits on 16 bytes", bits_a_byte(&m), 0.5);
}

static void every_token_counts_once(void **state)
{
    (void)state;
    // 5 tokens of 1 bit in one text, 1 of 2 bits in the other: 7 bits.
    const float loss[] = {ONE, ONE, ONE, ONE, ONE, TWO, 0, 0, 0, 0};
    Measured m = {2, 5, loss, (int[]){5, 1}, 7};
    expect("perplexity, 7 bits on 6 tokens", perplexity(&m), pow(2, 7.0 / 6));
    expect("7 bits on 7 bytes", bits_a_byte(&m), 1);
}

static void an_empty_text_among_others(void **state)
{
    (void)state;
    // 4 bits on 4 tokens, one of which cost nothing and counts all the same.
    const float loss[] = {9, 9, 9, TWO, 0, 9, ONE, ONE, 9};
    Measured m = {3, 3, loss, (int[]){0, 2, 2}, 8};
    expect("perplexity, an empty text in front", perplexity(&m), 2);
    expect("4 bits on 8 bytes", bits_a_byte(&m), 0.5);
}

static void nothing_at_all(void **state)
{
    (void)state;
    const float loss[] = {5, 5};
    Measured m = {1, 2, loss, (int[]){0}, 0};
    expect("perplexity of no token", perplexity(&m), 1);
    expect("bits a byte of nothing", bits_a_byte(&m), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_padding),
        cmocka_unit_test(padding_does_not_count),
        cmocka_unit_test(every_token_counts_once),
        cmocka_unit_test(an_empty_text_among_others),
        cmocka_unit_test(nothing_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
