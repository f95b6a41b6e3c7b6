// Matrix and Tape: the one data type of the course, and what makes it learn.
//
// A Matrix is two-dimensional, row-major, float32. A text is one row per
// token. A batch is texts packed under each other without padding; the matrix
// carries the rows where each one starts (Spans), and only operations that
// look across rows (attention, positions) look at them.
//
// An operation computes at once and writes one record on the tape of its
// inputs: which function undoes it, and on what. backward(loss) follows the
// records from last to first; the order of creation is a topological order,
// so no graph has to be sorted. A parameter is on no tape (see params.h).
//
// Lifetime rule: a tape is an arena. Everything an operation returns lives
// until tape_reset, which sets a counter to 0 and keeps the memory, so after
// the first step nothing is allocated any more.
#ifndef COMMON_MATRIX_H
#define COMMON_MATRIX_H

#include "common/arena.h"
#include "common/rng.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct Tape Tape;
typedef struct Op Op;

// Which rows belong together: sequence i is the rows start[i] up to, not
// including, start[i + 1]. There are n + 1 row numbers, the last one is the
// number of rows. n == 0 means that all rows are one sequence.
typedef struct Spans {
    int n;
    const int *start;
} Spans;

typedef struct Matrix {
    int rows, cols;
    float *val;  // rows x cols
    float *grad; // same shape; NULL until a gradient arrives
    Spans seq;   // which rows belong together
    Tape *tape;  // owner; NULL for a parameter
    bool given;  // data, not learnt from: no gradient is computed for it
} Matrix;

// Token numbers, one a row, and which of them belong together.
typedef struct Tokens {
    int n;
    const int *id;
    Spans seq;
} Tokens;

struct Tape {
    Arena arena;
    Op *last;      // the newest record
    Rng rng;       // dropout draws from it
    bool training; // false: nothing is recorded, and dropout lets all pass
};

// A record: how to hand the gradient of `out` back to the inputs.
struct Op {
    void (*back)(const Op *);
    Matrix *out;
    Matrix *in[4]; // those the operation has; the rest NULL
    void *keep;    // what the operation saved for its way back, or NULL
    Op *before;    // the record made before this one
};

// A tape that can hold `bytes` of values, gradients and records. Only address
// space is reserved; 0 asks for a size that suits any model of the course.
// The tape starts with training == true.
Tape *tape_new(size_t bytes, uint64_t seed);

// Forgets all matrices and records and keeps the memory.
void tape_reset(Tape *t);

void tape_free(Tape *t);

// A leaf of rows x cols on the tape; the caller fills val, which starts
// undefined. It is `given`; set that to false to get its gradient.
Matrix *matrix(Tape *t, int rows, int cols);

// The same with a copy of val.
Matrix *matrix_of(Tape *t, int rows, int cols, const float *val);

// A parameter as a matrix of the tape: the same numbers and the same gradient.
// For an operation none of whose inputs is on a tape.
Matrix *on_tape(Tape *t, Matrix *parameter);

// The sequence spans of x as n >= 1 row numbers: fills in the one sequence if
// none is given. The result has at least one sequence.
Spans spans_of(const Matrix *x);

// Computes the gradient of the 1 x 1 loss with respect to everything it was
// made from. Gradients of parameters are added to what is there.
void backward(Matrix *loss);

// --- for authors of operations ----------------------------------------------

// A new matrix of rows x cols on the tape of the first input that has one; its
// values are for the caller to fill. It inherits the spans of a if it has as
// many rows, and is given if all inputs are. Also its record, which backward
// will follow if the tape is training. Inputs b and c may be NULL.
Op *record(void (*back)(const Op *), int rows, int cols, Matrix *a, Matrix *b,
           Matrix *c);

// Does a gradient have to be handed to m? False for NULL and for given ones.
bool wants_grad(const Matrix *m);

// The gradient of m, ready to be added to: made, and cleared, at first touch.
float *grad(Matrix *m);

// The gradient of m for a writer that can either fill or add: *add tells
// whether something is there already. Saves clearing what is then filled.
float *grad_or_new(Matrix *m, bool *add);

#endif
