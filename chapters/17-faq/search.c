// All methods behind one function; see search.h.
#include "17-faq/search.h"

#include "17-faq/ranking.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const method_titles[METHODS] = {
    "words, TF-IDF",     "letters, TF-IDF",  "words, BM25",  "answers, BM25",
    "both, BM25",        "hybrid",           "mean of rows", "USE-lite",
    "hybrid + USE-lite", "reciprocal ranks", "own encoder"};
const char *const method_words =
    "auto|words|letters|bm25|answers|both|hybrid|rows|use-lite|sum|ranks|own";

// Chosen on StackFAQ, where a cosine differs between pairs by about a twentieth
// of what BM25 does.
static const float weight_of_cosines = 20;
static const float fusion_k = 60;

float *known_vectors(const Encoder *e, const Knowledge *k, const char *keep,
                     bool *kept_before)
{
    Text *all = new_array((size_t)k->phrasings + 1, sizeof *all);
    for (int i = 0; i < k->phrasings; i++)
        all[i] = k->phrasing[i].text;
    float *x = encode_texts(e, all, k->phrasings, keep, kept_before);
    free(all);
    return x;
}

Search search_new(const Knowledge *k, const bool *in)
{
    Search s = {.k = k, .bm25 = {1.2f, 0.75f}};
    Text *document = new_array((size_t)k->n + 1, sizeof *document);
    s.item = new_array((size_t)k->phrasings + 1, sizeof *s.item);
    s.owner = new_array((size_t)k->phrasings + 1, sizeof *s.owner);
    s.place = new_array((size_t)k->phrasings + 1, sizeof *s.place);
    s.all = new_array((size_t)k->n + 1, sizeof *s.all);
    for (int i = 0; i < k->phrasings; i++) {
        if (in && !in[i])
            continue;
        const Phrasing *p = &k->phrasing[i];
        buffer_add(&s.all[p->owner], p->text.at, p->text.length);
        buffer_add(&s.all[p->owner], "\n", 1);
        s.place[s.items] = i;
        s.item[s.items] = p->text;
        s.owner[s.items++] = p->owner;
    }
    for (int i = 0; i < k->n; i++)
        document[i] = k->pair[i].answer;
    s.answers = inverted_new(WORD_TERMS, document, k->n);
    for (int i = 0; i < k->n; i++) {
        buffer_add(&s.all[i], document[i].at, document[i].length);
        document[i] = (Text){s.all[i].at, s.all[i].length};
    }
    s.both = inverted_new(WORD_TERMS, document, k->n);
    s.words = inverted_new(WORD_TERMS, s.item, s.items);
    s.letters = inverted_new(LETTER_TERMS, s.item, s.items);
    free(document);
    return s;
}

void search_free(Search *s)
{
    Inverted *index[] = {&s->words, &s->letters, &s->answers, &s->both};
    for (int i = 0; i < 4; i++)
        inverted_free(index[i]);
    for (int e = 0; e < ENCODERS; e++)
        free(s->vector[e]);
    for (int i = 0; i < s->k->n; i++)
        buffer_free(&s->all[i]);
    free(s->item), free(s->owner), free(s->place), free(s->all);
    *s = (Search){0};
}

bool search_can(const Search *s, Method m)
{
    return m == BY_ROWS                 ? s->encoder[ROWS] != NULL
           : m == BY_USE || m == BY_SUM ? s->encoder[USE] != NULL
           : m == BY_OWN                ? s->encoder[OWN] != NULL
                                        : true;
}

// --- the simple methods -----------------------------------------------------

static void by_best_phrasing(const Search *s, const Inverted *x, bool bm25,
                             const Text *question, int n, float *score)
{
    float *item = new_array((size_t)n * s->items + 1, sizeof *item);
    if (bm25)
        score_bm25(x, s->bm25, question, n, item);
    else
        score_tfidf(x, question, n, item);
    best_of_owner(item, s->owner, s->items, s->k->n, n, score);
    free(item);
}

// The vectors of what is searched.
static const float *vectors_of(Search *s, EncoderKind kind)
{
    const Encoder *e = s->encoder[kind];
    check(e, "no encoder %d", kind);
    if (s->vector[kind])
        return s->vector[kind];
    if (!s->known[kind])
        return s->vector[kind] = encode_texts(e, s->item, s->items, NULL, NULL);
    s->vector[kind] = new_array((size_t)s->items * e->width + 1, sizeof(float));
    for (int i = 0; i < s->items; i++)
        memcpy(s->vector[kind] + (size_t)i * e->width,
               s->known[kind] + (size_t)s->place[i] * e->width,
               (size_t)e->width * sizeof(float));
    return s->vector[kind];
}

// Which phrasing of k the text is, by its address (they ascend), or -1.
static int place_of(const Knowledge *k, Text text)
{
    int from = 0, end = k->phrasings;
    while (from < end) {
        const int middle = from + (end - from) / 2;
        if (k->phrasing[middle].text.at < text.at)
            from = middle + 1;
        else
            end = middle;
    }
    return from < k->phrasings && k->phrasing[from].text.at == text.at ? from
                                                                       : -1;
}

// The vectors of questions. Those that are phrasings of k are known already.
static float *vectors_asked(const Search *s, EncoderKind kind,
                            const Text *question, int n)
{
    const Encoder *e = s->encoder[kind];
    float *x = new_array((size_t)n * e->width + 1, sizeof *x);
    for (int i = 0; i < n; i++) {
        float *row = x + (size_t)i * e->width;
        const int place = s->known[kind] ? place_of(s->k, question[i]) : -1;
        if (place >= 0) {
            memcpy(row, s->known[kind] + (size_t)place * e->width,
                   (size_t)e->width * sizeof *row);
        } else {
            float *one = encode_texts(e, &question[i], 1, NULL, NULL);
            memcpy(row, one, (size_t)e->width * sizeof *row);
            free(one);
        }
    }
    return x;
}

static void by_vectors(Search *s, EncoderKind kind, const Text *question, int n,
                       float *score)
{
    const float *vector = vectors_of(s, kind);
    const Encoder *e = s->encoder[kind];
    float *item = new_array((size_t)n * s->items + 1, sizeof *item);
    float *asked = vectors_asked(s, kind, question, n);
    score_dense(asked, n, vector, s->items, e->width, item);
    best_of_owner(item, s->owner, s->items, s->k->n, n, score);
    free(item), free(asked);
}

// --- put together -----------------------------------------------------------

// score += weight * the scores by another method.
static void add_method(Search *s, Method m, float weight, const Text *question,
                       int n, float *score)
{
    const size_t size = (size_t)n * s->k->n;
    float *other = new_array(size + 1, sizeof *other);
    search_scores(s, m, question, n, other);
    fuse_sum(other, weight, size, score);
    free(other);
}

static void by_ranks(Search *s, const Text *question, int n, float *score)
{
    static const Method voter[] = {BY_LETTERS, BY_BOTH, BY_USE};
    const size_t size = (size_t)n * s->k->n;
    float *other = new_array(size + 1, sizeof *other);
    memset(score, 0, size * sizeof *score);
    for (int v = 0; v < 3; v++) {
        if (!search_can(s, voter[v]))
            continue;
        search_scores(s, voter[v], question, n, other);
        for (int q = 0; q < n; q++)
            fuse_ranks(other + (size_t)q * s->k->n, s->k->n, fusion_k,
                       score + (size_t)q * s->k->n);
    }
    free(other);
}

void search_scores(Search *s, Method m, const Text *question, int n,
                   float *score)
{
    check(search_can(s, m), "%s needs an encoder", method_titles[m]);
    switch (m) {
    case BY_WORDS:
        by_best_phrasing(s, &s->words, false, question, n, score);
        break;
    case BY_LETTERS:
        by_best_phrasing(s, &s->letters, false, question, n, score);
        break;
    case BY_BM25:
        by_best_phrasing(s, &s->words, true, question, n, score);
        break;
    case BY_ANSWERS:
        score_bm25(&s->answers, s->bm25, question, n, score);
        break;
    case BY_BOTH:
        score_bm25(&s->both, s->bm25, question, n, score);
        break;
    case BY_HYBRID:
        search_scores(s, BY_BOTH, question, n, score);
        add_method(s, BY_LETTERS, weight_of_cosines, question, n, score);
        break;
    case BY_SUM:
        search_scores(s, BY_HYBRID, question, n, score);
        add_method(s, BY_USE, weight_of_cosines, question, n, score);
        break;
    case BY_RANKS:
        by_ranks(s, question, n, score);
        break;
    case BY_ROWS:
    case BY_USE:
    case BY_OWN:
        by_vectors(s,
                   m == BY_ROWS  ? ROWS
                   : m == BY_USE ? USE
                                 : OWN,
                   question, n, score);
        break;
    case METHODS:
        check(false, "no method");
    }
}

int search_phrasing(const Search *s, Text question, int pair)
{
    float *item = new_array((size_t)s->items + 1, sizeof *item);
    int best = -1;
    score_tfidf(&s->letters, &question, 1, item);
    for (int i = 0; i < s->items; i++)
        if (s->owner[i] == pair && (best < 0 || item[i] > item[best]))
            best = i;
    free(item);
    return best;
}
