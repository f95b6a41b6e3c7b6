// A text's vector must be the same alone and beside a longer one.
#include "3_padding.h"

#include "common/testing.h"

// Padding has hidden states too; here they are 100, to be seen.
enum { P = 100 };

static void expect(const char *what, float got, float want)
{
    if (!(fabsf(got - want) < 1e-5f))
        fail_msg("%s: expected %.4f, got %.4f", what, (double)want,
                 (double)got);
}

static void a_text_without_padding(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 6};
    float y[2];
    mean_of_texts(x, (int[]){2}, 1, 2, 2, y);
    expect("the mean of 1 and 3", y[0], 2);
    expect("the mean of 2 and 6", y[1], 4);
}

static void beside_a_longer_one(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 6, P, P, P, P, //
                       1, 0, 2, 0, 3, 0, 6, 4};
    float y[4];
    mean_of_texts(x, (int[]){2, 4}, 2, 4, 2, y);
    expect("the mean of 1 and 3, two rows of padding behind them", y[0], 2);
    expect("the mean of 2 and 6, two rows of padding behind them", y[1], 4);
    expect("the mean of 1, 2, 3 and 6, no padding", y[2], 3);
    expect("the mean of 0, 0, 0 and 4, no padding", y[3], 1);
}

static void nothing_but_padding(void **state)
{
    (void)state;
    const float x[] = {P, P, P, 5, P, P};
    float y[2];
    mean_of_texts(x, (int[]){0, 1}, 2, 3, 1, y);
    expect("the mean of no rows", y[0], 0);
    expect("the mean of 5", y[1], 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_without_padding),
        cmocka_unit_test(beside_a_longer_one),
        cmocka_unit_test(nothing_but_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
