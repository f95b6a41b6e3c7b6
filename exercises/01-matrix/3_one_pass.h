// The logarithm of a sum of exponentials, number by number.
#ifndef EXERCISE_01_3_ONE_PASS_H
#define EXERCISE_01_3_ONE_PASS_H

#include <math.h>

// What is known of the numbers seen so far: the largest of them, and the sum
// of e^(x - max) over them. No number yet: NOTHING_YET.
typedef struct Running {
    float max, sum;
} Running;

#define NOTHING_YET ((Running){-INFINITY, 0})

// r after one more number. x is a number or -INFINITY.
Running running_add(Running r, float x);

// What is known of the numbers of a and the numbers of b together.
Running running_merge(Running a, Running b);

#endif
