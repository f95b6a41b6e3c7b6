// How much of a text can be printed, at every place of characters of every
// length, and of bytes that are none.
#include "13-llama2/llama_pieces.h"

#include "common/testing.h"

#include <stdio.h>

static void expect(const char *bytes, size_t n, size_t ready)
{
    const size_t got = utf8_ready((Text){bytes, n});
    if (got == ready)
        return;
    char hex[80] = "";
    for (size_t i = 0; i < n; i++)
        sprintf(hex + strlen(hex), "%02X ", (unsigned)(uint8_t)bytes[i]);
    fail_msg("of the %zu bytes %sthere are %zu ready, you say %zu", n, hex,
             ready, got);
}

static void plain_text_is_ready(void **state)
{
    (void)state;
    expect("", 0, 0);
    expect("a", 1, 1);
    expect("llama", 5, 5);
    expect("\n", 1, 1);
}

// "x", then one character of 2, 3 and 4 bytes: it is ready when its last byte
// is there, and x is ready all the time.
static void characters_are_waited_for(void **state)
{
    (void)state;
    static const char *const character[] = {"\u00e9", "\u20ac", "\U0001f999"};
    for (int i = 0; i < 3; i++) {
        char text[8] = "x";
        const size_t bytes = strlen(character[i]);
        for (size_t n = 1; n <= bytes; n++) {
            memcpy(text + 1, character[i], n);
            expect(text, 1 + n, n == bytes ? 1 + n : 1);
            expect(text + 1, n, n == bytes ? n : 0);
        }
    }
    expect("\u00e9\u20ac\xf0\x9f", 7, 5); // only the last is waited for
}

// Each byte that can stand in front, and 0 to 3 that go on. The first of these
// is one that may follow in a right text.
static void every_first_byte(void **state)
{
    (void)state;
    for (int byte = 0xc0; byte <= 0xff; byte++) {
        const int second = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
        const char text[] = {(char)byte, (char)second, '\x80', '\x80'};
        const size_t bytes = byte < 0xc2 || byte > 0xf4 ? 1
                             : byte < 0xe0              ? 2
                             : byte < 0xf0              ? 3
                                                        : 4;
        for (size_t n = 1; n <= 4; n++)
            expect(text, n, n < bytes ? 0 : n);
    }
}

static void what_cannot_be_mended_is_ready(void **state)
{
    (void)state;
    expect("\x99", 1, 1);             // goes on, but nothing began
    expect("\x99\x99\x99\x99", 4, 4); //
    expect("\xff", 1, 1);             // begins nothing
    expect("\xc0", 1, 1);             //
    expect("\xf5\x80", 2, 2);         //
    expect("\xe2 b", 3, 3);           // was broken off
    expect("\xe2 ", 2, 2);            //
    expect("\xf0 b", 3, 3);           //
    expect("\xc3\xa9\x99", 3, 3);     // one byte too many
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_ready),
        cmocka_unit_test(characters_are_waited_for),
        cmocka_unit_test(every_first_byte),
        cmocka_unit_test(what_cannot_be_mended_is_ready),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
