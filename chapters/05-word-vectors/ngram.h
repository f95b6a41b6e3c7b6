// n-gram language models: the probability of a word after the n - 1 before it,
// from counts alone. Add-k, and interpolated Kneser-Ney (Kneser and Ney 1995;
// Chen and Goodman 1999).
//
// The one idea: all sequences of 1 .. n words that occurred are the nodes of
// one tree. A child is its parent and one word more; and each node knows the
// node of the same sequence without its first word, which is where a model
// looks when the longer sequence was never seen.
//
// Lifetime: an Ngram owns its tree until ngram_free.
#ifndef WORD_VECTORS_NGRAM_H
#define WORD_VECTORS_NGRAM_H

#include <stdbool.h>
#include <stdint.h>

enum { NGRAM_MOST = 8 }; // the longest sequences that are allowed

// A sequence of words that occurred.
typedef struct Gram {
    int parent;  // the sequence without its last word; the root's is 0
    int word;    // its last word
    int shorter; // the sequence without its first word
    int depth;   // how many words; the root has 0
    bool begins; // its first word is the beginning of a sentence
    int count;   // how often it occurred
    int before;  // how many different words came directly before it
    // Over all words that follow it:
    int kinds;          // how many different ones do
    int total;          // the sum of their counts
    int continue_total; // the sum of what Kneser-Ney takes for their counts
} Gram;

typedef struct Ngram {
    int order; // the longest sequence in the tree
    int words; // ids are 0 .. words - 1; see ngram_end
    int n;     // nodes; node 0 is the root, the empty sequence
    int room;
    Gram *gram;
    int *place; // hash table of 2^bits nodes, 0 where free
    int bits;
    // Discounts by depth; [1]: where the counts are continuation counts.
    double discount[NGRAM_MOST + 1][2];
} Ngram;

// The end of a sentence is a word that a model predicts, with the number
// `words`; the beginning is one that it never does.
static inline int ngram_end(const Ngram *g)
{
    return g->words;
}
static inline int ngram_begin(const Ngram *g)
{
    return g->words + 1;
}

// An empty model of sequences up to 1 <= order <= NGRAM_MOST words.
Ngram ngram_new(int order, int words);
void ngram_free(Ngram *g);

// Counts the sequences of one sentence, its beginning and end included.
void ngram_learn(Ngram *g, const int *id, int n);

// Counts, for every node, the different words to the left of it. ngram_finish
// calls it.
void ngram_continuations(Ngram *g);

// To be called after the last sentence and before the first probability.
void ngram_finish(Ngram *g);

// The node of a sequence, or -1 if it never occurred; of the empty one 0.
int ngram_find(const Ngram *g, const int *id, int n);

// P(word | the n words before it), by a model of sequences of `order` <=
// g->order words: only the last order - 1 of the history count. The history
// begins with ngram_begin if the sentence does.
typedef double (*NgramModel)(const Ngram *g, int order, const int *history,
                             int n, int word, double k);

// (count + k) / (total + k V), V = words + 1: the sentence's end is one, too.
double ngram_add_k(const Ngram *g, int order, const int *history, int n,
                   int word, double k);

// Interpolated Kneser-Ney: eq. (5.4) of the book. k is not used.
double ngram_kneser_ney(const Ngram *g, int order, const int *history, int n,
                        int word, double k);

// Adds -log P of each word of a sentence and of its end to *sum, and their
// number to *tokens. Perplexity is e^(sum / tokens).
void ngram_surprise(const Ngram *g, NgramModel model, int order, double k,
                    const int *id, int n, double *sum, int64_t *tokens);

#endif
