// Words with small vocabularies.
#include "common/testing.h"

#include "04-tokenizers/wordpiece.h"

#include <stdio.h>

static void expect(const char *vocab, const char *word, const char *want)
{
    WordPiece w;
    assert_null(wordpiece_parse(&w, text_of(vocab)));
    Ids ids = {0};
    Buffer got = {0};
    ids_add(&ids, w.unknown); // something is in the list already
    longest_match(&w, text_of(word), &ids);
    buffer_print(&got, "%s", "");
    if (ids.n < 1 || ids.at[0] != w.unknown)
        fail_msg("\"%s\": what was in the list before is gone", word);
    for (int i = 1; i < ids.n; i++) {
        if (ids.at[i] < 0 || ids.at[i] >= w.vocab.n)
            fail_msg("\"%s\": %d is not an id", word, ids.at[i]);
        buffer_print(&got, "%s%s", i > 1 ? " " : "",
                     w.vocab.piece[ids.at[i]].at);
    }
    if (strcmp(got.at, want) != 0)
        fail_msg("\"%s\" should become\n  %s\nand not\n  %s", word, want,
                 got.at);
    ids_free(&ids);
    buffer_free(&got);
    wordpiece_free(&w);
}

static void the_example(void **state)
{
    (void)state;
    static const char v[] = "[UNK]\nun\n##aff\n##able\n##a\n##b\n";
    expect(v, "unaffable", "un ##aff ##able");
    expect(v, "un", "un");
    expect(v, "unab", "un ##a ##b");
    expect(v, "", "");
}

static void the_longest_wins(void **state)
{
    (void)state;
    static const char v[] = "[UNK]\na\nab\n##b\n##bc\n##c\n##cd\n##d\n";
    expect(v, "abcd", "ab ##cd");
    expect(v, "abc", "ab ##c");
    expect(v, "acd", "a ##cd");
    static const char long_ones[] = "[UNK]\nun\nunbeliev\n##aff\n##able\n"
                                    "##affable\n##believ\n";
    expect(long_ones, "unaffable", "un ##affable");
    expect(long_ones, "unbelievable", "unbeliev ##able");
}

static void inside_and_begin_are_different(void **state)
{
    (void)state;
    static const char v[] = "[UNK]\na\n##b\nc\n";
    expect(v, "ab", "a ##b");
    expect(v, "ba", "[UNK]");
    expect(v, "ac", "[UNK]");
}

static void a_word_without_an_end_is_unknown(void **state)
{
    (void)state;
    // "ab" fits, and then nothing does: the ab is taken back, although a ##bc
    // would have worked. The longest match does not look ahead.
    static const char v[] = "[UNK]\na\nab\n##bc\n";
    expect(v, "abc", "[UNK]");
    expect(v, "abx", "[UNK]");
}

static void characters_stay_whole(void **state)
{
    (void)state;
    static const char v[] = "[UNK]\n\u6771\n##\u4eac\n\u00e9\n##\u00e9\n";
    expect(v, "\u6771\u4eac", "\u6771 ##\u4eac");
    expect(v, "\u00e9\u00e9", "\u00e9 ##\u00e9");
    expect(v, "\u6771\u6771", "[UNK]");
}

static void any_id_is_good(void **state)
{
    (void)state;
    // A piece may have the id 0, and [UNK] another one.
    static const char v[] = "a\n##b\n[UNK]\n##0\n";
    expect(v, "ab0", "a ##b ##0");
    expect(v, "ax", "[UNK]");
    static const char inside[] = "##b\na\n[UNK]\n";
    expect(inside, "abb", "a ##b ##b");
}

static void a_piece_has_a_character(void **state)
{
    (void)state;
    // ## by itself goes on with nothing: taken as a piece, it never ends.
    static const char v[] = "[UNK]\na\n##\n##b\n";
    expect(v, "abb", "a ##b ##b");
    expect(v, "ax", "[UNK]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example),
        cmocka_unit_test(the_longest_wins),
        cmocka_unit_test(inside_and_begin_are_different),
        cmocka_unit_test(a_word_without_an_end_is_unknown),
        cmocka_unit_test(characters_stay_whole),
        cmocka_unit_test(any_id_is_good),
        cmocka_unit_test(a_piece_has_a_character),
    };
    return cmocka_run_group_tests_name("1_longest_match", tests, NULL, NULL);
}
