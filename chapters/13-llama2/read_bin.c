// Reading llama2.c's .bin files: the legacy form and versions 1 and 2 (int8);
// see llama_file.h. They were written by llama2.c's export.py (github.com/
// karpathy/llama2.c): seven numbers, and the weights one after the other in an
// order that is written nowhere in the file.
//
// So everything depends on the seven numbers, and there is one safeguard: the
// weights that they ask for must fill the file to its last byte.
#include "13-llama2/llama_file.h"

#include "04-tokenizers/vocab.h"

#include "common/check.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEGACY_HEADER = 7 * 4, HEADER = 256 };

// Where in the file the next weights lie.
typedef struct Place {
    const char *at;
    size_t left;
    int group; // 0: F32; otherwise bytes and then scales
    bool cut;  // something was asked for that is not there
} Place;

static const void *cut_off(Place *p, size_t bytes)
{
    const void *at = p->at;
    if (bytes > p->left) {
        p->cut = true;
        return NULL;
    }
    p->at += bytes;
    p->left -= bytes;
    return at;
}

static LlamaTensor next_tensor(Place *p, int rows, int cols)
{
    const size_t count = (size_t)rows * cols;
    LlamaTensor t = {.rows = rows, .cols = cols};
    if (p->group == 0) {
        t.data = cut_off(p, count * sizeof(float));
        return t;
    }
    t.type = LLAMA_INT8;
    t.group = p->group;
    p->cut |= count % p->group != 0;
    t.data = cut_off(p, count);
    t.scales = cut_off(p, count / p->group * sizeof(float));
    return t;
}

// The same weight of all layers, one after the other.
static void next_of_layers(LlamaFile *f, Place *p, LlamaPart part)
{
    int rows, cols;
    llama_part_shape(&f->shape, part, &rows, &cols);
    for (int l = 0; l < f->shape.layers && !p->cut; l++)
        f->part[l * LLAMA_PARTS + part] = next_tensor(p, rows, cols);
}

static void take_norms(LlamaFile *f, Place *p)
{
    next_of_layers(f, p, LLAMA_ATTENTION_NORM);
    next_of_layers(f, p, LLAMA_FEED_NORM);
    f->norm = next_tensor(p, 1, f->shape.width);
}

static void take_matrices(LlamaFile *f, Place *p)
{
    static const LlamaPart order[] = {
        LLAMA_Q, LLAMA_K, LLAMA_V, LLAMA_OUT, LLAMA_GATE, LLAMA_DOWN, LLAMA_UP};
    const LlamaShape *s = &f->shape;
    f->pieces = next_tensor(p, s->pieces, s->width);
    for (int i = 0; i < 7; i++)
        next_of_layers(f, p, order[i]);
    f->output = s->tied ? f->pieces : next_tensor(p, s->pieces, s->width);
}

// The legacy form has the norms in between, and, before the output, tables of
// cosines and sines that nobody uses any more.
static void take_legacy(LlamaFile *f, Place *p)
{
    static const LlamaPart order[] = {
        LLAMA_ATTENTION_NORM, LLAMA_Q,    LLAMA_K,    LLAMA_V, LLAMA_OUT,
        LLAMA_FEED_NORM,      LLAMA_GATE, LLAMA_DOWN, LLAMA_UP};
    const LlamaShape *s = &f->shape;
    f->pieces = next_tensor(p, s->pieces, s->width);
    for (int i = 0; i < 9; i++)
        next_of_layers(f, p, order[i]);
    f->norm = next_tensor(p, 1, s->width);
    cut_off(p, (size_t)s->context * llama_head_width(s) * sizeof(float));
    f->output = s->tied ? f->pieces : next_tensor(p, s->pieces, s->width);
}

static void take_shape(LlamaShape *s, const char *at)
{
    int32_t n[7];
    memcpy(n, at, sizeof n);
    *s = (LlamaShape){.width = n[0],
                      .hidden = n[1],
                      .layers = n[2],
                      .heads = n[3],
                      .groups = n[4],
                      .pieces = n[5],
                      .context = n[6],
                      .eps = 1e-5f,
                      .base = 10000,
                      .tied = true,
                      .layout = ADJACENT};
}

// Versions 1 and 2 have more in their header: is the output the embeddings,
// and in groups of how many are the int8 scaled.
static const char *take_header(LlamaFile *f, const char *at, Place *p)
{
    int32_t version, group;
    memcpy(&version, at + 4, 4);
    if (version != 1 && version != 2)
        return fault("version %d of llama2.c's format, expected 1 or 2",
                     version);
    f->kind = version == 1 ? "llama2.c, version 1" : "llama2.c, version 2";
    take_shape(&f->shape, at + 8);
    const unsigned char tied = (unsigned char)at[36];
    if (tied > 1)
        return fault("byte 36 (shared output) is %d, expected 0 or 1", tied);
    f->shape.tied = tied;
    memcpy(&group, at + 37, 4);
    if (version == 2 && (group < 1 || group > 1 << 16))
        return fault("groups of %d numbers, expected 1 to 65536", group);
    p->group = version == 2 ? group : 0;
    return NULL;
}

static const char *take_weights(LlamaFile *f, Place p, bool legacy)
{
    const char *wrong = llama_shape_wrong(&f->shape);
    if (wrong && legacy) { // nothing else says that it is such a file
        char why[160];
        snprintf(why, sizeof why, "%s", wrong);
        return fault("not GGUF, and as a .bin of llama2.c: %s", why);
    }
    if (wrong)
        return wrong;
    // A file that is too short for its layers is not worth their list.
    if (f->shape.layers > (long)(p.left / 4))
        return "the weights do not fit: the file is cut";
    f->part = new_array((size_t)f->shape.layers * LLAMA_PARTS, sizeof *f->part);
    const int group = p.group;
    if (legacy) {
        take_legacy(f, &p);
    } else {
        p.group = 0;
        take_norms(f, &p);
        p.group = group;
        take_matrices(f, &p);
    }
    if (p.cut)
        return "the file is cut, or its header does not fit its weights";
    if (p.left > 0)
        return fault("%zu bytes too many for the weights that its header "
                     "gives",
                     p.left);
    return NULL;
}

const char *llama_parse_bin(LlamaFile *f, const void *bytes, size_t size)
{
    *f = (LlamaFile){.map = (void *)bytes, .size = size, .bos = 1, .eos = 2};
    const char *at = bytes, *wrong = NULL;
    Place p = {0};
    const bool legacy = size < 4 || memcmp(at, "24ka", 4) != 0;
    const size_t header = legacy ? LEGACY_HEADER : HEADER;
    if (size < header)
        return fault("%zu bytes: no model, or the file is cut", size);
    p.at = at + header;
    p.left = size - header;
    if (legacy) {
        f->kind = "llama2.c, legacy";
        take_shape(&f->shape, at);
        f->shape.tied = f->shape.pieces > 0;
        if (f->shape.pieces < 0 && f->shape.pieces > INT_MIN)
            f->shape.pieces = -f->shape.pieces; // the sign is a flag
    } else {
        wrong = take_header(f, at, &p);
    }
    if (!wrong)
        wrong = take_weights(f, p, legacy);
    if (wrong) {
        free(f->part);
        *f = (LlamaFile){0};
    }
    return wrong;
}
