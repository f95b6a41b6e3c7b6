// The numeric kernels; see kernels.h for what each computes.
//
// The one idea of a fast matrix product: a number fetched from memory must be
// used many times before the next is fetched. A tile of C stays in registers
// while the sum over K runs; everything else is bringing the two operands to
// it in the order in which it reads them.
//
// Nothing here is allocated: panels of operands lie on the stack or in one
// buffer a thread, which lives as long as the thread.
#include "common/kernels.h"
#include "common/threads.h"

#include "common/check.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

// x * y + z is rounded once everywhere, or the same sum could differ by where
// it is written. GCC does so by its option; clang wants to be told here.
#ifdef __clang__
#pragma STDC FP_CONTRACT ON
#endif

// A vector of W floats fills one register. GCC and clang translate + and * on
// it to the machine's own instructions: AVX-512, AVX2, NEON.
#if defined(__AVX512F__)
enum { W = 16 };
#elif defined(__AVX__)
enum { W = 8 };
#else
enum { W = 4 };
#endif
typedef float Vec __attribute__((vector_size(W * sizeof(float))));
typedef int32_t VecInt __attribute__((vector_size(W * sizeof(float))));
typedef float Four __attribute__((vector_size(4 * sizeof(float))));

// Loads and stores need no alignment; the compiler makes one instruction of
// each of these.
static inline Vec load(const float *p)
{
    Vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void store(float *p, Vec v)
{
    memcpy(p, &v, sizeof v);
}

static inline Vec all(float x)
{
    return (Vec){0} + x;
}

#define INLINE static inline __attribute__((always_inline))
// Arrays of vectors live in registers only if no index is left at run time.
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

static int min(int a, int b)
{
    return a < b ? a : b;
}

// --- matrix products --------------------------------------------------------
//
// C = A B in four steps, from the inside out:
//   1. A tile, ROWS x COLS of C, is summed in registers. Each number of A and
//      B that is loaded serves COLS or ROWS sums: loads are few, and enough
//      sums run side by side to hide that each addition takes some cycles.
//   2. A row of tiles reads the same ROWS rows of A again and again: they stay
//      in the first-level cache, while B streams by.
//   3. So B should stream well: it is packed into panels, each COLS columns
//      wide, in exactly the order in which the tiles read it. One block of B
//      is KC x NC, to stay in the second-level cache for all rows of A.
//   4. Threads share out the longer side of C. Each packs for itself what it
//      needs, once: packing a thing twice is cheaper than waiting for another
//      thread, or than reading what lies in another core's cache.
// Each element of C is the sum over k in ascending order, KC terms at a time,
// whichever tile, thread or block it falls into.

enum {
    ROWS = W == 8 ? 6 : 8, // AVX2 has 16 registers: 12 sums, 2 of B, 1 of A
    COLS = 2 * W,
    KC = 384,       // ROWS x KC floats of A: 12 KB of 32
    NC = 512,       // KC x NC floats of B: 768 KB of 1 MB
    FEW_ROWS = 128, // up to here, packing B takes longer than it saves
};

// An operand as the product sees it: element (i, k) at p[i * row + k * col].
// Transposing is exchanging the two strides. B is seen transposed: its rows
// are columns of C.
typedef struct View {
    const float *p;
    ptrdiff_t row, col;
} View;

static View view_from(View v, int i, int k)
{
    return (View){v.p + i * v.row + k * v.col, v.row, v.col};
}

// The sums are added to `plus`: to C itself, to one row for all rows of C (a
// bias; ld_plus is 0 then), or to nothing (NULL).
typedef struct Product {
    int M, N, K;
    View A, B;           // M x K and N x K ...
    const float *panels; // ... or B as it was packed before
    float *C;            // M x N
    int ldc;
    const float *plus;
    int ld_plus;
} Product;

// The K terms of a sum are cut into equal parts of at most KC: 385 become 193
// + 192, not 384 + 1. This is the length of a part; the last may be shorter.
static int part_of(int K)
{
    const int parts = K > 0 ? (K + KC - 1) / KC : 1;
    return (K + parts - 1) / parts;
}

// N rounded up to whole panels.
static size_t whole_panels(int N)
{
    return ((size_t)N + COLS - 1) / COLS * COLS;
}

// What one packing of B serves: of all rows of C the columns n .. n + nc - 1,
// and of their sums the terms k .. k + kc - 1.
typedef struct Block {
    const Product *p;
    int n, nc, k, kc;
    View B;              // nc x kc
    const float *panels; // or its panels, packed before
    bool in_place;       // whole panels of B are read where they are
    uint64_t id;         // there is no other block with this number
} Block;

// Where a thread packs its panels of B, one after the other.
static _Thread_local float panels[KC * NC] __attribute__((aligned(64)));
static _Thread_local uint64_t packed; // the block whose panels they are

// --- 1. a tile

// Where a row of tiles goes, and what is added to it, or NULL.
typedef struct Target {
    float *c;
    ptrdiff_t ldc;
    const float *plus;
    ptrdiff_t ld_plus;
} Target;

// `rows` rows and `vectors` times W columns of C, from column j of the block.
// Both are constants wherever this is inlined; only so can the sums stay in
// registers.
INLINE void tile(int rows, int vectors, const Block *block, View A, int j,
                 Target t)
{
    const int K = block->kc, cols = min(vectors * W, block->nc - j);
    const bool full = cols == vectors * W;
    const float *a = A.p;
    const float *b = (block->panels ? block->panels : panels) + j * K;
    ptrdiff_t next = COLS; // from one k to the next in B
    if (block->in_place && full) {
        b = block->B.p + j;
        next = block->B.col;
    }
    float *c = t.c + j;
    const float *plus = t.plus ? t.plus + j : NULL;
    // C will be here when the sums are ready.
    UNROLL
    for (int i = 0; i < rows; i++) {
        __builtin_prefetch(c + i * t.ldc, 1);
        __builtin_prefetch(c + i * t.ldc + cols - 1, 1);
    }
    Vec sum[ROWS][2] = {0};
    for (int k = 0; k < K; k++, a += A.col, b += next) {
        Vec part[2];
        UNROLL
        for (int v = 0; v < vectors; v++)
            part[v] = load(b + v * W);
        UNROLL
        for (int i = 0; i < rows; i++) {
            float x = a[i * A.row];
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[i][v] += x * part[v];
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++, c += t.ldc) {
        if (full) {
            UNROLL
            for (int v = 0; v < vectors; v++)
                store(c + v * W,
                      plus ? load(plus + v * W) + sum[i][v] : sum[i][v]);
        } else { // at the right edge
            float row[COLS];
            UNROLL
            for (int v = 0; v < vectors; v++)
                store(row + v * W, sum[i][v]);
            for (int k = 0; k < cols; k++)
                c[k] = plus ? plus[k] + row[k] : row[k];
        }
        plus = plus ? plus + t.ld_plus : NULL;
    }
}

// --- 2. a row of tiles

// Columns j .. end - 1 of the block.
INLINE void tile_row(int rows, int vectors, const Block *b, View A, int j,
                     int end, Target t)
{
    for (; j < end; j += vectors * W)
        tile(rows, vectors, b, A, j, t);
}

INLINE void any_tile_row(int rows, int vectors, const Block *b, View A, int j,
                         int end, Target t)
{
    switch (rows) {
    case 1:
        tile_row(1, vectors, b, A, j, end, t);
        break;
    case 2:
        tile_row(2, vectors, b, A, j, end, t);
        break;
    case 3:
        tile_row(3, vectors, b, A, j, end, t);
        break;
    case 4:
        tile_row(4, vectors, b, A, j, end, t);
        break;
    case 5:
        tile_row(5, vectors, b, A, j, end, t);
        break;
    case 6:
        tile_row(6, vectors, b, A, j, end, t);
        break;
    case 7: // this and the next only where a tile has 8 rows
        tile_row(min(7, ROWS), vectors, b, A, j, end, t);
        break;
    case 8:
        tile_row(min(8, ROWS), vectors, b, A, j, end, t);
        break;
    }
}

// The last columns, if they fit in one vector: half a tile would be for
// nothing. A function of its own, which takes no registers from the others.
static __attribute__((noinline)) void last_tile(int rows, const Block *b,
                                                View A, int j, Target t)
{
    any_tile_row(rows, 1, b, A, j, b->nc, t);
}

// The first part of the terms is added to plus, the others to what is there.
static Target target_of(const Product *p, int i, int j, int k)
{
    float *c = p->C + (ptrdiff_t)i * p->ldc + j;
    if (k > 0)
        return (Target){c, p->ldc, c, p->ldc};
    const float *plus = p->plus;
    return (Target){c, p->ldc,
                    plus ? plus + (ptrdiff_t)i * p->ld_plus + j : NULL,
                    p->ld_plus};
}

// Rows i .. i + ROWS - 1 of C. A is read where it is, if its rows are rows in
// memory. If they are columns, each k would be in another line of the cache,
// so they are packed: term after term.
static void row_of_tiles(const Block *b, int i)
{
    const Product *p = b->p;
    float terms[ROWS * KC] __attribute__((aligned(64)));
    int rows = min(ROWS, p->M - i);
    View A = view_from(p->A, i, b->k);
    if (A.row == 1 && rows == ROWS && b->nc > 2 * COLS) {
        for (int k = 0; k < b->kc; k++)
            memcpy(terms + k * ROWS, A.p + k * A.col, ROWS * sizeof *terms);
        A = (View){terms, 1, ROWS};
    }
    const Target t = target_of(p, i, b->n, b->k);
    const int rest = b->nc % COLS, wide = b->nc - (rest <= W ? rest : 0);
    any_tile_row(rows, 2, b, A, 0, wide, t);
    if (wide < b->nc)
        last_tile(rows, b, A, wide, t);
}

// --- 3. packing B

static inline Four load4(const float *p)
{
    Four v;
    memcpy(&v, p, sizeof v);
    return v;
}

// Four floats of each of four rows become four rows of a panel. Number j of
// the second vector counts as 4 + j.
INLINE void transpose4(const float *from, ptrdiff_t row, float *to)
{
    Four a = load4(from), b = load4(from + row), c = load4(from + 2 * row),
         d = load4(from + 3 * row);
    Four ac01 = __builtin_shufflevector(a, c, 0, 4, 1, 5); // a0 c0 a1 c1
    Four ac23 = __builtin_shufflevector(a, c, 2, 6, 3, 7);
    Four bd01 = __builtin_shufflevector(b, d, 0, 4, 1, 5);
    Four bd23 = __builtin_shufflevector(b, d, 2, 6, 3, 7);
    Four abcd[4] = {
        __builtin_shufflevector(ac01, bd01, 0, 4, 1, 5), // a0 b0 c0 d0
        __builtin_shufflevector(ac01, bd01, 2, 6, 3, 7),
        __builtin_shufflevector(ac23, bd23, 0, 4, 1, 5),
        __builtin_shufflevector(ac23, bd23, 2, 6, 3, 7),
    };
    UNROLL
    for (int k = 0; k < 4; k++)
        memcpy(to + k * COLS, &abcd[k], sizeof abcd[k]);
}

// n columns that lie side by side, four by four.
INLINE void copy_rows(View B, int n, int K, float *to)
{
    for (int k = 0; k < K; k++) {
        const float *from = B.p + k * B.col;
        int j = 0;
        for (; j + 4 <= n; j += 4)
            memcpy(to + k * COLS + j, from + j, sizeof(Four));
        for (; j < n; j++)
            to[k * COLS + j] = from[j];
    }
}

// The panel of the n columns (at most COLS; zeros make up the rest) and K
// terms of B: the COLS numbers for one k lie side by side.
static void pack(View B, int n, int K, float *to)
{
    if (n < COLS)
        memset(to, 0, sizeof *to * COLS * (size_t)K);
    if (B.row == 1) {
        if (n == COLS)
            copy_rows(B, COLS, K, to);
        else
            copy_rows(B, n, K, to);
        return;
    }
    // If the terms of a column lie side by side: four of four columns at once.
    const int four_k = B.col == 1 ? K / 4 * 4 : 0;
    const int four_n = B.col == 1 ? n / 4 * 4 : 0;
    for (int k = 0; k < four_k; k += 4)
        for (int j = 0; j < four_n; j += 4)
            transpose4(B.p + j * B.row + k, B.row, to + k * COLS + j);
    for (int j = 0; j < n; j++)
        for (int k = j < four_n ? four_k : 0; k < K; k++)
            to[k * COLS + j] = B.p[j * B.row + k * B.col];
}

static void pack_block(const Block *b)
{
    for (int j = 0; j < b->nc; j += COLS) {
        int n = min(COLS, b->nc - j);
        if (!b->in_place || n % W > 0)
            pack(view_from(b->B, j, 0), n, b->kc, panels + j * b->kc);
    }
    packed = b->id;
}

size_t prepacked_floats(int N, int K)
{
    return whole_panels(N) * K;
}

Prepacked prepack(int N, int K, const float *B, int ldb, float *to)
{
    const View b = {B, ldb, 1};
    for (int k = 0, part = part_of(K); k < K; k += part) {
        const int kc = min(part, K - k);
        for (int j = 0; j < N; j += COLS, to += (ptrdiff_t)COLS * kc)
            pack(view_from(b, j, k), min(COLS, N - j), kc, to);
    }
    return (Prepacked){N, K, to - prepacked_floats(N, K)};
}

// --- 4. threads

// Rows of tiles from .. to - 1 of a block.
static void some_rows(void *context, int from, int to)
{
    const Block *b = context;
    if (!b->panels && packed != b->id)
        pack_block(b);
    for (int i = from; i < to; i++)
        row_of_tiles(b, i * ROWS);
}

// Columns n .. n_end - 1 of C, block by block, the rows of each shared out
// among so many threads.
static void blocks_product(const Product *p, int n, int n_end, int team)
{
    static atomic_ullong blocks;
    const int tiles = (p->M + ROWS - 1) / ROWS, part = part_of(p->K);
    const bool in_place =
        !p->panels && p->B.row == 1 && p->M <= team * FEW_ROWS;
    for (; n < n_end; n += NC)
        for (int k = 0; k < p->K; k += part) {
            Block b = {.p = p,
                       .n = n,
                       .nc = min(NC, n_end - n),
                       .k = k,
                       .kc = min(part, p->K - k),
                       .in_place = in_place,
                       .id = atomic_fetch_add(&blocks, 1) + 1};
            if (p->panels)
                b.panels =
                    p->panels + k * whole_panels(p->N) + (ptrdiff_t)n * b.kc;
            else
                b.B = view_from(p->B, n, k);
            if (team == 1)
                some_rows(&b, 0, tiles);
            else
                parallel_for(tiles, 2.0 * b.nc * b.kc * ROWS, some_rows, &b);
        }
}

static void some_columns(void *context, int from, int to)
{
    const Product *p = context;
    blocks_product(p, from * COLS, min(p->N, to * COLS), 1);
}

// No terms: C is what the sums are added to.
static void no_product(const Product *p)
{
    for (int i = 0; i < p->M; i++) {
        const Target t = target_of(p, i, 0, 0);
        for (int j = 0; j < p->N; j++)
            t.c[j] = t.plus ? t.plus[j] : 0;
    }
}

static void one_row(const Product *p);

static void gemm(Product p)
{
    const int M = p.M, N = p.N, K = p.K;
    check(M >= 0 && N >= 0 && K >= 0, "a product of %d x %d x %d", M, N, K);
    if (M == 0 || N == 0)
        return;
    if (K == 0)
        no_product(&p);
    else if (M == 1 && (p.panels || p.B.row == 1 || p.B.col == 1))
        one_row(&p);
    // Parts of C are stripes of columns, each of which needs all of A, or of
    // rows, each of which needs all of B. Packing A again costs more.
    else if (p.A.row == 1 ? N > 4 * M : N >= M)
        parallel_for((N + COLS - 1) / COLS, 2.0 * M * K * COLS, some_columns,
                     &p);
    else
        blocks_product(&p, 0, N, threads_for(2.0 * M * N * K));
}

static Product product(int M, int N, int K, View A, View B, float *C, int ldc,
                       const float *plus, int ld_plus)
{
    return (Product){.M = M,
                     .N = N,
                     .K = K,
                     .A = A,
                     .B = B,
                     .C = C,
                     .ldc = ldc,
                     .plus = plus,
                     .ld_plus = ld_plus};
}

void gemm_nn(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate)
{
    gemm(product(M, N, K, (View){A, lda, 1}, (View){B, 1, ldb}, C, ldc,
                 accumulate ? C : NULL, ldc));
}

void gemm_nt(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate)
{
    gemm(product(M, N, K, (View){A, lda, 1}, (View){B, ldb, 1}, C, ldc,
                 accumulate ? C : NULL, ldc));
}

void gemm_tn(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate)
{
    gemm(product(M, N, K, (View){A, 1, lda}, (View){B, 1, ldb}, C, ldc,
                 accumulate ? C : NULL, ldc));
}

void affine(int M, int N, int K, const float *A, int lda, const float *B,
            int ldb, const float *bias, float *C, int ldc)
{
    gemm(product(M, N, K, (View){A, lda, 1}, (View){B, ldb, 1}, C, ldc, bias,
                 0));
}

void affine_prepacked(int M, const Prepacked *B, const float *A, int lda,
                      const float *bias, float *C, int ldc)
{
    Product p =
        product(M, B->N, B->K, (View){A, lda, 1}, (View){0}, C, ldc, bias, 0);
    p.panels = B->panels;
    gemm(p);
}

// --- one row ----------------------------------------------------------------
//
// Each number of the matrix is used once, so the time is the time to read it:
// the loops only have to go through memory in long stretches, and to ask for
// little else.

enum {
    SUMS = 16,   // partial sums of a dot, the same on every machine
    AT_ONCE = 8, // dots whose partial sums are added up together
};

// The sum of n numbers, a power of 2: halves are added until one is left.
static float total(float *s, int n)
{
    while (n > 1) {
        n /= 2;
        for (int i = 0; i < n; i++)
            s[i] += s[i + n];
    }
    return s[0];
}

// s[0 .. SUMS - 1] += w[...] x[...].
INLINE void dot_step(Vec s[SUMS / W], const float *w, const float *x)
{
    UNROLL
    for (int i = 0; i < SUMS / W; i++)
        s[i] += load(w + i * W) * load(x + i * W);
}

// The first two steps of total(): what is left are four sums.
INLINE Four quarter(const Vec s[SUMS / W])
{
    float sums[SUMS];
    memcpy(sums, s, sizeof sums);
    return (load4(sums) + load4(sums + 8)) +
           (load4(sums + 4) + load4(sums + 12));
}

// total() of four rows at once, with the same additions. For rows of some
// hundred numbers it would else take as long as the products.
INLINE void totals4(Vec s[][SUMS / W], float *out)
{
    Four a = quarter(s[0]), b = quarter(s[1]), c = quarter(s[2]),
         d = quarter(s[3]);
    Four ab = __builtin_shufflevector(a, b, 0, 1, 4, 5) +
              __builtin_shufflevector(a, b, 2, 3, 6, 7);
    Four cd = __builtin_shufflevector(c, d, 0, 1, 4, 5) +
              __builtin_shufflevector(c, d, 2, 3, 6, 7);
    Four all_four = __builtin_shufflevector(ab, cd, 0, 2, 4, 6) +
                    __builtin_shufflevector(ab, cd, 1, 3, 5, 7);
    memcpy(out, &all_four, sizeof all_four);
}

// The products of `rows` rows of w, a constant, with x. The rows are read one
// after the other: a single stream is what memory delivers fastest.
INLINE void dots(int rows, const float *w, ptrdiff_t ldw, const float *x, int n,
                 float *out)
{
    Vec s[AT_ONCE][SUMS / W] = {0};
    const int whole = n / SUMS * SUMS;
    const size_t rest = sizeof(float) * (size_t)(n - whole);
    float last_x[SUMS] = {0}; // the last few, with zeros behind them
    memcpy(last_x, x + whole, rest);
    for (int i = 0; i < rows; i++, w += ldw) {
        for (int k = 0; k < whole; k += SUMS)
            dot_step(s[i], w + k, x + k);
        if (rest > 0) {
            float last[SUMS] = {0};
            memcpy(last, w + whole, rest);
            dot_step(s[i], last, last_x);
        }
    }
    int r = 0;
    for (; r + 4 <= rows; r += 4)
        totals4(s + r, out + r);
    for (; r < rows; r++) {
        float sums[SUMS];
        memcpy(sums, s[r], sizeof sums);
        out[r] = total(sums, SUMS);
    }
}

float dot(const float *a, const float *b, int n)
{
    float sum = 0;
    if (n > 0)
        dots(1, a, 0, b, n, &sum);
    return sum;
}

static void row_dots(void *context, int from, int to)
{
    const Product *p = context;
    for (int j = from; j < to; j += AT_ONCE) {
        const float *b = p->B.p + j * p->B.row;
        int n = min(AT_ONCE, to - j);
        float sum[AT_ONCE];
        if (n == AT_ONCE)
            dots(AT_ONCE, b, p->B.row, p->A.p, p->K, sum);
        else
            for (int i = 0; i < n; i++)
                sum[i] = dot(b + i * p->B.row, p->A.p, p->K);
        for (int i = 0; i < n; i++)
            p->C[j + i] = p->plus ? p->plus[j + i] + sum[i] : sum[i];
    }
}

// With B row-major a column is no stretch of memory, but a part of a row is: so
// many columns are summed side by side that their parts of the rows are worth
// fetching, and few enough that the sums stay in registers. The terms are cut
// as among many rows, so that one row has the same bits alone and with others.
enum { STRIPE = 8 }; // vectors of columns at once

// Columns from j on, `vectors` times W of them: a constant, as in tile.
INLINE void stripe(int vectors, const Product *p, int j, int k, int k_end)
{
    const Target t = target_of(p, 0, j, k);
    Vec sum[STRIPE] = {0};
    for (; k < k_end; k++) {
        float x = p->A.p[k * p->A.col];
        const float *b = p->B.p + k * p->B.col + j;
        UNROLL
        for (int i = 0; i < vectors; i++)
            sum[i] += x * load(b + i * W);
    }
    UNROLL
    for (int i = 0; i < vectors; i++)
        store(t.c + i * W, t.plus ? load(t.plus + i * W) + sum[i] : sum[i]);
}

// Less than a vector of columns.
static void last_columns(const Product *p, int j, int k, int k_end)
{
    const Target t = target_of(p, 0, j, k);
    const int cols = p->N - j;
    float sum[W] = {0};
    for (; k < k_end; k++)
        for (int i = 0; i < cols; i++)
            sum[i] += p->A.p[k * p->A.col] * p->B.p[k * p->B.col + j + i];
    for (int i = 0; i < cols; i++)
        t.c[i] = t.plus ? t.plus[i] + sum[i] : sum[i];
}

static void row_stripes(void *context, int from, int to)
{
    const Product *p = context;
    const int first = from * STRIPE * W, end = min(to * STRIPE * W, p->N);
    for (int k = 0, part = part_of(p->K); k < p->K; k += part) {
        int k_end = min(k + part, p->K), j = first;
        for (; j + STRIPE * W <= end; j += STRIPE * W)
            stripe(STRIPE, p, j, k, k_end);
        for (; j + 4 * W <= end; j += 4 * W)
            stripe(4, p, j, k, k_end);
        for (; j + 2 * W <= end; j += 2 * W)
            stripe(2, p, j, k, k_end);
        for (; j + W <= end; j += W)
            stripe(1, p, j, k, k_end);
        if (j < end)
            last_columns(p, j, k, k_end);
    }
}

// Prepacked, the numbers of some neighbouring panels are read side by side:
// enough sums to hide that an addition takes some cycles.
enum { SIDE_BY_SIDE = 2 };

// Columns j on, of `n` panels: a constant. Zeros make up the last panel.
INLINE void row_of_panels(int n, const Product *p, int j, int k, int k_end)
{
    const int kc = k_end - k;
    const Target t = target_of(p, 0, j, k);
    const float *a = p->A.p + k;
    const float *b = p->panels + k * whole_panels(p->N) + (ptrdiff_t)j * kc;
    Vec sum[SIDE_BY_SIDE][2] = {0};
    for (int i = 0; i < kc; i++, b += COLS) {
        UNROLL
        for (int s = 0; s < n; s++) {
            sum[s][0] += a[i] * load(b + s * kc * COLS);
            sum[s][1] += a[i] * load(b + s * kc * COLS + W);
        }
    }
    float sums[SIDE_BY_SIDE * COLS];
    memcpy(sums, sum, sizeof sums);
    for (int i = 0; i < min(n * COLS, p->N - j); i++)
        t.c[i] = t.plus ? t.plus[i] + sums[i] : sums[i];
}

static void row_panels(void *context, int from, int to)
{
    const Product *p = context;
    const int end = min(to * SIDE_BY_SIDE, (p->N + COLS - 1) / COLS);
    for (int k = 0, part = part_of(p->K); k < p->K; k += part) {
        int k_end = min(k + part, p->K), j = from * SIDE_BY_SIDE;
        for (; j + SIDE_BY_SIDE <= end; j += SIDE_BY_SIDE)
            row_of_panels(SIDE_BY_SIDE, p, j * COLS, k, k_end);
        for (; j < end; j++)
            row_of_panels(1, p, j * COLS, k, k_end);
    }
}

static void one_row(const Product *p)
{
    const int wide = STRIPE * W, pair = SIDE_BY_SIDE * COLS, N = p->N;
    void *context = (void *)p;
    if (p->panels)
        parallel_for((N + pair - 1) / pair, 2.0 * p->K * pair, row_panels,
                     context);
    else if (p->B.row == 1)
        parallel_for((N + wide - 1) / wide, 2.0 * p->K * wide, row_stripes,
                     context);
    else
        parallel_for(N, 2.0 * p->K, row_dots, context);
}

void matvec(int N, int K, const float *weight, int ldw, const float *x,
            float *y, bool accumulate)
{
    gemm_nt(1, N, K, x, K, weight, ldw, y, N, accumulate);
}

void axpy(float s, const float *restrict x, float *restrict y, int n)
{
    for (int i = 0; i < n; i++)
        y[i] += s * x[i];
}

// --- functions, element by element ------------------------------------------

static inline VecInt bits(Vec x)
{
    return (VecInt)x;
}

// a where the mask is set, b elsewhere.
static inline Vec choose(VecInt mask, Vec a, Vec b)
{
    return (Vec)((mask & bits(a)) | (~mask & bits(b)));
}

// e^x = 2^n e^r with n the whole number nearest to x / ln 2, so |r| <= ln 2 /
// 2, where a few terms of a polynomial are enough.
INLINE Vec exp_vec(Vec x)
{
    const float ln2_high = 0x1.62e4p-1f; // few bits: n * ln2_high is exact
    const float ln2_low = 0x1.7f7d1cp-20f;
    const float round = 0x1.8p23f; // adding it rounds to a whole number
    Vec in = choose(x > 89.0f, all(89.0f), x);
    in = choose(x < -88.0f, all(-88.0f), in);
    Vec shifted = in * 0x1.715476p0f + round;
    VecInt n = bits(shifted) - bits(all(round));
    Vec whole = shifted - round;
    Vec r = in - whole * ln2_high;
    r -= whole * ln2_low;
    Vec p = all(1.0f / 5040) * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r * r + r + 1.0f;
    // 2^n in two factors, as 2^128 is no float.
    VecInt half = n >> 1;
    Vec y = p * (Vec)((half + 127) << 23) * (Vec)((n - half + 127) << 23);
    return choose(x < -87.3f, all(0), y);
}

// tanh x = 1 - 2 / (e^2x + 1); near 0, where that loses digits, a polynomial.
INLINE Vec tanh_vec(Vec x)
{
    Vec a = (Vec)(bits(x) & INT32_MAX);
    Vec far = 1.0f - 2.0f / (exp_vec(2 * a) + 1.0f);
    Vec q = a * a;
    Vec p = all(-5.70498872745e-3f) * q + 2.06390887954e-2f;
    p = p * q - 5.37397155531e-2f;
    p = p * q + 1.33314422036e-1f;
    p = p * q - 3.33332819422e-1f;
    Vec near = p * q * a + a;
    Vec size = choose(a < 0.625f, near, far);
    return (Vec)(bits(size) | (bits(x) & INT32_MIN)); // the sign of x
}

// y[i] = f(x[i]) for every i, the last few by way of a full vector, so that
// an element's value does not depend on its place.
INLINE void each(Vec (*f)(Vec), const float *x, float *y, int n)
{
    int i = 0;
    for (; i + W <= n; i += W)
        store(y + i, f(load(x + i)));
    if (i < n) {
        float last[W] = {0};
        memcpy(last, x + i, sizeof *x * (size_t)(n - i));
        store(last, f(load(last)));
        memcpy(y + i, last, sizeof *y * (size_t)(n - i));
    }
}

void exp_each(const float *x, float *y, int n)
{
    each(exp_vec, x, y, n);
}

void tanh_each(const float *x, float *y, int n)
{
    each(tanh_vec, x, y, n);
}

// (1 + tanh u) / 2 = 1 / (1 + e^(-2 u)).
void gelu_gate_each(const float *x, float *g, int n)
{
    const float root = 0.79788456f; // sqrt(2 / pi)
    for (int i = 0; i < n; i++)
        g[i] = -2 * root * x[i] * (1 + 0.044715f * x[i] * x[i]);
    exp_each(g, g, n);
    for (int i = 0; i < n; i++)
        g[i] = 1 / (1 + g[i]);
}

// Partial maxima side by side, and halves against halves at the end, so that
// few comparisons wait for the one before.
float row_max(const float *x, int n)
{
    Vec best = all(-INFINITY);
    int i = 0;
    for (; i + W <= n; i += W) {
        Vec v = load(x + i);
        best = choose(v > best, v, best);
    }
    float max[W];
    store(max, best);
    for (int half = W / 2; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            max[j] = max[j + half] > max[j] ? max[j + half] : max[j];
    for (; i < n; i++)
        max[0] = x[i] > max[0] ? x[i] : max[0];
    return max[0];
}

// SUMS numbers; the sums are added to s.
INLINE void exp_step(const float *x, float shift, float *y, Vec s[SUMS / W])
{
    UNROLL
    for (int i = 0; i < SUMS / W; i++) {
        const Vec e = exp_vec(load(x + i * W) - shift);
        store(y + i * W, e);
        s[i] += e;
    }
}

float exp_sum(const float *x, float shift, float *y, int n)
{
    Vec s[SUMS / W] = {0};
    int i = 0;
    for (; i + SUMS <= n; i += SUMS)
        exp_step(x + i, shift, y + i, s);
    if (i < n) { // with zeros behind the last few
        float last[SUMS];
        for (int j = 0; j < SUMS; j++)
            last[j] = i + j < n ? x[i + j] : -INFINITY;
        exp_step(last, shift, last, s);
        memcpy(y + i, last, sizeof *y * (size_t)(n - i));
    }
    float sums[SUMS];
    memcpy(sums, s, sizeof sums);
    return total(sums, SUMS);
}

float softmax_row(const float *x, float *y, int n)
{
    const float max = row_max(x, n);
    // -INFINITY - -INFINITY would be NaN; 0 does no harm to such a row.
    const float sum = exp_sum(x, max == -INFINITY ? 0 : max, y, n);
    const float scale = sum == 0 ? 0 : 1 / sum;
    for (int i = 0; i < n; i++)
        y[i] *= scale;
    return logf(sum) + max;
}
