// Copy on write (45 minutes)
//
// Two requests begin with the same long prompt. Its keys and values need to be
// computed and kept only once: kv_fork makes a second table with the same
// blocks. From then on each block knows how many tables it stands in
// (pool->users[id]), and two rules keep the texts apart:
//
//   - Whoever is about to write into a block that others use too, takes a fresh
//     block, copies the old one into it, puts it into the own table, and lets
//     go of the old one.
//   - A block returns to the pool when the last one lets go of it.
//
// A fork of fewer positions than its text has holds only the blocks in which
// these lie.
//
// Only the last block of a text can be half full, so only there is something to
// be copied. A block that no position of this text lies in yet (or not any
// more, in a ring) is taken fresh, and nothing is copied.
//
// Below stand both functions without the rules: they are right as long as
// nobody shares. Complete them. What may help: take_block and drop_block, just
// below; kv_keys(p, id, 0) is where block id begins, with all its layers, and
// kv_bytes(p->layers, p->width, p->block) is how long it is.
//
// `make run-11 MINE=1` shares with yours.
#include "11-kv-cache/kv_cache.h"

#include "common/check.h"

#include <string.h>

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

// TODO: count the users of a block in kv_fork, and respect them in kv_extend.

void kv_extend(KvCache *c, int n)
{
    KvPool *p = c->pool;
    const int B = p->block;
    check(n >= 0 && n <= kv_room(c), "%d positions more", n);
    for (int b = c->length / B; n > 0 && b <= (c->length + n - 1) / B; b++) {
        int *id = &c->table[kv_slot(c, b)];
        if (*id < 0)
            *id = take_block(p);
    }
    c->length += n;
    (void)drop_block;
}

KvCache kv_fork(const KvCache *c, int length)
{
    KvCache f = *c;
    f.table = new_array(c->slots, sizeof *f.table);
    memcpy(f.table, c->table, c->slots * sizeof *f.table);
    f.length = length;
    return f;
}
// END
