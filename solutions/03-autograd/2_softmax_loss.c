// Softmax and cross-entropy by hand (30 minutes)
//
// A classifier ends in n numbers, one for each class: its logits. Softmax makes
// probabilities of them, and the loss says how surprised we are by the right
// class:
//
//     p[i] = e^x[i] / (e^x[0] + ... + e^x[n - 1])        loss = -log p[target]
//
// The way back is famous for how simple it becomes. Before you look it up, take
// n = 2, x = (0, 0) and target 0, so p = (0.5, 0.5): does the loss grow or fall
// when x[0] grows a little? And when x[1] does? What should a gradient be when
// the model is right already, p = (1, 0)?
//
// There are three gaps. Fill one, run the test, and go on to the next. Mind the
// size of the numbers: e^100 does not fit into a float, e^1000 not even into a
// double, yet logits of 1000 are legal. (Subtract the same number from all
// logits, and the probabilities stay as they are.)
#include "2_softmax_loss.h"

#include <math.h>

double softmax_loss(const float *x, int n, int target, float *p, float *dx)
{
    // SOLUTION
    float max = x[0];
    for (int i = 1; i < n; i++)
        max = fmaxf(max, x[i]);
    double sum = 0;
    for (int i = 0; i < n; i++) {
        p[i] = expf(x[i] - max); // the largest is e^0 = 1: nothing overflows
        sum += p[i];
    }
    for (int i = 0; i < n; i++)
        p[i] = (float)(p[i] / sum);
    // END

    double loss = 0;
    // SOLUTION
    // -log(e^(x - max) / sum) = log(sum) - (x - max)
    loss = log(sum) - ((double)x[target] - max);
    // END

    // SOLUTION
    // d loss / d x[i] = p[i] - (1 for the right class, 0 for the others)
    for (int i = 0; i < n; i++)
        dx[i] = p[i] - (i == target ? 1 : 0);
    // END
    return loss;
}
