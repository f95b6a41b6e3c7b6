// Copies of rows, and joining them; see rows.h.
#include "05-word-vectors/rows.h"

#include "common/check.h"
#include "common/threads.h"

#include <stdlib.h>
#include <string.h>

SharedRows rows_new(int n, int width)
{
    SharedRows s = {.table = vectors_new(n, width)};
    for (int w = 0; w < WORKERS; w++) {
        s.of[w].slot = new_array(n, sizeof *s.of[w].slot);
        // Room for all rows; the system puts memory only behind those used.
        s.of[w].at = new_array((size_t)n * width, sizeof *s.of[w].at);
        for (int i = 0; i < n; i++)
            s.of[w].slot[i] = -1;
    }
    return s;
}

void rows_free(SharedRows *s)
{
    vectors_free(&s->table);
    for (int w = 0; w < WORKERS; w++) {
        free(s->of[w].slot);
        free(s->of[w].at);
    }
}

float *rows_copy(SharedRows *s, int worker, int row)
{
    RowCopies *c = &s->of[worker];
    const int width = s->table.width;
    if (s->race)
        return vectors_row(&s->table, row);
    if (c->slot[row] < 0) {
        c->slot[row] = c->n++;
        memcpy(c->at + (size_t)c->slot[row] * width,
               vectors_row(&s->table, row), sizeof(float) * width);
    }
    return c->at + (size_t)c->slot[row] * width;
}

// row = row + sum over the workers of (copy - row), for a part of the rows.
static void join_part(void *context, int from, int to)
{
    SharedRows *s = context;
    const int width = s->table.width;
    for (int i = from; i < to; i++) {
        const float *copy[WORKERS];
        int n = 0;
        for (int w = 0; w < WORKERS; w++)
            if (s->of[w].slot[i] >= 0) {
                copy[n++] = s->of[w].at + (size_t)s->of[w].slot[i] * width;
                s->of[w].slot[i] = -1;
            }
        float *row = vectors_row(&s->table, i);
        for (int j = 0; n > 0 && j < width; j++) {
            float sum = copy[0][j];
            for (int k = 1; k < n; k++)
                sum += copy[k][j] - row[j];
            row[j] = sum;
        }
    }
}

void rows_join(SharedRows *s)
{
    if (s->race)
        return;
    parallel_for(s->table.n, 4.0 * s->table.width, join_part, s);
    for (int w = 0; w < WORKERS; w++)
        s->of[w].n = 0;
}
