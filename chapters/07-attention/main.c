// 07-attention: from the mean of the past to the fused operation that every
// later chapter uses.
//
// Read from top to bottom: three tokens by hand, why scores are divided by
// sqrt(d), the masks, the steps against the fused operation, the online
// softmax, what both cost, and two tasks that only attention solves.
#include "07-attention/lookup.h"
#include "07-attention/masks.h"
#include "07-attention/steps.h"
#include "07-attention/stream.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/kernels.h"
#include "common/plot.h"
#include "common/progress.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Matrix *noise(Tape *t, Rng *r, int rows, int cols)
{
    Matrix *x = matrix(t, rows, cols);
    for (size_t i = 0; i < (size_t)rows * cols; i++)
        x->val[i] = rng_normal(r);
    x->given = false;
    return x;
}

// --- 1. three tokens by hand ------------------------------------------------

static void print_matrix(const char *name, int rows, int cols, const float *x)
{
    for (int i = 0; i < rows; i++) {
        printf("  %-22s", i == 0 ? name : "");
        for (int j = 0; j < cols; j++)
            printf(" %7.3f", (double)x[i * cols + j]);
        puts("");
    }
}

static void by_hand(Tape *t)
{
    enum { T = 3, D = 2 };
    static const float x[T * D] = {10, 0, 0, 10, 5, 5};
    static const float q[T * D] = {1, 0, 0, 2, 1, 2};
    static const float k[T * D] = {1, 0, 0, 1, 1, 1};
    float mean[T * D], weights[T * T], y[T * D];
    puts("1. Three tokens of two numbers, by hand\n");
    average_loops(T, D, x, mean);
    print_matrix("values", T, D, x);
    print_matrix("mean of the past", T, D, mean);
    Matrix *v = matrix_of(t, T, D, x);
    print_matrix("... by a matrix", T, D, average_matrix(v)->val);
    print_matrix("... by a softmax", T, D, average_softmax(v)->val);
    puts("");
    Matrix *Q = matrix_of(t, T, D, q), *K = matrix_of(t, T, D, k);
    print_matrix("queries", T, D, q);
    print_matrix("keys", T, D, k);
    print_matrix("scores q k^T", T, T, matmul_t(Q, K)->val);
    print_matrix("... over sqrt(2)", T, T,
                 scale(matmul_t(Q, K), sqrtf(0.5f))->val);
    one_head_loops(T, T, D, q, k, x, NULL, weights, y);
    print_matrix("weights, all seen", T, T, weights);
    const int rows[] = {0, T};
    const Spans all = {1, rows};
    const Matrix *past = mask_matrix(t, all, all, CAUSAL, 0);
    one_head_loops(T, T, D, q, k, x, past->val, weights, y);
    print_matrix("weights, causal", T, T, weights);
    print_matrix("result, causal", T, D, y);
    print_matrix("attention() says", T, D, attention(Q, K, v, 1, CAUSAL)->val);
    puts("");
    tape_reset(t);
}

// --- 2. why scores are divided by sqrt(d) -----------------------------------

enum { KEYS = 64, QUERIES = 25, ROUNDS = 40, WIDTHS = 8 };

// The mean entropy of the weights with which random queries look at KEYS
// random keys of width d, and the share of a gradient that passes: the sum of
// p (1 - p), the diagonal of the softmax's derivative.
static void sharpness(Tape *t, Rng *r, int d, bool scaled, double *entropy,
                      double *passes)
{
    const float by = scaled ? 1 / sqrtf((float)d) : 1;
    *entropy = *passes = 0;
    for (int round = 0; round < ROUNDS; round++) {
        Matrix *q = noise(t, r, QUERIES, d), *k = noise(t, r, KEYS, d);
        const Matrix *p = softmax(scale(matmul_t(q, k), by));
        for (int i = 0; i < QUERIES * KEYS; i++) {
            const double w = (double)p->val[i];
            *entropy -= w > 0 ? w * log(w) : 0;
            *passes += w * (1 - w);
        }
        tape_reset(t);
    }
    *entropy /= QUERIES * ROUNDS;
    *passes /= QUERIES * ROUNDS;
}

static void why_scaled(Tape *t, const Run *run)
{
    double width[WIDTHS], entropy[2][WIDTHS], passes[2][WIDTHS];
    printf("2. Why 1 / sqrt(d): random queries look at %d random keys\n\n",
           KEYS);
    puts("            entropy of the weights    gradient that passes");
    puts("      d     unscaled      scaled      unscaled      scaled");
    for (int i = 0; i < WIDTHS; i++) {
        const int d = 4 << i;
        Rng r = rng_new(run->seed + (uint64_t)d);
        width[i] = d;
        for (int s = 0; s < 2; s++)
            sharpness(t, &r, d, s, &entropy[s][i], &passes[s][i]);
        printf("  %5d     %8.3f    %8.3f      %8.3f    %8.3f\n", d,
               entropy[0][i], entropy[1][i], passes[0][i], passes[1][i]);
    }
    printf("\n  Equal weights would have the entropy log %d = %.3f.\n\n", KEYS,
           log(KEYS));
    Plot *p = plot_new("What the division by sqrt(d) saves",
                       "width d of a head", "mean entropy of the weights");
    plot_line(p, "softmax(q k)", WIDTHS, width, entropy[0]);
    plot_line(p, "softmax(q k / sqrt(d))", WIDTHS, width, entropy[1]);
    plot_level(p, "all keys alike", log(KEYS));
    plot_log(p, true, false);
    plot_save(p, run->plots, "scaled");
    p = plot_new("What is left of a gradient behind the softmax",
                 "width d of a head", "sum of p (1 - p)");
    plot_line(p, "softmax(q k)", WIDTHS, width, passes[0]);
    plot_line(p, "softmax(q k / sqrt(d))", WIDTHS, width, passes[1]);
    plot_log(p, true, false);
    plot_save(p, run->plots, "gradient");
}

// --- 3. the laboratory of masks ---------------------------------------------

// What a weight looks like beside the largest of its row.
static char shade(float w, float most)
{
    if (w == 0)
        return '.';
    const float part = w / most;
    return part > 0.99f ? '#' : part > 0.3f ? '+' : part > 0.1f ? '-' : '\'';
}

// Masks first .. first + n - 1 side by side; 0 where there is none.
static void print_masks(const LabMask *m, float weights[][LAB_SIDE * LAB_SIDE],
                        int n)
{
    for (int i = 0; i < n; i++)
        printf("  %-*s", i < n - 1 ? 17 : 0, m[i].name);
    puts("");
    for (int row = 0; row < LAB_SIDE; row++) {
        char line[128] = "";
        size_t at = 0;
        for (int i = 0; i < n; i++) {
            const Spans q = lab_queries(&m[i]), k = lab_keys(&m[i]);
            const int cols = k.start[k.n];
            const float *w = weights[i] + row * cols;
            float most = 0;
            char cell[2 * LAB_SIDE + 1] = "";
            for (int j = 0; row < q.start[q.n] && j < cols; j++)
                most = fmaxf(most, w[j]);
            for (int j = 0; row < q.start[q.n] && j < cols; j++) {
                cell[2 * j] = shade(w[j], most);
                cell[2 * j + 1] = ' ';
            }
            at +=
                (size_t)snprintf(line + at, sizeof line - at, "  %-17s", cell);
        }
        while (at > 0 && line[at - 1] == ' ')
            line[--at] = 0;
        puts(line);
    }
    puts("");
}

// All masks in one picture: four beside each other, in two rows.
static void plot_masks(const LabMask *m, float weights[][LAB_SIDE * LAB_SIDE],
                       const char *plots)
{
    enum { SIDE = LAB_SIDE + 1, COLS = 4 * SIDE - 1, ROWS = 2 * SIDE - 1 };
    float all[ROWS * COLS];
    for (int i = 0; i < ROWS * COLS; i++)
        all[i] = NAN;
    for (int i = 0; i < LAB_MASKS; i++) {
        const Spans q = lab_queries(&m[i]), k = lab_keys(&m[i]);
        for (int row = 0; row < q.start[q.n]; row++) {
            const float *w = weights[i] + row * k.start[k.n];
            float most = 0;
            for (int j = 0; j < k.start[k.n]; j++)
                most = fmaxf(most, w[j]);
            for (int j = 0; j < k.start[k.n]; j++)
                all[(i / 4 * SIDE + row) * COLS + i % 4 * SIDE + j] =
                    w[j] / most;
        }
    }
    const char *none[COLS];
    for (int i = 0; i < COLS; i++)
        none[i] = "";
    Plot *p = plot_new("Who may look at whom: a row is a query, a column a key",
                       "", "");
    plot_heat(p, ROWS, COLS, all, none, none);
    plot_size(p, 900, 480);
    plot_save(p, plots, "masks");
}

// Which group of keys each head reads, found out by attention() itself: the
// values of group g are all g, so that is what the head finds.
static void print_groups(Tape *t, int heads, int groups, const char *name)
{
    Matrix *q = matrix(t, 1, heads), *k = matrix(t, 3, groups);
    Matrix *v = matrix(t, 3, groups);
    for (int h = 0; h < heads; h++)
        q->val[h] = 1;
    for (int i = 0; i < 3 * groups; i++) {
        k->val[i] = 0;
        v->val[i] = (float)(i % groups);
    }
    const Matrix *y = attention(q, k, v, heads, FULL);
    printf("  %-15s %d", name, groups);
    printf("%s", groups > 1 ? " groups   " : " group    ");
    for (int h = 0; h < heads; h++)
        printf(" %.0f", (double)y->val[h]);
    puts("");
}

static void laboratory(Tape *t, const Run *run)
{
    LabMask m[LAB_MASKS];
    float weights[LAB_MASKS][LAB_SIDE * LAB_SIDE];
    puts("3. The laboratory of masks: a row is a query, a column a key\n");
    for (int i = 0; i < LAB_MASKS; i++) {
        m[i] = lab_mask(i);
        mask_measured(t, lab_queries(&m[i]), lab_keys(&m[i]), m[i].mask, 1, 0,
                      weights[i]);
    }
    print_masks(m, weights, 4);
    print_masks(m + 4, weights + 4, 4);
    puts("  # looks, . may not; + - ' look less and less (ALiBi).\n");
    plot_masks(m, weights, run->plots);
    puts("  head                        0 1 2 3 4 5 6 7");
    print_groups(t, 8, 8, "multi-head");
    print_groups(t, 8, 2, "grouped-query");
    print_groups(t, 8, 1, "multi-query");
    puts("");
    tape_reset(t);
}

// --- 4. steps and fused operation -------------------------------------------

static double furthest(const float *a, const float *b, size_t n)
{
    double worst = 0;
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs((double)a[i] - (double)b[i]));
    return worst;
}

// The largest difference between many_heads() and attention() in the result
// and in the gradients of q, k and v.
static double steps_against_fused(Tape *t, const Run *run, const LabMask *m,
                                  int heads, int groups)
{
    enum { WIDTH = 7 };
    Rng r = rng_new(run->seed);
    const Spans qs = lab_queries(m), ks = lab_keys(m);
    const int Tq = qs.start[qs.n], Tk = ks.start[ks.n];
    Matrix *in[2][3], *y[2];
    for (int i = 0; i < 3; i++) {
        const int rows = i ? Tk : Tq, cols = (i ? groups : heads) * WIDTH;
        for (int way = 0; way < 2; way++) {
            in[way][i] = way ? matrix_of(t, rows, cols, in[0][i]->val)
                             : noise(t, &r, rows, cols);
            in[way][i]->given = false;
            in[way][i]->seq = i ? ks : qs;
        }
    }
    const float slope[] = {0.5f, 0.25f, 0.125f, 0.0625f};
    Mask mask = m->mask;
    if (mask.slope)
        mask.slope = slope;
    y[0] = many_heads(in[0][0], in[0][1], in[0][2], heads, mask);
    y[1] = attention(in[1][0], in[1][1], in[1][2], heads, mask);
    Matrix *target = noise(t, &r, Tq, heads * WIDTH);
    backward(add(mean_squared_error(y[0], target->val),
                 mean_squared_error(y[1], target->val)));
    double worst = furthest(y[0]->val, y[1]->val, (size_t)Tq * heads * WIDTH);
    for (int i = 0; i < 3; i++)
        worst = fmax(worst, furthest(in[0][i]->grad, in[1][i]->grad,
                                     (size_t)in[0][i]->rows * in[0][i]->cols));
    tape_reset(t);
    return worst;
}

static void equality(Tape *t, const Run *run)
{
    puts("4. Steps and fused operation: largest difference, in result and "
         "gradients\n");
    puts("  mask              4 heads   4 heads on 2 groups");
    for (int i = 0; i < LAB_MASKS; i++) {
        const LabMask m = lab_mask(i);
        printf("  %-17s ~%.0e   ~%.0e\n", m.name,
               steps_against_fused(t, run, &m, 4, 4),
               steps_against_fused(t, run, &m, 4, 2));
    }
    puts("");
}

// --- 5. the online softmax --------------------------------------------------

static void one_by_one(void)
{
    static const float score[] = {1, 3, 2, 5}, value[] = {10, 20, 30, 40};
    float y;
    Online o = online_new(1, &y);
    puts("5. One key after another: the online softmax\n");
    puts("  score   value       max       sum         y     y / sum");
    for (int j = 0; j < 4; j++) {
        online_take(&o, score[j], &value[j]);
        printf("  %5.0f   %5.0f   %7.0f   %7.4f   %7.4f   %9.4f\n",
               (double)score[j], (double)value[j], (double)o.max, (double)o.sum,
               (double)y, (double)(y / o.sum));
    }
    double sum = 0, mix = 0;
    for (int j = 0; j < 4; j++) {
        sum += exp((double)score[j]);
        mix += exp((double)score[j]) * (double)value[j];
    }
    printf("\n  All at once: %.4f\n\n", mix / sum);
}

// --- 6. what both cost ------------------------------------------------------

enum { COST_WIDTH = 64 };

// Seconds and bytes for the way there and back with T tokens, one causal head.
static void cost(Tape *t, int T, bool fused, double *seconds, double *bytes)
{
    *seconds = INFINITY;
    for (int round = 0; round < 3; round++) {
        Rng r = rng_new(1);
        Matrix *q = noise(t, &r, T, COST_WIDTH);
        Matrix *k = noise(t, &r, T, COST_WIDTH);
        Matrix *v = noise(t, &r, T, COST_WIDTH);
        const size_t before = t->arena.used;
        const double began = seconds_now();
        backward(mean(fused ? attention(q, k, v, 1, CAUSAL)
                            : many_heads(q, k, v, 1, CAUSAL)));
        *seconds = fmin(*seconds, seconds_now() - began);
        *bytes = (double)(t->arena.used - before);
        tape_reset(t);
    }
}

enum { LENGTHS = 8 };

// Returns how many times as much memory the steps take at the longest text.
static double costs(Tape *t, const Run *run, int *longest)
{
    const int lengths = run->quick ? 5 : LENGTHS; // 64 .. 1024, or 8192
    double T[LENGTHS], seconds[2][LENGTHS], bytes[2][LENGTHS], times = 1;
    puts("6. The way there and back, one causal head of width 64\n");
    puts("           steps                 fused");
    puts("      T       ms        MB         ms        MB");
    for (int i = 0; i < lengths; i++) {
        const int n = 64 << i;
        const bool both = n <= 4096; // the steps would need 2 GB for 8192
        T[i] = n;
        seconds[0][i] = bytes[0][i] = NAN;
        for (int way = both ? 0 : 1; way < 2; way++)
            cost(t, n, way, &seconds[way][i], &bytes[way][i]);
        if (both) {
            printf("  %5d  ~%.3f  %8.2f", n, 1e3 * seconds[0][i],
                   1e-6 * bytes[0][i]);
            times = bytes[0][i] / bytes[1][i];
            *longest = n;
        } else
            printf("  %5d       -         -", n);
        printf("     ~%.3f  %8.2f\n", 1e3 * seconds[1][i], 1e-6 * bytes[1][i]);
    }
    puts("");
    static const char *const name[] = {"steps", "fused"};
    Plot *p = plot_new("Memory of attention, there and back",
                       "tokens T (one causal head of width 64)", "bytes");
    for (int way = 0; way < 2; way++)
        plot_line(p, name[way], lengths, T, bytes[way]);
    plot_log(p, true, true);
    plot_save(p, run->plots, "memory");
    p = plot_new("Time of attention, there and back",
                 "tokens T (one causal head of width 64)", "seconds");
    for (int way = 0; way < 2; way++)
        plot_line(p, name[way], lengths, T, seconds[way]);
    plot_log(p, true, true);
    plot_save(p, run->plots, "time");
    return times;
}

// --- 7. a notebook ----------------------------------------------------------

enum { LOOKUP_STEPS = 200, LOOKUP_CASES = 32 };

typedef struct Curve {
    double step[2000], loss[2000];
    int n;
    Progress *bar;
} Curve;

static void note(void *context, int step, double loss)
{
    Curve *c = context;
    c->step[c->n] = step;
    c->loss[c->n++] = loss;
    progress(c->bar, step, loss);
}

// Two heat maps beside each other: letters asked by entries of the notebook.
static void print_maps(const Notebooks *n, const float *left,
                       const float *right)
{
    static const char ink[] = " .:-=+*#%@";
    for (int side = 0; side < 2; side++) {
        printf("%s", side ? "         " : "     ");
        for (int j = 0; j < ENTRIES; j++)
            printf("%c%d%s", 'a' + n->letter[j], n->digit[j],
                   side && j == ENTRIES - 1 ? "" : " ");
    }
    puts("");
    for (int i = 0; i < ENTRIES; i++) {
        for (int side = 0; side < 2; side++) {
            printf(side ? "   %c |" : "  %c |", 'a' + n->asked[i]);
            const float *w = (side ? right : left) + i * ENTRIES;
            for (int j = 0; j < ENTRIES; j++) {
                const char c = ink[(int)(9.99f * w[j])];
                printf("%c%c%s", c, c, j == ENTRIES - 1 ? "|" : " ");
            }
        }
        puts("");
    }
    puts("");
}

static void plot_map(const Notebooks *n, const float *weights,
                     const char *title, const char *plots, const char *name)
{
    char rows[ENTRIES][2] = {{0}}, cols[ENTRIES][4];
    const char *row_name[ENTRIES], *col_name[ENTRIES];
    for (int i = 0; i < ENTRIES; i++) {
        rows[i][0] = (char)('a' + n->asked[i]);
        snprintf(cols[i], sizeof cols[i], "%c%d", 'a' + n->letter[i],
                 n->digit[i] % 10);
        row_name[i] = rows[i];
        col_name[i] = cols[i];
    }
    Plot *p = plot_new(title, "entry of the notebook", "letter asked");
    plot_heat(p, ENTRIES, ENTRIES, weights, row_name, col_name);
    plot_size(p, 480, 440);
    plot_save(p, plots, name);
}

static double notebook(Tape *t, const Run *run)
{
    static Curve curve[2];
    float before[ENTRIES * ENTRIES], after[ENTRIES * ENTRIES];
    double score[2];
    Rng r = rng_new(run->seed + 70);
    Arena arena = arena_new(1 << 16);
    const Notebooks one = notebooks(&arena, &r, 1);
    printf("7. Ten entries, a letter and a digit each: which digit stood "
           "beside ...?\n\n");
    puts("  the model looks with    loss at first    after training   right");
    for (int attends = 0; attends < 2; attends++) {
        Lookup m = lookup_new(run->seed, attends);
        lookup_weights(&m, t, &one, before);
        Progress bar = progress_new("training", LOOKUP_STEPS, "steps");
        curve[attends].bar = &bar;
        lookup_train(&m, LOOKUP_STEPS, LOOKUP_CASES, run->seed, note,
                     &curve[attends]);
        progress_end(&bar);
        score[attends] = lookup_score(&m, 5000, run->seed + 71);
        printf("  %-20s  %15.3f            ~%.3f  %s~%.1f %%\n",
               attends ? "attention" : "equal weights", curve[attends].loss[0],
               curve[attends].loss[LOOKUP_STEPS - 1],
               score[attends] < 0.9995 ? " " : "", 100 * score[attends]);
        lookup_weights(&m, t, &one, after);
        lookup_free(&m);
    }
    puts("\n  Attention before training            ... and after\n");
    print_maps(&one, before, after);
    plot_map(&one, before, "Before training", run->plots, "notebook-before");
    plot_map(&one, after, "After training", run->plots, "notebook-after");
    Plot *p = plot_new("The same model with attention and with equal weights",
                       "step", "loss");
    for (int a = 0; a < 2; a++)
        plot_line(p, a ? "attention" : "equal weights", curve[a].n,
                  curve[a].step, curve[a].loss);
    plot_level(p, "guessing: log 10", log(10));
    plot_save(p, run->plots, "notebook");
    arena_free(&arena);
    tape_reset(t);
    return score[1];
}

// --- 8. a text --------------------------------------------------------------

// Of the first text: the mean weight of the digits on the letter before each,
// and of the letters on the digits behind their earlier copies.
static void habits(const Texts *x, const float *w, double *previous,
                   double *found)
{
    enum { T = STREAM_TOKENS };
    int asked = 0;
    *previous = *found = 0;
    for (int i = 1; i < T; i += 2)
        *previous += (double)w[i * T + i - 1] / STREAM_PAIRS;
    for (int i = 0; i < T; i += 2) {
        if (x->target[i] < 0)
            continue;
        asked++;
        for (int j = 0; j < i; j += 2)
            if (x->token[j] == x->token[i])
                *found += (double)w[i * T + j + 1];
    }
    *found /= asked;
}

static void plot_text(const Texts *x, const float *w, int layer,
                      const char *plots)
{
    enum { T = STREAM_TOKENS };
    char name[T][2] = {{0}};
    const char *names[T], *title = layer ? "The second layer, after training"
                                         : "The first layer, after training";
    for (int i = 0; i < T; i++) {
        const int token = x->token[i];
        name[i][0] =
            (char)(token < STREAM_LETTERS ? 'a' + token
                                          : '0' + token - STREAM_LETTERS);
        names[i] = name[i];
    }
    Plot *p = plot_new(title, "looked at", "looks");
    plot_heat(p, T, T, w, names, names);
    plot_size(p, 640, 600);
    plot_save(p, plots, layer ? "text-second" : "text-first");
}

static void text(Tape *t, const Run *run)
{
    enum { T = STREAM_TOKENS };
    enum { PER_STEP = 16 };
    const int steps = run->quick ? 250 : 400;
    static float w[STREAM_LAYERS * T * T];
    static Curve curve[STREAM_LAYERS];
    Rng r = rng_new(run->seed + 80);
    Arena arena = arena_new(1 << 20);
    const Texts one = texts(&arena, &r, 1);
    printf("8. The same as a text: ");
    for (int i = 0; i < T; i++)
        printf("%c", one.token[i] < STREAM_LETTERS
                         ? 'a' + one.token[i]
                         : '0' + one.token[i] - STREAM_LETTERS);
    puts("\n");
    puts("                            mean weight");
    puts("                            of digits on       of letters on the "
         "digit");
    puts("  layers   right            the letter before  behind their earlier "
         "copy");
    double score[STREAM_LAYERS];
    for (int layers = 1; layers <= STREAM_LAYERS; layers++) {
        Stream m = stream_new(run->seed, layers);
        Progress bar = progress_new("training", steps, "steps");
        curve[layers - 1].bar = &bar;
        stream_train(&m, steps, PER_STEP, run->seed, note, &curve[layers - 1]);
        progress_end(&bar);
        stream_logits(&m, t, &one, w);
        score[layers - 1] = stream_score(&m, 200, run->seed + 81);
        printf("  %6d   ~%.1f %%", layers, 100 * score[layers - 1]);
        for (int l = 0; l < layers; l++) {
            double previous, found;
            habits(&one, w + l * T * T, &previous, &found);
            printf("%*slayer %d   ~%-17.2f  ~%.2f\n", l ? 21 : 2, "", l + 1,
                   previous, found);
        }
        stream_free(&m);
        tape_reset(t);
    }
    puts(
        score[0] < 0.5 && score[1] > 0.9
            ? "\n  One layer knows fewer than half, two know more than 9 of 10."
            : "\n  (One layer is expected below half, two above 9 of 10.)");
    for (int l = 0; l < STREAM_LAYERS; l++)
        plot_text(&one, w + l * T * T, l, run->plots);
    Plot *p = plot_new("One layer looks at letters, two look behind them",
                       "step", "loss");
    for (int l = 0; l < STREAM_LAYERS; l++)
        plot_line(p, l ? "two layers" : "one layer", curve[l].n, curve[l].step,
                  curve[l].loss);
    plot_level(p, "guessing: log 10", log(10));
    plot_save(p, run->plots, "text");
    arena_free(&arena);
}

// --- the program ------------------------------------------------------------

int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    const Option own[] = {{0}};
    cli_parse(argc, argv,
              "Attention, from the mean of the past to the fused operation: by "
              "hand, scaled,\nmasked, measured, and at work on a task that "
              "nothing else here can do.",
              own, &run);
    // All is small here: a second thread would mostly wait for the first.
    if (run.threads == 0)
        threads_set(1);
    printf("Attention, step by step: about %s and %s of memory.\n"
           "A tilde marks what is measured; one core, unless --threads says "
           "more.\n\n",
           run.quick ? "2 seconds" : "6 seconds",
           run.quick ? "120 MB" : "700 MB");
    Tape *t = tape_new(0, run.seed);
    int longest = 0;
    by_hand(t);
    why_scaled(t, &run);
    laboratory(t, &run);
    equality(t, &run);
    one_by_one();
    double times = costs(t, &run, &longest);
    double found = notebook(t, &run);
    text(t, &run);
    tape_free(t);
    printf("\n=> recall %.0f %% (guessing 10); T = %d in 1/%.0f of the "
           "memory\n",
           100 * found, longest, times);
    return 0;
}
