// Five ways to tell the order; see positions.h.
#include "08-positions/positions.h"

#include "common/check.h"

#include <math.h>
#include <string.h>

const char *const position_names[POSITION_KINDS] = {"none", "sinusoidal",
                                                    "learned", "RoPE", "ALiBi"};

// --- the tables -------------------------------------------------------------

void sinusoid(double position, int width, float *to)
{
    check(width % 2 == 0, "sinusoids come in pairs, the width is %d", width);
    for (int i = 0; i < width; i += 2) {
        double angle = position * pow(10000, -(double)i / width);
        to[i] = (float)sin(angle);
        to[i + 1] = (float)cos(angle);
    }
}

static const float *sinusoids(Arena *a, int length, int width)
{
    float *table = arena_take(a, (size_t)length * width, sizeof *table);
    for (int p = 0; p < length; p++)
        sinusoid(p, width, table + (size_t)p * width);
    return table;
}

void alibi_slopes(int heads, float *slope)
{
    check(heads >= 1, "slopes for %d heads", heads);
    int power = 1; // the largest power of two that is not more than heads
    while (2 * power <= heads)
        power *= 2;
    for (int h = 0; h < power; h++)
        slope[h] = (float)exp2(-8.0 * (h + 1) / power);
    for (int h = power; h < heads; h++) // slopes 1, 3, 5 ... of 2 * power
        slope[h] = (float)exp2(-4.0 * (2 * (h - power) + 1) / power);
}

static const float *slopes(Arena *a, int heads)
{
    float *slope = arena_take(a, heads, sizeof *slope);
    alibi_slopes(heads, slope);
    return slope;
}

enum { BASE = 10000 }; // of the wave lengths, in sinusoids and rotations

Positions positions_new(PositionKind kind, Params *p, Arena *a, int length,
                        int width, int heads)
{
    check(length >= 1 && heads >= 1 && width % heads == 0,
          "positions 0 .. %d, width %d, %d heads", length - 1, width, heads);
    Positions new = {
        .kind = kind, .length = length, .width = width, .heads = heads};
    if (kind == SINUSOIDAL)
        new.sinusoid = sinusoids(a, length, width);
    if (kind == LEARNED)
        new.learned = param_normal(p, length, width, 0.02f, "positions");
    if (kind == ROTARY)
        new.table = rope_table(a, length, width / heads, BASE, 1);
    if (kind == ALIBI)
        new.slope = slopes(a, heads);
    return new;
}

Positions positions_stretched(Positions p, Arena *a, float stretch)
{
    check(p.kind == ROTARY, "only rotations stretch, not %s",
          position_names[p.kind]);
    p.table = rope_table(a, p.length, p.table.width, BASE, stretch);
    return p;
}

// --- the three places -------------------------------------------------------

// The position of each row of x: first, first + 1, ... in each sequence.
static int *places(const Positions *p, const Matrix *x, int first)
{
    int *place = arena_take(&x->tape->arena, x->rows, sizeof *place);
    Spans seq = spans_of(x);
    for (int s = 0; s < seq.n; s++)
        for (int r = seq.start[s]; r < seq.start[s + 1]; r++) {
            place[r] = first + r - seq.start[s];
            check(place[r] >= 0 && place[r] < p->length,
                  "position %d, the table has %d", place[r], p->length);
        }
    return place;
}

Matrix *positions_add(const Positions *p, Matrix *x, int first)
{
    if (p->kind != SINUSOIDAL && p->kind != LEARNED)
        return x;
    check(x->cols == p->width, "%d columns, positions have %d", x->cols,
          p->width);
    const int *place = places(p, x, first);
    if (p->kind == LEARNED)
        return add(
            x, embed(x->tape, p->learned, (Tokens){x->rows, place, x->seq}));
    Matrix *waves = matrix(x->tape, x->rows, x->cols);
    for (int r = 0; r < x->rows; r++)
        memcpy(waves->val + (size_t)r * x->cols,
               p->sinusoid + (size_t)place[r] * p->width,
               p->width * sizeof(float));
    return add(x, waves);
}

Matrix *positions_turn(const Positions *p, Matrix *x, int first)
{
    return p->kind == ROTARY ? rope(x, &p->table, first, p->layout) : x;
}

Mask positions_mask(const Positions *p, Mask mask)
{
    if (p->kind == ALIBI)
        mask.slope = p->slope;
    return mask;
}

// --- the two memory layouts of RoPE -----------------------------------------

// HALVES holds the first of each pair, then the second of each.
int adjacent_of_half(int i, int width)
{
    return i < width / 2 ? 2 * i : 2 * (i - width / 2) + 1;
}

int half_of_adjacent(int i, int width)
{
    return i / 2 + i % 2 * (width / 2);
}

// to[i] = from[source(i)], row by row in each head.
static void reorder(const float *from, float *to, int heads, int width,
                    int cols, int (*source)(int, int))
{
    check(width % 2 == 0, "heads of width %d have no pairs", width);
    const size_t row = cols, head = row * width;
    for (int h = 0; h < heads; h++)
        for (int i = 0; i < width; i++)
            memcpy(to + h * head + i * row,
                   from + h * head + source(i, width) * row, row * sizeof *to);
}

void rows_to_halves(const float *from, float *to, int heads, int width,
                    int cols)
{
    reorder(from, to, heads, width, cols, adjacent_of_half);
}

void rows_to_adjacent(const float *from, float *to, int heads, int width,
                      int cols)
{
    reorder(from, to, heads, width, cols, half_of_adjacent);
}
