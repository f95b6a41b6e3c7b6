// a is to b as c is to ... (40 minutes)
//
// Adding and subtracting vectors lets one large similarity decide alone. Levy
// and Goldberg (2014) multiply instead. Of all words d, find the one with the
// largest
//
//     s(d, b) s(d, c) / (s(d, a) + 0.001)      s(x, y) = (cos(x, y) + 1) / 2
//
// where the cosines are moved into 0 .. 1, so that all factors are positive.
//
// Row 0 of the vectors belongs to no word and must not be found; nor must the
// words of the question: try it without that rule, and see what you get.
// Return -1 if no word is left.
//
// It has the name and the promise of the chapter's own function:
// `make run-05 MINE=1` answers questions with yours. Is it better?
#include "05-word-vectors/vectors.h"

#include "common/kernels.h"

int vectors_analogy(const Vectors *unit, int a, int b, int c)
{
    // SOLUTION
    int best = -1;
    float most = -1;
    for (int d = 1; d < unit->n; d++) {
        if (d == a || d == b || d == c)
            continue;
        const float *x = vectors_row(unit, d);
        const float by_a = (dot(x, vectors_row(unit, a), unit->width) + 1) / 2;
        const float by_b = (dot(x, vectors_row(unit, b), unit->width) + 1) / 2;
        const float by_c = (dot(x, vectors_row(unit, c), unit->width) + 1) / 2;
        const float score = by_b * by_c / (by_a + 0.001f);
        if (score > most) {
            most = score;
            best = d;
        }
    }
    return best;
    // END
}
