// Tests of 14-quantization's core: the packed forms byte by byte, products of
// whole numbers against exact sums, quantized Llamas against a forward pass
// that is written out, files, and the cache in 8 bits.
#include "common/testing.h"

#include "13-llama2/cria.h"
#include "13-llama2/llama_save.h"
#include "14-quantization/quant_llama.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/safetensors.h"
#include "common/threads.h"

#include <stdio.h>
#include <stdlib.h>

enum { B = QUANT_BLOCK };
static const QuantKind packed[] = {QUANT_Q8_0, QUANT_Q4_0};

static void normal(float *x, size_t n, int seed)
{
    Rng r = rng_new(seed);
    for (size_t i = 0; i < n; i++)
        x[i] = rng_normal(&r);
}

// --- the forms --------------------------------------------------------------

static void q8_byte_by_byte(void **state)
{
    (void)state;
    // 63.5 / 127 = 0.5, in F16 0x3800. Halves are rounded away from 0.
    float x[B] = {-63.5f, 63.5f, 0.25f, -0.25f, 0.2f, 1.0f, -2.0f};
    const uint8_t want[34] = {0x00, 0x38, 0x81, 0x7f, 0x01,
                              0xff, 0x00, 0x02, 0xfc};
    uint8_t got[34];
    quant_pack(QUANT_Q8_0, x, B, got);
    assert_memory_equal(got, want, sizeof want);
    float back[B];
    quant_unpack(QUANT_Q8_0, got, B, back);
    x[2] = 0.5f, x[3] = -0.5f, x[4] = 0;
    assert_memory_equal(back, x, sizeof x);
}

static void q4_byte_by_byte(void **state)
{
    (void)state;
    // -4 is the extreme: the scale is 0.5, and -4 becomes u = 0. Number j and
    // number j + 16 share a byte.
    float x[B] = {-4, 3.5f, 4, 0.5f};
    x[16] = -0.5f, x[17] = 0.25f, x[31] = -3.5f;
    uint8_t want[18] = {0x00, 0x38, 0x70, 0x9f, 0x8f, 0x89};
    for (int j = 4; j < 16; j++)
        want[2 + j] = 0x88;
    want[17] = 0x18;
    uint8_t got[18];
    quant_pack(QUANT_Q4_0, x, B, got);
    assert_memory_equal(got, want, sizeof want);
    float back[B];
    quant_unpack(QUANT_Q4_0, got, B, back);
    x[2] = 3.5f, x[17] = 0.5f; // 4 has no place; 0.25 is half a step
    assert_memory_equal(back, x, sizeof x);
    // Of a positive extreme the scale is negative.
    for (int j = 0; j < B; j++)
        x[j] = -x[j];
    quant_pack(QUANT_Q4_0, x, B, got);
    assert_int_equal(got[1], 0xb8);
    assert_int_equal(got[2] & 15, 0);
}

// The same numbers as chapter 13's reader sees in the same bytes.
static void unpacks_as_the_reader_does(void **state)
{
    (void)state;
    enum { ROWS = 7, COLS = 3 * B };
    for (int k = 0; k < 2; k++) {
        uint8_t bytes[ROWS * COLS / B * 34];
        float got[ROWS * COLS], want[ROWS * COLS];
        const size_t n = quant_bytes(packed[k], ROWS * COLS);
        assert_int_equal(n, ROWS * 3 * (k == 0 ? 34 : 18));
        Rng r = rng_new(k);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)rng_below(&r, 256);
        for (size_t i = 1; i < n; i += n / ROWS / 3)
            bytes[i] &= 0xbf; // below 2 in magnitude
        assert_true(quant_sound(packed[k], bytes, ROWS * COLS));
        const LlamaTensor t = {.type = k == 0 ? LLAMA_Q8_0 : LLAMA_Q4_0,
                               .rows = ROWS,
                               .cols = COLS,
                               .data = bytes};
        llama_rows(&t, 0, ROWS, want);
        quant_unpack(packed[k], bytes, ROWS * COLS, got);
        assert_memory_equal(got, want, sizeof want);
        bytes[1] |= 0x7c;
        assert_false(quant_sound(packed[k], bytes, ROWS * COLS));
    }
}

static double squared_error(const float *x, const float *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow((double)x[i] - (double)y[i], 2);
    return sum;
}

// No number is further off than half a step, but for what the scale loses in
// F16, and in Q4_0 numbers beyond the last step.
static void packing_rounds_to_the_nearest(void **state)
{
    (void)state;
    enum { COUNT = 100 * B };
    float x[COUNT], y[COUNT], again[COUNT];
    uint8_t bytes[COUNT / B * 34];
    normal(x, COUNT, 3);
    for (int k = 0; k < 2; k++) {
        quant_pack(packed[k], x, COUNT, bytes);
        quant_unpack(packed[k], bytes, COUNT, y);
        for (int i = 0; i < COUNT; i += B) {
            float top = 0;
            for (int j = 0; j < B; j++)
                top = fmaxf(top, fabsf(x[i + j]));
            const float step = top / (k == 0 ? 127 : 8);
            for (int j = 0; j < B; j++) {
                const bool beyond = k == 1 && fabsf(x[i + j]) > 7.5f * step;
                const float most =
                    (beyond ? 1 : 0.5f) * step + top * 0x1p-11f + 1e-7f;
                if (!(fabsf(x[i + j] - y[i + j]) <= most))
                    fail_msg("%s: %g became %g, a step is %g",
                             quant_name(packed[k]), (double)x[i + j],
                             (double)y[i + j], (double)step);
            }
        }
        // What has been rounded stays as it is.
        quant_pack(packed[k], y, COUNT, bytes);
        quant_unpack(packed[k], bytes, COUNT, again);
        assert_memory_equal(again, y, sizeof y);
    }
}

// The smallest squared error of any scale from half to one and a half times
// the usual one, of either sign, tried one by one.
static double by_trial(QuantKind k, const float *x)
{
    const float low = k == QUANT_Q8_0 ? -127 : -8;
    const float high = k == QUANT_Q8_0 ? 127 : 7;
    float top = 0;
    double least = INFINITY;
    for (int j = 0; j < B; j++)
        top = fmaxf(top, fabsf(x[j]));
    for (int t = -1500; t <= 1500; t++) {
        const float scale = top / high * (float)t / 1000;
        double sum = 0;
        if (abs(t) < 500)
            continue;
        for (int j = 0; j < B; j++) {
            const float q = fminf(fmaxf(roundf(x[j] / scale), low), high);
            sum += pow((double)x[j] - (double)(scale * q), 2);
        }
        least = fmin(least, sum);
    }
    return least;
}

static void best_scales_are_best(void **state)
{
    (void)state;
    enum { COUNT = 60 * B };
    float x[COUNT], y[COUNT];
    uint8_t bytes[COUNT / B * 34];
    normal(x, COUNT, 4);
    for (int j = 0; j < B; j++)
        x[j] = 0, x[B + j] = j == 7 ? -3.0f : 0;
    for (int i = 2 * B; i < 20 * B; i++)
        x[i] *= 1e-3f * (float)(i / B);
    for (int k = 0; k < 2; k++) {
        double plain = 0, best = 0, trial = 0;
        for (int i = 0; i < COUNT; i += B) {
            quant_pack(packed[k], x + i, B, bytes);
            quant_unpack(packed[k], bytes, B, y);
            const double usual = squared_error(x + i, y, B);
            quant_pack_best(packed[k], x + i, B, bytes);
            quant_unpack(packed[k], bytes, B, y);
            const double ours = squared_error(x + i, y, B);
            if (ours > usual * (1 + 1e-6))
                fail_msg("%s, block %d: best leaves %g, plain %g",
                         quant_name(packed[k]), i / B, ours, usual);
            plain += usual;
            best += ours;
            trial += by_trial(packed[k], x + i);
        }
        assert_true(best < (k == 0 ? 0.85 : 0.92) * plain);
        assert_true(best < 1.02 * trial);
    }
}

static void extremes(void **state)
{
    (void)state;
    float x[2 * B] = {0}, y[2 * B];
    uint8_t bytes[2 * 34];
    for (int k = 0; k < 2; k++)
        for (int best = 0; best < 2; best++) {
            void (*pack)(QuantKind, const float *, size_t, void *) =
                best ? quant_pack_best : quant_pack;
            const float most = 65504.0f * (k == 0 ? 127 : 8);
            const float special[] = {0, 1e-45f, 1e-38f, 1e-12f, most, -most};
            for (int i = 0; i < 6; i++) {
                memset(x, 0, sizeof x);
                x[B + 5] = special[i];
                assert_int_equal(quant_misfit(packed[k], x, 2 * B), -1);
                pack(packed[k], x, 2 * B, bytes);
                quant_unpack(packed[k], bytes, 2 * B, y);
                assert_close(y, x, 2 * B, 1e-6);
                assert_true(fabsf(y[B + 5] - special[i]) <= 1e-3f * most);
            }
            pack(packed[k], x, 0, bytes);
            const float wrong[] = {NAN, INFINITY, -INFINITY, most * 1.001f};
            for (int i = 0; i < 4; i++) {
                x[B + 5] = wrong[i];
                assert_int_equal(quant_misfit(packed[k], x, 2 * B), B + 5);
            }
        }
    assert_int_equal(quant_misfit(QUANT_F32, x, 2 * B), -1);
    x[0] = NAN;
    assert_int_equal(quant_misfit(QUANT_F32, x, 2 * B), 0);
    assert_true(quant_can(QUANT_Q4_0, 64) && quant_can(QUANT_F32, 172));
    assert_false(quant_can(QUANT_Q4_0, 172));
}

// --- matrices and products --------------------------------------------------

// A matrix of random weights, also as blocks and as floats.
typedef struct Sample {
    Arena a;
    QuantMatrix m;
    uint8_t *blocks;
    float *w;
} Sample;

static Sample sample(QuantKind k, int rows, int cols, int seed)
{
    Sample s = {.a = arena_new(1 << 24)};
    const size_t n = (size_t)rows * cols;
    s.w = arena_take(&s.a, n, sizeof *s.w);
    s.blocks = arena_take(&s.a, quant_bytes(k, n), 1);
    normal(s.w, n, seed);
    quant_pack(k, s.w, n, s.blocks);
    quant_unpack(k, s.blocks, n, s.w);
    s.m = quant_matrix_new(&s.a, k, rows, cols);
    quant_put_rows(&s.m, 0, rows, s.blocks);
    return s;
}

static void matrices_keep_every_bit(void **state)
{
    (void)state;
    const int shapes[][2] = {{1, B}, {16, B}, {37, 3 * B}, {64, 5 * B}, {0, B}};
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < 2; k++) {
            const int rows = shapes[i][0], cols = shapes[i][1];
            Sample s = sample(packed[k], rows, cols, i);
            const size_t n = quant_bytes(packed[k], (size_t)rows * cols);
            uint8_t *back = arena_take(&s.a, n, 1);
            float *x = arena_take(&s.a, cols, sizeof *x);
            quant_get_rows(&s.m, 0, rows, back);
            assert_memory_equal(back, s.blocks, n);
            for (int r = 0; r < rows; r++) {
                quant_row(&s.m, r, x);
                assert_memory_equal(x, s.w + (size_t)r * cols,
                                    cols * sizeof *x);
            }
            assert_int_equal(quant_matrix_bytes(packed[k], rows, cols),
                             (rows + 15) / 16 * 16 * (cols / B) *
                                 (k == 0 ? 34 : 18));
            arena_free(&s.a);
        }
}

// A row of activations as the chapter says it is quantized, in the plainest
// words: whole numbers, and a scale for each block.
static void plain_rows(const float *x, int cols, int *q, float *scale)
{
    const float round = 0x1.8p23f;
    for (int b = 0; b < cols / B; b++) {
        float top = 0;
        for (int j = 0; j < B; j++)
            top = fmaxf(top, fabsf(x[b * B + j]));
        scale[b] = top / 127;
        const float inverse = top > 0 ? 1 / scale[b] : 0;
        for (int j = 0; j < B; j++)
            q[b * B + j] = (int)((x[b * B + j] * inverse + round) - round);
    }
}

// One number of a product: a row of weights in GGUF's blocks with a row of
// activations. *size: how large the terms are.
static float plain_product(QuantKind k, const uint8_t *w, const int *q,
                           const float *scale, int cols, double *size)
{
    float total = 0;
    *size = 0;
    for (int b = 0; b < cols / B; b++, w += quant_bytes(k, B)) {
        const float s = half_to_float((uint16_t)(w[0] | w[1] << 8));
        int sum = 0;
        for (int j = 0; j < B; j++)
            sum += q[b * B + j] * (k == QUANT_Q8_0 ? (int8_t)w[2 + j]
                                   : j < 16        ? (w[2 + j] & 15) - 8
                                                   : (w[2 + j - 16] >> 4) - 8);
        total += (float)sum * (s * scale[b]);
        *size += fabs((double)sum * (double)(s * scale[b]));
    }
    return total;
}

static void products_are_sums(void **state)
{
    (void)state;
    const int shapes[][3] = {// rows of x, rows and columns of the matrix
                             {1, 1, B},      {1, 37, 3 * B},   {2, 16, 2 * B},
                             {7, 53, 5 * B}, {19, 101, 7 * B}, {23, 17, B},
                             {0, 5, B},      {3, 0, B}};
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 2; k++) {
            const int n = shapes[i][0], rows = shapes[i][1];
            const int cols = shapes[i][2];
            Sample s = sample(packed[k], rows, cols, 10 + i);
            float *x = arena_take(&s.a, (size_t)n * cols, sizeof *x);
            float *y = arena_take(&s.a, (size_t)n * rows, sizeof *y);
            float *scale = arena_take(&s.a, cols / B, sizeof *scale);
            int *q = arena_take(&s.a, cols, sizeof *q);
            normal(x, (size_t)n * cols, 30 + i);
            assert_true(quant_rows_bytes(n, cols) <=
                        (size_t)n * cols * sizeof *x);
            void *room = arena_take(&s.a, quant_rows_bytes(n, cols), 1);
            quant_multiply(&s.m, x, n, y, room);
            for (int r = 0; r < n; r++) {
                plain_rows(x + (size_t)r * cols, cols, q, scale);
                for (int c = 0; c < rows; c++) {
                    double size;
                    const double want = (double)plain_product(
                        packed[k], s.blocks + c * quant_bytes(packed[k], cols),
                        q, scale, cols, &size);
                    const double got = (double)y[(size_t)r * rows + c];
                    if (!(fabs(got - want) <= 1e-6 * size))
                        fail_msg("%s, %d x %d x %d: number %d of row %d is "
                                 "%.9g, expected %.9g",
                                 quant_name(packed[k]), n, rows, cols, c, r,
                                 got, want);
                }
            }
            arena_free(&s.a);
        }
}

// With scales of 1 all is exact: every bit must be right, also at the ends of
// what a byte can hold.
static void whole_numbers_are_exact(void **state)
{
    (void)state;
    enum { ROWS = 19, COLS = 2 * B, MANY = 11 };
    for (int k = 0; k < 2; k++) {
        Sample s = sample(packed[k], ROWS, COLS, 1);
        float x[MANY * COLS], y[MANY * ROWS];
        _Alignas(64) char room[MANY * COLS * 4];
        Rng r = rng_new(7);
        for (int i = 0; i < MANY * COLS; i++)
            x[i] = i % B == 0 ? 127 : (float)(rng_below(&r, 255) - 127);
        for (int i = 0; i < COLS; i++)
            x[COLS + i] = i % 2 ? -127 : 127, x[2 * COLS + i] = -127;
        uint8_t *p = s.blocks;
        const size_t bytes = quant_bytes(packed[k], B);
        for (int i = 0; i < ROWS * COLS / B; i++, p += bytes) {
            p[0] = 0x00, p[1] = 0x3c; // 1
            const uint8_t ends[] = {0x80, 0x7f, 0xff, 0x00};
            for (size_t j = 2; j < bytes; j++)
                p[j] = i < 8 ? ends[i % 4] : (uint8_t)rng_below(&r, 256);
        }
        quant_unpack(packed[k], s.blocks, ROWS * COLS, s.w);
        quant_put_rows(&s.m, 0, ROWS, s.blocks);
        quant_multiply(&s.m, x, MANY, y, room);
        for (int i = 0; i < MANY; i++)
            for (int j = 0; j < ROWS; j++) {
                int sum = 0;
                for (int c = 0; c < COLS; c++)
                    sum += (int)s.w[j * COLS + c] * (int)x[i * COLS + c];
                assert_int_equal((int)y[i * ROWS + j], sum);
            }
        arena_free(&s.a);
    }
}

// Rows alone or among others, parts of the matrix, threads: the same bits.
static void nothing_changes_a_bit(void **state)
{
    (void)state;
    enum { ROWS = 101, COLS = 11 * B, MANY = 23 };
    static float x[MANY * COLS], want[MANY * ROWS], got[MANY * ROWS];
    static _Alignas(64) char room[MANY * COLS * 4];
    normal(x, MANY * COLS, 5);
    for (int k = 0; k < 2; k++) {
        Sample s = sample(packed[k], ROWS, COLS, 6);
        threads_set(1);
        quant_multiply(&s.m, x, MANY, want, room);
        for (int threads = 1; threads <= 7; threads += 3)
            for (int n = 1; n <= MANY; n++) {
                threads_set(threads);
                for (int i = 0; i < MANY; i += n)
                    quant_multiply(&s.m, x + i * COLS,
                                   MANY - i < n ? MANY - i : n, got + i * ROWS,
                                   room);
                assert_memory_equal(got, want, sizeof want);
            }
        threads_set(0);
        memset(got, 0, sizeof got);
        const QuantRows rows = quant_rows(x, MANY, COLS, room);
        quant_products(&s.m, &rows, 48, ROWS, got, ROWS);
        quant_products(&s.m, &rows, 16, 48, got, ROWS);
        quant_products(&s.m, &rows, 32, 32, got, ROWS);
        quant_products(&s.m, &rows, 0, 16, got, ROWS);
        assert_memory_equal(got, want, sizeof want);
        arena_free(&s.a);
    }
}

// A number that is none spoils its row and no other.
static void what_is_no_number_stays_one(void **state)
{
    (void)state;
    enum { ROWS = 21, COLS = 3 * B, MANY = 5 };
    float x[MANY * COLS], y[MANY * ROWS];
    _Alignas(64) char room[MANY * COLS * 4];
    const float wrong[] = {NAN, INFINITY, -INFINITY};
    Sample s = sample(QUANT_Q8_0, ROWS, COLS, 6);
    for (int i = 0; i < 3; i++) {
        normal(x, MANY * COLS, 5);
        x[2 * COLS + 40] = wrong[i];
        memset(x + 3 * COLS, 0, COLS * sizeof *x);
        quant_multiply(&s.m, x, MANY, y, room);
        for (int j = 0; j < MANY * ROWS; j++)
            assert_int_equal(isnan(y[j]) != 0, j / ROWS == 2);
        for (int j = 0; j < ROWS; j++)
            assert_true(y[3 * ROWS + j] == 0);
        // Row 2 by itself: the scale of its second block, and of no other.
        const QuantRows row = quant_rows(x + 2 * COLS, 1, COLS, room);
        for (int b = 0; b < COLS / B; b++)
            assert_int_equal(isnan(row.scale[b]) != 0, b == 1);
    }
    arena_free(&s.a);
}

// --- quantized Llamas -------------------------------------------------------

// A kind of matrix that multiplies as the chapter says, in the plainest words.
static void plain_some_rows(const LlamaProducts *p, int i, int from, int to)
{
    const LlamaMatrix *m = p->part[i].w;
    const QuantMatrix *w = m->at;
    const size_t row = quant_bytes(w->kind, m->cols);
    uint8_t *blocks = new_array(m->rows, row);
    int *q = new_array(m->cols, sizeof *q);
    float *scale = new_array(m->cols / B, sizeof *scale);
    quant_get_rows(w, 0, m->rows, blocks);
    for (int r = 0; r < p->n; r++) {
        plain_rows(p->x + (size_t)r * m->cols, m->cols, q, scale);
        for (int c = from; c < to; c++) {
            double size;
            p->part[i].y[(size_t)r * m->rows + c] = plain_product(
                w->kind, blocks + c * row, q, scale, m->cols, &size);
        }
    }
    free(blocks);
    free(q);
    free(scale);
}

// Gives all packed matrices of a model another kind.
static void change_kind(Llama *m, const LlamaKind *kind)
{
    LlamaMatrix *tables[] = {&m->pieces, &m->output};
    for (int i = 0; i < 2; i++)
        if (quant_kind(tables[i]) != QUANT_F32)
            tables[i]->kind = kind;
    for (int l = 0; l < m->shape.layers; l++) {
        LlamaMatrix part[LLAMA_PARTS];
        for (int i = 0; i < LLAMA_PARTS; i++) {
            part[i] = llama_matrix(m, l, i);
            if (quant_kind(&part[i]) != QUANT_F32)
                part[i].kind = kind;
        }
        m->layer[l] = llama_layer(part);
    }
}

// Heads of width 32, two for each key; hidden is no whole number of blocks if
// it is 71.
static Cria small_cria(int hidden, bool tied, RopeLayout layout)
{
    LlamaShape s = {.pieces = 41,
                    .context = 64,
                    .width = 128,
                    .hidden = hidden,
                    .layers = 2,
                    .heads = 4,
                    .groups = 2,
                    .eps = 1e-5f,
                    .base = 10000,
                    .tied = tied,
                    .layout = layout};
    return cria_new(s, 3);
}

enum { TEXT = 29, V = 41 };

static void some_text(int *id)
{
    Rng r = rng_new(8);
    for (int i = 0; i < TEXT; i++)
        id[i] = rng_below(&r, V);
}

// All logits of the text, TEXT x V, `step` tokens at a time.
static void logits_of(const Llama *m, int step, KvKind cache, float *to)
{
    int id[TEXT];
    some_text(id);
    LlamaRun r = llama_run_with(m, 1, TEXT, cache);
    for (int i = 0; i < TEXT; i += step) {
        const LlamaNext next = {0, TEXT - i < step ? TEXT - i : step, id + i};
        const float *y = llama_batch(&r, &next, 1, false);
        memcpy(to + i * V, y, (size_t)next.n * V * sizeof *y);
    }
    llama_run_free(&r);
}

static double distance(const float *a, const float *b)
{
    double size = 0;
    for (int i = 0; i < TEXT * V; i++)
        size += (double)b[i] * (double)b[i];
    return sqrt(squared_error(a, b, TEXT * V) / size);
}

static void forward_is_the_plain_one(void **state)
{
    (void)state;
    static float got[TEXT * V], want[TEXT * V];
    for (int c = 0; c < 8; c++) {
        const int hidden = c & 1 ? 71 : 96;
        Cria cria = small_cria(hidden, c & 2, c & 4 ? HALVES : ADJACENT);
        Llama m = cria_llama(&cria);
        for (int k = 0; k < 2; k++) {
            Llama q = quant_llama(&m, packed[k], c & 2);
            assert_int_equal(quant_kind(&q.layer[1].up), packed[k]);
            assert_int_equal(quant_kind(&q.layer[1].down),
                             hidden == 96 ? packed[k] : QUANT_F32);
            assert_int_equal(q.shape.layout, ADJACENT);
            logits_of(&q, TEXT, KV_F32, got);
            // The same weights with activations as floats: near.
            Llama plain = quant_llama(&q, QUANT_F32, false);
            logits_of(&plain, TEXT, KV_F32, want);
            assert_true(distance(got, want) < 0.015);
            assert_true(distance(got, want) > 1e-4);
            llama_free(&plain);
            // The weights as they were: further away, but the same model.
            logits_of(&m, TEXT, KV_F32, want);
            assert_true(distance(got, want) < (k == 0 ? 0.02 : 0.25));
            // Step by step the same numbers.
            LlamaKind slow = *q.pieces.kind;
            slow.prepare = NULL;
            slow.some_rows = plain_some_rows;
            change_kind(&q, &slow);
            logits_of(&q, TEXT, KV_F32, want);
            assert_close(got, want, TEXT * V, 1e-5);
            llama_free(&q);
        }
        llama_free(&m);
        cria_free(&cria);
    }
}

// Unlike in F32, not even the last bit depends on how a text is cut.
static void chunks_change_nothing(void **state)
{
    (void)state;
    static float got[TEXT * V], want[TEXT * V];
    Cria cria = small_cria(96, true, ADJACENT);
    Llama m = cria_llama(&cria);
    for (int k = 0; k < 2; k++)
        for (KvKind cache = KV_F32; cache <= KV_INT8; cache++) {
            Llama q = quant_llama(&m, packed[k], false);
            logits_of(&q, TEXT, cache, want);
            for (int step = 1; step < TEXT; step += 4) {
                threads_set(1 + step % 3);
                logits_of(&q, step, cache, got);
                assert_memory_equal(got, want, sizeof want);
            }
            threads_set(0);
            llama_free(&q);
        }
    llama_free(&m);
    cria_free(&cria);
}

static void memory_is_the_formula(void **state)
{
    (void)state;
    for (int tied = 0; tied < 2; tied++) {
        Cria cria = small_cria(71, tied, ADJACENT);
        Llama m = cria_llama(&cria);
        assert_int_equal(quant_llama_bytes(&m),
                         llama_parameters(&m.shape) * sizeof(float));
        Llama q = quant_llama(&m, QUANT_Q4_0, false);
        // Rows are padded to 16: 41 are 48, 71 are 80.
        const size_t table = 48 * 128 / 32 * 18;
        const size_t layer = (2 * 128 + 2 * 64 + 2 * 80) * 128 / 32 * 18 +
                             (71 * 128 + 2 * 128) * sizeof(float);
        const size_t norm = 128 * sizeof(float);
        assert_int_equal(quant_token_bytes(&q), table + 2 * layer + norm);
        assert_int_equal(quant_llama_bytes(&q),
                         (tied ? 1 : 2) * table + 2 * layer + norm);
        assert_true(q.arena.used >= quant_llama_bytes(&q));
        assert_true(q.arena.used < quant_llama_bytes(&q) + 8192);
        llama_free(&q);
        llama_free(&m);
        cria_free(&cria);
    }
}

// --- files ------------------------------------------------------------------

static void files_keep_every_bit(void **state)
{
    (void)state;
    static float want[TEXT * V], got[TEXT * V];
    const char *dir = testing_dir("quantized");
    LlamaPieces p = llama_pieces_learn(text_of("a cat, a hat, a bat"), 300);
    for (int c = 0; c < 4; c++) {
        const QuantKind k = packed[c / 2];
        char path[300];
        snprintf(path, sizeof path, "%s/q%d.gguf", dir, c);
        Cria cria = small_cria(c & 1 ? 71 : 96, c & 1, HALVES);
        Llama m = cria_llama(&cria), q = quant_llama(&m, k, true);
        logits_of(&q, TEXT, KV_F32, want);
        llama_save(&q, &p, path);
        LlamaFile f = llama_open(path);
        assert_int_equal(f.pieces.type,
                         k == QUANT_Q8_0 ? LLAMA_Q8_0 : LLAMA_Q4_0);
        assert_int_equal(llama_part(&f, 1, LLAMA_K)->type, f.pieces.type);
        assert_int_equal(llama_part(&f, 1, LLAMA_DOWN)->type,
                         c & 1 ? LLAMA_F32 : f.pieces.type);
        assert_int_equal(llama_part(&f, 1, LLAMA_FEED_NORM)->type, LLAMA_F32);
        // Taken as it is, and packed again from floats: both the same bits.
        Llama again = quant_load(&f, k, false);
        logits_of(&again, TEXT, KV_F32, got);
        assert_memory_equal(got, want, sizeof want);
        llama_free(&again);
        // Chapter 13 reads the same weights as floats.
        again = llama_load(&f);
        Llama plain = quant_llama(&q, QUANT_F32, false);
        logits_of(&again, TEXT, KV_F32, got);
        logits_of(&plain, TEXT, KV_F32, want);
        assert_memory_equal(got, want, sizeof want);
        llama_free(&plain);
        llama_free(&again);
        llama_close(&f);
        llama_free(&q);
        llama_free(&m);
        cria_free(&cria);
    }
    llama_pieces_free(&p);
}

// Files that other programs wrote, in all forms: near PyTorch's logits of the
// model that they were made from.
static void golden_files(void **state)
{
    (void)state;
    enum { N = 13, PIECES = 31 };
    static const int token[N] = {1, 7, 30, 7, 0, 19, 5, 5, 29, 2, 11, 23, 4};
    const char *name[] = {"two.gguf", "two", "two.bin", "two-v2.bin",
                          "two-q8.gguf"};
    Safetensors s =
        safetensors_open("chapters/13-llama2/golden/llama.safetensors");
    for (int i = 0; i < 5; i++) {
        char path[200];
        float want[N * PIECES];
        snprintf(path, sizeof path, "chapters/13-llama2/golden/%s", name[i]);
        tensor_read(&s, safetensors_find(&s, "two.logits"), want, N * PIECES);
        LlamaFile f = llama_open(path);
        Llama q = quant_load(&f, QUANT_Q8_0, false);
        LlamaRun r = llama_run_new(&q, 1, N);
        const LlamaNext next = {0, N, token};
        const float *got = llama_batch(&r, &next, 1, false);
        double size = 0;
        for (int j = 0; j < N * PIECES; j++)
            size += pow((double)want[j], 2);
        const double off = sqrt(squared_error(got, want, N * PIECES) / size);
        if (!(off < 0.06))
            fail_msg("%s: %.2g of the logits' size off", name[i], off);
        llama_run_free(&r);
        llama_free(&q);
        llama_close(&f);
    }
    safetensors_close(&s);
}

typedef struct Case {
    const Llama *m;
    const LlamaFile *f;
    const LlamaPieces *p;
    const char *path;
} Case;

static void quantize(void *context)
{
    const Case *c = context;
    Llama q = c->m ? quant_llama(c->m, QUANT_Q8_0, false)
                   : quant_load(c->f, QUANT_Q8_0, false);
    llama_free(&q);
}

static void save(void *context)
{
    const Case *c = context;
    llama_save(c->m, c->p, c->path);
}

static void refusals(void **state)
{
    (void)state;
    Cria cria = small_cria(96, true, ADJACENT);
    Llama m = cria_llama(&cria), q = quant_llama(&m, QUANT_Q8_0, false);
    LlamaPieces p = llama_pieces_learn(text_of("a cat, a hat, a bat"), 300);
    char bin[300], folder[300];
    const char *dir = testing_dir("refused");
    snprintf(bin, sizeof bin, "%s/q.bin", dir);
    snprintf(folder, sizeof folder, "%s/q", dir);
    assert_dies(save, (&(Case){&q, NULL, &p, bin}), 1, "only be saved as");
    assert_dies(save, (&(Case){&q, NULL, &p, folder}), 1, "only be saved as");
    threads_set(1);
    cria.layer[1].down.w->val[96 * 5 + 7] = NAN;
    assert_dies(quantize, (&(Case){.m = &m}), 1,
                "down of layer 1: number 7 of row 5 is nan");
    cria.layer[1].down.w->val[96 * 5 + 7] = 1e7f;
    assert_dies(quantize, (&(Case){.m = &m}), 1, "is 1e+07");
    Buffer b = text_read("chapters/13-llama2/golden/two-q8.gguf");
    LlamaFile f;
    assert_null(llama_parse_gguf(&f, b.at, b.length));
    Case c = {.f = &f};
    quantize(&c);
    char *scale = (char *)llama_part(&f, 1, LLAMA_GATE)->data + 34 * 3;
    scale[0] = 0, scale[1] = 0x7c;
    assert_dies(quantize, &c, 1, "gate of layer 1: the scale of a block");
    threads_set(0);
    llama_close(&f);
    buffer_free(&b);
    llama_pieces_free(&p);
    llama_free(&q);
    llama_free(&m);
    cria_free(&cria);
}

// --- the cache in 8 bits ----------------------------------------------------

enum { LAYERS = 2, HEAD = 10, GROUPS = 3, WIDTH = GROUPS * HEAD, LONG = 47 };

// n numbers as they come back from the cache: whole numbers times a scale.
static void rounded(const float *x, int n, float *y)
{
    float top = 0;
    for (int i = 0; i < n; i++)
        top = fmaxf(top, fabsf(x[i]));
    for (int i = 0; i < n; i++)
        y[i] = top > 0 ? top / 127 * rintf(x[i] * (1 / (top / 127))) : 0;
}

static void round_heads(const float *x, float *y)
{
    for (int i = 0; i < LONG * WIDTH; i += HEAD)
        rounded(x + i, HEAD, y + i);
}

// Attention over all that was put, n positions at a time: y is LONG x heads *
// HEAD.
static void attend_by(KvPool *p, int n, int heads, int window, const float *q,
                      const float *k, const float *v, float *y)
{
    KvCache c = kv_cache_new(p, LONG, 0, 0);
    for (int i = 0; i < LONG; i += n) {
        const int some = LONG - i < n ? LONG - i : n;
        kv_extend(&c, some);
        for (int l = 0; l < LAYERS; l++) {
            kv_put(&c, l, some, k + i * WIDTH, v + i * WIDTH);
            kv_attend(&c, l, some, q + i * heads * HEAD, heads, HEAD, window,
                      y + i * heads * HEAD);
        }
    }
    kv_cache_free(&c);
}

static void bytes_are_rounded_floats(void **state)
{
    (void)state;
    static float q[LONG * 2 * WIDTH], k[LONG * WIDTH], v[LONG * WIDTH];
    static float k8[LONG * WIDTH], v8[LONG * WIDTH];
    static float want[LONG * 2 * WIDTH], got[LONG * 2 * WIDTH];
    normal(q, LONG * 2 * WIDTH, 1);
    normal(k, LONG * WIDTH, 2);
    normal(v, LONG * WIDTH, 3);
    memset(k + 5 * WIDTH, 0, HEAD * sizeof *k);
    for (int i = 0; i < HEAD; i++)
        v[7 * WIDTH + i] = 1e-42f * (float)i; // too small for a scale
    round_heads(k, k8);
    round_heads(v, v8);
    memset(v8 + 7 * WIDTH, 0, HEAD * sizeof *v8);
    for (int share = 1; share <= 2; share++)
        for (int window = 0; window <= 9; window += 9)
            for (int block = 7; block <= 64; block += 57) {
                const int heads = share * GROUPS;
                const size_t n = (size_t)LONG * heads * HEAD;
                KvPool *floats = kv_pool_new(LAYERS, WIDTH, block, 10);
                KvPool *bytes = kv_pool_new8(LAYERS, WIDTH, HEAD, block, 10);
                attend_by(floats, LONG, heads, window, q, k8, v8, want);
                attend_by(bytes, LONG, heads, window, q, k, v, got);
                assert_close(got, want, n, 1e-6);
                memcpy(want, got, n * sizeof *got);
                for (int step = 1; step < LONG; step += 5) {
                    attend_by(bytes, step, heads, window, q, k, v, got);
                    assert_memory_equal(got, want, n * sizeof *got);
                }
                kv_pool_free(floats);
                kv_pool_free(bytes);
            }
}

// How far attention over the bytes may be from attention over the floats. A
// score is off by at most d = |q|_1 step_k / 2 / sqrt(w), so a weight by a
// factor of e^(2 d), and the mean of the values by (e^(2 d) - 1) max |v| and
// the values' own rounding, step_v / 2.
static void error_is_within_the_bound(void **state)
{
    (void)state;
    static float q[LONG * WIDTH], k[LONG * WIDTH], v[LONG * WIDTH];
    static float want[LONG * WIDTH], got[LONG * WIDTH];
    normal(q, LONG * WIDTH, 4);
    normal(k, LONG * WIDTH, 5);
    normal(v, LONG * WIDTH, 6);
    KvPool *floats = kv_pool_new(LAYERS, WIDTH, 16, 10);
    KvPool *bytes = kv_pool_new8(LAYERS, WIDTH, HEAD, 16, 10);
    attend_by(floats, LONG, GROUPS, 0, q, k, v, want);
    attend_by(bytes, LONG, GROUPS, 0, q, k, v, got);
    double worst = 0;
    for (int i = 0; i < LONG; i++)
        for (int g = 0; g < GROUPS; g++) {
            double sum = 0, top_k = 0, top_v = 0;
            for (int j = 0; j < HEAD; j++)
                sum += fabs((double)q[i * WIDTH + g * HEAD + j]);
            for (int t = 0; t <= i; t++)
                for (int j = 0; j < HEAD; j++) {
                    const int at = t * WIDTH + g * HEAD + j;
                    top_k = fmax(top_k, fabs((double)k[at]));
                    top_v = fmax(top_v, fabs((double)v[at]));
                }
            const double d = sum * top_k / 254 / sqrt(HEAD);
            const double most = (exp(2 * d) - 1) * top_v + top_v / 254 + 1e-6;
            for (int j = 0; j < HEAD; j++) {
                const int at = i * WIDTH + g * HEAD + j;
                const double off = fabs((double)(got[at] - want[at]));
                assert_true(off <= most);
                worst = fmax(worst, off);
            }
        }
    assert_true(worst > 1e-4); // it is rounded
    kv_pool_free(floats);
    kv_pool_free(bytes);
}

static void bytes_of_the_cache(void **state)
{
    (void)state;
    // 3 layers, 2 keys and values of 12 bytes and 3 scales of 4, 5 positions
    assert_int_equal(kv_bytes8(3, 12, 4, 5), 3 * 2 * (12 + 3 * 4) * 5);
    assert_true(kv_bytes8(80, 8192, 128, 4096) ==
                (size_t)80 * 2 * 4096 * (8192 + 256));
    KvPool *p = kv_pool_new8(LAYERS, WIDTH, HEAD, 7, 10);
    KvCache c = kv_cache_new(p, LONG, 0, 0);
    kv_extend(&c, 8);
    assert_int_equal(kv_pool_used(p), kv_bytes8(LAYERS, WIDTH, HEAD, 14));
    kv_cut(&c, 7);
    assert_int_equal(kv_pool_used(p), kv_bytes8(LAYERS, WIDTH, HEAD, 7));
    kv_cache_free(&c);
    kv_pool_free(p);
}

// A fork shares its blocks until it writes: then the bytes and scales of the
// other stay as they are.
static void forks_are_copied(void **state)
{
    (void)state;
    enum { FIRST = 10, MORE = 2 };
    float q[WIDTH], k[(FIRST + MORE) * WIDTH], v[(FIRST + MORE) * WIDTH];
    float want[WIDTH], got[WIDTH];
    normal(q, WIDTH, 1);
    normal(k, (FIRST + MORE) * WIDTH, 2);
    normal(v, (FIRST + MORE) * WIDTH, 3);
    KvPool *p = kv_pool_new8(LAYERS, WIDTH, HEAD, 7, 10);
    KvCache c = kv_cache_new(p, LONG, 0, 0);
    kv_extend(&c, FIRST + MORE);
    for (int l = 0; l < LAYERS; l++)
        kv_put(&c, l, FIRST + MORE, k, v);
    kv_attend(&c, 1, 1, q, GROUPS, HEAD, 0, want);
    KvCache f = kv_fork(&c, FIRST);
    kv_extend(&f, MORE);
    for (int l = 0; l < LAYERS; l++)
        kv_put(&f, l, MORE, k, v);
    kv_attend(&c, 1, 1, q, GROUPS, HEAD, 0, got);
    assert_memory_equal(got, want, sizeof want);
    // Writing what the other has there makes it the same.
    for (int l = 0; l < LAYERS; l++)
        kv_put(&f, l, MORE, k + FIRST * WIDTH, v + FIRST * WIDTH);
    kv_attend(&f, 1, 1, q, GROUPS, HEAD, 0, got);
    assert_memory_equal(got, want, sizeof want);
    kv_cache_free(&f);
    kv_cache_free(&c);
    kv_pool_free(p);
}

// The whole model with either cache.
static void llamas_with_bytes_in_the_cache(void **state)
{
    (void)state;
    static float want[TEXT * V], got[TEXT * V];
    Cria cria = small_cria(71, true, HALVES);
    Llama m = cria_llama(&cria);
    logits_of(&m, TEXT, KV_F32, want);
    logits_of(&m, TEXT, KV_INT8, got);
    assert_true(distance(got, want) < 0.005);
    assert_true(distance(got, want) > 1e-5);
    llama_free(&m);
    cria_free(&cria);
}

// --- a real model -----------------------------------------------------------

enum { TOLD = 100 };

// The most probable tokens after <s>.
static void tell(const Llama *m, KvKind cache, int *id)
{
    LlamaRun r = llama_run_with(m, 1, TOLD + 1, cache);
    int last = 1;
    for (int i = 0; i < TOLD; i++) {
        const float *y = llama_read(&r, &last, 1);
        last = 0;
        for (int j = 1; j < m->shape.pieces; j++)
            last = y[j] > y[last] ? j : last;
        id[i] = last;
    }
    llama_run_free(&r);
}

static void stories_are_the_same(void **state)
{
    (void)state;
    const char *model = "data/cache/stories260K/stories260K.bin";
    FILE *there = fopen(model, "rb");
    if (!there)
        skip();
    fclose(there);
    int want[TOLD], got[TOLD];
    char path[300];
    snprintf(path, sizeof path, "%s/q.gguf", testing_dir("stories"));
    LlamaFile f = llama_open(model);
    LlamaPieces p = llama_pieces_load("data/cache/stories260K/tok512.bin");
    for (int k = 0; k < 2; k++) {
        Llama q = quant_load(&f, packed[k], true);
        assert_int_equal(quant_kind(&q.layer[0].down), QUANT_F32); // 172 wide
        tell(&q, KV_F32, want);
        llama_save(&q, &p, path);
        LlamaFile g = llama_open(path);
        Llama again = quant_load(&g, packed[k], false), m = llama_load(&g);
        tell(&again, KV_F32, got);
        assert_memory_equal(got, want, sizeof want);
        // Read by chapter 13, which does not quantize the activations.
        tell(&m, KV_F32, got);
        assert_memory_equal(got, want, (k == 0 ? TOLD : 20) * sizeof *got);
        llama_free(&again);
        llama_free(&m);
        llama_close(&g);
        llama_free(&q);
    }
    llama_pieces_free(&p);
    llama_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(q8_byte_by_byte),
        cmocka_unit_test(q4_byte_by_byte),
        cmocka_unit_test(unpacks_as_the_reader_does),
        cmocka_unit_test(packing_rounds_to_the_nearest),
        cmocka_unit_test(best_scales_are_best),
        cmocka_unit_test(extremes),
        cmocka_unit_test(matrices_keep_every_bit),
        cmocka_unit_test(products_are_sums),
        cmocka_unit_test(whole_numbers_are_exact),
        cmocka_unit_test(nothing_changes_a_bit),
        cmocka_unit_test(what_is_no_number_stays_one),
        cmocka_unit_test(forward_is_the_plain_one),
        cmocka_unit_test(chunks_change_nothing),
        cmocka_unit_test(memory_is_the_formula),
        cmocka_unit_test(files_keep_every_bit),
        cmocka_unit_test(golden_files),
        cmocka_unit_test(refusals),
        cmocka_unit_test(bytes_are_rounded_floats),
        cmocka_unit_test(error_is_within_the_bound),
        cmocka_unit_test(bytes_of_the_cache),
        cmocka_unit_test(forks_are_copied),
        cmocka_unit_test(llamas_with_bytes_in_the_cache),
        cmocka_unit_test(stories_are_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
