// Logistic regression and its form for more classes, softmax regression:
// linear scores that become probabilities.
#ifndef CHAPTER_02_LOGISTIC_H
#define CHAPTER_02_LOGISTIC_H

#include "02-machine-learning/examples.h"
#include "02-machine-learning/linear.h"

// Two classes: the w and b that make
//
//   sum over rows of -log p(its label)  +  lambda/2 |w|^2,
//   p(label 1) = 1 / (1 + e^-(x . w + b)),
//
// smallest, by Newton's method from zero (Cox 1958; lambda is 1/C elsewhere).
// If loss is not NULL, loss[s] becomes the value before step s. Some lambda > 0
// is needed if a plane separates the classes: else |w| grows without end.
Planes logistic_newton(const Examples *e, double lambda, int steps,
                       double *loss);

// Any number of classes, p = softmax(scores): one plane a class, by gradient
// descent with momentum (Nesterov 1983) on that sum divided by n.
Planes softmax_fit(const Examples *e, double lambda, int steps, double *loss);

#endif
