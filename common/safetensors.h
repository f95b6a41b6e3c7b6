// Safetensors: named tensors in one file, as Hugging Face defines the format.
// 8 bytes with the header's length (little endian), a JSON header that says
// name, type, shape and place of each tensor, then the numbers.
//
// Any file of the format can be opened, not only ours. It is mapped into
// memory, nothing is copied until it is read, and every length in it is
// checked against the size of the file before it is used.
#ifndef COMMON_SAFETENSORS_H
#define COMMON_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

enum { TENSOR_DIMS = 8 };

typedef struct Tensor {
    char *name;
    char type[16]; // "F32", "F16", "BF16", "I64", ...
    int dims;      // 0 for a single number
    int64_t shape[TENSOR_DIMS];
    size_t count;     // numbers: the product of the shape
    const void *data; // in the mapped file; may be unaligned
    size_t bytes;
} Tensor;

typedef struct Safetensors {
    char *path;
    int n;
    Tensor *tensor; // in the order of their data
    int notes;      // __metadata__: strings by name
    char **key, **value;
    void *map;
    size_t size;
} Safetensors;

// Opens and checks a file. Dies with one line that names the file and the
// field if it is missing, cut, lengthened or contradicts itself.
Safetensors safetensors_open(const char *path);

// The same for bytes in memory (which must stay); returns NULL, or what is
// wrong with them, a text that lives until the next call. This is what the
// fuzzer drives. On an error *s holds nothing that needs closing.
const char *safetensors_parse(Safetensors *s, const void *bytes, size_t size);

void safetensors_close(Safetensors *s);

// The tensor of that name, or NULL.
const Tensor *safetensors_find(const Safetensors *s, const char *name);

// The metadata of that key, or NULL.
const char *safetensors_note(const Safetensors *s, const char *key);

// Reads `count` numbers as float32, from F32, F16 or BF16 (also F64 and
// integers, rounded). Dies if the tensor does not have just that many.
void tensor_read(const Safetensors *s, const Tensor *t, float *to,
                 size_t count);

// F16 to float32, exactly, and back, rounded to nearest, ties to even.
float half_to_float(uint16_t h);
uint16_t float_to_half(float x);

// --- writing ----------------------------------------------------------------

// What is to be written: shape dims[0] x dims[1] ... of F32, F16 or BF16, made
// from float32 (rounded to nearest, ties to even).
typedef struct TensorOut {
    const char *name;
    const char *type; // "F32", "F16" or "BF16"
    int dims;
    int64_t shape[TENSOR_DIMS];
    const float *data;
} TensorOut;

// Writes n tensors and the notes key[i] -> value[i] to the file. Atomic: writes
// beside it, syncs to disk and renames, so the path holds the old file or the
// new one, whole. A note "checksum" ("crc32:" and 8 hexadecimal digits) is
// added that covers header and data.
void safetensors_write(const char *path, const TensorOut *out, int n,
                       const char *const *key, const char *const *value,
                       int notes);

// Dies if the file's note "checksum" is missing, is not one of ours or does not
// fit its bytes.
void safetensors_verify(const Safetensors *s);

#endif
