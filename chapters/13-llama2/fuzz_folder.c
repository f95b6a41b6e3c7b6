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
    const char *zero = memchr(bytes, 0, size);
    const Text config = {bytes, zero ? (size_t)(zero - bytes) : size};
    const size_t behind = config.length < size ? config.length + 1 : size;
    Safetensors *shard = new_array(1, sizeof *shard);
    LlamaFile f;
    try_index(config);
    if (safetensors_parse(shard, bytes + behind, size - behind)) {
        free(shard);
        return 0;
    }
    const char *wrong = llama_parse_folder(&f, config, shard, 1);
    if (wrong) {
        fuzz_refusal(wrong);
        safetensors_close(shard);
        free(shard);
        return 0;
    }
    fuzz_model(&f);
    llama_close(&f);
    return 0;
}
