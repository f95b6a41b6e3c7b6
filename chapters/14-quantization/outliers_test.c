// The laws of copies, of outliers and of their cures: what changes nothing,
// changes nothing.
#include "14-quantization/outliers.h"

#include "13-llama2/cria.h"

#include "common/testing.h"

#include <signal.h>

enum { V = 37, T = 23, D = 24, HIDDEN = 20, LAYERS = 2 };

// Odd sizes: heads of width 4, three of them share a key; gains of all sizes.
static Cria cria(bool tied)
{
    const LlamaShape s = {.pieces = V,
                          .context = 64,
                          .width = D,
                          .hidden = HIDDEN,
                          .layers = LAYERS,
                          .heads = 6,
                          .groups = 2,
                          .eps = 1e-5f,
                          .base = 10000,
                          .tied = tied,
                          .layout = ADJACENT};
    Cria m = cria_new(s, 7);
    Rng r = rng_new(9);
    for (int l = 0; l < LAYERS; l++)
        for (int j = 0; j < D; j++) {
            m.layer[l].attention_norm->val[j] = 0.2f + 2 * rng_uniform(&r);
            m.layer[l].feed_norm->val[j] = -0.2f - 2 * rng_uniform(&r);
        }
    return m;
}

// The scores after each token of a text; `in` may be NULL.
static void scores(const Llama *m, Inputs *in, float *to)
{
    int token[T];
    for (int i = 0; i < T; i++)
        token[i] = i * 11 % V;
    LlamaRun r = llama_run_new(m, 1, T);
    if (in)
        inputs_watch(in, &r);
    const LlamaNext next = {0, T, token};
    memcpy(to, llama_batch(&r, &next, 1, false), T * V * sizeof *to);
    llama_run_free(&r);
}

static double distance(const float *a, const float *b)
{
    double most = 0;
    for (int i = 0; i < T * V; i++)
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

static void collect(LlamaCopy *c, Inputs *in)
{
    float unused[T * V];
    in->collecting = true;
    scores(&c->model, in, unused);
    in->collecting = false;
}

static void a_copy_is_the_same(void **state)
{
    (void)state;
    for (int tied = 0; tied < 2; tied++) {
        Cria m = cria(tied);
        Llama l = cria_llama(&m);
        float a[T * V], b[T * V];
        scores(&l, NULL, a);
        LlamaCopy c = llama_copy(&l);
        assert_int_equal(c.n, LAYERS * 7 + 2);
        size_t numbers = 0;
        for (int i = 0; i < c.n; i++)
            numbers += (size_t)c.matrix[i].rows * c.matrix[i].cols;
        for (int i = 0; i < c.inputs; i++)
            numbers += c.gain[i] ? D : 0;
        assert_int_equal(numbers, llama_parameters(&c.model.shape));
        // It needs nothing of the original.
        llama_free(&l);
        cria_free(&m);
        scores(&c.model, NULL, b);
        assert_memory_equal(a, b, sizeof a);
        llama_copy_free(&c);
    }
}

// Every matrix and every gain counts: none is forgotten or taken twice.
static void every_number_is_used(void **state)
{
    (void)state;
    Cria m = cria(false);
    Llama l = cria_llama(&m);
    float a[T * V], b[T * V];
    scores(&l, NULL, a);
    LlamaCopy c = llama_copy(&l);
    for (int i = 0; i < c.n; i++) {
        const float before = c.matrix[i].w[0];
        c.matrix[i].w[0] += 1;
        scores(&c.model, NULL, b);
        if (!(distance(a, b) > 1e-4))
            fail_msg("%d %s does not count", c.matrix[i].layer,
                     c.matrix[i].name);
        c.matrix[i].w[0] = before;
    }
    for (int i = 0; i < c.inputs; i++)
        if (c.gain[i]) {
            const float before = c.gain[i][3];
            c.gain[i][3] += 1;
            scores(&c.model, NULL, b);
            assert_true(distance(a, b) > 1e-4);
            c.gain[i][3] = before;
        }
    scores(&c.model, NULL, b);
    assert_memory_equal(a, b, sizeof a);
    llama_copy_free(&c);
    llama_free(&l);
    cria_free(&m);
}

static void planting_changes_nothing(void **state)
{
    (void)state;
    Cria m = cria(true);
    Llama l = cria_llama(&m);
    float a[T * V], b[T * V];
    scores(&l, NULL, a);
    LlamaCopy c = llama_copy(&l);
    Inputs before = inputs_new(&c), after = inputs_new(&c);
    collect(&c, &before);
    Rng r = rng_new(3);
    outliers_plant(&c, &r, 3, 16); // a power of two
    scores(&c.model, NULL, b);
    assert_memory_equal(a, b, sizeof a);
    collect(&c, &after);
    for (int i = 0; i < c.inputs; i++) {
        int grown = 0;
        for (int j = 0; j < input_cols(&c, i); j++) {
            const float was = before.greatest[i][j], is = after.greatest[i][j];
            grown += is == 16 * was;
            assert_true(is == was || is == 16 * was);
        }
        assert_int_equal(grown, c.gain[i] ? 3 : 0);
    }
    outliers_plant(&c, &r, 5, 3);
    scores(&c.model, NULL, b);
    assert_true(distance(a, b) < 1e-4);
    inputs_free(&before);
    inputs_free(&after);
    llama_copy_free(&c);
    llama_free(&l);
    cria_free(&m);
}

static float column_most(const LlamaCopy *c, int input, int j)
{
    float most = 0;
    for (int k = 0; k < c->n; k++)
        if (c->matrix[k].input == input)
            for (int i = 0; i < c->matrix[k].rows; i++)
                most = fmaxf(most,
                             fabsf(c->matrix[k].w[i * c->matrix[k].cols + j]));
    return most;
}

static void smoothing_changes_nothing(void **state)
{
    (void)state;
    Cria m = cria(false);
    Llama l = cria_llama(&m);
    float a[T * V], b[T * V];
    scores(&l, NULL, a);
    for (int k = 0; k <= 4; k++) {
        LlamaCopy c = llama_copy(&l);
        Inputs in = inputs_new(&c), after = inputs_new(&c);
        collect(&c, &in);
        outliers_smooth(&c, &in, (float)k / 4);
        // alpha 1 takes all of its size from an input, alpha 0 from its
        // weights.
        collect(&c, &after);
        for (int j = 0; j < D; j++) {
            if (k == 0)
                assert_true(fabsf(column_most(&c, 0, j) - 1) < 1e-3f);
            if (k == 4)
                assert_true(fabsf(after.greatest[0][j] - 1) < 1e-3f);
        }
        inputs_free(&after);
        scores(&c.model, NULL, b);
        if (!(distance(a, b) < 1e-4))
            fail_msg("alpha %g: %g", k / 4.0, distance(a, b));
        inputs_free(&in);
        llama_copy_free(&c);
    }
    llama_free(&l);
    cria_free(&m);
}

// With alpha 1/2 a column of activations and its weights end up with the same
// greatest magnitude (Xiao et al. 2022, section 4), outliers or not.
static void smoothing_shares_evenly(void **state)
{
    (void)state;
    Cria m = cria(false);
    Llama l = cria_llama(&m);
    LlamaCopy c = llama_copy(&l);
    Rng r = rng_new(3);
    outliers_plant(&c, &r, 2, 64);
    Inputs in = inputs_new(&c), after = inputs_new(&c);
    collect(&c, &in);
    outliers_smooth(&c, &in, 0.5f);
    collect(&c, &after);
    for (int i = 0; i < c.inputs; i++)
        for (int j = 0; j < input_cols(&c, i); j++) {
            const float x = after.greatest[i][j], w = column_most(&c, i, j);
            // What the heads bring stays as it was.
            if (c.gain[i] || i % LAYER_INPUTS == INPUT_DOWN)
                assert_true(fabsf(x / w - 1) < 1e-3f);
            else
                assert_true(fabsf(x / in.greatest[i][j] - 1) < 1e-3f);
        }
    inputs_free(&in);
    inputs_free(&after);
    llama_copy_free(&c);
    llama_free(&l);
    cria_free(&m);
}

static void turned_by_hand(void **state)
{
    (void)state;
    float x[8] = {1, 2, 3, 4, 0, 0, 1, 0};
    hadamard_rows(x, 2, 4);
    assert_close(x, ((float[]){5, -1, -2, 0, 0.5f, 0.5f, -0.5f, -0.5f}), 8,
                 1e-6);
    float y[6] = {1, 2, 3, 4, 5, 6}; // blocks of two
    hadamard_rows(y, 1, 6);
    const float h = sqrtf(0.5f);
    assert_close(y, ((float[]){3 * h, -h, 7 * h, -h, 11 * h, -h}), 6, 1e-6);
    float z[3] = {1, 2, 3}; // an odd number: nothing to turn
    hadamard_rows(z, 1, 3);
    assert_close(z, ((float[]){1, 2, 3}), 3, 0);
    hadamard_rows(NULL, 0, 4);
}

// It keeps lengths and is its own inverse; one large number is spread.
static void a_turn_is_a_turn(void **state)
{
    (void)state;
    enum { ROWS = 5, COLS = 192 }; // blocks of 64
    float x[ROWS * COLS], y[ROWS * COLS];
    Rng r = rng_new(2);
    for (int i = 0; i < ROWS * COLS; i++)
        x[i] = rng_normal(&r);
    x[70] = 800;
    memcpy(y, x, sizeof y);
    hadamard_rows(y, ROWS, COLS);
    double before = 0, after = 0;
    for (int i = 0; i < ROWS * COLS; i++) {
        before += (double)x[i] * (double)x[i];
        after += (double)y[i] * (double)y[i];
        assert_true(fabsf(y[i]) < 110); // 800 / sqrt(64), and some
    }
    assert_true(fabs(after / before - 1) < 1e-5);
    hadamard_rows(y, ROWS, COLS);
    assert_close(y, x, ROWS * COLS, 1e-4);
}

static void turning_changes_nothing(void **state)
{
    (void)state;
    Cria m = cria(true);
    Llama l = cria_llama(&m);
    float a[T * V], b[T * V];
    scores(&l, NULL, a);
    LlamaCopy c = llama_copy(&l);
    Inputs in = inputs_new(&c);
    outliers_turn(&c);
    in.turned = true;
    scores(&c.model, &in, b);
    assert_true(distance(a, b) < 1e-4);
    in.turned = false; // the weights alone: another model
    scores(&c.model, &in, b);
    assert_true(distance(a, b) > 0.1);
    inputs_free(&in);
    llama_copy_free(&c);
    llama_free(&l);
    cria_free(&m);
}

// All columns apart: rounding reaches nothing. None apart: it does.
static void what_is_apart_is_not_rounded(void **state)
{
    (void)state;
    Cria m = cria(false);
    Llama l = cria_llama(&m);
    float a[T * V], b[T * V];
    scores(&l, NULL, a);
    LlamaCopy c = llama_copy(&l);
    Inputs in = inputs_new(&c);
    collect(&c, &in);
    in.rounding = (Rounding){.bits = 2};
    assert_int_equal(outliers_apart(&in, 0), LAYERS * (3 * D + HIDDEN) + D);
    scores(&c.model, &in, b);
    assert_memory_equal(a, b, sizeof a);
    // The weights, too: only the embeddings have no input.
    float kept[V * D];
    memcpy(kept, c.matrix[0].w, sizeof kept);
    llama_copy_round(&c, in.rounding, &in);
    assert_memory_not_equal(kept, c.matrix[0].w, sizeof kept);
    memcpy(c.matrix[0].w, kept, sizeof kept);
    scores(&c.model, &in, b);
    assert_memory_equal(a, b, sizeof a);
    assert_int_equal(outliers_apart(&in, INFINITY), 0);
    scores(&c.model, &in, b);
    assert_true(distance(a, b) > 0.01);
    inputs_free(&in);
    llama_copy_free(&c);
    llama_free(&l);
    cria_free(&m);
}

// A column apart does not make the scale of its row.
static void a_column_apart_is_not_in_the_scale(void **state)
{
    (void)state;
    Cria m = cria(false);
    Llama l = cria_llama(&m);
    LlamaCopy c = llama_copy(&l);
    Inputs in = inputs_new(&c);
    const CopyMatrix *q = &c.matrix[1];
    assert_string_equal(q->name, "q");
    q->w[5] = 1000;
    in.apart[q->input][5] = true;
    float row[D];
    memcpy(row, q->w, sizeof row);
    const double bits = llama_copy_round(&c, (Rounding){.bits = 8}, &in);
    assert_true(q->w[5] == 1000);
    for (int j = 0; j < D; j++)
        assert_true(fabsf(q->w[j] - row[j]) < 0.01f);
    assert_true(bits > 8 + 16.0 / D);
    inputs_free(&in);
    llama_copy_free(&c);
    llama_free(&l);
    cria_free(&m);
}

// Eight bits are near, four are further, and the count of bits is right.
static void rounding_costs_what_it_should(void **state)
{
    (void)state;
    Cria m = cria(false);
    Llama l = cria_llama(&m);
    float a[T * V], b[T * V];
    double far[3];
    scores(&l, NULL, a);
    for (int k = 0; k < 3; k++) {
        const int bits = 8 >> k;
        LlamaCopy c = llama_copy(&l);
        Inputs in = inputs_new(&c);
        in.rounding = (Rounding){.bits = bits, .group = 8};
        assert_true(llama_copy_round(&c, in.rounding, NULL) > bits + 2);
        scores(&c.model, &in, b);
        far[k] = distance(a, b);
        inputs_free(&in);
        llama_copy_free(&c);
    }
    assert_true(far[0] > 0 && far[0] < 0.1);
    assert_true(far[1] > 4 * far[0] && far[2] > 2 * far[1]);
    // The original is what it was.
    scores(&l, NULL, b);
    assert_memory_equal(a, b, sizeof a);
    llama_free(&l);
    cria_free(&m);
}

static void watch_another(void *unused)
{
    (void)unused;
    signal(SIGABRT, SIG_DFL);
    Cria m = cria(false);
    Llama l = cria_llama(&m);
    LlamaCopy c = llama_copy(&l);
    Inputs in = inputs_new(&c);
    LlamaRun r = llama_run_new(&l, 1, T);
    inputs_watch(&in, &r);
}

static void plant_too_many(void *unused)
{
    (void)unused;
    signal(SIGABRT, SIG_DFL);
    Cria m = cria(false);
    Llama l = cria_llama(&m);
    LlamaCopy c = llama_copy(&l);
    Rng r = rng_new(1);
    outliers_plant(&c, &r, D + 1, 2);
}

static void mistakes_are_found(void **state)
{
    (void)state;
    assert_dies(watch_another, NULL, 128 + SIGABRT, "another model's");
    assert_dies(plant_too_many, NULL, 128 + SIGABRT, "25 outliers of 24");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_is_the_same),
        cmocka_unit_test(every_number_is_used),
        cmocka_unit_test(planting_changes_nothing),
        cmocka_unit_test(smoothing_changes_nothing),
        cmocka_unit_test(smoothing_shares_evenly),
        cmocka_unit_test(turned_by_hand),
        cmocka_unit_test(a_turn_is_a_turn),
        cmocka_unit_test(turning_changes_nothing),
        cmocka_unit_test(what_is_apart_is_not_rounded),
        cmocka_unit_test(a_column_apart_is_not_in_the_scale),
        cmocka_unit_test(rounding_costs_what_it_should),
        cmocka_unit_test(mistakes_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
