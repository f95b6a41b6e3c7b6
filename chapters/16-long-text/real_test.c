// What the table of real documents is made of: choosing sentences, folds and
// intervals, bags of words, remedies on frozen vectors, reading a folder.
#include "16-long-text/bags.h"
#include "16-long-text/choose.h"
#include "16-long-text/chunks.h"
#include "16-long-text/collection.h"
#include "16-long-text/folds.h"
#include "16-long-text/heads.h"
#include "16-long-text/inside.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.9g, expected %.9g", got, want);
}

// --- choosing sentences -----------------------------------------------------

static void overlap_of_two_sentences(void **state)
{
    (void)state;
    const int a[] = {1, 4, 7}, b[] = {2, 4, 7, 9};
    // Two words in both; the sentences have 5 and 4 words.
    near(sentence_overlap(a, 3, 5, b, 4, 4), 2 / (log(5) + log(4)), 1e-12);
    near(sentence_overlap(a, 3, 5, b, 1, 1), 0, 0);
    near(sentence_overlap(a, 1, 1, a, 1, 1), 0, 0); // log 1 + log 1
    near(sentence_overlap(a, 0, 0, b, 4, 4), 0, 0);
}

// Five sentences: the first two share two words, the third shares one with
// each, the fourth nothing, the last is one word of the first.
static const int five_ids[] = {1, 2, 3, 3, 1, 2, 4, 5, 3, 4, 6, 7, 8, 9, 1};
static const int five_starts[] = {0, 4, 8, 11, 14, 15};
static const Document five = {
    .n = 15, .id = five_ids, .sentences = 5, .sentence = five_starts};

static void textrank_is_the_fixed_point(void **state)
{
    (void)state;
    // Sentence 0 is 1 2 3 3, 1 is 1 2 4 5, 2 is 3 4 6.
    const double l4 = log(4), l3 = log(3);
    const double edge[5][5] = {{0, 2 / (2 * l4), 1 / (l4 + l3), 0, 1 / l4},
                               {2 / (2 * l4), 0, 1 / (l4 + l3), 0, 1 / l4},
                               {1 / (l4 + l3), 1 / (l4 + l3), 0, 0, 0},
                               {0},
                               {1 / l4, 1 / l4, 0, 0, 0}};
    double score[5], want[5], sum = 0, scale = 0;
    textrank(&five, score);
    for (int i = 0; i < 5; i++) {
        want[i] = 0.15;
        for (int j = 0; j < 5; j++) {
            double all = 0;
            for (int k = 0; k < 5; k++)
                all += edge[j][k];
            want[i] += all > 0 ? 0.85 * edge[j][i] / all * score[j] : 0;
        }
        sum += score[i];
        scale += want[i] / 5;
    }
    near(sum, 5, 1e-9);
    for (int i = 0; i < 5; i++)
        near(score[i], want[i] / scale, 1e-4);
    assert_true(score[0] == score[1] && score[0] > score[2]);
    assert_true(score[3] < score[2] && score[3] < score[4]);
}

static void tfidf_of_sentences(void **state)
{
    (void)state;
    double score[5];
    tfidf_sentences(&five, score);
    // Word 1: three times, in 3 of 5 sentences; 2: twice, in 2; 3: three times,
    // in 2.
    near(score[0],
         (3 * log(5. / 3) + 2 * log(5. / 2) + 2 * 3 * log(5. / 2)) / 4, 1e-12);
    near(score[3], log(5), 1e-12);
    near(score[4], 3 * log(5. / 3), 1e-12);
}

static void expect_chosen(const double *score, const int *cost, int n,
                          int budget, const int *want, int many)
{
    int got[8];
    assert_int_equal(choose_within(score, cost, n, budget, got), many);
    for (int i = 0; i < many; i++)
        assert_int_equal(got[i], want[i]);
}

static void the_best_that_fit_in_order(void **state)
{
    (void)state;
    const double score[] = {1, 5, 3, 4, 3};
    const int cost[] = {10, 20, 10, 30, 10};
    expect_chosen(score, cost, 5, 50, (int[]){1, 3}, 2);
    expect_chosen(score, cost, 5, 60, (int[]){1, 2, 3}, 3);
    expect_chosen(score, cost, 5, 45, (int[]){1, 2, 4}, 3); // 3 does not fit
    expect_chosen(score, cost, 5, 1000, (int[]){0, 1, 2, 3, 4}, 5);
    expect_chosen(score, cost, 5, 10, (int[]){2}, 1); // the first of equals
    expect_chosen(score, cost, 5, 9, (int[]){1}, 1);  // the best is cut
    expect_chosen(score, (int[]){0, 0, 0, 0, 0}, 5, 9, NULL, 0);
    expect_chosen(score, cost, 0, 9, NULL, 0);
}

static void choices_of_documents_without_sentences(void **state)
{
    (void)state;
    const int start[] = {0};
    const Document none = {.sentences = 0, .sentence = start};
    Rng r = rng_new(1);
    double score[5], again[5];
    for (int k = 0; k < CHOICES; k++)
        choice_scores((Choice)k, &none, &r, score);
    choice_scores(RANDOM_SENTENCES, &five, &r, score);
    choice_scores(RANDOM_SENTENCES, &five, &r, again);
    assert_true(score[0] != again[0]);
    choice_scores(TEXTRANK_SENTENCES, &five, &r, again);
    textrank(&five, score);
    assert_memory_equal(score, again, sizeof score);
    choice_scores(TFIDF_SENTENCES, &five, &r, again);
    tfidf_sentences(&five, score);
    assert_memory_equal(score, again, sizeof score);
}

// --- folds and intervals ----------------------------------------------------

static void folds_keep_the_classes(void **state)
{
    (void)state;
    enum { N = 103, K = 5, CLASSES = 3 };
    int label[N], fold[N], other[N], train[N], test[N];
    Rng r = rng_new(4);
    for (int i = 0; i < N; i++)
        label[i] = i % 10 == 0 ? 2 : i % 3 == 0;
    folds_deal(label, N, CLASSES, K, &r, fold);
    folds_deal(label, N, CLASSES, K, &r, other);
    assert_memory_not_equal(fold, other, sizeof fold);
    int count[K][CLASSES + 1] = {{0}};
    for (int i = 0; i < N; i++) {
        assert_in_range(fold[i], 0, K - 1);
        count[fold[i]][label[i]]++;
        count[fold[i]][CLASSES]++;
    }
    for (int a = 0; a < K; a++)
        for (int b = 0; b < K; b++)
            for (int c = 0; c <= CLASSES; c++)
                assert_true(abs(count[a][c] - count[b][c]) <= 1);
    for (int k = 0; k < K; k++) {
        bool seen[N] = {false};
        const int n = folds_split(NULL, fold, N, k, train, test);
        assert_int_equal(N - n, count[k][CLASSES]);
        for (int i = 0; i < N; i++) {
            const int d = i < n ? train[i] : test[i - n];
            assert_false(seen[d]);
            seen[d] = true;
            assert_true((fold[d] == k) == (i >= n));
        }
    }
}

static void a_split_of_some_documents(void **state)
{
    (void)state;
    const int which[] = {7, 3, 9, 5}, fold[] = {1, 0, 0, 1};
    int train[4], test[4];
    assert_int_equal(folds_split(which, fold, 4, 0, train, test), 2);
    assert_memory_equal(train, ((int[]){7, 5}), 2 * sizeof(int));
    assert_memory_equal(test, ((int[]){3, 9}), 2 * sizeof(int));
}

static void intervals_by_hand(void **state)
{
    (void)state;
    const double x[] = {1, 0, 1, 1}, y[] = {1, 0.5, 1, 0};
    Interval i = interval_of(x, 4);
    near(i.mean, 0.75, 1e-12);
    near(i.half, 1.96 * 0.5 / 2, 1e-12);
    i = interval_between(x, y, 4); // 0, -0.5, 0, 1
    near(i.mean, 0.125, 1e-12);
    near(i.half, 1.96 * sqrt((0.25 + 1 - 4 * 0.125 * 0.125) / 3 / 4), 1e-12);
    assert_true(isinf(interval_of(x, 1).half));
    near(interval_of(x, 0).mean, 0, 0);
}

static void groups_are_not_torn(void **state)
{
    (void)state;
    enum { N = 60 };
    Examples e = examples_new(N, 1, 2);
    int group[N], *fold, per[2] = {0};
    for (int i = 0; i < N; i++) {
        group[i] = i / 4;
        e.label[i] = group[i] % 2;
    }
    fold = fold_groups(&e, group, 2, 3);
    for (int i = 0; i < N; i++) {
        assert_int_equal(fold[i], fold[i / 4 * 4]);
        per[fold[i]] += i % 4 == 0;
    }
    assert_true(abs(per[0] - per[1]) <= 1);
    free(fold);
    examples_free(&e);
}

// Where the label is in the numbers, a small penalty is right; where it is
// noise, a large one.
static void the_penalty_fits_the_examples(void **state)
{
    (void)state;
    enum { N = 80, D = 40 };
    double penalty[2];
    for (int noise = 0; noise < 2; noise++) {
        Rng r = rng_new(11);
        Examples e = examples_new(N, D, 2);
        for (int i = 0; i < N; i++) {
            e.label[i] = rng_below(&r, 2);
            for (int j = 0; j < D; j++)
                e.x[i * D + j] = rng_normal(&r);
            if (!noise)
                e.x[i * D] = e.label[i] ? 3 : -3;
        }
        Fitted f = fit_inside(&e, NULL, (Inside){0.01, 100, 100}, 1);
        penalty[noise] = f.penalty;
        float p[2 * N];
        planes_probabilities(&f.planes, e.x, N, p);
        near(p[0] + p[1], 1, 1e-6);
        assert_true(noise ? f.loss > 0.6 : f.loss < 0.1);
        planes_free(&f.planes);
        examples_free(&e);
    }
    assert_true(penalty[0] < penalty[1]);
}

// --- documents of our own ---------------------------------------------------

enum { DOCS = 60, CLASSES = 3, LENGTH = 40, WIDTH = 12, MOST_CHUNKS = 7 };

// Words 1 .. 20 are noise. Word 30 + class stands at word `place` of a
// document. The chunks are noise, and number `class` of the chunk `loud` is 1
// more.
typedef struct Made {
    Document d[DOCS];
    int id[DOCS][LENGTH], starts[5], tokens[MOST_CHUNKS], which[DOCS];
    float chunk[DOCS][MOST_CHUNKS * WIDTH];
} Made;

static Made *made(int place, int loud)
{
    Made *m = new_array(1, sizeof *m);
    Rng r = rng_new(21);
    for (int k = 0; k < 5; k++)
        m->starts[k] = k * LENGTH / 4;
    for (int k = 0; k < MOST_CHUNKS; k++)
        m->tokens[k] = 100 + k;
    for (int i = 0; i < DOCS; i++) {
        const int class = i % CLASSES, chunks = 3 + i % (MOST_CHUNKS - 2);
        for (int j = 0; j < LENGTH; j++)
            m->id[i][j] = 1 + rng_below(&r, 20);
        m->id[i][place] = 30 + class;
        for (int j = 0; j < chunks * WIDTH; j++)
            m->chunk[i][j] = 0.1f * rng_normal(&r);
        m->chunk[i][loud % chunks * WIDTH + class] += 1;
        m->which[i] = i;
        m->d[i] = (Document){.class = class,
                             .n = LENGTH,
                             .id = m->id[i],
                             .sentences = 4,
                             .sentence = m->starts,
                             .chunks = chunks,
                             .width = WIDTH,
                             .chunk = m->chunk[i],
                             .chunk_tokens = m->tokens};
    }
    return m;
}

static double chunk_price(int tokens)
{
    return 1000. * tokens;
}

// Learns from the first 42 documents; the share of the others it gets right.
static double success(Remedy r, const Made *m, Cost *cost)
{
    enum { LEARN = 42 };
    float score[CLASSES];
    int right = 0;
    *cost = (Cost){0};
    void *learnt = r.learn(r.plan, m->d, m->which, LEARN, CLASSES, 1);
    for (int i = LEARN; i < DOCS; i++) {
        int best = 0;
        r.scores(learnt, &m->d[i], score, cost);
        for (int k = 1; k < CLASSES; k++)
            best = score[k] > score[best] ? k : best;
        right += best == m->d[i].class;
    }
    r.forget(learnt);
    return right / (double)(DOCS - LEARN);
}

// --- bags of words ----------------------------------------------------------

static void a_bag_by_hand(void **state)
{
    (void)state;
    const int ids[] = {5, 2, 5, 9, 7}, other[] = {5, 9}, third[] = {9, 2};
    const Document d[] = {
        {.n = 5, .id = ids}, {.n = 2, .id = other}, {.n = 2, .id = third}};
    const int which[] = {0, 1, 2};
    TfidfRows r = tfidf_rows(d, which, 3, 1, 0);
    // Words 2 and 5 are in two of three documents, 9 in all, 7 in one.
    assert_int_equal(r.rule.ids, 10);
    near((double)r.rule.idf[2], 1 + log(4. / 3), 1e-6);
    near((double)r.rule.idf[9], 1, 1e-6);
    near((double)r.rule.idf[7], 0, 0);
    const double two = 1 + log(4. / 3), five_twice = (1 + log(2)) * two;
    const double length = sqrt(two * two + five_twice * five_twice + 1);
    Bag b = tfidf_bag(&r.rule, &d[0]);
    assert_int_equal(b.n, 3);
    assert_memory_equal(b.word, ((int[]){2, 5, 9}), 3 * sizeof(int));
    near((double)b.value[0], two / length, 1e-6);
    near((double)b.value[1], five_twice / length, 1e-6);
    near((double)b.value[2], 1 / length, 1e-6);
    bag_free(&b);
    tfidf_rows_free(&r);
}

static double product_of(const Bag *a, const Bag *b)
{
    double sum = 0;
    for (int i = 0; i < a->n; i++)
        for (int j = 0; j < b->n; j++)
            if (a->word[i] == b->word[j])
                sum += (double)(a->value[i] * b->value[j]);
    return sum;
}

// The rows have the products of the bags, and weights found on the rows say the
// same about the bags.
static void rows_stand_for_bags(void **state)
{
    (void)state;
    enum { N = 23 };
    Made *m = made(7, 0);
    TfidfRows r = tfidf_rows(m->d, m->which, N, CLASSES, 11);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            near((double)dot(r.e.x + i * N, r.e.x + j * N, N),
                 product_of(&r.bag[i], &r.bag[j]), 1e-5);
    float w[N], *weight = new_array((size_t)r.rule.ids * 2, sizeof *weight);
    Rng rng = rng_new(2);
    for (int i = 0; i < N; i++)
        w[i] = rng_normal(&rng);
    tfidf_weights(&r, w, weight + 1, 2);
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (int k = 0; k < r.bag[i].n; k++)
            sum +=
                (double)(r.bag[i].value[k] * weight[r.bag[i].word[k] * 2 + 1]);
        near(sum, (double)dot(w, r.e.x + i * N, N), 2e-3);
        assert_int_equal(r.e.label[i], m->d[i].class);
    }
    free(weight);
    tfidf_rows_free(&r);
    free(m);
}

static void a_bag_finds_a_word_that_it_reads(void **state)
{
    (void)state;
    static const BagPlan all = {0}, first = {20};
    Made *late = made(33, 0), *soon = made(3, 0);
    Cost cost;
    near(success(bag_remedy("all", &all), late, &cost), 1, 0);
    near(cost.tokens, 18 * LENGTH, 0);
    assert_true(cost.madds > 0 && cost.bytes >= 4 * 4 * 30);
    near(success(bag_remedy("first", &first), soon, &cost), 1, 0);
    near(cost.tokens, 18 * 20, 0);
    assert_true(success(bag_remedy("first", &first), late, &cost) < 0.7);
    free(late);
    free(soon);
}

static void odd_documents_for_bags(void **state)
{
    (void)state;
    static const BagPlan all = {0};
    static const WordVectorPlan vectors = {8, 1};
    Made *m = made(3, 0);
    const Remedy both[] = {bag_remedy("", &all),
                           word_vector_remedy("", &vectors)};
    const int unseen[] = {1 << 20, 999};
    const Document empty = {0}, strange = {.n = 2, .id = unseen};
    m->d[5] = m->d[4]; // twice the same, and one without words
    m->d[6].n = m->d[6].sentences = 0;
    for (int k = 0; k < 2; k++) {
        float a[CLASSES], b[CLASSES];
        Cost cost = {0};
        void *l = both[k].learn(both[k].plan, m->d, m->which, 42, CLASSES, 1);
        both[k].scores(l, &empty, a, &cost);
        both[k].scores(l, &strange, b, &cost);
        assert_memory_equal(a, b, sizeof a);
        for (int j = 0; j < CLASSES; j++)
            assert_true(isfinite(a[j]));
        both[k].forget(l);
    }
    free(m);
}

static void the_majority_is_one_class(void **state)
{
    (void)state;
    Made *m = made(3, 0);
    Cost cost;
    for (int i = 0; i < 4; i++)
        m->d[i].class = 2;
    near(success(majority_remedy(""), m, &cost), 6. / 18, 1e-9);
    near(cost.tokens, 0, 0);
    free(m);
}

// Words of one class stand together, never beside those of another: their
// vectors tell the classes, also for a word that the classifier has seen in no
// document it learnt from. Here only that it learns.
static void word_vectors_learn(void **state)
{
    (void)state;
    static const WordVectorPlan plan = {16, 20};
    Made *m = made(3, 0);
    Rng r = rng_new(5);
    Cost cost;
    for (int i = 0; i < DOCS; i++)
        for (int j = 0; j < LENGTH; j++)
            m->id[i][j] = 1 + 8 * m->d[i].class + rng_below(&r, 8);
    near(success(word_vector_remedy("", &plan), m, &cost), 1, 0);
    near(cost.tokens, 18 * LENGTH, 0);
    free(m);
}

// --- frozen vectors ---------------------------------------------------------

static void expect_read(Reading r, int n, const int *want, int many)
{
    int got[20];
    assert_int_equal(chunks_read(r, n, got), many);
    for (int i = 0; i < many; i++)
        assert_int_equal(got[i], want[i]);
}

static void which_chunks_are_read(void **state)
{
    (void)state;
    expect_read((Reading){.first = 2}, 5, (int[]){0, 1}, 2);
    expect_read((Reading){.last = 2}, 5, (int[]){3, 4}, 2);
    expect_read((Reading){.first = 1, .last = 3}, 9, (int[]){0, 6, 7, 8}, 4);
    expect_read((Reading){.first = 1, .last = 3}, 4, (int[]){0, 1, 2, 3}, 4);
    expect_read((Reading){.first = 1, .last = 3}, 2, (int[]){0, 1}, 2);
    expect_read((Reading){0}, 3, (int[]){0, 1, 2}, 3);
    expect_read((Reading){.spread = 2}, 8, (int[]){2, 6}, 2);
    expect_read((Reading){.spread = 3}, 3, (int[]){0, 1, 2}, 3);
    expect_read((Reading){.spread = 1}, 1, (int[]){0}, 1);
    expect_read((Reading){.first = 4}, 0, NULL, 0);
}

static void summaries_by_hand(void **state)
{
    (void)state;
    const float chunk[] = {1, 0, 3, -4, 2, -2};
    const Document d = {.chunks = 3, .width = 2, .chunk = chunk},
                   none = {.width = 2};
    SummaryPlan p = {.summary = FOUR_OF};
    float got[8];
    const float four[] = {2, -2, 3, 0, 1, -4, sqrtf(2.f / 3), sqrtf(8.f / 3)};
    assert_int_equal(summary_width(&p, 2), 8);
    assert_int_equal(summary_of(&p, &d, got), 3);
    assert_close(got, four, 8, 1e-6);
    p = (SummaryPlan){.summary = MEAN_AND_MAX_OF};
    assert_int_equal(summary_of(&p, &d, got), 3);
    assert_close(got, four, 4, 1e-6);
    p = (SummaryPlan){.summary = MEAN_AND_DEVIATION_OF};
    assert_int_equal(summary_of(&p, &d, got), 3);
    assert_close(got + 2, four + 6, 2, 1e-6);
    p = (SummaryPlan){.summary = MAX_OF, .reading = {.last = 2}};
    assert_int_equal(summary_of(&p, &d, got), 2);
    assert_close(got, ((float[]){3, -2}), 2, 0);
    p = (SummaryPlan){.summary = MEAN_OF, .reading = {.first = 1}};
    assert_int_equal(summary_of(&p, &d, got), 1);
    assert_close(got, ((float[]){1, 0}), 2, 0);
    assert_int_equal(summary_of(&p, &none, got), 0);
    assert_close(got, ((float[]){0, 0}), 2, 0);
}

// A column is as important in metres as in miles, whatever its zero: what is
// scaled before learning and scaled back in the weights changes no score.
static void units_do_not_matter(void **state)
{
    (void)state;
    static const SummaryPlan plans[] = {{.summary = FOUR_OF}};
    Made *m = made(3, 1);
    float score[2][2][CLASSES];
    for (int moved = 0; moved < 2; moved++) {
        const Remedy both[] = {summary_remedy("", plans),
                               words_and_summary_remedy("", plans)};
        for (int k = 0; k < 2; k++) {
            Cost cost = {0};
            void *l = both[k].learn(plans, m->d, m->which, 42, CLASSES, 1);
            both[k].scores(l, &m->d[50], score[moved][k], &cost);
            both[k].forget(l);
        }
        for (int i = 0; i < DOCS * MOST_CHUNKS * WIDTH; i++) {
            float *x = &m->chunk[0][0] + i;
            *x = i % WIDTH % 2 ? 7 * *x + 3 : *x / 3;
        }
    }
    assert_close(score[1][0], score[0][0], CLASSES, 2e-3);
    assert_close(score[1][1], score[0][1], CLASSES, 2e-3);
    free(m);
}

static void a_part_misses_what_stands_elsewhere(void **state)
{
    (void)state;
    static const SummaryPlan head = {.reading = {.first = 1},
                                     .madds = chunk_price},
                             all = {.summary = MAX_OF, .madds = chunk_price};
    Made *first = made(0, 0), *third = made(0, 2);
    Cost cost;
    near(success(summary_remedy("", &head), first, &cost), 1, 0);
    near(cost.tokens, 18 * 100, 0);
    near(cost.madds, 18 * (100 * 1000 + WIDTH + WIDTH * CLASSES), 1e-6);
    assert_true(success(summary_remedy("", &head), third, &cost) < 0.7);
    near(success(summary_remedy("", &all), third, &cost), 1, 0);
    free(first);
    free(third);
}

static void chunks_by_themselves(void **state)
{
    (void)state;
    static const ChunkPlan vote = {.combine = CHUNK_VOTE},
                           mean = {.combine = CHUNK_MEAN},
                           max = {.combine = CHUNK_MAX},
                           early = {.combine = CHUNK_MEAN, .exits = true};
    Made *m = made(0, 0);
    Cost all, some;
    for (int i = 0; i < DOCS; i++) // each chunk says it
        for (int k = 1; k < m->d[i].chunks; k++)
            m->chunk[i][k * WIDTH + m->d[i].class] += 1;
    near(success(chunk_remedy("", &vote), m, &all), 1, 0);
    near(success(chunk_remedy("", &mean), m, &all), 1, 0);
    near(success(chunk_remedy("", &max), m, &all), 1, 0);
    near(success(chunk_remedy("", &early), m, &some), 1, 0);
    assert_true(some.tokens < 0.5 * all.tokens);
    assert_true(some.tokens >= 18 * 100);
    free(m);
}

// Both answer from the probabilities of the same chunks; only how they put them
// together differs.
static void votes_means_and_maxima(void **state)
{
    (void)state;
    static const PoolKind kinds[] = {CHUNK_VOTE, CHUNK_MEAN, CHUNK_MAX};
    Made *m = made(0, 1);
    float score[3][CLASSES], one[3][MOST_CHUNKS][CLASSES];
    const Document *d = &m->d[50];
    for (int k = 0; k < 3; k++) {
        const ChunkPlan plan = {.combine = kinds[k]};
        const Remedy r = chunk_remedy("", &plan);
        Cost cost = {0};
        void *l = r.learn(r.plan, m->d, m->which, 42, CLASSES, 1);
        r.scores(l, d, score[k], &cost);
        for (int i = 0; i < d->chunks; i++) {
            Document part = *d;
            part.chunks = 1;
            part.chunk = d->chunk + i * WIDTH;
            r.scores(l, &part, one[k][i], &cost);
        }
        r.forget(l);
    }
    for (int j = 0; j < CLASSES; j++) {
        float votes = 0, mean = 0, max = 0;
        for (int i = 0; i < d->chunks; i++) {
            const float *p = one[1][i];
            mean += p[j] / (float)d->chunks;
            max = fmaxf(max, one[2][i][j]);
            votes += p[j] >= p[0] && p[j] >= p[1] && p[j] >= p[2];
        }
        near((double)score[0][j], (double)(votes + mean), 1e-5);
        near((double)score[1][j], (double)mean, 1e-5);
        near((double)score[2][j], (double)max, 1e-6);
    }
    free(m);
}

// What one remedy has learnt another may use, if it asks for the same.
static void a_memo_changes_nothing(void **state)
{
    (void)state;
    ChunkMemo memo = {0};
    const ChunkPlan plain = {.combine = CHUNK_MAX},
                    kept = {.combine = CHUNK_MAX, .memo = &memo};
    Made *m = made(0, 1), *other = made(0, 2);
    float score[2][4][CLASSES];
    for (int k = 0; k < 2; k++) {
        const Remedy r = chunk_remedy("", k ? &kept : &plain);
        for (int i = 0; i < 4; i++) { // twice the same, another seed, others
            const Document *d = i < 3 ? m->d : other->d;
            Cost cost = {0};
            void *l = r.learn(r.plan, d, m->which, 42, CLASSES, i == 2 ? 8 : 7);
            r.scores(l, &m->d[50], score[k][i], &cost);
            r.forget(l);
            assert_true(!k || (memo.seed == (i == 2 ? 8 : 7) && memo.d == d));
        }
    }
    assert_memory_equal(score[0], score[1], sizeof score[0]);
    assert_memory_not_equal(score[0][0], score[0][3], sizeof score[0][0]);
    chunk_memo_free(&memo);
    free(m);
    free(other);
}

static void words_beside_vectors(void **state)
{
    (void)state;
    static const SummaryPlan max = {.summary = MAX_OF};
    static const BagPlan all = {0};
    Made *m = made(3, 1);
    Cost cost;
    // Two documents of three have no word that tells; their vectors do. The
    // others' vectors do not.
    for (int i = 0; i < DOCS; i++)
        if (i / 3 % 3)
            m->id[i][3] = 1;
        else
            memset(m->chunk[i], 0, sizeof m->chunk[i]);
    near(success(words_and_summary_remedy("", &max), m, &cost), 1, 0);
    assert_true(success(bag_remedy("", &all), m, &cost) < 0.9);
    assert_true(success(summary_remedy("", &max), m, &cost) < 0.9);
    free(m);
}

#define SMALL_NET(k)                                                           \
    {                                                                          \
        .kind = k, .narrow = 8, .epochs = 12, .batch = 8, .rate = 1e-2f,       \
        .dropout = 0.1f, .most = 5                                             \
    }
static const NetPlan nets[] = {SMALL_NET(VECTOR_ATTENTION),
                               SMALL_NET(READ_LSTM), SMALL_NET(READ_SET),
                               SMALL_NET(READ_PLACED)};

static void networks_learn(void **state)
{
    (void)state;
    Made *m = made(0, 1);
    Cost cost;
    for (int i = 0; i < DOCS; i++)
        m->chunk[i][WIDTH + m->d[i].class] += 2;
    for (int k = 0; k < 4; k++) {
        const double right = success(net_remedy("", &nets[k]), m, &cost);
        if (right < 0.8)
            fail_msg("%s: right in %.2f", pool_names[nets[k].kind], right);
        assert_true(cost.madds > 18. * 3 * WIDTH * 8 && cost.bytes > 1000);
    }
    free(m);
}

// The order of the chunks: a network without positions does not see it.
static void order_counts_where_it_should(void **state)
{
    (void)state;
    Made *m = made(0, 1);
    float turned[3 * WIDTH];
    Document d = m->d[45];
    assert_int_equal(d.chunks, 3);
    for (int i = 0; i < 3; i++)
        memcpy(turned + i * WIDTH, d.chunk + (2 - i) * WIDTH,
               WIDTH * sizeof *turned);
    for (int k = 0; k < 4; k++) {
        const Remedy r = net_remedy("", &nets[k]);
        float a[CLASSES], b[CLASSES], apart = 0;
        Cost cost = {0};
        void *l = r.learn(r.plan, m->d, m->which, 42, CLASSES, 1);
        d.chunk = m->d[45].chunk;
        r.scores(l, &d, a, &cost);
        d.chunk = turned;
        r.scores(l, &d, b, &cost);
        for (int j = 0; j < CLASSES; j++)
            apart = fmaxf(apart, fabsf(a[j] - b[j]));
        if (nets[k].kind == VECTOR_ATTENTION || nets[k].kind == READ_SET)
            near((double)apart, 0, 1e-5);
        else
            assert_true(apart > 1e-3f);
        r.forget(l);
    }
    free(m);
}

// --- chunks -----------------------------------------------------------------

static void chunks_cover_everything(void **state)
{
    (void)state;
    assert_int_equal(chunks_needed(0, 8, 8), 0);
    assert_int_equal(chunks_needed(1, 8, 8), 1);
    assert_int_equal(chunks_needed(8, 8, 8), 1);
    assert_int_equal(chunks_needed(9, 8, 8), 2);
    assert_int_equal(chunks_needed(16, 8, 8), 2);
    assert_int_equal(chunks_needed(8, 8, 4), 1);
    assert_int_equal(chunks_needed(9, 8, 4), 2);
    assert_int_equal(chunks_needed(12, 8, 4), 2);
    assert_int_equal(chunks_needed(13, 8, 4), 3);
    assert_int_equal(chunks_needed(17, 8, 3), 4);
}

static UseLite encoder;

static void encoder_there(void)
{
    const Run run = {0};
    const char *path = data_path(&run, "use-lite", "model.json");
    if (!path) {
        print_message("not here; run: make data NAME=use-lite\n");
        skip();
    }
    if (!encoder.params) {
        char *directory = copy_text(path);
        *strrchr(directory, '/') = 0;
        encoder = use_lite_load(directory);
        free(directory);
    }
}

typedef struct Kept {
    const Ids *pieces;
    char path[300];
} Kept;

static void encode_kept(void *context)
{
    Kept *k = context;
    Chunks c = chunks_encode(&encoder, k->pieces, 2, 128, k->path);
    chunks_free(&c);
}

static void encoding_is_kept(void **state)
{
    (void)state;
    encoder_there();
    enum { LONG = 131 };
    int id[LONG];
    for (int i = 0; i < LONG; i++)
        id[i] = 100 + 37 * i;
    Ids pieces[] = {{id, 5, 5}, {id, LONG, LONG}};
    Kept k = {.pieces = pieces};
    snprintf(k.path, sizeof k.path, "%s/v.safetensors",
             testing_dir("16-chunks"));
    Chunks c = chunks_encode(&encoder, pieces, 2, 128, k.path);
    assert_int_equal(c.start[2], 3);
    assert_memory_equal(c.pieces, ((int[]){5, 128, 3}), 3 * sizeof(int));
    // The last chunk is the last three pieces.
    const int start[] = {0, 3};
    Tape *t = tape_new(0, 1);
    t->training = false;
    Matrix *y =
        use_lite_vectors(&encoder, t, (Tokens){3, id + 128, {1, start}});
    assert_close(c.vector + 2 * USE_LITE_WIDTH, y->val, USE_LITE_WIDTH, 1e-5);
    tape_free(t);
    Chunks again = chunks_encode(&encoder, pieces, 2, 128, k.path);
    assert_memory_equal(c.vector, again.vector,
                        sizeof(float) * 3 * USE_LITE_WIDTH);
    near(again.seconds, c.seconds, 1e-9); // read, not measured again
    chunks_free(&again);
    id[2]++; // other pieces: encoded again, and kept instead
    again = chunks_encode(&encoder, pieces, 2, 128, k.path);
    assert_memory_not_equal(c.vector, again.vector,
                            sizeof(float) * USE_LITE_WIDTH);
    chunks_free(&again);
    chunks_free(&c);
    FILE *f = fopen(k.path, "r+");
    fseek(f, -3, SEEK_END);
    fputc(77, f);
    fclose(f);
    assert_dies(encode_kept, &k, 1, "v.safetensors");
}

static void overlapping_chunks(void **state)
{
    (void)state;
    encoder_there();
    enum { LONG = 200 };
    int id[LONG];
    for (int i = 0; i < LONG; i++)
        id[i] = 100 + 31 * i;
    const Ids pieces[] = {{id, LONG, LONG}};
    Chunks c = chunks_encode(&encoder, pieces, 1, 64, NULL);
    assert_int_equal(c.start[1], 3);
    assert_memory_equal(c.pieces, ((int[]){128, 128, 72}), 3 * sizeof(int));
    const Ids middle[] = {{id + 64, 128, 128}};
    Chunks alone = chunks_encode(&encoder, middle, 1, 128, NULL);
    assert_close(c.vector + USE_LITE_WIDTH, alone.vector, USE_LITE_WIDTH, 1e-5);
    chunks_free(&c);
    chunks_free(&alone);
}

static void multiply_adds_of_the_encoder(void **state)
{
    (void)state;
    encoder_there();
    double weights = 0;
    for (int i = 0; i < encoder.params->n; i++) {
        const Matrix *w = &encoder.params->item[i]->m;
        if (w->rows > 1 && w != encoder.word && w != encoder.place)
            weights += (double)w->rows * w->cols;
    }
    const double last = 512 * 512, pairs = 2. * (256 + 512); // of two layers
    near(use_lite_madds(1), weights - last + last + pairs, 0.5);
    near(use_lite_madds(128), 128 * (weights - last) + last + 128 * 128 * pairs,
         0.5);
}

// --- folders ----------------------------------------------------------------

static void sentences_of_a_text(void **state)
{
    (void)state;
    Buffer b = {0};
    add_sentences(text_of("He came. Mr. x left at 3.5 o'clock! Why? no\nEnd."),
                  &b);
    const char want[] = "He came.\nMr. x left at 3.5 o'clock!\nWhy? no\nEnd.\n";
    assert_int_equal(b.length, sizeof want - 1);
    assert_memory_equal(b.at, want, b.length);
    buffer_free(&b);
}

static const char *folder;

static void put(const char *class, const char *name, const char *text)
{
    char path[400];
    snprintf(path, sizeof path, "%s/%s", folder, class);
    mkdir(path, 0777);
    snprintf(path, sizeof path, "%s/%s/%s", folder, class, name);
    text_write(path, text, strlen(text));
}

static void open_folder(void *least)
{
    Collection c = collection_folder(folder, *(int *)least);
    collection_free(&c);
}

static void open_nowhere(void *unused)
{
    (void)unused;
    collection_folder("/nowhere/at/all", 1);
}

static void a_folder_of_classes(void **state)
{
    (void)state;
    folder = testing_dir("16-folder");
    put("wet", "b.txt", "Rain fell. Rain again.\n");
    put("wet", "a.txt", "A lake.");
    put("dry", "a.txt", "Dust and sand.\n\nNo rain here.\n");
    Collection c = collection_folder(folder, 1);
    assert_int_equal(c.n, 3);
    assert_int_equal(c.classes, 2);
    assert_string_equal(c.name[0], "dry");
    assert_string_equal(c.name[1], "wet");
    assert_memory_equal(c.label, ((int[]){0, 1, 1}), 3 * sizeof(int));
    assert_int_equal(c.ids[0].n, 2); // the empty line is no sentence
    assert_int_equal(c.ids[2].n, 2);
    assert_int_equal(c.ids[2].ids.at[0], c.ids[2].ids.at[2]); // rain
    assert_int_equal(c.ids[0].ids.at[4], c.ids[2].ids.at[0]);
    collection_free(&c);
}

static void bad_folders_are_named(void **state)
{
    (void)state;
    int one = 1, two = 2;
    assert_dies(open_nowhere, NULL, 1, "/nowhere/at/all: cannot be read");
    folder = testing_dir("16-folder");
    assert_dies(open_folder, &one, 1, "holds 0 directories");
    put("wet", "a.txt", "Rain.");
    assert_dies(open_folder, &one, 1, "holds 1 directories");
    put("dry", "a.txt", "Sand.");
    assert_dies(open_folder, &two, 1, "dry: holds 1 documents, expected 2");
    put("dry", "b.txt", " . \n");
    assert_dies(open_folder, &one, 1, "dry/b.txt: holds no words");
    put("dry", "b.txt", "sand \xff sand");
    assert_dies(open_folder, &one, 1, "dry/b.txt: byte 5 is not UTF-8");
    put("dry", "b.txt", "");
    assert_dies(open_folder, &one, 1, "dry/b.txt: holds no words");
    unlink(testing_path("dry/b.txt"));
    assert_int_equal(mkfifo(testing_path("dry/b.txt"), 0600), 0);
    assert_dies(open_folder, &one, 1, "dry/b.txt: is not a regular file");
}

static int close_all(void **state)
{
    (void)state;
    if (encoder.params)
        use_lite_free(&encoder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overlap_of_two_sentences),
        cmocka_unit_test(textrank_is_the_fixed_point),
        cmocka_unit_test(tfidf_of_sentences),
        cmocka_unit_test(the_best_that_fit_in_order),
        cmocka_unit_test(choices_of_documents_without_sentences),
        cmocka_unit_test(folds_keep_the_classes),
        cmocka_unit_test(a_split_of_some_documents),
        cmocka_unit_test(intervals_by_hand),
        cmocka_unit_test(groups_are_not_torn),
        cmocka_unit_test(the_penalty_fits_the_examples),
        cmocka_unit_test(a_bag_by_hand),
        cmocka_unit_test(rows_stand_for_bags),
        cmocka_unit_test(a_bag_finds_a_word_that_it_reads),
        cmocka_unit_test(odd_documents_for_bags),
        cmocka_unit_test(the_majority_is_one_class),
        cmocka_unit_test(word_vectors_learn),
        cmocka_unit_test(which_chunks_are_read),
        cmocka_unit_test(summaries_by_hand),
        cmocka_unit_test(units_do_not_matter),
        cmocka_unit_test(a_part_misses_what_stands_elsewhere),
        cmocka_unit_test(chunks_by_themselves),
        cmocka_unit_test(votes_means_and_maxima),
        cmocka_unit_test(a_memo_changes_nothing),
        cmocka_unit_test(words_beside_vectors),
        cmocka_unit_test(networks_learn),
        cmocka_unit_test(order_counts_where_it_should),
        cmocka_unit_test(chunks_cover_everything),
        cmocka_unit_test(encoding_is_kept),
        cmocka_unit_test(overlapping_chunks),
        cmocka_unit_test(multiply_adds_of_the_encoder),
        cmocka_unit_test(sentences_of_a_text),
        cmocka_unit_test(a_folder_of_classes),
        cmocka_unit_test(bad_folders_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, close_all);
}
