// A table of rows that several threads change at once, with the same result
// every time, for any number of threads.
//
// The one idea: the work is cut into rounds, and a round into WORKERS pieces,
// however many threads there are. A worker sees the table as it was when the
// round began, changes copies of the rows that it touches, and sees nothing of
// the others. When all are done, the changes of each row are added up, in the
// order of the workers. Which thread did which piece, and when, plays no part.
//
// Lifetime: a SharedRows owns the table and the copies until rows_free.
#ifndef WORD_VECTORS_ROWS_H
#define WORD_VECTORS_ROWS_H

#include "05-word-vectors/vectors.h"

#include <stdbool.h>

enum { WORKERS = 8 };

// The copies of one worker: copy slot[i] is of row i of the table; -1: none.
typedef struct RowCopies {
    int *slot;
    float *at;
    int n;
} RowCopies;

typedef struct SharedRows {
    Vectors table;
    bool race; // no copies, everybody changes the table at once (Niu et al.
               // 2011): to see what the copies cost. Results then vary.
    RowCopies of[WORKERS];
} SharedRows;

SharedRows rows_new(int n, int width);
void rows_free(SharedRows *s);

// The worker's own copy of a row, made when it is first asked for; valid until
// rows_join. Different workers may call this at the same time.
float *rows_copy(SharedRows *s, int worker, int row);

// Adds all changes to the table and forgets the copies.
void rows_join(SharedRows *s);

#endif
