// What rounding does to numbers, in decibels; see in_decibels.h.
#include "14-quantization/in_decibels.h"

#include "14-quantization/llama_copy.h"

#include "common/check.h"
#include "common/plot.h"
#include "common/rng.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const int bits_shown[BITS_SHOWN] = {8, 6, 5, 4, 3, 2};

// --- 1. one group -----------------------------------------------------------

void show_group(void)
{
    enum { N = 8 };
    const float x[N] = {0.12f,  -0.70f, 0.33f,  0.05f,
                        -0.21f, 0.48f,  -0.02f, 0.61f};
    float y[N];
    const float s = round_group((Rounding){.bits = 4}, x, N, y);
    puts("1. Eight numbers in four bits: one scale, and q from -7 to 7\n");
    const char *const line[] = {"x", "q", "s q", "error"};
    for (int k = 0; k < 4; k++) {
        printf("  %-6s", line[k]);
        for (int i = 0; i < N; i++) {
            const double value[] = {(double)x[i], (double)(y[i] / s),
                                    (double)y[i], (double)(y[i] - x[i])};
            printf("%7.*f", k == 1 ? 0 : 2, value[k] + 0.0); // no -0
        }
        puts("");
    }
    const RoundingError e = rounding_error(x, y, N);
    printf("\n  s = 0.70 / 7 = %.3f; the mean square of the errors is %.5f,\n"
           "  s^2 / 12 would be %.5f; %.1f dB\n\n",
           (double)s, e.noise, (double)(s * s / 12), decibels(e));
}

// --- 2. normal numbers ------------------------------------------------------

static double cost_of(Rounding r, const float *x, int rows, int cols)
{
    const size_t n = (size_t)rows * cols;
    float *y = new_array(n, sizeof *y);
    round_rows(r, x, rows, cols, y);
    const double db = decibels(rounding_error(x, y, n));
    free(y);
    return db;
}

// step^2 / 12 in the mean over all groups, as decibels.
static double expected_cost(int bits, int group, const float *x, int n)
{
    const double m = (1 << (bits - 1)) - 1;
    double noise = 0, signal = 0;
    for (int i = 0; i < n; i += group) {
        double most = 0;
        for (int j = i; j < i + group; j++) {
            most = fmax(most, fabs((double)x[j]));
            signal += (double)x[j] * (double)x[j];
        }
        noise += group * most * most / (m * m * 12);
    }
    return 10 * log10(signal / noise);
}

void show_normal(uint64_t seed, const char *plots)
{
    enum { ROWS = 32, COLS = 1024, RULES = 4 };
    float *x = new_array(ROWS * COLS, sizeof *x);
    double width[BITS_SHOWN], db[RULES][BITS_SHOWN];
    const char *const name[RULES] = {
        "absmax, groups of 32", "absmax, groups of 1024", "best, groups of 32",
        "best, groups of 1024"};
    Rng r = rng_new(seed);
    for (int i = 0; i < ROWS * COLS; i++)
        x[i] = rng_normal(&r);
    puts("2. 32,768 normal numbers in few bits: signal over noise in dB\n\n"
         "        groups of 32                  groups of 1024            the "
         "best step\n"
         "  bits  s^2/12  absmax    best   s^2/12  absmax    best   for one "
         "normal");
    for (int i = 0; i < BITS_SHOWN; i++) {
        const int bits = bits_shown[i];
        width[i] = bits;
        for (int k = 0; k < RULES; k++)
            db[k][i] =
                cost_of((Rounding){bits, k % 2 ? 0 : 32,
                                   k < 2 ? SCALE_ABSMAX : SCALE_BEST, false},
                        x, ROWS, COLS);
        const double best = normal_step(bits);
        printf("  %4d %7.1f %7.1f %7.1f  %7.1f %7.1f %7.1f  %6.3f %6.1f\n",
               bits, expected_cost(bits, 32, x, ROWS * COLS), db[0][i],
               db[2][i], expected_cost(bits, COLS, x, ROWS * COLS), db[1][i],
               db[3][i], best, -10 * log10(normal_noise(bits, best)));
    }
    puts("");
    Plot *p =
        plot_new("Normal numbers in few bits", "bits", "signal over noise, dB");
    for (int k = 0; k < RULES; k++)
        plot_line(p, name[k], BITS_SHOWN, width, db[k]);
    plot_save(p, plots, "decibels");
    free(x);
}

// --- 4. its matrices --------------------------------------------------------

static const char *matrix_name(const CopyMatrix *m)
{
    static char name[32];
    if (m->layer < 0)
        snprintf(name, sizeof name, "%s", m->name);
    else
        snprintf(name, sizeof name, "%d %s", m->layer, m->name);
    return name;
}

// Shares of n numbers, over `unit`, that fall into bins from -reach to reach.
static void histogram(Plot *p, const char *label, const float *x, size_t n,
                      double unit, double reach)
{
    enum { BINS = 60 };
    double at[BINS], share[BINS] = {0};
    for (int i = 0; i < BINS; i++)
        at[i] = reach * ((2 * i + 1.0) / BINS - 1);
    for (size_t i = 0; i < n; i++) {
        const double place = ((double)x[i] / unit / reach + 1) * BINS / 2;
        if (place >= 0 && place < BINS)
            share[(int)place] += 100 / (double)n;
    }
    plot_line(p, label, BINS, at, share);
}

// The weights of a matrix with the levels of one scale for all of them, once
// from the largest number, once the best.
static void plot_grid(const CopyMatrix *m, const char *plots)
{
    const int n = m->rows * m->cols;
    float *y = new_array(n, sizeof *y);
    double reach = 0;
    Plot *p[2];
    for (int k = 0; k < 2; k++) {
        const Rounding r = {4, 0, k ? SCALE_BEST : SCALE_ABSMAX, false};
        const double s = (double)round_group(r, m->w, n, y);
        p[k] = plot_new(k ? "the best scale" : "the scale from the largest",
                        "weight", "% of the weights");
        reach = k ? reach : 7.5 * s;
        histogram(p[k], NULL, m->w, n, 1, reach);
        plot_range(p[k], -reach, reach, (double)NAN, (double)NAN);
        for (int q = -7; q <= 7; q++)
            plot_mark(p[k], NULL, q * s);
        plot_size(p[k], 480, 320);
    }
    plot_save_grid(p, 2, 2, plots, "grid");
    free(y);
}

// The errors of a matrix, in steps: spread evenly from -1/2 to 1/2.
static void plot_errors(const CopyMatrix *m, const char *plots)
{
    const int n = m->rows * m->cols;
    float *e = new_array(n, sizeof *e);
    Plot *p = plot_new("The errors of one matrix, measured in steps",
                       "error / step", "% of the weights");
    for (int k = 0; k < 3; k++) {
        const int bits = 8 >> k; // 8, 4, 2
        char label[16];
        for (int i = 0; i < n; i += 32) {
            const Rounding r = {bits, 0, SCALE_ABSMAX, false};
            const float s = round_group(r, m->w + i, 32, e + i);
            for (int j = i; j < i + 32; j++)
                e[j] = (e[j] - m->w[j]) / s;
        }
        snprintf(label, sizeof label, "%d bits", bits);
        histogram(p, label, e, n, 1, 0.6);
    }
    plot_save(p, plots, "errors");
    free(e);
}

static void plot_matrices(const char *const *name, const double *rows,
                          const double *groups, const double *best, int n,
                          const char *plots)
{
    Plot *p = plot_new("Every matrix in four bits", "layer and matrix",
                       "signal over noise, dB");
    plot_bars(p, "one scale a row", n, name, rows);
    plot_bars(p, "a scale for 32", n, name, groups);
    plot_bars(p, "the best scale for 32", n, name, best);
    plot_size(p, 960, 450);
    plot_save(p, plots, "matrices");
}

void show_matrices(const Llama *m, const char *plots)
{
    LlamaCopy c = llama_copy(m);
    const int n = c.n - m->shape.tied; // its output is the embeddings
    const char **name = new_array(n, sizeof *name);
    double *db = new_array((size_t)4 * n, sizeof *db);
    double *rows = db, *groups = db + n, *best = db + 2 * n, *byte = db + 3 * n;
    puts("4. Its matrices: how large, and signal over noise in dB\n\n"
         "                                   largest   8 bits,  4 bits: absmax"
         "      best\n"
         "  matrix             shape    rms   / rms    of 32     row   of 32  "
         "  of 32");
    for (int i = 0; i < n; i++) {
        const CopyMatrix *x = &c.matrix[i];
        const double size = (double)x->rows * x->cols;
        char peak[16];
        double squares = 0, most = 0;
        for (int k = 0; k < x->rows * x->cols; k++) {
            squares += (double)x->w[k] * (double)x->w[k];
            most = fmax(most, fabs((double)x->w[k]));
        }
        const double rms = sqrt(squares / size);
        const Rounding r = {4, 0, SCALE_ABSMAX, false};
        const Rounding g = {4, 32, SCALE_ABSMAX, false};
        const Rounding b = {4, 32, SCALE_BEST, false};
        const Rounding e = {8, 32, SCALE_ABSMAX, false};
        name[i] = copy_text(matrix_name(x));
        rows[i] = cost_of(r, x->w, x->rows, x->cols);
        groups[i] = cost_of(g, x->w, x->rows, x->cols);
        best[i] = cost_of(b, x->w, x->rows, x->cols);
        byte[i] = cost_of(e, x->w, x->rows, x->cols);
        snprintf(peak, sizeof peak, "~%.1f", most / rms);
        printf("  %-14s %4d x %-3d  ~%.3f %7s    ~%.1f   ~%.1f   ~%.1f   "
               "~%.1f\n",
               name[i], x->rows, x->cols, rms, peak, byte[i], rows[i],
               groups[i], best[i]);
    }
    puts("");
    plot_matrices(name, rows, groups, best, n, plots);
    plot_grid(&c.matrix[5], plots);
    plot_errors(&c.matrix[5], plots); // layer 0, gate
    for (int i = 0; i < n; i++)
        free((void *)name[i]);
    free(name);
    free(db);
    llama_copy_free(&c);
}
