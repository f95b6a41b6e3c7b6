// 16-long-text: documents that are longer than the encoder's window, and every
// usual remedy, in one table.
//
// Read from top to bottom: the documents; the encoder; the remedies; how they
// are judged; the table, the plots. The same for real documents is in real.c.
#include "16-long-text/bags.h"
#include "16-long-text/chosen.h"
#include "16-long-text/evidence.h"
#include "16-long-text/folds.h"
#include "16-long-text/prepare.h"
#include "16-long-text/real.h"
#include "16-long-text/tuned.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/plot.h"
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- the documents ----------------------------------------------------------

typedef struct Plan {
    int learn, test; // documents
    int sentences;   // in each, about
    int epochs;      // over the documents, where the encoder is trained
    int passes;      // where only what stands on it is
    Lessons lessons;
} Plan;

static Plan plan_for(const Run *run, int documents)
{
    const Lessons lessons = {.window = 48,
                             .width = 32,
                             .heads = 2,
                             .layers = 2,
                             .blanks = 1000,
                             .short_notes = run->quick ? 2000 : 4000,
                             .notes = run->quick ? 4000 : 6000,
                             .seed = run->seed};
    return (Plan){.learn = documents    ? documents
                           : run->quick ? 400
                                        : 1000,
                  .test = run->quick ? 200 : 600,
                  .sentences = 44,
                  .epochs = 3,
                  .passes = run->quick ? 30 : 40,
                  .lessons = lessons};
}

typedef struct Valley {
    Chronicles learn, test;
    WordPiece pieces;
    int longest; // pieces of a document
    double mean; // pieces
} Valley;

static Valley valley_new(const Plan *p, uint64_t seed)
{
    Valley v = {.learn = chronicles_new(p->learn, p->sentences, seed + 10),
                .test = chronicles_new(p->test, p->sentences, seed + 11)};
    v.pieces = words_of_valley(&v.learn.text);
    chronicles_encode(&v.learn, &v.pieces);
    chronicles_encode(&v.test, &v.pieces);
    const Chronicles *half[] = {&v.learn, &v.test};
    for (int h = 0; h < 2; h++)
        for (int i = 0; i < half[h]->n; i++) {
            const int n = half[h]->d[i].n;
            v.longest = n > v.longest ? n : v.longest;
            v.mean += (double)n / (p->learn + p->test);
        }
    return v;
}

static void valley_free(Valley *v)
{
    chronicles_free(&v->learn);
    chronicles_free(&v->test);
    wordpiece_free(&v->pieces);
}

// One document: the sentences that say something of a building, or begin or
// end it; those with the evidence are marked.
static void show_document(const Valley *v)
{
    const int shown = IN_TWO; // the first of those with two facts
    const int *where = v->learn.where[shown];
    const Document *d = &v->learn.d[shown];
    Text rest = d->text, line;
    bool gap = false;
    for (int s = 0; text_line(&rest, &line); s++) {
        const bool marked = s == where[0] || s == where[1];
        const bool claim = memmem(line.at, line.length, " be ", 4) ||
                           memmem(line.at, line.length, " was ", 5) ||
                           memmem(line.at, line.length, " turn ", 6);
        const bool mill = memmem(line.at, line.length, " mill ", 6);
        if (marked || s == 0 || (claim && mill) || s == d->sentences - 1)
            printf(" %s %3d  %.*s\n", marked ? "->" : "  ", s + 1,
                   (int)line.length, line.at);
        else if (!gap)
            puts("         ...");
        gap = !(marked || s == 0 || (claim && mill));
    }
    printf("  so: the mill is %s\n\n", fate_names[d->class]);
}

// --- the encoder ------------------------------------------------------------

static Bert encoder_new(const Plan *p, Valley *v, bool quick)
{
    puts(
        "One small encoder for all: it fills blanks in the documents to learn\n"
        "from, then reads short notes, and so learns what one window says.");
    Taught with = prepare(&p->lessons, &v->pieces, &v->learn.pieces);
    printf("  blanks: loss ~%.2f; then ~%.1f %% of unseen notes told right\n",
           with.loss, 100 * with.right);
    fflush(stdout);
    if (!quick) {
        Lessons none = p->lessons;
        none.blanks = 0;
        Taught without = prepare(&none, &v->pieces, &v->learn.pieces);
        printf("  without blanks before:   ~%.1f %%\n", 100 * without.right);
        bert_free(&without.bert);
    }
    putchar('\n');
    return with.bert;
}

static BertShape frozen_shape;
static double frozen_madds(int tokens)
{
    return bert_madds(&frozen_shape, tokens, 0);
}

// --- the remedies -----------------------------------------------------------

typedef enum Family { WORDS, WINDOW, CHOSEN, CHUNKS, ALL, FAMILIES } Family;

static const char *const family_names[FAMILIES] = {
    "words", "one window", "one window, chosen", "frozen chunks",
    "everything, trained"};

enum { MOST = 32 }; // remedies

typedef struct Entry {
    Remedy remedy;
    Family family;
} Entry;

// All plans that the remedies point to, and the remedies.
typedef struct Shelf {
    int n;
    Entry entry[MOST];
    BagPlan bag[2];
    WordVectorPlan words;
    Tuning tuning[12];
    int tunings;
    Chosen chosen[CHOICES + 1];
    Frozen frozen[POOL_KINDS + 1];
    Bert longer;
} Shelf;

static void put(Shelf *s, Family family, Remedy r)
{
    check(s->n < MOST, "more than %d remedies", MOST);
    s->entry[s->n++] = (Entry){r, family};
}

static Tuning *tuning(Shelf *s, const Tuning *base, Cut cut, PoolKind pool)
{
    Tuning *t = &s->tuning[s->tunings++];
    *t = *base;
    t->cut = cut;
    t->pool = pool;
    return t;
}

static void add_words(Shelf *s, bool quick)
{
    s->bag[0] = (BagPlan){.words = 128};
    s->bag[1] = (BagPlan){.words = 0};
    s->words = (WordVectorPlan){.width = 32, .epochs = 3};
    put(s, WORDS, majority_remedy("majority"));
    put(s, WORDS, bag_remedy("TF-IDF, first 128 words", &s->bag[0]));
    put(s, WORDS, bag_remedy("TF-IDF, all words", &s->bag[1]));
    if (!quick)
        put(s, WORDS, word_vector_remedy("mean of word vectors", &s->words));
}

// They read a tenth of what the others do: so twice as often, at half the rate.
static void add_windows(Shelf *s, const Tuning *b)
{
    static const struct {
        const char *name;
        Cut cut;
    } window[] = {
        {"head", cut_head}, {"tail", cut_tail}, {"head + tail", cut_head_tail}};
    for (int k = 0; k < 3; k++) {
        Tuning *t = tuning(s, b, window[k].cut, VECTOR_MEAN);
        t->epochs *= 2;
        t->rate /= 2;
        put(s, WINDOW, tuned_remedy(window[k].name, t));
    }
}

static void add_choices(Shelf *s, const Tuning *b, bool quick)
{
    const Tuning *reader = tuning(s, b, cut_head, VECTOR_MEAN);
    Tuning *judge = tuning(s, b, cut_sentences, CHUNK_MEAN);
    judge->most = 1000;
    for (int k = quick ? TEXTRANK_SENTENCES : 0; k < CHOICES; k++) {
        s->chosen[k] = (Chosen){.reader = reader, .rule = k};
        put(s, CHOSEN, chosen_remedy(choice_names[k], &s->chosen[k]));
    }
    s->chosen[CHOICES] = (Chosen){.reader = reader, .judge = judge};
    put(s, CHOSEN,
        chosen_remedy("trained judge (CogLTX)", &s->chosen[CHOICES]));
}

static void add_frozen(Shelf *s, const Tuning *b, const Plan *p, double bytes)
{
    for (int k = 0; k <= POOL_KINDS; k++) {
        const bool exits = k == POOL_KINDS;
        s->frozen[k] = (Frozen){.kind = exits ? CHUNK_MEAN : k,
                                .most = b->most,
                                .epochs = p->passes,
                                .batch = 32,
                                .rate = 0.003f,
                                .decay = 0.01f,
                                .dropout = 0.1f,
                                .sure = exits ? 0.6f : 0,
                                .madds = frozen_madds,
                                .bytes = bytes};
        const char *name = exits ? "early exit" : pool_names[k];
        put(s, CHUNKS, frozen_remedy(name, &s->frozen[k]));
    }
}

static void add_whole(Shelf *s, const Tuning *b, int longest, bool quick)
{
    if (!quick) {
        put(s, ALL,
            tuned_remedy("BELT, mean", tuning(s, b, cut_chunks, VECTOR_MEAN)));
        put(s, ALL,
            tuned_remedy("BELT, self-attention",
                         tuning(s, b, cut_chunks, VECTOR_ATTENTION)));
    }
    s->longer = bert_longer(b->bert, longest + 2, 1);
    for (int k = 0; k < (quick ? 1 : 2); k++) {
        Tuning *t = tuning(s, b, cut_nothing, VECTOR_MEAN);
        t->bert = &s->longer;
        t->band = (Band){.window = b->window / 2, .global = 1, .random = k};
        put(s, ALL, tuned_remedy(k ? "BigBird" : "Longformer", t));
    }
}

// --- judging ----------------------------------------------------------------

typedef struct Row {
    double place[PLACES]; // share right
    Interval all;
    Cost cost; // of a document
    double ms; // a document
} Row;

static int guess_of(const float *score)
{
    int best = 0;
    for (int j = 1; j < FATES; j++)
        best = score[j] > score[best] ? j : best;
    return best;
}

// encoded: milliseconds that it took to encode all chunks of a document.
static Row judge(const Entry *e, const Valley *v, double encoded, uint64_t seed)
{
    const Chronicles *test = &v->test;
    const int n = v->learn.n;
    Row r = {0};
    double *right = new_array((size_t)test->n, sizeof *right), all = 0;
    int *which = new_array((size_t)n, sizeof *which), of[PLACES] = {0};
    for (int i = 0; i < n; i++)
        which[i] = i;
    void *learnt =
        e->remedy.learn(e->remedy.plan, v->learn.d, which, n, FATES, seed);
    const double began = seconds_now();
    for (int i = 0; i < test->n; i++) {
        float score[FATES];
        const Document *d = &test->d[i];
        e->remedy.scores(learnt, d, score, &r.cost);
        right[i] = guess_of(score) == d->class;
        r.place[d->place] += right[i];
        of[d->place]++;
        for (int k = 0; k < d->chunks; k++)
            all += d->chunk_tokens[k];
    }
    r.ms = 1000 * (seconds_now() - began) / test->n;
    if (e->family == CHUNKS) // what was encoded before, as far as it was read
        r.ms += encoded * r.cost.tokens / all;
    e->remedy.forget(learnt);
    for (int k = 0; k < PLACES; k++)
        r.place[k] /= of[k] ? of[k] : 1;
    r.all = interval_of(right, test->n);
    r.cost.tokens /= test->n;
    r.cost.madds /= test->n;
    free(which);
    free(right);
    return r;
}

// --- the table --------------------------------------------------------------

// "~98.1", set to the right.
static void print_measured(int width, int digits, double x)
{
    char text[32];
    snprintf(text, sizeof text, "~%.*f", digits, x);
    printf(" %*s", width, text);
}

static void print_head(void)
{
    printf("%-22s", "right, %");
    for (int k = 0; k < PLACES; k++)
        printf(" %9s", place_names[k]);
    printf(" %6s %6s %6s %7s %6s %6s\n", "all", "+-", "tokens", "madds/M", "ms",
           "MB");
}

static void print_row(const char *name, const Row *r)
{
    printf("%-22s", name);
    for (int k = 0; k < PLACES; k++)
        print_measured(9, 1, 100 * r->place[k]);
    print_measured(6, 1, 100 * r->all.mean);
    print_measured(6, 1, 100 * r->all.half);
    print_measured(6, 0, r->cost.tokens);
    print_measured(7, 2, r->cost.madds / 1e6);
    print_measured(6, 2, r->ms);
    print_measured(6, 2, r->cost.bytes / 1e6);
    putchar('\n');
    fflush(stdout);
}

static void plot_heat_map(const Shelf *s, const Row *row, const char *plots)
{
    float value[MOST * PLACES];
    const char *name[MOST];
    for (int i = 0; i < s->n; i++) {
        name[i] = s->entry[i].remedy.name;
        for (int k = 0; k < PLACES; k++)
            value[i * PLACES + k] = (float)(100 * row[i].place[k]);
    }
    Plot *p = plot_new("Documents classified rightly, %",
                       "where the evidence stands", NULL);
    plot_heat(p, s->n, PLACES, value, name, place_names);
    plot_size(p, 720, 160 + 24 * s->n);
    plot_save(p, plots, "places");
}

static void plot_costs(const Shelf *s, const Row *row, const char *plots)
{
    Plot *p = plot_new("Accuracy over cost", "multiply-adds a document",
                       "right, all places, %");
    for (int f = WINDOW; f < FAMILIES; f++) {
        double x[MOST], y[MOST];
        int n = 0;
        for (int i = 0; i < s->n; i++)
            if ((int)s->entry[i].family == f) {
                x[n] = row[i].cost.madds;
                y[n++] = 100 * row[i].all.mean;
            }
        plot_points(p, family_names[f], n, x, y);
    }
    plot_log(p, true, false);
    plot_range(p, NAN, NAN, 0, 100);
    plot_save(p, plots, "costs");
}

// What a remedy is sure to reach, wherever the evidence stands; in percent.
static double least(const Row *r)
{
    double l = 1;
    for (int k = 0; k < PLACES; k++)
        l = r->place[k] < l ? r->place[k] : l;
    return 100 * l;
}

static int named(const Shelf *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->entry[i].remedy.name, name) == 0)
            return i;
    check(false, "no remedy %s", name);
    return 0;
}

static void conclude(const Shelf *s, const Row *row)
{
    const Row *head = &row[named(s, "head")], *vote = &row[named(s, "vote")];
    const Row *weighed = &row[named(s, "self-attention pooling")];
    const Row *placed = &row[named(s, "ToBERT, positions")];
    const Row *set = &row[named(s, "ToBERT, no positions")];
    const Row *chosen = &row[named(s, "trained judge (CogLTX)")];
    printf("\nhead alone: ~%.0f %% of the documents with evidence at the head, "
           "~%.0f %% at the tail\n",
           100 * head->place[AT_HEAD], 100 * head->place[AT_TAIL]);
    printf("one fact in the middle: vote ~%.0f %%, self-attention ~%.0f %%\n",
           100 * vote->place[AT_MIDDLE], 100 * weighed->place[AT_MIDDLE]);
    printf("revised: ToBERT ~%.0f %% without positions, ~%.0f %% with them\n",
           100 * set->place[REVISED], 100 * placed->place[REVISED]);
    printf("wherever it stands: ToBERT with positions at least ~%.0f %%, the "
           "judge ~%.0f %%\n",
           least(placed), least(chosen));
    printf("=> head alone at the tail: ~%.0f %%; ToBERT anywhere: ~%.0f %%\n",
           100 * head->place[AT_TAIL], least(placed));
}

// --- all of it --------------------------------------------------------------

static void table(const Run *run, const Shelf *s, const Valley *v,
                  double encoded)
{
    Row row[MOST];
    int n = 0;
    print_head();
    for (; n < s->n && !interrupted(); n++) {
        if (n == 0 || s->entry[n].family != s->entry[n - 1].family)
            printf("%s\n", family_names[s->entry[n].family]);
        row[n] = judge(&s->entry[n], v, encoded, run->seed + 20);
        print_row(s->entry[n].remedy.name, &row[n]);
    }
    if (n == s->n) {
        plot_heat_map(s, row, run->plots);
        plot_costs(s, row, run->plots);
        conclude(s, row);
    } else
        puts("\nstopped; the rows above stand\n=> stopped before the end");
}

static Tuning base_of(const Plan *p, const Valley *v, const Bert *bert)
{
    const int stride = p->lessons.window - 2 - 10; // chunks overlap by ten
    return (Tuning){.bert = bert,
                    .cls = v->pieces.cls,
                    .sep = v->pieces.sep,
                    .window = p->lessons.window,
                    .cut = cut_chunks,
                    .stride = stride,
                    .pool = VECTOR_MEAN,
                    .most = (v->longest + stride - 1) / stride,
                    .epochs = p->epochs,
                    .batch = 16,
                    .rate = 0.002f};
}

static void compare(const Run *run, const Plan *p)
{
    Valley v = valley_new(p, run->seed);
    printf("%d documents to learn from, %d to be tested, of %.0f pieces; the "
           "encoder's\nwindow has %d. Where the mill's fate stands, "
           "differs:\n\n",
           p->learn, p->test, v.mean, p->lessons.window);
    show_document(&v);
    Bert bert = encoder_new(p, &v, run->quick);
    frozen_shape = bert.shape;
    const Tuning base = base_of(p, &v, &bert);
    Tuned *frozen = tuned_new(&base, FATES, run->seed);
    Arena vectors = arena_new((size_t)1 << 32);
    const double began = seconds_now();
    tuned_freeze(frozen, v.learn.d, v.learn.n, &vectors);
    tuned_freeze(frozen, v.test.d, v.test.n, &vectors);
    const double encoded =
        1000 * (seconds_now() - began) / (v.learn.n + v.test.n);
    Cost cost = {0};
    tuned_cost(frozen, &cost);
    Shelf *s = new_array(1, sizeof *s);
    add_words(s, run->quick);
    add_windows(s, &base);
    add_choices(s, &base, run->quick);
    add_frozen(s, &base, p, cost.bytes);
    add_whole(s, &base, v.longest, run->quick);
    table(run, s, &v, encoded);
    bert_free(&s->longer);
    free(s);
    tuned_free(frozen);
    arena_free(&vectors);
    bert_free(&bert);
    valley_free(&v);
}

static const char about[] =
    "Documents longer than the encoder's window: which remedy finds evidence\n"
    "at the head, in the middle, at the tail, in two places, or revised? More\n"
    "than twenty remedies, one encoder, one table with costs. About 45 "
    "seconds\n"
    "and 150 MB; --quick about 9 seconds.\n"
    "With --brown, or with --data DIR (a directory of CLASS/FILE.txt), the "
    "same\n"
    "question is put to real documents, with a real encoder, in folds.";

int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    bool brown = false;
    const char *keep = NULL;
    int documents = 0;
    const Option own[] = {
        {.name = "brown",
         .kind = OPTION_FLAG,
         .target = &brown,
         .help = "the 500 documents of the Brown corpus, in five groups"},
        {.name = "keep",
         .argument = "DIR",
         .kind = OPTION_TEXT,
         .target = &keep,
         .help =
             "with --brown or --data: keep the vectors there for next time"},
        {.name = "documents",
         .argument = "N",
         .kind = OPTION_INT,
         .target = &documents,
         .min = 20,
         .max = 100000,
         .help = "to learn from; unless given, 1000, or 400 with --quick"},
        {0}};
    cli_parse(argc, argv, about, own, &run);
    if (documents && (brown || run.data))
        cli_misuse("--documents does not go with --brown or --data");
    if (brown || run.data) {
        real_table(&run, brown, keep);
        return 0;
    }
    if (keep)
        cli_misuse("--keep goes with --brown or --data");
    const Plan p = plan_for(&run, documents);
    puts(run.quick ? "16-long-text: about 9 seconds, 150 MB.\n"
                   : "16-long-text: about 45 seconds, 150 MB.\n");
    compare(&run, &p);
    return 0;
}
