// Throughput of the Universal Sentence Encoder Lite: 16 chunks of 128 pieces at
// a time. Against the same network in PyTorch, at the better of one thread and
// as many as we have; and against its matrix products alone, by our own gemm:
// what is lost to all that is not a product.
#include "15-bert/use_lite.h"

#include "common/bench.h"
#include "common/check.h"
#include "common/cli.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CHUNKS = 16,
    ROWS = CHUNKS * USE_LITE_TOKENS,
    TIMES = 4 // in one turn: longer than threads of others spin after theirs
};

typedef struct Encoding {
    UseLite model;
    Tape *tape;
    int id[ROWS], start[CHUNKS + 1];
} Encoding;

static void encode_chunks(void *context)
{
    Encoding *e = context;
    for (int i = 0; i < TIMES; i++) {
        use_lite_vectors(&e->model, e->tape,
                         (Tokens){ROWS, e->id, {CHUNKS, e->start}});
        tape_reset(e->tape);
    }
}

static void product(const Linear *l, int rows, const float *x, float *y)
{
    if (l->w)
        gemm_nt(rows, l->w->rows, l->w->cols, x, l->w->cols, l->w->val,
                l->w->cols, y, l->w->rows, false);
}

typedef struct Products {
    const UseLite *model;
    float *x, *y;
} Products;

static void all_products(const Products *p)
{
    for (int i = 0; i < USE_LITE_LAYERS; i++) {
        const UseLiteLayer *l = &p->model->layer[i];
        const Linear *all[] = {&l->self.q,   &l->self.k, &l->self.v,
                               &l->self.out, &l->widen,  &l->feed.in,
                               &l->feed.out};
        // The very last one comes after the mean over the tokens.
        const size_t most = sizeof all / sizeof *all;
        for (size_t k = 0; k < most; k++)
            product(all[k],
                    i + 1 < USE_LITE_LAYERS || k + 1 < most ? ROWS : CHUNKS,
                    p->x, p->y);
    }
    product(&p->model->last, CHUNKS, p->x, p->y);
}

static void products_alone(void *context)
{
    for (int i = 0; i < TIMES; i++)
        all_products(context);
}

static Encoding *encoding_new(const char *model_json)
{
    Encoding *e = new_array(1, sizeof *e);
    char *directory = copy_text(model_json);
    Rng r = rng_new(1);
    *strrchr(directory, '/') = 0;
    e->model = use_lite_load(directory);
    free(directory);
    e->tape = tape_new(0, 1);
    e->tape->training = false;
    for (int i = 0; i < ROWS; i++)
        e->id[i] = 6 + rng_below(&r, 7000);
    for (int i = 0; i <= CHUNKS; i++)
        e->start[i] = i * USE_LITE_TOKENS;
    return e;
}

static bool peer_start(BenchPeer *peer, int threads)
{
    char number[16];
    snprintf(number, sizeof number, "%d", threads);
    const char *const command[] = {
        "/usr/bin/python3", "chapters/15-bert/bench_use_lite.py", number, NULL};
    return bench_peer_start(peer, command);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    const Run run = {0};
    const char *model = data_path(&run, "use-lite", "model.json");
    const bool encode = bench_wanted("use-lite-encode");
    const bool gemm = bench_wanted("use-lite-gemm");
    if (!encode && !gemm)
        return 0;
    if (!model) {
        fprintf(stderr, "use-lite-encode: run: make data NAME=use-lite\n");
        return 0;
    }
    Encoding *e = encoding_new(model);
    Products p = {&e->model, new_array((size_t)ROWS * 1536, sizeof(float)),
                  new_array((size_t)ROWS * 1536, sizeof(float))};
    BenchPeer peer[2];
    const bool there = encode && peer_start(&peer[0], 1) &&
                       peer_start(&peer[1], threads_count());
    Bench race[] = {{.run = encode_chunks, .context = e},
                    {.run = products_alone, .context = &p},
                    {.run = bench_peer_turn, .context = &peer[0]},
                    {.run = bench_peer_turn, .context = &peer[1]}};
    bench_race(race, there ? 4 : 2, 20);
    const double ours = TIMES * CHUNKS / race[0].seconds;
    const double best =
        race[2].seconds < race[3].seconds ? race[2].seconds : race[3].seconds;
    if (encode)
        bench_row("use-lite-encode", ours, there ? TIMES * CHUNKS / best : 0,
                  "chunks/s",
                  there ? "128 pieces to a vector, against PyTorch at its best "
                          "number of threads"
                        : "128 pieces to a vector; python3-torch is not "
                          "installed");
    if (gemm)
        bench_row("use-lite-gemm", ours, TIMES * CHUNKS / race[1].seconds,
                  "chunks/s",
                  "the same, against its matrix products alone by our gemm");
    for (int i = 0; there && i < 2; i++)
        bench_peer_end(&peer[i]);
    free(p.x);
    free(p.y);
    use_lite_free(&e->model);
    tape_free(e->tape);
    free(e);
    return 0;
}
