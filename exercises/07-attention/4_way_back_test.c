// The gradients against those of the same head made of plain operations.
#include "4_way_back.h"

#include "07-attention/steps.h"

#include "common/testing.h"

enum { TQ = 7, TK = 11, D = 5 };

static Matrix *noise(Tape *t, Rng *r, int rows, int cols)
{
    Matrix *x = matrix(t, rows, cols);
    for (int i = 0; i < rows * cols; i++)
        x->val[i] = rng_normal(r);
    x->given = false;
    return x;
}

static void compare(const char *what, char name, const float *got,
                    const float *want, int rows)
{
    for (int i = 0; i < rows * D; i++)
        if (!(fabsf(got[i] - want[i]) < 1e-4f))
            fail_msg("%s: the gradient of %c[%d][%d] should be %.5f, yours is "
                     "%.5f",
                     what, name, i / D, i % D, (double)want[i], (double)got[i]);
}

// mask: TQ x TK, or NULL. All gradients begin at `before`.
static void expect(const char *what, const float *mask, float before)
{
    Tape *t = tape_new(0, 1);
    Rng r = rng_new(7);
    Matrix *q = noise(t, &r, TQ, D), *k = noise(t, &r, TK, D);
    Matrix *v = noise(t, &r, TK, D), *dy = noise(t, &r, TQ, D);
    Matrix *m = mask ? matrix_of(t, TQ, TK, mask) : NULL;
    Matrix *y = one_head(q, k, v, m);
    dy->given = true;
    backward(scale(mean(mul(y, dy)), TQ * D)); // the gradient of y is dy

    float log_sum[TQ], dq[TQ * D], dk[TK * D], dv[TK * D];
    for (int i = 0; i < TQ; i++) {
        double sum = 0;
        for (int j = 0; j < TK; j++) {
            double s = mask ? (double)mask[i * TK + j] : 0;
            for (int c = 0; c < D; c++)
                s += (double)q->val[i * D + c] * (double)k->val[j * D + c] /
                     sqrt(D);
            sum += exp(s);
        }
        log_sum[i] = (float)log(sum);
    }
    for (int i = 0; i < TQ * D; i++)
        dq[i] = before;
    for (int i = 0; i < TK * D; i++)
        dk[i] = dv[i] = before;
    const long allocations = testing_allocations();
    one_head_back(TQ, TK, D, q->val, k->val, v->val, mask, y->val, log_sum,
                  dy->val, dq, dk, dv);
    if (testing_allocations() != allocations)
        fail_msg("%s: no array is needed, but one was allocated", what);
    for (int i = 0; i < TQ * D; i++)
        dq[i] -= before;
    for (int i = 0; i < TK * D; i++) {
        dk[i] -= before;
        dv[i] -= before;
    }
    compare(what, 'v', dv, v->grad, TK);
    compare(what, 'q', dq, q->grad, TQ);
    compare(what, 'k', dk, k->grad, TK);
    tape_free(t);
}

static void all_keys_seen(void **state)
{
    (void)state;
    expect("no mask", NULL, 0);
}

static void gradients_are_added_to(void **state)
{
    (void)state;
    expect("gradients that were 2 before", NULL, 2);
}

static void hidden_keys_get_nothing(void **state)
{
    (void)state;
    float mask[TQ * TK];
    for (int i = 0; i < TQ; i++)
        for (int j = 0; j < TK; j++)
            mask[i * TK + j] = j > i ? -INFINITY : 0;
    expect("causal", mask, 0);
}

// A mask has no order: hidden keys stand before those that may be seen, too.
static void a_mask_with_holes(void **state)
{
    (void)state;
    float mask[TQ * TK];
    for (int i = 0; i < TQ; i++)
        for (int j = 0; j < TK; j++)
            mask[i * TK + j] = (i + 2 * j) % 3 == 0 ? -INFINITY : 0;
    expect("a mask with holes", mask, 2);
}

static void a_query_that_sees_nothing(void **state)
{
    (void)state;
    float mask[TQ * TK] = {0};
    for (int j = 0; j < TK; j++)
        mask[3 * TK + j] = -INFINITY;
    expect("query 3 sees nothing", mask, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_keys_seen),
        cmocka_unit_test(gradients_are_added_to),
        cmocka_unit_test(hidden_keys_get_nothing),
        cmocka_unit_test(a_mask_with_holes),
        cmocka_unit_test(a_query_that_sees_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
