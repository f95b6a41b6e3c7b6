// How fast the matrix products are, against OpenBLAS on the shapes of the
// course's models, and how near a matrix-vector product comes to the rate at
// which memory can be read.
#include "common/arena.h"
#include "common/bench.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/rng.h"
#include "common/threads.h"

#include <dlfcn.h>
#include <glob.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- OpenBLAS, if it is there -----------------------------------------------

typedef void Sgemm(int order, int flip_a, int flip_b, int M, int N, int K,
                   float alpha, const float *A, int lda, const float *B,
                   int ldb, float beta, float *C, int ldc);

static struct {
    Sgemm *sgemm;
    void (*threads)(int);
} blas;

enum { ROW_MAJOR = 101, AS_IS = 111, FLIPPED = 112 }; // CBLAS's numbers

static void *blas_library(void)
{
    glob_t found;
    void *library = NULL;
    if (!glob("/usr/lib/*/openblas-openmp/libopenblas.so.0", 0, NULL, &found))
        library = dlopen(found.gl_pathv[0], RTLD_NOW | RTLD_LOCAL);
    globfree(&found);
    return library ? library : dlopen("libopenblas.so.0", RTLD_NOW);
}

// The one that shares its threads with us (openblas_get_parallel() == 2): two
// pools of threads would stand in each other's way.
static bool blas_open(void)
{
    void *library = blas_library();
    if (!library)
        return false;
    int (*parallel)(void);
    const char *(*core)(void);
    *(void **)&parallel = dlsym(library, "openblas_get_parallel");
    *(void **)&core = dlsym(library, "openblas_get_corename");
    *(void **)&blas.threads = dlsym(library, "openblas_set_num_threads");
    *(void **)&blas.sgemm = dlsym(library, "cblas_sgemm");
    if (!parallel || parallel() != 2 || !blas.threads || !blas.sgemm || !core)
        return false;
    fprintf(stderr, "peer: OpenBLAS for %s\n", core());
    return true;
}

// --- products ---------------------------------------------------------------

typedef enum Form { NN, NT, TN } Form;

// C (M x N) = A B in one of three forms; what is cut out of a wider matrix has
// the stride `wide`, if that is not 0.
typedef struct Shape {
    int M, N, K;
    Form form;
    int wide_a, wide_b;
} Shape;

static const Shape shapes[] = {
    {64, 64, 64, NN, 0, 0},
    {128, 128, 128, NN, 0, 0},
    {256, 256, 256, NN, 0, 0},
    {512, 512, 512, NN, 0, 0},
    {1024, 1024, 1024, NN, 0, 0},
    {512, 768, 288, NN, 0, 0}, // a feed-forward layer: output, ...
    {512, 768, 288, NT, 0, 0}, // ... and its two gradients
    {512, 768, 288, TN, 0, 0},
    {2048, 512, 128, NT, 0, 0}, // a small model on a batch
    {512, 128, 2048, TN, 0, 0},
    {256, 256, 64, NT, 768, 768}, // attention of one head: scores, ...
    {256, 64, 256, NN, 0, 768},   // ... and values
    {333, 217, 123, NN, 0, 0},    // fits nothing
    {256, 32000, 288, NT, 0, 0},  // a classifier over a vocabulary
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct Product {
    Shape s;
    int lda, ldb;
    float *A, *B, *ours, *theirs;
} Product;

static void run_ours(void *context)
{
    const Product *p = context;
    const Shape *s = &p->s;
    (s->form == NN   ? gemm_nn
     : s->form == NT ? gemm_nt
                     : gemm_tn)(s->M, s->N, s->K, p->A, p->lda, p->B, p->ldb,
                                p->ours, s->N, false);
}

static void run_blas(void *context)
{
    const Product *p = context;
    const Shape *s = &p->s;
    blas.sgemm(ROW_MAJOR, s->form == TN ? FLIPPED : AS_IS,
               s->form == NT ? FLIPPED : AS_IS, s->M, s->N, s->K, 1, p->A,
               p->lda, p->B, p->ldb, 0, p->theirs, s->N);
}

// Matrices lie in an arena, as the models' do.
static Arena arena;

static float *random_matrix(int rows, int stride)
{
    static uint64_t seed; // another one each time
    Rng r = rng_new(++seed);
    float *x = arena_take(&arena, (size_t)rows * stride, sizeof *x);
    for (size_t i = 0; i < (size_t)rows * stride; i++)
        x[i] = rng_uniform(&r) - 0.5f;
    return x;
}

static Product product_new(const Shape *s)
{
    Product p = {.s = *s};
    bool flip_a = s->form == TN, flip_b = s->form == NT;
    p.lda = s->wide_a ? s->wide_a : flip_a ? s->M : s->K;
    p.ldb = s->wide_b ? s->wide_b : flip_b ? s->K : s->N;
    p.A = random_matrix(flip_a ? s->K : s->M, p.lda);
    p.B = random_matrix(flip_b ? s->N : s->K, p.ldb);
    p.ours = random_matrix(s->M, s->N);
    p.theirs = random_matrix(s->M, s->N);
    return p;
}

// A race is worth nothing if somebody computes something else.
static void same_result(const Product *p)
{
    double slack = 1e-6 * sqrt(p->s.K) + 1e-6;
    for (size_t i = 0; i < (size_t)p->s.M * p->s.N; i++)
        if (!(fabsf(p->ours[i] - p->theirs[i]) <= slack))
            die("%d x %d x %d: element %zu is %g, but %g for OpenBLAS", p->s.M,
                p->s.N, p->s.K, i, p->ours[i], p->theirs[i]);
}

// Ours and OpenBLAS's seconds (0 if it is not there) for one shape.
static void race(const Shape *s, bool peer, double seconds[2])
{
    Product p = product_new(s);
    Bench pair[] = {{.run = run_ours, .context = &p},
                    {.run = run_blas, .context = &p}};
    bench_race(pair, peer ? 2 : 1, 0.8);
    if (peer)
        same_result(&p);
    seconds[0] = pair[0].seconds;
    seconds[1] = pair[1].seconds;
    arena_reset(&arena);
}

static void shape_text(const Shape *s, char text[64])
{
    static const char *const names[] = {"NN", "NT", "TN"};
    snprintf(text, 64, "%d x %d x %d %s", s->M, s->N, s->K, names[s->form]);
}

// All shapes on so many threads: the geometric means, and the worst shape.
static void products(const char *row, const char *worst_row, int threads,
                     bool peer)
{
    threads_set(threads);
    if (peer)
        blas.threads(threads);
    double rate[2] = {0}, worst[3] = {0, 0, INFINITY};
    char what[160], text[64], worst_text[64] = "";
    for (int i = 0; i < SHAPES; i++) {
        const Shape *s = shapes + i;
        double seconds[2], flops = 2.0 * s->M * s->N * s->K;
        race(s, peer, seconds);
        double ours = flops / seconds[0] / 1e9;
        double theirs = peer ? flops / seconds[1] / 1e9 : 1;
        rate[0] += log(ours) / SHAPES;
        rate[1] += log(theirs) / SHAPES;
        shape_text(s, text);
        fprintf(stderr, "  %-22s %d threads: %6.1f GFLOP/s", text, threads,
                ours);
        if (peer)
            fprintf(stderr, ", OpenBLAS %6.1f, ratio %.2f", theirs,
                    ours / theirs);
        fputc('\n', stderr);
        if (ours / theirs < worst[2]) {
            worst[0] = ours, worst[1] = theirs, worst[2] = ours / theirs;
            strcpy(worst_text, text);
        }
    }
    const char *missing = peer ? "" : " (not installed: libopenblas0-openmp)";
    snprintf(what, sizeof what,
             "%d matrix products on %d threads against OpenBLAS%s, geometric "
             "means",
             SHAPES, threads, missing);
    if (bench_wanted(row))
        bench_row(row, exp(rate[0]), peer ? exp(rate[1]) : 0, "GFLOP/s", what);
    snprintf(what, sizeof what, "the worst of these: %s on %d threads%s",
             worst_text, threads, missing);
    if (worst_row && bench_wanted(worst_row))
        bench_row(worst_row, worst[0], peer ? worst[1] : 0, "GFLOP/s", what);
}

// --- memory -----------------------------------------------------------------

enum { SIDE = 4096 };

// Reading the block also drives the matrix out of the caches.
typedef struct Memory {
    float *W, *x, *y;
} Memory;

static void run_matvec(void *context)
{
    Memory *m = context;
    matvec(SIDE, SIDE, m->W, SIDE, m->x, m->y, false);
}

static void memory(void)
{
    const double bytes = sizeof(float) * SIDE * SIDE;
    const size_t large = (size_t)256 << 20;
    threads_set(2);
    Memory m = {0};
    m.W = random_matrix(SIDE, SIDE); // on huge pages, see arena_new
    m.x = random_matrix(1, SIDE);
    m.y = random_matrix(1, SIDE);
    BenchReading reading = {.block = arena_zero(&arena, large, 1),
                            .words = large / sizeof(uint64_t)};
    Bench pair[] = {{.run = run_matvec, .context = &m},
                    {.run = bench_read, .context = &reading}};
    bench_race(pair, 2, 3);
    bench_row("matvec", bytes / pair[0].seconds / 1e9,
              (double)large / pair[1].seconds / 1e9, "GB/s",
              "4096 x 4096 matrix times vector on 2 threads, against just "
              "reading memory");
    arena_reset(&arena);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    arena = arena_new((size_t)1 << 30);
    bool one = bench_wanted("gemm-1t");
    bool two = bench_wanted("gemm-2t") || bench_wanted("gemm-worst");
    bool peer = (one || two) && blas_open();
    if (one)
        products("gemm-1t", NULL, 1, peer);
    if (two)
        products("gemm-2t", "gemm-worst", 2, peer);
    if (bench_wanted("matvec"))
        memory();
}
