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
    // TODO (1): the probabilities, p[0] to p[n - 1].
    for (int i = 0; i < n; i++)
        p[i] = x[i];
    // END

    double loss = 0;
    // TODO (2): the loss. Do not take the logarithm of p[target]: it may have
    // become 0, and then the loss would be infinite. Write log(e^a / s) as a
    // difference instead.
    (void)target;
    // END

    // TODO (3): the gradient of the loss with respect to each logit.
    for (int i = 0; i < n; i++)
        dx[i] = 0;
    // END
    return loss;
}
