// Where chunks begin and end (15 minutes)
//
// A document of n pieces is cut for an encoder that reads `size` at once. With
// stride == size chunks stand side by side; with a smaller stride they overlap,
// so that what one border cuts in two stands whole in the next chunk:
//
//     n = 10, size = 4, stride = 4:   0-4  4-8  8-10
//     n = 10, size = 4, stride = 2:   0-4  2-6  4-8  6-10
//     n =  9, size = 4, stride = 2:   0-4  2-6  4-8  6-9
//
// Two mistakes are easily made. One throws the last chunk away because it is
// not full: the end of the document is never read, and of a short document
// nothing. The other goes on after the end was reached (a further chunk 8-10 in
// the second line): those pieces count twice, and a vote of the chunks is no
// longer fair.
//
// The contract is in 1_borders.h.
#include "1_borders.h"

int chunk_borders(int n, int size, int stride, int *from, int *end)
{
    // SOLUTION
    for (int k = 0; n > 0; k++) {
        from[k] = k * stride;
        end[k] = from[k] + size < n ? from[k] + size : n;
        if (end[k] == n)
            return k + 1;
    }
    return 0;
    // END
}
