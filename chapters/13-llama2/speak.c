// Printing tokens as they come, in whole characters; see llama_pieces.h.
//
// The one idea: a byte-level tokenizer may cut a character in the middle. Of
// the four bytes of an emoji each can be a token of its own, and what has been
// printed cannot be taken back.
#include "13-llama2/llama_pieces.h"

#include <string.h>

// Prints the first n bytes that are held; what is no UTF-8 as U+FFFD.
static void print_held(Speaker *s, size_t n)
{
    Text ready = {s->held.at, n};
    for (int32_t c; (c = utf8_next(&ready)) >= 0;) {
        char utf8[4];
        fwrite(utf8, 1, (size_t)utf8_write(c, utf8), s->to);
    }
    fflush(s->to);
    memmove(s->held.at, s->held.at + n, s->held.length - n);
    s->held.length -= n;
}

void speak(Speaker *s, int id)
{
    const size_t before = s->held.length;
    llama_decode(s->pieces, id, !s->begun, &s->held);
    s->begun |= s->held.length > before || id != s->pieces->bos;
    if (s->held.length > 0)
        print_held(s, utf8_ready((Text){s->held.at, s->held.length}));
}

void speak_end(Speaker *s)
{
    if (s->held.length > 0)
        print_held(s, s->held.length);
    buffer_free(&s->held);
    *s = (Speaker){0};
}
