// Writing 256 tokens with a cache, against PyTorch with its cache on the same
// weights: 4 layers, width 128, 4 heads, vocabulary 512, context 256. The
// weights are random, which costs what trained ones cost; the tokens that both
// write must be the same.
#include "11-kv-cache/cached_gpt.h"

#include "10-gpt/sampler.h"
#include "common/bench.h"
#include "common/check.h"
#include "common/folder.h"
#include "common/text.h"
#include "common/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    TOKENS = 256,
    TEXTS = 4 // of one turn: longer than threads of others spin after theirs
};

typedef struct Writer {
    CachedGpt reader;
    KvPool *pool;
    int id[TOKENS + 1];
} Writer;

static void write_text(Writer *w)
{
    const Gpt *m = w->reader.model;
    KvCache c = cached_gpt_cache(m, w->pool);
    for (int i = 0; i < TOKENS; i++) {
        const float *scores = cached_gpt_read(
            &w->reader, (Tokens){.n = 1, .id = &w->id[i]}, &c, false);
        w->id[i + 1] = greatest(scores, m->shape.pieces);
    }
    kv_cache_free(&c);
}

static void write_texts(void *context)
{
    for (int i = 0; i < TEXTS; i++)
        write_text(context);
}

// Random weights of a size that makes every next token a clear choice.
static Gpt some_model(void)
{
    Gpt m = gpt_new((GptShape){.pieces = 512,
                               .context = TOKENS,
                               .width = 128,
                               .heads = 4,
                               .groups = 4,
                               .layers = 4,
                               .hidden = 512},
                    1);
    Rng r = rng_new(2);
    for (size_t i = 0; i < m.params->count; i++)
        m.params->val[i] += 0.1f * rng_normal(&r);
    return m;
}

// The peer's tokens must be ours.
static void same_tokens(const char *path, const Writer *w)
{
    Buffer b = text_read(path);
    char *at = b.at;
    for (int i = 1; i <= TOKENS; i++) {
        const long id = strtol(at, &at, 10);
        if (id != w->id[i])
            die("token %d: ours is %d, PyTorch's %ld", i, w->id[i], id);
    }
    buffer_free(&b);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    if (!bench_wanted("gpt-generate"))
        return 0;
    threads_set(2);
    Gpt m = some_model();
    Writer w = {cached_gpt_new(&m, 1),
                cached_gpt_pool(&m, KV_BLOCK, TOKENS / KV_BLOCK),
                {0}};
    write_text(&w);
    char count[16];
    Buffer weights = file_of_this_run("weights.safetensors");
    Buffer tokens = file_of_this_run("tokens");
    snprintf(count, sizeof count, "%d", TOKENS);
    params_save(m.params, weights.at);
    // One thread and two: PyTorch may have what it is better with.
    BenchPeer peer[2];
    Bench race[3] = {{.run = write_texts, .context = &w}};
    int n = 1;
    for (int i = 0; i < 2; i++) {
        const char *const command[] = {"/usr/bin/python3",
                                       "chapters/11-kv-cache/bench_generate.py",
                                       i ? "2" : "1",
                                       weights.at,
                                       count,
                                       tokens.at,
                                       NULL};
        if (!bench_peer_start(&peer[n - 1], command))
            break;
        same_tokens(tokens.at, &w);
        race[n] = (Bench){.run = bench_peer_turn, .context = &peer[n - 1]};
        n++;
    }
    bench_race(race, n, 12);
    double best = 0;
    for (int i = 1; i < n; i++) {
        const double speed = TEXTS * TOKENS / race[i].seconds;
        best = speed > best ? speed : best;
    }
    bench_row("gpt-generate", TEXTS * TOKENS / race[0].seconds, best,
              "tokens/s",
              n > 1 ? "256 tokens with a cache, against PyTorch with its own"
                    : "256 tokens with a cache; python3-torch is not there");
    for (int i = 1; i < n; i++)
        bench_peer_end(&peer[i - 1]);
    buffer_free(&weights);
    buffer_free(&tokens);
    kv_pool_free(w.pool);
    cached_gpt_free(&w.reader);
    gpt_free(&m);
    return 0;
}
