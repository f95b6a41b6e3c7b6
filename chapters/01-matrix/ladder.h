// The ladder: one matrix product, written six times. Every rung computes the
// same numbers; each removes the one thing that held the rung before it back.
//
//   C (M x N) = A (M x K) B (K x N)
//
// All three are row-major without gaps: element (i, j) of C is C[i * N + j].
// Sizes may be 0; with K == 0 the product is all zeros. C must not overlap A
// or B.
#ifndef CHAPTER_01_LADDER_H
#define CHAPTER_01_LADDER_H

#include <stdbool.h>

typedef void Product(int M, int N, int K, const float *A, const float *B,
                     float *C);

// The definition, as a mathematician writes it.
Product product_loops;
// The two inner loops exchanged: all three matrices are walked along rows.
Product product_exchanged;
// A tile of C stays in registers while a whole row of A meets B.
Product product_tiled;
// The tile again, but A and B are first copied into the order it reads them.
Product product_packed;
// The same, with the row panels shared out to all threads.
Product product_threads;
// gemm_nn of common/kernels.h: the same idea with all the edges, which the
// rest of the course uses.
Product product_kernel;

typedef struct Rung {
    const char *name;
    Product *product;
    bool threads; // uses all threads
    const char *what;
} Rung;

enum { RUNGS = 6 };
extern const Rung ladder[RUNGS];

// product_packed and product_threads keep one packed block in static memory:
// call them from one thread at a time.

#endif
