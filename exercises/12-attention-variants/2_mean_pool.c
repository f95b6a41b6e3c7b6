// Many heads into few (20 minutes)
//
// A projection to keys has a block of rows for each head. To make a grouped
// model of a multi-head one, the blocks of the heads that are to share become
// one: their mean (Ainslie et al. 2023). Write `regroup` of the chapter, whose
// contract is in 12-attention-variants/regroup.h:
//
//     from   n blocks of `size` numbers, one behind the other
//     to     m blocks; if m divides n, each is made of n / m neighbours: their
//            mean, or (FIRST_OF_ALL) the first of them
//            if n divides m, each block of `from` is there m / n times
//
// By hand: from = (1 2) (3 6), n = 2, m = 1, size = 2. The mean is (2 4), the
// first one (1 2). The other way, n = 1 and m = 2: (1 2) becomes (1 2) (1 2).
//
// The stub below does what a well-meant conversion script did: it takes the
// first head, and the model still speaks, only worse. `make run-12 MINE=1`
// converts the chapter's model with yours.
#include "12-attention-variants/regroup.h"

#include "common/check.h"

#include <string.h>

void regroup(const float *from, int n, float *to, int m, int size, Merge how)
{
    check(n >= 1 && m >= 1 && (n % m == 0 || m % n == 0),
          "%d groups cannot become %d", n, m);
    // TODO: copy if there are to be more, or as many; take the first or the
    // mean if there are to be fewer.
    (void)how;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < size; j++)
            to[i * size + j] = from[(i < n ? i : 0) * size + j];
    // END
}
