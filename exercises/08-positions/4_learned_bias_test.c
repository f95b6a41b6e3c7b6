// The test of exercise 4: buckets, known biases, gradients.
#include "4_learned_bias.h"
#include "common/gradcheck.h"
#include "common/testing.h"

enum { T = 11, HEADS = 2, WIDE = 6, BUCKETS = 8, DISTANT = 20 };

static void small_distances_have_a_bucket_each(void **state)
{
    (void)state;
    for (int d = 0; d < 16; d++)
        if (bucket_of(d, 32, 128) != d)
            fail_msg("distance %d of 32 buckets: bucket %d, yours is %d", d, d,
                     bucket_of(d, 32, 128));
}

static void large_distances_share(void **state)
{
    (void)state;
    const int d[] = {16, 17, 19, 20, 32, 63, 64, 127, 128, 5000};
    const int want[] = {16, 16, 17, 17, 21, 26, 26, 31, 31, 31};
    for (int i = 0; i < 10; i++)
        if (bucket_of(d[i], 32, 128) != want[i])
            fail_msg("distance %d of 32 buckets up to 128: bucket %d, yours is "
                     "%d",
                     d[i], want[i], bucket_of(d[i], 32, 128));
}

// exact is 4; 4 sqrt(2), 8 and 8 sqrt(2) are the bounds up to 16.
static void other_numbers_of_buckets(void **state)
{
    (void)state;
    const int d[] = {0, 3, 4, 5, 6, 7, 8, 11, 12, 15, 16, 17, 999};
    const int want[] = {0, 3, 4, 4, 5, 5, 6, 6, 7, 7, 7, 7, 7};
    for (int i = 0; i < 13; i++)
        if (bucket_of(d[i], 8, 16) != want[i])
            fail_msg("distance %d of 8 buckets up to 16: bucket %d, yours is "
                     "%d",
                     d[i], want[i], bucket_of(d[i], 8, 16));
    if (bucket_of(13, 8, 80) != 5)
        fail_msg("distance 13 of 8 buckets up to 80: bucket 5, yours is %d",
                 bucket_of(13, 8, 80));
}

typedef struct Made {
    Params *p;
    Matrix *q, *k, *v, *bias;
} Made;

static Made make(float deviation)
{
    Made m = {.p = params_new(3)};
    m.q = param_normal(m.p, T, WIDE, 1, "q");
    m.k = param_normal(m.p, T, WIDE, 1, "k");
    m.v = param_normal(m.p, T, WIDE, 1, "v");
    m.bias = param_normal(m.p, HEADS, BUCKETS, deviation, "bias");
    return m;
}

static void compare(const char *what, Made m, Mask mask)
{
    Tape *t = tape_new(0, 1);
    Matrix *q = on_tape(t, m.q);
    Matrix *want = attention(q, m.k, m.v, HEADS, mask);
    Matrix *got = attention_biased(q, m.k, m.v, m.bias, HEADS, DISTANT);
    size_t worst,
        wrong = testing_wrong(got->val, want->val, T * WIDE, 1e-4, &worst);
    float is = got->val[worst], should = want->val[worst];
    tape_free(t);
    params_free(m.p);
    if (wrong)
        fail_msg("%s: row %zu, column %zu should be %.5f, yours is %.5f", what,
                 worst / WIDE, worst % WIDE, (double)should, (double)is);
}

static void without_bias_it_is_attention(void **state)
{
    (void)state;
    compare("all biases 0", make(0), CAUSAL);
}

// A large negative bias on all distances from 3 on is a window of 3.
static void a_bias_can_be_a_window(void **state)
{
    (void)state;
    Made m = make(0);
    for (int h = 0; h < HEADS; h++)
        for (int b = 3; b < BUCKETS; b++)
            m.bias->val[h * BUCKETS + b] = -1e4f;
    compare("a bias of -10000 from distance 3 on", m,
            (Mask){.causal = true, .window = 3});
}

// e^128 is too large for a float, but the same on all scores changes nothing.
static void large_biases_do_no_harm(void **state)
{
    (void)state;
    Made m = make(0);
    for (int b = 0; b < HEADS * BUCKETS; b++)
        m.bias->val[b] = 128;
    compare("all biases 128", m, CAUSAL);
}

// Number c of row i in head h, by the definition.
static double wanted(const Made *m, int i, int h, int c)
{
    const int w = WIDE / HEADS, at = h * w;
    double sum = 0, y = 0;
    for (int j = 0; j <= i; j++) {
        double s = 0;
        for (int k = at; k < at + w; k++)
            s += (double)m->q->val[i * WIDE + k] *
                 (double)m->k->val[j * WIDE + k] / sqrt(w);
        s = exp(s + (double)m->bias->val[h * BUCKETS +
                                         bucket_of(i - j, BUCKETS, DISTANT)]);
        sum += s;
        y += s * (double)m->v->val[j * WIDE + at + c];
    }
    return y / sum;
}

static void each_head_has_its_own_biases(void **state)
{
    (void)state;
    const int w = WIDE / HEADS;
    Made m = make(2);
    Tape *t = tape_new(0, 1);
    const Matrix *y =
        attention_biased(on_tape(t, m.q), m.k, m.v, m.bias, HEADS, DISTANT);
    for (int i = 0; i < T; i++)
        for (int c = 0; c < WIDE; c++) {
            const double want = wanted(&m, i, c / w, c % w);
            const double got = (double)y->val[i * WIDE + c];
            if (!(fabs(got - want) < 1e-4))
                fail_msg("any biases: row %d, head %d, number %d should be "
                         "%.5f, yours is %.5f",
                         i, c / w, c % w, want, got);
        }
    tape_free(t);
    params_free(m.p);
}

static Matrix *loss_of(Tape *t, void *context)
{
    static const float target[T * WIDE] = {1, -1, 2};
    const Made *m = context;
    return mean_squared_error(
        attention_biased(on_tape(t, m->q), m->k, m->v, m->bias, HEADS, DISTANT),
        target);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    Made m = make(0.5f);
    GradError e = gradcheck(m.p, loss_of, &m, 1e-2, 1000, 1);
    params_free(m.p);
    if (!(e.worst < 2e-4))
        fail_msg("%s", e.where);
}

// Twice the gradient after two ways back.
static void uses_add_up(void **state)
{
    (void)state;
    Made m = make(0.5f);
    Tape *t = tape_new(0, 1);
    const char *const name[] = {"q", "k", "v", "bias"};
    // Row 1 of q: row 0 sees itself alone, whatever q is.
    const float *g[] = {m.q->grad + WIDE, m.k->grad, m.v->grad,
                        m.bias->grad + 1};
    float once[4], twice[4];
    backward(loss_of(t, &m));
    for (int i = 0; i < 4; i++)
        once[i] = *g[i];
    tape_reset(t);
    backward(loss_of(t, &m));
    for (int i = 0; i < 4; i++)
        twice[i] = *g[i];
    tape_free(t);
    params_free(m.p);
    for (int i = 0; i < 4; i++)
        if (!(fabsf(twice[i] - 2 * once[i]) < 1e-6f) || once[i] == 0)
            fail_msg("a number of %s has the gradient %.6f after one way back "
                     "and %.6f after two; it should have doubled",
                     name[i], (double)once[i], (double)twice[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_distances_have_a_bucket_each),
        cmocka_unit_test(large_distances_share),
        cmocka_unit_test(other_numbers_of_buckets),
        cmocka_unit_test(without_bias_it_is_attention),
        cmocka_unit_test(a_bias_can_be_a_window),
        cmocka_unit_test(large_biases_do_no_harm),
        cmocka_unit_test(each_head_has_its_own_biases),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(uses_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
