// Asking word vectors; see vectors.h.
#include "05-word-vectors/vectors.h"

#include "common/check.h"
#include "common/kernels.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

Vectors vectors_new(int n, int width)
{
    check(n >= 0 && width >= 1, "%d vectors of width %d", n, width);
    return (Vectors){n, width, new_array((size_t)n * width, sizeof(float))};
}

void vectors_free(Vectors *v)
{
    free(v->at);
    *v = (Vectors){0};
}

static void to_unit(const Vectors *v)
{
    for (int i = 0; i < v->n; i++) {
        float *row = vectors_row(v, i);
        float length = sqrtf(dot(row, row, v->width));
        for (int j = 0; length > 0 && j < v->width; j++)
            row[j] /= length;
    }
}

Vectors vectors_unit(const Vectors *v)
{
    Vectors u = vectors_new(v->n, v->width);
    if (v->n)
        memcpy(u.at, v->at, sizeof *u.at * v->n * v->width);
    to_unit(&u);
    return u;
}

double vectors_cosine(const Vectors *v, int a, int b)
{
    const float *x = vectors_row(v, a), *y = vectors_row(v, b);
    double xx = (double)dot(x, x, v->width), yy = (double)dot(y, y, v->width);
    return xx > 0 && yy > 0 ? (double)dot(x, y, v->width) / sqrt(xx * yy) : 0;
}

void vectors_save(const Vectors *v, const Text *piece, const char *path)
{
    Buffer b = {0};
    buffer_print(&b, "%d %d\n", v->n - 1, v->width);
    for (int i = 1; i < v->n; i++) {
        buffer_add(&b, piece[i].at, piece[i].length);
        for (int j = 0; j < v->width; j++)
            buffer_print(&b, " %.6g", (double)vectors_row(v, i)[j]);
        buffer_add(&b, "\n", 1);
    }
    text_write(path, b.at, b.length);
    buffer_free(&b);
}

static bool is_among(int word, const int *list, int n)
{
    for (int i = 0; i < n; i++)
        if (list[i] == word)
            return true;
    return false;
}

int vectors_near(const Vectors *unit, const float *to, const int *except, int n,
                 Near *found, int k)
{
    check(k >= 1, "the nearest %d words", k);
    float *score = new_array(unit->n + 1, sizeof *score);
    matvec(unit->n, unit->width, unit->at, unit->width, to, score, false);
    const float length = sqrtf(dot(to, to, unit->width));
    int have = 0;
    for (int i = 1; i < unit->n; i++) {
        if ((have == k && !(score[i] > found[k - 1].cosine)) ||
            is_among(i, except, n))
            continue;
        int at = have < k ? have++ : k - 1;
        for (; at > 0 && found[at - 1].cosine < score[i]; at--)
            found[at] = found[at - 1];
        found[at] = (Near){i, score[i]};
    }
    for (int i = 0; length > 0 && i < have; i++)
        found[i].cosine /= length;
    free(score);
    return have;
}
