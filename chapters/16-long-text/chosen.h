// Remedies that choose the sentences that are worth reading, and read these in
// one window.
//
// The one idea: a document shortened to its best sentences is a document. So
// choosing is one step, reading is another, and the second is the plain one.
#ifndef LONG_TEXT_CHOSEN_H
#define LONG_TEXT_CHOSEN_H

#include "16-long-text/choose.h"
#include "16-long-text/tuned.h"

typedef struct Chosen {
    const Tuning *reader; // reads what was chosen; its cut is cut_head
    const Tuning *judge;  // chooses; NULL: the rule below does
    Choice rule;
} Chosen;

Remedy chosen_remedy(const char *name, const Chosen *plan);

// Each sentence as an input of its own, for a judge.
void cut_sentences(const Tuning *p, const Document *d, BertBatch *x);

// Scores for the sentences of d by a judge that was trained (tuned_train) with
// cut_sentences and CHUNK_MEAN: minus the entropy of the class, given this
// sentence alone. 0 is the best; a sentence that tells nothing about the class
// has -log(classes).
void judge_scores(Tuned *judge, const Document *d, double *score);

// The document with only the best of its sentences, those that fit into `room`
// pieces, in the order of the text. Its pieces are in the arena.
Document shortened(const Document *d, const double *score, int room, Arena *a);

#endif
