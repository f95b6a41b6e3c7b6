// Byte-level BPE: the tokenizer itself, encoding and decoding; see bpe.h.
// Training is in bpe_train.c, the files are in bpe_files.c.
#include "04-tokenizers/bpe.h"

#include "04-tokenizers/words.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

void bpe_free(Bpe *b)
{
    vocab_free(&b->vocab);
    free(b->merge);
    merges_free(&b->table);
    cache_free(&b->seen);
    ids_free(&b->work);
    *b = (Bpe){0};
}

// The ids of one word: its bytes, and then every merge that applies.
static void encode_word(Bpe *b, Text word, Ids *to)
{
    uint64_t hash = cache_hash(word);
    if (cache_find(&b->seen, word, hash, to))
        return;
    b->work.n = 0;
    for (size_t i = 0; i < word.length; i++)
        ids_add(&b->work, b->byte[(uint8_t)word.at[i]]);
    int n = merge_pairs(&b->table, b->work.at, b->work.n);
    for (int i = 0; i < n; i++)
        ids_add(to, b->work.at[i]);
    cache_add(&b->seen, word, hash, b->work.at, n);
}

void bpe_encode(Bpe *b, Text text, Ids *to)
{
    for (Text word; gpt2_word(&text, &word);)
        encode_word(b, word, to);
}

void bpe_decode(const Bpe *b, const int *id, int n, Buffer *to)
{
    for (int i = 0; i < n; i++) {
        check(id[i] >= 0 && id[i] < b->vocab.n, "id %d of %d", id[i],
              b->vocab.n);
        Text piece = b->vocab.piece[id[i]];
        buffer_add(to, piece.at, piece.length);
    }
}

int bpe_special(Bpe *b, const char *name)
{
    int id = vocab_find(&b->vocab, text_of(name));
    return id >= 0 ? id : vocab_add(&b->vocab, text_of(name));
}

Bpe bpe_first(const Bpe *b, int n)
{
    Bpe first = {.vocab = vocab_new(), .table = merges_new()};
    check(n >= 0 && n <= b->merges, "the first %d of %d merges", n, b->merges);
    // All pieces keep their ids; those of later merges are never made.
    for (int id = 0; id < b->vocab.n; id++)
        vocab_add(&first.vocab, b->vocab.piece[id]);
    memcpy(first.byte, b->byte, sizeof first.byte);
    first.merge = new_array(n + 1, sizeof *first.merge);
    first.merges = n;
    for (int i = 0; i < n; i++)
        merges_add(&first.table, first.merge[i] = b->merge[i]);
    return first;
}
