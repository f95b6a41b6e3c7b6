// Tests of 09-transformer: the whole model against PyTorch's, gradients
// against slopes, the laws that decoding must obey, BLEU by hand, the grammar,
// batches, and the program's behaviour.
#include "common/testing.h"

#include "09-transformer/batches.h"
#include "09-transformer/bleu.h"
#include "09-transformer/coder.h"
#include "09-transformer/grammar.h"
#include "09-transformer/search.h"
#include "09-transformer/train.h"
#include "09-transformer/transformer.h"
#include "09-transformer/translator.h"

#include "common/gradcheck.h"
#include "common/safetensors.h"

#include <signal.h>
#include <stdio.h>

// --- against PyTorch --------------------------------------------------------

// The batch of golden/transformer.py.
enum { PIECES = 11, SOURCES = 8, TARGETS = 10 };
static const int source_id[SOURCES] = {3, 4, 5, 6, 7, 8, 9, 3};
static const int input_id[TARGETS] = {0, 10, 4, 4, 0, 5, 6, 2, 9, 7};
static const int output_id[TARGETS] = {10, 4, 4, 1, 5, 6, 2, 9, 7, 1};
static const int source_start[] = {0, 5, 8}, input_start[] = {0, 4, 10};
static const Tokens source = {SOURCES, source_id, {2, source_start}};
static const Tokens input = {TARGETS, input_id, {2, input_start}};

static const Shape post = {
    .pieces = PIECES, .width = 12, .heads = 3, .hidden = 20, .layers = 2};

static Shape pre(void)
{
    Shape s = post;
    s.norm_first = s.own_tables = true;
    return s;
}

static void whole_model_equals_pytorch(const char *name, Shape shape)
{
    Safetensors s = safetensors_open(
        "chapters/09-transformer/golden/transformer.safetensors");
    Transformer m = transformer_new(shape, 1);
    testing_golden_params(m.params, &s, "%s.", name);
    Tape *t = tape_new(0, 1);
    // Adam's eps is large here: the gradient of k's bias is 0 but for
    // rounding, and with a small eps Adam would make whole steps of that.
    Adam adam = adam_new(m.params, 0.9f, 0.98f, 1e-4f, 0);
    for (int step = 0; step < 3; step++) {
        Matrix *memory = encode(&m, t, source);
        Matrix *logits = decode(&m, t, memory, input);
        Matrix *loss = cross_entropy(logits, output_id, 0.1f);
        backward(loss);
        if (step == 0) {
            const size_t n = (size_t)SOURCES * shape.width;
            assert_close(memory->val, testing_golden(&s, n, "%s.memory", name),
                         n, 2e-6);
            assert_close(
                logits->val,
                testing_golden(&s, TARGETS * PIECES, "%s.logits", name),
                TARGETS * PIECES, 5e-6);
            assert_close(loss->val, testing_golden(&s, 1, "%s.loss", name), 1,
                         1e-6);
            assert_golden_params(m.params, PARAM_GRADIENTS, &s, 5e-6,
                                 "%s.grad.", name);
        }
        adam_step(&adam, 0.01f);
        tape_reset(t);
    }
    assert_golden_params(m.params, PARAM_VALUES, &s, 2e-5, "%s.after.", name);
    adam_free(&adam);
    tape_free(t);
    transformer_free(&m);
    safetensors_close(&s);
}

static void post_norm_equals_pytorch(void **state)
{
    (void)state;
    whole_model_equals_pytorch("post", post);
}

static void pre_norm_equals_pytorch(void **state)
{
    (void)state;
    whole_model_equals_pytorch("pre", pre());
}

// --- gradients against slopes -----------------------------------------------

static Matrix *loss_of(Tape *t, void *context)
{
    const Transformer *m = context;
    Matrix *logits = decode(m, t, encode(m, t, source), input);
    return cross_entropy(logits, output_id, 0.1f);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        Shape shape = k ? pre() : post;
        shape.dropout = 0.2f; // the same elements are dropped each time
        Transformer m = transformer_new(shape, 5);
        GradError e = gradcheck(m.params, loss_of, &m, 1e-2, 3, 7);
        if (e.worst > 5e-3)
            fail_msg("%s: %s", k ? "pre" : "post", e.where);
        transformer_free(&m);
    }
}

// --- laws -------------------------------------------------------------------

static Tape *listening(void)
{
    Tape *t = tape_new(0, 1);
    t->training = false;
    return t;
}

static Matrix *logits_of(const Transformer *m, Tape *t, Tokens from, Tokens to)
{
    return decode(m, t, encode(m, t, from), to);
}

static void packed_equals_alone(void **state)
{
    (void)state;
    Transformer m = transformer_new(pre(), 3);
    Tape *t = listening();
    Matrix *both = logits_of(&m, t, source, input);
    for (int i = 0; i < 2; i++) {
        const int s = source_start[i], n = source_start[i + 1] - s;
        const int q = input_start[i], r = input_start[i + 1] - q;
        Matrix *one = logits_of(&m, t, (Tokens){n, source_id + s, {0}},
                                (Tokens){r, input_id + q, {0}});
        assert_memory_equal(one->val, both->val + q * PIECES,
                            (size_t)r * PIECES * sizeof(float));
    }
    tape_free(t);
    transformer_free(&m);
}

static void the_future_does_not_matter_and_the_past_does(void **state)
{
    (void)state;
    Transformer m = transformer_new(post, 3);
    Tape *t = listening();
    int changed[TARGETS];
    const size_t row = PIECES * sizeof(float);
    Matrix *before = logits_of(&m, t, source, input);
    memcpy(changed, input_id, sizeof changed);
    changed[7] = 1; // row 3 of the second sentence, rows 4 to 9
    Matrix *after =
        logits_of(&m, t, source, (Tokens){TARGETS, changed, input.seq});
    assert_memory_equal(before->val, after->val, 7 * row);
    for (int i = 7; i < TARGETS; i++)
        assert_memory_not_equal(before->val + i * PIECES,
                                after->val + i * PIECES, row);
    int other[SOURCES];
    memcpy(other, source_id, sizeof other);
    other[7] = 10; // of the second source: its whole translation changes
    after = logits_of(&m, t, (Tokens){SOURCES, other, source.seq}, input);
    assert_memory_equal(before->val, after->val, 4 * row);
    for (int i = 4; i < TARGETS; i++)
        assert_memory_not_equal(before->val + i * PIECES,
                                after->val + i * PIECES, row);
    tape_free(t);
    transformer_free(&m);
}

static void the_same_word_elsewhere_is_something_else(void **state)
{
    (void)state;
    Transformer m = transformer_new(post, 3);
    Tape *t = listening();
    const int id[] = {4, 4, 4};
    Matrix *x = encode(&m, t, (Tokens){3, id, {0}});
    assert_memory_not_equal(x->val, x->val + 12, 12 * sizeof(float));
    assert_memory_not_equal(x->val + 12, x->val + 24, 12 * sizeof(float));
    tape_free(t);
    transformer_free(&m);
}

// Token by token, two or three beginnings for two sources; on the way some are
// split in two and some are dropped.
static void cached_equals_uncached(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        Transformer m = transformer_new(k ? pre() : post, 9);
        Tape *t = listening();
        Matrix *memory = encode(&m, t, source);
        const int id[4][3] = {{0, 0}, {5, 7, 5}, {2, 3, 8}, {9, 9, 1}};
        const int parent[4][3] = {{0, 0}, {0, 0, 1}, {1, 1, 2}, {1, 2, 2}};
        const int start[4][3] = {{0, 1, 2}, {0, 2, 3}, {0, 2, 3}, {0, 1, 3}};
        int text[3][4] = {{0}}, old[3][4];
        Decoding d = decoding_new(&m, memory);
        for (int step = 0; step < 4; step++) {
            const int n = start[step][2];
            float got[3 * PIECES];
            decode_next(&d, n, id[step], parent[step], start[step], got);
            memcpy(old, text, sizeof old);
            for (int i = 0; i < n; i++) {
                memcpy(text[i], old[step ? parent[step][i] : 0],
                       sizeof text[i]);
                text[i][step] = id[step][i];
            }
            for (int i = 0; i < n; i++) {
                const int s = i >= start[step][1];
                Tape *alone = listening();
                Tokens from = {source_start[s + 1] - source_start[s],
                               source_id + source_start[s],
                               {0}};
                Matrix *want = logits_of(&m, alone, from,
                                         (Tokens){step + 1, text[i], {0}});
                assert_close(got + i * PIECES, want->val + step * PIECES,
                             PIECES, 2e-6);
                tape_free(alone);
            }
        }
        decoding_free(&d);
        tape_free(t);
        transformer_free(&m);
    }
}

// --- searching --------------------------------------------------------------

enum { BEGIN = 0, END = 1 };

// Greedy decoding as simply as can be: the whole beginning again for each
// token.
static int greedily(const Transformer *m, Tokens from, int *to, int most)
{
    int text[100] = {BEGIN}, n = 1;
    while (n <= most) {
        Tape *t = listening();
        const float *y = logits_of(m, t, from, (Tokens){n, text, {0}})->val +
                         (n - 1) * PIECES;
        int best = 0;
        for (int i = 1; i < PIECES; i++)
            best = y[i] > y[best] ? i : best;
        tape_free(t);
        if (best == END)
            break;
        text[n++] = best;
    }
    memcpy(to, text + 1, (n - 1) * sizeof *to);
    return n - 1;
}

// A model that is not too sure: small weights would repeat one token for ever.
static Transformer lively(uint64_t seed)
{
    Transformer m = transformer_new(pre(), seed);
    for (int i = 0; i < PIECES * 12; i++)
        m.output.w->val[i] *= 3;
    m.output.b->val[END] = 2;
    return m;
}

static double log_probability(const Transformer *m, Tokens from, const int *id,
                              int n)
{
    Tape *t = listening();
    int text[100] = {BEGIN}, want[100];
    for (int i = 0; i < n; i++)
        text[i + 1] = want[i] = id[i];
    want[n] = END;
    Matrix *y = logits_of(m, t, from, (Tokens){n + 1, text, {0}});
    double loss = (double)cross_entropy(y, want, 0)->val[0];
    tape_free(t);
    return -loss * (n + 1);
}

static void a_beam_of_one_is_greedy(void **state)
{
    (void)state;
    int ended = 0;
    for (uint64_t seed = 1; seed <= 6; seed++) {
        Transformer m = lively(seed);
        Arena a = arena_new(1 << 24);
        Found *f = search(&m, &a, source, (Search){1, 0.6f, BEGIN, END});
        for (int s = 0; s < 2; s++) {
            const int from = source_start[s], n = source_start[s + 1] - from;
            int want[100];
            Tokens one = {n, source_id + from, {0}};
            int length = greedily(&m, one, want, n + 50);
            assert_int_equal(f[s].n, length);
            if (length)
                assert_memory_equal(f[s].id, want, length * sizeof *want);
            if (length < n + 50) {
                double log_p = log_probability(&m, one, want, length);
                double penalty = pow((5.0 + length + 1) / 6, 0.6f);
                assert_true(fabs(f[s].score - log_p / penalty) < 1e-4);
                ended++;
            }
        }
        arena_free(&a);
        transformer_free(&m);
    }
    assert_true(ended >= 4);
}

// Without a length penalty, the likeliest translation of all: a beam as wide
// as this misses none of up to two tokens, so it finds the best of those or
// something better.
static void a_wide_beam_finds_the_best(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        Transformer m = lively(seed);
        Arena a = arena_new(1 << 24);
        Tokens one = {3, source_id, {0}};
        Found f = search(&m, &a, one, (Search){64, 0, BEGIN, END})[0];
        Found thin = search(&m, &a, one, (Search){1, 0, BEGIN, END})[0];
        double best = log_probability(&m, one, NULL, 0);
        for (int i = 0; i < PIECES; i++)
            if (i != END) {
                best = fmax(best, log_probability(&m, one, &i, 1));
                for (int j = 0; j < PIECES; j++)
                    if (j != END)
                        best = fmax(best,
                                    log_probability(&m, one, (int[]){i, j}, 2));
            }
        assert_true(f.score > best - 1e-4);
        assert_true(f.score > thin.score - 1e-6);
        assert_true(fabs(f.score - log_probability(&m, one, f.id, f.n)) < 1e-4);
        arena_free(&a);
        transformer_free(&m);
    }
}

// Beam search as simply as can be: every continuation of every beginning, all
// of them sorted, the whole beginning again for each token. Of equals those
// of the likelier beginning come first, then those of the smaller token. Only
// an end among the first `beam` counts.
typedef struct Beginning {
    int id[64], n;
    double log_p;
} Beginning;

static void widen(const Transformer *m, Tokens from, Beginning b,
                  Beginning *all, int *count)
{
    int text[65] = {BEGIN};
    memcpy(text + 1, b.id, b.n * sizeof *text);
    Tape *t = listening();
    const float *y = logits_of(m, t, from, (Tokens){b.n + 1, text, {0}})->val;
    double sum = 0;
    for (int i = 0; i < PIECES; i++)
        sum += exp((double)y[b.n * PIECES + i]);
    for (int i = 0; i < PIECES; i++) {
        Beginning longer = b;
        longer.id[longer.n++] = i;
        longer.log_p += (double)y[b.n * PIECES + i] - log(sum);
        int at = (*count)++;
        for (; at > 0 && all[at - 1].log_p < longer.log_p; at--)
            all[at] = all[at - 1];
        all[at] = longer;
    }
    tape_free(t);
}

static Beginning by_beam(const Transformer *m, Tokens from, int beam,
                         float alpha)
{
    Beginning live[4] = {{.n = 0}}, best = {.log_p = -INFINITY};
    int n = 1, ended = 0;
    while (n > 0 && ended < beam && live[0].n < from.n + 50) {
        Beginning all[4 * PIECES];
        int count = 0, next = 0;
        for (int i = 0; i < n; i++)
            widen(m, from, live[i], all, &count);
        for (int i = 0; i < count && next < beam; i++) {
            Beginning *b = &all[i];
            bool whole = b->id[b->n - 1] == END;
            if (!whole)
                live[next++] = *b;
            if (!(whole ? i < beam : b->n == from.n + 50))
                continue;
            ended++;
            double score = b->log_p / pow((5.0 + b->n) / 6, (double)alpha);
            if (score > best.log_p) {
                best = *b;
                best.n -= whole;
                best.log_p = score;
            }
        }
        n = next;
    }
    return best;
}

// Half of the models find always two pieces equally likely.
static void a_beam_is_what_it_says(void **state)
{
    (void)state;
    // In the last two an end outside the beam would stop the search too early.
    const int seeds[] = {1, 2, 3, 4, 5, 6, 7, 8, 23, 68};
    for (int k = 0; k < 10; k++) {
        const int seed = seeds[k];
        Transformer m = lively(seed);
        float *w = m.output.w->val;                   // PIECES x 12
        const float alpha = 0.5f * (float)(seed % 5); // 2: the longest wins
        m.output.b->val[END] = 0.25f * (float)(seed % 12) - 1;
        for (int i = 2; i + 1 < PIECES && seed % 2; i += 2)
            memcpy(w + (i + 1) * 12, w + i * 12, 12 * sizeof *w);
        Arena a = arena_new(1 << 24);
        for (int beam = 1; beam <= 4; beam++) {
            Found *f =
                search(&m, &a, source, (Search){beam, alpha, BEGIN, END});
            for (int s = 0; s < 2; s++) {
                const int from = source_start[s];
                Tokens one = {
                    source_start[s + 1] - from, source_id + from, {0}};
                Beginning want = by_beam(&m, one, beam, alpha);
                assert_int_equal(f[s].n, want.n);
                for (int i = 0; i < want.n; i++)
                    assert_int_equal(f[s].id[i], want.id[i]);
                assert_true(fabs(f[s].score - want.log_p) < 1e-4);
            }
        }
        arena_free(&a);
        transformer_free(&m);
    }
}

static void a_search_without_an_end_is_cut(void **state)
{
    (void)state;
    Transformer m = lively(1);
    m.output.b->val[END] = -100;
    Arena a = arena_new(1 << 24);
    for (int beam = 1; beam <= 3; beam++) {
        Found *f = search(&m, &a, source, (Search){beam, 0.6f, BEGIN, END});
        assert_int_equal(f[0].n, 5 + 50);
        assert_int_equal(f[1].n, 3 + 50);
    }
    arena_free(&a);
    transformer_free(&m);
}

// --- BLEU -------------------------------------------------------------------

static void words_are(const char *line, const char *want)
{
    Buffer b = {0};
    bleu_words(text_of(line), &b);
    assert_string_equal(buffer_text(&b).at, want);
    buffer_free(&b);
}

static void lines_are_cut_into_words_as_by_13a(void **state)
{
    (void)state;
    words_are("", "");
    words_are("  a  b ", "a b");
    words_are("Hello, world!", "Hello , world !");
    words_are("It costs 1,000.5 dollars.", "It costs 1,000.5 dollars .");
    words_are("a well-known 5-year plan", "a well-known 5 - year plan");
    words_are("the man's dog", "the man's dog");
    words_are("wait... what", "wait . . . what");
    words_are(".5 and 5.", ". 5 and 5 .");
    words_are("a..b.,c", "a . . b . , c");
    words_are("1-2-3 4.-5", "1 - 2 - 3 4 . -5");
    words_are("&amp;lt;", "<");
    words_are("&quot;a&quot; &amp; b &lt;c&gt;", "\" a \" & b < c >");
    words_are("(x/y) 50% [z]", "( x / y ) 50 % [ z ]");
    words_are("\u00fcber-M\u00e4dchen, 3,x", "\u00fcber-M\u00e4dchen , 3 , x");
}

static Bleu bleu_of(const char *translation, const char *reference)
{
    Bleu b = {0};
    bleu_add(&b, text_of(translation), text_of(reference));
    return b;
}

static void near(double got, double want)
{
    if (!(fabs(got - want) < 1e-9 * fmax(1, fabs(want))))
        fail_msg("%.12g, expected %.12g", got, want);
}

static void bleu_by_hand(void **state)
{
    (void)state;
    near(bleu_score(&(Bleu){0}), 0);
    Bleu b = bleu_of("the cat sat on the mat", "the cat sat on the mat");
    near(bleu_score(&b), 100);
    // The paper's example: `the` counts twice, not seven times.
    b = bleu_of("the the the the the the the", "the cat is on the mat");
    near(bleu_precision(&b, 1), 2.0 / 7);
    near(bleu_precision(&b, 2), 0);
    // 1-grams 5 of 5, then 4 of 4, 3 of 3, 2 of 2; 5 words for 6.
    b = bleu_of("the cat sat on the", "the cat sat on the mat");
    near(bleu_brevity(&b), exp(-0.2));
    near(bleu_score(&b), 100 * exp(-0.2));
    // 5 of 6, 3 of 5, 1 of 4, 0 of 3: smoothed to 1 / 6.
    b = bleu_of("the cat sat on a mat", "the cat sat by a mat");
    near(bleu_precision(&b, 3), 1.0 / 4);
    near(bleu_score(&b),
         100 * pow(5.0 / 6 * 3.0 / 5 * 1.0 / 4 * 1.0 / 6, 0.25));
    // Two that are missing: 1 / (2 * 2), then 1 / (4 * 1).
    b = bleu_of("a b x c", "a b y c");
    near(bleu_score(&b),
         100 * pow(3.0 / 4 * 1.0 / 3 * 1.0 / 4 * 1.0 / 4, 0.25));
    b = bleu_of("x y z w", "a b c d");
    near(bleu_score(&b), 0);
    b = bleu_of("", "a b c d");
    near(bleu_score(&b), 0);
    b = bleu_of("a b c", "a b c"); // no four words: no 4-grams
    near(bleu_score(&b), 0);
}

static void bleu_counts_over_the_corpus(void **state)
{
    (void)state;
    // 4 of 4 and 2 of 6 one-grams make 6 of 10, not the mean of the two; the
    // longer translation makes up for the shorter.
    Bleu b = {0};
    bleu_add(&b, text_of("a b c d"), text_of("a b c d e"));
    bleu_add(&b, text_of("p q x y z w"), text_of("p q r s t"));
    near(bleu_precision(&b, 1), 6.0 / 10);
    near(bleu_precision(&b, 2), 4.0 / 8);
    near(bleu_precision(&b, 3), 2.0 / 6);
    near(bleu_precision(&b, 4), 1.0 / 4);
    near(bleu_brevity(&b), 1);
    near(bleu_score(&b),
         100 * pow(6.0 / 10 * 4.0 / 8 * 2.0 / 6 * 1.0 / 4, 0.25));
}

// --- grammar ----------------------------------------------------------------

static void many_sentences(uint64_t seed, int n, bool simple,
                           Combinations which, Buffer *en, Buffer *de)
{
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++) {
        grammar_sentence(&r, simple, which, en, de);
        buffer_add(en, "\n", 1);
        buffer_add(de, "\n", 1);
    }
}

static void what_is_held_out_is_held_out(void **state)
{
    (void)state;
    Buffer en = {0}, de = {0}, odd = {0}, odd_de = {0};
    many_sentences(1, 5000, false, USUAL, &en, &de);
    many_sentences(1, 1000, false, UNUSUAL, &odd, &odd_de);
    // Numbers 0 and 0; 3 and 1; 5 and 9; and `sees` with `man`.
    const char *pair[] = {"small man ", "new woman ", "green dog ",
                          "sees the man "};
    for (int i = 0; i < 3; i++) {
        bool here = strstr(odd.at, pair[i]) != NULL;
        if (strstr(en.at, pair[i]) || (i == 0 && !here))
            fail_msg("\"%s\" is %s", pair[i],
                     here ? "in both" : "not among the unusual");
    }
    assert_null(strstr(en.at, pair[3]));
    assert_non_null(strstr(en.at, "big man "));
    assert_non_null(strstr(en.at, "small woman "));
    Buffer *all[] = {&en, &de, &odd, &odd_de};
    for (int i = 0; i < 4; i++)
        buffer_free(all[i]);
}

// English is unambiguous here: the same sentence never has two translations.
static void a_sentence_has_one_translation(void **state)
{
    (void)state;
    Buffer en = {0}, de = {0};
    many_sentences(2, 20000, true, USUAL, &en, &de);
    Text a = {en.at, en.length}, b = {de.at, de.length}, x, y;
    Vocab seen = vocab_new();
    Text german[20000];
    int again = 0;
    while (text_line(&a, &x) && text_line(&b, &y)) {
        int id = vocab_find(&seen, x);
        if (id < 0) {
            german[vocab_add(&seen, x)] = y;
            continue;
        }
        again++;
        assert_int_equal(german[id].length, y.length);
        assert_memory_equal(german[id].at, y.at, y.length);
    }
    assert_true(seen.n > 15000 && again > 20);
    vocab_free(&seen);
    buffer_free(&en);
    buffer_free(&de);
}

static void german_is_german(void **state)
{
    (void)state;
    const char *want[][2] = {
        {"today this dog washes my cat .", "heute w\u00e4scht dieser Hund "
                                           "meine Katze ."},
        {"a happy man should carry the new clocks .",
         "ein froher Mann soll die neuen Uhren tragen ."},
        {"this happy man must sleep because my birds have washed my girl on "
         "the street .",
         "dieser frohe Mann muss schlafen , weil meine V\u00f6gel mein "
         "M\u00e4dchen auf der Stra\u00dfe gewaschen haben ."},
    };
    Rng r = rng_new(3);
    int met = 0;
    for (int i = 0; i < 30; i++) {
        Buffer en = {0}, de = {0};
        grammar_sentence(&r, i<4, i> 22 ? UNUSUAL : USUAL, &en, &de);
        for (int k = 0; k < 3; k++)
            if (strcmp(en.at, want[k][0]) == 0) {
                assert_string_equal(de.at, want[k][1]);
                met++;
            }
        buffer_free(&en);
        buffer_free(&de);
    }
    assert_true(met >= 1);
}

// --- batches and training ---------------------------------------------------

static Pairs some_pairs(int n)
{
    Pairs p = {0};
    Rng r = rng_new(17);
    for (int i = 0; i < n; i++) {
        int id[2][12], length[2] = {i % 7, 1 + i % 5};
        for (int k = 0; k < 2; k++)
            for (int j = 0; j < length[k]; j++)
                id[k][j] = 2 + rng_below(&r, PIECES - 2);
        pairs_add(&p, id[0], length[0], id[1], length[1]);
    }
    return p;
}

static void a_batch_is_packed_and_shifted_by_one(void **state)
{
    (void)state;
    Pairs p = {0};
    pairs_add(&p, (int[]){5, 6, 7}, 3, (int[]){8, 9}, 2);
    pairs_add(&p, NULL, 0, (int[]){3}, 1);
    pairs_add(&p, (int[]){4}, 1, NULL, 0);
    Arena a = arena_new(1 << 20);
    Batch b = batch_of(&a, &p, (int[]){1, 0, 2}, 3, BEGIN, END);
    const int from[] = {1, 5, 6, 7, 1, 4, 1}, from_start[] = {0, 1, 5, 7};
    const int in[] = {0, 3, 0, 8, 9, 0}, out[] = {3, 1, 8, 9, 1, 1};
    const int in_start[] = {0, 2, 5, 6};
    assert_int_equal(b.n, 3);
    assert_int_equal(b.source.n, 7);
    assert_int_equal(b.input.n, 6);
    assert_memory_equal(b.source.id, from, sizeof from);
    assert_memory_equal(b.source.seq.start, from_start, sizeof from_start);
    assert_memory_equal(b.input.id, in, sizeof in);
    assert_memory_equal(b.input.seq.start, in_start, sizeof in_start);
    assert_memory_equal(b.output, out, sizeof out);
    arena_free(&a);
    pairs_free(&p);
}

static void an_epoch_has_every_pair_once(void **state)
{
    (void)state;
    enum { N = 101, MOST = 40 };
    Pairs p = {0};
    for (int i = 0; i < N; i++) // pair i is the token i, i % 9 times
        pairs_add(&p, &i, 1, (int[]){i, i, i, i, i, i, i, i, i}, i % 9);
    Batches b = batches_new(&p, 200, 201, MOST, 5);
    Arena a = arena_new(1 << 20);
    int first[2] = {-1, -1};
    for (int epoch = 0; epoch < 2; epoch++) {
        int seen[N] = {0}, pairs = 0, batches = 0;
        do {
            Batch x = batches_next(&b, &a);
            assert_int_equal(b.epoch, epoch);
            assert_true(x.source.n + x.input.n <= MOST);
            for (int i = 0; i < x.n; i++)
                seen[x.source.id[2 * i]]++;
            if (pairs == 0)
                first[epoch] = x.source.id[0];
            pairs += x.n;
            batches++;
            arena_reset(&a);
        } while (b.place < N);
        for (int i = 0; i < N; i++)
            assert_int_equal(seen[i], 1);
        assert_true(batches < N / 3);
    }
    assert_int_not_equal(first[0], first[1]);
    batches_free(&b);
    b = batches_new(&p, 200, 201, 1, 5); // too small for any: one each
    assert_int_equal(batches_next(&b, &a).n, 1);
    batches_free(&b);
    arena_free(&a);
    pairs_free(&p);
}

static void a_saved_training_goes_on_bit_for_bit(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof path, "%s/state", testing_dir("09-training"));
    Shape shape = post;
    shape.dropout = 0.3f;
    Recipe recipe = {60, 5, 1, 0.1f, 3};
    Pairs p = some_pairs(40);
    Transformer m[2];
    double loss[2];
    for (int k = 0; k < 2; k++) {
        m[k] = transformer_new(shape, 1);
        Training t = training_new(&m[k], &p, BEGIN, END, recipe);
        for (int step = 0; step < 13; step++) {
            if (k == 1 && step == 6) { // everything is lost but the file
                training_save(&t, path);
                training_free(&t);
                transformer_free(&m[k]);
                m[k] = transformer_new(shape, 77);
                t = training_new(&m[k], &p, BEGIN, END, recipe);
                assert_true(training_load(&t, path));
            }
            training_step(&t);
        }
        assert_int_equal(t.step, 13);
        assert_true(t.batches.epoch >= 1);
        loss[k] = loss_since(&t);
        training_free(&t);
    }
    assert_true(loss[0] == loss[1]);
    assert_memory_equal(m[0].params->val, m[1].params->val,
                        m[0].params->count * sizeof(float));
    Training t = training_new(&m[0], &p, BEGIN, END, recipe);
    assert_false(training_load(&t, "build/no/such/file"));
    training_free(&t);
    transformer_free(&m[0]);
    transformer_free(&m[1]);
    pairs_free(&p);
}

static void training_learns(void **state)
{
    (void)state;
    Transformer m = transformer_new(post, 1);
    Pairs p = some_pairs(20);
    const double before = pairs_loss(&m, &p, BEGIN, END);
    Training t = training_new(&m, &p, BEGIN, END, (Recipe){100, 20, 1, 0, 1});
    for (int i = 0; i < 150; i++)
        training_step(&t);
    const double after = pairs_loss(&m, &p, BEGIN, END);
    if (!(before > 2 && after < 0.7 * before))
        fail_msg("the loss was %.3f, after 150 steps it is %.3f", before,
                 after);
    training_free(&t);
    pairs_free(&p);
    transformer_free(&m);
}

// Each target token counts once, whichever batch it is in.
static void the_loss_is_a_mean_over_target_tokens(void **state)
{
    (void)state;
    Transformer m = transformer_new(post, 1);
    Pairs p = some_pairs(20);
    double sum = 0;
    int words = 0;
    for (int i = 0; i < p.n; i++) {
        Pairs one = {0};
        const int from = p.source_start[i], to = p.target_start[i];
        const int n = p.target_start[i + 1] - to;
        pairs_add(&one, p.source + from, p.source_start[i + 1] - from,
                  p.target + to, n);
        sum += pairs_loss(&m, &one, BEGIN, END) * (n + 1);
        words += n + 1;
        pairs_free(&one);
    }
    assert_true(fabs(pairs_loss(&m, &p, BEGIN, END) - sum / words) < 1e-6);
    pairs_free(&p);
    transformer_free(&m);
}

// Sections 5.3 and 5.4 of the paper: the numbers of Adam, and that the loss
// of a step is the smoothed one.
static void a_step_is_the_papers(void **state)
{
    (void)state;
    Transformer m = transformer_new(post, 1);
    Pairs p = some_pairs(5);
    Tape *tape = tape_new(0, 1);
    Batch b = batch_of(&tape->arena, &p, (int[]){0, 1, 2, 3, 4}, 5, BEGIN, END);
    Matrix *logits = decode(&m, tape, encode(&m, tape, b.source), b.input);
    const float plain = cross_entropy(logits, b.output, 0)->val[0];
    const float smooth = cross_entropy(logits, b.output, 0.1f)->val[0];
    Training t =
        training_new(&m, &p, BEGIN, END, (Recipe){1000, 20, 1, 0.1f, 1});
    assert_true(t.adam.beta1 == 0.9f && t.adam.beta2 == 0.98f);
    assert_true(t.adam.eps == 1e-9f);
    const double loss = training_step(&t);
    assert_true(fabs(loss - (double)smooth) < 1e-5);
    assert_true(fabs(loss - (double)plain) > 1e-3);
    training_free(&t);
    tape_free(tape);
    pairs_free(&p);
    transformer_free(&m);
}

static void an_average_is_the_mean(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *a = param(p, 2, 3, 0, "a");
    Average mean_of = {0};
    for (int k = 0; k < 4; k++) {
        for (int i = 0; i < 6; i++)
            a->val[i] = (float)(i + k * k);
        average_add(&mean_of, p);
    }
    average_take(&mean_of, p);
    for (int i = 0; i < 6; i++)
        assert_true(a->val[i] == (float)i + 3.5f);
    assert_null(mean_of.sum);
    params_free(p);
}

// --- words, and the translator ----------------------------------------------

static void goes_round(Coder *c, const char *sentence, const char *want)
{
    Ids ids = {0};
    Buffer b = {0};
    coder_encode(c, text_of(sentence), &ids);
    ids_add(&ids, c->end);
    coder_decode(c, ids.at, ids.n, &b);
    assert_string_equal(buffer_text(&b).at, want);
    buffer_free(&b);
    ids_free(&ids);
}

static const char corpus[] = "the dog sees the cat\nthe cat sees a bird\n";

static void coders_go_round(void **state)
{
    (void)state;
    Coder words = coder_words(text_of(corpus), 2);
    assert_int_equal(words.n, 3 + 3); // the, sees, cat
    goes_round(&words, "the cat sees", "the cat sees");
    goes_round(&words, " the   dog ", "the <unk>");
    goes_round(&words, "<s> the </s>", "<unk> the <unk>");
    goes_round(&words, "", "");
    Coder pieces = coder_pieces(text_of(corpus), 10);
    assert_int_equal(pieces.n, 256 + pieces.pieces.merges + 2);
    goes_round(&pieces, "the cat sees", "the cat sees");
    goes_round(&pieces, "Gr\u00fc\u00dfe </s>, dog",
               "Gr\u00fc\u00dfe </s>, dog");
    goes_round(&pieces, "", "");
    const char *where = testing_dir("09-coder");
    coder_save(&pieces, where);
    Coder same = coder_load(where);
    assert_int_equal(same.end, pieces.end);
    goes_round(&same, "a bird sees", "a bird sees");
    coder_free(&same);
    coder_save(&words, where);
    same = coder_load(where);
    assert_true(same.whole && same.end == words.end);
    goes_round(&same, "the cat saw", "the cat <unk>");
    coder_free(&same);
    coder_free(&words);
    coder_free(&pieces);
    Buffer b = {0};
    lower_case(text_of("Der B\u00c4R Ist GRO\u00df"), &b);
    assert_string_equal(b.at, "der b\u00e4r ist gro\u00df");
    buffer_free(&b);
}

static char here[300];

static void load_translator(void *unused)
{
    (void)unused;
    Translator t = translator_load(here);
    translator_free(&t);
}

static void a_saved_translator_says_the_same(void **state)
{
    (void)state;
    snprintf(here, sizeof here, "%s", testing_dir("09-translator"));
    Translator t = {.coder = coder_words(text_of(corpus), 1), .small = true};
    Shape shape = pre();
    shape.pieces = t.coder.n;
    t.model = transformer_new(shape, 4);
    translator_save(&t, here);
    char below[400]; // where no folder is yet
    snprintf(below, sizeof below, "%s/build/interrupted", here);
    translator_save(&t, below);
    Translator u = translator_load(below);
    Text sentence[] = {text_of("The dog"), text_of(""), text_of("a bird")};
    Buffer a = {0}, b = {0}, one = {0};
    translate(&t, sentence, 3, 2, &a);
    translate(&u, sentence, 3, 2, &b);
    translate(&u, sentence, 1, 2, &one);
    assert_string_equal(a.at, b.at);
    assert_memory_equal(a.at, one.at, one.length);
    int lines = 1;
    for (const char *p = a.at; *p; p++)
        lines += *p == '\n';
    assert_int_equal(lines, 3);
    buffer_free(&a);
    buffer_free(&b);
    buffer_free(&one);
    translator_free(&t);
    translator_free(&u);

    testing_write("shape.txt", "width 12\nheads 5\n");
    assert_dies(load_translator, NULL, 1, "has no line \"hidden NUMBER\"");
    testing_write("shape.txt", "width twelve\n");
    assert_dies(load_translator, NULL, 1, "width is twelve");
    testing_write("shape.txt",
                  "width 12\nheads 5\nhidden 20\nlayers 2\n"
                  "norm_first 1\nown_tables 1\nsmall 1\ndropout 0\n");
    assert_dies(load_translator, NULL, 1, "and 5 heads must divide it");
    testing_write("shape.txt",
                  "width 12\nheads 3\nhidden 21\nlayers 2\n"
                  "norm_first 1\nown_tables 1\nsmall 1\ndropout 0\n");
    assert_dies(load_translator, NULL, 1, "model.safetensors");
    snprintf(here, sizeof here, "build/there/is/nothing");
    assert_dies(load_translator, NULL, 1, "there is no such file");
}

// --- the program ------------------------------------------------------------

// A small corpus in Multi30k's files, made by the grammar.
static void write_corpus(void)
{
    const char *part[] = {"train", "val", "test_2016_flickr"};
    for (int i = 0; i < 3; i++) {
        char name[80];
        Buffer en = {0}, de = {0};
        many_sentences(i + 1, i ? 20 : 150, true, i ? UNUSUAL : USUAL, &en,
                       &de);
        snprintf(name, sizeof name, "%s.en.gz", part[i]);
        testing_write(name, en.at);
        snprintf(name, sizeof name, "%s.de.gz", part[i]);
        testing_write(name, de.at);
        buffer_free(&en);
        buffer_free(&de);
    }
}

static void a_killed_training_ends_as_an_unbroken_one(void **state)
{
    (void)state;
    static char said[60000];
    testing_dir("09");
    write_corpus();
    Buffer model[2];
    for (int k = 0; k < 2; k++) {
        char train[500], path[40];
        snprintf(train, sizeof train,
                 "09-transformer --threads 1 --data $HERE --save $HERE/%d "
                 "--pair de-en --epochs 6 --width 12 --heads 3 --hidden 20 "
                 "--layers 1 --merges 50 --tokens 500 --warmup 20 --every 1 "
                 "--beam 2",
                 k);
        if (k == 1) // twice it gets as far as it gets
            for (int i = 0; i < 2; i++)
                testing_run(said, sizeof said, "timeout -s KILL 0.4 %s", train);
        if (testing_run(said, sizeof said, "%s", train) != 0)
            fail_msg("%s", said);
        assert_non_null(strstr(said, "=> Multi30k de-en: BLEU ~"));
        snprintf(path, sizeof path, "%d/model.safetensors", k);
        model[k] = text_read(testing_path(path));
    }
    assert_int_equal(model[0].length, model[1].length);
    assert_memory_equal(model[0].at, model[1].at, model[0].length);
    buffer_free(&model[0]);
    buffer_free(&model[1]);
    // The trained model can be used.
    assert_int_equal(testing_run(said, sizeof said,
                                 "09-transformer --load $HERE/0 --translate "
                                 "< $HERE/val.de.gz"),
                     0);
    assert_int_equal(testing_run(said, sizeof said,
                                 "09-transformer --load $HERE/0 --attention "
                                 "'der Hund lacht'"),
                     0);
    assert_non_null(strstr(said, "</s>"));
    assert_int_equal(
        testing_run(said, sizeof said,
                    "09-transformer --load $HERE/0 --score --data $HERE"),
        0);
    assert_non_null(strstr(said, "20 sentences of test_2016, beam 4"));
    // Another command does not go on with it as if it were its own.
    const char *const other[][2] = {
        {"de-en --width 24", "keeps a model of another shape"},
        {"de-en --width 12 --dropout 0", "keeps a model of another shape"},
        {"en-de --width 12", "keeps a model that learns another text"},
        {"de-en --width 12 --merges 60", "or in other pieces"}};
    for (int i = 0; i < 4; i++) {
        testing_run(said, sizeof said,
                    "09-transformer --threads 1 --data $HERE --save $HERE/0 "
                    "--epochs 6 --heads 3 --hidden 20 --layers 1 --merges 50 "
                    "--tokens 500 --warmup 20 --beam 2 --pair %s",
                    other[i][0]);
        if (!strstr(said, other[i][1]))
            fail_msg("--pair %s: %s", other[i][0], said);
    }
}

static void ctrl_c_ends_the_step_then_the_program(void **state)
{
    (void)state;
    static char said[60000];
    testing_dir("09");
    write_corpus();
    // While it learns it waits for the end of the step, says so, and keeps all.
    assert_int_equal(
        testing_press(said, sizeof said, "    1  ",
                      "09-transformer --threads 1 --data $HERE --save $HERE/m "
                      "--pair de-en --epochs 600 --width 12 --heads 3 "
                      "--hidden 20 --layers 1 --merges 50 --beam 2"),
        1);
    assert_non_null(strstr(said, "09-transformer: stops after this step"));
    assert_non_null(strstr(said, "steps; the same command goes on"));
    // Afterwards there is nothing to wait for, and the model is kept.
    assert_int_equal(testing_press(said, sizeof said, "3. 500 unseen",
                                   "09-transformer --threads 1 --quick "
                                   "--steps 2 --save $HERE/grammar"),
                     128 + SIGINT);
    assert_null(strstr(said, "stops after"));
    assert_null(strstr(said, "greedy"));
    assert_int_equal(testing_run(said, sizeof said,
                                 "echo the dog sleeps . | 09-transformer "
                                 "--load $HERE/grammar --translate"),
                     0);
}

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    testing_dir("09");
    write_corpus();
    testing_write("train.de.gz", "eine Zeile\n");
    assert_refused(2, "--beam", "09-transformer --beam 0");
    assert_refused(2, "--pair", "09-transformer --pair de-fr");
    assert_refused(2, "need --load DIR", "09-transformer --translate");
    assert_refused(1, "/nowhere/shape.txt: there is no such file",
                   "09-transformer --load /nowhere");
    assert_refused(1, "make data NAME=multi30k",
                   "09-transformer --pair de-en --data /nowhere");
    assert_refused(1, "train.de.gz/x: cannot be written: Not a directory",
                   "09-transformer --quick --save $HERE/train.de.gz/x");
    assert_refused(1, "has 1 lines, train.en.gz has 150",
                   "09-transformer --pair de-en --data $HERE --save $HERE/x");
    assert_refused(2, "only one of",
                   "09-transformer --load x --translate --score");
    // From a folder without build/: what is missing are the data.
    assert_refused(1, "make data NAME=multi30k",
                   "P=$(readlink -f $(command -v 09-transformer)); cd $HERE; "
                   "$P --pair de-en --data /nowhere");
    char said[1000]; // before anything else
    testing_run(said, sizeof said, "09-transformer --quick --save /nowhere/x");
    assert_string_equal(said, "09-transformer: /nowhere/x: cannot be written: "
                              "No such file or directory\n");
    testing_run(said, sizeof said,
                "09-transformer --pair de-en --data $HERE --save LICENSE");
    assert_string_equal(said, "09-transformer: LICENSE: cannot be written: Not "
                              "a directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(post_norm_equals_pytorch),
        cmocka_unit_test(pre_norm_equals_pytorch),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(packed_equals_alone),
        cmocka_unit_test(the_future_does_not_matter_and_the_past_does),
        cmocka_unit_test(the_same_word_elsewhere_is_something_else),
        cmocka_unit_test(cached_equals_uncached),
        cmocka_unit_test(a_beam_of_one_is_greedy),
        cmocka_unit_test(a_wide_beam_finds_the_best),
        cmocka_unit_test(a_beam_is_what_it_says),
        cmocka_unit_test(a_search_without_an_end_is_cut),
        cmocka_unit_test(lines_are_cut_into_words_as_by_13a),
        cmocka_unit_test(bleu_by_hand),
        cmocka_unit_test(bleu_counts_over_the_corpus),
        cmocka_unit_test(what_is_held_out_is_held_out),
        cmocka_unit_test(a_sentence_has_one_translation),
        cmocka_unit_test(german_is_german),
        cmocka_unit_test(a_batch_is_packed_and_shifted_by_one),
        cmocka_unit_test(an_epoch_has_every_pair_once),
        cmocka_unit_test(a_saved_training_goes_on_bit_for_bit),
        cmocka_unit_test(training_learns),
        cmocka_unit_test(the_loss_is_a_mean_over_target_tokens),
        cmocka_unit_test(a_step_is_the_papers),
        cmocka_unit_test(an_average_is_the_mean),
        cmocka_unit_test(coders_go_round),
        cmocka_unit_test(a_saved_translator_says_the_same),
        cmocka_unit_test(a_killed_training_ends_as_an_unbroken_one),
        cmocka_unit_test(ctrl_c_ends_the_step_then_the_program),
        cmocka_unit_test(misuse_is_told_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
