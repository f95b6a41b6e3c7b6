// The arena: places, alignment, reuse, the full arena, and check and die.
#include "common/testing.h"

#include "common/arena.h"
#include "common/check.h"

#include <unistd.h>

static void hands_out_places_that_do_not_overlap(void **state)
{
    (void)state;
    Arena a = arena_new(1 << 20);
    char *p = arena_take(&a, 3, 7), *q = arena_zero(&a, 5, 4);
    assert_int_equal((uintptr_t)p % 64, 0);
    assert_int_equal((uintptr_t)q % 64, 0);
    assert_true(q >= p + 21);
    memset(p, 1, 21);
    for (int i = 0; i < 20; i++)
        assert_int_equal(q[i], 0);
    assert_string_equal(arena_text(&a, "llama"), "llama");
    arena_free(&a);
}

static void a_reset_keeps_the_memory(void **state)
{
    (void)state;
    Arena a = arena_new(1 << 20);
    char *p = arena_take(&a, 1000, 1);
    size_t mark = a.used;
    char *q = arena_take(&a, 10, 1);
    arena_rewind(&a, mark);
    assert_ptr_equal(arena_take(&a, 10, 1), q);
    arena_reset(&a);
    assert_int_equal(a.used, 0);
    assert_ptr_equal(arena_take(&a, 1, 1), p);
    assert_int_equal(a.peak, mark + 64);
    arena_free(&a);
}

static void takes_too_much(void *size)
{
    Arena a = arena_new(1000);
    arena_take(&a, *(size_t *)size, 8);
}

static void a_full_arena_says_so(void **state)
{
    (void)state;
    size_t sizes[] = {126 + 3, SIZE_MAX / 8, SIZE_MAX};
    for (int i = 0; i < 3; i++)
        assert_dies(takes_too_much, &sizes[i], 1, "is full");
    Arena a = arena_new(1000); // 1024: a whole number of lines
    arena_take(&a, 128, 8);
    assert_int_equal(a.used, a.capacity);
    arena_free(&a);
}

static void reads_what_was_forgotten(void *unused)
{
    (void)unused;
    Arena a = arena_new(1000);
    volatile char *p = arena_zero(&a, 8, 1);
    arena_reset(&a);
    _exit(p[3]);
}

static void a_stale_pointer_is_caught(void **state)
{
    (void)state;
    char message[4096];
    int status = testing_outcome(reads_what_was_forgotten, NULL, message,
                                 sizeof message);
    assert_int_not_equal(status, 0);
    assert_non_null(strstr(message, "use-after-poison"));
}

static void breaks_a_rule(void *unused)
{
    (void)unused;
    int apples = 3;
    check(apples < 3, "%d apples", apples);
}

static void a_broken_rule_names_the_place(void **state)
{
    (void)state;
    assert_dies(breaks_a_rule, NULL, 128 + 6,
                "arena_test.c:81: 3 apples (apples < 3 does not hold)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_places_that_do_not_overlap),
        cmocka_unit_test(a_reset_keeps_the_memory),
        cmocka_unit_test(a_full_arena_says_so),
        cmocka_unit_test(a_stale_pointer_is_caught),
        cmocka_unit_test(a_broken_rule_names_the_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
