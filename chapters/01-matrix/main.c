// Chapter 1: one matrix product, from three loops to the limit of the machine,
// and what floats do on the way.
//
// Read from the top: the machine's limits, the ladder at one size, the ladder
// over sizes, the roofline, and then three small lessons in float arithmetic.
// Whatever is timed is timed in turns (first each rung once, then each rung
// again, ...), so that a disturbance meets all alike, and the median counts.
#include "01-matrix/ladder.h"
#include "01-matrix/measure.h"
#include "01-matrix/numerics.h"
#include "common/arena.h"
#include "common/check.h"
#include "common/cli.h"
#include "common/kernels.h"
#include "common/plot.h"
#include "common/progress.h"
#include "common/rng.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>

// The weight matrix of the roofline has the shape of the largest one in each
// layer of Llama 2 7B: 4096 inputs, 11008 outputs, 172 MB.
enum { ROUNDS = 5, INPUTS = 4096, OUTPUTS = 11008, WEIGHTS = INPUTS * OUTPUTS };

static Run run;
static Arena arena;
static Rng rng;
static float *weights; // OUTPUTS x INPUTS of them
static Progress bar;
static int64_t bar_done;

// What the machine does at best, a second; [0]: one thread, [1]: all threads.
static double limit_flops[2], limit_bytes[2];

static float *numbers(size_t n)
{
    float *x = arena_take(&arena, n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = 2 * rng_uniform(&rng) - 1;
    return x;
}

static void begin(const char *what, int total)
{
    bar_done = 0;
    bar = progress_new(what, total, "runs");
}

static void tick(void)
{
    progress(&bar, ++bar_done, NAN);
}

// A measured number as text, marked with a tilde.
typedef struct About {
    char text[24];
} About;

static About about(double x, int decimals)
{
    About a;
    snprintf(a.text, sizeof a.text, "~%.*f", decimals, x);
    return a;
}

// --- a product by hand ------------------------------------------------------

static void by_hand(void)
{
    const float A[2 * 3] = {1, 2, 3, 4, 5, 6};
    const float B[3 * 2] = {1, 0, 2, 1, 0, 3};
    float C[2 * 2];
    product_loops(2, 2, 3, A, B, C);
    printf("By hand: a 2 x 3 matrix times a 3 x 2 matrix\n\n");
    printf("  1  2  3     1  0     %2.0f %2.0f\n", C[0], C[1]);
    printf("  4  5  6  x  2  1  =  %2.0f %2.0f\n", C[2], C[3]);
    printf("              0  3\n\n");
}

// --- the machine ------------------------------------------------------------

// Keeps the best of a few runs: a limit is what the machine does when nothing
// disturbs it.
static void measure_limits(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        for (int all = 0; all < 2; all++) {
            limit_flops[all] = fmax(limit_flops[all], flop_rate(all));
            limit_bytes[all] =
                fmax(limit_bytes[all], read_rate(weights, WEIGHTS, all));
        }
        tick();
    }
}

static void show_limits(void)
{
    printf("The limits of this machine    one thread   all (%s)\n",
           about(threads_count(), 0).text);
    printf("  multiply and add, GFLOP/s   %10s %10s\n",
           about(limit_flops[0] * 1e-9, 1).text,
           about(limit_flops[1] * 1e-9, 1).text);
    printf("  read from memory, GB/s      %10s %10s\n\n",
           about(limit_bytes[0] * 1e-9, 1).text,
           about(limit_bytes[1] * 1e-9, 1).text);
}

// --- the ladder at one size -------------------------------------------------

static double flops_of(int n)
{
    return 2.0 * n * n * n;
}

// GFLOP/s of one rung at size n; small products are repeated until there is
// something to time.
static double rate(const Rung *r, int n, const float *A, const float *B,
                   float *C)
{
    int repeat = 1 + (int)(4e6 / flops_of(n));
    double began = seconds_now();
    for (int i = 0; i < repeat; i++)
        r->product(n, n, n, A, B, C);
    double took = seconds_now() - began;
    tick();
    return repeat * flops_of(n) / took * 1e-9;
}

// The largest difference to the same dot product in double, at 1000 places,
// for the typical size of an element: n products of numbers in -1 .. 1 add up
// to about sqrt(n) / 3.
static double error_of(int n, const float *A, const float *B, const float *C)
{
    Rng place = rng_new(run.seed);
    double worst = 0;
    for (int sample = 0; sample < 1000; sample++) {
        int i = rng_below(&place, n), j = rng_below(&place, n);
        double sum = 0;
        for (int k = 0; k < n; k++)
            sum += (double)A[(size_t)i * n + k] * (double)B[(size_t)k * n + j];
        worst = fmax(worst, fabs((double)C[(size_t)i * n + j] - sum));
    }
    return worst / (sqrt(n) / 3);
}

// Fills gflops for the rungs from .. to - 1 with the medians of the rounds,
// and error if it is not NULL.
static void climb(int n, int from, int to, int rounds, double *gflops,
                  double *error)
{
    size_t mark = arena.used, size = (size_t)n * n;
    float *A = numbers(size), *B = numbers(size);
    float *C = arena_take(&arena, size, sizeof *C);
    double each[RUNGS][ROUNDS];
    for (int round = 0; round < rounds; round++) {
        for (int r = from; r < to; r++) {
            each[r][round] = rate(&ladder[r], n, A, B, C);
            if (round == 0 && error)
                error[r] = error_of(n, A, B, C);
        }
    }
    for (int r = from; r < to; r++)
        gflops[r] = median(each[r], rounds);
    arena_rewind(&arena, mark);
}

static void show_ladder(int n, int from, int to, double *gflops)
{
    double error[RUNGS];
    begin("the ladder", ROUNDS * (to - from + 2));
    measure_limits();
    climb(n, from, to, ROUNDS, gflops, error);
    measure_limits();
    progress_end(&bar);
    show_limits();
    printf("The ladder: two %d x %d matrices, %.2f GFLOP\n", n, n,
           flops_of(n) * 1e-9);
    printf("  %-10s %-20s  GFLOP/s  of the peak    error\n", "rung", "");
    for (int r = from; r < to; r++) {
        double share = 1e9 * gflops[r] / limit_flops[ladder[r].threads];
        printf("  %-10s %-20s  %7s  %10s%%   ~%.0e\n", ladder[r].name,
               ladder[r].what, about(gflops[r], 1).text,
               about(100 * share, 1).text, error[r]);
    }
    printf("\n");
}

static void plot_ladder(int n, const double *gflops)
{
    char title[64];
    const char *name[RUNGS];
    snprintf(title, sizeof title, "One product of two %d x %d matrices", n, n);
    for (int r = 0; r < RUNGS; r++)
        name[r] = ladder[r].name;
    Plot *p = plot_new(title, "", "GFLOP/s");
    plot_bars(p, NULL, RUNGS, name, gflops);
    plot_level(p, "peak, one thread", limit_flops[0] * 1e-9);
    if (threads_count() > 1)
        plot_level(p, "peak, all threads", limit_flops[1] * 1e-9);
    plot_save(p, run.plots, "ladder");
}

// --- the ladder over sizes --------------------------------------------------

static void show_sizes(void)
{
    static const int sizes[] = {16,  20,  32,  40,  64,  80,  128,
                                160, 256, 320, 512, 640, 1024};
    enum { SIZES = sizeof sizes / sizeof *sizes };
    double x[SIZES], y[SIZES], gflops[SIZES][RUNGS];
    int n = run.quick ? SIZES - 4 : SIZES;
    begin("over sizes", n * 3 * RUNGS);
    for (int s = 0; s < n; s++)
        climb(sizes[s], 0, RUNGS, 3, gflops[s], NULL);
    progress_end(&bar);
    printf("GFLOP/s over the size n\n      n");
    for (int r = 0; r < RUNGS; r++)
        printf("  %9s", ladder[r].name);
    printf("\n");
    for (int s = 0; s < n; s++) {
        printf("  %5d", sizes[s]);
        for (int r = 0; r < RUNGS; r++)
            printf("  %9s", about(gflops[s][r], 1).text);
        printf("\n");
    }
    printf("\n");
    Plot *p = plot_new("GFLOP/s over the size of the matrices", "n", "GFLOP/s");
    for (int r = 0; r < RUNGS; r++) {
        for (int s = 0; s < n; s++) {
            x[s] = sizes[s];
            y[s] = gflops[s][r];
        }
        plot_line(p, ladder[r].name, n, x, y);
    }
    plot_level(p, "peak, one thread", limit_flops[0] * 1e-9);
    if (threads_count() > 1)
        plot_level(p, "peak, all threads", limit_flops[1] * 1e-9);
    plot_log(p, true, true);
    plot_save(p, run.plots, "sizes");
}

// --- the roofline -----------------------------------------------------------

// As many rows of 4096 numbers as there are tokens times the weight matrix: one
// layer's work for them. For the speed it does not matter what the weights are,
// so each kernel may see them laid out as it likes best: matvec as 11008 x
// 4096, gemm_nn as 4096 x 11008.
static double layer_rate(const float *x, float *y, int tokens)
{
    double began = seconds_now();
    if (tokens == 1)
        matvec(OUTPUTS, INPUTS, weights, INPUTS, x, y, false);
    else
        gemm_nn(tokens, OUTPUTS, INPUTS, x, INPUTS, weights, OUTPUTS, y,
                OUTPUTS, false);
    double took = seconds_now() - began;
    tick();
    return 2.0 * tokens * WEIGHTS / took * 1e-9;
}

// Operations for each byte that must come from or go to memory.
static double layer_intensity(int tokens)
{
    double moved = WEIGHTS + (double)tokens * (INPUTS + OUTPUTS);
    return 2.0 * tokens * WEIGHTS / (sizeof(float) * moved);
}

static void plot_roofline(int counts, const double *x, const double *y, int n,
                          double square)
{
    double roof_x[100], roof_y[100];
    for (int i = 0; i < 100; i++) {
        roof_x[i] = 0.1 * pow(10000, i / 99.0);
        roof_y[i] = roofline(roof_x[i], limit_flops[1], limit_bytes[1]) * 1e-9;
    }
    Plot *p = plot_new("The roofline of this machine, all threads",
                       "operations for each byte", "GFLOP/s");
    plot_line(p, "the roof", 100, roof_x, roof_y);
    plot_points(p, "weights times one vector", 1, x, y);
    plot_points(p, "weights times 2, 4, 8, ... vectors", counts - 1, x + 1,
                y + 1);
    // 2 n^3 operations on 3 n^2 numbers of 4 bytes.
    plot_points(p, "two square matrices", 1, &(double){n / 6.0}, &square);
    plot_log(p, true, true);
    plot_save(p, run.plots, "roofline");
}

// Also plots the square product of size n, which ran at `square` GFLOP/s.
static void show_roofline(int n, double square)
{
    static const int tokens[] = {1, 2, 4, 8, 16, 32, 64, 128, 256};
    enum { COUNTS = sizeof tokens / sizeof *tokens };
    double each[COUNTS][3], x[COUNTS], y[COUNTS];
    int counts = run.quick ? COUNTS - 2 : COUNTS, most = tokens[counts - 1];
    size_t mark = arena.used;
    float *in = numbers((size_t)most * INPUTS);
    float *out = arena_take(&arena, (size_t)most * OUTPUTS, sizeof *out);
    begin("the roofline", 3 * counts);
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < counts; i++)
            each[i][round] = layer_rate(in, out, tokens[i]);
    progress_end(&bar);
    arena_rewind(&arena, mark);
    printf("One %d x %d weight matrix for so many tokens at once\n", OUTPUTS,
           INPUTS);
    printf("  tokens  FLOP/byte    GFLOP/s   the roof   tokens/s\n");
    for (int i = 0; i < counts; i++) {
        x[i] = layer_intensity(tokens[i]);
        y[i] = median(each[i], 3);
        double roof = roofline(x[i], limit_flops[1], limit_bytes[1]);
        printf("  %6d  %9.1f  %9s  %9s  %9s\n", tokens[i], x[i],
               about(y[i], 1).text, about(roof * 1e-9, 1).text,
               about(y[i] * 1e9 / (2.0 * WEIGHTS), 0).text);
    }
    printf("\n");
    plot_roofline(counts, x, y, n, square);
}

// --- float arithmetic -------------------------------------------------------

enum { WAYS = 4 };
static float (*const sum_way[WAYS])(const float *, int) = {
    sum_in_order, sum_sixteen, sum_pairwise, sum_kahan};
static const char *const sum_name[WAYS] = {"in order", "sixteen", "pairwise",
                                           "Kahan"};

static void show_sum(const char *what, const float *x, int n)
{
    printf("  %-23s %10.1f", what, sum_double(x, n));
    for (int w = 0; w < WAYS; w++)
        printf(" %10.1f", sum_way[w](x, n));
    printf("\n");
}

static void show_sums(void)
{
    enum { ONES = 20000000, N = 1000000 };
    size_t mark = arena.used;
    float *x = arena_take(&arena, ONES, sizeof *x);
    printf("Sums of floats\n  %-23s %10s", "", "double");
    for (int w = 0; w < WAYS; w++)
        printf(" %10s", sum_name[w]);
    printf("\n");
    for (int i = 0; i < ONES; i++)
        x[i] = 1;
    show_sum("1, 20 million times", x, ONES);
    for (int i = 0; i < N; i++)
        x[i] = 0.1f;
    show_sum("0.1, a million times", x, N);
    for (int i = 0; i < N; i++)
        x[i] = 1e6f / ((float)(i + 1) * (float)(i + 1));
    show_sum("1e6/k^2, large first", x, N);
    for (int i = 0; i < N / 2; i++) {
        float t = x[i];
        x[i] = x[N - 1 - i];
        x[N - 1 - i] = t;
    }
    show_sum("1e6/k^2, small first", x, N);
    printf("\n");
    arena_rewind(&arena, mark);
}

// The relative error of each way to add n uniform numbers, over n.
static void plot_sums(void)
{
    enum { POINTS = 19, MOST = 10000000 };
    double n[POINTS], error[WAYS][POINTS];
    size_t mark = arena.used;
    float *x = arena_take(&arena, MOST, sizeof *x);
    for (int i = 0; i < MOST; i++)
        x[i] = rng_uniform(&rng);
    for (int p = 0; p < POINTS; p++) { // 10, 20, 50, 100, 200, ...
        int count = (int)pow(10, 1 + p / 3) * (p % 3 == 2 ? 5 : 1 + p % 3);
        double want = sum_double(x, count);
        n[p] = count;
        for (int w = 0; w < WAYS; w++) {
            double off = fabs((double)sum_way[w](x, count) - want) / want;
            error[w][p] = fmax(off, 1e-9); // an exact sum has no logarithm
        }
    }
    Plot *p = plot_new("Error of the sum of n numbers between 0 and 1", "n",
                       "relative error");
    for (int w = 0; w < WAYS; w++)
        plot_line(p, sum_name[w], POINTS, n, error[w]);
    plot_log(p, true, true);
    plot_save(p, run.plots, "sums");
    arena_rewind(&arena, mark);
}

// A number; "nan" without the sign that some machines give it.
static const char *word(double x, char to[32])
{
    if (isnan(x))
        return "nan";
    snprintf(to, 32, "%.4f", x);
    return to;
}

static void show_softmax(void)
{
    static const float rows[][2] = {{0, 1}, {1000, 1001}, {-1000, -1001}};
    char a[32], b[32];
    printf("Softmax                  plain             minus the maximum\n");
    for (int r = 0; r < 3; r++) {
        float y[2];
        softmax_plain(rows[r], y, 2);
        printf("  %5.0f %5.0f     %8s %8s", rows[r][0], rows[r][1],
               word(y[0], a), word(y[1], b));
        softmax_stable(rows[r], y, 2);
        printf("     %8s %8s\n", word(y[0], a), word(y[1], b));
    }
    const float logits[2] = {0, 120};
    float y[2];
    softmax_stable(logits, y, 2);
    printf("  the loss of token 0 in   %.0f %.0f: -log(softmax) is %s,\n",
           logits[0], logits[1], word(-logf(y[0]), a));
    printf("  log_sum_exp - logit is %s\n\n",
           word(log_sum_exp(logits, 2) - logits[0], a));
}

static void show_variance(void)
{
    static const int offset[] = {0, 100, 1000, 10000};
    printf("The variance of offset + 1, 2, 3, 4 (always 1.25)\n");
    printf("  offset   textbook   two passes    Welford\n");
    for (int i = 0; i < 4; i++) {
        float x[4];
        for (int k = 0; k < 4; k++)
            x[k] = (float)(offset[i] + 1 + k);
        printf("  %6d   %8.4f     %8.4f   %8.4f\n", offset[i],
               variance_textbook(x, 4), variance_two_pass(x, 4),
               variance_welford(x, 4));
    }
    printf("\n");
}

// --- main -------------------------------------------------------------------

static void say_what_comes(int n, int only)
{
    bool one = only != RUNGS;
    // The slowest rung, and on top of it all the rest.
    double slowest = one && only > 0 ? 25e9 : 1.5e9;
    double seconds = ROUNDS * flops_of(n) / slowest;
    seconds += one ? 2 : run.quick ? 4 : 18;
    double numbers_held = WEIGHTS + fmax(one ? 0 : 2e7, 3.0 * n * n);
    char time[24];
    printf("One matrix product in six ways, from three loops to the limit of "
           "this machine,\nthen float arithmetic that goes wrong. ");
    printf("%s %s and %.0f MB.\n", one ? "One rung alone: about" : "About",
           seconds_text(seconds, time), numbers_held * sizeof(float) * 1e-6);
    printf("A tilde marks what depends on the machine; n is %d.\n\n", n);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    int n = 0, only = RUNGS;
    const Option own[] = {
        {"n", "SIZE", OPTION_INT, &n, 0, 4096, NULL,
         "size of the ladder's matrices; 0: 1000, or 500 with --quick"},
        {"only", "RUNG", OPTION_CHOICE, &only, 0, 0,
         "loops|exchanged|tiled|packed|threads|kernel|all",
         "climb this rung alone and leave out the rest"},
        {0}};
    cli_parse(argc, argv,
              "Multiplies two matrices in six ways, each faster than the one "
              "before, and\nshows how near each comes to what this machine can "
              "do at best. Then sums,\nsoftmax and variance of floats: how "
              "they go wrong, and how not.",
              own, &run);
    bool one = only != RUNGS;
    n = n ? n : run.quick ? 500 : 1000;
    say_what_comes(n, only);
    arena = arena_new((size_t)1 << 30);
    rng = rng_new(run.seed);

    by_hand();
    weights = numbers(WEIGHTS);
    double gflops[RUNGS];
    if (one) {
        show_ladder(n, only, only + 1, gflops);
        printf("=> %s: %s GFLOP/s at n = %d\n", ladder[only].name,
               about(gflops[only], 1).text, n);
        return 0;
    }
    show_ladder(n, 0, RUNGS, gflops);
    plot_ladder(n, gflops);
    show_sizes();
    show_roofline(n, gflops[RUNGS - 1]);
    show_sums();
    plot_sums();
    show_softmax();
    show_variance();
    printf("=> one product: %s GFLOP/s in three loops, %s at best\n",
           about(gflops[0], 1).text, about(gflops[RUNGS - 1], 0).text);
    arena_free(&arena);
    return 0;
}
