// Texts with a subject, as counts of words: what naive Bayes reads.
#ifndef CHAPTER_02_TEXTS_H
#define CHAPTER_02_TEXTS_H

#include "02-machine-learning/examples.h"
#include "common/cli.h"
#include "common/text.h"

typedef struct Texts {
    int n, subjects;
    Buffer *text; // lower-case words with single spaces between them
    int *subject;
    const char *const *name; // of the subjects
    const char *source;
} Texts;

// n short letters about three subjects, put together from lists of words.
Texts texts_made(Rng *r, int n);

// The 500 texts of the Brown corpus (Francis and Kucera 1964) in five groups,
// if `make data NAME=brown` has brought them or --data says where they are;
// n == 0 if not.
Texts texts_brown(const Run *run);

void texts_free(Texts *t);

typedef struct Words {
    int n;
    char **word; // the most frequent first
} Words;

// The `most` most frequent words of the texts which[0] .. which[n - 1].
Words words_of(const Texts *t, const int *which, int n, int most);
void words_free(Words *w);

// How often each of these words is in each of the texts which[0 .. n - 1].
Examples words_count(const Words *w, const Texts *t, const int *which, int n);

#endif
