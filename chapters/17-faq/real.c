// StackFAQ and banking77; see real.h.
#include "17-faq/real.h"

#include "17-faq/ranking.h"
#include "17-faq/table.h"

#include "02-machine-learning/evaluate.h"
#include "02-machine-learning/logistic.h"

#include "common/check.h"
#include "common/plot.h"
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- weights chosen by cross-validation -------------------------------------

enum { WEIGHTS = 6, FOLDS = 5 };
static const float weight[WEIGHTS] = {0, 5, 10, 20, 40, 80};

// Is the pair right[q] first, by both + wl * letters + wu * USE?
static bool is_first(const float *both, const float *letters, const float *use,
                     float wl, float wu, int pairs, int right)
{
    float sum[1024];
    check(pairs <= 1024, "%d pairs", pairs);
    for (int j = 0; j < pairs; j++)
        sum[j] = both[j] + wl * letters[j] + (use ? wu * use[j] : 0);
    return rank_of(sum, pairs, right) == 1;
}

// The pairs are dealt into five folds. For the paraphrases of each fold the
// weights are those that are best on the other four: what is judged has no part
// in choosing. Returns the share found first.
static double weighted_by_folds(const Search *like, double *first)
{
    Trial t = trial_part(like->k, -1);
    const int pairs = like->k->n;
    const size_t size = (size_t)t.n * pairs;
    const bool with_use = search_can(like, BY_USE);
    float *score[3];
    const Method part[3] = {BY_BOTH, BY_LETTERS, BY_USE};
    trial_equip(&t, like);
    for (int k = 0; k < 3; k++) {
        score[k] = new_array(size + 1, sizeof **score);
        if (k < 2 || with_use)
            search_scores(&t.search, part[k], t.question, t.n, score[k]);
    }
    // right[q][w]: with the pair of weights w
    enum { GRID = WEIGHTS * WEIGHTS };
    bool *right = new_array((size_t)t.n * GRID, sizeof *right);
    for (int q = 0; q < t.n; q++)
        for (int w = 0; w < (with_use ? GRID : WEIGHTS); w++) {
            const size_t at = (size_t)q * pairs;
            right[q * GRID + w] = is_first(
                score[0] + at, score[1] + at, with_use ? score[2] + at : NULL,
                weight[w % WEIGHTS], weight[w / WEIGHTS], pairs, t.right[q]);
        }
    double all = 0;
    printf("  weights chosen in four fifths (letters, USE-lite):");
    for (int fold = 0; fold < FOLDS; fold++) {
        int best = 0, most = -1;
        for (int w = 0; w < (with_use ? GRID : WEIGHTS); w++) {
            int found = 0;
            for (int q = 0; q < t.n; q++)
                found += t.right[q] % FOLDS != fold && right[q * GRID + w];
            if (found > most) {
                most = found;
                best = w;
            }
        }
        printf(" %g, %g%s", (double)weight[best % WEIGHTS],
               (double)weight[best / WEIGHTS], fold + 1 < FOLDS ? ";" : "\n");
        for (int q = 0; q < t.n; q++)
            if (t.right[q] % FOLDS == fold) {
                first[q] = right[q * GRID + best];
                all += first[q] / t.n;
            }
    }
    for (int k = 0; k < 3; k++)
        free(score[k]);
    free(right);
    trial_free(&t);
    return all;
}

// --- StackFAQ ---------------------------------------------------------------

static void plot_phrasings(const Run *run, const Search *like)
{
    enum { MOST = 8 };
    static const Method shown[] = {BY_WORDS, BY_LETTERS, BY_BOTH, BY_USE,
                                   BY_SUM};
    Plot *p = plot_new("StackFAQ: accuracy over phrasings in the base",
                       "paraphrases beside each question", "R@1");
    printf(
        "  R@1 with 0, 1, 2 ... paraphrases of each question in the base:\n");
    for (size_t k = 0; k < sizeof shown / sizeof *shown; k++) {
        double x[MOST + 1], y[MOST + 1];
        int n = 0;
        if (!search_can(like, shown[k]))
            continue;
        printf("  %-18s", method_titles[shown[k]]);
        for (int extra = 0; extra <= MOST; extra++) {
            x[n] = extra;
            y[n++] = trial_with_phrasings(like, shown[k], extra);
            printf(" %.3f", y[n - 1]);
            fflush(stdout);
        }
        putchar('\n');
        plot_line(p, method_titles[shown[k]], n, x, y);
    }
    plot_save(p, run->plots, "stackfaq-phrasings");
}

void real_stackfaq(const Run *run, const Search *like)
{
    const char *path = data_path(run, "stackfaq", "stackExchange-FAQ.json");
    if (!path) {
        puts("StackFAQ is not there (make data NAME=stackfaq brings it).\n");
        return;
    }
    Knowledge k = knowledge_load(path);
    Search s = search_new(&k, NULL);
    memcpy(s.encoder, like->encoder, sizeof s.encoder);
    float *known[ENCODERS] = {0};
    for (int e = 0; e < ENCODERS; e++)
        if (s.encoder[e])
            s.known[e] = known[e] = known_vectors(s.encoder[e], &k, NULL, NULL);
    printf("StackFAQ: %d questions, %d paraphrases of them by people.\n", k.n,
           k.phrasings - k.n);
    Scored row[METHODS];
    puts("The paraphrases asked, the questions (and answers) searched:");
    table_score(&s, -1, NULL, run->seed, row);
    table_print(row, BY_WORDS, run->seed);
    double *first = new_array((size_t)row[0].n, sizeof *first);
    weighted_by_folds(&s, first);
    const Bounds b = bootstrap(first, row[0].right, row[0].n, k.n, run->seed);
    printf("  %-18s %5.3f  %.3f to %.3f\n", "weighted sum", b.mean, b.low,
           b.high);
    free(first);
    table_free(row);
    if (!interrupted()) {
        puts("Half of the paraphrases searched too, the other half asked, "
             "twice:");
        const ContrastRecipe own = contrast_recipe(run->seed);
        table_score(&s, 0, &own, run->seed, row);
        table_print(row, BY_WORDS, run->seed);
        table_free(row);
    }
    if (!interrupted())
        plot_phrasings(run, &s);
    putchar('\n');
    for (int e = 0; e < ENCODERS; e++)
        free(known[e]);
    search_free(&s);
    knowledge_free(&k);
}

// --- banking77 --------------------------------------------------------------

typedef struct Half {
    int n;
    Text *text;
    int *intent;
    float *use; // n x width of the encoder
} Half;

// Texts of k with the numbers that `names` gives their intents.
static Half half_of(const Knowledge *k, const Knowledge *names)
{
    Half h = {.text = new_array((size_t)k->phrasings, sizeof *h.text),
              .intent = new_array((size_t)k->phrasings, sizeof *h.intent)};
    for (int i = 0; i < k->n; i++) {
        const int intent = knowledge_find(names, k->pair[i].question);
        if (intent < 0)
            die("banking77: test.csv has an intent that train.csv has not: "
                "%.*s",
                (int)k->pair[i].question.length, k->pair[i].question.at);
        for (int j = k->pair[i].first + 1; j < k->pair[i].end; j++) {
            h.text[h.n] = k->phrasing[j].text;
            h.intent[h.n++] = intent;
        }
    }
    return h;
}

static void half_free(Half *h)
{
    free(h->text), free(h->intent), free(h->use);
}

// The share of the test texts whose nearest training text has their intent.
static double nearest_share(const float *score, const Half *learn,
                            const Half *test)
{
    int right = 0;
    for (int q = 0; q < test->n; q++) {
        Hit best;
        top_hits(score + (size_t)q * learn->n, learn->n, 1, &best);
        right += learn->intent[best.item] == test->intent[q];
    }
    return (double)right / test->n;
}

static void print_share(const char *name, double share, int n, double seconds)
{
    const double half = 1.96 * sqrt(share * (1 - share) / n);
    printf("  %-42s %.3f +- %.3f   ~%.1f s\n", name, share, half, seconds);
    fflush(stdout);
}

static void by_lists(const char *name, Terms kind, const Half *learn,
                     const Half *test, float *score)
{
    const double began = seconds_now();
    Inverted x = inverted_new(kind, learn->text, learn->n);
    score_tfidf(&x, test->text, test->n, score);
    print_share(name, nearest_share(score, learn, test), test->n,
                seconds_now() - began);
    inverted_free(&x);
}

void hashed_letters(const Inverted *letters, Text text, float *to)
{
    Vocab v = letters->terms; // only looked up in
    Ids id = {0};
    int unknown = 0;
    terms_of(&v, letters->kind, text, false, &id, &unknown);
    memset(to, 0, HASHED * sizeof *to);
    for (int k = 0; k < id.n; k++) {
        const int t = id.at[k];
        const uint64_t h = text_hash(v.piece[t]) * 0x9e3779b97f4a7c15u;
        const double idf =
            tfidf_idf(letters->n, letters->start[t + 1] - letters->start[t]);
        to[(h >> 40) % HASHED] += (float)(h >> 20 & 1 ? idf : -idf);
    }
    unit_row(to, HASHED);
    ids_free(&id);
}

typedef enum Features {
    SENTENCE,
    LETTERS,
    SENTENCE_AND_LETTERS,
    SETS
} Features;
static const char *const feature_names[SETS] = {"USE-lite", "hashed letters",
                                                "USE-lite and hashed letters"};

static Examples features_of(const Half *h, const Inverted *letters, int width,
                            int intents, Features set)
{
    const int a = set == LETTERS ? 0 : width, b = set == SENTENCE ? 0 : HASHED;
    Examples e = examples_new(h->n, a + b, intents);
    for (int i = 0; i < h->n; i++) {
        float *row = e.x + (size_t)i * e.d;
        e.label[i] = h->intent[i];
        for (int j = 0; j < a; j++) // spread as widely as the letters
            row[j] = 2 * h->use[(size_t)i * width + j];
        if (b)
            hashed_letters(letters, h->text[i], row + a);
    }
    return e;
}

static double head_share(const Examples *learn, const Examples *test)
{
    enum { STEPS = 200 };
    static const double penalty = 0.1;
    Planes p = softmax_fit(learn, penalty, STEPS, NULL);
    float *score = new_array((size_t)test->n * p.k, sizeof *score);
    int *guess = new_array((size_t)test->n, sizeof *guess);
    planes_score(&p, test->x, test->n, score);
    choose(score, test->n, p.k, guess);
    const double share = accuracy(guess, test->label, test->n);
    free(score), free(guess);
    planes_free(&p);
    return share;
}

// Which features a linear head is given is chosen on a fifth of the training
// texts that is held back; then it learns from all of them.
static void by_heads(const Half *learn, const Half *test, int width,
                     int intents, uint64_t seed)
{
    const double began = seconds_now();
    Inverted x = inverted_new(LETTER_TERMS, learn->text, learn->n);
    int *order = new_array((size_t)learn->n, sizeof *order);
    Rng r = rng_new(seed);
    for (int i = 0; i < learn->n; i++)
        order[i] = i;
    rng_shuffle(&r, order, learn->n);
    const int held = learn->n / 5;
    double best = -1;
    Features chosen = width ? SENTENCE : LETTERS;
    for (Features set = chosen; set < (width ? SETS : LETTERS + 1); set++) {
        Examples all = features_of(learn, &x, width, intents, set);
        Examples inner = examples_pick(&all, order + held, learn->n - held);
        Examples back = examples_pick(&all, order, held);
        const double share = head_share(&inner, &back);
        printf("  a linear head on %s: %.3f on a fifth held back\n",
               feature_names[set], share);
        fflush(stdout);
        if (share > best) {
            best = share;
            chosen = set;
        }
        examples_free(&all), examples_free(&inner), examples_free(&back);
        if (interrupted())
            break;
    }
    Examples all = features_of(learn, &x, width, intents, chosen);
    Examples asked = features_of(test, &x, width, intents, chosen);
    char name[80];
    snprintf(name, sizeof name, "linear head on %s", feature_names[chosen]);
    print_share(name, head_share(&all, &asked), test->n, seconds_now() - began);
    examples_free(&all), examples_free(&asked);
    inverted_free(&x);
    free(order);
}

static void by_own(const Half *learn, const Half *test, int intents,
                   uint64_t seed, float *score)
{
    const double began = seconds_now();
    ContrastRecipe recipe = contrast_recipe(seed);
    recipe.steps = 800;
    Phrasing *p = new_array((size_t)learn->n, sizeof *p);
    for (int i = 0; i < learn->n; i++)
        p[i] = (Phrasing){learn->text[i], learn->intent[i]};
    Contrast c = contrast_train(p, learn->n, intents, &recipe);
    Encoder e = contrast_encoder(&c);
    float *a = encode_texts(&e, learn->text, learn->n, NULL, NULL);
    float *b = encode_texts(&e, test->text, test->n, NULL, NULL);
    score_dense(b, test->n, a, learn->n, e.width, score);
    print_share("1 nearest by our own encoder",
                nearest_share(score, learn, test), test->n,
                seconds_now() - began);
    free(a), free(b), free(p);
    contrast_free(&c);
}

void real_banking(const Run *run, const Search *like)
{
    char train[4096];
    const char *path = data_path(run, "banking77", "train.csv");
    snprintf(train, sizeof train, "%s", path ? path : "");
    if (path)
        path = data_path(run, "banking77", "test.csv");
    if (!path) {
        puts("banking77 is not there (make data NAME=banking77 brings it).\n");
        return;
    }
    Knowledge a = knowledge_load(train), b = knowledge_load(path);
    Half learn = half_of(&a, &a), test = half_of(&b, &a);
    printf("banking77: %d texts of %d intents to learn from, %d asked.\n",
           learn.n, a.n, test.n);
    float *score = new_array((size_t)test.n * learn.n, sizeof *score);
    by_lists("1 nearest by words, TF-IDF", WORD_TERMS, &learn, &test, score);
    by_lists("1 nearest by letters, TF-IDF", LETTER_TERMS, &learn, &test,
             score);
    const Encoder *use = like->encoder[USE];
    if (use && !interrupted()) {
        const double began = seconds_now();
        learn.use = encode_texts(use, learn.text, learn.n, NULL, NULL);
        test.use = encode_texts(use, test.text, test.n, NULL, NULL);
        score_dense(test.use, test.n, learn.use, learn.n, use->width, score);
        print_share("1 nearest by USE-lite",
                    nearest_share(score, &learn, &test), test.n,
                    seconds_now() - began);
    }
    if (!interrupted())
        by_own(&learn, &test, a.n, run->seed, score);
    if (!interrupted())
        by_heads(&learn, &test, use ? use->width : 0, a.n, run->seed);
    putchar('\n');
    free(score);
    half_free(&learn), half_free(&test);
    knowledge_free(&a), knowledge_free(&b);
}
