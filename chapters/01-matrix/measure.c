// The limits of this machine; see measure.h.
#include "01-matrix/measure.h"

#include "01-matrix/vec.h"
#include "common/check.h"
#include "common/progress.h"
#include "common/threads.h"

#include <math.h>
#include <stdlib.h>

// A result that is never used would be optimised away with its computation.
static volatile float sink;

// --- arithmetic -------------------------------------------------------------

// A multiply-add takes about 4 cycles, but one or two can begin in each cycle.
// One chain c = a c + b would wait for itself; 12 chains keep the units busy.
enum { CHAINS = 12, ROUNDS = 100000, SPINS = 8 };

static float spin(void)
{
    static volatile float factor = 0.5f, summand = 1;
    Vec a = factor + (Vec){0}, b = summand + (Vec){0};
    Vec c[CHAINS];
    UNROLL
    for (int i = 0; i < CHAINS; i++)
        c[i] = b * (float)i;
    for (int r = 0; r < ROUNDS; r++) {
        UNROLL
        for (int i = 0; i < CHAINS; i++)
            c[i] = a * c[i] + b;
    }
    Vec sum = {0};
    UNROLL
    for (int i = 0; i < CHAINS; i++)
        sum += c[i];
    return sum[0];
}

static void spin_each(void *context, int from, int to)
{
    float *result = context;
    for (int i = from; i < to; i++)
        result[i] = spin();
}

double flop_rate(bool threads)
{
    int n = SPINS * (threads ? threads_count() : 1);
    double each = 2.0 * LANES * CHAINS * ROUNDS;
    float *result = new_array(n, sizeof *result);
    double began = seconds_now();
    if (threads)
        parallel_for(n, each, spin_each, result);
    else
        spin_each(result, 0, n);
    double took = seconds_now() - began;
    sink = result[n - 1];
    free(result);
    return n * each / took;
}

// --- memory -----------------------------------------------------------------

enum { READERS = 8, CHUNK = 1 << 18 }; // chunks of 1 MB

typedef struct Read {
    const float *x;
    size_t n;
    float *sum; // of each chunk
} Read;

static void read_chunks(void *context, int from, int to)
{
    const Read *r = context;
    for (int c = from; c < to; c++) {
        const float *x = r->x + (size_t)c * CHUNK;
        Vec sum[READERS] = {{0}}, all = {0};
        for (int i = 0; i < CHUNK; i += READERS * LANES) {
            UNROLL
            for (int v = 0; v < READERS; v++)
                sum[v] += vec_load(x + i + v * LANES);
        }
        UNROLL
        for (int v = 0; v < READERS; v++)
            all += sum[v];
        r->sum[c] = all[0];
    }
}

double read_rate(const float *x, size_t n, bool threads)
{
    int chunks = (int)(n / CHUNK);
    check(chunks > 0, "read_rate: %zu floats are less than a chunk of %d", n,
          CHUNK);
    Read r = {x, n, new_array(chunks, sizeof *r.sum)};
    double began = seconds_now();
    if (threads)
        parallel_for(chunks, CHUNK, read_chunks, &r);
    else
        read_chunks(&r, 0, chunks);
    double took = seconds_now() - began;
    sink = r.sum[chunks - 1];
    free(r.sum);
    return (double)chunks * CHUNK * sizeof *x / took;
}

// --- looking at measurements ------------------------------------------------

static int by_size(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double median(double *x, int n)
{
    if (n == 0)
        return 0;
    qsort(x, n, sizeof *x, by_size);
    return (x[(n - 1) / 2] + x[n / 2]) / 2;
}

double roofline(double intensity, double flops, double bytes)
{
    return fmin(flops, intensity * bytes);
}
