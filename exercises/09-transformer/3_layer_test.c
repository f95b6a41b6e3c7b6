// A layer against the same thing said in another way, and against its laws.
#include "09-transformer/transformer.h"

#include "common/testing.h"

#include <stdio.h>

enum { T = 7, D = 6 };

static EncoderLayer layer(Params *p, bool norm_first, float dropped)
{
    Shape s = {.width = D, .heads = 2, .hidden = 10, .dropout = dropped};
    s.norm_first = norm_first;
    EncoderLayer l = encoder_layer_new(p, &s);
    for (size_t i = 0; i < p->count; i++)
        p->val[i] += 0.2f * rng_normal(&p->rng);
    return l;
}

static Matrix *some_rows(Tape *t)
{
    Rng r = rng_new(8);
    Matrix *x = matrix(t, T, D);
    for (int i = 0; i < T * D; i++)
        x->val[i] = 2 + rng_normal(&r);
    return x;
}

// norm((x + f(x)) or x + f(norm(x)), numbers only.
static Matrix *wrapped(Matrix *x, Matrix *y, Norm n, bool norm_first)
{
    Matrix *sum = add(x, y);
    return norm_first ? sum : layer_norm(sum, n);
}

static void check_form(bool norm_first, float dropped, Mask mask)
{
    Params *p = params_new(4);
    EncoderLayer l = layer(p, norm_first, dropped);
    Tape *t = tape_new(0, 5);
    Matrix *x = some_rows(t);
    const Rng rng = t->rng;
    Matrix *got = encoder_layer(&l, x, mask);
    t->rng = rng;
    Matrix *h = norm_first ? layer_norm(x, l.self_norm) : x;
    Matrix *y = wrapped(x, dropout(multi_head(&l.self, h, h, mask), dropped),
                        l.self_norm, norm_first);
    h = norm_first ? layer_norm(y, l.feed_norm) : y;
    y = wrapped(y, dropout(feed_forward(&l.feed, h), dropped), l.feed_norm,
                norm_first);
    if (got->rows != T || got->cols != D)
        fail_msg("the result should be %d x %d, it is %d x %d", T, D, got->rows,
                 got->cols);
    size_t worst;
    if (testing_wrong(got->val, y->val, T * D, 1e-6, &worst))
        fail_msg("norm_first %d, dropout %.1f, %s: row %zu, column %zu should "
                 "be %.6f, it is %.6f",
                 norm_first, (double)dropped,
                 mask.causal ? "a causal mask" : "no mask", worst / D,
                 worst % D, (double)y->val[worst], (double)got->val[worst]);
    tape_free(t);
    params_free(p);
}

static void as_in_the_paper(void **state)
{
    (void)state;
    check_form(false, 0, CAUSAL);
    check_form(false, 0, FULL);
}

static void with_the_norm_first(void **state)
{
    (void)state;
    check_form(true, 0, CAUSAL);
    check_form(true, 0, FULL);
}

static void with_dropout(void **state)
{
    (void)state;
    check_form(false, 0.5f, FULL);
    check_form(true, 0.5f, CAUSAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_in_the_paper),
        cmocka_unit_test(with_the_norm_first),
        cmocka_unit_test(with_dropout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
