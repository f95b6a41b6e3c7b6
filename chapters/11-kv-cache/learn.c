// Notes, and learning them; see learn.h.
#include "11-kv-cache/learn.h"

#include "common/optim.h"
#include "common/progress.h"

void notes(Rng *r, int n, int *id, int *next)
{
    int digit[NOTE_LETTERS], noted[NOTE_LETTERS], known = 0;
    bool seen[NOTE_LETTERS] = {false};
    for (int i = 0; i < NOTE_LETTERS; i++)
        digit[i] = rng_below(r, 10);
    for (int i = 0; i < n; i++) {
        if (i % 2 == 0) {
            const int letter = rng_below(r, NOTE_LETTERS);
            id[i] = letter * 10 + digit[letter];
            next[i] = -1;
            if (!seen[letter])
                noted[known++] = letter;
            seen[letter] = true;
        } else {
            const int letter = noted[rng_below(r, known)];
            id[i] = NOTE_LETTERS * 10 + letter;
            next[i] = letter * 10 + digit[letter];
        }
    }
}

double learn_notes(Gpt *m, int steps, int texts, float rate, uint64_t seed)
{
    const int T = m->shape.context, n = texts * T, last = steps / 10 + 1;
    Adam adam = adam_new(m->params, 0.9f, 0.95f, 1e-8f, 0.01f);
    Tape *tape = tape_new(0, seed);
    Rng r = rng_new(seed);
    Progress bar = progress_new("learning to take notes", steps, "steps");
    double sum = 0;
    for (int step = 1; step <= steps; step++) {
        int *id = arena_take(&tape->arena, n, sizeof *id);
        int *next = arena_take(&tape->arena, n, sizeof *next);
        int *start = arena_zero(&tape->arena, texts + 1, sizeof *start);
        for (int i = 0; i < texts; i++) {
            notes(&r, T, id + i * T, next + i * T);
            start[i + 1] = (i + 1) * T;
        }
        const Tokens given = {n, id, {texts, start}};
        Matrix *loss = cross_entropy(gpt_forward(m, tape, given), next, 0);
        const double value = (double)loss->val[0];
        sum += step > steps - last ? value : 0;
        progress(&bar, step, value);
        backward(loss);
        params_clip(m->params, 1);
        adam_step(&adam, rate_cosine(step, steps / 20, steps, rate, rate / 20));
        tape_reset(tape);
    }
    progress_end(&bar);
    adam_free(&adam);
    tape_free(tape);
    return sum / last;
}
