// GPT-2's regular expression, written as the machine it stands for; see
// words.h.
#include "04-tokenizers/words.h"

#include "04-tokenizers/unicode.h"

#include <string.h>

// The kind of the character at the front of *rest, cutting it off.
static CharKind next_kind(Text *rest)
{
    uint8_t byte = (uint8_t)*rest->at;
    if (byte < 0x80) {
        rest->at++;
        rest->length--;
        return unicode_kind(byte);
    }
    return unicode_kind(utf8_next(rest));
}

// Cuts off the characters of this kind at the front.
static void skip(Text *rest, CharKind kind)
{
    for (Text after = *rest; after.length; *rest = after)
        if (next_kind(&after) != kind)
            return;
}

// The length of the contraction's end at the front, or 0.
static size_t contraction(Text t)
{
    static const char *const end[] = {"'s", "'t",  "'re", "'ve",
                                      "'m", "'ll", "'d"};
    if (t.length < 2 || t.at[0] != '\'')
        return 0;
    for (size_t i = 0; i < sizeof end / sizeof *end; i++) {
        size_t n = strlen(end[i]);
        if (t.length >= n && memcmp(t.at, end[i], n) == 0)
            return n;
    }
    return 0;
}

// White space: all of it at the end of the text; otherwise all but its last
// character, unless it is only one.
static void skip_space(Text *rest)
{
    Text last = *rest;
    int n = 0;
    for (Text after = *rest; after.length && next_kind(&after) == KIND_SPACE;
         n++) {
        last = *rest;
        *rest = after;
    }
    if (rest->length && n > 1)
        *rest = last;
}

bool gpt2_word(Text *rest, Text *word)
{
    if (!rest->length)
        return false;
    *word = *rest;
    size_t end = contraction(*rest);
    rest->at += end;
    rest->length -= end;
    if (!end) {
        Text after = *rest;
        CharKind kind = next_kind(&after);
        // One space in front belongs to the word.
        if (word->at[0] == ' ' && after.length)
            kind = next_kind(&after);
        if (kind == KIND_SPACE) {
            skip_space(rest);
        } else {
            *rest = after;
            skip(rest, kind);
        }
    }
    word->length = rest->at - word->at;
    return true;
}
