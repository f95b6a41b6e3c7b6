// The operations: each computes at once and records how to go back. Shapes are
// rows x cols; T is the number of rows (tokens), d the width.
//
// A mistake in a shape is a mistake in the code: it aborts with both shapes.
// Rows may be 0 everywhere. The results live on the tape of the inputs, at
// least one of which must be on a tape (parameters are not, see on_tape).
#ifndef COMMON_OPS_H
#define COMMON_OPS_H

#include "common/matrix.h"
#include "common/params.h"

// --- looking up and multiplying ---------------------------------------------

// Row x.id[i] of the table for each i: V x d -> T x d. Ids must be in
// 0 .. V - 1. The result has the spans of x.
Matrix *embed(Tape *t, Matrix *table, Tokens x);

// a b: (M x K), (K x N) -> M x N.
Matrix *matmul(Matrix *a, Matrix *b);

// a b^T: (M x K), (N x K) -> M x N.
Matrix *matmul_t(Matrix *a, Matrix *b);

// x w^T + b: T x in -> T x out.
Matrix *linear(Matrix *x, Linear l);

// --- element by element -----------------------------------------------------

// a + b and a * b, element by element; b may also be one row (1 x d), which is
// then used for each row of a.
Matrix *add(Matrix *a, Matrix *b);
Matrix *mul(Matrix *a, Matrix *b);

Matrix *scale(Matrix *x, float s); // s x

Matrix *relu(Matrix *x);      // max(x, 0)
Matrix *gelu(Matrix *x);      // x Phi(x), exactly (Hendrycks and Gimpel 2016)
Matrix *gelu_tanh(Matrix *x); // nearly the same, through tanh: GPT-2's GELU
Matrix *silu(Matrix *x);      // x sigmoid(x) (Elfwing, Uchibe and Doya 2017)
Matrix *tanh_of(Matrix *x);   // (e^x - e^-x) / (e^x + e^-x)
Matrix *sigmoid(Matrix *x);   // 1 / (1 + e^-x)

// Each element becomes 0 with probability p, else x / (1 - p), so that the
// expected value stays (Srivastava et al. 2014). 0 <= p < 1. When the tape is
// not training, x itself.
Matrix *dropout(Matrix *x, float p);

// --- row by row -------------------------------------------------------------

// e^x / sum e^x along each row.
Matrix *softmax(Matrix *x);

// (x - mean) / sqrt(variance + eps) * gain + bias along each row, the variance
// divided by d, not d - 1 (Ba, Kiros and Hinton 2016, eq. 4).
Matrix *layer_norm(Matrix *x, Norm n);

// x / sqrt(mean(x^2) + eps) * gain along each row (Zhang and Sennrich 2019).
Matrix *rms_norm(Matrix *x, Matrix *gain, float eps);

// --- positions --------------------------------------------------------------

// Rotary position embedding (Su et al. 2021): in each head, the pair of
// coordinates i is turned by the angle position * base^(-2 i / width).
// ADJACENT pairs coordinates 2i and 2i + 1 (the paper, and Llama as its
// authors published it); HALVES pairs i and i + width / 2 (GPT-NeoX, and
// Llama as the transformers library stores it).
typedef enum RopeLayout { ADJACENT, HALVES } RopeLayout;

// The sines and cosines for positions 0 .. length - 1, computed once.
typedef struct RopeTable {
    int length, width; // width of one head, even
    float *cos, *sin;  // length x width / 2
} RopeTable;

// Positions are multiplied by `stretch` first: 1 for plain RoPE, L / L' for
// position interpolation (Chen et al. 2023). The table lives in the arena.
RopeTable rope_table(Arena *a, int length, int width, float base,
                     float stretch);

// Turns each head of x (T x d, heads consecutive blocks of table->width
// columns). Row r of a sequence is at position first + r, which must be in the
// table.
Matrix *rope(Matrix *x, const RopeTable *table, int first, RopeLayout layout);

// The same in place and on no tape, for one row of cols plain numbers.
void rope_row(float *x, int cols, const RopeTable *table, int position,
              RopeLayout layout);

// One row of a table, for a position that is in none: width / 2 cosines and as
// many sines. Any number of positions fits in the memory of one.
void rope_turns(double position, int width, float base, float *cosine,
                float *sine);

// --- attention (Vaswani et al. 2017, eq. 1) ---------------------------------

// Which keys a query may look at. Query i of Tq sits at key position
// p = i + Tk - Tq: the last query is aligned to the last key, so the same mask
// serves a text and the growing cache of a generation.
typedef struct Mask {
    bool causal;        // only keys j <= p
    int window;         // only keys with |p - j| < window; 0: no limit
    const float *slope; // ALiBi (Press et al. 2022): one number a head, which
                        // times |p - j| is taken from the score; or NULL
} Mask;

#define FULL   ((Mask){.causal = false})
#define CAUSAL ((Mask){.causal = true})

// softmax(q k^T / sqrt(w) under the mask) v, head by head: heads are
// consecutive blocks of w = q->cols / heads columns.
//   q: Tq x (heads * w), k and v: Tk x (groups * w) -> Tq x (heads * w)
// groups = k->cols / w divides heads; head h reads keys and values of group
// h / (heads / groups): 1 group is multi-query, as many as heads is
// multi-head attention. Sequence i of q looks at sequence i of k and v; both
// must have equally many. A query that may see nothing gives zeros.
// Works tile by tile (Milakov and Gimelshein 2018; Dao et al. 2022): memory
// grows with T, not T^2.
Matrix *attention(Matrix *q, Matrix *k, Matrix *v, int heads, Mask mask);

// The probabilities with which each row of q looks at each row of k in one
// head of one sequence, computed again for a heat map: writes Tq x Tk numbers,
// those of that sequence.
void attention_weights(const Matrix *q, const Matrix *k, int heads, Mask mask,
                       int head, int sequence, float *weights);

// --- cutting and joining ----------------------------------------------------

Matrix *concat_cols(Matrix *a, Matrix *b); // T x c1, T x c2 -> T x (c1 + c2)
Matrix *concat_rows(Matrix *a, Matrix *b); // r1 x d, r2 x d -> (r1 + r2) x d
Matrix *slice_cols(Matrix *x, int from, int to); // columns from .. to - 1
Matrix *slice_rows(Matrix *x, int from, int to); // rows from .. to - 1

// Row index[i] of x for each of the n rows of the result: T x d -> n x d.
Matrix *pick_rows(Matrix *x, const int *index, int n);

// --- losses: 1 x 1, on which backward can start -----------------------------

// The mean over rows of -log softmax(logits)[target]. With smoothing s the
// target is 1 - s on the right class plus s spread evenly over all (Szegedy et
// al. 2016). Rows whose target is negative are ignored; if all are, the loss
// is 0. T x V -> 1 x 1.
Matrix *cross_entropy(Matrix *logits, const int *target, float smoothing);

// The mean over all elements of (x - target)^2; target is rows x cols.
Matrix *mean_squared_error(Matrix *x, const float *target);

// The mean of all elements.
Matrix *mean(Matrix *x);

#endif
