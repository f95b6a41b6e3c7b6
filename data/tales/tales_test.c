// Tests of the generator, the checker and the program.
#include "data/tales/tales.h"

#include "common/check.h"
#include "common/testing.h"
#include "data/tales/check.h"
#include "data/tales/grammar.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STORIES = 1000 };

// The first stories of seed 1, and the checker: made once, for all tests.
static char *story[STORIES];
static Checker *checker;

static int set_up(void **state)
{
    (void)state;
    Rng r = rng_new(1);
    Buffer b = {0};
    for (int i = 0; i < STORIES; i++) {
        b.length = 0;
        tales_story(&r, &b);
        story[i] = copy_text(b.at);
    }
    buffer_free(&b);
    checker = checker_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < STORIES; i++)
        free(story[i]);
    checker_free(checker);
    return 0;
}

static Marks marks_of(const char *s)
{
    return tale_marks(checker, text_of(s));
}

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
    if (sum != UINT64_C(0x0))
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
    if (words < 1500 || words > 2000)
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

// Without the last three sentences: no end is longer.
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
    assert_between(m.ending, 0, 0.02);
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

// --- the program ------------------------------------------------------------

typedef struct Command {
    const char *arguments, *input;
    size_t length;
} Command;

// Runs build/bin/tales in a shell with the input on its standard input.
static void run_tales(void *context)
{
    const Command *c = context;
    const char *build = getenv("BUILD");
    char line[512];
    snprintf(line, sizeof line, "%s/bin/tales %s > /dev/null",
             build ? build : "build", c->arguments);
    FILE *f = popen(line, "w");
    fwrite(c->input, 1, c->length, f);
    int status = pclose(f);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

static void test_bad_input(void **state)
{
    (void)state;
    assert_dies(run_tales, (&(Command){"--check", "", 0}), 1, "no story");
    assert_dies(run_tales, (&(Command){"--check", "\n \n\n", 4}), 1,
                "no story");
    assert_dies(run_tales, (&(Command){"--check", "Once\0 more", 10}), 1,
                "byte 4 is 0x00");
    assert_dies(run_tales, (&(Command){"--check", "Tom \xff\xfe", 6}), 1,
                "byte 4 is not valid UTF-8");
    assert_dies(run_tales, (&(Command){"--without /dev/null", "", 0}), 1,
                "no story");
    assert_dies(run_tales, (&(Command){"--without no/such/file", "", 0}), 1,
                "no/such/file");
    assert_int_equal(testing_outcome(run_tales,
                                     &(Command){"--stories 0", "", 0},
                                     (char[512]){0}, 512),
                     2);
    assert_int_equal(testing_outcome(run_tales,
                                     &(Command){"--stories 3", "", 0},
                                     (char[512]){0}, 512),
                     0);
    assert_int_equal(
        testing_outcome(run_tales,
                        &(Command){"--check", story[0], strlen(story[0])},
                        (char[512]){0}, 512),
        0);
}

// --without leaves out what the file has: the stories that come instead are
// those that follow.
static void test_without(void **state)
{
    (void)state;
    const char *dir = testing_dir("tales");
    const char *build = getenv("BUILD");
    char path[512], line[1200];
    snprintf(path, sizeof path, "%s/known.txt", dir);
    Buffer known = {0};
    for (int i = 0; i < 5; i++)
        buffer_print(&known, "%s\n\n", story[i]);
    text_write(path, known.at, known.length);
    buffer_free(&known);
    snprintf(line, sizeof line,
             "%s/bin/tales --stories 1 --seed 1 --without %s",
             build ? build : "build", path);
    FILE *f = popen(line, "r");
    char got[2048] = "";
    assert_non_null(fgets(got, sizeof got, f));
    assert_int_equal(pclose(f), 0);
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
        cmocka_unit_test(test_true_stories),
        cmocka_unit_test(test_ending_falls),
        cmocka_unit_test(test_cut_story),
        cmocka_unit_test(test_grammar_falls),
        cmocka_unit_test(test_names_fall),
        cmocka_unit_test(test_pronouns_fall),
        cmocka_unit_test(test_things_fall),
        cmocka_unit_test(test_words_fall),
        cmocka_unit_test(test_order_falls),
        cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_line_ends),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_without),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
