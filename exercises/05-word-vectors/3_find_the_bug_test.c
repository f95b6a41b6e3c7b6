// What is kept and drawn, in numbers.
#include "3_find_the_bug.h"

#include "common/testing.h"

static void frequent_words_are_mostly_dropped(void **state)
{
    (void)state;
    const double got = kept(60000, 1000000, 1e-3);
    if (!(fabs(got - sqrt(1e-3 / 0.06)) < 1e-9))
        fail_msg("a word with 60000 of 1000000 places, t = 0.001: it should be "
                 "kept with probability sqrt(0.001 / 0.06) = %.4f, yours is "
                 "%.4f",
                 sqrt(1e-3 / 0.06), got);
}

static void the_more_frequent_the_less_is_kept(void **state)
{
    (void)state;
    const double some = kept(5000, 1000000, 1e-3);
    const double many = kept(50000, 1000000, 1e-3);
    if (!(many < some))
        fail_msg("of a word that is ten times as frequent a smaller part "
                 "should be kept, yours keeps %.4f of the one and %.4f of the "
                 "more frequent one",
                 some, many);
}

static void rare_words_are_all_kept(void **state)
{
    (void)state;
    const double got = kept(1000, 1000000, 1e-3);
    if (!(fabs(got - 1) < 1e-12))
        fail_msg("a word of frequency t is always kept, yours with "
                 "probability %.4f",
                 got);
}

static void draws_go_by_three_quarters(void **state)
{
    (void)state;
    if (!(fabs(drawn(10000) - 1000) < 1e-6))
        fail_msg("10000 to the power of 3/4 is 1000, yours is %g",
                 drawn(10000));
    const int64_t count[] = {10000, 16, 1};
    const double want = 1000.0 / 1009;
    if (!(fabs(share(count, 3, 0) - want) < 1e-9))
        fail_msg("of words that occur 10000, 16 and 1 times the first should "
                 "get %.4f of the draws, yours gets %.4f",
                 want, share(count, 3, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frequent_words_are_mostly_dropped),
        cmocka_unit_test(the_more_frequent_the_less_is_kept),
        cmocka_unit_test(rare_words_are_all_kept),
        cmocka_unit_test(draws_go_by_three_quarters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
