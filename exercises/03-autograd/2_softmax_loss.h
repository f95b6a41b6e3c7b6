// Softmax and cross-entropy of one row, forward and backward, on plain arrays.
#ifndef EXERCISE_03_2_H
#define EXERCISE_03_2_H

// From n logits (any real numbers, n >= 1) and the number of the right class,
// 0 .. n - 1: writes the n probabilities to p and the n gradients of the loss
// with respect to the logits to dx, and returns the loss, -log p[target].
// p, dx and x do not overlap.
double softmax_loss(const float *x, int n, int target, float *p, float *dx);

#endif
