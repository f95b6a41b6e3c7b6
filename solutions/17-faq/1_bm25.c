// One term of BM25 (15 minutes)
//
// The whole of BM25 is a sum over the terms of the question. For each of them a
// text gets
//
//                          count * (k1 + 1)
//     idf * --------------------------------------------------
//           count + k1 * (1 - b + b * length / mean_length)
//
// and nothing if it has not got the term. For the three texts of the chapter
// (3, 3 and 7 words, 4.333 on average), "tests" is in one of three:
//
//     idf = log(1 + (3 - 1 + 0.5) / (1 + 0.5)) = 0.981
//     1 * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3 / 4.333)) = 1.144
//     0.981 * 1.144 = 1.122
//
// Without the 1 inside the logarithm, a term that more than half of the texts
// have is worth less than nothing, and a text is better off without it: that is
// the formula of 1976, and programs that use it as it stands are still reported
// as broken. The contract is in 1_bm25.h.
#include "1_bm25.h"

#include <math.h>

double term_idf(int n, int with)
{
    // SOLUTION (1)
    return log(1 + (n - with + 0.5) / (with + 0.5));
    // END
}

double term_score(double idf, int count, int length, double mean_length,
                  double k1, double b)
{
    // SOLUTION (2): an empty collection has the mean 0; do not divide by it.
    if (count == 0)
        return 0;
    const double full = count + k1 * (1 - b + b * length / mean_length);
    return idf * count * (k1 + 1) / full;
    // END
}
