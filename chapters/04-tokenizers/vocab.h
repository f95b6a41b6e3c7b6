// A vocabulary: pieces of text, numbered. Every tokenizer of this chapter is a
// way of choosing pieces from one of these.
//
// The one idea: the pieces are kept twice. As a list, id -> bytes, for
// decoding; and as a trie (a tree with one edge a byte, in which pieces with a
// common beginning share their way from the root), bytes -> id, for encoding:
// one walk down the tree meets every piece that the text begins with.
//
// Lifetime: a Vocab owns copies of its pieces until vocab_free.
#ifndef TOKENIZERS_VOCAB_H
#define TOKENIZERS_VOCAB_H

#include "common/text.h"

// A growing list of ids; start with {0}.
typedef struct Ids {
    int *at;
    int n, capacity;
} Ids;

void ids_add(Ids *ids, int id);
void ids_free(Ids *ids);

// Edge from `node` by `byte` to `child`; child 0 (the root is nobody's child)
// is a free place of the hash table.
typedef struct Edge {
    uint32_t from; // node * 256 + byte
    int child;
} Edge;

typedef struct Vocab {
    int n;       // pieces: ids 0 .. n - 1
    Text *piece; // the bytes of each
    int nodes;   // of the trie; node 0 is the root
    int *end;    // for each node: the id of the piece that ends there, or -1
    Edge *edge;  // hash table of 2^bits places
    int bits;
    int room, node_room; // allocated pieces and nodes
} Vocab;

// More nodes than this do not fit an Edge; no real vocabulary comes near.
enum { VOCAB_NODES = 1 << 24 };

// An empty vocabulary.
Vocab vocab_new(void);
void vocab_free(Vocab *v);

// Appends a copy of the piece and returns its id. If the same bytes are there
// already, both ids have them, and vocab_find gives the new one.
int vocab_add(Vocab *v, Text piece);

// The id of the piece with these bytes, or -1.
int vocab_find(const Vocab *v, Text piece);

// One step down the trie: the child of `node` by `byte`, or -1.
static inline int vocab_step(const Vocab *v, int node, char byte)
{
    uint32_t from = (uint32_t)node << 8 | (uint8_t)byte;
    uint32_t mask = (1u << v->bits) - 1;
    uint32_t at = from * 2654435769u >> (32 - v->bits);
    while (v->edge[at].child) {
        if (v->edge[at].from == from)
            return v->edge[at].child;
        at = (at + 1) & mask;
    }
    return -1;
}

// The first character of a text as a text of its own: the bytes that
// utf8_next cuts off.
Text first_character(Text text);

// Says what is wrong with a file, in a text that lives until the next call.
// The readers of this chapter return it instead of ending the program, so that
// a fuzzer can drive them.
const char *fault(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
