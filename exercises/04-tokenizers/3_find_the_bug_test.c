// Texts cut into pieces of bytes at every place, as tokenizers cut them.
#include "3_find_the_bug.h"

#include "common/testing.h"

#include <stdio.h>

static void show(Buffer *to, const char *bytes, size_t n)
{
    buffer_print(to, "%s", "");
    for (size_t i = 0; i < n; i++)
        buffer_print(to, "%s%02X", i ? " " : "", (uint8_t)bytes[i]);
}

// The pieces of one stream, ended by NULL. What is shown after every piece
// must be valid UTF-8, and in the end it must be `want`.
static void expect(const char *const *piece, const char *want)
{
    Stream s = {0};
    Buffer out = {0}, pieces = {0};
    buffer_print(&out, "%s", "");
    for (int i = 0; piece[i]; i++) {
        show(&pieces, piece[i], strlen(piece[i]));
        buffer_print(&pieces, " | ");
        stream_add(&s, text_of(piece[i]), &out);
        if (s.n < 0 || s.n > 3)
            fail_msg("%s: %d bytes are held back, not 0 to 3", pieces.at, s.n);
        if (utf8_invalid((Text){out.at, out.length}) >= 0)
            fail_msg("%s: what is shown is not valid UTF-8", pieces.at);
    }
    stream_end(&s, &out);
    if (strcmp(out.at, want) != 0)
        fail_msg("the bytes %s end of stream\nshould show \"%s\"\nand show  "
                 "  \"%s\"",
                 pieces.at, want, out.at);
    buffer_free(&out);
    buffer_free(&pieces);
}

#define PIECES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void whole_characters(void **state)
{
    (void)state;
    expect(PIECES("Hello", " ", "world"), "Hello world");
    expect(PIECES("\u00e9", "\u6771\u4eac", "\U0001f642"),
           "\u00e9\u6771\u4eac\U0001f642");
}

// The bytes as one piece: how much of them is shown at once, and how much held?
static void at_once(const char *bytes, const char *want, int held)
{
    Stream s = {0};
    Buffer out = {0}, hex = {0};
    buffer_print(&out, "%s", "");
    show(&hex, bytes, strlen(bytes));
    stream_add(&s, text_of(bytes), &out);
    if (strcmp(out.at, want) != 0 || s.n != held)
        fail_msg("the bytes %s\nshould show \"%s\" at once and hold back %d "
                 "bytes,\nbut show   \"%s\" and hold back %d",
                 hex.at, want, held, out.at, s.n);
    stream_end(&s, &out);
    if (s.n != 0)
        fail_msg("the bytes %s: after the end of the stream %d bytes are still "
                 "held back",
                 hex.at, s.n);
    buffer_free(&out);
    buffer_free(&hex);
}

static void what_is_complete_is_shown_at_once(void **state)
{
    (void)state;
    at_once("ok", "ok", 0);
    at_once("caf\u00e9", "caf\u00e9", 0);
    at_once("\u6771\u4eac", "\u6771\u4eac", 0);
    at_once("so \U0001f642", "so \U0001f642", 0);
    at_once("caf\xc3", "caf", 1);
    at_once("\u00e9\xe6\x9d", "\u00e9", 2);
    at_once("\u6771\xf0\x9f\x99", "\u6771", 3);
}

static void an_accent_in_two(void **state)
{
    (void)state;
    expect(PIECES("caf\xc3", "\xa9!"), "caf\u00e9!");
}

static void a_smile_in_two_and_two(void **state)
{
    (void)state;
    expect(PIECES("so \xf0\x9f", "\x99\x82!"), "so \U0001f642!");
    expect(PIECES("\xf0\x9f\x99", "\x82"), "\U0001f642");
    expect(PIECES("\xf0", "\x9f\x99\x82"), "\U0001f642");
}

static void chinese_byte_by_byte(void **state)
{
    (void)state;
    expect(PIECES("\xe6", "\x9d", "\xb1", "\xe4\xba", "\xac"), "\u6771\u4eac");
}

static void the_end_is_not_lost(void **state)
{
    (void)state;
    expect(PIECES("caf\xc3"), "caf\ufffd");
    expect(PIECES("ok \xf0\x9f"), "ok \ufffd");
    expect(PIECES("ok \xe6", "\x9d"), "ok \ufffd");
}

static void nonsense_is_not_held_back(void **state)
{
    (void)state;
    // Continuations of nothing, and a byte that never occurs: shown at once.
    Stream s = {0};
    Buffer out = {0};
    stream_add(&s, text_of("a\x80\x80\x80\x80\x80"), &out);
    if (s.n != 0)
        fail_msg("%d bytes are held back that no byte can complete", s.n);
    stream_add(&s, text_of("\xff"), &out);
    if (s.n != 0)
        fail_msg("FF is held back, with which no character begins");
    buffer_free(&out);
    expect(PIECES("\xc3", "a"), "\ufffd"
                                "a");
    expect(PIECES("\xf0\x9f", "a"), "\ufffd"
                                    "a");
}

static void every_cut_of_a_text(void **state)
{
    (void)state;
    static const char text[] = "na\u00efve \u6771\u4eac \U0001f642\U0001f680.";
    size_t n = strlen(text);
    for (size_t i = 0; i <= n; i++)
        for (size_t k = i; k <= n; k++) {
            Stream s = {0};
            Buffer out = {0};
            stream_add(&s, (Text){text, i}, &out);
            stream_add(&s, (Text){text + i, k - i}, &out);
            stream_add(&s, (Text){text + k, n - k}, &out);
            stream_end(&s, &out);
            if (out.length != n || memcmp(out.at, text, n) != 0)
                fail_msg("\"%s\", cut after %zu and %zu bytes, shows \"%s\"",
                         text, i, k, out.at);
            buffer_free(&out);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_characters),
        cmocka_unit_test(what_is_complete_is_shown_at_once),
        cmocka_unit_test(an_accent_in_two),
        cmocka_unit_test(a_smile_in_two_and_two),
        cmocka_unit_test(chinese_byte_by_byte),
        cmocka_unit_test(the_end_is_not_lost),
        cmocka_unit_test(nonsense_is_not_held_back),
        cmocka_unit_test(every_cut_of_a_text),
    };
    return cmocka_run_group_tests_name("3_find_the_bug", tests, NULL, NULL);
}
