// 05-word-vectors: what can be known about a word from its neighbours.
//
// Read from top to bottom: a text of 24 words whose probabilities can be worked
// out on paper; n-gram models of a real text and their perplexity; skip-gram,
// epoch by epoch; three other ways to word vectors, and all of them tested
// against the judgement of people; and maps of words.
#include "05-word-vectors/corpus.h"
#include "05-word-vectors/counts.h"
#include "05-word-vectors/groups.h"
#include "05-word-vectors/ngram.h"
#include "05-word-vectors/similarity.h"
#include "05-word-vectors/skipgram.h"
#include "05-word-vectors/subspace.h"
#include "05-word-vectors/tsne.h"
#include "05-word-vectors/use_lite.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/kernels.h"
#include "common/plot.h"
#include "common/progress.h"
#include "common/threads.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Text text_in(const Buffer *b)
{
    return (Text){b->at, b->length};
}

static void learn_all(Ngram *g, const Sentences *s, int every)
{
    for (int i = 0; i < s->n; i += every)
        ngram_learn(g, s->ids.at + s->start.at[i],
                    s->start.at[i + 1] - s->start.at[i]);
    ngram_finish(g);
}

// --- 1. a text for paper and pencil -----------------------------------------

static void by_hand(void)
{
    static const char text[] = "we drink black tea\nwe drink black tea\n"
                               "we drink black tea\nthey see the sea\n"
                               "we love a sea\nwe love cold rain\n";
    Lexicon l = lexicon_new(text_of(text), 1, false);
    Sentences s = sentences_new(text_of(text), &l, false);
    Ngram g = ngram_new(2, l.word.n);
    learn_all(&g, &s, 1);
    puts("1. Six sentences: we drink black tea (three times), they see the "
         "sea,\n   we love a sea, we love cold rain\n");
    puts("            times   after so many     P(word | cold)");
    puts("                  different words     add-1   Kneser-Ney");
    static const char *const word[] = {"tea", "sea", "rain"};
    const int cold = lexicon_find(&l, text_of("cold"));
    for (int i = 0; i < 3; i++) {
        const int id = lexicon_find(&l, text_of(word[i]));
        const Gram *x = &g.gram[ngram_find(&g, &id, 1)];
        printf("  %-8s %6d %16d %9.4f %12.4f\n", word[i], x->count, x->before,
               ngram_add_k(&g, 2, &cold, 1, id, 1),
               ngram_kneser_ney(&g, 2, &cold, 1, id, 0));
    }
    puts("");
    ngram_free(&g);
    sentences_free(&s);
    lexicon_free(&l);
}

// --- 2. n-gram models of a text ---------------------------------------------

enum { ORDERS = 5 };

static double perplexity(const Ngram *g, NgramModel model, int order, double k,
                         const Sentences *test)
{
    double sum = 0;
    int64_t tokens = 0;
    for (int i = 0; i < test->n; i++)
        ngram_surprise(g, model, order, k, test->ids.at + test->start.at[i],
                       test->start.at[i + 1] - test->start.at[i], &sum,
                       &tokens);
    return exp(sum / (double)tokens);
}

static double over_order(const Ngram *g, const Sentences *test,
                         const char *plots)
{
    static const double k[] = {1, 0.01};
    double n[ORDERS], value[3][ORDERS], best = INFINITY;
    puts("  words looked at     add-1    add-0.01    Kneser-Ney");
    for (int i = 0; i < ORDERS; i++) {
        n[i] = i + 1;
        for (int m = 0; m < 2; m++)
            value[m][i] = perplexity(g, ngram_add_k, i + 1, k[m], test);
        value[2][i] = perplexity(g, ngram_kneser_ney, i + 1, 0, test);
        best = fmin(best, value[2][i]);
        printf("  %15d %9.1f %11.1f %13.1f\n", i + 1, value[0][i], value[1][i],
               value[2][i]);
    }
    Plot *p = plot_new("How surprised the models are by new text",
                       "n: the word and those before it", "perplexity");
    plot_line(p, "add-1", ORDERS, n, value[0]);
    plot_line(p, "add-0.01", ORDERS, n, value[1]);
    plot_line(p, "Kneser-Ney", ORDERS, n, value[2]);
    plot_log(p, false, true);
    plot_save(p, plots, "order");
    return best;
}

// The same models from a half of the sentences, a quarter, ...
static void over_data(int words, const Sentences *learn, const Sentences *test,
                      const char *plots)
{
    enum { SIZES = 6, MOST = 4 };
    double size[SIZES], value[MOST][SIZES];
    if (!plots)
        return;
    for (int i = 0; i < SIZES; i++) {
        Ngram g = ngram_new(MOST, words);
        learn_all(&g, learn, 1 << (SIZES - 1 - i));
        size[i] = (double)g.gram[0].total;
        for (int k = 0; k < MOST; k++)
            value[k][i] = perplexity(&g, ngram_kneser_ney, k + 1, 0, test);
        ngram_free(&g);
    }
    Plot *p = plot_new("More text, and what longer sequences make of it",
                       "words learnt from", "perplexity");
    for (int k = 0; k < MOST; k++) {
        char label[16];
        snprintf(label, sizeof label, "n = %d", k + 1);
        plot_line(p, label, SIZES, size, value[k]);
    }
    plot_log(p, true, true);
    plot_save(p, plots, "data");
}

// Writes a sentence: draws word after word.
static void write_sentence(const Ngram *g, const Lexicon *l, int order, Rng *r)
{
    enum { MOST = 14 };
    int history[MOST + 1] = {ngram_begin(g)};
    printf("  n = %d:", order);
    for (int n = 1; n <= MOST; n++) {
        double left = (double)rng_uniform(r);
        int word = 0;
        for (; word < g->words; word++)
            if ((left -= ngram_kneser_ney(g, order, history, n, word, 0)) < 0)
                break;
        if (word == ngram_end(g))
            break;
        printf(" %s", l->word.piece[word].at);
        history[n] = word;
    }
    printf("\n");
}

static double language_models(const TwoTexts *t, const Run *run)
{
    Lexicon l = lexicon_new(text_in(&t->learn), 2, false);
    Sentences learn = sentences_new(text_in(&t->learn), &l, false);
    Sentences test = sentences_new(text_in(&t->test), &l, false);
    int unknown = 0;
    for (int i = 0; i < test.ids.n; i++)
        unknown += test.ids.at[i] == UNKNOWN;
    Ngram g = ngram_new(ORDERS, l.word.n);
    learn_all(&g, &learn, 1);
    printf("2. n-gram models of %s\n\n   %d words to learn from, %d to be "
           "tested on; %d different ones,\n   the others (%.1f %% of the test) "
           "count as <unk>. Perplexity of the test:\n\n",
           t->name, learn.ids.n, test.ids.n, l.word.n - 1,
           100.0 * unknown / test.ids.n);
    const double best = over_order(&g, &test, run->plots);
    over_data(l.word.n, &learn, &test, run->plots);
    puts("\n   Sentences drawn from the Kneser-Ney models:\n");
    Rng r = rng_new(run->seed);
    for (int order = 1; order <= ORDERS; order += 2)
        write_sentence(&g, &l, order, &r);
    puts("");
    ngram_free(&g);
    sentences_free(&learn);
    sentences_free(&test);
    lexicon_free(&l);
    return best;
}

// --- what vectors are tested with -------------------------------------------

enum { GROUPED, WORDSIM, SIMLEX, TESTS };

typedef struct Exam {
    const Lexicon *l;
    RatedPairs pairs[TESTS]; // those of the files: n == 0 if not there
    Questions questions;     // all == 0 if not there
} Exam;

static bool real_pairs(const Exam *e)
{
    return e->pairs[WORDSIM].n && e->pairs[SIMLEX].n;
}

static Exam exam_new(const Lexicon *l, const Run *run)
{
    Exam e = {.l = l, .pairs[GROUPED] = groups_pairs()};
    const char *path;
    if (run->quick)
        return e;
    if ((path = data_path(run, "word-similarity", "EN-WS-353-ALL.txt")))
        e.pairs[WORDSIM] = rated_read(path);
    if ((path = data_path(run, "word-similarity", "EN-SIMLEX-999.txt")))
        e.pairs[SIMLEX] = rated_read(path);
    if ((path = data_path(run, "word-similarity", "questions-words.txt")))
        e.questions = questions_read(path, l);
    return e;
}

static void exam_free(Exam *e)
{
    for (int i = 0; i < TESTS; i++)
        rated_free(&e->pairs[i]);
    questions_free(&e->questions);
}

static double score(const Exam *e, int test, const Vectors *v)
{
    int known;
    return agreement(&e->pairs[test], e->l, v, &known);
}

// The nearest words of some words, a line each.
static void print_near(const Lexicon *l, const Vectors *v)
{
    static const char *const ask[] = {"mother", "red",    "bread",
                                      "rain",   "doctor", "president"};
    enum { NEAR = 5 };
    Vectors unit = vectors_unit(v);
    for (size_t i = 0; i < sizeof ask / sizeof *ask; i++) {
        Near near[NEAR];
        const int id = lexicon_find(l, text_of(ask[i]));
        if (id == UNKNOWN)
            continue;
        printf("  %-10s", ask[i]);
        const int n =
            vectors_near(&unit, vectors_row(&unit, id), &id, 1, near, NEAR);
        for (int k = 0; k < n; k++)
            printf(" %s%s", l->word.piece[near[k].word].at,
                   k + 1 < n ? "," : "");
        printf("\n");
    }
    vectors_free(&unit);
}

// --- 3. skip-gram -----------------------------------------------------------

typedef struct Course {
    SkipGramSettings set;
    const char *save;
} Course;

static void plot_training(const double *epoch, const double *loss,
                          double score_of[TESTS][200], int n, bool real,
                          const char *plots)
{
    Plot *p = plot_new("Skip-gram learns", "epoch",
                       "loss of a context word and its guesses");
    plot_line(p, NULL, n, epoch, loss);
    plot_save(p, plots, "loss");
    p = plot_new("And agrees better with people", "epoch",
                 "Spearman's correlation");
    plot_line(p, "groups of words", n, epoch, score_of[GROUPED]);
    if (real) {
        plot_line(p, "WordSim-353", n, epoch, score_of[WORDSIM]);
        plot_line(p, "SimLex-999", n, epoch, score_of[SIMLEX]);
    }
    plot_save(p, plots, "agreement");
}

static void print_kept(const Lexicon *l, const SkipGram *s)
{
    printf("   Kept of the most frequent words:");
    for (int i = 1; i < l->word.n && i <= 5; i++)
        printf("%s %s %.1f %%", i > 1 ? "," : "", l->word.piece[i].at,
               100 * (double)s->keep[i]);
    printf("\n\n");
}

// Trains and tells of each epoch, of one at least; Ctrl-C ends it after the
// present one.
static Vectors skip_gram(const Course *c, const Lexicon *l, const Sentences *t,
                         const Exam *e, const char *plots, double *seconds)
{
    double epoch[200], loss[200], score_of[TESTS][200];
    const int threads = threads_count();
    SkipGram s = skipgram_new(l, t, c->set);
    int done = 0;
    Vectors v = {0};
    *seconds = 0;
    print_kept(l, &s);
    printf("  epoch     loss   groups%s\n",
           real_pairs(e) ? "   WordSim   SimLex" : "");
    fflush(stdout);
    Progress bar = progress_new("skip-gram", c->set.epochs, "epochs");
    while (done < c->set.epochs && (done == 0 || !interrupted())) {
        const double began = seconds_now();
        loss[done] = skipgram_epoch(&s);
        *seconds += seconds_now() - began;
        if (!isfinite(loss[done]))
            die("the loss is no number any more: give a smaller --rate than %g",
                (double)c->set.rate);
        vectors_free(&v);
        v = skipgram_vectors(&s);
        epoch[done] = done + 1;
        for (int i = 0; i < TESTS; i++)
            score_of[i][done] = score(e, i, &v);
        progress_end(&bar);
        printf("  %5d %8.3f %8.2f", done + 1, loss[done],
               score_of[GROUPED][done]);
        if (real_pairs(e))
            printf(" %9.3f %8.3f", score_of[WORDSIM][done],
                   score_of[SIMLEX][done]);
        printf("\n");
        done++;
        progress(&bar, done, loss[done - 1]);
    }
    progress_end(&bar);
    if (done < c->set.epochs)
        printf("  stopped after %d of %d epochs\n", done, c->set.epochs);
    printf("\n   ~%.0f thousand words per second and thread, %s\n\n",
           (double)t->ids.n * done / *seconds / 1e3 /
               (threads < WORKERS ? threads : WORKERS),
           "counting those that were not kept");
    plot_training(epoch, loss, score_of, done, real_pairs(e), plots);
    skipgram_free(&s);
    return v;
}

// --- 4. other ways ----------------------------------------------------------

static Vectors cbow(const Course *c, const Lexicon *l, const Sentences *t)
{
    SkipGramSettings set = c->set;
    set.cbow = true;
    set.rate = 4 * set.rate; // one step a window, not one a context word
    set.epochs += set.epochs / 4;
    SkipGram s = skipgram_new(l, t, set);
    while (s.epoch < set.epochs && !interrupted())
        if (!isfinite(skipgram_epoch(&s)))
            die("CBOW: the loss is no number any more: give a smaller --rate "
                "than %g",
                (double)c->set.rate);
    Vectors v = skipgram_vectors(&s);
    skipgram_free(&s);
    return v;
}

static Vectors glove(const Course *c, const Counts *counts)
{
    const int epochs = 8;
    Glove g = glove_new(counts, c->set.width, 0.05f, epochs, c->set.seed);
    while (g.done < epochs && !interrupted())
        glove_epoch(&g);
    Vectors v = glove_vectors(&g);
    glove_free(&g);
    return v;
}

static Vectors directions(const Course *c, const Sentences *t, int n)
{
    Counts counts = counts_new(t, n, 2 * c->set.window);
    counts_to_ppmi(&counts);
    const int width = c->set.width < n ? c->set.width : n;
    Vectors v = counts_directions(&counts, width, 8, c->set.seed);
    counts_free(&counts);
    return v;
}

static void print_scores(const char *name, double seconds, const Exam *e,
                         const Vectors *v)
{
    int right[QUESTION_KINDS], asked[QUESTION_KINDS], known;
    char took[24] = "       -";
    if (seconds >= 0)
        snprintf(took, sizeof took, "~%.1f", seconds);
    printf("  %-22s %8s %8.2f", name, took, score(e, GROUPED, v));
    for (int i = WORDSIM; i < TESTS && real_pairs(e); i++) {
        const double rho = agreement(&e->pairs[i], e->l, v, &known);
        printf("  %6.3f (%d)", rho, known);
    }
    if (e->questions.n) {
        Vectors unit = vectors_unit(v);
        const int sum = questions_answer(&e->questions, &unit, right, asked);
        printf("  %4.1f %% of %d", 100.0 * sum / e->questions.n,
               e->questions.n);
        vectors_free(&unit);
    }
    printf("\n");
    fflush(stdout);
}

static void use_lite(const Run *run)
{
    Lexicon l;
    Vectors v;
    if (run->quick || !use_lite_words(run, &l, &v))
        return;
    Exam e = exam_new(&l, run);
    print_scores("USE-lite's own table", -1, &e, &v);
    exam_free(&e);
    vectors_free(&v);
    lexicon_free(&l);
}

// Vectors that Ctrl-C kept from being learnt are not told of.
static bool kept_from_learning(Vectors *v)
{
    if (!interrupted())
        return false;
    puts("  stopped\n");
    vectors_free(v);
    return true;
}

static void all_ways(const Course *c, const Lexicon *l, const Sentences *t,
                     const Exam *e, const Vectors *skipgram, double seconds,
                     const Run *run)
{
    puts("4. Four ways to word vectors\n");
    printf("  %-22s %8s %8s%s\n", "", "seconds", "groups",
           real_pairs(e) ? "  WordSim-353  SimLex-999    analogies" : "");
    print_scores("skip-gram", seconds, e, skipgram);
    double began = seconds_now();
    Vectors v = cbow(c, l, t);
    if (kept_from_learning(&v))
        return;
    print_scores("CBOW", seconds_now() - began, e, &v);
    vectors_free(&v);
    began = seconds_now();
    Counts counts = counts_new(t, l->word.n, 2 * c->set.window);
    v = glove(c, &counts);
    counts_free(&counts);
    if (kept_from_learning(&v))
        return;
    print_scores("GloVe", seconds_now() - began, e, &v);
    vectors_free(&v);
    began = seconds_now();
    v = directions(c, t, l->word.n);
    print_scores("counts, no training", seconds_now() - began, e, &v);
    use_lite(run);
    puts("\n   The nearest words by counts alone:\n");
    print_near(l, &v);
    vectors_free(&v);
    puts("");
}

// --- 5. maps ----------------------------------------------------------------

static void maps(const Lexicon *l, const Vectors *v, const Run *run)
{
    enum { MOST = GROUPS * GROUP_MOST };
    const char *word[MOST];
    int group[MOST], n = 0;
    Vectors unit = vectors_unit(v), some = vectors_new(MOST, v->width);
    for (int k = 0; k < GROUPS; k++)
        for (int i = 0; i < GROUP_MOST && groups[k].word[i]; i++) {
            const int id = lexicon_find(l, text_of(groups[k].word[i]));
            if (id == UNKNOWN)
                continue;
            word[n] = groups[k].word[i];
            group[n] = k;
            memcpy(vectors_row(&some, n++), vectors_row(&unit, id),
                   sizeof(float) * v->width);
        }
    some.n = n;
    vectors_free(&unit);
    if (n > 8) {
        float at[2 * MOST];
        principal(&some, 2, run->seed, at);
        draw_words(word, group, n, at, run->plots, "pca");
        tsne(&some, 7, 1000, at);
        draw_words(word, group, n, at, run->plots, "tsne");
        int same = 0;
        for (int i = 0; i < n; i++) {
            int near = -1;
            float best = INFINITY;
            for (int j = 0; j < n; j++) {
                const float x = at[2 * i] - at[2 * j];
                const float y = at[2 * i + 1] - at[2 * j + 1];
                if (j != i && x * x + y * y < best) {
                    best = x * x + y * y;
                    near = j;
                }
            }
            same += group[near] == group[i];
        }
        printf("5. A map of %d words: on the t-SNE map, the nearest neighbour "
               "of ~%d is\n   of the same group.\n",
               n, same);
    }
    vectors_free(&some);
}

// --- the program ------------------------------------------------------------

static TwoTexts choose_text(const char *file, const Run *run)
{
    TwoTexts t = {.name = file};
    if (file) { // the last tenth is for the test
        Buffer all = text_read(file);
        size_t cut = all.length - all.length / 10;
        while (cut < all.length && all.at[cut - 1] != '\n')
            cut++;
        buffer_add(&t.learn, all.at, cut);
        buffer_add(&t.test, all.at + cut, all.length - cut);
        buffer_free(&all);
        return t;
    }
    if (!run->quick && brown_texts(run->data, &t))
        return t;
    return tales_texts(run->quick ? 800000 : 4000000, run->seed);
}

static void check_text(const TwoTexts *t, const char *file)
{
    Text rest = text_in(&t->test), word;
    while (next_word(&rest, &word))
        if (word.at[0] != '\n')
            return;
    die("%s: too short to learn from and to be tested on (the test is its "
        "last tenth, by lines)",
        file ? file : "the text");
}

static void vectors_part(const Course *c, TwoTexts *t, const Run *run,
                         double *wordsim, double *grouped)
{
    buffer_add(&t->learn, t->test.at, t->test.length);
    Lexicon l = lexicon_new(text_in(&t->learn), 5, true);
    Sentences s = sentences_new(text_in(&t->learn), &l, true);
    if (l.word.n <= c->set.width)
        die("%s: %d words occur 5 times, more than the width of %d are needed",
            t->name, l.word.n - 1, c->set.width);
    Exam e = exam_new(&l, run);
    double seconds;
    // From here on, Ctrl-C ends the training, then the rest.
    (void)interrupted();
    printf("3. Skip-gram: %d words, those that occur 5 times or more, "
           "%d different;\n   width %d, window %d, %d words drawn\n\n",
           s.ids.n, l.word.n - 1, c->set.width, c->set.window,
           c->set.negatives);
    Vectors v = skip_gram(c, &l, &s, &e, run->plots, &seconds);
    if (c->save) {
        vectors_save(&v, l.word.piece, c->save);
        printf("   Saved to %s.\n\n", c->save);
    }
    puts("   The nearest words:\n");
    print_near(&l, &v);
    puts("");
    *wordsim = real_pairs(&e) ? score(&e, WORDSIM, &v) : NAN;
    *grouped = score(&e, GROUPED, &v);
    if (!interrupted())
        all_ways(c, &l, &s, &e, &v, seconds, run);
    maps(&l, &v, run);
    vectors_free(&v);
    exam_free(&e);
    sentences_free(&s);
    lexicon_free(&l);
}

int main(int argc, char **argv)
{
    Course c = {.set = {.width = 96, .negatives = 5}};
    const char *file = NULL;
    float rate = 0, subsample = 0;
    const Option own[] = {
        {"text", "FILE", OPTION_TEXT, &file, 0, 0, NULL,
         "learn from this text, a sentence a line"},
        {"epochs", "N", OPTION_INT, &c.set.epochs, 0, 200, NULL,
         "of skip-gram; 0: 4 with --quick, else 12"},
        {"width", "N", OPTION_INT, &c.set.width, 2, 1000, NULL,
         "numbers in a word's vector"},
        {"window", "N", OPTION_INT, &c.set.window, 0, WINDOW_MOST / 2, NULL,
         "words on each side; 0: 2 for the course's stories,\n"
         "else 5"},
        {"negatives", "N", OPTION_INT, &c.set.negatives, 1, NEGATIVES_MOST,
         NULL, "wrong words drawn for a window"},
        {"subsample", "T", OPTION_FLOAT, &subsample, 0, 1, NULL,
         "keep a word of frequency f with probability\n"
         "sqrt(T / f); 0: 0.01 for the course's stories,\n"
         "else 0.0001"},
        {"rate", "R", OPTION_FLOAT, &rate, 0, 1, NULL,
         "learning rate at the beginning; 0: 0.025 for the\n"
         "course's stories, else 0.05"},
        {"save", "FILE", OPTION_TEXT, &c.save, 0, 0, NULL,
         "write the vectors of skip-gram to FILE, in the text\n"
         "form of word2vec"},
        {0}};
    Run run = {0};
    cli_parse(
        argc, argv,
        "Words by their neighbours: n-gram language models, skip-gram,\n"
        "CBOW, GloVe and plain counts, tested against people's judgement.",
        own, &run);
    if (c.save)
        need_file(c.save);
    TwoTexts t = choose_text(file, &run);
    check_text(&t, file);
    const bool stories = !file && strncmp(t.name, "stories", 7) == 0;
    if (c.set.epochs == 0)
        c.set.epochs = run.quick ? 4 : 12;
    if (c.set.window == 0)
        c.set.window = stories ? 2 : 5;
    c.set.rate = rate > 0 ? rate : stories ? 0.025f : 0.05f;
    c.set.subsample = subsample > 0 ? (double)subsample : stories ? 1e-2 : 1e-4;
    c.set.seed = run.seed;
    printf(
        "Language models and word vectors, from %s.\nAbout %s of memory.\n\n",
        t.name, run.quick ? "5 seconds, 30 MB" : "a minute, 250 MB");
    by_hand();
    const double best = language_models(&t, &run);
    double wordsim, grouped;
    vectors_part(&c, &t, &run, &wordsim, &grouped);
    printf("\n=> Kneser-Ney perplexity %.1f; ", best);
    if (isnan(wordsim))
        printf("groups of words %.2f\n", grouped);
    else
        printf("WordSim-353 %.3f\n", wordsim);
    buffer_free(&t.learn);
    buffer_free(&t.test);
    return 0;
}
