// The two numbers against what one counts on one's fingers.
#include "1_whose_keys.h"

#include "common/testing.h"

#include <stdio.h>

static void expect(const char *what, long long got, long long want)
{
    if (got != want)
        fail_msg("%s should be %lld, yours is %lld", what, want, got);
}

static void every_head_its_own(void **state)
{
    (void)state;
    for (int h = 0; h < 5; h++)
        expect("5 heads, 5 groups: the group of each head", group_of(h, 5, 5),
               h);
    expect("5 heads, 5 groups: the readers of a group", readers(5, 5), 1);
}

static void neighbours_share(void **state)
{
    (void)state;
    const int two[8] = {0, 0, 0, 0, 1, 1, 1, 1};
    const int four[8] = {0, 0, 1, 1, 2, 2, 3, 3};
    char what[80];
    for (int h = 0; h < 8; h++) {
        snprintf(what, sizeof what, "8 heads, 2 groups: the group of head %d",
                 h);
        expect(what, group_of(h, 8, 2), two[h]);
        snprintf(what, sizeof what, "8 heads, 4 groups: the group of head %d",
                 h);
        expect(what, group_of(h, 8, 4), four[h]);
        snprintf(what, sizeof what, "8 heads, 1 group: the group of head %d",
                 h);
        expect(what, group_of(h, 8, 1), 0);
    }
    expect("64 heads, 8 groups: the readers of a group", readers(64, 8), 8);
}

static void a_window_counts_oneself(void **state)
{
    (void)state;
    expect("no window: the first that position 9 sees", first_seen(9, 0), 0);
    expect("window 4: the first that position 9 sees", first_seen(9, 4), 6);
    expect("window 4: the first that position 4 sees", first_seen(4, 4), 1);
    expect("window 4: the first that position 3 sees", first_seen(3, 4), 0);
    expect("window 4: the first that position 0 sees", first_seen(0, 4), 0);
    expect("window 1: the first that position 7 sees", first_seen(7, 1), 7);
}

static void what_has_to_be_kept(void **state)
{
    (void)state;
    expect("2 layers, 3 groups of width 5, 7 tokens, 4 bytes: the bytes kept",
           (long long)kept_bytes(2, 3, 5, 0, 7, 4), 2 * 2 * 3 * 5 * 7 * 4);
    expect("... before the first token",
           (long long)kept_bytes(2, 3, 5, 0, 0, 4), 0);
    expect("... window 4: of 7 tokens the next one sees 3",
           (long long)kept_bytes(2, 3, 5, 4, 7, 4), 2 * 2 * 3 * 5 * 3 * 4);
    expect("... window 4: of 2 tokens it sees both",
           (long long)kept_bytes(2, 3, 5, 4, 2, 4), 2 * 2 * 3 * 5 * 2 * 4);
    expect("... window 1: it sees none of them",
           (long long)kept_bytes(2, 3, 5, 1, 7, 4), 0);
    expect("Llama 2 7B, 65536 tokens, 2 bytes: the bytes kept",
           (long long)kept_bytes(32, 32, 128, 0, 65536, 2), 34359738368LL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_head_its_own),
        cmocka_unit_test(neighbours_share),
        cmocka_unit_test(a_window_counts_oneself),
        cmocka_unit_test(what_has_to_be_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
