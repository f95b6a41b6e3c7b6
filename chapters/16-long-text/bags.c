// Bags of words; see bags.h.
#include "16-long-text/bags.h"

#include "05-word-vectors/skipgram.h"
#include "16-long-text/inside.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const Inside penalties = {.low = 1e-3, .high = 1, .steps = 150};

static double larger(double a, double b)
{
    return a > b ? a : b;
}

// --- majority ---------------------------------------------------------------

typedef struct Majority {
    int classes;
    float share[];
} Majority;

static void *majority_learn(const void *plan, const Document *d,
                            const int *which, int n, int classes, uint64_t seed)
{
    (void)plan;
    (void)seed;
    Majority *m = new_array(1, sizeof *m + (size_t)classes * sizeof(float));
    m->classes = classes;
    for (int i = 0; i < n; i++)
        m->share[d[which[i]].class] += 1 / (float)n;
    return m;
}

static void majority_scores(void *learnt, const Document *d, float *score,
                            Cost *cost)
{
    (void)d;
    (void)cost;
    const Majority *m = learnt;
    memcpy(score, m->share, (size_t)m->classes * sizeof *score);
}

Remedy majority_remedy(const char *name)
{
    return (Remedy){name, NULL, majority_learn, majority_scores, free};
}

// --- TF-IDF -----------------------------------------------------------------

static int by_number(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static int words_read(const Document *d, int words)
{
    return words > 0 && words < d->n ? words : d->n;
}

// How often each word is among the first so many of the document.
static Bag counted(const Document *d, int words)
{
    const int n = words_read(d, words);
    Bag b = {0, new_array((size_t)n + 1, sizeof *b.word),
             new_array((size_t)n + 1, sizeof *b.value)};
    int *id = new_array((size_t)n + 1, sizeof *id);
    for (int i = 0; i < n; i++)
        id[i] = d->id[i];
    qsort(id, n, sizeof *id, by_number);
    for (int i = 0; i < n; i++) {
        if (i == 0 || id[i] != id[i - 1])
            b.word[b.n++] = id[i];
        b.value[b.n - 1]++;
    }
    free(id);
    return b;
}

void bag_free(Bag *b)
{
    free(b->word), free(b->value);
}

// From counts to what they are worth; words without worth are left out.
static void weigh(Bag *b, const Tfidf *rule)
{
    double squares = 0;
    int kept = 0;
    for (int k = 0; k < b->n; k++) {
        const int w = b->word[k];
        if (w >= rule->ids || rule->idf[w] == 0)
            continue;
        const float value = (1 + logf(b->value[k])) * rule->idf[w];
        squares += (double)value * (double)value;
        b->word[kept] = w;
        b->value[kept++] = value;
    }
    b->n = kept;
    for (int k = 0; k < kept; k++)
        b->value[k] /= (float)sqrt(squares);
}

Bag tfidf_bag(const Tfidf *rule, const Document *d)
{
    Bag b = counted(d, rule->words);
    weigh(&b, rule);
    return b;
}

static Tfidf rule_of(const Bag *bag, int n, int words)
{
    Tfidf rule = {.words = words};
    for (int i = 0; i < n; i++)
        if (bag[i].n > 0)
            rule.ids = (int)larger(rule.ids, bag[i].word[bag[i].n - 1] + 1);
    int *with = new_array((size_t)rule.ids + 1, sizeof *with);
    rule.idf = new_array((size_t)rule.ids + 1, sizeof *rule.idf);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < bag[i].n; k++)
            with[bag[i].word[k]]++;
    for (int w = 0; w < rule.ids; w++)
        if (with[w] >= 2)
            rule.idf[w] = 1 + logf((1 + (float)n) / (1 + (float)with[w]));
    free(with);
    return rule;
}

// Row i, up to column i: the products of bag i with bags 0 .. i.
static double *products(const Bag *bag, int n, int ids)
{
    double *product = new_array((size_t)n * n + 1, sizeof *product);
    float *spread = new_array((size_t)ids + 1, sizeof *spread);
    for (int j = 0; j < n; j++) {
        for (int k = 0; k < bag[j].n; k++)
            spread[bag[j].word[k]] = bag[j].value[k];
        for (int i = j; i < n; i++) {
            double sum = 0;
            for (int k = 0; k < bag[i].n; k++)
                sum += (double)(bag[i].value[k] * spread[bag[i].word[k]]);
            product[(size_t)i * n + j] = sum;
        }
        for (int k = 0; k < bag[j].n; k++)
            spread[bag[j].word[k]] = 0;
    }
    free(spread);
    return product;
}

TfidfRows tfidf_rows(const Document *d, const int *which, int n, int classes,
                     int words)
{
    TfidfRows r = {.bag = new_array((size_t)n + 1, sizeof *r.bag),
                   .e = examples_new(n, n, classes)};
    for (int i = 0; i < n; i++)
        r.bag[i] = counted(&d[which[i]], words);
    r.rule = rule_of(r.bag, n, words);
    for (int i = 0; i < n; i++)
        weigh(&r.bag[i], &r.rule);
    r.L = products(r.bag, n, r.rule.ids);
    for (int i = 0; i < n; i++)
        r.L[(size_t)i * n + i] += 1e-6; // two equal documents do no harm
    if (!cholesky(r.L, n))
        die("the documents to learn from cannot be told apart by their words");
    for (int i = 0; i < n; i++) {
        r.e.label[i] = d[which[i]].class;
        for (int j = 0; j <= i; j++)
            r.e.x[(size_t)i * n + j] = (float)r.L[(size_t)i * n + j];
    }
    return r;
}

// A document's column numbers z have L z = its products with the n documents.
// So w . z = (L^-T w) . products: each document's bag counts as much as a
// number of L^-T w says.
void tfidf_weights(const TfidfRows *r, const float *w, float *to, int stride)
{
    const int n = r->e.n;
    double *a = new_array((size_t)n + 1, sizeof *a);
    for (int i = n - 1; i >= 0; i--) { // L^T a = w, from the bottom
        a[i] += (double)w[i];
        a[i] /= r->L[(size_t)i * n + i];
        for (int k = 0; k < i; k++)
            a[k] -= r->L[(size_t)i * n + k] * a[i];
    }
    for (int i = 0; i < n; i++)
        for (int k = 0; k < r->bag[i].n; k++)
            to[(size_t)r->bag[i].word[k] * stride] +=
                (float)a[i] * r->bag[i].value[k];
    free(a);
}

void tfidf_rows_free(TfidfRows *r)
{
    for (int i = 0; i < r->e.n; i++)
        bag_free(&r->bag[i]);
    free(r->bag), free(r->L), free(r->rule.idf);
    examples_free(&r->e);
}

// --- TF-IDF and logistic regression -----------------------------------------

typedef struct BagLearnt {
    Tfidf rule;
    int classes;
    float *weight; // ids x classes
    float *bias;   // classes
} BagLearnt;

static void *bag_learn(const void *plan, const Document *d, const int *which,
                       int n, int classes, uint64_t seed)
{
    const BagPlan *p = plan;
    TfidfRows r = tfidf_rows(d, which, n, classes, p->words);
    Fitted f = fit_inside(&r.e, NULL, penalties, seed);
    BagLearnt *l = new_array(1, sizeof *l);
    *l = (BagLearnt){.rule = r.rule, .classes = classes};
    l->weight = new_array((size_t)r.rule.ids * classes + 1, sizeof(float));
    l->bias = new_array(classes, sizeof *l->bias);
    for (int j = 0; j < classes; j++) {
        tfidf_weights(&r, f.planes.w + (size_t)j * n, l->weight + j, classes);
        l->bias[j] = f.planes.b[j];
    }
    r.rule.idf = NULL; // it is ours now
    tfidf_rows_free(&r);
    planes_free(&f.planes);
    return l;
}

static void bag_scores(void *learnt, const Document *d, float *score,
                       Cost *cost)
{
    const BagLearnt *l = learnt;
    Bag b = tfidf_bag(&l->rule, d);
    memcpy(score, l->bias, (size_t)l->classes * sizeof *score);
    for (int k = 0; k < b.n; k++)
        axpy(b.value[k], l->weight + (size_t)b.word[k] * l->classes, score,
             l->classes);
    cost->tokens += words_read(d, l->rule.words);
    cost->madds += (double)b.n * l->classes;
    cost->bytes = larger(cost->bytes, (double)l->rule.ids * sizeof(float) *
                                          (1 + l->classes));
    bag_free(&b);
}

static void bag_forget(void *learnt)
{
    BagLearnt *l = learnt;
    free(l->rule.idf), free(l->weight), free(l->bias);
    free(l);
}

Remedy bag_remedy(const char *name, const BagPlan *plan)
{
    return (Remedy){name, plan, bag_learn, bag_scores, bag_forget};
}

// --- word vectors -----------------------------------------------------------

typedef struct MeanLearnt {
    Tfidf rule;
    int *row; // of each id: its row of the vectors; UNKNOWN: it has none
    Vectors vectors;
    Planes planes;
} MeanLearnt;

enum { OFTEN = 5 }; // a word that occurs less often gets no vector

// Numbers for the words that occur often, as skipgram_new wants them: by
// falling frequency. row[id] becomes the number.
typedef struct Frequent {
    int id;
    int64_t count;
} Frequent;

static int most_first(const void *a, const void *b)
{
    const Frequent *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->id - y->id;
}

static Lexicon frequent_words(const Document *d, const int *which, int n,
                              int ids, int *row)
{
    Frequent *f = new_array((size_t)ids + 1, sizeof *f);
    Lexicon l = {.count = new_array((size_t)ids + 1, sizeof *l.count)};
    for (int w = 0; w < ids; w++)
        f[w].id = w;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < d[which[i]].n; k++)
            f[d[which[i]].id[k]].count++;
    qsort(f, ids, sizeof *f, most_first);
    for (l.word.n = 1; l.word.n <= ids; l.word.n++) { // 0 is UNKNOWN
        const Frequent *one = &f[l.word.n - 1];
        if (one->count < OFTEN)
            break;
        row[one->id] = l.word.n;
        l.count[l.word.n] = one->count;
        l.total += one->count;
    }
    free(f);
    return l;
}

// The frequent words of the documents, sentence by sentence.
static Sentences frequent_sentences(const Document *d, const int *which, int n,
                                    const int *row)
{
    Sentences s = {0};
    ids_add(&s.start, 0);
    for (int i = 0; i < n; i++) {
        const Document *one = &d[which[i]];
        for (int k = 0; k < one->sentences; k++) {
            for (int j = one->sentence[k]; j < one->sentence[k + 1]; j++)
                if (row[one->id[j]] != UNKNOWN)
                    ids_add(&s.ids, row[one->id[j]]);
            if (s.ids.n > s.start.at[s.n]) {
                ids_add(&s.start, s.ids.n);
                s.n++;
            }
        }
    }
    return s;
}

static Vectors learn_vectors(const WordVectorPlan *p, const Document *d,
                             const int *which, int n, int ids, int *row,
                             uint64_t seed)
{
    Lexicon words = frequent_words(d, which, n, ids, row);
    Sentences text = frequent_sentences(d, which, n, row);
    if (text.n == 0)
        die("no word occurs %d times: nothing to learn word vectors from",
            OFTEN);
    SkipGram s = skipgram_new(&words, &text,
                              (SkipGramSettings){.width = p->width,
                                                 .window = 5,
                                                 .negatives = 5,
                                                 .subsample = 1e-3,
                                                 .rate = 0.05f,
                                                 .epochs = p->epochs,
                                                 .seed = seed});
    for (int e = 0; e < p->epochs; e++)
        skipgram_epoch(&s);
    Vectors sum = skipgram_vectors(&s), v = vectors_unit(&sum);
    vectors_free(&sum);
    skipgram_free(&s);
    sentences_free(&text);
    free(words.count);
    return v;
}

// The weighted mean of the vectors of a document's words.
static void mean_vector(const MeanLearnt *l, const Document *d, float *to)
{
    Bag b = counted(d, 0);
    float total = 0;
    memset(to, 0, (size_t)l->vectors.width * sizeof *to);
    for (int k = 0; k < b.n; k++) {
        const int w = b.word[k];
        if (w >= l->rule.ids || l->row[w] == UNKNOWN)
            continue;
        const float weight = b.value[k] * l->rule.idf[w];
        axpy(weight, vectors_row(&l->vectors, l->row[w]), to, l->vectors.width);
        total += weight;
    }
    for (int j = 0; j < l->vectors.width && total > 0; j++)
        to[j] /= total;
    bag_free(&b);
}

static void *mean_learn(const void *plan, const Document *d, const int *which,
                        int n, int classes, uint64_t seed)
{
    const WordVectorPlan *p = plan;
    MeanLearnt *l = new_array(1, sizeof *l);
    Bag *bag = new_array((size_t)n + 1, sizeof *bag);
    for (int i = 0; i < n; i++)
        bag[i] = counted(&d[which[i]], 0);
    l->rule = rule_of(bag, n, 0);
    l->row = new_array((size_t)l->rule.ids + 1, sizeof *l->row);
    l->vectors = learn_vectors(p, d, which, n, l->rule.ids, l->row, seed);
    Examples e = examples_new(n, p->width, classes);
    for (int i = 0; i < n; i++) {
        e.label[i] = d[which[i]].class;
        mean_vector(l, &d[which[i]], e.x + (size_t)i * p->width);
        bag_free(&bag[i]);
    }
    l->planes = fit_inside(&e, NULL, penalties, seed).planes;
    examples_free(&e);
    free(bag);
    return l;
}

static void mean_scores(void *learnt, const Document *d, float *score,
                        Cost *cost)
{
    const MeanLearnt *l = learnt;
    float *row = new_array(l->vectors.width, sizeof *row);
    mean_vector(l, d, row);
    planes_score(&l->planes, row, 1, score);
    cost->tokens += d->n;
    cost->madds += (double)l->vectors.width * (d->n + l->planes.k);
    cost->bytes = larger(cost->bytes, (double)sizeof(float) * l->vectors.n *
                                          (l->vectors.width + 1));
    free(row);
}

static void mean_forget(void *learnt)
{
    MeanLearnt *l = learnt;
    free(l->rule.idf), free(l->row);
    vectors_free(&l->vectors);
    planes_free(&l->planes);
    free(l);
}

Remedy word_vector_remedy(const char *name, const WordVectorPlan *plan)
{
    return (Remedy){name, plan, mean_learn, mean_scores, mean_forget};
}
