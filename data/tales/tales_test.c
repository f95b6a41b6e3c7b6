// Tests of the generator and of the program.
#include "data/tales/stories_test.h"

#include "data/tales/grammar.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

// --- the generator ----------------------------------------------------------

// The checksum changes with every word of the grammar; put the new one here
// when a change was meant.
static void test_same_everywhere(void **state)
{
    (void)state;
    Buffer all = {0};
    for (int i = 0; i < STORIES; i++)
        buffer_print(&all, "%s\n", story[i]);
    uint64_t sum = text_hash((Text){all.at, all.length});
    buffer_free(&all);
    if (sum != UINT64_C(0xa6f0ed8f4e3fb56c))
        fail_msg("the first %d stories of seed 1 have the checksum 0x%016llx",
                 STORIES, (unsigned long long)sum);
}

static void test_seeds_differ(void **state)
{
    (void)state;
    Rng r = rng_new(2);
    Buffer b = {0};
    tales_story(&r, &b);
    assert_string_not_equal(b.at, story[0]);
    // A story is appended: what was there before stays.
    size_t n = b.length;
    char *first = copy_text(b.at);
    tales_story(&r, &b);
    assert_true(b.length > n);
    assert_memory_equal(b.at, first, n);
    free(first);
    buffer_free(&b);
}

static void test_lengths(void **state)
{
    (void)state;
    for (int i = 0; i < STORIES; i++) {
        Text t = text_of(story[i]);
        int words = tale_words(t), sentences = marks_of(story[i]).sentences;
        if (words < 60 || words > 160 || sentences < 5 || sentences > 14)
            fail_msg("%d words in %d sentences: %s", words, sentences,
                     story[i]);
    }
}

// What is wrong with the spelling of a text, or NULL.
static const char *misspelt(const char *s)
{
    size_t n = strlen(s);
    bool open = false;
    for (size_t i = 0; i < n; i++) {
        if (s[i] == ' ' && (s[i + 1] == ' ' || strchr(".,!?;:", s[i + 1])))
            return "a blank too many";
        if ((unsigned char)s[i] < 32 || (unsigned char)s[i] > 126)
            return "a byte that is not printable ASCII";
        if (strchr("[]{}|@", s[i]))
            return "a sign of the grammar";
        if (s[i] == '"') {
            open = !open;
            bool before = i == 0 || s[i - 1] == ' ';
            if (before != open)
                return "a quotation mark on the wrong side";
            if (open && !isalpha((unsigned char)s[i + 1]))
                return "an empty quotation";
        }
        bool begins = i == 0 || s[i - 1] == ' ' || s[i - 1] == '"';
        int skip = tolower(s[i]) == 'a' ? s[i + 1] == 'n' ? 2 : 1 : 0;
        if (begins && skip && s[i + skip] == ' ') {
            bool vowel = strchr("aeiou", tolower(s[i + skip + 1])) != NULL;
            if (vowel != (skip == 2))
                return "\"a\" and \"an\" mixed up";
        }
    }
    return open ? "an open quotation" : NULL;
}

static void test_spelling(void **state)
{
    (void)state;
    for (int i = 0; i < STORIES; i++)
        if (misspelt(story[i]))
            fail_msg("%s: %s", misspelt(story[i]), story[i]);
    // The test itself can see what it looks for.
    assert_non_null(misspelt("Once  more."));
    assert_non_null(misspelt("It was a owl."));
    assert_non_null(misspelt("It was an fox."));
    assert_non_null(misspelt("\"Yes, said Mia."));
    assert_non_null(misspelt("Yes ,\" said Mia."));
    assert_null(misspelt("An owl saw \"a fox\" and a hen."));
}

static void test_sentences(void **state)
{
    (void)state;
    for (int i = 0; i < STORIES; i++) {
        Text rest = text_of(story[i]);
        for (size_t n; (n = tale_sentence(rest));) {
            char first = rest.at[*rest.at == '"'], last = rest.at[n - 1];
            if (last == '"')
                last = rest.at[n - 2];
            if (!isupper((unsigned char)first) || !strchr(".!?", last))
                fail_msg("not a sentence: %.*s", (int)n, rest.at);
            n += n < rest.length;
            rest = (Text){rest.at + n, rest.length - n};
        }
    }
}

static void test_cutting_sentences(void **state)
{
    (void)state;
    const char *s = "\"Oh no! Where is it?\" cried Mia. \"Here!\" Tom ran.";
    assert_int_equal(tale_sentence(text_of(s)), 32);
    assert_int_equal(tale_sentence(text_of(s + 33)), 7);
    assert_int_equal(tale_sentence(text_of(s + 41)), 8);
    assert_int_equal(tale_sentence(text_of("")), 0);
    assert_int_equal(tale_sentence(text_of("no end")), 6);
    assert_int_equal(tale_sentence(text_of("A. b. C.")), 5);
    assert_int_equal(tale_sentence(text_of("One. ")), 4);
    assert_int_equal(tale_words(text_of(" one  two three ")), 3);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void test_no_repeats(void **state)
{
    (void)state;
    char *sorted[STORIES];
    memcpy(sorted, story, sizeof sorted);
    qsort(sorted, STORIES, sizeof *sorted, by_text);
    for (int i = 1; i < STORIES; i++)
        assert_string_not_equal(sorted[i - 1], sorted[i]);
}

// The different words of n stories of seed 3.
static int count_words(int stories)
{
    Buffer b = {0};
    Rng r = rng_new(3);
    for (int i = 0; i < stories; i++) {
        tales_story(&r, &b);
        buffer_add(&b, " ", 1);
    }
    size_t most = b.length / 2, n = 0;
    char **word = new_array(most, sizeof *word);
    for (size_t i = 0; i < b.length; i++) {
        b.at[i] = (char)tolower(b.at[i]);
        if (!isalpha((unsigned char)b.at[i]))
            b.at[i] = 0;
        else if (i == 0 || b.at[i - 1] == 0)
            word[n++] = b.at + i;
    }
    qsort(word, n, sizeof *word, by_text);
    int different = n > 0;
    for (size_t i = 1; i < n; i++)
        different += strcmp(word[i - 1], word[i]) != 0;
    free(word);
    buffer_free(&b);
    return different;
}

static void test_vocabulary(void **state)
{
    (void)state;
    int words = count_words(5000);
    if (words < 1400 || words > 2100)
        fail_msg("%d different words in 5000 stories", words);
}

// Every plot is told about equally often, and both genders are heroes.
static void test_every_plot(void **state)
{
    (void)state;
    const Grammar *g = tales_grammar();
    assert_true(g->plots >= 8);
    int told[MAX_PLOTS] = {0};
    for (int i = 0; i < STORIES; i++) {
        const char *plot = marks_of(story[i]).plot;
        for (int p = 0; p < g->plots; p++)
            told[p] += strcmp(plot, g->plot[p].name) == 0;
    }
    for (int p = 0; p < g->plots; p++)
        if (told[p] < STORIES / g->plots / 3)
            fail_msg("plot %s: only %d of %d stories", g->plot[p].name, told[p],
                     STORIES);
}

// Pronouns come from slots alone, so they always belong to somebody.
static void test_pronouns_in_slots(void **state)
{
    (void)state;
    static const char *const pronoun[] = {"he",  "she",  "him",     "her",
                                          "his", "hers", "himself", "herself"};
    const Grammar *g = tales_grammar();
    for (int t = 1; t < g->tables; t++)
        for (int row = 0; row < g->table[t].rows; row++)
            for (int k = 0; k < g->table[t].columns; k++) {
                char cell[512];
                snprintf(cell, sizeof cell, " %s ", g->table[t].cell[row][k]);
                assert_null(strpbrk(cell, ".!?"));
                for (int i = 0; i < 8; i++) {
                    char word[16];
                    snprintf(word, sizeof word, " %s ", pronoun[i]);
                    if (strstr(cell, word))
                        fail_msg("a pronoun in table %s: %s", g->table[t].name,
                                 cell);
                }
            }
}

// --- the program ------------------------------------------------------------

static void test_bad_input(void **state)
{
    (void)state;
    char said[4000];
    assert_refused(1, "no story", "tales --check");
    assert_refused(1, "no story", "printf '\\n \\n\\n' | tales --check");
    assert_refused(1, "byte 4 is 0x00",
                   "printf 'Once\\0 more' | tales --check");
    assert_refused(1, "byte 4 is not valid UTF-8",
                   "printf 'Tom \\377\\376' | tales --check");
    assert_refused(1, "no story", "tales --without /dev/null");
    assert_refused(1, "no/such/file", "tales --without no/such/file");
    assert_refused(2, "--stories", "tales --stories 0");
    assert_refused(2, "--check", "tales --stories 1 --each");
    assert_refused(1, "standard output cannot be written",
                   "tales --stories 3 > /dev/full");
    assert_int_equal(testing_run(said, sizeof said, "tales --stories 3"), 0);
    testing_dir("tales");
    testing_write("story", story[0]);
    assert_int_equal(
        testing_run(said, sizeof said, "tales --check < $HERE/story"), 0);
}

// --without leaves out what the file has: the stories that come instead are
// those that follow.
static void test_without(void **state)
{
    (void)state;
    char got[2048];
    testing_dir("tales");
    Buffer known = {0};
    for (int i = 0; i < 5; i++)
        buffer_print(&known, "%s\n\n", story[i]);
    testing_write("known.txt", known.at);
    buffer_free(&known);
    assert_int_equal(testing_run(got, sizeof got,
                                 "tales --stories 1 --seed 1 --without "
                                 "$HERE/known.txt"),
                     0);
    got[strcspn(got, "\n")] = 0;
    assert_string_equal(got, story[5]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_everywhere),
        cmocka_unit_test(test_seeds_differ),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_spelling),
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_cutting_sentences),
        cmocka_unit_test(test_no_repeats),
        cmocka_unit_test(test_vocabulary),
        cmocka_unit_test(test_every_plot),
        cmocka_unit_test(test_pronouns_in_slots),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_without),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
