// One matrix product, six times faster and faster; see ladder.h.
//
// The one idea: the arithmetic never changes, only the order in which memory
// is read. Every rung adds the K products of an element of C in the same
// order, from k = 0 up.
#include "01-matrix/ladder.h"

#include "01-matrix/vec.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <stddef.h>
#include <string.h>

const Rung ladder[RUNGS] = {
    {"loops", product_loops, false, "three loops"},
    {"exchanged", product_exchanged, false, "loops exchanged"},
    {"tiled", product_tiled, false, "a tile in registers"},
    {"packed", product_packed, false, "packed panels"},
    {"threads", product_threads, true, "all threads"},
    {"kernel", product_kernel, true, "the course's kernel"},
};

// --- rung 1 -----------------------------------------------------------------

void product_loops(int M, int N, int K, const float *A, const float *B,
                   float *C)
{
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < N; j++) {
            float sum = 0;
            for (int k = 0; k < K; k++)
                sum += A[(size_t)i * K + k] * B[(size_t)k * N + j];
            C[(size_t)i * N + j] = sum;
        }
    }
}

// --- rung 2 -----------------------------------------------------------------

static void clear(int M, int N, float *C)
{
    memset(C, 0, (size_t)M * N * sizeof *C);
}

void product_exchanged(int M, int N, int K, const float *A, const float *B,
                       float *C)
{
    clear(M, N, C);
    for (int i = 0; i < M; i++) {
        float *restrict c = C + (size_t)i * N;
        for (int k = 0; k < K; k++) {
            float a = A[(size_t)i * K + k];
            const float *b = B + (size_t)k * N;
            for (int j = 0; j < N; j++)
                c[j] += a * b[j];
        }
    }
}

// --- rung 3 -----------------------------------------------------------------

// 6 x 2 vectors of sums, 2 of B and 1 of A are 15 of the 16 vector registers
// that an AVX2 machine has (AVX-512 and NEON have 32).
enum { TILE_ROWS = 6, TILE_COLS = 2 * LANES };

// Adds to one tile of C the product of TILE_ROWS rows of A and TILE_COLS
// columns of B. Element (i, k) of A is A[i * a_row + k * a_step]; ldb and ldc
// floats lie between two rows of B and of C.
static inline void tile(int K, const float *A, int a_row, int a_step,
                        const float *B, int ldb, float *C, int ldc)
{
    Vec c[TILE_ROWS][2];
    UNROLL
    for (int i = 0; i < TILE_ROWS; i++) {
        c[i][0] = vec_load(C + (size_t)i * ldc);
        c[i][1] = vec_load(C + (size_t)i * ldc + LANES);
    }
    for (int k = 0; k < K; k++) {
        Vec b0 = vec_load(B), b1 = vec_load(B + LANES);
        UNROLL
        for (int i = 0; i < TILE_ROWS; i++) {
            float a = A[(size_t)i * a_row];
            c[i][0] += a * b0;
            c[i][1] += a * b1;
        }
        A += a_step;
        B += ldb;
    }
    UNROLL
    for (int i = 0; i < TILE_ROWS; i++) {
        vec_store(C + (size_t)i * ldc, c[i][0]);
        vec_store(C + (size_t)i * ldc + LANES, c[i][1]);
    }
}

// Rows i0 up to M and columns j0 up to N of the product, for what is left over
// beside the whole tiles.
static void edge(int i0, int M, int j0, int N, int K, const float *A,
                 const float *B, int ldb, float *C)
{
    for (int i = i0; i < M; i++)
        for (int k = 0; k < K; k++)
            for (int j = j0; j < N; j++)
                C[(size_t)i * ldb + j] +=
                    A[(size_t)i * K + k] * B[(size_t)k * ldb + j];
}

void product_tiled(int M, int N, int K, const float *A, const float *B,
                   float *C)
{
    int rows = M / TILE_ROWS * TILE_ROWS;
    int cols = N / TILE_COLS * TILE_COLS;
    clear(M, N, C);
    for (int i = 0; i < rows; i += TILE_ROWS) {
        const float *a = A + (size_t)i * K;
        float *c = C + (size_t)i * N;
        for (int j = 0; j < cols; j += TILE_COLS)
            tile(K, a, K, 1, B + j, N, c + j, N);
    }
    edge(0, rows, cols, N, K, A, B, N, C); // right of the tiles
    edge(rows, M, 0, N, K, A, B, N, C);    // below them
}

// --- rung 4 -----------------------------------------------------------------

// A block of B is DEPTH x WIDTH: 1 MB, which fits in the second-level or
// third-level cache. A panel of A is TILE_ROWS x DEPTH: 6 KB, in the first.
enum { DEPTH = 256, WIDTH = 1024 };

// One block of the product: columns j0 up to j0 + width of C, and of the sums
// for them the terms k0 up to k0 + depth.
typedef struct Block {
    int M, N, K;
    const float *A, *B;
    float *C;
    int k0, depth, j0, width;
    float *packed; // the block of B, panel after panel
} Block;

static int at_most(int n, int limit)
{
    return n < limit ? n : limit;
}

// Copies panels from .. to - 1 of the block of B. A panel is TILE_COLS columns
// wide and its rows follow each other without a gap; columns that B does not
// have become zeros.
static void pack_b(void *context, int from, int to)
{
    const Block *b = context;
    for (int p = from; p < to; p++) {
        float *to_row = b->packed + (size_t)p * TILE_COLS * b->depth;
        int cols = at_most(b->width - p * TILE_COLS, TILE_COLS);
        for (int k = 0; k < b->depth; k++, to_row += TILE_COLS) {
            const float *row =
                b->B + (size_t)(b->k0 + k) * b->N + b->j0 + p * TILE_COLS;
            for (int j = 0; j < TILE_COLS; j++)
                to_row[j] = j < cols ? row[j] : 0;
        }
    }
}

// Copies a panel of A, `rows` rows from row i: first the TILE_ROWS numbers of
// column 0, then those of column 1, and so on; missing rows become zeros.
static void pack_a(const Block *b, int i, int rows, float *packed)
{
    for (int r = 0; r < TILE_ROWS; r++) {
        const float *row = b->A + (size_t)(i + r) * b->K + b->k0;
        for (int k = 0; k < b->depth; k++)
            packed[k * TILE_ROWS + r] = r < rows ? row[k] : 0;
    }
}

// Panels of rows from .. to - 1 of the block: each is packed, then meets every
// panel of B. A tile that sticks out of C is computed beside it.
static void multiply_panels(void *context, int from, int to)
{
    const Block *b = context;
    float a[TILE_ROWS * DEPTH];
    for (int p = from; p < to; p++) {
        int i = p * TILE_ROWS, rows = at_most(b->M - i, TILE_ROWS);
        pack_a(b, i, rows, a);
        for (int j = 0; j < b->width; j += TILE_COLS) {
            const float *panel = b->packed + (size_t)j * b->depth;
            float *c = b->C + (size_t)i * b->N + b->j0 + j;
            int cols = at_most(b->width - j, TILE_COLS);
            if (rows == TILE_ROWS && cols == TILE_COLS) {
                tile(b->depth, a, 1, TILE_ROWS, panel, TILE_COLS, c, b->N);
                continue;
            }
            float whole[TILE_ROWS * TILE_COLS] = {0};
            for (int r = 0; r < rows; r++)
                memcpy(whole + r * TILE_COLS, c + (size_t)r * b->N,
                       cols * sizeof *c);
            tile(b->depth, a, 1, TILE_ROWS, panel, TILE_COLS, whole, TILE_COLS);
            for (int r = 0; r < rows; r++)
                memcpy(c + (size_t)r * b->N, whole + r * TILE_COLS,
                       cols * sizeof *c);
        }
    }
}

// How the two loops over panels are run: one after another, or by threads.
typedef void Runner(int n, double cost, void (*body)(void *, int, int),
                    void *context);

static void product_blocks(int M, int N, int K, const float *A, const float *B,
                           float *C, Runner *run)
{
    static _Alignas(64) float packed[DEPTH * WIDTH];
    Block b = {.M = M, .N = N, .K = K, .A = A, .B = B, .C = C};
    b.packed = packed;
    clear(M, N, C);
    for (b.j0 = 0; b.j0 < N; b.j0 += WIDTH) {
        b.width = at_most(N - b.j0, WIDTH);
        for (b.k0 = 0; b.k0 < K; b.k0 += DEPTH) {
            b.depth = at_most(K - b.k0, DEPTH);
            run((b.width + TILE_COLS - 1) / TILE_COLS,
                (double)b.depth * TILE_COLS, pack_b, &b);
            run((M + TILE_ROWS - 1) / TILE_ROWS,
                2.0 * TILE_ROWS * b.width * b.depth, multiply_panels, &b);
        }
    }
}

static void run_alone(int n, double cost, void (*body)(void *, int, int),
                      void *context)
{
    (void)cost;
    body(context, 0, n);
}

void product_packed(int M, int N, int K, const float *A, const float *B,
                    float *C)
{
    product_blocks(M, N, K, A, B, C, run_alone);
}

// --- rung 5 -----------------------------------------------------------------

void product_threads(int M, int N, int K, const float *A, const float *B,
                     float *C)
{
    product_blocks(M, N, K, A, B, C, parallel_for);
}

// --- rung 6 -----------------------------------------------------------------

void product_kernel(int M, int N, int K, const float *A, const float *B,
                    float *C)
{
    gemm_nn(M, N, K, A, K, B, N, C, N, false);
}
