// 12-attention-variants: the same model with fewer keys to keep.
//
// Read from top to bottom: two numbers make four variants, and what each
// costs, by formula and by counting; what that means for models one has heard
// of; six small models that learn the same stories; one that is changed after
// it has learnt; and a text without an end.
#include "12-attention-variants/costs.h"
#include "12-attention-variants/endless.h"
#include "12-attention-variants/latent.h"
#include "12-attention-variants/plain.h"
#include "12-attention-variants/regroup.h"
#include "12-attention-variants/school.h"
#include "12-attention-variants/speed.h"

#include "11-kv-cache/cost.h"
#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/plot.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static Run run;
static const char usual[] = "12-attention-variants.checkpoint";
static const char *save = usual, *resume;
static int until; // the step of part 4 after which to do as at Ctrl-C, or 0

// What this run does; --quick has less of everything.
typedef struct Plan {
    int stories, pieces, length, texts; // the school
    int width, heads, groups, window;   // the models
    int latent, turned;
    int steps, looks, more; // more: steps after a conversion
    float rate, more_rate;
    int tokens, sinks; // of the text without an end
} Plan;

static const Plan full = {1500, 512, 128, 4,   64,    8,      2,      16, 8,
                          4,    600, 12,  100, 0.01f, 0.003f, 100000, 4};
static const Plan quick = {400, 384, 64, 4,  32,    4,      2,    8, 8,
                           4,   400, 8,  16, 0.01f, 0.003f, 5000, 4};
static Plan plan;

// --- 1. two numbers ---------------------------------------------------------

typedef enum Variant { MULTI, GROUPED, SINGLE, WINDOW, BOTH, VARIANTS } Variant;
enum { LATENT = VARIANTS, MODELS };

// "grouped, window 16"
static const char *name_of(int variant)
{
    static char name[MODELS][40];
    const char *const plain[MODELS] = {"multi-head", "grouped",  "multi-query",
                                       "window",     "grouped,", "latent"};
    snprintf(name[variant], sizeof name[variant], "%s", plain[variant]);
    if (variant == GROUPED)
        snprintf(name[variant], sizeof name[variant], "grouped, %d",
                 plan.groups);
    if (variant == WINDOW || variant == BOTH)
        snprintf(name[variant], sizeof name[variant], "%s window %d",
                 variant == BOTH ? "grouped," : "multi-head,", plan.window);
    return name[variant];
}

static GptShape shape_of(Variant v)
{
    GptShape s = {.pieces = plan.pieces,
                  .context = plan.length,
                  .width = plan.width,
                  .heads = plan.heads,
                  .groups = plan.heads,
                  .layers = 2,
                  .hidden = 4 * plan.width,
                  .rotary = true};
    if (v == GROUPED || v == BOTH)
        s.groups = plan.groups;
    if (v == SINGLE)
        s.groups = 1;
    if (v == WINDOW || v == BOTH)
        s.window = plan.window;
    return s;
}

// Bytes of keys and values that a token adds to the cache, and those of a whole
// text, of which a window keeps its own length.
static double cache_of(int v, int length)
{
    GptShape s = shape_of(v == LATENT ? MULTI : (Variant)v);
    if (v == LATENT)
        return 4.0 * s.layers * (plan.latent + plan.turned) * length;
    return cost_cache(&s, length - 1);
}

static void show_costs(void)
{
    const int past = plan.length - 1;
    printf("1. Two numbers make the variants: groups of heads, and a window.\n"
           "   %d heads of width %d, 2 layers; floats of 4 bytes\n\n",
           plan.heads, plan.width / plan.heads);
    printf("%38s %6s  the last of %d tokens:\n", "numbers", "bytes",
           plan.length);
    printf("%38s %6s %15s %15s\n", "", "of a", "multiply-adds",
           "bytes fetched");
    printf("%27s%11s %6s %7s %7s %7s %7s\n", "groups", "learnt", "token",
           "formula", "counted", "formula", "counted");
    for (int v = 0; v < VARIANTS; v++) {
        Gpt m = gpt_new(shape_of(v), run.seed);
        const GptShape *s = &m.shape;
        PlainText p = plain_new(&m, plan.length);
        for (int i = 0; i < plan.length; i++)
            plain_read(&p, i % s->pieces);
        printf("  %-22s %d    %8zu %6.0f %7.0f %7.0f %7.0f %7.0f\n", name_of(v),
               s->groups, params_numbers(m.params), cost_cache(s, 0),
               cost_work(s, 1, past, 1) / 2, p.count.products,
               cost_weights(s) + cost_cache(s, past),
               4 * (p.count.weights + p.count.cached));
        plain_free(&p);
        gpt_free(&m);
    }
    puts("");
}

// --- 2. models one has heard of ---------------------------------------------

static void plot_memory(void)
{
    enum { POINTS = 61 };
    double x[POINTS], y[POINTS];
    Plot *p =
        plot_new("The cache of one text, 2 bytes a number", "tokens", "GiB");
    for (int i = 0; i < REAL_MODELS; i++) {
        for (int k = 0; k < POINTS; k++) {
            x[k] = 256 * pow(2, k / 5.0);
            y[k] = real_cache(&real_models[i], (int)x[k], 2) / (1 << 30);
        }
        plot_line(p, real_models[i].name, POINTS, x, y);
    }
    plot_level(p, "the weights of a 7B model", 2 * 6.74e9 / (1 << 30));
    plot_log(p, true, true);
    plot_save(p, run.plots, "memory");
}

static void show_real_models(void)
{
    const int lengths[] = {4096, 32768, 131072};
    puts("2. The cache of one text in real models, 2 bytes a number\n");
    puts("                                           KiB a     GiB at");
    puts("               layers heads groups window  token    4,096  32,768 "
         "131,072 tokens");
    for (int i = 0; i < REAL_MODELS; i++) {
        const RealModel *m = &real_models[i];
        printf("  %-12s %6d %5d %6d %6d %6.1f ", m->name, m->layers, m->heads,
               m->groups, m->window, real_cache(m, 1, 2) / 1024);
        for (int k = 0; k < 3; k++)
            printf(" %7.2f", real_cache(m, lengths[k], 2) / (1 << 30));
        puts("");
    }
    puts("");
    plot_memory();
}

// --- 3. how fast they write -------------------------------------------------

static void show_speed(void)
{
    enum { LENGTHS = 5 };
    const int lengths[LENGTHS] = {64, 256, 1024, 4096, 16384};
    const int count = run.quick ? 4 : LENGTHS, turns = run.quick ? 9 : 33;
    double x[LENGTHS], y[LENGTHS];
    GptShape shape = {.pieces = 512,
                      .context = 2,
                      .width = 256,
                      .heads = 8,
                      .layers = 4,
                      .hidden = 1024,
                      .rotary = true};
    printf("3. Tokens a second behind a text of so many tokens: 8 heads of "
           "width 32,\n   4 layers (13.1 MB of weights)\n\n  %-24s",
           "");
    for (int i = 0; i < count; i++)
        printf(" %7d", lengths[i]);
    puts("");
    Plot *p =
        plot_new("How fast a model writes", "tokens before", "tokens a second");
    for (int v = 0; v < VARIANTS; v++) {
        static const char *const names[] = {
            "multi-head", "grouped, 2", "multi-query", "multi-head, window 256",
            "grouped, window 256"};
        shape.groups = v == MULTI || v == WINDOW ? 8 : v == SINGLE ? 1 : 2;
        shape.window = v == WINDOW || v == BOTH ? 256 : 0;
        Gpt m = gpt_new(shape, run.seed);
        printf("  %-24s", names[v]);
        for (int i = 0; i < count; i++) {
            char text[24];
            x[i] = lengths[i];
            y[i] = 1 / seconds_a_token(&m, lengths[i], turns);
            snprintf(text, sizeof text, "~%.0f", y[i]);
            printf(" %7s", text);
        }
        puts("");
        fflush(stdout);
        plot_line(p, names[v], count, x, y);
        gpt_free(&m);
    }
    puts("");
    plot_log(p, true, true);
    plot_save(p, run.plots, "speed");
}

// --- 4. six that learn the same ---------------------------------------------

typedef struct Class {
    const School *school;
    int n, until; // pupils; the last step of this run
    Term term[8];
    ClassBar bar;
} Class;

static Class seven; // the models of part 4, and one that part 7 needs

static void learn_some(void *context, int from, int to)
{
    Class *c = context;
    for (int i = from; i < to; i++)
        school_train(c->school, &c->term[i], c->until, &c->bar);
}

// The file in which one of the seven is kept.
static const char *file_of(int i, const char *directory)
{
    static char path[4096];
    if (snprintf(path, sizeof path, "%s/%s.safetensors", directory,
                 seven.term[i].pupil.name) >= (int)sizeof path)
        die("%.40s...: is too long a name", directory);
    return path;
}

// Ctrl-C: keeps the seven, as far as they have learnt, and ends the program.
static _Noreturn void stop(void)
{
    folder_make(save);
    for (int i = 0; i < seven.n; i++)
        term_save(seven.school, &seven.term[i], file_of(i, save));
    die("stopped; the models are kept, the same command with --resume %s goes "
        "on",
        save);
}

// All pupils learn, one on each thread. All else is done on one: models so
// small are no faster on several.
static void class_learns(Class *c, const char *what)
{
    c->bar = class_bar(what, c->n * c->term[0].steps);
    for (int i = 0; i < c->n; i++)
        c->bar.done += (int)c->term[i].step;
    c->bar.bar.first = c->bar.done;
    threads_set(run.threads);
    parallel_for(c->n, 1e12, learn_some, c);
    threads_set(1);
    progress_end(&c->bar.bar);
    for (int i = 0; i < c->n; i++)
        if (c->term[i].step < c->term[i].steps)
            stop();
}

static void class_free(Class *c)
{
    for (int i = 0; i < c->n; i++)
        term_free(&c->term[i]);
}

static double last(const Term *t)
{
    return t->curve.loss[t->curve.n - 1];
}

static Matrix *latent_scores(const void *model, Tape *t, Tokens text)
{
    return latent_forward(model, t, text, 0, NULL);
}

static void plot_class(void)
{
    Plot *p = plot_new("Six variants learn the same stories", "step",
                       "nats a token, unseen stories");
    for (int v = 0; v < MODELS; v++)
        plot_line(p, name_of(v), seven.term[v].curve.n,
                  seven.term[v].curve.step, seven.term[v].curve.loss);
    plot_save(p, run.plots, "learning");
    p = plot_new("Quality over the size of the cache",
                 "KiB of cache for a text of 1,024 tokens",
                 "nats a token, unseen stories");
    for (int v = 0; v < MODELS; v++) {
        const double x = cache_of(v, 1024) / 1024, y = last(&seven.term[v]);
        plot_points(p, name_of(v), 1, &x, &y);
    }
    plot_log(p, true, false);
    plot_save(p, run.plots, "frontier");
}

// The multi-head model with its first embeddings a fifth as large: 0.02, as in
// GPT-2. What becomes of it, part 7 shows.
static Gpt small_beginning(void)
{
    Gpt m = gpt_new(shape_of(MULTI), run.seed);
    for (int i = 0; i < m.pieces->rows * m.pieces->cols; i++)
        m.pieces->val[i] *= 0.2f;
    return m;
}

static void show_class(const School *s, Gpt *gpt, Latent *latent, Gpt *small)
{
    Pupil pupil[MODELS + 1];
    for (int v = 0; v < VARIANTS; v++) {
        gpt[v] = gpt_new(shape_of(v), run.seed);
        pupil[v] = pupil_of(name_of(v), &gpt[v]);
    }
    *latent = latent_new(shape_of(MULTI), plan.latent, plan.turned, run.seed);
    pupil[LATENT] =
        (Pupil){name_of(LATENT), latent, latent_scores, latent->params};
    *small = small_beginning();
    pupil[MODELS] = pupil_of("small beginning", small);
    seven = (Class){
        .school = s, .n = MODELS + 1, .until = until ? until : plan.steps};
    for (int i = 0; i < seven.n; i++) {
        seven.term[i] = term_new(s, pupil[i], plan.steps,
                                 plan.steps / plan.looks, plan.rate);
        if (resume)
            term_load(s, &seven.term[i], file_of(i, resume));
    }
    class_learns(&seven, "learning stories");
    printf("4. The same stories, %d steps of %d x %d tokens; loss in nats a "
           "token on\n   unseen stories; the latent rows have %d + %d "
           "numbers\n\n",
           plan.steps, plan.texts, plan.length, plan.latent, plan.turned);
    printf("                        numbers   cache of 1,024    loss at step\n"
           "                         learnt    tokens, bytes ");
    const int third = plan.looks / 3;
    for (int k = third; k < plan.looks; k += third)
        printf(" %6.0f", seven.term[0].curve.step[k]);
    puts("    last");
    for (int v = 0; v < MODELS; v++) {
        printf("  %-22s %7zu  %15.0f ", name_of(v),
               params_numbers(seven.term[v].pupil.params), cache_of(v, 1024));
        for (int k = third; k < plan.looks; k += third)
            printf("  ~%.2f", seven.term[v].curve.loss[k]);
        printf("  ~%.3f\n", last(&seven.term[v]));
    }
    puts("");
    plot_class();
}

// --- 5. changed after it has learnt -----------------------------------------

// A multi-head model that has learnt becomes a grouped one and a multi-query
// one, by the mean of its heads or by the first of them; then some more steps.
static void show_conversion(const School *s, const Gpt *gpt)
{
    const char *const how[] = {"mean", "first"};
    Class c = {.school = s, .n = 4, .until = plan.more};
    Gpt few[4];
    char name[4][40];
    for (int i = 0; i < 4; i++) {
        const int groups = i < 2 ? plan.groups : 1;
        few[i] = gpt_regrouped(&gpt[MULTI], groups,
                               i % 2 ? FIRST_OF_ALL : MEAN_OF_ALL);
        snprintf(name[i], sizeof name[i], "%d group%s, %s", groups,
                 groups > 1 ? "s" : "", how[i % 2]);
        c.term[i] = term_new(s, pupil_of(name[i], &few[i]), plan.more,
                             plan.more / 8, plan.more_rate);
    }
    class_learns(&c, "learning again");
    const double whole = school_score(s, pupil_of("", &gpt[MULTI]), 48);
    printf("5. The multi-head model, loss ~%.3f, is given fewer groups\n\n"
           "                        at once   %3d steps more   from the "
           "beginning, %d\n",
           whole, plan.more, plan.steps);
    Plot *p = plot_new("Fewer groups, and some more steps", "step",
                       "nats a token, unseen stories");
    for (int i = 0; i < 4; i++) {
        const Gpt *from_start = &gpt[i < 2 ? GROUPED : SINGLE];
        printf("  %-20s   ~%.3f         ~%.3f", name[i],
               c.term[i].curve.loss[0], last(&c.term[i]));
        if (i % 2 == 0)
            printf("          ~%.3f",
                   school_score(s, pupil_of("", from_start), 48));
        puts("");
        plot_line(p, name[i], c.term[i].curve.n, c.term[i].curve.step,
                  c.term[i].curve.loss);
        gpt_free(&few[i]);
    }
    puts("");
    plot_level(p, "before", whole);
    plot_save(p, run.plots, "conversion");
    class_free(&c);
}

// --- 6. a text without an end -----------------------------------------------

// The memory of the whole program: what it has now, and the most it ever had.
static double megabytes_now(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r"); // Linux: size, resident, ...
    if (f) {
        if (fscanf(f, "%*s %ld", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return (double)pages * (double)sysconf(_SC_PAGESIZE) / (1 << 20);
}

static double megabytes_at_most(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_maxrss / 1024;
}

// The loss of a reader on parts of a long text.
enum { PARTS = 6 };
typedef struct Reading {
    int n;
    double end[PARTS], loss[PARTS]; // of each part
    size_t bytes[PARTS];            // held at its end
    double memory[PARTS];           // of the program then, MB
} Reading;

// Token number i of `begin` and all unseen stories, over and over.
static int token(const School *s, int i)
{
    return i == 0 ? s->begin : s->unseen.at[(i - 1) % s->unseen.n];
}

// Reads `tokens` tokens, the end of each part of which is given, `rows` at
// once.
static Reading read_on(const School *s, const Gpt *m, int window, int sinks,
                       int rows, int n, const int *ends)
{
    Reading r = {.n = n};
    Endless *e = endless_new(m, ends[n - 1], window, sinks, rows);
    int *id = new_array(rows, sizeof *id), at = 0;
    for (int part = 0; part < n; part++) {
        const int from = at;
        while (at < ends[part]) {
            int some = rows < ends[part] - at ? rows : ends[part] - at;
            for (int i = 0; i < some; i++)
                id[i] = token(s, at + i);
            const float *scores = endless_read(e, some, id);
            for (int i = 0; i < some; i++, at++)
                r.loss[part] += surprise(scores + (size_t)i * m->shape.pieces,
                                         m->shape.pieces, token(s, at + 1));
            if (interrupted())
                stop();
        }
        r.loss[part] /= ends[part] - from;
        r.end[part] = ends[part];
        r.bytes[part] = endless_bytes(e);
        r.memory[part] = megabytes_now();
    }
    free(id);
    endless_free(e);
    return r;
}

static size_t show_endless(const School *s, const Gpt *m)
{
    int ends[PARTS], n = 0;
    for (int end = plan.tokens; n < 3 && end >= 50; end /= 10)
        ends[n++] = end;
    for (int i = 0; i < n / 2; i++) { // shortest first
        const int other = ends[i];
        ends[i] = ends[n - 1 - i];
        ends[n - 1 - i] = other;
    }
    const Reading r = read_on(s, m, m->shape.window, 0, 48, n, ends);
    printf("6. The model that learnt with a window of %d reads %d tokens, 48 "
           "at a\n"
           "   time, into a ring\n\n"
           "   tokens   bytes held   all kept would be   loss   memory of the "
           "program\n",
           m->shape.window, plan.tokens);
    for (int i = 0; i < n; i++)
        printf("  %7.0f   %10zu   %17zu  ~%.2f   ~%.1f MB\n", r.end[i],
               r.bytes[i],
               kv_bytes(m->shape.layers, m->shape.width, (int)r.end[i]),
               r.loss[i], r.memory[i]);
    printf("\n  The most it ever had, while it learnt: ~%.1f MB\n\n",
           megabytes_at_most());
    return r.bytes[n - 1];
}

// --- 7. the first token -----------------------------------------------------

// What a multi-head model does when its text grows longer than all it learnt
// from: with everything kept, with a window, with a window and sinks.
static void read_beyond(const School *s, const Gpt *m, Plot *p)
{
    enum { KEPT, CUT, ONE, SOME, WAYS };
    const int T = plan.length, window = T / 4, n = 4;
    const int ends[] = {T / 4, T, 4 * T, 16 * T};
    const int sinks[WAYS] = {0, 0, 1, plan.sinks};
    for (int way = 0; way < WAYS; way++) {
        char name[64];
        const int last = window - sinks[way];
        const Reading r = read_on(s, m, way == KEPT ? 0 : last, sinks[way],
                                  way == KEPT ? 32 : 1, n, ends);
        if (way == KEPT)
            snprintf(name, sizeof name, "all is kept");
        else if (way == CUT)
            snprintf(name, sizeof name, "the last %d", last);
        else
            snprintf(name, sizeof name, "the first %d and the last %d",
                     sinks[way], last);
        printf("  %-31s", name);
        for (int i = 0; i < n; i++)
            printf("   ~%.2f", r.loss[i]);
        puts("");
        fflush(stdout);
        if (p)
            plot_line(p, name, n, r.end, r.loss);
    }
}

static void show_sinks(const School *s, const Gpt *m, const Gpt *small)
{
    const int T = plan.length;
    printf(
        "7. Two multi-head models, which learnt from texts of %d tokens, read "
        "on and on;\n   loss on each part of the text\n\n  %-31s",
        T, "up to token");
    for (int length = T / 4; length <= 16 * T; length *= 4)
        printf(" %7d", length);
    puts("\n\n  The one above:");
    read_beyond(s, m, NULL);
    puts("\n  One whose embeddings began smaller, 0.02 and not 0.1:");
    Plot *p = plot_new("A text longer than all that were learnt from", "tokens",
                       "nats a token");
    read_beyond(s, small, p);
    puts("");
    plot_log(p, true, false);
    plot_save(p, run.plots, "sinks");
}

// --- the program ------------------------------------------------------------

int main(int argc, char **argv)
{
    run.seed = 1;
    int steps = 0, tokens = 0, window = 0;
    const Option own[] = {
        {"steps", "N", OPTION_INT, &steps, 0, 1000000, NULL,
         "of training, at least 20 (0: 600, quick 400)"},
        {"tokens", "N", OPTION_INT, &tokens, 0, 1000000000, NULL,
         "of the text without an end, at least 100 (0: 100000, quick 5000)"},
        {"window", "N", OPTION_INT, &window, 0, 64, NULL,
         "of the models that have one (0: 16, quick 8)"},
        {"stop", "N", OPTION_INT, &until, 0, 1000000, NULL,
         "end after N steps of training, as Ctrl-C does (0: never)"},
        {"save", "DIR", OPTION_TEXT, &save, 0, 0, NULL,
         "where Ctrl-C keeps the models"},
        {"resume", "DIR", OPTION_TEXT, &resume, 0, 0, NULL,
         "go on with the models kept there"},
        {0}};
    cli_parse(argc, argv,
              "Attention with fewer keys to keep: multi-head, grouped-query, "
              "multi-query, sliding\nwindow and latent attention in one model, "
              "what each costs and how well it learns;\nand texts without an "
              "end.",
              own, &run);
    if ((steps > 0 && steps < 20) || (tokens > 0 && tokens < 100))
        cli_misuse("--steps must be at least 20, --tokens at least 100");
    plan = run.quick ? quick : full;
    plan.steps = steps ? steps : plan.steps;
    plan.tokens = tokens ? tokens : plan.tokens;
    plan.window = window ? window : plan.window;
    if (resume && access(resume, F_OK) < 0)
        die("%s: there is no such directory; Ctrl-C makes one", resume);
    if (save != usual)
        need_folder(save);
    threads_set(1);
    printf("Attention variants: about %s and 200 MB of memory.\n"
           "A tilde marks what is measured.\n\n",
           run.quick ? "8 seconds" : "a minute");
    show_costs();
    show_real_models();
    show_speed();
    School s = school_new(plan.stories, plan.pieces, plan.length, plan.texts,
                          run.seed);
    Gpt gpt[VARIANTS], small;
    Latent latent;
    show_class(&s, gpt, &latent, &small);
    show_conversion(&s, gpt);
    const size_t held = show_endless(&s, &gpt[WINDOW]);
    show_sinks(&s, &gpt[MULTI], &small);
    printf("=> %d tokens read with %.1f KiB of keys and values\n", plan.tokens,
           (double)held / 1024);
    for (int v = 0; v < VARIANTS; v++)
        gpt_free(&gpt[v]);
    gpt_free(&small);
    latent_free(&latent);
    class_free(&seven);
    school_free(&s);
    return 0;
}
