// Cutting windows out of a text; see gpt_train.h.
#include "10-gpt/gpt_train.h"

#include "common/check.h"

void gpt_windows(Rng *r, const int *text, int n, int windows, int length,
                 int *in, int *out)
{
    check(n > length, "windows of %d tokens and what follows: there are %d",
          length, n);
    for (int w = 0; w < windows; w++) {
        const int from = rng_below(r, n - length);
        for (int i = 0; i < length; i++) {
            in[w * length + i] = text[from + i];
            out[w * length + i] = text[from + i + 1];
        }
    }
}
