// Where the models of this chapter go to school: the same stories, in the same
// order, for the same number of steps, and the same examination at the end.
//
// The one idea: models can only be compared if nothing differs but what is to
// be compared. So a training asks for no more than a forward function and its
// parameters, and draws its windows of text from a generator that begins anew
// for each model.
//
// Lifetime rule: a school owns its texts until school_free; a model belongs to
// whoever made it.
#ifndef ATTENTION_VARIANTS_SCHOOL_H
#define ATTENTION_VARIANTS_SCHOOL_H

#include "04-tokenizers/bpe.h"
#include "10-gpt/gpt.h"
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
    double seconds;                  // of training, without examinations
} Curve;

// Trains for `steps` steps with AdamW and a cosine of that peak, and looks
// every `every` steps (0: only at the end). Step 0 is in the curve too. Ctrl-C
// ends the program with a line. bar may be NULL. Several models can learn at
// the same time, each on a thread of its own (parallel_for).
Curve school_train(const School *s, Pupil p, int steps, int every, float peak,
                   ClassBar *bar);

// The mean loss in nats a token on the first `windows` windows of the unseen
// stories. A window is `begin` and length - 1 tokens of text; what follows each
// of them is asked.
double school_score(const School *s, Pupil p, int windows);

#endif
