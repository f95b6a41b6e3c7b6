// For 1_bm25.c.
#ifndef EXERCISE_BM25_H
#define EXERCISE_BM25_H

// What a term is worth that `with` of n texts have.
double term_idf(int n, int with);

// What a term adds to the score of a text that has it `count` times and is
// `length` terms long; the texts have `mean_length` on average.
double term_score(double idf, int count, int length, double mean_length,
                  double k1, double b);

#endif
