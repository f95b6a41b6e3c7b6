// The same on real questions: StackFAQ, where people were asked to put 125
// questions in other words, and banking77, 13,083 questions of a bank's
// customers with 77 intents.
#ifndef FAQ_REAL_H
#define FAQ_REAL_H

#include "17-faq/contrast.h"
#include "17-faq/search.h"

// Each prints its tables, and draws its plots if run->plots; says what is
// missing if its data (or the encoder's) are not there. `like` brings the
// encoders.
void real_stackfaq(const Run *run, const Search *like);
void real_banking(const Run *run, const Search *like);

// 512 numbers for a text by the hashing trick (Weinberger et al. 2009): the
// terms of letters share these places, with a sign each, weighted by idf, in
// `to`, of length 1.
enum { HASHED = 512 };
void hashed_letters(const Inverted *letters, Text text, float *to);

#endif
