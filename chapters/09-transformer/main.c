// 09-transformer: the encoder-decoder of Vaswani et al. 2017 learns to
// translate.
//
// Read from top to bottom: a small grammar's English into its German, which is
// learnt in less than a minute; then real sentences, with all that a long
// training needs; then using a model that was trained.
#include "09-transformer/grammar.h"
#include "09-transformer/multi30k.h"
#include "09-transformer/train.h"
#include "09-transformer/translator.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/plot.h"
#include "common/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// --- sentences of the grammar -----------------------------------------------

typedef struct Sentences {
    int n;
    Buffer english, german; // a line each
    Text *source, *target;  // n each: the lines
} Sentences;

static Sentences sentences_new(uint64_t seed, int n, bool simple,
                               Combinations which)
{
    Sentences s = {.n = n};
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++) {
        grammar_sentence(&r, simple, which, &s.english, &s.german);
        buffer_add(&s.english, "\n", 1);
        buffer_add(&s.german, "\n", 1);
    }
    s.source = new_array(n, sizeof *s.source);
    s.target = new_array(n, sizeof *s.target);
    Text english = {s.english.at, s.english.length};
    Text german = {s.german.at, s.german.length};
    for (int i = 0; i < n; i++) {
        text_line(&english, &s.source[i]);
        text_line(&german, &s.target[i]);
    }
    return s;
}

static void sentences_free(Sentences *s)
{
    buffer_free(&s->english);
    buffer_free(&s->german);
    free(s->source);
    free(s->target);
}

static Pairs pairs_of(Coder *c, const Sentences *s)
{
    Pairs p = {0};
    Ids source = {0}, target = {0};
    for (int i = 0; i < s->n; i++) {
        source.n = target.n = 0;
        coder_encode(c, s->source[i], &source);
        coder_encode(c, s->target[i], &target);
        pairs_add(&p, source.at, source.n, target.at, target.n);
    }
    ids_free(&source);
    ids_free(&target);
    return p;
}

// What is learnt, and how long.
typedef struct Lesson {
    bool simple;
    int sentences, steps, every; // every: steps between two looks
    Shape shape;
    Recipe recipe;
} Lesson;

// The default takes half a minute on two cores; --quick has shorter sentences
// and a smaller model.
static Lesson lesson_for(const Run *run)
{
    Lesson full = {
        .sentences = 20000,
        .steps = 1600,
        .every = 200,
        .shape = {.width = 64, .heads = 4, .hidden = 256, .layers = 2},
        .recipe = {.tokens = 1500, .warmup = 200, .rate = 1, .smoothing = 0.1f},
    };
    Lesson quick = {
        .simple = true,
        .sentences = 6000,
        .steps = 450,
        .every = 75,
        .shape = {.width = 48, .heads = 4, .hidden = 192, .layers = 2},
        .recipe = {.tokens = 900, .warmup = 100, .rate = 1, .smoothing = 0.1f},
    };
    Lesson l = run->quick ? quick : full;
    l.recipe.seed = run->seed;
    return l;
}

// --- learning it ------------------------------------------------------------

enum { LOOKS = 100 }; // at most

// What was seen while it learnt.
typedef struct Curve {
    int n, steps;
    double step[LOOKS], loss[LOOKS], exact[LOOKS];
} Curve;

// How well it does after so many steps, on the first sentences of the test;
// and one of them, live. (With --quick the sentence goes to standard error, as
// another compiler's rounding may change a word of it.)
static void look(Translator *t, Training *training, const Sentences *test,
                 bool quick, Curve *c)
{
    enum { FEW = 100 };
    const int k = c->n++;
    c->step[k] = (double)training->step;
    c->loss[k] = loss_since(training);
    c->exact[k] = translator_score(t, test->source, test->target, FEW, 1).exact;
    printf("%6lld   ~%.3f   ~%.0f %%\n", (long long)training->step, c->loss[k],
           100 * c->exact[k]);
    fflush(stdout);
    Buffer b = {0};
    translate(t, &test->source[k % FEW], 1, 1, &b);
    FILE *live = quick ? stderr : stdout;
    fprintf(live, "         %.*s\n      -> %s\n",
            (int)test->source[k % FEW].length, test->source[k % FEW].at, b.at);
    fflush(live);
    buffer_free(&b);
}

// Trains, and gives the model the average of its last states at the end.
static Curve learn(Translator *t, const Pairs *pairs, const Sentences *test,
                   const Lesson *l, bool quick)
{
    Training training =
        training_new(&t->model, pairs, t->coder.begin, t->coder.end, l->recipe);
    Curve c = {0};
    Average last = {0};
    Progress bar = progress_new("training", l->steps, "steps");
    while (training.step < l->steps && !interrupted()) {
        progress(&bar, training.step, training_step(&training));
        const int64_t left = l->steps - training.step;
        if (left < l->every && left % 10 == 0)
            average_add(&last, t->model.params);
        if (training.step % l->every == 0 && c.n < LOOKS) {
            progress_end(&bar);
            look(t, &training, test, quick, &c);
        }
    }
    progress_end(&bar);
    interrupt_at_once();
    if (training.step < l->steps)
        printf("\nstopped after %lld steps of %d; this is how far it came.\n",
               (long long)training.step, l->steps);
    c.steps = (int)training.step;
    if (last.n > 0)
        average_take(&last, t->model.params);
    training_free(&training);
    return c;
}

static void plot_learning(const Curve *c, const Lesson *l, const char *plots)
{
    Plot *p = plot_new("Learning to translate", "step",
                       "loss; sentences that are right, of 1");
    plot_line(p, "loss", c->n, c->step, c->loss);
    plot_line(p, "unseen sentences, exactly right", c->n, c->step, c->exact);
    plot_save(p, plots, "learning");

    p = plot_new("The learning rate of the paper", "step", "rate");
    const int warmups[] = {l->recipe.warmup / 2, l->recipe.warmup,
                           l->recipe.warmup * 2};
    for (int k = 0; k < 3; k++) {
        double *x = new_array(l->steps, sizeof *x);
        double *y = new_array(l->steps, sizeof *y);
        char name[40];
        for (int i = 0; i < l->steps; i++) {
            x[i] = i + 1;
            y[i] = (double)(l->recipe.rate *
                            rate_noam(i + 1, warmups[k], l->shape.width));
        }
        snprintf(name, sizeof name, "warm-up of %d steps", warmups[k]);
        plot_line(p, name, l->steps, x, y);
        free(x);
        free(y);
    }
    plot_save(p, plots, "rate");
}

static void show_pairs(const Sentences *s, int n)
{
    for (int i = 0; i < n; i++)
        printf("  %.*s\n  %.*s\n\n", (int)s->source[i].length, s->source[i].at,
               (int)s->target[i].length, s->target[i].at);
}

// English of the grammar, learnt and then tested with combinations of words
// that the training never had.
static void grammar_lesson(const Run *run, Lesson l, int beam, const char *save)
{
    enum { TESTS = 500 };
    Sentences train = sentences_new(run->seed, l.sentences, l.simple, USUAL);
    Sentences test = sentences_new(run->seed + 1, TESTS, l.simple, UNUSUAL);
    Buffer all = {0};
    buffer_add(&all, train.english.at, train.english.length);
    buffer_add(&all, train.german.at, train.german.length);
    Translator t = {.coder = coder_words((Text){all.at, all.length}, 1)};
    l.shape.pieces = t.coder.n;
    t.model = transformer_new(l.shape, run->seed);
    Pairs pairs = pairs_of(&t.coder, &train);
    printf("1. A grammar, English to German: %d pairs to learn from, %d words "
           "of both\n\n",
           train.n, t.coder.n);
    show_pairs(&train, 3);
    printf("2. A transformer of %d + %d layers, width %d, %d heads: %zu "
           "numbers\n\n",
           l.shape.layers, l.shape.layers, l.shape.width, l.shape.heads,
           params_numbers(t.model.params));
    puts("  step   loss     right, of 100 unseen sentences");
    double began = seconds_now();
    Curve curve = learn(&t, &pairs, &test, &l, run->quick);
    printf("\n%d steps in ~%.0f s.\n\n", curve.steps, seconds_now() - began);
    if (!save && curve.steps < l.steps)
        save = "build/09-interrupted"; // what was learnt is not lost
    if (save)
        translator_save(&t, save);
    plot_learning(&curve, &l, run->plots);

    printf("3. %d unseen sentences, each with a combination of words that was "
           "held out\n\n",
           TESTS);
    fflush(stdout);
    Scored greedy = translator_score(&t, test.source, test.target, TESTS, 1);
    Scored wide = translator_score(&t, test.source, test.target, TESTS, beam);
    printf("  greedy    exactly right ~%.1f %%   BLEU ~%.2f\n",
           100 * greedy.exact, bleu_score(&greedy.bleu));
    printf("  beam %-2d   exactly right ~%.1f %%   BLEU ~%.2f\n\n", beam,
           100 * wide.exact, bleu_score(&wide.bleu));

    const char *sentence =
        l.simple ? "today the small dog calls my old sister ."
                 : "today the dog that my sister loves has called the old "
                   "teacher .";
    Buffer b = {0};
    translate(&t, &(Text){sentence, strlen(sentence)}, 1, beam, &b);
    printf("4. %s\n-> %s\n", sentence, b.at);
    fprintf(run->quick ? stderr : stdout, "\n");
    // What depends on rounding goes to standard error with --quick.
    show_attention(&t, text_of(sentence), beam, run->quick ? stderr : stdout,
                   run->plots, "attention");
    if (save)
        printf("\nSaved: build/bin/09-transformer --load %s --translate\n",
               save);
    printf("\n=> unseen sentences: ~%.1f %% exactly right, BLEU ~%.1f\n",
           100 * greedy.exact, bleu_score(&greedy.bleu));
    buffer_free(&b);
    buffer_free(&all);
    pairs_free(&pairs);
    sentences_free(&train);
    sentences_free(&test);
    translator_free(&t);
}

// --- using a model ----------------------------------------------------------

// Translates standard input, line by line.
static void translate_lines(const char *directory, int beam)
{
    Translator t = translator_load(directory);
    const bool person = isatty(STDIN_FILENO);
    char *line = NULL;
    size_t room = 0;
    if (person)
        puts("A sentence a line; Ctrl-D ends.");
    while (getline(&line, &room, stdin) > 0) {
        line[strcspn(line, "\r\n")] = 0;
        Buffer b = {0};
        Text sentence = text_of(line);
        if (sentence.length > 0)
            translate(&t, &sentence, 1, beam, &b);
        puts(buffer_text(&b).at);
        fflush(stdout);
        buffer_free(&b);
    }
    free(line);
    translator_free(&t);
}

static void draw_sentence(const char *directory, const char *sentence, int beam,
                          const char *plots)
{
    Translator t = translator_load(directory);
    show_attention(&t, text_of(sentence), beam, stdout, plots, "attention");
    translator_free(&t);
}

// --- the program ------------------------------------------------------------

static const char *const pairs_known[] = {"de-en", "en-de"};

int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    int pair = -1, beam = 4, steps = 0;
    bool lines = false, score = false;
    const char *load = NULL, *save = NULL, *sentence = NULL;
    RealRun real = {
        .shape = {.width = 128,
                  .heads = 4,
                  .hidden = 512,
                  .layers = 3,
                  .dropout = 0.1f},
        .recipe = {.tokens = 3000,
                   .warmup = 1000,
                   .rate = 1,
                   .smoothing = 0.1f},
        .merges = 4000,
        .epochs = 12,
        .every = 100,
    };
    Shape *shape = &real.shape;
    Recipe *recipe = &real.recipe;
    const Option own[] = {
        {"steps", "N", OPTION_INT, &steps, 0, 1000000, NULL,
         "of the grammar's training (0: 1600, quick 450)"},
        {"beam", "N", OPTION_INT, &beam, 1, 64, NULL, "1 is greedy search"},
        {"save", "DIR", OPTION_TEXT, &save, 0, 0, NULL, "keep the model there"},
        {"load", "DIR", OPTION_TEXT, &load, 0, 0, NULL,
         "use the model that is kept there"},
        {"translate", NULL, OPTION_FLAG, &lines, 0, 0, NULL,
         "with --load: translate standard input, line by line"},
        {"attention", "TEXT", OPTION_TEXT, &sentence, 0, 0, NULL,
         "with --load: show where each word of a translation looks"},
        {"score", NULL, OPTION_FLAG, &score, 0, 0, NULL,
         "with --load and --pair: BLEU on test_2016 of Multi30k"},
        {"pair", "PAIR", OPTION_CHOICE, &pair, 0, 0, "de-en|en-de",
         "train on Multi30k, or go on where it stopped"},
        {"epochs", "N", OPTION_INT, &real.epochs, 1, 10000, NULL,
         "passes over Multi30k"},
        {"width", "N", OPTION_INT, &shape->width, 1, 4096, NULL,
         "of the model for Multi30k; so are all below"},
        {"heads", "N", OPTION_INT, &shape->heads, 1, 64, NULL,
         "must divide the width"},
        {"hidden", "N", OPTION_INT, &shape->hidden, 1, 16384, NULL,
         "width of the feed-forward layers"},
        {"layers", "N", OPTION_INT, &shape->layers, 1, 32, NULL,
         "of the encoder, and of the decoder"},
        {"dropout", "P", OPTION_FLOAT, &shape->dropout, 0, 0.9, NULL, ""},
        {"pre-norm", NULL, OPTION_FLAG, &shape->norm_first, 0, 0, NULL,
         "norms before the sublayers, not after"},
        {"own-tables", NULL, OPTION_FLAG, &shape->own_tables, 0, 0, NULL,
         "three tables of embeddings, not one"},
        {"merges", "N", OPTION_INT, &real.merges, 0, 100000, NULL,
         "of the byte pair encoding; 0: whole words"},
        {"tokens", "N", OPTION_INT, &recipe->tokens, 1, 1000000, NULL,
         "in a batch"},
        {"warmup", "N", OPTION_INT, &recipe->warmup, 1, 1000000, NULL,
         "steps in which the learning rate rises"},
        {"rate", "X", OPTION_FLOAT, &recipe->rate, 1e-6, 1000, NULL,
         "times the paper's learning rate"},
        {"every", "N", OPTION_INT, &real.every, 1, 1000000, NULL,
         "steps between two checkpoints"},
        {0}};
    cli_parse(argc, argv,
              "The transformer of \"Attention is all you need\" learns to "
              "translate: sentences of\na small grammar in a minute, or, with "
              "--pair de-en, real German in ten minutes.",
              own, &run);
    if ((lines || sentence || score) && !load)
        cli_misuse("--translate, --attention and --score need --load DIR");
    if (lines + (sentence != NULL) + score > 1)
        cli_misuse("only one of --translate, --attention and --score at a "
                   "time");
    if (shape->width % shape->heads != 0 || shape->width % 2 != 0)
        cli_misuse("a width of %d: it must be even, and %d heads must divide "
                   "it",
                   shape->width, shape->heads);
    if (load && score) {
        Translator t = translator_load(load);
        score_on_multi30k(&run, &t, pairs_known[pair < 0 ? 0 : pair], beam);
        translator_free(&t);
    } else if (load && sentence) {
        draw_sentence(load, sentence, beam, run.plots);
    } else if (load) {
        translate_lines(load, beam);
    } else if (pair >= 0 || run.data) {
        char directory[64];
        real.pair = pairs_known[pair < 0 ? 0 : pair];
        snprintf(directory, sizeof directory, "build/multi30k-%s", real.pair);
        real.save = save ? save : directory;
        if (!data_path(&run, "multi30k", "train.de.gz"))
            data_missing("multi30k"); // before a folder is asked for
        if (!save)
            folder_make(real.save); // build/ need not be here
        need_folder(real.save);
        real.beam = beam;
        recipe->seed = run.seed;
        printf(
            "A transformer learns to translate from Multi30k, %s: %d "
            "epochs, 300 MB of memory;\nabout ten minutes. It is "
            "kept in %s; Ctrl-C stops it, and\nthe same command goes on.\n\n",
            real.pair, real.epochs, real.save);
        train_on_multi30k(&run, real);
    } else {
        Lesson l = lesson_for(&run);
        l.steps = steps ? steps : l.steps;
        if (save)
            need_folder(save);
        printf("A transformer learns to translate: about %s and 100 MB of "
               "memory.\n\n",
               run.quick ? "8 seconds" : "half a minute");
        grammar_lesson(&run, l, beam, save);
    }
    return 0;
}
