// How coherent is a story that a model wrote? The grammar of the tales is
// known, so this can be counted.
//
// The one idea: every sentence that the grammar can say is a path through one
// tree of letters, where some branches are slots ("a name", "the lost thing").
// A sentence of the story is followed through the tree; each slot it passes
// says something about who and what the story is about, and later slots must
// agree with earlier ones.
//
// Marks for one story, each from 0 (bad) to 1 (good). What tales_story writes
// has 1 in all of them.
//
// words    How many of its words the grammar knows; capitals do not matter.
//
// grammar  How far its sentences follow the grammar: for each sentence the
//          share of its letters before the place where no sentence of the
//          grammar goes on; the mean, weighted by the length of the sentences.
//          A whole sentence has 1, even if it says something untrue.
//
// names    How many mentions of the two people are right. In a sentence that
//          the grammar has, a mention (a name, "she", "his", "sister") is
//          right if it fits what was said before of that person: the hero is
//          still Mia and a girl, and the friend is of the other gender. In any
//          other sentence a name is right if one of the two is called so, and
//          a pronoun if one of the two is of that gender.
//
// things   The same for all other mentions (things, places, animals, elders,
//          what broke and how it is mended), in sentences that the grammar
//          has: a mention is right if some row of its table fits all that was
//          said so far. The kite is still a kite, and is not found in the
//          soup, but where the table says that kites are found.
//
// order    How many of its sentences belong to the plot, one after another:
//          the longest run (others may be in between) of sentences whose beats
//          do not go backwards, over all sentences. The plot is the one of the
//          first sentence that tells a wish; without a wish, the plot that has
//          the most sentences.
//
// ending   Does the ending fit the wish? 0 if no sentence tells a wish of a
//          plot, or if the last sentence is not from the end of that same
//          plot. Otherwise the share of the mentions in the sentences from the
//          end that are right, as above (1 if there are none).
//
// Where there is nothing to count (no name, no thing, no sentence), the mark is
// 0. Sentences are cut as tale_sentence says (tales.h). Of a story that has
// more than 256 of them, all marks but the first are those of the first 256.
#ifndef TALES_CHECK_H
#define TALES_CHECK_H

#include "common/text.h"
#include "data/tales/grammar.h"

enum { MARKS = 6 };

typedef struct Marks {
    double words, grammar, names, things, order, ending;
    int sentences, whole; // sentences; those that the grammar has as a whole
    const char *plot;     // the plot, or NULL if there is none
} Marks;

// What the checker makes of the grammar once; the same for all stories.
typedef struct Checker Checker;

Checker *checker_new(void);
void checker_free(Checker *c);

// Marks one story: any bytes, also empty. A line end counts as a blank.
Marks tale_marks(const Checker *c, Text story);

#endif
