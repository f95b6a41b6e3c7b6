// 14-quantization: a Llama in fewer bits.
//
// What rounding does to numbers is told in in_decibels.c: parts 1, 2 and 4 of
// what is printed. Here is what it does to a model, part by part: a small Llama
// that learns stories, and what becomes of its perplexity; activations in few
// bits, and the outliers that stand in the way; the packed forms that files
// have, and how fast they are; a real model.
#include "14-quantization/feedback.h"
#include "14-quantization/in_decibels.h"
#include "14-quantization/outliers.h"
#include "14-quantization/packed.h"

#include "13-llama2/cria_train.h"
#include "13-llama2/llama_save.h"
#include "13-llama2/synthetic.h"

#include "data/tales/tales.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/plot.h"
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static Run run;

// What this run does; --quick has less of everything.
typedef struct Plan {
    int stories, pieces, unseen; // stories to learn from, and to be tested with
    LlamaShape shape;
    CriaRecipe recipe;
} Plan;

static const Plan full = {
    .stories = 8000,
    .pieces = 768,
    .unseen = 30,
    .shape =
        {.width = 128, .hidden = 320, .layers = 3, .heads = 4, .groups = 2},
    .recipe = {.windows = 4, .length = 160, .steps = 900, .rate = 8e-3f}};
static const Plan quick = {
    .stories = 1500,
    .pieces = 512,
    .unseen = 8,
    .shape = {.width = 64, .hidden = 160, .layers = 2, .heads = 4, .groups = 2},
    .recipe = {.windows = 8, .length = 96, .steps = 200, .rate = 8e-3f}};
static Plan plan;

// --- 3. a small Llama -------------------------------------------------------

typedef struct Student {
    Cria cria;
    LlamaPieces pieces;
    Buffer unseen; // stories that it has not learnt from
    Buffer looked; // others, to look at its activations
} Student;

static Student student_new(void)
{
    Student s = {0};
    CriaText c =
        cria_text_tales(plan.stories, run.seed, plan.pieces, &s.pieces);
    LlamaShape shape = plan.shape;
    shape.pieces = s.pieces.n;
    s.cria = cria_new(shape, run.seed);
    CriaTraining t = cria_training_new(&s.cria, &c, plan.recipe);
    Progress bar = progress_new("training", plan.recipe.steps, "steps");
    while (t.step < plan.recipe.steps && !interrupted())
        progress(&bar, t.step, cria_step(&t));
    progress_end(&bar);
    if (t.step < plan.recipe.steps)
        die("stopped after %lld steps of %lld", (long long)t.step,
            (long long)plan.recipe.steps);
    cria_training_free(&t);
    cria_text_free(&c);
    Rng r = rng_new(run.seed + 1000);
    for (int i = 0; i < 2 * plan.unseen; i++) {
        Buffer *to = i < plan.unseen ? &s.unseen : &s.looked;
        tales_story(&r, to);
        buffer_add(to, "\n", 1);
    }
    return s;
}

static void student_free(Student *s)
{
    cria_free(&s->cria);
    llama_pieces_free(&s->pieces);
    buffer_free(&s->unseen);
    buffer_free(&s->looked);
}

// How to look at a model: with which tokenizer, on which text, and from which
// other text to learn what its activations are like.
typedef struct Eye {
    LlamaPieces *pieces;
    const Buffer *text, *other;
} Eye;

// The perplexity of a model. `in` stands in front of its products, or is NULL.
static double perplexity_with(const Llama *m, Inputs *in, const Eye *e,
                              KvKind cache)
{
    const int context = m->shape.context;
    LlamaRun r = llama_run_with(m, 1, context < 256 ? context : 256, cache);
    if (in)
        inputs_watch(in, &r);
    int tokens;
    const double nll = llama_score(
        &r, e->pieces, (Text){e->text->at, e->text->length}, &tokens);
    llama_run_free(&r);
    if (interrupted())
        die("stopped");
    return exp(nll);
}

static double perplexity(const Llama *m, Inputs *in, const Eye *e)
{
    return perplexity_with(m, in, e, KV_F32);
}

static void show_student(const Student *s, double ppl)
{
    const LlamaShape *h = &s->cria.shape;
    printf("3. A Llama of %d layers, width %d, hidden width %d, %d pieces: %zu "
           "numbers.\n   %lld steps on %d stories; on %d others its perplexity "
           "is ~%.2f\n\n",
           h->layers, h->width, h->hidden, h->pieces, llama_parameters(h),
           (long long)plan.recipe.steps, plan.stories, plan.unseen, ppl);
}

// --- 5. perplexity over bits ------------------------------------------------

// What goes into the products of a copy while it reads the other text.
static Inputs collected(LlamaCopy *c, const Eye *e)
{
    const Eye other = {e->pieces, e->other, NULL};
    Inputs in = inputs_new(c);
    in.collecting = true;
    perplexity(&c->model, &in, &other);
    in.collecting = false;
    return in;
}

// One way to round the weights.
typedef struct Way {
    const char *label;
    Rounding r; // bits still to be filled in
    bool feedback;
} Way;

// The perplexity with weights in few bits; *bits: of a weight, with scales.
static double rounded(const Llama *m, const Way *way, int width,
                      const Inputs *in, const Eye *e, double *bits)
{
    LlamaCopy c = llama_copy(m);
    Rounding r = way->r;
    r.bits = width;
    *bits = way->feedback ? llama_copy_feedback(&c, r, in)
                          : llama_copy_round(&c, r, NULL);
    const double ppl = perplexity(&c.model, NULL, e);
    llama_copy_free(&c);
    return ppl;
}

// The table for one model; its plot is called `name`. Returns the perplexities
// with groups of 32 and the simplest scale.
static void show_bits(const Llama *m, const Eye *e, const char *name,
                      const char *title, double whole, double first[BITS_SHOWN])
{
    enum { WAYS = 6 };
    static const Way way[WAYS] = {
        {"a scale a row", {0, 0, SCALE_ABSMAX, false}, false},
        {"best scale a row", {0, 0, SCALE_BEST, false}, false},
        {"groups of 32", {0, 32, SCALE_ABSMAX, false}, false},
        {"groups of 32, best scale", {0, 32, SCALE_BEST, false}, false},
        {"the same, all codes", {0, 32, SCALE_BEST, true}, false},
        {"the same, with feedback", {0, 32, SCALE_BEST, true}, true}};
    double size[WAYS][BITS_SHOWN], ppl[WAYS][BITS_SHOWN];
    LlamaCopy plain = llama_copy(m);
    Inputs in = collected(&plain, e);
    puts("        a scale a row              groups of 32              and all "
         "and\n"
         "  bits   absmax     best  (bits)   absmax     best  (bits)   codes  "
         "feedback");
    for (int i = 0; i < BITS_SHOWN; i++) {
        printf("  %4d", bits_shown[i]);
        for (int k = 0; k < WAYS; k++) {
            char text[24];
            ppl[k][i] = rounded(m, &way[k], bits_shown[i], &in, e, &size[k][i]);
            snprintf(text, sizeof text, "~%.2f", ppl[k][i]);
            printf(" %8s", text);
            if (k == 1 || k == 3)
                printf("  %5.2f ", size[k][i]);
        }
        puts("");
        fflush(stdout);
        first[i] = ppl[2][i];
    }
    puts("");
    inputs_free(&in);
    llama_copy_free(&plain);
    Plot *p = plot_new(title, "bits a weight", "perplexity");
    for (int k = 0; k < WAYS; k++)
        plot_line(p, way[k].label, BITS_SHOWN, size[k], ppl[k]);
    plot_level(p, "32 bits", whole);
    plot_log(p, false, true);
    plot_save(p, run.plots, name);
}

// --- 6. activations as well -------------------------------------------------

enum { FEW = 4 }; // 8, 6, 5 and 4 bits

// The perplexity if weights, or rows in front of the products, or both are
// rounded. `in` belongs to the copy, which is not changed.
static double both_rounded(const LlamaCopy *c, const Inputs *in, Rounding w,
                           Rounding x, const Eye *e)
{
    LlamaCopy mine = llama_copy(&c->model);
    Inputs front = *in;
    front.copy = &mine;
    front.rounding = x;
    if (w.bits)
        llama_copy_round(&mine, w, &front);
    const double ppl = perplexity(&mine.model, &front, e);
    llama_copy_free(&mine);
    return ppl;
}

static void show_activations(const Llama *m, const Eye *e, double whole)
{
    printf("6. Weights, activations, or both; unrounded ~%.2f\n\n"
           "           a scale a row                 groups of 32\n"
           "  bits  weights  activ.   both     weights  activ.   both\n",
           whole);
    LlamaCopy c = llama_copy(m);
    Inputs in = inputs_new(&c);
    for (int i = 0; i < FEW; i++) {
        printf("  %4d", bits_shown[i]);
        for (int k = 0; k < 6; k++) {
            char text[24];
            const Rounding r = {bits_shown[i], k < 3 ? 0 : 32, SCALE_ABSMAX,
                                false};
            const Rounding none = {0};
            const double ppl = both_rounded(&c, &in, k % 3 == 1 ? none : r,
                                            k % 3 == 0 ? none : r, e);
            snprintf(text, sizeof text, "~%.2f", ppl);
            printf("%s %8s", k == 3 ? "   " : "", text);
        }
        puts("");
    }
    puts("");
    inputs_free(&in);
    llama_copy_free(&c);
}

// --- 7. outliers ------------------------------------------------------------

typedef enum Cure {
    HEALTHY,
    PLANTED,
    GROUPED,
    APART,
    SMOOTH,
    TURNED,
    CURES
} Cure;

static const char *const cure_name[CURES] = {
    "as it was",  "with outliers",    "groups of 32",
    "kept apart", "scale moved over", "turned"};

enum { CHANNELS = 2, FACTOR = 16, ALPHA_PERCENT = 50 };

// A copy of the model with outliers and their cure.
static LlamaCopy patient(const Llama *m, Cure cure)
{
    LlamaCopy c = llama_copy(m);
    Rng r = rng_new(run.seed);
    if (cure != HEALTHY)
        outliers_plant(&c, &r, CHANNELS, FACTOR);
    return c;
}

// What the cure does; *apart: how many columns stay floats.
static Inputs treat(LlamaCopy *c, Cure cure, const Eye *e, int *apart)
{
    Inputs in = collected(c, e);
    *apart = cure == APART ? outliers_apart(&in, 4) : 0;
    if (cure == SMOOTH)
        outliers_smooth(c, &in, ALPHA_PERCENT / 100.0f);
    in.turned = cure == TURNED;
    if (in.turned)
        outliers_turn(c);
    return in;
}

// The rows of one input, seen while the model reads the beginning of a text.
enum { SEEN_ROWS = 40 };
typedef struct Picture {
    Inputs *in;
    LlamaWatch before;
    int input;
    float *to; // SEEN_ROWS x the width of the input: magnitudes
} Picture;

static void take_picture(void *context, const char *what, const char *equation,
                         int layer, const float *x, int rows, int cols)
{
    Picture *p = context;
    float *seen;
    p->before(p->in, what, equation, layer, x, rows, cols);
    if (input_seen(p->in->run, what, layer, &seen) == p->input)
        for (int i = 0; i < SEEN_ROWS * cols; i++)
            p->to[i] = fabsf(seen[i]);
}

// As a map: white 0, dark the largest.
static Plot *picture_of(LlamaCopy *c, Inputs *in, const Eye *e,
                        const char *title)
{
    const int d = c->model.shape.width;
    Ids text = {0};
    llama_encode(e->pieces, (Text){e->text->at, e->text->length}, true, &text);
    check(text.n >= SEEN_ROWS, "a text of %d tokens", text.n);
    LlamaRun r = llama_run_new(&c->model, 1, SEEN_ROWS);
    inputs_watch(in, &r);
    Picture p = {in, r.watch, LAYER_INPUTS + INPUT_FEED,
                 new_array((size_t)SEEN_ROWS * d, sizeof(float))};
    r.watch = take_picture;
    r.watch_context = &p;
    llama_read(&r, text.at, SEEN_ROWS);
    Plot *plot = plot_new(title, NULL, NULL);
    plot_heat(plot, SEEN_ROWS, d, p.to, NULL, NULL);
    plot_size(plot, 420, 300);
    llama_run_free(&r);
    ids_free(&text);
    free(p.to);
    return plot;
}

static void show_outliers(const Llama *m, const Eye *e)
{
    Plot *picture[CURES];
    int pictures = 0;
    printf("7. Outliers: %d columns behind every norm times %d, their weights "
           "over %d.\n   Weights and activations rounded, a scale a row\n\n"
           "  %-18s unrounded   8 bits   6 bits   5 bits   4 bits   columns "
           "apart\n",
           CHANNELS, FACTOR, FACTOR, "");
    for (Cure cure = 0; cure < CURES; cure++) {
        int apart;
        LlamaCopy c = patient(m, cure);
        Inputs in = treat(&c, cure, e, &apart);
        const Rounding none = {0};
        printf("  %-20s  ~%.3f", cure_name[cure],
               both_rounded(&c, &in, none, none, e));
        for (int i = 0; i < FEW; i++) {
            char text[24];
            const Rounding r = {bits_shown[i], cure == GROUPED ? 32 : 0,
                                SCALE_ABSMAX, false};
            snprintf(text, sizeof text, "~%.2f",
                     both_rounded(&c, &in, r, r, e));
            printf(" %8s", text);
        }
        if (apart)
            printf("   ~%d", apart);
        puts("");
        fflush(stdout);
        if (cure == HEALTHY || cure == PLANTED || cure >= SMOOTH)
            picture[pictures++] = picture_of(&c, &in, e, cure_name[cure]);
        inputs_free(&in);
        llama_copy_free(&c);
    }
    puts("");
    plot_save_grid(picture, pictures, 2, run.plots, "outliers");
}

// --- 8. packed --------------------------------------------------------------

// What the model tells at temperature 0.
static Ids tale_of(const Llama *m, const LlamaPieces *p)
{
    Ids text = {0};
    Sampler sampler = {.temperature = 0};
    LlamaRun r = llama_run_new(m, 1, 200);
    ids_add(&text, p->bos);
    llama_write_on(&r, p, &sampler, &text, 0, 199, NULL);
    llama_run_free(&r);
    return text;
}

// Writes the model as GGUF and reads it back: does it still tell the same?
static bool comes_back(const Llama *m, const LlamaPieces *p, QuantKind kind)
{
    Buffer path = file_of_this_run("tales.gguf");
    llama_save(m, p, path.at);
    LlamaFile f = llama_open(path.at);
    Llama again = quant_load(&f, kind, false);
    Ids first = tale_of(m, p), second = tale_of(&again, p);
    const bool same = first.n == second.n &&
                      memcmp(first.at, second.at, first.n * sizeof(int)) == 0;
    ids_free(&first);
    ids_free(&second);
    llama_free(&again);
    llama_close(&f);
    buffer_free(&path);
    return same;
}

static void show_packed(const Llama *m, const Eye *e)
{
    const LlamaShape *s = &m->shape;
    const int keys = llama_key_width(s), head = llama_head_width(s);
    printf(
        "8. Packed as files have it, and multiplied as whole numbers. A "
        "token in the\n   cache takes %zu bytes, in 8 bits %zu\n\n"
        "                       bits a   bytes of      perplexity, with    "
        "    read back:\n"
        "                       weight    weights   floats   8 bits cached   "
        "the same text\n",
        kv_bytes(s->layers, keys, 1), kv_bytes8(s->layers, keys, head, 1));
    for (int k = 0; k < 5; k++) {
        const QuantKind kind = k == 0  ? QUANT_F32
                               : k < 3 ? QUANT_Q8_0
                                       : QUANT_Q4_0;
        const bool best = k == 2 || k == 4;
        Llama q = quant_llama(m, kind, best);
        char name[32];
        snprintf(name, sizeof name, "%s%s", quant_name(kind),
                 best ? ", best scale" : "");
        printf("  %-19s %7.2f %10zu  ~%.3f          ~%.3f   %s\n", name,
               packed_bits(&q), quant_llama_bytes(&q),
               perplexity_with(&q, NULL, e, KV_F32),
               perplexity_with(&q, NULL, e, KV_INT8),
               comes_back(&q, e->pieces, kind) ? "yes" : "no");
        llama_free(&q);
    }
    puts("");
}

// --- 9. speed ---------------------------------------------------------------

static void show_speed(void)
{
    enum { KINDS = 3 };
    const LlamaShape *shape = run.quick ? &shape_15m : &shape_110m;
    const char *name[KINDS];
    double written[KINDS], read[KINDS];
    printf("9. %.0f million made-up weights, in tokens a second\n\n"
           "            MB   written, one by one   = GB of weights   read, 256 "
           "together\n",
           (double)llama_parameters(shape) / 1e6);
    fflush(stdout);
    for (int k = 0; k < KINDS; k++) {
        const PackedSpeed s = packed_speed(shape, (QuantKind)k);
        if (interrupted())
            die("stopped");
        char text[3][16];
        name[k] = quant_name((QuantKind)k);
        written[k] = s.written;
        read[k] = s.read;
        snprintf(text[0], sizeof text[0], "~%.0f", s.written);
        snprintf(text[1], sizeof text[1], "~%.1f", s.gigabytes);
        snprintf(text[2], sizeof text[2], "~%.0f", s.read);
        printf("  %-5s %6.1f %21s   %15s   %18s\n", name[k], s.megabytes,
               text[0], text[1], text[2]);
        fflush(stdout);
    }
    puts("");
    Plot *p = plot_new("How they are kept, and how fast it is", "kind",
                       "tokens a second");
    plot_bars(p, "written, one by one", KINDS, name, written);
    plot_bars(p, "read, 256 together", KINDS, name, read);
    plot_save(p, run.plots, "speed");
}

// --- 10. a real one ---------------------------------------------------------

// Stories that the model tells itself, drawn at temperature 1.
static Buffer own_stories(const Llama *m, LlamaPieces *p, uint64_t seed,
                          int stories, int tokens)
{
    Buffer b = {0};
    Sampler sampler = {.temperature = 1, .rng = rng_new(seed)};
    LlamaRun r = llama_run_new(m, 1, tokens + 1);
    for (int i = 0; i < stories; i++) {
        Ids text = {0};
        ids_add(&text, p->bos);
        llama_forget(&r, 0);
        llama_write_on(&r, p, &sampler, &text, 0, tokens, NULL);
        for (int k = 1; k < text.n; k++)
            llama_decode(p, text.at[k], k == 1, &b);
        buffer_add(&b, "\n", 1);
        ids_free(&text);
    }
    llama_run_free(&r);
    return b;
}

static void show_stories(void)
{
    char *model = NULL, *pieces = NULL;
    const char *path = data_path(&run, "stories260K", "stories260K.bin");
    if (path)
        model = copy_text(path);
    path = data_path(&run, "stories260K", "tok512.bin");
    if (path)
        pieces = copy_text(path);
    if (model && pieces) {
        double first[BITS_SHOWN];
        LlamaFile f = llama_open(model);
        LlamaPieces p = llama_pieces_for(&f, pieces);
        Llama m = llama_load(&f);
        Buffer text = own_stories(&m, &p, run.seed, 20, 220);
        Buffer other = own_stories(&m, &p, run.seed + 1, 10, 220);
        const Eye e = {&p, &text, &other};
        const double whole = perplexity(&m, NULL, &e);
        printf("10. A real one, stories260K, on stories that it told itself: "
               "~%.3f\n\n",
               whole);
        show_bits(&m, &e, "stories", "stories260K in fewer bits", whole, first);
        buffer_free(&text);
        buffer_free(&other);
        llama_free(&m);
        llama_pieces_free(&p);
        llama_close(&f);
    } else {
        puts("10. A real one: make data NAME=stories260K brings it\n");
    }
    free(model);
    free(pieces);
}

// --- the program ------------------------------------------------------------

static const char about[] =
    "A Llama in fewer bits. Without --model: what rounding costs, by theory "
    "and by\ncounting, for weights and for activations, with outliers and "
    "without. With --model\na model of chapter 13 is packed: --prompt runs "
    "it, --out writes it as GGUF.";

static void demonstrate(void)
{
    double first[BITS_SHOWN];
    show_group();
    show_normal(run.seed, run.plots);
    (void)folder_of_this_run(); // what cannot be made shall be said at once
    Student s = student_new();
    Llama m = cria_llama(&s.cria);
    const Eye e = {&s.pieces, &s.unseen, &s.looked};
    const double whole = perplexity(&m, NULL, &e);
    show_student(&s, whole);
    show_matrices(&m, run.plots);
    printf("5. Its weights in fewer bits: perplexity (32 bits: ~%.2f)\n\n",
           whole);
    show_bits(&m, &e, "perplexity", "A small Llama in fewer bits", whole,
              first);
    show_activations(&m, &e, whole);
    show_outliers(&m, &e);
    show_packed(&m, &e);
    show_speed();
    if (!run.quick)
        show_stories();
    printf("=> perplexity ~%.2f; 8 bits ~%.2f, 4 ~%.2f, 2 ~%.1f\n", whole,
           first[0], first[3], first[5]);
    llama_free(&m);
    student_free(&s);
}

int main(int argc, char **argv)
{
    run.seed = 1;
    AskPacked a = {
        .ask = {.steps = 256, .sampler = {.temperature = 0.8f, .top_p = 0.9f}}};
    Ask *k = &a.ask;
    int kind = QUANT_Q8_0, cache = KV_F32;
    const Option own[] = {
        {"model", "PATH", OPTION_TEXT, &k->model, 0, 0, NULL,
         "NAME.bin, NAME.gguf or a folder"},
        {"quantize", "KIND", OPTION_CHOICE, &kind, 0, 0, "f32|q8_0|q4_0",
         "how its weights are packed"},
        {"best", NULL, OPTION_FLAG, &a.best, 0, 0, NULL,
         "search the scale of each block with the least error"},
        {"cache", "KIND", OPTION_CHOICE, &cache, 0, 0, "f32|int8",
         "how keys and values are kept"},
        {"out", "FILE", OPTION_TEXT, &k->save, 0, 0, NULL,
         "write the packed model: NAME.gguf"},
        {"tokenizer", "FILE", OPTION_TEXT, &k->tokenizer, 0, 0, NULL,
         "tokenizer.model, .bin or .json; otherwise the model's\n"
         "own, or the one beside it"},
        {"prompt", "TEXT", OPTION_TEXT, &k->prompt, 0, 0, NULL,
         "how the text begins"},
        {"steps", "N", OPTION_INT, &k->steps, 1, 1 << 22, NULL,
         "tokens to write, at most"},
        {"temperature", "X", OPTION_FLOAT, &k->sampler.temperature, 0, 100,
         NULL, "0: always the likeliest token"},
        {"top-p", "X", OPTION_FLOAT, &k->sampler.top_p, 1e-6, 1, NULL,
         "1: all"},
        {"score", "FILE", OPTION_TEXT, &k->score, 0, 0, NULL,
         "the packed model's mean loss on a text"},
        {"info", NULL, OPTION_FLAG, &k->info, 0, 0, NULL,
         "print what the file holds, and what it would be packed"},
        {0}};
    cli_parse(argc, argv, about, own, &run);
    a.kind = (QuantKind)kind;
    k->cache = (KvKind)cache;
    k->sampler.rng = rng_new(run.seed);
    if (k->info + !!k->score + !!k->save > 1)
        cli_misuse("only one of --info, --score and --out at a time");
    if (k->prompt && (k->info || k->score || k->save))
        cli_misuse("--prompt does not go with --info, --score or --out");
    if (k->model) {
        packed_ask(&a);
        return 0;
    }
    if (k->prompt || k->info || k->score || k->save || k->tokenizer || a.best ||
        kind != QUANT_Q8_0 || cache != KV_F32)
        cli_misuse("--prompt, --info, --score, --out, --tokenizer, --quantize, "
                   "--best and --cache need --model PATH");
    plan = run.quick ? quick : full;
    plan.shape.eps = 1e-5f;
    plan.shape.base = 10000;
    plan.shape.context = 256;
    plan.shape.tied = true;
    plan.shape.layout = ADJACENT;
    plan.recipe.seed = run.seed;
    printf("A Llama in fewer bits: about %s of memory.\n"
           "A tilde marks what is measured.\n\n",
           run.quick ? "6 seconds and 200 MB" : "50 seconds and 700 MB");
    demonstrate();
    return 0;
}
