// Words that were met before. A text repeats its words, so an encoder remembers
// what it found for them; most words then cost one look into a hash table. When
// the table is half full it forgets everything and starts again.
#ifndef TOKENIZERS_WORD_CACHE_H
#define TOKENIZERS_WORD_CACHE_H

#include "04-tokenizers/vocab.h"

enum { CACHE_BITS = 16, CACHE_WORD = 48 }; // longest word that is remembered

typedef struct WordCache {
    struct CachedWord {
        uint64_t hash;
        int text, ids; // where its bytes and its ids begin
        uint16_t length, n;
    } * slot;
    int words;
    Buffer text;
    Ids ids;
} WordCache;

void cache_free(WordCache *c);

// The hash of a word, for the two functions below.
uint64_t cache_hash(Text word);

// Appends the ids of the word to *to if it is known.
bool cache_find(const WordCache *c, Text word, uint64_t hash, Ids *to);

// Remembers n ids for a word that is not known yet. Longer words are ignored.
void cache_add(WordCache *c, Text word, uint64_t hash, const int *id, int n);

#endif
