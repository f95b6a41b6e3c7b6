// Move the scale (30 minutes)
//
// One column of the activations is thirty times as large as the others. Rounded
// to 8 bits, the others get only a few of the 255 codes. But what x is divided
// by, the weights can be multiplied by, column by column, and the product stays
// what it was. For column j take
//
//   s_j = sqrt(max|x_j| / max|w_j|),    x_j / s_j,    w_j * s_j
//
// with the greatest magnitudes over all rows (equation 14.12 of the chapter
// with alpha = 1/2). Then both columns have the same greatest magnitude: they
// share the trouble. A column that is 0 in x or in w stays as it is.
#include "3_move_the_scale.h"

#include <math.h>
#include <stddef.h>

void move_scale(float *x, int n, float *w, int rows, int cols)
{
    // SOLUTION
    for (int j = 0; j < cols; j++) {
        float most_x = 0, most_w = 0;
        for (int i = 0; i < n; i++)
            most_x = fmaxf(most_x, fabsf(x[(size_t)i * cols + j]));
        for (int i = 0; i < rows; i++)
            most_w = fmaxf(most_w, fabsf(w[(size_t)i * cols + j]));
        if (most_x == 0 || most_w == 0)
            continue;
        const float s = sqrtf(most_x / most_w);
        for (int i = 0; i < n; i++)
            x[(size_t)i * cols + j] /= s;
        for (int i = 0; i < rows; i++)
            w[(size_t)i * cols + j] *= s;
    }
    // END
}
