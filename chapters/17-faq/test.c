// Knowledge bases good and bad, three texts by hand, the index against brute
// force, rankings, judging, the contrastive loss, trials, and the program.
#include "17-faq/ask.h"
#include "17-faq/contrast.h"
#include "17-faq/ranking.h"
#include "17-faq/real.h"
#include "17-faq/table.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/gradcheck.h"
#include "common/testing.h"
#include "common/threads.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void near(double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%.9g, expected %.9g", got, want);
}

static void same_text(Text got, const char *want)
{
    if (!text_equal(got, want))
        fail_msg("\"%.*s\", expected \"%s\"", (int)got.length, got.at, want);
}

static Knowledge parsed(const char *bytes)
{
    Knowledge k;
    const char *wrong = knowledge_parse(&k, text_of(bytes));
    if (wrong)
        fail_msg("%s", wrong);
    return k;
}

// --- knowledge bases --------------------------------------------------------

static const char tsv[] =
    "What is it?\tA thing.\tWhich thing?\t\t Is it one? \n"
    "\n"
    "Why?\tBecause.\r\n";

static void bases_from_tab_separated_lines(void **state)
{
    (void)state;
    Knowledge k = parsed(tsv);
    assert_int_equal(k.n, 2);
    assert_int_equal(k.phrasings, 4);
    same_text(k.pair[0].question, "What is it?");
    same_text(k.pair[0].answer, "A thing.");
    same_text(k.phrasing[1].text, "Which thing?");
    same_text(k.phrasing[2].text,
              "Is it one?"); // trimmed; the empty one is out
    same_text(k.pair[1].answer, "Because.");
    assert_int_equal(k.pair[1].first, 3);
    assert_int_equal(k.pair[1].end, 4);
    assert_int_equal(k.phrasing[3].owner, 1);
    assert_int_equal(knowledge_find(&k, text_of("Why?")), 1);
    assert_int_equal(knowledge_find(&k, text_of("Why")), -1);
    knowledge_free(&k);
}

static void bases_from_json(void **state)
{
    (void)state;
    Knowledge t = parsed(tsv);
    Knowledge j = parsed("[{\"question\": \"What is it?\", \"answer\": \"A "
                         "thing.\", \"paraphrases\": [\"Which thing?\", \"Is "
                         "it one?\"]}, {\"question\": \"Why?\", \"answer\": "
                         "[\"Because.\"]}]");
    assert_true(knowledge_hash(&t) == knowledge_hash(&j));
    Knowledge s = parsed("{\"root\": {\"qapair\": [{\"question\": \"Why?\", "
                         "\"answer\": [\"Because.\", \"So.\"], \"rephr\": [\"*"
                         "\", null, \"How so?\"]}]}}");
    assert_int_equal(s.phrasings, 2);
    same_text(s.phrasing[1].text, "How so?");
    same_text(s.pair[0].answer, "Because.\nSo.");
    assert_true(knowledge_hash(&s) != knowledge_hash(&t));
    knowledge_free(&t), knowledge_free(&j), knowledge_free(&s);
}

static void bases_from_comma_separated_values(void **state)
{
    (void)state;
    Knowledge k = parsed("text,category\r\n\"Where, \"\"it\"\"\nis?\",lost_it\n"
                         "no money,top_up\nit is gone,lost_it\n");
    assert_int_equal(k.n, 2);
    same_text(k.pair[0].question, "lost it");
    same_text(k.phrasing[1].text, "Where, \"it\"\nis?");
    same_text(k.phrasing[2].text, "it is gone");
    same_text(k.phrasing[4].text, "no money");
    knowledge_free(&k);
    // An example without a text is none, but its category is one.
    k = parsed("text,category\n\"\",lost_it\n");
    assert_int_equal(k.n, 1);
    assert_int_equal(k.phrasings, 1);
    same_text(k.phrasing[0].text, "lost it");
    knowledge_free(&k);
}

static void damaged_bases_are_refused(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"", "no question in it"},
        {"\n \n", "no question in it"},
        {"Why?\n", "line 1: a question and no answer"},
        {"Why?\t\n", "line 1: the answer is empty"},
        {"\tBecause.\n", "line 1: the question is empty"},
        {"A?\tB\nWhy?\tSo\nA?\tC\n",
         "line 3: the question is that of pair 1 again"},
        {"Why\xff?\tSo\n", "line 1: the question is not valid UTF-8 (its byte "
                           "3)"},
        {"Why?\tSo\t\xc3(\n", "line 1: the paraphrase is not valid UTF-8"},
        {"[{\"question\": \"Why?\"", "this is no JSON"},
        {"[]", "no question in it"},
        {"[{\"question\": \"A\", \"answer\": \"B\"}] [", "byte 34: "},
        {"\n\n  [{\"question\": ]", "byte 18: this is no JSON"},
        {"{\"root\": 3}", "expected a list of pairs"},
        {"[3]", "pair 1: the question is empty"},
        {"[{\"question\": \"Why?\"}]", "pair 1: the answer is empty"},
        {"[{\"question\": 7, \"answer\": \"x\"}]", "the question is empty"},
        {"text,category\n\"never ends", "record 2: a quote that never ends"},
        {"text,category\n\"a\"b,c\n", "record 2: text after a closing quote"},
        {"text,category\na\n", "record 2: expected text,category"},
        {"text,category\na,b,c\n", "record 2: expected text,category"},
        {"text,category\na,\n", "record 2: expected text,category"},
        {"text,category", "no question in it"},
        {"text,category\r\n", "no question in it"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        Knowledge k;
        const char *wrong = knowledge_parse(&k, text_of(bad[i][0]));
        if (!wrong || !strstr(wrong, bad[i][1]))
            fail_msg("\"%s\" says \"%s\", not \"%s\"", bad[i][0],
                     wrong ? wrong : "nothing", bad[i][1]);
    }
    Knowledge k;
    Buffer huge = {0};
    for (int i = 0; i <= PHRASING_MOST; i++)
        buffer_add(&huge, "a", 1);
    buffer_print(&huge, "\tSo\n");
    assert_non_null(strstr(knowledge_parse(&k, (Text){huge.at, huge.length}),
                           "65537 bytes, 65536 are the most"));
    buffer_free(&huge);
    assert_non_null(
        strstr(knowledge_parse(&k, (Text){"W\0?\tSo", 6}), "a zero byte"));
}

static void load_missing(void *path)
{
    knowledge_load(path);
}

static void files_are_named_when_they_are_refused(void **state)
{
    (void)state;
    testing_dir("17-bases");
    assert_dies(load_missing, (void *)"/nowhere/base.tsv", 1, "/nowhere/base");
    char path[500];
    strcpy(path, testing_write("cut.json", "[{\"question\": "));
    assert_dies(load_missing, path, 1, "cut.json: byte");
}

static void the_courses_base_is_in_order(void **state)
{
    (void)state;
    Knowledge k = knowledge_load(shipped_path("data/faq/course.tsv"));
    Buffer all;
    Text *outside;
    const int n =
        questions_load(shipped_path("data/faq/outside.txt"), &all, &outside);
    assert_true(k.n >= 60 && n >= 40);
    for (int i = 0; i < k.n; i++) {
        const int paraphrases = k.pair[i].end - k.pair[i].first - 1;
        if (paraphrases < 3)
            fail_msg("pair %d has %d paraphrases", i + 1, paraphrases);
    }
    for (int i = 0; i < k.phrasings; i++) // no text is there twice
        for (int j = 0; j < i; j++)
            if (k.phrasing[i].text.length == k.phrasing[j].text.length &&
                memcmp(k.phrasing[i].text.at, k.phrasing[j].text.at,
                       k.phrasing[i].text.length) == 0)
                fail_msg("twice: %.*s", (int)k.phrasing[i].text.length,
                         k.phrasing[i].text.at);
    for (int i = 0; i < n; i++)
        assert_int_equal(knowledge_find(&k, outside[i]), -1);
    free(outside);
    buffer_free(&all);
    knowledge_free(&k);
}

// --- terms ------------------------------------------------------------------

static void expect_terms(Terms kind, const char *text, const char *want)
{
    Vocab v = vocab_new();
    Ids ids = {0};
    Buffer got = {0};
    int unknown = 0;
    terms_of(&v, kind, text_of(text), true, &ids, &unknown);
    for (int i = 0; i < ids.n; i++)
        buffer_print(&got, "%s%.*s", i ? " " : "",
                     (int)v.piece[ids.at[i]].length, v.piece[ids.at[i]].at);
    same_text(buffer_text(&got), want);
    ids_free(&ids);
    buffer_free(&got);
    vocab_free(&v);
}

static void texts_are_cut_into_terms(void **state)
{
    (void)state;
    expect_terms(WORD_TERMS, "Don't PANIC, it's 42!", "don t panic it s 42");
    expect_terms(WORD_TERMS, "\xc3\x84pfel -- \xc3\xa4pfel",
                 "\xc3\xa4pfel \xc3\xa4pfel");
    expect_terms(WORD_TERMS, " ... ", "");
    expect_terms(LETTER_TERMS, "The", "^th ^the ^the$ the the$ he$");
    expect_terms(LETTER_TERMS, "a", "^a$");
    expect_terms(LETTER_TERMS, "\xc3\xa4 b", "^\xc3\xa4$ ^b$");
}

// --- the index --------------------------------------------------------------

static const char *const said[] = {"run the tests", "run the chapter",
                                   "where are the plots of the chapter"};

static void three_texts_by_hand(void **state)
{
    (void)state;
    Text text[3];
    float score[3];
    for (int i = 0; i < 3; i++)
        text[i] = text_of(said[i]);
    Inverted x = inverted_new(WORD_TERMS, text, 3);
    const int the = vocab_find(&x.terms, text_of("the"));
    assert_int_equal(x.start[the + 1] - x.start[the], 3);
    assert_int_equal(x.posting[x.start[the] + 2].count, 2);
    near(x.mean_length, 13.0 / 3, 1e-12);
    near(bm25_idf(3, 2), log(1.6), 1e-12);
    near(bm25_idf(3, 1), log(1 + 2.5 / 1.5), 1e-12);
    assert_true(bm25_idf(3, 3) > 0);
    near(tfidf_idf(3, 1), log(2) + 1, 1e-12);
    const Text question = text_of("run tests");
    score_bm25(&x, (Bm25){1.2f, 0.75f}, &question, 1, score);
    const double part = 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3 / (13.0 / 3)));
    near((double)score[0], (log(1.6) + log(1 + 2.5 / 1.5)) * part, 1e-5);
    near((double)score[1], log(1.6) * part, 1e-5);
    near((double)score[2], 0, 0);
    score_tfidf(&x, &question, 1, score);
    const double a = log(4.0 / 3) + 1, b = 1, c = log(2) + 1; // run the tests
    near((double)score[0],
         (a * a + c * c) / sqrt(a * a + c * c) / sqrt(a * a + b * b + c * c),
         1e-6);
    near((double)score[1],
         a * a / sqrt(a * a + c * c) / sqrt(a * a + b * b + a * a), 1e-6);
    inverted_free(&x);
}

// Repetition saturates, and length counts, as k1 and b say.
static void bm25_saturates(void **state)
{
    (void)state;
    const Text text[] = {text_of("x y y y"), text_of("x x y y"),
                         text_of("x x x y"), text_of("z z z z")};
    const Text question = text_of("x");
    float score[4];
    Inverted x = inverted_new(WORD_TERMS, text, 4);
    score_bm25(&x, (Bm25){1.2f, 0.75f}, &question, 1, score);
    assert_true(score[1] > score[0] && score[2] > score[1]);
    assert_true(score[2] - score[1] < score[1] - score[0]);
    score_bm25(&x, (Bm25){0, 0.75f}, &question, 1, score);
    assert_true(score[0] == score[2]); // k1 = 0: there or not
    inverted_free(&x);
}

enum { TEXTS = 41, ASKED = 13 };

// Texts of random words from a small vocabulary; some words only questions
// have.
static void random_texts(Buffer *all, Text *text, int n, int words,
                         uint64_t seed)
{
    Rng r = rng_new(seed);
    size_t end[TEXTS];
    for (int i = 0; i < n; i++) {
        for (int k = 1 + rng_below(&r, 9); k > 0; k--)
            buffer_print(all, "w%d ", rng_below(&r, 1 + rng_below(&r, words)));
        end[i] = all->length;
    }
    for (int i = 0; i < n; i++) {
        const size_t from = i ? end[i - 1] : 0;
        text[i] = (Text){all->at + from, end[i] - from};
    }
}

static int times_in(Text text, const char *word)
{
    int n = 0;
    for (Text field; text_field(&text, ' ', &field);)
        n += text_equal(field, word);
    return n;
}

static void the_index_is_brute_force(void **state)
{
    (void)state;
    enum { WORDS = 30, MORE = 35 };
    Buffer all = {0}, other = {0};
    Text text[TEXTS], asked[ASKED];
    float tfidf[ASKED * TEXTS], bm25[ASKED * TEXTS];
    random_texts(&all, text, TEXTS, WORDS, 3);
    random_texts(&other, asked, ASKED, MORE, 4);
    Inverted x = inverted_new(WORD_TERMS, text, TEXTS);
    score_tfidf(&x, asked, ASKED, tfidf);
    score_bm25(&x, (Bm25){1.5f, 0.6f}, asked, ASKED, bm25);
    double mean = 0, length[TEXTS] = {0};
    for (int i = 0; i < TEXTS; i++)
        for (int w = 0; w < MORE; w++) {
            char word[16];
            snprintf(word, sizeof word, "w%d", w);
            length[i] += times_in(text[i], word);
        }
    for (int i = 0; i < TEXTS; i++)
        mean += length[i] / TEXTS;
    for (int q = 0; q < ASKED; q++)
        for (int i = 0; i < TEXTS; i++) {
            double product = 0, a = 0, b = 0, want = 0;
            for (int w = 0; w < MORE; w++) {
                char word[16];
                snprintf(word, sizeof word, "w%d", w);
                const int fq = times_in(asked[q], word);
                const int ft = times_in(text[i], word);
                int with = 0;
                for (int k = 0; k < TEXTS; k++)
                    with += times_in(text[k], word) > 0;
                const double idf = log((1.0 + TEXTS) / (1.0 + with)) + 1;
                // Words that no text has count once for each occurrence.
                const double u = fq == 0 ? 0 : (1 + (with ? log(fq) : 0)) * idf;
                const double v = ft ? (1 + log(ft)) * idf : 0;
                product += u * v;
                a += with ? u * u : fq * idf * idf;
                b += v * v;
                want += fq * log(1 + (TEXTS - with + 0.5) / (with + 0.5)) * ft *
                        2.5 / (ft + 1.5 * (1 - 0.6 + 0.6 * length[i] / mean));
            }
            near((double)tfidf[q * TEXTS + i], product / sqrt(a) / sqrt(b),
                 1e-5);
            near((double)bm25[q * TEXTS + i], want, 1e-4);
        }
    inverted_free(&x);
    buffer_free(&all), buffer_free(&other);
}

static void an_equal_text_has_cosine_1(void **state)
{
    (void)state;
    Buffer all = {0};
    Text text[TEXTS];
    float score[TEXTS * TEXTS];
    random_texts(&all, text, TEXTS, 30, 5);
    for (Terms kind = WORD_TERMS; kind <= LETTER_TERMS; kind++) {
        Inverted x = inverted_new(kind, text, TEXTS);
        score_tfidf(&x, text, TEXTS, score);
        for (int i = 0; i < TEXTS; i++) {
            near((double)score[i * TEXTS + i], 1, 1e-6);
            assert_true(rank_of(score + i * TEXTS, TEXTS, i) <= 5); // ties
            near((double)score[i * TEXTS + (i + 7) % TEXTS],
                 (double)score[(i + 7) % TEXTS * TEXTS + i], 1e-6);
        }
        inverted_free(&x);
    }
    buffer_free(&all);
}

static void unknown_words_make_less_sure(void **state)
{
    (void)state;
    Text text[3];
    float score[6];
    for (int i = 0; i < 3; i++)
        text[i] = text_of(said[i]);
    const Text asked[] = {text_of("run tests"), text_of("run zebra tests")};
    Inverted x = inverted_new(WORD_TERMS, text, 3);
    score_tfidf(&x, asked, 2, score);
    assert_true(score[3] < 0.9f * score[0] && score[4] < 0.9f * score[1]);
    near((double)(score[3] / score[0]), (double)(score[4] / score[1]), 1e-6);
    inverted_free(&x);
}

// --- rankings ---------------------------------------------------------------

static void the_heap_is_a_full_sort(void **state)
{
    (void)state;
    enum { N = 57 };
    Rng r = rng_new(6);
    for (int round = 0; round < 50; round++) {
        float score[N];
        Hit hit[N + 3];
        for (int i = 0; i < N; i++) // many are equal
            score[i] = (float)rng_below(&r, 20);
        score[rng_below(&r, N)] = NAN;
        score[rng_below(&r, N)] = -INFINITY;
        const int k = 1 + rng_below(&r, N + 3), n = top_hits(score, N, k, hit);
        assert_int_equal(n, k < N ? k : N);
        for (int i = 0; i < n; i++) {
            assert_int_equal(rank_of(score, N, hit[i].item), i + 1);
            assert_true(memcmp(&hit[i].score, &score[hit[i].item], 4) == 0);
        }
    }
    Hit one;
    assert_int_equal(top_hits(NULL, 0, 3, &one), 0);
    assert_int_equal(rank_of((float[]){2, 3, 3, NAN}, 4, 2), 2);
    assert_int_equal(rank_of((float[]){2, 3, 3, NAN}, 4, 3), 4);
}

static void owners_get_their_best_phrasing(void **state)
{
    (void)state;
    const float score[] = {1, 5, 3, 4, 9, -1, -2, -3, -4, 9};
    const int owner[] = {0, 0, 2, 2, -1};
    float to[6];
    best_of_owner(score, owner, 5, 3, 2, to);
    assert_true(to[0] == 5 && to[1] == -INFINITY && to[2] == 4);
    assert_true(to[3] == -1 && to[5] == -3);
}

static void rankings_are_fused(void **state)
{
    (void)state;
    float to[3] = {0};
    fuse_ranks((float[]){0.9f, 0.1f, 0.5f}, 3, 60, to);
    fuse_ranks((float[]){7, 8, 9}, 3, 60, to);
    near((double)to[0], 1.0 / 61 + 1.0 / 63, 1e-7);
    near((double)to[1], 1.0 / 63 + 1.0 / 62, 1e-7);
    near((double)to[2], 1.0 / 62 + 1.0 / 61, 1e-7);
    fuse_sum((float[]){1, 2, 3}, 2, 3, to);
    near((double)to[2], 6 + 1.0 / 62 + 1.0 / 61, 1e-6);
}

// --- judging ----------------------------------------------------------------

static void ranks_are_summed_up(void **state)
{
    (void)state;
    const int rank[] = {1, 2, 5, 6, 1, 10, 1, 1};
    const Found f = found_of(rank, 8);
    near(f.r1, 0.5, 1e-12);
    near(f.r5, 0.75, 1e-12);
    near(f.mrr, (4 + 0.5 + 0.2 + 1.0 / 6 + 0.1) / 8, 1e-12);
}

static void bootstrap_draws_groups(void **state)
{
    (void)state;
    enum { N = 200, GROUPS = 20 };
    double x[N], y[N];
    int single[N], group[N];
    for (int i = 0; i < N; i++) {
        single[i] = i;
        group[i] = i / 10;
        x[i] = i / 10 % 2; // a group is all 0 or all 1
        y[i] = x[i] - 0.25;
    }
    const Bounds a = bootstrap(x, single, N, N, 1);
    const Bounds b = bootstrap(x, group, N, GROUPS, 1);
    near(a.mean, 0.5, 1e-12);
    near(a.high - a.low, 2 * 1.96 * 0.5 / sqrt(N), 0.02);
    near(b.high - b.low, 2 * 1.96 * 0.5 / sqrt(GROUPS), 0.06);
    const Bounds again = bootstrap(x, group, N, GROUPS, 1);
    assert_true(again.low == b.low && again.high == b.high);
    const Bounds d = bootstrap_between(x, y, group, N, GROUPS, 1);
    near(d.low, 0.25, 1e-12);
    near(d.high, 0.25, 1e-12);
}

static const Outcome five[] = {
    {0.9f, 1}, {0.5f, 0}, {0.8f, 1}, {0.5f, 1}, {0.2f, 0}};

static void risk_grows_with_coverage(void **state)
{
    (void)state;
    double coverage[5], risk[5];
    const int n = risk_over_coverage(five, 5, coverage, risk);
    assert_int_equal(n, 4); // the two of .5 together
    near(coverage[1], 0.4, 1e-12);
    near(risk[1], 0, 0);
    near(coverage[2], 0.8, 1e-12);
    near(risk[2], 0.25, 1e-12);
    near(risk[3], 0.4, 1e-12);
}

static void thresholds_are_the_best_there_are(void **state)
{
    (void)state;
    near((double)best_threshold(five, 5, 2), 0.65, 1e-6);
    near((double)best_threshold(five, 5, 0.5), 0.35, 1e-6);
    assert_true(best_threshold(five + 4, 1, 1) == INFINITY);
    const Outcome even[] = {{3, 1}, {2, 0}, {1, 1}}; // worth 1, 0, 1
    near((double)best_threshold(even, 3, 1), 2.5, 1e-6);
    Rng r = rng_new(8);
    for (int round = 0; round < 30; round++) {
        enum { N = 25 };
        Outcome o[N];
        double best = 0;
        for (int i = 0; i < N; i++)
            o[i] = (Outcome){(float)rng_below(&r, 12), rng_below(&r, 2)};
        for (int t = 0; t <= 12; t++) {
            const Answered a = answered_at(o, N, (float)t);
            best = fmax(best, a.right - 1.5 * a.wrong);
            near(a.right + a.wrong + a.silent, 1, 1e-9);
        }
        const Answered a = answered_at(o, N, best_threshold(o, N, 1.5));
        near(a.right - 1.5 * a.wrong, best, 1e-9);
    }
}

// --- learning by contrast ---------------------------------------------------

static void the_loss_by_hand(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    const float a[] = {1, 0, 0, 1}, b[] = {0.6f, 0.8f, 0, 1};
    Matrix *loss =
        contrastive_loss(matrix_of(t, 2, 2, a), matrix_of(t, 2, 2, b), 0.5f);
    // a b^T / 0.5 is {1.2, 0; 1.6, 2}
    const double rows = log(1 + exp(-1.2)) + log(1 + exp(-0.4));
    const double cols = log(1 + exp(0.4)) + log(1 + exp(-2));
    near((double)loss->val[0], (rows + cols) / 4, 1e-6);
    Matrix *unit = unit_rows(matrix_of(t, 1, 2, (float[]){3, -4}));
    near((double)unit->val[0], 0.6, 1e-6);
    near((double)unit->val[1], -0.8, 1e-6);
    tape_free(t);
}

typedef struct TwoSides {
    Matrix *a, *b;
} TwoSides;

static Matrix *loss_of_sides(Tape *t, void *context)
{
    const TwoSides *s = context;
    return contrastive_loss(unit_rows(on_tape(t, s->a)),
                            unit_rows(on_tape(t, s->b)), 0.3f);
}

static void gradients_of_the_loss(void **state)
{
    (void)state;
    Params *p = params_new(2);
    TwoSides s = {param_normal(p, 5, 7, 1, "a"), param_normal(p, 5, 7, 1, "b")};
    const GradError e = gradcheck(p, loss_of_sides, &s, 1e-2, 100, 3);
    if (e.worst > 2e-3)
        fail_msg("%s", e.where);
    params_free(p);
}

static ContrastRecipe small_recipe(int steps)
{
    return (ContrastRecipe){.width = 16,
                            .heads = 2,
                            .layers = 1,
                            .words = 300,
                            .steps = steps,
                            .batch = 8,
                            .rate = 0.01f,
                            .temperature = 0.1f,
                            .seed = 1};
}

static const char pairs[] = "open the door\tA\tundo that gate\n"
                            "close the window\tB\tshut this pane\n"
                            "paint a wall\tC\tcolour some bricks\n"
                            "plant the tree\tD\tgrow an oak\n"
                            "feed every cat\tE\tgive pets food\n"
                            "sell my boat\tF\toffer our ship\n";

// What is alike only because it was said so.
static void pairs_are_learnt(void **state)
{
    (void)state;
    Knowledge k = parsed(pairs);
    ContrastRecipe recipe = small_recipe(60);
    Contrast c = contrast_train(k.phrasing, k.phrasings, k.n, &recipe);
    Contrast again = contrast_train(k.phrasing, k.phrasings, k.n, &recipe);
    assert_true(c.loss == again.loss);
    assert_true(c.loss < 0.3); // log 6 = 1.8 is guessing
    const Encoder e = contrast_encoder(&c);
    Text text[12];
    float score[12 * 12], alone[16];
    for (int i = 0; i < 12; i++)
        text[i] = k.phrasing[i].text;
    float *x = encode_texts(&e, text, 12, NULL, NULL);
    score_dense(x, 12, x, 12, e.width, score);
    for (int i = 0; i < 12; i++) {
        near((double)score[i * 12 + i], 1, 1e-5);
        score[i * 12 + i] = -2;
        assert_int_equal(rank_of(score + i * 12, 12, i ^ 1), 1);
        e.embed(e.model, &text[i], 1, alone);
        assert_close(x + i * 16, alone, 16, 1e-5);
    }
    free(x);
    contrast_free(&c), contrast_free(&again);
    knowledge_free(&k);
}

// --- kept vectors -----------------------------------------------------------

typedef struct Kept {
    const Encoder *e;
    const char *path;
    const Text *text;
} Kept;

static void encode_kept(void *context)
{
    const Kept *k = context;
    free(encode_texts(k->e, k->text, 3, k->path, NULL));
}

static void kept_vectors_are_fresh_ones(void **state)
{
    (void)state;
    Knowledge k = parsed(pairs);
    ContrastRecipe recipe = small_recipe(2);
    Contrast c = contrast_train(k.phrasing, k.phrasings, k.n, &recipe);
    Encoder e = contrast_encoder(&c);
    const Text text[] = {text_of("open the gate"), text_of("a b"),
                         text_of("zebra")};
    const Text other[] = {text_of("open the gate"), text_of("a c"),
                          text_of("zebra")};
    char path[500];
    bool before;
    testing_dir("17-kept");
    strcpy(path, testing_path("v.safetensors"));
    float *fresh = encode_texts(&e, text, 3, path, &before);
    assert_false(before);
    float *kept = encode_texts(&e, text, 3, path, &before);
    assert_true(before);
    assert_memory_equal(fresh, kept, 3 * 16 * sizeof *kept);
    free(kept);
    free(encode_texts(&e, other, 3, path, &before));
    assert_false(before); // another text
    e.mark++;
    free(encode_texts(&e, other, 3, path, &before));
    assert_false(before); // another model
    FILE *f = fopen(path, "r+b");
    fseek(f, -5, SEEK_END);
    fputc(77, f);
    fclose(f);
    const Kept damaged = {&e, path, other};
    assert_dies(encode_kept, (void *)&damaged, 1, "v.safetensors");
    const Kept nowhere = {&e, "/nowhere/v.safetensors", text};
    assert_dies(encode_kept, (void *)&nowhere, 1, "/nowhere/v.safetensors");
    free(fresh);
    contrast_free(&c);
    knowledge_free(&k);
}

static void known_vectors_spare_encoding(void **state)
{
    (void)state;
    Knowledge k = parsed(pairs);
    ContrastRecipe recipe = small_recipe(3);
    Contrast c = contrast_train(k.phrasing, k.phrasings, k.n, &recipe);
    Encoder e = contrast_encoder(&c);
    float *known = known_vectors(&e, &k, NULL, NULL);
    bool in[12];
    for (int i = 0; i < 12; i++)
        in[i] = i % 3 != 1;
    const Text asked[] = {k.phrasing[1].text, text_of("open gate"),
                          k.phrasing[11].text, text_of("")};
    float with[4 * 6], without[4 * 6];
    Search a = search_new(&k, in), b = search_new(&k, in);
    a.encoder[OWN] = b.encoder[OWN] = &e;
    a.known[OWN] = known;
    search_scores(&a, BY_OWN, asked, 4, with);
    search_scores(&b, BY_OWN, asked, 4, without);
    assert_close(with, without, 4 * 6, 1e-5);
    known[3] += 1; // it is what is used: of phrasing 0
    search_free(&a);
    a = search_new(&k, in);
    a.encoder[OWN] = &e;
    a.known[OWN] = known;
    search_scores(&a, BY_OWN, asked, 2, with);
    assert_true(fabsf(with[0] - without[0]) > 1e-3f);
    assert_close(with + 1, without + 1, 5, 1e-5);
    assert_close(with + 7, without + 7, 5, 1e-5);
    search_free(&a), search_free(&b);
    free(known);
    contrast_free(&c);
    knowledge_free(&k);
}

static void answers_are_searched(void **state)
{
    (void)state;
    Knowledge k = parsed("Why?\tFor zebras.\tHow so?\nWhat?\tFor cows.\n");
    Search s = search_new(&k, NULL);
    const Text asked[] = {text_of("zebras"), text_of("how cows")};
    float score[4];
    search_scores(&s, BY_ANSWERS, asked, 2, score);
    assert_true(score[0] > 0 && score[1] == 0);
    assert_true(score[2] == 0 && score[3] > 0);
    search_scores(&s, BY_BOTH, asked, 2, score);
    assert_true(score[0] > 0 && score[1] == 0);
    assert_true(score[2] > 0 && score[3] > 0); // a paraphrase, an answer
    search_scores(&s, BY_WORDS, asked, 2, score);
    assert_true(score[0] == 0 && score[2] > 0 && score[3] == 0);
    search_scores(&s, BY_HYBRID, asked, 1, score);
    assert_true(score[0] > 0);
    search_free(&s);
    knowledge_free(&k);
}

// --- trials -----------------------------------------------------------------

static void parts_divide_the_paraphrases(void **state)
{
    (void)state;
    Knowledge k = knowledge_load(shipped_path("data/faq/course.tsv"));
    Trial alone = trial_part(&k, -1), even = trial_part(&k, 0),
          odd = trial_part(&k, 1);
    assert_int_equal(alone.search.items, k.n);
    assert_int_equal(alone.n, k.phrasings - k.n);
    assert_int_equal(even.n + odd.n, alone.n);
    for (int part = 0; part < 2; part++) {
        const Trial *t = part ? &odd : &even;
        for (int i = 0; i < t->search.items; i++)
            for (int q = 0; q < t->n; q++)
                assert_true(t->search.item[i].at != t->question[q].at);
    }
    trial_free(&alone), trial_free(&even), trial_free(&odd);
    knowledge_free(&k);
}

static void a_question_finds_itself(void **state)
{
    (void)state;
    static const Method all[] = {BY_WORDS, BY_LETTERS, BY_HYBRID};
    Knowledge k = knowledge_load(shipped_path("data/faq/course.tsv"));
    bool *in = new_array((size_t)k.phrasings, sizeof *in);
    bool *asked = new_array((size_t)k.phrasings, sizeof *asked);
    for (int i = 0; i < k.n; i++)
        in[k.pair[i].first] = asked[k.pair[i].first] = true;
    Trial t = trial_new(&k, in, asked);
    for (int m = 0; m < 3; m++)
        near(trial_found(&t, all[m], NULL, NULL).r1, 1, 1e-9);
    free(in), free(asked);
    trial_free(&t);
    knowledge_free(&k);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    Knowledge k = knowledge_load(shipped_path("data/faq/course.tsv"));
    Trial t = trial_part(&k, 0);
    const size_t size = (size_t)t.n * k.n;
    float *one = new_array(size, sizeof *one), *many = new_array(size, 4);
    for (int m = 0; m < 2; m++) {
        const Method method = m ? BY_HYBRID : BY_RANKS;
        threads_set(1);
        search_scores(&t.search, method, t.question, t.n, one);
        for (int n = 2; n <= 7; n += 5) {
            threads_set(n);
            search_scores(&t.search, method, t.question, t.n, many);
            assert_memory_equal(one, many, size * sizeof *one);
        }
    }
    threads_set(1); // a question alone has the same bits, too
    for (int q = 0; q < t.n; q += 29) {
        search_scores(&t.search, BY_HYBRID, t.question + q, 1, many);
        assert_memory_equal(one + (size_t)q * k.n, many,
                            (size_t)k.n * sizeof *one);
    }
    free(one), free(many);
    trial_free(&t);
    knowledge_free(&k);
}

static void what_is_taken_away_is_not_found(void **state)
{
    (void)state;
    const float score[] = {3, 9, 5, 1};
    float sure;
    assert_int_equal(surest(score, 4, SURE_SCORE, -1, &sure), 1);
    near((double)sure, 9, 0);
    assert_int_equal(surest(score, 4, SURE_MARGIN, -1, &sure), 1);
    near((double)sure, 4, 0);
    assert_int_equal(surest(score, 4, SURE_MARGIN, 1, &sure), 2);
    near((double)sure, 2, 0);
    assert_int_equal(surest(score, 4, SURE_MARGIN, 2, &sure), 1);
    near((double)sure, 6, 0);
    assert_int_equal(surest(score, 1, SURE_SCORE, 0, &sure), -1);
    Knowledge k = parsed("open the door\tA\topen a door\topen doors\n"
                         "close the window\tB\tshut the window\tclose it\n");
    Trial t = trial_part(&k, 0);
    Outcome o[8];
    const int n = trial_outcomes(&t, BY_WORDS, SURE_SCORE, -1, o);
    assert_int_equal(n, 2 * t.n);
    for (int i = 0; i < n; i += 2) {
        assert_true(o[i].sure > o[i + 1].sure && o[i].right);
        assert_false(o[i + 1].right);
    }
    assert_int_equal(trial_outcomes(&t, BY_WORDS, SURE_SCORE, 0, o), t.n);
    trial_free(&t);
    knowledge_free(&k);
}

static void phrasings_and_shared_words(void **state)
{
    (void)state;
    Knowledge k = parsed("open the door\tA\tundo that gate\tundo the gate\n"
                         "close my window\tB\tshut this pane\tshut a pane\n");
    Search s = search_new(&k, NULL);
    // With no paraphrase there is nothing in common but "the".
    near(trial_with_phrasings(&s, BY_WORDS, 0), 0.5,
         1e-9); // of equals the first
    near(trial_with_phrasings(&s, BY_WORDS, 1), 1, 1e-9);
    assert_true(isnan(trial_with_phrasings(&s, BY_WORDS, 2)));
    Inverted x = inverted_new(WORD_TERMS, (Text[]){text_of("a b c")}, 1);
    near(shared_words(&x, text_of("a b"), text_of("a c")), 0.5, 1e-9);
    near(shared_words(&x, text_of(""), text_of("a c")), 0, 0);
    near(shared_words(&x, text_of("c zebra"), text_of("c")), 1 / (2 + log(2)),
         1e-9);
    inverted_free(&x);
    search_free(&s);
    knowledge_free(&k);
}

static void hashed_letters_have_length_1(void **state)
{
    (void)state;
    const Text text[] = {text_of("one thing"), text_of("another thing")};
    float a[HASHED], b[HASHED];
    Inverted x = inverted_new(LETTER_TERMS, text, 2);
    double length = 0, differ = 0;
    hashed_letters(&x, text[0], a);
    hashed_letters(&x, text[1], b);
    for (int i = 0; i < HASHED; i++) {
        length += (double)(a[i] * a[i]);
        differ += fabs((double)(a[i] - b[i]));
    }
    near(length, 1, 1e-5);
    assert_true(differ > 0.5);
    hashed_letters(&x, text_of(""), a);
    near((double)a[7], 0, 0);
    inverted_free(&x);
}

// --- answering --------------------------------------------------------------

static char *answered(Desk *d, Text question, bool *knows)
{
    static char said_so[2000];
    FILE *f = fmemopen(said_so, sizeof said_so, "w");
    *knows = desk_answer(d, question, f, NULL);
    fclose(f);
    return said_so;
}

static void a_desk_answers_or_says_that_it_cannot(void **state)
{
    (void)state;
    Knowledge k = knowledge_load(shipped_path("data/faq/course.tsv"));
    Search s = search_new(&k, NULL);
    Desk d = desk_new(&s, METHODS, NAN, 2, 1);
    bool knows;
    assert_int_equal(d.method, BY_HYBRID);
    assert_true(isfinite(d.threshold) && d.threshold > 0);
    for (int i = 0; i < k.n; i += 9) {
        const char *a = answered(&d, k.pair[i].question, &knows);
        assert_true(knows);
        assert_memory_equal(a, k.pair[i].answer.at, k.pair[i].answer.length);
    }
    const char *a = answered(&d, text_of("zebra crossing rules"), &knows);
    assert_false(knows);
    assert_true(strncmp(a, "I do not know. The nearest", 26) == 0);
    int lines = 0;
    for (const char *p = a; *p; p++)
        lines += *p == '\n';
    assert_int_equal(lines, 3);
    d.threshold = INFINITY;
    answered(&d, k.pair[0].question, &knows);
    assert_false(knows);
    d.threshold = -INFINITY;
    answered(&d, text_of("zebra"), &knows);
    assert_true(knows);
    assert_non_null(strstr(answered(&d, text_of(" \n"), &knows), "empty"));
    assert_non_null(strstr(answered(&d, text_of("a\xff"), &knows), "UTF-8"));
    assert_false(knows);
    search_free(&s);
    knowledge_free(&k);
}

static void without_paraphrases_there_is_no_threshold(void **state)
{
    (void)state;
    Knowledge k = parsed("Why?\tBecause.\nWhat?\tThat.\n");
    Search s = search_new(&k, NULL);
    assert_true(calibrate(&s, BY_HYBRID, SURE_SCORE, 1) == -INFINITY);
    search_free(&s);
    knowledge_free(&k);
}

static void what_was_learnt_does_not_calibrate(void **state)
{
    (void)state;
    Knowledge k = knowledge_load(shipped_path("data/faq/course.tsv"));
    ContrastRecipe recipe = contrast_recipe(1);
    recipe.steps = 60;
    Contrast own = contrast_train(k.phrasing, k.phrasings, k.n, &recipe);
    const Encoder e = contrast_encoder(&own);
    Search s = search_new(&k, NULL);
    double right[2] = {0};
    s.encoder[OWN] = &e;
    for (int fresh = 0; fresh < 2; fresh++) {
        int n;
        s.own = fresh ? &recipe : NULL;
        Outcome *o = calibration_outcomes(&s, BY_OWN, SURE_SCORE, &n);
        for (int i = 0; i < n; i += 2)
            right[fresh] += 2.0 * o[i].right / n;
        free(o);
    }
    if (!(right[1] < 0.7 * right[0]))
        fail_msg("%.3f of what it has learnt is right, and %.3f of the rest",
                 right[0], right[1]);
    search_free(&s);
    contrast_free(&own);
    knowledge_free(&k);
}

// --- real data --------------------------------------------------------------

static void real_questions(void **state)
{
    (void)state;
    const Run run = {0};
    const char *path = data_path(&run, "stackfaq", "stackExchange-FAQ.json");
    if (!path) {
        print_message("StackFAQ is not there; not tested\n");
        skip();
    }
    Knowledge k = knowledge_load(path);
    assert_int_equal(k.n, 125);
    assert_int_equal(k.phrasings, 125 + 1249);
    Trial t = trial_part(&k, -1);
    near(trial_found(&t, BY_WORDS, NULL, NULL).r1, 0.585, 0.003);
    near(trial_found(&t, BY_LETTERS, NULL, NULL).r1, 0.727, 0.003);
    near(trial_found(&t, BY_BOTH, NULL, NULL).r1, 0.665, 0.003);
    near(trial_found(&t, BY_HYBRID, NULL, NULL).r1, 0.787, 0.003);
    trial_free(&t);
    knowledge_free(&k);
}

static void real_intents(void **state)
{
    (void)state;
    const Run run = {0};
    const char *path = data_path(&run, "banking77", "train.csv");
    if (!path) {
        print_message("banking77 is not there; not tested\n");
        skip();
    }
    Knowledge k = knowledge_load(path);
    assert_int_equal(k.n, 77);
    assert_int_equal(k.phrasings, 77 + 10003);
    same_text(k.pair[0].question, "card arrival");
    knowledge_free(&k);
}

static void a_real_encoder(void **state)
{
    (void)state;
    const Run run = {0};
    Encoder e = encoder_use_lite(&run), rows = encoder_rows(&run);
    if (!e.name) {
        print_message("use-lite is not there; not tested\n");
        skip();
    }
    Knowledge k = parsed("How can I lose weight?\tA\n"
                         "Where do I buy a ticket?\tB\n");
    Search s = search_new(&k, NULL);
    const Text question = text_of("What makes me slimmer?");
    float score[2];
    s.encoder[USE] = &e;
    s.encoder[ROWS] = &rows;
    assert_true(search_can(&s, BY_SUM) && search_can(&s, BY_ROWS));
    search_scores(&s, BY_USE, &question, 1, score);
    assert_true(score[0] > score[1]);
    search_scores(&s, BY_ROWS, &k.pair[1].question, 1, score);
    near((double)score[1], 1, 1e-5);
    search_free(&s);
    encoder_free(&e), encoder_free(&rows);
    knowledge_free(&k);
}

static void train_interrupted(void *context)
{
    (void)context;
    const Phrasing p[] = {{text_of("a b"), 0},
                          {text_of("b a"), 0},
                          {text_of("c d"), 1},
                          {text_of("d c"), 1}};
    const ContrastRecipe recipe = contrast_recipe(1);
    (void)interrupted();
    raise(SIGINT);
    Contrast c = contrast_train(p, 4, 2, &recipe);
    contrast_free(&c);
}

static void nobody_answers_with_half_an_encoder(void **state)
{
    (void)state;
    char told[500];
    assert_int_equal(
        testing_outcome(train_interrupted, NULL, told, sizeof told), 1);
    assert_non_null(strstr(told, "stopped after 0 steps of 150"));
}

// --- the program ------------------------------------------------------------

static void the_program_answers(void **state)
{
    (void)state;
    char line[3000];
    testing_dir("17-program");
    testing_write("base.tsv", "What is the code?\tIt is 4711.\tcode please\n"
                              "Who are you?\tA program.\tyour name\n");
    assert_int_equal(testing_run(line, sizeof line,
                                 "17-faq --kb $HERE/base.tsv --ask 'What is "
                                 "the code?' 2>/dev/null"),
                     0);
    assert_string_equal(line, "It is 4711.\n");
    assert_int_equal(
        testing_run(line, sizeof line,
                    "printf 'what is the code\\n\\nwho are you' | 17-faq "
                    "--method hybrid --threshold 1 --kb $HERE/base.tsv --chat "
                    "2>/dev/null"),
        0);
    assert_string_equal(line, "It is 4711.\n\nI cannot read that: it is "
                              "empty.\n\nA program.\n\n");
    assert_int_equal(testing_run(line, sizeof line,
                                 "17-faq --kb $HERE/base.tsv --top 1 "
                                 "--threshold 1e6 --ask code 2>/dev/null"),
                     0);
    assert_string_equal(line, "I do not know. The nearest questions that I can "
                              "answer:\n  What is the code?\n");
    assert_int_equal(testing_run(line, sizeof line,
                                 "17-faq --ask x --top 3 --method hybrid "
                                 "2>&1 >/dev/null | grep -c ^by"),
                     0);
    assert_string_equal(line, "1\n");
    testing_write("bare.tsv", "Why?\tBecause.\nWhat?\tThat.\n");
    assert_int_equal(testing_run(line, sizeof line,
                                 "17-faq --kb $HERE/bare.tsv --data /nowhere "
                                 "--keep $HERE/k --ask bread 2>&1 >/dev/null"),
                     0);
    assert_non_null(strstr(line, "no paraphrases"));
    assert_non_null(strstr(line, "nothing is kept"));
    testing_write("one.tsv", "Why?\tBecause.\tFor what reason?\n");
    assert_int_equal(testing_run(line, sizeof line,
                                 "17-faq --kb $HERE/one.tsv --data /nowhere "
                                 "--ask bread 2>&1 >/dev/null"),
                     0);
    assert_non_null(strstr(line, "one question alone teaches no threshold"));
    // From elsewhere the course's own base is found, too.
    assert_int_equal(testing_run(line, sizeof line,
                                 "program=$(command -v 17-faq); "
                                 "program=$(realpath $program); cd /; "
                                 "$program --data /nowhere --ask 'What does a "
                                 "seed do?' 2>/dev/null"),
                     0);
    assert_non_null(strstr(line, "random number generator"));
}

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    testing_dir("17-misuse");
    testing_write("bad.tsv", "no answer\n");
    assert_refused(2, "exclude each other", "17-faq --ask a --chat");
    assert_refused(2, "go with --ask or --chat", "17-faq --top 5");
    assert_refused(2, "go with --ask or --chat", "17-faq --quick --kb x");
    assert_refused(2, "--method", "17-faq --ask a --method magic");
    assert_refused(2, "--top", "17-faq --ask a --top 0");
    assert_refused(2, "--ask: the question is empty", "17-faq --ask ' '");
    assert_refused(2, "is not valid UTF-8",
                   "17-faq --ask \"$(printf '\\377')\"");
    assert_refused(1, "/nowhere", "17-faq --ask a --kb /nowhere/kb");
    assert_refused(1, "/nowhere/x: cannot be written",
                   "17-faq --ask a --data /nowhere --keep /nowhere/x");
    assert_refused(1, "bad.tsv: line 1: a question and no answer",
                   "17-faq --ask a --kb $HERE/bad.tsv");
    assert_refused(1, "make data NAME=use-lite",
                   "17-faq --ask a --data /nowhere --method use-lite");
    char line[4000];
    assert_int_equal(testing_run(line, sizeof line, "17-faq --help"), 0);
    assert_non_null(strstr(line, "--chat"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bases_from_tab_separated_lines),
        cmocka_unit_test(bases_from_json),
        cmocka_unit_test(bases_from_comma_separated_values),
        cmocka_unit_test(damaged_bases_are_refused),
        cmocka_unit_test(files_are_named_when_they_are_refused),
        cmocka_unit_test(the_courses_base_is_in_order),
        cmocka_unit_test(texts_are_cut_into_terms),
        cmocka_unit_test(three_texts_by_hand),
        cmocka_unit_test(bm25_saturates),
        cmocka_unit_test(the_index_is_brute_force),
        cmocka_unit_test(an_equal_text_has_cosine_1),
        cmocka_unit_test(unknown_words_make_less_sure),
        cmocka_unit_test(the_heap_is_a_full_sort),
        cmocka_unit_test(owners_get_their_best_phrasing),
        cmocka_unit_test(rankings_are_fused),
        cmocka_unit_test(ranks_are_summed_up),
        cmocka_unit_test(bootstrap_draws_groups),
        cmocka_unit_test(risk_grows_with_coverage),
        cmocka_unit_test(thresholds_are_the_best_there_are),
        cmocka_unit_test(the_loss_by_hand),
        cmocka_unit_test(gradients_of_the_loss),
        cmocka_unit_test(pairs_are_learnt),
        cmocka_unit_test(kept_vectors_are_fresh_ones),
        cmocka_unit_test(known_vectors_spare_encoding),
        cmocka_unit_test(answers_are_searched),
        cmocka_unit_test(parts_divide_the_paraphrases),
        cmocka_unit_test(a_question_finds_itself),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(what_is_taken_away_is_not_found),
        cmocka_unit_test(phrasings_and_shared_words),
        cmocka_unit_test(hashed_letters_have_length_1),
        cmocka_unit_test(a_desk_answers_or_says_that_it_cannot),
        cmocka_unit_test(without_paraphrases_there_is_no_threshold),
        cmocka_unit_test(what_was_learnt_does_not_calibrate),
        cmocka_unit_test(real_questions),
        cmocka_unit_test(real_intents),
        cmocka_unit_test(a_real_encoder),
        cmocka_unit_test(nobody_answers_with_half_an_encoder),
        cmocka_unit_test(the_program_answers),
        cmocka_unit_test(misuse_is_told_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
