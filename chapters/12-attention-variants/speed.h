// How fast a model writes, by how much there is to look back at.
#ifndef ATTENTION_VARIANTS_SPEED_H
#define ATTENTION_VARIANTS_SPEED_H

#include "11-kv-cache/cached_gpt.h"

// The median time in seconds of one of `turns` new tokens behind a cache of
// `length` positions. What is in the cache does not matter for the time, so it
// is filled with random numbers; a cache with a window gets just those that the
// window needs.
double seconds_a_token(const Gpt *m, int length, int turns);

#endif
