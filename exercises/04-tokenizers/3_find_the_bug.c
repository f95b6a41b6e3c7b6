// Find the bug: two question marks for a smile (30 minutes)
//
// A model writes one piece at a time, and a chat shows each piece at once. But
// a piece of a byte-level tokenizer may end in the middle of a character: a
// smiley has four bytes, and they may come as two and two. Server after server
// first sent each piece as text of its own; the half characters became two
// replacement signs, and users saw two black diamonds for every smile.
//
// Below is what many wrote next: what is not finished yet is held back until
// the next piece comes. Tests with accents passed, the diamonds became rarer,
// and then came reports of smileys that were still broken, of answers in
// Chinese too, and of answers whose last byte was missing.
//
// Two things are wrong. `unfinished` shall say how many bytes at the end of
// the text are the beginning of a character that the next bytes can complete
// (0 to 3; a character of n bytes begins with n = 2: 110xxxxx, n = 3: 1110xxxx,
// n = 4: 11110xxx, and goes on with bytes 10xxxxxx). And what is still held
// back at the end of the stream is not to be lost: it is invalid UTF-8, so it
// comes out as U+FFFD. Bytes that begin no character, and bytes 10xxxxxx that
// go on with none, must not be held back.
#include "3_find_the_bug.h"

#include <string.h>

// Appends the text; what is no UTF-8 in it as U+FFFD.
static void put(Text text, Buffer *out)
{
    char utf8[4];
    for (int32_t c; (c = utf8_next(&text)) >= 0;)
        buffer_add(out, utf8, utf8_write(c, utf8));
}

// How many bytes the character has that begins with this byte; 1 if none does.
static int size_of(uint8_t first)
{
    if (first < 0xc2 || first > 0xf4)
        return 1;
    return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

// TODO: everything is here, but two things are wrong

// The bytes at the end of the text that begin a character and do not end it.
static size_t unfinished(Text text)
{
    if (!text.length)
        return 0;
    uint8_t last = (uint8_t)text.at[text.length - 1];
    return size_of(last) > 1 ? 1 : 0;
}

void stream_add(Stream *s, Text piece, Buffer *out)
{
    Buffer all = {0};
    buffer_add(&all, s->held, s->n);
    buffer_add(&all, piece.at, piece.length);
    size_t tail = unfinished((Text){all.at, all.length});
    put((Text){all.at, all.length - tail}, out);
    s->n = (int)tail;
    memcpy(s->held, all.at + all.length - tail, tail);
    buffer_free(&all);
}

void stream_end(Stream *s, Buffer *out)
{
    (void)out;
    s->n = 0;
}

// END
