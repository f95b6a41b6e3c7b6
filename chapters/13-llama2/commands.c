// Using a model that is there; see commands.h.
#include "13-llama2/commands.h"

#include "13-llama2/chat.h"
#include "13-llama2/llama_save.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/kernels.h"
#include "common/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

// --- writing on -------------------------------------------------------------

// Damaged weights can be anything; what comes of them need not be a number.
static void check_number(const Llama *m, double x)
{
    if (!isfinite(x))
        die("%s: its scores are no numbers: its weights are damaged",
            m->path ? m->path : "the model");
}

static void check_numbers(const Llama *m, const float *logits, int rows)
{
    for (size_t i = 0, n = (size_t)rows * m->shape.pieces; i < n; i++)
        check_number(m, (double)logits[i]);
}

Pace llama_write_on(LlamaRun *r, const LlamaPieces *p, Sampler *sampler,
                    Ids *text, int from, int steps, Speaker *speaker)
{
    Pace pace = {.read = text->n - from};
    double began = seconds_now();
    llama_read(r, text->at + from, text->n - from);
    pace.reading = seconds_now() - began;
    began += pace.reading;
    while (pace.written < steps && !interrupted()) {
        check_numbers(r->model, r->logits, 1);
        const int id = sample(sampler, r->logits, p->n, text->at, text->n);
        pace.written++;
        if (id == p->eos || id == p->bos)
            break;
        ids_add(text, id);
        if (speaker)
            speak(speaker, id);
        if (pace.written < steps)
            llama_read(r, &id, 1);
    }
    pace.writing = seconds_now() - began;
    return pace;
}

// The capacity of a run that reads n tokens and writes `steps`.
static int capacity_for(const LlamaShape *s, int n, int steps)
{
    if (n > s->context)
        die("the text has %d tokens, the model reads at most %d", n,
            s->context);
    return steps < s->context - n ? n + steps : s->context;
}

static void say_pace(Pace p)
{
    fprintf(stderr,
            "read %d tokens at %.0f a second, wrote %d at %.0f a "
            "second\n",
            p.read, p.read / p.reading, p.written, p.written / p.writing);
}

static void continue_text(const Llama *m, LlamaPieces *p, const Ask *a)
{
    Ids text = {0};
    llama_encode(p, text_of(a->prompt ? a->prompt : ""), true, &text);
    if (text.n == 0)
        die("the tokenizer has no <s> to begin with: give a --prompt");
    const int room = capacity_for(&m->shape, text.n, a->steps);
    LlamaRun r = llama_run_with(m, 1, room, a->cache);
    Speaker speaker = {.pieces = p, .to = stdout};
    Sampler sampler = a->sampler;
    for (int i = 0; i < text.n; i++)
        speak(&speaker, text.at[i]);
    const Pace pace =
        llama_write_on(&r, p, &sampler, &text, 0, room - text.n, &speaker);
    speak_end(&speaker);
    puts("");
    fflush(stdout); // before what is said of it
    if (interrupted())
        fputs("stopped\n", stderr);
    say_pace(pace);
    llama_run_free(&r);
    ids_free(&text);
}

// --- a conversation ---------------------------------------------------------

// One turn; false if it does not fit into what is left of the context.
static bool take_turn(LlamaRun *r, LlamaPieces *p, const Ask *a, Sampler *s,
                      Text user, Ids *text)
{
    const int from = text->n;
    chat_turn(p, from ? NULL : a->system, user, from == 0, text);
    const int left = r->capacity - text->n;
    if (left < 1) {
        text->n = from;
        return false;
    }
    Speaker speaker = {.pieces = p, .to = stdout};
    // The last token of an answer has not been read yet: `from` is where
    // reading stands.
    const int read = r->cache[0].length;
    llama_write_on(r, p, s, text, read, least(a->steps, left), &speaker);
    speak_end(&speaker);
    puts("");
    fflush(stdout);
    return true;
}

static void converse(const Llama *m, LlamaPieces *p, const Ask *a)
{
    const bool person = isatty(STDIN_FILENO);
    LlamaRun r = llama_run_with(m, 1, m->shape.context, a->cache);
    Sampler sampler = a->sampler;
    Ids text = {0};
    char *line = NULL;
    size_t room = 0;
    if (person)
        fputs("A line for each turn; Ctrl-D ends.\n", stderr);
    for (;;) {
        if (person)
            fputs("> ", stderr);
        interrupt_at_once(); // while it waits for a line
        if (getline(&line, &room, stdin) <= 0)
            break;
        const Text said = text_trimmed(text_of(line));
        if (said.length == 0)
            continue;
        if (!take_turn(&r, p, a, &sampler, said, &text)) {
            fputs("the context is full: it forgets what was said\n", stderr);
            llama_forget(&r, 0);
            text.n = 0;
            if (!take_turn(&r, p, a, &sampler, said, &text))
                fputs("this line alone is too long\n", stderr);
        }
        if (interrupted())
            break;
    }
    free(line);
    ids_free(&text);
    llama_run_free(&r);
}

// --- scores and logits ------------------------------------------------------

// What was scored so far: the sum of -log p of so many tokens.
typedef struct Score {
    double sum;
    int tokens;
    Progress bar;
} Score;

// Adds the tokens that follow each of id[0 .. n - 2], as far as Ctrl-C lets it.
static void score_window(LlamaRun *r, const int *id, int n, Score *s)
{
    const int V = r->model->shape.pieces;
    double sum = 0;
    llama_forget(r, 0);
    for (int at = 0; at < n - 1 && !interrupted();) {
        const LlamaNext next = {0, least(r->most, n - 1 - at), id + at};
        llama_batch(r, &next, 1, false);
        for (int i = 0; i < next.n; i++, at++) {
            float *row = r->logits + (size_t)i * V;
            const float right = row[id[at + 1]];
            sum += (double)(softmax_row(row, row, V) - right);
        }
        s->tokens += next.n;
        progress(&s->bar, s->tokens, (s->sum + sum) / s->tokens);
    }
    s->sum += sum;
}

double llama_score(LlamaRun *r, LlamaPieces *p, Text text, int *tokens)
{
    Ids all = {0}, window = {0};
    llama_encode(p, text, false, &all);
    Score s = {.bar = progress_new("scoring", all.n, "tokens")};
    // One more than is read: the last token is only foreseen.
    const int begin = p->bos >= 0, step = r->capacity + 1 - begin;
    for (int at = 0; at < all.n && !interrupted(); at += step) {
        window.n = 0;
        if (begin)
            ids_add(&window, p->bos);
        for (int i = at; i < all.n && i < at + step; i++)
            ids_add(&window, all.at[i]);
        score_window(r, window.at, window.n, &s);
    }
    progress_end(&s.bar);
    ids_free(&all);
    ids_free(&window);
    *tokens = s.tokens;
    return s.sum / (s.tokens ? s.tokens : 1);
}

static void print_score(const Llama *m, LlamaPieces *p, const Ask *a)
{
    enum { WINDOW = 1024 };
    Buffer b = text_read(a->score);
    LlamaRun r =
        llama_run_with(m, 1, least(m->shape.context, WINDOW), a->cache);
    int tokens;
    const double began = seconds_now();
    const double nll = llama_score(&r, p, (Text){b.at, b.length}, &tokens);
    if (interrupted())
        die("%s: stopped after %d tokens, with %.4f nats a token", a->score,
            tokens, nll);
    if (tokens == 0)
        die("%s: there is nothing in it to foresee", a->score);
    check_number(m, nll);
    printf("%d tokens, windows of %d: %.4f nats a token, perplexity %.3f, "
           "%.4f bits a byte\n",
           tokens, r.capacity, nll, exp(nll),
           nll * tokens / log(2) / (double)b.length);
    fprintf(stderr, "%.0f tokens a second\n", tokens / (seconds_now() - began));
    llama_run_free(&r);
    buffer_free(&b);
}

static void save_logits(const Llama *m, LlamaPieces *p, const Ask *a)
{
    Ids text = {0};
    Buffer note = {0};
    llama_encode(p, text_of(a->prompt ? a->prompt : ""), true, &text);
    const int n = text.n, V = m->shape.pieces;
    if (n == 0)
        die("the tokenizer has no <s> to begin with: give a --prompt");
    LlamaRun r = llama_run_with(m, 1, capacity_for(&m->shape, n, 0), a->cache);
    float *all = new_array((size_t)n * V, sizeof *all);
    for (int at = 0; at < n;) {
        const LlamaNext next = {0, least(r.most, n - at), text.at + at};
        const float *rows = llama_batch(&r, &next, 1, false);
        check_numbers(m, rows, next.n);
        memcpy(all + (size_t)at * V, rows, (size_t)next.n * V * sizeof *all);
        at += next.n;
    }
    for (int i = 0; i < n; i++)
        buffer_print(&note, i ? " %d" : "%d", text.at[i]);
    const TensorOut out = {"logits", "F32", 2, {n, V}, all};
    const char *const key[] = {"tokens"}, *const value[] = {note.at};
    safetensors_write(a->logits, &out, 1, key, value, 1);
    fprintf(stderr, "%s: %d x %d\n", a->logits, n, V);
    free(all);
    buffer_free(&note);
    ids_free(&text);
    llama_run_free(&r);
}

// --- what there is ----------------------------------------------------------

static void print_bytes(FILE *to, const char *what, size_t bytes)
{
    const double b = (double)bytes;
    if (b >= 1e9)
        fprintf(to, "%-28s%.2f GB\n", what, b / 1e9);
    else if (b >= 1e6)
        fprintf(to, "%-28s%.2f MB\n", what, b / 1e6);
    else
        fprintf(to, "%-28s%.1f kB\n", what, b / 1e3);
}

static void count_tensor(const LlamaTensor *t, int *n, size_t *bytes)
{
    n[t->type]++;
    bytes[t->type] += llama_tensor_bytes(t);
}

void llama_info(const LlamaFile *f, FILE *to)
{
    const LlamaShape *s = &f->shape;
    int n[LLAMA_INT8 + 1] = {0};
    size_t bytes[LLAMA_INT8 + 1] = {0};
    count_tensor(&f->pieces, n, bytes);
    count_tensor(&f->norm, n, bytes);
    if (!s->tied)
        count_tensor(&f->output, n, bytes);
    for (int i = 0; i < s->layers * LLAMA_PARTS; i++)
        count_tensor(&f->part[i], n, bytes);
    fprintf(to, "%-28s%s\n", "file", f->kind);
    fprintf(to, "%-28s%d\n", "layers", s->layers);
    fprintf(to, "%-28s%d\n", "width", s->width);
    fprintf(to, "%-28s%d\n", "hidden width", s->hidden);
    fprintf(to, "%-28s%d, of width %d\n", "heads", s->heads,
            llama_head_width(s));
    fprintf(to, "%-28s%d\n", "key/value heads", s->groups);
    fprintf(to, "%-28s%d\n", "vocabulary", s->pieces);
    fprintf(to, "%-28s%d tokens\n", "context", s->context);
    fprintf(to, "%-28s%s\n", "output",
            s->tied ? "the embeddings" : "a matrix of its own");
    fprintf(to, "%-28s%g\n", "eps of the norms", (double)s->eps);
    fprintf(to, "%-28s%g\n", "base of the rotation", (double)s->base);
    fprintf(to, "%-28s%s\n", "pairs of the rotation",
            s->layout == ADJACENT ? "adjacent" : "halves");
    fprintf(to, "%-28s%zu\n", "parameters", llama_parameters(s));
    for (int t = 0; t <= LLAMA_INT8; t++) {
        char what[40];
        snprintf(what, sizeof what, "%d tensors in %s", n[t],
                 llama_type_name(t));
        if (n[t])
            print_bytes(to, what, bytes[t]);
    }
    print_bytes(to, "memory besides the file", llama_load_bytes(f));
    print_bytes(to, "cache for one token", llama_cache_bytes(s, 1));
    print_bytes(to, "cache for a whole context",
                llama_cache_bytes(s, s->context));
}

// --- one token's way --------------------------------------------------------

static void print_step(void *context, const char *what, const char *equation,
                       int layer, const float *x, int rows, int cols)
{
    (void)context;
    char where[24] = "", shape[32];
    float low = INFINITY, high = -INFINITY;
    double squares = 0;
    const size_t n = (size_t)rows * cols;
    for (size_t i = 0; i < n; i++) {
        low = fminf(low, x[i]);
        high = fmaxf(high, x[i]);
        squares += (double)x[i] * (double)x[i];
    }
    if (layer >= 0)
        snprintf(where, sizeof where, "layer %d", layer);
    snprintf(shape, sizeof shape, "%d x %d", rows, cols);
    printf("%-9s %-24s %-6s %-12s %9.3f %9.3f %9.3f\n", where, what, equation,
           shape, (double)low, (double)high, sqrt(squares / (double)n));
}

// The likeliest pieces, as the vocabulary writes them.
static void print_best(const LlamaPieces *p, float *logits)
{
    enum { BEST = 5 };
    softmax_row(logits, logits, p->n);
    for (int i = 0; i < BEST && i < p->n; i++) {
        const int id = greatest(logits, p->n);
        Buffer b = {0};
        llama_decode(p, id, false, &b);
        printf("%9.4f  %d \"%.*s\"\n", (double)logits[id], id, (int)b.length,
               buffer_text(&b).at);
        logits[id] = -1;
        buffer_free(&b);
    }
}

static void trace(const Llama *m, LlamaPieces *p, const Ask *a)
{
    Ids text = {0};
    llama_encode(p, text_of(a->prompt ? a->prompt : ""), true, &text);
    if (text.n == 0)
        die("the tokenizer has no <s> to begin with: give a --prompt");
    const int n = text.n, last = text.at[n - 1];
    LlamaRun r = llama_run_with(m, 1, capacity_for(&m->shape, n, 0), a->cache);
    llama_read(&r, text.at, n - 1);
    printf("Token %d of %d, number %d of the vocabulary, on its way:\n\n", n, n,
           last);
    printf("%-9s %-24s %-6s %-12s %9s %9s %9s\n", "", "what", "eq.", "shape",
           "least", "greatest", "rms");
    r.watch = print_step;
    llama_read(&r, &last, 1);
    check_numbers(m, r.logits, 1);
    puts("\nWhat may follow:");
    print_best(p, r.logits);
    llama_run_free(&r);
    ids_free(&text);
}

// --- all of them ------------------------------------------------------------

void llama_answer(const Ask *a, const Llama *m, LlamaPieces *p)
{
    if (a->save) {
        llama_save(m, p, a->save);
        fprintf(stderr, "%s: written\n", a->save);
    } else if (a->score) {
        print_score(m, p, a);
    } else if (a->logits) {
        save_logits(m, p, a);
    } else if (a->trace) {
        trace(m, p, a);
    } else if (a->chat) {
        converse(m, p, a);
    } else {
        continue_text(m, p, a);
    }
}

void llama_ask(const Ask *a)
{
    LlamaFile f = llama_open(a->model);
    if (a->info) {
        llama_info(&f, stdout);
        llama_close(&f);
        return;
    }
    LlamaPieces p = llama_pieces_for(&f, a->tokenizer);
    Llama m = llama_load(&f);
    llama_answer(a, &m, &p);
    llama_free(&m);
    llama_pieces_free(&p);
    llama_close(&f);
}
