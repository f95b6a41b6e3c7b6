// How many different words came before? (15 minutes)
//
// Kneser and Ney's idea in one count. "tea" may be frequent and yet occur after
// "black" only. A model that must guess what follows a word it does not know
// should ask: after how many DIFFERENT words was this one seen?
//
// All sequences of a text are nodes of one tree (see ngram.h). Each node knows
//
//     depth    how many words it has; the root, node 0, has none
//     shorter  the node of the same sequence without its first word
//     begins   its first word is the beginning of a sentence
//
// Fill in `before` of every node x: the number of different words w for which
// the sequence "w x" is in the tree. Here the beginning of a sentence counts as
// a word: it comes before "we" in "we drink tea". The root stays 0.
//
// No searching is needed. One loop over the nodes is enough, if you look at
// each node from the right side.
//
// `make run-05 MINE=1` makes its language models with yours.
#include "05-word-vectors/ngram.h"

void ngram_continuations(Ngram *g)
{
    // SOLUTION
    for (int i = 0; i < g->n; i++)
        g->gram[i].before = 0;
    for (int i = 1; i < g->n; i++)
        if (g->gram[i].depth > 1)
            g->gram[g->gram[i].shorter].before++;
    // END
}
