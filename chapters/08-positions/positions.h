// Positions: five ways to tell a transformer in which order its tokens stand,
// behind one interface.
//
// The one idea: there are only three places where order can get in, and each
// way uses one of them.
//
//   x = positions_add(&p, x, first);     to the embeddings: sinusoidal, learned
//   q = positions_turn(&p, q, first);    into queries and keys: rotary
//   k = positions_turn(&p, k, first);
//   mask = positions_mask(&p, mask);     off the scores: ALiBi
//
// A model calls all of them; those that its way does not use hand back what
// they were given. Row r of a sequence is at position first + r: sequences that
// are packed into one matrix each begin anew at `first`.
//
// Lifetime rule: tables lie in the arena and the learned one among the
// parameters. A Positions is copied like a number; copies share the tables.
#ifndef POSITIONS_H
#define POSITIONS_H

#include "common/ops.h"

typedef enum PositionKind {
    NO_POSITIONS,
    SINUSOIDAL, // Vaswani et al. 2017, section 3.5
    LEARNED,    // Gehring et al. 2017; GPT-2, BERT
    ROTARY,     // Su et al. 2021; Llama
    ALIBI,      // Press et al. 2022; BLOOM, MPT
    POSITION_KINDS
} PositionKind;

extern const char *const position_names[POSITION_KINDS];

typedef struct Positions {
    PositionKind kind;
    int length, width, heads;
    const float *sinusoid; // SINUSOIDAL: length x width
    Matrix *learned;       // LEARNED: length x width
    RopeTable table;       // ROTARY, for heads of width / heads columns
    RopeLayout layout;     //   which columns of a head are a pair
    const float *slope;    // ALIBI: one for each head
} Positions;

// Positions 0 .. length - 1 for a model of that width and number of heads. A
// learned table becomes the parameter "positions". Sinusoids need an even
// width, rotations heads of an even width.
Positions positions_new(PositionKind kind, Params *p, Arena *a, int length,
                        int width, int heads);

// Position interpolation (Chen et al. 2023): the same rotary positions, all
// multiplied by `stretch`, so that length / stretch of them fit where length
// of them were. Only for ROTARY.
Positions positions_stretched(Positions p, Arena *a, float stretch);

// The three places. x: T x width; q or k: T x (some heads of the same width).
// A position outside 0 .. length - 1 is a mistake in the code, except for none
// and ALiBi, which have no table.
Matrix *positions_add(const Positions *p, Matrix *x, int first);
Matrix *positions_turn(const Positions *p, Matrix *x, int first);
Mask positions_mask(const Positions *p, Mask mask);

// One row of sinusoids: to[2 i] = sin(w p), to[2 i + 1] = cos(w p) with
// w = 10000^(-2 i / width). width is even.
void sinusoid(double position, int width, float *to);

// ALiBi's slopes for any number of heads: 2^(-8 / n), its square, its cube ...
// for n = 2^k heads; for others those of the next smaller power of two, and
// every second one of the next larger. Slopes are multiplied by the distance.
void alibi_slopes(int heads, float *slope);

// --- the two memory layouts of RoPE -----------------------------------------

// In ADJACENT, the row (0 .. width - 1) of a head that stands at row i in
// HALVES; and the way back.
int adjacent_of_half(int i, int width);
int half_of_adjacent(int i, int width);

// Reorders the rows of a query or key weight, heads * width x cols, head by
// head, so that a model of the one layout computes the same in the other.
// `to` and `from` must not overlap.
void rows_to_halves(const float *from, float *to, int heads, int width,
                    int cols);
void rows_to_adjacent(const float *from, float *to, int heads, int width,
                      int cols);

#endif
