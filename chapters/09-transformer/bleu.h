// BLEU (Papineni et al. 2002) as sacreBLEU defines it (Post 2018): how many of
// the n-grams, n = 1 to 4, of a translation are in a person's translation?
//
// The one idea: count over all sentences of the test together, never a word
// of the reference twice, and punish translations that are too short.
//
// Start with {0}, add every sentence, then ask for the score.
#ifndef TRANSFORMER_BLEU_H
#define TRANSFORMER_BLEU_H

#include "common/text.h"

enum { BLEU_ORDER = 4 };

typedef struct Bleu {
    long long matched[BLEU_ORDER]; // n-grams that are in the reference too
    long long total[BLEU_ORDER];   // n-grams of the translations
    long long length, reference;   // words
} Bleu;

// Appends the words of the line, one space between: what the script
// mteval-v13a.pl makes of it, sacreBLEU's default. Separates punctuation from
// words, but leaves 1,000.5 and well-known as they are.
void bleu_words(Text line, Buffer *to);

// Adds a translation and its reference; both are cut into words first.
void bleu_add(Bleu *b, Text translation, Text reference);

// 0 to 100. If no n-gram of some length matches, its precision counts as
// 1 / (2 total), the next such as 1 / (4 total) ("exp" smoothing). 0 if
// nothing matches at all, or no translation has four words.
double bleu_score(const Bleu *b);

// The share of n-grams that match, and the factor for short translations.
double bleu_precision(const Bleu *b, int n);
double bleu_brevity(const Bleu *b);

#endif
