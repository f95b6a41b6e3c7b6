// The examples, and for many sizes: is every piece read, and no chunk too many?
#include "1_borders.h"

#include "common/testing.h"

enum { ROOM = 64 };

static void expect(int n, int size, int stride, const int *want, int chunks)
{
    int from[ROOM], end[ROOM];
    for (int k = 0; k < ROOM; k++)
        from[k] = end[k] = -7;
    const int got = chunk_borders(n, size, stride, from, end);
    if (got != chunks)
        fail_msg("%d pieces, size %d, stride %d: expected %d chunks, got %d", n,
                 size, stride, chunks, got);
    for (int k = 0; k < chunks; k++)
        if (from[k] != want[2 * k] || end[k] != want[2 * k + 1])
            fail_msg("%d pieces, size %d, stride %d: chunk %d should be "
                     "%d-%d, is %d-%d",
                     n, size, stride, k, want[2 * k], want[2 * k + 1], from[k],
                     end[k]);
    for (int k = chunks; k < ROOM; k++)
        if (from[k] != -7 || end[k] != -7)
            fail_msg("%d pieces, size %d, stride %d: there are %d chunks, and "
                     "room for no more, but number %d was written",
                     n, size, stride, chunks, k);
}

static void side_by_side(void **state)
{
    (void)state;
    expect(10, 4, 4, (int[]){0, 4, 4, 8, 8, 10}, 3);
    expect(8, 4, 4, (int[]){0, 4, 4, 8}, 2);
    expect(9, 4, 4, (int[]){0, 4, 4, 8, 8, 9}, 3);
}

static void overlapping(void **state)
{
    (void)state;
    expect(10, 4, 2, (int[]){0, 4, 2, 6, 4, 8, 6, 10}, 4);
    expect(9, 4, 2, (int[]){0, 4, 2, 6, 4, 8, 6, 9}, 4);
    expect(5, 4, 1, (int[]){0, 4, 1, 5}, 2);
    expect(11, 4, 3, (int[]){0, 4, 3, 7, 6, 10, 9, 11}, 4);
}

static void short_documents(void **state)
{
    (void)state;
    expect(3, 4, 2, (int[]){0, 3}, 1);
    expect(4, 4, 2, (int[]){0, 4}, 1);
    expect(1, 4, 4, (int[]){0, 1}, 1);
    expect(1, 1, 1, (int[]){0, 1}, 1);
    expect(0, 4, 2, NULL, 0);
}

static void everything_is_read(void **state)
{
    (void)state;
    for (int size = 1; size <= 7; size++)
        for (int stride = 1; stride <= size; stride++)
            for (int n = 1; n <= 40; n++) {
                int from[ROOM], end[ROOM], read = 0;
                const int chunks = chunk_borders(n, size, stride, from, end);
                if (chunks < 1 || chunks > n)
                    fail_msg("%d pieces, size %d, stride %d: %d chunks", n,
                             size, stride, chunks);
                for (int k = 0; k < chunks; k++) {
                    if (from[k] != k * stride || end[k] - from[k] > size ||
                        from[k] > read || end[k] <= read)
                        fail_msg("%d pieces, size %d, stride %d: chunk %d is "
                                 "%d-%d, and %d were read before",
                                 n, size, stride, k, from[k], end[k], read);
                    read = end[k];
                }
                if (read != n)
                    fail_msg("%d pieces, size %d, stride %d: read up to %d", n,
                             size, stride, read);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(side_by_side),
        cmocka_unit_test(overlapping),
        cmocka_unit_test(short_documents),
        cmocka_unit_test(everything_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
