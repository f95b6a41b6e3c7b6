// What the small models learn from, how they learn it, and how they are asked
// afterwards: a text by letters, one part to learn and one held out.
//
// The one idea: when models are compared at several lengths, the letters that
// count must be the same ones. A score at length L lets the model read L
// letters and counts its predictions at the last COUNTED of them; a longer
// window only adds more past.
//
// Lifetime rule: a lesson owns its arrays until lesson_free.
#ifndef LESSON_H
#define LESSON_H

#include "08-positions/writer.h"
#include "common/optim.h"
#include "common/text.h"

enum {
    LEARNT = 32,   // the length that the models learn at
    LONGEST = 256, // the length that they are asked at, at most
    COUNTED = 16,  // letters at the end of a window that count
};

// Each different byte of a text is a letter.
typedef struct Alphabet {
    int n;
    unsigned char byte[256]; // of each letter
    int id[256];             // of each byte; -1: no letter
} Alphabet;

typedef struct Lesson {
    Alphabet alphabet;
    int *text, *held; // letters to learn from, and those held out
    int texts, helds; // how many
} Lesson;

// Windows of equal length, packed under each other, and the right answer at
// each place, negative where none counts. Both arrays lie on the tape, for the
// caller to fill.
typedef struct Windows {
    int n, length;
    int *letter, *target; // n * length
    Tokens in;            // the letters
} Windows;

Windows windows_new(Tape *t, int n, int length);

// One step of training on windows; returns the loss, in nats an answer, and
// resets the tape.
double windows_step(Windows x, Writer *w, Adam *adam, Tape *t, float rate);

// `learn` bytes to learn from, the rest held out. Both parts must be longer
// than LONGEST; dies with a line that names `name` otherwise.
Lesson lesson_new(Text text, size_t learn, const char *name);
// Stories of data/tales.
Lesson lesson_tales(int stories, uint64_t seed);
// A text file, the last tenth held out.
Lesson lesson_file(const char *path);
void lesson_free(Lesson *l);

// Windows from random places of the text to learn from; the answer is the next
// letter.
Windows lesson_windows(const Lesson *l, Tape *t, Rng *rng, int n, int length);

// The mean loss in nats a letter on held-out windows, read at this length: see
// above.
double lesson_score(const Lesson *l, const Writer *w, int windows, int length);

// The place of the largest of n scores, the first one if there are several.
int likeliest(const float *score, int n);

// What the model writes behind `prompt` if it always takes the likeliest
// letter: n letters and a zero. It sees the last LEARNT letters each time. A
// letter outside the alphabet dies.
void lesson_write(const Lesson *l, const Writer *w, const char *prompt, int n,
                  char *to);

#endif
