// Words that belong together by anybody's judgement: a small test of word
// vectors that needs no file, and the words of the maps.
#ifndef WORD_VECTORS_GROUPS_H
#define WORD_VECTORS_GROUPS_H

#include "05-word-vectors/similarity.h"

enum { GROUPS = 7, GROUP_MOST = 12 };

typedef struct Group {
    const char *name;
    const char *word[GROUP_MOST]; // NULL after the last
} Group;

extern const Group groups[GROUPS];

// Every pair of two of these words, rated 1 if they are of one group and 0 if
// not. For rated_free.
RatedPairs groups_pairs(void);

// A picture of words in the plane, DIR/NAME.svg: at is n x 2, group[i] the
// colour of word i. DIR NULL: does nothing.
void draw_words(const char *const *word, const int *group, int n,
                const float *at, const char *dir, const char *name);

#endif
