// The files that Llamas come in: GGUF, llama2.c's .bin, and a folder as
// Hugging Face keeps it (config.json and safetensors).
//
// The one idea: the three disagree about names, about order, about the types of
// numbers and about which rows of q and k make a pair; they agree about the
// model. So a reader only finds out the shape and where each weight lies, and
// the rest of the program never asks which kind of file it was.
//
// A file is mapped into memory: weights in F32 are used where they are, the
// others are turned into F32 by llama_load. All of a header is checked before
// any of it is used.
//
// Lifetime: a Llama that was loaded points into its LlamaFile.
#ifndef LLAMA2_LLAMA_FILE_H
#define LLAMA2_LLAMA_FILE_H

#include "13-llama2/gguf.h"
#include "13-llama2/llama.h"

#include "common/safetensors.h"

typedef enum LlamaType {
    LLAMA_F32,
    LLAMA_F16,
    LLAMA_BF16,
    LLAMA_Q8_0, // GGUF's: 32 numbers are a scale in F16 and 32 bytes
    LLAMA_Q4_0, // GGUF's: a scale in F16 and 16 bytes of two numbers
    LLAMA_INT8, // llama2.c's: bytes here, their scales (F32) elsewhere
} LlamaType;

// A matrix in a file; a norm's gain is 1 x d.
typedef struct LlamaTensor {
    LlamaType type;
    int rows, cols;
    const void *data;   // in the mapped file, at any address
    const void *scales; // LLAMA_INT8: one for each `group` numbers
    int group;
} LlamaTensor;

// The weights of a layer.
typedef enum LlamaPart {
    LLAMA_ATTENTION_NORM,
    LLAMA_Q,
    LLAMA_K,
    LLAMA_V,
    LLAMA_OUT,
    LLAMA_FEED_NORM,
    LLAMA_GATE,
    LLAMA_DOWN,
    LLAMA_UP,
    LLAMA_PARTS
} LlamaPart;

typedef struct LlamaFile {
    char *path;       // NULL: the bytes are the caller's
    const char *kind; // "GGUF, version 3"
    LlamaShape shape;
    int bos, eos; // ids of <s> and </s> as the file gives them, or -1
    LlamaTensor pieces, norm, output; // output is pieces if tied
    LlamaTensor *part;                // layers x LLAMA_PARTS
    void *map;                        // of a single file
    size_t size;
    Gguf gguf;          // of a GGUF file; it has the tokenizer, too
    Safetensors *shard; // of a folder
    int shards;
} LlamaFile;

// Opens a file or a folder; what it is, its first bytes tell. Dies with one
// line that names the file and what is wrong with it.
LlamaFile llama_open(const char *path);
void llama_close(LlamaFile *f);

// Part p of layer l.
const LlamaTensor *llama_part(const LlamaFile *f, int l, LlamaPart p);

// What the shape says that part p is: rows x cols.
void llama_part_shape(const LlamaShape *s, LlamaPart p, int *rows, int *cols);

// The same of a model that is loaded; a norm's gain is a matrix of one row.
LlamaMatrix llama_matrix(const Llama *m, int l, LlamaPart p);

// A layer made of its parts, LLAMA_PARTS of them.
LlamaLayer llama_layer(const LlamaMatrix *part);

// Rows from .. to - 1 of a tensor as F32: (to - from) x cols.
void llama_rows(const LlamaTensor *t, int from, int to, float *out);

// The bytes of the tensor in the file; the name of its type, "F32".
size_t llama_tensor_bytes(const LlamaTensor *t);
const char *llama_type_name(LlamaType type);

// The model, ready to run. Weights that are F32 and aligned stay in the file.
Llama llama_load(const LlamaFile *f);

// The bytes that llama_load takes besides the file.
size_t llama_load_bytes(const LlamaFile *f);

// --- for the fuzzers: the readers on bytes in memory ------------------------
// NULL, or what is wrong; then *f needs no llama_close. The bytes must stay.

const char *llama_parse_bin(LlamaFile *f, const void *bytes, size_t size);
const char *llama_parse_gguf(LlamaFile *f, const void *bytes, size_t size);

// A folder: its config.json, and n safetensors that are open already; they
// belong to *f afterwards if nothing is wrong.
const char *llama_parse_folder(LlamaFile *f, Text config, Safetensors *shard,
                               int n);

// The names of the files of a model.safetensors.index.json, each once, in the
// order in which they appear; they end with NULL, free them and the list.
const char *llama_parse_index(Text json, char ***names);

#endif
