// Blocks, tables, and attention over them; see kv_cache.h.
#include "11-kv-cache/kv_cache.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

static int blocks_for(int positions, int block)
{
    return positions / block + (positions % block > 0);
}

// --- memory in blocks -------------------------------------------------------

// A size_t from the first factor on: in int, 32 layers of width 4096 overflow
// at 8192 positions.
size_t kv_bytes(int layers, int width, int positions)
{
    return (size_t)2 * layers * width * positions * sizeof(float);
}

size_t kv_bytes8(int layers, int width, int head, int positions)
{
    return (size_t)2 * layers * positions *
           (width + width / head * sizeof(float));
}

static size_t block_bytes(const KvPool *p)
{
    return p->kind == KV_F32
               ? kv_bytes(p->layers, p->width, p->block)
               : kv_bytes8(p->layers, p->width, p->head, p->block);
}

// A pool without memory for its numbers.
static KvPool *pool_new(int layers, int width, int block, int blocks)
{
    check(layers >= 1 && width >= 1 && blocks >= 0,
          "a pool of %d blocks for %d layers of width %d", blocks, layers,
          width);
    check(block >= 1 && block <= KV_BLOCK, "a block of %d positions", block);
    KvPool *p = new_array(1, sizeof *p);
    *p = (KvPool){.layers = layers,
                  .width = width,
                  .block = block,
                  .blocks = blocks,
                  .idle = blocks};
    p->stack = new_array(blocks, sizeof *p->stack);
    p->users = new_array(blocks, sizeof *p->users);
    for (int i = 0; i < blocks; i++)
        p->stack[i] = blocks - 1 - i; // block 0 is taken first
    return p;
}

KvPool *kv_pool_new(int layers, int width, int block, int blocks)
{
    KvPool *p = pool_new(layers, width, block, blocks);
    p->memory = arena_new(block_bytes(p) * blocks + 64);
    p->rows = arena_take(&p->memory, blocks, block_bytes(p));
    return p;
}

KvPool *kv_pool_new8(int layers, int width, int head, int block, int blocks)
{
    KvPool *p = pool_new(layers, width, block, blocks);
    check(head >= 1 && width % head == 0, "heads of width %d in a key of %d",
          head, width);
    p->kind = KV_INT8;
    p->head = head;
    const size_t rows =
        (size_t)2 * layers * block; // keys and values of a block
    p->memory = arena_new(block_bytes(p) * blocks + 128);
    p->bytes = arena_take(&p->memory, blocks, rows * width);
    p->scales =
        arena_take(&p->memory, blocks, rows * (width / head) * sizeof(float));
    return p;
}

void kv_pool_free(KvPool *p)
{
    arena_free(&p->memory);
    free(p->stack);
    free(p->users);
    free(p);
}

size_t kv_pool_used(const KvPool *p)
{
    return block_bytes(p) * (p->blocks - p->idle);
}

float *kv_keys(const KvPool *p, int id, int layer)
{
    const size_t part = (size_t)p->block * p->width;
    check(p->kind == KV_F32, "a pool of bytes has no floats");
    return p->rows + ((size_t)id * p->layers + layer) * 2 * part;
}

float *kv_values(const KvPool *p, int id, int layer)
{
    return kv_keys(p, id, layer) + (size_t)p->block * p->width;
}

// Of one kind of numbers in KV_INT8, `one` for each position and layer: those
// of the keys (what = 0) or values (1) of a block in a layer.
static size_t place8(const KvPool *p, int id, int layer, int what, int one)
{
    const size_t part = (size_t)p->block * one;
    return (((size_t)id * p->layers + layer) * 2 + what) * part;
}

static void copy_block(KvPool *p, int from, int to)
{
    const int groups = p->kind == KV_INT8 ? p->width / p->head : 0;
    const size_t rows = (size_t)2 * p->layers * p->block;
    if (p->kind == KV_F32) {
        memcpy(kv_keys(p, to, 0), kv_keys(p, from, 0), block_bytes(p));
        return;
    }
    memcpy(p->bytes + place8(p, to, 0, 0, p->width),
           p->bytes + place8(p, from, 0, 0, p->width), rows * p->width);
    memcpy(p->scales + place8(p, to, 0, 0, groups),
           p->scales + place8(p, from, 0, 0, groups),
           rows * groups * sizeof *p->scales);
}

static int take_block(KvPool *p)
{
    check(p->idle > 0, "all %d blocks of the pool are in use", p->blocks);
    const int id = p->stack[--p->idle];
    p->users[id] = 1;
    return id;
}

static void drop_block(KvPool *p, int id)
{
    if (id >= 0 && --p->users[id] == 0)
        p->stack[p->idle++] = id;
}

// --- one text's cache -------------------------------------------------------

// Entries at the front of the table that never change: those of the sinks.
static int pinned(const KvCache *c)
{
    return blocks_for(c->sinks, c->pool->block);
}

int kv_slot(const KvCache *c, int b)
{
    const int fixed = pinned(c);
    return b < fixed ? b : fixed + (b - fixed) % (c->slots - fixed);
}

KvCache kv_cache_new(KvPool *p, int positions, int window, int sinks)
{
    check(positions >= 0 && window >= 0 && sinks >= 0,
          "a cache of %d positions, window %d, %d sinks", positions, window,
          sinks);
    check(window > 0 || sinks == 0, "%d sinks without a window", sinks);
    KvCache c = {.pool = p, .window = window, .sinks = sinks};
    c.slots = most(1, blocks_for(positions, p->block));
    // A window may begin in the last position of a block.
    if (window > 0)
        c.slots =
            most(c.slots, pinned(&c) + 1 + blocks_for(window - 1, p->block));
    c.table = new_array(c.slots, sizeof *c.table);
    for (int i = 0; i < c.slots; i++)
        c.table[i] = -1;
    return c;
}

void kv_cache_free(KvCache *c)
{
    for (int i = 0; i < c->slots; i++)
        drop_block(c->pool, c->table[i]);
    free(c->table);
    *c = (KvCache){0};
}

// The first position that one at p can see, sinks aside.
static int first_seen(int p, int window)
{
    return window > 0 ? most(0, p - window + 1) : 0;
}

int kv_room(const KvCache *c)
{
    const int B = c->pool->block, fixed = pinned(c);
    // The oldest block that the next position needs; the ring goes on from
    // there to just before it comes round again.
    int oldest = fixed;
    if (c->window > 0)
        oldest = most(fixed, first_seen(c->length, c->window) / B);
    const long long end = ((long long)oldest + c->slots - fixed) * B;
    return (int)(end > INT_MAX ? INT_MAX - c->length : end - c->length);
}

// What has to be done before positions of block b of the text can be written.
typedef enum Need { NOTHING, A_BLOCK, A_COPY } Need;

static Need need(const KvCache *c, int b)
{
    const int id = c->table[kv_slot(c, b)];
    const bool begun = c->length > b * c->pool->block; // holds positions of b
    if (id >= 0 && c->pool->users[id] == 1)
        return NOTHING;
    return begun ? A_COPY : A_BLOCK;
}

int kv_blocks_needed(const KvCache *c, int n)
{
    int count = 0;
    const int B = c->pool->block;
    for (int b = c->length / B; n > 0 && b <= (c->length + n - 1) / B; b++)
        count += need(c, b) != NOTHING;
    return count;
}

void kv_extend(KvCache *c, int n)
{
    check(n >= 0 && n <= kv_room(c), "%d positions more, there is room for %d",
          n, kv_room(c));
    KvPool *p = c->pool;
    const int B = p->block;
    for (int b = c->length / B; n > 0 && b <= (c->length + n - 1) / B; b++) {
        int *id = &c->table[kv_slot(c, b)];
        const Need what = need(c, b);
        if (what == NOTHING)
            continue;
        const int fresh = take_block(p);
        if (what == A_COPY)
            copy_block(p, *id, fresh);
        drop_block(p, *id);
        *id = fresh;
    }
    c->length += n;
}

// Rounds n numbers of x to bytes, `step` bytes apart; returns their scale.
static float round_to_bytes(const float *x, int n, int8_t *to, int step)
{
    float top = 0, wrong = 0;
    for (int i = 0; i < n; i++) {
        top = fabsf(x[i]) > top ? fabsf(x[i]) : top;
        wrong += x[i] * 0; // not a number if x is none or infinite
    }
    const float scale = top / 127, inverse = 1 / scale;
    const bool some = wrong == 0 && isfinite(inverse);
    for (int i = 0; i < n; i++)
        to[(size_t)i * step] = some ? (int8_t)rintf(x[i] * inverse) : 0;
    return scale + wrong;
}

// The numbers of a key that one thread writes at a time: those of a head, where
// they have a scale in common.
static int slice_of(const KvPool *p)
{
    return p->kind == KV_INT8 ? p->head : 64;
}

// Slice i of the key and the value of one position, `at` in its block.
static void put_bytes(const KvPool *p, int id, int layer, int at, int i,
                      const float *k, const float *v)
{
    const int w = p->head, B = p->block, groups = p->width / w;
    int8_t *column = p->bytes + place8(p, id, layer, 0, p->width) + at;
    int8_t *row =
        p->bytes + place8(p, id, layer, 1, p->width) + (size_t)at * p->width;
    float *key = p->scales + place8(p, id, layer, 0, groups) + at;
    float *value = p->scales + place8(p, id, layer, 1, groups) + at;
    key[i * B] = round_to_bytes(k + i * w, w, column + (size_t)i * w * B, B);
    value[i * B] = round_to_bytes(v + i * w, w, row + i * w, 1);
}

static void put_floats(const KvPool *p, int id, int layer, int at, int i,
                       const float *k, const float *v)
{
    float *column = kv_keys(p, id, layer) + at;
    float *row = kv_values(p, id, layer) + (size_t)at * p->width;
    const int from = i * slice_of(p), to = least(p->width, from + slice_of(p));
    for (int j = from; j < to; j++)
        column[(size_t)j * p->block] = k[j];
    memcpy(row + from, v + from, sizeof *row * (to - from));
}

typedef struct Putting {
    const KvCache *c;
    int layer, first; // the position of the first row
    int slices;       // of a row
    const float *k, *v;
} Putting;

static void put_some(void *context, int from, int to)
{
    const Putting *t = context;
    const KvPool *p = t->c->pool;
    const int B = p->block;
    for (int i = from; i < to; i++) {
        const int row = i / t->slices, at = t->first + row;
        const int id = t->c->table[kv_slot(t->c, at / B)];
        (p->kind == KV_F32 ? put_floats : put_bytes)(
            p, id, t->layer, at % B, i % t->slices,
            t->k + (size_t)row * p->width, t->v + (size_t)row * p->width);
    }
}

// Each number of a key goes to another line of memory, which has to come first:
// that costs far more than the copying.
void kv_put(KvCache *c, int layer, int n, const float *k, const float *v)
{
    check(layer >= 0 && layer < c->pool->layers && n >= 0 && n <= c->length,
          "%d positions of layer %d into a cache of %d, %d layers", n, layer,
          c->length, c->pool->layers);
    const int wide = slice_of(c->pool);
    Putting t = {c, layer, c->length - n, (c->pool->width + wide - 1) / wide,
                 k, v};
    parallel_for(n * t.slices, 200.0 * wide, put_some, &t);
}

static bool complete(const KvCache *c)
{
    return c->length <= (long long)c->slots * c->pool->block;
}

void kv_cut(KvCache *c, int length)
{
    check(length >= 0 && length <= c->length && complete(c),
          "%d of %d positions are to stay", length, c->length);
    for (int b = blocks_for(length, c->pool->block); b < c->slots; b++) {
        drop_block(c->pool, c->table[b]);
        c->table[b] = -1;
    }
    c->length = length;
}

KvCache kv_fork(const KvCache *c, int length)
{
    check(length >= 0 && length <= c->length, "the first %d of %d positions",
          length, c->length);
    KvCache f = *c;
    f.table = new_array(c->slots, sizeof *f.table);
    for (int i = 0; i < c->slots; i++) {
        f.table[i] = c->table[i];
        if (f.table[i] >= 0)
            c->pool->users[f.table[i]]++;
    }
    if (length < c->length)
        kv_cut(&f, length);
    return f;
}

// --- attention --------------------------------------------------------------
//
// Block by block with a running softmax, as in chapter 7. For one row to come
// out the same, to the last bit, alone and among others, every sum must be
// taken in the same order in both cases:
//   - A number of gemm_nn is a sum in the order of k, for one row as for many
//     (up to 384 terms). This is why keys are kept as columns: gemm_nt of one
//     row is a dot product, which has its own order.
//   - Blocks begin at fixed positions of the text, not where a chunk begins,
//     and each block's share is summed up from 0 and then added.
//   - Keys that a row may not see get the weight 0, and x + 0 = x.

enum { ROWS = 32 }; // queries that go through a block together

// Queries that go through the blocks together: rows of one head, each a
// position further on; or all heads of one row. Row r lies `stride` floats
// behind row r - 1, stands at position first + r * step of the text and reads
// the keys of group + r / share.
typedef struct Tile {
    const float *q;
    float *y;
    int rows, stride, first, step, group, share;
} Tile;

typedef struct Attend {
    const KvCache *c;
    int layer, n, heads, width, window; // width of a head
    const float *q;
    float *y;
} Attend;

// A row's running softmax (equation 7.7); its u is the row of y.
typedef struct Running {
    float max, sum;
    float shrink; // of what was summed up before this block
} Running;

// Hides of the scores of the positions base .. base + n - 1 those that a query
// at position p may not see.
static void mask_scores(const Attend *a, int p, int base, float *s, int n)
{
    const int first = first_seen(p, a->window) - base;
    for (int j = most(0, a->c->sinks - base); j < least(n, first); j++)
        s[j] = -INFINITY;
    for (int j = most(0, p + 1 - base); j < n; j++)
        s[j] = -INFINITY;
}

// Turns the n scores of each row into weights relative to its largest score so
// far. Three short loops over the rows: in each, no row waits for another.
static void take_scores(const Attend *a, const Tile *t, Running *r, int base,
                        float *s, int n)
{
    const int B = a->c->pool->block;
    float shrink[ROWS];
    for (int i = 0; i < t->rows; i++) {
        mask_scores(a, t->first + i * t->step, base, s + i * B, n);
        const float here = row_max(s + i * B, n);
        const float top = here > r[i].max ? here : r[i].max;
        // The first time 0. Where nothing was seen yet, any finite number does.
        shrink[i] = top == -INFINITY ? 0 : r[i].max - top;
        r[i].max = top;
    }
    exp_each(shrink, shrink, t->rows);
    for (int i = 0; i < t->rows; i++) {
        const float shift = r[i].max == -INFINITY ? 0 : r[i].max;
        r[i].shrink = shrink[i];
        r[i].sum =
            r[i].sum * shrink[i] + exp_sum(s + i * B, shift, s + i * B, n);
    }
}

// c += a0 b0 + a1 b1 + a2 b2 + a3 b3, in this order, for n columns; b1 is the
// row behind b0.
static inline void add_four(const float *a, const float *b, int ldb,
                            float *restrict c, int n)
{
    const float *b1 = b + ldb, *b2 = b1 + ldb, *b3 = b2 + ldb;
    for (int j = 0; j < n; j++)
        c[j] = c[j] + a[0] * b[j] + a[1] * b1[j] + a[2] * b2[j] + a[3] * b3[j];
}

// y (heads x w) = for each head the sum of its n weights times its columns of
// the rows of v. Each sum is in the order of n, as in gemm_nn; but there a head
// alone would wait for each addition, and here the others fill the time.
static void mix_heads(int heads, int w, int n, const float *s, int lds,
                      const float *v, int ldv, float *y)
{
    int k = 0;
    memset(y, 0, sizeof *y * (size_t)heads * w);
    for (; k + 4 <= n; k += 4)
        for (int h = 0; h < heads; h++) {
            const float *a = s + h * lds + k;
            const float *b = v + (size_t)k * ldv + h * w;
            int j = 0;
            for (; j + 16 <= w; j += 16) // 16 known: no loop is left
                add_four(a, b + j, ldv, y + h * w + j, 16);
            add_four(a, b + j, ldv, y + h * w + j, w - j);
        }
    for (; k < n; k++)
        for (int h = 0; h < heads; h++)
            axpy(s[h * lds + k], v + (size_t)k * ldv + h * w, y + h * w, w);
}

// One group's keys of the first n positions of a block, w x B: where they are,
// or as floats in the room.
static const float *group_keys(const Attend *a, int id, int group, int n,
                               float *room)
{
    const KvPool *p = a->c->pool;
    const int B = p->block, w = a->width;
    if (p->kind == KV_F32)
        return kv_keys(p, id, a->layer) + (size_t)group * w * B;
    const int8_t *from =
        p->bytes + place8(p, id, a->layer, 0, p->width) + (size_t)group * w * B;
    const float *scale =
        p->scales + place8(p, id, a->layer, 0, p->width / w) + group * B;
    for (int i = 0; i < w; i++)
        for (int j = 0; j < n; j++)
            room[i * B + j] = scale[j] * (float)from[(size_t)i * B + j];
    return room;
}

// Its values, n x w; *ld: from one row to the next.
static const float *group_values(const Attend *a, int id, int group, int n,
                                 float *room, int *ld)
{
    const KvPool *p = a->c->pool;
    const int B = p->block, w = a->width;
    *ld = p->kind == KV_F32 ? p->width : w;
    if (p->kind == KV_F32)
        return kv_values(p, id, a->layer) + (size_t)group * w;
    const int8_t *from =
        p->bytes + place8(p, id, a->layer, 1, p->width) + (size_t)group * w;
    const float *scale =
        p->scales + place8(p, id, a->layer, 1, p->width / w) + group * B;
    for (int j = 0; j < n; j++)
        for (int i = 0; i < w; i++)
            room[j * w + i] = scale[j] * (float)from[(size_t)j * p->width + i];
    return room;
}

// All queries of the tile against the first n positions of block b.
static void attend_block(const Attend *a, const Tile *t, Running *r, int b,
                         int n)
{
    const KvPool *p = a->c->pool;
    const int B = p->block, w = a->width, id = a->c->table[kv_slot(a->c, b)];
    const int share = least(t->share, t->rows); // rows with the same keys
    float s[ROWS * KV_BLOCK], part[ROWS * KV_HEAD], room[KV_BLOCK * KV_HEAD];
    // Whole vectors of scores: what the columns behind n hold is not used.
    const int whole = least(B, (n + 15) / 16 * 16);
    for (int i = 0; i < t->rows; i += t->share)
        gemm_nn(share, whole, w, t->q + i * w, w,
                group_keys(a, id, t->group + i / t->share, whole, room), B,
                s + i * B, B, false);
    take_scores(a, t, r, b * B, s, n);
    if (t->share == 1 && p->kind == KV_F32)
        mix_heads(t->rows, w, n, s, B,
                  kv_values(p, id, a->layer) + (size_t)t->group * w, p->width,
                  part);
    else
        for (int i = 0, ld; i < t->rows; i += t->share) {
            const int group = t->group + i / t->share;
            const float *v = group_values(a, id, group, n, room, &ld);
            gemm_nn(share, w, n, s + i * B, B, v, ld, part + i * w, w, false);
        }
    for (int i = 0; i < t->rows; i++) {
        float *y = t->y + (size_t)i * t->stride;
        for (int j = 0; j < w; j++)
            y[j] = y[j] * r[i].shrink + part[i * w + j];
    }
}

static void attend_tile(const Attend *a, Tile t)
{
    const int w = a->width;
    const float scale = 1 / sqrtf((float)w);
    Running r[ROWS];
    float q[ROWS * KV_HEAD]; // scaled here, once, the scores need not be
    for (int i = 0; i < t.rows; i++) {
        r[i] = (Running){-INFINITY, 0, 1};
        memset(t.y + (size_t)i * t.stride, 0, w * sizeof *t.y);
        for (int j = 0; j < w; j++)
            q[i * w + j] = scale * t.q[(size_t)i * t.stride + j];
    }
    t.q = q;
    const int B = a->c->pool->block, last = t.first + (t.rows - 1) * t.step;
    const int fixed = pinned(a->c);
    for (int b = 0; b <= last / B; b++) {
        if (b == fixed) // what lies between, no query of the tile can see
            b = most(b, first_seen(t.first, a->window) / B);
        attend_block(a, &t, r, b, least(B, last + 1 - b * B));
    }
    for (int i = 0; i < t.rows; i++) {
        const float share = 1 / r[i].sum; // each sees itself at least
        for (int j = 0; j < w; j++)
            t.y[(size_t)i * t.stride + j] *= share;
    }
}

// The heads of groups from .. to - 1 of a single row.
static void attend_row(void *context, int from, int to)
{
    const Attend *a = context;
    const int share = a->heads / (a->c->pool->width / a->width);
    // As many whole groups as fit in a tile, or a part of one group.
    const int whole = most(share, ROWS / share * share);
    for (int h = from * share, rows; h < to * share; h += rows) {
        const size_t at = (size_t)h * a->width;
        rows = least(whole, share > ROWS ? share - h % share : to * share - h);
        rows = least(rows, ROWS);
        attend_tile(a, (Tile){a->q + at, a->y + at, rows, a->width,
                              a->c->length - 1, 0, h / share, share});
    }
}

// Several rows: each head has a tile for every ROWS of them. The last rows see
// the most and come first: then the threads end together.
static void attend_rows(void *context, int from, int to)
{
    const Attend *a = context;
    const int groups = a->c->pool->width / a->width;
    const int cols = a->heads * a->width;
    for (int i = from; i < to; i++) {
        const int head = i % a->heads;
        const int row = ((a->n - 1) / ROWS - i / a->heads) * ROWS;
        const size_t at = (size_t)row * cols + head * a->width;
        const int rows = least(ROWS, a->n - row);
        attend_tile(a, (Tile){a->q + at, a->y + at, rows, cols,
                              a->c->length - a->n + row, 1,
                              head / (a->heads / groups), ROWS});
    }
}

void kv_attend(const KvCache *c, int layer, int n, const float *q, int heads,
               int head_width, int window, float *y)
{
    const int groups = head_width > 0 ? c->pool->width / head_width : 0;
    check(head_width >= 1 && head_width <= KV_HEAD &&
              c->pool->width % head_width == 0 && heads >= 1 &&
              heads % groups == 0,
          "%d heads of width %d over keys of width %d", heads, head_width,
          c->pool->width);
    check(c->pool->kind == KV_F32 || c->pool->head == head_width,
          "heads of width %d over keys of width %d", head_width, c->pool->head);
    check(layer >= 0 && layer < c->pool->layers && n >= 0 && n <= c->length,
          "%d queries in layer %d of a cache of %d", n, layer, c->length);
    if (c->window > 0 && (window == 0 || window > c->window))
        window = c->window;
    Attend a = {c, layer, n, heads, head_width, window, q, y};
    const int seen = window > 0 ? least(window, c->length) : c->length;
    // For one row it is that of reading keys and values from memory.
    const double cost = (n == 1 ? 64.0 : 4.0) * n * heads * seen * head_width;
    const int tiles = (n + ROWS - 1) / ROWS * heads; // 0 for no row
    if (n == 1)
        parallel_for(groups, cost / groups, attend_row, &a);
    else
        parallel_for(tiles, cost / most(1, tiles), attend_rows, &a);
}
