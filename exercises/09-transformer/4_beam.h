// Beam search over any model.
#ifndef EXERCISE_09_4_BEAM_H
#define EXERCISE_09_4_BEAM_H

enum { BEAM_LONGEST = 16 }; // tokens, without end

// Writes the logarithm of the probability of each token after the n that are
// given; -INFINITY is one that cannot follow.
typedef void Next(void *context, const int *id, int n, double *log_p);

// A whole sentence, without end; n is -1 if none was found.
typedef struct Whole {
    int id[BEAM_LONGEST], n;
    double score;
} Whole;

// tokens: how many there are, 0 .. tokens - 1; end is one of them. beam >= 1,
// 1 <= most <= BEAM_LONGEST.
Whole beam_search(Next *next, void *context, int tokens, int end, int beam,
                  double alpha, int most);

#endif
