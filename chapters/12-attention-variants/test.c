// The laws of sharing, of windows and of forgetting, each between two ways to
// compute the same: values and gradients, on shapes that no power of two fits.
#include "12-attention-variants/costs.h"
#include "12-attention-variants/endless.h"
#include "12-attention-variants/latent.h"
#include "12-attention-variants/plain.h"
#include "12-attention-variants/regroup.h"
#include "12-attention-variants/school.h"

#include "11-kv-cache/cost.h"
#include "common/check.h"
#include "common/gradcheck.h"
#include "common/kernels.h"
#include "common/testing.h"
#include "common/text.h"
#include "common/threads.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { V = 23, HEADS = 6, LAYERS = 2, HIDDEN = 31, CONTEXT = 61 };

static GptShape shape_of(int groups, int window, bool rotary)
{
    return (GptShape){.pieces = V,
                      .context = CONTEXT,
                      .width = HEADS * (rotary ? 10 : 7),
                      .heads = HEADS,
                      .groups = groups,
                      .layers = LAYERS,
                      .hidden = HIDDEN,
                      .window = window,
                      .rotary = rotary};
}

// A model whose every number matters: biases and gains too are random, and
// embeddings large enough to be told apart.
static Gpt model_of(GptShape shape, uint64_t seed)
{
    Gpt m = gpt_new(shape, seed);
    Rng r = rng_new(seed + 100);
    for (int i = 0; i < m.params->n; i++) {
        Matrix *p = &m.params->item[i]->m;
        for (int j = 0; j < p->rows * p->cols; j++)
            p->val[j] += 0.3f * rng_normal(&r);
    }
    return m;
}

static int *text_of_length(int n, uint64_t seed)
{
    int *id = new_array(n, sizeof *id);
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++)
        id[i] = rng_below(&r, V);
    return id;
}

// The scores of a whole text at once, n x V, copied; and with gradients if
// there are targets.
static float *whole(const Gpt *m, int n, const int *id, const int *next)
{
    Tape *t = tape_new(0, 0);
    Matrix *scores = gpt_forward(m, t, (Tokens){n, id, {0}});
    float *copy = new_array((size_t)n * V, sizeof *copy);
    memcpy(copy, scores->val, sizeof *copy * n * V);
    if (next) {
        params_clear(m->params);
        backward(cross_entropy(scores, next, 0));
    }
    tape_free(t);
    return copy;
}

// --- sharing ----------------------------------------------------------------

// Adds up the gradients of blocks that were copies of one.
static void add_copies(const float *from, int n, float *to, int m, int size)
{
    for (int i = 0; i < m * size; i++)
        to[i] = 0;
    for (int g = 0; g < n; g++)
        for (int i = 0; i < size; i++)
            to[g / (n / m) * size + i] += from[g * size + i];
}

// A model with `groups` groups, and the multi-head model in which each head
// has a copy of its group's keys and values: the same scores, and the gradient
// of what is shared is the sum over those who share it.
static void expect_copies_equal(int groups, int window, bool rotary)
{
    enum { N = 13 };
    Gpt few = model_of(shape_of(groups, window, rotary), 7);
    Gpt many = gpt_regrouped(&few, HEADS, MEAN_OF_ALL);
    int *id = text_of_length(N, 1), *next = text_of_length(N, 2);
    float *a = whole(&few, N, id, next), *b = whole(&many, N, id, next);
    assert_close(a, b, N * V, 1e-5);
    const int w = few.shape.width / HEADS;
    for (int l = 0; l < LAYERS; l++) {
        const Linear shared[2] = {few.layer[l].k, few.layer[l].v};
        const Linear copied[2] = {many.layer[l].k, many.layer[l].v};
        for (int i = 0; i < 2; i++) {
            const int size = w * shared[i].w->cols;
            float *sum = new_array((size_t)groups * size, sizeof *sum);
            add_copies(copied[i].w->grad, HEADS, sum, groups, size);
            assert_close(shared[i].w->grad, sum, groups * size, 1e-5);
            add_copies(copied[i].b->grad, HEADS, sum, groups, w);
            assert_close(shared[i].b->grad, sum, groups * w, 1e-5);
            free(sum);
        }
        assert_close(few.layer[l].q.w->grad, many.layer[l].q.w->grad,
                     few.shape.width * few.shape.width, 1e-5);
    }
    free(a);
    free(b);
    free(id);
    free(next);
    gpt_free(&few);
    gpt_free(&many);
}

static void shared_heads_are_copied_heads(void **state)
{
    (void)state;
    for (int groups = 1; groups <= HEADS; groups++)
        if (HEADS % groups == 0)
            for (int rotary = 0; rotary < 2; rotary++) {
                expect_copies_equal(groups, 0, rotary);
                expect_copies_equal(groups, 5, rotary);
            }
}

// Groups are neighbours: head 0 shares with head 1 and not with head 3.
static void neighbours_share(void **state)
{
    (void)state;
    enum { N = 11 };
    Gpt m = model_of(shape_of(3, 0, false), 3); // heads 01, 23, 45
    const int w = m.shape.width / HEADS, d = m.shape.width;
    Tape *t = tape_new(0, 0);
    t->training = false;
    Matrix *x = matrix(t, N, d);
    for (int i = 0; i < N * d; i++)
        x->val[i] = sinf((float)i);
    Matrix *q = linear(x, m.layer[0].q), *k = linear(x, m.layer[0].k);
    Matrix *v = linear(x, m.layer[0].v);
    Matrix *y = attention(q, k, v, HEADS, CAUSAL);
    for (int i = 0; i < N; i++) // change group 1 of the values
        for (int c = w; c < 2 * w; c++)
            v->val[i * 3 * w + c] += 1;
    Matrix *z = attention(q, k, v, HEADS, CAUSAL);
    for (int i = 0; i < N; i++)
        for (int h = 0; h < HEADS; h++) {
            const float change = z->val[i * d + h * w] - y->val[i * d + h * w];
            const float want = h == 2 || h == 3 ? 1 : 0;
            assert_close(&change, &want, 1, 1e-5);
        }
    tape_free(t);
    gpt_free(&m);
}

// --- windows ----------------------------------------------------------------

static void a_window_as_long_as_the_text_is_none(void **state)
{
    (void)state;
    enum { N = 17 };
    int *id = text_of_length(N, 1), *next = text_of_length(N, 2);
    for (int rotary = 0; rotary < 2; rotary++) {
        Gpt m = model_of(shape_of(2, 0, rotary), 5);
        const size_t size = m.params->count * sizeof(float);
        float *want = whole(&m, N, id, next), *grad = new_array(1, size);
        memcpy(grad, m.params->grad, size);
        for (int window = N; window <= N + 2; window++) {
            m.shape.window = window;
            float *got = whole(&m, N, id, next);
            assert_memory_equal(got, want, sizeof *got * N * V);
            assert_memory_equal(m.params->grad, grad, size);
            free(got);
        }
        // One less, and the last row, and only that one, has lost something.
        m.shape.window = N - 1;
        float *got = whole(&m, N, id, NULL);
        assert_memory_equal(got, want, sizeof *got * (N - 1) * V);
        assert_memory_not_equal(got + (N - 1) * V, want + (N - 1) * V,
                                sizeof *got * V);
        free(got);
        free(want);
        free(grad);
        gpt_free(&m);
    }
    free(id);
    free(next);
}

// With L layers a row depends on L (window - 1) rows before it, and no more.
static void a_window_reaches_on_through_the_layers(void **state)
{
    (void)state;
    enum { N = 19, WINDOW = 4, REACH = LAYERS * (WINDOW - 1) };
    Gpt m = model_of(shape_of(2, WINDOW, true), 5);
    int *id = text_of_length(N, 1);
    float *before = whole(&m, N, id, NULL);
    for (int at = 0; at < N; at++) {
        const int was = id[at];
        id[at] = (was + 1) % V;
        float *after = whole(&m, N, id, NULL);
        for (int i = 0; i < N; i++) {
            const bool same =
                !memcmp(before + i * V, after + i * V, sizeof *after * V);
            if (same != (i < at || i > at + REACH))
                fail_msg("token %d changed; row %d %s", at, i,
                         same ? "did not" : "did too");
        }
        id[at] = was;
        free(after);
    }
    free(before);
    free(id);
    gpt_free(&m);
}

static Matrix *loss_of(Tape *t, void *context)
{
    static const int id[] = {3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5};
    static const int next[] = {1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8};
    static const int start[] = {0, 4, 11};
    return cross_entropy(gpt_forward(context, t, (Tokens){11, id, {2, start}}),
                         next, 0);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    for (int groups = 1; groups <= 3; groups += 2) {
        Gpt m = model_of(shape_of(groups, 3, true), 11);
        GradError e = gradcheck(m.params, loss_of, &m, 1e-2, 7, 1);
        if (!(e.worst < 3e-3))
            fail_msg("%d groups: %s", groups, e.where);
        gpt_free(&m);
    }
}

// --- plain loops ------------------------------------------------------------

// The third way to compute it, which shares nothing with the other two.
static void plain_loops_agree(void **state)
{
    (void)state;
    enum { N = 19 };
    int *id = text_of_length(N, 4);
    for (int i = 0; i < 16; i++) {
        const int groups[] = {1, 2, 3, 6};
        Gpt m = model_of(shape_of(groups[i % 4], i & 4 ? 5 : 0, i & 8), 9);
        float *want = whole(&m, N, id, NULL);
        PlainText p = plain_new(&m, N);
        for (int j = 0; j < N; j++) {
            plain_read(&p, id[j]);
            assert_close(p.scores, want + j * V, V, 2e-5);
        }
        plain_free(&p);
        free(want);
        gpt_free(&m);
    }
    free(id);
}

static void the_formulas_are_what_is_counted(void **state)
{
    (void)state;
    enum { N = 12 };
    int *id = text_of_length(N, 4);
    for (int i = 0; i < 16; i++) {
        const int groups[] = {1, 2, 3, 6};
        Gpt m = model_of(shape_of(groups[i % 4], i & 4 ? 5 : 0, i & 8), 9);
        const GptShape *s = &m.shape;
        assert_int_equal(cost_parameters(s), params_numbers(m.params));
        PlainText p = plain_new(&m, N);
        for (int past = 0; past < N; past++) {
            plain_read(&p, id[past]);
            assert_true(2 * p.count.products == cost_work(s, 1, past, 1));
            assert_true(4 * p.count.weights == cost_weights(s));
            assert_true(4 * p.count.cached == cost_cache(s, past));
        }
        plain_free(&p);
        gpt_free(&m);
    }
    free(id);
}

// Figures that the papers and their readers state, by hand.
static void real_models_need_what_they_need(void **state)
{
    (void)state;
    const double each[REAL_MODELS] = {524288, 327680, 8192, 131072, 69120};
    for (int i = 0; i < REAL_MODELS; i++) {
        const RealModel *m = &real_models[i];
        assert_true(real_cache(m, 1, 2) == each[i]);
        assert_true(real_cache(m, 0, 2) == 0);
        assert_true(real_cache(m, 4096, 2) == 4096 * each[i]);
        const double far = m->window ? 4096 * each[i] : 1e6 * each[i];
        assert_true(real_cache(m, 1000000, 2) == far);
        assert_int_equal(m->heads % m->groups, 0);
    }
}

// --- forgetting -------------------------------------------------------------

// A ring, read in any pieces, against the whole text under a mask; and two
// ways to cut it against each other, bit for bit.
static void a_ring_is_a_window_however_it_is_filled(void **state)
{
    (void)state;
    enum { N = 397, ROWS = 29, WINDOW = 11 };
    int *id = text_of_length(N, 6);
    for (int i = 0; i < 6; i++) {
        const int groups[] = {1, 2, 6};
        GptShape shape = shape_of(groups[i % 3], WINDOW, i >= 3);
        shape.context = N;
        Gpt m = model_of(shape, 13);
        float *want = whole(&m, N, id, NULL), *first = NULL;
        for (int cut = 0; cut < 4; cut++) {
            Endless *e = endless_new(&m, 0, WINDOW, 0, ROWS);
            float *got = new_array((size_t)N * V, sizeof *got);
            Rng r = rng_new(cut);
            for (int at = 0, n; at < N; at += n) {
                n = cut == 0 ? 1 : cut == 1 ? ROWS : 1 + rng_below(&r, ROWS);
                n = n < N - at ? n : N - at;
                memcpy(got + (size_t)at * V, endless_read(e, n, id + at),
                       sizeof *got * n * V);
            }
            assert_close(got, want, N * V, 1e-4);
            if (first)
                assert_memory_equal(got, first, sizeof *got * N * V);
            else
                first = memcpy(new_array((size_t)N * V, sizeof *got), got,
                               sizeof *got * N * V);
            free(got);
            endless_free(e);
        }
        free(first);
        free(want);
        gpt_free(&m);
    }
    free(id);
}

static void memory_does_not_know_how_long_the_text_is(void **state)
{
    (void)state;
    enum { N = 3001, WINDOW = 13 };
    GptShape shape = shape_of(2, WINDOW, true);
    shape.context = N;
    Gpt m = model_of(shape, 13);
    int *id = text_of_length(N, 6);
    for (int sinks = 0; sinks <= 3; sinks += 3) {
        Endless *e = endless_new(&m, 0, WINDOW, sinks, 1);
        size_t held = 0;
        long allocations = 0;
        for (int i = 0; i < N; i++) {
            if (i == 100) {
                held = endless_bytes(e);
                allocations = testing_allocations();
            }
            endless_read(e, 1, id + i);
            if (i >= 100)
                assert_int_equal(endless_bytes(e), held);
        }
        assert_int_equal(testing_allocations(), allocations);
        assert_true(held < kv_bytes(LAYERS, m.shape.width / HEADS * 2, 100));
        endless_free(e);
    }
    free(id);
    gpt_free(&m);
}

// In one layer keys depend on their own token alone. So a reader with sinks
// must say what a model says that is given nothing but the sinks and the
// window, as one short text, positions and all.
static void sinks_stand_just_before_the_window(void **state)
{
    (void)state;
    enum { N = 59, WINDOW = 7, SINKS = 3 };
    GptShape shape = shape_of(2, 0, true);
    shape.layers = 1;
    Gpt m = model_of(shape, 21);
    int *id = text_of_length(N, 8);
    Endless *e = endless_new(&m, 0, WINDOW, SINKS, 1);
    for (int i = 0; i < N; i++) {
        const float *got = endless_read(e, 1, id + i);
        int n = 0, seen[WINDOW + SINKS];
        for (int j = 0; j <= i; j++)
            if (j < SINKS || j > i - WINDOW)
                seen[n++] = id[j];
        float *want = whole(&m, n, seen, NULL);
        assert_close(got, want + (n - 1) * V, V, 2e-5);
        free(want);
    }
    endless_free(e);
    free(id);
    gpt_free(&m);
}

static void surprise_is_minus_the_logarithm(void **state)
{
    (void)state;
    const float scores[3] = {1000, 1000 + logf(2), 1000 + logf(5)};
    assert_true(fabs(surprise(scores, 3, 0) - log(8)) < 1e-4);
    assert_true(fabs(surprise(scores, 3, 2) - log(8.0 / 5)) < 1e-4);
    assert_true(fabs(surprise(scores, 1, 0)) < 1e-9);
}

// --- fewer heads out of many ------------------------------------------------

static void blocks_become_their_mean(void **state)
{
    (void)state;
    const float from[12] = {1, 2, 3, 6, 5, 10, 0, 1, 2, 3, 7, 11};
    float to[24];
    regroup(from, 6, to, 2, 2, MEAN_OF_ALL); // blocks 012 and 345
    assert_close(to, ((const float[]){3, 6, 3, 5}), 4, 1e-6);
    regroup(from, 6, to, 2, 2, FIRST_OF_ALL);
    assert_close(to, ((const float[]){1, 2, 0, 1}), 4, 1e-6);
    regroup(from, 2, to, 6, 1, MEAN_OF_ALL);
    assert_close(to, ((const float[]){1, 1, 1, 2, 2, 2}), 6, 1e-6);
    regroup(from, 3, to, 3, 4, FIRST_OF_ALL);
    assert_memory_equal(to, from, sizeof from);
}

static void what_was_copied_comes_back(void **state)
{
    (void)state;
    enum { N = 13 };
    Gpt few = model_of(shape_of(2, 0, true), 7);
    Gpt many = gpt_regrouped(&few, HEADS, MEAN_OF_ALL);
    int *id = text_of_length(N, 1);
    float *want = whole(&few, N, id, NULL);
    for (int how = 0; how < 2; how++) {
        Gpt back = gpt_regrouped(&many, 2, how);
        assert_int_equal(back.shape.groups, 2);
        float *got = whole(&back, N, id, NULL);
        assert_close(got, want, N * V, 1e-4);
        free(got);
        gpt_free(&back);
    }
    free(want);
    free(id);
    gpt_free(&few);
    gpt_free(&many);
}

static void regroup_wrongly(void *context)
{
    (void)context;
    float a[12] = {0}, b[12];
    regroup(a, 6, b, 4, 2, MEAN_OF_ALL);
}

static void groups_must_divide(void **state)
{
    (void)state;
    assert_dies(regroup_wrongly, NULL, 128 + 6, "6 groups cannot become 4");
}

// --- latent attention -------------------------------------------------------

enum { R = 5, TURNED = 4 };

static Latent latent_model(uint64_t seed)
{
    Latent m = latent_new(shape_of(HEADS, 0, true), R, TURNED, seed);
    Rng r = rng_new(seed + 100);
    for (int i = 0; i < m.params->n; i++) {
        Matrix *p = &m.params->item[i]->m;
        for (int j = 0; j < p->rows * p->cols; j++)
            p->val[j] += 0.3f * rng_normal(&r);
    }
    return m;
}

// The definition (DeepSeek-AI 2024, equations 9 to 19, without the compressed
// queries): every head makes keys and values from the latent rows.
static Matrix *by_definition(const Latent *m, const LatentLayer *l, Matrix *x)
{
    const int heads = m->shape.heads, w = m->shape.width / heads;
    Tape *t = x->tape;
    Matrix *down = linear(x, l->down), *q = linear(x, l->q), *all = NULL;
    Matrix *c = slice_cols(down, 0, R);
    Matrix *turned =
        rope(slice_cols(down, R, R + TURNED), &m->turns, 0, HALVES);
    Matrix *mask = matrix(t, x->rows, x->rows);
    for (int i = 0; i < x->rows * x->rows; i++)
        mask->val[i] = i % x->rows > i / x->rows ? -1e30f : 0;
    for (int h = 0; h < heads; h++) {
        Matrix *uk = slice_rows(on_tape(t, l->up_k), h * w, h * w + w);
        Matrix *uv = slice_rows(on_tape(t, l->up_v), h * w, h * w + w);
        Matrix *k = concat_cols(matmul_t(c, uk), turned);
        Matrix *v = matmul_t(c, uv);
        const int at = h * (w + TURNED);
        Matrix *ask = concat_cols(
            slice_cols(q, at, at + w),
            rope(slice_cols(q, at + w, at + w + TURNED), &m->turns, 0, HALVES));
        Matrix *s = scale(matmul_t(ask, k), 1 / sqrtf((float)(w + TURNED)));
        Matrix *y = matmul(softmax(add(s, mask)), v);
        all = all ? concat_cols(all, y) : y;
    }
    return linear(all, l->out);
}

static Matrix *some_rows(Tape *t, int n, int d)
{
    Matrix *x = matrix(t, n, d);
    for (int i = 0; i < n * d; i++)
        x->val[i] = sinf(1.7f * (float)i);
    x->given = false;
    return x;
}

static void keys_need_not_be_made(void **state)
{
    (void)state;
    enum { N = 11 };
    Latent m = latent_model(3);
    const int d = m.shape.width;
    const size_t size = m.params->count * sizeof(float);
    float *y = new_array(N * d, sizeof *y), *dx = new_array(N * d, sizeof *dx);
    float *dp = new_array(1, size);
    for (int way = 0; way < 2; way++) {
        Tape *t = tape_new(0, 0);
        Matrix *x = some_rows(t, N, d), *rows = NULL;
        Matrix *z = way ? by_definition(&m, &m.layer[1], x)
                        : latent_attention(&m, &m.layer[1], x, 0, &rows);
        params_clear(m.params);
        float *target = new_array(N * d, sizeof *target);
        backward(mean_squared_error(z, target));
        free(target);
        if (way) {
            assert_close(y, z->val, N * d, 1e-5);
            assert_close(dx, x->grad, N * d, 1e-5);
            assert_close(dp, m.params->grad, m.params->count, 1e-5);
        } else {
            assert_int_equal(rows->cols, R + TURNED);
            memcpy(y, z->val, sizeof *y * N * d);
            memcpy(dx, x->grad, sizeof *dx * N * d);
            memcpy(dp, m.params->grad, size);
        }
        tape_free(t);
    }
    free(y);
    free(dx);
    free(dp);
    latent_free(&m);
}

static void latent_rows_are_a_cache(void **state)
{
    (void)state;
    enum { N = 17 };
    Latent m = latent_model(3);
    int *id = text_of_length(N, 4);
    Tape *t = tape_new(0, 0);
    t->training = false;
    Matrix *want = latent_forward(&m, t, (Tokens){N, id, {0}}, 0, NULL);
    const int cuts[3][5] = {{0, 17}, {0, 5, 6, 13, 17}, {0, 1, 2, 16, 17}};
    for (int c = 0; c < 3; c++) {
        Matrix *past[LAYERS] = {NULL, NULL};
        for (int i = 0; cuts[c][i] < N; i++) {
            const int at = cuts[c][i], n = cuts[c][i + 1] - at;
            Matrix *got =
                latent_forward(&m, t, (Tokens){n, id + at, {0}}, at, past);
            assert_close(got->val, want->val + at * V, n * V, 2e-5);
        }
        assert_int_equal(past[1]->rows, N);
        assert_int_equal(past[1]->cols, R + TURNED);
    }
    // Two texts packed are two texts.
    const int start[] = {0, 6, N};
    Matrix *two = latent_forward(&m, t, (Tokens){N, id, {2, start}}, 0, NULL);
    Matrix *one = latent_forward(&m, t, (Tokens){N - 6, id + 6, {0}}, 0, NULL);
    assert_close(two->val, want->val, 6 * V, 2e-5);
    assert_close(two->val + 6 * V, one->val, (N - 6) * V, 2e-5);
    tape_free(t);
    free(id);
    latent_free(&m);
}

static Matrix *latent_loss(Tape *t, void *context)
{
    static const int id[] = {3, 1, 4, 1, 5, 9, 2},
                     next[] = {1, 4, 1, 5, 9, 2, 6};
    return cross_entropy(
        latent_forward(context, t, (Tokens){7, id, {0}}, 0, NULL), next, 0);
}

static void latent_gradients_are_slopes(void **state)
{
    (void)state;
    Latent m = latent_model(5);
    GradError e = gradcheck(m.params, latent_loss, &m, 1e-2, 5, 1);
    if (!(e.worst < 3e-3))
        fail_msg("%s", e.where);
    latent_free(&m);
}

// --- school -----------------------------------------------------------------

static School small_school(void)
{
    return school_new(20, 300, 16, 2, 5);
}

// The model that says: the same token again.
typedef struct Parrot {
    const School *school;
    int rows, begins;
} Parrot;

static Matrix *parrot(const void *model, Tape *t, Tokens text)
{
    Parrot *p = *(Parrot *const *)model;
    const School *s = p->school;
    Matrix *scores = matrix(t, text.n, s->bpe.vocab.n);
    memset(scores->val, 0, sizeof(float) * text.n * scores->cols);
    p->rows += text.n;
    for (int i = 0; i < text.n; i++)
        p->begins += text.id[i] == s->begin;
    for (int i = 1; i < text.n; i++) // a text of the unseen ones, in order
        assert_int_equal(text.id[i], s->unseen.at[p->rows - text.n + i - 1]);
    return scores;
}

static void an_examination_asks_for_what_follows(void **state)
{
    (void)state;
    School s = small_school();
    assert_int_equal(s.bpe.vocab.n, 300);
    for (int i = 0; i < s.learn.n; i++)
        assert_true(s.learn.at[i] != s.begin);
    Parrot p = {.school = &s}, *at = &p;
    Pupil pupil = {"parrot", &at, parrot, NULL};
    const double loss = school_score(&s, pupil, 3);
    assert_int_equal(p.rows, 48);
    assert_int_equal(p.begins, 3);
    assert_true(fabs(loss - log(300)) < 1e-5); // it knows nothing
    school_free(&s);
}

// A model that looks at what it is given to learn before it learns it.
typedef struct Watcher {
    const School *school;
    const Gpt *model;
} Watcher;

static Matrix *watch(const void *model, Tape *t, Tokens text)
{
    const Watcher *w = model;
    for (int i = 0; i < text.seq.n; i++)
        for (int j = text.seq.start[i]; j < text.seq.start[i + 1]; j++)
            assert_int_equal(text.id[j] == w->school->begin,
                             j == text.seq.start[i]);
    assert_int_equal(text.n, text.seq.n * w->school->length);
    return gpt_forward(w->model, t, text);
}

static void every_window_begins(void **state)
{
    (void)state;
    School s = small_school();
    Gpt m = gpt_new((GptShape){.pieces = 300,
                               .context = 16,
                               .width = 6,
                               .heads = 3,
                               .groups = 3,
                               .layers = 1,
                               .hidden = 5,
                               .rotary = true},
                    1);
    const Watcher w = {&s, &m};
    Term t = term_new(&s, (Pupil){"watcher", &w, watch, m.params}, 3, 0, 1e-2f);
    school_train(&s, &t, 3, NULL);
    term_free(&t);
    gpt_free(&m);
    school_free(&s);
}

static Gpt small_pupil(uint64_t seed)
{
    return gpt_new((GptShape){.pieces = 300,
                              .context = 16,
                              .width = 12,
                              .heads = 3,
                              .groups = 1,
                              .layers = 1,
                              .hidden = 17,
                              .window = 5,
                              .rotary = true},
                   seed);
}

typedef struct Class {
    const School *school;
    Gpt model[2];
    Curve curve[2];
} Class;

static void learn_some(void *context, int from, int to)
{
    Class *c = context;
    for (int i = from; i < to; i++) {
        Term t =
            term_new(c->school, pupil_of("pupil", &c->model[i]), 30, 10, 1e-2f);
        school_train(c->school, &t, 30, NULL);
        c->curve[i] = t.curve;
        term_free(&t);
    }
}

// Two that learn at the same time learn what one alone learns, bit for bit.
static void learning_is_the_same_in_company(void **state)
{
    (void)state;
    School s = small_school();
    Class c = {.school = &s};
    for (int i = 0; i < 2; i++)
        c.model[i] = small_pupil(3);
    parallel_for(2, 1e12, learn_some, &c);
    Gpt alone = small_pupil(3);
    Term t = term_new(&s, pupil_of("alone", &alone), 30, 10, 1e-2f);
    school_train(&s, &t, 30, NULL);
    const Curve *curve = &t.curve;
    assert_int_equal(curve->n, 4);
    assert_true(curve->step[3] == 30 && curve->step[1] == 10);
    assert_true(curve->loss[3] < curve->loss[0] - 0.5);
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(c.curve[i].loss, curve->loss, sizeof curve->loss);
        assert_memory_equal(c.model[i].params->val, alone.params->val,
                            alone.params->count * sizeof(float));
        gpt_free(&c.model[i]);
    }
    term_free(&t);
    gpt_free(&alone);
    school_free(&s);
}

// A pupil that presses Ctrl-C at the 76th text it is given: 16 each are those
// of three examinations, before the first step, after 10 and after 20, so it is
// in step 28.
typedef struct Tired {
    Gpt model;
    int texts;
} Tired;

static Matrix *tire(const void *model, Tape *t, Tokens text)
{
    Tired *x = *(Tired *const *)model;
    if (++x->texts == 76)
        raise(SIGINT);
    return gpt_forward(&x->model, t, text);
}

static char kept[400]; // where a term is kept

static void learn_and_tire(void *school)
{
    const School *s = school;
    Tired x = {.model = small_pupil(3)}, *at = &x;
    Term t =
        term_new(s, (Pupil){"tired", &at, tire, x.model.params}, 40, 10, 1e-2f);
    school_train(s, &t, 40, NULL);
    term_save(s, &t, kept);
    fprintf(stderr, "step %d, %d looks\n", (int)t.step, t.curve.n);
}

static void load_wrongly(void *school)
{
    const School *s = school;
    Gpt m = small_pupil(3);
    Term t = term_new(s, pupil_of("other", &m), 41, 10, 1e-2f);
    term_load(s, &t, kept);
}

static void ctrl_c_loses_nothing(void **state)
{
    (void)state;
    char said[400];
    School s = small_school();
    snprintf(kept, sizeof kept, "%s/term", testing_dir("12"));
    assert_dies(load_wrongly, &s, 1, "there is no such checkpoint");
    assert_int_equal(testing_outcome(learn_and_tire, &s, said, sizeof said), 0);
    assert_string_equal(said, "test: stops after this step; a second Ctrl-C "
                              "ends it at once\nstep 28, 3 looks\n");
    assert_dies(load_wrongly, &s, 1,
                "seed 5 and 40 steps, this one has 5 and 41");
    Gpt m[2];
    Term t[2];
    for (int k = 0; k < 2; k++) { // one goes on, one has never stopped
        m[k] = small_pupil(k ? 3 : 77);
        t[k] = term_new(&s, pupil_of("pupil", &m[k]), 40, 10, 1e-2f);
        if (k == 0)
            term_load(&s, &t[k], kept);
        assert_int_equal(t[k].step, k ? 0 : 28);
        school_train(&s, &t[k], 40, NULL);
    }
    assert_memory_equal(&t[0].curve, &t[1].curve, sizeof t[0].curve);
    assert_memory_equal(m[0].params->val, m[1].params->val,
                        m[0].params->count * sizeof(float));
    for (int k = 0; k < 2; k++) {
        term_free(&t[k]);
        gpt_free(&m[k]);
    }
    school_free(&s);
}

// --- the program ------------------------------------------------------------

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    char said[4000];
    testing_dir("12");
    assert_refused(2, "--steps", "12-attention-variants --steps 19");
    assert_refused(2, "--tokens", "12-attention-variants --tokens 99");
    assert_refused(2, "--window", "12-attention-variants --window 65");
    assert_refused(2, "--what", "12-attention-variants --what");
    assert_int_equal(
        testing_run(said, sizeof said, "12-attention-variants --help"), 0);
    assert_non_null(strstr(said, "--tokens"));
    assert_refused(1, "/nowhere: there is no such directory",
                   "12-attention-variants --resume /nowhere");
    testing_run(said, sizeof said, // before anything else
                "12-attention-variants --quick --save /nowhere/x");
    assert_string_equal(said, "12-attention-variants: /nowhere/x: cannot be "
                              "written: No such file or directory\n");
}

// The program is stopped in the middle of its training and goes on; then what
// it says of its models is what it says undisturbed.
static void a_stopped_run_ends_as_an_unbroken_one(void **state)
{
    (void)state;
    static char said[3][8000];
    const char *const more[] = {"--stop 13 --save", "--resume", "--save"};
    testing_dir("12");
    for (int k = 0; k < 3; k++)
        assert_int_equal(testing_run(said[k], sizeof said[k],
                                     "12-attention-variants --threads 1 "
                                     "--quick --steps 20 --tokens 100 %s "
                                     "$HERE/kept",
                                     more[k]),
                         k == 0);
    assert_non_null(strstr(said[0], "the same command with --resume"));
    assert_null(strstr(said[0], "4. The same stories"));
    // It does read what is kept.
    assert_refused(1, "with seed 1 and 20 steps",
                   "12-attention-variants --threads 1 --quick --steps 20 "
                   "--seed 2 --resume $HERE/kept");
    for (int part = 0; part < 2; part++) { // 6 measures memory
        const char *from = part ? "7. Two" : "4. The", *to = part ? "=>" : "6.";
        const char *a = strstr(said[1], from), *b = strstr(said[2], from);
        assert_true(a && b && strstr(b, to));
        const size_t n = (size_t)(strstr(b, to) - b);
        assert_true(n > 500 && strlen(a) > n);
        assert_memory_equal(a, b, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shared_heads_are_copied_heads),
        cmocka_unit_test(neighbours_share),
        cmocka_unit_test(a_window_as_long_as_the_text_is_none),
        cmocka_unit_test(a_window_reaches_on_through_the_layers),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(plain_loops_agree),
        cmocka_unit_test(the_formulas_are_what_is_counted),
        cmocka_unit_test(real_models_need_what_they_need),
        cmocka_unit_test(a_ring_is_a_window_however_it_is_filled),
        cmocka_unit_test(memory_does_not_know_how_long_the_text_is),
        cmocka_unit_test(sinks_stand_just_before_the_window),
        cmocka_unit_test(surprise_is_minus_the_logarithm),
        cmocka_unit_test(blocks_become_their_mean),
        cmocka_unit_test(what_was_copied_comes_back),
        cmocka_unit_test(groups_must_divide),
        cmocka_unit_test(keys_need_not_be_made),
        cmocka_unit_test(latent_rows_are_a_cache),
        cmocka_unit_test(latent_gradients_are_slopes),
        cmocka_unit_test(an_examination_asks_for_what_follows),
        cmocka_unit_test(every_window_begins),
        cmocka_unit_test(learning_is_the_same_in_company),
        cmocka_unit_test(ctrl_c_loses_nothing),
        cmocka_unit_test(misuse_is_told_in_a_line),
        cmocka_unit_test(a_stopped_run_ends_as_an_unbroken_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
