// RMS norm (15 minutes)
//
// Llama's norm: each row is divided by its root mean square, and each column
// then multiplied by its gain (equation 13.1 of the chapter). No mean is
// subtracted, nothing is added. Write it; x and y may be the same rows.
//
// The contract is in chapters/13-llama2/steps.h. With `make run-13 MINE=1` the
// chapter's program runs on yours.
#include "13-llama2/steps.h"

#include <math.h>
#include <stddef.h>

void rms_norm_rows(const float *x, const float *gain, float eps, float *y,
                   int n, int d)
{
    // SOLUTION
    for (int i = 0; i < n; i++) {
        const float *from = x + (size_t)i * d;
        float *to = y + (size_t)i * d, sum = 0;
        for (int j = 0; j < d; j++)
            sum += from[j] * from[j];
        const float scale = 1 / sqrtf(sum / (float)d + eps);
        for (int j = 0; j < d; j++)
            to[j] = from[j] * scale * gain[j];
    }
    // END
}
