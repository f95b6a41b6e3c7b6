// From many heads of keys and values to few: a trained model made smaller.
//
// The one idea: a projection to keys has a block of rows for each head. The
// mean of several blocks is a block too, and serves all heads that had those
// (Ainslie et al. 2023, section 2.1). The other way, a block copied to several
// heads changes nothing at all, which is how one tests such things.
#ifndef ATTENTION_VARIANTS_REGROUP_H
#define ATTENTION_VARIANTS_REGROUP_H

#include "10-gpt/gpt.h"

// What becomes of the blocks that are to be one.
typedef enum Merge { MEAN_OF_ALL, FIRST_OF_ALL } Merge;

// from holds n blocks of `size` numbers; to gets m. If m divides n, each is
// made of n / m neighbours. If n divides m, each is copied m / n times.
void regroup(const float *from, int n, float *to, int m, int size, Merge how);

// A new model like m, with so many groups of keys and values.
Gpt gpt_regrouped(const Gpt *m, int groups, Merge how);

#endif
