// The gradient of a tied table, by hand and against the tape's.
#include "4_tied.h"

#include "common/ops.h"
#include "common/testing.h"

static void expect(const char *what, const float *got, const float *want, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) < 1e-5))
            fail_msg("%s: number %d should be %.5f, it is %.5f", what, i,
                     (double)want[i], (double)got[i]);
}

static void at_the_input(void **state)
{
    (void)state;
    // Three pieces of width 2; the text is 2 0 2. Nothing arrives at y.
    const float dx[] = {1, 2, 10, 20, 100, 200}, none[9] = {0}, h[6] = {0};
    float d[6] = {0};
    tied_gradient(3, 3, 2, (int[]){2, 0, 2}, dx, h, none, d);
    expect("rows 2, 0 and 2 were looked up", d,
           (float[]){10, 20, 0, 0, 101, 202}, 6);
}

static void at_the_output(void **state)
{
    (void)state;
    const float dx[2] = {0}, h[] = {3, -1}, dy[] = {0.5f, 0, -2};
    float d[6] = {0};
    tied_gradient(1, 3, 2, (int[]){1}, dx, h, dy, d);
    expect("h = (3, -1), dy = (0.5, 0, -2)", d,
           (float[]){1.5f, -0.5f, 0, 0, -6, 2}, 6);
}

static void it_is_added_to_what_is_there(void **state)
{
    (void)state;
    const float dx[] = {1}, h[] = {2}, dy[] = {3, 4};
    float d[] = {100, 200};
    tied_gradient(1, 2, 1, (int[]){1}, dx, h, dy, d);
    expect("100 and 200 were there", d, (float[]){106, 209}, 2);
}

static void as_the_tape_has_it(void **state)
{
    (void)state;
    enum { T = 5, V = 7, D = 3 };
    const int id[T] = {6, 1, 1, 4, 0}, next[T] = {1, 1, 4, 0, 6};
    Params *p = params_new(2);
    Matrix *table = param_normal(p, V, D, 1, "table");
    Tape *t = tape_new(0, 1);
    Matrix *x = embed(t, table, (Tokens){T, id, {0}});
    Matrix *h = tanh_of(x);
    Matrix *y = matmul_t(h, table);
    backward(cross_entropy(y, next, 0));
    float d[V * D] = {0};
    tied_gradient(T, V, D, id, x->grad, h->val, y->grad, d);
    expect("a small model; the tape has it so", d, table->grad, V * D);
    tape_free(t);
    params_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_the_input),
        cmocka_unit_test(at_the_output),
        cmocka_unit_test(it_is_added_to_what_is_there),
        cmocka_unit_test(as_the_tape_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
