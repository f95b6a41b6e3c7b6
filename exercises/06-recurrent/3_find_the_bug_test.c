// The loops against the chapter's unit, which equals PyTorch's.
#include "3_find_the_bug.h"

#include "06-recurrent/cells.h"

#include "common/testing.h"

enum { IN = 3, WIDTH = 5, TOKENS = 9 };
static const int starts[] = {0, 4, 4, 9};
static const Spans three = {3, starts};

// Compares rows from .. to - 1, run as they stand in x.
static void expect(const char *what, int n, const int *start, Spans seq)
{
    Params *p = params_new(1);
    const Gru g = gru_new(p, IN, WIDTH, "gru");
    for (size_t i = 0; i < p->count; i++)
        p->val[i] += 0.5f * rng_normal(&p->rng);
    const GruWeights w = {IN,          WIDTH,          g.in.w->val,
                          g.in.b->val, g.again.w->val, g.again.b->val};
    Tape *t = tape_new(0, 1);
    const int rows = start[n];
    Matrix *x = matrix(t, rows, IN);
    Rng r = rng_new(2);
    for (int i = 0; i < rows * IN; i++)
        x->val[i] = rng_normal(&r);
    x->seq = seq;
    float y[TOKENS * WIDTH] = {0};
    gru_run(&w, n, start, x->val, y);
    const float *want = gru(&g, x)->val;
    for (int i = 0; i < rows * WIDTH; i++)
        if (!(fabsf(y[i] - want[i]) < 1e-5f))
            fail_msg("%s: token %d, number %d of the state should be %.5f, "
                     "yours is %.5f",
                     what, i / WIDTH, i % WIDTH, (double)want[i], (double)y[i]);
    tape_free(t);
    params_free(p);
}

static void one_token(void **state)
{
    (void)state;
    expect("one token", 1, (int[]){0, 1}, (Spans){0});
}

static void one_sequence(void **state)
{
    (void)state;
    expect("one sequence", 1, (int[]){0, TOKENS}, (Spans){0});
}

static void sequences_do_not_know_of_each_other(void **state)
{
    (void)state;
    expect("sequences of 4, 0 and 5 tokens", 3, starts, three);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_token),
        cmocka_unit_test(one_sequence),
        cmocka_unit_test(sequences_do_not_know_of_each_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
