// Fuzz target of read_bin.c (see common/fuzz.sh): any bytes are refused with
// one line, or are a model of llama2.c that runs.
#include "13-llama2/fuzz_llama.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    LlamaFile f;
    const char *wrong = llama_parse_bin(&f, data, size);
    if (wrong) {
        fuzz_refusal(wrong);
        return 0;
    }
    fuzz_model(&f);
    llama_close(&f);
    return 0;
}
