// How many words a second skip-gram reads, on the Brown corpus if it is there,
// else on stories: width 100, window 5, 5 words drawn, t = 0.0001. Words that
// subsampling leaves out count, as they do in word2vec's own report.
//
// The peer is written below in the loops of the original word2vec (Mikolov et
// al. 2013): word by word, pair by pair, with its table of sigmoids, its table
// of words to draw from, and threads that change one table without asking each
// other. Once with sums as the original's compiler flags make them, one
// addition after the other; once with sums in vectors.
#include "05-word-vectors/skipgram.h"

#include "common/bench.h"
#include "common/check.h"
#include "common/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 96, WINDOW = 5, NEGATIVES = 5, SECONDS = 10, TURN = 100000 };
static const double keep_t = 1e-4;
static const float rate = 0.025f;

typedef struct Work {
    Lexicon l;
    Sentences text; // the first sentences, TURN words or more
} Work;

static Work work_new(void)
{
    TwoTexts t;
    if (!brown_texts(getenv("DATA_MIRROR"), &t) && !brown_texts(NULL, &t))
        t = tales_texts(6000000, 1);
    Work w;
    const Text text = {t.learn.at, t.learn.length};
    w.l = lexicon_new(text, 5, true);
    w.text = sentences_new(text, &w.l, true);
    while (w.text.start.at[w.text.n - 1] > TURN)
        w.text.n--;
    w.text.ids.n = w.text.start.at[w.text.n];
    buffer_free(&t.learn);
    buffer_free(&t.test);
    return w;
}

// --- ours -------------------------------------------------------------------

static void our_turn(void *context)
{
    SkipGram *s = context;
    s->epoch = 0; // the rate stays
    skipgram_epoch(s);
}

static SkipGram our_new(const Work *w, bool race)
{
    SkipGram s = skipgram_new(&w->l, &w->text,
                              (SkipGramSettings){.width = WIDTH,
                                                 .window = WINDOW,
                                                 .negatives = NEGATIVES,
                                                 .subsample = keep_t,
                                                 .rate = rate,
                                                 .epochs = 1000,
                                                 .seed = 1});
    s.in.race = s.out.race = race;
    return s;
}

// --- the original's loops ---------------------------------------------------

enum { SIGMOIDS = 1000, MOST = 6, TABLE = 10000000, LONGEST = 1000 };

typedef struct Peer {
    const Work *w;
    bool vector; // sums in vectors
    int threads;
    float *in, *out, *sigmoid;
    int *table;
} Peer;

static Peer peer_new(const Work *w, bool vector, int threads)
{
    const int n = w->l.word.n;
    Peer p = {w,
              vector,
              threads,
              new_array((size_t)n * WIDTH, sizeof(float)),
              new_array((size_t)n * WIDTH, sizeof(float)),
              new_array(SIGMOIDS, sizeof(float)),
              new_array(TABLE, sizeof(int))};
    Rng r = rng_new(1);
    for (int i = 0; i < n * WIDTH; i++)
        p.in[i] = (rng_uniform(&r) - 0.5f) / WIDTH;
    for (int i = 0; i < SIGMOIDS; i++)
        p.sigmoid[i] =
            1 / (1 + expf(-(2 * (float)i / SIGMOIDS - 1) * (float)MOST));
    double *weight = new_array(n, sizeof *weight), sum = 0, so_far = 0;
    negative_weights(w->l.count, n, weight);
    for (int i = 0; i < n; i++)
        sum += weight[i];
    for (int i = 0, at = 0; i < n; i++) {
        so_far += weight[i] / sum;
        while (at < TABLE && at < so_far * TABLE)
            p.table[at++] = i;
    }
    free(weight);
    return p;
}

static float plain_sum(const float *a, const float *b)
{
    float sum = 0;
    for (int j = 0; j < WIDTH; j++)
        sum += a[j] * b[j];
    return sum;
}

static float vector_sum(const float *a, const float *b)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int j = 0; j < WIDTH; j++)
        sum += a[j] * b[j];
    return sum;
}

static void peer_pair(const Peer *p, int centre, int context, uint64_t *random)
{
    float *in = p->in + (size_t)context * WIDTH, move[WIDTH] = {0};
    for (int d = 0; d <= NEGATIVES; d++) {
        int word = centre;
        if (d > 0) {
            *random = *random * 25214903917u + 11;
            word = p->table[(*random >> 16) % TABLE];
            if (word == centre)
                continue;
        }
        float *out = p->out + (size_t)word * WIDTH;
        const float x = p->vector ? vector_sum(in, out) : plain_sum(in, out);
        const float label = d == 0;
        float g;
        if (x > MOST)
            g = (label - 1) * rate;
        else if (x < -MOST)
            g = label * rate;
        else
            g = (label - p->sigmoid[(int)((x + MOST) *
                                          ((SIGMOIDS - 1) / 2.0f / MOST))]) *
                rate;
        for (int j = 0; j < WIDTH; j++)
            move[j] += g * out[j];
        for (int j = 0; j < WIDTH; j++)
            out[j] += g * in[j];
    }
    for (int j = 0; j < WIDTH; j++)
        in[j] += move[j];
}

static void peer_sentences(const Peer *p, int from, int to)
{
    uint64_t random = (uint64_t)from + 1;
    int kept[LONGEST];
    for (int s = from; s < to; s++) {
        int n = 0;
        for (int i = p->w->text.start.at[s];
             i < p->w->text.start.at[s + 1] && n < LONGEST; i++) {
            const int word = p->w->text.ids.at[i];
            random = random * 25214903917u + 11;
            if (keep_probability(p->w->l.count[word], p->w->l.total, keep_t) >=
                (float)(random & 0xffff) / 65536)
                kept[n++] = word;
        }
        for (int i = 0; i < n; i++) {
            random = random * 25214903917u + 11;
            const int reach = 1 + (int)((random >> 16) % WINDOW);
            for (int j = i - reach; j <= i + reach; j++)
                if (j >= 0 && j < n && j != i)
                    peer_pair(p, kept[i], kept[j], &random);
        }
    }
}

static void peer_turn(void *context)
{
    const Peer *p = context;
    const int n = p->w->text.n;
#pragma omp parallel for num_threads(p->threads)
    for (int i = 0; i < p->threads; i++)
        peer_sentences(p, (int)((long long)n * i / p->threads),
                       (int)((long long)n * (i + 1) / p->threads));
}

// --- the races --------------------------------------------------------------

static void row(const char *name, const Work *w, int threads, Bench *racer,
                const char *what)
{
    bench_race(racer, 2, SECONDS);
    const double words = w->text.ids.n / 1e3 / threads;
    bench_row(name, words / racer[0].seconds, words / racer[1].seconds,
              "kwords/s", what);
}

static void against_original(const char *name, const Work *w, int threads,
                             bool vector, const char *what)
{
    if (!bench_wanted(name))
        return;
    threads_set(threads);
    SkipGram s = our_new(w, false);
    Peer p = peer_new(w, vector, threads);
    row(name, w, threads,
        (Bench[]){{.run = our_turn, .context = &s},
                  {.run = peer_turn, .context = &p}},
        what);
    skipgram_free(&s);
    free(p.in);
    free(p.out);
    free(p.sigmoid);
    free(p.table);
}

static void against_race(const char *name, const Work *w, int threads,
                         const char *what)
{
    if (!bench_wanted(name))
        return;
    threads_set(threads);
    SkipGram s = our_new(w, false), racing = our_new(w, true);
    row(name, w, threads,
        (Bench[]){{.run = our_turn, .context = &s},
                  {.run = our_turn, .context = &racing}},
        what);
    skipgram_free(&s);
    skipgram_free(&racing);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    const int threads = threads_count();
    Work w = work_new();
    against_original("skip-gram", &w, 1, false,
                     "one thread, against word2vec's loops");
    against_original("skip-gram-vector", &w, 1, true,
                     "one thread, the same with sums in vectors");
    against_original("skip-gram-threads", &w, threads, true,
                     "a thread's share of all, against racing threads");
    against_race("skip-gram-copies", &w, 1,
                 "one thread, against ours without copies");
    against_race("skip-gram-race", &w, threads,
                 "a thread's share of all, against ours racing");
    sentences_free(&w.text);
    lexicon_free(&w.l);
    return 0;
}
