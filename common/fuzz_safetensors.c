// Fuzz target of safetensors.c (see fuzz.sh): whatever the bytes, they are
// refused with one line or can be read, every number of them, and what was
// read can be written and is the same when it is read again.
#include "common/check.h"
#include "common/safetensors.h"
#include "common/text.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static bool can_be_read(const Tensor *t)
{
    static const char *const other[] = {"F8", "F6", "F4", "C64"};
    for (int i = 0; i < 4; i++)
        if (strncmp(t->type, other[i], strlen(other[i])) == 0)
            return false;
    return true;
}

static bool can_be_written(const Tensor *t)
{
    return strcmp(t->type, "F32") == 0 || strcmp(t->type, "F16") == 0 ||
           strcmp(t->type, "BF16") == 0;
}

// Reads all numbers; returns them in one array for each tensor.
static float **read_all(const Safetensors *s)
{
    float **number = new_array(s->n, sizeof *number);
    for (int i = 0; i < s->n; i++) {
        const Tensor *t = &s->tensor[i];
        check(safetensors_find(s, t->name) == t, "a name leads elsewhere");
        number[i] = new_array(t->count, sizeof **number);
        if (can_be_read(t))
            tensor_read(s, t, number[i], t->count);
    }
    return number;
}

static void write_and_compare(const Safetensors *s, float **number)
{
    static char path[64];
    snprintf(path, sizeof path, "/dev/shm/fuzz_safetensors.%d", (int)getpid());
    TensorOut *out = new_array(s->n, sizeof *out);
    int n = 0;
    for (int i = 0; i < s->n; i++) {
        const Tensor *t = &s->tensor[i];
        if (!can_be_written(t))
            continue;
        out[n] = (TensorOut){t->name, t->type, t->dims, {0}, number[i]};
        memcpy(out[n++].shape, t->shape, sizeof t->shape);
    }
    safetensors_write(path, out, n, (const char *const *)s->key,
                      (const char *const *)s->value, s->notes);
    Safetensors again = safetensors_open(path);
    unlink(path);
    safetensors_verify(&again);
    check(again.n == n && again.notes == s->notes + 1, "something was lost");
    for (int i = 0; i < n; i++) {
        const Tensor *a = safetensors_find(s, out[i].name);
        const Tensor *b = safetensors_find(&again, out[i].name);
        check(b && strcmp(a->type, b->type) == 0 && a->dims == b->dims &&
                  memcmp(a->shape, b->shape, sizeof a->shape) == 0,
              "%s: another type or shape", a->name);
        check(a->bytes == b->bytes && memcmp(a->data, b->data, a->bytes) == 0,
              "%s: other numbers", a->name);
    }
    for (int i = 0; i < s->notes; i++)
        check(strcmp(safetensors_note(&again, s->key[i]), s->value[i]) == 0,
              "another note");
    safetensors_close(&again);
    free(out);
}

static void try_file(const void *bytes, size_t size)
{
    Safetensors s;
    const char *problem = safetensors_parse(&s, bytes, size);
    if (problem) {
        check(*problem && !strchr(problem, '\n'), "not one line: %s", problem);
        return;
    }
    float **number = read_all(&s);
    if (!safetensors_note(&s, "checksum"))
        write_and_compare(&s, number);
    for (int i = 0; i < s.n; i++)
        free(number[i]);
    free(number);
    safetensors_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    try_file(bytes, size);
    // Once more with a header that ends at the last brace, so that changes of
    // the header are not all refused because of its length.
    uint64_t end = size;
    while (end > 8 && bytes[end - 1] != '}')
        end--;
    if (end > 8) {
        uint8_t *copy = memcpy(new_array(size, 1), bytes, size);
        uint64_t length = end - 8;
        memcpy(copy, &length, sizeof length);
        try_file(copy, size);
        free(copy);
    }
    return 0;
}
