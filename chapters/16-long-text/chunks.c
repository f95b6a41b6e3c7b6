// Documents as vectors of their chunks; see chunks.h.
#include "16-long-text/chunks.h"

#include "common/check.h"
#include "common/progress.h"
#include "common/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int chunks_needed(int n, int size, int stride)
{
    check(stride >= 1 && stride <= size, "chunks of %d, one every %d", size,
          stride);
    if (n <= 0)
        return 0;
    return n <= size ? 1 : 1 + (n - size + stride - 1) / stride;
}

static Chunks chunks_new(const Ids *pieces, int n, int stride)
{
    Chunks c = {.n = n, .width = USE_LITE_WIDTH};
    c.start = new_array((size_t)n + 1, sizeof *c.start);
    for (int i = 0; i < n; i++)
        c.start[i + 1] =
            c.start[i] + chunks_needed(pieces[i].n, USE_LITE_TOKENS, stride);
    c.vector = new_array((size_t)c.start[n] * c.width + 1, sizeof *c.vector);
    c.pieces = new_array((size_t)c.start[n] + 1, sizeof *c.pieces);
    for (int i = 0; i < n; i++)
        for (int k = c.start[i]; k < c.start[i + 1]; k++) {
            const int left = pieces[i].n - (k - c.start[i]) * stride;
            c.pieces[k] = left < USE_LITE_TOKENS ? left : USE_LITE_TOKENS;
        }
    return c;
}

void chunks_free(Chunks *c)
{
    free(c->start), free(c->vector), free(c->pieces);
    *c = (Chunks){0};
}

double use_lite_madds(int tokens)
{
    enum { IN = 256, OUT = USE_LITE_WIDTH, HIDDEN = 1536 };
    const double T = tokens;
    const double narrow = 3 * IN * IN + 2 * IN * OUT; // and widened: q k v out
    const double wide = 4 * OUT * OUT, feed = 2 * OUT * HIDDEN;
    return T * (narrow + wide + 2 * feed) + 2 * T * T * (IN + OUT) + OUT * OUT;
}

// --- what was encoded before ------------------------------------------------

// A number that is another one for other pieces or another encoder.
static uint64_t key_of(const UseLite *m, const Ids *pieces, int n, int stride)
{
    uint64_t key = text_hash(
        (Text){(const char *)m->params->val, m->params->count * sizeof(float)});
    for (int i = 0; i < n; i++) {
        const Text ids = {(const char *)pieces[i].at,
                          (size_t)pieces[i].n * sizeof(int)};
        key = key * 0x9e3779b97f4a7c15u + text_hash(ids) + (uint64_t)stride;
    }
    return key;
}

// Fills in the vectors and returns true if the file is there and holds those
// of this key. Dies with one line if it is damaged.
static bool read_kept(Chunks *c, const char *path, uint64_t key)
{
    char want[24];
    if (access(path, R_OK) != 0)
        return false;
    Safetensors s = safetensors_open(path);
    safetensors_verify(&s);
    const char *note = safetensors_note(&s, "key");
    const char *seconds = safetensors_note(&s, "seconds");
    const char *bytes = safetensors_note(&s, "bytes");
    const Tensor *t = safetensors_find(&s, "vector");
    snprintf(want, sizeof want, "%016llx", (unsigned long long)key);
    const bool same = note && strcmp(note, want) == 0 && seconds && bytes &&
                      t &&
                      t->count == (size_t)c->start[c->n] * (size_t)c->width;
    if (same) {
        tensor_read(&s, t, c->vector, t->count);
        c->seconds = atof(seconds);
        c->bytes = strtoull(bytes, NULL, 10);
    }
    safetensors_close(&s);
    return same;
}

static void write_kept(const Chunks *c, const char *path, uint64_t key)
{
    static const char *const names[] = {"key", "seconds", "bytes"};
    char text[3][24];
    snprintf(text[0], 24, "%016llx", (unsigned long long)key);
    snprintf(text[1], 24, "%.9f", c->seconds);
    snprintf(text[2], 24, "%zu", c->bytes);
    const char *const values[] = {text[0], text[1], text[2]};
    const TensorOut out = {.name = "vector",
                           .type = "F32",
                           .dims = 2,
                           .shape = {c->start[c->n], c->width},
                           .data = c->vector};
    safetensors_write(path, &out, 1, names, values, 3);
}

// --- encoding ---------------------------------------------------------------

static void encode_all(Chunks *c, const UseLite *m, const Ids *pieces,
                       int stride)
{
    enum { FEW = 16 }; // at a time, so that the rows stay in the caches
    Tape *t = tape_new(0, 1);
    t->training = false;
    Ids id = {0};
    int start[FEW + 1] = {0}, waiting = 0, done = 0;
    Progress bar = progress_new("encoding", c->start[c->n], "chunks");
    const double began = seconds_now();
    for (int i = 0; i < c->n; i++)
        for (int k = c->start[i]; k < c->start[i + 1]; k++) {
            const int from = (k - c->start[i]) * stride;
            for (int j = 0; j < c->pieces[k]; j++)
                ids_add(&id, pieces[i].at[from + j]);
            start[++waiting] = id.n;
            if (waiting < FEW && k + 1 < c->start[c->n])
                continue;
            Matrix *y =
                use_lite_vectors(m, t, (Tokens){id.n, id.at, {waiting, start}});
            memcpy(c->vector + (size_t)done * c->width, y->val,
                   (size_t)waiting * c->width * sizeof *y->val);
            done += waiting;
            waiting = id.n = 0;
            tape_reset(t);
            progress(&bar, done, NAN);
        }
    progress_end(&bar);
    c->seconds = done ? (seconds_now() - began) / done : 0;
    c->bytes = t->arena.peak + m->params->count * sizeof(float);
    ids_free(&id);
    tape_free(t);
}

Chunks chunks_encode(const UseLite *m, const Ids *pieces, int n, int stride,
                     const char *kept)
{
    Chunks c = chunks_new(pieces, n, stride);
    const uint64_t key = kept ? key_of(m, pieces, n, stride) : 0;
    if (kept && read_kept(&c, kept, key))
        return c;
    encode_all(&c, m, pieces, stride);
    if (kept)
        write_kept(&c, kept, key);
    return c;
}
