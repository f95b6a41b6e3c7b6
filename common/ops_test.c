// Every operation against PyTorch's numbers, forward and backward, and against
// finite differences; then the laws that no table of numbers can show.
#include "common/testing.h"

#include "common/check.h"
#include "common/gradcheck.h"
#include "common/ops.h"
#include "common/safetensors.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

// --- one case a line --------------------------------------------------------

static const int ids[] = {3, 0, 6, 3, 3};
static const int target[] = {2, 0, -100, 16, 5};
static const int picked[] = {4, 1, 4};
static const int q_rows[] = {0, 3, 3, 10, 11}, k_rows[] = {0, 5, 6, 6, 17};
static const float slope[] = {0.25f, 0.0625f};
static float goal[35];
static Arena tables;

typedef Matrix *(*Build)(Tape *, Matrix **);

static Matrix *embed_case(Tape *t, Matrix **in)
{
    return embed(t, in[0], (Tokens){5, ids, {0}});
}
static Matrix *matmul_case(Tape *t, Matrix **in)
{
    return matmul(on_tape(t, in[0]), in[1]);
}
static Matrix *matmul_t_case(Tape *t, Matrix **in)
{
    return matmul_t(on_tape(t, in[0]), in[1]);
}
static Matrix *linear_case(Tape *t, Matrix **in)
{
    return linear(on_tape(t, in[0]), (Linear){.w = in[1], .b = in[2]});
}
static Matrix *add_case(Tape *t, Matrix **in)
{
    return add(on_tape(t, in[0]), in[1]);
}
static Matrix *mul_case(Tape *t, Matrix **in)
{
    return mul(on_tape(t, in[0]), in[1]);
}
static Matrix *scale_case(Tape *t, Matrix **in)
{
    return scale(on_tape(t, in[0]), -1.75f);
}
static Matrix *relu_case(Tape *t, Matrix **in)
{
    return relu(on_tape(t, in[0]));
}
static Matrix *gelu_case(Tape *t, Matrix **in)
{
    return gelu(on_tape(t, in[0]));
}
static Matrix *gelu_tanh_case(Tape *t, Matrix **in)
{
    return gelu_tanh(on_tape(t, in[0]));
}
static Matrix *silu_case(Tape *t, Matrix **in)
{
    return silu(on_tape(t, in[0]));
}
static Matrix *tanh_case(Tape *t, Matrix **in)
{
    return tanh_of(on_tape(t, in[0]));
}
static Matrix *sigmoid_case(Tape *t, Matrix **in)
{
    return sigmoid(on_tape(t, in[0]));
}
static Matrix *softmax_case(Tape *t, Matrix **in)
{
    return softmax(on_tape(t, in[0]));
}
static Matrix *dropout_case(Tape *t, Matrix **in)
{
    return dropout(on_tape(t, in[0]), 0.3f);
}
static Matrix *layer_norm_case(Tape *t, Matrix **in)
{
    return layer_norm(on_tape(t, in[0]), (Norm){in[1], in[2], 1e-5f});
}
static Matrix *rms_norm_case(Tape *t, Matrix **in)
{
    return rms_norm(on_tape(t, in[0]), in[1], 1e-6f);
}
static Matrix *rope_adjacent_case(Tape *t, Matrix **in)
{
    RopeTable table = rope_table(&tables, 8, 6, 10000, 1);
    return rope(on_tape(t, in[0]), &table, 3, ADJACENT);
}
static Matrix *rope_halves_case(Tape *t, Matrix **in)
{
    RopeTable table = rope_table(&tables, 8, 6, 10000, 0.25f);
    return rope(on_tape(t, in[0]), &table, 3, HALVES);
}
static Matrix *attend(Tape *t, Matrix **in, int heads, Mask mask)
{
    return attention(on_tape(t, in[0]), in[1], in[2], heads, mask);
}
static Matrix *full_case(Tape *t, Matrix **in)
{
    return attend(t, in, 1, FULL);
}
static Matrix *causal_case(Tape *t, Matrix **in)
{
    return attend(t, in, 3, CAUSAL);
}
static Matrix *window_case(Tape *t, Matrix **in)
{
    return attend(t, in, 2, (Mask){.causal = true, .window = 5});
}
static Matrix *both_sides_case(Tape *t, Matrix **in)
{
    return attend(t, in, 2, (Mask){.window = 70});
}
static Matrix *grouped_case(Tape *t, Matrix **in)
{
    return attend(t, in, 6, CAUSAL);
}
static Matrix *alibi_case(Tape *t, Matrix **in)
{
    return attend(t, in, 2, (Mask){.causal = true, .slope = slope});
}
static Matrix *packed_case(Tape *t, Matrix **in)
{
    Matrix *q = on_tape(t, in[0]), *k = on_tape(t, in[1]),
           *v = on_tape(t, in[2]);
    q->seq = (Spans){4, q_rows};
    k->seq = v->seq = (Spans){4, k_rows};
    return attention(q, k, v, 2, FULL);
}
static Matrix *cross_entropy_case(Tape *t, Matrix **in)
{
    return cross_entropy(on_tape(t, in[0]), target, 0);
}
static Matrix *smoothed_case(Tape *t, Matrix **in)
{
    return cross_entropy(on_tape(t, in[0]), target, 0.1f);
}
static Matrix *mean_squared_error_case(Tape *t, Matrix **in)
{
    return mean_squared_error(on_tape(t, in[0]), goal);
}
static Matrix *mean_case(Tape *t, Matrix **in)
{
    return mean(on_tape(t, in[0]));
}
static Matrix *concat_cols_case(Tape *t, Matrix **in)
{
    return concat_cols(on_tape(t, in[0]), in[1]);
}
static Matrix *concat_rows_case(Tape *t, Matrix **in)
{
    return concat_rows(on_tape(t, in[0]), in[1]);
}
static Matrix *slice_cols_case(Tape *t, Matrix **in)
{
    return slice_cols(on_tape(t, in[0]), 2, 5);
}
static Matrix *slice_rows_case(Tape *t, Matrix **in)
{
    return slice_rows(on_tape(t, in[0]), 1, 4);
}
static Matrix *pick_rows_case(Tape *t, Matrix **in)
{
    return pick_rows(on_tape(t, in[0]), picked, 3);
}

typedef struct Case {
    const char *name;
    Build build;
    double value, slope; // errors allowed: about three times those measured
} Case;

static const Case cases[] = {
    {"embed", embed_case, 0, 1e-6},
    {"matmul", matmul_case, 1e-6, 1e-6},
    {"matmul_t", matmul_t_case, 1e-6, 1e-6},
    {"linear", linear_case, 1e-6, 1e-6},
    {"add", add_case, 1e-7, 1e-7},
    {"add_row", add_case, 1e-7, 1e-6},
    {"mul", mul_case, 1e-7, 1e-7},
    {"mul_row", mul_case, 1e-7, 1e-6},
    {"scale", scale_case, 1e-7, 1e-7},
    {"relu", relu_case, 0, 0},
    {"gelu", gelu_case, 2e-6, 2e-6},
    {"gelu_tanh", gelu_tanh_case, 2e-6, 4e-6},
    {"silu", silu_case, 1e-6, 1e-6},
    {"tanh_of", tanh_case, 1e-6, 1e-6},
    {"sigmoid", sigmoid_case, 1e-6, 1e-6},
    {"softmax", softmax_case, 1e-6, 1e-6},
    {"layer_norm", layer_norm_case, 2e-6, 2e-6},
    {"rms_norm", rms_norm_case, 2e-6, 2e-6},
    {"rope_adjacent", rope_adjacent_case, 1e-6, 1e-6},
    {"rope_halves", rope_halves_case, 1e-6, 1e-6},
    {"full", full_case, 1e-6, 2e-6},
    {"causal", causal_case, 1e-6, 2e-6},
    {"cached", causal_case, 1e-6, 2e-6},
    {"window", window_case, 1e-6, 2e-6},
    {"both_sides", both_sides_case, 1e-6, 2e-6},
    {"grouped", grouped_case, 1e-6, 2e-6},
    {"alibi", alibi_case, 1e-6, 2e-6},
    {"packed", packed_case, 1e-6, 2e-6},
    {"cross_entropy", cross_entropy_case, 1e-6, 1e-6},
    {"smoothed", smoothed_case, 1e-6, 1e-6},
    {"mean_squared_error", mean_squared_error_case, 1e-6, 1e-6},
    {"mean", mean_case, 1e-7, 1e-7},
    {"concat_cols", concat_cols_case, 0, 1e-7},
    {"concat_rows", concat_rows_case, 0, 1e-7},
    {"slice_cols", slice_cols_case, 0, 1e-7},
    {"slice_rows", slice_rows_case, 0, 1e-7},
    {"pick_rows", pick_rows_case, 0, 1e-6},
};
enum { CASES = sizeof cases / sizeof *cases };

// --- golden tensors ---------------------------------------------------------

static const Tensor *named(const Safetensors *s, const char *name,
                           const char *what, int number)
{
    char full[64];
    if (number < 0)
        snprintf(full, sizeof full, "%s.%s", name, what);
    else
        snprintf(full, sizeof full, "%s.%s%d", name, what, number);
    return safetensors_find(s, full);
}

static const float *numbers(const Safetensors *s, const Tensor *t)
{
    float *to = arena_take(&tables, t->count, sizeof *to);
    tensor_read(s, t, to, t->count);
    return to;
}

// The inputs of a case as parameters; returns how many there are.
static int read_inputs(Params *p, const Safetensors *s, const Case *c,
                       Matrix **in)
{
    int n = 0;
    for (const Tensor *t; (t = named(s, c->name, "in", n)); n++) {
        int rows = t->dims < 2 ? 1 : (int)t->shape[0];
        int cols = (int)t->shape[t->dims - 1];
        char name[8];
        snprintf(name, sizeof name, "in%d", n);
        in[n] = param(p, rows, cols, 0, name);
        tensor_read(s, t, in[n]->val, t->count);
    }
    return n;
}

// The sum of y * dy: its gradient with respect to y is dy.
static Matrix *weighted(Matrix *y, const float *dy)
{
    Matrix *w = mul(y, matrix_of(y->tape, y->rows, y->cols, dy));
    return scale(mean(w), (float)(y->rows * y->cols));
}

static void equals_pytorch(void **state)
{
    (void)state;
    Safetensors s = safetensors_open("common/golden/ops.safetensors");
    Tape *t = tape_new(0, 1);
    tables = arena_new((size_t)1 << 30);
    tensor_read(&s, safetensors_find(&s, "goal"), goal, 35);
    for (int i = 0; i < CASES; i++) {
        const Case *c = &cases[i];
        Params *p = params_new(1);
        Matrix *in[3];
        int n = read_inputs(p, &s, c, in);
        assert_true(n > 0);
        tape_reset(t);
        Matrix *y = c->build(t, in);
        const Tensor *out = named(&s, c->name, "out", -1);
        assert_int_equal(out->count, y->rows * y->cols);
        testing_close(c->name, y->val, numbers(&s, out), out->count, c->value,
                      __FILE__, __LINE__);
        backward(weighted(y, numbers(&s, named(&s, c->name, "dout", -1))));
        for (int k = 0; k < n; k++) {
            const Tensor *d = named(&s, c->name, "din", k);
            char what[64];
            snprintf(what, sizeof what, "gradient of input %d of %s", k,
                     c->name);
            testing_close(what, in[k]->grad, numbers(&s, d), d->count, c->slope,
                          __FILE__, __LINE__);
        }
        params_free(p);
    }
    safetensors_close(&s);
    tape_free(t);
    arena_free(&tables);
}

static void one_wrong_number_is_seen(void **state)
{
    (void)state;
    float want[] = {1, -200, 3, 0, INFINITY}, got[5];
    size_t worst;
    for (int i = 0; i < 5; i++) {
        memcpy(got, want, sizeof got);
        assert_int_equal(testing_wrong(got, want, 5, 1e-6, &worst), 0);
        got[i] = i == 4 ? 1e30f : got[i] * 1.00001f + 1e-5f;
        assert_int_equal(testing_wrong(got, want, 5, 1e-6, &worst), 1);
        assert_int_equal(worst, i);
        got[i] = NAN;
        assert_int_equal(testing_wrong(got, want, 5, 1e-6, &worst), 1);
    }
}

// --- finite differences -----------------------------------------------------

typedef struct Checked {
    const Case *c;
    Matrix **in;
} Checked;

// A loss in which every element of y counts differently.
static Matrix *checked_loss(Tape *t, void *context)
{
    Checked *k = context;
    Matrix *y = k->c->build(t, k->in);
    float *w = arena_take(&t->arena, (size_t)y->rows * y->cols, sizeof *w);
    for (int i = 0; i < y->rows * y->cols; i++)
        w[i] = (float)((i * 37 + 11) % 17) / 8 - 1;
    return weighted(y, w);
}

static void equals_the_slope(void **state)
{
    (void)state;
    Safetensors s = safetensors_open("common/golden/ops.safetensors");
    tables = arena_new((size_t)1 << 30);
    tensor_read(&s, safetensors_find(&s, "goal"), goal, 35);
    const Case with_dropout = {"add", dropout_case, 0, 0};
    for (int i = 0; i <= CASES; i++) {
        const Case *c = i < CASES ? &cases[i] : &with_dropout;
        Params *p = params_new(1);
        Matrix *in[3];
        read_inputs(p, &s, c, in);
        Checked k = {c, in};
        GradError e = gradcheck(p, checked_loss, &k, 5e-3, 20, 1);
        if (!(e.worst < 5e-3))
            print_error("%s: %s\n", c->name, e.where);
        assert_true(e.worst < 5e-3);
        params_free(p);
    }
    safetensors_close(&s);
    arena_free(&tables);
}

// y = x^2 with a gradient of x instead of 2 x: what the check is for.
static void wrong_back(const Op *op)
{
    for (int i = 0; i < op->out->cols; i++)
        grad(op->in[0])[i] += op->in[0]->val[i] * op->out->grad[i];
}

static Matrix *wrong_loss(Tape *t, void *context)
{
    Matrix *x = on_tape(t, context);
    Op *op = record(wrong_back, 1, x->cols, x, NULL, NULL);
    for (int i = 0; i < x->cols; i++)
        op->out->val[i] = x->val[i] * x->val[i];
    return mean(op->out);
}

static void the_gradient_check_can_fail(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *x = param(p, 1, 3, 1.5f, "x");
    GradError e = gradcheck(p, wrong_loss, x, 1e-3, 3, 1);
    assert_true(e.worst > 0.3);
    assert_non_null(strstr(e.where, "x[0,"));
    params_free(p);
}

// --- laws -------------------------------------------------------------------

static Matrix *noise(Tape *t, Rng *r, int rows, int cols)
{
    Matrix *m = matrix(t, rows, cols);
    for (int i = 0; i < rows * cols; i++)
        m->val[i] = rng_normal(r);
    return m;
}

static void assert_same(const Matrix *a, const Matrix *b, int rows)
{
    assert_int_equal(a->cols, b->cols);
    assert_memory_equal(a->val, b->val, rows * a->cols * sizeof *a->val);
}

static void the_future_does_not_matter_and_the_past_does(void **state)
{
    (void)state;
    enum { T = 131, D = 14, AT = 67 };
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(5);
    Matrix *q = noise(t, &r, T, D), *k = noise(t, &r, T, D),
           *v = noise(t, &r, T, D);
    Matrix *before = attention(q, k, v, 2, CAUSAL);
    k->val[AT * D] += 1;
    v->val[AT * D] += 1;
    Matrix *after = attention(q, k, v, 2, CAUSAL);
    assert_same(before, after, AT);
    for (int i = AT; i < T; i++)
        assert_memory_not_equal(before->val + i * D, after->val + i * D,
                                D * sizeof(float));
    tape_free(t);
}

static void packed_is_alone(void **state)
{
    (void)state;
    enum { D = 15, N = 4 };
    static const int start[N + 1] = {0, 70, 70, 71, 97};
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(6);
    RopeTable table = rope_table(&t->arena, 80, 4, 10000, 1);
    Matrix *x = noise(t, &r, 97, 12), *k = noise(t, &r, 97, 12);
    x->seq = k->seq = (Spans){N, start};
    Matrix *y = attention(rope(x, &table, 0, ADJACENT),
                          rope(k, &table, 0, ADJACENT), k, 3, CAUSAL);
    for (int s = 0; s < N; s++) {
        Matrix *xs = slice_rows(x, start[s], start[s + 1]);
        Matrix *ks = slice_rows(k, start[s], start[s + 1]);
        Matrix *ys = attention(rope(xs, &table, 0, ADJACENT),
                               rope(ks, &table, 0, ADJACENT), ks, 3, CAUSAL);
        assert_memory_equal(ys->val, y->val + start[s] * 12,
                            ys->rows * 12 * sizeof(float));
    }
    tape_free(t);
}

static void special_cases_of_attention_agree(void **state)
{
    (void)state;
    enum { T = 73, D = 12 };
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(7);
    Matrix *q = noise(t, &r, T, D), *k = noise(t, &r, T, D),
           *v = noise(t, &r, T, D);
    // A window as long as the text is no window.
    Matrix *y = attention(q, k, v, 3, CAUSAL);
    assert_same(y, attention(q, k, v, 3, (Mask){.causal = true, .window = T}),
                T);
    Mask endless = {.causal = true, .window = INT_MAX};
    assert_same(y, attention(q, k, v, 3, endless), T);
    // The last query alone, with all keys, is the last row: a cache.
    Matrix *last = attention(slice_rows(q, T - 1, T), k, v, 3, CAUSAL);
    assert_close(last->val, y->val + (T - 1) * D, D, 1e-6);
    // One group repeated for each head is multi-query attention.
    Matrix *k1 = slice_cols(k, 0, 4), *v1 = slice_cols(v, 0, 4);
    Matrix *k3 = concat_cols(concat_cols(k1, k1), k1);
    Matrix *v3 = concat_cols(concat_cols(v1, v1), v1);
    assert_same(attention(q, k3, v3, 3, CAUSAL),
                attention(q, k1, v1, 3, CAUSAL), T);
    tape_free(t);
}

static void the_weights_are_those_of_the_output(void **state)
{
    (void)state;
    enum { T = 67, D = 10 };
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(8);
    Matrix *q = noise(t, &r, T, D), *k = noise(t, &r, T + 5, D),
           *v = noise(t, &r, T + 5, D);
    static const float slopes[] = {0.5f, 0.25f};
    Mask masks[] = {FULL, CAUSAL, {true, 9, slopes}, {false, 9, NULL}};
    for (int m = 0; m < 4; m++) {
        Matrix *y = attention(q, k, v, 2, masks[m]);
        for (int h = 0; h < 2; h++) {
            Matrix *w = matrix(t, T, T + 5);
            attention_weights(q, k, 2, masks[m], h, 0, w->val);
            Matrix *mine = matmul(w, slice_cols(v, h * 5, h * 5 + 5));
            assert_close(slice_cols(y, h * 5, h * 5 + 5)->val, mine->val, T * 5,
                         2e-6);
        }
    }
    tape_free(t);
}

static void a_query_that_sees_nothing_gives_zeros(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(9);
    // Five queries on three keys: the first two stand before all keys.
    Matrix *q = noise(t, &r, 5, 4), *k = noise(t, &r, 3, 4),
           *v = noise(t, &r, 3, 4);
    q->given = k->given = v->given = false;
    Matrix *y = attention(q, k, v, 2, CAUSAL);
    for (int i = 0; i < 8; i++)
        assert_true(y->val[i] == 0);
    assert_true(y->val[8] != 0);
    backward(mean(y));
    for (int i = 0; i < 12; i++)
        assert_true(isfinite(k->grad[i]) && isfinite(q->grad[i]));
    for (int i = 0; i < 8; i++)
        assert_true(q->grad[i] == 0);
    tape_free(t);
}

// What went wrong before is not hidden, as the zeros of a query that may see
// nothing would.
static void a_query_of_nan_gives_nan(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(9);
    Matrix *q = noise(t, &r, 70, 4), *k = noise(t, &r, 70, 4);
    q->val[4] = NAN; // row 1, the first of two heads
    q->given = false;
    Matrix *y = attention(q, k, k, 2, FULL);
    backward(mean(y));
    for (int i = 0; i < 70 * 4; i++) {
        assert_true(isnan(y->val[i]) == (i == 4 || i == 5));
        assert_true(isnan(q->grad[i]) == (i == 4 || i == 5));
    }
    tape_free(t);
}

static void nothing_is_a_legal_input(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    Params *p = params_new(1);
    Linear l = linear_new(p, 3, 5, "l");
    Matrix *x = matrix(t, 0, 3);
    x->given = false;
    Matrix *y = linear(softmax(relu(x)), l);
    assert_int_equal(y->rows, 0);
    assert_int_equal(attention(x, x, x, 1, CAUSAL)->rows, 0);
    Matrix *loss = cross_entropy(y, NULL, 0);
    assert_true(loss->val[0] == 0);
    backward(loss);
    // One class: the probability is 1 and the loss 0.
    int zero = 0;
    Matrix *one = matrix_of(t, 1, 1, &(float){7});
    assert_true(cross_entropy(one, &zero, 0)->val[0] == 0);
    params_free(p);
    tape_free(t);
}

static void a_value_used_twice_gets_both_gradients(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    float x0[] = {1, -2, 3};
    Matrix *x = matrix_of(t, 1, 3, x0);
    x->given = false;
    // y = x x + x: dy/dx = 2 x + 1
    backward(scale(mean(add(mul(x, x), x)), 3));
    float want[] = {3, -3, 7};
    assert_close(x->grad, want, 3, 1e-6);
    tape_free(t);
}

static void what_is_given_costs_no_gradient(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    Params *p = params_new(1);
    Linear l = linear_new(p, 4, 3, "l");
    Rng r = rng_new(1);
    Matrix *x = noise(t, &r, 5, 4);
    backward(mean(linear(relu(x), l)));
    assert_null(x->grad);
    assert_true(l.w->grad[0] != 0);
    // Nothing is recorded when the tape is not training.
    tape_reset(t);
    t->training = false;
    linear(noise(t, &r, 5, 4), l);
    assert_null(t->last);
    params_free(p);
    tape_free(t);
}

static void learn_prepacked(void *unused)
{
    (void)unused;
    Tape *t = tape_new(0, 1);
    Params *p = params_new(1);
    Linear l = linear_new(p, 3, 2, "layer");
    linear_prepack(&l, &t->arena);
    linear(matrix(t, 2, 3), l);
}

// A prepacked layer gives the same bits, but is not for learning.
static void prepacked_layers(void **state)
{
    (void)state;
    enum { ROWS = 7, IN = 53, OUT = 41 };
    Tape *t = tape_new(0, 1);
    t->training = false;
    Params *p = params_new(5);
    Rng r = rng_new(6);
    Linear l = linear_new(p, IN, OUT, "layer");
    Matrix *x = noise(t, &r, ROWS, IN);
    for (int j = 0; j < OUT; j++)
        l.b->val[j] = (float)j;
    for (int biased = 0; biased < 2; biased++) {
        l.prepacked = NULL;
        Matrix *y = linear(x, l);
        linear_prepack(&l, &t->arena);
        assert_memory_equal(linear(x, l)->val, y->val,
                            sizeof(float) * ROWS * OUT);
        l.b = NULL;
    }
    params_free(p);
    tape_free(t);
    assert_dies(learn_prepacked, NULL, 128 + 6, "learns no more");
}

static void dropout_keeps_the_mean(void **state)
{
    (void)state;
    enum { N = 100000 };
    Tape *t = tape_new(0, 3);
    Matrix *x = matrix(t, 1, N);
    for (int i = 0; i < N; i++)
        x->val[i] = 1;
    x->given = false;
    Matrix *y = dropout(x, 0.2f);
    int dead = 0;
    double total = 0;
    for (int i = 0; i < N; i++) {
        dead += y->val[i] == 0;
        total += y->val[i];
    }
    assert_true(abs(dead - N / 5) < 5 * sqrt(N * 0.2 * 0.8));
    assert_true(fabs(total / N - 1) < 0.01);
    backward(mean(y));
    for (int i = 0; i < N; i++) // the same ones are dead on the way back
        assert_true((y->val[i] == 0) == (x->grad[i] == 0));
    t->training = false;
    assert_ptr_equal(dropout(x, 0.2f), x);
    tape_free(t);
}

static void wrong_product(void *unused)
{
    (void)unused;
    Tape *t = tape_new(0, 1);
    matmul(matrix(t, 2, 3), matrix(t, 2, 3));
}

static void wrong_id(void *unused)
{
    (void)unused;
    Tape *t = tape_new(0, 1);
    embed(t, matrix(t, 3, 2), (Tokens){5, ids, {0}});
}

// What turns plain rows turns as the operation does, bit for bit; also without
// a table.
static void plain_rows_turn_alike(void **state)
{
    (void)state;
    enum { N = 7, W = 6, COLS = 3 * W, FIRST = 5 };
    Tape *t = tape_new(0, 1);
    RopeTable table = rope_table(&t->arena, FIRST + N, W, 10000, 1);
    RopeTable one = rope_table(&t->arena, 1, W, 10000, 1);
    Matrix *x = matrix(t, N, COLS);
    for (int i = 0; i < N * COLS; i++)
        x->val[i] = sinf((float)i);
    for (int layout = 0; layout < 2; layout++) {
        Matrix *y = rope(x, &table, FIRST, layout);
        for (int i = 0; i < N; i++) {
            float a[COLS], b[COLS];
            memcpy(a, x->val + i * COLS, sizeof a);
            memcpy(b, a, sizeof b);
            rope_row(a, COLS, &table, FIRST + i, layout);
            rope_turns(FIRST + i, W, 10000, one.cos, one.sin);
            rope_row(b, COLS, &one, 0, layout);
            assert_memory_equal(a, y->val + i * COLS, sizeof a);
            assert_memory_equal(b, y->val + i * COLS, sizeof b);
        }
    }
    tape_free(t);
}

static void wrong_heads(void *unused)
{
    (void)unused;
    Tape *t = tape_new(0, 1);
    Matrix *x = matrix(t, 3, 10);
    attention(x, x, x, 3, FULL);
}

static void wrong_window(void *unused)
{
    (void)unused;
    Tape *t = tape_new(0, 1);
    Matrix *x = matrix(t, 3, 10);
    attention(x, x, x, 2, (Mask){.window = -1});
}

static void wrong_sequences(void *unused)
{
    (void)unused;
    Tape *t = tape_new(0, 1);
    Matrix *q = matrix(t, 4, 10), *k = matrix(t, 4, 10);
    float w[16];
    q->seq = (Spans){4, (const int[]){0, 1, 2, 3, 4}};
    attention_weights(q, k, 2, FULL, 0, 3, w);
}

static void wrong_dropout(void *unused)
{
    (void)unused;
    Params *p = params_new(1);
    dropout(param(p, 2, 3, 1, "w"), 0.5f);
}

static void mistakes_name_the_shapes(void **state)
{
    (void)state;
    assert_dies(wrong_dropout, NULL, 128 + 6, "no input is on a tape");
    assert_dies(wrong_product, NULL, 128 + 6, "2 x 3 times 2 x 3");
    assert_dies(wrong_id, NULL, 128 + 6,
                "row 3 asked for (place 0), there are 3");
    assert_dies(wrong_heads, NULL, 128 + 6, "10 columns do not make 3 heads");
    assert_dies(wrong_window, NULL, 128 + 6, "a window of -1");
    assert_dies(wrong_sequences, NULL, 128 + 6,
                "4 sequences of queries look at 1 of keys");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equals_pytorch),
        cmocka_unit_test(one_wrong_number_is_seen),
        cmocka_unit_test(equals_the_slope),
        cmocka_unit_test(the_gradient_check_can_fail),
        cmocka_unit_test(the_future_does_not_matter_and_the_past_does),
        cmocka_unit_test(packed_is_alone),
        cmocka_unit_test(special_cases_of_attention_agree),
        cmocka_unit_test(the_weights_are_those_of_the_output),
        cmocka_unit_test(a_query_that_sees_nothing_gives_zeros),
        cmocka_unit_test(a_query_of_nan_gives_nan),
        cmocka_unit_test(nothing_is_a_legal_input),
        cmocka_unit_test(a_value_used_twice_gets_both_gradients),
        cmocka_unit_test(what_is_given_costs_no_gradient),
        cmocka_unit_test(prepacked_layers),
        cmocka_unit_test(dropout_keeps_the_mean),
        cmocka_unit_test(plain_rows_turn_alike),
        cmocka_unit_test(mistakes_name_the_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
