// Fuzz target of quant_load, on what the three readers of 13-llama2 let
// through: any model is refused with one line, or is packed and runs. All of it
// is finite, and what is of the kind already is the same, bit by bit. The input
// is a GGUF, a folder as fuzz_open_folder takes it, or llama2.c's.
#include "13-llama2/fuzz_llama.h"
#include "14-quantization/quant_llama.h"

static const char *open_any(LlamaFile *f, const uint8_t *data, size_t size)
{
    if (size >= 4 && memcmp(data, "GGUF", 4) == 0)
        return llama_parse_gguf(f, data, size);
    if (size > 0 && *data == '{')
        return fuzz_open_folder(f, data, size);
    return llama_parse_bin(f, data, size);
}

// Whether a tensor of the file is kept as it is in a matrix of that kind.
static bool same_kind(LlamaType type, QuantKind k)
{
    return (type == LLAMA_F32 && k == QUANT_F32) ||
           (type == LLAMA_Q8_0 && k == QUANT_Q8_0) ||
           (type == LLAMA_Q4_0 && k == QUANT_Q4_0);
}

static void check_finite(const LlamaMatrix *m)
{
    float *x = new_array(m->cols, sizeof *x);
    for (int i = 0; i < m->rows; i++) {
        m->kind->row(m, i, x);
        check(quant_misfit(QUANT_F32, x, m->cols) < 0, "row %d", i);
    }
    free(x);
}

static void check_bits(const LlamaMatrix *m, const LlamaTensor *t)
{
    const QuantKind k = quant_kind(m);
    const size_t bytes = llama_tensor_bytes(t);
    if (!same_kind(t->type, k))
        return;
    check(bytes == quant_bytes(k, (size_t)m->rows * m->cols), "%zu bytes",
          bytes);
    void *back = new_array(bytes, 1);
    if (k == QUANT_F32)
        memcpy(back, m->at, bytes);
    else
        m->kind->store(m, back);
    check(memcmp(back, t->data, bytes) == 0, "other bits than in the file");
    free(back);
}

static void pack(const LlamaFile *f, QuantKind k, bool best)
{
    Llama q;
    const char *wrong = quant_parse(&q, f, k, best);
    if (wrong) {
        fuzz_refusal(wrong);
        return;
    }
    fuzz_run(&q);
    check_finite(&q.pieces);
    check_finite(&q.output);
    check_bits(&q.pieces, &f->pieces);
    check_bits(&q.output, &f->output);
    for (int l = 0; l < q.shape.layers; l++)
        for (LlamaPart p = 0; p < LLAMA_PARTS; p++) {
            const LlamaMatrix m = llama_matrix(&q, l, p);
            check_finite(&m);
            // Rows of q and k may have been put into another order.
            if (f->shape.layout == ADJACENT || (p != LLAMA_Q && p != LLAMA_K))
                check_bits(&m, llama_part(f, l, p));
        }
    llama_free(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LlamaFile f;
    const char *wrong = open_any(&f, data, size);
    if (wrong) {
        fuzz_refusal(wrong);
        return 0;
    }
    if (fuzz_small(&f.shape)) {
        pack(&f, QUANT_F32, false);
        pack(&f, QUANT_Q8_0, false);
        pack(&f, QUANT_Q4_0, true);
    }
    llama_close(&f);
    return 0;
}
