// Making outliers and curing them; see outliers.h.
#include "14-quantization/outliers.h"

#include "common/check.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>

// Multiplies column j of every matrix that input i goes into.
static void scale_columns(LlamaCopy *c, int i, int j, float factor)
{
    for (int k = 0; k < c->n; k++) {
        const CopyMatrix *m = &c->matrix[k];
        if (m->input == i)
            for (int row = 0; row < m->rows; row++)
                m->w[(size_t)row * m->cols + j] *= factor;
    }
}

void outliers_plant(LlamaCopy *c, Rng *r, int channels, float factor)
{
    const int d = c->model.shape.width;
    check(channels >= 0 && channels <= d && factor > 0,
          "%d outliers of %d columns, factor %g", channels, d, (double)factor);
    int *column = new_array(d, sizeof *column);
    for (int j = 0; j < d; j++)
        column[j] = j;
    rng_shuffle(r, column, d);
    for (int i = 0; i < c->inputs; i++)
        for (int k = 0; k < channels && c->gain[i]; k++) {
            c->gain[i][column[k]] *= factor;
            scale_columns(c, i, column[k], 1 / factor);
        }
    free(column);
}

// --- mixed decomposition ----------------------------------------------------

int outliers_apart(Inputs *in, float times)
{
    int found = 0;
    for (int i = 0; i < in->copy->inputs; i++) {
        const int n = input_cols(in->copy, i);
        float sum = 0;
        for (int j = 0; j < n; j++)
            sum += in->greatest[i][j];
        for (int j = 0; j < n; j++) {
            in->apart[i][j] = in->greatest[i][j] > times * sum / (float)n;
            found += in->apart[i][j];
        }
    }
    return found;
}

// --- smoothing --------------------------------------------------------------

static float greatest_weight(const LlamaCopy *c, int i, int j)
{
    float most = 0;
    for (int k = 0; k < c->n; k++) {
        const CopyMatrix *m = &c->matrix[k];
        if (m->input == i)
            for (int row = 0; row < m->rows; row++)
                most = fmaxf(most, fabsf(m->w[(size_t)row * m->cols + j]));
    }
    return most;
}

// Makes column j of input i smaller by s where it comes from.
static void divide_source(LlamaCopy *c, int i, int j, float s)
{
    if (c->gain[i]) {
        c->gain[i][j] /= s;
        return;
    }
    for (int k = 0; k < c->n; k++) { // of INPUT_DOWN: row j of `up`
        const CopyMatrix *m = &c->matrix[k];
        if (m->layer == i / LAYER_INPUTS && m->name[0] == 'u')
            for (int col = 0; col < m->cols; col++)
                m->w[(size_t)j * m->cols + col] /= s;
    }
}

void outliers_smooth(LlamaCopy *c, const Inputs *in, float alpha)
{
    check(in->copy == c, "the inputs are another copy's");
    // From the last to the first: rows of `up` change before its columns do.
    for (int i = c->inputs - 1; i >= 0; i--) {
        if (!c->gain[i] && i % LAYER_INPUTS != INPUT_DOWN)
            continue;
        for (int j = 0; j < input_cols(c, i); j++) {
            const float x = in->greatest[i][j], w = greatest_weight(c, i, j);
            if (!(x > 0 && w > 0))
                continue;
            const float s = powf(x, alpha) / powf(w, 1 - alpha);
            divide_source(c, i, j, s);
            scale_columns(c, i, j, s);
        }
    }
}

// --- rotation ---------------------------------------------------------------

static void hadamard(float *x, int n)
{
    for (int half = 1; half < n; half *= 2)
        for (int i = 0; i < n; i += 2 * half)
            for (int j = i; j < i + half; j++) {
                const float a = x[j], b = x[j + half];
                x[j] = a + b;
                x[j + half] = a - b;
            }
    const float length = 1 / sqrtf((float)n);
    for (int i = 0; i < n; i++)
        x[i] *= length;
}

typedef struct Turn {
    float *x;
    int cols, n;
} Turn;

static void turn_some(void *context, int from, int to)
{
    const Turn *t = context;
    for (int i = from; i < to; i++)
        for (int j = 0; j < t->cols; j += t->n)
            hadamard(t->x + (size_t)i * t->cols + j, t->n);
}

void hadamard_rows(float *x, int rows, int cols)
{
    const int n = cols & -cols; // the lowest bit that is set
    if (n > 0)
        parallel_for(rows, 10.0 * cols, turn_some, &(Turn){x, cols, n});
}

void outliers_turn(LlamaCopy *c)
{
    for (int k = 0; k < c->n; k++) {
        const CopyMatrix *m = &c->matrix[k];
        if (m->input >= 0)
            hadamard_rows(m->w, m->rows, m->cols);
    }
}
