// 11-kv-cache: writing a text without computing everything again at each token.
//
// Read from top to bottom: what a cache weighs, the same tokens in eight ways,
// what they cost, the roofline, a cache that forgets, and blocks that texts
// share.
#include "10-gpt/sampler.h"
#include "11-kv-cache/cached_gpt.h"
#include "11-kv-cache/cost.h"
#include "11-kv-cache/learn.h"

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

// The model whose costs are measured. Its weights are random: no loop here
// takes another way for other numbers.
enum {
    PIECES = 512,
    CONTEXT = 512,
    WIDTH = 128,
    HEADS = 4,
    LAYERS = 4,
    HIDDEN = 512,
};

static const GptShape shape = {.pieces = PIECES,
                               .context = CONTEXT,
                               .width = WIDTH,
                               .heads = HEADS,
                               .groups = HEADS,
                               .layers = LAYERS,
                               .hidden = HIDDEN};

typedef struct Lab {
    Run run;
    Gpt model;
    CachedGpt reader;
    Tape *tape; // for reading without a cache; it does not train
    int longest;
    double rate, bandwidth; // operations and bytes a second of this machine
    double times;           // what a cache gains at the longest text
} Lab;

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

static Tokens one(const int *id)
{
    return (Tokens){.n = 1, .id = id};
}

// The scores of what follows the n tokens, all computed anew.
static const float *without_cache(Lab *lab, int n, const int *id)
{
    tape_reset(lab->tape);
    const Matrix *y =
        gpt_forward(&lab->model, lab->tape, (Tokens){.n = n, .id = id});
    return y->val + (size_t)(n - 1) * y->cols;
}

// --- 1. what a cache weighs -------------------------------------------------

static void weigh(const char *name, int layers, int groups, int width, int T,
                  int bytes)
{
    const size_t token = kv_bytes(layers, groups * width, 1) / 4 * bytes;
    printf("  %-16s %6d %6d %5d %5d   %8zu %8d %12zu\n", name, layers, groups,
           width, bytes, token, T, token * T);
}

static void weights(void)
{
    puts("1. What a cache weighs: 2 x layers x groups x width x bytes a "
         "token\n");
    puts("                   layers groups width bytes     a token        T   "
         "     a text");
    weigh("this model", LAYERS, HEADS, WIDTH / HEADS, CONTEXT, 4);
    weigh("GPT-2 small", 12, 12, 64, 1024, 2);
    weigh("Llama 2 7B", 32, 32, 128, 4096, 2);
    weigh("Llama 2 70B", 80, 8, 128, 4096, 2);
    weigh("Mistral 7B", 32, 8, 128, 32768, 2);
    puts("");
}

// --- 2. the same tokens, in eight ways --------------------------------------

enum { PROMPT = 57, NEW = 48, BESIDE = 4 };

// What one way of writing gave: NEW tokens and the scores each was chosen by.
typedef struct Written {
    int id[NEW];
    float scores[NEW][PIECES];
} Written;

static void write_down(Written *w, int i, const float *scores)
{
    memcpy(w->scores[i], scores, sizeof w->scores[i]);
    w->id[i] = greatest(scores, PIECES);
}

static void write_without(Lab *lab, const int *prompt, Written *w)
{
    int id[PROMPT + NEW];
    memcpy(id, prompt, PROMPT * sizeof *id);
    for (int i = 0; i < NEW; i++) {
        write_down(w, i, without_cache(lab, PROMPT + i, id));
        id[PROMPT + i] = w->id[i];
    }
}

// The prompt in chunks, then token by token.
static void write_with(Lab *lab, const int *prompt, int chunk, KvCache c,
                       Written *w)
{
    const float *scores =
        cached_gpt_prompt(&lab->reader, PROMPT, prompt, chunk, &c);
    for (int i = 0; i < NEW; i++) {
        if (i > 0)
            scores =
                cached_gpt_read(&lab->reader, one(&w->id[i - 1]), &c, false);
        write_down(w, i, scores);
    }
    kv_cache_free(&c);
}

// Beside three other texts with prompts of other lengths; ours is the third.
static void write_beside(Lab *lab, const int *prompt, KvPool *p, Written *w)
{
    static const int length[BESIDE] = {31, 5, PROMPT, 12};
    KvCache c[BESIDE];
    int id[PROMPT * BESIDE], start[BESIDE + 1] = {0}, newest[BESIDE];
    for (int k = 0; k < BESIDE; k++) {
        c[k] = cached_gpt_cache(&lab->model, p);
        for (int i = 0; i < length[k]; i++)
            id[start[k] + i] =
                k == 2 ? prompt[i] : prompt[(7 * i + k) % PROMPT];
        start[k + 1] = start[k] + length[k];
    }
    const float *scores = cached_gpt_read(
        &lab->reader, (Tokens){start[BESIDE], id, {BESIDE, start}}, c, false);
    for (int i = 0; i < NEW; i++) {
        write_down(w, i, scores + 2 * PIECES);
        for (int k = 0; k < BESIDE; k++) {
            newest[k] = greatest(scores + (size_t)k * PIECES, PIECES);
            start[k + 1] = k + 1; // from now on a row each
        }
        scores = cached_gpt_read(
            &lab->reader, (Tokens){BESIDE, newest, {BESIDE, start}}, c, false);
    }
    for (int k = 0; k < BESIDE; k++)
        kv_cache_free(&c[k]);
}

static void compare(const char *way, const Written *w, const Written *first)
{
    double most = 0;
    for (int i = 0; i < NEW; i++)
        for (int j = 0; j < PIECES; j++)
            most = fmax(most, fabs((double)w->scores[i][j] -
                                   (double)first->scores[i][j]));
    const bool bits = memcmp(w->scores, first->scores, sizeof w->scores) == 0;
    const bool same = memcmp(w->id, first->id, sizeof w->id) == 0;
    printf("  %-38s %-9s", way, same ? "the same" : "others");
    if (bits)
        puts("0, bit for bit");
    else
        printf("~%.0e\n", most);
}

static void same_tokens(Lab *lab)
{
    static Written first, w;
    int prompt[PROMPT];
    Rng r = rng_new(lab->run.seed + 1);
    for (int i = 0; i < PROMPT; i++)
        prompt[i] = rng_below(&r, PIECES);
    KvPool *p = cached_gpt_pool(&lab->model, KV_BLOCK, 5 * CONTEXT / KV_BLOCK);
    printf("2. A prompt of %d tokens and %d more: the same tokens?\n\n", PROMPT,
           NEW);
    puts("  way                                    tokens   scores differ by");
    write_with(lab, prompt, 1, cached_gpt_cache(&lab->model, p), &first);
    compare("with a cache, token by token", &first, &first);
    write_with(lab, prompt, 0, cached_gpt_cache(&lab->model, p), &w);
    compare("... the prompt at once", &w, &first);
    write_with(lab, prompt, 2, cached_gpt_cache(&lab->model, p), &w);
    compare("... in chunks of 2", &w, &first);
    write_with(lab, prompt, 17, cached_gpt_cache(&lab->model, p), &w);
    compare("... in chunks of 17", &w, &first);
    write_beside(lab, prompt, p, &w);
    compare("... in a batch with three other texts", &w, &first);
    rng_shuffle(&r, p->stack, p->idle);
    write_with(lab, prompt, 17, cached_gpt_cache(&lab->model, p), &w);
    compare("... in blocks anywhere in memory", &w, &first);
    kv_pool_free(p);
    p = cached_gpt_pool(&lab->model, 16, CONTEXT / 16);
    write_with(lab, prompt, 17, cached_gpt_cache(&lab->model, p), &w);
    compare("... in blocks of 16 positions, not 64", &w, &first);
    write_without(lab, prompt, &w);
    compare("without a cache", &w, &first);
    kv_pool_free(p);
    puts("");
}

// --- 3. time ----------------------------------------------------------------

// The fastest of some calls; on a busy machine all others say little.
typedef struct Fastest {
    double seconds, began;
} Fastest;

static void begin(Fastest *f)
{
    f->began = seconds_now();
}

static void end(Fastest *f)
{
    const double s = seconds_now() - f->began;
    if (f->seconds == 0 || s < f->seconds)
        f->seconds = s;
}

// How fast this machine multiplies matrices of the model's size, and how fast
// it can fetch the model's weights for one row.
static void measure_machine(Lab *lab)
{
    enum { ROWS = 256 };
    const int matrices = (int)(cost_weights(&shape) / 4) / (WIDTH * HIDDEN);
    Arena a = arena_new((size_t)1 << 25);
    float *w = arena_zero(&a, (size_t)matrices * WIDTH * HIDDEN, sizeof *w);
    float *x = arena_zero(&a, (size_t)ROWS * WIDTH, sizeof *x);
    float *y = arena_zero(&a, (size_t)ROWS * HIDDEN, sizeof *y);
    Fastest multiply = {0}, fetch = {0};
    for (int round = 0; round < 200; round++) {
        begin(&multiply);
        gemm_nn(ROWS, HIDDEN, WIDTH, x, WIDTH, w, HIDDEN, y, HIDDEN, false);
        end(&multiply);
        begin(&fetch);
        for (int i = 0; i < matrices; i++)
            gemm_nn(1, HIDDEN, WIDTH, x, WIDTH, w + (size_t)i * WIDTH * HIDDEN,
                    HIDDEN, y, HIDDEN, false);
        end(&fetch);
    }
    lab->rate = 2.0 * ROWS * HIDDEN * WIDTH / multiply.seconds;
    lab->bandwidth = 4.0 * matrices * WIDTH * HIDDEN / fetch.seconds;
    arena_free(&a);
}

enum { STEPS = CONTEXT };

// Seconds for the token that follows n others, n = 1 .. longest: [n].
typedef struct Times {
    double without[STEPS + 1], with[STEPS + 1];
    double without_predicted[STEPS + 1], with_predicted[STEPS + 1];
} Times;

static void predict(const Lab *lab, Times *t)
{
    for (int n = 1; n <= lab->longest; n++) {
        t->without_predicted[n] = cost_work(&shape, n, 0, n) / lab->rate;
        t->with_predicted[n] =
            (cost_weights(&shape) + cost_cache(&shape, n - 1)) / lab->bandwidth;
    }
}

static void measure_times(Lab *lab, Times *t)
{
    enum { ROUNDS = 5 };
    int id[STEPS + 1] = {0};
    KvPool *p = cached_gpt_pool(&lab->model, KV_BLOCK, CONTEXT / KV_BLOCK);
    for (int round = 0; round < ROUNDS; round++) {
        KvCache c = cached_gpt_cache(&lab->model, p);
        for (int n = 1; n <= lab->longest; n++) {
            Fastest f = {.seconds = t->with[n]};
            begin(&f);
            const float *scores =
                cached_gpt_read(&lab->reader, one(&id[n - 1]), &c, false);
            id[n] = greatest(scores, PIECES);
            end(&f);
            t->with[n] = f.seconds;
        }
        kv_cache_free(&c);
    }
    kv_pool_free(p);
    const int64_t tokens = (int64_t)lab->longest * lab->longest / 2;
    Progress bar =
        progress_new("writing without a cache", 2 * tokens, "tokens read");
    for (int round = 0; round < 2; round++)
        for (int n = 1; n <= lab->longest; n++) {
            Fastest f = {.seconds = t->without[n]};
            begin(&f);
            const int next = greatest(without_cache(lab, n, id), PIECES);
            end(&f);
            t->without[n] = f.seconds;
            check(n == lab->longest || next == id[n], "token %d is %d, not %d",
                  n, next, id[n]);
            progress(&bar, round * tokens + (int64_t)n * n / 2, NAN);
        }
    progress_end(&bar);
}

static double total(const double *seconds, int n)
{
    double sum = 0;
    for (int i = 1; i <= n; i++)
        sum += seconds[i];
    return sum;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The median of the last few times up to n: one may have been disturbed.
static double around(const double *seconds, int n)
{
    double last[9];
    const int few = smaller(9, n);
    memcpy(last, seconds + n + 1 - few, few * sizeof *last);
    qsort(last, few, sizeof *last, ascending);
    return last[few / 2];
}

static void plot_times(const Lab *lab, const Times *t)
{
    static double x[STEPS], y[6][STEPS];
    const int n = lab->longest;
    for (int i = 0; i < n; i++) {
        x[i] = i + 1;
        y[0][i] = 1e3 * around(t->without, i + 1);
        y[1][i] = 1e3 * t->without_predicted[i + 1];
        y[2][i] = 1e3 * around(t->with, i + 1);
        y[3][i] = 1e3 * t->with_predicted[i + 1];
    }
    Plot *p = plot_new("Time for one more token", "tokens so far", "ms");
    plot_line(p, "without a cache", n, x, y[0]);
    plot_line(p, "... predicted", n, x, y[1]);
    plot_line(p, "with a cache", n, x, y[2]);
    plot_line(p, "... predicted", n, x, y[3]);
    plot_log(p, true, true);
    plot_save(p, lab->run.plots, "token");
    double sum[4] = {0};
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 4; k++) {
            sum[k] += y[k][i];
            y[k][i] = sum[k];
            if (k == 3) {
                y[4][i] = y[0][i] / y[2][i];
                y[5][i] = y[1][i] / y[3][i];
            }
        }
    p = plot_new("Time for a whole text", "tokens", "ms");
    plot_line(p, "without a cache", n, x, y[0]);
    plot_line(p, "... predicted", n, x, y[1]);
    plot_line(p, "with a cache", n, x, y[2]);
    plot_line(p, "... predicted", n, x, y[3]);
    plot_log(p, true, true);
    plot_save(p, lab->run.plots, "total");
    p = plot_new("What a cache gains on a whole text", "tokens",
                 "times as fast");
    plot_line(p, "measured", n, x, y[4]);
    plot_line(p, "predicted", n, x, y[5]);
    plot_save(p, lab->run.plots, "gain");
}

static void times(Lab *lab)
{
    static Times t;
    const int n = lab->longest;
    puts("3. Time: first predicted, then measured\n");
    printf("  This machine multiplies ~%.1f GFLOP/s and fetches ~%.1f GB/s.\n",
           1e-9 * lab->rate, 1e-9 * lab->bandwidth);
    printf("  A token is %.2f MFLOP and %.2f MB of weights.\n\n",
           1e-6 * cost_work(&shape, 1, 0, 1), 1e-6 * cost_weights(&shape));
    predict(lab, &t);
    measure_times(lab, &t);
    puts("  one more token");
    puts("              without a cache, ms     with a cache, ms");
    puts("  tokens     predicted   measured   predicted   measured");
    for (int T = 16; T <= n; T *= 2)
        printf("  %6d       ~%-7.2f   ~%-7.2f     ~%-6.3f    ~%.3f\n", T,
               1e3 * t.without_predicted[T], 1e3 * around(t.without, T),
               1e3 * t.with_predicted[T], 1e3 * around(t.with, T));
    puts("\n  a whole text, s                                   times as fast");
    puts("  tokens     without a cache  with a cache     predicted   measured");
    for (int T = 16; T <= n; T *= 2) {
        const double slow = total(t.without, T), fast = total(t.with, T);
        lab->times = slow / fast;
        printf("  %6d       ~%-10.4f     ~%-10.4f        ~%-5.1f     ~%.1f\n",
               T, slow, fast,
               total(t.without_predicted, T) / total(t.with_predicted, T),
               lab->times);
    }
    puts("");
    plot_times(lab, &t);
}

// --- 4. memory --------------------------------------------------------------

static void memory(Lab *lab)
{
    enum { LOOKS = 64 };
    static const int at[] = {1, 63, 64, 65, 128, 200, 256, 512};
    double x[STEPS], need[STEPS], held[STEPS], tape[STEPS];
    int n = 0, id[STEPS] = {0};
    KvPool *p = cached_gpt_pool(&lab->model, KV_BLOCK, CONTEXT / KV_BLOCK);
    KvCache c = cached_gpt_cache(&lab->model, p);
    puts("4. Memory: bytes of a cache in blocks of 64 positions\n");
    puts("  tokens      needed        held      without a cache, at work");
    for (int T = 1, next = 0; T <= lab->longest; T++) {
        cached_gpt_read(&lab->reader, one(&id[T - 1]), &c, false);
        if (T % 8 && T != at[next])
            continue;
        tape_reset(lab->tape);
        gpt_forward(&lab->model, lab->tape, (Tokens){.n = T, .id = id});
        x[n] = T;
        need[n] = (double)kv_bytes(LAYERS, WIDTH, T);
        held[n] = (double)kv_pool_used(p);
        tape[n] = (double)lab->tape->arena.used;
        if (T == at[next]) {
            printf("  %6d  %10.0f  %10.0f      %10.0f\n", T, need[n], held[n],
                   tape[n]);
            next++;
        }
        n++;
    }
    puts("");
    kv_cache_free(&c);
    kv_pool_free(p);
    Plot *plot = plot_new("Memory of a cache", "tokens", "bytes");
    plot_line(plot, "the formula", n, x, need);
    plot_line(plot, "held, in blocks of 64", n, x, held);
    plot_save(plot, lab->run.plots, "memory");
}

// --- 5. reading and writing on the roofline ---------------------------------

enum { BEFORE = 128, SIZES = 9, WIDEST = 32 };

// GFLOP/s of reading n tokens of one text at once, behind BEFORE others.
static double read_together(Lab *lab, int n, const KvCache *before)
{
    int id[1 << (SIZES - 1)] = {0};
    Fastest f = {0};
    for (int round = 0; round < 3 + 256 / n; round++) {
        KvCache c = kv_fork(before, BEFORE);
        begin(&f);
        cached_gpt_read(&lab->reader, (Tokens){.n = n, .id = id}, &c, false);
        end(&f);
        kv_cache_free(&c);
    }
    return 1e-9 * cost_work(&shape, n, BEFORE, 1) / f.seconds;
}

// GFLOP/s of writing one token each in n texts, behind BEFORE others.
static double write_together(Lab *lab, int n, KvCache *c, double *seconds)
{
    int id[WIDEST] = {0}, start[WIDEST + 1];
    Fastest f = {0};
    for (int k = 0; k <= n; k++)
        start[k] = k;
    for (int round = 0; round < 3 + 64 / n; round++) {
        begin(&f);
        cached_gpt_read(&lab->reader, (Tokens){n, id, {n, start}}, c, false);
        end(&f);
        for (int k = 0; k < n; k++)
            kv_cut(&c[k], BEFORE);
    }
    *seconds = f.seconds;
    return 1e-9 * n * cost_work(&shape, 1, BEFORE, 1) / f.seconds;
}

static void roofline(Lab *lab)
{
    int id[BEFORE] = {0};
    double part[SIZES], reading[SIZES];
    double alone[SIZES], writing[SIZES];
    KvPool *p = cached_gpt_pool(&lab->model, KV_BLOCK, WIDEST * 3 + 8);
    KvCache c[WIDEST];
    for (int k = 0; k < WIDEST; k++) {
        c[k] = cached_gpt_cache(&lab->model, p);
        cached_gpt_prompt(&lab->reader, BEFORE, id, 0, &c[k]);
    }
    puts("5. Reading and writing on the roofline, GFLOP/s\n");
    puts("             n tokens of a text             one token each of n "
         "texts");
    puts("     n  FLOP/byte    roof  measured   FLOP/byte    roof  measured  "
         "tokens/s");
    for (int i = 0; i < SIZES; i++) {
        const int n = 1 << i;
        const double cache = cost_cache(&shape, BEFORE);
        part[i] =
            cost_work(&shape, n, BEFORE, 1) / (cost_weights(&shape) + cache);
        reading[i] = read_together(lab, n, &c[0]);

        printf("  %4d     %6.1f   ~%-5.1f    ~%*.1f", n, part[i],
               1e-9 * fmin(lab->rate, part[i] * lab->bandwidth),
               n <= WIDEST ? -5 : 0, reading[i]);
        alone[i] = writing[i] = NAN;
        if (n <= WIDEST) { // weights once, but a cache for each
            double seconds;
            alone[i] = n * cost_work(&shape, 1, BEFORE, 1) /
                       (cost_weights(&shape) + n * cache);
            writing[i] = write_together(lab, n, c, &seconds);
            printf("      %6.1f   ~%-5.1f    ~%-5.1f  ~%.0f", alone[i],
                   1e-9 * fmin(lab->rate, alone[i] * lab->bandwidth),
                   writing[i], n / seconds);
        }
        puts("");
    }
    puts("");
    for (int k = 0; k < WIDEST; k++)
        kv_cache_free(&c[k]);
    kv_pool_free(p);
    Plot *plot =
        plot_new("Reading a prompt and writing a text",
                 "operations for each byte of weights and cache", "GFLOP/s");
    const double corner[] = {part[0], lab->rate / lab->bandwidth,
                             part[SIZES - 1]};
    const double height[] = {1e-9 * part[0] * lab->bandwidth, 1e-9 * lab->rate,
                             1e-9 * lab->rate};
    plot_line(plot, "the roof", 3, corner, height);
    plot_points(plot, "n tokens of one text", SIZES, part, reading);
    plot_points(plot, "one token each of n texts", SIZES, alone, writing);
    plot_log(plot, true, true);
    plot_save(plot, lab->run.plots, "roofline");
}

// --- 6. a cache that forgets ------------------------------------------------

enum { TEXTS = 40, KEPT = 6, SINKS = 4, NOTES = 64 };

// The share of right digits in the second half of a text, with a cache that
// keeps `kept` positions. *held is what it holds at the end.
static double with_less(CachedGpt *g, KvPool *p, const int *id, const int *next,
                        int kept, int sinks, size_t *held)
{
    KvCache c = kv_cache_new(p, 0, kept - sinks, sinks);
    int right = 0, asked = 0;
    for (int at = 0; at < NOTES;) {
        const int n = smaller(kv_room(&c), NOTES - at);
        const float *scores =
            cached_gpt_read(g, (Tokens){.n = n, .id = id + at}, &c, true);
        for (int i = 0; i < n; i++, at++)
            if (at >= NOTES / 2 && next[at] >= 0) {
                right += greatest(scores + (size_t)i * NOTE_PIECES,
                                  NOTE_PIECES) == next[at];
                asked++;
            }
    }
    *held = kv_pool_used(p);
    kv_cache_free(&c);
    return (double)right / asked;
}

// The same when the newest `kept` tokens are read anew for each answer.
static double read_anew(CachedGpt *g, KvPool *p, const int *id, const int *next,
                        int kept)
{
    int right = 0, asked = 0;
    for (int at = NOTES / 2; at < NOTES; at++) {
        if (next[at] < 0)
            continue;
        const int n = smaller(kept, at + 1);
        KvCache c = cached_gpt_cache(g->model, p);
        right += greatest(cached_gpt_prompt(g, n, id + at + 1 - n, 0, &c),
                          NOTE_PIECES) == next[at];
        asked++;
        kv_cache_free(&c);
    }
    return (double)right / asked;
}

// What can be expected: the answer is right if the note is among the newest
// `kept` positions, and else one of ten guesses.
static double expected(const int *id, const int *next, int kept)
{
    double right = 0;
    int asked = 0;
    for (int at = NOTES / 2; at < NOTES; at++) {
        if (next[at] < 0)
            continue;
        bool there = false;
        for (int j = at; j >= 0 && j > at - kept; j--)
            there |= id[j] == next[at];
        right += there ? 1 : 0.1;
        asked++;
    }
    return right / asked;
}

static void forgetting(const Lab *lab)
{
    Gpt m = gpt_new((GptShape){.pieces = NOTE_PIECES,
                               .context = NOTES,
                               .width = 32,
                               .heads = 2,
                               .groups = 2,
                               .layers = 2,
                               .hidden = 64},
                    lab->run.seed);
    learn_notes(&m, 300, 16, 1e-2f, lab->run.seed);
    CachedGpt g = cached_gpt_new(&m, NOTES);
    KvPool *p = cached_gpt_pool(&m, 4, NOTES / 4 + 2);
    double x[KEPT], y[4][KEPT] = {{0}};
    puts("6. A cache that forgets: what was noted for this letter? right, %\n");
    printf("                              the newest   the first %d,      the "
           "newest,\n",
           SINKS);
    puts("  kept    bytes   expected    are kept     then the newest   read "
         "anew");
    for (int k = 0; k < KEPT; k++) {
        const int kept = NOTES >> k;
        size_t held = 0, unused;
        Rng r = rng_new(lab->run.seed + 7);
        x[k] = kept;
        for (int i = 0; i < TEXTS; i++) {
            int id[NOTES], next[NOTES];
            notes(&r, NOTES, id, next);
            y[0][k] += 100 * expected(id, next, kept) / TEXTS;
            y[1][k] += 100 * with_less(&g, p, id, next, kept, 0, &held) / TEXTS;
            if (kept > SINKS)
                y[2][k] += 100 *
                           with_less(&g, p, id, next, kept, SINKS, &unused) /
                           TEXTS;
            y[3][k] += 100 * read_anew(&g, p, id, next, kept) / TEXTS;
        }
        printf("  %4d  %7zu      %5.1f      ~%-5.1f  ", kept, held, y[0][k],
               y[1][k]);
        if (kept > SINKS)
            printf("          ~%-5.1f ", y[2][k]);
        else {
            printf("              -   ");
            y[2][k] = NAN;
        }
        printf("        ~%.1f\n", y[3][k]);
    }
    puts("");
    Plot *plot =
        plot_new("What forgetting costs", "positions kept", "right answers, %");
    plot_line(plot, "expected", KEPT, x, y[0]);
    plot_points(plot, "the newest", KEPT, x, y[1]);
    plot_points(plot, "the first 4, then the newest", KEPT, x, y[2]);
    plot_points(plot, "the newest, read anew", KEPT, x, y[3]);
    plot_log(plot, true, false);
    plot_save(plot, lab->run.plots, "forgetting");
    kv_pool_free(p);
    cached_gpt_free(&g);
    gpt_free(&m);
}

// --- 7. blocks that texts share ---------------------------------------------

enum { REQUESTS = 6, SHARED = 150, PAGE = 16 };

// How many tokens request k gets as its answer; the first gets most.
static int answer_length(int k)
{
    return 105 - 17 * k;
}

// Writes all answers at once, at random, each behind its own cache. Before,
// `scores` are those behind the prompt.
static void answer(Lab *lab, KvCache *c, const float *scores,
                   int id[REQUESTS][CONTEXT])
{
    int newest[REQUESTS], start[REQUESTS + 1] = {0};
    Sampler s = {.temperature = 1, .rng = rng_new(lab->run.seed)};
    for (int i = 0, n = REQUESTS; n > 0; i++) {
        for (int k = 0; k < n; k++) {
            float row[PIECES];
            memcpy(row, scores + (i ? (size_t)k * PIECES : 0), sizeof row);
            newest[k] = id[k][i] = sample(&s, row, PIECES, NULL, 0);
            start[k + 1] = k + 1;
        }
        scores = cached_gpt_read(&lab->reader, (Tokens){n, newest, {n, start}},
                                 c, false);
        while (n > 0 && answer_length(n - 1) == i + 1)
            n--; // this one has all it wanted
    }
}

// Are the scores behind each answer those of the same text alone?
static bool as_alone(Lab *lab, KvCache *c, const int *prompt,
                     int id[REQUESTS][CONTEXT])
{
    KvPool *p = cached_gpt_pool(&lab->model, PAGE, CONTEXT / PAGE);
    bool same = true;
    for (int k = 0; k < REQUESTS; k++) {
        const int one_more = 7, n = answer_length(k);
        float scores[PIECES];
        memcpy(scores,
               cached_gpt_read(&lab->reader, one(&one_more), &c[k], false),
               sizeof scores);
        KvCache alone = cached_gpt_cache(&lab->model, p);
        cached_gpt_prompt(&lab->reader, SHARED, prompt, 0, &alone);
        cached_gpt_prompt(&lab->reader, n, id[k], 0, &alone);
        const float *want =
            cached_gpt_read(&lab->reader, one(&one_more), &alone, false);
        same = same && memcmp(scores, want, sizeof scores) == 0;
        kv_cache_free(&alone);
    }
    kv_pool_free(p);
    return same;
}

static int in_blocks(int positions, int block)
{
    return (positions + block - 1) / block * block;
}

// Positions that the requests take: with blocks of their own, or shared ones.
static int positions_held(int block, bool shared)
{
    const int common = shared ? SHARED / block * block : 0;
    int sum = common;
    for (int k = 0; k < REQUESTS; k++)
        sum += in_blocks(SHARED + answer_length(k) - common, block);
    return sum;
}

static void plot_blocks(const Lab *lab)
{
    enum { MOST = 64 };
    double x[MOST], own[MOST], shared[MOST];
    for (int b = 1; b <= MOST; b++) {
        x[b - 1] = b;
        own[b - 1] = positions_held(b, false);
        shared[b - 1] = positions_held(b, true);
    }
    Plot *p = plot_new("Six requests that begin alike", "positions in a block",
                       "positions held");
    plot_line(p, "each its own blocks", MOST, x, own);
    plot_line(p, "the beginning shared", MOST, x, shared);
    plot_save(p, lab->run.plots, "blocks");
}

static void say_held(const char *how, int positions)
{
    printf("  %-36s %5d   %8zu\n", how, positions,
           kv_bytes(LAYERS, WIDTH, positions));
}

static void sharing(Lab *lab)
{
    static int id[REQUESTS][CONTEXT];
    int prompt[SHARED];
    float scores[PIECES];
    Rng r = rng_new(lab->run.seed + 3);
    for (int i = 0; i < SHARED; i++)
        prompt[i] = rng_below(&r, PIECES);
    KvPool *p = cached_gpt_pool(&lab->model, PAGE, REQUESTS * CONTEXT / PAGE);
    KvCache c[REQUESTS] = {cached_gpt_cache(&lab->model, p)};
    memcpy(scores, cached_gpt_prompt(&lab->reader, SHARED, prompt, 0, &c[0]),
           sizeof scores);
    for (int k = 1; k < REQUESTS; k++)
        c[k] = kv_fork(&c[0], SHARED);
    printf("7. %d requests that begin with the same %d tokens, in blocks of "
           "%d\n\n",
           REQUESTS, SHARED, PAGE);
    puts("                                   positions      bytes");
    say_held("room for the longest text, for each", REQUESTS * CONTEXT);
    say_held("each its own blocks", positions_held(PAGE, false));
    say_held("the beginning shared", positions_held(PAGE, true));
    int before = p->idle;
    printf("  the prompt, in %d tables             %5d   %8zu\n", REQUESTS,
           (p->blocks - before) * PAGE, kv_pool_used(p));
    answer(lab, c, scores, id);
    printf("  measured, at the end                 %5d   %8zu\n",
           (p->blocks - p->idle) * PAGE, kv_pool_used(p));
    printf("\n  The answers are those of each text alone: %s.\n\n",
           as_alone(lab, c, prompt, id) ? "yes, bit for bit" : "no");
    plot_blocks(lab);
    for (int k = 0; k < REQUESTS; k++)
        kv_cache_free(&c[k]);
    kv_pool_free(p);
}

// --- the program ------------------------------------------------------------

static const char about[] =
    "Writing text with a GPT, with and without a cache of keys and values: "
    "the\n"
    "same tokens, what they cost in time and memory against what a formula\n"
    "says, a cache that forgets, and blocks that several texts share.";

int main(int argc, char **argv)
{
    Lab lab = {.run = {.seed = 1}};
    cli_parse(argc, argv, about, (Option[]){{0}}, &lab.run);
    if (lab.run.threads == 0)
        threads_set(1);
    const bool quick = lab.run.quick;
    printf("A cache of keys and values: about %d seconds and %d MB of memory.\n"
           "A tilde marks what is measured; one core, unless --threads says "
           "more.\n\n",
           quick ? 5 : 15, quick ? 60 : 75);
    lab.longest = quick ? 256 : CONTEXT;
    lab.model = gpt_new(shape, lab.run.seed);
    lab.reader = cached_gpt_new(&lab.model, CONTEXT);
    lab.tape = tape_new(0, 1);
    lab.tape->training = false;
    weights();
    same_tokens(&lab);
    measure_machine(&lab);
    times(&lab);
    memory(&lab);
    roofline(&lab);
    forgetting(&lab);
    sharing(&lab);
    printf("=> the same bits in any chunks; %d tokens ~%.0f x as fast\n",
           lab.longest, lab.times);
    tape_free(lab.tape);
    cached_gpt_free(&lab.reader);
    gpt_free(&lab.model);
    return 0;
}
