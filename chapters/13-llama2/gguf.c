// Reading and writing GGUF; see gguf.h. The format is described in
// github.com/ggml-org/ggml, docs/gguf.md.
#include "13-llama2/gguf.h"

#include "04-tokenizers/vocab.h"

#include "common/check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the format is little endian, and numbers are copied as such");

enum { ALIGNMENT = 32, MOST_ALIGNMENT = 4096, LONGEST_NAME = 65535 };

// --- reading ----------------------------------------------------------------

// Copies the next `size` bytes off *rest; false if there are not so many.
static bool take(Text *rest, void *to, size_t size)
{
    if (rest->length < size)
        return false;
    memcpy(to, rest->at, size);
    *rest = (Text){rest->at + size, rest->length - size};
    return true;
}

// Cuts `n` bytes off *rest as they lie.
static bool cut(Text *rest, uint64_t n, Text *part)
{
    if (n > rest->length)
        return false;
    *part = (Text){rest->at, n};
    *rest = (Text){rest->at + n, rest->length - n};
    return true;
}

bool gguf_next_text(Text *rest, Text *item)
{
    uint64_t n;
    return take(rest, &n, sizeof n) && cut(rest, n, item);
}

// The bytes of one value of a kind; 0 for texts, arrays and unknown kinds.
static size_t size_of(GgufKind kind)
{
    static const uint8_t size[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return (unsigned)kind < sizeof size ? size[kind] : 0;
}

// Cuts n items of a kind off *rest; v->bytes becomes what they fill.
static bool cut_items(Text *rest, GgufKind kind, uint64_t n, Text *bytes)
{
    const size_t size = size_of(kind);
    if (kind != GGUF_TEXT)
        return size > 0 && n <= rest->length / size &&
               cut(rest, n * size, bytes);
    const char *start = rest->at;
    Text item;
    if (n > rest->length / sizeof(uint64_t)) // each has its length, at least
        return false;
    for (uint64_t i = 0; i < n; i++)
        if (!gguf_next_text(rest, &item))
            return false;
    *bytes = (Text){start, rest->at - start};
    return true;
}

static const char *take_value(Text *rest, GgufValue *v)
{
    uint32_t kind, item;
    if (!gguf_next_text(rest, &v->name) || v->name.length > LONGEST_NAME ||
        !take(rest, &kind, 4))
        return "a value's name is damaged, or the file is cut";
    v->kind = v->item = (GgufKind)kind;
    v->n = 1;
    if (kind == GGUF_ARRAY) {
        if (!take(rest, &item, 4) || !take(rest, &v->n, 8))
            return fault("%.*s: the file is cut", (int)v->name.length,
                         v->name.at);
        v->item = (GgufKind)item;
    }
    if (!cut_items(rest, v->item, v->n, &v->bytes))
        return fault("%.*s: of an unknown kind (%u), or the file is cut",
                     (int)v->name.length, v->name.at, (unsigned)v->item);
    return NULL;
}

size_t gguf_bytes(GgufType type, uint64_t rows, uint64_t cols)
{
    uint64_t block = 1, size = 0, bytes;
    switch (type) {
    case GGUF_TENSOR_F32:
        size = 4;
        break;
    case GGUF_TENSOR_F16:
    case GGUF_TENSOR_BF16:
        size = 2;
        break;
    case GGUF_TENSOR_Q4_0: // 32 numbers: a scale in F16 and 16 bytes
        block = 32;
        size = 18;
        break;
    case GGUF_TENSOR_Q8_0: // 32 numbers: a scale in F16 and 32 bytes
        block = 32;
        size = 34;
        break;
    }
    if (size == 0 || cols % block != 0 ||
        __builtin_mul_overflow(cols / block * size, rows, &bytes) ||
        cols > SIZE_MAX / 64)
        return 0;
    return bytes;
}

// Name, shape and type of a tensor; *offset is where it lies in the data.
static const char *take_tensor(Text *rest, GgufTensor *t, uint64_t *offset)
{
    uint32_t dims, type;
    if (!gguf_next_text(rest, &t->name) || t->name.length > LONGEST_NAME ||
        !take(rest, &dims, 4))
        return "a tensor's name is damaged, or the file is cut";
    const int n = (int)t->name.length;
    if (dims < 1 || dims > GGUF_DIMS)
        return fault("tensor %.*s has %u dimensions, expected 1 to %d", n,
                     t->name.at, dims, GGUF_DIMS);
    t->dims = (int)dims;
    uint64_t rows = 1;
    for (int i = 0; i < t->dims; i++) {
        if (!take(rest, &t->shape[i], 8))
            return fault("tensor %.*s: the file is cut", n, t->name.at);
        if (t->shape[i] == 0 ||
            (i > 0 && __builtin_mul_overflow(rows, t->shape[i], &rows)))
            return fault("tensor %.*s: its shape is empty or too large", n,
                         t->name.at);
    }
    if (!take(rest, &type, 4) || !take(rest, offset, 8))
        return fault("tensor %.*s: the file is cut", n, t->name.at);
    t->type = (GgufType)type;
    t->bytes = gguf_bytes(t->type, rows, t->shape[0]);
    if (!t->bytes)
        return fault("tensor %.*s is of type %u, or its rows of %llu are no "
                     "whole blocks; F32, F16, BF16, Q8_0 and Q4_0 are read",
                     n, t->name.at, type, (unsigned long long)t->shape[0]);
    return NULL;
}

static bool same(Text a, Text b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

// Names are compared in sorted order: a file can have very many.
static int by_name(const void *a, const void *b)
{
    const Text *s = a, *t = b;
    const size_t n = s->length < t->length ? s->length : t->length;
    const int order = memcmp(s->at, t->at, n);
    return order ? order : (s->length > t->length) - (s->length < t->length);
}

static const char *check_names(const Gguf *g)
{
    const int n = g->values + g->tensors;
    Text *name = new_array(n, sizeof *name);
    const char *wrong = NULL;
    for (int i = 0; i < g->values; i++)
        name[i] = g->value[i].name;
    for (int i = 0; i < g->tensors; i++)
        name[g->values + i] = g->tensor[i].name;
    qsort(name, g->values, sizeof *name, by_name);
    qsort(name + g->values, g->tensors, sizeof *name, by_name);
    for (int i = 1; i < n && !wrong; i++)
        if (i != g->values && same(name[i - 1], name[i]))
            wrong =
                fault("%.*s is there twice", (int)name[i].length, name[i].at);
    free(name);
    return wrong;
}

static const char *take_values(Gguf *g, Text *rest, uint64_t n)
{
    if (n > rest->length / 13) // a name's length, a kind, a byte
        return fault("%llu values: the file is cut", (unsigned long long)n);
    g->value = new_array(n, sizeof *g->value);
    const char *wrong = NULL;
    while (!wrong && (uint64_t)g->values < n)
        wrong = take_value(rest, &g->value[g->values++]);
    return wrong;
}

// Finds where each tensor lies: where the one before it ends, from byte `data`
// of the file on. (llama.cpp, too, refuses a file with gaps or overlaps.)
static const char *place_tensors(Gguf *g, const uint64_t *offset, Text all,
                                 uint64_t data, uint64_t alignment)
{
    uint64_t next = 0;
    for (int i = 0; i < g->tensors; i++) {
        GgufTensor *t = &g->tensor[i];
        const int n = (int)t->name.length;
        if (offset[i] != next)
            return fault("tensor %.*s begins at %llu of the data, expected "
                         "%llu: where the one before it ends",
                         n, t->name.at, (unsigned long long)offset[i],
                         (unsigned long long)next);
        if (data + next > all.length || t->bytes > all.length - data - next)
            return fault("tensor %.*s (%zu bytes at %llu of the data) reaches "
                         "beyond the file: it is cut",
                         n, t->name.at, t->bytes, (unsigned long long)next);
        t->data = all.at + data + next;
        next = (next + t->bytes + alignment - 1) / alignment * alignment;
    }
    return NULL;
}

static const char *take_tensors(Gguf *g, Text *rest, uint64_t n, Text all)
{
    if (n > rest->length / 32)
        return fault("%llu tensors: the file is cut", (unsigned long long)n);
    g->tensor = new_array(n, sizeof *g->tensor);
    uint64_t *offset = new_array(n, sizeof *offset);
    const char *wrong = NULL;
    while (!wrong && (uint64_t)g->tensors < n) {
        wrong = take_tensor(rest, &g->tensor[g->tensors], &offset[g->tensors]);
        g->tensors++;
    }
    int64_t alignment = ALIGNMENT;
    if (!wrong && gguf_value(g, "general.alignment") &&
        (!gguf_int(g, "general.alignment", &alignment) || alignment < 8 ||
         alignment > MOST_ALIGNMENT || (alignment & (alignment - 1))))
        wrong = "general.alignment is no power of two from 8 to 4096";
    if (!wrong) { // else the alignment may be 0
        const uint64_t data = rest->at - all.at;
        wrong = place_tensors(g, offset, all,
                              (data + alignment - 1) / alignment * alignment,
                              alignment);
    }
    free(offset);
    return wrong;
}

const char *gguf_parse(Gguf *g, Text bytes)
{
    Text rest = bytes;
    char magic[4];
    uint64_t tensors, values;
    *g = (Gguf){0};
    if (!take(&rest, magic, 4) || memcmp(magic, "GGUF", 4) != 0)
        return "does not begin with \"GGUF\"";
    if (!take(&rest, &g->version, 4) || !take(&rest, &tensors, 8) ||
        !take(&rest, &values, 8))
        return "the file is cut within its first 24 bytes";
    if (g->version != 2 && g->version != 3)
        return fault("GGUF version %u, expected 2 or 3", g->version);
    if (tensors > INT_MAX / 2 || values > INT_MAX / 2)
        return "more tensors or values than a file can have";
    const char *wrong = take_values(g, &rest, values);
    if (!wrong)
        wrong = take_tensors(g, &rest, tensors, bytes);
    if (!wrong)
        wrong = check_names(g);
    if (wrong)
        gguf_free(g);
    return wrong;
}

void gguf_free(Gguf *g)
{
    free(g->value);
    free(g->tensor);
    *g = (Gguf){0};
}

// --- finding ----------------------------------------------------------------

const GgufTensor *gguf_tensor(const Gguf *g, const char *name)
{
    for (int i = 0; i < g->tensors; i++)
        if (text_equal(g->tensor[i].name, name))
            return &g->tensor[i];
    return NULL;
}

const GgufValue *gguf_value(const Gguf *g, const char *name)
{
    for (int i = 0; i < g->values; i++)
        if (text_equal(g->value[i].name, name))
            return &g->value[i];
    return NULL;
}

bool gguf_int(const Gguf *g, const char *name, int64_t *to)
{
    const GgufValue *v = gguf_value(g, name);
    if (!v || v->kind == GGUF_TEXT || v->kind == GGUF_ARRAY ||
        v->kind == GGUF_F32 || v->kind == GGUF_F64)
        return false;
    const int unused = 64 - 8 * (int)v->bytes.length;
    const bool negative = v->kind == GGUF_I8 || v->kind == GGUF_I16 ||
                          v->kind == GGUF_I32 || v->kind == GGUF_I64;
    uint64_t bits = 0;
    memcpy(&bits, v->bytes.at, v->bytes.length);
    if (!negative && bits > INT64_MAX)
        return false;
    *to = negative ? (int64_t)(bits << unused) >> unused : (int64_t)bits;
    return true;
}

bool gguf_float(const Gguf *g, const char *name, float *to)
{
    const GgufValue *v = gguf_value(g, name);
    if (!v || v->kind != GGUF_F32)
        return false;
    memcpy(to, v->bytes.at, sizeof *to);
    return true;
}

bool gguf_text(const Gguf *g, const char *name, Text *to)
{
    const GgufValue *v = gguf_value(g, name);
    Text rest = v ? v->bytes : (Text){0};
    return v && v->kind == GGUF_TEXT && gguf_next_text(&rest, to);
}

float gguf_float_at(const GgufValue *v, uint64_t i)
{
    float x;
    check(v->item == GGUF_F32 && i < v->n, "item %llu", (unsigned long long)i);
    memcpy(&x, v->bytes.at + i * sizeof x, sizeof x);
    return x;
}

int gguf_int_at(const GgufValue *v, uint64_t i)
{
    int32_t x;
    check(v->item == GGUF_I32 && i < v->n, "item %llu", (unsigned long long)i);
    memcpy(&x, v->bytes.at + i * sizeof x, sizeof x);
    return x;
}

// --- writing ----------------------------------------------------------------

static void put_text(Buffer *b, Text t)
{
    const uint64_t n = t.length;
    buffer_add(b, &n, sizeof n);
    buffer_add(b, t.at, t.length);
}

static void put(GgufOut *o, const char *name, uint32_t kind, const void *value,
                size_t size)
{
    put_text(&o->values, text_of(name));
    buffer_add(&o->values, &kind, sizeof kind);
    buffer_add(&o->values, value, size);
    o->n_values++;
}

void gguf_put_int(GgufOut *o, const char *name, uint32_t value)
{
    put(o, name, GGUF_U32, &value, sizeof value);
}

void gguf_put_bool(GgufOut *o, const char *name, bool value)
{
    put(o, name, GGUF_BOOL, &(char){value}, 1);
}

void gguf_put_float(GgufOut *o, const char *name, float value)
{
    put(o, name, GGUF_F32, &value, sizeof value);
}

void gguf_put_text(GgufOut *o, const char *name, const char *value)
{
    put(o, name, GGUF_TEXT, NULL, 0);
    put_text(&o->values, text_of(value));
}

static void put_array(GgufOut *o, const char *name, uint32_t item, uint64_t n)
{
    put(o, name, GGUF_ARRAY, &item, sizeof item);
    buffer_add(&o->values, &n, sizeof n);
}

void gguf_put_texts(GgufOut *o, const char *name, const Text *item, int n)
{
    put_array(o, name, GGUF_TEXT, n);
    for (int i = 0; i < n; i++)
        put_text(&o->values, item[i]);
}

void gguf_put_floats(GgufOut *o, const char *name, const float *item, int n)
{
    put_array(o, name, GGUF_F32, n);
    buffer_add(&o->values, item, n * sizeof *item);
}

void gguf_put_ints(GgufOut *o, const char *name, const int *item, int n)
{
    put_array(o, name, GGUF_I32, n);
    buffer_add(&o->values, item, n * sizeof *item);
}

static size_t aligned(size_t n)
{
    return (n + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

void gguf_put_tensor(GgufOut *o, const char *name, GgufType type, int rows,
                     int cols, const void *data)
{
    const uint64_t shape[2] = {cols, rows}, n = o->n_tensors++;
    const uint32_t dims = rows == 1 ? 1 : 2, number = type;
    put_text(&o->tensors, text_of(name));
    buffer_add(&o->tensors, &dims, sizeof dims);
    buffer_add(&o->tensors, shape, dims * sizeof *shape);
    buffer_add(&o->tensors, &number, sizeof number);
    buffer_add(&o->tensors, &o->at, sizeof o->at);
    o->data = grow_array(o->data, n + 1, sizeof *o->data);
    o->data[n] = (Text){data, gguf_bytes(type, rows, cols)};
    check(o->data[n].length > 0, "%s: %d x %d of type %u", name, rows, cols,
          number);
    o->at += aligned(o->data[n].length);
}

void gguf_save(GgufOut *o, const char *path)
{
    static const char zeros[ALIGNMENT];
    Buffer head = {0};
    buffer_add(&head, "GGUF\3\0\0\0", 8);
    buffer_add(&head, &o->n_tensors, 8);
    buffer_add(&head, &o->n_values, 8);
    buffer_add(&head, o->values.at, o->values.length);
    buffer_add(&head, o->tensors.at, o->tensors.length);
    while (head.length % ALIGNMENT)
        buffer_add(&head, "", 1);
    // The numbers may be as large as memory: they go to the file as they lie.
    Text *part = new_array(2 * o->n_tensors + 1, sizeof *part);
    part[0] = (Text){head.at, head.length};
    for (uint64_t i = 0; i < o->n_tensors; i++) {
        const size_t n = o->data[i].length;
        part[2 * i + 1] = o->data[i];
        part[2 * i + 2] = (Text){zeros, aligned(n) - n};
    }
    text_write_parts(path, part, 2 * o->n_tensors + 1);
    free(part);
    buffer_free(&head);
    buffer_free(&o->values);
    buffer_free(&o->tensors);
    free(o->data);
    *o = (GgufOut){0};
}
