// 06-recurrent: networks with a memory, what they forget, and why attention
// was invented.
//
// Read from top to bottom: back through three steps by hand, the gradient over
// a distance, a task that needs the distance, clipping, language models of
// letters, and a reader of dates without and with attention.
#include "06-recurrent/distance.h"
#include "06-recurrent/letters.h"
#include "06-recurrent/reader.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/kernels.h"
#include "common/plot.h"
#include "common/progress.h"
#include "common/threads.h"
#include "data/tales/tales.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What was measured at which step, for a plot.
enum { CURVE_MOST = 2000 };

typedef struct Curve {
    int n;
    double x[CURVE_MOST], y[CURVE_MOST];
} Curve;

static void curve_add(Curve *c, double x, double y)
{
    if (c->n < CURVE_MOST) {
        c->x[c->n] = x;
        c->y[c->n++] = y;
    }
}

// After Ctrl-C: what was printed is true, what would follow is not learnt.
static void stop_if_asked(void)
{
    if (!interrupted())
        return;
    puts("\nStopped. What is printed above is complete.");
    exit(130);
}

// --- 1. back through three steps, by hand -----------------------------------

enum { HAND = 3 };

// h = tanh(x + u h) three times, from h = 0, and the slopes of the last h.
static void by_hand(Tape *t)
{
    static const float x[HAND] = {1, 0.5f, -0.5f};
    const double u = 0.8;
    double h[HAND + 1] = {0}, da[HAND], dh = 1, du = 0;
    for (int i = 0; i < HAND; i++)
        h[i + 1] = tanh((double)x[i] + u * h[i]);
    puts("1. Three steps of one number, h' = tanh(x + 0.8 h), and back\n");
    puts("  step      x   h before   h after      dh'      dx    for u");
    for (int i = HAND - 1; i >= 0; i--) {
        da[i] = dh * (1 - h[i + 1] * h[i + 1]); // through tanh
        printf("  %4d   %4.1f   %8.4f  %8.4f  %7.4f %7.4f  %7.4f\n", i + 1,
               (double)x[i], h[i], h[i + 1], dh, da[i], da[i] * h[i]);
        du += da[i] * h[i]; // u was used at each step
        dh = da[i] * u;     // what arrives at the step before
    }
    Params *p = params_new(1);
    Rnn cell = rnn_new(p, 1, 1, "cell");
    cell.in.w->val[0] = 1;
    cell.again.w->val[0] = (float)u;
    Matrix *y = rnn(&cell, matrix_of(t, HAND, 1, x));
    backward(last_rows(y));
    printf("\n  dh3/du = %.4f; backward() says %.4f\n\n", du,
           (double)cell.again.w->grad[0]);
    params_free(p);
    tape_reset(t);
}

// --- 2. the gradient over a distance ----------------------------------------

typedef struct Candidate {
    const char *name;
    CellKind kind;
    float stretch, keep;
} Candidate;

static void gradients(const Run *run)
{
    enum { IN = 16, WIDTH = 64, LENGTH = 100, N = 8 };
    static const Candidate all[N] = {
        {"RNN, weights x 0.5", PLAIN, 0.5f, 0},
        {"RNN", PLAIN, 1, 0},
        {"RNN, weights x 2", PLAIN, 2, 0},
        {"GRU", GATED, 1, 0},
        {"GRU, keeps (bias 3)", GATED, 1, 3},
        {"LSTM, forget bias 0", LONG_SHORT, 1, 0},
        {"LSTM, forget bias 1", LONG_SHORT, 1, 1},
        {"LSTM, forget bias 3", LONG_SHORT, 1, 3},
    };
    static const int shown[] = {0, 5, 10, 20, 50, 100};
    printf("2. The gradient that reaches a token k steps back; width %d, not "
           "trained\n\n  network            k =",
           WIDTH);
    for (int i = 0; i < 6; i++)
        printf(" %8d", shown[i]);
    puts("");
    Plot *p = plot_new("How much of a gradient is left, k steps back",
                       "steps back", "norm of the gradient");
    for (int c = 0; c < N; c++) {
        double norm[LENGTH + 1], k[LENGTH + 1];
        Params *params = params_new(run->seed + 2);
        Cell cell = cell_new(all[c].kind, params, IN, WIDTH, all[c].stretch,
                             all[c].keep);
        gradient_over_distance(&cell, IN, LENGTH, run->seed + 3, norm);
        printf("  %-21s", all[c].name);
        for (int i = 0; i < 6; i++)
            printf(" ~%.1e", norm[shown[i]]);
        puts("");
        for (int i = 0; i <= LENGTH; i++)
            k[i] = i;
        plot_line(p, all[c].name, LENGTH + 1, k, norm);
        params_free(params);
    }
    puts("");
    plot_log(p, false, true);
    plot_range(p, 0, LENGTH, 1e-12, 1e3);
    plot_size(p, 820, 500);
    plot_save(p, run->plots, "gradient");
}

// --- 3. a task that needs the distance --------------------------------------

// Trains each network anew for each distance.
static void recall(const Run *run)
{
    enum { WIDTH = 32, N = 5, MOST = 5 };
    static const Candidate all[N] = {
        {"RNN", PLAIN, 1, 0},
        {"GRU", GATED, 1, 0},
        {"LSTM, forget bias 0", LONG_SHORT, 1, 0},
        {"LSTM, forget bias 1", LONG_SHORT, 1, 1},
        {"LSTM, forget bias 4", LONG_SHORT, 1, 4},
    };
    const int distances = run->quick ? 3 : MOST, steps = run->quick ? 200 : 300;
    double k[MOST], right[MOST];
    printf("3. Which of 8 tokens was it, k steps ago? Right of 500, after %d "
           "steps\n   of training\n\n  network            k =",
           steps);
    for (int i = 0; i < distances; i++)
        printf("  %5d", 5 << i);
    puts("");
    Plot *p = plot_new("Which of 8 tokens was it, k steps ago?", "steps back",
                       "right, of 1");
    Progress bar = progress_new("recall", N * distances, "trainings");
    for (int c = 0; c < N; c++) {
        char row[100] = "";
        size_t at = 0;
        for (int i = 0; i < distances; i++) {
            Recall m = recall_new(all[c].kind, WIDTH, all[c].keep, run->seed);
            k[i] = 5 << i;
            right[i] = recall_train(&m, 5 << i, steps, run->seed + 4);
            at += (size_t)snprintf(row + at, sizeof row - at, "  ~%.2f",
                                   right[i]);
            recall_free(&m);
            stop_if_asked();
            progress(&bar, c * distances + i + 1, NAN);
        }
        progress_end(&bar);
        printf("  %-22s%s\n", all[c].name, row);
        fflush(stdout);
        plot_line(p, all[c].name, distances, k, right);
    }
    puts("\n  Guessing gives 0.12.\n");
    plot_level(p, "guessing", 1.0 / RECALL_KINDS);
    plot_log(p, true, false);
    plot_save(p, run->plots, "recall");
}

// --- the course's stories ------------------------------------------------

typedef struct Story {
    Letters letters;
    int *id; // of the text to learn from, then of the text held out
    int learn, held;
} Story;

static Story story_new(int stories, uint64_t seed)
{
    Buffer b = {0};
    Rng r = rng_new(seed);
    size_t learn = 0;
    for (int i = 0; i < stories; i++) {
        if (i == stories - stories / 10)
            learn = b.length;
        tales_story(&r, &b);
        buffer_add(&b, "\n", 1);
    }
    Story s = {.letters = letters_of((Text){b.at, b.length}),
               .id = new_array(b.length, sizeof(int)),
               .learn = (int)learn,
               .held = (int)(b.length - learn)};
    for (size_t i = 0; i < b.length; i++)
        s.id[i] = s.letters.id[(unsigned char)b.at[i]];
    buffer_free(&b);
    return s;
}

// --- words, or names --------------------------------------------------------

typedef struct List {
    const char *what;
    Buffer text;
    Letters letters;
    Lines all, learn, held; // the last two are parts of `all`, mixed
} List;

// Names if they are given or there (--quick: only if given), else the words of
// the course's stories.
static List list_new(const Run *run)
{
    enum { LONGEST = 60 };
    List l = {.what = "names"};
    const char *path =
        run->quick && !run->data ? NULL : data_path(run, "names", "names.txt");
    if (path) {
        l.text = text_read(path);
    } else if (run->data) {
        data_missing("names");
    } else {
        Buffer stories = {0};
        Rng r = rng_new(run->seed);
        for (int i = 0; i < 2000; i++) {
            tales_story(&r, &stories);
            buffer_add(&stories, "\n", 1);
        }
        l.what = "words of the course's stories";
        l.text = lines_of_words((Text){stories.at, stories.length});
        buffer_free(&stories);
    }
    const Text text = {l.text.at, l.text.length};
    l.letters = letters_of(text);
    l.all = lines_of(text);
    if (l.all.n < 20)
        die("%s: %d lines, at least 20 are needed", path, l.all.n);
    for (int i = 0; i < l.all.n; i++)
        if (l.all.line[i].length > LONGEST)
            die("%s: a line of %zu letters (\"%.20s...\"), at most %d are "
                "expected",
                path, l.all.line[i].length, l.all.line[i].at, LONGEST);
    Rng r = rng_new(run->seed + 5);
    for (int i = l.all.n - 1; i > 0; i--) {
        const int j = rng_below(&r, i + 1);
        const Text swap = l.all.line[i];
        l.all.line[i] = l.all.line[j];
        l.all.line[j] = swap;
    }
    const int held = l.all.n / 10;
    l.held = (Lines){held, l.all.line};
    l.learn = (Lines){l.all.n - held, l.all.line + held};
    return l;
}

static void list_free(List *l)
{
    buffer_free(&l->text);
    free(l->all.line);
}

// 64 lines drawn at random.
static Spelt some_lines(const List *l, Tape *t, Rng *r)
{
    enum { BATCH = 64 };
    Text line[BATCH];
    for (int i = 0; i < BATCH; i++)
        line[i] = l->learn.line[rng_below(r, l->learn.n)];
    return spelt_lines(&l->letters, &t->arena, line, BATCH);
}

// --- 4. clipping ------------------------------------------------------------

// A plain network learns the stories by plain gradient descent; max_norm 0: no
// clipping. Returns the largest norm of a gradient that was met.
static double descend(const Story *s, int steps, float rate, float max_norm,
                      uint64_t seed, Curve *loss)
{
    enum { STREAMS = 16, PIECE = 64 };
    Speller m = speller_new(PLAIN, &s->letters, 64, seed);
    Sgd sgd = sgd_new(m.params, 0.9f);
    Tape *t = tape_new(0, seed);
    double largest = 0;
    for (int step = 1; step <= steps; step++) {
        Spelt x = spelt_streams(&t->arena, s->id, s->learn, STREAMS, PIECE,
                                (step - 1) * PIECE);
        Matrix *y = speller_loss(&m, t, x, NULL);
        curve_add(loss, step, (double)y->val[0] / log(2));
        backward(y);
        largest = fmax(largest, (double)params_clip(m.params, max_norm));
        sgd_step(&sgd, rate);
        tape_reset(t);
    }
    sgd_free(&sgd);
    tape_free(t);
    speller_free(&m);
    return largest;
}

// The mean of the last ten.
static double end_of(const Curve *c)
{
    double sum = 0;
    for (int i = c->n - 10; i < c->n; i++)
        sum += c->y[i] / 10;
    return sum;
}

static void clipping(const Run *run, const Story *s)
{
    enum { STEPS = 150, N = 4 };
    static Curve loss[N];
    static const float rate[N] = {0.5f, 0.5f, 2, 2};
    static const float limit[N] = {INFINITY, 0.5f, INFINITY, 0.5f};
    printf("4. Clipping: a plain network learns the stories by gradient "
           "descent\n\n");
    puts("  rate   clipped to   largest norm   bits a letter after 150 steps");
    Plot *p = plot_new("Gradient descent with and without clipping", "step",
                       "bits a letter");
    for (int i = 0; i < N; i++) {
        const bool clipped = limit[i] < INFINITY;
        const double r = (double)rate[i];
        const double largest =
            descend(s, STEPS, rate[i], limit[i], run->seed, &loss[i]);
        char name[60];
        printf("  %4.1f   %-10s   ~%-12.3g  ~%.2f\n", r,
               clipped ? "norm 0.5" : "-", largest, end_of(&loss[i]));
        snprintf(name, sizeof name, "rate %.1f%s", r,
                 clipped ? ", clipped" : "");
        plot_line(p, name, loss[i].n, loss[i].x, loss[i].y);
    }
    puts("");
    plot_range(p, NAN, NAN, 2, 8);
    plot_save(p, run->plots, "clipping");
}

// --- 5. inventing words -----------------------------------------------------

static bool listed(const List *l, Text word)
{
    for (int i = 0; i < l->all.n; i++)
        if (l->all.line[i].length == word.length &&
            memcmp(l->all.line[i].at, word.at, word.length) == 0)
            return true;
    return false;
}

// Writes n words to b with blanks between, and returns how many are new.
static int invent(const Speller *m, const List *l, Rng *r, int n, Buffer *b)
{
    int fresh = 0;
    for (int i = 0; i < n; i++) {
        const size_t from = b->length;
        speller_write(m, r, text_of("\n"), 20, 1, b);
        const Text word = {buffer_text(b).at + from, b->length - from};
        fresh += word.length > 0 && !listed(l, word);
        buffer_add(b, " ", 1);
    }
    return fresh;
}

// Trains a network on the list; an LSTM shows what it invents on the way.
static void learn_words(const Run *run, const List *l, Speller *m, int steps,
                        Curve *curve)
{
    FILE *live = run->quick ? stderr : stdout; // depends on rounding
    Adam adam = adam_new(m->params, 0.9f, 0.99f, 1e-8f, 0);
    Tape *t = tape_new(0, run->seed);
    Rng r = rng_new(run->seed + 7);
    Progress bar = progress_new("training", steps, "steps");
    for (int step = 1; step <= steps; step++) {
        stop_if_asked();
        Matrix *loss = speller_loss(m, t, some_lines(l, t, &r), NULL);
        const double bits = (double)loss->val[0] / log(2);
        if (step % 10 == 1)
            curve_add(curve, step, bits);
        progress(&bar, step, bits);
        backward(loss);
        params_clip(m->params, 1);
        adam_step(&adam, rate_cosine(step, 20, steps, 1e-2f, 1e-4f));
        tape_reset(t);
        if (m->cell.kind == LONG_SHORT &&
            (step == 10 || step == steps / 4 || step == steps)) {
            Buffer b = {0};
            progress_end(&bar);
            invent(m, l, &r, 8, &b);
            fprintf(live, "    step %4d: %.*s\n", step, (int)b.length, b.at);
            fflush(live);
            buffer_free(&b);
        }
    }
    progress_end(&bar);
    adam_free(&adam);
    tape_free(t);
}

// All three networks on the list, and what the LSTM makes of it.
static void words(const Run *run, const List *l)
{
    static const char *const name[] = {"RNN", "GRU", "LSTM"};
    static const CellKind kind[] = {PLAIN, GATED, LONG_SHORT};
    static Curve curve[3];
    double bits[3], fresh = 0;
    const int steps = run->quick ? 150 : l->learn.n > 5000 ? 1500 : 300;
    printf("5. Letter by letter: %d %s, and %d held out\n\n", l->learn.n,
           l->what, l->held.n);
    for (int k = 0; k < 3; k++) {
        Speller m = speller_new(kind[k], &l->letters, 64, run->seed);
        learn_words(run, l, &m, steps, &curve[k]);
        bits[k] = speller_bits(&m, &l->held);
        if (kind[k] == LONG_SHORT) {
            Buffer b = {0};
            Rng r = rng_new(run->seed + 8);
            fresh = invent(&m, l, &r, 200, &b) / 200.0;
            buffer_free(&b);
        }
        speller_free(&m);
    }
    fprintf(run->quick ? stderr : stdout, "\n");
    printf("  guessing among %d letters: %.2f bits each\n", l->letters.n,
           log2(l->letters.n));
    for (int k = 0; k < 3; k++)
        printf("  %-4s, on those held out:  ~%.2f\n", name[k], bits[k]);
    printf("  of 200 that the LSTM invents, ~%.0f %% are not in the list\n\n",
           100 * fresh);
    Plot *p = plot_new("Learning to spell", "step", "bits a letter");
    for (int k = 0; k < 3; k++)
        plot_line(p, name[k], curve[k].n, curve[k].x, curve[k].y);
    plot_save(p, run->plots, "words");
}

// --- 6. a running text ------------------------------------------------------

// Bits a letter on the held-out text, read in pieces of `length` letters, the
// state carried from piece to piece or forgotten.
static double story_bits(const Story *s, const Speller *m, int length,
                         bool carried)
{
    enum { STREAMS = 16, LETTERS = 512 };
    Tape *t = tape_new(0, 1);
    t->training = false;
    LstmState state = {NULL, NULL};
    float *kept =
        new_array((size_t)2 * STREAMS * m->cell.lstm.width, sizeof *kept);
    const size_t half = (size_t)STREAMS * m->cell.lstm.width;
    double sum = 0;
    int pieces = 0;
    for (int at = 0; at + length <= LETTERS; at += length, pieces++) {
        Spelt x = spelt_streams(&t->arena, s->id + s->learn, s->held, STREAMS,
                                length, at);
        state.h = matrix_of(t, STREAMS, m->cell.lstm.width, kept);
        state.c = matrix_of(t, STREAMS, m->cell.lstm.width, kept + half);
        sum += (double)speller_loss(m, t, x, &state)->val[0];
        if (carried) {
            memcpy(kept, state.h->val, half * sizeof *kept);
            memcpy(kept + half, state.c->val, half * sizeof *kept);
        }
        tape_reset(t);
    }
    free(kept);
    tape_free(t);
    return sum / pieces / log(2);
}

// Learns from pieces of 64 letters; each goes on where the last one ended.
static void learn_story(const Run *run, const Story *s, Speller *m, int steps)
{
    enum { STREAMS = 32, PIECE = 64 };
    const int h = m->cell.lstm.width;
    const size_t half = (size_t)STREAMS * h;
    float *kept = new_array(2 * half, sizeof *kept);
    Adam adam = adam_new(m->params, 0.9f, 0.99f, 1e-8f, 0);
    Tape *t = tape_new(0, run->seed);
    Progress bar = progress_new("training", steps, "steps");
    for (int step = 1, at = 0; step <= steps; step++) {
        stop_if_asked();
        Spelt x = spelt_streams(&t->arena, s->id, s->learn, STREAMS, PIECE, at);
        LstmState state = {matrix_of(t, STREAMS, h, kept),
                           matrix_of(t, STREAMS, h, kept + half)};
        Matrix *loss = speller_loss(m, t, x, &state);
        progress(&bar, step, (double)loss->val[0] / log(2));
        memcpy(kept, state.h->val, half * sizeof *kept);
        memcpy(kept + half, state.c->val, half * sizeof *kept);
        backward(loss);
        params_clip(m->params, 1);
        adam_step(&adam, rate_cosine(step, 20, steps, 3e-2f, 1e-4f));
        tape_reset(t);
        at += PIECE;
        if (at + PIECE > (s->learn - 1) / STREAMS) { // round again
            at = 0;
            memset(kept, 0, 2 * half * sizeof *kept);
        }
    }
    progress_end(&bar);
    free(kept);
    adam_free(&adam);
    tape_free(t);
}

static void stories(const Run *run, const Story *s)
{
    const int steps = run->quick ? 60 : 500;
    Speller m =
        speller_new(LONG_SHORT, &s->letters, run->quick ? 64 : 128, run->seed);
    printf("6. A running text: %d letters of the course's stories\n\n",
           s->learn);
    learn_story(run, s, &m, steps);
    puts("  bits a letter on unseen stories, read in pieces");
    puts("  letters in a piece     state carried on     state forgotten");
    for (int length = 8; length <= 128; length *= 4)
        printf("  %18d     ~%-15.2f     ~%.2f\n", length,
               story_bits(s, &m, length, true),
               story_bits(s, &m, length, false));
    Buffer b = {0};
    Rng r = rng_new(run->seed + 9);
    speller_write(&m, &r, text_of("One "), run->quick ? 80 : 280, 0.7f, &b);
    fprintf(run->quick ? stderr : stdout, "\n  It writes: One %.*s\n",
            (int)b.length, b.at);
    puts("");
    buffer_free(&b);
    speller_free(&m);
}

// --- 7. dates ---------------------------------------------------------------

enum { TRAINED_CLAUSES = 2 };

static void show_dates(uint64_t seed)
{
    Rng r = rng_new(seed + 30);
    for (int i = 0; i < 5; i++) {
        const Date d = date_random(&r, false);
        char iso[ISO_SIGNS + 1];
        Buffer b = {0};
        date_iso(d, iso);
        date_text(&r, d, 0, &b);
        printf("    %s  %s\n", iso, b.at);
        buffer_free(&b);
    }
    puts("");
}

// The share of n held-out dates that are read right.
static double unseen(const Reader *m, int n, int clauses, bool exactly,
                     uint64_t seed, double *tokens)
{
    enum { PART = 100 };
    Tape *t = tape_new(0, 1);
    t->training = false;
    Rng r = rng_new(seed);
    double right = 0, all = 0;
    for (int i = 0; i < n; i += PART) {
        Dated d = dated_new(m, &t->arena, &r, PART, clauses, exactly, true);
        right += reader_score(m, t, d) * PART;
        all += d.text.n;
        tape_reset(t);
    }
    *tokens = all / n;
    tape_free(t);
    return right / n;
}

static void learn_dates(const Run *run, Reader *m, int steps, Curve *curve)
{
    enum { BATCH = 64 };
    Adam adam = adam_new(m->params, 0.9f, 0.99f, 1e-8f, 0);
    Tape *t = tape_new(0, run->seed);
    Rng r = rng_new(run->seed + 31);
    Progress bar = progress_new("training", steps, "steps");
    for (int step = 1; step <= steps; step++) {
        stop_if_asked();
        Dated d =
            dated_new(m, &t->arena, &r, BATCH, TRAINED_CLAUSES, false, false);
        Matrix *y = reader_logits(m, t, d.text, d.input, NULL);
        Matrix *loss = cross_entropy(y, d.output, 0);
        progress(&bar, step, (double)loss->val[0]);
        backward(loss);
        params_clip(m->params, 1);
        adam_step(&adam, rate_cosine(step, 30, steps, 8e-3f, 1e-4f));
        tape_reset(t);
        if (step % 50 == 0) {
            double tokens;
            curve_add(curve, step,
                      unseen(m, 100, TRAINED_CLAUSES, false, 99, &tokens));
        }
    }
    progress_end(&bar);
    adam_free(&adam);
    tape_free(t);
}

enum { LONGEST_TEXT = 400 }; // words that show_reading can show

// The words of a text, as a reader takes it.
static int count_words(Text text)
{
    char word[32];
    int n = 0;
    while (date_token(&text, word))
        n++;
    return n;
}

// What the model makes of a text, and where it looked: to the screen and as a
// picture.
static void show_reading(const Reader *m, Text text, FILE *to,
                         const char *plots, const char *name)
{
    static const char ink[] = " .:-=+*#%@";
    static char word[LONGEST_TEXT][32];
    static const char *words[LONGEST_TEXT];
    char signs[ISO_SIGNS][2] = {{0}};
    const char *sign_names[ISO_SIGNS];
    Tape *t = tape_new(0, 1);
    t->training = false;
    Tokens x = reader_words(m, &t->arena, text);
    for (int i = 0; i < x.n; i++) {
        date_token(&text, word[i]);
        words[i] = word[i];
    }
    int said[ISO_SIGNS];
    float *w = arena_take(&t->arena, (size_t)ISO_SIGNS * x.n, sizeof *w);
    reader_read(m, t, x, said, w);
    float *turned = arena_take(&t->arena, (size_t)ISO_SIGNS * x.n, sizeof *w);
    for (int k = 0; k < ISO_SIGNS; k++) {
        signs[k][0] = said[k] == DASH ? '-' : (char)('0' + said[k]);
        sign_names[k] = signs[k];
        for (int i = 0; i < x.n; i++)
            turned[i * ISO_SIGNS + k] = w[(size_t)k * x.n + i];
    }
    fprintf(to, "  %-12s ", "");
    for (int k = 0; k < ISO_SIGNS; k++)
        fprintf(to, "%s ", signs[k]);
    fprintf(to, "\n");
    for (int i = 0; i < x.n; i++) {
        fprintf(to, "  %12.12s|", words[i]);
        for (int k = 0; k < ISO_SIGNS; k++) {
            const char c = ink[(int)(9.99f * turned[i * ISO_SIGNS + k])];
            fprintf(to, "%c%c", c, c);
        }
        fprintf(to, "|\n");
    }
    fprintf(to, "\n");
    Plot *p = plot_new("Where each sign of the date came from",
                       "sign that is written", "word that is read");
    plot_heat(p, x.n, ISO_SIGNS, turned, words, sign_names);
    plot_size(p, 520, 560);
    plot_save(p, plots, name);
    tape_free(t);
}

typedef struct Lengths {
    int n;
    double tokens[8], right[2][8];
} Lengths;

// Accuracy over the length of the text, up to far beyond what was trained.
static void over_length(const Run *run, const Reader m[2], Lengths *l)
{
    static const int clauses[] = {0, 2, 4, 8, 12, 16, 24, 32};
    const int tests = run->quick ? 100 : 500;
    l->n = run->quick ? 5 : 8;
    printf("\n  Right of %d unseen dates, by the length of the text; trained "
           "with up to\n  %d clauses of chatter\n\n",
           tests, TRAINED_CLAUSES);
    puts("  clauses   tokens   fixed vector   attention");
    for (int i = 0; i < l->n; i++) {
        for (int a = 0; a < 2; a++)
            l->right[a][i] =
                unseen(&m[a], tests, clauses[i], true,
                       run->seed + 40 + (uint64_t)i, &l->tokens[i]);
        printf("  %7d   %6.1f   ~%-11.3f   ~%.3f\n", clauses[i], l->tokens[i],
               l->right[0][i], l->right[1][i]);
    }
    puts("");
}

static void plot_dates(const Run *run, const Curve curve[2], const Lengths *l)
{
    static const char *const name[] = {"fixed vector", "attention"};
    Plot *p = plot_new("Learning to read dates", "step",
                       "unseen dates that are right, of 1");
    for (int a = 0; a < 2; a++)
        plot_line(p, name[a], curve[a].n, curve[a].x, curve[a].y);
    plot_save(p, run->plots, "dates");
    p = plot_new("Why attention was invented", "tokens of the text",
                 "unseen dates that are right, of 1");
    for (int a = 0; a < 2; a++)
        plot_line(p, name[a], l->n, l->tokens, l->right[a]);
    plot_mark(p, "the most in training", l->tokens[1]);
    plot_range(p, 0, NAN, 0, 1.05);
    plot_save(p, run->plots, "length");
}

// `right` and `longest` become the share of unseen dates that the two models
// read right, in texts as in training and in the longest ones.
static void dates(const Run *run, const char *read, double right[2],
                  double *longest)
{
    enum { WIDTH = 64 };
    static Curve curve[2];
    const int steps = run->quick ? 240 : 600, tests = run->quick ? 300 : 2000;
    static const char *const name[] = {"fixed vector", "attention"};
    Reader m[2];
    printf("7. Dates as people say them, and what a computer wants\n\n");
    show_dates(run->seed);
    puts("  between them    numbers learnt   right of unseen dates    time");
    for (int a = 0; a < 2; a++) {
        const double began = seconds_now();
        double tokens;
        m[a] = reader_new(a, WIDTH, run->seed);
        learn_dates(run, &m[a], steps, &curve[a]);
        right[a] = unseen(&m[a], tests, TRAINED_CLAUSES, false, run->seed + 32,
                          &tokens);
        printf("  %-12s    %14zu   ~%-20.1f  ~%.1f s\n", name[a],
               params_numbers(m[a].params), 100 * right[a],
               seconds_now() - began);
        fflush(stdout);
    }
    Lengths l;
    over_length(run, m, &l);
    plot_dates(run, curve, &l);
    longest[0] = l.right[0][l.n - 1];
    longest[1] = l.right[1][l.n - 1];
    const char *text = "and the old sailor lost two maps but we meet on "
                       "Thursday, the third of March nineteen ninety-four";
    FILE *to = run->quick ? stderr : stdout; // depends on rounding
    fprintf(to, "  Where attention looked: a column for each sign that was "
                "written\n\n");
    show_reading(&m[1], text_of(text), to, run->plots, "alignment");
    if (read)
        show_reading(&m[1], text_of(read), stdout, run->plots, "reading");
    reader_free(&m[0]);
    reader_free(&m[1]);
}

// --- the program ------------------------------------------------------------

int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    const char *read = NULL;
    const Option own[] = {{"read", "TEXT", OPTION_TEXT, &read, 0, 0, NULL,
                           "read the date in this text at the end"},
                          {0}};
    cli_parse(argc, argv,
              "Recurrent networks: back-propagation through time and how far "
              "it reaches, language\nmodels of letters, and dates in words "
              "read without and with attention.",
              own, &run);
    const int asked = read ? count_words(text_of(read)) : 1;
    if (asked < 1 || asked > LONGEST_TEXT)
        cli_misuse("--read: a text of %d words, 1 to %d can be read", asked,
                   LONGEST_TEXT);
    // A step is a small product: a second thread would mostly wait.
    if (run.threads == 0)
        threads_set(1);
    List l = list_new(&run);
    printf("Recurrent networks: about %s and %s of memory.\n"
           "A tilde marks what depends on rounding or time. One core, unless "
           "--threads\nsays more.\n\n",
           run.quick ? "9 seconds" : "40 seconds", "100 MB");
    Tape *t = tape_new(0, run.seed);
    by_hand(t);
    tape_free(t);
    gradients(&run);
    recall(&run);
    Story s = story_new(run.quick ? 400 : 1500, run.seed);
    clipping(&run, &s);
    words(&run, &l);
    list_free(&l);
    stories(&run, &s);
    free(s.id);
    double right[2], longest[2];
    dates(&run, read, right, longest);
    printf("=> dates in long texts: ~%.0f %% without attention, ~%.0f %% "
           "with\n",
           100 * longest[0], 100 * longest[1]);
    return 0;
}
