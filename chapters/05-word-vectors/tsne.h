// t-SNE: a map of points in which near ones stay near (van der Maaten and
// Hinton 2008). Exact, n^2: for some hundreds of points.
#ifndef WORD_VECTORS_TSNE_H
#define WORD_VECTORS_TSNE_H

#include "05-word-vectors/vectors.h"

// Places the n rows of v in the plane: at is n x 2 and holds the start, for
// example the first two principal components. Each point has about
// `perplexity` < n neighbours.
void tsne(const Vectors *v, double perplexity, int steps, float *at);

// The probabilities p(j | i) for one row: row i of squared distances (n
// numbers) gives n probabilities whose entropy is log(perplexity); p[i] is 0.
void tsne_neighbours(const double *squared, int n, int i, double perplexity,
                     double *p);

#endif
