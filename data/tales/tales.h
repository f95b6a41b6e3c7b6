// Very short stories in simple English: the text that every language model of
// the course can learn offline. One call writes one story: somebody wishes for
// something, something is in the way, somebody helps, and it ends as it must.
//
// How many there are: 200,000 stories of seed 9 had no repeat. With every name
// struck out, 72 pairs of them were alike; n draws from N equally likely ones
// have about n^2 / 2N such pairs, so there are some 280 million stories, not
// counting the names. 20,000 stories use about 2,000 different words, of which
// 80 are names, and have 142 words each in the mean.
//
// The same Rng gives the same story on every machine: only whole numbers are
// drawn.
#ifndef TALES_H
#define TALES_H

#include "common/rng.h"
#include "common/text.h"

// Every story keeps these bounds.
enum {
    TALE_MIN_SENTENCES = 5,
    TALE_MAX_SENTENCES = 14,
    TALE_MIN_WORDS = 60,
    TALE_MAX_WORDS = 160,
};

// Appends one story to *to: one paragraph, one line, no "\n" at its end.
void tales_story(Rng *r, Buffer *to);

// The number of words in a text (runs of anything but blanks).
int tale_words(Text t);

// The length of the first sentence of t, without the blank behind it; 0 if t
// is empty. A sentence ends with . ! or ? outside of quotation marks, or with
// a quotation mark behind one of them, when a capital letter, a quotation mark
// or nothing follows.
size_t tale_sentence(Text t);

#endif
