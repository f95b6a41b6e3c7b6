// The test of exercise 2: scores before and after the conversion must agree.
#include "2_gibberish.h"
#include "common/ops.h"
#include "common/testing.h"

#include <stdlib.h>

static float *numbers(size_t n, uint64_t seed)
{
    Rng r = rng_new(seed);
    float *x = calloc(n, sizeof *x);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(&r);
    return x;
}

// The outputs of attention for 7 tokens with these weights and this layout.
static Matrix *answers(Tape *t, const Layer *l, RopeLayout layout)
{
    enum { T = 7 };
    const int width = l->width / l->heads;
    RopeTable table = rope_table(&t->arena, T, width, 10000, 1);
    float *in = numbers((size_t)T * l->width, 3);
    float *values = numbers((size_t)T * l->groups * width, 4);
    Matrix *x = matrix_of(t, T, l->width, in);
    Matrix *q = matmul_t(x, matrix_of(t, l->width, l->width, l->q));
    Matrix *k = matmul_t(x, matrix_of(t, l->groups * width, l->width, l->k));
    Matrix *v = matrix_of(t, T, l->groups * width, values);
    free(in);
    free(values);
    return attention(rope(q, &table, 0, layout), rope(k, &table, 0, layout), v,
                     l->heads, CAUSAL);
}

static void compare(const char *model, int width, int heads, int groups)
{
    const int keys = groups * (width / heads);
    Layer l = {width, heads, groups, numbers((size_t)width * width, 1),
               numbers((size_t)keys * width, 2)};
    Tape *t = tape_new(0, 1);
    Matrix *want = answers(t, &l, HALVES);
    convert_layer(&l);
    Matrix *got = answers(t, &l, ADJACENT);
    size_t worst, n = (size_t)want->rows * want->cols;
    size_t wrong = testing_wrong(got->val, want->val, n, 1e-4, &worst);
    float is = got->val[worst], should = want->val[worst];
    tape_free(t);
    free(l.q);
    free(l.k);
    if (wrong)
        fail_msg("%s: %zu of %zu outputs of attention changed by the "
                 "conversion; one was %.4f and is %.4f",
                 model, wrong, n, (double)should, (double)is);
}

static void every_head_has_its_keys(void **state)
{
    (void)state;
    compare("2 heads of width 6, 2 groups (like 7 billion)", 12, 2, 2);
    compare("5 heads of width 4, 5 groups (like 13 billion)", 20, 5, 5);
    compare("1 head of width 8", 8, 1, 1);
}

static void some_heads_share_keys(void **state)
{
    (void)state;
    compare("64 heads of width 4, 8 groups (like 70 billion)", 256, 64, 8);
    compare("32 heads of width 4, 4 groups (like 1.1 billion)", 128, 32, 4);
    compare("12 heads of width 6, 2 groups", 72, 12, 2);
    compare("20 heads of width 4, 10 groups", 80, 20, 10);
}

static void all_heads_share_keys(void **state)
{
    (void)state;
    compare("3 heads of width 6, 1 group", 18, 3, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_head_has_its_keys),
        cmocka_unit_test(some_heads_share_keys),
        cmocka_unit_test(all_heads_share_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
