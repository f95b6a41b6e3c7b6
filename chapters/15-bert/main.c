// 15-bert: an encoder learns English by filling blanks, and what it has learnt
// is put to use.
//
// Read from top to bottom: the text and its blanks; learning to fill them; what
// the task of the next sentence is worth; the model in use, with few examples;
// a look inside. Models that others have trained are in commands.c.
#include "15-bert/bert.h"
#include "15-bert/commands.h"
#include "15-bert/documents.h"
#include "15-bert/finetune.h"
#include "15-bert/pretrain.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/folder.h"
#include "common/plot.h"
#include "common/progress.h"
#include "data/tales/check.h"
#include "data/tales/tales.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- the text ---------------------------------------------------------------

typedef struct Language {
    bool tales; // or somebody's folder
    RawText raw;
    WordPiece pieces;
    Documents learn, test;
} Language;

static Language language_new(const Run *run, int stories, const char *plots,
                             int pieces)
{
    Language l = {.tales = !run->data};
    l.raw =
        l.tales ? raw_tales(stories, run->seed, plots) : raw_folder(run->data);
    Buffer vocab = {0};
    make_vocabulary(&l.raw.learn, pieces, &vocab);
    const char *wrong =
        wordpiece_parse(&l.pieces, (Text){vocab.at, vocab.length});
    if (wrong)
        die("the vocabulary made from the text: %s", wrong);
    buffer_free(&vocab);
    l.learn = documents_of(&l.raw.learn, &l.pieces);
    l.test = documents_of(&l.raw.test, &l.pieces);
    if (l.learn.n == 0 || l.test.n == 0)
        die("%s: there are no words to learn from", run->data);
    return l;
}

static void language_free(Language *l)
{
    raw_free(&l->raw);
    documents_free(&l->learn);
    documents_free(&l->test);
    wordpiece_free(&l->pieces);
}

static void print_pieces(const WordPiece *w, const int *id, int n)
{
    Buffer b = {0};
    wordpiece_decode(w, id, n, &b);
    printf("  %.*s\n", (int)b.length, b.at ? b.at : "");
    buffer_free(&b);
}

// One text as the model is given it, and what it shall say.
static void show_blanks(const Language *l, uint64_t seed)
{
    Blanks b = {0};
    Rng rng = rng_new(seed);
    Masking rule = masking_for(&l->pieces);
    rule.share = 0.3f; // more of them, to see all three kinds
    blanks_make(&b, &l->learn, &l->pieces, NULL, &rng, SINGLE, 10, 40);
    print_pieces(&l->pieces, b.x.id.at, b.x.id.n);
    mask_tokens(&rule, &rng, b.x.id.at, b.x.id.n, &b.at, &b.answer);
    print_pieces(&l->pieces, b.x.id.at, b.x.id.n);
    int kind[3] = {0};
    for (int i = 0; i < b.at.n; i++) {
        const int now = b.x.id.at[b.at.at[i]];
        kind[now == rule.mask ? 0 : now != b.answer.at[i] ? 1 : 2]++;
    }
    printf(
        "\n  %d of %d chosen: %d are [MASK] now, %d another word, %d as they "
        "were\n\n",
        b.at.n, b.x.id.n, kind[0], kind[1], kind[2]);
    blanks_free(&b);
}

// --- what is learnt, and how long -------------------------------------------

typedef struct Plan {
    int stories, pieces, every; // every: steps between two looks
    BertShape shape;
    PretrainRecipe recipe;
    const char *plots; // those that are told; NULL: all
    const char *save;
} Plan;

static Plan plan_for(const Run *run)
{
    Plan full = {
        .stories = 8000,
        .pieces = 8000,
        .every = 150,
        .shape = {.width = 64, .heads = 4, .hidden = 256, .layers = 2},
        .recipe = {.steps = 1500, .tokens = 900, .longest = 40},
    };
    Plan quick = {
        .stories = 2000,
        .plots = "lost fear gift skill mistake",
        .pieces = 8000,
        .every = 80,
        .shape = {.width = 64, .heads = 4, .hidden = 256, .layers = 2},
        .recipe = {.steps = 400, .tokens = 600, .longest = 32},
    };
    Plan p = run->quick ? quick : full;
    p.shape.segments = 2;
    p.shape.eps = 1e-12f;
    p.shape.pools = p.shape.fills = p.shape.follows = true;
    p.recipe.rate = 0.004f;
    p.recipe.share = 0.4f;
    p.recipe.pairing = SINGLE;
    p.recipe.seed = run->seed;
    return p;
}

// --- filling blanks ---------------------------------------------------------

static const char *const tale_blanks[] = {
    "Anna was a thoughtful [MASK] who liked to watch the rain run down the "
    "window.",
    "Finn was a thoughtful [MASK] who liked to watch the rain run down the "
    "window.",
    "\"[MASK] you,\" she said to Finn, \"for not giving up before I did.\"",
    "There was once a mouse called Myrtle, who was so [MASK] that she slept in "
    "a nutshell.",
    "On the tenth day the loaf rose until it looked over the [MASK].",
    "Emma [MASK] the kite home.",
};
static const char *const plain_blanks[] = {
    "The president of the United [MASK] was in Washington.",
    "She looked [MASK] him and smiled.",
    "It was one of the [MASK] important questions of the year.",
    "He did not know what [MASK] do.",
};
enum {
    TALE_BLANKS = sizeof tale_blanks / sizeof *tale_blanks,
    PLAIN_BLANKS = sizeof plain_blanks / sizeof *plain_blanks
};

static int blank_texts(const Language *l, const char *const **text)
{
    *text = l->tales ? tale_blanks : plain_blanks;
    return l->tales ? TALE_BLANKS : PLAIN_BLANKS;
}

// The likeliest pieces for the first blank of a text, with probabilities.
static void print_guesses(const Bert *m, WordPiece *w, const char *text,
                          int most, FILE *to)
{
    Ids a = {0};
    BertBatch x = {0};
    Tape *t = tape_new(0, 1);
    t->training = false;
    bert_pieces(w, text_of(text), &a);
    bert_add(&x, w, &a, NULL);
    int at = 0;
    while (x.id.at[at] != w->mask)
        at++;
    Matrix *hidden = bert_encode(m, t, bert_input(&x));
    Matrix *p = softmax(bert_fill(m, pick_rows(hidden, &at, 1)));
    fprintf(to, "  %s\n    ", text);
    for (int k = 0; k < most; k++) {
        int best = 0;
        for (int i = 1; i < p->cols; i++)
            best = p->val[i] > p->val[best] ? i : best;
        fprintf(to, "  %.*s %.2f", (int)w->vocab.piece[best].length,
                w->vocab.piece[best].at, (double)p->val[best]);
        p->val[best] = -1;
    }
    fputc('\n', to);
    fflush(to);
    tape_free(t);
    bert_batch_free(&x);
    ids_free(&a);
}

// --- learning ---------------------------------------------------------------

enum { LOOKS = 1000 }; // at most

typedef struct Curve {
    int n;
    double step[LOOKS], loss[LOOKS], test[LOOKS], filled[LOOKS];
} Curve;

enum { TEST_BATCHES = 8 };

static Measured measure(const Bert *m, const Language *l, const Plan *p)
{
    return pretrain_measure(m, &l->pieces, &l->test, &p->recipe, TEST_BATCHES);
}

// How well it does by now, and one blank, live. (With --quick the blank goes to
// standard error: another compiler's rounding may change a word.)
static void look(Pretraining *t, Language *l, const Plan *p, FILE *live,
                 Curve *c)
{
    const int k = c->n++;
    const Measured m = measure(t->model, l, p);
    const char *const *text;
    const int texts = blank_texts(l, &text);
    c->step[k] = (double)t->step;
    c->loss[k] = pretraining_loss(t);
    c->test[k] = m.loss;
    c->filled[k] = m.filled;
    printf("%6lld   ~%.3f   ~%.3f   ~%.1f %%", (long long)t->step, c->loss[k],
           m.loss, 100 * m.filled);
    if (p->recipe.pairing != SINGLE)
        printf("   ~%.0f %% of pairs", 100 * m.paired);
    putchar('\n');
    fflush(stdout);
    print_guesses(t->model, &l->pieces, text[k % texts], 4, live);
}

static const char *checkpoint_of(const Plan *p)
{
    static char path[1024];
    if (!p->save)
        return NULL;
    if (snprintf(path, sizeof path, "%s/training.checkpoint", p->save) >=
        (int)sizeof path)
        die("%.60s...: the path is too long", p->save);
    return path;
}

static void save_all(const Pretraining *t, const Language *l, const Plan *p)
{
    if (!p->save)
        return;
    bert_save(t->model, &l->pieces, p->save);
    pretraining_save(t, checkpoint_of(p));
}

static Curve learn(Bert *m, Language *l, const Plan *p, bool quick)
{
    const int steps = p->recipe.steps;
    Pretraining t = pretraining_new(m, &l->pieces, &l->learn, p->recipe);
    Curve c = {0};
    if (p->save && pretraining_load(&t, checkpoint_of(p)))
        printf("goes on after step %lld of %s\n", (long long)t.step, p->save);
    puts("  step   loss     unseen   blanks filled");
    Progress bar = progress_new("training", steps, "steps");
    while (t.step < steps && !interrupted()) {
        progress(&bar, t.step, pretraining_step(&t));
        if (t.step % p->every != 0 || c.n == LOOKS)
            continue;
        progress_end(&bar);
        look(&t, l, p, quick ? stderr : stdout, &c);
        save_all(&t, l, p);
    }
    progress_end(&bar);
    save_all(&t, l, p);
    if (t.step < steps)
        printf("\nstopped after %lld steps of %d; %s\n", (long long)t.step,
               steps,
               p->save ? "saved: the same command goes on."
                       : "this is how far it came.");
    interrupt_at_once();
    pretraining_free(&t);
    return c;
}

static void plot_learning(const Curve *c, double unigram, const char *plots)
{
    Plot *p = plot_new("Learning to fill blanks", "step",
                       "nats for a blank in unseen text");
    plot_line(p, "loss", c->n, c->step, c->test);
    plot_level(p, "knows which words are frequent", unigram);
    plot_range(p, NAN, NAN, 0, NAN);
    plot_save(p, plots, "learning");
    p = plot_new("Blanks of unseen text filled rightly", "step", "share");
    plot_line(p, NULL, c->n, c->step, c->filled);
    plot_range(p, NAN, NAN, 0, 1);
    plot_save(p, plots, "right");
}

// --- the next sentence ------------------------------------------------------

// A rule without any learning: b follows a if they share a word that is not
// frequent. How often is it right?
static double shared_word_rule(const Blanks *b, const Documents *learn,
                               int pieces)
{
    int *count = new_array((size_t)pieces, sizeof *count);
    int right = 0;
    for (int i = 0; i < learn->id.n; i++)
        count[learn->id.at[i]]++;
    for (int i = 0; i < b->x.n; i++) {
        const int from = b->x.start.at[i], to = b->x.start.at[i + 1];
        bool shared = false;
        for (int r = from; r < to && !shared; r++)
            for (int s = from; s < to && !shared; s++)
                shared = b->x.segment.at[r] == 0 && b->x.segment.at[s] == 1 &&
                         b->x.id.at[r] == b->x.id.at[s] &&
                         count[b->x.id.at[r]] * 200 < learn->id.n &&
                         count[b->x.id.at[r]] > 0; // [SEP] is never counted
        right += shared != b->other.at[i];
    }
    free(count);
    return (double)right / b->x.n;
}

// Pairs of unseen text as examples: class 0 if b follows a.
static BertExamples pairs_as_examples(const Language *l, const Plan *p,
                                      Pairing pairing, const Documents *from,
                                      int pairs, uint64_t seed, double *rule)
{
    Blanks b = {0};
    Rng rng = rng_new(seed);
    blanks_make(&b, from, &l->pieces, NULL, &rng, pairing,
                pairs * p->recipe.longest, p->recipe.longest);
    if (rule)
        *rule = shared_word_rule(&b, &l->learn, l->pieces.vocab.n);
    BertExamples e = {b.x, b.other};
    ids_free(&b.at);
    ids_free(&b.answer);
    return e;
}

static void print_row(const char *name, double next, double order)
{
    printf("  %-46s  ~%.1f %%    ~%.1f %%\n", name, 100 * next, 100 * order);
    fflush(stdout);
}

// Two tasks, each learnt from the same number of pairs and tested on both; and
// what the second is without pretraining.
static void next_sentences(const Bert *m, const Language *l, const Plan *p,
                           const Run *run)
{
    static const struct {
        const char *name;
        Pairing pairing;
        bool pretrained;
    } lesson[] = {{"pretrained, learnt with b from elsewhere", NEXT, true},
                  {"pretrained, learnt with swapped pairs", ORDER, true},
                  {"random, learnt with swapped pairs", ORDER, false}};
    const int tests = run->quick ? 300 : 800, learns = run->quick ? 300 : 1500;
    double rule[PAIRINGS];
    BertExamples test[PAIRINGS];
    BertShape shape = m->shape;
    shape.classes = 2;
    for (int k = NEXT; k <= ORDER; k++)
        test[k] = pairs_as_examples(l, p, k, &l->test, tests,
                                    run->seed + 20 + (uint64_t)k, &rule[k]);
    printf("  %-46s  %8s  %8s\n", "right of unseen pairs", "elsewhere",
           "swapped");
    print_row("rule: a word that is not frequent is in both", rule[NEXT],
              rule[ORDER]);
    for (int k = 0; k < 3; k++) {
        BertExamples learn =
            pairs_as_examples(l, p, lesson[k].pairing, &l->learn, learns,
                              run->seed + 30 + (uint64_t)k, NULL);
        Bert c = lesson[k].pretrained ? bert_with(m, shape, run->seed)
                                      : bert_new(shape, run->seed);
        finetune(&c, &learn, (TuneRecipe){3, 16, 0.001f, run->seed});
        print_row(lesson[k].name, finetune_accuracy(&c, &test[NEXT]),
                  finetune_accuracy(&c, &test[ORDER]));
        bert_free(&c);
        bert_examples_free(&learn);
    }
    putchar('\n');
    bert_examples_free(&test[NEXT]);
    bert_examples_free(&test[ORDER]);
}

// --- few examples -----------------------------------------------------------

enum { KINDS_MOST = 64 };

// Which of the plots a story tells, by its last sentences alone.
typedef struct Kinds {
    int n;
    const char *name[KINDS_MOST];
} Kinds;

static int kind_of(Kinds *k, const char *plot)
{
    for (int i = 0; i < k->n; i++)
        if (strcmp(k->name[i], plot) == 0)
            return i;
    check(k->n < KINDS_MOST, "more than %d plots", KINDS_MOST);
    k->name[k->n] = plot;
    return k->n++;
}

// Where the last `sentences` sentences of a story begin.
static Text ending_of(Text story, int sentences)
{
    size_t begin[64] = {0};
    int n = 0;
    for (size_t at = 0; at < story.length && n < 64;) {
        begin[n++] = at;
        at += tale_sentence((Text){story.at + at, story.length - at});
        at += at < story.length; // the blank
    }
    const size_t from = begin[n > sentences ? n - sentences : 0];
    return (Text){story.at + from, story.length - from};
}

static BertExamples stories_as_examples(Language *l, const Plan *p,
                                        const Checker *c, Kinds *kinds,
                                        int stories, uint64_t seed)
{
    BertExamples e = {0};
    Rng rng = rng_new(seed);
    Buffer story = {0};
    Ids a = {0};
    while (e.x.n < stories) {
        story.length = a.n = 0;
        tales_story(&rng, &story);
        const Text whole = {story.at, story.length};
        const Marks marks = tale_marks(c, whole);
        if (!marks.plot || !plot_wanted(marks.plot, p->plots))
            continue;
        wordpiece_encode(&l->pieces, ending_of(whole, 2), &a);
        if (a.n > p->recipe.longest - 2)
            a.n = p->recipe.longest - 2;
        bert_add(&e.x, &l->pieces, &a, NULL);
        ids_add(&e.label, kind_of(kinds, marks.plot));
    }
    ids_free(&a);
    buffer_free(&story);
    return e;
}

// The first n of the examples. They share their memory.
static BertExamples first_of(const BertExamples *e, int n)
{
    BertExamples f = *e;
    f.x.n = n;
    f.x.start.n = n + 1;
    f.x.id.n = f.x.segment.n = e->x.start.at[n];
    f.label.n = n;
    return f;
}

static double taught(const Bert *from, BertShape shape,
                     const BertExamples *learn, const BertExamples *test,
                     TuneRecipe recipe)
{
    Bert m = from ? bert_with(from, shape, recipe.seed)
                  : bert_new(shape, recipe.seed);
    finetune(&m, learn, recipe);
    const double right = finetune_accuracy(&m, test);
    bert_free(&m);
    return right;
}

// The same without any fine-tuning: the mean of the hidden states of each input
// is its vector, and a line through these is all that is learnt.
static double frozen(const Bert *m, const BertExamples *learn,
                     const BertExamples *test, uint64_t seed)
{
    const BertExamples *part[] = {learn, test};
    const int n = learn->x.n + test->x.n, d = m->shape.width;
    float *x = new_array((size_t)n * d, sizeof *x);
    int *label = new_array((size_t)n, sizeof *label), classes = 0, k = 0;
    Tape *t = tape_new(0, 1);
    t->training = false;
    for (int half = 0; half < 2; half++)
        for (int i = 0; i < part[half]->x.n; i++, k++) {
            BertInput one =
                bert_examples_pick(part[half], &t->arena, &i, 1, &label[k]);
            Matrix *y = mean_rows(bert_encode(m, t, one));
            memcpy(x + (size_t)k * d, y->val, (size_t)d * sizeof *x);
            classes = label[k] >= classes ? label[k] + 1 : classes;
            tape_reset(t);
        }
    const double right = probe(x, label, n, learn->x.n, d, classes, seed);
    tape_free(t);
    free(x);
    free(label);
    return right;
}

// Four ways to learn a task: a line on the frozen model, or all of it, each
// with the pretrained parameters and with random ones.
enum { SIZES = 3, WAYS = 4 };
static const char *const way[WAYS] = {"pretrained, frozen", "random, frozen",
                                      "pretrained, fine-tuned",
                                      "random, trained"};

static void plot_few(const double *n, double right[WAYS][SIZES], int sizes,
                     const char *plots)
{
    Plot *p = plot_new("Which story does this end?", "stories with a label",
                       "right of unseen endings");
    for (int k = 0; k < WAYS; k++)
        plot_line(p, way[k], sizes, n, right[k]);
    plot_range(p, NAN, NAN, 0, 1);
    plot_save(p, plots, "few");
}

static void few_examples(const Bert *m, Language *l, const Plan *p,
                         const Run *run)
{
    static const int size[SIZES] = {60, 240, 960};
    const int sizes = run->quick ? 2 : SIZES;
    Checker *c = checker_new();
    Kinds kinds = {0};
    BertExamples learn =
        stories_as_examples(l, p, c, &kinds, size[sizes - 1], run->seed + 30);
    BertExamples test = stories_as_examples(
        l, p, c, &kinds, run->quick ? 200 : 600, run->seed + 31);
    BertShape shape = m->shape;
    shape.classes = kinds.n;
    Bert random = bert_new(m->shape, run->seed + 32);
    double n[SIZES], right[WAYS][SIZES];
    printf("  right of unseen endings, %d kinds\n  %-24s", kinds.n,
           "stories with a label");
    for (int k = 0; k < sizes; k++)
        printf("%10d", size[k]);
    for (int i = 0; i < WAYS; i++) {
        printf("\n  %-24s", way[i]);
        for (int k = 0; k < sizes; k++) {
            // about as many steps for each size, at least two passes
            const int epochs = (run->quick ? 720 : 1920) / size[k];
            BertExamples some = first_of(&learn, size[k]);
            TuneRecipe recipe = {epochs < 2 ? 2 : epochs, 8, 0.003f, run->seed};
            n[k] = size[k];
            right[i][k] =
                i < 2 ? frozen(i ? &random : m, &some, &test, run->seed)
                      : taught(i == 2 ? m : NULL, shape, &some, &test, recipe);
            printf("   ~%.1f %%", 100 * right[i][k]);
            fflush(stdout);
        }
    }
    puts("\n");
    plot_few(n, right, sizes, run->plots);
    bert_free(&random);
    bert_examples_free(&learn);
    bert_examples_free(&test);
    checker_free(c);
}

// --- looking inside ---------------------------------------------------------

// The hidden states of the word "the", the first of each ending, after each
// layer: what does it know of the kind of the story? In the embeddings it is
// the same word everywhere.
static void probe_layers(const Bert *m, Language *l, const Plan *p,
                         const Run *run)
{
    const int stories = run->quick ? 600 : 1500, d = m->shape.width;
    Checker *c = checker_new();
    Kinds kinds = {0};
    BertExamples e =
        stories_as_examples(l, p, c, &kinds, stories, run->seed + 40);
    const int the = vocab_find(&l->pieces.vocab, text_of("the"));
    float *x = new_array((size_t)e.x.n * d, sizeof *x);
    int *label = new_array((size_t)e.x.n, sizeof *label);
    double share[16], layers[16];
    Tape *t = tape_new(0, 1);
    t->training = false;
    printf("  %-24s  %s\n", "after layer", "kinds told from the word \"the\"");
    for (int k = 0; k <= m->shape.layers && k < 16; k++) {
        int n = 0;
        for (int i = 0; i < e.x.n; i++) {
            const int from = e.x.start.at[i], to = e.x.start.at[i + 1];
            int r = from;
            while (r < to && e.x.id.at[r] != the)
                r++;
            if (r == to)
                continue;
            const BertInput one = {{to - from, e.x.id.at + from, {0}}, NULL};
            Matrix *h = bert_encode_part(m, t, one, k);
            memcpy(x + (size_t)n * d, h->val + (size_t)(r - from) * d,
                   (size_t)d * sizeof *x);
            label[n++] = e.label.at[i];
            tape_reset(t);
        }
        layers[k] = k;
        share[k] = probe(x, label, n, n * 2 / 3, d, kinds.n, run->seed);
        printf("  %-24d  ~%.1f %%\n", k, 100 * share[k]);
    }
    putchar('\n');
    Plot *plot = plot_new("What the word \"the\" knows about its story",
                          "after layer", "kinds told right");
    plot_line(plot, NULL, m->shape.layers + 1, layers, share);
    plot_range(plot, NAN, NAN, 0, 1);
    plot_save(plot, run->plots, "probe");
    tape_free(t);
    free(x);
    free(label);
    bert_examples_free(&e);
    checker_free(c);
}

static const char *const looked_at =
    "Anna was a thoughtful [MASK] . She liked the rain .";

// One picture for each head of each layer.
static void draw_heads(const Bert *m, Language *l, const char *plots)
{
    enum { MOST = 64, LETTERS = 24 };
    Ids a = {0};
    BertBatch x = {0};
    Tape *t = tape_new(0, 1);
    t->training = false;
    bert_pieces(&l->pieces, text_of(looked_at), &a);
    bert_add(&x, &l->pieces, &a, NULL);
    const int n = x.id.n < MOST ? x.id.n : MOST;
    char text[MOST][LETTERS];
    const char *name[MOST];
    for (int i = 0; i < n; i++) {
        const Text piece = l->pieces.vocab.piece[x.id.at[i]];
        snprintf(text[i], LETTERS, "%.*s", (int)piece.length, piece.at);
        name[i] = text[i];
    }
    float weights[MOST * MOST];
    for (int k = 0; plots && x.id.n <= MOST && k < m->shape.layers; k++)
        for (int h = 0; h < m->shape.heads; h++) {
            char title[80], file[40];
            snprintf(title, sizeof title,
                     "Layer %d, head %d: where each row "
                     "looks",
                     k + 1, h + 1);
            snprintf(file, sizeof file, "head-%d-%d", k + 1, h + 1);
            bert_weights(m, t, bert_input(&x), 0, k, h, weights);
            Plot *p = plot_new(title, NULL, NULL);
            plot_heat(p, n, n, weights, name, name);
            plot_save(p, plots, file);
        }
    tape_free(t);
    bert_batch_free(&x);
    ids_free(&a);
}

// --- the demonstration ------------------------------------------------------

static void show_text(const Language *l, const Run *run)
{
    printf("1. %s: %d documents, every tenth kept for the test; %d pieces of "
           "%d kinds\n\n",
           l->tales ? "The tales" : run->data, l->raw.documents, l->learn.id.n,
           l->pieces.vocab.n);
    show_blanks(l, run->seed);
}

// Text, blanks, learning. Returns the loss on unseen text.
static double pretrain(Bert *m, Language *l, const Plan *p, const Run *run,
                       double *unigram)
{
    *unigram = unigram_loss(&l->learn, &l->test, l->pieces.vocab.n);
    printf("2. A BERT of %d layers, width %d, %d heads: %zu numbers. Who knows "
           "only which\n   words are frequent needs ~%.3f nats a blank.\n\n",
           m->shape.layers, m->shape.width, m->shape.heads,
           params_numbers(m->params), *unigram);
    const double began = seconds_now();
    pretrain_start(m, &l->learn);
    Curve curve = learn(m, l, p, run->quick);
    printf("\n%d steps in ~%.0f s.\n\n", p->recipe.steps,
           seconds_now() - began);
    plot_learning(&curve, *unigram, run->plots);
    FILE *words = run->quick ? stderr : stdout; // see look()
    const char *const *text;
    const int texts = blank_texts(l, &text);
    for (int i = 0; i < texts; i++)
        print_guesses(m, &l->pieces, text[i], 5, words);
    fputc('\n', words);
    return measure(m, l, p).loss;
}

static void demonstrate(const Run *run, Plan p)
{
    Language l = language_new(run, p.stories, p.plots, p.pieces);
    show_text(&l, run);
    p.shape.pieces = l.pieces.vocab.n;
    p.shape.positions = p.recipe.longest;
    Bert m = bert_new(p.shape, run->seed);
    double unigram;
    const double loss = pretrain(&m, &l, &p, run, &unigram);
    if (l.tales) {
        puts("3. The next sentence: what is the task worth?\n");
        next_sentences(&m, &l, &p, run);
        puts("4. Few examples: which story do these two sentences end?\n");
        few_examples(&m, &l, &p, run);
        puts("5. A look inside\n");
        probe_layers(&m, &l, &p, run);
        draw_heads(&m, &l, run->plots);
    }
    if (p.save)
        printf("Saved: build/bin/15-bert --model %s --fill \"...\"\n\n",
               p.save);
    printf("=> blanks: ~%.2f nats; by frequency alone ~%.2f\n", loss, unigram);
    bert_free(&m);
    language_free(&l);
}

// --- the program ------------------------------------------------------------

// What --fill, --embed, --classify and --similar ask for; false if none is.
static bool command(const Run *run, const char *model, const char *fill,
                    bool embed, bool classify, bool similar, int pooling)
{
    if (!!fill + embed + classify + similar > 1)
        cli_misuse("only one of --fill, --embed, --classify and --similar");
    if ((fill || classify) && !model)
        cli_misuse("--fill and --classify need --model DIR");
    if (pooling != POOL_MEAN && !(model && (embed || similar)))
        cli_misuse("--pool goes with --model DIR and --embed or --similar");
    if (fill)
        fill_text(model, fill, 5);
    else if (classify)
        classify_lines(model, stdin);
    else if (embed && model)
        embed_lines(model, stdin, pooling);
    else if (embed)
        embed_lines_lite(run, stdin);
    else if (similar)
        similar_lines(run, model, stdin, pooling);
    else if (model)
        cli_misuse("--model needs --fill, --embed, --classify or --similar");
    return fill || classify || embed || similar;
}

static void say_plan(const Run *run, const Plan *p)
{
    if (run->data)
        printf("A BERT learns from %s: %d steps; %s\n\n", run->data,
               p->recipe.steps,
               p->save ? "Ctrl-C stops it, and the same command goes on."
                       : "without --save nothing is kept.");
    else
        printf("A BERT learns from stories: about %s and 100 MB of memory.\n\n",
               run->quick ? "10 seconds" : "a minute");
}

int main(int argc, char **argv)
{
    Run run = {.seed = 1};
    Plan given = {.shape = {.dropout = 0}};
    int *steps = &given.recipe.steps, pairing = SINGLE, pooling = POOL_MEAN;
    float share = 0, rate = 0;
    bool embed = false, classify = false, similar = false;
    const char *model = NULL, *fill = NULL;
    BertShape *s = &given.shape;
    const Option own[] = {
        {"model", "DIR", OPTION_TEXT, &model, 0, 0, NULL,
         "a BERT in Hugging Face's layout: config.json, vocab.txt, "
         "model.safetensors"},
        {"fill", "TEXT", OPTION_TEXT, &fill, 0, 0, NULL,
         "with --model: what stands at each [MASK]?"},
        {"embed", NULL, OPTION_FLAG, &embed, 0, 0, NULL,
         "a vector for each line of standard input; without --model by\n"
         "the Universal Sentence Encoder Lite (make data NAME=use-lite)"},
        {"pool", "HOW", OPTION_CHOICE, &pooling, 0, 0, "cls|mean|pooler",
         "what vector that is"},
        {"classify", NULL, OPTION_FLAG, &classify, 0, 0, NULL,
         "with --model: the class of each line; a tab separates two texts"},
        {"similar", NULL, OPTION_FLAG, &similar, 0, 0, NULL,
         "how similar the lines are; --plots DIR draws it"},
        {"save", "DIR", OPTION_TEXT, &given.save, 0, 0, NULL,
         "keep what was learnt there, in that layout; a stopped training\n"
         "goes on"},
        {"steps", "N", OPTION_INT, steps, 0, 10000000, NULL,
         "of pretraining (0: 1500, quick 400); so are all below"},
        {"pairing", "HOW", OPTION_CHOICE, &pairing, 0, 0, "single|next|order",
         "the second text: none, next or random, next or swapped"},
        {"share", "P", OPTION_FLOAT, &share, 0, 0.9, NULL,
         "of the tokens that become blanks (0: 0.4; 0.15 in the paper)"},
        {"rate", "X", OPTION_FLOAT, &rate, 0, 1, NULL,
         "the highest learning rate (0: 0.004)"},
        {"pieces", "N", OPTION_INT, &given.pieces, 0, 1000000, NULL,
         "of the vocabulary (0: 8000)"},
        {"tokens", "N", OPTION_INT, &given.recipe.tokens, 0, 1000000, NULL,
         "in a batch (0: 900, quick 600)"},
        {"longest", "N", OPTION_INT, &given.recipe.longest, 0, 512, NULL,
         "input in tokens (0: 40, quick 32)"},
        {"width", "N", OPTION_INT, &s->width, 0, 4096, NULL,
         "of the model (0: 64)"},
        {"heads", "N", OPTION_INT, &s->heads, 0, 64, NULL,
         "must divide the width (0: 4)"},
        {"layers", "N", OPTION_INT, &s->layers, 0, 32, NULL, "(0: 2)"},
        {"dropout", "P", OPTION_FLOAT, &s->dropout, 0, 0.9, NULL, ""},
        {0}};
    cli_parse(argc, argv,
              "BERT: an encoder learns to fill blanks in stories, or, with "
              "--data DIR, in a folder\nof texts (the Brown corpus: make data "
              "NAME=brown, then --data data/cache/brown); then\nit learns "
              "tasks from few examples. Or it uses a BERT that somebody else "
              "has trained.",
              own, &run);
    if (command(&run, model, fill, embed, classify, similar, pooling))
        return 0;
    Plan p = plan_for(&run);
    const int chosen[] = {*steps,
                          given.pieces,
                          given.recipe.tokens,
                          given.recipe.longest,
                          s->width,
                          s->heads,
                          s->layers};
    int *target[] = {&p.recipe.steps,   &p.pieces,      &p.recipe.tokens,
                     &p.recipe.longest, &p.shape.width, &p.shape.heads,
                     &p.shape.layers};
    for (int i = 0; i < 7; i++)
        if (chosen[i] > 0)
            *target[i] = chosen[i];
    p.shape.hidden = 4 * p.shape.width;
    p.shape.dropout = s->dropout;
    p.save = given.save;
    p.recipe.pairing = pairing;
    p.recipe.warmup = p.recipe.steps / 10 + 1;
    p.recipe.share = share > 0 ? share : p.recipe.share;
    p.recipe.rate = rate > 0 ? rate : p.recipe.rate;
    if (p.shape.width % p.shape.heads != 0)
        cli_misuse("%d heads do not divide a width of %d", p.shape.heads,
                   p.shape.width);
    if (p.recipe.longest < 8)
        cli_misuse("inputs of %d tokens are too short to learn from: 8 or more",
                   p.recipe.longest);
    if (p.save)
        need_folder(p.save);
    say_plan(&run, &p);
    demonstrate(&run, p);
    return 0;
}
