// Blocks by hand, and a model that is taken apart and put together again.
#include "12-attention-variants/regroup.h"

#include "common/testing.h"

static void expect(const char *what, const float *got, const float *want, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) < 1e-5))
            fail_msg("%s: number %d should be %g, yours is %g", what, i,
                     (double)want[i], (double)got[i]);
}

static const float blocks[12] = {1, 2, 3, 6, 5, 10, 0, 1, 2, 3, 7, 11};

static void two_become_one(void **state)
{
    (void)state;
    float to[2] = {0};
    regroup(blocks, 2, to, 1, 2, FIRST_OF_ALL);
    expect("the first of (1 2) and (3 6)", to, (const float[]){1, 2}, 2);
    regroup(blocks, 2, to, 1, 2, MEAN_OF_ALL);
    expect("the mean of (1 2) and (3 6)", to, (const float[]){2, 4}, 2);
}

static void neighbours_become_one(void **state)
{
    (void)state;
    float to[6] = {0};
    regroup(blocks, 6, to, 2, 2, MEAN_OF_ALL);
    expect("6 blocks of 2 into 2, by their means", to,
           (const float[]){3, 6, 3, 5}, 4);
    regroup(blocks, 6, to, 2, 2, FIRST_OF_ALL);
    expect("6 blocks of 2 into 2, the first ones", to,
           (const float[]){1, 2, 0, 1}, 4);
    regroup(blocks, 6, to, 3, 1, MEAN_OF_ALL);
    expect("6 blocks of 1 into 3, by their means", to,
           (const float[]){1.5f, 4.5f, 7.5f}, 3);
}

static void one_becomes_many(void **state)
{
    (void)state;
    float to[12] = {0};
    for (int how = 0; how < 2; how++) {
        regroup(blocks, 2, to, 6, 2, how);
        expect(how == MEAN_OF_ALL ? "2 blocks of 2 into 6"
                                  : "2 blocks of 2 into 6, FIRST_OF_ALL",
               to, (const float[]){1, 2, 1, 2, 1, 2, 3, 6, 3, 6, 3, 6}, 12);
    }
}

static void as_many_as_before(void **state)
{
    (void)state;
    float to[12] = {0};
    for (int how = 0; how < 2; how++) {
        regroup(blocks, 4, to, 4, 3, how);
        expect("4 blocks of 3 into 4", to, blocks, 12);
    }
}

static void a_model_comes_back(void **state)
{
    (void)state;
    const GptShape shape = {.pieces = 7,
                            .context = 5,
                            .width = 12,
                            .heads = 6,
                            .groups = 2,
                            .layers = 1,
                            .hidden = 5};
    Gpt few = gpt_new(shape, 1);
    Gpt many = gpt_regrouped(&few, 6, MEAN_OF_ALL);
    Gpt back = gpt_regrouped(&many, 2, MEAN_OF_ALL);
    expect("keys copied to 6 heads, and the mean of each 3",
           back.layer[0].k.w->val, few.layer[0].k.w->val, 4 * 12);
    gpt_free(&few);
    gpt_free(&many);
    gpt_free(&back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_become_one),
        cmocka_unit_test(neighbours_become_one),
        cmocka_unit_test(one_becomes_many),
        cmocka_unit_test(as_many_as_before),
        cmocka_unit_test(a_model_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
