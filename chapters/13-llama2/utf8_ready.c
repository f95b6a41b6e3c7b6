// How much of a text is whole characters; see llama_pieces.h. A file of its own
// so that a learner's version can take its place.
#include "13-llama2/llama_pieces.h"

// The bytes of the character that begins with this one; 1 for those that begin
// none.
static size_t bytes_of(uint8_t first)
{
    return first >= 0xf0 && first <= 0xf4   ? 4
           : first >= 0xe0 && first <= 0xef ? 3
           : first >= 0xc2 && first <= 0xdf ? 2
                                            : 1;
}

size_t utf8_ready(Text t)
{
    for (size_t back = 1; back <= 3 && back <= t.length; back++) {
        const uint8_t byte = (uint8_t)t.at[t.length - back];
        if ((byte & 0xc0) == 0x80)
            continue; // within a character: look further in front
        return bytes_of(byte) > back ? t.length - back : t.length;
    }
    return t.length;
}
