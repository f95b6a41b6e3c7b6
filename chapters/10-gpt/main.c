// 10-gpt: a decoder-only transformer learns to write tales.
#include "10-gpt/gpt.h"
#include "10-gpt/sampler.h"

#include "04-tokenizers/bpe.h"
#include "common/cli.h"
#include "common/optim.h"
#include "common/progress.h"
#include "data/tales/tales.h"

#include <stdio.h>

enum { CONTEXT = 64, BATCH = 8, STORIES = 500 };

int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    const Option own[] = {{0}};
    cli_parse(argc, argv, "A GPT learns to write tales.", own, &run);
    const int steps = run.quick ? 100 : 1000;
    Buffer text = {0};
    Rng rng = rng_new(run.seed);
    for (int i = 0; i < STORIES; i++) {
        tales_story(&rng, &text);
        buffer_add(&text, "\n", 1);
    }
    Bpe bpe = bpe_train((Text){text.at, text.length}, 256);
    Ids ids = {0};
    bpe_encode(&bpe, (Text){text.at, text.length}, &ids);
    Gpt m = gpt_new((GptShape){.pieces = 512,
                               .context = CONTEXT,
                               .width = 64,
                               .heads = 4,
                               .groups = 4,
                               .layers = 2,
                               .hidden = 256},
                    run.seed);
    printf("%d tales, %d tokens; a model of %zu numbers; about %d s.\n",
           STORIES, ids.n, params_numbers(m.params), steps / 50);
    Tape *t = tape_new(0, run.seed);
    Adam adam = adam_new(m.params, 0.9f, 0.95f, 1e-8f, 0.1f);
    Progress bar = progress_new("training", steps, "steps");
    float last = 0;
    for (int step = 1; step <= steps; step++) {
        int in[BATCH * CONTEXT], out[BATCH * CONTEXT], start[BATCH + 1] = {0};
        for (int i = 0; i < BATCH; i++) {
            const int from = rng_below(&rng, ids.n - CONTEXT);
            for (int j = 0; j < CONTEXT; j++) {
                in[i * CONTEXT + j] = ids.at[from + j];
                out[i * CONTEXT + j] = ids.at[from + j + 1];
            }
            start[i + 1] = (i + 1) * CONTEXT;
        }
        Tokens input = {BATCH * CONTEXT, in, {BATCH, start}};
        Matrix *loss = cross_entropy(gpt_forward(&m, t, input), out, 0);
        last = loss->val[0];
        progress(&bar, step, (double)last);
        backward(loss);
        params_clip(m.params, 1);
        adam_step(&adam, rate_cosine(step, steps / 10, steps, 3e-3f, 3e-4f));
        tape_reset(t);
    }
    progress_end(&bar);
    printf("=> after %d steps the loss is ~%.2f\n", steps, (double)last);
    adam_free(&adam);
    tape_free(t);
    gpt_free(&m);
    bpe_free(&bpe);
    ids_free(&ids);
    buffer_free(&text);
    return 0;
}
