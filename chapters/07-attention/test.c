// Tests of 07-attention: each step against the one before and against the
// definition, masks, the two tasks, and the program's behaviour.
#include "common/testing.h"

#include "07-attention/lookup.h"
#include "07-attention/masks.h"
#include "07-attention/steps.h"
#include "07-attention/stream.h"

#include "common/gradcheck.h"
#include "common/text.h"

#include <stdio.h>

static Matrix *noise(Tape *t, Rng *r, int rows, int cols)
{
    Matrix *x = matrix(t, rows, cols);
    for (int i = 0; i < rows * cols; i++)
        x->val[i] = rng_normal(r);
    x->given = false;
    return x;
}

// --- 1 to 3: the mean of the past -------------------------------------------

static void three_ways_to_average_agree(void **state)
{
    (void)state;
    enum { D = 5 };
    static const int lengths[] = {1, 2, 67};
    for (int n = 0; n < 3; n++) {
        const int T = lengths[n];
        Tape *t = tape_new(0, 1);
        Rng r = rng_new(2);
        Matrix *x = noise(t, &r, T, D);
        float want[67 * D], loops[67 * D];
        for (int c = 0; c < D; c++) {
            double sum = 0;
            for (int i = 0; i < T; i++) {
                sum += (double)x->val[i * D + c];
                want[i * D + c] = (float)(sum / (i + 1));
            }
        }
        average_loops(T, D, x->val, loops);
        assert_close(loops, want, (size_t)T * D, 1e-6);
        assert_close(average_matrix(x)->val, want, (size_t)T * D, 1e-6);
        assert_close(average_softmax(x)->val, want, (size_t)T * D, 1e-6);
        tape_free(t);
    }
}

// --- 4: one head ------------------------------------------------------------

// Worked out on paper: weights e^0.707, e^1.414, e^2.121 over 14.483.
static void three_tokens_by_hand(void **state)
{
    (void)state;
    const float q[] = {1, 2}, k[] = {1, 0, 0, 1, 1, 1};
    const float v[] = {10, 0, 0, 10, 5, 5};
    const float want_w[] = {0.1400292f, 0.2839954f, 0.5759753f};
    const float want_y[] = {4.280169f, 5.719831f};
    float w[3], y[2];
    one_head_loops(1, 3, 2, q, k, v, NULL, w, y);
    assert_close(w, want_w, 3, 1e-6);
    assert_close(y, want_y, 2, 1e-6);
}

// The masks of a head of 13 queries and 17 keys that the next test tries: none,
// and one in which query 5 sees nothing.
static void one_head_in_three_ways(void **state)
{
    (void)state;
    enum { TQ = 13, TK = 17, D = 7 };
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(3);
    Matrix *q = noise(t, &r, TQ, D), *k = noise(t, &r, TK, D);
    Matrix *v = noise(t, &r, TK, D), *mask = matrix(t, TQ, TK);
    for (int i = 0; i < TQ * TK; i++)
        mask->val[i] =
            i / TK == 5 || rng_below(&r, 3) == 0 ? -INFINITY : rng_normal(&r);
    for (int masked = 0; masked < 2; masked++) {
        Matrix *m = masked ? mask : NULL;
        const float *mv = masked ? mask->val : NULL;
        float want[TQ * D], online[TQ * D], w[TQ * TK];
        one_head_loops(TQ, TK, D, q->val, k->val, v->val, mv, w, want);
        one_head_online(TQ, TK, D, q->val, k->val, v->val, mv, online);
        assert_close(one_head(q, k, v, m)->val, want, TQ * D, 1e-6);
        assert_close(online, want, TQ * D, 1e-6);
        for (int i = 0; i < TQ; i++) {
            double sum = 0;
            for (int j = 0; j < TK; j++)
                sum += (double)w[i * TK + j];
            assert_true(fabs(sum - (masked && i == 5 ? 0 : 1)) < 1e-6);
        }
        for (int c = 0; c < D && masked; c++)
            assert_true(want[5 * D + c] == 0);
    }
    tape_free(t);
}

// --- 6: one key after another -----------------------------------------------

static void the_online_softmax_survives_large_scores(void **state)
{
    (void)state;
    // Rising, falling, with masked keys first, between and last.
    static const float rows[3][5] = {{-1000, 0, 1000, 1001, -INFINITY},
                                     {-INFINITY, 1001, 1000, 0, -1000},
                                     {5, 5, -INFINITY, 5, 5}};
    for (int n = 0; n < 3; n++) {
        const float value[5][2] = {{1, 2}, {3, 5}, {7, 11}, {13, 17}, {19, 23}};
        double max = -INFINITY, sum = 0, y[2] = {0};
        for (int j = 0; j < 5; j++)
            max = fmax(max, (double)rows[n][j]);
        for (int j = 0; j < 5; j++) {
            const double e = exp((double)rows[n][j] - max);
            sum += e;
            y[0] += e * (double)value[j][0];
            y[1] += e * (double)value[j][1];
        }
        float got[2], want[] = {(float)(y[0] / sum), (float)(y[1] / sum)};
        Online o = online_new(2, got);
        for (int j = 0; j < 5; j++)
            online_take(&o, rows[n][j], value[j]);
        online_end(&o);
        assert_close(got, want, 2, 1e-6);
    }
    float nothing[2] = {9, 9}, zeros[2] = {0};
    const float v[2] = {1, 1};
    Online o = online_new(2, nothing);
    online_take(&o, -INFINITY, v);
    online_end(&o);
    assert_close(nothing, zeros, 2, 0);
}

// --- 5 and 7: steps and fused operation -------------------------------------

typedef struct Case {
    const char *name;
    int heads, groups;
    Spans q, k;
    Mask mask;
} Case;

// The same inputs through both, and the same loss on both results.
static void expect_equal(const Case *c)
{
    enum { WIDTH = 7 };
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(11);
    const int Tq = c->q.start[c->q.n], Tk = c->k.start[c->k.n];
    Matrix *in[2][3];
    for (int i = 0; i < 3; i++) {
        const int rows = i ? Tk : Tq;
        const int cols = (i ? c->groups : c->heads) * WIDTH;
        in[0][i] = noise(t, &r, rows, cols);
        in[1][i] = matrix_of(t, rows, cols, in[0][i]->val);
        in[1][i]->given = false;
        in[0][i]->seq = in[1][i]->seq = i ? c->k : c->q;
    }
    Matrix *steps = many_heads(in[0][0], in[0][1], in[0][2], c->heads, c->mask);
    Matrix *fused = attention(in[1][0], in[1][1], in[1][2], c->heads, c->mask);
    print_message("         %s\n", c->name);
    assert_close(fused->val, steps->val, (size_t)Tq * c->heads * WIDTH, 3e-6);
    // A loss that weighs every number differently, and not too small.
    Matrix *weigh = noise(t, &r, Tq, c->heads * WIDTH);
    weigh->given = true;
    const float big = (float)(Tq * c->heads * WIDTH);
    backward(add(scale(mean(mul(steps, weigh)), big),
                 scale(mean(mul(fused, weigh)), big)));
    for (int i = 0; i < 3; i++)
        assert_close(in[1][i]->grad, in[0][i]->grad,
                     (size_t)in[0][i]->rows * in[0][i]->cols, 2e-5);
    tape_free(t);
}

static void steps_and_fused_are_equal(void **state)
{
    (void)state;
    static const float slope[] = {0.5f, 0.25f, 0.125f};
    static const int one[] = {0, 71}, few[] = {0, 67}, tiny[] = {0, 1};
    static const int long_one[] = {0, 131};
    static const int packed[] = {0, 13, 13, 14, 83};
    static const int other[] = {0, 67, 68, 69, 72};
    const Spans s71 = {1, one}, s67 = {1, few}, s1 = {1, tiny};
    const Spans s131 = {1, long_one}, p = {4, packed}, o = {4, other};
    const Mask both = {false, 5, NULL}, back = {true, 5, NULL};
    const Mask wide = {true, 67, NULL}, alibi = {true, 0, slope};
    const Mask two_sided = {false, 9, slope};
    const Case cases[] = {
        {"full", 3, 3, s71, s71, FULL},
        {"causal", 3, 3, s131, s131, CAUSAL},
        {"window on both sides", 3, 3, s131, s131, both},
        {"causal window", 3, 3, s131, s131, back},
        {"window wider than a tile", 3, 3, s131, s131, wide},
        {"one group", 3, 1, s71, s71, CAUSAL},
        {"two groups", 6, 2, s71, s71, back},
        {"ALiBi", 3, 3, s71, s71, alibi},
        {"ALiBi in a window", 3, 1, s131, s71, two_sided},
        {"packed", 3, 3, p, p, CAUSAL},
        {"packed, window", 3, 3, p, p, both},
        {"cross, packed", 3, 3, p, o, FULL},
        {"cross, packed, causal: some see nothing", 3, 3, p, o, CAUSAL},
        {"more queries than keys, window", 3, 3, s131, s67, back},
        {"a cache", 3, 3, s1, s71, CAUSAL},
        {"a cache and a window", 3, 1, s1, s131, back},
        {"one token", 1, 1, s1, s1, CAUSAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_equal(&cases[i]);
}

// --- masks ------------------------------------------------------------------

static void the_rule_is_what_attention_does(void **state)
{
    (void)state;
    Rng r = rng_new(5);
    for (int n = 0; n < 300; n++) {
        Tape *t = tape_new(0, 1);
        const int q_rows[] = {0, 1 + rng_below(&r, 9)};
        const int k_rows[] = {0, 1 + rng_below(&r, 9)};
        const Mask m = {rng_below(&r, 2), rng_below(&r, 5), NULL};
        const Spans q = {1, q_rows}, k = {1, k_rows};
        float w[81];
        mask_measured(t, q, k, m, 1, 0, w);
        const Matrix *mask = mask_matrix(t, q, k, m, 0);
        for (int i = 0; i < q_rows[1]; i++)
            for (int j = 0; j < k_rows[1]; j++) {
                const bool may = may_look(m, i, q_rows[1], j, k_rows[1]);
                const int at = i * k_rows[1] + j;
                if ((w[at] > 0) != may || (mask->val[at] == 0) != may)
                    fail_msg("query %d of %d, key %d of %d, causal %d, window "
                             "%d: the rule says %d",
                             i, q_rows[1], j, k_rows[1], m.causal, m.window,
                             may);
            }
        tape_free(t);
    }
}

// The pictures of the laboratory, drawn by hand.
static void the_laboratory_shows_what_it_should(void **state)
{
    (void)state;
    static const char *const drawn[LAB_MASKS] = {
        "################################################################",
        "#.......##......###.....####....#####...######..#######.########",
        "###.....####....#####....#####....#####....#####....####.....###",
        "#.......##......###......###......###......###......###......###",
        "#.......##......###........#.......##......###.....####....#####",
        "###.....###........#####...#####...#####",
        "#######.########",
        "#.......##......###.....####....#####...######..#######.########"};
    for (int i = 0; i < LAB_MASKS; i++) {
        Tape *t = tape_new(0, 1);
        const LabMask m = lab_mask(i);
        const Spans q = lab_queries(&m), k = lab_keys(&m);
        float w[LAB_SIDE * LAB_SIDE];
        char got[LAB_SIDE * LAB_SIDE + 1] = "";
        mask_measured(t, q, k, m.mask, 1, 0, w);
        for (int at = 0; at < q.start[q.n] * k.start[k.n]; at++)
            got[at] = w[at] > 0 ? '#' : '.';
        assert_string_equal(got, drawn[i]);
        tape_free(t);
    }
}

// --- the notebook -----------------------------------------------------------

static void every_question_has_its_answer(void **state)
{
    (void)state;
    Arena a = arena_new(1 << 20);
    Rng r = rng_new(4);
    const Notebooks n = notebooks(&a, &r, 23);
    for (int c = 0; c < n.cases; c++) {
        int digits = 0, letters = 0;
        assert_int_equal(n.start[c + 1] - n.start[c], ENTRIES);
        for (int i = n.start[c]; i < n.start[c + 1]; i++) {
            digits |= 1 << n.digit[i];
            letters |= 1 << n.letter[i];
            int found = -1;
            for (int j = n.start[c]; j < n.start[c + 1]; j++)
                if (n.letter[j] == n.asked[i])
                    found = n.digit[j];
            assert_int_equal(n.answer[i], found);
        }
        assert_int_equal(digits, (1 << ENTRIES) - 1);
        assert_int_equal(__builtin_popcount((unsigned)letters), ENTRIES);
    }
    arena_free(&a);
}

// Which digit stands where is invisible to equal weights, and the order of the
// entries is invisible to both.
static void what_each_model_can_see(void **state)
{
    (void)state;
    for (int attends = 0; attends < 2; attends++) {
        Lookup m = lookup_new(3, attends);
        Tape *t = tape_new(0, 1);
        Rng r = rng_new(6);
        Notebooks n = notebooks(&t->arena, &r, 1);
        const float *before = lookup_logits(&m, t, &n)->val;
        const int first = n.digit[0], letter = n.letter[0];
        n.digit[0] = n.digit[1];
        n.digit[1] = first;
        const float *swapped = lookup_logits(&m, t, &n)->val;
        double moved = 0;
        for (int i = 0; i < ENTRIES * ENTRIES; i++)
            moved = fmax(moved, fabs((double)(before[i] - swapped[i])));
        assert_true(attends ? moved > 1e-2 : moved < 1e-5);
        n.letter[0] = n.letter[1]; // now entries 0 and 1 have changed places
        n.letter[1] = letter;
        assert_close(lookup_logits(&m, t, &n)->val, before, ENTRIES * ENTRIES,
                     1e-5);
        tape_free(t);
        lookup_free(&m);
    }
}

static Matrix *lookup_loss(Tape *t, void *context)
{
    Rng r = rng_new(8);
    const Notebooks n = notebooks(&t->arena, &r, 2);
    return cross_entropy(lookup_logits(context, t, &n), n.answer, 0);
}

static void attention_learns_and_the_mean_does_not(void **state)
{
    (void)state;
    for (int attends = 0; attends < 2; attends++) {
        Lookup m = lookup_new(1, attends);
        GradError e = gradcheck(m.p, lookup_loss, &m, 1e-2, 7, 1);
        if (e.worst > 5e-3)
            fail_msg("%s", e.where);
        lookup_train(&m, 80, 8, 1, NULL, NULL);
        const double score = lookup_score(&m, 50, 9);
        if (attends ? score < 0.9 : score > 0.15)
            fail_msg("%s: %.3f right", attends ? "attention" : "mean", score);
        lookup_free(&m);
    }
}

static void the_weights_point_at_the_entry(void **state)
{
    (void)state;
    Lookup m = lookup_new(1, true);
    lookup_train(&m, 120, 16, 1, NULL, NULL);
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(12);
    const Notebooks n = notebooks(&t->arena, &r, 1);
    float w[ENTRIES * ENTRIES];
    lookup_weights(&m, t, &n, w);
    for (int i = 0; i < ENTRIES; i++)
        for (int j = 0; j < ENTRIES; j++)
            if (n.letter[j] != n.asked[i])
                assert_true(w[i * ENTRIES + j] < 0.5f);
    tape_free(t);
    lookup_free(&m);
}

// --- the text ---------------------------------------------------------------

static void a_target_is_what_was_said_before(void **state)
{
    (void)state;
    Arena a = arena_new(1 << 20);
    Rng r = rng_new(4);
    const Texts x = texts(&a, &r, 5);
    for (int i = 0; i < 5 * STREAM_TOKENS; i++) {
        const int first = i / STREAM_TOKENS * STREAM_TOKENS;
        int want = -1;
        for (int j = first; i % 2 == 0 && j < i; j += 2)
            if (x.token[j] == x.token[i])
                want = x.token[j + 1] - STREAM_LETTERS;
        assert_int_equal(x.target[i], want);
        if (want >= 0) // and it is true again
            assert_int_equal(x.token[i + 1] - STREAM_LETTERS, want);
        assert_int_equal(x.place[i], i - first);
    }
    arena_free(&a);
}

static Matrix *stream_loss(Tape *t, void *context)
{
    Rng r = rng_new(8);
    const Texts x = texts(&t->arena, &r, 2);
    return cross_entropy(stream_logits(context, t, &x, NULL), x.target, 0);
}

static void the_text_model_has_right_gradients(void **state)
{
    (void)state;
    Stream m = stream_new(1, 2);
    GradError e = gradcheck(m.p, stream_loss, &m, 1e-2, 5, 1);
    if (e.worst > 1e-2)
        fail_msg("%s", e.where);
    stream_free(&m);
}

static void later_tokens_leave_earlier_logits_alone(void **state)
{
    (void)state;
    enum { AT = 19, N = STREAM_TOKENS * STREAM_DIGITS };
    Stream m = stream_new(1, 2);
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(8);
    const Texts x = texts(&t->arena, &r, 1);
    const float *before = stream_logits(&m, t, &x, NULL)->val;
    x.token[AT] = (x.token[AT] + 1) % STREAM_LETTERS;
    const float *after = stream_logits(&m, t, &x, NULL)->val;
    assert_memory_equal(before, after, AT * STREAM_DIGITS * sizeof(float));
    for (int i = AT; i < STREAM_TOKENS; i++)
        assert_memory_not_equal(before + i * STREAM_DIGITS,
                                after + i * STREAM_DIGITS,
                                STREAM_DIGITS * sizeof(float));
    tape_free(t);
    stream_free(&m);
}

// --- the program ------------------------------------------------------------

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    assert_refused(2, "--heads", "07-attention --heads 3");
    assert_refused(2, "--seed", "07-attention --seed x");
    assert_refused(2, "stray", "07-attention stray");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_ways_to_average_agree),
        cmocka_unit_test(three_tokens_by_hand),
        cmocka_unit_test(one_head_in_three_ways),
        cmocka_unit_test(the_online_softmax_survives_large_scores),
        cmocka_unit_test(steps_and_fused_are_equal),
        cmocka_unit_test(the_rule_is_what_attention_does),
        cmocka_unit_test(the_laboratory_shows_what_it_should),
        cmocka_unit_test(every_question_has_its_answer),
        cmocka_unit_test(what_each_model_can_see),
        cmocka_unit_test(attention_learns_and_the_mean_does_not),
        cmocka_unit_test(the_weights_point_at_the_entry),
        cmocka_unit_test(a_target_is_what_was_said_before),
        cmocka_unit_test(the_text_model_has_right_gradients),
        cmocka_unit_test(later_tokens_leave_earlier_logits_alone),
        cmocka_unit_test(misuse_is_told_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
