// Tests of 05-word-vectors: counts and probabilities against paper and against
// slow definitions, gradients against slopes, the same vectors for any number
// of threads, files that are not what they should be, and the program.
#include "common/testing.h"

#include "05-word-vectors/corpus.h"
#include "05-word-vectors/counts.h"
#include "05-word-vectors/ngram.h"
#include "05-word-vectors/similarity.h"
#include "05-word-vectors/skipgram.h"
#include "05-word-vectors/subspace.h"
#include "05-word-vectors/tsne.h"
#include "05-word-vectors/use_lite.h"

#include "common/brown.h"
#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <stdio.h>
#include <stdlib.h>

#define assert_near(got, want, tolerance)                                      \
    near_to(got, want, tolerance, #got, __LINE__)

static void near_to(double got, double want, double tolerance, const char *what,
                    int line)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("line %d: %s is %.9g, expected %.9g", line, what, got, want);
}

// --- words ------------------------------------------------------------------

static void expect_words(const char *text, const char *want)
{
    Buffer got = {0};
    Text rest = text_of(text);
    for (Text word; next_word(&rest, &word);)
        buffer_print(&got, "[%.*s]", (int)word.length, word.at);
    assert_string_equal(got.at ? got.at : "", want);
    buffer_free(&got);
}

static void texts_are_cut_into_words(void **state)
{
    (void)state;
    expect_words("", "");
    expect_words("  \t", "");
    expect_words("a", "[a]");
    expect_words("Don't go, Jo.", "[Don't][go][,][Jo][.]");
    expect_words("over-all U.S. 3.5% -- `` ''",
                 "[over-all][U.S][.][3.5][%][--][``]['']");
    expect_words("x\n\ny", "[x][\n][\n][y]");
    expect_words("na\xc3\xafve!?", "[na\xc3\xafve][!][?]");
    expect_words("-a- b-", "[-][a][-][b][-]");
}

static void lexicons_begin_with_the_most_frequent(void **state)
{
    (void)state;
    const Text text = text_of("b a , b C\nb a c rare ,");
    Lexicon l = lexicon_new(text, 2, false);
    assert_int_equal(l.word.n, 5);
    static const char *const want[] = {"<unk>", "b", "a", ",", "c"};
    static const int64_t count[] = {1, 3, 2, 2, 2};
    for (int i = 0; i < 5; i++) {
        assert_string_equal(l.word.piece[i].at, want[i]);
        assert_int_equal(l.count[i], count[i]);
    }
    assert_int_equal(l.total, 10);
    assert_int_equal(lexicon_find(&l, text_of("B")), 1);
    assert_int_equal(lexicon_find(&l, text_of("rare")), UNKNOWN);
    Sentences s = sentences_new(text, &l, false);
    static const int ids[] = {1, 2, 3, 1, 4, 1, 2, 4, 0, 3};
    assert_int_equal(s.n, 2);
    assert_int_equal(s.ids.n, 10);
    assert_memory_equal(s.ids.at, ids, sizeof ids);
    assert_int_equal(s.start.at[1], 5);
    assert_int_equal(s.start.at[2], 10);
    Sentences known = sentences_new(text, &l, true);
    assert_int_equal(known.ids.n, 9);
    sentences_free(&known);
    sentences_free(&s);
    lexicon_free(&l);
    l = lexicon_new(text, 1, true); // no signs
    assert_int_equal(l.word.n, 5);
    assert_int_equal(lexicon_find(&l, text_of(",")), UNKNOWN);
    lexicon_free(&l);
    l = lexicon_new(text_of(""), 1, false);
    assert_int_equal(l.word.n, 1);
    s = sentences_new(text_of("x \n y  "), &l, true);
    assert_int_equal(s.n, 0);
    sentences_free(&s);
    lexicon_free(&l);
}

static void tags_come_off(void **state)
{
    (void)state;
    Buffer to = {0};
    brown_untag(text_of("\n\n\tThe/at 1/2/cd  end/nn ./.\n\tno-tag\n\ta/b"),
                &to);
    assert_string_equal(to.at, "The 1/2 end .\na\n");
    buffer_free(&to);
}

// --- n-grams ----------------------------------------------------------------

static const char toy[] = "we drink black tea\nwe drink black tea\n"
                          "we drink black tea\nthey see the sea\n"
                          "we love a sea\nwe love cold rain\n";

static Ngram learn(const Sentences *s, int order, int words)
{
    Ngram g = ngram_new(order, words);
    for (int i = 0; i < s->n; i++)
        ngram_learn(&g, s->ids.at + s->start.at[i],
                    s->start.at[i + 1] - s->start.at[i]);
    ngram_finish(&g);
    return g;
}

// All of this was worked out on paper; the book shows how.
static void the_toy_text_by_hand(void **state)
{
    (void)state;
    Lexicon l = lexicon_new(text_of(toy), 1, false);
    Sentences s = sentences_new(text_of(toy), &l, false);
    Ngram g = learn(&s, 2, l.word.n);
    int tea = lexicon_find(&l, text_of("tea"));
    int sea = lexicon_find(&l, text_of("sea"));
    const int rain = lexicon_find(&l, text_of("rain"));
    const int cold = lexicon_find(&l, text_of("cold"));
    assert_int_equal(l.word.n, 13);
    assert_int_equal(g.gram[ngram_find(&g, &tea, 1)].count, 3);
    assert_int_equal(g.gram[ngram_find(&g, &tea, 1)].before, 1);
    assert_int_equal(g.gram[ngram_find(&g, &sea, 1)].count, 2);
    assert_int_equal(g.gram[ngram_find(&g, &sea, 1)].before, 2);
    assert_near(g.discount[1][1], 11.0 / 13, 1e-12);
    assert_near(g.discount[2][0], 9.0 / 13, 1e-12);
    const double least = 11.0 / 16 / 14; // what every word has
    assert_near(ngram_kneser_ney(&g, 2, &cold, 1, tea, 0),
                9.0 / 13 * (2.0 / 13 / 16 + least), 1e-12);
    assert_near(ngram_kneser_ney(&g, 2, &cold, 1, sea, 0),
                9.0 / 13 * (15.0 / 13 / 16 + least), 1e-12);
    assert_near(ngram_kneser_ney(&g, 2, &cold, 1, rain, 0),
                4.0 / 13 + 9.0 / 13 * (2.0 / 13 / 16 + least), 1e-12);
    assert_near(ngram_add_k(&g, 2, &cold, 1, tea, 1), 1.0 / 15, 1e-12);
    assert_near(ngram_add_k(&g, 2, &cold, 1, rain, 1), 2.0 / 15, 1e-12);
    // Perplexity of "cold": its probability and that of the end after it.
    double sum = 0;
    int64_t tokens = 0;
    ngram_surprise(&g, ngram_add_k, 2, 1, &cold, 1, &sum, &tokens);
    assert_int_equal(tokens, 2);
    assert_near(exp(sum), 20.0 * 15, 1e-9); // (0 + 1) / (6 + 14), / (1 + 14)
    ngram_free(&g);
    sentences_free(&s);
    lexicon_free(&l);
}

// A random text in few words, so that longer sequences repeat.
enum { SOME_WORDS = 7, SOME_SENTENCES = 40 };

static Sentences random_text(uint64_t seed)
{
    Sentences s = {0};
    Rng r = rng_new(seed);
    ids_add(&s.start, 0);
    for (; s.n < SOME_SENTENCES; s.n++) {
        for (int n = 1 + rng_below(&r, 9); n > 0; n--)
            ids_add(&s.ids, rng_below(&r, 1 + rng_below(&r, SOME_WORDS)));
        ids_add(&s.start, s.ids.n);
    }
    return s;
}

static void probabilities_add_up_to_one(void **state)
{
    (void)state;
    Sentences s = random_text(1);
    Ngram g = learn(&s, 4, SOME_WORDS);
    Rng r = rng_new(2);
    static const NgramModel model[] = {ngram_kneser_ney, ngram_add_k};
    for (int round = 0; round < 200; round++) {
        int history[5], n = 1 + rng_below(&r, 4);
        for (int i = 0; i < n; i++)
            history[i] = rng_below(&r, SOME_WORDS);
        if (round % 2)
            history[0] = ngram_begin(&g);
        for (int order = 1; order <= 4; order++)
            for (int m = 0; m < 2; m++) {
                double sum = 0;
                for (int w = 0; w <= SOME_WORDS; w++) {
                    double p = model[m](&g, order, history, n, w, 0.3);
                    assert_true(p > 0);
                    sum += p;
                }
                assert_near(sum, 1, 1e-12);
            }
    }
    ngram_free(&g);
    sentences_free(&s);
}

// Kneser-Ney by its definition, looking through the whole text for every count.
typedef struct Padded {
    int id[SOME_SENTENCES * 11], n;
} Padded;

static Padded pad(const Sentences *s)
{
    Padded p = {.n = 0};
    for (int i = 0; i < s->n; i++) {
        p.id[p.n++] = SOME_WORDS + 1;
        for (int k = s->start.at[i]; k < s->start.at[i + 1]; k++)
            p.id[p.n++] = s->ids.at[k];
        p.id[p.n++] = SOME_WORDS;
    }
    return p;
}

static int occurs(const Padded *p, const int *gram, int n)
{
    int count = 0;
    for (int i = 0; i + n <= p->n; i++) {
        bool inside = true; // not across the end of a sentence
        for (int k = 0; k + 1 < n; k++)
            inside &= p->id[i + k] != SOME_WORDS;
        count += inside && memcmp(p->id + i, gram, n * sizeof *gram) == 0;
    }
    return count;
}

// The count of a sequence when it is the longest that is looked at, else the
// number of different words before it.
static int slow_count(const Padded *p, const int *gram, int n, bool longest)
{
    int longer[8], kinds = 0;
    if (longest || gram[0] == SOME_WORDS + 1)
        return occurs(p, gram, n);
    memcpy(longer + 1, gram, n * sizeof *gram);
    for (int w = 0; w <= SOME_WORDS + 1; w++) {
        longer[0] = w;
        kinds += w != SOME_WORDS && occurs(p, longer, n + 1) > 0;
    }
    return kinds;
}

static double slow_kneser_ney(const Padded *p, const Ngram *g,
                              const int *history, int n, int word, int order)
{
    double lower = 1.0 / (SOME_WORDS + 1);
    if (n > 0)
        lower = slow_kneser_ney(p, g, history + 1, n - 1, word, order);
    const bool longest = n == order - 1;
    int gram[8];
    memcpy(gram, history, n * sizeof *gram);
    double total = 0, kinds = 0, count = 0;
    for (int w = 0; w <= SOME_WORDS; w++) {
        gram[n] = w;
        const int c = slow_count(p, gram, n + 1, longest);
        total += c;
        kinds += c > 0;
        if (w == word)
            count = c;
    }
    if (total == 0)
        return lower;
    const double d = g->discount[n + 1][!longest];
    return (fmax(count - d, 0) + d * kinds * lower) / total;
}

static void kneser_ney_is_its_definition(void **state)
{
    (void)state;
    Sentences s = random_text(3);
    Padded p = pad(&s);
    Ngram g = learn(&s, 3, SOME_WORDS);
    Rng r = rng_new(4);
    for (int round = 0; round < 300; round++) {
        int history[2] = {rng_below(&r, SOME_WORDS), rng_below(&r, SOME_WORDS)};
        if (round % 3 == 0)
            history[0] = ngram_begin(&g);
        const int word = rng_below(&r, SOME_WORDS + 1);
        const int n = 1 + round % 2; // 1: a sentence that has just begun
        if (n == 1 && round % 3 == 1)
            history[0] = ngram_begin(&g);
        assert_near(ngram_kneser_ney(&g, 3, history, n, word, 0),
                    slow_kneser_ney(&p, &g, history, n, word, 3), 1e-12);
    }
    ngram_free(&g);
    sentences_free(&s);
}

static void continuations_are_different_words(void **state)
{
    (void)state;
    Sentences s = random_text(5);
    Padded p = pad(&s);
    Ngram g = learn(&s, 3, SOME_WORDS);
    assert_int_equal(g.gram[0].before, 0);
    for (int a = 0; a <= SOME_WORDS; a++)
        for (int b = 0; b <= SOME_WORDS; b++) {
            const int gram[] = {a, b};
            for (int n = 1; n <= 2; n++) {
                const int node = ngram_find(&g, gram + 2 - n, n);
                if (node >= 0)
                    assert_int_equal(g.gram[node].before,
                                     slow_count(&p, gram + 2 - n, n, false));
            }
        }
    ngram_free(&g);
    sentences_free(&s);
}

static void a_model_of_nothing_knows_nothing(void **state)
{
    (void)state;
    Ngram g = ngram_new(3, 4);
    ngram_finish(&g);
    const int history[] = {ngram_begin(&g), 2};
    assert_near(ngram_kneser_ney(&g, 3, history, 2, 1, 0), 0.2, 1e-12);
    assert_near(ngram_add_k(&g, 3, history, 2, 1, 0.5), 0.2, 1e-12);
    ngram_free(&g);
    g = ngram_new(2, 1);
    ngram_learn(&g, NULL, 0); // an empty sentence: its end is all there is
    ngram_finish(&g);
    assert_near(ngram_kneser_ney(&g, 2, history, 0, 1, 0), 0.75, 1e-12);
    ngram_free(&g);
}

// --- drawing words ----------------------------------------------------------

static void boxes_hold_the_weights(void **state)
{
    (void)state;
    enum { N = 13 };
    double weight[N], sum = 0, share[N] = {0};
    Rng r = rng_new(1);
    for (int i = 0; i < N; i++)
        sum += weight[i] = i == 4 ? 0 : pow((double)rng_uniform(&r), 3);
    Sampler s = sampler_new(weight, N);
    for (int i = 0; i < N; i++) {
        share[i] += (double)s.own[i] / N;
        share[s.other[i]] += (1 - (double)s.own[i]) / N;
    }
    for (int i = 0; i < N; i++)
        assert_near(share[i], weight[i] / sum, 1e-6);
    int drawn[N] = {0};
    for (int i = 0; i < 100000; i++)
        drawn[sampler_draw(&s, &r)]++;
    assert_int_equal(drawn[4], 0);
    for (int i = 0; i < N; i++) // five standard deviations
        assert_near(drawn[i] / 1e5, share[i],
                    5 * sqrt(share[i] * (1 - share[i]) / 1e5));
    sampler_free(&s);
    s = sampler_new((const double[]){2}, 1);
    assert_int_equal(sampler_draw(&s, &r), 0);
    sampler_free(&s);
}

static void rare_words_get_more_than_their_share(void **state)
{
    (void)state;
    double weight[4];
    negative_weights((const int64_t[]){99, 16, 81, 1}, 4, weight);
    assert_near(weight[0], 0, 0);
    assert_near(weight[1], 8, 1e-9);
    assert_near(weight[2], 27, 1e-9);
    assert_near(weight[3], 1, 1e-9);
    assert_near((double)keep_probability(100, 1000, 1e-3), 0.1, 1e-6);
    assert_near((double)keep_probability(1, 1000, 1e-3), 1, 0);
    assert_near((double)keep_probability(900, 1000, 0), 1, 0);
}

// --- the gradient -----------------------------------------------------------

// In each window: the loss by its formula.
static double slow_loss(int d, int m, const float *in, int n, const float *out)
{
    double loss = 0;
    for (int i = 0; i < m; i++)
        for (int k = 0; k < n; k++) {
            double x = 0;
            for (int j = 0; j < d; j++)
                x += (double)in[i * d + j] * (double)out[k * d + j];
            loss -= log(1 / (1 + exp(k == 0 ? -x : x)));
        }
    return loss;
}

static void a_window_goes_down_its_slope(void **state)
{
    (void)state;
    enum { D = 11, MOST = 7 };
    static const int size[][2] = {{3, 5}, {1, 2}, {7, 1}, {1, 1}};
    Rng r = rng_new(1);
    for (int k = 0; k < 4; k++) {
        const int m = size[k][0], n = size[k][1];
        float x[2][MOST * D], move[2][MOST * D];
        double loss = 0;
        for (int i = 0; i < 2 * MOST * D; i++)
            x[i / (MOST * D)][i % (MOST * D)] = rng_normal(&r);
        window_step(D, m, x[0], n, x[1], 0.5f, move[0], move[1], &loss);
        assert_near(loss, slow_loss(D, m, x[0], n, x[1]), 1e-4);
        for (int side = 0; side < 2; side++)
            for (int i = 0; i < (side ? n : m) * D; i++) {
                const float was = x[side][i], h = 1e-2f;
                x[side][i] = was + h;
                double slope = slow_loss(D, m, x[0], n, x[1]);
                x[side][i] = was - h;
                slope -= slow_loss(D, m, x[0], n, x[1]);
                x[side][i] = was;
                slope /= 2 * (double)h;
                assert_near((double)move[side][i], -0.5 * slope, 1e-3);
            }
    }
}

static void extreme_scores_stay_finite(void **state)
{
    (void)state;
    const float in[] = {100}, out[] = {-3, 3};
    float move_in[1], move_out[2];
    double loss = 0;
    window_step(1, 1, in, 2, out, 1, move_in, move_out, &loss);
    assert_near(loss, 600, 1e-3);
    assert_near((double)move_in[0], -6, 1e-5); // -3 for each of the two
    assert_near((double)move_out[0], 100, 1e-4);
    assert_near((double)move_out[1], -100, 1e-4);
}

// --- threads ----------------------------------------------------------------

static void changes_add_up(void **state)
{
    (void)state;
    SharedRows s = rows_new(3, 2);
    for (int i = 0; i < 6; i++)
        s.table.at[i] = (float)i;
    rows_copy(&s, 0, 1)[0] += 10;
    rows_copy(&s, 5, 1)[0] += 1;
    rows_copy(&s, 5, 1)[0] += 1; // the same copy
    rows_copy(&s, 7, 2)[1] = 50;
    const float before[] = {0, 1, 2, 3, 4, 5}, after[] = {0, 1, 14, 3, 4, 50};
    assert_memory_equal(s.table.at, before, sizeof before);
    rows_join(&s);
    assert_memory_equal(s.table.at, after, sizeof after);
    assert_memory_equal(rows_copy(&s, 5, 1), after + 2, 2 * sizeof(float));
    rows_free(&s);
}

// A text about two things: words in a and words in b never meet.
enum { TOPIC = 30 };

static Sentences two_topics(Lexicon *l)
{
    Buffer text = {0};
    Rng r = rng_new(1);
    for (int i = 0; i < 3000; i++) {
        for (int k = 0; k < 6; k++)
            buffer_print(&text, "%c%d ", i % 2 ? 'a' : 'b',
                         rng_below(&r, TOPIC));
        buffer_print(&text, "\n");
    }
    *l = lexicon_new((Text){text.at, text.length}, 1, true);
    Sentences s = sentences_new((Text){text.at, text.length}, l, true);
    buffer_free(&text);
    return s;
}

static Vectors learned(bool cbow, int threads, uint64_t seed, double *loss)
{
    Lexicon l;
    Sentences s = two_topics(&l);
    threads_set(threads);
    SkipGram g = skipgram_new(&l, &s,
                              (SkipGramSettings){.cbow = cbow,
                                                 .width = 13,
                                                 .window = 3,
                                                 .negatives = 4,
                                                 .subsample = 0.05,
                                                 .rate = 0.05f,
                                                 .epochs = 2,
                                                 .seed = seed});
    loss[0] = skipgram_epoch(&g);
    loss[1] = skipgram_epoch(&g);
    Vectors v = skipgram_vectors(&g);
    skipgram_free(&g);
    sentences_free(&s);
    lexicon_free(&l);
    threads_set(1);
    return v;
}

static Vectors gloved(int threads, uint64_t seed, double *loss)
{
    Lexicon l;
    Sentences s = two_topics(&l);
    threads_set(threads);
    Counts c = counts_new(&s, l.word.n, 3);
    Glove g = glove_new(&c, 13, 0.05f, 20, seed);
    loss[0] = glove_epoch(&g);
    for (int i = 1; i < 20; i++)
        loss[1] = glove_epoch(&g);
    Vectors v = glove_vectors(&g);
    glove_free(&g);
    counts_free(&c);
    sentences_free(&s);
    lexicon_free(&l);
    threads_set(1);
    return v;
}

static Vectors by_method(int method, int threads, uint64_t seed, double *loss)
{
    return method == 2 ? gloved(threads, seed, loss)
                       : learned(method == 1, threads, seed, loss);
}

static void any_number_of_threads_learns_the_same(void **state)
{
    (void)state;
    for (int method = 0; method < 3; method++) {
        double loss[4][2];
        Vectors v[4];
        for (int i = 0; i < 4; i++) // 1, 2, 3 threads, and another seed
            v[i] = by_method(method, i < 3 ? i + 1 : 2, i < 3 ? 7 : 8, loss[i]);
        const size_t bytes = sizeof(float) * v[0].n * v[0].width;
        for (int i = 1; i < 3; i++) {
            assert_memory_equal(v[0].at, v[i].at, bytes);
            assert_memory_equal(loss[0], loss[i], sizeof loss[0]);
        }
        assert_memory_not_equal(v[0].at, v[3].at, bytes);
        // Knowing nothing, a true word and four drawn cost 5 log 2 = 3.47;
        // GloVe's loss falls.
        if (!(loss[0][1] < (method == 2 ? 0.5 * loss[0][0] : 2.6)))
            fail_msg("method %d: the loss is %g, then %g", method, loss[0][0],
                     loss[0][1]);
        for (int i = 0; i < 4; i++)
            vectors_free(&v[i]);
    }
}

static void two_topics_part(void **state)
{
    (void)state;
    for (int method = 0; method < 2; method++) {
        double loss[2];
        Lexicon l;
        Sentences s = two_topics(&l);
        Vectors v = by_method(method, 1, 1, loss);
        for (int a = 1; a < l.word.n; a++)
            for (int b = 1; b < a; b++) {
                const double cosine = vectors_cosine(&v, a, b);
                const char *x = l.word.piece[a].at, *y = l.word.piece[b].at;
                if (x[0] == y[0] ? cosine < 0.5 : cosine > 0.3)
                    fail_msg("method %d: the cosine of %s and %s is %g", method,
                             x, y, cosine);
            }
        vectors_free(&v);
        sentences_free(&s);
        lexicon_free(&l);
    }
}

// --- counts -----------------------------------------------------------------

static float count_at(const Counts *c, int i, int j)
{
    for (int64_t k = c->start[i]; k < c->start[i + 1]; k++)
        if (c->col[k] == j)
            return c->value[k];
    return 0;
}

static void neighbours_are_counted_by_distance(void **state)
{
    (void)state;
    Sentences s = random_text(6);
    Counts c = counts_new(&s, SOME_WORDS, 3);
    for (int a = 0; a < SOME_WORDS; a++)
        for (int b = 0; b < SOME_WORDS; b++) {
            double want = 0;
            for (int k = 0; k < s.n; k++)
                for (int i = s.start.at[k]; i < s.start.at[k + 1]; i++)
                    for (int j = s.start.at[k]; j < s.start.at[k + 1]; j++)
                        if (i != j && abs(i - j) <= 3 && s.ids.at[i] == a &&
                            s.ids.at[j] == b)
                            want += 1.0 / abs(i - j);
            assert_near((double)count_at(&c, a, b), want, 1e-4);
        }
    counts_free(&c);
    sentences_free(&s);
    s = (Sentences){0};
    ids_add(&s.start, 0);
    c = counts_new(&s, 2, 1);
    assert_int_equal(c.start[2], 0);
    counts_free(&c);
    sentences_free(&s);
}

// "a b", "a c": a is beside b once and beside c once, nothing else.
static void surprise_by_hand(void **state)
{
    (void)state;
    Lexicon l = lexicon_new(text_of("a b\na c\n"), 1, true);
    Sentences s = sentences_new(text_of("a b\na c\n"), &l, true);
    Counts c = counts_new(&s, l.word.n, 2);
    counts_to_ppmi(&c);
    // P(a, b) = 1/4, P(a) = 1/2, P(b) = 1/4: log 2.
    assert_near((double)count_at(&c, 1, 2), log(2), 1e-6);
    assert_near((double)count_at(&c, 3, 1), log(2), 1e-6);
    assert_near((double)count_at(&c, 2, 3), 0, 0);
    counts_free(&c);
    sentences_free(&s);
    lexicon_free(&l);
}

// One count, vectors of width 1: the step of AdaGrad, worked out.
static void one_count_takes_one_step(void **state)
{
    (void)state;
    int64_t start[] = {0, 1, 1};
    int col[] = {1};
    float value[] = {5};
    Counts c = {2, start, col, value};
    Glove g = glove_new(&c, 1, 0.1f, 1, 3);
    const double a = (double)vectors_row(&g.word.table, 0)[0];
    const double b = (double)vectors_row(&g.context.table, 1)[0];
    const double error = a * b - log(5), f = pow(0.5, 0.75);
    assert_near(glove_epoch(&g), f * error * error, 1e-5);
    const double by_a = f * error * b, by_b = f * error * a,
                 by_bias = f * error;
    const float *row = vectors_row(&g.word.table, 0);
    assert_near((double)row[0], a - 0.1 * by_a / sqrt(1 + by_a * by_a), 1e-6);
    assert_near((double)row[1], -0.1 * by_bias / sqrt(1 + by_bias * by_bias),
                1e-6);
    assert_near((double)row[2], 1 + by_a * by_a, 1e-5);
    row = vectors_row(&g.context.table, 1);
    assert_near((double)row[0], b - 0.1 * by_b / sqrt(1 + by_b * by_b), 1e-6);
    assert_near((double)row[3], 1 + by_bias * by_bias, 1e-5);
    glove_free(&g);
}

// --- directions -------------------------------------------------------------

static void times_diagonal(void *context, const float *x, float *y, int k)
{
    (void)context;
    static const float d[] = {1, -9, 2, 5, 0};
    for (int i = 0; i < 5 * k; i++)
        y[i] = d[i / k] * x[i];
}

static void the_main_directions_win(void **state)
{
    (void)state;
    float basis[5 * 2];
    subspace(5, 2, times_diagonal, NULL, 60, 1, basis);
    for (int i = 0; i < 5; i++) {
        assert_near((double)fabsf(basis[2 * i]), i == 1, 1e-4);
        assert_near((double)fabsf(basis[2 * i + 1]), i == 3, 1e-4);
    }
}

// Points (3t, 4t) + (1, 1): all variance is along (0.6, 0.8).
static void principal_components_of_a_line(void **state)
{
    (void)state;
    Vectors v = vectors_new(7, 2);
    float at[7];
    for (int i = 0; i < 7; i++) {
        v.at[2 * i] = 1 + 3 * (float)i;
        v.at[2 * i + 1] = 1 + 4 * (float)i;
    }
    principal(&v, 1, 1, at);
    const float sign = at[6] > 0 ? 1 : -1;
    for (int i = 0; i < 7; i++)
        assert_near((double)(sign * at[i]), 5.0 * (i - 3), 1e-3);
    vectors_free(&v);
}

static void neighbours_have_the_perplexity(void **state)
{
    (void)state;
    enum { N = 17 };
    double squared[N], p[N], sum = 0, entropy = 0;
    for (int i = 0; i < N; i++)
        squared[i] = 50.0 * (i - 5) * (i - 5);
    tsne_neighbours(squared, N, 5, 4, p);
    for (int i = 0; i < N; i++) {
        sum += p[i];
        entropy -= p[i] > 0 ? p[i] * log(p[i]) : 0;
    }
    assert_near(p[5], 0, 0);
    assert_near(sum, 1, 1e-12);
    assert_near(exp(entropy), 4, 1e-3);
    assert_true(p[4] > p[3] && p[6] > p[8]);
}

static void groups_stay_together_on_the_map(void **state)
{
    (void)state;
    enum { N = 21 };
    Vectors v = vectors_new(N, 6);
    Rng r = rng_new(1);
    float at[2 * N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < 6; j++)
            vectors_row(&v, i)[j] = rng_normal(&r) + (j == i % 3 ? 20 : 0);
    for (int i = 0; i < 2 * N; i++)
        at[i] = rng_normal(&r);
    tsne(&v, 5, 500, at);
    for (int i = 0; i < N; i++) {
        int near = -1;
        float best = INFINITY;
        for (int j = 0; j < N; j++) {
            const float x = at[2 * i] - at[2 * j];
            const float y = at[2 * i + 1] - at[2 * j + 1];
            if (j != i && x * x + y * y < best) {
                best = x * x + y * y;
                near = j;
            }
        }
        assert_int_equal(near % 3, i % 3);
    }
    vectors_free(&v);
}

// --- asking vectors ---------------------------------------------------------

// Word 1 is at 0 degrees, 2 at 10, 3 at 30, 4 at 90, 5 at 180; 6 is zero.
static Vectors fan(void)
{
    static const double degrees[] = {0, 0, 10, 30, 90, 180};
    Vectors v = vectors_new(7, 2);
    for (int i = 1; i < 6; i++) {
        v.at[2 * i] = (float)(i * cos(degrees[i] * 3.14159265 / 180));
        v.at[2 * i + 1] = (float)(i * sin(degrees[i] * 3.14159265 / 180));
    }
    v.at[0] = 1; // row 0 must never be an answer
    return v;
}

static void near_words_come_first(void **state)
{
    (void)state;
    Vectors v = fan(), u = vectors_unit(&v);
    Near near[9];
    assert_near((double)u.at[2 * 4 + 1], 1, 1e-6);
    assert_near((double)u.at[2 * 6], 0, 0);
    const float to[] = {3, 0};
    assert_int_equal(vectors_near(&u, to, (const int[]){1}, 1, near, 3), 3);
    assert_int_equal(near[0].word, 2);
    assert_int_equal(near[1].word, 3);
    assert_near((double)near[0].cosine, cos(10 * 3.14159265 / 180), 1e-6);
    assert_int_equal(vectors_near(&u, to, NULL, 0, near, 9), 6);
    assert_int_equal(near[0].word, 1);
    assert_int_equal(near[5].word, 5);
    assert_near(vectors_cosine(&v, 1, 3), cos(30 * 3.14159265 / 180), 1e-6);
    assert_near(vectors_cosine(&v, 1, 6), 0, 0);
    vectors_free(&u);
    vectors_free(&v);
}

static void analogies_do_not_answer_with_the_question(void **state)
{
    (void)state;
    // man 1, king 2, woman 3, queen 4, apple 5: (royal, female, fruit)
    Vectors v = vectors_new(6, 3);
    const float at[] = {0, 0, 0, 0.1f, 0, 0, 1, 0,    0,
                        0, 1, 0, 0.7f, 1, 0, 0, 0.2f, 1};
    memcpy(v.at, at, sizeof at);
    Vectors u = vectors_unit(&v);
    assert_int_equal(vectors_analogy(&u, 1, 2, 3), 4);
    assert_int_equal(vectors_analogy(&u, 3, 4, 1), 2);
    u.n = 4; // no word is left but those of the question
    assert_int_equal(vectors_analogy(&u, 1, 2, 3), -1);
    u.n = 6;
    vectors_free(&u);
    vectors_free(&v);
}

static void vectors_are_saved_as_text(void **state)
{
    (void)state;
    char path[400];
    snprintf(path, sizeof path, "%s/v", testing_dir("05-save"));
    Vectors v = vectors_new(3, 2);
    const float at[] = {9, 9, 0.5f, -1, 0, 1e-9f};
    memcpy(v.at, at, sizeof at);
    const Text piece[] = {text_of("<unk>"), text_of("a"), text_of("be")};
    vectors_save(&v, piece, path);
    Buffer b = text_read(path);
    assert_string_equal(b.at, "2 2\na 0.5 -1\nbe 0 1e-09\n");
    buffer_free(&b);
    vectors_free(&v);
}

// --- agreement with people --------------------------------------------------

static void ranks_are_shared(void **state)
{
    (void)state;
    double rank[5];
    ranks((const double[]){3, 1, 3, 2, 3}, 5, rank);
    const double want[] = {4, 1, 4, 2, 4};
    for (int i = 0; i < 5; i++)
        assert_near(rank[i], want[i], 0);
    // On paper: d = 1, -1, 0, 1, -1 and rho = 1 - 6 * 4 / (5 * 24).
    assert_near(spearman((const double[]){1, 2, 3, 4, 5},
                         (const double[]){20, 10, 30, 50, 40}, 5),
                0.8, 1e-12);
    assert_near(
        spearman((const double[]){1, 2, 9}, (const double[]){5, 4, 1}, 3), -1,
        1e-12);
    // With ties: ranks 1.5, 1.5, 3 and 1, 2, 3: 1.5 / sqrt(1.5 * 2).
    assert_near(
        spearman((const double[]){7, 7, 8}, (const double[]){1, 2, 3}, 3),
        sqrt(3) / 2, 1e-12);
    assert_near(spearman((const double[]){1}, (const double[]){1}, 1), 0, 0);
    assert_near(spearman(NULL, NULL, 0), 0, 0);
    assert_near(spearman((const double[]){1, 1}, (const double[]){1, 2}, 2), 0,
                0);
}

static const char *scratch(const char *name, const char *text)
{
    testing_dir("05");
    return testing_write(name, text);
}

static void known_pairs_are_compared(void **state)
{
    (void)state;
    RatedPairs p = rated_read(scratch("pairs", "One\ttwo\t9.5\r\none\tnew\t3\n"
                                               "two\tthree\t1\none\tthree\t5"));
    assert_int_equal(p.n, 4);
    assert_string_equal(p.at[0].a, "One");
    assert_near(p.at[3].rating, 5, 0);
    Lexicon l = lexicon_new(text_of("one one one two two three"), 1, true);
    Vectors v = vectors_new(4, 2);
    const float at[] = {0, 0, 1, 0, 1, 0.1f, 0, 1};
    memcpy(v.at, at, sizeof at);
    int known;
    // Cosines 0.995, 0.0995, 0 against 9.5, 1, 5: ranks 3 2 1 and 3 1 2.
    assert_near(agreement(&p, &l, &v, &known), 0.5, 1e-12);
    assert_int_equal(known, 3);
    vectors_free(&v);
    lexicon_free(&l);
    rated_free(&p);
}

static void questions_are_counted_by_kind(void **state)
{
    (void)state;
    Lexicon l = lexicon_new(text_of("man king woman queen apple"), 1, true);
    Questions q = questions_read(scratch("q", ": people\nman king woman queen\n"
                                              "Man King apple queen\n"
                                              ": cities\nman king Oslo rome\n"),
                                 &l);
    assert_int_equal(q.kinds, 2);
    assert_int_equal(q.n, 2);
    assert_int_equal(q.all, 3);
    assert_string_equal(q.name[1], "cities");
    Vectors v = vectors_new(6, 3);
    const float at[] = {0, 0, 0, 0.1f, 0, 0, 1, 0,    0,
                        0, 1, 0, 0.7f, 1, 0, 0, 0.2f, 1};
    memcpy(v.at, at, sizeof at);
    Vectors u = vectors_unit(&v);
    int right[QUESTION_KINDS], asked[QUESTION_KINDS];
    assert_int_equal(questions_answer(&q, &u, right, asked), 1);
    assert_int_equal(right[0], 1);
    assert_int_equal(asked[0], 2);
    assert_int_equal(asked[1], 0);
    vectors_free(&u);
    vectors_free(&v);
    questions_free(&q);
    lexicon_free(&l);
}

static void read_pairs(void *path)
{
    rated_read(path);
}

static void read_questions(void *path)
{
    Lexicon l = lexicon_new(text_of("a b"), 1, true);
    questions_read(path, &l);
}

// The program ends with status 1 and one line that says this part.
static void expect_end(void (*body)(void *), const char *with, const char *part)
{
    char copy[1000];
    snprintf(copy, sizeof copy, "%s", with);
    assert_dies(body, copy, 1, part);
}

static void bad_files_get_one_line(void **state)
{
    (void)state;
    static const char *const pairs[] = {"a\tb\n", "a\tb\tx\n", "a\t\t3\n",
                                        "a\tb\tnan\n", "a\tb\t1e999\n"};
    for (int i = 0; i < 5; i++)
        expect_end(read_pairs, scratch("bad", pairs[i]), "line 1");
    Buffer b = {0};
    buffer_print(&b, "ok\tok\t1\n");
    for (int i = 0; i < 40; i++)
        buffer_print(&b, "w");
    buffer_print(&b, "\tb\t1\n");
    expect_end(read_pairs, scratch("bad", b.at), "line 2");
    buffer_free(&b);
    expect_end(read_pairs, "build/none", "build/none");
    static const char *const ask[] = {"a b a b\n", ": k\na b a\n",
                                      ": k\na b a b a\n", ": \n"};
    for (int i = 0; i < 4; i++)
        expect_end(read_questions, scratch("bad", ask[i]), "line");
}

// --- the files of USE-lite --------------------------------------------------

#define MODEL                                                                  \
    "{\"weightsManifest\":[{\"paths\":[\"s1\",\"s2\"],\"weights\":["           \
    "{\"name\":\"a\",\"shape\":[3],\"dtype\":\"int32\"},"                      \
    "{\"name\":\"x/Embeddings_en\",\"shape\":[3,2],\"dtype\":\"float32\"},"    \
    "{\"name\":\"b\",\"shape\":[],\"dtype\":\"float32\"}]}]}"

// Ten numbers in two files, cut in the middle of a number.
static const char *write_model(const char *json, size_t bytes)
{
    static char path[420], *dir;
    float x[10];
    char shard[440];
    free(dir);
    dir = copy_text(testing_dir("05-model"));
    for (int i = 0; i < 10; i++)
        x[i] = (float)i;
    snprintf(shard, sizeof shard, "%s/s1", dir);
    text_write(shard, x, 18);
    snprintf(shard, sizeof shard, "%s/s2", dir);
    text_write(shard, (char *)x + 18, bytes - 18);
    snprintf(shard, sizeof shard, "%s/vocab.json", dir);
    const char vocab[] = "[[\"x\",0],[\"\xe2\x96\x81sea\",-1],[\"\xe2\x96\x81"
                         "Tea\",-2]]";
    text_write(shard, vocab, sizeof vocab - 1);
    snprintf(path, sizeof path, "%s/model.json", dir);
    text_write(path, json, strlen(json));
    return path;
}

static void tensors_are_found_across_files(void **state)
{
    (void)state;
    int rows, cols;
    const char *path = write_model(MODEL, 40);
    float *x = tfjs_tensor(path, "Embeddings", &rows, &cols);
    const float want[] = {3, 4, 5, 6, 7, 8};
    assert_int_equal(rows, 3);
    assert_int_equal(cols, 2);
    assert_memory_equal(x, want, sizeof want);
    free(x);
    char dir[400];
    snprintf(dir, sizeof dir, "%.*s", (int)(strrchr(path, '/') - path), path);
    const Run run = {.data = dir};
    Lexicon l;
    Vectors v;
    assert_true(use_lite_words(&run, &l, &v));
    assert_int_equal(l.word.n, 3); // <unk>, sea, Tea
    assert_int_equal(lexicon_find(&l, text_of("Tea")), 2);
    assert_memory_equal(vectors_row(&v, 1), want + 2, 4 * sizeof *want);
    vectors_free(&v);
    lexicon_free(&l);
    const Run none = {.data = "build/none"};
    assert_false(use_lite_words(&none, &l, &v));
}

static void read_tensor(void *part)
{
    int rows, cols;
    tfjs_tensor(write_model(MODEL, 40), part, &rows, &cols);
}

static void read_damaged(void *json)
{
    int rows, cols;
    tfjs_tensor(write_model(json, 28), "mbed", &rows, &cols);
}

static void damaged_models_get_one_line(void **state)
{
    (void)state;
    expect_end(read_tensor, "no such", "no tensor *no such*");
    expect_end(read_tensor, "a", "float32"); // int32
    expect_end(read_tensor, "", "one tensor");
    expect_end(read_damaged, MODEL, "end at byte 28, expected 36");
    expect_end(read_damaged, "{", "weightsManifest");
    expect_end(read_damaged, "[1]", "weightsManifest");
    expect_end(read_damaged,
               "{\"weightsManifest\":[{\"paths\":[\"../s1\"],\"weights\":[{"
               "\"name\":\"mbed\",\"shape\":[1],\"dtype\":\"float32\"}]}]}",
               "names of files");
    expect_end(read_damaged,
               "{\"weightsManifest\":[{\"paths\":[],\"weights\":[{"
               "\"name\":\"mbed\",\"shape\":[-1],\"dtype\":\"float32\"}]}]}",
               "shapes");
    expect_end(read_damaged,
               "{\"weightsManifest\":[{\"paths\":[],\"weights\":[{\"name\":"
               "\"mbed\",\"shape\":[99999,99999],\"dtype\":\"float32\"}]}]}",
               "shapes");
}

// --- the program ------------------------------------------------------------

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    assert_refused(2, "--window", "05-word-vectors --window 99");
    assert_refused(2, "stray", "05-word-vectors stray");
    assert_refused(1, "build/none", "05-word-vectors --text build/none");
    assert_refused(1, "too short", "05-word-vectors --text %s",
                   scratch("empty", ""));
    Buffer few = {0};
    for (int i = 0; i < 30; i++)
        buffer_print(&few, "only a few words\n");
    assert_refused(1, "occur 5 times", "05-word-vectors --text %s",
                   scratch("few", few.at));
    buffer_free(&few);
    assert_refused(1, "give a smaller --rate than 1",
                   "05-word-vectors --quick --rate 1");
    // CBOW takes four times the rate, and fails before skip-gram does.
    assert_refused(1, "give a smaller --rate than 0.15",
                   "05-word-vectors --quick --rate 0.15 --epochs 1");
    char said[1000]; // before anything else
    testing_run(said, sizeof said,
                "05-word-vectors --quick --save /dev/null/x");
    assert_string_equal(said, "05-word-vectors: /dev/null/x: cannot be "
                              "written: Not a directory\n");
}

static void ctrl_c_ends_the_training_then_the_rest(void **state)
{
    (void)state;
    static char said[20000];
    // However early it comes, there is one epoch to tell of.
    assert_int_equal(testing_press(said, sizeof said, "  epoch     loss",
                                   "05-word-vectors --quick --threads 1"),
                     0);
    assert_non_null(strstr(said, "stopped after 1 of 4 epochs"));
    assert_null(strstr(said, "4. Four ways"));
    assert_non_null(strstr(said, "=> "));
    // Vectors that have not been learnt are not scored.
    assert_int_equal(testing_press(said, sizeof said, "  skip-gram    ",
                                   "05-word-vectors --quick --threads 1"),
                     0);
    assert_non_null(strstr(said, "\n  stopped\n"));
    assert_null(strstr(said, "  CBOW"));
    assert_null(strstr(said, "  GloVe"));
    assert_non_null(strstr(said, "=> "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_cut_into_words),
        cmocka_unit_test(lexicons_begin_with_the_most_frequent),
        cmocka_unit_test(tags_come_off),
        cmocka_unit_test(the_toy_text_by_hand),
        cmocka_unit_test(probabilities_add_up_to_one),
        cmocka_unit_test(kneser_ney_is_its_definition),
        cmocka_unit_test(continuations_are_different_words),
        cmocka_unit_test(a_model_of_nothing_knows_nothing),
        cmocka_unit_test(boxes_hold_the_weights),
        cmocka_unit_test(rare_words_get_more_than_their_share),
        cmocka_unit_test(a_window_goes_down_its_slope),
        cmocka_unit_test(extreme_scores_stay_finite),
        cmocka_unit_test(changes_add_up),
        cmocka_unit_test(any_number_of_threads_learns_the_same),
        cmocka_unit_test(two_topics_part),
        cmocka_unit_test(neighbours_are_counted_by_distance),
        cmocka_unit_test(surprise_by_hand),
        cmocka_unit_test(one_count_takes_one_step),
        cmocka_unit_test(the_main_directions_win),
        cmocka_unit_test(principal_components_of_a_line),
        cmocka_unit_test(neighbours_have_the_perplexity),
        cmocka_unit_test(groups_stay_together_on_the_map),
        cmocka_unit_test(near_words_come_first),
        cmocka_unit_test(analogies_do_not_answer_with_the_question),
        cmocka_unit_test(vectors_are_saved_as_text),
        cmocka_unit_test(ranks_are_shared),
        cmocka_unit_test(known_pairs_are_compared),
        cmocka_unit_test(questions_are_counted_by_kind),
        cmocka_unit_test(bad_files_get_one_line),
        cmocka_unit_test(tensors_are_found_across_files),
        cmocka_unit_test(damaged_models_get_one_line),
        cmocka_unit_test(misuse_is_told_in_a_line),
        cmocka_unit_test(ctrl_c_ends_the_training_then_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
