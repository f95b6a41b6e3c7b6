// A small piece of English and its German: sentences made at random, each
// with its one right translation.
//
// The one idea: choose the meaning first (who does what to whom, when, in
// which tense), then say it in both languages. English marks little; German
// needs the gender of each noun, the case of each phrase, endings on articles
// and adjectives, and another order: the verb second, infinitives and
// participles last, everything last in a subordinate clause, some verbs in two
// pieces. So no word can be translated by itself.
//
// Some combinations are held out: some adjectives never stand with some nouns,
// some verbs never take some objects, unless asked for.
#ifndef TRANSFORMER_GRAMMAR_H
#define TRANSFORMER_GRAMMAR_H

#include "common/rng.h"
#include "common/text.h"

typedef enum Combinations {
    USUAL,   // no combination that is held out
    UNUSUAL, // at least one
} Combinations;

// Appends an English sentence and its German translation, words and
// punctuation separated by spaces. Simple sentences have one clause, no
// adjunct, and a tense of one word.
void grammar_sentence(Rng *r, bool simple, Combinations which, Buffer *english,
                      Buffer *german);

#endif
