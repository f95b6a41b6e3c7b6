// Blocks of numbers, merged or copied; see regroup.h.
#include "12-attention-variants/regroup.h"

#include "common/check.h"

#include <string.h>

void regroup(const float *from, int n, float *to, int m, int size, Merge how)
{
    check(n >= 1 && m >= 1 && (n % m == 0 || m % n == 0),
          "%d groups cannot become %d", n, m);
    if (m >= n) {
        for (int i = 0; i < m; i++)
            memcpy(to + (size_t)i * size, from + (size_t)(i / (m / n)) * size,
                   sizeof *to * size);
        return;
    }
    const int share = n / m; // so many become one
    const int used = how == MEAN_OF_ALL ? share : 1;
    for (int i = 0; i < m; i++)
        for (int j = 0; j < size; j++) {
            float sum = 0;
            for (int k = 0; k < used; k++)
                sum += from[((size_t)i * share + k) * size + j];
            to[(size_t)i * size + j] = sum / (float)used;
        }
}
