// Tests of the checker: true stories have 1 in every mark, and each mark falls
// when a story is spoilt in its way.
#include "data/tales/stories_test.h"

#include <ctype.h>
#include <stdlib.h>

// --- the checker: each mark falls when the story is spoilt in its way -------

typedef struct Means {
    double words, grammar, names, things, order, ending;
} Means;

// The means over stories that `spoil` made from the true ones; NULL: the true
// ones. spoil(i, rng, to) returns false where it cannot be done.
static Means means_of(bool (*spoil)(int, Rng *, Buffer *))
{
    Means sum = {0};
    Rng r = rng_new(5);
    Buffer b = {0};
    int n = 0;
    for (int i = 0; n < 200 && i < STORIES; i++) {
        b.length = 0;
        if (!spoil)
            buffer_print(&b, "%s", story[i]);
        else if (!spoil(i, &r, &b))
            continue;
        Marks m = tale_marks(checker, (Text){b.at, b.length});
        sum.words += m.words;
        sum.grammar += m.grammar;
        sum.names += m.names;
        sum.things += m.things;
        sum.order += m.order;
        sum.ending += m.ending;
        n++;
    }
    assert_true(n > 20);
    buffer_free(&b);
    return (Means){sum.words / n,  sum.grammar / n, sum.names / n,
                   sum.things / n, sum.order / n,   sum.ending / n};
}

#define assert_between(x, low, high)                                           \
    do {                                                                       \
        double got = (x);                                                      \
        if (got < (low) || got > (high))                                       \
            fail_msg(#x " is %.4f, expected %.4f to %.4f", got, (double)(low), \
                     (double)(high));                                          \
    } while (0)

static void test_true_stories(void **state)
{
    (void)state;
    for (int i = 0; i < STORIES; i++) {
        Marks m = marks_of(story[i]);
        if (m.words < 1 || m.grammar < 1 || m.names < 1 || m.things < 1 ||
            m.order < 1 || m.ending < 1 || m.whole != m.sentences)
            fail_msg("%g %g %g %g %g %g: %s", m.words, m.grammar, m.names,
                     m.things, m.order, m.ending, story[i]);
    }
}

// Where the last sentence of s begins.
static size_t last_sentence(const char *s)
{
    size_t at = 0, length = strlen(s);
    for (size_t n; (n = tale_sentence((Text){s + at, length - at}));) {
        if (at + n >= length)
            break;
        at += n + 1;
    }
    return at;
}

static bool swap_endings(int i, Rng *r, Buffer *to)
{
    const char *other = story[rng_below(r, STORIES)];
    if (strcmp(marks_of(story[i]).plot, marks_of(other).plot) == 0)
        return false;
    buffer_add(to, story[i], last_sentence(story[i]));
    buffer_print(to, "%s", other + last_sentence(other));
    return true;
}

static void test_ending_falls(void **state)
{
    (void)state;
    Means m = means_of(swap_endings);
    assert_between(m.ending, 0, 0);
    assert_between(m.order, 0.8, 0.97);
    assert_between(m.grammar, 1, 1);
    assert_between(m.words, 1, 1);
}

// Without the last three sentences: hardly an end is longer.
static bool cut_ending(int i, Rng *r, Buffer *to)
{
    (void)r;
    char *s = copy_text(story[i]);
    for (int k = 0; k < 3; k++)
        s[last_sentence(s) - 1] = 0;
    buffer_print(to, "%s", s);
    free(s);
    return true;
}

static void test_cut_story(void **state)
{
    (void)state;
    Means m = means_of(cut_ending);
    assert_between(m.ending, 0, 0.1);
    assert_between(m.names, 1, 1);
    assert_between(m.order, 1, 1);
}

static bool shuffle_words(int i, Rng *r, Buffer *to)
{
    char *s = copy_text(story[i]), *word[256];
    int n = 0, place[256];
    for (char *w = strtok(s, " "); w; w = strtok(NULL, " ")) {
        place[n] = n;
        word[n++] = w;
    }
    rng_shuffle(r, place, n);
    for (int k = 0; k < n; k++)
        buffer_print(to, "%s%s", k ? " " : "", word[place[k]]);
    free(s);
    return true;
}

static void test_grammar_falls(void **state)
{
    (void)state;
    Means m = means_of(shuffle_words);
    assert_between(m.grammar, 0.001, 0.4);
    assert_between(m.words, 1, 1);
    assert_between(m.ending, 0, 0);
    assert_between(m.order, 0, 0.05);
}

// Puts `with` in place of the word `old` where it stands the n-th last time.
static bool replace_word(const char *s, const char *old, const char *with,
                         Buffer *to)
{
    size_t n = strlen(old);
    const char *last = NULL;
    for (const char *p = s; (p = strstr(p, old)); p += n)
        if ((p == s || !isalpha((unsigned char)p[-1])) &&
            !isalpha((unsigned char)p[n]))
            last = p;
    if (!last)
        return false;
    buffer_add(to, s, (size_t)(last - s));
    buffer_print(to, "%s%s", with, last + n);
    return true;
}

// The last mention of somebody by name gets another name.
static bool swap_name(int i, Rng *r, Buffer *to)
{
    const Table *t = &tales_grammar()->table[PEOPLE];
    int other = rng_below(r, t->rows);
    for (int row = 0; row < t->rows; row++)
        if (row != other && replace_word(story[i], t->cell[row][NAME],
                                         t->cell[other][NAME], to))
            return true;
    return false;
}

static void test_names_fall(void **state)
{
    (void)state;
    Means m = means_of(swap_name);
    assert_between(m.names, 0.8, 0.97);
    assert_between(m.grammar, 1, 1);
    assert_between(m.things, 1, 1);
    assert_between(m.words, 1, 1);
}

static bool flip_pronoun(int i, Rng *r, Buffer *to)
{
    (void)r;
    return replace_word(story[i], "he", "she", to) ||
           replace_word(story[i], "she", "he", to);
}

static bool flip_possessive(int i, Rng *r, Buffer *to)
{
    (void)r;
    return replace_word(story[i], "his", "her", to);
}

static void test_pronouns_fall(void **state)
{
    (void)state;
    Means m = means_of(flip_pronoun);
    assert_between(m.names, 0.8, 0.97);
    assert_between(m.grammar, 1, 1);
    m = means_of(flip_possessive);
    assert_between(m.names, 0.8, 0.97);
    assert_between(m.grammar, 1, 1);
}

// The names mark of "a girl called Mia", and then `more`.
static double names_with(const char *more)
{
    Buffer b = {0};
    buffer_print(&b,
                 "Once upon a time a merry girl called Mia lived in a "
                 "village by the sea. %s",
                 more);
    double names = tale_marks(checker, (Text){b.at, b.length}).names;
    buffer_free(&b);
    return names;
}

// The friend is not of the hero's gender.
static void test_friend_gender(void **state)
{
    (void)state;
    assert_true(names_with("Her best friend was Ben, and every day they "
                           "played until the lamps were lit.") == 1);
    assert_true(names_with("Her best friend was Anna, and every day they "
                           "played until the lamps were lit.") < 1);
}

// Names and pronouns count in sentences that the grammar does not have, too.
static void test_unknown_sentences(void **state)
{
    (void)state;
    assert_true(names_with("Mia said that she would.") == 1);
    assert_true(names_with("Tom said that she would.") < 1);
    assert_true(names_with("Mia said that he would.") < 1);
    assert_true(names_with("Nobody said so.") == 1);
}

// The last sentence that names the lost thing names another.
static bool swap_thing(int i, Rng *r, Buffer *to)
{
    (void)r;
    if (strcmp(marks_of(story[i]).plot, "moon") == 0)
        return replace_word(story[i], "moon", "cloud", to) ||
               replace_word(story[i], "rainbow", "wind", to) ||
               replace_word(story[i], "wind", "dewdrop", to) ||
               replace_word(story[i], "dewdrop", "moon", to) ||
               replace_word(story[i], "sunbeam", "echo", to);
    if (strcmp(marks_of(story[i]).plot, "lost"))
        return false;
    return replace_word(story[i], "kite", "drum", to) ||
           replace_word(story[i], "mitten", "kite", to) ||
           replace_word(story[i], "ball", "boat", to) ||
           replace_word(story[i], "boat", "whistle", to) ||
           replace_word(story[i], "marble", "hat", to) ||
           replace_word(story[i], "scarf", "book", to) ||
           replace_word(story[i], "drum", "slipper", to);
}

static void test_things_fall(void **state)
{
    (void)state;
    Means m = means_of(swap_thing);
    assert_between(m.things, 0.6, 0.95);
    assert_between(m.grammar, 0.98, 1);
    assert_between(m.words, 1, 1);
}

static bool misspell(int i, Rng *r, Buffer *to)
{
    (void)r;
    return replace_word(story[i], "was", "wuz", to);
}

static void test_words_fall(void **state)
{
    (void)state;
    Means m = means_of(misspell);
    assert_between(m.words, 0.98, 0.995);
    assert_between(m.grammar, 0.85, 0.99);
    assert_between(m.names, 0.99, 1);
}

// The sentences from last to first.
static bool turn_round(int i, Rng *r, Buffer *to)
{
    (void)r;
    char *s = copy_text(story[i]);
    for (;;) {
        size_t at = last_sentence(s);
        buffer_print(to, "%s%s", s + at, at ? " " : "");
        if (at == 0)
            break;
        s[at - 1] = 0;
    }
    free(s);
    return true;
}

static void test_order_falls(void **state)
{
    (void)state;
    Means m = means_of(turn_round);
    assert_between(m.order, 0.05, 0.4);
    assert_between(m.ending, 0, 0);
    assert_between(m.grammar, 1, 1);
}

static void test_any_bytes(void **state)
{
    (void)state;
    Marks m = marks_of("");
    assert_int_equal(m.sentences, 0);
    assert_null(m.plot);
    assert_true(m.words + m.grammar + m.names + m.things + m.order + m.ending ==
                0);
    m = marks_of("   \n\n ");
    assert_int_equal(m.sentences, 0);
    Rng r = rng_new(8);
    for (int i = 0; i < 100; i++) {
        char noise[997];
        size_t n = (size_t)rng_below(&r, sizeof noise);
        for (size_t k = 0; k < n; k++)
            noise[k] = (char)rng_below(&r, i % 2 ? 256 : 128);
        m = tale_marks(checker, (Text){noise, n});
        assert_true(m.grammar >= 0 && m.grammar < 0.5);
    }
    // Many sentences, and one long one.
    Buffer b = {0};
    for (int i = 0; i < 1000; i++)
        buffer_print(&b, "Once there was. ");
    m = tale_marks(checker, (Text){b.at, b.length});
    assert_true(m.sentences > 0 && m.whole == 0);
    b.length = 0;
    for (int i = 0; i < 20000; i++)
        buffer_print(&b, "and ");
    assert_int_equal(tale_marks(checker, (Text){b.at, b.length}).whole, 0);
    buffer_free(&b);
}

// A line end inside a story is a blank.
static void test_line_ends(void **state)
{
    (void)state;
    char *s = copy_text(story[3]);
    for (size_t i = 0; s[i]; i++)
        if (s[i] == ' ' && i % 3 == 0)
            s[i] = '\n';
    Marks m = marks_of(s);
    assert_true(m.grammar == 1 && m.ending == 1 && m.words == 1);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_true_stories),
        cmocka_unit_test(test_ending_falls),
        cmocka_unit_test(test_cut_story),
        cmocka_unit_test(test_grammar_falls),
        cmocka_unit_test(test_names_fall),
        cmocka_unit_test(test_pronouns_fall),
        cmocka_unit_test(test_friend_gender),
        cmocka_unit_test(test_unknown_sentences),
        cmocka_unit_test(test_things_fall),
        cmocka_unit_test(test_words_fall),
        cmocka_unit_test(test_order_falls),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_line_ends),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
