// a is to b as c is to ...; see vectors.h.
#include "05-word-vectors/vectors.h"

#include "common/check.h"

#include <stdlib.h>

int vectors_analogy(const Vectors *unit, int a, int b, int c)
{
    const float *x = vectors_row(unit, a), *y = vectors_row(unit, b),
                *z = vectors_row(unit, c);
    float *to = new_array(unit->width, sizeof *to);
    for (int j = 0; j < unit->width; j++)
        to[j] = y[j] - x[j] + z[j];
    Near best;
    // b and c are nearly always the nearest of all: without this the answer
    // would be one of the question's own words.
    int found = vectors_near(unit, to, (const int[]){a, b, c}, 3, &best, 1);
    free(to);
    return found ? best.word : -1;
}
