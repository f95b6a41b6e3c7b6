// The picture of the task, and then each pair of many small bands.
#include "4_strips.h"

#include "16-long-text/band.h"
#include "common/testing.h"

#include <limits.h>

static void expect(const char *what, Keys got, int from, int end)
{
    if (got.from != from || got.end != end)
        fail_msg("%s: expected keys %d .. %d, got %d .. %d", what, from,
                 end - 1, got.from, got.end - 1);
}

static void the_picture(void **state)
{
    (void)state;
    const Keys near = near_keys(12, 3, 1, 4, 3);
    expect("near queries 4 to 6 of 12, window 3", near, 2, 9);
    expect("of these, what query 4 sees", keys_of(3, near, 4), 2, 7);
    expect("of these, what query 5 sees", keys_of(3, near, 5), 3, 8);
    expect("of these, what query 6 sees", keys_of(3, near, 6), 4, 9);
}

static void at_the_borders(void **state)
{
    (void)state;
    expect("near queries 1 to 3 of 12, window 3, 1 global",
           near_keys(12, 3, 1, 1, 3), 1, 6);
    expect("near queries 10 and 11 of 12, window 3", near_keys(12, 3, 1, 10, 2),
           8, 12);
    expect("near queries 4 and 5, window 3, 4 global",
           near_keys(12, 3, 4, 4, 2), 4, 8);
    expect("a window of 1: near queries 4 and 5", near_keys(12, 1, 0, 4, 2), 4,
           6);
}

static void no_limit(void **state)
{
    (void)state;
    const Keys near = near_keys(12, INT_MAX, 2, 5, 4);
    expect("near queries 5 to 8 of 12, the largest window, 2 global", near, 2,
           12);
    expect("of these, what query 7 sees", keys_of(INT_MAX, near, 7), 2, 12);
}

// Every key that is seen because of the window is in the strip, the strip is no
// longer than it must be, and keys_of tells them apart.
static void each_pair(void **state)
{
    (void)state;
    for (int T = 1; T <= 14; T++)
        for (int window = 1; window <= T + 1; window++)
            for (int global = 0; global < T && global < 4; global++)
                for (int first = global; first < T; first++)
                    for (int n = 1; first + n <= T; n++) {
                        const Band band = {.window = window};
                        const Keys near =
                            near_keys(T, window, global, first, n);
                        int from = T, end = 0;
                        for (int i = first; i < first + n; i++) {
                            const Keys own = keys_of(window, near, i);
                            for (int j = global; j < T; j++) {
                                const bool sees = band_sees(&band, T, i, j);
                                if (sees != (j >= own.from && j < own.end))
                                    fail_msg("T %d, window %d, global %d: "
                                             "query %d %s key %d",
                                             T, window, global, i,
                                             sees ? "sees" : "does not see", j);
                                from = sees && j < from ? j : from;
                                end = sees && j >= end ? j + 1 : end;
                            }
                        }
                        if (near.from != from || near.end != end)
                            fail_msg("T %d, window %d, global %d, queries %d "
                                     "to %d: expected keys %d .. %d, got %d "
                                     ".. %d",
                                     T, window, global, first, first + n - 1,
                                     from, end - 1, near.from, near.end - 1);
                    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_picture),
        cmocka_unit_test(at_the_borders),
        cmocka_unit_test(no_limit),
        cmocka_unit_test(each_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
