// 10-gpt: a decoder-only transformer learns to write.
//
// Read from top to bottom: a text to learn from; learning it, with a look at
// how far it came now and then; the ways of choosing the next token, on a
// distribution made by hand, on one of the model's, and in whole stories; and
// using a model that was trained, here or by others.
#include "10-gpt/book.h"
#include "10-gpt/generate.h"
#include "10-gpt/gpt2.h"
#include "10-gpt/gpt_train.h"
#include "10-gpt/methods.h"

#include "common/check.h"
#include "common/plot.h"
#include "common/progress.h"
#include "data/tales/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- what is to be done -----------------------------------------------------

enum { TALES, TINYSHAKESPEARE, MOBY_DICK, OWN_FILE };
enum { MOST_TALES = 64 }; // that are marked at once

typedef struct Job {
    int text;          // one of the above
    const char *file;  // for OWN_FILE
    const char *name;  // of the text, for people
    int stories;       // TALES: how many are written to learn from
    int merges, every; // of the tokenizer; steps between two looks
    int marked;        // TALES: how many are marked at a look
    int tested;        // windows of the test text that are looked at
    GptShape shape;
    GptRecipe recipe;
    const char *save; // where the model is kept, or NULL
    bool tales, quick;
} Job;

static Job job_for(const Run *run)
{
    Job full = {
        .stories = 6000,
        .merges = 1500,
        .every = 200,
        .marked = 4,
        .tested = 40,
        .shape = {.context = 192, .width = 96, .heads = 4, .layers = 3},
        .recipe = {.windows = 4, .warmup = 50, .steps = 1600, .rate = 5e-3f},
    };
    Job quick = {
        .stories = 1500,
        .merges = 1000,
        .every = 250,
        .marked = 2,
        .tested = 20,
        .shape = {.context = 96, .width = 64, .heads = 4, .layers = 2},
        .recipe = {.windows = 4, .warmup = 30, .steps = 1000, .rate = 6e-3f},
    };
    Job j = run->quick ? quick : full;
    j.recipe.decay = 0.1f;
    j.recipe.clip = 1;
    j.recipe.seed = run->seed;
    j.quick = run->quick;
    return j;
}

// --- the text ---------------------------------------------------------------

static Buffer read_text(const Run *run, const Job *j)
{
    if (j->text == OWN_FILE)
        return text_read(j->file);
    const char *name[] = {"", "tinyshakespeare", "moby-dick"};
    const char *file[] = {"", "input.txt", "moby-dick.txt"};
    const char *path = data_path(run, name[j->text], file[j->text]);
    if (!path)
        data_missing(name[j->text]);
    return text_read(path);
}

// The tokens of the text, cut by the tokenizer of `from`, or by a new one that
// is learned if `from` is NULL.
static Book read_book(const Run *run, const Job *j, const Gpt *model,
                      const char *from)
{
    Buffer all = {0}, more = {0};
    Text train, test;
    if (j->tales) {
        book_tales(run->seed, j->stories, 300, &all, &more);
        train = (Text){all.at, all.length};
        test = (Text){more.at, more.length};
    } else {
        all = read_text(run, j);
        book_cut((Text){all.at, all.length}, j->name, &train, &test);
    }
    Book b =
        from ? book_with(gpt2_load_bpe(from, model->shape.pieces), train, test)
             : book_of(train, test, j->merges);
    buffer_free(&all);
    buffer_free(&more);
    return b;
}

// --- a look at how far it came ----------------------------------------------

enum { LOOKS = 200 }; // at most

typedef struct Curve {
    int n;
    double step[LOOKS], train[LOOKS], test[LOOKS], mark[MARKS][LOOKS];
} Curve;

// Newly written: n texts that begin with a new line, as every tale does.
static void write_stories(const Gpt *m, Sampler s, Book *b, int n, int most,
                          Buffer *story)
{
    Ids *text = new_array(n, sizeof *text);
    const int line_end = vocab_find(&b->bpe.vocab, (Text){"\n", 1});
    for (int i = 0; i < n; i++)
        ids_add(&text[i], line_end);
    gpt_continue(m, &s, text, n, most, line_end);
    for (int i = 0; i < n; i++) {
        Ids *t = &text[i];
        const int end = t->n > 1 && t->at[t->n - 1] == line_end;
        bpe_decode(&b->bpe, t->at + 1, t->n - 1 - end, &story[i]);
        buffer_add(&story[i], "", 0);
        ids_free(t);
    }
    free(text);
}

static void marks_of(const Checker *c, Buffer *story, int n, double *mark)
{
    memset(mark, 0, MARKS * sizeof *mark);
    for (int i = 0; i < n; i++) {
        const Marks x = tale_marks(c, (Text){story[i].at, story[i].length});
        const double each[MARKS] = {x.words,  x.grammar, x.names,
                                    x.things, x.order,   x.ending};
        for (int k = 0; k < MARKS; k++)
            mark[k] += each[k] / n;
    }
}

// A sample from the middle of what samplers do: a little sharper, no tail.
static Sampler usual(uint64_t seed)
{
    return (Sampler){.temperature = 0.8f, .top_p = 0.95f, .rng = rng_new(seed)};
}

// Writes what the model says now: to standard output; but with --quick, where
// another compiler's rounding may change a word, to standard error.
static void print_sample(const Job *j, const Buffer *story)
{
    enum { SHOWN = 300 };
    FILE *to = j->quick ? stderr : stdout;
    Text rest = {story->at, story->length};
    fprintf(to, "        ");
    for (int32_t c;
         story->length - rest.length < SHOWN && (c = utf8_next(&rest)) >= 0;) {
        char letter[4];
        const int n = utf8_write(c < ' ' ? '/' : c, letter);
        fwrite(letter, 1, n, to);
    }
    fprintf(to, "%s\n", rest.length ? " ..." : "");
    fflush(to);
}

static void print_looks_header(const Job *j)
{
    printf("        loss,  loss,  perplexity  bits     %s\n",
           j->tales ? "marks of the tales it writes, in %" : "");
    printf("  step  train  test   of a token  a byte   %s\n",
           j->tales ? "words grammar names things order ending" : "");
}

static void look(GptTraining *t, Book *b, const Checker *c, const Job *j,
                 Curve *curve)
{
    const int k = curve->n++;
    const Gpt *m = t->model;
    curve->step[k] = (double)t->step;
    curve->train[k] = gpt_train_loss(t);
    curve->test[k] = book_loss(m, &b->test, j->tested);
    printf("%6lld  ~%.3f ~%.3f ~%-10.2f ~%-7.3f", (long long)t->step,
           curve->train[k], curve->test[k], exp(curve->test[k]),
           bits_per_byte(curve->test[k], b->test.n, b->test_bytes));
    const int n = j->tales ? j->marked : 1;
    Buffer *story = new_array(n, sizeof *story);
    write_stories(m, usual(j->recipe.seed + (uint64_t)t->step), b, n,
                  j->tales ? m->shape.context : 100, story);
    if (j->tales) {
        double mark[MARKS];
        marks_of(c, story, n, mark);
        printf(" ");
        for (int i = 0; i < MARKS; i++) {
            curve->mark[i][k] = mark[i];
            printf(" ~%-4.0f%s", 100 * mark[i], i < 2 ? " " : "");
        }
    }
    printf("\n");
    fflush(stdout);
    print_sample(j, &story[0]);
    for (int i = 0; i < n; i++)
        buffer_free(&story[i]);
    free(story);
}

// --- learning ---------------------------------------------------------------

static void keep(const GptTraining *t, const Book *b, const char *directory)
{
    char path[512];
    gpt2_save(t->model, directory);
    gpt2_save_bpe(&b->bpe, directory);
    gpt_training_save(t, path_in(directory, "state", path));
}

// Steps until all are done, or Ctrl-C.
static Curve learn(GptTraining *t, Book *b, const Checker *c, const Job *j)
{
    Curve curve = {0};
    const int steps = j->recipe.steps;
    Progress bar = progress_new("training", steps, "steps");
    bar.first = t->step;
    while (t->step < steps && !interrupted()) {
        progress(&bar, t->step, gpt_train_step(t));
        const bool time = t->step % j->every == 0 || t->step == steps;
        if (time && curve.n < LOOKS) {
            progress_end(&bar);
            look(t, b, c, j, &curve);
        }
        if (j->save && (time || interrupted()))
            keep(t, b, j->save);
    }
    progress_end(&bar);
    if (interrupted() && j->save)
        die("stopped after %lld steps; the same command goes on",
            (long long)t->step);
    if (t->step < steps)
        printf("\nstopped after %lld steps of %d; this is how far it came.\n",
               (long long)t->step, steps);
    interrupt_at_once(); // what follows can be ended anywhere
    return curve;
}

static const char *const mark_names[MARKS] = {"words",  "grammar", "names",
                                              "things", "order",   "ending"};

static void plot_learning(const Curve *c, const Job *j, const char *plots)
{
    Plot *p = plot_new("Learning to write", "step", "loss of a token, in nats");
    plot_line(p, "training", c->n, c->step, c->train);
    plot_line(p, "test", c->n, c->step, c->test);
    plot_save(p, plots, "learning");
    if (!j->tales)
        return;
    p = plot_new("The tales that it writes", "step", "mark");
    for (int k = 0; k < MARKS; k++)
        plot_line(p, mark_names[k], c->n, c->step, c->mark[k]);
    plot_range(p, NAN, NAN, 0, 1.02);
    plot_save(p, plots, "marks");
}

// --- choosing the next token ------------------------------------------------

// A distribution made by hand, so that every number can be checked: e^logit
// are 0.40, 0.25 ... times e^2, and "ball" was said before.
static const char *const hand_words[] = {"kite", "ball", "boat", "dog",
                                         "bell", "map",  "soup", "the"};
static const float hand_share[] = {0.40f, 0.25f, 0.12f, 0.08f,
                                   0.06f, 0.04f, 0.03f, 0.02f};
enum { HAND = 8 };

static const char *hand_word(void *unused, int id, char to[32])
{
    (void)unused;
    snprintf(to, 32, "%s", hand_words[id]);
    return to;
}

static void methods_by_hand(void)
{
    float logits[HAND];
    for (int i = 0; i < HAND; i++)
        logits[i] = logf(hand_share[i]) + 2;
    puts("3. Ways of choosing, on eight words with probabilities made by hand; "
         "\"ball\"\n   was said before\n");
    for (int k = 0; k < METHODS; k++) {
        const bool last = k % 5 == 4 || k == METHODS - 1;
        printf(last ? "  [%d] %s\n" : "  [%d] %-10s", k + 1,
               sampling_methods[k].name);
    }
    puts("");
    methods_table(stdout, logits, HAND, (int[]){1}, 1, HAND, hand_word, NULL);
    puts("");
}

static void methods_on_the_model(const Gpt *m, Book *b, const char *prompt,
                                 const Job *j, const char *plots)
{
    FILE *to = j->quick ? stderr : stdout;
    Ids text = {0};
    bpe_encode(&b->bpe, text_of(prompt), &text);
    float *logits = new_array(m->shape.pieces, sizeof *logits);
    gpt_scores(m, &text, logits);
    printf("4. The same on what the model says after\n   \"%s\"\n%s\n",
           prompt + 1,
           j->quick ? "   (the full run has the table, --plots DIR pictures)\n"
                    : "");
    methods_table(to, logits, m->shape.pieces, text.at, text.n, 10, piece_word,
                  &b->bpe);
    fprintf(to, "\n");
    methods_plots(plots, logits, m->shape.pieces, text.at, text.n, piece_word,
                  &b->bpe);
    free(logits);
    ids_free(&text);
}

// The share of all runs of four words that were not said before.
static double different(const Buffer *story, int n)
{
    enum { RUN = 4 };
    uint64_t *hash = NULL;
    size_t runs = 0, repeated = 0;
    for (int i = 0; i < n; i++) {
        Text rest = {story[i].at, story[i].length}, word[RUN];
        for (int k = 0; rest.at && text_field(&rest, ' ', &word[k % RUN]);
             k++) {
            if (k < RUN - 1)
                continue;
            const char *from = word[(k + 1) % RUN].at;
            const char *end = word[k % RUN].at + word[k % RUN].length;
            const uint64_t h = text_hash((Text){from, (size_t)(end - from)});
            if ((runs & (runs - 1)) == 0)
                hash = grow_array(hash, 2 * runs + 1, sizeof *hash);
            bool known = false;
            for (size_t s = 0; s < runs && !known; s++)
                known = hash[s] == h;
            repeated += known;
            hash[runs++] = h;
        }
    }
    free(hash);
    return runs ? 1 - (double)repeated / (double)runs : 0;
}

typedef struct Choice {
    const char *name;
    Sampler sampler;
} Choice;

static const Choice choices[] = {
    {"greedy", {.temperature = 0}},
    {"temperature 0.7", {.temperature = 0.7f}},
    {"temperature 1", {.temperature = 1}},
    {"temperature 1.5", {.temperature = 1.5f}},
    {"top-k 10", {.temperature = 1, .top_k = 10}},
    {"top-p 0.9", {.temperature = 1, .top_p = 0.9f}},
    {"min-p 0.1", {.temperature = 1, .min_p = 0.1f}},
    {"typical 0.9", {.temperature = 1, .typical = 0.9f}},
    {"repetition 1.3", {.temperature = 1, .repetition = 1.3f}},
};
enum { CHOICES = sizeof choices / sizeof *choices };

// What each way of choosing does to whole tales: how good they are, and how
// many different things are said.
static void stories_by_choice(const Gpt *m, Book *b, const Checker *c,
                              const Job *j, const char *plots)
{
    const int n = j->marked, used = j->quick ? 3 : CHOICES;
    const char *name[CHOICES];
    double grammar[CHOICES], other[CHOICES];
    printf(
        "5. Tales written by each, %d of them; marks in %%, and how many runs "
        "of four\n   words were not said before\n\n",
        n);
    puts("                   grammar  names  things  order  ending  different");
    for (int k = 0; k < used; k++) {
        Sampler s = choices[k].sampler;
        s.rng = rng_new(j->recipe.seed + 7);
        Buffer story[MOST_TALES] = {{0}};
        double mark[MARKS];
        write_stories(m, s, b, n, m->shape.context, story);
        marks_of(c, story, n, mark);
        name[k] = choices[k].name;
        grammar[k] = mark[1];
        other[k] = different(story, n);
        printf("  %-16s ~%-7.0f ~%-5.0f ~%-6.0f ~%-5.0f ~%-6.0f ~%.0f\n",
               name[k], 100 * mark[1], 100 * mark[2], 100 * mark[3],
               100 * mark[4], 100 * mark[5], 100 * other[k]);
        fflush(stdout);
        for (int i = 0; i < n; i++)
            buffer_free(&story[i]);
    }
    puts("");
    Plot *p = plot_new("Correct or different", "", "share");
    plot_bars(p, "grammar", used, name, grammar);
    plot_bars(p, "different", used, name, other);
    plot_size(p, 900, 400);
    plot_save(p, plots, "choices");
}

// The likeliest continuation is not what is drawn.
static void beams(const Gpt *m, Book *b, const char *prompt, const Job *j)
{
    FILE *to = j->quick ? stderr : stdout;
    const int beam[] = {1, 4, 16}, most = 24;
    fprintf(to,
            "6. The likeliest continuation of\n   \"%s\",\n   %d tokens of "
            "it, by beam search\n\n",
            prompt + 1, most);
    for (int k = 0; k < 3; k++) {
        Ids text = {0};
        Buffer said = {0};
        bpe_encode(&b->bpe, text_of(prompt), &text);
        const int given = text.n;
        const double score = gpt_beam(m, &text, beam[k], most, -1);
        bpe_decode(&b->bpe, text.at + given, text.n - given, &said);
        fprintf(to, "  beam %-2d  log p ~%.2f  %s\n", beam[k], score,
                buffer_text(&said).at);
        buffer_free(&said);
        ids_free(&text);
    }
    fprintf(to, "\n");
}

// --- the lesson -------------------------------------------------------------

// Dies if learning would take more memory than there is: each number of the
// model has a gradient and two means of Adam, and each token of a batch some
// 18 d numbers in a layer, its scores, and a gradient for all of them.
static void check_memory(const Job *j)
{
    const GptShape *s = &j->shape;
    const double d = s->width, n = s->layers, V = s->pieces;
    const double tokens = (double)j->recipe.windows * s->context;
    const double bytes = 16 * (12 * n * d * d + (V + s->context) * d) +
                         8 * tokens * (18 * n * d + V);
    const double memory =
        (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (bytes > memory)
        die("learning would need some %.0f GB of memory, there are %.0f",
            bytes / 1e9, memory / 1e9);
}

// The same command goes on; another one would spoil what is kept.
static void check_same(const Job *j, const Gpt *m)
{
    const GptShape *is = &m->shape, *want = &j->shape;
    if (is->layers != want->layers || is->width != want->width ||
        is->heads != want->heads || is->context != want->context)
        die("%s: keeps a model of %d layers, width %d, %d heads and context "
            "%d, not %d, %d, %d and %d: --save another one elsewhere",
            j->save, is->layers, is->width, is->heads, is->context,
            want->layers, want->width, want->heads, want->context);
}

static Gpt start_model(const Run *run, Job *j, Book *b, bool *resumed)
{
    char path[512];
    *resumed = j->save && !access(path_in(j->save, "state", path), F_OK);
    Gpt m = {0};
    if (*resumed) {
        m = gpt2_load(j->save);
        check_same(j, &m);
        m.shape.dropout = j->shape.dropout;
        *b = read_book(run, j, &m, j->save);
        return m;
    }
    *b = read_book(run, j, NULL, NULL);
    j->shape.pieces = b->bpe.vocab.n;
    j->shape.hidden = 4 * j->shape.width;
    j->shape.groups = j->shape.heads;
    check_memory(j);
    m = gpt_new(j->shape, run->seed);
    return m;
}

// What is kept with a training, to know its text again: a hash of its tokens,
// in the bits that a double has.
static double mark_of(const Ids *text)
{
    const Text bytes = {(const char *)text->at, text->n * sizeof *text->at};
    return (double)(text_hash(bytes) >> 11);
}

static const char prompt[] =
    "\nAnna was a thoughtful girl who liked to watch the rain run down the "
    "window. \"I want to";

static void lesson(const Run *run, Job j)
{
    Book b;
    bool resumed;
    char path[512];
    Gpt m = start_model(run, &j, &b, &resumed);
    if (b.train.n <= m.shape.context || b.test.n < 2)
        die("%s: %d tokens are too few for a context of %d", j.name, b.train.n,
            m.shape.context);
    printf("1. %s: %d tokens to learn from (%.2f bytes each), %d to be tested "
           "with\n\n",
           j.name, b.train.n, (double)b.train_bytes / b.train.n, b.test.n);
    printf("2. A GPT of %d layers, width %d, %d heads, context %d: %zu "
           "numbers\n\n",
           m.shape.layers, m.shape.width, m.shape.heads, m.shape.context,
           params_numbers(m.params));
    GptTraining t = gpt_training_new(&m, &b.train, j.recipe);
    t.number[0] = mark_of(&b.train);
    t.number[1] = j.merges;
    if (resumed && gpt_training_load(&t, path_in(j.save, "state", path))) {
        if (t.number[0] != mark_of(&b.train) || t.number[1] != j.merges)
            die("%s: keeps a model that learns another text, or in other "
                "pieces; --save this one elsewhere",
                j.save);
        printf("%s: goes on after step %lld\n\n", j.save, (long long)t.step);
    } else if (j.save) {
        keep(&t, &b, j.save); // if that is impossible, say so now
    }
    const int64_t first = t.step;
    Checker *c = j.tales ? checker_new() : NULL;
    print_looks_header(&j);
    const double began = seconds_now();
    const Curve curve = learn(&t, &b, c, &j);
    printf("\n%lld steps in ~%.0f s.\n\n", (long long)(t.step - first),
           seconds_now() - began);
    plot_learning(&curve, &j, run->plots);
    methods_by_hand();
    if (j.tales) {
        methods_on_the_model(&m, &b, prompt, &j, run->plots);
        stories_by_choice(&m, &b, c, &j, run->plots);
        beams(&m, &b, prompt, &j);
    }
    const double loss = book_loss(&m, &b.test, j.tested);
    if (j.save)
        printf("Kept: build/bin/10-gpt --load %s\n\n", j.save);
    printf("=> %s: perplexity ~%.2f, ~%.3f bits a byte\n", j.name, exp(loss),
           bits_per_byte(loss, b.test.n, b.test_bytes));
    if (c)
        checker_free(c);
    gpt_training_free(&t);
    gpt_free(&m);
    book_free(&b);
}

// --- using a model ----------------------------------------------------------

static void write_on(const char *directory, const char *begin, Sampler s,
                     int beam, int most)
{
    Gpt m = gpt2_load(directory);
    Bpe bpe = gpt2_load_bpe(directory, m.shape.pieces);
    Ids text = {0};
    Buffer said = {0};
    bpe_encode(&bpe, text_of(begin), &text);
    if (text.n == 0) {
        warn("--prompt is empty: a model needs something to continue");
        exit(2);
    }
    if (beam > 0)
        gpt_beam(&m, &text, beam, most, -1);
    else
        gpt_continue(&m, &s, &text, 1, most, -1);
    bpe_decode(&bpe, text.at, text.n, &said);
    fwrite(said.at, 1, said.length, stdout);
    putchar('\n');
    buffer_free(&said);
    ids_free(&text);
    bpe_free(&bpe);
    gpt_free(&m);
}

// --- the program ------------------------------------------------------------

// An option that is 0 leaves what is there.
static void given(int option, int *to)
{
    if (option > 0)
        *to = option;
}

int main(int argc, char **argv)
{
    // The defaults depend on --quick, which is only known after cli_parse: 0
    // stands for them until then.
    Run run = {.seed = 1};
    int text = TALES, steps = 0, layers = 0, width = 0, heads = 0, context = 0;
    int windows = 0, warmup = 0, merges = -1, every = 0, beam = 0, most = 200;
    int marked = 0;
    float rate = 0, dropout = 0;
    const char *file = NULL, *save = NULL, *load = NULL, *begin = "\n";
    Sampler s = {
        .temperature = 0.8f, .top_p = 1, .typical = 1, .repetition = 1};
    const Option own[] = {
        {"text", "NAME", OPTION_CHOICE, &text, 0, 0,
         "tales|tinyshakespeare|moby-dick", "what to learn"},
        {"file", "FILE", OPTION_TEXT, &file, 0, 0, NULL,
         "learn this text instead"},
        {"merges", "N", OPTION_INT, &merges, -1, 100000, NULL,
         "of the byte pair encoding; 0: bytes (-1: as it fits)"},
        {"steps", "N", OPTION_INT, &steps, 0, 10000000, NULL,
         "of the training; 0, here and below: as it fits"},
        {"layers", "N", OPTION_INT, &layers, 0, 100, NULL, ""},
        {"width", "N", OPTION_INT, &width, 0, 8192, NULL, ""},
        {"heads", "N", OPTION_INT, &heads, 0, 8192, NULL,
         "must divide the width"},
        {"context", "N", OPTION_INT, &context, 0, 65536, NULL,
         "the longest text, in tokens"},
        {"windows", "N", OPTION_INT, &windows, 0, 65536, NULL,
         "in a batch, each as long as the context"},
        {"rate", "X", OPTION_FLOAT, &rate, 0, 1, NULL,
         "peak of the learning rate"},
        {"warmup", "N", OPTION_INT, &warmup, 0, 1000000, NULL,
         "steps in which it rises"},
        {"dropout", "P", OPTION_FLOAT, &dropout, 0, 0.9, NULL, ""},
        {"every", "N", OPTION_INT, &every, 0, 1000000, NULL,
         "steps between two looks"},
        {"tales", "N", OPTION_INT, &marked, 0, MOST_TALES, NULL,
         "so many are marked at each look, and of each way of choosing"},
        {"save", "DIR", OPTION_TEXT, &save, 0, 0, NULL,
         "keep the model there; the same command goes on where it stopped"},
        {"load", "DIR", OPTION_TEXT, &load, 0, 0, NULL,
         "write with the model that is kept there, one of ours or GPT-2"},
        {"prompt", "TEXT", OPTION_TEXT, &begin, 0, 0, NULL,
         "with --load: what is continued (a new line if not given)"},
        {"tokens", "N", OPTION_INT, &most, 1, 1000000, NULL,
         "with --load: how many are written"},
        {"temperature", "X", OPTION_FLOAT, &s.temperature, 0, 100, NULL,
         "with --load, as all below; 0: greedy"},
        {"top-k", "N", OPTION_INT, &s.top_k, 0, 1000000, NULL, "0: off"},
        {"top-p", "X", OPTION_FLOAT, &s.top_p, 1e-6, 1, NULL, "1: off"},
        {"min-p", "X", OPTION_FLOAT, &s.min_p, 0, 1, NULL, "0: off"},
        {"typical", "X", OPTION_FLOAT, &s.typical, 1e-6, 1, NULL, "1: off"},
        {"repetition", "X", OPTION_FLOAT, &s.repetition, 0.01, 100, NULL,
         "penalty; 1: off"},
        {"presence", "X", OPTION_FLOAT, &s.presence, -100, 100, NULL,
         "penalty; 0: off"},
        {"frequency", "X", OPTION_FLOAT, &s.frequency, -100, 100, NULL,
         "penalty; 0: off"},
        {"beam", "N", OPTION_INT, &beam, 0, 1000, NULL,
         "beam search for the likeliest text; 0: draw one"},
        {0}};
    cli_parse(argc, argv,
              "A GPT learns to write: tales in under a minute, or, with --text "
              "or --file, any text.\nThen all the ways of choosing what comes "
              "next.",
              own, &run);
    if (load) {
        s.rng = rng_new(run.seed);
        write_on(load, begin, s, beam, most);
        return 0;
    }
    Job j = job_for(&run);
    j.text = file ? OWN_FILE : text;
    j.file = file;
    j.tales = j.text == TALES;
    char directory[64];
    if (j.tales) {
        j.name = "tales";
        j.save = save;
    } else { // a longer training, always kept
        const char *const names[] = {"", "tinyshakespeare", "moby-dick", "own"};
        j.name = file ? file : names[text];
        snprintf(directory, sizeof directory, "build/gpt-%s", names[j.text]);
        j.save = save ? save : directory;
        j.shape =
            (GptShape){.context = 128, .width = 128, .heads = 4, .layers = 4};
        j.recipe.steps = 4000;
        j.recipe.warmup = 100;
        j.recipe.rate = 3e-3f;
        j.merges = 512;
        j.every = 250;
    }
    if (rate > 0)
        j.recipe.rate = rate;
    given(steps, &j.recipe.steps);
    given(windows, &j.recipe.windows);
    given(warmup, &j.recipe.warmup);
    given(every, &j.every);
    given(marked, &j.marked);
    given(layers, &j.shape.layers);
    given(width, &j.shape.width);
    given(heads, &j.shape.heads);
    given(context, &j.shape.context);
    j.shape.dropout = dropout;
    j.merges = merges >= 0 ? merges : j.merges;
    if (j.shape.width % j.shape.heads != 0)
        cli_misuse("%d heads do not divide a width of %d", j.shape.heads,
                   j.shape.width);
    printf("A GPT learns to write %s: about %s and %d MB of memory.%s\n\n",
           j.tales ? "tales" : "like a text",
           j.quick   ? "8 seconds"
           : j.tales ? "a minute"
                     : "10 minutes",
           j.quick ? 50 : 150,
           j.save
               ? "\nIt is kept; Ctrl-C stops it, and the same command goes on."
               : "");
    lesson(&run, j);
    return 0;
}
