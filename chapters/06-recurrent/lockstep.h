// Lock step: many sequences of different lengths, one step at a time.
//
// A packed matrix goes sequence by sequence. A recurrent network has to go step
// by step: the first tokens of all sequences, then all second ones, so that a
// step is one product of matrices. The one idea: the longest sequence comes
// first. Then those that are still there at a step are the first rows of the
// state, and when a sequence ends, the state just loses its last row. There is
// no padding and no mask.
#ifndef RECURRENT_LOCKSTEP_H
#define RECURRENT_LOCKSTEP_H

#include "common/matrix.h"

typedef struct Lockstep {
    int sequences, steps, rows; // steps: the length of the longest
    const int *who;             // sequences: their numbers, the longest first
    const int *start; // steps + 1: step t has the places start[t] up to, not
                      // including, start[t + 1], sequence who[k] the k-th
    const int *row;   // rows: the packed row at each place
    const int *place; // rows: the place of each packed row
} Lockstep;

// The order for the sequences of x. Empty ones are in `who` but in no step.
// Lives on the tape of x.
Lockstep lockstep(const Matrix *x);

// How many sequences are there at step t.
int lockstep_alive(const Lockstep *s, int t);

// Rows of zeros, given.
Matrix *zeros(Tape *t, int rows, int cols);

// n >= 1 matrices of equally many columns under each other. All of them must
// want a gradient, or none.
Matrix *stack_rows(Matrix *const *part, int n);

// The rows of each sequence in reverse order.
Matrix *reversed(Matrix *x);

// The last row of each sequence: T x d -> sequences x d. None may be empty.
Matrix *last_rows(Matrix *x);

#endif
