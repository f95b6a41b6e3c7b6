// Everything compiles, nothing learns: find the bugs (20 minutes)
//
// These few lines decide which words skip-gram sees and which it draws. They
// compile without a warning, and the training runs. But frequent words crowd
// out the rest, and rare ones are drawn as often as "the".
//
// There are three mistakes. Two of them are old friends of everybody who
// computes in C; the third stands in many a rewritten word2vec: the paper gives
// the probability with which a word is thrown AWAY.
//
// The header says what is wanted. Change as little as you can.
#include "3_find_the_bug.h"

#include <math.h>

// TODO: everything is here, but it is not right.
double kept(int64_t count, int64_t total, double t)
{
    const double frequency = (double)(count / total);
    if (frequency <= t)
        return 1;
    return 1 - sqrt(t / frequency);
}

double drawn(int64_t count)
{
    return pow((double)count, 3 / 4);
}
// END

double share(const int64_t *count, int n, int i)
{
    double sum = 0;
    for (int k = 0; k < n; k++)
        sum += drawn(count[k]);
    return drawn(count[i]) / sum;
}
