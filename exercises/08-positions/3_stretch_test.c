// The test of exercise 3: how far each pair turns.
#include "08-positions/positions.h"
#include "common/testing.h"

enum { LENGTH = 40 };

// The angle that pair i of a head turns from position 0 to p, in 0 .. 2 pi.
static double angle(const Positions *p, int place, int i)
{
    const int at = place * (p->table.width / 2) + i;
    double a = atan2((double)p->table.sin[at], (double)p->table.cos[at]);
    return a < 0 ? a + 2 * acos(-1) : a;
}

static void check_pair(int width, float stretch, int i, double speed)
{
    Arena a = arena_new(1 << 20);
    Positions p = positions_new(ROTARY, NULL, &a, LENGTH, width, 1);
    p = positions_stretched(p, &a, stretch);
    for (int place = 0; place * speed < 6 && place < LENGTH; place++) {
        double got = angle(&p, place, i), want = place * speed;
        if (!(fabs(got - want) < 1e-4))
            fail_msg("width %d, stretched by %g: at position %d pair %d should "
                     "have turned by %.5f, yours by %.5f",
                     width, (double)stretch, place, i, want, got);
    }
    arena_free(&a);
}

static double plain(int width, int i)
{
    return pow(10000, -2.0 * i / width);
}

static void the_slowest_pair_is_stretched(void **state)
{
    (void)state;
    check_pair(4, 0.5f, 1, plain(4, 1) / 2);
    check_pair(10, 0.125f, 4, plain(10, 4) / 8);
    check_pair(16, 0.25f, 7, plain(16, 7) / 4);
    check_pair(4, 0.015625f, 1, plain(4, 1) / 64);
}

static void the_fastest_pair_is_not(void **state)
{
    (void)state;
    check_pair(4, 0.5f, 0, 1);
    check_pair(10, 0.125f, 0, 1);
    check_pair(16, 0.25f, 0, 1);
}

static void those_between_are_stretched_a_little(void **state)
{
    (void)state;
    check_pair(6, 0.25f, 1, plain(6, 1) / 2); // half way: the root of 1/4
    check_pair(10, 0.0625f, 1, plain(10, 1) / 2);
    check_pair(10, 0.0625f, 3, plain(10, 3) / 8);
}

static void stretched_by_one_is_plain(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        check_pair(10, 1, i, plain(10, i));
}

static void a_single_pair_stays_as_it_is(void **state)
{
    (void)state;
    check_pair(2, 0.5f, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_slowest_pair_is_stretched),
        cmocka_unit_test(the_fastest_pair_is_not),
        cmocka_unit_test(those_between_are_stretched_a_little),
        cmocka_unit_test(stretched_by_one_is_plain),
        cmocka_unit_test(a_single_pair_stays_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
