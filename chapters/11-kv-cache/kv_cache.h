// The KV cache: the keys and values of all tokens that a model has read, so
// that a new token costs one row of work and not a whole text.
//
// The one idea: memory comes in blocks of a fixed number of positions, from a
// pool, and a cache is a table that says in which block a position lies. With
// the table 0, 1, 2 ... that is a plain array. If the table is used in a ring,
// the cache rolls: it forgets what no window reaches any more and never grows.
// If tables share blocks, texts share their beginning, until one of them
// writes into a shared block: then it gets a copy (Kwon et al. 2023).
//
// A cache knows nothing of a model but the number of its layers and the width
// of a row of keys, so it serves every model of the course.
//
// Lifetime rule: a cache holds its blocks until kv_cache_free gives them back
// to the pool; the pool outlives its caches. Nothing is allocated between
// kv_cache_new and kv_cache_free.
#ifndef CHAPTER_11_KV_CACHE_H
#define CHAPTER_11_KV_CACHE_H

#include "common/arena.h"

#include <stdint.h>

enum {
    KV_BLOCK = 64, // positions in a block, at most
    KV_HEAD = 256, // width of a head, at most
};

// --- memory in blocks -------------------------------------------------------

// How the numbers are kept: as floats, or as whole numbers from -127 to 127,
// with one scale for each key and each value of a head; chapter 14 tells why.
typedef enum KvKind { KV_F32, KV_INT8 } KvKind;

// A block holds, for each layer, `block` positions: first their keys, as
// columns (width x block, so that the scores of neighbouring positions are
// sums side by side), then their values, as rows (block x width).
typedef struct KvPool {
    KvKind kind;
    int layers, width; // width: groups * head width, the numbers of a key
    int head;          // KV_INT8: the width of a head
    int block;         // positions in a block
    int blocks;        // how many there are
    int idle;          // how many of them nobody uses ...
    int *stack;        // ... and which: stack[0 .. idle - 1]
    int *users;        // how many caches hold each block
    float *rows;       // KV_F32: all blocks, one after the other
    int8_t *bytes;     // KV_INT8: the same, and for each layer of a block ...
    float *scales;     // ... groups x block for the keys, then for the values
    Arena memory;
} KvPool;

// The bytes of the keys and values of `positions` positions:
// 2 x layers x width x positions x 4.
size_t kv_bytes(int layers, int width, int positions);

// The same in KV_INT8, with heads of width `head`:
// 2 x layers x (width + 4 x width / head) x positions.
size_t kv_bytes8(int layers, int width, int head, int positions);

// A pool of `blocks` blocks of `block` positions (1 .. KV_BLOCK). Memory is
// used when a block is first written to.
KvPool *kv_pool_new(int layers, int width, int block, int blocks);
KvPool *kv_pool_new8(int layers, int width, int head, int block, int blocks);
void kv_pool_free(KvPool *p);

// The bytes of the blocks that caches hold now; a shared block counts once.
size_t kv_pool_used(const KvPool *p);

// Keys (width x block) and values (block x width) of one block in one layer,
// in a pool of floats.
float *kv_keys(const KvPool *p, int id, int layer);
float *kv_values(const KvPool *p, int id, int layer);

// --- one text's cache -------------------------------------------------------

typedef struct KvCache {
    KvPool *pool;
    int length; // positions so far; the next token will be at this one
    int window; // how far a position can look back, itself included; 0: to
                // the beginning, nothing is forgotten
    int sinks;  // with a window: the first positions, which stay all the same
    int slots;  // entries of the table
    int *table; // block number b of the text (positions b * block ...) lies in
                // table[kv_slot(c, b)]; -1: nowhere yet
} KvCache;

// An empty cache with room for `positions` positions (rounded up to blocks).
// With a window it rolls: `positions` is then what is kept at a time, at least
// what window and sinks need (0: just that), and more makes longer chunks
// possible. Holds no block yet.
KvCache kv_cache_new(KvPool *p, int positions, int window, int sinks);

// Gives the blocks back.
void kv_cache_free(KvCache *c);

// Where in the table block number b of the text stands.
int kv_slot(const KvCache *c, int b);

// How many positions can be added at once. For a cache that rolls never less
// than 1: a longer chunk is read in pieces.
int kv_room(const KvCache *c);

// How many blocks kv_extend(c, n) takes from the pool. More than pool->idle is
// more than there are: ask first if others use the pool too.
int kv_blocks_needed(const KvCache *c, int n);

// Adds n positions, at most kv_room(c), whose keys and values follow in each
// layer by kv_put. A block that others hold too is copied first.
void kv_extend(KvCache *c, int n);

// Writes keys and values of the newest n positions of one layer; k and v are
// n x width. KV_INT8 rounds them to the nearest multiple of scale = (largest
// magnitude of the head's numbers) / 127, so they are off by scale / 2 at most;
// a number that is not finite makes the whole head's key or value none.
void kv_put(KvCache *c, int layer, int n, const float *k, const float *v);

// Forgets the positions from `length` on. Not for a cache that has forgotten
// its beginning.
void kv_cut(KvCache *c, int length);

// A cache with the first `length` positions of c, in the same blocks: nothing
// is copied until one of the two writes. If c has forgotten its beginning, only
// c->length will do.
KvCache kv_fork(const KvCache *c, int length);

// --- attention over it (Vaswani et al. 2017, eq. 1) -------------------------

// softmax(q k^T / sqrt(w)) v for the newest n positions, whose keys and values
// have been put: each looks at all positions up to itself, within the window.
//   q and y: n x (heads * w), w = head_width; heads that share keys
//   (heads > pool->width / w) stand beside each other, as in attention().
// window: 0 for the cache's own; a smaller one hides more than the cache has
// forgotten. The cache's sinks are always seen.
//
// Each row of y has the same bits whatever n is, and whatever lies where: one
// row alone, many at once, a fresh block or a shared one. They do depend on
// the number of positions in a block, since sums are taken block by block.
void kv_attend(const KvCache *c, int layer, int n, const float *q, int heads,
               int head_width, int window, float *y);

#endif
