// Five words in a space of four directions: person, royal, female, fruit.
#include "05-word-vectors/vectors.h"

#include "common/testing.h"

enum { NOBODY, MAN, KING, WOMAN, QUEEN, APPLE, WORDS };
static const char *const name[] = {"(row 0)", "man",   "king",
                                   "woman",   "queen", "apple"};

static Vectors words(void)
{
    static const float at[WORDS][4] = {{1, 1, 1, 0}, {1, 0, 0, 0},
                                       {1, 1, 0, 0}, {1, 0, 1, 0},
                                       {1, 1, 1, 0}, {0, 0, 0.2f, 1}};
    Vectors v = vectors_new(WORDS, 4);
    memcpy(v.at, at, sizeof at);
    Vectors u = vectors_unit(&v);
    vectors_free(&v);
    return u;
}

static void expect(const Vectors *u, int a, int b, int c, int want)
{
    const int got = vectors_analogy(u, a, b, c);
    if (got != want)
        fail_msg("%s is to %s as %s is to %s; yours says %s%s", name[a],
                 name[b], name[c], want < 0 ? "nothing" : name[want],
                 got >= 0 && got < WORDS ? name[got] : "no word",
                 got == a || got == b || got == c
                     ? ", which is a word of the question"
                     : "");
}

static void the_well_known_one(void **state)
{
    (void)state;
    Vectors u = words();
    expect(&u, MAN, KING, WOMAN, QUEEN);
    expect(&u, KING, QUEEN, MAN, WOMAN);
    u.n = QUEEN + 1; // the last word may be the right one
    expect(&u, MAN, KING, WOMAN, QUEEN);
    u.n = WORDS;
    vectors_free(&u);
}

static void the_question_is_no_answer(void **state)
{
    (void)state;
    Vectors u = words();
    expect(&u, KING, KING, QUEEN, WOMAN);
    u.n = QUEEN; // only man, king and woman are left
    expect(&u, MAN, KING, WOMAN, -1);
    u.n = WORDS;
    vectors_free(&u);
}

// The only word left is the opposite of b: a product of 0 is better than none.
static void the_only_word_is_an_answer(void **state)
{
    (void)state;
    static const float at[5][2] = {{0, 0}, {0, 1}, {1, 0}, {0, -1}, {-1, 0}};
    Vectors v = vectors_new(5, 2);
    memcpy(v.at, at, sizeof at);
    const int got = vectors_analogy(&v, 1, 2, 3);
    if (got != 4)
        fail_msg("of 4 words only word 4 is not in the question; its product "
                 "is 0, but it is the best; yours says %d",
                 got);
    vectors_free(&v);
}

// Sums and products disagree here: word 4 is c itself and has the largest sum,
// word 5 is similar to b and c in equal parts. Word 6 is so to a as well, and
// word 7 to none of them much.
static void it_is_a_product(void **state)
{
    (void)state;
    static const float at[8][4] = {{0, 0, 0, 0},
                                   {0, 0, 1, 0},
                                   {1, 0, 0, 0},
                                   {0, 1, 0, 0},
                                   {0, 0.9f, 0, 0},
                                   {0.54f, 0.54f, 0.1f, 0.6378f},
                                   {0.55f, 0.55f, 0.55f, 0.3041f},
                                   {0.2f, 0.2f, 0, 0.9592f}};
    Vectors v = vectors_new(8, 4);
    memcpy(v.at, at, sizeof at);
    Vectors u = vectors_unit(&v);
    double best = -1;
    int want = -1;
    for (int d = 4; d < 8; d++) {
        const double s[] = {(vectors_cosine(&u, d, 1) + 1) / 2,
                            (vectors_cosine(&u, d, 2) + 1) / 2,
                            (vectors_cosine(&u, d, 3) + 1) / 2};
        const double score = s[1] * s[2] / (s[0] + 0.001);
        if (score > best) {
            best = score;
            want = d;
        }
    }
    const int got = vectors_analogy(&u, 1, 2, 3);
    if (got != want)
        fail_msg("word %d has the largest product, %.3f; yours says word %d",
                 want, best, got);
    vectors_free(&u);
    vectors_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_well_known_one),
        cmocka_unit_test(the_question_is_no_answer),
        cmocka_unit_test(the_only_word_is_an_answer),
        cmocka_unit_test(it_is_a_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
