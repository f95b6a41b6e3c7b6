// Saving and resuming a training; see checkpoint.h.
//
// What is float32 becomes a tensor. The rest becomes notes, as texts that hold
// every bit: whole numbers in decimal, the words of a random generator in
// hexadecimal, the caller's doubles with the 17 digits that tell any two apart.
#include "common/checkpoint.h"

#include "common/check.h"
#include "common/params_file.h"
#include "common/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RNGS = sizeof((Checkpoint *)0)->rng / sizeof(Rng *) };
enum { STATES = 3, NOTES = 3 + RNGS };

static const char *const rng_key[] = {"rng.0", "rng.1", "rng.2", "rng.3"};
_Static_assert(sizeof rng_key / sizeof *rng_key == RNGS, "a key for each");

// --- an optimiser's state ---------------------------------------------------

typedef struct State {
    const char *name;
    float *at;
    size_t count;
} State;

static int states_of(const Checkpoint *c, State to[STATES])
{
    int n = 0;
    if (c->adam) {
        to[n++] = (State){"adam.m", c->adam->m, c->adam->params->count};
        to[n++] = (State){"adam.v", c->adam->v, c->adam->params->count};
    }
    if (c->sgd)
        to[n++] =
            (State){"sgd.velocity", c->sgd->velocity, c->sgd->params->count};
    return n;
}

static int params_of(const Checkpoint *c)
{
    return c->params ? c->params->n : 0;
}

// --- saving -----------------------------------------------------------------

typedef struct Notes {
    int n;
    const char *key[NOTES];
    Buffer value[NOTES];
} Notes;

static Buffer *note(Notes *n, const char *key)
{
    n->key[n->n] = key;
    return &n->value[n->n++];
}

static void take_notes(Notes *to, const Checkpoint *c)
{
    if (c->step)
        buffer_print(note(to, "step"), "%" PRId64, *c->step);
    if (c->adam)
        buffer_print(note(to, "adam.step"), "%" PRId64, c->adam->step);
    for (int i = 0; i < RNGS; i++)
        if (c->rng[i]) {
            const uint64_t *s = c->rng[i]->s;
            buffer_print(note(to, rng_key[i]),
                         "%" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64, s[0],
                         s[1], s[2], s[3]);
        }
    if (c->numbers) {
        Buffer *b = note(to, "numbers");
        for (int i = 0; i < c->numbers; i++)
            buffer_print(b, i ? " %.17g" : "%.17g", c->number[i]);
    }
}

void checkpoint_save(const Checkpoint *c, const char *path)
{
    State state[STATES];
    int n = params_of(c), states = states_of(c, state);
    TensorOut *out = new_array(n + states, sizeof *out);
    for (int i = 0; i < n; i++)
        out[i] = param_to_file(c->params->item[i]);
    for (int i = 0; i < states; i++)
        out[n + i] = (TensorOut){
            state[i].name, "F32", 1, {(int64_t)state[i].count}, state[i].at};
    Notes notes = {0};
    take_notes(&notes, c);
    const char *value[NOTES];
    for (int i = 0; i < notes.n; i++)
        value[i] = notes.value[i].at;
    safetensors_write(path, out, n + states, notes.key, value, notes.n);
    for (int i = 0; i < notes.n; i++)
        buffer_free(&notes.value[i]);
    free(out);
}

// --- resuming ---------------------------------------------------------------

static const char *needed(const Safetensors *s, const char *key)
{
    const char *value = safetensors_note(s, key);
    if (!value)
        die("%s: has no note \"%s\": it was saved by another kind of run",
            s->path, key);
    return value;
}

static _Noreturn void die_of_note(const Safetensors *s, const char *key,
                                  const char *value, const char *expected)
{
    die("%s: note \"%s\" is \"%.80s\", expected %s", s->path, key, value,
        expected);
}

static int64_t whole_note(const Safetensors *s, const char *key)
{
    const char *value = needed(s, key);
    char *end;
    errno = 0;
    int64_t n = strtoll(value, &end, 10);
    if (end == value || *end || errno || n < 0)
        die_of_note(s, key, value, "a number of steps");
    return n;
}

static void rng_note(const Safetensors *s, const char *key, Rng *to)
{
    const char *value = needed(s, key);
    int used = 0;
    if (sscanf(value,
               "%16" SCNx64 " %16" SCNx64 " %16" SCNx64 " %16" SCNx64 "%n",
               &to->s[0], &to->s[1], &to->s[2], &to->s[3], &used) != 4 ||
        value[used])
        die_of_note(s, key, value, "four words");
}

static void number_notes(const Safetensors *s, double *to, int n)
{
    const char *value = needed(s, "numbers"), *p = value;
    for (int i = 0; i < n; i++) {
        char *end;
        to[i] = strtod(p, &end);
        if (end == p)
            die_of_note(s, "numbers", value, "more numbers");
        p = end;
    }
    if (*p)
        die_of_note(s, "numbers", value, "fewer numbers");
}

static void load_notes(const Safetensors *s, const Checkpoint *c)
{
    int n = 1; // the checksum
    if (c->step) {
        *c->step = whole_note(s, "step");
        n++;
    }
    if (c->adam) {
        c->adam->step = whole_note(s, "adam.step");
        n++;
    }
    for (int i = 0; i < RNGS; i++)
        if (c->rng[i]) {
            rng_note(s, rng_key[i], c->rng[i]);
            n++;
        }
    if (c->numbers) {
        number_notes(s, c->number, c->numbers);
        n++;
    }
    if (s->notes != n)
        die("%s: holds %d notes, expected %d: it was saved by another kind of "
            "run",
            s->path, s->notes, n);
}

static void load_tensors(const Safetensors *s, const Checkpoint *c)
{
    State state[STATES];
    int n = params_of(c), states = states_of(c, state);
    for (int i = 0; i < n; i++)
        param_from_file(c->params->item[i], s);
    for (int i = 0; i < states; i++) {
        const Tensor *t = safetensors_find(s, state[i].name);
        if (!t)
            die("%s: has no tensor \"%s\": it was saved with another optimiser",
                s->path, state[i].name);
        tensor_read(s, t, state[i].at, state[i].count);
    }
    if (s->n != n + states)
        die("%s: holds %d tensors, this run has %d: it belongs to another "
            "model",
            s->path, s->n, n + states);
}

bool checkpoint_load(const Checkpoint *c, const char *path)
{
    if (access(path, F_OK) < 0 && errno == ENOENT)
        return false;
    Safetensors s = safetensors_open(path);
    safetensors_verify(&s);
    load_tensors(&s, c);
    load_notes(&s, c);
    safetensors_close(&s);
    return true;
}
