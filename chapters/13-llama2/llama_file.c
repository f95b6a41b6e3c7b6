// Opening a model, whatever kind of file it is, and turning its weights into
// F32; see llama_file.h. The kinds: read_bin.c, read_gguf.c, read_folder.c.
#include "13-llama2/llama_file.h"

#include "04-tokenizers/vocab.h"

#include "common/check.h"
#include "common/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const LlamaTensor *llama_part(const LlamaFile *f, int l, LlamaPart p)
{
    check(l >= 0 && l < f->shape.layers, "layer %d of %d", l, f->shape.layers);
    return &f->part[l * LLAMA_PARTS + p];
}

void llama_part_shape(const LlamaShape *s, LlamaPart p, int *rows, int *cols)
{
    const bool norm = p == LLAMA_ATTENTION_NORM || p == LLAMA_FEED_NORM;
    *cols = p == LLAMA_DOWN ? s->hidden : s->width;
    *rows = norm                               ? 1
            : p == LLAMA_K || p == LLAMA_V     ? llama_key_width(s)
            : p == LLAMA_GATE || p == LLAMA_UP ? s->hidden
                                               : s->width;
}

LlamaMatrix llama_matrix(const Llama *m, int l, LlamaPart p)
{
    check(l >= 0 && l < m->shape.layers, "layer %d of %d", l, m->shape.layers);
    const LlamaLayer *w = &m->layer[l];
    const int d = m->shape.width;
    const LlamaMatrix part[LLAMA_PARTS] = {
        [LLAMA_ATTENTION_NORM] = llama_floats(w->attention_norm, 1, d),
        [LLAMA_Q] = w->q,
        [LLAMA_K] = w->k,
        [LLAMA_V] = w->v,
        [LLAMA_OUT] = w->out,
        [LLAMA_FEED_NORM] = llama_floats(w->feed_norm, 1, d),
        [LLAMA_GATE] = w->gate,
        [LLAMA_DOWN] = w->down,
        [LLAMA_UP] = w->up};
    return part[p];
}

LlamaLayer llama_layer(const LlamaMatrix *part)
{
    return (LlamaLayer){.attention_norm = part[LLAMA_ATTENTION_NORM].at,
                        .q = part[LLAMA_Q],
                        .k = part[LLAMA_K],
                        .v = part[LLAMA_V],
                        .out = part[LLAMA_OUT],
                        .feed_norm = part[LLAMA_FEED_NORM].at,
                        .gate = part[LLAMA_GATE],
                        .up = part[LLAMA_UP],
                        .down = part[LLAMA_DOWN]};
}

// --- opening ----------------------------------------------------------------

static void *map_file(const char *path, int fd, size_t size)
{
    void *map = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (map == MAP_FAILED)
        die("%s: cannot be mapped: %s", path, strerror(errno));
    // Where the system can keep a file in large pages, it may.
    if (map)
        madvise(map, size, MADV_HUGEPAGE);
    close(fd);
    return map;
}

static bool begins(const void *bytes, size_t size, const char *with)
{
    return size >= 4 && memcmp(bytes, with, 4) == 0;
}

static Buffer in_folder(const char *folder, const char *name)
{
    Buffer b = {0};
    buffer_print(&b, "%s/%s", folder, name);
    return b;
}

// The shards that model.safetensors.index.json names, or model.safetensors.
static Safetensors *open_shards(const char *folder, int *n)
{
    Buffer index = in_folder(folder, "model.safetensors.index.json"), json;
    char one_name[] = "model.safetensors";
    char *one[] = {one_name, NULL}, **names = one;
    if (text_read_if(index.at, &json)) {
        const char *wrong =
            llama_parse_index((Text){json.at, json.length}, &names);
        if (wrong)
            die("%s: %s", index.at, wrong);
        buffer_free(&json);
    }
    for (*n = 0; names[*n];)
        ++*n;
    Safetensors *shard = new_array(*n, sizeof *shard);
    for (int i = 0; i < *n; i++) {
        Buffer path = in_folder(folder, names[i]);
        shard[i] = safetensors_open(path.at);
        buffer_free(&path);
        if (names != one)
            free(names[i]);
    }
    if (names != one)
        free(names);
    buffer_free(&index);
    return shard;
}

static void open_folder(LlamaFile *f, const char *path)
{
    Buffer config = in_folder(path, "config.json");
    Buffer json = text_read(config.at);
    int n;
    Safetensors *shard = open_shards(path, &n);
    const char *wrong =
        llama_parse_folder(f, (Text){json.at, json.length}, shard, n);
    if (wrong)
        die("%s: %s", path, wrong);
    buffer_free(&json);
    buffer_free(&config);
}

LlamaFile llama_open(const char *path)
{
    LlamaFile f = {0};
    struct stat info;
    // Without waiting for the writer of a pipe: what it is, is asked first.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &info) < 0)
        die("%s: %s", path,
            errno == ENOENT ? "there is no such file" : strerror(errno));
    if (S_ISDIR(info.st_mode)) {
        close(fd);
        open_folder(&f, path);
    } else {
        if (!S_ISREG(info.st_mode))
            die("%s: is not a regular file", path);
        const size_t size = info.st_size;
        void *map = map_file(path, fd, size);
        const char *wrong = begins(map, size, "GGUF")
                                ? llama_parse_gguf(&f, map, size)
                                : llama_parse_bin(&f, map, size);
        if (wrong)
            die("%s: %s", path, wrong);
    }
    f.path = copy_text(path);
    return f;
}

void llama_close(LlamaFile *f)
{
    for (int i = 0; i < f->shards; i++)
        safetensors_close(&f->shard[i]);
    if (f->path && f->map)
        munmap(f->map, f->size);
    gguf_free(&f->gguf);
    free(f->shard);
    free(f->part);
    free(f->path);
    *f = (LlamaFile){0};
}

// --- numbers ----------------------------------------------------------------

static const struct {
    const char *name;
    int block, bytes; // so many numbers take so many bytes
} types[] = {
    [LLAMA_F32] = {"F32", 1, 4},     [LLAMA_F16] = {"F16", 1, 2},
    [LLAMA_BF16] = {"BF16", 1, 2},   [LLAMA_Q8_0] = {"Q8_0", 32, 34},
    [LLAMA_Q4_0] = {"Q4_0", 32, 18}, [LLAMA_INT8] = {"INT8", 1, 1},
};

const char *llama_type_name(LlamaType type)
{
    return types[type].name;
}

size_t llama_tensor_bytes(const LlamaTensor *t)
{
    const size_t count = (size_t)t->rows * t->cols;
    const size_t scales =
        t->type == LLAMA_INT8 ? count / t->group * sizeof(float) : 0;
    return count / types[t->type].block * types[t->type].bytes + scales;
}

// 16 bits at any address.
static uint16_t two_bytes(const uint8_t *p)
{
    uint16_t u;
    memcpy(&u, p, sizeof u);
    return u;
}

static float brain(uint16_t u)
{
    const uint32_t bits = (uint32_t)u << 16;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// Blocks of 32 numbers with one scale: x = scale * q.
static void blocks_to_float(LlamaType type, const uint8_t *p, size_t n,
                            float *out)
{
    for (size_t i = 0; i < n; i += 32, p += types[type].bytes) {
        const float scale = half_to_float(two_bytes(p));
        for (int j = 0; j < 32; j++)
            if (type == LLAMA_Q8_0)
                out[i + j] = scale * (float)(int8_t)p[2 + j];
            else // the first 16 are the low halves of the bytes
                out[i + j] =
                    scale *
                    (float)((j < 16 ? p[2 + j] & 15 : p[2 + j - 16] >> 4) - 8);
    }
}

static void int8_to_float(const LlamaTensor *t, size_t first, size_t n,
                          float *out)
{
    const int8_t *q = (const int8_t *)t->data + first;
    for (size_t i = 0; i < n; i++) {
        float scale;
        memcpy(&scale, (const char *)t->scales + (first + i) / t->group * 4, 4);
        out[i] = scale * (float)q[i];
    }
}

void llama_rows(const LlamaTensor *t, int from, int to, float *out)
{
    check(from >= 0 && from <= to && to <= t->rows, "rows %d to %d of %d", from,
          to, t->rows);
    const size_t first = (size_t)from * t->cols;
    const size_t n = (size_t)(to - from) * t->cols;
    const uint8_t *p = (const uint8_t *)t->data +
                       first / types[t->type].block * types[t->type].bytes;
    switch (t->type) {
    case LLAMA_F32:
        memcpy(out, p, n * sizeof *out);
        break;
    case LLAMA_F16:
        for (size_t i = 0; i < n; i++)
            out[i] = half_to_float(two_bytes(p + 2 * i));
        break;
    case LLAMA_BF16:
        for (size_t i = 0; i < n; i++)
            out[i] = brain(two_bytes(p + 2 * i));
        break;
    case LLAMA_Q8_0:
    case LLAMA_Q4_0:
        blocks_to_float(t->type, p, n, out);
        break;
    case LLAMA_INT8:
        int8_to_float(t, first, n, out);
        break;
    }
}

// --- loading ----------------------------------------------------------------

static bool in_place(const LlamaTensor *t)
{
    return t->type == LLAMA_F32 && (uintptr_t)t->data % sizeof(float) == 0;
}

static size_t room_for(const LlamaTensor *t)
{
    return in_place(t) ? 0 : (size_t)t->rows * t->cols * sizeof(float) + 64;
}

size_t llama_load_bytes(const LlamaFile *f)
{
    size_t bytes = room_for(&f->pieces) + room_for(&f->norm);
    if (!f->shape.tied)
        bytes += room_for(&f->output);
    for (int i = 0; i < f->shape.layers * LLAMA_PARTS; i++)
        bytes += room_for(&f->part[i]);
    return bytes;
}

typedef struct Conversion {
    const LlamaTensor *t;
    float *to;
} Conversion;

static void convert_rows(void *context, int from, int to)
{
    const Conversion *c = context;
    llama_rows(c->t, from, to, c->to + (size_t)from * c->t->cols);
}

static LlamaMatrix load(Arena *a, const LlamaTensor *t)
{
    if (in_place(t))
        return llama_floats(t->data, t->rows, t->cols);
    float *to = arena_take(a, (size_t)t->rows * t->cols, sizeof *to);
    parallel_for(t->rows, 4.0 * t->cols, convert_rows, &(Conversion){t, to});
    return llama_floats(to, t->rows, t->cols);
}

Llama llama_load(const LlamaFile *f)
{
    Llama m = {.shape = f->shape, .path = f->path};
    const int n = f->shape.layers;
    m.arena = arena_new(llama_load_bytes(f) + n * sizeof *m.layer + 64);
    Arena *a = &m.arena;
    m.pieces = load(a, &f->pieces);
    m.norm = load(a, &f->norm).at;
    m.output = f->shape.tied ? m.pieces : load(a, &f->output);
    m.layer = arena_take(a, n, sizeof *m.layer);
    for (int l = 0; l < n; l++) {
        LlamaMatrix w[LLAMA_PARTS];
        for (int p = 0; p < LLAMA_PARTS; p++)
            w[p] = load(a, llama_part(f, l, p));
        m.layer[l] = llama_layer(w);
    }
    return m;
}
