// What is kept and drawn, in numbers.
#include "3_find_the_bug.h"

#include "common/testing.h"

static void frequent_words_are_mostly_dropped(void **state)
{
    (void)state;
    const double got = kept(60000, 1000000, 1e-3);
    if (!(fabs(got - sqrt(1e-3 / 0.06)) < 1e-9))
        fail_msg("a word with 60000 of 1000000 places, t = 0.001: it should be "
                 "kept with probability sqrt(0.001 / 0.06) = %.10f, yours is "
                 "%.10f",
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
    static const int64_t count[] = {1000, 999, 10, 1, 0};
    for (int i = 0; i < 5; i++) {
        const double got = kept(count[i], 1000000, 1e-3);
        if (!(fabs(got - 1) < 1e-12))
            fail_msg("a word with %d of 1000000 places, t = 0.001: with a "
                     "frequency of t or less it is always kept, yours with "
                     "probability %.10f",
                     (int)count[i], got);
    }
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
                 "get %.10f of the draws, yours gets %.10f",
                 want, share(count, 3, 0));
}

// An int holds 2,147,483,647 at most; the counts are of type int64_t.
static void a_text_of_100_billion_words(void **state)
{
    (void)state;
    const int64_t the = INT64_C(6000000000), all = INT64_C(100000000000);
    const double want = sqrt(1e-3 / 0.06), got = kept(the, all, 1e-3);
    if (!(fabs(got - want) < 1e-9))
        fail_msg("a word with 6 of 100 billion places, t = 0.001: it should be "
                 "kept with probability %.10f, yours is %.10f",
                 want, got);
    if (!(fabs(drawn(all * 100000) - 1e12) < 1))
        fail_msg("10^16 to the power of 3/4 is 10^12, yours is %g",
                 drawn(all * 100000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frequent_words_are_mostly_dropped),
        cmocka_unit_test(the_more_frequent_the_less_is_kept),
        cmocka_unit_test(rare_words_are_all_kept),
        cmocka_unit_test(draws_go_by_three_quarters),
        cmocka_unit_test(a_text_of_100_billion_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
