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

#include "common/check.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef _OPENMP
#include <omp.h>
#else // one thread: the pragmas below mean nothing
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
static int omp_in_parallel(void)
{
    return 0;
}
#endif

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

// --- threads ----------------------------------------------------------------

// Below about this many floating-point operations, waking other threads takes
// longer than doing the work.
static const double WORTH_THREADS = 1e6;

static int threads; // 0: not set yet, one a core

void kernels_threads(int n)
{
    threads = n;
}

int kernels_thread_count(void)
{
#ifdef _OPENMP
    if (threads <= 0)
        threads = omp_get_num_procs();
    return threads;
#else
    return 1;
#endif
}

// How many threads work of this cost should have: one if it is small, or if
// this is already one of several threads.
static int team_for(double cost)
{
    bool alone = cost < WORTH_THREADS || omp_in_parallel();
    return alone ? 1 : kernels_thread_count();
}

void parallel_for(int n, double cost, void (*body)(void *, int, int),
                  void *context)
{
    int team = min(team_for(cost * n), n);
    if (team <= 1) {
        if (n > 0)
            body(context, 0, n);
        return;
    }
    // More parts than threads: who finishes early takes another.
    int parts = min(n, 4 * team);
#pragma omp parallel for num_threads(team) schedule(dynamic)
    for (int i = 0; i < parts; i++)
        body(context, (int)((long long)n * i / parts),
             (int)((long long)n * (i + 1) / parts));
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
//      needs: packing a thing twice is cheaper than waiting for another
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

typedef struct Product {
    int M, N, K;
    View A, B; // M x K and N x K
    float *C;  // M x N
    int ldc;
    bool accumulate;
} Product;

// What one packing of B serves: rows m .. m_end - 1 of C, columns n .. n + nc
// - 1, and of their sums the terms k .. k + kc - 1.
typedef struct Block {
    int m, m_end, n, nc, k, kc;
    View B;        // nc x kc
    bool in_place; // whole panels of B are read where they are
} Block;

// Where a thread packs its panels of B, one after the other.
static _Thread_local float panels[KC * NC] __attribute__((aligned(64)));

// --- 1. a tile

// Adds to `rows` rows of C, from column j of the block. `rows` is a constant
// wherever this is inlined; only so can the sums stay in registers.
INLINE void tile(int rows, const Product *p, const Block *block, View A, int j,
                 float *c)
{
    int K = block->kc, cols = min(COLS, block->nc - j), ldc = p->ldc;
    bool add = p->accumulate || block->k > 0;
    const float *a = A.p, *b = panels + j * K;
    ptrdiff_t next = COLS; // from one k to the next in B
    if (block->in_place && cols == COLS) {
        b = block->B.p + j;
        next = block->B.col;
    }
    // C will be here when the sums are ready.
    UNROLL
    for (int i = 0; i < rows; i++) {
        __builtin_prefetch(c + (ptrdiff_t)i * ldc, 1);
        __builtin_prefetch(c + (ptrdiff_t)i * ldc + cols - 1, 1);
    }
    Vec sum[ROWS][2] = {0};
    for (int k = 0; k < K; k++, a += A.col, b += next) {
        Vec left = load(b), right = load(b + W);
        UNROLL
        for (int i = 0; i < rows; i++) {
            float x = a[i * A.row];
            sum[i][0] += x * left;
            sum[i][1] += x * right;
        }
    }
    UNROLL
    for (int i = 0; i < rows; i++, c += ldc) {
        if (cols == COLS) {
            store(c, add ? load(c) + sum[i][0] : sum[i][0]);
            store(c + W, add ? load(c + W) + sum[i][1] : sum[i][1]);
        } else { // at the right edge
            float row[COLS];
            memcpy(row, sum[i], sizeof row);
            for (int t = 0; t < cols; t++)
                c[t] = add ? c[t] + row[t] : row[t];
        }
    }
}

// --- 2. a row of tiles

INLINE void tile_row(int rows, const Product *p, const Block *b, View A,
                     float *c)
{
    for (int j = 0; j < b->nc; j += COLS)
        tile(rows, p, b, A, j, c + j);
}

// Rows i .. i + ROWS - 1 of C. A is read where it is, if its rows are rows in
// memory. If they are columns, each k would be in another line of the cache,
// so they are packed: term after term.
static void row_of_tiles(const Product *p, const Block *b, int i)
{
    float packed[ROWS * KC] __attribute__((aligned(64)));
    int rows = min(ROWS, b->m_end - i);
    View A = view_from(p->A, i, b->k);
    if (A.row == 1 && rows == ROWS && b->nc > 2 * COLS) {
        for (int k = 0; k < b->kc; k++)
            memcpy(packed + k * ROWS, A.p + k * A.col, ROWS * sizeof *packed);
        A = (View){packed, 1, ROWS};
    }
    float *c = p->C + (ptrdiff_t)i * p->ldc + b->n;
    switch (rows) {
    case 1:
        tile_row(1, p, b, A, c);
        break;
    case 2:
        tile_row(2, p, b, A, c);
        break;
    case 3:
        tile_row(3, p, b, A, c);
        break;
    case 4:
        tile_row(4, p, b, A, c);
        break;
    case 5:
        tile_row(5, p, b, A, c);
        break;
    case 6:
        tile_row(6, p, b, A, c);
        break;
    case 7: // this and the next only where a tile has 8 rows
        tile_row(min(7, ROWS), p, b, A, c);
        break;
    case 8:
        tile_row(min(8, ROWS), p, b, A, c);
        break;
    }
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

// The panel of the n columns (at most COLS; zeros make up the rest) and K
// terms of B: the COLS numbers for one k lie side by side.
static void pack(View B, int n, int K, float *to)
{
    int k = 0;
    if (n == COLS && B.row == 1) {
        for (; k < K; k++)
            memcpy(to + k * COLS, B.p + k * B.col, COLS * sizeof *to);
    } else if (n == COLS && B.col == 1) {
        for (; k + 4 <= K; k += 4)
            for (int j = 0; j < COLS; j += 4)
                transpose4(B.p + j * B.row + k, B.row, to + k * COLS + j);
    }
    for (; k < K; k++)
        for (int j = 0; j < COLS; j++)
            to[k * COLS + j] = j < n ? B.p[j * B.row + k * B.col] : 0;
}

static void block_product(const Product *p, const Block *b)
{
    for (int j = 0; j < b->nc; j += COLS) {
        int n = min(COLS, b->nc - j);
        if (!b->in_place || n < COLS)
            pack(view_from(b->B, j, 0), n, b->kc, panels + j * b->kc);
    }
    for (int i = b->m; i < b->m_end; i += ROWS)
        row_of_tiles(p, b, i);
}

// --- 4. threads

// Rows m .. m_end - 1 and columns n .. n_end - 1 of C. The K terms are cut
// into equal parts: 385 become 193 + 192, not 384 + 1.
static void part_product(const Product *p, int m, int m_end, int n, int n_end)
{
    int parts = (p->K + KC - 1) / KC, kc = (p->K + parts - 1) / parts;
    bool in_place = p->B.row == 1 && m_end - m <= FEW_ROWS;
    for (; n < n_end; n += NC) {
        for (int k = 0; k < p->K; k += kc) {
            Block b = {m,
                       m_end,
                       n,
                       min(NC, n_end - n),
                       k,
                       min(kc, p->K - k),
                       view_from(p->B, n, k),
                       in_place};
            block_product(p, &b);
        }
    }
}

static void some_columns(void *context, int from, int to)
{
    const Product *p = context;
    part_product(p, 0, p->M, from * COLS, min(p->N, to * COLS));
}

static void some_rows(void *context, int from, int to)
{
    const Product *p = context;
    part_product(p, from * ROWS, min(p->M, to * ROWS), 0, p->N);
}

static void one_row(int N, int K, View A, View B, float *c, bool accumulate);

static void gemm(int M, int N, int K, View A, View B, float *C, int ldc,
                 bool accumulate)
{
    check(M >= 0 && N >= 0 && K >= 0, "a product of %d x %d x %d", M, N, K);
    if (K == 0 && !accumulate)
        for (int i = 0; i < M && N > 0; i++)
            memset(C + (ptrdiff_t)i * ldc, 0, sizeof *C * (size_t)N);
    if (M == 0 || N == 0 || K == 0)
        return;
    if (M == 1 && B.row == 1) {
        one_row(N, K, A, B, C, accumulate);
        return;
    }
    Product p = {M, N, K, A, B, C, ldc, accumulate};
    // Parts of C are stripes of columns, each of which needs all of A, or of
    // rows, each of which needs all of B. Packing A again costs more.
    if (A.row == 1 ? N > 4 * M : N >= M)
        parallel_for((N + COLS - 1) / COLS, 2.0 * M * K * COLS, some_columns,
                     &p);
    else
        parallel_for((M + ROWS - 1) / ROWS, 2.0 * N * K * ROWS, some_rows, &p);
}

void gemm_nn(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate)
{
    gemm(M, N, K, (View){A, lda, 1}, (View){B, 1, ldb}, C, ldc, accumulate);
}

void gemm_nt(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate)
{
    if (M == 1 && N >= 0 && K >= 0)
        matvec(N, K, B, ldb, A, C, accumulate);
    else
        gemm(M, N, K, (View){A, lda, 1}, (View){B, ldb, 1}, C, ldc, accumulate);
}

void gemm_tn(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate)
{
    gemm(M, N, K, (View){A, 1, lda}, (View){B, 1, ldb}, C, ldc, accumulate);
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
    float sum;
    dots(1, a, 0, b, n, &sum);
    return sum;
}

typedef struct Row {
    int N, K;
    View A, B;
    float *c;
    bool accumulate;
} Row;

static void row_dots(void *context, int from, int to)
{
    const Row *r = context;
    for (int j = from; j < to; j += AT_ONCE) {
        const float *b = r->B.p + j * r->B.row;
        int n = min(AT_ONCE, to - j);
        float sum[AT_ONCE];
        if (n == AT_ONCE)
            dots(AT_ONCE, b, r->B.row, r->A.p, r->K, sum);
        else
            for (int i = 0; i < n; i++)
                sum[i] = dot(b + i * r->B.row, r->A.p, r->K);
        for (int i = 0; i < n; i++)
            r->c[j + i] = r->accumulate ? r->c[j + i] + sum[i] : sum[i];
    }
}

void matvec(int N, int K, const float *weight, int ldw, const float *x,
            float *y, bool accumulate)
{
    Row r = {N, K, {x, 0, 1}, {weight, ldw, 1}, y, accumulate};
    parallel_for(N, 2.0 * K, row_dots, &r);
}

// With B row-major a column is no stretch of memory, but a part of a row is: so
// many columns are summed side by side that their parts of the rows are worth
// fetching, and few enough that the sums stay in registers. The terms are cut
// as in part_product, so that one row has the same bits alone and among others.
enum { STRIPE = 8 }; // vectors of columns at once

// Columns from j on, `vectors` times W of them: a constant, as in tile.
INLINE void stripe(int vectors, const Row *r, int j, int k, int k_end, bool add)
{
    float *c = r->c + j;
    Vec sum[STRIPE] = {0};
    for (; k < k_end; k++) {
        float x = r->A.p[k * r->A.col];
        const float *b = r->B.p + k * r->B.col + j;
        UNROLL
        for (int i = 0; i < vectors; i++)
            sum[i] += x * load(b + i * W);
    }
    UNROLL
    for (int i = 0; i < vectors; i++, c += W)
        store(c, add ? load(c) + sum[i] : sum[i]);
}

// Less than a vector of columns.
static void last_columns(const Row *r, int j, int k, int k_end, bool add)
{
    float sum[W] = {0};
    for (; k < k_end; k++)
        for (int i = 0; j + i < r->N; i++)
            sum[i] += r->A.p[k * r->A.col] * r->B.p[k * r->B.col + j + i];
    for (int i = 0; j + i < r->N; i++)
        r->c[j + i] = add ? r->c[j + i] + sum[i] : sum[i];
}

static void row_stripes(void *context, int from, int to)
{
    const Row *r = context;
    int parts = (r->K + KC - 1) / KC, kc = (r->K + parts - 1) / parts;
    int first = from * STRIPE * W, end = min(to * STRIPE * W, r->N);
    for (int k = 0; k < r->K; k += kc) {
        int k_end = min(k + kc, r->K), j = first;
        bool add = r->accumulate || k > 0;
        for (; j + STRIPE * W <= end; j += STRIPE * W)
            stripe(STRIPE, r, j, k, k_end, add);
        for (; j + 2 * W <= end; j += 2 * W)
            stripe(2, r, j, k, k_end, add);
        for (; j + W <= end; j += W)
            stripe(1, r, j, k, k_end, add);
        if (j < end)
            last_columns(r, j, k, k_end, add);
    }
}

static void one_row(int N, int K, View A, View B, float *c, bool accumulate)
{
    Row r = {N, K, A, B, c, accumulate};
    int wide = STRIPE * W;
    parallel_for((N + wide - 1) / wide, 2.0 * K * wide, row_stripes, &r);
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

static float largest(const float *x, int n)
{
    Vec best = all(-INFINITY);
    int i = 0;
    for (; i + W <= n; i += W) {
        Vec v = load(x + i);
        best = choose(v > best, v, best);
    }
    float max = -INFINITY;
    for (int j = 0; j < W; j++)
        max = best[j] > max ? best[j] : max;
    for (; i < n; i++)
        max = x[i] > max ? x[i] : max;
    return max;
}

float softmax_row(const float *x, float *y, int n)
{
    float max = largest(x, n);
    // -INFINITY - -INFINITY would be NaN; 0 does no harm to such a row.
    float shift = max == -INFINITY ? 0 : max;
    for (int i = 0; i < n; i++)
        y[i] = x[i] - shift;
    exp_each(y, y, n);
    float sums[16] = {0};
    int whole = n / 16 * 16;
    for (int i = 0; i < whole; i += 16)
        for (int j = 0; j < 16; j++)
            sums[j] += y[i + j];
    for (int i = whole; i < n; i++)
        sums[i - whole] += y[i];
    float sum = total(sums, 16), scale = sum == 0 ? 0 : 1 / sum;
    for (int i = 0; i < n; i++)
        y[i] *= scale;
    return logf(sum) + max;
}
