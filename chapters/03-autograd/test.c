// Tests of 03-autograd: the scalar engine against calculus and against the
// tape, RMSProp against PyTorch, the digits, and the program's behaviour.
#include "common/testing.h"

#include "03-autograd/checks.h"
#include "03-autograd/rmsprop.h"
#include "03-autograd/scalar.h"

#include "common/digits.h"
#include "common/ops.h"
#include "common/safetensors.h"
#include "common/text.h"

#include <stdio.h>
#include <stdlib.h>

// --- the scalar engine ------------------------------------------------------

static void near(double got, double want)
{
    if (fabs(got - want) > 1e-12 * fmax(1, fabs(want)))
        fail_msg("%.15g, expected %.15g", got, want);
}

static void scalar_gradients_are_the_derivatives(void **state)
{
    (void)state;
    Scalars t = scalars_new();
    Scalar *a = scalar(&t, 2), *b = scalar(&t, -0.5), *c = scalar(&t, 1.5);
    Scalar *y = scalar_tanh(&t, scalar_add(&t, scalar_mul(&t, a, b), c));
    scalar_backward(&t, y);
    double slope = 1 - tanh(0.5) * tanh(0.5);
    near(y->val, tanh(0.5));
    near(a->grad, slope * -0.5);
    near(b->grad, slope * 2);
    near(c->grad, slope);
    scalars_free(&t);
}

static void a_number_used_twice_gets_both_gradients(void **state)
{
    (void)state;
    Scalars t = scalars_new();
    Scalar *x = scalar(&t, 3);
    Scalar *square = scalar_mul(&t, x, x);
    Scalar *y = scalar_add(&t, scalar_mul(&t, square, x), scalar_add(&t, x, x));
    scalar_backward(&t, y); // y = x^3 + 2 x: dy/dx = 3 x^2 + 2
    near(x->grad, 29);
    near(square->grad, 3);
    scalars_free(&t);
}

static void what_the_loss_ignores_gets_nothing(void **state)
{
    (void)state;
    Scalars t = scalars_new();
    Scalar *x = scalar(&t, 3), *z = scalar(&t, 5);
    Scalar *y = scalar_mul(&t, x, x);
    scalar_mul(&t, y, z); // made after y, not part of it
    scalar_backward(&t, y);
    near(x->grad, 6);
    near(z->grad, 0);
    scalars_free(&t);
}

// The same layer, tanh(x w^T + b), summed, on both engines.
static void scalars_equal_the_tape(void **state)
{
    (void)state;
    enum { T = 3, IN = 5, OUT = 7 };
    Params *p = params_new(4);
    Linear l = linear_new(p, IN, OUT, "l");
    Tape *tape = tape_new(0, 1);
    Matrix *x = matrix(tape, T, IN);
    Rng r = rng_new(5);
    for (int i = 0; i < T * IN; i++)
        x->val[i] = rng_normal(&r);
    Matrix *loss = scale(mean(tanh_of(linear(x, l))), T * OUT);
    backward(loss);

    Scalars t = scalars_new();
    Scalar *w[OUT][IN], *b[OUT], *sum = scalar(&t, 0);
    for (int j = 0; j < OUT; j++) {
        b[j] = scalar(&t, (double)l.b->val[j]);
        for (int k = 0; k < IN; k++)
            w[j][k] = scalar(&t, (double)l.w->val[j * IN + k]);
    }
    for (int i = 0; i < T; i++)
        for (int j = 0; j < OUT; j++) {
            Scalar *h = b[j];
            for (int k = 0; k < IN; k++) {
                Scalar *in = scalar(&t, (double)x->val[i * IN + k]);
                h = scalar_add(&t, h, scalar_mul(&t, in, w[j][k]));
            }
            sum = scalar_add(&t, sum, scalar_tanh(&t, h));
        }
    scalar_backward(&t, sum);
    assert_close(loss->val, (float[]){(float)sum->val}, 1, 1e-6);
    for (int j = 0; j < OUT; j++) {
        float want[IN], bias = (float)b[j]->grad;
        for (int k = 0; k < IN; k++)
            want[k] = (float)w[j][k]->grad;
        assert_close(l.w->grad + j * IN, want, IN, 1e-6);
        assert_close(l.b->grad + j, &bias, 1, 1e-6);
    }
    scalars_free(&t);
    tape_free(tape);
    params_free(p);
}

// --- gradient checks and RMSProp --------------------------------------------

static void every_operation_passes_its_check(void **state)
{
    (void)state;
    const char *rest = check_names;
    for (int i = 0; i < check_count(); i++) {
        size_t n = strlen(check_name(i)); // the list for --help is the same
        assert_int_equal(strncmp(rest, check_name(i), n), 0);
        assert_int_equal(rest[n], i + 1 < check_count() ? '|' : 0);
        rest += n + 1;
        for (uint64_t seed = 1; seed <= 3; seed++) {
            GradError e = check_op(i, 1e-2, seed);
            if (e.worst >= 5e-3)
                fail_msg("%s: %s", check_name(i), e.where);
        }
    }
}

static void rmsprop_equals_pytorch(void **state)
{
    (void)state;
    Safetensors s = safetensors_open("common/golden/ops.safetensors");
    Params *p = params_new(1);
    Matrix *a = param(p, 3, 5, 0, "a");
    RmsProp rms = rmsprop_new(p, 0.9f);
    tensor_read(&s, safetensors_find(&s, "rmsprop.a0"), a->val, 15);
    for (int i = 1; i <= 3; i++) {
        char name[32];
        float want[15];
        snprintf(name, sizeof name, "rmsprop.ag%d", i);
        tensor_read(&s, safetensors_find(&s, name), a->grad, 15);
        snprintf(name, sizeof name, "rmsprop.a%d", i);
        tensor_read(&s, safetensors_find(&s, name), want, 15);
        rmsprop_step(&rms, 0.01f);
        assert_close(a->val, want, 15, 1e-6);
        assert_true(a->grad[0] == 0);
    }
    rmsprop_free(&rms);
    params_free(p);
    safetensors_close(&s);
}

// --- digits -----------------------------------------------------------------

static double ink(const float *pixel)
{
    double total = 0;
    for (int i = 0; i < PIXELS; i++) {
        assert_true(pixel[i] >= 0 && pixel[i] <= 1);
        total += (double)pixel[i];
    }
    return total;
}

static void drawn_digits_are_digits(void **state)
{
    (void)state;
    Rng r = rng_new(1), again = rng_new(1);
    Digits d = digits_drawn(&r, 300), e = digits_drawn(&again, 300);
    int seen[10] = {0};
    for (int i = 0; i < d.n; i++) {
        assert_in_range(d.label[i], 0, 9);
        seen[d.label[i]]++;
        double dark = ink(d.pixel + (size_t)i * PIXELS);
        assert_true(dark > 20 && dark < 300);
    }
    for (int k = 0; k < 10; k++)
        assert_true(seen[k] > 5);
    assert_memory_equal(d.pixel, e.pixel, 300 * PIXELS * sizeof(float));
    assert_memory_not_equal(d.pixel, d.pixel + PIXELS, PIXELS * sizeof(float));
    digits_free(&d);
    digits_free(&e);
}

static void shuffling_keeps_digit_and_label_together(void **state)
{
    (void)state;
    enum { N = 50 };
    Digits d = {N, calloc(N * PIXELS, sizeof(float)), calloc(N, sizeof(int)),
                "numbered"};
    for (int i = 0; i < N; i++) {
        d.label[i] = i;
        d.pixel[i * PIXELS + 7] = (float)i;
    }
    Rng r = rng_new(1);
    digits_shuffle(&d, &r);
    int sum = 0, moved = 0;
    for (int i = 0; i < N; i++) {
        assert_true(d.pixel[i * PIXELS + 7] == (float)d.label[i]);
        sum += d.label[i];
        moved += d.label[i] != i;
    }
    assert_int_equal(sum, N * (N - 1) / 2);
    assert_true(moved > N / 2);
    digits_free(&d);
}

// Where the ink is, on average.
static void centre_of(const float *p, double *x, double *y)
{
    double total = ink(p);
    *x = *y = 0;
    for (int i = 0; i < PIXELS; i++) {
        *x += (double)p[i] * (i % SIDE) / total;
        *y += (double)p[i] * (i / SIDE) / total;
    }
}

static void a_moved_digit_is_near_and_not_the_same(void **state)
{
    (void)state;
    Rng r = rng_new(2);
    Digits d = digits_drawn(&r, 40);
    float to[PIXELS];
    double x, y, u, v, sum_x = 0;
    for (int i = 0; i < d.n; i++) {
        const float *from = d.pixel + (size_t)i * PIXELS;
        digit_moved(&r, from, to);
        assert_memory_not_equal(from, to, sizeof to);
        assert_true(fabs(ink(to) / ink(from) - 1) < 0.35);
        centre_of(from, &x, &y);
        centre_of(to, &u, &v);
        assert_true(fabs(u - x) < 4 && fabs(v - y) < 4);
        sum_x += u - x;
    }
    assert_true(fabs(sum_x / d.n) < 1); // to the left as often as to the right
    digits_free(&d);
}

static char here[300];

static void write_digits(int files, const char *last)
{
    snprintf(here, sizeof here, "%s", testing_dir("mnist"));
    for (int k = 0; k < files; k++) {
        char path[400];
        Buffer b = {0};
        buffer_print(&b, "{\"data\":[");
        for (int i = 0; i < 2 * PIXELS; i++)
            buffer_print(&b, "%s%s", i ? "," : "", i == k ? "0.5" : "0");
        buffer_print(&b, "]}");
        snprintf(path, sizeof path, "%s/%d.json", here, k);
        if (k == files - 1 && last)
            text_write(path, last, strlen(last));
        else
            text_write(path, b.at, b.length);
        buffer_free(&b);
    }
}

static void read_digits(void *unused)
{
    (void)unused;
    Run run = {.data = here};
    digits_mnist(&run);
}

static void mnist_is_read_and_bad_files_are_refused(void **state)
{
    (void)state;
    write_digits(10, NULL);
    Run run = {.data = here};
    Digits d = digits_mnist(&run);
    assert_int_equal(d.n, 20);
    for (int k = 0; k < 10; k++) {
        assert_int_equal(d.label[2 * k], k);
        assert_true(d.pixel[2 * k * PIXELS + k] == 0.5f);
    }
    digits_free(&d);
    assert_refused(1, "20 digits are too few", "03-autograd --quick --data %s",
                   here);
    write_digits(9, NULL);
    assert_dies(read_digits, NULL, 1, "9.json is missing");
    write_digits(10, "{\"data\":[1,2,3]}");
    assert_dies(read_digits, NULL, 1, "9.json: expected {\"data\"");
    write_digits(10, "{\"data\":");
    assert_dies(read_digits, NULL, 1, "9.json: expected {\"data\"");
    write_digits(10, "");
    assert_dies(read_digits, NULL, 1, "9.json: expected {\"data\"");
    Buffer b = {0};
    buffer_print(&b, "{\"data\":[");
    for (int i = 0; i < PIXELS; i++)
        buffer_print(&b, "%s", i == PIXELS - 1 ? "7]}" : "0,");
    write_digits(10, b.at);
    assert_dies(read_digits, NULL, 1, "pixel 783 is not a number from 0 to 1");
    b.at[b.length - 3] = '1';
    write_digits(10, b.at);
    d = digits_mnist(&run);
    assert_int_equal(d.n, 19);
    digits_free(&d);
    buffer_print(&b, " \n,");
    write_digits(10, b.at);
    assert_dies(read_digits, NULL, 1, "9.json: expected {\"data\"");
    buffer_free(&b);
}

// --- the program ------------------------------------------------------------

static void a_stopped_training_goes_on(void **state)
{
    (void)state;
    static char said[60000];
    testing_dir("03");
    assert_int_equal(testing_press(said, sizeof said, "5. 2500 digits",
                                   "03-autograd --threads 1 --quick "
                                   "--epochs 1000 --save $HERE/point"),
                     1);
    assert_non_null(strstr(said, "go on with --resume"));
    Safetensors s = safetensors_open(testing_path("point"));
    safetensors_verify(&s);
    safetensors_close(&s);
}

// What the program prints, without its measured values ("~0.8").
static Buffer printed(const char *args)
{
    static char said[60000];
    assert_int_equal(testing_run(said, sizeof said,
                                 "03-autograd --quick --epochs 1 --threads 1 "
                                 "--save $HERE/point %s 2> /dev/null | "
                                 "sed 's/~[0-9.]*/~/g'",
                                 args),
                     0);
    Buffer b = {0};
    buffer_add(&b, said, strlen(said));
    return b;
}

// What a run leaves that is resumed with `resume` and stopped after the last
// step: every bit of the weights and of Adam.
static Buffer weights(const char *resume)
{
    char args[200];
    snprintf(args, sizeof args, "--stop 155 %s", resume);
    Buffer b = printed(args);
    buffer_free(&b);
    return text_read(testing_path("point"));
}

// 31 steps show the digits as they are, 124 more show moved copies.
static void a_resumed_run_equals_an_unbroken_one(void **state)
{
    (void)state;
    const int stops[] = {20, 31, 32, 75};
    char args[100];
    testing_dir("03");
    Buffer unbroken = printed(""), last = weights("");
    assert_non_null(strstr(unbroken.at, "with moved copies"));
    for (int i = 0; i < 4; i++) {
        snprintf(args, sizeof args, "--stop %d", stops[i]);
        Buffer part = printed(args);
        assert_null(strstr(part.at, "with moved copies"));
        Buffer rest = printed("--resume $HERE/point");
        if (strcmp(rest.at, unbroken.at) != 0)
            fail_msg("stopped after %d steps and resumed:\n%s\nunbroken:\n%s",
                     stops[i], rest.at, unbroken.at);
        buffer_free(&part);
        buffer_free(&rest);
    }
    Buffer resumed = weights("--resume $HERE/point");
    assert_int_equal(resumed.length, last.length);
    assert_memory_equal(resumed.at, last.at, last.length);
    buffer_free(&resumed);
    buffer_free(&last);
    buffer_free(&unbroken);
    assert_refused(1, "saved with --seed 1 on 2500 digits, --epochs 1, ",
                   "03-autograd --quick --epochs 2 --resume $HERE/point");
    assert_refused(1, "and --dropout 0.2, not ",
                   "03-autograd --quick --epochs 1 --dropout 0.5 --resume "
                   "$HERE/point");
}

// The last eighth of the digits to learn from stands in for the test, and the
// settings count.
static void settings_are_chosen_without_the_test(void **state)
{
    (void)state;
    testing_dir("03");
    Buffer test = printed(""), choose = printed("--validate");
    assert_non_null(strstr(test.at, ": 2000 to learn from, 500 held out"));
    assert_non_null(strstr(test.at, "% of 500 unseen ones"));
    assert_non_null(strstr(choose.at, ": 1750 to learn from, 250 to choose"));
    assert_non_null(strstr(choose.at, "% of 250 unseen ones"));
    static const char *const other[] = {"--hidden 64", "--dropout 0",
                                        "--rate 0.01"};
    for (int i = 0; i < 3; i++) {
        char args[60];
        snprintf(args, sizeof args, "--validate %s", other[i]);
        Buffer b = printed(args);
        if (strcmp(b.at, choose.at) == 0)
            fail_msg("%s changes nothing", other[i]);
        buffer_free(&b);
    }
    buffer_free(&test);
    buffer_free(&choose);
}

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    assert_refused(2, "--epochs", "03-autograd --epochs x");
    assert_refused(2, "--gradcheck", "03-autograd --gradcheck nothing");
    assert_refused(1, "make data NAME=mnist",
                   "03-autograd --quick --data build/none");
    assert_refused(1, "build/none: there is no such checkpoint",
                   "03-autograd --quick --epochs 1 --resume build/none");
    assert_refused(1, "/dev/null/x: cannot be written",
                   "03-autograd --quick --save /dev/null/x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_gradients_are_the_derivatives),
        cmocka_unit_test(a_number_used_twice_gets_both_gradients),
        cmocka_unit_test(what_the_loss_ignores_gets_nothing),
        cmocka_unit_test(scalars_equal_the_tape),
        cmocka_unit_test(every_operation_passes_its_check),
        cmocka_unit_test(rmsprop_equals_pytorch),
        cmocka_unit_test(drawn_digits_are_digits),
        cmocka_unit_test(shuffling_keeps_digit_and_label_together),
        cmocka_unit_test(a_moved_digit_is_near_and_not_the_same),
        cmocka_unit_test(mnist_is_read_and_bad_files_are_refused),
        cmocka_unit_test(a_stopped_training_goes_on),
        cmocka_unit_test(a_resumed_run_equals_an_unbroken_one),
        cmocka_unit_test(settings_are_chosen_without_the_test),
        cmocka_unit_test(misuse_is_told_in_a_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
