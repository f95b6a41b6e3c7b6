// 17-faq: a question, a knowledge base of questions and answers, an answer.
//
// Read from top to bottom: three texts by hand; the knowledge base; the methods
// in one table; what shared words and more phrasings do; when to be silent; a
// conversation. Answering for itself is in ask.c, the same tables on real
// questions in real.c.
#include "17-faq/ask.h"
#include "17-faq/contrast.h"
#include "17-faq/ranking.h"
#include "17-faq/real.h"
#include "17-faq/table.h"

#include "02-machine-learning/evaluate.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/plot.h"
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What a wrong answer costs, in right ones.
static const double wrong_costs = 1;

// --- three texts by hand ----------------------------------------------------

static void show_by_hand(void)
{
    static const char *const said[] = {"run the tests", "run the chapter",
                                       "where are the plots of the chapter"};
    enum { N = 3 };
    Text text[N];
    float tfidf[N], bm25[N];
    for (int i = 0; i < N; i++)
        text[i] = text_of(said[i]);
    Inverted x = inverted_new(WORD_TERMS, text, N);
    puts("Three texts, and the lists of their words:");
    for (int t = 0; t < x.terms.n; t++) {
        printf("  %-8.*s in", (int)x.terms.piece[t].length,
               x.terms.piece[t].at);
        for (int i = x.start[t]; i < x.start[t + 1]; i++)
            printf(" %d%s", x.posting[i].text + 1,
                   x.posting[i].count > 1 ? " (twice)" : "");
        const int with = x.start[t + 1] - x.start[t];
        printf(", idf %.3f, in BM25 %.3f\n", tfidf_idf(N, with),
               bm25_idf(N, with));
    }
    const Text question = text_of("run tests");
    score_tfidf(&x, &question, 1, tfidf);
    score_bm25(&x, (Bm25){1.2f, 0.75f}, &question, 1, bm25);
    puts("The question \"run tests\":   TF-IDF    BM25");
    for (int i = 0; i < N; i++)
        printf("  %d  %-22.22s %8.3f %7.3f\n", i + 1, said[i], (double)tfidf[i],
               (double)bm25[i]);
    putchar('\n');
    inverted_free(&x);
}

// --- the knowledge base -----------------------------------------------------

typedef struct Base {
    Knowledge k;
    Buffer outside_text;
    Text *outside; // questions that it does not answer
    int outsiders;
    Encoder encoder[ENCODERS];
    float *known[ENCODERS]; // the vectors of all phrasings
    Search search;          // over all of it
} Base;

// Loads a knowledge base, and of the encoders those that are wanted.
static Base base_new(const Run *run, const char *kb, bool rows, bool use)
{
    Base b = {
        .k = knowledge_load(kb ? kb : shipped_path("data/faq/course.tsv"))};
    b.outsiders = questions_load(shipped_path("data/faq/outside.txt"),
                                 &b.outside_text, &b.outside);
    if (rows)
        b.encoder[ROWS] = encoder_rows(run);
    if (use)
        b.encoder[USE] = encoder_use_lite(run);
    return b;
}

// Makes the search; vectors are read from or written to `keep`, if it is given.
static void base_search(Base *b, const char *keep)
{
    bool before = false;
    b->search = search_new(&b->k, NULL);
    for (int e = 0; e < ENCODERS; e++) {
        if (!b->encoder[e].name)
            continue;
        b->search.encoder[e] = &b->encoder[e];
        b->search.known[e] = b->known[e] =
            known_vectors(&b->encoder[e], &b->k, e == USE ? keep : NULL,
                          e == USE ? &before : NULL);
        if (e == USE && keep)
            fprintf(stderr, "vectors %s %s\n", before ? "read from" : "kept in",
                    keep);
    }
}

static void base_free(Base *b)
{
    for (int e = 0; e < ENCODERS; e++) {
        free(b->known[e]);
        encoder_free(&b->encoder[e]);
    }
    search_free(&b->search);
    free(b->outside);
    buffer_free(&b->outside_text);
    knowledge_free(&b->k);
}

static void print_line(const char *before, Text t)
{
    printf("%s%.*s\n", before, (int)t.length, t.at);
}

static void show_base(const Base *b)
{
    const Pair *p = &b->k.pair[0];
    printf("The knowledge base: %d questions with answers, %d paraphrases, and "
           "%d\nquestions that it does not answer. The first:\n",
           b->k.n, b->k.phrasings - b->k.n, b->outsiders);
    print_line("  Q  ", p->question);
    printf("  A  %.66s ...\n", p->answer.at);
    for (int i = p->first + 1; i < p->end; i++)
        print_line("  or ", b->k.phrasing[i].text);
    putchar('\n');
}

// --- the table of methods ---------------------------------------------------

static void plot_methods(const Scored *alone, const Scored *half,
                         const char *plots)
{
    const char *name[METHODS];
    double a[METHODS], b[METHODS];
    int n = 0;
    for (Method m = 0; m < METHODS; m++)
        if (half[m].there) {
            name[n] = method_titles[m];
            a[n] = alone[m].there ? alone[m].found.r1 : NAN;
            b[n++] = half[m].found.r1;
        }
    Plot *p = plot_new("The right answer comes first", NULL, "R@1");
    plot_bars(p, "questions searched", n, name, a);
    plot_bars(p, "and half of the paraphrases", n, name, b);
    plot_range(p, NAN, NAN, 0, 0.8);
    plot_save(p, plots, "methods");
}

static void show_methods(const Run *run, const Base *b, Scored alone[METHODS],
                         Scored half[METHODS])
{
    const ContrastRecipe recipe = contrast_recipe(run->seed);
    puts("All paraphrases asked, only the questions (and answers) searched:");
    table_score(&b->search, -1, NULL, run->seed, alone);
    table_print(alone, BY_WORDS, run->seed);
    puts("Half of the paraphrases searched, too, the other half asked, and the "
         "other\nway round:");
    table_score(&b->search, 0, &recipe, run->seed, half);
    table_print(half, BY_WORDS, run->seed);
    putchar('\n');
    plot_methods(alone, half, run->plots);
}

// --- shared words, and more phrasings ---------------------------------------

enum { BANDS = 3 };
static const double band_from[BANDS] = {0, 0.4, 0.7};
static const char *const band_names[BANDS] = {"few (< .4)", "some",
                                              "most (> .7)"};

// R@1 by the share of a paraphrase's words that its question has.
static void show_shared(const Run *run, const Base *b,
                        const Scored alone[METHODS])
{
    static const Method shown[] = {BY_WORDS,  BY_LETTERS, BY_BOTH,
                                   BY_HYBRID, BY_USE,     BY_SUM};
    Trial t = trial_part(&b->k, -1);
    int *band = new_array((size_t)t.n, sizeof *band), of[BANDS] = {0};
    for (int q = 0; q < t.n; q++) {
        const double share = shared_words(&t.search.words, t.question[q],
                                          b->k.pair[t.right[q]].question);
        for (int k = 0; k < BANDS; k++)
            band[q] = share >= band_from[k] ? k : band[q];
        of[band[q]]++;
    }
    puts("R@1 by how many of its words a paraphrase shares with its question:");
    printf("  %-18s", "");
    for (int k = 0; k < BANDS; k++)
        printf("  %12s", band_names[k]);
    printf("\n  %-18s", "paraphrases");
    for (int k = 0; k < BANDS; k++)
        printf("  %12d", of[k]);
    putchar('\n');
    Plot *p = plot_new("What is found depends on shared words", NULL, "R@1");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const Scored *r = &alone[shown[i]];
        double right[BANDS] = {0};
        if (!r->there)
            continue;
        printf("  %-18s", method_titles[shown[i]]);
        for (int q = 0; q < t.n; q++)
            right[band[q]] += r->first[q] / of[band[q]];
        for (int k = 0; k < BANDS; k++)
            printf("  %12.3f", right[k]);
        putchar('\n');
        plot_bars(p, method_titles[shown[i]], BANDS, band_names, right);
    }
    putchar('\n');
    plot_save(p, run->plots, "shared");
    free(band);
    trial_free(&t);
}

static void show_phrasings(const Run *run, const Base *b)
{
    enum { MOST = 4 };
    static const Method shown[] = {BY_WORDS, BY_LETTERS, BY_HYBRID, BY_USE,
                                   BY_SUM};
    Plot *p = plot_new("Other ways to ask, in the base",
                       "paraphrases beside each question", "R@1");
    puts("R@1 with 0 to 4 paraphrases of each question in the base, asking "
         "another:");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        double x[MOST + 1], y[MOST + 1];
        if (!search_can(&b->search, shown[i]))
            continue;
        printf("  %-18s", method_titles[shown[i]]);
        for (int extra = 0; extra <= MOST; extra++) {
            x[extra] = extra;
            y[extra] = trial_with_phrasings(&b->search, shown[i], extra);
            printf(" %.3f", y[extra]);
        }
        putchar('\n');
        plot_line(p, method_titles[shown[i]], MOST + 1, x, y);
    }
    putchar('\n');
    plot_range(p, NAN, NAN, 0.3, 0.7);
    plot_save(p, run->plots, "phrasings");
}

// --- silence ----------------------------------------------------------------

// Outcomes of three kinds of questions: whose pair is there, whose pair was
// taken away, and those from outside.
typedef struct Judged {
    int n, outside;
    Outcome *with, *without, *out;
    float threshold; // chosen on the other half of the pairs
    Answered in_base, taken, from_outside;
} Judged;

static Judged judge_silence(const Base *b, Method m, Sureness how)
{
    const size_t room = 2 * (size_t)b->k.phrasings;
    Outcome *learn = new_array(2 * room, sizeof *learn);
    Outcome *test = new_array(2 * room, sizeof *test);
    Judged j = {.with = new_array(room, sizeof *j.with),
                .without = new_array(room, sizeof *j.without),
                .out = new_array(2 * (size_t)b->outsiders, sizeof *j.out)};
    int learnt = 0, tested = 0;
    for (int part = 0; part < 2; part++) {
        Trial t = trial_part(&b->k, part);
        trial_equip(&t, &b->search);
        learnt += trial_outcomes(&t, m, how, 0, learn + learnt);
        tested += trial_outcomes(&t, m, how, 1, test + tested);
        outside_outcomes(&t, m, how, b->outside, b->outsiders,
                         j.out + j.outside);
        j.outside += b->outsiders;
        trial_free(&t);
    }
    for (int i = 0; i < tested; i += 2) {
        j.with[j.n] = test[i];
        j.without[j.n++] = test[i + 1];
    }
    j.threshold = best_threshold(learn, learnt, wrong_costs);
    j.in_base = answered_at(j.with, j.n, j.threshold);
    j.taken = answered_at(j.without, j.n, j.threshold);
    j.from_outside = answered_at(j.out, j.outside, j.threshold);
    free(learn), free(test);
    return j;
}

static void judged_free(Judged *j)
{
    free(j->with), free(j->without), free(j->out);
}

// The probability that a question of the base scores higher than one that is
// not answered by it.
static double auroc(const Outcome *in, int n, const Outcome *out, int m)
{
    float *score = new_array((size_t)n + m + 1, sizeof *score);
    int *label = new_array((size_t)n + m + 1, sizeof *label);
    for (int i = 0; i < n + m; i++) {
        score[i] = i < n ? in[i].sure : out[i - n].sure;
        label[i] = i < n;
    }
    const double area = auc(score, label, n + m);
    free(score), free(label);
    return area;
}

static int falling(const void *a, const void *b)
{
    const float x = ((const Outcome *)a)->sure, y = ((const Outcome *)b)->sure;
    return (x < y) - (x > y);
}

// Scores in falling order over their share of the questions.
static void plot_sorted(Plot *p, const char *name, Outcome *o, int n)
{
    double *x = new_array((size_t)n + 1, sizeof *x);
    double *y = new_array((size_t)n + 1, sizeof *y);
    qsort(o, (size_t)n, sizeof *o, falling);
    for (int i = 0; i < n; i++) {
        x[i] = (double)(i + 1) / n;
        y[i] = (double)o[i].sure;
    }
    plot_line(p, name, n, x, y);
    free(x), free(y);
}

static void plot_risk(Plot *p, Method m, const Judged *j)
{
    const int n = j->n + j->outside;
    Outcome *all = new_array((size_t)n + 1, sizeof *all);
    double *x = new_array((size_t)n + 1, sizeof *x);
    double *y = new_array((size_t)n + 1, sizeof *y);
    memcpy(all, j->with, (size_t)j->n * sizeof *all);
    memcpy(all + j->n, j->out, (size_t)j->outside * sizeof *all);
    const int points = risk_over_coverage(all, n, x, y);
    plot_line(p, method_titles[m], points, x, y);
    free(all), free(x), free(y);
}

static void show_silence(const Run *run, const Base *b)
{
    static const Method shown[] = {BY_WORDS,  BY_LETTERS, BY_BOTH,
                                   BY_HYBRID, BY_USE,     BY_SUM};
    Plot *risk = plot_new("The more it answers, the more is wrong",
                          "share of all questions that are answered",
                          "share of the answers that are wrong");
    puts(
        "When to be silent. The threshold is chosen on half of the pairs, what "
        "follows\nis of the other half; 'taken' are questions whose pair was "
        "taken away.");
    printf("  %-18s %-6s  %-13s   %-21s  %s\n", "", "", "AUROC",
           "  in the base", "answered of");
    printf("  %-18s %-6s  %6s %6s   %6s %6s %6s   %6s %7s\n", "", "sure by",
           "taken", "outside", "right", "wrong", "silent", "taken", "outside");
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        for (Sureness how = 0; how < SURENESSES; how++) {
            if (!search_can(&b->search, shown[i]))
                continue;
            Judged j = judge_silence(b, shown[i], how);
            printf("  %-18s %-6s  %6.3f  %6.3f   %6.3f %6.3f %6.3f   %6.3f "
                   "%7.3f\n",
                   method_titles[shown[i]], sureness_names[how],
                   auroc(j.with, j.n, j.without, j.n),
                   auroc(j.with, j.n, j.out, j.outside), j.in_base.right,
                   j.in_base.wrong, j.in_base.silent, 1 - j.taken.silent,
                   1 - j.from_outside.silent);
            if (how == SURE_SCORE)
                plot_risk(risk, shown[i], &j);
            if (how == SURE_SCORE && shown[i] == BY_HYBRID) {
                Plot *p = plot_new("How sure it is, by hybrid",
                                   "share of the questions", "best score");
                plot_level(p, "threshold", (double)j.threshold);
                plot_sorted(p, "in the base", j.with, j.n);
                plot_sorted(p, "taken away", j.without, j.n);
                plot_sorted(p, "from outside", j.out, j.outside);
                plot_save(p, run->plots, "sureness");
            }
            judged_free(&j);
        }
    putchar('\n');
    plot_save(risk, run->plots, "risk");
}

// --- a conversation ---------------------------------------------------------

static void show_conversation(Desk *d)
{
    static const char *const asked[] = {
        "how do i runn the tests for one chapter", "what does the seed do",
        "What was BM25 again?", "Can I sell what I build with this?",
        "How do I keep bread from going stale?"};
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        printf("? %s\n", asked[i]);
        desk_answer(d, text_of(asked[i]), stdout, NULL);
        putchar('\n');
    }
}

// --- all of it --------------------------------------------------------------

static void demonstrate(const Run *run, Base *b)
{
    Scored alone[METHODS], half[METHODS];
    base_search(b, NULL);
    show_by_hand();
    show_base(b);
    show_methods(run, b, alone, half);
    show_shared(run, b, alone);
    show_phrasings(run, b);
    show_silence(run, b);
    Desk desk = desk_new(&b->search, METHODS, NAN, 2, wrong_costs);
    show_conversation(&desk);
    if (!run->quick && !interrupted())
        real_stackfaq(run, &b->search);
    if (!run->quick && !interrupted())
        real_banking(run, &b->search);
    printf("=> R@1 by words %.2f, with letters and answers %.2f, with "
           "paraphrases %.2f\n",
           alone[BY_WORDS].found.r1, alone[BY_HYBRID].found.r1,
           half[BY_HYBRID].found.r1);
    table_free(alone), table_free(half);
}

typedef struct Asking {
    const char *ask, *kb, *keep;
    bool chat;
    int top, method; // 0: the best there is
    float threshold;
} Asking;

static void answer(const Run *run, const Asking *a)
{
    const Method m = a->method ? (Method)(a->method - 1) : METHODS;
    const bool use =
        m == METHODS || m == BY_USE || m == BY_SUM || m == BY_RANKS;
    const char *wrong = a->ask ? question_wrong(text_of(a->ask)) : NULL;
    const ContrastRecipe recipe = contrast_recipe(run->seed);
    Contrast own;
    const double began = seconds_now();
    if (wrong)
        cli_misuse("--ask: the question is %s", wrong);
    if (a->keep)
        need_file(a->keep);
    Base b = base_new(run, a->kb, m == BY_ROWS, use);
    if (m == BY_OWN) {
        own = contrast_train(b.k.phrasing, b.k.phrasings, b.k.n, &recipe);
        b.encoder[OWN] = contrast_encoder(&own);
    }
    base_search(&b, a->keep);
    b.search.own = &recipe;
    if (m != METHODS && !search_can(&b.search, m))
        die("--method %s needs the sentence encoder; run: make data "
            "NAME=use-lite",
            m == BY_ROWS ? "rows" : "use-lite");
    Desk d = desk_new(&b.search, m, a->threshold == 0 ? NAN : a->threshold,
                      a->top, wrong_costs);
    if (a->keep && !b.encoder[USE].name)
        fputs("no vectors of USE-lite are used: nothing is kept\n", stderr);
    if (isinf(d.threshold))
        fputs(
            d.threshold < 0 && b.k.phrasings > b.k.n
                ? "one question alone teaches no threshold: whatever is asked "
                  "is answered; see --threshold\n"
            : d.threshold < 0
                ? "no paraphrases to learn a threshold from: whatever is asked "
                  "is answered; see --threshold\n"
                : "nothing was found well enough to learn a threshold from: "
                  "all questions stay unanswered; see --threshold\n",
            stderr);
    fprintf(stderr, "%d questions, %d phrasings; ready in %.1f s\n", b.k.n,
            b.k.phrasings, seconds_now() - began);
    if (a->ask)
        desk_answer(&d, text_of(a->ask), stdout, stderr);
    else
        desk_serve(&d, stdin);
    base_free(&b);
    if (m == BY_OWN)
        contrast_free(&own);
}

static const char about[] =
    "Answers questions from a knowledge base of questions and answers, and "
    "says\n"
    "so when it does not know. Compares ways to search it, from lists of "
    "words\n"
    "to sentence vectors, on a base about this course; with `make data\n"
    "NAME=use-lite` (and stackfaq, banking77) also on real questions. About "
    "60\n"
    "seconds and 500 MB with all of these, 5 seconds without; --quick uses "
    "none.\n"
    "With --ask the answer alone goes to standard output.";

int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    Asking a = {.top = 3};
    const Option own[] = {
        {"ask", "TEXT", OPTION_TEXT, &a.ask, 0, 0, NULL,
         "answers one question"},
        {"chat", NULL, OPTION_FLAG, &a.chat, 0, 0, NULL,
         "answers questions from standard input, one a line"},
        {"kb", "FILE", OPTION_TEXT, &a.kb, 0, 0, NULL,
         "with --ask, --chat: another knowledge base, as TSV, JSON, or CSV"},
        {"method", "NAME", OPTION_CHOICE, &a.method, 0, 0, method_words,
         "with --ask, --chat: how to search; auto takes the best there is"},
        {"top", "K", OPTION_INT, &a.top, 1, 100, NULL,
         "with --ask, --chat: how many questions it considers and names"},
        {"threshold", "X", OPTION_FLOAT, &a.threshold, -1e6, 1e6, NULL,
         "with --ask, --chat: answers if the best score is at least this; 0: "
         "learnt from the paraphrases"},
        {"keep", "FILE", OPTION_TEXT, &a.keep, 0, 0, NULL,
         "with --ask, --chat: keeps the sentence vectors there for next time"},
        {0}};
    cli_parse(argc, argv, about, own, &run);
    if (a.ask && a.chat)
        cli_misuse("--ask and --chat exclude each other");
    if (a.ask || a.chat) {
        answer(&run, &a);
        return 0;
    }
    if (a.kb || a.keep || a.method || a.top != 3 || a.threshold != 0)
        cli_misuse(
            "--kb, --method, --top, --threshold and --keep go with --ask "
            "or --chat");
    puts(run.quick ? "17-faq: about 3 seconds, 100 MB.\n"
                   : "17-faq: up to 60 seconds, 500 MB.\n");
    Base b = base_new(&run, NULL, !run.quick, !run.quick);
    demonstrate(&run, &b);
    base_free(&b);
    return 0;
}
