// The reader of dates; see reader.h.
#include "06-recurrent/reader.h"

#include "06-recurrent/additive.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

// --- words ------------------------------------------------------------------

static Vocab all_words(void)
{
    enum { TEXTS = 20000 };
    Vocab v = vocab_new();
    Rng r = rng_new(1);
    Buffer b = {0};
    vocab_add(&v, text_of("?"));
    for (int i = 0; i < TEXTS; i++) {
        b.length = 0;
        date_text(&r, date_random(&r, false), i % 3, &b);
        Text rest = {b.at, b.length};
        char word[32];
        while (date_token(&rest, word))
            if (vocab_find(&v, text_of(word)) < 0)
                vocab_add(&v, text_of(word));
    }
    buffer_free(&b);
    return v;
}

static void add_words(const Reader *m, Text text, Ids *to)
{
    char word[32];
    while (date_token(&text, word)) {
        const int id = vocab_find(&m->words, text_of(word));
        ids_add(to, id < 0 ? 0 : id);
    }
}

Tokens reader_words(const Reader *m, Arena *a, Text text)
{
    Ids ids = {0};
    add_words(m, text, &ids);
    Tokens t = {ids.n, arena_copy(a, ids.at, ids.n, sizeof(int)), {0}};
    ids_free(&ids);
    return t;
}

// --- texts and dates --------------------------------------------------------

Dated dated_new(const Reader *m, Arena *a, Rng *r, int n, int clauses,
                bool exactly, bool held_out)
{
    Dated d = {.n = n};
    int *start = arena_take(a, n + 1, sizeof *start);
    d.input = arena_take(a, ISO_SIGNS * n, sizeof *d.input);
    d.output = arena_take(a, ISO_SIGNS * n, sizeof *d.output);
    Buffer b = {0};
    Ids ids = {0};
    for (int i = 0; i < n; i++) {
        const Date date = date_random(r, held_out);
        char iso[ISO_SIGNS + 1];
        b.length = 0;
        date_text(r, date, exactly ? clauses : rng_below(r, clauses + 1), &b);
        date_iso(date, iso);
        start[i] = ids.n;
        add_words(m, (Text){b.at, b.length}, &ids);
        for (int t = 0; t < ISO_SIGNS; t++)
            d.output[t * n + i] = iso[t] == '-' ? DASH : iso[t] - '0';
        for (int t = 0; t < ISO_SIGNS; t++)
            d.input[t * n + i] = t ? d.output[(t - 1) * n + i] : BEGIN;
    }
    start[n] = ids.n;
    d.text =
        (Tokens){ids.n, arena_copy(a, ids.at, ids.n, sizeof(int)), {n, start}};
    ids_free(&ids);
    buffer_free(&b);
    return d;
}

// --- the model --------------------------------------------------------------

Reader reader_new(bool attends, int width, uint64_t seed)
{
    const int h = width, e = width / 2;
    Reader m = {.attends = attends, .width = width, .words = all_words()};
    Params *p = m.params = params_new(seed);
    m.word = param_normal(p, m.words.n, e, 1, "word");
    m.sign = param_normal(p, SIGNS + 1, e, 1, "sign");
    m.forth = lstm_new(p, e, h, "forth");
    m.back = lstm_new(p, e, h, "back");
    m.first = linear_new(p, 2 * h, h, "first");
    m.decoder = lstm_new(p, e + 2 * h, h, "decoder");
    m.out = linear_new(p, h, SIGNS, "out");
    if (attends) {
        m.query = linear_bare(p, h, h, "query");
        m.key = linear_new(p, 2 * h, h, "key");
        m.v = param_glorot(p, 1, h, "v");
    }
    return m;
}

void reader_free(Reader *m)
{
    params_free(m->params);
    vocab_free(&m->words);
}

// What the decoder is told at a step: the summary, or what it looks up. keys
// is NULL without attention.
static Matrix *context_of(const Reader *m, Matrix *memory, Matrix *keys,
                          Matrix *summary, Matrix *state, float *weights)
{
    if (!keys)
        return summary; // n x 2h, the same at each step
    return additive(linear(state, m->query), keys, memory, m->v, weights);
}

// The likeliest sign of each row.
static void likeliest(const Matrix *logits, int *to)
{
    for (int i = 0; i < logits->rows; i++) {
        const float *x = logits->val + (size_t)i * logits->cols;
        to[i] = 0;
        for (int k = 1; k < logits->cols; k++)
            to[i] = x[k] > x[to[i]] ? k : to[i];
    }
}

Matrix *reader_logits(const Reader *m, Tape *t, Tokens text, const int *input,
                      float *weights)
{
    const int h = m->width;
    Matrix *x = embed(t, m->word, text);                // T x e
    Matrix *memory = lstm_both(&m->forth, &m->back, x); // T x 2h
    // The end of the one direction and the end of the other: n x 2h.
    Matrix *summary =
        concat_cols(last_rows(slice_cols(memory, 0, h)),
                    last_rows(reversed(slice_cols(memory, h, 2 * h))));
    Matrix *keys = m->attends ? linear(memory, m->key) : NULL;
    const int n = summary->rows;
    LstmState s = {tanh_of(linear(summary, m->first)), zeros(t, n, h)};
    int *sign = arena_take(&t->arena, n, sizeof *sign);
    for (int i = 0; i < n; i++)
        sign[i] = BEGIN;
    Matrix *logits[ISO_SIGNS];
    for (int step = 0; step < ISO_SIGNS; step++) {
        Matrix *context =
            context_of(m, memory, keys, summary, s.h,
                       weights ? weights + (size_t)step * text.n : NULL);
        const int *given = input ? input + (size_t)step * n : sign;
        Matrix *last = embed(t, m->sign, (Tokens){n, given, {0}}); // n x e
        s = lstm_step(&m->decoder, concat_cols(last, context), s);
        logits[step] = linear(s.h, m->out);
        likeliest(logits[step], sign);
    }
    return stack_rows(logits, ISO_SIGNS);
}

void reader_read(const Reader *m, Tape *t, Tokens text, int *signs,
                 float *weights)
{
    likeliest(reader_logits(m, t, text, NULL, weights), signs);
}

double reader_score(const Reader *m, Tape *t, Dated d)
{
    int *signs = new_array(ISO_SIGNS * d.n, sizeof *signs), right = 0;
    reader_read(m, t, d.text, signs, NULL);
    for (int i = 0; i < d.n; i++) {
        bool all = true;
        for (int k = 0; k < ISO_SIGNS; k++)
            all = all && signs[k * d.n + i] == d.output[k * d.n + i];
        right += all;
    }
    free(signs);
    return d.n ? (double)right / d.n : 0;
}
