// Gibberish from the smallest model: find the bug (30 minutes)
//
// A program runs Llama models. It turns adjacent pairs of queries and keys, as
// the authors of Llama do. The files that most people have come from another
// library, which turns pairs (i, i + half) and therefore stores the rows of the
// query and key weights in another order. convert_layer below puts them back:
// in each head, rows 0, half, 1, half + 1, 2, half + 2 ...
//
// It was tried on the models with 7 and 13 billion weights: perfect. The one
// with 70 billion, in which 8 heads share their keys, first gave gibberish; a
// line was added, and all was well. Two months later came a model with 1.1
// billion weights, and wrote gibberish again. Nothing crashes, nothing is
// reported, every shape is right.
//
// Find out why the line helped the large model and not the small one, and mend
// it.
//
// (A true story: the converter of llama.cpp, July to September 2023. The
// chapter says where to read about it.)
#include "2_gibberish.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

// One weight of `heads` heads; each head has `width` rows of `cols` numbers.
static void interleave(float *w, int heads, int width, int cols)
{
    const size_t row = cols, head = row * width;
    float *old = new_array(head, sizeof *old);
    for (int h = 0; h < heads; h++) {
        float *at = w + h * head;
        memcpy(old, at, head * sizeof *old);
        for (int i = 0; i < width / 2; i++) {
            memcpy(at + 2 * i * row, old + i * row, row * sizeof *at);
            memcpy(at + (2 * i + 1) * row, old + (i + width / 2) * row,
                   row * sizeof *at);
        }
    }
    free(old);
}

void convert_layer(Layer *l)
{
    // TODO: mend what is wrong between here and END
    const int keys = l->groups * (l->width / l->heads); // rows of k
    int heads = l->heads;
    interleave(l->q, heads, l->width / heads, l->width);
    if (l->groups != l->heads)
        heads /= l->groups;
    interleave(l->k, heads, keys / heads, l->width);
    // END
}
