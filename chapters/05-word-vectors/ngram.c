// Counting sequences of words, and probabilities from the counts; see ngram.h.
#include "05-word-vectors/ngram.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- the tree ---------------------------------------------------------------

Ngram ngram_new(int order, int words)
{
    check(order >= 1 && order <= NGRAM_MOST, "order %d", order);
    Ngram g = {.order = order, .words = words, .n = 1, .room = 64, .bits = 8};
    g.gram = new_array(g.room, sizeof *g.gram);
    g.place = new_array((size_t)1 << g.bits, sizeof *g.place);
    return g;
}

void ngram_free(Ngram *g)
{
    free(g->gram);
    free(g->place);
    *g = (Ngram){0};
}

// The place of the child of `parent` by `word` in the hash table: where it is,
// or the free one where it would be.
static uint32_t place_of(const Ngram *g, int parent, int word)
{
    uint64_t key = (uint64_t)parent << 32 | (uint32_t)word;
    uint32_t mask = (1u << g->bits) - 1;
    uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15u >> (64 - g->bits));
    for (int i; (i = g->place[at]) != 0; at = (at + 1) & mask)
        if (g->gram[i].parent == parent && g->gram[i].word == word)
            break;
    return at;
}

static int child(const Ngram *g, int parent, int word)
{
    int i = g->place[place_of(g, parent, word)];
    return i ? i : -1;
}

static void grow(Ngram *g)
{
    free(g->place);
    g->bits++;
    g->place = new_array((size_t)1 << g->bits, sizeof *g->place);
    for (int i = 1; i < g->n; i++)
        g->place[place_of(g, g->gram[i].parent, g->gram[i].word)] = i;
}

// The child, made if it is new.
static int add_child(Ngram *g, int parent, int word, int shorter)
{
    int i = child(g, parent, word);
    if (i >= 0)
        return i;
    if (g->n == g->room) {
        check(g->room < INT32_MAX / 2, "too many sequences");
        g->room *= 2;
        g->gram = grow_array(g->gram, g->room, sizeof *g->gram);
    }
    if (2 * (size_t)g->n >= (size_t)1 << g->bits)
        grow(g);
    const Gram *p = &g->gram[parent];
    g->place[place_of(g, parent, word)] = g->n;
    g->gram[g->n] = (Gram){
        .parent = parent,
        .word = word,
        .shorter = shorter,
        .depth = p->depth + 1,
        .begins = p->begins || word == ngram_begin(g),
    };
    return g->n++;
}

int ngram_find(const Ngram *g, const int *id, int n)
{
    int node = 0;
    for (int i = 0; i < n && node >= 0; i++)
        node = child(g, node, id[i]);
    return node;
}

void ngram_learn(Ngram *g, const int *id, int n)
{
    // last[k]: the node of the k words up to here; -1: no such k words.
    int last[NGRAM_MOST + 1], now[NGRAM_MOST + 1];
    last[0] = now[0] = 0;
    last[1] = add_child(g, 0, ngram_begin(g), 0);
    for (int k = 2; k <= g->order; k++)
        last[k] = -1;
    for (int i = 0; i <= n; i++) {
        const int word = i < n ? id[i] : ngram_end(g);
        check(word >= 0 && word <= g->words, "word %d of %d", word, g->words);
        for (int k = 1; k <= g->order; k++) {
            now[k] = -1;
            if (last[k - 1] < 0)
                continue;
            now[k] = add_child(g, last[k - 1], word, now[k - 1]);
            g->gram[now[k]].count++;
        }
        memcpy(last, now, sizeof last);
    }
}

// --- what is known when all is counted --------------------------------------

// The count that Kneser-Ney takes for a node. The longest sequences count by
// how often they occurred; shorter ones, by how many different words they
// follow. Before the beginning of a sentence there is no word, so what begins
// there is as long as it can be.
static int kneser_ney_count(const Gram *x, bool longest)
{
    return longest || x->begins ? x->count : x->before;
}

// D = n1 / (n1 + 2 n2), with n1 and n2 the number of sequences of one length
// that count 1 and 2 (Ney, Essen and Kneser 1994).
static void find_discounts(Ngram *g)
{
    int64_t ones[NGRAM_MOST + 1][2] = {0}, twos[NGRAM_MOST + 1][2] = {0};
    for (int i = 1; i < g->n; i++)
        for (int lower = 0; lower < 2; lower++) {
            int count = kneser_ney_count(&g->gram[i], !lower);
            ones[g->gram[i].depth][lower] += count == 1;
            twos[g->gram[i].depth][lower] += count == 2;
        }
    for (int k = 1; k <= g->order; k++)
        for (int lower = 0; lower < 2; lower++) {
            double n1 = (double)ones[k][lower], n2 = (double)twos[k][lower];
            // A text without a sequence that occurs once, or without one
            // that occurs twice, says nothing about D.
            g->discount[k][lower] = n1 > 0 && n2 > 0 ? n1 / (n1 + 2 * n2) : 0.5;
        }
}

void ngram_finish(Ngram *g)
{
    ngram_continuations(g);
    for (int i = 0; i < g->n; i++)
        g->gram[i].kinds = g->gram[i].total = g->gram[i].continue_total = 0;
    for (int i = 1; i < g->n; i++) {
        const Gram *x = &g->gram[i];
        Gram *p = &g->gram[x->parent];
        if (x->word == ngram_begin(g))
            continue; // nobody predicts it
        p->kinds++;
        p->total += x->count;
        p->continue_total += kneser_ney_count(x, false);
    }
    find_discounts(g);
}

// --- probabilities ----------------------------------------------------------

// The last order - 1 words of the history, or all if it is shorter.
static const int *recent(const int *history, int *n, int order)
{
    const int drop = *n > order - 1 ? *n - (order - 1) : 0;
    *n -= drop;
    return history + drop;
}

double ngram_add_k(const Ngram *g, int order, const int *history, int n,
                   int word, double k)
{
    history = recent(history, &n, order);
    int h = ngram_find(g, history, n);
    int w = h < 0 ? -1 : child(g, h, word);
    double count = w < 0 ? 0 : g->gram[w].count;
    double total = h < 0 ? 0 : g->gram[h].total;
    return (count + k) / (total + k * (g->words + 1));
}

double ngram_kneser_ney(const Ngram *g, int order, const int *history, int n,
                        int word, double k)
{
    (void)k;
    history = recent(history, &n, order);
    double p = 1.0 / (g->words + 1); // knowing nothing
    for (int known = 0; known <= n; known++) {
        const int h = ngram_find(g, history + n - known, known);
        if (h < 0)
            break; // then longer histories were not seen either
        const Gram *x = &g->gram[h];
        const bool longest = known == order - 1;
        const double total = longest ? x->total : x->continue_total;
        const int w = child(g, h, word);
        const double d = g->discount[known + 1][!longest];
        double count = w < 0 ? 0 : kneser_ney_count(&g->gram[w], longest);
        if (total > 0)
            p = (fmax(count - d, 0) + d * x->kinds * p) / total;
    }
    return p;
}

void ngram_surprise(const Ngram *g, NgramModel model, int order, double k,
                    const int *id, int n, double *sum, int64_t *tokens)
{
    int *history = new_array(n + 1, sizeof *history);
    history[0] = ngram_begin(g);
    for (int i = 0; i <= n; i++) {
        const int word = i < n ? id[i] : ngram_end(g);
        *sum -= log(model(g, order, history, i + 1, word, k));
        if (i < n)
            history[i + 1] = word;
    }
    *tokens += n + 1;
    free(history);
}
