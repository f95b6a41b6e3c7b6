// Texts as rows of tokens; see book.h.
#include "10-gpt/book.h"

#include "common/check.h"
#include "data/tales/tales.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Book book_with(Bpe bpe, Text train, Text test)
{
    Book b = {
        .bpe = bpe, .train_bytes = train.length, .test_bytes = test.length};
    bpe_encode(&b.bpe, train, &b.train);
    bpe_encode(&b.bpe, test, &b.test);
    return b;
}

Book book_of(Text train, Text test, int merges)
{
    return book_with(merges ? bpe_train(train, merges) : bpe_bytes(), train,
                     test);
}

void book_free(Book *b)
{
    bpe_free(&b->bpe);
    ids_free(&b->train);
    ids_free(&b->test);
}

// --- tales ------------------------------------------------------------------

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// One more tale, as a line of its own. Returns its hash.
static uint64_t add_tale(Rng *r, Buffer *to)
{
    const size_t from = to->length;
    tales_story(r, to);
    const uint64_t hash = text_hash((Text){to->at + from, to->length - from});
    buffer_add(to, "\n", 1);
    return hash;
}

void book_tales(uint64_t seed, int stories, int tests, Buffer *train,
                Buffer *test)
{
    Rng r = rng_new(seed), other = rng_new(seed + 1);
    uint64_t *known = new_array(stories, sizeof *known);
    for (int i = 0; i < stories; i++)
        known[i] = add_tale(&r, train);
    qsort(known, stories, sizeof *known, by_value);
    for (int i = 0; i < tests;) {
        const size_t before = test->length;
        const uint64_t hash = add_tale(&other, test);
        if (bsearch(&hash, known, stories, sizeof hash, by_value))
            test->length = before;
        else
            i++;
    }
    free(known);
}

// --- texts of the world -----------------------------------------------------

void book_cut(Text all, const char *name, Text *train, Text *test)
{
    if (all.length < 1000)
        die("%s: %zu bytes are too short a text to learn from", name,
            all.length);
    size_t cut = all.length / 10 * 9;
    while (cut > 0 && ((unsigned char)all.at[cut] & 0xc0) == 0x80)
        cut--; // not inside a character
    *train = (Text){all.at, cut};
    *test = (Text){all.at + cut, all.length - cut};
}

// --- measuring --------------------------------------------------------------

double book_loss(const Gpt *m, const Ids *text, int most)
{
    enum { TOGETHER = 8 }; // windows
    const int context = m->shape.context;
    Tape *t = tape_new(0, 1);
    t->training = false;
    double total = 0;
    int64_t tokens = 0;
    for (int at = 0, windows = 0; at < text->n - 1 && windows < most;) {
        int start[TOGETHER + 1] = {0}, n = 0;
        while (n < TOGETHER && windows < most && at + start[n] < text->n - 1) {
            const int left = text->n - 1 - at - start[n];
            start[n + 1] = start[n] + (left < context ? left : context);
            n++;
            windows++;
        }
        const Tokens in = {start[n], text->at + at, {n, start}};
        Matrix *loss =
            cross_entropy(gpt_forward(m, t, in), text->at + at + 1, 0);
        total += (double)loss->val[0] * in.n;
        tokens += in.n;
        at += in.n;
        tape_reset(t);
    }
    tape_free(t);
    return tokens ? total / (double)tokens : 0;
}

double bits_per_byte(double loss, int tokens, size_t bytes)
{
    return loss / log(2) * tokens / (double)bytes;
}
