// Commands on packed models, and their speed; see packed.h.
#include "14-quantization/packed.h"

#include "13-llama2/synthetic.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double packed_bits(const Llama *m)
{
    return 8 * (double)quant_llama_bytes(m) /
           (double)llama_parameters(&m->shape);
}

// --- what can be asked ------------------------------------------------------

// Of the matrices, how many are packed, and how many are not.
static void count(const Llama *m, int *packed, int *floats)
{
    *packed = *floats = 0;
    for (int l = 0; l < m->shape.layers; l++)
        for (LlamaPart p = 0; p < LLAMA_PARTS; p++) {
            const LlamaMatrix w = llama_matrix(m, l, p);
            if (w.rows == 1)
                continue;
            const bool is = quant_kind(&w) != QUANT_F32;
            *packed += is;
            *floats += !is;
        }
}

static void print_packed(const AskPacked *a, const Llama *m)
{
    int packed, floats;
    count(m, &packed, &floats);
    printf("\nin %s\n%-28s%d of %d\n%-28s%.2f MB\n%-28s%.2f MB\n"
           "%-28s%.2f\n",
           quant_name(a->kind), "matrices packed", packed, packed + floats,
           "weights", (double)quant_llama_bytes(m) / 1e6, "read for one token",
           (double)quant_token_bytes(m) / 1e6, "bits a weight", packed_bits(m));
}

static bool ends_with(const char *s, const char *end)
{
    const size_t n = strlen(s), k = strlen(end);
    return n >= k && strcmp(s + n - k, end) == 0;
}

void packed_ask(const AskPacked *a)
{
    const Ask *k = &a->ask;
    int packed, floats;
    if (k->save && !ends_with(k->save, ".gguf"))
        cli_misuse("%s: packed weights are written as GGUF: NAME.gguf",
                   k->save);
    if (k->save)
        need_file(k->save);
    LlamaFile f = llama_open(k->model);
    Llama m = quant_load(&f, a->kind, a->best);
    count(&m, &packed, &floats);
    if (packed == 0 && a->kind != QUANT_F32)
        die("%s: no row of its matrices is a whole number of blocks of %d: "
            "nothing to pack",
            k->model, QUANT_BLOCK);
    if (k->info) {
        llama_info(&f, stdout);
        print_packed(a, &m);
    } else {
        LlamaPieces p = llama_pieces_for(&f, k->tokenizer);
        llama_answer(k, &m, &p);
        llama_pieces_free(&p);
        if (floats > 0 && a->kind != QUANT_F32)
            fprintf(stderr,
                    "%d of %d matrices stay F32: their rows are no blocks of "
                    "%d\n",
                    floats, packed + floats, QUANT_BLOCK);
    }
    llama_free(&m);
    llama_close(&f);
}

// --- how fast it is ---------------------------------------------------------

// The best of several times: others may use the machine.
static double best_seconds(LlamaRun *r, const int *token, int n, int at_once)
{
    enum { TIMES = 5 };
    double best = INFINITY;
    for (int i = 0; i < TIMES && !interrupted(); i++) {
        const double began = seconds_now();
        llama_forget(r, 0);
        for (int at = 0; at < n; at += at_once)
            llama_read(r, token + at, at_once);
        best = fmin(best, seconds_now() - began);
    }
    return best;
}

PackedSpeed packed_speed(const LlamaShape *shape, QuantKind kind)
{
    enum { ALONE = 16, TOGETHER = 256 };
    int token[TOGETHER];
    for (int i = 0; i < TOGETHER; i++)
        token[i] = i * 31 % shape->pieces;
    Llama m = synthetic_llama(shape);
    if (kind != QUANT_F32) {
        Llama q = quant_llama(&m, kind, false);
        llama_free(&m);
        m = q;
    }
    LlamaRun r = llama_run_new(&m, 1, TOGETHER);
    PackedSpeed s = {.megabytes = (double)quant_llama_bytes(&m) / 1e6};
    s.written = ALONE / best_seconds(&r, token, ALONE, 1);
    s.gigabytes = s.written * (double)quant_token_bytes(&m) / 1e9;
    s.read = TOGETHER / best_seconds(&r, token, TOGETHER, TOGETHER);
    llama_run_free(&r);
    llama_free(&m);
    return s;
}
