// Find the bug: a loss that is too good (20 minutes)
//
// Somebody wrote this function anew. Training went better than ever: the loss
// fell to almost nothing within a few hundred steps. Then the first sentence
// was translated: "<s> <s> <s> <s> ..." up to the longest that is allowed.
// Somebody else looked for the mistake in the attention mask for two days.
//
// This is the most frequent true story of this chapter. Ask what the decoder
// is given at each row, and what it shall answer there.
//
// The function packs the pairs index[0] .. index[n - 1] of p as a batch; its
// contract is in chapters/09-transformer/batches.h. The source comes out right.
// The test trains nothing: it compares rows. Change as little as you can.
#include "09-transformer/batches.h"

static int length_of(const int *start, int i)
{
    return start[i + 1] - start[i];
}

Batch batch_of(Arena *a, const Pairs *p, const int *index, int n, int begin,
               int end)
{
    int sources = 0, targets = 0;
    for (int i = 0; i < n; i++) {
        sources += length_of(p->source_start, index[i]) + 1;
        targets += length_of(p->target_start, index[i]) + 1;
    }
    int *source = arena_take(a, sources, sizeof *source);
    int *input = arena_take(a, targets, sizeof *input);
    int *output = arena_take(a, targets, sizeof *output);
    int *source_start = arena_take(a, n + 1, sizeof *source_start);
    int *input_start = arena_take(a, n + 1, sizeof *input_start);
    int s = 0, t = 0;
    for (int i = 0; i < n; i++) {
        const int *from = p->source + p->source_start[index[i]];
        const int *to = p->target + p->target_start[index[i]];
        const int length = length_of(p->target_start, index[i]);
        source_start[i] = s;
        for (int j = 0; j < length_of(p->source_start, index[i]); j++)
            source[s++] = from[j];
        source[s++] = end;
        // TODO: everything is here, but it is not right.
        input_start[i] = t;
        for (int j = 0; j <= length; j++, t++) {
            input[t] = j == 0 ? begin : to[j - 1];
            output[t] = j == 0 ? begin : to[j - 1];
        }
        // END
    }
    source_start[n] = s;
    input_start[n] = t;
    return (Batch){n,
                   {s, source, {n, source_start}},
                   {t, input, {n, input_start}},
                   output};
}
