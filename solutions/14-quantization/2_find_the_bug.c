// Find the bug: a model that speaks in tongues (20 minutes)
//
// Somebody wrote a reader for Q4_0: 32 numbers in 18 bytes, a scale in F16 and
// 16 bytes with two numbers each, u = 0 to 15, which stand for scale * (u - 8).
// Its author packed a matrix in the same way and read it again: all was well.
// With the files of other people it writes fluent nonsense: words, even
// sentences, about nothing at all. The scales are right, and the numbers of
// each block have the right mean and the right size.
//
// Find out what is wrong, and mend it in the gap.
//
// (A true story, of more than one program. The chapter says where to read why
// the form is as it is.)
#include "2_find_the_bug.h"

#include "common/safetensors.h"

#include <string.h>

void unpack_nibbles(const uint8_t *blocks, size_t n, float *x)
{
    for (size_t i = 0; i < n; i += 32, blocks += 18) {
        uint16_t half;
        memcpy(&half, blocks, sizeof half);
        const float scale = half_to_float(half);
        for (int j = 0; j < 16; j++) {
            const int low = (blocks[2 + j] & 15) - 8;
            const int high = (blocks[2 + j] >> 4) - 8;
            // SOLUTION
            x[i + j] = scale * (float)low;
            x[i + j + 16] = scale * (float)high;
            // END
        }
    }
}
