// Rounding with feedback; see feedback.h.
#include "14-quantization/feedback.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>

// --- a little linear algebra, in doubles, n x n -----------------------------

// A symmetric positive a becomes L with a = L L^T; above its diagonal zeros.
static void cholesky(double *a, int n)
{
    for (int j = 0; j < n; j++) {
        double *row = a + (size_t)j * n;
        for (int i = 0; i < j; i++) {
            const double *other = a + (size_t)i * n;
            double sum = row[i];
            for (int k = 0; k < i; k++)
                sum -= row[k] * other[k];
            row[i] = sum / other[i];
        }
        for (int k = 0; k < j; k++)
            row[j] -= row[k] * row[k];
        check(row[j] > 0, "a matrix that is not positive");
        row[j] = sqrt(row[j]);
        for (int k = j + 1; k < n; k++)
            row[k] = 0;
    }
}

// to = the inverse of a = L L^T: column i solves L L^T x = e_i.
static void invert(const double *L, int n, double *to)
{
    double *x = new_array(n, sizeof *x);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            x[j] = j == i;
            for (int k = i; k < j; k++)
                x[j] -= L[(size_t)j * n + k] * x[k];
            x[j] /= L[(size_t)j * n + j];
        }
        for (int j = n - 1; j >= 0; j--) {
            for (int k = j + 1; k < n; k++)
                x[j] -= L[(size_t)k * n + j] * x[k];
            x[j] /= L[(size_t)j * n + j];
            to[(size_t)j * n + i] = x[j];
        }
    }
    free(x);
}

// How the numbers still to come make up for an error of number j: row j of U,
// from place j + 1 on, over its diagonal. gram^-1 = U^T U.
static float *answers(const float *gram, int n)
{
    double *a = new_array((size_t)n * n, sizeof *a), mean = 0;
    double *inverse = new_array((size_t)n * n, sizeof *inverse);
    float *answer = new_array((size_t)n * n, sizeof *answer);
    for (size_t i = 0; i < (size_t)n * n; i++)
        a[i] = (double)gram[i];
    for (int i = 0; i < n; i++)
        mean += a[(size_t)i * n + i] / n;
    for (int i = 0; i < n; i++) // a hundredth of the mean, as in the paper
        a[(size_t)i * n + i] += 0.01 * mean + 1e-9;
    cholesky(a, n);
    invert(a, n, inverse);
    cholesky(inverse, n); // now L; U is its transpose
    for (int j = 0; j < n; j++)
        for (int k = j + 1; k < n; k++)
            answer[(size_t)j * n + k] = (float)(inverse[(size_t)k * n + j] /
                                                inverse[(size_t)j * n + j]);
    free(a);
    free(inverse);
    return answer;
}

// --- rounding ---------------------------------------------------------------

typedef struct Feedback {
    Rounding r;
    float *w;
    int cols;
    const float *answer; // cols x cols
} Feedback;

static void some_rows(void *context, int from, int to)
{
    const Feedback *f = context;
    const int n = f->cols, group = f->r.group ? f->r.group : n;
    float *unused = new_array(n, sizeof *unused);
    for (int i = from; i < to; i++) {
        float *w = f->w + (size_t)i * n, scale = 0;
        for (int j = 0; j < n; j++) {
            if (j % group == 0)
                scale = round_group(f->r, w + j, n - j < group ? n - j : group,
                                    unused);
            const float rounded = round_number(f->r, w[j], scale);
            const float error = w[j] - rounded;
            w[j] = rounded;
            axpy(-error, f->answer + (size_t)j * n + j + 1, w + j + 1,
                 n - j - 1);
        }
    }
    free(unused);
}

void feedback_round(Rounding r, float *w, int rows, int cols, const float *gram)
{
    float *answer = answers(gram, cols);
    parallel_for(rows, 2.0 * cols * cols, some_rows,
                 &(Feedback){r, w, cols, answer});
    free(answer);
}

double llama_copy_feedback(LlamaCopy *c, Rounding r, const Inputs *in)
{
    double bits = 0, numbers = 0;
    for (int i = 0; i < c->n; i++) {
        const CopyMatrix *m = &c->matrix[i];
        const double size = (double)m->rows * m->cols;
        if (m->input < 0)
            round_rows(r, m->w, m->rows, m->cols, m->w);
        else
            feedback_round(r, m->w, m->rows, m->cols, in->gram[m->input]);
        bits += size * rounding_bits(r, m->cols);
        numbers += size;
    }
    return bits / numbers;
}
