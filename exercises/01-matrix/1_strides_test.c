// The test of exercise 1: views of small matrices, then products of them.
#include "1_strides.h"
#include "common/testing.h"

#include <stdio.h>

// 3 x 4: element (i, j) is 10 i + j.
static const float grid[3 * 4] = {0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23};

static void expect(const char *what, View x, int i, int j, float want)
{
    float got = element(x, i, j);
    if (got != want)
        fail_msg("%s: element (%d, %d) should be %g, but is %g", what, i, j,
                 want, got);
}

static void a_whole_matrix(void **state)
{
    (void)state;
    View x = {grid, 4, 1};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            expect("the 3 x 4 matrix", x, i, j, (float)(10 * i + j));
}

static void a_block_of_a_wider_matrix(void **state)
{
    (void)state;
    View x = {grid + 2, 4, 1}; // columns 2 and 3
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 2; j++)
            expect("its columns 2 and 3", x, i, j, (float)(10 * i + 2 + j));
}

static void a_column_backwards(void **state)
{
    (void)state;
    View x = {grid + 8, -4, 1}; // begins in the last row and goes up
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++)
            expect("its rows from below", x, i, j, (float)(10 * (2 - i) + j));
}

// Neither stride is 1, and one of them goes back.
static void every_second_row_and_column(void **state)
{
    (void)state;
    View x = {grid, 8, 2}, y = {grid + 3, 8, -2};
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            expect("every second row and column", x, i, j,
                   (float)(20 * i + 2 * j));
            expect("the same, transposed", transposed(x), i, j,
                   (float)(20 * j + 2 * i));
            expect("every second row, columns 3 and 1", y, i, j,
                   (float)(20 * i + 3 - 2 * j));
            expect("the same, transposed", transposed(y), i, j,
                   (float)(20 * j + 3 - 2 * i));
        }
}

static void a_transposed_matrix(void **state)
{
    (void)state;
    View x = transposed((View){grid, 4, 1});
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 3; j++)
            expect("the transposed matrix", x, i, j, (float)(10 * j + i));
    x = transposed(x);
    expect("the matrix transposed twice", x, 1, 3, 13);
}

static void a_product_by_hand(void **state)
{
    (void)state;
    const float a[6] = {1, 2, 3, 4, 5, 6}, b[6] = {1, 0, 2, 1, 0, 3};
    const float want[4] = {5, 11, 14, 23};
    float c[4];
    product_views(2, 2, 3, (View){a, 3, 1}, (View){b, 2, 1}, c);
    assert_close(c, want, 4, 0);
}

static void a_product_with_its_own_transpose(void **state)
{
    (void)state;
    View x = {grid, 4, 1};
    const float want[9] = {14, 74, 134, 74, 534, 994, 134, 994, 1854};
    float c[9];
    product_views(3, 3, 4, x, transposed(x), c);
    assert_close(c, want, 9, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_matrix),
        cmocka_unit_test(a_block_of_a_wider_matrix),
        cmocka_unit_test(a_column_backwards),
        cmocka_unit_test(every_second_row_and_column),
        cmocka_unit_test(a_transposed_matrix),
        cmocka_unit_test(a_product_by_hand),
        cmocka_unit_test(a_product_with_its_own_transpose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
