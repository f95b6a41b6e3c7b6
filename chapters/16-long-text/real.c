// The table of remedies on real documents; see real.h.
//
// Read from top to bottom: the documents and their vectors; the remedies; the
// folds; the table.
#include "16-long-text/real.h"

#include "16-long-text/bags.h"
#include "16-long-text/choose.h"
#include "16-long-text/chunks.h"
#include "16-long-text/collection.h"
#include "16-long-text/folds.h"
#include "16-long-text/heads.h"

#include "common/check.h"
#include "common/folder.h"
#include "common/plot.h"
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 5, SEEDS = 5, LEAST = 10, BUDGET = 4 * USE_LITE_TOKENS };

// --- documents and vectors --------------------------------------------------

// What is read of a document, each as chunks of its own.
typedef enum View {
    WHOLE,
    CHOSEN, // the first of CHOICES: so many sentences as fit a budget
    VIEWS = CHOSEN + CHOICES
} View;

typedef struct Corpus {
    Collection c;
    UseLite encoder;
    Chunks chunks[VIEWS];
    Document *document[VIEWS]; // c.n of each: the words, and these chunks
} Corpus;

// The pieces of a text, however many; characters without a piece are left out.
static void text_pieces(UseLite *m, Text text, Ids *to)
{
    int kept = to->n;
    sentencepiece_encode(&m->pieces, text, to);
    for (int i = kept; i < to->n; i++)
        if (to->at[i] != m->pieces.unknown)
            to->at[kept++] = to->at[i];
    to->n = kept;
}

static Ids whole_pieces(Corpus *x, int i)
{
    const Buffer *b = &x->c.text[i];
    Ids pieces = {0};
    text_pieces(&x->encoder, (Text){b->at, b->length}, &pieces);
    if (pieces.n == 0)
        die("%s: a document of class %s has no piece that the encoder knows",
            x->c.source, x->c.name[x->c.label[i]]);
    return pieces;
}

// The lines of a document that hold words: sentence k of c.ids is line[k].
static int word_lines(const Collection *c, int i, Text *line)
{
    Text rest = {c->text[i].at, c->text[i].length};
    int n = 0;
    for (Text one; text_line(&rest, &one);) {
        bool holds = false;
        for (Text left = one, word; !holds && next_word(&left, &word);)
            holds = lexicon_find(&c->words, word) != UNKNOWN;
        if (holds)
            line[n++] = one;
    }
    check(n == c->ids[i].n, "%d lines with words, %d sentences", n,
          c->ids[i].n);
    return n;
}

// The pieces of the sentences that a choice makes, at most BUDGET.
static Ids chosen_pieces(Corpus *x, const Document *d, int i, Choice choice,
                         uint64_t seed)
{
    const int n = d->sentences;
    Text *line = new_array((size_t)n + 1, sizeof *line);
    int *cost = new_array((size_t)n + 1, sizeof *cost);
    int *chosen = new_array((size_t)n + 1, sizeof *chosen);
    double *score = new_array((size_t)n + 1, sizeof *score);
    Rng r = rng_new(seed + (uint64_t)i);
    Ids pieces = {0};
    word_lines(&x->c, i, line);
    for (int k = 0; k < n; k++) {
        pieces.n = 0;
        text_pieces(&x->encoder, line[k], &pieces);
        cost[k] = pieces.n;
    }
    choice_scores(choice, d, &r, score);
    const int many = choose_within(score, cost, n, BUDGET, chosen);
    pieces.n = 0;
    for (int k = 0; k < many; k++)
        text_pieces(&x->encoder, line[chosen[k]], &pieces);
    pieces.n = pieces.n < BUDGET ? pieces.n : BUDGET;
    free(line), free(cost), free(chosen), free(score);
    return pieces;
}

// The words of each document, without chunks.
static Document *word_documents(const Collection *c)
{
    Document *d = new_array((size_t)c->n + 1, sizeof *d);
    for (int i = 0; i < c->n; i++) {
        const Sentences *s = &c->ids[i];
        d[i] = (Document){.class = c->label[i],
                          .place = -1,
                          .text = {c->text[i].at, c->text[i].length},
                          .n = s->ids.n,
                          .id = s->ids.at,
                          .sentences = s->n,
                          .sentence = s->start.at};
    }
    return d;
}

static void see(Corpus *x, View v, const Ids *pieces, const char *kept)
{
    static const char *const names[VIEWS] = {"whole", "random", "tfidf",
                                             "textrank"};
    char path[1024];
    if (kept && snprintf(path, sizeof path, "%s/%s.safetensors", kept,
                         names[v]) >= (int)sizeof path)
        die("%.60s...: the path is too long", kept);
    x->chunks[v] = chunks_encode(&x->encoder, pieces, x->c.n, USE_LITE_TOKENS,
                                 kept ? path : NULL);
    const Chunks *c = &x->chunks[v];
    x->document[v] = word_documents(&x->c);
    for (int i = 0; i < x->c.n; i++) {
        Document *d = &x->document[v][i];
        d->chunks = c->start[i + 1] - c->start[i];
        d->width = c->width;
        d->chunk = c->vector + (size_t)c->start[i] * c->width;
        d->chunk_tokens = c->pieces + c->start[i];
    }
}

static void free_pieces(Ids *pieces, int n)
{
    for (int i = 0; i < n; i++)
        ids_free(&pieces[i]);
}

static void see_all(Corpus *x, const char *kept, uint64_t seed)
{
    const int n = x->c.n;
    Ids *pieces = new_array((size_t)n + 1, sizeof *pieces);
    Document *words = word_documents(&x->c);
    for (int i = 0; i < n; i++)
        pieces[i] = whole_pieces(x, i);
    see(x, WHOLE, pieces, kept);
    free_pieces(pieces, n);
    for (int k = 0; k < CHOICES; k++) {
        for (int i = 0; i < n; i++)
            pieces[i] = chosen_pieces(x, &words[i], i, (Choice)k, seed);
        see(x, (View)(CHOSEN + k), pieces, kept);
        free_pieces(pieces, n);
    }
    free(words);
    free(pieces);
}

static Collection collection_of(const Run *run, bool brown)
{
    Collection c = collection_brown(run);
    if (c.n == 0 && run->data && !brown)
        c = collection_folder(run->data, LEAST);
    if (c.n == 0)
        data_missing("brown");
    return c;
}

static UseLite encoder_of(const Run *run)
{
    const Run own = {.seed = run->seed}; // --data is where the documents are
    const char *path = data_path(&own, "use-lite", "model.json");
    if (!path)
        data_missing("use-lite");
    char *directory = copy_text(path);
    *strrchr(directory, '/') = 0;
    UseLite m = use_lite_load(directory);
    free(directory);
    return m;
}

static void corpus_free(Corpus *x)
{
    for (int v = 0; v < VIEWS; v++) {
        chunks_free(&x->chunks[v]);
        free(x->document[v]);
    }
    use_lite_free(&x->encoder);
    collection_free(&x->c);
}

// --- the remedies -----------------------------------------------------------

typedef enum Family {
    WORDS,
    PARTS,
    POOLS,
    NETS,
    CHOICE,
    BOTH,
    FAMILIES
} Family;

static const char *const family_names[FAMILIES] = {
    "words alone",          "a part of the text", "chunks, pooled",
    "networks over chunks", "chosen sentences",   "words and chunks"};

typedef struct Entry {
    Remedy remedy;
    Family family;
    View view;
} Entry;

typedef struct Row {
    Entry is;
    double *right; // of each document: in how many rounds it was classified
                   // rightly; at the end, in what share of them
    bool *hit;     // of each: in this round
    Cost cost;
    double learning, scoring; // seconds, of all folds
    int scored;               // documents
} Row;

static const BagPlan first_128 = {128}, first_512 = {512}, all_words = {0};
static const WordVectorPlan word_vectors = {.width = 64, .epochs = 2};

#define OF(...)                                                                \
    {                                                                          \
        .madds = use_lite_madds, __VA_ARGS__                                   \
    }
static const SummaryPlan one = OF(.reading = {.first = 1}),
                         head = OF(.reading = {.first = 4}),
                         tail = OF(.reading = {.last = 4}),
                         ends = OF(.reading = {.first = 1, .last = 3}),
                         twelve = OF(.reading = {.spread = 12}),
                         mean_of = OF(.summary = MEAN_OF),
                         max_of = OF(.summary = MAX_OF),
                         both_of = OF(.summary = MEAN_AND_MAX_OF),
                         spread_of = OF(.summary = MEAN_AND_DEVIATION_OF),
                         four_of = OF(.summary = FOUR_OF);
static ChunkMemo memo;
static const ChunkPlan vote = OF(.combine = CHUNK_VOTE, .memo = &memo),
                       likely = OF(.combine = CHUNK_MEAN, .memo = &memo),
                       likeliest = OF(.combine = CHUNK_MAX, .memo = &memo),
                       early = OF(.combine = CHUNK_MEAN, .memo = &memo,
                                  .exits = true);
#define NET(which)                                                             \
    OF(.kind = which, .narrow = 64, .epochs = 16, .batch = 16, .rate = 2e-3f,  \
       .dropout = 0.2f, .most = 512)
static const NetPlan attends = NET(VECTOR_ATTENTION), reads = NET(READ_LSTM),
                     mixes = NET(READ_SET), orders = NET(READ_PLACED);

enum { MOST_ROWS = 32 };

// All of them, the whole bag of words at place *words; returns how many.
static int make_rows(Row *row, int *words)
{
    const Entry all[] = {
        {majority_remedy("majority"), WORDS, WHOLE},
        {bag_remedy("words, the first 128", &first_128), WORDS, WHOLE},
        {bag_remedy("words, the first 512", &first_512), WORDS, WHOLE},
        {bag_remedy("words, all", &all_words), WORDS, WHOLE},
        {word_vector_remedy("word vectors, mean", &word_vectors), WORDS, WHOLE},
        {summary_remedy("first chunk", &one), PARTS, WHOLE},
        {summary_remedy("head, 4 chunks", &head), PARTS, WHOLE},
        {summary_remedy("tail, 4 chunks", &tail), PARTS, WHOLE},
        {summary_remedy("head 1 + tail 3", &ends), PARTS, WHOLE},
        {summary_remedy("12 chunks, spread", &twelve), PARTS, WHOLE},
        {summary_remedy("random sentences", &mean_of), CHOICE, CHOSEN},
        {summary_remedy("TF-IDF sentences", &mean_of), CHOICE, CHOSEN + 1},
        {summary_remedy("TextRank sentences", &mean_of), CHOICE, CHOSEN + 2},
        {chunk_remedy("early exit", &early), POOLS, WHOLE},
        {chunk_remedy("vote", &vote), POOLS, WHOLE},
        {chunk_remedy("mean of probabilities", &likely), POOLS, WHOLE},
        {chunk_remedy("max of probabilities", &likeliest), POOLS, WHOLE},
        {summary_remedy("mean of vectors", &mean_of), POOLS, WHOLE},
        {summary_remedy("max of vectors", &max_of), POOLS, WHOLE},
        {summary_remedy("mean and max", &both_of), POOLS, WHOLE},
        {summary_remedy("mean and deviation", &spread_of), POOLS, WHOLE},
        {summary_remedy("mean, max, min, deviation", &four_of), POOLS, WHOLE},
        {net_remedy("self-attention pooling", &attends), NETS, WHOLE},
        {net_remedy("LSTM (RoBERT)", &reads), NETS, WHOLE},
        {net_remedy("transformer, no positions", &mixes), NETS, WHOLE},
        {net_remedy("transformer (ToBERT)", &orders), NETS, WHOLE},
        {words_and_summary_remedy("words, and these four", &four_of), BOTH,
         WHOLE},
    };
    const int n = sizeof all / sizeof *all;
    for (int k = 0; k < n; k++)
        row[k].is = all[k];
    *words = 3;
    return n;
}

// --- the folds --------------------------------------------------------------

static int largest(const float *x, int n)
{
    int best = 0;
    for (int i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    return best;
}

// Learns from n documents and judges m others.
static void judge_fold(Row *row, const Corpus *x, const int *train, int n,
                       const int *test, int m, uint64_t seed)
{
    const Remedy *r = &row->is.remedy;
    const Document *d = x->document[row->is.view];
    float *score = new_array(x->c.classes, sizeof *score);
    const double began = seconds_now();
    void *learnt = r->learn(r->plan, d, train, n, x->c.classes, seed);
    const double learned = seconds_now();
    for (int i = 0; i < m; i++) {
        r->scores(learnt, &d[test[i]], score, &row->cost);
        row->hit[test[i]] = largest(score, x->c.classes) == d[test[i]].class;
    }
    row->scoring += seconds_now() - learned;
    row->learning += learned - began;
    row->scored += m;
    r->forget(learnt);
    free(score);
}

// One round: every document is judged once, by what has not seen it. False if
// it was interrupted.
static bool judge_round(Row *row, int rows, const Corpus *x, uint64_t seed,
                        int round, Progress *bar)
{
    const int n = x->c.n;
    int *fold = new_array(n, sizeof *fold),
        *train = new_array(n, sizeof *train);
    int *test = new_array(n, sizeof *test), done = round * FOLDS * rows;
    Rng r = rng_new(seed + (uint64_t)round);
    folds_deal(x->c.label, n, x->c.classes, FOLDS, &r, fold);
    for (int f = 0; f < FOLDS && !interrupted(); f++) {
        const int m = folds_split(NULL, fold, n, f, train, test);
        for (int k = 0; k < rows && !interrupted(); k++) {
            judge_fold(&row[k], x, train, m, test, n - m,
                       seed + (uint64_t)(round * FOLDS + f));
            progress(bar, ++done, NAN);
        }
    }
    free(fold), free(train), free(test);
    return !interrupted();
}

// Returns how many rounds were completed. An interrupted one does not count.
static int judge_all(Row *row, int rows, const Corpus *x, int rounds,
                     uint64_t seed)
{
    int done = 0;
    Progress bar =
        progress_new("folds", (int64_t)rounds * FOLDS * rows, "fits");
    interrupted(); // from here on Ctrl-C ends the judging, not the program
    while (done < rounds && judge_round(row, rows, x, seed, done, &bar)) {
        for (int k = 0; k < rows; k++)
            for (int i = 0; i < x->c.n; i++)
                row[k].right[i] += row[k].hit[i];
        done++;
    }
    progress_end(&bar);
    for (int k = 0; k < rows && done > 0; k++)
        for (int i = 0; i < x->c.n; i++)
            row[k].right[i] /= done;
    return done;
}

// --- the table --------------------------------------------------------------

static bool encodes(const Row *r)
{
    return r->is.family != WORDS;
}

// Milliseconds for a document: its chunks through the encoder, then the scores.
static double milliseconds(const Row *r, const Corpus *x)
{
    const double each = x->chunks[WHOLE].seconds / USE_LITE_TOKENS;
    return 1e3 * (r->scoring + (encodes(r) ? each * r->cost.tokens : 0)) /
           r->scored;
}

static double megabytes(const Row *r, const Corpus *x)
{
    const double encoder = (double)x->chunks[WHOLE].bytes;
    return (r->cost.bytes + (encodes(r) ? encoder : 0)) / 1e6;
}

static void print_row(const Row *r, const Row *words, const Corpus *x)
{
    const Interval all = interval_of(r->right, x->c.n);
    const Interval more = interval_between(r->right, words->right, x->c.n);
    printf("%-26s %.3f +- %.3f  ", r->is.remedy.name, all.mean, all.half);
    if (r == words)
        printf("%14s", "");
    else
        printf("%+.3f +- %.3f", more.mean, more.half);
    printf(" %7.0f %10.3f   ~%6.2f  ~%6.1f\n", r->cost.tokens / r->scored,
           r->cost.madds / r->scored / 1e6, milliseconds(r, x),
           megabytes(r, x));
}

static void print_table(const Row *row, int rows, int words, const Corpus *x)
{
    printf("\n%-26s %-15s  %-14s %7s %10s %9s %8s\n", "remedy", "accuracy",
           "against words", "read", "million", "ms", "MB");
    printf("%-26s %-15s  %-14s %7s %10s %9s\n", "", "+- 95 %", "+- 95 %",
           "tokens", "madds", "a document");
    for (int f = 0; f < FAMILIES; f++) {
        printf("%s\n", family_names[f]);
        for (int k = 0; k < rows; k++)
            if (row[k].is.family == (Family)f) {
                fputs("  ", stdout);
                print_row(&row[k], &row[words], x);
            }
    }
}

static void print_best(const Row *row, int rows, int words, int n)
{
    int best = 0;
    for (int k = 1; k < rows; k++)
        if (interval_of(row[k].right, n).mean >
            interval_of(row[best].right, n).mean)
            best = k;
    printf("=> words alone %.3f, %s %.3f\n",
           interval_of(row[words].right, n).mean, row[best].is.remedy.name,
           interval_of(row[best].right, n).mean);
}

static void plot_table(const Row *row, int rows, const Corpus *x,
                       const char *directory)
{
    Plot *p =
        plot_new("Accuracy over cost", "milliseconds a document", "accuracy");
    for (int f = 0; f < FAMILIES; f++) {
        double ms[MOST_ROWS], right[MOST_ROWS];
        int n = 0;
        for (int k = 0; k < rows; k++)
            if (row[k].is.family == (Family)f && row[k].cost.tokens > 0) {
                ms[n] = milliseconds(&row[k], x);
                right[n++] = interval_of(row[k].right, x->c.n).mean;
            }
        plot_points(p, family_names[f], n, ms, right);
    }
    plot_log(p, true, false);
    plot_save(p, directory, "accuracy-over-cost");
}

static void print_plan(const Corpus *x, int seeds)
{
    printf("%s: %d documents, %d classes:", x->c.source, x->c.n, x->c.classes);
    for (int k = 0; k < x->c.classes; k++) {
        int n = 0;
        for (int i = 0; i < x->c.n; i++)
            n += x->c.label[i] == k;
        printf("%s %s %d", k ? "," : "", x->c.name[k], n);
    }
    printf("\nFrozen Universal Sentence Encoder Lite, chunks of %d pieces; %d "
           "folds, %s.\nBrown takes about a quarter of an hour, and 300 MB of "
           "memory.\n",
           USE_LITE_TOKENS, FOLDS, seeds == 1 ? "once" : "five times");
    fflush(stdout);
}

static void table_of(const Run *run, const Row *row, int rows, int words,
                     const Corpus *x)
{
    print_table(row, rows, words, x);
    plot_table(row, rows, x, run->plots);
    for (int k = 0; k < rows; k++)
        fprintf(stderr, "%-28s learning %7.1f s, scoring %6.1f s\n",
                row[k].is.remedy.name, row[k].learning, row[k].scoring);
}

void real_table(const Run *run, bool brown, const char *kept)
{
    const int rounds = run->quick ? 1 : SEEDS;
    const double began = seconds_now();
    char took[24];
    Row row[MOST_ROWS] = {0};
    int words;
    const int rows = make_rows(row, &words);
    Corpus x = {.c = collection_of(run, brown), .encoder = encoder_of(run)};
    print_plan(&x, rounds);
    if (kept) { // minutes of encoding should not be lost
        need_folder(kept);
        folder_make(kept);
    }
    see_all(&x, kept, run->seed);
    for (int k = 0; k < rows; k++) {
        row[k].right = new_array((size_t)x.c.n + 1, sizeof(double));
        row[k].hit = new_array((size_t)x.c.n + 1, sizeof(bool));
    }
    const int done = judge_all(row, rows, &x, rounds, run->seed);
    if (done == 0)
        die("interrupted before the first of %d rounds was through", rounds);
    if (done < rounds)
        printf("\nInterrupted: %d of %d rounds.\n", done, rounds);
    table_of(run, row, rows, words, &x);
    printf("\nAll of it took ~%s.\n",
           seconds_text(seconds_now() - began, took));
    print_best(row, rows, words, x.c.n);
    for (int k = 0; k < rows; k++)
        free(row[k].right), free(row[k].hit);
    chunk_memo_free(&memo);
    corpus_free(&x);
}
