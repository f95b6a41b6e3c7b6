// For 3_padding.c.
#ifndef PADDING_H
#define PADDING_H

// The mean of the hidden states of each text. hidden: texts * longest rows of
// `width` numbers; text i has its rows at i * longest and length[i] of them,
// the rest is padding. Writes texts x width numbers; zeros for a text of
// length 0.
void mean_of_texts(const float *hidden, const int *length, int texts,
                   int longest, int width, float *to);

#endif
