// The linear support vector machine by Pegasos (Shalev-Shwartz, Singer, Srebro
// and Cotter 2011).
#ifndef CHAPTER_02_SVM_H
#define CHAPTER_02_SVM_H

#include "02-machine-learning/examples.h"
#include "02-machine-learning/linear.h"

// One plane for each class against all others (for two classes only one, whose
// positive side is label 1), each making
//
//   lambda/2 (|w|^2 + b^2) + mean over rows of max(0, 1 - y (x . w + b)),
//
// with y = 1 for the class and -1 for others, small, by epochs * n steps on one
// example each; the result is the mean over the second half of the steps. The
// classes are shared out to all threads; each has its own generator.
Planes svm_fit(const Examples *e, double lambda, int epochs, uint64_t seed);

// That value for plane j of p, which stands for the label `positive`.
double svm_objective(const Examples *e, const Planes *p, int j, int positive,
                     double lambda);

#endif
