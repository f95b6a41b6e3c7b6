// 13-llama2: Llama 2, from nothing to a file that others can run.
//
// Without --model a small Llama learns very short stories, tells one, and is
// written in three forms and read back. With --model a real one runs. Read
// from top to bottom: what is learnt, learning it, the three forms, the
// command line.
#include "13-llama2/commands.h"
#include "13-llama2/cria_train.h"
#include "13-llama2/llama_save.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/kernels.h"
#include "common/plot.h"
#include "common/progress.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- what is learnt ---------------------------------------------------------

typedef struct Lesson {
    int stories, pieces;
    int every; // steps between two looks at what is held out
    LlamaShape shape;
    CriaRecipe recipe;
} Lesson;

static Lesson lesson_for(const Run *run)
{
    Lesson full = {
        .stories = 20000,
        .pieces = 768,
        .every = 150,
        .shape = {.context = 256,
                  .width = 96,
                  .hidden = 256,
                  .layers = 3,
                  .heads = 6,
                  .groups = 3},
        .recipe = {.windows = 4, .length = 160, .steps = 1800, .rate = 8e-3f}};
    Lesson quick = {
        .stories = 2000,
        .pieces = 512,
        .every = 50,
        .shape = {.context = 256,
                  .width = 64,
                  .hidden = 160,
                  .layers = 2,
                  .heads = 4,
                  .groups = 2},
        .recipe = {.windows = 8, .length = 96, .steps = 250, .rate = 8e-3f}};
    Lesson l = run->quick ? quick : full;
    l.shape.eps = 1e-5f;
    l.shape.base = 10000;
    l.shape.tied = true;
    l.shape.layout = ADJACENT;
    l.recipe.seed = run->seed;
    return l;
}

// --- learning it ------------------------------------------------------------

enum { LOOKS = 200, WINDOWS = 20 }; // at most; of what is held out

typedef struct Curve {
    int n;
    double step[LOOKS], loss[LOOKS], held[LOOKS];
} Curve;

// Tells a tale of so many tokens, from the beginning. At temperature 0 the same
// model always tells the same.
static void tell(const Llama *m, const LlamaPieces *p, float temperature,
                 Ids *text, int tokens, FILE *to)
{
    Sampler sampler = {.temperature = temperature, .rng = rng_new(1)};
    LlamaRun r = llama_run_new(m, 1, tokens + 1);
    Speaker speaker = {.pieces = p, .to = to};
    ids_add(text, p->bos);
    llama_write_on(&r, p, &sampler, text, 0, tokens, to ? &speaker : NULL);
    speak_end(&speaker);
    llama_run_free(&r);
    if (interrupted())
        die("stopped");
    interrupt_at_once(); // until the next tale
}

static void look(const CriaTraining *t, double loss, Curve *c)
{
    const int k = c->n++;
    c->step[k] = (double)t->step;
    c->loss[k] = loss;
    c->held[k] = cria_held_loss(t, WINDOWS);
    printf("%6lld   ~%.3f   ~%.3f\n", (long long)t->step, loss, c->held[k]);
    fflush(stdout);
}

static Curve learn(const Cria *m, const CriaText *c, const Lesson *l)
{
    CriaTraining t = cria_training_new(m, c, l->recipe);
    Curve curve = {0};
    Progress bar = progress_new("training", l->recipe.steps, "steps");
    double sum = 0;
    int since = 0;
    while (t.step < l->recipe.steps && !interrupted()) {
        const double loss = cria_step(&t);
        sum += loss;
        since++;
        progress(&bar, t.step, loss);
        if ((t.step % l->every == 0 || t.step == l->recipe.steps) &&
            curve.n < LOOKS) {
            progress_end(&bar);
            look(&t, sum / since, &curve);
            sum = since = 0;
        }
    }
    progress_end(&bar);
    if (since > 0 && curve.n < LOOKS) // Ctrl-C came between two looks
        look(&t, sum / since, &curve);
    if (t.step < l->recipe.steps)
        printf("\nstopped after %lld steps of %lld; this is how far it came.\n",
               (long long)t.step, (long long)l->recipe.steps);
    interrupt_at_once();
    cria_training_free(&t);
    return curve;
}

// --- the three forms --------------------------------------------------------

static double megabytes(const LlamaFile *f)
{
    size_t bytes = f->size;
    for (int i = 0; i < f->shards; i++)
        bytes += f->shard[i].size;
    return (double)bytes / 1e6;
}

// Writes the model in each form, reads it back, and lets it tell a tale at
// temperature 0: how many of the forms tell the same, token by token.
static int three_forms(const Cria *cria, const LlamaPieces *p, const Ids *tale,
                       int tokens)
{
    static const char *const name[] = {"tales.bin", "tales.gguf", "tales"};
    int same = 0;
    Llama m = cria_llama(cria);
    puts("  file          MB   what it is                 the same text");
    for (int i = 0; i < 3; i++) {
        Buffer path = file_of_this_run(name[i]);
        llama_save(&m, p, path.at);
        LlamaFile f = llama_open(path.at);
        LlamaPieces its = llama_pieces_for(&f, NULL);
        Llama again = llama_load(&f);
        Ids text = {0};
        tell(&again, &its, 0, &text, tokens, NULL);
        const bool equal =
            text.n == tale->n &&
            memcmp(text.at, tale->at, tale->n * sizeof *tale->at) == 0;
        same += equal;
        printf("  %-11s%5.2f   %-24s   %s\n", name[i], megabytes(&f), f.kind,
               equal ? "yes" : "no");
        ids_free(&text);
        llama_free(&again);
        llama_pieces_free(&its);
        llama_close(&f);
        buffer_free(&path);
    }
    llama_free(&m);
    return same;
}

// --- plots ------------------------------------------------------------------

// Where the numbers of a Llama are.
static void plot_parts(const char *plots)
{
    static const struct {
        const char *name;
        LlamaShape s;
    } model[] = {
        {"260K", {512, 512, 64, 172, 5, 8, 4, 0, 0, true, 0}},
        {"15M", {32000, 256, 288, 768, 6, 6, 6, 0, 0, true, 0}},
        {"110M", {32000, 1024, 768, 2048, 12, 12, 12, 0, 0, true, 0}},
        {"1.1B", {32000, 2048, 2048, 5632, 22, 32, 4, 0, 0, false, 0}},
        {"7B", {32000, 4096, 4096, 11008, 32, 32, 32, 0, 0, false, 0}},
        {"70B", {32000, 4096, 8192, 28672, 80, 64, 8, 0, 0, false, 0}}};
    enum { MODELS = sizeof model / sizeof *model };
    const char *name[MODELS];
    double table[MODELS], attention[MODELS], feed[MODELS];
    for (int i = 0; i < MODELS; i++) {
        const LlamaShape *s = &model[i].s;
        const double all = (double)llama_parameters(s), d = s->width;
        name[i] = model[i].name;
        table[i] = 100 * (s->tied ? 1 : 2) * d * s->pieces / all;
        attention[i] = 100 * s->layers * 2 * d * (d + llama_key_width(s)) / all;
        feed[i] = 100 * s->layers * 3 * d * s->hidden / all;
    }
    Plot *p =
        plot_new("Where the numbers of a Llama are", "parameters", "% of all");
    plot_bars(p, "embeddings and output", MODELS, name, table);
    plot_bars(p, "attention", MODELS, name, attention);
    plot_bars(p, "feed-forward", MODELS, name, feed);
    plot_range(p, (double)NAN, (double)NAN, 0, 100);
    plot_save(p, plots, "parts");
}

// The gate of SwiGLU beside the functions it took the place of.
static void plot_gate(const char *plots)
{
    enum { POINTS = 161 };
    double x[POINTS], gate[POINTS], relu_of[POINTS], gelu_of[POINTS];
    for (int i = 0; i < POINTS; i++) {
        x[i] = -4 + i * 0.05;
        gate[i] = x[i] / (1 + exp(-x[i]));
        relu_of[i] = x[i] > 0 ? x[i] : 0;
        gelu_of[i] = x[i] * 0.5 * erfc(-x[i] / sqrt(2));
    }
    Plot *p = plot_new("SiLU, the gate's function", "x", "f(x)");
    plot_line(p, "silu", POINTS, x, gate);
    plot_line(p, "gelu", POINTS, x, gelu_of);
    plot_line(p, "relu", POINTS, x, relu_of);
    plot_save(p, plots, "gate");
}

// How fast a text of 256 tokens is read on one core, by the tokens that go
// together.
static void plot_chunks(const Cria *cria, const char *plots)
{
    enum { TOKENS = 256, SIZES = 9, TIMES = 15 };
    const int threads = threads_count();
    threads_set(1);
    double size[SIZES], speed[SIZES];
    int id[TOKENS];
    Llama m = cria_llama(cria);
    LlamaRun r = llama_run_new(&m, 1, TOKENS);
    for (int i = 0; i < TOKENS; i++)
        id[i] = i * 31 % m.shape.pieces;
    for (int i = 0; i < SIZES; i++) {
        double best = INFINITY;
        for (int again = 0; again < TIMES; again++) {
            const double began = seconds_now();
            llama_forget(&r, 0);
            for (int at = 0; at < TOKENS; at += 1 << i)
                llama_read(&r, id + at, 1 << i);
            best = fmin(best, seconds_now() - began);
        }
        size[i] = 1 << i;
        speed[i] = TOKENS / best;
    }
    Plot *p = plot_new("Reading a prompt, piece by piece or all at once",
                       "tokens that are read together", "tokens a second");
    plot_line(p, NULL, SIZES, size, speed);
    plot_points(p, NULL, SIZES, size, speed);
    plot_log(p, true, true);
    plot_save(p, plots, "chunks");
    threads_set(threads);
    llama_run_free(&r);
    llama_free(&m);
}

static void plot_learning(const Curve *c, const char *plots)
{
    Plot *p = plot_new("A Llama learns tales", "step", "nats a token");
    plot_line(p, "what it learns from", c->n, c->step, c->loss);
    plot_line(p, "what is held out", c->n, c->step, c->held);
    plot_save(p, plots, "learning");
}

// --- the demonstration ------------------------------------------------------

// The real model of 260,000 numbers, if it is there.
static void run_stories(const Run *run)
{
    char *model = NULL, *pieces = NULL;
    const char *path = data_path(run, "stories260K", "stories260K.bin");
    if (path)
        model = copy_text(path);
    path = data_path(run, "stories260K", "tok512.bin");
    if (path)
        pieces = copy_text(path);
    puts("5. A real one: stories260K, trained by Andrej Karpathy on 2 million "
         "stories\n");
    if (model && pieces) {
        LlamaFile f = llama_open(model);
        LlamaPieces p = llama_pieces_for(&f, pieces);
        Llama m = llama_load(&f);
        Ids text = {0};
        const double began = seconds_now();
        tell(&m, &p, 0, &text, 200, stdout);
        printf("\n\n%d tokens, ~%.0f a second.\n", text.n,
               text.n / (seconds_now() - began));
        ids_free(&text);
        llama_free(&m);
        llama_pieces_free(&p);
        llama_close(&f);
    } else {
        puts("It is not here; make data NAME=stories260K brings it.");
    }
    free(model);
    free(pieces);
}

static void demonstrate(const Run *run, const Lesson *l, const char *save)
{
    enum { TALE = 220 };
    LlamaPieces p;
    Lesson mine = *l;
    CriaText c =
        run->data ? cria_text_file(run->data, l->pieces, l->recipe.length, &p)
                  : cria_text_tales(l->stories, run->seed, l->pieces, &p);
    mine.shape.pieces = p.n;
    const LlamaShape *s = &mine.shape;
    printf("1. The text: %d %s, %.1f MB; %d pieces, learnt from it; %d tokens\n"
           "   to learn from, %d held out\n\n",
           c.texts, run->data ? "texts" : "tales", (double)c.bytes / 1e6, p.n,
           c.learn.n, c.held.n);
    printf("2. A Llama of %d layers, width %d, %d heads, %d of them for keys "
           "and values,\n   hidden width %d: %zu numbers\n\n",
           s->layers, s->width, s->heads, s->groups, s->hidden,
           llama_parameters(s));
    Cria m = cria_new(mine.shape, run->seed);
    (void)folder_of_this_run(); // what cannot be made shall be said at once
    puts("  step   loss     held out, in nats a token");
    const double began = seconds_now();
    const Curve curve = learn(&m, &c, &mine);
    fprintf(stderr, "%.1f s\n", seconds_now() - began);
    // With --quick the tale goes to standard error: another compiler's rounding
    // may change a word of it.
    printf("\n3. A tale of its own, drawn at temperature 0.5%s\n\n",
           run->quick ? " (on standard error)" : "");
    Llama ready = cria_llama(&m);
    if (save)
        llama_save(&ready, &p, save);
    Ids told = {0}, tale = {0};
    tell(&ready, &p, 0.5f, &told, TALE, run->quick ? stderr : stdout);
    fputs("\n\n", run->quick ? stderr : stdout);
    tell(&ready, &p, 0, &tale, TALE, NULL);
    puts("4. Written in three forms, and read back\n");
    const int same = three_forms(&m, &p, &tale, TALE);
    puts("");
    if (!run->quick && !run->data) {
        run_stories(run);
        puts("");
    }
    if (save)
        printf("Saved: build/bin/13-llama2 --model %s\n\n", save);
    if (run->plots) {
        plot_learning(&curve, run->plots);
        plot_parts(run->plots);
        plot_gate(run->plots);
        plot_chunks(&m, run->plots);
    }
    printf("=> held out: ~%.3f nats a token; %d of 3 forms write one text\n",
           curve.n ? curve.held[curve.n - 1] : NAN, same);
    ids_free(&told);
    ids_free(&tale);
    llama_free(&ready);
    cria_free(&m);
    cria_text_free(&c);
    llama_pieces_free(&p);
}

// --- the program ------------------------------------------------------------

static const char about[] =
    "Llama 2. Without --model a small one learns very short stories (or the "
    "text file\n--data FILE), tells one, and is written in three forms and "
    "read back. With --model\na real one runs: llama2.c's .bin, a GGUF, or a "
    "folder of Hugging Face.";

int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    Ask a = {.steps = 256, .sampler = {.temperature = 0.8f, .top_p = 0.9f}};
    Sampler *s = &a.sampler;
    int updates = 0, layers = 0, width = 0, hidden = 0, heads = 0, groups = 0;
    const Option own[] = {
        {"model", "PATH", OPTION_TEXT, &a.model, 0, 0, NULL,
         "NAME.bin, NAME.gguf or a folder"},
        {"tokenizer", "FILE", OPTION_TEXT, &a.tokenizer, 0, 0, NULL,
         "tokenizer.model, .bin or .json; otherwise the model's\n"
         "own, or the one beside it"},
        {"prompt", "TEXT", OPTION_TEXT, &a.prompt, 0, 0, NULL,
         "how the text begins"},
        {"steps", "N", OPTION_INT, &a.steps, 1, 1 << 22, NULL,
         "tokens to write, at most"},
        {"temperature", "X", OPTION_FLOAT, &s->temperature, 0, 100, NULL,
         "0: always the likeliest token"},
        {"top-k", "N", OPTION_INT, &s->top_k, 0, 1 << 22, NULL, "0: all"},
        {"top-p", "X", OPTION_FLOAT, &s->top_p, 1e-6, 1, NULL, "1: all"},
        {"min-p", "X", OPTION_FLOAT, &s->min_p, 0, 1, NULL, "0: all"},
        {"typical", "X", OPTION_FLOAT, &s->typical, 0, 1, NULL, "0: all"},
        {"repetition", "X", OPTION_FLOAT, &s->repetition, 0, 10, NULL,
         "a penalty; 0 or 1: none"},
        {"presence", "X", OPTION_FLOAT, &s->presence, -100, 100, NULL, ""},
        {"frequency", "X", OPTION_FLOAT, &s->frequency, -100, 100, NULL, ""},
        {"look-back", "N", OPTION_INT, &s->look_back, 0, 1 << 22, NULL,
         "tokens that are penalised; 0: the last 64"},
        {"chat", NULL, OPTION_FLAG, &a.chat, 0, 0, NULL,
         "a conversation on standard input, in Llama 2's form"},
        {"system", "TEXT", OPTION_TEXT, &a.system, 0, 0, NULL,
         "with --chat: who the model shall be"},
        {"info", NULL, OPTION_FLAG, &a.info, 0, 0, NULL,
         "print what the file holds and what memory it needs"},
        {"trace", NULL, OPTION_FLAG, &a.trace, 0, 0, NULL,
         "print the way of the prompt's last token"},
        {"score", "FILE", OPTION_TEXT, &a.score, 0, 0, NULL,
         "the model's mean loss on a text"},
        {"logits", "FILE", OPTION_TEXT, &a.logits, 0, 0, NULL,
         "write the scores after each token of the prompt"},
        {"save", "PATH", OPTION_TEXT, &a.save, 0, 0, NULL,
         "write the model: NAME.bin, NAME.gguf, or a folder"},
        {"updates", "N", OPTION_INT, &updates, 0, 1 << 24, NULL,
         "training steps (0: 1800, quick 250); so all below:\n"
         "0 is the default of the lesson"},
        {"layers", "N", OPTION_INT, &layers, 0, 100, NULL, ""},
        {"width", "N", OPTION_INT, &width, 0, 1 << 14, NULL, ""},
        {"hidden", "N", OPTION_INT, &hidden, 0, 1 << 16, NULL, ""},
        {"heads", "N", OPTION_INT, &heads, 0, 1 << 10, NULL, ""},
        {"groups", "N", OPTION_INT, &groups, 0, 1 << 10, NULL,
         "heads for keys and values"},
        {0}};
    cli_parse(argc, argv, about, own, &run);
    a.sampler.rng = rng_new(run.seed);
    if (a.chat + a.info + a.trace + !!a.score + !!a.logits + !!a.save > 1)
        cli_misuse("only one of --chat, --info, --trace, --score, --logits and "
                   "--save at a time");
    if (a.system && !a.chat)
        cli_misuse("--system goes with --chat");
    if (a.prompt && (a.chat || a.info || a.score || a.save))
        cli_misuse("--prompt does not go with --chat, --info, --score or "
                   "--save");
    if (a.model && (updates || layers || width || hidden || heads || groups))
        cli_misuse("--updates, --layers, --width, --hidden, --heads and "
                   "--groups are for a model that learns: without --model");
    if (a.model) {
        llama_ask(&a);
        return 0;
    }
    if (a.prompt || a.chat || a.info || a.trace || a.score || a.logits ||
        a.tokenizer)
        cli_misuse("--prompt, --chat, --info, --trace, --score, --logits and "
                   "--tokenizer need --model PATH");
    Lesson l = lesson_for(&run);
    l.recipe.steps = updates ? updates : l.recipe.steps;
    l.shape.layers = layers ? layers : l.shape.layers;
    l.shape.width = width ? width : l.shape.width;
    l.shape.hidden = hidden ? hidden : l.shape.hidden;
    l.shape.heads = heads ? heads : l.shape.heads;
    l.shape.groups = groups ? groups : l.shape.groups;
    l.shape.pieces = l.pieces;
    const char *wrong = llama_shape_wrong(&l.shape);
    if (wrong)
        cli_misuse("%s", wrong);
    if (a.save)
        llama_save_needed(a.save);
    printf("A Llama learns to tell tales: about %s and 100 MB of memory.\n\n",
           run.quick ? "8 seconds" : "50 seconds");
    demonstrate(&run, &l, a.save);
    return 0;
}
