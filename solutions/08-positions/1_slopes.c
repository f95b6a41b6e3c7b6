// The slopes of ALiBi (15 minutes)
//
// ALiBi takes slope * distance off each score, and gives each head its own
// slope. For n heads, n a power of two, the slopes are
//
//     2^(-8/n), 2^(-16/n), 2^(-24/n), ... , 2^(-8)
//
// so 8 heads have 1/2, 1/4, ... 1/256. For other numbers of heads the paper
// (Press et al. 2022) computes them in two parts. Let m be the largest power of
// two below n. The first m heads get the slopes of m heads. The rest get the
// first, the third, the fifth ... of the slopes that 2 m heads would have.
// 3 heads have 1/16, 1/256 (those of 2 heads) and 1/4 (the first of those of
// 4).
//
// Fill slope[0 .. heads - 1]. The function is declared in
// 08-positions/positions.h; `make run-08 MINE=08-1` runs the chapter with
// yours.
#include "08-positions/positions.h"

#include "common/check.h"

#include <math.h>

void alibi_slopes(int heads, float *slope)
{
    check(heads >= 1, "slopes for %d heads", heads);
    // SOLUTION
    int m = 1;
    while (2 * m <= heads)
        m *= 2;
    for (int h = 0; h < m; h++)
        slope[h] = (float)exp2(-8.0 * (h + 1) / m);
    for (int h = m; h < heads; h++)
        slope[h] = (float)exp2(-8.0 * (2 * (h - m) + 1) / (2 * m));
    // END
}
