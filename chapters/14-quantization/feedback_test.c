// Laws of rounding with feedback.
#include "14-quantization/feedback.h"

#include "13-llama2/cria.h"

#include "common/kernels.h"
#include "common/testing.h"
#include "common/threads.h"

#include <stdlib.h>

enum { N = 211, ROWS = 17, COLS = 45 };

// Inputs that hang together, as real ones do: each column is partly the last.
static void make(float *x, float *w, float *gram, float together)
{
    Rng r = rng_new(5);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < COLS; j++) {
            const float before = j ? x[i * COLS + j - 1] : 0;
            x[i * COLS + j] = together * before + rng_normal(&r);
        }
    for (int i = 0; i < ROWS * COLS; i++)
        w[i] = rng_normal(&r);
    gemm_tn(COLS, COLS, N, x, COLS, x, COLS, gram, COLS, false);
}

// The squared distance of x a^T and x b^T.
static double distance(const float *x, const float *a, const float *b)
{
    double sum = 0;
    for (int i = 0; i < N; i++)
        for (int o = 0; o < ROWS; o++) {
            double y = 0;
            for (int j = 0; j < COLS; j++)
                y += (double)x[i * COLS + j] *
                     ((double)a[o * COLS + j] - (double)b[o * COLS + j]);
            sum += y * y;
        }
    return sum;
}

// What cannot make up for one another is rounded as ever, bit for bit.
static void without_ties_it_is_plain(void **state)
{
    (void)state;
    float x[N * COLS], w[ROWS * COLS], plain[ROWS * COLS], gram[COLS * COLS];
    make(x, w, gram, 0);
    for (int i = 0; i < COLS; i++)
        for (int j = 0; j < COLS; j++)
            gram[i * COLS + j] = i == j ? (float)(1 + i) : 0;
    const int groups[] = {0, 32, 7};
    for (int g = 0; g < 3; g++)
        for (int rule = SCALE_ABSMAX; rule <= SCALE_BEST; rule++) {
            const Rounding r = {4, groups[g], rule, g == 1};
            float mine[ROWS * COLS];
            memcpy(mine, w, sizeof mine);
            feedback_round(r, mine, ROWS, COLS, gram);
            round_rows(r, w, ROWS, COLS, plain);
            assert_memory_equal(mine, plain, sizeof plain);
        }
}

// The product changes less, the more so the more inputs hang together.
static void the_product_changes_less(void **state)
{
    (void)state;
    float x[N * COLS], w[ROWS * COLS], gram[COLS * COLS];
    double gain[3];
    const float together[] = {0, 0.5f, 0.9f};
    for (int t = 0; t < 3; t++)
        for (int bits = 2; bits <= 4; bits++) {
            float plain[ROWS * COLS], mine[ROWS * COLS];
            make(x, w, gram, together[t]);
            memcpy(mine, w, sizeof mine);
            const Rounding r = {bits, 0, SCALE_BEST, false};
            feedback_round(r, mine, ROWS, COLS, gram);
            round_rows(r, w, ROWS, COLS, plain);
            gain[t] = distance(x, w, mine) / distance(x, w, plain);
            if (!(gain[t] < (t ? 0.8 : 1.0)))
                fail_msg("%d bits, %g: the error is %g of the plain one", bits,
                         (double)together[t], gain[t]);
        }
    if (!(gain[2] < gain[1] && gain[1] < gain[0] && gain[2] < 0.4))
        fail_msg("with inputs that hang together more and more the error is "
                 "%g, %g, %g of the plain one",
                 gain[0], gain[1], gain[2]);
}

// For one number to come there is a formula: its answer to an error e of the
// first is e g01 / g11, the least squares.
static void the_last_one_answers(void **state)
{
    (void)state;
    const float gram[4] = {3, 2, 2, 4};
    float w[2] = {0.3f, 100};
    // One bit of two: q of 0.3 with the scale of 100 is 0, the error 0.3.
    feedback_round((Rounding){8, 0, SCALE_ABSMAX, false}, w, 1, 2, gram);
    const float step = 100.0f / 127;
    const float want = 100 + 0.3f * 2 / 4;
    assert_true(w[0] == 0);
    assert_true(fabsf(w[1] - want) <= step);
    // With groups of 1 the second has a scale of its own: 8 bits are enough.
    float v[2] = {0.3f, 100};
    feedback_round((Rounding){2, 1, SCALE_ABSMAX, false}, v, 1, 2, gram);
    assert_true(fabsf(v[0] - 0.3f) < 1e-3f && fabsf(v[1] - 100) < 0.1f);
    float u[3] = {1, 0.3f, 10}; // 0.3 becomes 0, and 10 answers
    const float three[9] = {1, 0, 0, 0, 3, 2, 0, 2, 4};
    feedback_round((Rounding){2, 2, SCALE_ABSMAX, false}, u, 1, 3, three);
    // With the hundredth of the mean that is added, 10 + 0.3 * 2 / 4.0267.
    assert_true(u[1] == 0);
    assert_true(fabsf(u[2] - (10 + 0.3f * 2 / 4.0267f)) < 0.01f);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    float x[N * COLS], w[ROWS * COLS], other[ROWS * COLS], gram[COLS * COLS];
    make(x, w, gram, 0.7f);
    memcpy(other, w, sizeof other);
    const Rounding r = {3, 32, SCALE_BEST, true};
    threads_set(1);
    feedback_round(r, w, ROWS, COLS, gram);
    threads_set(3);
    feedback_round(r, other, ROWS, COLS, gram);
    threads_set(1);
    assert_memory_equal(w, other, sizeof w);
}

// A whole model: what was collected is what its products see.
static void a_model(void **state)
{
    (void)state;
    enum { V = 37, T = 40 };
    const LlamaShape s = {.pieces = V,
                          .context = 64,
                          .width = 24,
                          .hidden = 20,
                          .layers = 2,
                          .heads = 6,
                          .groups = 2,
                          .eps = 1e-5f,
                          .base = 10000,
                          .layout = ADJACENT};
    Cria m = cria_new(s, 7);
    Llama l = cria_llama(&m);
    LlamaCopy c = llama_copy(&l), d = llama_copy(&l);
    Inputs in = inputs_new(&c);
    in.collecting = true;
    int token[T];
    for (int i = 0; i < T; i++)
        token[i] = i * 11 % V;
    LlamaRun r = llama_run_new(&c.model, 1, T);
    inputs_watch(&in, &r);
    llama_read(&r, token, 7); // in two pieces: they add up
    llama_read(&r, token + 7, T - 7);
    llama_run_free(&r);
    // Behind a norm with gains of 1 the squares of a row add up to its width.
    double trace = 0;
    for (int i = 0; i < 24; i++)
        trace += (double)in.gram[0][i * 24 + i];
    assert_true(fabs(trace / (24 * T) - 1) < 1e-3);
    const Rounding three = {3, 8, SCALE_ABSMAX, false};
    for (int i = 0; i < d.n; i++)
        if (d.matrix[i].input >= 0)
            feedback_round(three, d.matrix[i].w, d.matrix[i].rows,
                           d.matrix[i].cols, in.gram[d.matrix[i].input]);
        else
            round_rows(three, d.matrix[i].w, d.matrix[i].rows, d.matrix[i].cols,
                       d.matrix[i].w);
    const double bits = llama_copy_feedback(&c, three, &in);
    assert_true(bits > 3 + 2 && bits < 3 + 2.2); // rows of 20 have 3 groups
    for (int i = 0; i < c.n; i++) {
        const size_t n = (size_t)c.matrix[i].rows * c.matrix[i].cols;
        assert_memory_equal(c.matrix[i].w, d.matrix[i].w, n * sizeof(float));
    }
    inputs_free(&in);
    llama_copy_free(&c);
    llama_copy_free(&d);
    llama_free(&l);
    cria_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_ties_it_is_plain),
        cmocka_unit_test(the_product_changes_less),
        cmocka_unit_test(the_last_one_answers),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
