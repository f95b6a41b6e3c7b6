// Fuzz target of gguf.c, read_gguf.c and the tokenizers in GGUF: any bytes are
// refused with one line, or give a model that runs and a tokenizer that
// encodes, as far as they are there.
#include "13-llama2/fuzz_llama.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LlamaFile f;
    const char *wrong = llama_parse_gguf(&f, data, size);
    if (wrong) {
        fuzz_refusal(wrong);
    } else {
        fuzz_model(&f);
        llama_close(&f);
    }
    Gguf g;
    LlamaPieces p;
    wrong = gguf_parse(&g, (Text){(const char *)data, size});
    if (wrong) {
        fuzz_refusal(wrong);
        return 0;
    }
    wrong = llama_pieces_gguf(&p, &g);
    if (wrong) {
        fuzz_refusal(wrong);
    } else {
        fuzz_pieces(&p);
        llama_pieces_free(&p);
    }
    gguf_free(&g);
    return 0;
}
