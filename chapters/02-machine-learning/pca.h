// Principal components: the few directions along which rows differ most.
#ifndef CHAPTER_02_PCA_H
#define CHAPTER_02_PCA_H

// The eigenvalues of the symmetric A (n x n), largest first, into value (n),
// and the eigenvectors as the rows of vector (n x n), by Jacobi's rotations
// (1846). A is used up. For n up to a few hundred.
void jacobi(double *A, int n, double *value, double *vector);

// The largest eigenvalue, in size, of the symmetric A (n x n), by power
// iteration; v (n) is the start, which must not be zero, and becomes the
// eigenvector, of length 1.
double power_iteration(const double *A, int n, double *v, int rounds);

typedef struct Pca {
    int d, k;
    float *mean;     // d
    float *axis;     // k x d: directions of length 1, at right angles
    float *variance; // k: along each, largest first
    double total;    // the variance of all d features together
} Pca;

// The k directions of largest variance of the rows of x (n x d), n >= 2: by
// Jacobi's method if d is small, by block power iteration if not. The largest
// entry of each direction, in size, is positive.
Pca pca_fit(const float *x, int n, int d, int k);
void pca_free(Pca *p);

// The coordinates of n rows along the directions: out is n x k.
void pca_apply(const Pca *p, const float *x, int n, float *out);

// Back from k coordinates to d features: what of them the k directions keep.
void pca_undo(const Pca *p, const float *in, int n, float *x);

#endif
