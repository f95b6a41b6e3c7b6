// The band against the same rule written as a matrix of 0 and -infinity:
// values and gradients; and the laws that a band must keep.
#include "16-long-text/band.h"

#include "common/check.h"
#include "common/testing.h"
#include "common/threads.h"

#include <stdlib.h>

// Sequences of prime and other lengths, one of them empty, under each other.
static const int starts[] = {0, 1, 132, 132, 134, 331, 398};
enum { SEQUENCES = 6, ROWS = 398, HEADS = 3, WIDTH = 7, COLS = HEADS * WIDTH };

static const Band bands[] = {
    {.window = 1},
    {.window = 13, .global = 1},
    {.window = 64, .global = 5},
    {.window = 3, .global = 70},
    {.window = 1, .global = 1, .random = 1, .seed = 3},
    {.window = 5, .global = 2, .random = 2, .seed = 4},
    {.window = 2, .random = BAND_RANDOM_MOST, .seed = 5},
    {.window = 1000},
    {.window = 1, .global = 1000},
};
enum { BANDS = sizeof bands / sizeof *bands };

// Queries, keys, values, and what the result is multiplied by, and its row of
// gradients.
typedef struct Case {
    Params *p;
    Matrix *x[3];
    float *weight;
} Case;

static Case case_new(int rows)
{
    Case c = {.p = params_new(5)};
    static const char *const names[] = {"q", "k", "v"};
    for (int i = 0; i < 3; i++)
        c.x[i] = param_normal(c.p, rows, COLS, 1, names[i]);
    Rng r = rng_new(9);
    c.weight = new_array((size_t)rows * COLS + 1, sizeof *c.weight);
    for (int i = 0; i < rows * COLS; i++)
        c.weight[i] = rng_normal(&r);
    return c;
}

static void case_free(Case *c)
{
    params_free(c->p);
    free(c->weight);
}

// The rule as numbers to add to the scores.
static Matrix *rule_matrix(Tape *t, const Band *b, int T)
{
    Matrix *m = matrix(t, T, T);
    for (int i = 0; i < T; i++)
        for (int j = 0; j < T; j++)
            m->val[i * T + j] = band_sees(b, T, i, j) ? 0 : -INFINITY;
    return m;
}

// The same by operations that know of no band: every score of every pair.
static Matrix *dense(Tape *t, Case *c, Spans seq, const Band *b)
{
    Matrix *all = NULL;
    for (int s = 0; s < seq.n; s++) {
        const int from = seq.start[s], to = seq.start[s + 1];
        if (from == to)
            continue;
        Matrix *rule = rule_matrix(t, b, to - from), *heads = NULL;
        for (int h = 0; h < HEADS; h++) {
            Matrix *x[3];
            for (int i = 0; i < 3; i++)
                x[i] = slice_cols(slice_rows(on_tape(t, c->x[i]), from, to),
                                  h * WIDTH, (h + 1) * WIDTH);
            Matrix *scores = scale(matmul_t(x[0], x[1]), 1 / sqrtf(WIDTH));
            Matrix *y = matmul(softmax(add(scores, rule)), x[2]);
            heads = heads ? concat_cols(heads, y) : y;
        }
        all = all ? concat_rows(all, heads) : heads;
    }
    return all;
}

static Matrix *banded(Tape *t, Case *c, Spans seq, Band b)
{
    Matrix *x[3];
    for (int i = 0; i < 3; i++) {
        x[i] = on_tape(t, c->x[i]);
        x[i]->seq = seq;
    }
    return band_attention(x[0], x[1], x[2], HEADS, b);
}

// Backward from the sum of y times the weights; then a copy of the values and
// of all gradients, one after the other.
static float *numbers_of(Case *c, Matrix *y)
{
    const int n = y->rows * y->cols;
    params_clear(c->p);
    Matrix *w = matrix_of(y->tape, y->rows, y->cols, c->weight);
    backward(scale(mean(mul(y, w)), (float)n));
    float *all = new_array((size_t)4 * n, sizeof *all);
    memcpy(all, y->val, (size_t)n * sizeof *all);
    for (int i = 0; i < 3; i++)
        memcpy(all + (size_t)(i + 1) * n, c->x[i]->grad,
               (size_t)n * sizeof *all);
    return all;
}

static float *band_numbers(Case *c, Spans seq, Band b)
{
    Tape *t = tape_new(0, 1);
    float *all = numbers_of(c, banded(t, c, seq, b));
    tape_free(t);
    return all;
}

static const Spans packed = {SEQUENCES, starts};

static void the_band_is_the_masked_matrix(void **state)
{
    (void)state;
    Case c = case_new(ROWS);
    for (int i = 0; i < BANDS; i++) {
        Tape *t = tape_new(0, 1);
        float *want = numbers_of(&c, dense(t, &c, packed, &bands[i]));
        float *got = band_numbers(&c, packed, bands[i]);
        assert_close(got, want, 4 * ROWS * COLS, 2e-5);
        free(want);
        free(got);
        tape_free(t);
    }
    case_free(&c);
}

static void a_wide_window_is_plain_attention(void **state)
{
    (void)state;
    Case c = case_new(ROWS);
    Tape *t = tape_new(0, 1);
    Matrix *q = on_tape(t, c.x[0]), *k = on_tape(t, c.x[1]);
    q->seq = k->seq = packed;
    float *want =
        numbers_of(&c, attention(q, k, on_tape(t, c.x[2]), HEADS, FULL));
    const Band wide[] = {{.window = 199}, {.window = 2, .global = 199}};
    for (int i = 0; i < 2; i++) {
        float *got = band_numbers(&c, packed, wide[i]);
        assert_close(got, want, 4 * ROWS * COLS, 2e-5);
        free(got);
    }
    free(want);
    tape_free(t);
    case_free(&c);
}

static void any_number_of_threads_gives_the_same_bits(void **state)
{
    (void)state;
    Case c = case_new(ROWS);
    const Band b = {.window = 17, .global = 3, .random = 1, .seed = 8};
    float *got[3];
    for (int i = 0; i < 3; i++) {
        threads_set((const int[]){1, 2, 7}[i]);
        got[i] = band_numbers(&c, packed, b);
    }
    threads_set(0);
    const size_t bytes = sizeof(float) * 4 * ROWS * COLS;
    assert_memory_equal(got[0], got[1], bytes);
    assert_memory_equal(got[0], got[2], bytes);
    for (int i = 0; i < 3; i++)
        free(got[i]);
    case_free(&c);
}

static void packed_is_alone(void **state)
{
    (void)state;
    Case c = case_new(ROWS);
    const Band b = {.window = 9, .global = 2, .random = 1, .seed = 8};
    Tape *t = tape_new(0, 1);
    Matrix *all = banded(t, &c, packed, b);
    for (int s = 0; s < SEQUENCES; s++) {
        const int from = starts[s], n = starts[s + 1] - from;
        Matrix *x[3];
        for (int i = 0; i < 3; i++)
            x[i] = matrix_of(t, n, COLS, c.x[i]->val + from * COLS);
        Matrix *one = band_attention(x[0], x[1], x[2], HEADS, b);
        assert_memory_equal(one->val, all->val + from * COLS,
                            sizeof(float) * n * COLS);
    }
    tape_free(t);
    case_free(&c);
}

// A key that a query does not see is changed: the query's row stays, bit for
// bit. One that it sees: the row changes.
static void only_what_is_seen_counts(void **state)
{
    (void)state;
    enum { T = 331 };
    Case c = case_new(T);
    const Band b = {.window = 20, .global = 1, .random = 1, .seed = 2};
    const Spans one = {0};
    Tape *t = tape_new(0, 1);
    Matrix *before = banded(t, &c, one, b);
    for (int j = 0; j < T; j += 23) {
        for (int k = 0; k < COLS; k++)
            c.x[2]->val[j * COLS + k] += 1;
        Matrix *after = banded(t, &c, one, b);
        for (int i = 0; i < T; i++) {
            const bool same =
                !memcmp(before->val + i * COLS, after->val + i * COLS,
                        COLS * sizeof(float));
            if (same == band_sees(&b, T, i, j))
                fail_msg("token %d %s token %d, but its row %s", i,
                         same ? "sees" : "does not see", j,
                         same ? "stayed" : "changed");
        }
        before = after;
    }
    tape_free(t);
    case_free(&c);
}

static int seen_by(const Band *b, int T, int i)
{
    int n = 0;
    for (int j = 0; j < T; j++)
        n += band_sees(b, T, i, j);
    return n;
}

static void the_rule_counted(void **state)
{
    (void)state;
    const Band b = {.window = 10, .global = 2};
    assert_int_equal(seen_by(&b, 100, 0), 100);
    assert_int_equal(seen_by(&b, 100, 1), 100);
    assert_int_equal(seen_by(&b, 100, 2), 12);  // 0 .. 11
    assert_int_equal(seen_by(&b, 100, 50), 21); // 0, 1, 41 .. 59
    assert_int_equal(seen_by(&b, 100, 99), 12); // 0, 1, 90 .. 99
    assert_true(band_sees(&b, 100, 50, 59));
    assert_false(band_sees(&b, 100, 50, 60));
    assert_true(band_sees(&b, 100, 50, 41));
    assert_false(band_sees(&b, 100, 50, 40));
}

// Random blocks are whole blocks, outside the window, as many as asked for, the
// same for the queries of a block; another seed draws others.
static void random_blocks(void **state)
{
    (void)state;
    enum { T = 64 * 20 + 1 };
    const Band none = {.window = 10, .global = 1};
    Band b = none;
    b.random = 3;
    int other = 0;
    for (int i = 1; i < T; i += 61) {
        b.seed = 1;
        const int first = 1 + (i - 1) / BAND_BLOCK * BAND_BLOCK;
        assert_int_equal(seen_by(&b, T, i),
                         seen_by(&none, T, i) + 3 * BAND_BLOCK);
        for (int j = 1; j < T; j += 7) {
            const bool sees = band_sees(&b, T, i, j);
            const bool near = band_sees(&none, T, i, j);
            if (!near && sees != band_sees(&b, T, first, j))
                assert_true(band_sees(&none, T, first, j));
            b.seed = 2;
            other += band_sees(&b, T, i, j) != sees;
            b.seed = 1;
        }
    }
    assert_true(other > 0);
}

static size_t memory_for(int T)
{
    Case c = case_new(T);
    Tape *t = tape_new(0, 1);
    Band b = {.window = 31, .global = 1, .random = 2, .seed = 1};
    free(numbers_of(&c, banded(t, &c, (Spans){0}, b)));
    const size_t peak = t->arena.peak;
    tape_free(t);
    case_free(&c);
    return peak;
}

static void memory_and_work_grow_with_T(void **state)
{
    (void)state;
    const double small = (double)memory_for(1000),
                 large = (double)memory_for(4000);
    if (large > 4.1 * small)
        fail_msg("four times the tokens took %.2f times the memory",
                 large / small);
    const Band b = {.window = 31, .global = 1};
    const double more = band_pairs(&b, 40000) / band_pairs(&b, 10000);
    if (more < 3.9 || more > 4.1)
        fail_msg("four times the tokens took %.2f times the work", more);
    // One block of one strip, then of window - 1 more on each side:
    const Band c = {.window = 5};
    assert_true(band_pairs(&c, 64) == 64. * 64);
    assert_true(band_pairs(&c, 192) == 64. * 68 + 64. * 72 + 64. * 68);
}

static void no_window(void *context)
{
    Case *c = context;
    banded(tape_new(0, 1), c, packed, (Band){.window = 0});
}

static void too_many_random(void *context)
{
    Case *c = context;
    banded(tape_new(0, 1), c, packed,
           (Band){.window = 1, .random = BAND_RANDOM_MOST + 1});
}

static void misuse_is_named(void **state)
{
    (void)state;
    Case c = case_new(ROWS);
    assert_dies(no_window, &c, 134, "a window of 0");
    assert_dies(too_many_random, &c, 134, "17 random blocks");
    case_free(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_band_is_the_masked_matrix),
        cmocka_unit_test(a_wide_window_is_plain_attention),
        cmocka_unit_test(any_number_of_threads_gives_the_same_bits),
        cmocka_unit_test(packed_is_alone),
        cmocka_unit_test(only_what_is_seen_counts),
        cmocka_unit_test(the_rule_counted),
        cmocka_unit_test(random_blocks),
        cmocka_unit_test(memory_and_work_grow_with_T),
        cmocka_unit_test(misuse_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
