// What the decoder is given and what it shall answer, row by row.
#include "09-transformer/batches.h"

#include "common/testing.h"

#include <stdio.h>

enum { BEGIN = 100, END = 101 };

static void expect(const char *what, int row, int got, int want)
{
    if (got != want)
        fail_msg("row %d of the %s should be %d, it is %d (<s> is %d, </s> is "
                 "%d)",
                 row, what, want, got, BEGIN, END);
}

static void one_pair(void **state)
{
    (void)state;
    Pairs p = {0};
    Arena a = arena_new(1 << 20);
    pairs_add(&p, (int[]){1, 2}, 2, (int[]){7, 8, 9}, 3);
    Batch b = batch_of(&a, &p, (int[]){0}, 1, BEGIN, END);
    const int source[] = {1, 2, END}, input[] = {BEGIN, 7, 8, 9};
    const int output[] = {7, 8, 9, END};
    expect("batch (how many rows the input has)", 0, b.input.n, 4);
    for (int i = 0; i < 3; i++)
        expect("source", i, b.source.id[i], source[i]);
    for (int i = 0; i < 4; i++)
        expect("input", i, b.input.id[i], input[i]);
    for (int i = 0; i < 4; i++)
        expect("output", i, b.output[i], output[i]);
    arena_free(&a);
    pairs_free(&p);
}

static void several_pairs(void **state)
{
    (void)state;
    Pairs p = {0};
    Arena a = arena_new(1 << 20);
    pairs_add(&p, (int[]){1, 2}, 2, (int[]){7, 8}, 2);
    pairs_add(&p, (int[]){3}, 1, NULL, 0);
    pairs_add(&p, (int[]){4}, 1, (int[]){9}, 1);
    Batch b = batch_of(&a, &p, (int[]){2, 1, 0}, 3, BEGIN, END);
    const int input[] = {BEGIN, 9, BEGIN, BEGIN, 7, 8};
    const int output[] = {9, END, END, 7, 8, END};
    const int start[] = {0, 2, 3, 6};
    for (int i = 0; i < 6; i++) {
        expect("input", i, b.input.id[i], input[i]);
        expect("output", i, b.output[i], output[i]);
    }
    for (int i = 0; i < 4; i++)
        expect("beginnings of sentences", i, b.input.seq.start[i], start[i]);
    arena_free(&a);
    pairs_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_pair),
        cmocka_unit_test(several_pairs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
