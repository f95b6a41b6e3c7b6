// GGUF: the file format of llama.cpp, versions 2 and 3. Four bytes "GGUF", a
// version and two counts; then values by name (sizes, the tokenizer), a list
// of tensors with type, shape and place, and their numbers, aligned.
//
// The one idea: everything that is needed to run the model is in one file,
// tokenizer included, and the numbers lie in it as they are used, so that it
// can be mapped into memory and run without reading it first.
//
// Reading believes nothing: each count and length is checked against what is
// left of the file before it is used. Lifetime: what was parsed points into
// the bytes, which must stay.
#ifndef LLAMA2_GGUF_H
#define LLAMA2_GGUF_H

#include "common/text.h"

// The kinds of values; the numbers are those of the format.
typedef enum GgufKind {
    GGUF_U8,
    GGUF_I8,
    GGUF_U16,
    GGUF_I16,
    GGUF_U32,
    GGUF_I32,
    GGUF_F32,
    GGUF_BOOL,
    GGUF_TEXT,
    GGUF_ARRAY,
    GGUF_U64,
    GGUF_I64,
    GGUF_F64,
} GgufKind;

// The types of tensors that the course reads, and their numbers.
typedef enum GgufType {
    GGUF_TENSOR_F32 = 0,
    GGUF_TENSOR_F16 = 1,
    GGUF_TENSOR_Q4_0 = 2,
    GGUF_TENSOR_Q8_0 = 8,
    GGUF_TENSOR_BF16 = 30,
} GgufType;

typedef struct GgufValue {
    Text name;
    GgufKind kind;
    GgufKind item; // GGUF_ARRAY: the kind of its items
    uint64_t n;    // items; 1 for a single value
    Text bytes;    // as in the file
} GgufValue;

enum { GGUF_DIMS = 4 };

typedef struct GgufTensor {
    Text name;
    GgufType type;
    int dims;
    uint64_t shape[GGUF_DIMS]; // the length of a row comes first
    const char *data;          // aligned as the file is
    size_t bytes;
} GgufTensor;

typedef struct Gguf {
    uint32_t version;
    int values, tensors;
    GgufValue *value;
    GgufTensor *tensor;
} Gguf;

// NULL, or what is wrong with the bytes; then *g needs no gguf_free.
const char *gguf_parse(Gguf *g, Text bytes);
void gguf_free(Gguf *g);

const GgufTensor *gguf_tensor(const Gguf *g, const char *name); // or NULL

// The value of that name, or NULL.
const GgufValue *gguf_value(const Gguf *g, const char *name);

// The same as a number or a text; false if it is not there or of another kind.
// Whole numbers come from any integer kind (a bool is 0 or 1), and must fit.
bool gguf_int(const Gguf *g, const char *name, int64_t *to);
bool gguf_float(const Gguf *g, const char *name, float *to);
bool gguf_text(const Gguf *g, const char *name, Text *to);

// Item by item through an array: start with rest = v->bytes.
bool gguf_next_text(Text *rest, Text *item);
float gguf_float_at(const GgufValue *v, uint64_t i); // of GGUF_F32
int gguf_int_at(const GgufValue *v, uint64_t i);     // of GGUF_I32

// The bytes of a tensor of that type with rows of `cols` numbers, or 0 if the
// type is unknown, the row is no whole number of blocks, or it is too large.
size_t gguf_bytes(GgufType type, uint64_t rows, uint64_t cols);

// --- writing (version 3) ----------------------------------------------------

typedef struct GgufOut {
    Buffer values, tensors; // their headers, as they will be in the file
    uint64_t n_values, n_tensors, at;
    Text *data; // of each tensor
} GgufOut;

// Begin with {0}; the data of the tensors must stay until gguf_save, which
// writes the file whole or not at all and frees everything.
void gguf_put_int(GgufOut *o, const char *name, uint32_t value);
void gguf_put_bool(GgufOut *o, const char *name, bool value);
void gguf_put_float(GgufOut *o, const char *name, float value);
void gguf_put_text(GgufOut *o, const char *name, const char *value);
void gguf_put_texts(GgufOut *o, const char *name, const Text *item, int n);
void gguf_put_floats(GgufOut *o, const char *name, const float *item, int n);
void gguf_put_ints(GgufOut *o, const char *name, const int *item, int n);
// rows == 1: a list of cols numbers.
void gguf_put_tensor(GgufOut *o, const char *name, GgufType type, int rows,
                     int cols, const void *data);
void gguf_save(GgufOut *o, const char *path);

#endif
