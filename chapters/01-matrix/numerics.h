// Float arithmetic that goes wrong, and the same done right: sums, softmax,
// variance. A float has 24 binary digits; every operation rounds to them. Each
// "wrong" function here is the formula as one finds it in a textbook.
#ifndef CHAPTER_01_NUMERICS_H
#define CHAPTER_01_NUMERICS_H

// The sum of n numbers; 0 if n is 0.
float sum_in_order(const float *x, int n);

// With 16 partial sums that are added at the end: what SIMD does.
float sum_sixteen(const float *x, int n);

// The two halves first, each summed the same way.
float sum_pairwise(const float *x, int n);

// With a second float that carries what rounding took away (Kahan 1965).
float sum_kahan(const float *x, int n);

// In double, as a yardstick.
double sum_double(const float *x, int n);

// y[i] = e^x[i] / (the sum of all e^x[j]); x and y may be the same. The plain
// form gives infinity / infinity = NaN from x = 89 on; the stable form
// subtracts the maximum first. (A row of -INFINITY alone has no softmax: NaN.)
void softmax_plain(const float *x, float *y, int n);
void softmax_stable(const float *x, float *y, int n);

// log(sum of e^x[i]), which is what a language model's loss needs. Empty, or
// all -INFINITY: -INFINITY.
float log_sum_exp(const float *x, int n);

// The mean of (x[i] - mean)^2, n >= 1. The textbook form takes one pass and
// subtracts two large numbers; two passes subtract the mean from each number
// first; Welford (1962) needs one pass and no large numbers.
float variance_textbook(const float *x, int n);
float variance_two_pass(const float *x, int n);
float variance_welford(const float *x, int n);

#endif
