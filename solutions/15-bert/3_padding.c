// Find the bug: the vector that depends on the neighbours (15 minutes)
//
// A search engine kept one vector for each of its answers, the mean of BERT's
// hidden states. It worked well with one text at a time. Then somebody encoded
// the answers in batches of 64, to be faster, filled up to the longest with
// [PAD] as everybody does, and the search got worse: short answers were hardly
// ever found again. In the attention [PAD] was masked; that was checked twice.
//
// This program of ours has no padding and cannot have this bug, but most have.
// The contract is in 3_padding.h. Change as little as you can.
#include "3_padding.h"

void mean_of_texts(const float *hidden, const int *length, int texts,
                   int longest, int width, float *to)
{
    for (int i = 0; i < texts; i++) {
        const float *text = hidden + (long)i * longest * width;
        float *mean = to + (long)i * width;
        for (int j = 0; j < width; j++)
            mean[j] = 0;
        // SOLUTION
        for (int r = 0; r < length[i]; r++)
            for (int j = 0; j < width; j++)
                mean[j] += text[r * width + j] / (float)length[i];
        // END
    }
}
