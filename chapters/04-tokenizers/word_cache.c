// The memory for words; see word_cache.h.
#include "04-tokenizers/word_cache.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

void cache_free(WordCache *c)
{
    free(c->slot);
    buffer_free(&c->text);
    ids_free(&c->ids);
    *c = (WordCache){0};
}

uint64_t cache_hash(Text word)
{
    // Eight bytes at a time; the last ones overlap or are padded by zeros.
    uint64_t h = word.length * 0x9e3779b97f4a7c15u, part;
    size_t i = 0;
    for (; i + 8 <= word.length; i += 8) {
        memcpy(&part, word.at + i, 8);
        h = (h ^ part) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    part = 0;
    for (int shift = 0; i < word.length; i++, shift += 8)
        part |= (uint64_t)(uint8_t)word.at[i] << shift;
    h = (h ^ part) * 0xff51afd7ed558ccdu;
    return h ^ h >> 32;
}

// The word's place, or the free place where it belongs.
static struct CachedWord *cache_place(const WordCache *c, Text word,
                                      uint64_t hash)
{
    uint64_t mask = ((uint64_t)1 << CACHE_BITS) - 1, i = hash & mask;
    for (struct CachedWord *w; (w = &c->slot[i])->length; i = (i + 1) & mask)
        if (w->hash == hash && w->length == word.length &&
            memcmp(c->text.at + w->text, word.at, word.length) == 0)
            break;
    return &c->slot[i];
}

bool cache_find(const WordCache *c, Text word, uint64_t hash, Ids *to)
{
    if (!c->slot || word.length > CACHE_WORD || !word.length)
        return false;
    const struct CachedWord *w = cache_place(c, word, hash);
    for (int i = 0; i < w->n; i++)
        ids_add(to, c->ids.at[w->ids + i]);
    return w->length > 0;
}

void cache_add(WordCache *c, Text word, uint64_t hash, const int *id, int n)
{
    if (word.length > CACHE_WORD || !word.length || n > UINT16_MAX)
        return;
    if (!c->slot)
        c->slot = new_array((size_t)1 << CACHE_BITS, sizeof *c->slot);
    if (c->words == 1 << (CACHE_BITS - 1)) {
        memset(c->slot, 0, sizeof *c->slot << CACHE_BITS);
        c->words = c->ids.n = 0;
        c->text.length = 0;
    }
    *cache_place(c, word, hash) =
        (struct CachedWord){.hash = hash,
                            .text = (int)c->text.length,
                            .ids = c->ids.n,
                            .length = (uint16_t)word.length,
                            .n = (uint16_t)n};
    buffer_add(&c->text, word.at, word.length);
    for (int i = 0; i < n; i++)
        ids_add(&c->ids, id[i]);
    c->words++;
}
