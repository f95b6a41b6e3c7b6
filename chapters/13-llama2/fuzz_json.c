// Fuzz target of tokenizer.json: any bytes are refused with one line, or are a
// tokenizer that encodes.
#include "13-llama2/fuzz_llama.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LlamaPieces p;
    const char *wrong = llama_pieces_json(&p, (Text){(const char *)data, size});
    if (wrong) {
        fuzz_refusal(wrong);
        return 0;
    }
    fuzz_pieces(&p);
    llama_pieces_free(&p);
    return 0;
}
