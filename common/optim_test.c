// Parameters and optimisers: names and layout, PyTorch's steps, the schedules
// at points computed by hand, and a training that neither allocates nor
// depends on the number of threads.
#include "common/testing.h"

#include "common/ops.h"
#include "common/optim.h"
#include "common/safetensors.h"
#include "common/threads.h"

#include <stdio.h>

static void parameters_have_names_and_one_block(void **state)
{
    (void)state;
    Params *p = params_new(1);
    params_scope(p, "layer.%d", 3);
    Linear l = linear_new(p, 7, 5, "up");
    params_scope(p, "%s", "");
    Matrix *g = param(p, 1, 3, 2.5f, "gain");
    assert_ptr_equal(params_find(p, "layer.3.up.weight"), l.w);
    assert_ptr_equal(params_find(p, "layer.3.up.bias"), l.b);
    assert_ptr_equal(params_find(p, "gain"), g);
    assert_null(params_find(p, "up.weight"));
    assert_int_equal(params_numbers(p), 35 + 5 + 3);
    assert_int_equal(l.w->rows, 5);
    assert_true(g->val[2] == 2.5f);
    assert_true(l.w->val >= p->val && g->val + 3 <= p->val + p->count);
    // Glorot: within the limit, and near it somewhere.
    float limit = sqrtf(6.0f / 12), largest = 0;
    for (int i = 0; i < 35; i++)
        largest = fmaxf(largest, fabsf(l.w->val[i]));
    assert_true(largest <= limit && largest > 0.8f * limit);
    params_free(p);
}

static void names_twice(void *unused)
{
    (void)unused;
    Params *p = params_new(1);
    param(p, 1, 1, 0, "x");
    param(p, 1, 1, 0, "x");
}

static void a_name_is_given_once(void **state)
{
    (void)state;
    assert_dies(names_twice, NULL, 128 + 6, "two parameters named x");
}

static void read(const Safetensors *s, const char *name, const char *what,
                 int i, float *to, size_t n)
{
    char full[40];
    snprintf(full, sizeof full, "%s.%s%d", name, what, i);
    tensor_read(s, safetensors_find(s, full), to, n);
}

static void three_steps_equal_pytorch(void **state)
{
    (void)state;
    const char *names[] = {"sgd", "momentum", "adam", "adamw", "clipped"};
    Safetensors s = safetensors_open("common/golden/ops.safetensors");
    for (int k = 0; k < 5; k++) {
        Params *p = params_new(1);
        Matrix *a = param(p, 3, 5, 0, "a"), *b = param(p, 1, 4, 0, "b");
        Sgd sgd = sgd_new(p, k == 1 ? 0.9f : 0);
        Adam adam = k == 3 ? adam_new(p, 0.8f, 0.95f, 1e-8f, 0.1f)
                           : adam_new(p, 0.9f, 0.98f, 1e-9f, 0);
        read(&s, names[k], "a", 0, a->val, 15);
        read(&s, names[k], "b", 0, b->val, 4);
        for (int i = 1; i <= 3; i++) {
            float want[15];
            read(&s, names[k], "ag", i, a->grad, 15);
            read(&s, names[k], "bg", i, b->grad, 4);
            if (k == 4)
                params_clip(p, 0.5f);
            if (k == 2 || k == 3)
                adam_step(&adam, 0.1f);
            else
                sgd_step(&sgd, 0.1f);
            read(&s, names[k], "a", i, want, 15);
            assert_close(a->val, want, 15, 1e-6);
            read(&s, names[k], "b", i, want, 4);
            assert_close(b->val, want, 4, 1e-6);
            for (int j = 0; j < 15; j++) // a step clears the gradients
                assert_true(a->grad[j] == 0);
        }
        sgd_free(&sgd);
        adam_free(&adam);
        params_free(p);
    }
    safetensors_close(&s);
}

static void adds_too_late(void *unused)
{
    (void)unused;
    Params *p = params_new(1);
    param(p, 1, 1, 0, "x");
    Adam adam = adam_new(p, 0.9f, 0.98f, 1e-9f, 0);
    param(p, 16, 1, 0, "y");
    adam_step(&adam, 0.1f);
}

static void a_parameter_made_too_late_is_refused(void **state)
{
    (void)state;
    assert_dies(adds_too_late, NULL, 128 + 6, "added after the optimiser");
}

static void clipping_scales_to_the_norm(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Matrix *m = param(p, 1, 2, 0, "m");
    m->grad[0] = 3;
    m->grad[1] = -4;
    assert_true(params_clip(p, 10) == 5);
    assert_true(m->grad[0] == 3);
    assert_true(params_clip(p, 1) == 5);
    float want[] = {0.6f, -0.8f};
    assert_close(m->grad, want, 2, 1e-7);
    m->grad[0] = NAN;
    assert_true(isnan(params_clip(p, 1)));
    params_free(p);
}

static void close_to(double got, double want)
{
    if (fabs(got - want) > 1e-6 * fabs(want))
        fail_msg("%.9g, expected %.9g", got, want);
}

static void schedules_pass_their_points(void **state)
{
    (void)state;
    close_to(rate_cosine(5, 10, 110, 2, 1), 1);    // half of the warm-up
    close_to(rate_cosine(10, 10, 110, 2, 1), 2);   // the peak
    close_to(rate_cosine(60, 10, 110, 2, 1), 1.5); // half of the way down
    close_to(rate_cosine(110, 10, 110, 2, 1), 1);
    close_to(rate_cosine(500, 10, 110, 2, 1), 1);
    close_to(rate_cosine(0, 0, 100, 2, 1), 2); // no warm-up
    // Width 512, warm-up 4000: the paper's peak, 512^-0.5 4000^-0.5.
    close_to(rate_noam(4000, 4000, 512), 6.98771243e-4);
    close_to(rate_noam(1000, 4000, 512), 6.98771243e-4 / 4);
    close_to(rate_noam(16000, 4000, 512), 6.98771243e-4 / 2);
}

// --- a small training -------------------------------------------------------

enum { IN = 37, WIDE = 61, OUT = 7, T = 53 };

// A few steps of a network with every kind of layer; writes all parameters.
// Counts what is allocated after the first step.
static Params *train(int threads, long *allocated, size_t *grown)
{
    threads_set(threads);
    Params *p = params_new(11);
    Tape *t = tape_new(0, 12);
    Linear in = linear_new(p, IN, WIDE * 2, "in");
    Norm n = norm_new(p, WIDE * 2, "n");
    Linear out = linear_new(p, WIDE * 2, OUT, "out");
    Adam adam = adam_new(p, 0.9f, 0.999f, 1e-8f, 0.01f);
    Rng r = rng_new(13);
    long before = 0;
    size_t peak = 0;
    for (int step = 0; step < 4; step++) {
        Matrix *x = matrix(t, T, IN);
        int target[T];
        for (int i = 0; i < T * IN; i++)
            x->val[i] = rng_normal(&r);
        for (int i = 0; i < T; i++)
            target[i] = x->val[i * IN] > 0 ? 1 : 4;
        Matrix *h = layer_norm(linear(x, in), n);
        h = add(h, attention(h, h, h, 2, CAUSAL));
        h = gelu(dropout(h, 0.1f));
        backward(cross_entropy(linear(h, out), target, 0.1f));
        params_clip(p, 1);
        adam_step(&adam, 0.01f);
        tape_reset(t);
        if (step == 0) {
            before = testing_allocations();
            peak = t->arena.peak;
        }
    }
    *allocated = testing_allocations() - before;
    *grown = t->arena.peak - peak;
    adam_free(&adam);
    tape_free(t);
    return p;
}

static void training_allocates_in_its_first_step_only(void **state)
{
    (void)state;
    long allocated;
    size_t grown;
    params_free(train(1, &allocated, &grown));
    assert_int_equal(allocated, 0);
    assert_int_equal(grown, 0);
}

static void threads_do_not_change_a_bit(void **state)
{
    (void)state;
    long allocated;
    size_t grown;
    Params *one = train(1, &allocated, &grown);
    for (int threads = 2; threads <= 3; threads++) {
        Params *more = train(threads, &allocated, &grown);
        assert_int_equal(one->count, more->count);
        assert_memory_equal(one->val, more->val, one->count * sizeof *one->val);
        params_free(more);
    }
    params_free(one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_have_names_and_one_block),
        cmocka_unit_test(a_name_is_given_once),
        cmocka_unit_test(three_steps_equal_pytorch),
        cmocka_unit_test(a_parameter_made_too_late_is_refused),
        cmocka_unit_test(clipping_scales_to_the_norm),
        cmocka_unit_test(schedules_pass_their_points),
        cmocka_unit_test(training_allocates_in_its_first_step_only),
        cmocka_unit_test(threads_do_not_change_a_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
