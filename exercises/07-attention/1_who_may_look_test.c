// The rule against pictures drawn by hand.
#include "07-attention/masks.h"

#include "common/testing.h"

// A picture has Tq rows of Tk characters; # may look.
static void expect(Mask m, int Tq, int Tk, const char *picture)
{
    for (int i = 0; i < Tq; i++)
        for (int j = 0; j < Tk; j++) {
            const bool want = picture[i * Tk + j] == '#';
            if (may_look(m, i, Tq, j, Tk) != want)
                fail_msg("%d queries, %d keys, causal %s, window %d: query %d "
                         "%s look at key %d, yours says the opposite",
                         Tq, Tk, m.causal ? "yes" : "no", m.window, i,
                         want ? "may" : "may not", j);
        }
}

static void without_a_mask_all_is_seen(void **state)
{
    (void)state;
    expect(FULL, 2, 3, "######");
}

static void causal_hides_the_future(void **state)
{
    (void)state;
    expect(CAUSAL, 4, 4, "#...##..###.####");
    expect(CAUSAL, 1, 1, "#");
}

static void the_last_query_stands_at_the_last_key(void **state)
{
    (void)state;
    expect(CAUSAL, 2, 5, "####.#####");
    expect(CAUSAL, 1, 5, "#####");
    expect(CAUSAL, 4, 2, "....#.##"); // the first two stand before all keys
}

static void a_window_reaches_to_both_sides(void **state)
{
    (void)state;
    expect((Mask){.window = 2}, 4, 4, "##..###..###..##");
    expect((Mask){.window = 1}, 3, 3, "#...#...#");
}

static void the_window_is_around_the_position_too(void **state)
{
    (void)state;
    expect((Mask){.window = 2}, 2, 5, "..###...##");
    // The first two queries stand before all keys; key 0 is near the second.
    expect((Mask){.window = 2}, 4, 2, "..#.####");
}

static void both_together(void **state)
{
    (void)state;
    expect((Mask){.causal = true, .window = 2}, 4, 4, "#...##...##...##");
    expect((Mask){.causal = true, .window = 3}, 2, 6, "..###....###");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_mask_all_is_seen),
        cmocka_unit_test(causal_hides_the_future),
        cmocka_unit_test(the_last_query_stands_at_the_last_key),
        cmocka_unit_test(a_window_reaches_to_both_sides),
        cmocka_unit_test(the_window_is_around_the_position_too),
        cmocka_unit_test(both_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
