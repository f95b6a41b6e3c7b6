// Choosing what to read: scores for the sentences of a document, and the best
// of them that fit into a budget, in the order of the text.
//
// The scores come from the document alone, its pieces (or words: whatever its
// ids are) and where its sentences begin. Nothing is learnt; no label and no
// other document is needed.
#ifndef LONG_TEXT_CHOOSE_H
#define LONG_TEXT_CHOOSE_H

#include "16-long-text/remedy.h"

#include "common/rng.h"

// Which sentences are worth reading?
typedef enum Choice {
    RANDOM_SENTENCES, // the control: what knows nothing must be worse
    TFIDF_SENTENCES,
    TEXTRANK_SENTENCES,
    CHOICES
} Choice;

extern const char *const choice_names[CHOICES];

// One score for each sentence; r is used by RANDOM_SENTENCES alone.
void choice_scores(Choice choice, const Document *d, Rng *r, double *score);

// TextRank (Mihalcea and Tarau 2004): sentences are the nodes of a graph, the
// more words two have in common the stronger their edge, and a sentence is
// important if important sentences are like it. The scores have the mean 1.
void textrank(const Document *d, double *score);

// How alike two sentences are: the number of different words that are in both
// / (log of the words of a + log of the words of b); 0 if that cannot be
// divided (section 4 of the paper). a and b are sorted and without repetition,
// na and nb count repetitions.
double sentence_overlap(const int *a, int different_a, int na, const int *b,
                        int different_b, int nb);

// The mean over the words of a sentence of tf * idf: how often the document has
// the word, times log(sentences / sentences with the word). (The inverse
// *sentence* frequency of Neto et al. 2000: each document by itself.)
void tfidf_sentences(const Document *d, double *score);

// Goes through the n sentences by falling score (of equal ones the first
// first), and takes each whose cost still fits into the budget. If not even
// one fits, the best by itself. Writes the numbers of those taken, in the order
// of the text, and returns how many there are. Sentences of cost 0 are passed
// over.
int choose_within(const double *score, const int *cost, int n, int budget,
                  int *chosen);

#endif
