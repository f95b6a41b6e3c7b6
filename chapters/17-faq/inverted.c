// The inverted index; see inverted.h.
#include "17-faq/inverted.h"

#include "04-tokenizers/unicode.h"

#include "common/check.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- terms ------------------------------------------------------------------

// Cuts the next word off *rest, in lower case, into `word`; false at the end.
static bool next_word(Text *rest, Buffer *word)
{
    word->length = 0;
    while (rest->length > 0) {
        const int32_t c = utf8_next(rest);
        const CharKind kind = unicode_kind(c);
        char utf8[4];
        if (kind == KIND_LETTER || kind == KIND_NUMBER || unicode_mark(c))
            buffer_add(word, utf8, utf8_write(unicode_lower(c), utf8));
        else if (word->length > 0)
            return true;
    }
    return word->length > 0;
}

static void add_term(Vocab *v, Text term, bool grow, Ids *to, int *unknown)
{
    int id = vocab_find(v, term);
    if (id < 0 && grow)
        id = vocab_add(v, term);
    if (id >= 0)
        ids_add(to, id);
    else
        ++*unknown;
}

// All runs of 3 to 5 characters of "^word$".
static void add_runs(Vocab *v, const Buffer *word, bool grow, Ids *to,
                     int *unknown)
{
    enum { SHORT = 3, LONG = 5 };
    Buffer w = {0};
    buffer_print(&w, "^%.*s$", (int)word->length, word->at);
    for (Text from = {w.at, w.length}; from.length > 0; utf8_next(&from)) {
        Text rest = from;
        for (int k = 1; k <= LONG && rest.length > 0; k++) {
            utf8_next(&rest);
            if (k >= SHORT)
                add_term(v, (Text){from.at, from.length - rest.length}, grow,
                         to, unknown);
        }
    }
    buffer_free(&w);
}

void terms_of(Vocab *v, Terms kind, Text text, bool grow, Ids *to, int *unknown)
{
    Buffer word = {0};
    while (next_word(&text, &word))
        if (kind == WORD_TERMS)
            add_term(v, (Text){word.at, word.length}, grow, to, unknown);
        else
            add_runs(v, &word, grow, to, unknown);
    buffer_free(&word);
}

// --- building ---------------------------------------------------------------

static int ascending(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

// Sorts the ids and puts each once, with its count beside it; returns how many
// different ones there are.
static int count_terms(Ids *ids, Ids *count)
{
    int n = 0;
    if (ids->n > 0)
        qsort(ids->at, (size_t)ids->n, sizeof *ids->at, ascending);
    count->n = 0;
    for (int i = 0; i < ids->n; i++) {
        if (i == 0 || ids->at[i] != ids->at[i - 1]) {
            ids_add(count, 0);
            ids->at[n++] = ids->at[i];
        }
        count->at[n - 1]++;
    }
    return n;
}

static int texts_with(const Inverted *x, int term)
{
    return x->start[term + 1] - x->start[term];
}

double tfidf_idf(int n, int with)
{
    return log((1.0 + n) / (1.0 + with)) + 1;
}

double bm25_idf(int n, int with)
{
    return log(1 + (n - with + 0.5) / (with + 0.5));
}

static double tfidf_weight(const Inverted *x, int with, int count)
{
    return (1 + log(count)) * tfidf_idf(x->n, with);
}

static void find_norms(Inverted *x)
{
    double *squares = new_array((size_t)x->n + 1, sizeof *squares);
    for (int t = 0; t < x->terms.n; t++)
        for (int i = x->start[t]; i < x->start[t + 1]; i++) {
            const Posting *p = &x->posting[i];
            const double w = tfidf_weight(x, texts_with(x, t), p->count);
            squares[p->text] += w * w;
        }
    for (int i = 0; i < x->n; i++)
        x->norm[i] = (float)sqrt(squares[i]);
    free(squares);
}

Inverted inverted_new(Terms kind, const Text *text, int n)
{
    Inverted x = {.kind = kind, .n = n, .terms = vocab_new()};
    Ids ids = {0}, count = {0}, term = {0}, of = {0}, times = {0};
    x.length = new_array((size_t)n + 1, sizeof *x.length);
    x.norm = new_array((size_t)n + 1, sizeof *x.norm);
    for (int i = 0; i < n; i++) { // one line (term, text, times) for each
        int unknown = 0;
        ids.n = 0;
        terms_of(&x.terms, kind, text[i], true, &ids, &unknown);
        x.length[i] = ids.n;
        x.mean_length += (double)ids.n / n;
        for (int k = 0, m = count_terms(&ids, &count); k < m; k++) {
            ids_add(&term, ids.at[k]);
            ids_add(&of, i);
            ids_add(&times, count.at[k]);
        }
    }
    // Turned over: first how long each list is, then each line into its list.
    x.start = new_array((size_t)x.terms.n + 2, sizeof *x.start);
    x.posting = new_array((size_t)term.n + 1, sizeof *x.posting);
    int *next = new_array((size_t)x.terms.n + 1, sizeof *next);
    for (int i = 0; i < term.n; i++)
        x.start[term.at[i] + 1]++;
    for (int t = 0; t < x.terms.n; t++) {
        x.start[t + 1] += x.start[t];
        next[t] = x.start[t];
    }
    for (int i = 0; i < term.n; i++)
        x.posting[next[term.at[i]]++] = (Posting){of.at[i], times.at[i]};
    find_norms(&x);
    free(next);
    ids_free(&ids), ids_free(&count), ids_free(&term), ids_free(&of);
    ids_free(&times);
    return x;
}

void inverted_free(Inverted *x)
{
    vocab_free(&x->terms);
    free(x->start), free(x->posting), free(x->length), free(x->norm);
    *x = (Inverted){0};
}

// --- scoring ----------------------------------------------------------------

typedef struct Questions {
    const Inverted *x;
    const Text *question;
    const Bm25 *bm25; // or NULL: TF-IDF
    float *score;
} Questions;

static void add_tfidf(const Inverted *x, const Ids *term, const Ids *count,
                      int terms, int unknown, float *score)
{
    const double rare = tfidf_weight(x, 0, 1); // a term that no text has
    double squares = unknown * rare * rare;
    for (int k = 0; k < terms; k++) {
        const int t = term->at[k], with = texts_with(x, t);
        const double w = tfidf_weight(x, with, count->at[k]);
        squares += w * w;
        for (int i = x->start[t]; i < x->start[t + 1]; i++) {
            const Posting *p = &x->posting[i];
            score[p->text] += (float)(w * tfidf_weight(x, with, p->count));
        }
    }
    const float length = (float)sqrt(squares);
    for (int i = 0; i < x->n; i++)
        if (score[i] > 0)
            score[i] /= length * x->norm[i];
}

static void add_bm25(const Inverted *x, Bm25 how, const Ids *term,
                     const Ids *count, int terms, float *score)
{
    const double k1 = (double)how.k1, b = (double)how.b;
    for (int k = 0; k < terms; k++) {
        const int t = term->at[k];
        const double idf = count->at[k] * bm25_idf(x->n, texts_with(x, t));
        for (int i = x->start[t]; i < x->start[t + 1]; i++) {
            const Posting *p = &x->posting[i];
            const double size = x->length[p->text] / x->mean_length;
            const double full = p->count + k1 * (1 - b + b * size);
            score[p->text] += (float)(idf * p->count * (k1 + 1) / full);
        }
    }
}

static void search_some(void *context, int from, int to)
{
    const Questions *s = context;
    const Inverted *x = s->x;
    Vocab v = x->terms; // terms_of only looks it up
    Ids term = {0}, count = {0};
    for (int q = from; q < to; q++) {
        float *score = s->score + (size_t)q * x->n;
        int unknown = 0;
        term.n = 0;
        memset(score, 0, (size_t)x->n * sizeof *score);
        terms_of(&v, x->kind, s->question[q], false, &term, &unknown);
        const int terms = count_terms(&term, &count);
        if (s->bm25)
            add_bm25(x, *s->bm25, &term, &count, terms, score);
        else
            add_tfidf(x, &term, &count, terms, unknown, score);
    }
    ids_free(&term), ids_free(&count);
}

static void search_all(Questions s, int n)
{
    parallel_for(n, 1e4 + 10.0 * s.x->n, search_some, &s);
}

void score_tfidf(const Inverted *x, const Text *question, int n, float *score)
{
    search_all((Questions){x, question, NULL, score}, n);
}

void score_bm25(const Inverted *x, Bm25 how, const Text *question, int n,
                float *score)
{
    search_all((Questions){x, question, &how, score}, n);
}
