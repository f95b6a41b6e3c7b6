// Letters and what follows them; see letters.h.
#include "06-recurrent/letters.h"

#include "04-tokenizers/vocab.h"

#include "common/check.h"
#include "common/kernels.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- texts ------------------------------------------------------------------

Letters letters_of(Text text)
{
    Letters l = {.n = 1, .byte = {'\n'}};
    for (int b = 0; b < 256; b++)
        l.id[b] = b == '\n' ? 0 : -1;
    for (size_t i = 0; i < text.length; i++) {
        const unsigned char b = (unsigned char)text.at[i];
        if (b == '\r' && i + 1 < text.length && text.at[i + 1] == '\n')
            continue; // "\r\n" is a line's end, too
        if (l.id[b] < 0) {
            l.byte[l.n] = b;
            l.id[b] = l.n++;
        }
    }
    return l;
}

Lines lines_of(Text text)
{
    Lines l = {0};
    Text line;
    int room = 0;
    while (text_line(&text, &line)) {
        if (line.length == 0)
            continue;
        if (l.n == room) {
            room = 2 * room + 64;
            l.line = grow_array(l.line, room, sizeof *l.line);
        }
        l.line[l.n++] = line;
    }
    return l;
}

Buffer lines_of_words(Text text)
{
    Buffer b = {0};
    Vocab seen = vocab_new();
    for (size_t i = 0; i < text.length; i++) {
        char word[32];
        size_t n = 0;
        for (; i < text.length && isalpha((unsigned char)text.at[i]); i++)
            if (n < sizeof word)
                word[n++] = (char)tolower((unsigned char)text.at[i]);
        if (n > 0 && vocab_find(&seen, (Text){word, n}) < 0) {
            vocab_add(&seen, (Text){word, n});
            buffer_add(&b, word, n);
            buffer_add(&b, "\n", 1);
        }
    }
    vocab_free(&seen);
    return b;
}

// --- batches ----------------------------------------------------------------

Spelt spelt_lines(const Letters *l, Arena *a, const Text *line, int n)
{
    int *start = arena_take(a, n + 1, sizeof *start), at = 0;
    start[0] = 0;
    for (int i = 0; i < n; i++)
        start[i + 1] = start[i] + (int)line[i].length + 1;
    int *id = arena_take(a, start[n], sizeof *id);
    int *next = arena_take(a, start[n], sizeof *next);
    for (int i = 0; i < n; i++) {
        id[at] = 0;
        for (size_t j = 0; j < line[i].length; j++, at++) {
            const int letter = l->id[(unsigned char)line[i].at[j]];
            if (letter < 0)
                die("the byte %d is no letter of this model",
                    (unsigned char)line[i].at[j]);
            id[at + 1] = next[at] = letter;
        }
        next[at++] = 0;
    }
    return (Spelt){{start[n], id, {n, start}}, next};
}

Spelt spelt_streams(Arena *a, const int *id, int letters, int streams,
                    int length, int place)
{
    const int part = (letters - 1) / streams;
    check(place + length <= part, "letter %d of a stream of %d", place + length,
          part);
    int *start = arena_take(a, streams + 1, sizeof *start);
    int *text = arena_take(a, streams * length, sizeof *text);
    int *next = arena_take(a, streams * length, sizeof *next);
    for (int s = 0; s <= streams; s++)
        start[s] = s * length;
    for (int s = 0; s < streams; s++)
        for (int j = 0; j < length; j++) {
            text[s * length + j] = id[s * part + place + j];
            next[s * length + j] = id[s * part + place + j + 1];
        }
    return (Spelt){{streams * length, text, {streams, start}}, next};
}

// --- the model --------------------------------------------------------------

Speller speller_new(CellKind kind, const Letters *l, int width, uint64_t seed)
{
    Params *p = params_new(seed);
    Speller m = {.letters = *l, .params = p};
    m.table = param_normal(p, l->n, width / 2, 1, "table");
    m.cell = cell_new(kind, p, width / 2, width, 1, 1);
    m.out = linear_new(p, width, l->n, "out");
    return m;
}

void speller_free(Speller *m)
{
    params_free(m->params);
}

static Matrix *logits(const Speller *m, Tape *t, Tokens text, LstmState *state)
{
    Matrix *x = embed(t, m->table, text); // T x width / 2
    Matrix *h = state ? lstm(&m->cell.lstm, x, state) : cell_run(&m->cell, x);
    return linear(h, m->out); // T x letters
}

Matrix *speller_loss(const Speller *m, Tape *t, Spelt x, LstmState *state)
{
    return cross_entropy(logits(m, t, x.text, state), x.next, 0);
}

double speller_bits(const Speller *m, const Lines *lines)
{
    enum { PART = 256 };
    Tape *t = tape_new(0, 1);
    t->training = false;
    double sum = 0, letters = 0;
    for (int i = 0; i < lines->n; i += PART) {
        const int n = lines->n - i < PART ? lines->n - i : PART;
        Spelt x = spelt_lines(&m->letters, &t->arena, lines->line + i, n);
        sum += (double)speller_loss(m, t, x, NULL)->val[0] * x.text.n;
        letters += x.text.n;
        tape_reset(t);
    }
    tape_free(t);
    return letters > 0 ? sum / letters / log(2) : 0;
}

// --- writing ----------------------------------------------------------------

// A number drawn with the probabilities softmax(scores / temperature).
static int drawn(Rng *r, float *score, int n, float temperature)
{
    for (int i = 0; i < n; i++)
        score[i] /= temperature;
    softmax_row(score, score, n);
    float left = rng_uniform(r);
    for (int i = 0; i < n - 1; i++) {
        left -= score[i];
        if (left < 0)
            return i;
    }
    return n - 1;
}

void speller_write(const Speller *m, Rng *r, Text begin, int most,
                   float temperature, Buffer *to)
{
    const Letters *l = &m->letters;
    const int d = m->cell.lstm.width;
    check(m->cell.kind == LONG_SHORT && begin.length > 0,
          "only an LSTM writes, and after at least one letter");
    Tape *t = tape_new(0, 1);
    t->training = false;
    float *kept = new_array(2 * (size_t)d, sizeof *kept); // h, then c
    for (size_t i = 0; i + 1 < begin.length + most; i++) {
        const char byte =
            i < begin.length ? begin.at[i] : to->at[to->length - 1];
        int id = l->id[(unsigned char)byte];
        if (id < 0)
            die("the byte %d is no letter of this model", (unsigned char)byte);
        LstmState s = {matrix_of(t, 1, d, kept), matrix_of(t, 1, d, kept + d)};
        Matrix *y = logits(m, t, (Tokens){1, &id, {0}}, &s);
        memcpy(kept, s.h->val, d * sizeof *kept);
        memcpy(kept + d, s.c->val, d * sizeof *kept);
        if (i + 1 >= begin.length) {
            const int next = drawn(r, y->val, l->n, temperature);
            if (next == 0)
                break;
            buffer_add(to, &(char){(char)l->byte[next]}, 1);
        }
        tape_reset(t);
    }
    free(kept);
    tape_free(t);
}
