// Fuzzing byte-level BPE. Any bytes must come back from their ids, also with a
// vocabulary that was just trained on them; and any two files, however
// damaged, are read or refused. The input is VOCAB, a zero, MERGES; all of it
// is also a text.
#include "04-tokenizers/bpe.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void comes_back(Bpe *b, Text text)
{
    Ids ids = {0};
    Buffer back = {0};
    bpe_encode(b, text, &ids);
    bpe_decode(b, ids.at, ids.n, &back);
    check(back.length == text.length &&
              (!text.length || memcmp(back.at, text.at, text.length) == 0),
          "%zu bytes came back as %zu", text.length, back.length);
    ids_free(&ids);
    buffer_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Text text = {(const char *)data, size};
    Bpe b = bpe_train((Text){text.at, size < 1000 ? size : 1000}, 100);
    comes_back(&b, text);
    bpe_free(&b);
    const char *zero = memchr(text.at, 0, size);
    Text vocab = {text.at, zero ? (size_t)(zero - text.at) : size};
    Text merges = {text.at + vocab.length, size - vocab.length};
    if (zero)
        merges = (Text){merges.at + 1, merges.length - 1};
    if (!bpe_parse(&b, vocab, merges)) {
        comes_back(&b, text);
        bpe_free(&b);
    }
    return 0;
}
