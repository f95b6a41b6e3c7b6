// 08-positions: how a transformer knows in which order its tokens stand.
//
// Read from top to bottom: a model without positions shuffles its answers with
// its questions; sinusoids and rotations in small numbers; how each way sees
// distance; RoPE's two memory layouts, and the wrong one; and what happens to
// each way on texts longer than those it learnt from.
#include "08-positions/echo.h"

#include "common/check.h"
#include "common/checkpoint.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/plot.h"
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Run run;

// --- 1. a bag of tokens -----------------------------------------------------

enum { BAG = 12 };

// The largest change of the last token's scores when the BAG - 1 tokens before
// it change places.
static double change_by_shuffling(PositionKind kind, int layers, Mask mask)
{
    WriterShape shape = {26, layers, 32, 4, BAG, mask};
    Writer w = writer_new(shape, kind, run.seed);
    if (kind == LEARNED) // as large as after some training
        for (int i = 0; i < BAG * shape.width; i++)
            w.positions.learned->val[i] *= 20;
    Tape *t = tape_new(0, 0);
    t->training = false;
    int id[BAG], turned[BAG];
    for (int i = 0; i < BAG; i++) {
        id[i] = i * 7 % 26;
        turned[i] = i < BAG - 1 ? (BAG - 2 - i) * 7 % 26 : id[i];
    }
    Matrix *a = writer_logits(&w, t, (Tokens){BAG, id, {0}});
    Matrix *b = writer_logits(&w, t, (Tokens){BAG, turned, {0}});
    double most = 0;
    for (int c = (BAG - 1) * a->cols; c < BAG * a->cols; c++)
        most = fmax(most, fabs((double)(a->val[c] - b->val[c])));
    tape_free(t);
    writer_free(&w);
    return most;
}

static void show_bag(void)
{
    puts(
        "1. Twelve tokens; the first eleven change places. The largest change\n"
        "   in what an untrained model predicts behind the last:\n");
    puts("               sees all     sees the past   sees the past");
    puts("               2 layers           1 layer        2 layers");
    for (int k = 0; k < POSITION_KINDS; k++) {
        const double change[3] = {change_by_shuffling(k, 2, FULL),
                                  change_by_shuffling(k, 1, CAUSAL),
                                  change_by_shuffling(k, 2, CAUSAL)};
        printf("  %-10s", position_names[k]);
        for (int i = 0; i < 3; i++)
            if (change[i] < 1e-5)
                printf("  %14s", "none");
            else
                printf("  %14.3f", change[i]);
        puts("");
    }
    puts("");
}

// --- 2. waves and turns -----------------------------------------------------

static void show_sinusoids(void)
{
    float row[4];
    puts("2. Sinusoids of width 4 ...\n");
    puts("  position   sin(p)  cos(p)  sin(p/100)  cos(p/100)");
    for (int p = 0; p <= 3; p++) {
        sinusoid(p, 4, row);
        printf("  %8d  %7.3f %7.3f  %10.3f  %10.3f\n", p, (double)row[0],
               (double)row[1], (double)row[2], (double)row[3]);
    }
    puts("");
}

// q . k when one head's q stands at position m and its k at n.
static double turned_score(const RopeTable *table, int m, int n)
{
    Tape *t = tape_new(0, 0);
    float q[4] = {1, 0, 0.5f, 0.5f}, k[4] = {0.6f, 0.8f, 1, 0};
    Matrix *a = rope(matrix_of(t, 1, 4, q), table, m, ADJACENT);
    Matrix *b = rope(matrix_of(t, 1, 4, k), table, n, ADJACENT);
    double score = (double)matmul_t(a, b)->val[0];
    tape_free(t);
    return score;
}

static void show_turns(Arena *a)
{
    const int first[] = {2, 102, 1002};
    RopeTable table = rope_table(a, 1100, 4, 10000, 1);
    puts("   ... and turned queries and keys: q k^T, q at n + distance, k at "
         "n\n");
    puts("  distance     n = 2   n = 102  n = 1002");
    for (int distance = 0; distance <= 4; distance += 2) {
        printf("  %8d", distance);
        for (int i = 0; i < 3; i++)
            printf("  %8.4f",
                   turned_score(&table, first[i] + distance, first[i]));
        puts("");
    }
    puts("");
}

static void plot_waves(void)
{
    enum { POSITIONS = 64, WIDTH = 64 };
    float table[POSITIONS * WIDTH];
    for (int p = 0; p < POSITIONS; p++)
        sinusoid(p, WIDTH, table + p * WIDTH);
    Plot *plot = plot_new("Sinusoids: one row is one position",
                          "column of the embedding", "position");
    plot_heat(plot, POSITIONS, WIDTH, table, NULL, NULL);
    plot_save(plot, run.plots, "sinusoids");
}

// Two pairs of one query at seven positions, as arrows from two middles.
static void plot_turns(Arena *a)
{
    enum { ARROWS = 7 }; // as many as plots have colours
    const double middle[2] = {0, 2.4};
    RopeTable table = rope_table(a, ARROWS, 4, 100, 1);
    Plot *plot =
        plot_new("One query at seven positions: a fast pair, a slow one",
                 "first of the pair", "second of the pair");
    Tape *t = tape_new(0, 0);
    const float q[4] = {1, 0, 1, 0};
    for (int pair = 0; pair < 2; pair++)
        for (int p = 0; p < ARROWS; p++) {
            Matrix *y = rope(matrix_of(t, 1, 4, q), &table, p, ADJACENT);
            const float *at = y->val + 2 * pair;
            char label[16];
            snprintf(label, sizeof label, "position %d", p);
            plot_arrow(plot, pair ? NULL : label, middle[pair], 0,
                       middle[pair] + (double)at[0], (double)at[1]);
        }
    tape_free(t);
    plot_range(plot, -1.2, 3.6, -1.2, 1.2);
    plot_equal(plot);
    plot_size(plot, 720, 470);
    plot_save(plot, run.plots, "turns");
}

// --- 3. how each way sees distance ------------------------------------------

enum { FAR = 128 };

// Sum of cos(w d) over the `pairs` wave lengths, over their number: the dot
// product of two sinusoids, and of a query and an equal key that are turned.
static double waves_at(int distance, int width)
{
    double sum = 0;
    for (int i = 0; i < width; i += 2)
        sum += cos(distance * pow(10000, -(double)i / width));
    return sum / (width / 2);
}

static void plot_distance(void)
{
    double x[FAR], wide[FAR], narrow[FAR], flat[FAR], alibi[4][FAR];
    float slope[8];
    alibi_slopes(8, slope);
    for (int d = 0; d < FAR; d++) {
        x[d] = d;
        flat[d] = 1;
        wide[d] = waves_at(d, 128);
        narrow[d] = waves_at(d, 16);
        for (int h = 0; h < 4; h++)
            alibi[h][d] = exp(-(double)slope[2 * h] * d);
    }
    Plot *p = plot_new("Two equal tokens, so far apart", "distance",
                       "dot product, 1 at distance 0");
    plot_line(p, "none", FAR, x, flat);
    plot_line(p, "sinusoidal or RoPE, width 128", FAR, x, wide);
    plot_line(p, "sinusoidal or RoPE, width 16", FAR, x, narrow);
    plot_save(p, run.plots, "distance");
    p = plot_new("ALiBi: what is left of a weight", "distance",
                 "factor on the weight");
    for (int h = 0; h < 4; h++) {
        char label[32];
        snprintf(label, sizeof label, "head %d of 8", 2 * h + 1);
        plot_line(p, label, FAR, x, alibi[h]);
    }
    plot_save(p, run.plots, "alibi");
}

static void show_distance(void)
{
    float slope[8];
    alibi_slopes(8, slope);
    puts("3. What distance does to the score of two equal tokens\n");
    puts("  distance   sinusoidal   RoPE, a head   ALiBi takes off the score,");
    puts("             width 128    of width 16    head 1 of 8   head 8 of 8");
    for (int d = 0; d <= 64; d = d ? 4 * d : 1)
        printf("  %8d  %11.3f  %13.3f  %12.3f  %12.3f\n", d, waves_at(d, 128),
               waves_at(d, 16), (double)slope[0] * d, (double)slope[7] * d);
    puts("");
    plot_distance();
}

// --- training ---------------------------------------------------------------

enum { WINDOWS = 32 }; // in a step, at length LEARNT

typedef struct Training {
    Writer *w;
    Adam adam;
    Tape *t;
    Rng rng;
    int64_t step;
} Training;

static Training training_new(Writer *w)
{
    return (Training){.w = w,
                      .adam = adam_new(w->params, 0.9f, 0.99f, 1e-8f, 0.01f),
                      .t = tape_new(0, run.seed),
                      .rng = rng_new(run.seed + 1)};
}

static void training_end(Training *g)
{
    adam_free(&g->adam);
    tape_free(g->t);
}

static float rate_at(const Training *g, int steps, float peak)
{
    return rate_cosine(g->step + 1, steps / 10, steps, peak, peak / 20);
}

// --- 4. the wrong layout ----------------------------------------------------

static const char rhyme[] =
    "Ten little boats sailed out on the bay,\n"
    "nine found the wind and one lost her way.\n"
    "The moon was their lamp, the foam was their song,\n"
    "and home came all ten before very long.\n";

// The rhyme, over and over, is the whole text.
static Lesson rhyme_lesson(void)
{
    Buffer b = {0};
    while (b.length < 3 * LONGEST)
        buffer_add(&b, rhyme, sizeof rhyme - 1);
    Lesson l = lesson_new((Text){b.at, b.length}, b.length / 2, "the rhyme");
    buffer_free(&b);
    return l;
}

static void recite(const Lesson *l, const Writer *w, const char *what)
{
    enum { PROMPT = 4, WRITTEN = sizeof rhyme - 2 - PROMPT };
    char prompt[PROMPT + 1] = {0}, text[WRITTEN + 1];
    memcpy(prompt, rhyme, PROMPT);
    lesson_write(l, w, prompt, WRITTEN, text);
    int right = 0;
    for (int i = 0; i < WRITTEN; i++)
        right += text[i] == rhyme[PROMPT + i];
    printf("  %s: loss ~%.2f, ~%d of %d letters right\n", what,
           lesson_score(l, w, 32, LEARNT), right, (int)WRITTEN);
    if (run.quick && right < WRITTEN)
        return; // which wrong letters come out is not the same everywhere
    printf("    %s", prompt);
    for (const char *c = text; *c; c++)
        printf(*c == '\n' ? "\n    " : "%c", *c);
    puts("");
}

static void show_layouts(void)
{
    const int steps = 150;
    Lesson l = rhyme_lesson();
    WriterShape shape = {l.alphabet.n, 2, 32, 2, LONGEST, CAUSAL};
    Writer w = writer_new(shape, ROTARY, run.seed);
    Training g = training_new(&w);
    for (; g.step < steps; g.step++) {
        Windows x = lesson_windows(&l, g.t, &g.rng, WINDOWS, LEARNT);
        windows_step(x, &w, &g.adam, g.t, rate_at(&g, steps, 1e-2f));
    }
    printf("4. A model with RoPE has learnt a rhyme by heart. It continues "
           "\"Ten \":\n\n");
    recite(&l, &w, "pairs adjacent, as it was trained");
    w.positions.layout = HALVES;
    recite(&l, &w, "pairs in halves, the same weights");
    w.positions.layout = ADJACENT;
    writer_change_layout(&w, HALVES);
    recite(&l, &w, "pairs in halves, rows of q and k reordered");
    puts("");
    training_end(&g);
    writer_free(&w);
    lesson_free(&l);
}

// --- 5. longer than what was learnt: the echo -------------------------------

enum { LENGTHS = 4, TUNE = 30, TUNE_WINDOWS = WINDOWS * LEARNT / LONGEST };
static const int lengths[LENGTHS] = {LEARNT, 64, 128, LONGEST};

// One measured value of a table, marked with a tilde.
static void print_score(int decimals, double score)
{
    char text[32];
    snprintf(text, sizeof text, "~%.*f", decimals, score);
    printf("  %6s", text);
}

static void plot_scores(Plot *p, const char *label, const double *y)
{
    double x[LENGTHS];
    for (int i = 0; i < LENGTHS; i++)
        x[i] = lengths[i];
    plot_line(p, label, LENGTHS, x, y);
}

static Writer echo_writer(PositionKind kind)
{
    WriterShape shape = {ECHO_LETTERS, 1, 32, 2, LONGEST, CAUSAL};
    return writer_new(shape, kind, run.seed);
}

static void echo_learn(Training *g, int steps)
{
    for (; g->step < steps; g->step++) {
        Windows x = echo_windows(g->t, &g->rng, WINDOWS, LEARNT, LEARNT);
        windows_step(x, g->w, &g->adam, g->t, rate_at(g, steps, 1e-2f));
    }
}

// A few more steps, at the longest length.
static void echo_tune(Training *g, int steps)
{
    for (int i = 0; i < steps; i++)
        windows_step(
            echo_windows(g->t, &g->rng, TUNE_WINDOWS, LONGEST, LONGEST), g->w,
            &g->adam, g->t, 3e-3f);
}

static void echo_row(const Writer *w, const char *name, Plot *p, double *score)
{
    printf("  %-25s", name);
    for (int i = 0; i < LENGTHS; i++) {
        score[i] = 100 * echo_score(w, 64, lengths[i]);
        print_score(1, score[i]);
    }
    puts("");
    plot_scores(p, name, score);
}

// The same weights at each length, with positions squeezed into those learnt.
static void echo_row_squeezed(Writer w, Plot *p)
{
    double score[LENGTHS];
    const Positions plain = w.positions;
    printf("  %-25s", "RoPE, stretched to fit");
    for (int i = 0; i < LENGTHS; i++) {
        w.positions = positions_stretched(plain, &w.tables,
                                          (float)LEARNT / (float)lengths[i]);
        score[i] = 100 * echo_score(&w, 64, lengths[i]);
        print_score(1, score[i]);
    }
    puts("");
    plot_scores(p, "RoPE, stretched to fit", score);
}

// The same weights after a few more steps at that stretch; then as they were.
static void echo_row_tuned(Writer w, const char *name, float stretch, Plot *p)
{
    double score[LENGTHS];
    const size_t size = w.params->count * sizeof(float);
    float *before = new_array(1, size);
    memcpy(before, w.params->val, size);
    w.positions = positions_stretched(w.positions, &w.tables, stretch);
    Training g = training_new(&w);
    echo_tune(&g, TUNE);
    echo_row(&w, name, p, score);
    training_end(&g);
    memcpy(w.params->val, before, size);
    free(before);
}

static void show_echo(double scores[POSITION_KINDS][LENGTHS])
{
    const int steps = 150;
    printf("5. Which of %d letters stood %d places ago? Learnt at length %d,\n"
           "   asked at the end of longer texts; %% right\n\n",
           ECHO_LETTERS, BACK, LEARNT);
    printf("  %-25s", "length");
    for (int i = 0; i < LENGTHS; i++)
        printf("  %6d", lengths[i]);
    puts("");
    Plot *p = plot_new("The letter five places ago, learnt at length 32",
                       "length", "% right");
    for (int k = 0; k < POSITION_KINDS; k++) {
        Writer w = echo_writer(k);
        Training g = training_new(&w);
        echo_learn(&g, steps);
        echo_row(&w, position_names[k], p, scores[k]);
        if (k == ROTARY) {
            echo_row_squeezed(w, p);
            echo_row_tuned(w, "RoPE, 30 steps at 256", 1, p);
            echo_row_tuned(w, "... and stretched by 1/8",
                           (float)LEARNT / LONGEST, p);
        }
        training_end(&g);
        writer_free(&w);
    }
    puts("");
    plot_log(p, true, false);
    plot_save(p, run.plots, "echo");
}

// --- 6. longer than what was learnt: stories --------------------------------

typedef struct Job {
    const char *text, *save, *resume;
    int steps, only; // only: the one kind, or POSITION_KINDS
} Job;

// Trains to the last step; Ctrl-C leaves a checkpoint and ends the program.
static void tales_learn(const Lesson *l, Training *g, const Job *job)
{
    const char *name = position_names[g->w->positions.kind];
    const int mine = (int)g->w->positions.kind;
    double kind = mine; // most kinds have the same parameters
    const Checkpoint point = {.params = g->w->params,
                              .adam = &g->adam,
                              .rng = {&g->rng},
                              .step = &g->step,
                              .number = &kind,
                              .numbers = 1};
    if (job->resume && !checkpoint_load(&point, job->resume))
        die("%s: there is no such checkpoint", job->resume);
    if ((int)kind != mine)
        die("%s: keeps a model with other positions than %s", job->resume,
            name);
    (void)interrupted(); // again, after another training
    Progress bar = progress_new(name, job->steps, "steps");
    bar.first = g->step;
    while (g->step < job->steps) {
        Windows x = lesson_windows(l, g->t, &g->rng, WINDOWS, LEARNT);
        double loss = windows_step(x, g->w, &g->adam, g->t,
                                   rate_at(g, job->steps, 5e-3f));
        progress(&bar, ++g->step, loss);
        if (interrupted()) {
            progress_end(&bar);
            checkpoint_save(&point, job->save);
            die("stopped at step %d of %s; go on with --positions %s "
                "--resume %s, all else as it was",
                (int)g->step, name, name, job->save);
        }
    }
    progress_end(&bar);
    interrupt_at_once(); // what follows is not kept
}

static void tales_row(const Lesson *l, const Writer *w, const char *name,
                      Plot *p)
{
    double score[LENGTHS];
    printf("  %-25s", name);
    for (int i = 0; i < LENGTHS; i++) {
        score[i] = lesson_score(l, w, 96, lengths[i]);
        print_score(3, score[i]);
    }
    puts("");
    fflush(stdout);
    plot_scores(p, name, score);
}

// The same weights at that stretch after a few more steps at the longest
// length; then as they were.
static void tales_row_tuned(const Lesson *l, Writer w, const char *name,
                            float stretch, int steps, Plot *p)
{
    const size_t size = w.params->count * sizeof(float);
    float *before = new_array(1, size);
    memcpy(before, w.params->val, size);
    w.positions = positions_stretched(w.positions, &w.tables, stretch);
    Training g = training_new(&w);
    for (int i = 0; i < steps; i++)
        windows_step(lesson_windows(l, g.t, &g.rng, TUNE_WINDOWS, LONGEST), &w,
                     &g.adam, g.t, 1e-3f);
    tales_row(l, &w, name, p);
    training_end(&g);
    memcpy(w.params->val, before, size);
    free(before);
}

// Returns how many steps the model has learnt.
static int tales_kind(const Lesson *l, PositionKind kind, const Job *job,
                      Plot *p)
{
    WriterShape shape = {l->alphabet.n, 2, 64, 4, LONGEST, CAUSAL};
    Writer w = writer_new(shape, kind, run.seed);
    Training g = training_new(&w);
    tales_learn(l, &g, job);
    tales_row(l, &w, position_names[kind], p);
    if (kind == ROTARY) {
        const float stretch = (float)LEARNT / LONGEST;
        const int more = job->steps / 10;
        tales_row_tuned(l, w, "RoPE, stretched by 1/8", stretch, 0, p);
        tales_row_tuned(l, w, "... and 1/10 more, at 256", stretch, more, p);
        tales_row_tuned(l, w, "RoPE, 1/10 more, at 256", 1, more, p);
    }
    training_end(&g);
    writer_free(&w);
    return (int)g.step;
}

static int show_tales(const Job *job)
{
    int steps = 0;
    (void)interrupted(); // from here on, Ctrl-C waits for a step's end
    Lesson l =
        job->text ? lesson_file(job->text) : lesson_tales(4000, run.seed);
    printf("6. The next letter of %s, learnt at length %d in %d steps;\n"
           "   nats a letter at the last %d of longer windows\n\n",
           job->text ? job->text : "stories", LEARNT, job->steps, COUNTED);
    printf("  %-25s", "length");
    for (int i = 0; i < LENGTHS; i++)
        printf("  %6d", lengths[i]);
    puts("");
    fflush(stdout);
    Plot *p = plot_new("The next letter of a story, learnt at length 32",
                       "length", "nats a letter");
    for (int k = 0; k < POSITION_KINDS; k++)
        if (job->only == POSITION_KINDS || job->only == k)
            steps = tales_kind(&l, k, job, p);
    puts("");
    plot_log(p, true, false);
    plot_save(p, run.plots, "tales");
    lesson_free(&l);
    return steps;
}

int main(int argc, char **argv)
{
    static const char usual[] = "08-positions.checkpoint";
    Job job = {.save = usual, .steps = 400, .only = POSITION_KINDS};
    const Option own[] = {{"positions", "KIND", OPTION_CHOICE, &job.only, 0, 0,
                           "none|sinusoidal|learned|RoPE|ALiBi|all",
                           "only train this kind on the stories"},
                          {"steps", "N", OPTION_INT, &job.steps, 1, 1000000,
                           NULL,
                           "steps of training on the stories, for each kind"},
                          {"text", "FILE", OPTION_TEXT, &job.text, 0, 0, NULL,
                           "a text to learn in place of the stories"},
                          {"save", "FILE", OPTION_TEXT, &job.save, 0, 0, NULL,
                           "where Ctrl-C leaves a checkpoint of that training"},
                          {"resume", "FILE", OPTION_TEXT, &job.resume, 0, 0,
                           NULL, "go on from a checkpoint; needs --positions"},
                          {0}};
    cli_parse(argc, argv,
              "Five ways to tell a transformer the order of its tokens: what "
              "each is,\nwhat RoPE's two memory layouts do to a model, and "
              "which way survives texts\nthat are longer than those it "
              "learnt from.",
              own, &run);
    const bool one = job.only != POSITION_KINDS;
    if (job.resume && !one)
        cli_misuse("--resume goes on with one kind: say which by --positions");
    if (run.quick && job.text && !one)
        cli_misuse("--quick leaves out the texts: --text needs --positions");
    if (job.save != usual)
        need_file(job.save);
    if (one) {
        const int steps = show_tales(&job);
        printf("=> %s trained for %d steps\n", position_names[job.only], steps);
        return 0;
    }
    printf("Positions, five ways: about %s and 100 MB of memory.\n\n",
           run.quick ? "5 seconds" : "half a minute");
    Arena arena = arena_new((size_t)1 << 24);
    show_bag();
    show_sinusoids();
    show_turns(&arena);
    plot_waves();
    plot_turns(&arena);
    show_distance();
    show_layouts();
    double echo[POSITION_KINDS][LENGTHS];
    show_echo(echo);
    if (!run.quick)
        show_tales(&job);
    printf("=> at twice its length: RoPE ~%.0f %%, sinusoidal ~%.0f %% right\n",
           echo[ROTARY][1], echo[SINUSOIDAL][1]);
    arena_free(&arena);
    return 0;
}
