// The answering system: a question in, an answer out, or an honest "I do not
// know".
#ifndef FAQ_ASK_H
#define FAQ_ASK_H

#include "17-faq/trial.h"

#include <stdio.h>

typedef struct Desk {
    Search search;
    Method method;
    float threshold; // answers if the best score is at least this
    int top;         // how many it names when it does not know
} Desk;

// Takes its method and its threshold if they are METHODS or NAN: the best that
// it has encoders for, and what calibrate says with a wrong answer as bad as
// `cost` right ones are good.
Desk desk_new(const Search *search, Method m, float threshold, int top,
              double cost);

// Writes to `out` what the question deserves: the answer, or that it does not
// know and which questions are nearest; to `log` (or NULL) which pairs were
// considered, with scores. Returns whether it answered. A text that is no
// question (empty, too long, no UTF-8) gets one line that says so.
bool desk_answer(Desk *d, Text question, FILE *out, FILE *log);

// What is wrong with a question, or NULL.
const char *question_wrong(Text q);

// Answers each line of `from` until it ends or Ctrl-C is pressed.
void desk_serve(Desk *d, FILE *from);

#endif
