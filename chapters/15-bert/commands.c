// Filling blanks, vectors, classes and similarities; see commands.h.
#include "15-bert/commands.h"

#include "15-bert/bert.h"
#include "15-bert/use_lite.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- lines ------------------------------------------------------------------

typedef struct Lines {
    int n;
    Text *line;
    Buffer all;
} Lines;

static Lines lines_of(FILE *from)
{
    Lines l = {0};
    char part[65536];
    for (size_t n; (n = fread(part, 1, sizeof part, from)) > 0;) {
        buffer_add(&l.all, part, n);
        if (l.all.length > text_most)
            die("standard input: more than %zu bytes", text_most);
    }
    if (ferror(from))
        die("standard input cannot be read");
    if (l.all.length == 0)
        die("standard input is empty; expected a text a line");
    const ptrdiff_t bad = utf8_invalid((Text){l.all.at, l.all.length});
    if (bad >= 0)
        die("standard input: byte %td is not valid UTF-8", bad);
    Text rest = {l.all.at, l.all.length};
    for (Text line; text_line(&rest, &line);) {
        if ((l.n & (l.n + 1)) == 0) // 0, 1, 3, 7 ...: room for twice as many
            l.line = grow_array(l.line, 2 * (size_t)l.n + 2, sizeof *l.line);
        l.line[l.n++] = line;
    }
    return l;
}

static void lines_free(Lines *l)
{
    free(l->line);
    buffer_free(&l->all);
}

// --- a model that reads -----------------------------------------------------

typedef struct Reader {
    Bert model;
    WordPiece pieces;
    Tape *tape;
    BertBatch batch;
    Ids a, b;
} Reader;

static Reader reader_new(const char *directory)
{
    Reader r = {.model = bert_load(directory)};
    r.pieces = bert_load_pieces(directory, &r.model);
    r.tape = tape_new(0, 1);
    r.tape->training = false;
    return r;
}

static void reader_free(Reader *r)
{
    bert_free(&r->model);
    wordpiece_free(&r->pieces);
    bert_batch_free(&r->batch);
    ids_free(&r->a);
    ids_free(&r->b);
    tape_free(r->tape);
}

// A text, or two with a tab between them, as an input; `where` is for the
// message if it is too long.
static BertInput read_text(Reader *r, Text text, const char *where)
{
    const int most = r->model.shape.positions;
    const char *tab = memchr(text.at, '\t', text.length);
    const size_t n = tab ? (size_t)(tab - text.at) : text.length;
    r->a.n = r->b.n = 0;
    bert_pieces(&r->pieces, (Text){text.at, n}, &r->a);
    if (tab)
        bert_pieces(&r->pieces, (Text){tab + 1, text.length - n - 1}, &r->b);
    bert_batch_clear(&r->batch);
    bert_add(&r->batch, &r->pieces, &r->a, tab ? &r->b : NULL);
    if (r->batch.id.n > most)
        die("%s: %d tokens with [CLS] and [SEP]; this model reads %d: cut the "
            "text, or do as 16-long-text does: read it in chunks and pool "
            "them, or choose what to read",
            where, r->batch.id.n, most);
    if (tab && r->model.shape.segments < 2)
        die("%s: two texts, and a model with one segment", where);
    return bert_input(&r->batch);
}

static BertInput read_line(Reader *r, const Lines *l, int i)
{
    char where[40];
    snprintf(where, sizeof where, "line %d", i + 1);
    return read_text(r, l->line[i], where);
}

// --- filling blanks ---------------------------------------------------------

static void print_best(const Reader *r, const float *p, int most)
{
    const Vocab *v = &r->pieces.vocab;
    bool *said = new_array((size_t)v->n, sizeof *said);
    for (int k = 0; k < most && k < v->n; k++) {
        int best = -1;
        for (int i = 0; i < v->n; i++)
            if (!said[i] && (best < 0 || p[i] > p[best]))
                best = i;
        said[best] = true;
        printf("  %-16.*s %.4f\n", (int)v->piece[best].length,
               v->piece[best].at, (double)p[best]);
    }
    free(said);
}

void fill_text(const char *model, const char *text, int most)
{
    Reader r = reader_new(model);
    if (!r.model.shape.fills)
        die("%s/model.safetensors: has no head that fills blanks "
            "(cls.predictions)",
            model);
    if (r.pieces.mask < 0)
        die("%s/vocab.txt: no piece [MASK]", model);
    BertInput x = read_text(&r, text_of(text), "the text");
    Ids at = {0};
    for (int i = 0; i < x.tokens.n; i++)
        if (x.tokens.id[i] == r.pieces.mask)
            ids_add(&at, i);
    if (at.n == 0)
        die("there is no [MASK] in \"%s\"", text);
    Matrix *hidden = bert_encode(&r.model, r.tape, x);
    Matrix *p = softmax(bert_fill(&r.model, pick_rows(hidden, at.at, at.n)));
    for (int i = 0; i < at.n; i++) {
        if (at.n > 1)
            printf("%sblank %d\n", i ? "\n" : "", i + 1);
        print_best(&r, p->val + (size_t)i * p->cols, most);
    }
    ids_free(&at);
    reader_free(&r);
}

// --- vectors ----------------------------------------------------------------

// The vector of one input: 1 x d.
static const float *vector_of(Reader *r, BertInput x, Pooling pooling)
{
    Matrix *hidden = bert_encode(&r->model, r->tape, x);
    if (pooling == POOL_POOLER)
        return bert_pool(&r->model, hidden)->val;
    return pooling == POOL_MEAN ? mean_rows(hidden)->val : hidden->val;
}

static void need_pooler(const Reader *r, const char *model, Pooling pooling)
{
    if (pooling == POOL_POOLER && !r->model.shape.pools)
        die("%s/model.safetensors: has no pooler; --pool mean needs none",
            model);
}

static void print_vector(const float *v, int n)
{
    for (int i = 0; i < n; i++)
        printf(i ? " %.6g" : "%.6g", (double)v[i]);
    putchar('\n');
}

void embed_lines(const char *model, FILE *from, Pooling pooling)
{
    Reader r = reader_new(model);
    need_pooler(&r, model, pooling);
    Lines l = lines_of(from);
    for (int i = 0; i < l.n; i++) {
        print_vector(vector_of(&r, read_line(&r, &l, i), pooling),
                     r.model.shape.width);
        tape_reset(r.tape);
    }
    lines_free(&l);
    reader_free(&r);
}

static UseLite lite_of(const Run *run)
{
    const char *file = data_path(run, "use-lite", "model.json");
    if (!file)
        data_missing("use-lite");
    char *directory = copy_text(file);
    *strrchr(directory, '/') = 0;
    UseLite m = use_lite_load(directory);
    free(directory);
    return m;
}

static float *lite_vectors(const Run *run, const Lines *l)
{
    UseLite m = lite_of(run);
    float *v = new_array((size_t)l->n * USE_LITE_WIDTH, sizeof *v);
    use_lite_embed(&m, l->line, l->n, v);
    use_lite_free(&m);
    return v;
}

void embed_lines_lite(const Run *run, FILE *from)
{
    Lines l = lines_of(from);
    float *v = lite_vectors(run, &l);
    for (int i = 0; i < l.n; i++)
        print_vector(v + (size_t)i * USE_LITE_WIDTH, USE_LITE_WIDTH);
    free(v);
    lines_free(&l);
}

// --- classes ----------------------------------------------------------------

void classify_lines(const char *model, FILE *from)
{
    Reader r = reader_new(model);
    const int classes = r.model.shape.classes;
    if (classes == 0)
        die("%s/model.safetensors: has no classifier on a pooler", model);
    Lines l = lines_of(from);
    for (int i = 0; i < l.n; i++) {
        Matrix *y = bert_encode(&r.model, r.tape, read_line(&r, &l, i));
        y = softmax(bert_classify(&r.model, bert_pool(&r.model, y)));
        for (int k = 0; k < classes; k++) {
            int best = 0;
            for (int j = 1; j < classes; j++)
                best = y->val[j] > y->val[best] ? j : best;
            printf("%s%s %.4f", k ? "  " : "", r.model.label[best],
                   (double)y->val[best]);
            y->val[best] = -1;
        }
        putchar('\n');
        tape_reset(r.tape);
    }
    lines_free(&l);
    reader_free(&r);
}

// --- similarities -----------------------------------------------------------

static void draw_similarities(const Lines *l, const float *cosine,
                              const char *plots)
{
    enum { SHORT = 32 };
    char(*name)[SHORT] = new_array((size_t)l->n, sizeof *name);
    const char **names = new_array((size_t)l->n, sizeof *names);
    for (int i = 0; i < l->n; i++) {
        Text rest = l->line[i], word;
        size_t used = 0;
        while (text_field(&rest, ' ', &word) && used + word.length < SHORT - 1)
            used += (size_t)snprintf(name[i] + used, SHORT - used, "%.*s ",
                                     (int)word.length, word.at);
        names[i] = name[i];
    }
    Plot *p = plot_new("Cosine of the vectors of two lines", NULL, NULL);
    plot_heat(p, l->n, l->n, cosine, names, names);
    plot_size(p, 860, 640);
    plot_save(p, plots, "similar");
    free(names);
    free(name);
}

static void print_similarities(const Lines *l, const float *cosine)
{
    for (int i = 0; i < l->n; i++)
        printf("%3d  %.*s\n", i + 1, (int)l->line[i].length, l->line[i].at);
    printf("\n    ");
    for (int i = 0; i < l->n; i++)
        printf("%6d", i + 1);
    for (int i = 0; i < l->n; i++) {
        printf("\n%3d ", i + 1);
        for (int j = 0; j < l->n; j++)
            printf("%6.2f", (double)cosine[i * l->n + j]);
    }
    putchar('\n');
}

static float *bert_vectors(const char *model, const Lines *l, Pooling pooling,
                           int *width)
{
    Reader r = reader_new(model);
    need_pooler(&r, model, pooling);
    *width = r.model.shape.width;
    float *v = new_array((size_t)l->n * *width, sizeof *v);
    for (int i = 0; i < l->n; i++) {
        const float *one = vector_of(&r, read_line(&r, l, i), pooling);
        memcpy(v + (size_t)i * *width, one, (size_t)*width * sizeof *v);
        tape_reset(r.tape);
    }
    reader_free(&r);
    return v;
}

void similar_lines(const Run *run, const char *model, FILE *from,
                   Pooling pooling)
{
    enum { MOST = 40 }; // more cannot be read in a picture
    Lines l = lines_of(from);
    int width = USE_LITE_WIDTH;
    if (l.n > MOST)
        die("standard input: %d lines, at most %d can be compared", l.n, MOST);
    float *v = model ? bert_vectors(model, &l, pooling, &width)
                     : lite_vectors(run, &l);
    float *cosine = new_array((size_t)l.n * l.n, sizeof *cosine);
    for (int i = 0; i < l.n; i++)
        for (int j = 0; j < l.n; j++) {
            const float *a = v + (size_t)i * width, *b = v + (size_t)j * width;
            cosine[i * l.n + j] =
                dot(a, b, width) /
                sqrtf(dot(a, a, width) * dot(b, b, width) + 1e-20f);
        }
    print_similarities(&l, cosine);
    if (run->plots)
        draw_similarities(&l, cosine, run->plots);
    free(cosine);
    free(v);
    lines_free(&l);
}
