// Fuzzing SentencePiece models: any bytes are read or refused, and what was
// read encodes and decodes. The input is a model; its first bytes are also the
// text. What sentencepiece.h promises must come back.
#include "04-tokenizers/sentencepiece.h"

#include "common/check.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void go_round(SentencePiece *s, Text text)
{
    Ids ids = {0};
    Buffer back = {0};
    sentencepiece_encode(s, text, &ids);
    for (int i = 0; i < ids.n; i++)
        check(ids.at[i] >= 0 && ids.at[i] < s->n, "id %d", ids.at[i]);
    sentencepiece_decode(s, ids.at, ids.n, &back);
    int space = vocab_find(&s->vocab, text_of("\u2581"));
    bool exact = space >= 0 && space < s->n && s->type[space] == PIECE_NORMAL &&
                 !s->unigram && s->byte_fallback && !s->collapse_spaces &&
                 !s->trie_units && !s->nfkc && s->dummy_prefix;
    if (exact && utf8_invalid(text) < 0 &&
        !memmem(text.at, text.length, "\u2581", 3))
        check(back.length == text.length &&
                  (!text.length || !memcmp(back.at, text.at, text.length)),
              "%zu bytes came back as %zu", text.length, back.length);
    ids_free(&ids);
    buffer_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Text all = {(const char *)data, size};
    SentencePiece s;
    if (!sentencepiece_parse(&s, all)) {
        go_round(&s, (Text){all.at, size < 300 ? size : 300});
        go_round(&s, text_of("The cat  sat on \xef\xac\x81ne mats. "));
        sentencepiece_free(&s);
    }
    return 0;
}
