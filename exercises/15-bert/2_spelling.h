// For 2_spelling.c.
#ifndef SPELLING_H
#define SPELLING_H

#include <stddef.h>

// The name of this course's parameter for a tensor of a checkpoint, in any of
// the spellings; writes it to `ours`, which has room for `size` bytes.
void our_name(const char *theirs, char *ours, size_t size);

#endif
