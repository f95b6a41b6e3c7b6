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

// A vector of W floats in one register. GCC and clang translate + and * on it
// to the machine's own instructions: AVX or NEON.
#if defined(__AVX__)
enum { W = 8 };
#else
enum { W = 4 };
#endif
typedef float Vec __attribute__((vector_size(W * sizeof(float))));
typedef int32_t VecInt __attribute__((vector_size(W * sizeof(float))));

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

static int threads; // 0: not set, one a core

void kernels_threads(int n)
{
    threads = n;
}

int kernels_thread_count(void)
{
#ifdef _OPENMP
    return threads > 0 ? threads : omp_get_num_procs();
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

enum {
    ROWS = 6,     // of a tile of C
    COLS = 2 * W, // of a tile of C
    KC = 256,     // terms of the sum between two visits to C
    NC = 1024,    // columns of B packed at a time
    VECS = COLS / W
};

// An operand as the product sees it: element (i, k) at p[i * row + k * col].
typedef struct View {
    const float *p;
    ptrdiff_t row, col;
} View;

// Where threads put packed panels of B; the one who calls shares its own.
static _Thread_local float panels[KC * NC] __attribute__((aligned(64)));

// Panels of `width` rows of v (columns of B, seen transposed): n of them (or
// fewer, then zeros), k terms each, term after term.
INLINE void pack(float *to, int width, View v, int n, int k)
{
    for (int t = 0; t < k; t++)
        for (int i = 0; i < width; i++)
            to[t * width + i] = i < n ? v.p[i * v.row + t * v.col] : 0;
}

// The tile: rows x COLS of C from K terms of packed A and B. `rows` is a
// constant wherever this is inlined, so the sums stay in registers.
INLINE void tile(int rows, int K, const float *a, const float *b, float *c,
                 int ldc, int cols, bool add)
{
    Vec sum[ROWS][VECS] = {0};
    for (int k = 0; k < K; k++) {
        UNROLL
        for (int i = 0; i < rows; i++) {
            UNROLL
            for (int j = 0; j < VECS; j++)
                sum[i][j] += a[k * ROWS + i] * load(b + k * COLS + j * W);
        }
    }
    for (int i = 0; i < rows; i++, c += ldc) {
        float row[COLS];
        memcpy(row, sum[i], sizeof row);
        for (int j = 0; j < cols; j++)
            c[j] = add ? c[j] + row[j] : row[j];
    }
}

static void tiles(int rows, int K, const float *a, const float *b, float *c,
                  int ldc, int cols, bool add)
{
    switch (rows) {
    case 1:
        tile(1, K, a, b, c, ldc, cols, add);
        break;
    case 2:
        tile(2, K, a, b, c, ldc, cols, add);
        break;
    case 3:
        tile(3, K, a, b, c, ldc, cols, add);
        break;
    case 4:
        tile(4, K, a, b, c, ldc, cols, add);
        break;
    case 5:
        tile(5, K, a, b, c, ldc, cols, add);
        break;
    default:
        tile(6, K, a, b, c, ldc, cols, add);
    }
}

// C = A B: A is M x K, B (seen transposed) N x K.
static void gemm(int M, int N, int K, View A, View B, float *C, int ldc,
                 bool accumulate)
{
    check(M >= 0 && N >= 0 && K >= 0, "a product of %d x %d x %d", M, N, K);
    if (K == 0 && !accumulate)
        for (int i = 0; i < M; i++)
            memset(C + (ptrdiff_t)i * ldc, 0, sizeof *C * (size_t)N);
    if (M == 0 || N == 0 || K == 0)
        return;
    float *shared = panels;
    int team = team_for(2.0 * M * N * K);
    (void)team; // without OpenMP
#pragma omp parallel num_threads(team)
    for (int n = 0; n < N; n += NC) {
        for (int k = 0; k < K; k += KC) {
            int nc = min(NC, N - n), kc = min(KC, K - k);
            bool add = accumulate || k > 0;
#pragma omp for schedule(dynamic)
            for (int j = 0; j < nc; j += COLS) {
                View from = {B.p + (n + j) * B.row + k * B.col, B.row, B.col};
                pack(shared + j * kc, COLS, from, min(COLS, nc - j), kc);
            }
#pragma omp for schedule(dynamic)
            for (int i = 0; i < M; i += ROWS) {
                float a[ROWS * KC] __attribute__((aligned(64)));
                int rows = min(ROWS, M - i);
                View from = {A.p + i * A.row + k * A.col, A.row, A.col};
                pack(a, ROWS, from, rows, kc);
                float *c = C + (ptrdiff_t)i * ldc + n;
                for (int j = 0; j < nc; j += COLS)
                    tiles(rows, kc, a, shared + j * kc, c + j, ldc,
                          min(COLS, nc - j), add);
            }
        }
    }
}

void gemm_nn(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate)
{
    gemm(M, N, K, (View){A, lda, 1}, (View){B, 1, ldb}, C, ldc, accumulate);
}

void gemm_nt(int M, int N, int K, const float *A, int lda, const float *B,
             int ldb, float *C, int ldc, bool accumulate)
{
    if (M == 1)
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

enum { PARTS = 64 / W }; // vectors that hold the 64 partial sums of a dot

// The 64 partial sums of a dot become one, by halves.
INLINE float total(Vec *s)
{
    UNROLL
    for (int half = PARTS / 2; half > 0; half /= 2) {
        UNROLL
        for (int i = 0; i < half; i++)
            s[i] += s[i + half];
    }
    float part[W], sum = 0;
    memcpy(part, s, sizeof part);
    for (int i = 0; i < W; i++)
        sum += part[i];
    return sum;
}

// s[0 .. vectors - 1] += a b.
INLINE void dot_step(Vec *s, const float *a, const float *b, int vectors)
{
    UNROLL
    for (int p = 0; p < vectors; p++)
        s[p] += load(a + p * W) * load(b + p * W);
}

float dot(const float *a, const float *b, int n)
{
    Vec s[PARTS] = {0};
    int i = 0;
    for (; i + 64 <= n; i += 64)
        dot_step(s, a + i, b + i, PARTS);
    for (; i + 16 <= n; i += 16)
        dot_step(s, a + i, b + i, 16 / W);
    if (i < n) {
        float last[2][16] = {0};
        memcpy(last[0], a + i, sizeof *a * (size_t)(n - i));
        memcpy(last[1], b + i, sizeof *b * (size_t)(n - i));
        dot_step(s, last[0], last[1], 16 / W);
    }
    return total(s);
}

void matvec(int N, int K, const float *W_, int ldw, const float *x, float *y,
            bool accumulate)
{
    int team = team_for(2.0 * N * K);
    (void)team; // without OpenMP
#pragma omp parallel for num_threads(team) schedule(static)
    for (int i = 0; i < N; i++) {
        float sum = dot(W_ + (ptrdiff_t)i * ldw, x, K);
        y[i] = accumulate ? y[i] + sum : sum;
    }
}

void axpy(float s, const float *x, float *y, int n)
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

float softmax_row(const float *x, float *y, int n)
{
    float max = -INFINITY;
    for (int i = 0; i < n; i++)
        max = x[i] > max ? x[i] : max;
    float shift = max == -INFINITY ? 0 : max;
    for (int i = 0; i < n; i++)
        y[i] = x[i] - shift;
    exp_each(y, y, n);
    float sum = 0;
    for (int i = 0; i < n; i++)
        sum += y[i];
    for (int i = 0; i < n; i++)
        y[i] = sum == 0 ? 0 : y[i] / sum;
    return logf(sum) + max;
}
