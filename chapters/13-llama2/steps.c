// RMS norm, rotation and gate on plain rows; see steps.h.
#include "13-llama2/steps.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>

// What a thread needs to know to do some of the rows.
typedef struct Rows {
    const float *from, *by; // x and gain; or only by = up
    float *to;
    int width;
    size_t count; // or how many numbers there are in all rows
    float eps;
    const RopeTable *table;
    int first;
    RopeLayout layout;
} Rows;

static void norm_some(void *context, int from, int to)
{
    const Rows *r = context;
    const int d = r->width;
    for (int i = from; i < to; i++) {
        const float *x = r->from + (size_t)i * d;
        float *y = r->to + (size_t)i * d;
        const float s = 1 / sqrtf(dot(x, x, d) / (float)d + r->eps);
        for (int j = 0; j < d; j++)
            y[j] = x[j] * s * r->by[j];
    }
}

void rms_norm_rows(const float *x, const float *gain, float eps, float *y,
                   int n, int d)
{
    Rows r = {.from = x, .by = gain, .to = y, .width = d, .eps = eps};
    parallel_for(n, 6.0 * d, norm_some, &r);
}

// Pair i of a head is (x[i step], x[i step + apart]), the cosine and sine of
// its angle are c[i] and s[i].
static inline void rotate_pairs(float *x, const float *c, const float *s,
                                int half, int step, int apart)
{
    for (int i = 0; i < half; i++) {
        const int a = i * step, b = a + apart;
        const float xa = x[a], xb = x[b];
        x[a] = xa * c[i] - xb * s[i];
        x[b] = xb * c[i] + xa * s[i];
    }
}

// With numbers in place of `step` and `apart` the loop becomes one of vectors.
static void rotate_head(float *x, const float *c, const float *s, int half,
                        RopeLayout layout)
{
    if (layout == ADJACENT)
        rotate_pairs(x, c, s, half, 2, 1);
    else
        rotate_pairs(x, c, s, half, 1, half);
}

// Heads from .. to - 1 of all rows: those of a single row are shared out, too.
static void rotate_some(void *context, int from, int to)
{
    const Rows *r = context;
    const int width = r->table->width, heads = r->width / width;
    for (int i = from; i < to; i++) {
        const size_t at = (size_t)(r->first + i / heads) * (width / 2);
        rotate_head(r->to + (size_t)i * width, r->table->cos + at,
                    r->table->sin + at, width / 2, r->layout);
    }
}

void rotate_rows(float *x, int n, int cols, const RopeTable *table, int first,
                 RopeLayout layout)
{
    check(cols % table->width == 0 && first >= 0 && first + n <= table->length,
          "%d columns, heads of %d; positions %d to %d of %d", cols,
          table->width, first, first + n - 1, table->length);
    Rows r = {.to = x,
              .width = cols,
              .table = table,
              .first = first,
              .layout = layout};
    parallel_for(n * (cols / table->width), 6.0 * table->width, rotate_some,
                 &r);
}

enum { STRIP = 256 }; // numbers that stay in the first-level cache

static void gate_some(void *context, int from, int to)
{
    const Rows *r = context;
    for (int i = from; i < to; i++) {
        const size_t at = (size_t)i * STRIP, left = r->count - at;
        const int n = left < STRIP ? (int)left : STRIP;
        const float *up = r->by + at;
        float *gate = r->to + at, e[STRIP];
        for (int j = 0; j < n; j++)
            e[j] = -gate[j];
        exp_each(e, e, n);
        for (int j = 0; j < n; j++)
            gate[j] = gate[j] / (1 + e[j]) * up[j];
    }
}

void swiglu_rows(float *gate, const float *up, int n, int h)
{
    const size_t count = (size_t)n * h;
    Rows r = {.by = up, .to = gate, .count = count};
    parallel_for((int)((count + STRIP - 1) / STRIP), 30.0 * STRIP, gate_some,
                 &r);
}
