// Pack rows into bytes (25 minutes)
//
// Q8_0 writes 32 numbers in 34 bytes: a scale in F16, little end first, and 32
// signed bytes q. The scale is the greatest magnitude of the 32 over 127, and q
// is the number over the scale, rounded to the nearest (equations 14.2 and 14.3
// of the chapter), halves away from 0 as roundf does. Write it.
//
// Two things to mind. Take the numbers over the scale as it is in float, before
// it becomes F16: that is how the files of the world were made, and the test
// compares bytes. And 32 zeros must not be divided by 0: their scale is 0, and
// so is each q.
//
// roundf gives the nearest whole number, float_to_half in common/safetensors.h
// the F16.
#include "1_pack_bytes.h"

#include "common/safetensors.h"

#include <math.h>
#include <string.h>

void pack_bytes(const float *x, size_t n, uint8_t *blocks)
{
    // SOLUTION
    for (size_t i = 0; i < n; i += 32, blocks += 34) {
        float most = 0;
        for (int j = 0; j < 32; j++)
            most = fmaxf(most, fabsf(x[i + j]));
        const float scale = most / 127;
        const uint16_t half = float_to_half(scale);
        memcpy(blocks, &half, sizeof half);
        for (int j = 0; j < 32; j++) {
            const float q = scale > 0 ? roundf(x[i + j] / scale) : 0;
            blocks[2 + j] = (uint8_t)(int8_t)q;
        }
    }
    // END
}
