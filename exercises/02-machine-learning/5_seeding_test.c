// The test of exercise 5: which points are drawn, and how often.
#include "02-machine-learning/cluster.h"
#include "common/testing.h"

// The second centre where the first one is 0: 1 and 3 have the squares 1 and 9.
static void in_proportion_to_the_square(void **state)
{
    (void)state;
    const float x[] = {0, 1, 3};
    Rng rng = rng_new(1);
    int far = 0, of = 0;
    for (int i = 0; i < 6000; i++) {
        float centre[2];
        kmeans_start(x, 3, 1, 2, &rng, centre);
        of += centre[0] == 0;
        far += centre[0] == 0 && centre[1] == 3;
    }
    const double share = (double)far / of;
    if (!(fabs(share - 0.9) < 0.03))
        fail_msg("points 0, 1 and 3, first centre 0: 3 should be second in 0.9 "
                 "of the cases (9 of 1 + 9), but is in %.3f",
                 share);
}

static void never_twice(void **state)
{
    (void)state;
    const float x[] = {0, 0, 5, 5, 5, 9};
    Rng rng = rng_new(2);
    for (int i = 0; i < 500; i++) {
        float c[3];
        kmeans_start(x, 6, 1, 3, &rng, c);
        if (c[0] == c[1] || c[0] == c[2] || c[1] == c[2])
            fail_msg("of the points 0 0 5 5 5 9 three different ones should be "
                     "drawn, but %g, %g and %g were",
                     (double)c[0], (double)c[1], (double)c[2]);
    }
}

// The distance that counts is to the nearest centre, not to the last one.
static void the_nearest_centre_counts(void **state)
{
    (void)state;
    const float x[] = {0, 100, 1, 99};
    Rng rng = rng_new(3);
    int both = 0;
    for (int i = 0; i < 2000; i++) {
        float c[3];
        kmeans_start(x, 4, 1, 3, &rng, c);
        // Two near each end, or one: each end must be there.
        int low = (c[0] < 50) + (c[1] < 50) + (c[2] < 50);
        both += low == 1 || low == 2;
    }
    if (both < 1990)
        fail_msg("points 0, 1, 99 and 100: of three centres each end should "
                 "have one, but only %d of 2000 starts do so",
                 both);
    // From 0 and 100 the points 1 and 99 are equally far.
    int one = 0, ends = 0;
    for (int i = 0; i < 4000; i++) {
        float c[3];
        kmeans_start(x, 4, 1, 3, &rng, c);
        if (c[0] != 0 || c[1] != 100)
            continue;
        ends++;
        one += c[2] == 1;
    }
    if (!(fabs((double)one / ends - 0.5) < 0.15))
        fail_msg("centres 0 and 100: 1 should be third in half of the cases, "
                 "but is in %d of %d",
                 one, ends);
}

static void in_the_plane(void **state)
{
    (void)state;
    const float x[] = {0, 0, 0, 7};
    Rng rng = rng_new(4);
    float c[4];
    kmeans_start(x, 2, 2, 2, &rng, c);
    if (!(c[0] == 0 && c[2] == 0 && c[1] + c[3] == 7))
        fail_msg("both of two points should be drawn, but (%g, %g) and (%g, "
                 "%g) were",
                 (double)c[0], (double)c[1], (double)c[2], (double)c[3]);
}

// Whole vectors count: from (0, 0) it is as far to (3, 4) as to (0, 5).
static void the_length_of_a_vector(void **state)
{
    (void)state;
    const float x[] = {0, 0, 3, 4, 0, 5};
    Rng rng = rng_new(5);
    int first = 0, of = 0;
    for (int i = 0; i < 6000; i++) {
        float c[4];
        kmeans_start(x, 3, 2, 2, &rng, c);
        of += c[0] == 0 && c[1] == 0;
        first += c[0] == 0 && c[1] == 0 && c[2] == 3;
    }
    const double share = (double)first / of;
    if (!(fabs(share - 0.5) < 0.06))
        fail_msg("first centre (0, 0): (3, 4) and (0, 5) are both 5 away, so "
                 "(3, 4) should be second in 0.5 of the cases, but is in %.3f",
                 share);
}

// A draw of exactly 0 comes once in 16 million times; this state has it next.
static void even_if_the_draw_is_0(void **state)
{
    (void)state;
    const float x[] = {0, 7};
    for (uint64_t s = 1; s <= 20; s++) {
        const uint64_t b = s * UINT64_C(0x9e3779b97f4a7c15);
        Rng rng = {{s, b, s ^ b, 3}};
        float c[2];
        kmeans_start(x, 2, 1, 2, &rng, c);
        if (c[0] == c[1])
            fail_msg("of the points 0 and 7 both should be drawn, even where "
                     "rng_uniform gives 0, but %g was drawn twice",
                     (double)c[0]);
    }
}

static void nothing_but_equal_points(void **state)
{
    (void)state;
    const float x[] = {2, 2, 2};
    Rng rng = rng_new(6);
    float c[3];
    kmeans_start(x, 3, 1, 3, &rng, c);
    if (!(c[0] == 2 && c[1] == 2 && c[2] == 2))
        fail_msg("of the points 2, 2 and 2 all three centres should be 2, but "
                 "they are %g, %g and %g",
                 (double)c[0], (double)c[1], (double)c[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_proportion_to_the_square),
        cmocka_unit_test(never_twice),
        cmocka_unit_test(the_nearest_centre_counts),
        cmocka_unit_test(in_the_plane),
        cmocka_unit_test(the_length_of_a_vector),
        cmocka_unit_test(even_if_the_draw_is_0),
        cmocka_unit_test(nothing_but_equal_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
