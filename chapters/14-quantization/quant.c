// Packing into 8 and 4 bits, and products of what is packed; see quant.h.
//
// The one idea of its speed: a processor multiplies bytes four times as fast as
// floats, four neighbours at a time into one sum of 32 bits, but only unsigned
// bytes with signed ones. So a weight q is kept as the unsigned u = q + 128 (or
// q + 8), and what that adds to a sum, 128 times the sum of the activations, is
// where the sum begins.
#include "14-quantization/quant.h"

#include "common/check.h"
#include "common/safetensors.h"
#include "common/threads.h"

#include <math.h>
#include <string.h>

#if defined(__AVX2__) || defined(__AVX512VNNI__)
#include <immintrin.h>
#endif

// The product must be rounded in the same way wherever it is written.
#ifdef __clang__
#pragma STDC FP_CONTRACT ON
#endif

enum { N = QUANT_BLOCK };

// --- the forms --------------------------------------------------------------

static const struct {
    const char *name;
    size_t block, bytes; // so many numbers take so many bytes
    int most;            // the largest magnitude of q
} forms[] = {
    [QUANT_F32] = {"F32", 1, sizeof(float), 0},
    [QUANT_Q8_0] = {"Q8_0", N, 2 + N, 127},
    [QUANT_Q4_0] = {"Q4_0", N, 2 + N / 2, 8},
};

const char *quant_name(QuantKind k)
{
    return forms[k].name;
}

size_t quant_bytes(QuantKind k, size_t n)
{
    check(n % forms[k].block == 0, "%zu numbers are no blocks of %zu", n,
          forms[k].block);
    return n / forms[k].block * forms[k].bytes;
}

bool quant_can(QuantKind k, int cols)
{
    return (size_t)cols % forms[k].block == 0;
}

ptrdiff_t quant_misfit(QuantKind k, const float *x, size_t n)
{
    const float half = 65504; // the largest number in F16
    const float most = k == QUANT_F32 ? 3.4028235e38f // the largest float
                                      : half * (float)forms[k].most;
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(x[i]) <= most))
            return (ptrdiff_t)i;
    return -1;
}

bool quant_sound(QuantKind k, const void *blocks, size_t n)
{
    const uint8_t *p = blocks;
    for (size_t i = 0; k != QUANT_F32 && i < n; i += N, p += forms[k].bytes)
        if ((p[1] & 0x7c) == 0x7c) // all bits of the exponent
            return false;
    return true;
}

// --- packing ----------------------------------------------------------------

// A block as it is thought of, whichever way it is packed.
typedef struct Block {
    uint16_t scale; // in F16
    int8_t q[N];
} Block;

static void write_block(QuantKind k, const Block *b, uint8_t *to)
{
    memcpy(to, &b->scale, sizeof b->scale);
    to += sizeof b->scale;
    if (k == QUANT_Q8_0)
        memcpy(to, b->q, N);
    else
        for (int j = 0; j < N / 2; j++)
            to[j] = (uint8_t)((b->q[j] + 8) | (b->q[j + N / 2] + 8) << 4);
}

static Block read_block(QuantKind k, const uint8_t *from)
{
    Block b;
    memcpy(&b.scale, from, sizeof b.scale);
    from += sizeof b.scale;
    if (k == QUANT_Q8_0)
        memcpy(b.q, from, N);
    else
        for (int j = 0; j < N / 2; j++) {
            b.q[j] = (int8_t)((from[j] & 15) - 8);
            b.q[j + N / 2] = (int8_t)((from[j] >> 4) - 8);
        }
    return b;
}

// The number of the largest magnitude, with its sign.
static float extreme(const float *x)
{
    float most = 0;
    for (int j = 0; j < N; j++)
        if (fabsf(x[j]) > fabsf(most))
            most = x[j];
    return most;
}

// 1 / scale; 0 for a scale so small that this is no float any more.
static float inverse(float scale)
{
    const float i = 1 / scale;
    return isfinite(i) ? i : 0;
}

static Block pack8(const float *x)
{
    const float scale = fabsf(extreme(x)) / 127, i = inverse(scale);
    Block b = {.scale = float_to_half(scale)};
    for (int j = 0; j < N; j++)
        b.q[j] = (int8_t)roundf(x[j] * i);
    return b;
}

// Adding 8.5 and cutting off rounds x / scale + 8, which is never negative.
static Block pack4(const float *x)
{
    const float scale = extreme(x) / -8, i = inverse(scale);
    Block b = {.scale = float_to_half(scale)};
    for (int j = 0; j < N; j++) {
        const int u = (int)(x[j] * i + 8.5f);
        b.q[j] = (int8_t)((u < 15 ? u : 15) - 8);
    }
    return b;
}

// q = x * i, rounded and kept within low .. high.
static void round_to(const float *x, float i, float low, float high, float *q)
{
    for (int j = 0; j < N; j++) {
        float v = rintf(x[j] * i);
        v = v < low ? low : v;
        q[j] = v > high ? high : v;
    }
}

static float squared_error(const float *x, float scale, const float *q)
{
    float sum = 0;
    for (int j = 0; j < N; j++) {
        const float e = x[j] - scale * q[j];
        sum += e * e;
    }
    return sum;
}

// For numbers q that are given, the scale with the smallest sum of squared
// errors is sum(x q) / sum(q q). So each try rounds with some scale, takes the
// scale that is best for the result, as F16 has it, and rounds with that.
static Block pack_best(QuantKind k, const float *x)
{
    enum { TRIES = 32 };
    const float high = k == QUANT_Q8_0 ? 127 : 7;
    const float low = k == QUANT_Q8_0 ? -127 : -8;
    Block best = k == QUANT_Q8_0 ? pack8(x) : pack4(x);
    float q[N], least, top = inverse(extreme(x));
    for (int j = 0; j < N; j++)
        q[j] = best.q[j];
    least = squared_error(x, half_to_float(best.scale), q);
    for (int t = 0; t < TRIES && least > 0; t++) {
        // The extreme number becomes about this many steps, of either sign.
        float steps = k == QUANT_Q8_0 ? 112 + 0.5f * (float)t
                                      : 5.5f + 0.25f * (float)(t / 2);
        if (t % 2)
            steps = -steps;
        float xq = 0, qq = 0;
        round_to(x, steps * top, low, high, q);
        for (int j = 0; j < N; j++) {
            xq += x[j] * q[j];
            qq += q[j] * q[j];
        }
        const uint16_t half = float_to_half(qq > 0 ? xq / qq : 0);
        const float scale = half_to_float(half);
        round_to(x, inverse(scale), low, high, q);
        const float error = squared_error(x, scale, q);
        if (!(error < least) || !isfinite(scale))
            continue;
        least = error;
        best.scale = half;
        for (int j = 0; j < N; j++)
            best.q[j] = (int8_t)q[j];
    }
    return best;
}

static void pack(QuantKind k, const float *x, size_t n, uint8_t *to, bool best)
{
    const size_t bytes = quant_bytes(k, n);
    const ptrdiff_t wrong = quant_misfit(k, x, n);
    check(wrong < 0, "%g cannot be packed as %s", (double)x[wrong],
          quant_name(k));
    if (k == QUANT_F32) {
        memcpy(to, x, bytes);
        return;
    }
    for (size_t i = 0; i < n; i += N, to += forms[k].bytes) {
        const Block b = best              ? pack_best(k, x + i)
                        : k == QUANT_Q8_0 ? pack8(x + i)
                                          : pack4(x + i);
        write_block(k, &b, to);
    }
}

void quant_pack(QuantKind k, const float *x, size_t n, void *blocks)
{
    pack(k, x, n, blocks, false);
}

void quant_pack_best(QuantKind k, const float *x, size_t n, void *blocks)
{
    pack(k, x, n, blocks, true);
}

void quant_unpack(QuantKind k, const void *blocks, size_t n, float *x)
{
    const uint8_t *from = blocks;
    const size_t bytes = quant_bytes(k, n);
    if (k == QUANT_F32) {
        memcpy(x, blocks, bytes);
        return;
    }
    for (size_t i = 0; i < n; i += N, from += forms[k].bytes) {
        const Block b = read_block(k, from);
        for (int j = 0; j < N; j++)
            x[i + j] = half_to_float(b.scale) * (float)b.q[j];
    }
}

// --- a matrix to run --------------------------------------------------------
//
// A panel is 16 rows. For each block it has their 16 scales, and their numbers
// four bytes at a time: those of row 0, of row 1, ... of row 15, then the next
// four of each. So one vector of 64 bytes has four neighbours of each row,
// which is what the instruction sums up. In Q4_0 a byte holds two numbers and
// such a vector eight of each row; halves are as in GGUF.

enum { PANEL = 16, WORD = 4 };

// Vectors of a panel's numbers in a block; bytes of a block.
static int words_of(QuantKind k)
{
    return k == QUANT_Q8_0 ? N / WORD : N / 2 / WORD;
}

static size_t panels_of(int rows)
{
    return ((size_t)rows + PANEL - 1) / PANEL;
}

// Where block b of panel p begins.
static size_t place_of(const QuantMatrix *m, size_t p, int b)
{
    return (p * (m->cols / N) + b) * PANEL;
}

size_t quant_matrix_bytes(QuantKind k, int rows, int cols)
{
    return quant_bytes(k, panels_of(rows) * PANEL * cols);
}

QuantMatrix quant_matrix_new(Arena *a, QuantKind k, int rows, int cols)
{
    check(k != QUANT_F32 && rows >= 0 && cols >= 0 && quant_can(k, cols),
          "a matrix of %d x %d as %s", rows, cols, quant_name(k));
    const size_t blocks = panels_of(rows) * PANEL * (cols / N);
    QuantMatrix m = {k, rows, cols, NULL, NULL};
    m.scales = arena_take(a, blocks, sizeof *m.scales);
    m.numbers = arena_take(a, blocks, WORD * words_of(k));
    return m;
}

static void check_rows(const QuantMatrix *m, int from, int n)
{
    check(from >= 0 && from % PANEL == 0 && n >= 0 && from + n <= m->rows &&
              (n % PANEL == 0 || from + n == m->rows),
          "rows %d to %d of %d are no whole panels", from, from + n, m->rows);
}

// What is turned round in each byte: the sign of Q8_0, for q + 128; Q4_0 keeps
// its numbers as q + 8 anyway.
static uint32_t flip_of(QuantKind k)
{
    return k == QUANT_Q8_0 ? 0x80808080 : 0;
}

// An absent row: scale 0.
static const uint8_t nothing[2 + N];

static void put_panel(QuantMatrix *m, int from, int rows, const uint8_t *blocks)
{
    const int count = m->cols / N, words = words_of(m->kind);
    const size_t bytes = forms[m->kind].bytes, row = count * bytes;
    for (int b = 0; b < count; b++) {
        const size_t at = place_of(m, from / PANEL, b);
        uint8_t *to = m->numbers + at * words * WORD;
        for (int r = 0; r < PANEL; r++) {
            const uint8_t *p =
                r < rows ? blocks + r * row + b * bytes : nothing;
            memcpy(m->scales + at + r, p, sizeof *m->scales);
            for (int w = 0; w < words; w++) {
                uint32_t four;
                memcpy(&four, p + 2 + w * WORD, sizeof four);
                four ^= flip_of(m->kind);
                memcpy(to + (w * PANEL + r) * WORD, &four, sizeof four);
            }
        }
    }
}

void quant_put_rows(QuantMatrix *m, int from, int n, const void *blocks)
{
    const size_t row = quant_bytes(m->kind, m->cols);
    const uint8_t *p = blocks;
    check_rows(m, from, n);
    for (int i = 0; i < n; i += PANEL)
        put_panel(m, from + i, n - i < PANEL ? n - i : PANEL, p + i * row);
}

// One block of row r of a panel, as GGUF has it.
static void get_block(const QuantMatrix *m, int i, int b, uint8_t *to)
{
    const int words = words_of(m->kind), r = i % PANEL;
    const size_t at = place_of(m, i / PANEL, b);
    const uint8_t *from = m->numbers + at * words * WORD;
    memcpy(to, m->scales + at + r, sizeof *m->scales);
    for (int w = 0; w < words; w++) {
        uint32_t four;
        memcpy(&four, from + (w * PANEL + r) * WORD, sizeof four);
        four ^= flip_of(m->kind);
        memcpy(to + 2 + w * WORD, &four, sizeof four);
    }
}

void quant_get_rows(const QuantMatrix *m, int from, int n, void *blocks)
{
    uint8_t *to = blocks;
    check_rows(m, from, n);
    for (int i = from; i < from + n; i++)
        for (int b = 0; b < m->cols / N; b++, to += forms[m->kind].bytes)
            get_block(m, i, b, to);
}

void quant_look(const QuantMatrix *m, int i)
{
    const size_t blocks = m->cols / N,
                 bytes = blocks * words_of(m->kind) * WORD;
    touch(m->scales + i * blocks, blocks * sizeof *m->scales);
    touch(m->numbers + i * bytes, bytes);
}

void quant_row(const QuantMatrix *m, int i, float *x)
{
    check(i >= 0 && i < m->rows, "row %d of %d", i, m->rows);
    for (int b = 0; b < m->cols / N; b++) {
        uint8_t block[2 + N];
        get_block(m, i, b, block);
        quant_unpack(m->kind, block, N, x + b * N);
    }
}

// --- vectors ----------------------------------------------------------------

// A vector has LANES numbers of 32 bits, or four bytes for each.
#if defined(__AVX512VNNI__)
enum { LANES = 16, TILE = 8 };
#elif defined(__AVX2__)
enum { LANES = 8, TILE = 4 };
#else
enum { LANES = 4, TILE = 4 };
#endif
typedef float Floats __attribute__((vector_size(4 * LANES)));
typedef int32_t Ints __attribute__((vector_size(4 * LANES)));
typedef uint32_t Words __attribute__((vector_size(4 * LANES)));
typedef int16_t Halves __attribute__((vector_size(2 * LANES)));
typedef int8_t Bytes __attribute__((vector_size(LANES)));

#define INLINE static inline __attribute__((always_inline))
// Arrays of vectors live in registers only if no index is left at run time.
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

INLINE Words load_words(const void *p)
{
    Words v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE Floats load_floats(const float *p)
{
    Floats v;
    memcpy(&v, p, sizeof v);
    return v;
}

// LANES numbers in F16. Shifted, exponent and fraction are where a float has
// them, but the exponent counts from -127 and not from -15; 2^112 makes up for
// that, for subnormal numbers as well. Not for infinities.
INLINE Floats load_halves(const uint16_t *p)
{
    Halves h;
    memcpy(&h, p, sizeof h);
    const Ints wide = __builtin_convertvector(h, Ints);
    return (Floats)((wide & 0x7fff) << 13 | (wide & INT32_MIN)) * 0x1p112f;
}

// Four neighbouring bytes as one number.
INLINE int32_t load_four(const int8_t *p)
{
    int32_t four;
    memcpy(&four, p, sizeof four);
    return four;
}

// Each lane of sum += the four bytes of its u times the four of a, which are
// signed. Exact on every machine.
INLINE Ints add_products(Ints sum, Words u, int32_t a)
{
#if defined(__AVX512VNNI__)
    return (Ints)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)u,
                                     _mm512_set1_epi32(a));
#elif defined(__AVXVNNI__)
    return (Ints)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)u,
                                         _mm256_set1_epi32(a));
#elif defined(__AVX2__)
    // Even and odd bytes as 16 bits, of which neighbours are summed up.
    const __m256i all = _mm256_set1_epi32(a);
    const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(all, 8), 8);
    const __m256i odd = _mm256_srai_epi16(all, 8);
    const __m256i u_even = (__m256i)(u & 0x00ff00ff);
    const __m256i u_odd = _mm256_srli_epi16((__m256i)u, 8);
    return sum + (Ints)_mm256_madd_epi16(u_even, even) +
           (Ints)_mm256_madd_epi16(u_odd, odd);
#else
    const uint32_t b = (uint32_t)a;
    return sum + (Ints)(u & 255) * (int8_t)b +
           (Ints)(u >> 8 & 255) * (int8_t)(b >> 8) +
           (Ints)(u >> 16 & 255) * (int8_t)(b >> 16) +
           (Ints)(u >> 24) * (int8_t)(b >> 24);
#endif
}

// --- activations ------------------------------------------------------------
//
// Rows stand in groups of TILE; what remains in groups of 4, 2 and 1. In a
// group the rows lie as a tile reads them: four bytes of each row, then the
// next four of each, and so on; scales and sums likewise.

static int group_at(int row, int n)
{
    int size = TILE;
    while (row + size > n)
        size /= 2;
    return size;
}

size_t quant_rows_bytes(int n, int cols)
{
    const size_t blocks = (size_t)n * (cols / N);
    return blocks * (N + sizeof(float) + sizeof(int32_t));
}

QuantRows quant_rows_in(void *room, int n, int cols)
{
    const size_t count = (size_t)n * cols;
    check(n >= 0 && cols >= 0 && cols % N == 0, "%d rows of %d", n, cols);
    QuantRows r = {.n = n, .cols = cols, .q = room};
    r.scale = (float *)((char *)room + count);
    r.sum = (int32_t *)(r.scale + count / N);
    return r;
}

typedef int32_t Quad __attribute__((vector_size(16)));

INLINE Quad larger(Quad a, Quad b)
{
    const Quad more = a > b;
    return (a & more) | (b & ~more);
}

// The largest of the lanes; their sum. Four at a time, then two, then one.
INLINE int32_t largest_lane(Ints v)
{
    Quad x[LANES / 4];
    memcpy(x, &v, sizeof x);
    UNROLL
    for (int i = 1; i < LANES / 4; i++)
        x[0] = larger(x[0], x[i]);
    x[0] = larger(x[0], __builtin_shufflevector(x[0], x[0], 2, 3, 0, 1));
    return larger(x[0], __builtin_shufflevector(x[0], x[0], 1, 0, 3, 2))[0];
}

INLINE int32_t sum_of_lanes(Ints v)
{
    Quad x[LANES / 4];
    memcpy(x, &v, sizeof x);
    UNROLL
    for (int i = 1; i < LANES / 4; i++)
        x[0] += x[i];
    x[0] += __builtin_shufflevector(x[0], x[0], 2, 3, 0, 1);
    return x[0][0] + x[0][1];
}

// The largest magnitude of N numbers. Without the sign, the bits of floats are
// ordered as the floats are, and what is not finite comes last.
INLINE float magnitude(const float *x)
{
    Ints most = {0};
    for (int j = 0; j < N; j += LANES) {
        const Ints size = (Ints)load_floats(x + j) & INT32_MAX;
        const Ints more = size > most;
        most = (size & more) | (most & ~more);
    }
    const int32_t bits = largest_lane(most);
    float top;
    memcpy(&top, &bits, sizeof top);
    return top;
}

// q = x * steps for N numbers, rounded; returns their sum. All are 0 if steps
// is, whatever x holds.
INLINE int32_t round_block(const float *x, float steps, int8_t *q)
{
    const float round = 0x1.8p23f; // adding it rounds to a whole number
    const int32_t kept = steps == 0 ? 0 : -1;
    Ints total = {0};
    for (int j = 0; j < N; j += LANES) {
        const Ints v = (Ints)load_floats(x + j) & kept;
        const Ints whole =
            (Ints)((Floats)v * steps + round) - (Ints)((Floats){0} + round);
        const Bytes bytes = __builtin_convertvector(whole, Bytes);
        memcpy(q + j, &bytes, sizeof bytes);
        total += whole;
    }
    return sum_of_lanes(total);
}

typedef struct Quantizing {
    const float *x;
    QuantRows to;
} Quantizing;

enum { SOME = 16 }; // blocks whose divisions do not wait for each other

// The scales of n blocks, at most SOME, and how many steps of the scale make 1.
// Of a block with a number that is not finite the scale is NAN, the steps 0.
static void scale_blocks(const float *x, int n, float *scale, float *steps)
{
    float top[SOME] = {0};
    for (int b = 0; b < n; b++)
        top[b] = magnitude(x + b * N);
    for (int b = 0; b < SOME; b++) {
        const float s = top[b] / 127;
        scale[b] = top[b] < INFINITY ? s : NAN;
        steps[b] = inverse(s);
    }
}

// Blocks from .. from + n - 1, at most SOME, of row i of the group of `size`
// rows that begins with `row`.
static void quantize_some(const Quantizing *z, int row, int size, int i,
                          int from, int n)
{
    const QuantRows *r = &z->to;
    const int count = r->cols / N;
    const float *x = z->x + (size_t)(row + i) * r->cols + from * N;
    int8_t *to = r->q + (size_t)row * r->cols + (size_t)from * size * N;
    float scale[SOME], steps[SOME];
    scale_blocks(x, n, scale, steps);
    for (int b = 0; b < n; b++) {
        const size_t at = (size_t)row * count + (size_t)(from + b) * size + i;
        r->scale[at] = scale[b];
        if (size == 1) { // a row alone lies as it is
            r->sum[at] = round_block(x + b * N, steps[b], to + b * N);
            continue;
        }
        int8_t q[N];
        r->sum[at] = round_block(x + b * N, steps[b], q);
        for (int w = 0; w < N / WORD; w++)
            memcpy(to + ((b * N / WORD + w) * size + i) * WORD, q + w * WORD,
                   WORD);
    }
}

// The group that begins with that row.
static void quantize_group(const Quantizing *z, int row, int size)
{
    const int count = z->to.cols / N;
    for (int i = 0; i < size; i++)
        for (int from = 0; from < count; from += SOME)
            quantize_some(z, row, size, i, from,
                          count - from < SOME ? count - from : SOME);
}

static void quantize_groups(void *context, int from, int to)
{
    const Quantizing *z = context;
    const int end = to * TILE < z->to.n ? to * TILE : z->to.n;
    for (int row = from * TILE, size; row < end; row += size) {
        size = group_at(row, z->to.n);
        quantize_group(z, row, size);
    }
}

QuantRows quant_rows(const float *x, int n, int cols, void *room)
{
    Quantizing z = {x, quant_rows_in(room, n, cols)};
    parallel_for((n + TILE - 1) / TILE, 4.0 * TILE * cols, quantize_groups, &z);
    return z.to;
}

// --- products ---------------------------------------------------------------

enum { AHEAD = 4096 }; // bytes of weights that are asked for early

// One tile: LANES rows of a panel, the first of them r, times `size` rows of
// activations, a group. kind and size are constants wherever this is inlined;
// only so can the sums stay in registers.
INLINE void tile(QuantKind kind, int size, const QuantMatrix *m, size_t panel,
                 int r, const QuantRows *x, int row, float *y, int ldy)
{
    const int count = m->cols / N, words = words_of(kind);
    const int shift = kind == QUANT_Q8_0 ? -128 : -8; // q - u
    const size_t at = place_of(m, panel, 0);
    const uint16_t *scales = m->scales + at + r;
    const uint8_t *u = m->numbers + (at * words + r) * WORD;
    const int8_t *q = x->q + (size_t)row * x->cols;
    const float *scale = x->scale + (size_t)row * count;
    const int32_t *start = x->sum + (size_t)row * count;
    Floats total[TILE] = {0};
    for (int b = 0; b < count; b++, scale += size, start += size) {
        Ints sum[TILE];
        UNROLL
        for (int i = 0; i < size; i++)
            sum[i] = (Ints){0} + shift * start[i];
        UNROLL
        for (int w = 0; w < words; w++, u += PANEL * WORD) {
            // Unpacking leaves the processor too little room to look ahead by
            // itself: without this 0.82 to 0.91 of the speed of reading, with
            // it 0.91 and more. Q8_0 has no need of it.
            if (size == 1 && kind == QUANT_Q4_0)
                __builtin_prefetch(u + AHEAD);
            const Words v = load_words(u);
            const Words low = kind == QUANT_Q8_0 ? v : v & 0x0f0f0f0f;
            UNROLL
            for (int i = 0; i < size; i++)
                sum[i] = add_products(sum[i], low,
                                      load_four(q + (w * size + i) * WORD));
            const Words high = v >> 4 & 0x0f0f0f0f;
            UNROLL
            for (int i = 0; i < size && kind == QUANT_Q4_0; i++)
                sum[i] = add_products(
                    sum[i], high,
                    load_four(q + ((words + w) * size + i) * WORD));
        }
        const Floats s = load_halves(scales + (size_t)b * PANEL);
        UNROLL
        for (int i = 0; i < size; i++)
            total[i] +=
                __builtin_convertvector(sum[i], Floats) * (s * scale[i]);
        q += N * size;
    }
    const int first = (int)panel * PANEL + r, left = m->rows - first;
    UNROLL
    for (int i = 0; i < size; i++)
        memcpy(y + (size_t)(row + i) * ldy + first, &total[i],
               sizeof(float) * (size_t)(left < LANES ? left : LANES));
}

// All rows of one panel times one group of activations.
INLINE void panel_times(QuantKind kind, const QuantMatrix *m, size_t panel,
                        const QuantRows *x, int row, int size, float *y,
                        int ldy)
{
    const int left = m->rows - (int)panel * PANEL;
    for (int r = 0; r < PANEL && r < left; r += LANES)
        switch (size) {
        case 1:
            tile(kind, 1, m, panel, r, x, row, y, ldy);
            break;
        case 2:
            tile(kind, 2, m, panel, r, x, row, y, ldy);
            break;
        case 4:
            tile(kind, 4, m, panel, r, x, row, y, ldy);
            break;
        case 8:
            tile(kind, TILE, m, panel, r, x, row, y, ldy);
            break;
        }
}

// As many panels as stay in the second-level cache go together through all
// rows of activations.
static int panels_at_once(const QuantMatrix *m)
{
    const size_t cache = 256 << 10,
                 panel = quant_bytes(m->kind, m->cols) * PANEL;
    return panel == 0 || cache / panel < 1 ? 1 : (int)(cache / panel);
}

void quant_products(const QuantMatrix *m, const QuantRows *x, int from, int to,
                    float *y, int ldy)
{
    check(from % PANEL == 0 && (to % PANEL == 0 || to == m->rows) &&
              from >= 0 && to <= m->rows && x->cols == m->cols,
          "rows %d to %d of %d x %d with rows of %d", from, to, m->rows,
          m->cols, x->cols);
    const int end = (int)panels_of(to), step = panels_at_once(m);
    for (int p = from / PANEL; p < end; p += step)
        for (int row = 0, size; row < x->n; row += size) {
            size = group_at(row, x->n);
            for (int i = p; i < p + step && i < end; i++)
                if (m->kind == QUANT_Q8_0)
                    panel_times(QUANT_Q8_0, m, i, x, row, size, y, ldy);
                else
                    panel_times(QUANT_Q4_0, m, i, x, row, size, y, ldy);
        }
}

typedef struct Multiplying {
    const QuantMatrix *m;
    QuantRows x;
    float *y;
} Multiplying;

static void multiply_panels(void *context, int from, int to)
{
    const Multiplying *p = context;
    const int rows = p->m->rows;
    quant_products(p->m, &p->x, from * PANEL,
                   to * PANEL < rows ? to * PANEL : rows, p->y, rows);
}

void quant_multiply(const QuantMatrix *m, const float *x, int n, float *y,
                    void *room)
{
    Multiplying p = {m, quant_rows(x, n, m->cols, room), y};
    parallel_for((int)panels_of(m->rows), 2.0 * n * m->cols * PANEL,
                 multiply_panels, &p);
}
