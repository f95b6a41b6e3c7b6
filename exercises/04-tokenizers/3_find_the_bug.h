// A text that arrives in pieces of bytes and is shown while it arrives.
#ifndef FIND_THE_BUG_H
#define FIND_THE_BUG_H

#include "common/text.h"

// Start with {0}.
typedef struct Stream {
    char held[4]; // the beginning of a character that is not complete
    int n;        // how many bytes that are
} Stream;

// Appends to *out what can be shown now: valid UTF-8, always.
void stream_add(Stream *s, Text piece, Buffer *out);

// The stream is over: appends what is left.
void stream_end(Stream *s, Buffer *out);

#endif
