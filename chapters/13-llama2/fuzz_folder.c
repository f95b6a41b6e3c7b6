// Fuzz target of read_folder.c: the input is a config.json, a zero, and a
// safetensors file. The same bytes are also tried as an index of shards.
#include "13-llama2/fuzz_llama.h"

#include <stdlib.h>

static void try_index(Text json)
{
    char **names;
    const char *wrong = llama_parse_index(json, &names);
    if (wrong) {
        fuzz_refusal(wrong);
        return;
    }
    for (int i = 0; names[i]; i++) {
        check(*names[i] && !strchr(names[i], '/'), "the name %s", names[i]);
        free(names[i]);
    }
    free(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    LlamaFile f;
    try_index((Text){bytes, strnlen(bytes, size)});
    const char *wrong = fuzz_open_folder(&f, data, size);
    if (wrong) {
        fuzz_refusal(wrong);
        return 0;
    }
    fuzz_model(&f);
    llama_close(&f);
    return 0;
}
