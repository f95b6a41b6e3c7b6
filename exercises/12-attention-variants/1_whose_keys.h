// Which keys a head reads, and what is kept for it.
#ifndef EXERCISE_12_1_H
#define EXERCISE_12_1_H

#include <stddef.h>

// `heads` heads share `groups` groups of keys and values, which divide them;
// neighbours share. The group of head number `head`.
int group_of(int head, int heads, int groups);

// How many heads read the keys of a group.
int readers(int heads, int groups);

// The first position that the one at `position` sees with this window, itself
// included; window 0: it sees all.
int first_seen(int position, int window);

// The bytes of keys and values that a text of `length` tokens has to keep for
// the token that comes next, the token itself not counted among the `length`.
// Floats of `size` bytes; window as above.
size_t kept_bytes(int layers, int groups, int head_width, int window,
                  int length, int size);

#endif
