// From text to text; see translator.h.
#include "09-transformer/translator.h"

#include "common/check.h"
#include "common/folder.h"
#include "common/plot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void translator_free(Translator *t)
{
    coder_free(&t->coder);
    transformer_free(&t->model);
}

// --- the directory ----------------------------------------------------------

static const char *in(const char *directory, const char *name, char to[512])
{
    if (snprintf(to, 512, "%s/%s", directory, name) >= 512)
        die("%.60s...: the path is too long", directory);
    return to;
}

void translator_save(const Translator *t, const char *directory)
{
    char path[512];
    Buffer b = {0};
    const Shape *s = &t->model.shape;
    folder_make(directory);
    coder_save(&t->coder, directory);
    buffer_print(&b, "width %d\nheads %d\nhidden %d\nlayers %d\n", s->width,
                 s->heads, s->hidden, s->layers);
    buffer_print(&b, "norm_first %d\nown_tables %d\nsmall %d\n", s->norm_first,
                 s->own_tables, t->small);
    buffer_print(&b, "dropout %.9g\n", (double)s->dropout);
    text_write(in(directory, "shape.txt", path), b.at, b.length);
    buffer_free(&b);
    params_save(t->model.params, in(directory, "model.safetensors", path));
}

// The number that stands after `key` in the lines of a file.
static double number_of(Text lines, const char *path, const char *key,
                        double least, double most)
{
    Text line, field;
    while (text_line(&lines, &line))
        if (text_field(&line, ' ', &field) && text_equal(field, key) &&
            line.length > 0 && line.length < 30) {
            char text[32], *last;
            snprintf(text, sizeof text, "%.*s", (int)line.length, line.at);
            double value = strtod(text, &last);
            if (*last || !(value >= least && value <= most))
                die("%s: %s is %s, expected %g to %g", path, key, text, least,
                    most);
            return value;
        }
    die("%s: has no line \"%s NUMBER\"", path, key);
}

Translator translator_load_untrained(const char *directory, uint64_t seed)
{
    char path[512];
    Buffer b;
    if (!text_read_if(in(directory, "shape.txt", path), &b))
        die("%s: there is no such file; a training makes it", path);
    Text x = {b.at, b.length};
    Translator t = {.coder = coder_load(directory)};
    Shape s = {.pieces = t.coder.n};
    s.width = (int)number_of(x, path, "width", 1, 8192);
    s.heads = (int)number_of(x, path, "heads", 1, 8192);
    s.hidden = (int)number_of(x, path, "hidden", 1, 65536);
    s.layers = (int)number_of(x, path, "layers", 1, 100);
    s.norm_first = number_of(x, path, "norm_first", 0, 1) > 0;
    s.own_tables = number_of(x, path, "own_tables", 0, 1) > 0;
    s.dropout = (float)number_of(x, path, "dropout", 0, 0.99);
    t.small = number_of(x, path, "small", 0, 1) > 0;
    if (s.width % s.heads != 0 || s.width % 2 != 0)
        die("%s: a width of %d: it must be even, and %d heads must divide it",
            path, s.width, s.heads);
    buffer_free(&b);
    t.model = transformer_new(s, seed);
    return t;
}

Translator translator_load(const char *directory)
{
    char path[512];
    Translator t = translator_load_untrained(directory, 1);
    params_load(t.model.params, in(directory, "model.safetensors", path));
    return t;
}

// --- translating ------------------------------------------------------------

Search searching(const Translator *t, int beam)
{
    return (Search){.beam = beam,
                    .alpha = 0.6f,
                    .begin = t->coder.begin,
                    .end = t->coder.end};
}

static Text text(const Buffer *b)
{
    return (Text){b->at, b->length};
}

// The tokens of a sentence, with </s>; cut to what the model can take.
static void source_tokens(Translator *t, Text sentence, Ids *to)
{
    Buffer plain = {0};
    const int from = to->n;
    if (t->small)
        lower_case(sentence, &plain);
    else
        buffer_add(&plain, sentence.at, sentence.length);
    coder_encode(&t->coder, text(&plain), to);
    if (to->n - from > POSITIONS - 1) {
        warn("a sentence of %d tokens is cut to %d", to->n - from,
             POSITIONS - 1);
        to->n = from + POSITIONS - 1;
    }
    ids_add(to, t->coder.end);
    buffer_free(&plain);
}

void translate(Translator *t, const Text *sentence, int n, int beam, Buffer *to)
{
    enum { TOGETHER = 50 };
    for (int from = 0; from < n; from += TOGETHER) {
        const int count = n - from < TOGETHER ? n - from : TOGETHER;
        int start[TOGETHER + 1] = {0};
        Ids ids = {0};
        for (int i = 0; i < count; i++) {
            source_tokens(t, sentence[from + i], &ids);
            start[i + 1] = ids.n;
        }
        Arena results = arena_new((size_t)1 << 30);
        Found *found =
            search(&t->model, &results, (Tokens){ids.n, ids.at, {count, start}},
                   searching(t, beam));
        for (int i = 0; i < count; i++) {
            coder_decode(&t->coder, found[i].id, found[i].n, to);
            if (from + i + 1 < n)
                buffer_add(to, "\n", 1);
        }
        arena_free(&results);
        ids_free(&ids);
    }
}

Scored translator_score(Translator *t, const Text *source,
                        const Text *reference, int n, int beam)
{
    Buffer lines = {0};
    translate(t, source, n, beam, &lines);
    Scored s = {0};
    Text rest = text(&lines);
    int exact = 0;
    for (int i = 0; i < n; i++) {
        Text line;
        Buffer small = {0};
        if (!text_field(&rest, '\n', &line))
            line = (Text){"", 0};
        if (t->small)
            lower_case(reference[i], &small);
        Text want = t->small ? text(&small) : reference[i];
        exact +=
            line.length == want.length &&
            (want.length == 0 || memcmp(line.at, want.at, want.length) == 0);
        bleu_add(&s.bleu, line, want);
        buffer_free(&small);
    }
    s.exact = n ? (double)exact / n : 0;
    buffer_free(&lines);
    return s;
}

// --- attention --------------------------------------------------------------

// What a token looks like alone: the words of a heat map.
static char *label(const Translator *t, int id)
{
    Buffer b = {0};
    if (id == t->coder.end)
        buffer_add(&b, "</s>", 4);
    else
        coder_decode(&t->coder, &id, 1, &b);
    char *copy = copy_text(b.length ? b.at : "_");
    buffer_free(&b);
    return copy;
}

// The heads of the columns, written downward; a letter is a code point.
static void print_heads(FILE *to, char *const *word, int n, int indent)
{
    int longest = 0;
    for (int i = 0; i < n; i++) {
        int letters = 0;
        for (Text w = text_of(word[i]); utf8_next(&w) >= 0;)
            letters++;
        longest = letters > longest ? letters : longest;
    }
    for (int line = 0; line < longest; line++) {
        fprintf(to, "%*s", indent, "");
        for (int i = 0; i < n; i++) {
            int letters = 0, skip;
            for (Text w = text_of(word[i]); utf8_next(&w) >= 0;)
                letters++;
            Text w = text_of(word[i]);
            for (skip = line - (longest - letters); skip > 0; skip--)
                utf8_next(&w);
            char utf8[5] = " ";
            if (skip == 0)
                utf8[utf8_write(utf8_next(&w), utf8)] = 0;
            fprintf(to, " %s", utf8);
        }
        fputs("\n", to);
    }
}

static void print_map(FILE *to, char *const *row, int rows, char *const *col,
                      int cols, const float *weight)
{
    static const char ink[] = " .:-=+*#%@";
    enum { INDENT = 16 };
    print_heads(to, col, cols, INDENT);
    for (int i = 0; i < rows; i++) {
        int letters = 0;
        for (Text w = text_of(row[i]); utf8_next(&w) >= 0;)
            letters++;
        fprintf(to, "%*s%s", INDENT - letters > 0 ? INDENT - letters : 0, "",
                row[i]);
        for (int j = 0; j < cols; j++)
            fprintf(to, " %c", ink[(int)(9.99f * weight[i * cols + j])]);
        fputs("\n", to);
    }
}

void show_attention(Translator *t, Text sentence, int beam, FILE *out,
                    const char *plots, const char *name)
{
    const Transformer *m = &t->model;
    Ids from = {0}, to = {0};
    source_tokens(t, sentence, &from);
    Arena results = arena_new((size_t)1 << 30);
    Found found = search(m, &results, (Tokens){from.n, from.at, {0}},
                         searching(t, beam))[0];
    ids_add(&to, t->coder.begin);
    for (int i = 0; i < found.n && to.n < POSITIONS; i++)
        ids_add(&to, found.id[i]);

    Tape *tape = tape_new(0, 1);
    tape->training = false;
    Matrix *memory = encode(m, tape, (Tokens){from.n, from.at, {0}});
    float *weight = new_array((size_t)to.n * from.n, sizeof *weight);
    cross_weights(m, tape, memory, (Tokens){to.n, to.at, {0}},
                  m->shape.layers - 1, weight);
    // Row i is what was looked at to write token i + 1.
    char **row = new_array(to.n, sizeof *row);
    char **col = new_array(from.n, sizeof *col);
    for (int i = 0; i < to.n; i++)
        row[i] = label(t, i + 1 < to.n ? to.at[i + 1] : t->coder.end);
    for (int j = 0; j < from.n; j++)
        col[j] = label(t, from.at[j]);
    print_map(out, row, to.n, col, from.n, weight);
    Plot *p = plot_new("Where each word looks as it is written", "", "");
    plot_heat(p, to.n, from.n, weight, (const char *const *)row,
              (const char *const *)col);
    plot_save(p, plots, name);

    for (int i = 0; i < to.n; i++)
        free(row[i]);
    for (int j = 0; j < from.n; j++)
        free(col[j]);
    free(row);
    free(col);
    free(weight);
    tape_free(tape);
    arena_free(&results);
    ids_free(&from);
    ids_free(&to);
}
