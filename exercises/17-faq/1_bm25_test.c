// The numbers of the task, what k1 and b do at their ends, and the chapter's
// own index on the same texts.
#include "1_bm25.h"

#include "17-faq/inverted.h"
#include "common/testing.h"

static void expect(const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-3))
        fail_msg("%s: expected %.4f, got %.4f", what, want, got);
}

static void how_rare(void **state)
{
    (void)state;
    expect("in 1 of 3 texts", term_idf(3, 1), 0.9808);
    expect("in 2 of 3 texts", term_idf(3, 2), 0.4700);
    expect("in 3 of 3 texts", term_idf(3, 3), 0.1335);
    expect("in none of 3 texts", term_idf(3, 0), log(8));
    if (!(term_idf(100, 100) > 0))
        fail_msg("a term that all 100 texts have is worth %.4f: nothing should "
                 "be better off without it",
                 term_idf(100, 100));
}

static void the_example(void **state)
{
    (void)state;
    const double mean = 13.0 / 3;
    expect("once in 3 words", term_score(0.9808, 1, 3, mean, 1.2, 0.75),
           1.1221);
    expect("not there", term_score(0.9808, 0, 3, mean, 1.2, 0.75), 0);
    expect("twice in 7 words", term_score(0.1335, 2, 7, mean, 1.2, 0.75),
           0.1565);
}

static void the_ends_of_k1_and_b(void **state)
{
    (void)state;
    expect("k1 = 0: there or not", term_score(2, 9, 30, 10, 0, 0.75), 2);
    expect("k1 = 0, not there", term_score(2, 0, 30, 10, 0, 0.75), 0);
    expect("b = 0: the length does not count",
           term_score(2, 1, 30, 10, 1.2, 0) - term_score(2, 1, 3, 10, 1.2, 0),
           0);
    expect("b = 1, twice as long, twice as often",
           term_score(2, 2, 20, 10, 1.2, 1) - term_score(2, 1, 10, 10, 1.2, 1),
           0);
    expect("a million times", term_score(2, 1000000, 10, 10, 1.2, 0.75),
           2 * 2.2);
    expect("an empty collection", term_score(2, 0, 0, 0, 1.2, 0.75), 0);
}

static void as_the_index_does(void **state)
{
    (void)state;
    const Text text[] = {text_of("run the tests"), text_of("run the chapter"),
                         text_of("where are the plots of the chapter")};
    const Text question = text_of("the chapter");
    const int length[] = {3, 3, 7}, the[] = {1, 1, 2}, chapter[] = {0, 1, 1};
    float score[3];
    Inverted x = inverted_new(WORD_TERMS, text, 3);
    score_bm25(&x, (Bm25){1.2f, 0.75f}, &question, 1, score);
    for (int i = 0; i < 3; i++)
        expect(
            "the chapter's index",
            term_score(term_idf(3, 3), the[i], length[i], 13.0 / 3, 1.2, 0.75) +
                term_score(term_idf(3, 2), chapter[i], length[i], 13.0 / 3, 1.2,
                           0.75),
            (double)score[i]);
    inverted_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(how_rare),
        cmocka_unit_test(the_example),
        cmocka_unit_test(the_ends_of_k1_and_b),
        cmocka_unit_test(as_the_index_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
