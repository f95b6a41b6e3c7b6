// Where the models of this chapter go to school: the same stories, in the same
// order, for the same number of steps, and the same examination at the end.
//
// The one idea: models can only be compared if nothing differs but what is to
// be compared. So a training asks for no more than a forward function and its
// parameters, and draws its windows of text from a generator that begins anew
// for each model.
//
// Lifetime rule: a school owns its texts until school_free; a model belongs to
// whoever made it, and outlives its term.
#ifndef ATTENTION_VARIANTS_SCHOOL_H
#define ATTENTION_VARIANTS_SCHOOL_H

#include "04-tokenizers/bpe.h"
#include "10-gpt/gpt.h"
#include "common/optim.h"
#include "common/progress.h"

#include <stdatomic.h>

typedef struct School {
    Bpe bpe;
    Ids learn, unseen; // stories, one after the other, as tokens
    int begin;         // the token before every text: it begins
    int length, texts; // a step: so many windows of so many tokens
    uint64_t seed;
} School;

// Stories of data/tales; 256 bytes, `begin`, and merges learnt on them make
// `pieces` pieces.
School school_new(int stories, int pieces, int length, int texts,
                  uint64_t seed);
void school_free(School *s);

// Whoever learns: anything that gives T x V scores for a text.
typedef struct Pupil {
    const char *name;
    const void *model;
    Matrix *(*forward)(const void *model, Tape *t, Tokens text);
    Params *params;
} Pupil;

// A Gpt as a pupil.
Pupil pupil_of(const char *name, const Gpt *m);

// How far a class is that learns together; a bar for all of them. The threads
// count their steps in `done`, and whoever finds nobody drawing draws.
typedef struct ClassBar {
    Progress bar;
    atomic_int done;
    atomic_flag drawing;
} ClassBar;

ClassBar class_bar(const char *what, int steps);

enum { CURVE = 64 };

// The examination at several steps of a training.
typedef struct Curve {
    int n;
    double step[CURVE], loss[CURVE]; // nats a token, on unseen stories
} Curve;

// One pupil's training, with all that it needs to go on.
typedef struct Term {
    Pupil pupil;
    int steps,
        every;  // all steps; those between two looks, or 0: one at the end
    float peak; // of the learning rate, which rises and falls on a cosine
    Adam adam;
    Rng rng; // draws the windows
    int64_t step;
    Curve curve; // step 0 is in it too
} Term;

Term term_new(const School *s, Pupil p, int steps, int every, float peak);
void term_free(Term *t);

// Trains with AdamW up to step `until`, at most t->steps, or Ctrl-C. bar may be
// NULL. Several can learn at the same time, each on a thread of its own
// (parallel_for).
void school_train(const School *s, Term *t, int until, ClassBar *bar);

// Keeps a term in a file, and fills a new one with what is kept there: it goes
// on as if it had never stopped, bit for bit. Dies with one line if there is no
// such file, or if its term had another seed, number of steps or model.
void term_save(const School *s, const Term *t, const char *path);
void term_load(const School *s, Term *t, const char *path);

// The mean loss in nats a token on the first `windows` windows of the unseen
// stories. A window is `begin` and length - 1 tokens of text; what follows each
// of them is asked.
double school_score(const School *s, Pupil p, int windows);

#endif
