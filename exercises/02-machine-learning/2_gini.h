// A question's gain, and the best question about one feature.
#ifndef EXERCISE_02_2_GINI_H
#define EXERCISE_02_2_GINI_H

// Gini's measure of n examples, count[c] of each of k classes: the probability
// that two draws, with replacement, are of different classes. 0 if n is 0.
double gini(const int *count, int k);

typedef struct Question {
    double gain;     // Gini before, minus the weighted mean after; 0: none
    float threshold; // value <= threshold goes left
} Question;

// The best question about a feature: its values in increasing order, the
// labels (0 .. k - 1, k <= 16) beside them, n >= 1. The threshold lies halfway
// between two different values. Of equally good ones the smallest.
Question best_question(const float *value, const int *label, int n, int k);

#endif
