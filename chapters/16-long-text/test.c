// Tests of 16-long-text: the laws of the made documents; what each remedy reads
// and what it makes of it: slopes, equalities, costs; and the program's
// manners. (The band has its own tests in band_test.c, and what real documents
// need in real_test.c.)
#include "common/testing.h"

#include "16-long-text/bags.h"
#include "16-long-text/chosen.h"
#include "16-long-text/evidence.h"
#include "16-long-text/prepare.h"
#include "16-long-text/tuned.h"

#include "common/check.h"
#include "common/gradcheck.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// --- the documents ----------------------------------------------------------

enum { LENGTH = 44 };

static int count(Text where, const char *word)
{
    int n = 0;
    const size_t k = strlen(word);
    for (size_t i = 0; i + k <= where.length; i++)
        n += memcmp(where.at + i, word, k) == 0;
    return n;
}

// What a line says will become of the mill: 3 * what + when, as in a note.
static int says(Text line)
{
    int what = 0, when = 0;
    if (count(line, "the mill will be ") + count(line, "the mill has ") == 0)
        return 0;
    what = count(line, " sold") ? 1 : count(line, " rebuilt") ? 2 : 0;
    when = count(line, " spring") ? 1 : count(line, " autumn") ? 2 : 0;
    return 3 * what + when;
}

static void only_the_evidence_tells_the_class(void **state)
{
    (void)state;
    Chronicles c = chronicles_new(200, LENGTH, 5);
    for (int i = 0; i < c.n; i++) {
        const Document *d = &c.d[i];
        const int *where = c.where[i];
        const int all = 3 * (d->class / 2 + 1) + d->class % 2 + 1;
        Text rest = d->text, line;
        int told[2] = {0};
        for (int s = 0; text_line(&rest, &line); s++) {
            const int told_here = says(line);
            if (s == where[0])
                told[0] = told_here;
            else if (s == where[1])
                told[1] = told_here;
            else if (told_here)
                fail_msg("document %d, sentence %d: \"%.*s\"", i, s,
                         (int)line.length, line.at);
        }
        if (d->place == IN_TWO) { // each one half
            assert_int_equal(told[0], all - all % 3);
            assert_int_equal(told[1], all % 3);
        } else if (d->place == REVISED) {
            assert_int_not_equal(told[0], all);
            assert_true(told[0] > 3 && told[0] % 3 > 0); // a whole one
            assert_int_equal(told[1], all);
        } else {
            assert_int_equal(told[0], all);
            assert_int_equal(where[1], -1);
        }
    }
    chronicles_free(&c);
}

static void evidence_is_where_it_is_said_to_be(void **state)
{
    (void)state;
    Chronicles c = chronicles_new(400, LENGTH, 6);
    int first[2] = {0};
    for (int i = 0; i < c.n; i++) {
        int n = 0;
        Text rest = c.d[i].text, line;
        while (text_line(&rest, &line))
            n++;
        const int a = c.where[i][0], b = c.where[i][1];
        const double at = (double)a / n;
        switch (c.d[i].place) {
        case AT_HEAD:
            assert_in_range(a, 0, 1);
            break;
        case AT_TAIL:
            assert_in_range(a, n - 2, n - 1);
            break;
        case AT_MIDDLE:
            assert_true(at > 0.27 && at < 0.7);
            break;
        case IN_TWO:
            first[a < b]++;
            assert_true(abs(a - b) >= n / 6);
            break;
        default:
            assert_true(b - a >= n / 6 && a > 1 && b < n - 2);
        }
    }
    assert_true(first[0] > 20 && first[1] > 20); // in either order
    chronicles_free(&c);
}

static void key_words_are_equally_many_in_every_document(void **state)
{
    (void)state;
    Chronicles c = chronicles_new(100, LENGTH, 7);
    for (int i = 0; i < c.n; i++)
        for (int k = 0; k < KEY_WORDS; k++) {
            char word[20]; // four times in whole claims, twice in halves
            snprintf(word, sizeof word, " %s ", key_words[k]);
            assert_int_equal(count(c.d[i].text, word), 6);
        }
    chronicles_free(&c);
}

static void places_and_classes_are_balanced(void **state)
{
    (void)state;
    Chronicles c = chronicles_new(200, LENGTH, 8);
    int n[PLACES][FATES] = {{0}};
    for (int i = 0; i < c.n; i++)
        n[c.d[i].place][c.d[i].class]++;
    for (int p = 0; p < PLACES; p++)
        for (int f = 0; f < FATES; f++)
            assert_int_equal(n[p][f], 10);
    chronicles_free(&c);
}

static void notes_say_what_their_class_is(void **state)
{
    (void)state;
    Rng r = rng_new(9);
    int seen[NOTE_CLASSES] = {0};
    Buffer b = {0};
    for (int i = 0; i < 300; i++) {
        b.length = 0;
        const int said = note(&r, 1 + i % 6, &b);
        int what = 0, when = 0;
        Text rest = {b.at, b.length}, line;
        while (text_line(&rest, &line)) {
            what += says(line) / 3;
            when += says(line) % 3;
        }
        seen[said]++;
        if (i % 6) // in a single sentence, one half may overwrite the other
            assert_int_equal(3 * what + when, said);
    }
    for (int k = 0; k < NOTE_CLASSES; k++)
        assert_true(seen[k] > 10);
    buffer_free(&b);
}

static double share_right(Remedy r, const Chronicles *learn,
                          const Chronicles *test)
{
    int *which = new_array((size_t)learn->n, sizeof *which), right = 0;
    for (int i = 0; i < learn->n; i++)
        which[i] = i;
    void *l = r.learn(r.plan, learn->d, which, learn->n, FATES, 3);
    for (int i = 0; i < test->n; i++) {
        float score[FATES];
        Cost cost = {0};
        int best = 0;
        r.scores(l, &test->d[i], score, &cost);
        for (int j = 1; j < FATES; j++)
            best = score[j] > score[best] ? j : best;
        right += best == test->d[i].class;
    }
    r.forget(l);
    free(which);
    return (double)right / test->n;
}

static void bags_of_words_know_nothing(void **state)
{
    (void)state;
    Chronicles learn = chronicles_new(200, LENGTH, 10);
    Chronicles test = chronicles_new(200, LENGTH, 11);
    WordPiece w = words_of_valley(&learn.text);
    chronicles_encode(&learn, &w);
    chronicles_encode(&test, &w);
    const BagPlan all = {0};
    // Chance is 0.25, four standard deviations of 200 tosses are 0.12.
    const double bag = share_right(bag_remedy("bag", &all), &learn, &test);
    assert_true(bag > 0.13 && bag < 0.37);
    const double most = share_right(majority_remedy("most"), &learn, &test);
    assert_true(most == 0.25);
    chronicles_free(&learn);
    chronicles_free(&test);
    wordpiece_free(&w);
}

static void pieces_of_documents_are_theirs(void **state)
{
    (void)state;
    Chronicles c = chronicles_new(20, LENGTH, 12);
    WordPiece w = words_of_valley(&c.text);
    chronicles_encode(&c, &w);
    for (int i = 0; i < c.n; i++) {
        Ids id = {0};
        Text rest = c.d[i].text, line;
        int s = 0;
        while (text_line(&rest, &line)) {
            assert_int_equal(c.d[i].sentence[s++], id.n);
            wordpiece_encode(&w, line, &id);
        }
        assert_int_equal(c.d[i].sentences, s);
        assert_int_equal(c.d[i].sentence[s], id.n);
        assert_int_equal(c.d[i].n, id.n);
        assert_memory_equal(c.d[i].id, id.at, (size_t)id.n * sizeof *id.at);
        for (int k = 0; k < id.n; k++)
            assert_int_not_equal(id.at[k], w.unknown);
        ids_free(&id);
    }
    chronicles_free(&c);
    wordpiece_free(&w);
}

static void too_short(void *unused)
{
    (void)unused;
    Rng r = rng_new(1);
    Buffer b = {0};
    int where[2];
    chronicle(&r, AT_HEAD, 0, 39, &b, where);
}

static void no_fate(void *unused)
{
    (void)unused;
    Rng r = rng_new(1);
    Buffer b = {0};
    int where[2];
    chronicle(&r, AT_HEAD, FATES, LENGTH, &b, where);
}

static void impossible_documents_are_refused(void **state)
{
    (void)state;
    char said[400];
    assert_true(testing_outcome(too_short, NULL, said, sizeof said) > 1);
    assert_non_null(strstr(said, "a chronicle of 39 sentences"));
    assert_true(testing_outcome(no_fate, NULL, said, sizeof said) > 1);
    assert_non_null(strstr(said, "fate 4 of 4"));
}

// --- pooling ----------------------------------------------------------------

enum { WIDTH = 12, CLASSES = 3, CHUNKS = 7, DOCUMENTS = 3 };
static const int starts[] = {0, 3, 4, CHUNKS}; // chunks of three documents
static const int labels[] = {2, 0, 1};

typedef struct PoolCase {
    Pool pool;
    Matrix *vectors; // a parameter
} PoolCase;

static PoolCase pool_case(Params *p, PoolKind kind)
{
    PoolCase c = {pool_new(p, kind, WIDTH, CLASSES, CHUNKS), NULL};
    params_scope(p, "%s", "");
    c.vectors = param_normal(p, CHUNKS, WIDTH, 1, "vectors");
    return c;
}

static Matrix *packed(Tape *t, const PoolCase *c)
{
    Matrix *x = scale(on_tape(t, c->vectors), 1);
    x->seq = (Spans){DOCUMENTS, starts};
    return x;
}

static Matrix *pool_loss_of(Tape *t, void *context)
{
    const PoolCase *c = context;
    return pool_loss(&c->pool, packed(t, c), labels);
}

static void gradients_of_pools(void **state)
{
    (void)state;
    for (PoolKind k = 0; k < POOL_KINDS; k++) {
        Params *p = params_new(31 + k);
        PoolCase c = pool_case(p, k);
        GradError e = gradcheck(p, pool_loss_of, &c, 2e-3, 12, 1);
        if (!(e.worst < 5e-3))
            fail_msg("%s: %s", pool_names[k], e.where);
        params_free(p);
    }
}

// Scores of one document whose chunks are these rows.
static void scores_of(const Pool *p, Tape *t, const float *x, int chunks,
                      float *to)
{
    memcpy(to, pool_scores(p, matrix_of(t, chunks, WIDTH, x))->val,
           CLASSES * sizeof *to);
}

static void documents_in_a_batch_are_alone(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    for (PoolKind k = 0; k < POOL_KINDS; k++) {
        Params *p = params_new(41 + k);
        PoolCase c = pool_case(p, k);
        const Matrix *all = pool_scores(&c.pool, packed(t, &c));
        for (int i = 0; i < DOCUMENTS; i++) {
            float one[CLASSES];
            scores_of(&c.pool, t, c.vectors->val + starts[i] * WIDTH,
                      starts[i + 1] - starts[i], one);
            assert_close(all->val + i * CLASSES, one, CLASSES, 1e-6);
        }
        tape_reset(t);
        params_free(p);
    }
    tape_free(t);
}

static void identical_chunks_are_one_chunk(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    for (PoolKind k = 0; k < POOL_KINDS; k++) {
        if (k == READ_LSTM || k == READ_PLACED)
            continue; // these see that there are several
        Params *p = params_new(51 + k);
        PoolCase c = pool_case(p, k);
        float x[5 * WIDTH], one[CLASSES], five[CLASSES];
        for (int i = 0; i < 5; i++)
            memcpy(x + i * WIDTH, c.vectors->val, WIDTH * sizeof *x);
        scores_of(&c.pool, t, x, 1, one);
        scores_of(&c.pool, t, x, 5, five);
        assert_close(five, one, CLASSES, 1e-6);
        tape_reset(t);
        params_free(p);
    }
    tape_free(t);
}

// How far scores move when the chunks are reversed.
static double moved_by_order(PoolKind kind)
{
    Tape *t = tape_new(0, 1);
    Params *p = params_new(61);
    PoolCase c = pool_case(p, kind);
    float x[CHUNKS * WIDTH], forth[CLASSES], back[CLASSES];
    double most = 0;
    for (int i = 0; i < CHUNKS; i++)
        memcpy(x + (CHUNKS - 1 - i) * WIDTH, c.vectors->val + i * WIDTH,
               WIDTH * sizeof *x);
    if (kind == READ_PLACED) // small at the start; here they shall matter
        for (int i = 0; i < CHUNKS * WIDTH; i++)
            c.pool.positions.learned->val[i] *= 20;
    scores_of(&c.pool, t, c.vectors->val, CHUNKS, forth);
    scores_of(&c.pool, t, x, CHUNKS, back);
    for (int j = 0; j < CLASSES; j++)
        most = fmax(most, fabs((double)forth[j] - (double)back[j]));
    params_free(p);
    tape_free(t);
    return most;
}

static void only_readers_know_the_order(void **state)
{
    (void)state;
    for (PoolKind k = 0; k < POOL_KINDS; k++) {
        const bool reads = k == READ_LSTM || k == READ_PLACED;
        const double moved = moved_by_order(k);
        if (reads ? moved < 1e-2 : moved > 1e-5)
            fail_msg("%s: the order moves a score by %g", pool_names[k], moved);
    }
}

static void votes_and_probabilities_by_hand(void **state)
{
    (void)state;
    // Scores of three chunks are their first three numbers: e^log p.
    const double share[3][3] = {
        {0.5, 0.3, 0.2}, {0.4, 0.35, 0.25}, {0.05, 0.9, 0.05}};
    const float vote[] = {2 / 3.0f, 1 / 3.0f, 0};
    const float average[] = {0.95f / 3, 1.55f / 3, 0.5f / 3};
    const float largest[] = {0.5f, 0.9f, 0.25f};
    const float *const want[] = {vote, average, largest};
    float x[3 * WIDTH] = {0}, got[CLASSES];
    Tape *t = tape_new(0, 1);
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            x[i * WIDTH + j] = (float)log(share[i][j]);
    for (PoolKind k = CHUNK_VOTE; k <= CHUNK_MAX; k++) {
        Params *p = params_new(1);
        Pool pool = pool_new(p, k, WIDTH, CLASSES, CHUNKS);
        for (int i = 0; i < CLASSES * WIDTH; i++)
            pool.out.w->val[i] = i / WIDTH == i % WIDTH;
        scores_of(&pool, t, x, 3, got);
        assert_close(got, want[k], CLASSES, 1e-6);
        params_free(p);
    }
    tape_free(t);
}

// --- on frozen vectors ------------------------------------------------------

static double ten_a_token(int tokens)
{
    return 10 * tokens;
}

enum { FROZEN = 40 };

// Documents of one to five chunks of which one says which class it is.
static void frozen_documents(Document *d, float (*x)[5 * WIDTH], uint64_t seed)
{
    static const int tokens[] = {48, 47, 46, 45, 44};
    Rng r = rng_new(seed);
    for (int i = 0; i < FROZEN; i++) {
        for (int k = 0; k < 5 * WIDTH; k++)
            x[i][k] = 0.3f * rng_normal(&r);
        d[i] = (Document){.class = i % CLASSES,
                          .chunks = 1 + i % 5,
                          .width = WIDTH,
                          .chunk = x[i],
                          .chunk_tokens = tokens};
        x[i][rng_below(&r, d[i].chunks) * WIDTH + d[i].class] += 3;
    }
}

static void a_frozen_remedy_learns_and_counts(void **state)
{
    (void)state;
    static float x[FROZEN][5 * WIDTH], y[FROZEN][5 * WIDTH];
    Document d[FROZEN], test[FROZEN];
    int which[FROZEN], right = 0;
    for (int i = 0; i < FROZEN; i++)
        which[i] = i;
    frozen_documents(d, x, 1);
    frozen_documents(test, y, 2);
    const Frozen plan = {.kind = VECTOR_MAX,
                         .most = 4,
                         .epochs = 40,
                         .batch = 7,
                         .rate = 0.01f,
                         .madds = ten_a_token,
                         .bytes = 77};
    Remedy r = frozen_remedy("max", &plan);
    void *l = r.learn(r.plan, d, which, FROZEN, CLASSES, 1);
    for (int i = 0; i < FROZEN; i++) {
        float score[CLASSES];
        Cost cost = {0};
        int best = 0;
        r.scores(l, &test[i], score, &cost);
        for (int j = 1; j < CLASSES; j++)
            best = score[j] > score[best] ? j : best;
        right += best == test[i].class;
        const int read = test[i].chunks < 4 ? test[i].chunks : 4;
        const int tokens = read * 48 - read * (read - 1) / 2;
        assert_true(cost.tokens == tokens && cost.bytes == 77);
        assert_true(cost.madds == 10 * tokens + read * WIDTH + WIDTH * CLASSES);
    }
    assert_true(right >= FROZEN * 3 / 4); // one in five is cut off at four
    r.forget(l);
}

static void early_exit_reads_until_it_is_sure(void **state)
{
    (void)state;
    static float x[FROZEN][5 * WIDTH];
    Document d[FROZEN];
    int which[FROZEN], some = 0;
    for (int i = 0; i < FROZEN; i++)
        which[i] = i;
    frozen_documents(d, x, 3);
    Frozen plan[] = {{.kind = CHUNK_MEAN,
                      .most = 5,
                      .epochs = 20,
                      .batch = 8,
                      .rate = 0.01f},
                     {.sure = 1},
                     {.sure = 0.01f},
                     {.sure = 0.5f}};
    void *l[4];
    Remedy r[4];
    for (int k = 0; k < 4; k++) {
        const float sure = plan[k].sure;
        plan[k] = plan[0];
        plan[k].sure = sure;
        r[k] = frozen_remedy("exit", &plan[k]);
        l[k] = r[k].learn(r[k].plan, d, which, FROZEN, CLASSES, 1);
    }
    for (int i = 0; i < FROZEN; i++) {
        float score[4][CLASSES];
        Cost cost[4] = {{0}};
        for (int k = 0; k < 4; k++)
            r[k].scores(l[k], &d[i], score[k], &cost[k]);
        assert_memory_equal(score[1], score[0], sizeof *score); // 1 reads all
        assert_true(cost[1].tokens == cost[0].tokens);
        assert_true(cost[2].tokens == 48); // the first is always read
        some += cost[3].tokens < cost[0].tokens && cost[3].tokens > 48;
    }
    assert_true(some > 0);
    for (int k = 0; k < 4; k++)
        r[k].forget(l[k]);
}

// --- what the encoder is given ----------------------------------------------

enum { V = 19, CLS = 2, SEP = 3, WINDOW = 8, PIECES = 17 };
static const int text[PIECES] = {5,  6,  7,  8,  9,  10, 11, 12, 13,
                                 14, 15, 16, 17, 18, 4,  5,  6};
static const int sentence[] = {0, 4, 5, 9, 15, PIECES};
static const Document doc = {
    .class = 1, .n = PIECES, .id = text, .sentences = 5, .sentence = sentence};

static Bert small_bert(int positions, uint64_t seed)
{
    const BertShape s = {.pieces = V,
                         .width = WIDTH,
                         .heads = 2,
                         .hidden = 16,
                         .layers = 2,
                         .positions = positions,
                         .segments = 1,
                         .pools = true,
                         .eps = 1e-12f};
    Bert m = bert_new(s, seed);
    Rng r = rng_new(seed + 1); // larger than at birth, so that all matters
    for (size_t i = 0; i < m.params->count; i++)
        m.params->val[i] += 0.2f * rng_normal(&r);
    return m;
}

static Tuning tuning_of(const Bert *m, int window, Cut cut)
{
    return (Tuning){.bert = m,
                    .cls = CLS,
                    .sep = SEP,
                    .window = window,
                    .cut = cut,
                    .stride = window - 4,
                    .pool = VECTOR_MEAN,
                    .most = 20,
                    .epochs = 1,
                    .batch = 2,
                    .rate = 0.01f};
}

static void expect_cut(Cut cut, const Document *d, const int *want, int n)
{
    BertBatch x = {0};
    const Tuning p = tuning_of(NULL, WINDOW, cut);
    cut(&p, d, &x);
    assert_int_equal(x.id.n, n);
    assert_memory_equal(x.id.at, want, (size_t)n * sizeof *want);
    assert_int_equal(x.start.at[x.n], n);
    bert_batch_free(&x);
}

static void cuts_by_hand(void **state)
{
    (void)state;
    const int head[] = {2, 5, 6, 7, 8, 9, 10, 3};
    const int tail[] = {2, 16, 17, 18, 4, 5, 6, 3};
    const int both[] = {2, 5, 17, 18, 4, 5, 6, 3}; // 6 / 4 = 1 of the head
    expect_cut(cut_head, &doc, head, 8);
    expect_cut(cut_tail, &doc, tail, 8);
    expect_cut(cut_head_tail, &doc, both, 8);
    const int each[] = {2, 5, 6,  7,  8,  3,  2,  9, 3, 2, 10, 11, 12, 13,
                        3, 2, 14, 15, 16, 17, 18, 4, 3, 2, 5,  6,  3};
    expect_cut(cut_sentences, &doc, each, 27);
    const Document little = {.n = 3, .id = text}, nothing = {.n = 0};
    const int few[] = {2, 5, 6, 7, 3}, none[] = {2, 3};
    const Cut cuts[] = {cut_head, cut_tail, cut_head_tail, cut_chunks};
    for (int k = 0; k < 4; k++) {
        expect_cut(cuts[k], &little, few, 5);
        expect_cut(cuts[k], &nothing, none, 2);
    }
}

static void chunks_cover_all_and_keep_the_last(void **state)
{
    (void)state;
    for (int n = 1; n <= PIECES; n++) {
        BertBatch x = {0};
        Tuning p = tuning_of(NULL, WINDOW, cut_chunks); // 6 pieces, stride 4
        const Document d = {.n = n, .id = text};
        p.cut(&p, &d, &x);
        int seen = 0;
        for (int i = 0; i < x.n; i++) {
            const int *id = x.id.at + x.start.at[i];
            const int k = x.start.at[i + 1] - x.start.at[i] - 2;
            assert_int_equal(id[0], CLS);
            assert_int_equal(id[k + 1], SEP);
            assert_memory_equal(id + 1, text + 4 * i, (size_t)k * sizeof *id);
            assert_true(i == x.n - 1 ? k > 0 : k == 6);
            assert_true(4 * i + k > seen); // each brings something new
            seen = 4 * i + k;
        }
        assert_int_equal(seen, n);
        bert_batch_free(&x);
    }
}

// --- encoder and pool together ----------------------------------------------

static void one_chunk_is_plain_bert(void **state)
{
    (void)state;
    const int one = 0;
    Bert m = small_bert(PIECES + 2, 3);
    Tuning p = tuning_of(&m, PIECES + 2, cut_chunks);
    Tuned *t = tuned_new(&p, CLASSES, 4);
    t->tape->training = false;
    const Matrix *y = tuned_vectors(t, &doc, &one, 1);
    assert_int_equal(y->rows, 1);
    int id[PIECES + 2] = {CLS};
    memcpy(id + 1, text, sizeof text);
    id[PIECES + 1] = SEP;
    const BertInput x = {{PIECES + 2, id, {0}}, NULL};
    const Matrix *want = bert_pool(&m, bert_encode(&m, t->tape, x));
    assert_close(y->val, want->val, WIDTH, 1e-6);
    tuned_free(t);
    bert_free(&m);
}

static void a_wide_band_is_full_attention(void **state)
{
    (void)state;
    const int one = 0, T = PIECES + 2;
    Bert m = small_bert(T, 5);
    Tuning full = tuning_of(&m, T, cut_nothing), band = full, narrow = full;
    band.band = (Band){.window = T, .global = 1};
    narrow.band = (Band){.window = 2, .global = 1};
    Tuned *a = tuned_new(&full, CLASSES, 4), *b = tuned_new(&band, CLASSES, 4);
    Tuned *c = tuned_new(&narrow, CLASSES, 4);
    const Matrix *x = tuned_vectors(a, &doc, &one, 1);
    const Matrix *y = tuned_vectors(b, &doc, &one, 1);
    const Matrix *z = tuned_vectors(c, &doc, &one, 1);
    assert_close(y->val, x->val, WIDTH, 1e-5);
    size_t worst;
    assert_true(testing_wrong(z->val, x->val, WIDTH, 1e-3, &worst) > 0);
    tuned_free(a);
    tuned_free(b);
    tuned_free(c);
    bert_free(&m);
}

static void longer_positions_are_copies(void **state)
{
    (void)state;
    Bert m = small_bert(7, 6), l = bert_longer(&m, 17, 9);
    for (int i = 0; i < 17; i++)
        assert_memory_equal(l.positions.learned->val + i * WIDTH,
                            m.positions.learned->val + i % 7 * WIDTH,
                            WIDTH * sizeof(float));
    Tape *t = tape_new(0, 1);
    const BertInput x = {{7, text, {0}}, NULL};
    assert_close(bert_encode(&l, t, x)->val, bert_encode(&m, t, x)->val,
                 7 * WIDTH, 1e-6);
    tape_free(t);
    bert_free(&m);
    bert_free(&l);
}

typedef struct NetCase {
    Tuned *net;
    const Document *d;
} NetCase;

static Matrix *net_loss(Tape *t, void *context)
{
    const NetCase *c = context;
    const int which[] = {0, 1}, label[] = {1, 2};
    c->net->tape = t;
    Matrix *x = tuned_vectors(c->net, c->d, which, 2);
    return pool_loss(&c->net->pool, x, label);
}

// Through the pool, all chunks at once, and the encoder.
static void gradients_of_whole_nets(void **state)
{
    (void)state;
    const Document d[] = {doc, {.n = 3, .id = text + 9}};
    Bert m = small_bert(PIECES + 2, 7);
    Tuning chunks = tuning_of(&m, WINDOW, cut_chunks);
    Tuning whole = tuning_of(&m, PIECES + 2, cut_nothing);
    chunks.pool = VECTOR_ATTENTION;
    whole.band = (Band){.window = 3, .global = 1};
    const Tuning *const plan[] = {&chunks, &whole};
    for (int k = 0; k < 2; k++) {
        Tuned *net = tuned_new(plan[k], CLASSES, 8);
        Tape *own = net->tape;
        NetCase c = {net, d};
        GradError e = gradcheck(net->bert.params, net_loss, &c, 3e-3, 4, 1);
        net->tape = own;
        if (!(e.worst < 1e-2))
            fail_msg("%s", e.where);
        tuned_free(net);
    }
    bert_free(&m);
}

static void training_lowers_the_loss_and_repeats(void **state)
{
    (void)state;
    const Document d[] = {{.class = 0, .n = 9, .id = text},
                          {.class = 1, .n = 12, .id = text + 5},
                          {.class = 2, .n = 4, .id = text + 11}};
    const int which[] = {0, 1, 2};
    float score[2][3][CLASSES];
    Bert m = small_bert(WINDOW, 9);
    Tuning p = tuning_of(&m, WINDOW, cut_chunks);
    p.epochs = 30;
    for (int k = 0; k < 2; k++) {
        Remedy r = tuned_remedy("belt", &p);
        void *l = r.learn(r.plan, d, which, 3, CLASSES, 5);
        for (int i = 0; i < 3; i++) {
            Cost cost = {0};
            r.scores(l, &d[i], score[k][i], &cost);
            for (int j = 0; j < CLASSES; j++)
                assert_true(score[k][i][j] <= score[k][i][i]);
        }
        r.forget(l);
    }
    assert_memory_equal(score[0], score[1], sizeof score[0]);
    bert_free(&m);
}

static void frozen_vectors_are_the_encoders(void **state)
{
    (void)state;
    Document d[] = {doc, {.n = 3, .id = text}};
    const int which[] = {0, 1};
    Bert m = small_bert(WINDOW, 10);
    Tuning p = tuning_of(&m, WINDOW, cut_chunks);
    Tuned *t = tuned_new(&p, CLASSES, 1);
    Arena a = arena_new(1 << 20);
    tuned_freeze(t, d, 2, &a);
    assert_int_equal(d[0].chunks, 4); // 0-5, 4-9, 8-13, 12-16
    assert_int_equal(d[0].chunk_tokens[3], 5 + 2);
    assert_int_equal(d[1].chunks, 1);
    const Matrix *y = tuned_vectors(t, d, which, 2);
    assert_close(d[0].chunk, y->val, 4 * WIDTH, 1e-5);
    assert_close(d[1].chunk, y->val + 4 * WIDTH, WIDTH, 1e-5);
    tuned_free(t);
    arena_free(&a);
    bert_free(&m);
}

static void costs_by_hand(void **state)
{
    (void)state;
    Bert m = small_bert(WINDOW, 11);
    Tuning p = tuning_of(&m, WINDOW, cut_head);
    Tuned *t = tuned_new(&p, CLASSES, 1);
    float score[CLASSES];
    Cost cost = {0};
    tuned_score(t, &doc, score, &cost);
    // Two layers: 8 tokens through four 12 x 12 and two 12 x 16, and 8 x 8
    // scores and mixtures of 12 numbers; the pooler; then mean and classifier.
    const double layer = 8 * (4 * 144 + 2 * 192) + 2 * 64 * 12;
    assert_true(cost.tokens == 8);
    assert_true(cost.madds == 2 * layer + 144 + 12 + 12 * CLASSES);
    assert_true(cost.bytes > (double)m.params->count * 4);
    assert_true(bert_madds(&m.shape, 8, 20) ==
                2 * (8.0 * (4 * 144 + 2 * 192) + 2 * 20 * 12) + 144);
    tuned_free(t);
    bert_free(&m);
}

// --- choosing ---------------------------------------------------------------

static void a_shortened_document_is_its_best_sentences(void **state)
{
    (void)state;
    const double score[] = {0.2, 0.9, 0.5, 0.1, 0.6};
    const int want[] = {9, 10, 11, 12, 13, 5, 6}; // sentences 1, 2 and 4
    const int ends[] = {0, 1, 5, 7};
    Arena a = arena_new(1 << 16);
    const Document d = shortened(&doc, score, 7, &a);
    assert_int_equal(d.n, 7);
    assert_int_equal(d.sentences, 3);
    assert_memory_equal(d.id, want, sizeof want);
    assert_memory_equal(d.sentence, ends, sizeof ends);
    assert_int_equal(d.class, doc.class);
    arena_free(&a);
}

static void a_judge_prefers_what_tells_the_class(void **state)
{
    (void)state;
    Bert m = small_bert(WINDOW, 12);
    Tuning p = tuning_of(&m, WINDOW, cut_sentences);
    p.pool = CHUNK_MEAN;
    Tuned *judge = tuned_new(&p, CLASSES, 1);
    double score[5];
    const int one = 0;
    judge_scores(judge, &doc, score);
    Matrix *x = tuned_vectors(judge, &doc, &one, 1);
    const Matrix *q = softmax(linear(x, judge->pool.out));
    for (int s = 0; s < 5; s++) {
        double want = 0;
        for (int j = 0; j < CLASSES; j++)
            want += (double)q->val[s * CLASSES + j] *
                    log((double)q->val[s * CLASSES + j]);
        assert_true(fabs(score[s] - want) < 1e-5);
        assert_true(score[s] <= 0 && score[s] >= -log(CLASSES) - 1e-6);
    }
    tuned_free(judge);
    bert_free(&m);
}

static void a_judge_pays_for_both_readings(void **state)
{
    (void)state;
    const int which[] = {0};
    float score[CLASSES];
    Bert m = small_bert(WINDOW, 13);
    const Tuning reader = tuning_of(&m, WINDOW, cut_head);
    Tuning judge = tuning_of(&m, WINDOW, cut_sentences);
    judge.pool = CHUNK_MEAN;
    const Chosen plan = {.reader = &reader, .judge = &judge};
    const Chosen rule = {.reader = &reader, .rule = RANDOM_SENTENCES};
    const Remedy r[] = {chosen_remedy("judge", &plan),
                        chosen_remedy("random", &rule)};
    Cost cost[2] = {{0}};
    for (int k = 0; k < 2; k++) {
        void *l = r[k].learn(r[k].plan, &doc, which, 1, CLASSES, 1);
        r[k].scores(l, &doc, score, &cost[k]);
        r[k].forget(l);
    }
    assert_true(cost[1].tokens <= WINDOW);
    assert_true(cost[0].tokens > 5 * 2 + PIECES && // all sentences, and again
                cost[0].tokens <= 5 * 2 + PIECES + WINDOW);
    bert_free(&m);
}

// --- the program ------------------------------------------------------------

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    assert_refused(2, "--keep goes with --brown or --data",
                   "16-long-text --keep here");
    assert_refused(2, "--documents", "16-long-text --documents 7");
    assert_refused(2, "--documents", "16-long-text --documents many");
    assert_refused(2, "--documents does not go with",
                   "16-long-text --brown --documents 50");
    assert_refused(2, "nonsense", "16-long-text --nonsense");
    testing_dir("16-program"); // two classes of ten documents each
    char said[100];
    assert_int_equal(testing_run(said, sizeof said,
                                 "mkdir $HERE/a $HERE/b; for i in 0 1 2 3 4 5 "
                                 "6 7 8 9; do echo word > $HERE/a/$i; "
                                 "echo word > $HERE/b/$i; done"),
                     0);
    assert_refused(1, "the data set brown is not in",
                   "16-long-text --brown --data $HERE");
    if (access("data/cache/use-lite/model.json", R_OK) == 0) {
        assert_refused(1, "nothing/x: cannot be written: No such file",
                       "16-long-text --data $HERE --keep $HERE/nothing/x");
        assert_refused(1, "a/1: cannot be written: Not a directory",
                       "16-long-text --data $HERE --keep $HERE/a/1");
    }
    assert_refused(1, "/nowhere/at/all", "16-long-text --data /nowhere/at/all");
}

static void help_names_the_options(void **state)
{
    (void)state;
    char said[4000];
    assert_int_equal(testing_run(said, sizeof said, "16-long-text --help"), 0);
    assert_non_null(strstr(said, "--brown"));
    assert_non_null(strstr(said, "--documents"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_evidence_tells_the_class),
        cmocka_unit_test(evidence_is_where_it_is_said_to_be),
        cmocka_unit_test(key_words_are_equally_many_in_every_document),
        cmocka_unit_test(places_and_classes_are_balanced),
        cmocka_unit_test(notes_say_what_their_class_is),
        cmocka_unit_test(bags_of_words_know_nothing),
        cmocka_unit_test(pieces_of_documents_are_theirs),
        cmocka_unit_test(impossible_documents_are_refused),
        cmocka_unit_test(gradients_of_pools),
        cmocka_unit_test(documents_in_a_batch_are_alone),
        cmocka_unit_test(identical_chunks_are_one_chunk),
        cmocka_unit_test(only_readers_know_the_order),
        cmocka_unit_test(votes_and_probabilities_by_hand),
        cmocka_unit_test(a_frozen_remedy_learns_and_counts),
        cmocka_unit_test(early_exit_reads_until_it_is_sure),
        cmocka_unit_test(cuts_by_hand),
        cmocka_unit_test(chunks_cover_all_and_keep_the_last),
        cmocka_unit_test(one_chunk_is_plain_bert),
        cmocka_unit_test(a_wide_band_is_full_attention),
        cmocka_unit_test(longer_positions_are_copies),
        cmocka_unit_test(gradients_of_whole_nets),
        cmocka_unit_test(training_lowers_the_loss_and_repeats),
        cmocka_unit_test(frozen_vectors_are_the_encoders),
        cmocka_unit_test(costs_by_hand),
        cmocka_unit_test(a_shortened_document_is_its_best_sentences),
        cmocka_unit_test(a_judge_prefers_what_tells_the_class),
        cmocka_unit_test(a_judge_pays_for_both_readings),
        cmocka_unit_test(misuse_is_told_in_a_line),
        cmocka_unit_test(help_names_the_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
