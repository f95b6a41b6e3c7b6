// Two measures, and what padding does to them (20 minutes)
//
// A program reports the perplexity of its model: e to the mean of the losses.
// It is given them as a table with a row for each text, padded to the longest.
// On padding the model is nearly always right, for padding is always followed
// by padding: with more of it in a batch the model "got better". Other
// programs take the mean of each text and then the mean of those, so that the
// token of a text of three words counts a hundred times as much as that of one
// of three hundred.
//
// Right is: every token of every text counts once, and nothing else counts.
//
// Bits a byte do not depend on the tokenizer: all the nats together, as bits
// (1 bit is ln 2 nats), over all the bytes of the texts. With no token at all
// perplexity is 1 and there are 0 bits a byte.
#include "3_padding.h"

#include <math.h>

double perplexity(const Measured *m)
{
    // TODO (1): e to the mean of the losses.
    double sum = 0;
    for (int i = 0; i < m->texts * m->width; i++)
        sum += (double)m->loss[i];
    return exp(sum / (m->texts * m->width));
    // END
}

double bits_a_byte(const Measured *m)
{
    // TODO (2)
    (void)m;
    return 0;
    // END
}
