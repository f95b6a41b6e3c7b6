// How many different words a sequence follows: the count that makes the model
// of Kneser and Ney (1995) what it is.
#include "05-word-vectors/ngram.h"

void ngram_continuations(Ngram *g)
{
    for (int i = 0; i < g->n; i++)
        g->gram[i].before = 0;
    // Each node is one word w and then some sequence: one more kind of word
    // that was seen before that sequence.
    for (int i = 1; i < g->n; i++)
        if (g->gram[i].depth > 1)
            g->gram[g->gram[i].shorter].before++;
}
