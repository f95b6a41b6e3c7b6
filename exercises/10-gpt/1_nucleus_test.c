// Top-p: what is kept, and how much of it.
#include "10-gpt/sampler.h"

#include "common/testing.h"

#include <stdio.h>

static void expect(const char *what, const float *got, const float *want, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabs((double)got[i] - (double)want[i]) < 1e-5))
            fail_msg("%s: piece %d should have %.4f, it has %.4f", what, i,
                     (double)want[i], (double)got[i]);
}

#define EXAMPLE                                                                \
    {                                                                          \
        0.125f, 0.5f, 0.0625f, 0.25f, 0.0625f                                  \
    }

static void the_example(void **state)
{
    (void)state;
    float p[] = EXAMPLE;
    keep_top_p(p, 5, 0.7f);
    expect("mass 0.7 of 0.125, 0.5, 0.0625, 0.25, 0.0625", p,
           (float[]){0, 2.f / 3, 0, 1.f / 3, 0}, 5);
}

static void the_one_that_crosses_is_kept(void **state)
{
    (void)state;
    float p[] = EXAMPLE, q[] = EXAMPLE;
    keep_top_p(p, 5, 0.75f);
    expect("mass 0.75 is reached by two", p,
           (float[]){0, 2.f / 3, 0, 1.f / 3, 0}, 5);
    keep_top_p(q, 5, 0.76f);
    expect("mass 0.76 needs a third", q,
           (float[]){1.f / 7, 4.f / 7, 0, 2.f / 7, 0}, 5);
}

static void the_ends_of_the_scale(void **state)
{
    (void)state;
    float none[] = EXAMPLE, all[] = EXAMPLE, one[] = {1};
    keep_top_p(none, 5, 0);
    expect("mass 0 keeps the most probable", none, (float[]){0, 1, 0, 0, 0}, 5);
    keep_top_p(all, 5, 1);
    expect("mass 1 keeps all", all, (float[])EXAMPLE, 5);
    keep_top_p(one, 1, 0.5f);
    expect("a vocabulary of one", one, (float[]){1}, 1);
    float rounded[] = {0.5f, 0.25f, 0.2f}; // they do not quite add up to 1
    keep_top_p(rounded, 3, 1);
    expect("a sum below the mass", rounded,
           (float[]){0.526316f, 0.263158f, 0.210526f}, 3);
}

static void equals_from_the_left(void **state)
{
    (void)state;
    float p[] = {0.25f, 0.25f, 0.25f, 0.25f};
    keep_top_p(p, 4, 0.5f);
    expect("two of four equals", p, (float[]){0.5f, 0.5f, 0, 0}, 4);
}

// One of 0.5 and eight of 2^-26, which are nothing beside 0.5 in float: four of
// them make 2^-24.
static void small_ones_add_up(void **state)
{
    (void)state;
    const float small = 0x1p-26f;
    float p[9] = {0.5f};
    for (int i = 1; i < 9; i++)
        p[i] = small;
    keep_top_p(p, 9, 0.5f + 4 * small);
    for (int i = 1; i < 9; i++)
        if ((p[i] > 0) != (i <= 4))
            fail_msg("0.5, then eight times 2^-26, mass 0.5 + 4 * 2^-26: of "
                     "the small ones the first four should be kept; piece %d "
                     "has %g (is the sum a double?)",
                     i, (double)p[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example),
        cmocka_unit_test(the_one_that_crosses_is_kept),
        cmocka_unit_test(the_ends_of_the_scale),
        cmocka_unit_test(equals_from_the_left),
        cmocka_unit_test(small_ones_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
