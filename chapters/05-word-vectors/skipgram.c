// Going through the text, window by window; see skipgram.h.
#include "05-word-vectors/skipgram.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECE = 200, // words that a worker reads in one round, at most
                 // one sentence more; less if there are few words
    SPREAD = 16,
    LOSS_EVERY = 16, // windows
    CONTEXTS = 2 * WINDOW_MOST,
    GUESSES = NEGATIVES_MOST + 1,
};

float keep_probability(int64_t count, int64_t total, double t)
{
    const double frequency = (double)count / (double)total;
    return t > 0 && frequency > t ? (float)sqrt(t / frequency) : 1;
}

SkipGram skipgram_new(const Lexicon *l, const Sentences *text,
                      SkipGramSettings set)
{
    check(set.window >= 1 && set.window <= WINDOW_MOST, "%d", set.window);
    check(set.negatives >= 1 && set.negatives <= NEGATIVES_MOST, "%d negatives",
          set.negatives);
    const int n = l->word.n;
    check(n > 1, "a lexicon without a word");
    SkipGram s = {.set = set,
                  .text = text,
                  .in = rows_new(n, set.width),
                  .out = rows_new(n, set.width),
                  .keep = new_array(n, sizeof *s.keep)};
    double *weight = new_array(n, sizeof *weight);
    negative_weights(l->count, n, weight);
    s.negative = sampler_new(weight, n);
    free(weight);
    Rng r = rng_new(set.seed);
    for (int i = 0; i < n; i++) {
        float *row = vectors_row(&s.in.table, i);
        for (int j = 0; j < set.width; j++)
            row[j] = i ? (rng_uniform(&r) - 0.5f) / (float)set.width : 0;
        s.keep[i] = keep_probability(l->count[i], l->total, set.subsample);
    }
    // In a short round the workers seldom change the same row.
    const int most = n / SPREAD < PIECE ? n / SPREAD : PIECE;
    for (int i = 0, words = most; i < text->n; i++) {
        if (words >= most) {
            ids_add(&s.piece, i);
            words = 0;
        }
        words += text->start.at[i + 1] - text->start.at[i];
    }
    ids_add(&s.piece, text->n);
    return s;
}

void skipgram_free(SkipGram *s)
{
    rows_free(&s->in);
    rows_free(&s->out);
    sampler_free(&s->negative);
    free(s->keep);
    ids_free(&s->piece);
}

// --- one window -------------------------------------------------------------

// What a worker has at hand.
typedef struct Desk {
    SkipGram *s;
    int worker;
    float rate;
    Rng rng;
    int64_t windows;
    int *kept; // the words of a sentence that were kept
    // Copies of rows under each other, and how far they are to move.
    float *in, *out, *move_in, *move_out;
} Desk;

static void add_to(float *row, const float *move, int width)
{
    for (int j = 0; j < width; j++)
        row[j] += move[j];
}

// The true word and as many others as the settings say; returns how many. A
// draw that hits the true word is left out.
static int guesses(Desk *d, int centre, int *word)
{
    int n = 0;
    word[n++] = centre;
    for (int i = 0; i < d->s->set.negatives; i++) {
        const int drawn = sampler_draw(&d->s->negative, &d->rng);
        if (drawn != centre)
            word[n++] = drawn;
    }
    return n;
}

// CBOW compares the mean of the context words. Turns m rows into that one.
static void average(float *in, int m, int width)
{
    for (int i = 1; i < m; i++)
        add_to(in, in + (size_t)i * width, width);
    for (int j = 0; j < width; j++)
        in[j] /= (float)m;
}

static void learn_window(Desk *d, int centre, const int *context, int m)
{
    SkipGram *s = d->s;
    const int width = s->set.width;
    const size_t row = sizeof(float) * width;
    int word[GUESSES];
    const int n = guesses(d, centre, word);
    for (int i = 0; i < m; i++)
        memcpy(d->in + (size_t)i * width,
               rows_copy(&s->in, d->worker, context[i]), row);
    for (int i = 0; i < n; i++)
        memcpy(d->out + (size_t)i * width,
               rows_copy(&s->out, d->worker, word[i]), row);
    if (s->set.cbow)
        average(d->in, m, width);
    double *loss = NULL;
    if (d->windows++ % LOSS_EVERY == 0) {
        loss = &s->loss[d->worker];
        s->counted[d->worker] += s->set.cbow ? 1 : m;
    }
    window_step(width, s->set.cbow ? 1 : m, d->in, n, d->out, d->rate,
                d->move_in, d->move_out, loss);
    // The mean moves by a share of each word's move.
    for (int j = 0; s->set.cbow && j < width; j++)
        d->move_in[j] /= (float)m;
    // A word may stand in a window twice: its moves are added one by one.
    for (int i = 0; i < m; i++)
        add_to(rows_copy(&s->in, d->worker, context[i]),
               d->move_in + (s->set.cbow ? 0 : (size_t)i * width), width);
    for (int i = 0; i < n; i++)
        add_to(rows_copy(&s->out, d->worker, word[i]),
               d->move_out + (size_t)i * width, width);
}

// --- one piece of the text --------------------------------------------------

static void learn_sentence(Desk *d, const int *id, int length)
{
    int n = 0;
    for (int i = 0; i < length; i++)
        if (d->s->keep[id[i]] >= 1 || rng_uniform(&d->rng) < d->s->keep[id[i]])
            d->kept[n++] = id[i];
    for (int i = 0; i < n; i++) {
        // Drawing the window's size gives near words more weight.
        const int reach = 1 + rng_below(&d->rng, d->s->set.window);
        int context[CONTEXTS], m = 0;
        for (int j = i - reach; j <= i + reach; j++)
            if (j >= 0 && j < n && j != i)
                context[m++] = d->kept[j];
        if (m > 0)
            learn_window(d, d->kept[i], context, m);
    }
}

static int longest_sentence(const Sentences *t, int from, int to)
{
    int most = 0;
    for (int i = from; i < to; i++)
        if (t->start.at[i + 1] - t->start.at[i] > most)
            most = t->start.at[i + 1] - t->start.at[i];
    return most;
}

// The random numbers of a piece depend on nothing but the seed, the epoch and
// the piece.
static void learn_piece(SkipGram *s, int worker, int piece)
{
    const Sentences *t = s->text;
    const int width = s->set.width, pieces = s->piece.n - 1;
    const int from = s->piece.at[piece], to = s->piece.at[piece + 1];
    const double done = (s->epoch + (double)piece / pieces) / s->set.epochs;
    float *space =
        new_array((size_t)2 * (CONTEXTS + GUESSES) * width, sizeof *space);
    Desk d = {
        .s = s,
        .worker = worker,
        .rate = s->set.rate * (float)fmax(1 - done, 1e-4),
        .rng = rng_new((s->set.seed << 32) + 1 + (uint64_t)s->epoch * pieces +
                       piece),
        .kept = new_array(longest_sentence(t, from, to) + 1, sizeof *d.kept),
        .in = space,
        .out = space + (size_t)CONTEXTS * width,
        .move_in = space + (size_t)(CONTEXTS + GUESSES) * width,
        .move_out = space + (size_t)(2 * CONTEXTS + GUESSES) * width,
    };
    for (int i = from; i < to; i++)
        learn_sentence(&d, t->ids.at + t->start.at[i],
                       t->start.at[i + 1] - t->start.at[i]);
    free(d.kept);
    free(space);
}

// --- rounds -----------------------------------------------------------------

typedef struct Round {
    SkipGram *s;
    int first; // piece of worker 0
} Round;

static void some_workers(void *context, int from, int to)
{
    Round *r = context;
    for (int w = from; w < to; w++)
        if (r->first + w < r->s->piece.n - 1)
            learn_piece(r->s, w, r->first + w);
}

double skipgram_epoch(SkipGram *s)
{
    double loss = 0;
    int64_t counted = 0;
    const double cost =
        6.0 * PIECE * s->set.window * (1 + s->set.negatives) * s->set.width;
    for (int w = 0; w < WORKERS; w++)
        s->loss[w] = 0, s->counted[w] = 0;
    for (int first = 0; first < s->piece.n - 1; first += WORKERS) {
        Round r = {s, first};
        parallel_for(WORKERS, cost, some_workers, &r);
        rows_join(&s->in);
        rows_join(&s->out);
    }
    for (int w = 0; w < WORKERS; w++) {
        loss += s->loss[w];
        counted += s->counted[w];
    }
    s->epoch++;
    return counted ? loss / (double)counted : 0;
}

Vectors skipgram_vectors(const SkipGram *s)
{
    Vectors v = vectors_new(s->in.table.n, s->set.width);
    for (int i = 1; i < v.n; i++)
        for (int j = 0; j < v.width; j++)
            vectors_row(&v, i)[j] = vectors_row(&s->in.table, i)[j] +
                                    vectors_row(&s->out.table, i)[j];
    return v;
}
