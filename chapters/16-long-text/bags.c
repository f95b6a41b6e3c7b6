// Bags of words; see bags.h.
#include "16-long-text/bags.h"

#include "02-machine-learning/linear.h"
#include "05-word-vectors/skipgram.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void features_free(Features *f)
{
    examples_free(&f->learn);
    examples_free(&f->judge);
}

static Features features_new(const Collection *c, Fold f, int width)
{
    Features x = {examples_new(f.learn, width, c->classes),
                  examples_new(f.judge, width, c->classes)};
    for (int i = 0; i < f.learn; i++)
        x.learn.label[i] = c->label[f.train[i]];
    for (int i = 0; i < f.judge; i++)
        x.judge.label[i] = c->label[f.test[i]];
    return x;
}

// Row i of the features: those to learn from first, then those to judge.
static float *feature_row(Features *x, int i)
{
    Examples *e = i < x->learn.n ? &x->learn : &x->judge;
    return e->x + (size_t)(i < x->learn.n ? i : i - x->learn.n) * e->d;
}

static int document_of(Fold f, int i)
{
    return i < f.learn ? f.train[i] : f.test[i - f.learn];
}

Features features_of(const Collection *c, Fold f, const float *row, int width)
{
    Features x = features_new(c, f, width);
    for (int i = 0; i < f.learn + f.judge; i++)
        memcpy(feature_row(&x, i), row + (size_t)document_of(f, i) * width,
               (size_t)width * sizeof *row);
    return x;
}

static Examples beside(const Examples *a, const Examples *b, float weight)
{
    Examples e = examples_new(a->n, a->d + b->d, a->classes);
    memcpy(e.label, a->label, (size_t)a->n * sizeof *e.label);
    for (int i = 0; i < a->n; i++) {
        float *row = e.x + (size_t)i * e.d;
        memcpy(row, a->x + (size_t)i * a->d, (size_t)a->d * sizeof *row);
        axpy(weight, b->x + (size_t)i * b->d, row + a->d, b->d);
    }
    return e;
}

Features features_beside(const Features *a, const Features *b, float weight)
{
    return (Features){beside(&a->learn, &b->learn, weight),
                      beside(&a->judge, &b->judge, weight)};
}

// --- TF-IDF -----------------------------------------------------------------

// The words of a document, each once, by rising number.
typedef struct Bag {
    int n;
    int *word;
    float *value;
} Bag;

static int by_number(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static int read_words(const Collection *c, int document, int words)
{
    const int n = c->ids[document].ids.n;
    return words > 0 && words < n ? words : n;
}

// How often each word is among the first `words` of the document.
static Bag bag_of(const Collection *c, int document, int words)
{
    const int n = read_words(c, document, words);
    Bag b = {0, new_array((size_t)n + 1, sizeof *b.word),
             new_array((size_t)n + 1, sizeof *b.value)};
    int *id = new_array((size_t)n + 1, sizeof *id);
    if (n > 0)
        memcpy(id, c->ids[document].ids.at, (size_t)n * sizeof *id);
    qsort(id, n, sizeof *id, by_number);
    for (int i = 0; i < n; i++) {
        if (i == 0 || id[i] != id[i - 1])
            b.word[b.n++] = id[i];
        b.value[b.n - 1]++;
    }
    free(id);
    return b;
}

// Weights for all words by the documents that are learnt from; 0 for those
// that fewer than two of them have.
static float *idf_of(const Collection *c, const Bag *bag, int learn)
{
    int *with = new_array(c->words.word.n, sizeof *with);
    float *idf = new_array(c->words.word.n, sizeof *idf);
    for (int i = 0; i < learn; i++)
        for (int k = 0; k < bag[i].n; k++)
            with[bag[i].word[k]]++;
    for (int w = 0; w < c->words.word.n; w++)
        if (with[w] >= 2)
            idf[w] = 1 + logf((1 + (float)learn) / (1 + (float)with[w]));
    free(with);
    return idf;
}

static void weigh(Bag *b, const float *idf)
{
    double squares = 0;
    for (int k = 0; k < b->n; k++) {
        b->value[k] = (1 + logf(b->value[k])) * idf[b->word[k]];
        squares += (double)b->value[k] * (double)b->value[k];
    }
    for (int k = 0; k < b->n && squares > 0; k++)
        b->value[k] /= (float)sqrt(squares);
}

// product[i * learn + j]: bag i times bag j, for all bags i and those j that
// are learnt from.
static double *products(const Collection *c, const Bag *bag, int all, int learn)
{
    double *product = new_array((size_t)all * learn + 1, sizeof *product);
    float *spread = new_array(c->words.word.n, sizeof *spread);
    for (int j = 0; j < learn; j++) {
        for (int k = 0; k < bag[j].n; k++)
            spread[bag[j].word[k]] = bag[j].value[k];
        for (int i = 0; i < all; i++) {
            double sum = 0;
            for (int k = 0; k < bag[i].n; k++)
                sum += (double)(bag[i].value[k] * spread[bag[i].word[k]]);
            product[(size_t)i * learn + j] = sum;
        }
        for (int k = 0; k < bag[j].n; k++)
            spread[bag[j].word[k]] = 0;
    }
    free(spread);
    return product;
}

// Rows with the same products: those that are learnt from become the rows of L
// with K = L L^T, and any other row z is found from L z = its products with
// them.
static void rows_from_products(double *product, Features *x)
{
    const int n = x->learn.n, all = n + x->judge.n;
    double *K = new_array((size_t)n * n + 1, sizeof *K);
    memcpy(K, product, (size_t)n * n * sizeof *K);
    for (int i = 0; i < n; i++)
        K[(size_t)i * n + i] += 1e-6; // two equal documents are no harm
    if (!cholesky(K, n))
        die("the products of the documents make no space");
    for (int i = 0; i < all; i++) {
        double *z = product + (size_t)i * n;
        float *row = feature_row(x, i);
        for (int k = 0; k < n; k++) {
            const double *l = K + (size_t)k * n;
            double sum = z[k];
            for (int j = 0; j < k; j++)
                sum -= l[j] * z[j];
            z[k] = sum / l[k];
            row[k] = (float)z[k];
        }
    }
    free(K);
}

Features tfidf_features(const Collection *c, Fold f, int words)
{
    const int all = f.learn + f.judge;
    Bag *bag = new_array((size_t)all + 1, sizeof *bag);
    for (int i = 0; i < all; i++)
        bag[i] = bag_of(c, document_of(f, i), words);
    float *idf = idf_of(c, bag, f.learn);
    for (int i = 0; i < all; i++)
        weigh(&bag[i], idf);
    double *product = products(c, bag, all, f.learn);
    Features x = features_new(c, f, f.learn);
    rows_from_products(product, &x);
    for (int i = 0; i < all; i++)
        free(bag[i].word), free(bag[i].value);
    free(bag), free(idf), free(product);
    return x;
}

// --- word vectors -----------------------------------------------------------

static Vectors learn_vectors(const Collection *c, Fold f, const Lexicon *words,
                             uint64_t seed)
{
    Buffer all = {0};
    for (int i = 0; i < f.learn; i++)
        buffer_add(&all, c->text[f.train[i]].at, c->text[f.train[i]].length);
    Sentences text = sentences_new((Text){all.at, all.length}, words, true);
    SkipGram s = skipgram_new(words, &text,
                              (SkipGramSettings){.width = 64,
                                                 .window = 5,
                                                 .negatives = 5,
                                                 .subsample = 1e-3,
                                                 .rate = 0.05f,
                                                 .epochs = 3,
                                                 .seed = seed});
    for (int e = 0; e < s.set.epochs; e++)
        skipgram_epoch(&s);
    Vectors sum = skipgram_vectors(&s), v = vectors_unit(&sum);
    vectors_free(&sum);
    skipgram_free(&s);
    sentences_free(&text);
    buffer_free(&all);
    return v;
}

static Lexicon training_words(const Collection *c, Fold f)
{
    Buffer all = {0};
    for (int i = 0; i < f.learn; i++) {
        buffer_add(&all, c->text[f.train[i]].at, c->text[f.train[i]].length);
        buffer_add(&all, "\n", 1);
    }
    Lexicon words = lexicon_new((Text){all.at, all.length}, 5, true);
    buffer_free(&all);
    return words;
}

Features word_vector_features(const Collection *c, Fold f, uint64_t seed)
{
    const int all = f.learn + f.judge;
    Bag *bag = new_array((size_t)all + 1, sizeof *bag);
    for (int i = 0; i < all; i++)
        bag[i] = bag_of(c, document_of(f, i), 0);
    float *idf = idf_of(c, bag, f.learn);
    Lexicon words = training_words(c, f);
    Vectors v = learn_vectors(c, f, &words, seed);
    Features x = features_new(c, f, v.width);
    for (int i = 0; i < all; i++) {
        float *row = feature_row(&x, i), total = 0;
        for (int k = 0; k < bag[i].n; k++) {
            const int w = bag[i].word[k];
            const int id = lexicon_find(&words, c->words.word.piece[w]);
            if (id == UNKNOWN)
                continue;
            axpy(bag[i].value[k] * idf[w], vectors_row(&v, id), row, v.width);
            total += bag[i].value[k] * idf[w];
        }
        for (int k = 0; k < v.width && total > 0; k++)
            row[k] /= total;
        free(bag[i].word), free(bag[i].value);
    }
    free(bag), free(idf);
    vectors_free(&v);
    lexicon_free(&words);
    return x;
}
