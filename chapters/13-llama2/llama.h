// Llama 2 (Touvron et al. 2023), running: no tape and no gradients. The
// weights lie where they were read, most often in the mapped file itself; what
// a run needs besides is taken from one arena when it begins, and then nothing
// is allocated any more.
//
// A Llama is a decoder like chapter 10's with five changes: RMS norm in place
// of layer norm, rotated queries and keys in place of learned positions, a
// gated feed-forward network (SwiGLU), fewer heads for keys and values than
// for queries (GQA), and no biases.
//
// Lifetime: a Llama points into its file (llama_file.h) or into the parameters
// that are learning (cria.h), which must stay; a LlamaRun points to its Llama.
#ifndef LLAMA2_LLAMA_H
#define LLAMA2_LLAMA_H

#include "11-kv-cache/kv_cache.h"
#include "13-llama2/gguf.h"

#include "common/ops.h"

// Everything that decides the shape of a model.
typedef struct LlamaShape {
    int pieces;        // V: the vocabulary
    int context;       // the longest text it was made for, in tokens
    int width;         // d
    int hidden;        // of the feed-forward network
    int layers;        //
    int heads;         // of the queries; divides width into even parts
    int groups;        // heads of the keys and values; divides heads
    float eps;         // of the RMS norms
    float base;        // of the rotation's angles: 10000
    bool tied;         // the embeddings are also the output
    RopeLayout layout; // which rows of q and k make a pair
} LlamaShape;

// NULL, or what is wrong with it: each number is at least 1 and below a bound
// that keeps every product of them in 63 bits, and they fit one another.
const char *llama_shape_wrong(const LlamaShape *s);

int llama_head_width(const LlamaShape *s);            // d / heads
int llama_key_width(const LlamaShape *s);             // groups * head width
size_t llama_parameters(const LlamaShape *s);         // numbers learnt
size_t llama_cache_bytes(const LlamaShape *s, int n); // for n tokens

// A matrix of weights, with a row for each output. How its numbers lie at `at`
// is the matter of its kind; the forward pass never asks.
typedef struct LlamaMatrix {
    const struct LlamaKind *kind;
    int rows, cols;
    const void *at; // llama_f32: rows x cols floats
} LlamaMatrix;

// What is to be computed with up to three matrices of one kind and the same x:
// y (n x rows) = x (n x cols) w^T.
typedef struct LlamaProducts {
    int n;
    const float *x;
    void *room; // n x cols floats wide, for x in another form
    int matrices;
    struct {
        const LlamaMatrix *w;
        float *y;
    } part[3];
    const LlamaMatrix *then[3]; // of the products that come next, or NULL
} LlamaProducts;

// A kind of matrix is what can be done with it. This chapter has one kind.
typedef struct LlamaKind {
    GgufType type; // of a tensor in a GGUF file
    int unit;      // rows that threads do not share
    // Puts x into the room in another form; NULL if it is used as it is.
    void (*prepare)(const LlamaProducts *p);
    // Rows from .. to - 1 of part i: these columns of its y.
    void (*some_rows)(const LlamaProducts *p, int i, int from, int to);
    // Reads the memory of row i, or as much of other rows: that of all the rows
    // is that of the matrix. To have it at hand.
    void (*look)(const LlamaMatrix *m, int i);
    // Row i as floats.
    void (*row)(const LlamaMatrix *m, int i, float *x);
    // All of it as GGUF has it; NULL if it lies so already.
    void (*store)(const LlamaMatrix *m, void *bytes);
} LlamaKind;

extern const LlamaKind llama_f32;

// rows x cols floats, which must stay, as a matrix.
LlamaMatrix llama_floats(const float *w, int rows, int cols);

// The weights of one layer.
typedef struct LlamaLayer {
    const float *attention_norm; // d
    LlamaMatrix q;               // d x d
    LlamaMatrix k, v;            // key width x d
    LlamaMatrix out;             // d x d
    const float *feed_norm;      // d
    LlamaMatrix gate, up;        // hidden x d
    LlamaMatrix down;            // d x hidden
} LlamaLayer;

typedef struct Llama {
    LlamaShape shape;
    LlamaMatrix pieces; // V x d: embeddings
    LlamaLayer *layer;
    const float *norm;  // d
    LlamaMatrix output; // V x d; == pieces if tied
    Arena arena;        // holds `layer`, and weights that had to be converted
    const char *path;   // of the LlamaFile that it came from, or NULL
} Llama;

void llama_free(Llama *m);

// --- running ----------------------------------------------------------------

// Sees every intermediate result of a forward pass: what it is ("queries"),
// the number of the equation in the book's chapter, the layer (-1: none),
// rows x cols numbers.
typedef void (*LlamaWatch)(void *context, const char *what,
                           const char *equation, int layer, const float *x,
                           int rows, int cols);

// The room for one forward pass after the other. All are rows x cols of at most
// `most` rows.
typedef struct LlamaRun {
    const Llama *model;
    int capacity;   // tokens that each cache can hold
    int sequences;  // caches
    int most;       // rows of a pass: longer inputs are cut into pieces
    KvPool *pool;   // the memory of the caches
    KvCache *cache; // one for each sequence
    RopeTable rope;
    Arena arena;
    float *x;         // most x d: the residual stream
    float *y;         // most x d: its norm; then what attention gives
    float *q, *k, *v; // most x d, most x key width
    float *gate, *up; // most x hidden
    float *logits;    // most x V, of the last pass
    float *room;      // most x the wider of d and hidden: LlamaProducts
    LlamaWatch watch; // or NULL
    void *watch_context;
} LlamaRun;

// Room for `sequences` texts of at most `capacity` tokens each.
LlamaRun llama_run_new(const Llama *m, int sequences, int capacity);

// The same with caches of that kind.
LlamaRun llama_run_with(const Llama *m, int sequences, int capacity,
                        KvKind cache);
void llama_run_free(LlamaRun *r);

// Forgets sequence i: it can begin anew.
void llama_forget(LlamaRun *r, int i);

// Some next tokens of one sequence.
typedef struct LlamaNext {
    int sequence;
    int n;
    const int *token; // ids in 0 .. V - 1
} LlamaNext;

// Reads the next tokens of one sequence, or of several at once, each of them
// at most once. They go into the caches; together they must be at most `most`.
// Returns V logits for each token, row by row, or (last_only) for the last one
// of each sequence; they live until the next call.
const float *llama_batch(LlamaRun *r, const LlamaNext *next, int n,
                         bool last_only);

// Reads n tokens of sequence 0, as many at a time as there is room for, and
// returns the V logits of what follows the last one.
const float *llama_read(LlamaRun *r, const int *token, int n);

#endif
