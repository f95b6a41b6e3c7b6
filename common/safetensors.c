// Reading and writing safetensors; see safetensors.h.
//
// Reading believes nothing. The rules are those of the format's own library
// (github.com/huggingface/safetensors): the header has at most 100 MB, begins
// with "{", is UTF-8 and names nothing twice; each tensor's bytes are as many
// as its shape and type need; all together cover the rest of the file without
// a gap or an overlap. So a cut or a lengthened file is never accepted.
#include "common/safetensors.h"

#include "common/check.h"
#include "common/text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "the format is little endian, and numbers are copied as such");
_Static_assert(sizeof(size_t) == 8, "lengths in a file have 64 bits");

enum { MOST_HEADER = 100000000 };

typedef enum Kind { OTHER, FLOAT, HALF, BRAIN, DOUBLE, SIGNED, UNSIGNED } Kind;

typedef struct Type {
    const char *name;
    int bits;
    Kind kind;
} Type;

static const Type types[] = {
    {"F32", 32, FLOAT},    {"F16", 16, HALF},         {"BF16", 16, BRAIN},
    {"F64", 64, DOUBLE},   {"I64", 64, SIGNED},       {"I32", 32, SIGNED},
    {"I16", 16, SIGNED},   {"I8", 8, SIGNED},         {"U64", 64, UNSIGNED},
    {"U32", 32, UNSIGNED}, {"U16", 16, UNSIGNED},     {"U8", 8, UNSIGNED},
    {"BOOL", 8, UNSIGNED}, {"F8_E4M3", 8, OTHER},     {"F8_E5M2", 8, OTHER},
    {"F8_E8M0", 8, OTHER}, {"F8_E4M3FNUZ", 8, OTHER}, {"F8_E5M2FNUZ", 8, OTHER},
    {"F6_E2M3", 6, OTHER}, {"F6_E3M2", 6, OTHER},     {"F4", 4, OTHER},
    {"C64", 64, OTHER},
};

static const Type *type_named(const char *name)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return NULL;
}

// --- checking a header ------------------------------------------------------

// Makes the text that says what is wrong: one line, whatever a name in the
// file holds.
static __attribute__((format(printf, 1, 2))) const char *
wrong(const char *format, ...)
{
    static char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *p = text; *p; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    return text;
}

// True if the item is a whole number that a double holds exactly.
static bool whole(const cJSON *item, size_t *to)
{
    double d = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(d >= 0 && d < 9007199254740992.0 && d == floor(d)))
        return false;
    *to = (size_t)d;
    return true;
}

// The member of that name, or NULL if there is none or more than one.
static const cJSON *member(const cJSON *object, const char *name)
{
    const cJSON *found = NULL;
    for (const cJSON *c = object->child; c; c = c->next)
        if (strcmp(c->string, name) == 0) {
            if (found)
                return NULL;
            found = c;
        }
    return found;
}

// Type, shape, count and the number of bytes.
static const char *take_shape(Tensor *t, const cJSON *item)
{
    const cJSON *dtype = member(item, "dtype"), *shape = member(item, "shape");
    if (!cJSON_IsString(dtype))
        return wrong("tensor \"%.80s\": expected one \"dtype\", a text",
                     t->name);
    const Type *type = type_named(dtype->valuestring);
    if (!type)
        return wrong("tensor \"%.80s\": unknown type \"%.20s\"", t->name,
                     dtype->valuestring);
    snprintf(t->type, sizeof t->type, "%s", type->name);
    if (!cJSON_IsArray(shape))
        return wrong("tensor \"%.80s\": expected one \"shape\", a list",
                     t->name);
    t->count = 1;
    for (const cJSON *c = shape->child; c; c = c->next) {
        size_t n;
        if (!whole(c, &n))
            return wrong("tensor \"%.80s\": number %d of its shape is no whole "
                         "number from 0 to 2^53 - 1",
                         t->name, t->dims + 1);
        if (t->dims == TENSOR_DIMS)
            return wrong("tensor \"%.80s\": more than %d dimensions", t->name,
                         TENSOR_DIMS);
        t->shape[t->dims++] = (int64_t)n;
        if (__builtin_mul_overflow(t->count, n, &t->count))
            return wrong("tensor \"%.80s\": its shape is too large", t->name);
    }
    size_t bits;
    if (__builtin_mul_overflow(t->count, (size_t)type->bits, &bits))
        return wrong("tensor \"%.80s\": its shape is too large", t->name);
    if (bits % 8 != 0)
        return wrong("tensor \"%.80s\": its shape and type end within a byte",
                     t->name);
    t->bytes = bits / 8;
    return NULL;
}

static const char *take_tensor(Tensor *t, const cJSON *item, const char *data,
                               size_t size)
{
    t->name = copy_text(item->string);
    if (!cJSON_IsObject(item))
        return wrong("tensor \"%.80s\": expected dtype, shape and data_offsets",
                     t->name);
    const char *problem = take_shape(t, item);
    if (problem)
        return problem;
    const cJSON *place = member(item, "data_offsets");
    size_t begin, end;
    if (!cJSON_IsArray(place) || cJSON_GetArraySize(place) != 2 ||
        !whole(place->child, &begin) || !whole(place->child->next, &end))
        return wrong("tensor \"%.80s\": expected one \"data_offsets\", two "
                     "whole numbers",
                     t->name);
    if (begin > end)
        return wrong("tensor \"%.80s\": data_offsets: %zu is behind %zu",
                     t->name, begin, end);
    if (end > size)
        return wrong("tensor \"%.80s\": data_offsets reach to byte %zu of the "
                     "data, which have %zu: the file is cut",
                     t->name, end, size);
    if (end - begin != t->bytes)
        return wrong("tensor \"%.80s\": data_offsets give %zu bytes, shape "
                     "and type need %zu",
                     t->name, end - begin, t->bytes);
    t->data = data + begin;
    return NULL;
}

static const char *take_notes(Safetensors *s, const cJSON *item)
{
    if (s->key)
        return wrong("__metadata__ is there twice");
    if (!cJSON_IsObject(item))
        return wrong("__metadata__: expected texts by name");
    int n = cJSON_GetArraySize(item);
    s->key = new_array(n, sizeof *s->key);
    s->value = new_array(n, sizeof *s->value);
    for (const cJSON *c = item->child; c; c = c->next) {
        if (!cJSON_IsString(c))
            return wrong("__metadata__: \"%.80s\" is not a text", c->string);
        s->key[s->notes] = copy_text(c->string);
        s->value[s->notes++] = copy_text(c->valuestring);
    }
    return NULL;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// The first of n texts that is there twice, or NULL. Sorts them.
static const char *twice(const char **text, int n)
{
    qsort(text, n, sizeof *text, by_text);
    for (int i = 1; i < n; i++)
        if (strcmp(text[i - 1], text[i]) == 0)
            return text[i];
    return NULL;
}

static const char *check_names(const Safetensors *s)
{
    int most = s->n > s->notes ? s->n : s->notes;
    const char **name = new_array(most, sizeof *name), *problem = NULL;
    for (int i = 0; i < s->n; i++)
        name[i] = s->tensor[i].name;
    const char *same = twice(name, s->n);
    if (same)
        problem = wrong("tensor \"%.80s\" is there twice", same);
    for (int i = 0; i < s->notes; i++)
        name[i] = s->key[i];
    same = twice(name, s->notes);
    if (same)
        problem = wrong("__metadata__: \"%.80s\" is there twice", same);
    free(name);
    return problem;
}

// Empty tensors come before the one that begins where they stand.
static int by_place(const void *a, const void *b)
{
    const Tensor *s = a, *t = b;
    if (s->data != t->data)
        return (const char *)s->data < (const char *)t->data ? -1 : 1;
    if (s->bytes != t->bytes)
        return s->bytes < t->bytes ? -1 : 1;
    return strcmp(s->name, t->name);
}

// Sorts the tensors by their places, which must cover the data.
static const char *check_places(Safetensors *s, const char *data, size_t size)
{
    qsort(s->tensor, s->n, sizeof *s->tensor, by_place);
    size_t next = 0;
    for (int i = 0; i < s->n; i++) {
        const Tensor *t = &s->tensor[i];
        size_t begin = (const char *)t->data - data;
        if (begin != next)
            return wrong("tensor \"%.80s\" begins at byte %zu of the data, "
                         "expected %zu: %s",
                         t->name, begin, next,
                         begin > next ? "a gap" : "an overlap");
        next += t->bytes;
    }
    if (next != size)
        return wrong("%zu bytes of data, but the tensors fill %zu: something "
                     "was added at the end",
                     size, next);
    return NULL;
}

// cJSON lets pass what the format does not: control characters and, as C's
// strings end there, "\u0000".
static const char *check_text(const char *text, size_t n)
{
    if (n == 0 || text[0] != '{')
        return wrong("the header (byte 8) does not begin with \"{\"");
    ptrdiff_t bad = utf8_invalid((Text){text, n});
    if (bad >= 0)
        return wrong("the header is not UTF-8 at byte %td", 8 + bad);
    for (size_t i = 0; i < n; i++) {
        bool zero = n - i >= 6 && memcmp(text + i, "\\u0000", 6) == 0;
        if (zero || ((uint8_t)text[i] < ' ' && !strchr("\t\n\r", text[i])) ||
            text[i] == 0)
            return wrong("the header has a control character at byte %zu",
                         8 + i);
        i += text[i] == '\\'; // what is escaped does not escape
    }
    return NULL;
}

static const char *parse_header(Safetensors *s, const cJSON *json,
                                const char *data, size_t size)
{
    s->tensor = new_array(cJSON_GetArraySize(json), sizeof *s->tensor);
    const char *problem = NULL;
    for (const cJSON *c = json->child; c && !problem; c = c->next)
        problem = strcmp(c->string, "__metadata__") == 0
                      ? take_notes(s, c)
                      : take_tensor(&s->tensor[s->n++], c, data, size);
    if (!problem)
        problem = check_names(s);
    if (!problem)
        problem = check_places(s, data, size);
    return problem;
}

const char *safetensors_parse(Safetensors *s, const void *bytes, size_t size)
{
    *s = (Safetensors){.map = (void *)bytes, .size = size};
    size_t length;
    if (size < sizeof length)
        return wrong("%zu bytes, expected at least 8: the file is cut", size);
    memcpy(&length, bytes, sizeof length);
    if (length > MOST_HEADER)
        return wrong("the header's length (bytes 0 to 7) is %zu, expected at "
                     "most %d: not a safetensors file",
                     length, MOST_HEADER);
    if (length > size - 8)
        return wrong("the header needs %zu bytes, %zu are there: the file is "
                     "cut",
                     length, size - 8);
    const char *text = (const char *)bytes + 8;
    const char *problem = check_text(text, length);
    if (problem)
        return problem;
    // A copy with a zero behind it: versions of cJSON looked one byte too far.
    char *copy = memcpy(new_array(length + 1, 1), text, length);
    const char *end = copy;
    cJSON *json = cJSON_ParseWithLengthOpts(copy, length + 1, &end, false);
    size_t used = end - copy;
    used += strspn(copy + used, " \t\n\r");
    if (!json || used != length)
        problem = wrong("the header is not JSON at byte %zu", 8 + used);
    else
        problem = parse_header(s, json, text + length, size - 8 - length);
    cJSON_Delete(json);
    free(copy);
    if (problem)
        safetensors_close(s);
    return problem;
}

// --- opening, finding, reading ----------------------------------------------

Safetensors safetensors_open(const char *path)
{
    // Without waiting for the writer of a pipe: what it is, is asked first.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat info;
    if (fd < 0 && errno == ENOENT)
        die("%s: there is no such file", path);
    if (fd < 0 || fstat(fd, &info) < 0)
        die("%s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        die("%s: is not a regular file", path);
    size_t size = info.st_size;
    void *map = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (map == MAP_FAILED)
        die("%s: cannot be mapped: %s", path, strerror(errno));
    close(fd);
    Safetensors s;
    const char *problem = safetensors_parse(&s, map, size);
    if (problem)
        die("%s: %s", path, problem);
    s.path = copy_text(path);
    return s;
}

void safetensors_close(Safetensors *s)
{
    for (int i = 0; i < s->n; i++)
        free(s->tensor[i].name);
    for (int i = 0; i < s->notes; i++) {
        free(s->key[i]);
        free(s->value[i]);
    }
    free(s->tensor);
    free(s->key);
    free(s->value);
    if (s->path) // else the bytes are the caller's
        munmap(s->map, s->size);
    free(s->path);
    *s = (Safetensors){0};
}

const Tensor *safetensors_find(const Safetensors *s, const char *name)
{
    for (int i = 0; i < s->n; i++)
        if (strcmp(s->tensor[i].name, name) == 0)
            return &s->tensor[i];
    return NULL;
}

const char *safetensors_note(const Safetensors *s, const char *key)
{
    for (int i = 0; i < s->notes; i++)
        if (strcmp(s->key[i], key) == 0)
            return s->value[i];
    return NULL;
}

static const char *file_of(const Safetensors *s)
{
    return s->path ? s->path : "safetensors in memory";
}

static float from_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

// F16 has 1 bit of sign, 5 of exponent (less 15) and 10 of fraction; float32
// has 1, 8 (less 127) and 23.
float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    uint32_t exponent = h >> 10 & 0x1f, fraction = h & 0x3ff;
    if (exponent == 0) // zero or subnormal: fraction / 2^24, exact in float32
        return from_bits(sign | bits_of((float)fraction * 0x1p-24f));
    if (exponent == 31) // infinity or not a number
        return from_bits(sign | 0x7f800000 | fraction << 13);
    return from_bits(sign | (exponent - 15 + 127) << 23 | fraction << 13);
}

// Drops the lowest n bits, rounding to nearest, ties to even. A carry out of
// the fraction raises the exponent, as it should, up to infinity.
static uint32_t round_off(uint32_t bits, int n)
{
    return (bits + ((1u << (n - 1)) - 1) + (bits >> n & 1)) >> n;
}

uint16_t float_to_half(float x)
{
    uint32_t bits = bits_of(x) & 0x7fffffff, half;
    if (bits > 0x7f800000) // not a number: the upper payload, but not nothing
        half = 0x7c00 | ((bits >> 13 & 0x3ff) ? bits >> 13 & 0x3ff : 0x200);
    else if (bits >= 0x47800000) // 65536 and above
        half = 0x7c00;
    else if (bits < 0x38800000) // below 2^-14: in 0.5 + |x| the last bit is
        half = bits_of(0.5f + from_bits(bits)) - bits_of(0.5f); // worth 2^-24
    else
        half = round_off(bits - ((127 - 15) << 23), 13);
    return (uint16_t)((bits_of(x) >> 16 & 0x8000) | half);
}

// BF16 is the upper half of a float32.
static uint16_t to_brain(float x)
{
    uint32_t bits = bits_of(x);
    if (x != x)
        return (uint16_t)(bits >> 16 | ((bits >> 16 & 0x7f) ? 0 : 0x40));
    return (uint16_t)round_off(bits, 16);
}

// The number at p, of the types that are rarely read.
static float number(const Type *type, const uint8_t *p)
{
    uint64_t bits = 0;
    memcpy(&bits, p, type->bits / 8);
    int unused = 64 - type->bits;
    double d;
    memcpy(&d, &bits, sizeof d);
    switch (type->kind) {
    case DOUBLE:
        return (float)d;
    case SIGNED: // the shifts repeat the sign's bit
        return (float)((int64_t)(bits << unused) >> unused);
    default:
        return (float)bits;
    }
}

void tensor_read(const Safetensors *s, const Tensor *t, float *to, size_t count)
{
    const Type *type = type_named(t->type);
    if (t->count != count)
        die("%s: tensor \"%s\" has %zu numbers, expected %zu", file_of(s),
            t->name, t->count, count);
    if (type->kind == OTHER)
        die("%s: tensor \"%s\" is of type %s, which cannot be read here",
            file_of(s), t->name, t->type);
    const uint8_t *p = t->data; // at any address, so numbers are copied out
    uint16_t u;
    if (type->kind == FLOAT && count) {
        memcpy(to, p, t->bytes);
    } else if (type->kind == HALF) {
        for (size_t i = 0; i < count; i++) {
            memcpy(&u, p + 2 * i, sizeof u);
            to[i] = half_to_float(u);
        }
    } else if (type->kind == BRAIN) {
        for (size_t i = 0; i < count; i++) {
            memcpy(&u, p + 2 * i, sizeof u);
            to[i] = from_bits((uint32_t)u << 16);
        }
    } else {
        for (size_t i = 0; i < count; i++)
            to[i] = number(type, p + i * (type->bits / 8));
    }
}

// --- writing ----------------------------------------------------------------

// The checksum is a CRC-32 (as in zlib): it notices for certain any damage
// within 32 bits and any other but for one in 2^32. It stands at the same place
// in each file, and is taken with zeros there.
static const char mark[] = "{\"__metadata__\":{\"checksum\":\"crc32:";
enum { DIGITS = 8, DIGITS_AT = 8 + sizeof mark - 1 };

static void checksum(const void *bytes, size_t size, char digits[DIGITS + 1])
{
    const uint8_t *p = bytes;
    size_t behind = DIGITS_AT + DIGITS;
    uLong crc = crc32_z(0, p, DIGITS_AT);
    crc = crc32_z(crc, (const uint8_t *)"00000000", DIGITS);
    crc = crc32_z(crc, p + behind, size - behind);
    snprintf(digits, DIGITS + 1, "%08lx", crc);
}

void safetensors_verify(const Safetensors *s)
{
    const char *bytes = s->map;
    char digits[DIGITS + 1];
    if (s->size < DIGITS_AT + DIGITS ||
        memcmp(bytes + 8, mark, sizeof mark - 1) != 0)
        die("%s: has no checksum of ours", file_of(s));
    checksum(bytes, s->size, digits);
    if (memcmp(bytes + DIGITS_AT, digits, DIGITS) != 0)
        die("%s: is damaged: its checksum is %.8s, its bytes give %s",
            file_of(s), bytes + DIGITS_AT, digits);
}

static void add_string(Buffer *b, const char *s)
{
    buffer_add(b, "\"", 1);
    for (; *s; s++)
        if ((unsigned char)*s < ' ')
            buffer_print(b, "\\u%04x", *s);
        else
            buffer_print(b, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    buffer_add(b, "\"", 1);
}

static size_t count_of(const TensorOut *o)
{
    size_t count = 1;
    for (int i = 0; i < o->dims; i++)
        count *= o->shape[i];
    return count;
}

static const Type *type_out(const TensorOut *o)
{
    const Type *type = type_named(o->type);
    check(type && (type->kind == FLOAT || type->kind == HALF ||
                   type->kind == BRAIN),
          "safetensors_write: %s: cannot write type %s", o->name, o->type);
    return type;
}

// Everything before the numbers.
static void add_header(Buffer *b, const TensorOut *out, int n,
                       const char *const *key, const char *const *value,
                       int notes)
{
    buffer_add(b, "\0\0\0\0\0\0\0\0", 8);
    buffer_print(b, "%s00000000\"", mark);
    for (int i = 0; i < notes; i++) {
        buffer_print(b, ",");
        add_string(b, key[i]);
        buffer_print(b, ":");
        add_string(b, value[i]);
    }
    buffer_print(b, "}");
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        size_t bytes = count_of(&out[i]) * type_out(&out[i])->bits / 8;
        buffer_print(b, ",");
        add_string(b, out[i].name);
        buffer_print(b, ":{\"dtype\":\"%s\",\"shape\":[", out[i].type);
        for (int j = 0; j < out[i].dims; j++)
            buffer_print(b, j ? ",%lld" : "%lld", (long long)out[i].shape[j]);
        buffer_print(b, "],\"data_offsets\":[%zu,%zu]}", at, at + bytes);
        at += bytes;
    }
    buffer_print(b, "}");
    while (b->length % 8) // so the numbers begin at an aligned address
        buffer_print(b, " ");
    uint64_t length = b->length - 8;
    memcpy(b->at, &length, sizeof length);
}

static void add_numbers(Buffer *b, const TensorOut *o)
{
    Kind kind = type_out(o)->kind;
    size_t count = count_of(o);
    if (kind == FLOAT) {
        buffer_add(b, o->data, count * sizeof *o->data);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint16_t u =
            kind == HALF ? float_to_half(o->data[i]) : to_brain(o->data[i]);
        buffer_add(b, &u, sizeof u);
    }
}

void safetensors_write(const char *path, const TensorOut *out, int n,
                       const char *const *key, const char *const *value,
                       int notes)
{
    Buffer b = {0};
    add_header(&b, out, n, key, value, notes);
    for (int i = 0; i < n; i++)
        add_numbers(&b, &out[i]);
    char digits[DIGITS + 1];
    checksum(b.at, b.length, digits);
    memcpy(b.at + DIGITS_AT, digits, DIGITS);
    // What we would refuse to read, we do not write.
    Safetensors s;
    const char *problem = safetensors_parse(&s, b.at, b.length);
    check(!problem, "safetensors_write: %s: %s", path, problem);
    safetensors_close(&s);
    text_write(path, b.at, b.length);
    buffer_free(&b);
}
