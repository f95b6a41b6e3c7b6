// Vectors of texts; see encoder.h.
#include "17-faq/encoder.h"

#include "15-bert/use_lite.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/progress.h"
#include "common/safetensors.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void unit_row(float *x, int width)
{
    const float length = sqrtf(dot(x, x, width));
    for (int j = 0; j < width && length > 0; j++)
        x[j] /= length;
}

// --- the Universal Sentence Encoder Lite ------------------------------------

static void lite_embed(void *model, const Text *text, int n, float *to)
{
    use_lite_embed(model, text, n, to);
}

static void lite_forget(void *model)
{
    use_lite_free(model);
    free(model);
}

// The mean of the doubled rows has the direction of the mean of the rows.
static void rows_embed(void *model, const Text *text, int n, float *to)
{
    UseLite *m = model;
    const int width = m->word->cols;
    Ids id = {0};
    memset(to, 0, (size_t)n * width * sizeof *to);
    for (int i = 0; i < n; i++) {
        id.n = 0;
        use_lite_pieces(m, text[i], &id);
        for (int k = 0; k < id.n; k++)
            axpy(1, m->word->val + (size_t)id.at[k] * width,
                 to + (size_t)i * width, width);
    }
    ids_free(&id);
}

static Encoder encoder_lite(const Run *run, const char *name,
                            void (*by)(void *, const Text *, int, float *),
                            int width)
{
    char directory[512];
    const char *path = data_path(run, "use-lite", "model.json");
    if (!path || strlen(path) >= sizeof directory)
        return (Encoder){0};
    strcpy(directory, path);
    *strrchr(directory, '/') = 0;
    UseLite *m = new_array(1, sizeof *m);
    *m = use_lite_load(directory);
    const Text numbers = {(const char *)m->params->val,
                          m->params->count * sizeof(float)};
    return (Encoder){name, width, m, text_hash(numbers), by, lite_forget};
}

Encoder encoder_use_lite(const Run *run)
{
    return encoder_lite(run, "USE-lite", lite_embed, USE_LITE_WIDTH);
}

Encoder encoder_rows(const Run *run)
{
    Encoder e = encoder_lite(run, "mean of rows", rows_embed, 0);
    if (e.model)
        e.width = ((UseLite *)e.model)->word->cols;
    return e;
}

void encoder_free(Encoder *e)
{
    if (e->model)
        e->forget(e->model);
    *e = (Encoder){0};
}

// --- kept vectors -----------------------------------------------------------

static void key_of(const Encoder *e, const Text *text, int n, char key[24])
{
    uint64_t h = e->mark + (uint64_t)e->width;
    for (int i = 0; i < n; i++)
        h = h * 0x9e3779b97f4a7c15u + text_hash(text[i]) + text[i].length;
    snprintf(key, 24, "%016llx", (unsigned long long)h);
}

static bool read_kept(const char *path, const char *key, int n, int width,
                      float *to)
{
    if (access(path, R_OK) != 0)
        return false;
    Safetensors s = safetensors_open(path);
    safetensors_verify(&s);
    const char *note = safetensors_note(&s, "key");
    const Tensor *t = safetensors_find(&s, "vector");
    const bool same = note && strcmp(note, key) == 0 && t &&
                      t->count == (size_t)n * (size_t)width;
    if (same)
        tensor_read(&s, t, to, t->count);
    safetensors_close(&s);
    return same;
}

static void write_kept(const char *path, const char *key, int n, int width,
                       const float *x)
{
    const char *const name[] = {"key"}, *const value[] = {key};
    const TensorOut out = {.name = "vector",
                           .type = "F32",
                           .dims = 2,
                           .shape = {n, width},
                           .data = x};
    safetensors_write(path, &out, 1, name, value, 1);
}

// --- encoding and searching -------------------------------------------------

float *encode_texts(const Encoder *e, const Text *text, int n, const char *kept,
                    bool *kept_before)
{
    enum { FEW = 64 };
    char key[24];
    float *x = new_array((size_t)n * e->width + 1, sizeof *x);
    if (kept)
        key_of(e, text, n, key);
    const bool there = kept && read_kept(kept, key, n, e->width, x);
    if (kept_before)
        *kept_before = there;
    if (there)
        return x;
    Progress bar = progress_new("encoding", n, "texts");
    for (int i = 0; i < n; i += FEW) {
        const int m = n - i < FEW ? n - i : FEW;
        e->embed(e->model, text + i, m, x + (size_t)i * e->width);
        progress(&bar, i + m, NAN);
    }
    progress_end(&bar);
    for (int i = 0; i < n; i++)
        unit_row(x + (size_t)i * e->width, e->width);
    if (kept)
        write_kept(kept, key, n, e->width, x);
    return x;
}

void score_dense(const float *question, int n, const float *text, int m,
                 int width, float *score)
{
    gemm_nt(n, m, width, question, width, text, width, score, m, false);
}
