// Two texts that share their beginning must not disturb each other.
#include "11-kv-cache/kv_cache.h"

#include "common/testing.h"

enum { LAYERS = 2, B = 4, W = 3, SAME = 10, T = 19, BLOCKS = 20 };
enum { WINDOW = 6, LONG = 30 };

// What text number `text` holds in a layer at a position; the first SAME
// positions are alike.
static float number(int text, int layer, int position, int j)
{
    return (float)((position < SAME ? 0 : 1000 * text) + 5000 * layer +
                   10 * position + j);
}

// In chunks of `most` positions, or as many as there is room for.
static void write_chunks(KvCache *c, int text, int to, int most)
{
    while (c->length < to) {
        float x[LONG * W];
        int n = to - c->length < most ? to - c->length : most;
        n = n < kv_room(c) ? n : kv_room(c);
        kv_extend(c, n);
        for (int l = 0; l < LAYERS; l++) {
            for (int i = 0; i < n * W; i++)
                x[i] = number(text, l, c->length - n + i / W, i % W);
            kv_put(c, l, n, x, x);
        }
    }
}

static void write_on(KvCache *c, int text, int to)
{
    write_chunks(c, text, to, 1);
}

// The positions from `from` on.
static void expect_from(const char *when, const KvCache *c, int text, int from)
{
    for (int i = from * LAYERS; i < c->length * LAYERS; i++) {
        const int p = i / LAYERS, l = i % LAYERS;
        const int id = c->table[kv_slot(c, p / B)];
        for (int j = 0; j < W; j++) {
            const double want = (double)number(text, l, p, j);
            const double k = (double)kv_keys(c->pool, id, l)[j * B + p % B];
            const double v = (double)kv_values(c->pool, id, l)[p % B * W + j];
            if (k != want || v != want)
                fail_msg("%s: text %d, layer %d, position %d, number %d should "
                         "be %.0f; its key is %.0f, its value %.0f",
                         when, text, l, p, j, want, k, v);
        }
    }
}

static void expect_text(const char *when, const KvCache *c, int text)
{
    expect_from(when, c, text, 0);
}

static void expect_used(const char *when, const KvPool *p, int want)
{
    if (p->blocks - p->idle != want)
        fail_msg("%s: %d blocks should be in use, %d are", when, want,
                 p->blocks - p->idle);
}

static void a_fork_takes_no_memory(void **state)
{
    (void)state;
    KvPool *p = kv_pool_new(LAYERS, W, B, BLOCKS);
    KvCache c = kv_cache_new(p, T, 0, 0);
    write_on(&c, 1, SAME);
    expect_used("10 positions in blocks of 4", p, 3);
    KvCache d = kv_fork(&c, SAME);
    expect_used("a fork of them", p, 3);
    expect_text("after the fork", &d, 2);
    kv_cache_free(&c);
    expect_used("the first text is gone, the fork is still there", p, 3);
    expect_text("after the first text has gone", &d, 2);
    kv_cache_free(&d);
    expect_used("all are gone", p, 0);
    kv_pool_free(p);
}

static void who_writes_gets_a_copy(void **state)
{
    (void)state;
    for (int first = 1; first <= 2; first++) {
        KvPool *p = kv_pool_new(LAYERS, W, B, BLOCKS);
        KvCache c[3] = {{0}};
        c[1] = kv_cache_new(p, T, 0, 0);
        write_on(&c[1], 1, SAME);
        c[2] = kv_fork(&c[1], SAME);
        write_on(&c[first], first, SAME + 1);
        expect_used("one of two has written a token", p, 4);
        expect_text("after one has written", &c[first], first);
        expect_text("after the other has written", &c[3 - first], 3 - first);
        write_on(&c[3 - first], 3 - first, SAME + 1);
        expect_used("both have; only one copy was needed", p, 4);
        write_on(&c[1], 1, T);
        write_on(&c[2], 2, T);
        expect_text("at the end", &c[1], 1);
        expect_text("at the end", &c[2], 2);
        expect_used("two texts of 19, 8 positions shared", p, 2 + 3 + 3);
        kv_cache_free(&c[1]);
        kv_cache_free(&c[2]);
        expect_used("all are gone", p, 0);
        kv_pool_free(p);
    }
}

static void a_shorter_fork_lets_go_of_the_rest(void **state)
{
    (void)state;
    KvPool *p = kv_pool_new(LAYERS, W, B, BLOCKS);
    KvCache c = kv_cache_new(p, T, 0, 0);
    write_on(&c, 1, T);
    KvCache d = kv_fork(&c, SAME); // goes back to where both are alike
    write_on(&d, 2, T);
    expect_text("the first text", &c, 1);
    expect_text("the fork", &d, 2);
    expect_used("two texts of 19, 8 positions shared", p, 2 + 3 + 3);
    kv_cache_free(&c);
    expect_used("the first is gone", p, 5);
    kv_cache_free(&d);
    expect_used("all are gone", p, 0);
    kv_pool_free(p);
}

static void a_shorter_fork_holds_no_more_than_it_needs(void **state)
{
    (void)state;
    KvPool *p = kv_pool_new(LAYERS, W, B, BLOCKS);
    KvCache c = kv_cache_new(p, T, 0, 0);
    write_on(&c, 1, T);
    expect_used("19 positions in blocks of 4", p, 5);
    KvCache d = kv_fork(&c, SAME);
    kv_cache_free(&c);
    expect_used("a fork of 10 of them, and the first is gone", p, 3);
    expect_text("the fork", &d, 2);
    kv_cache_free(&d);
    expect_used("all are gone", p, 0);
    kv_pool_free(p);
}

static void three_can_share(void **state)
{
    (void)state;
    KvPool *p = kv_pool_new(LAYERS, W, B, BLOCKS);
    KvCache c[4] = {{0}};
    c[1] = kv_cache_new(p, T, 0, 0);
    write_on(&c[1], 1, SAME);
    c[2] = kv_fork(&c[1], SAME);
    c[3] = kv_fork(&c[2], SAME); // a fork of a fork
    expect_used("three texts of the same 10 positions", p, 3);
    for (int i = 1; i <= 3; i++) {
        kv_extend(&c[i], 0);
        expect_used("0 positions more", p, 3);
    }
    for (int i = 1; i <= 3; i++)
        write_chunks(&c[i], i, T, 7);
    for (int i = 1; i <= 3; i++)
        expect_text("three texts, in chunks of 7", &c[i], i);
    expect_used("three texts of 19, 8 positions shared", p, 2 + 3 * 3);
    kv_cache_free(&c[1]);
    kv_cache_free(&c[2]);
    expect_text("two of three texts are gone", &c[3], 3);
    expect_used("two of three texts are gone", p, 5);
    kv_cache_free(&c[3]);
    expect_used("all are gone", p, 0);
    kv_pool_free(p);
}

// A ring of 3 blocks: whoever goes on writes where the other's text still is.
static void rings_share_too(void **state)
{
    (void)state;
    for (int chunk = 1; chunk <= 3; chunk += 2) {
        KvPool *p = kv_pool_new(LAYERS, W, B, BLOCKS);
        KvCache c = kv_cache_new(p, 0, WINDOW, 0);
        write_on(&c, 1, 14);
        KvCache d = kv_fork(&c, 14);
        expect_used("a window of 6, blocks of 4, and a fork", p, 3);
        write_chunks(&c, 1, LONG, chunk);
        expect_from("one ring has gone round", &c, 1, LONG - WINDOW);
        expect_from("the other one has not", &d, 1, 14 - WINDOW);
        write_chunks(&d, 2, LONG, chunk);
        expect_from("both have gone round", &c, 1, LONG - WINDOW);
        expect_from("both have gone round", &d, 2, LONG - WINDOW);
        expect_used("two rings of 3 blocks", p, 6);
        kv_cache_free(&c);
        kv_cache_free(&d);
        expect_used("all are gone", p, 0);
        kv_pool_free(p);
    }
}

// 3 positions from 14 on end in a block that both rings are about to reuse.
static void two_rings_in_turn(void **state)
{
    (void)state;
    KvPool *p = kv_pool_new(LAYERS, W, B, BLOCKS);
    KvCache c = kv_cache_new(p, 0, WINDOW, 0);
    write_on(&c, 1, 14);
    KvCache d = kv_fork(&c, 14);
    write_chunks(&c, 1, 17, 3);
    write_chunks(&d, 2, 17, 3);
    expect_from("both have written 3 positions at once", &c, 1, 17 - WINDOW);
    expect_from("both have written 3 positions at once", &d, 2, 14);
    kv_cache_free(&c);
    kv_cache_free(&d);
    expect_used("all are gone", p, 0);
    kv_pool_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fork_takes_no_memory),
        cmocka_unit_test(who_writes_gets_a_copy),
        cmocka_unit_test(a_shorter_fork_lets_go_of_the_rest),
        cmocka_unit_test(a_shorter_fork_holds_no_more_than_it_needs),
        cmocka_unit_test(three_can_share),
        cmocka_unit_test(rings_share_too),
        cmocka_unit_test(two_rings_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
