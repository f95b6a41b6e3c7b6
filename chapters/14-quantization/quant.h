// Numbers in 8 and in 4 bits: packed, unpacked, and multiplied without ever
// being unpacked.
//
// The one idea: 32 neighbouring numbers of a row share one scale, and of each
// only a small whole number is kept: x is about scale * q. A product of two
// such rows is a sum of whole numbers, exact and cheap, times the two scales,
// block by block. The forms are those of GGUF (llama.cpp), see QuantKind.
//
// Two orders of the same bits: "blocks" are GGUF's, row after row, and are what
// a file holds; a QuantMatrix holds 16 rows side by side, as the machine's
// integer instructions want them. One is made from the other without loss.
//
// Lifetime: a QuantMatrix points into the arena it was made in.
#ifndef QUANTIZATION_QUANT_H
#define QUANTIZATION_QUANT_H

#include "common/arena.h"

#include <stdbool.h>
#include <stdint.h>

typedef enum QuantKind {
    QUANT_F32,  // not quantized: 4 bytes a number
    QUANT_Q8_0, // a scale in F16 and 32 bytes q = -127 .. 127, x = scale q;
                // 34 bytes for 32 numbers, 8.5 bits each
    QUANT_Q4_0, // a scale in F16 and 16 bytes: numbers 0 .. 15 in their low
                // halves, 16 .. 31 in the high ones, u = 0 .. 15 and
                // x = scale (u - 8); 18 bytes for 32 numbers, 4.5 bits each
} QuantKind;

enum { QUANT_BLOCK = 32 }; // numbers that share a scale

const char *quant_name(QuantKind k); // "F32", "Q8_0", "Q4_0"

// The bytes of n numbers. For the packed kinds n is a whole number of blocks.
size_t quant_bytes(QuantKind k, size_t n);

// Whether rows of so many numbers can be of that kind: whole blocks.
bool quant_can(QuantKind k, int cols);

// The first of n numbers that the kind cannot hold (not finite, or so large
// that its scale is none in F16: about 8.3e6 for Q8_0, 5.2e5 for Q4_0), or -1.
// Ask before packing numbers that come from outside.
ptrdiff_t quant_misfit(QuantKind k, const float *x, size_t n);

// Whether the scales of n numbers in blocks are all finite: ask before using
// blocks that come from outside. Any other bits are numbers.
bool quant_sound(QuantKind k, const void *blocks, size_t n);

// Packs n numbers (whole blocks, all of which fit) to GGUF's blocks.
// The scale of Q8_0 is the largest magnitude / 127; that of Q4_0 is the number
// of the largest magnitude, with its sign, / -8: that number is exactly u = 0.
// Byte for byte what llama.cpp's reference code writes.
void quant_pack(QuantKind k, const float *x, size_t n, void *blocks);

// The same with the scale that, of a few dozen tried around that one, leaves
// the smallest sum of squared errors in its block; never a larger one than
// quant_pack leaves. About 20 times as slow.
void quant_pack_best(QuantKind k, const float *x, size_t n, void *blocks);

// The n numbers that the blocks stand for.
void quant_unpack(QuantKind k, const void *blocks, size_t n, float *x);

// --- a matrix to run --------------------------------------------------------

// rows x cols numbers of a packed kind, 16 rows side by side: a panel. Of a
// panel there are first the scales, then the numbers, both block after block;
// missing rows at the end are zeros.
typedef struct QuantMatrix {
    QuantKind kind;
    int rows, cols;
    uint16_t *scales; // panels x blocks x 16, in F16
    uint8_t *numbers; // panels x blocks x (512 or 256)
} QuantMatrix;

// The bytes that its numbers and scales take: quant_bytes of rows rounded up
// to a multiple of 16.
size_t quant_matrix_bytes(QuantKind k, int rows, int cols);

// Room for a matrix, not yet filled. The kind is packed; cols whole blocks.
QuantMatrix quant_matrix_new(Arena *a, QuantKind k, int rows, int cols);

// Fills, or reads, rows from .. from + n - 1 as GGUF's blocks. `from` is a
// multiple of 16, and so is n unless it reaches the last row. Different
// panels may be filled by different threads.
void quant_put_rows(QuantMatrix *m, int from, int n, const void *blocks);
void quant_get_rows(const QuantMatrix *m, int from, int n, void *blocks);

// Reads the memory of row i, or as much of other rows of its panel.
void quant_look(const QuantMatrix *m, int i);

// Row i as floats.
void quant_row(const QuantMatrix *m, int i, float *x);

// --- products ---------------------------------------------------------------

// n rows of activations in 8 bits, quantized block by block like Q8_0, but with
// scales in F32, and x / scale rounded to the nearest, halves to even. They lie
// in the caller's room, a single row as below, several in groups of up to 8,
// side by side as the products read them.
typedef struct QuantRows {
    int n, cols;
    int8_t *q;    // n x cols: -127 .. 127
    float *scale; // n x blocks: the block's largest magnitude / 127
    int32_t *sum; // n x blocks: the sum of the block's q
} QuantRows;

// The bytes of room for n rows of cols numbers; less than 4 a number.
size_t quant_rows_bytes(int n, int cols);

// Quantizes x, n x cols, into the room (aligned to 64 bytes). A block with a
// number that is not finite has the scale NaN, and so has what becomes of it.
QuantRows quant_rows(const float *x, int n, int cols, void *room);

// The rows that lie in the room already.
QuantRows quant_rows_in(void *room, int n, int cols);

// y (x.n x m.rows, rows `ldy` floats apart) = x m^T for rows from .. to - 1 of
// m, which are columns of y. `from` is a multiple of 16.
// Each number of y is the sum over the blocks, in their order, of (the exact
// sum of whole numbers) * (product of the two scales): the same bits for any
// number of rows, any part of m and any thread count.
void quant_products(const QuantMatrix *m, const QuantRows *x, int from, int to,
                    float *y, int ldy);

// The same for whole matrices, shared out among the threads: y is n x m.rows.
// `room` as for quant_rows.
void quant_multiply(const QuantMatrix *m, const float *x, int n, float *y,
                    void *room);

#endif
