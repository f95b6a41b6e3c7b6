// A long training; see multi30k.h.
//
// In its directory are: the vocabulary and shape.txt, written first; state,
// the checkpoint, written every so many steps; the parameters after each of
// the last epochs, epoch-0 to epoch-4 in turn; and model.safetensors, the best
// so far on the validation set.
#include "09-transformer/multi30k.h"

#include "common/check.h"
#include "common/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AVERAGED = 5 }; // epochs

// --- reading ----------------------------------------------------------------

static Text text(const Buffer *b)
{
    return (Text){b->at, b->length};
}

static int lines_of(Buffer *b, Text **line)
{
    Text rest = text(b), one;
    int n = 0, room = 0;
    *line = NULL;
    while (text_line(&rest, &one)) {
        if (n == room)
            *line = grow_array(*line, room = 2 * room + 1024, sizeof one);
        (*line)[n++] = one;
    }
    return n;
}

Corpus corpus_read(const Run *run, const char *part, const char *pair)
{
    Corpus c = {0};
    int n[2];
    Text **line[] = {&c.source, &c.target};
    char name[2][80];
    for (int i = 0; i < 2; i++) {
        snprintf(name[i], sizeof name[i], "%s.%.2s.gz", part, pair + 3 * i);
        const char *path = data_path(run, "multi30k", name[i]);
        if (!path)
            data_missing("multi30k");
        c.text[i] = text_read(path);
        n[i] = lines_of(&c.text[i], line[i]);
    }
    if (n[0] != n[1] || n[0] == 0)
        die("multi30k: %s has %d lines, %s has %d; expected as many in both",
            name[0], n[0], name[1], n[1]);
    c.n = n[0];
    return c;
}

void corpus_free(Corpus *c)
{
    free(c->source);
    free(c->target);
    buffer_free(&c->text[0]);
    buffer_free(&c->text[1]);
}

// --- tokens -----------------------------------------------------------------

// Both languages in small letters, to learn pieces from.
static Coder coder_of(const Corpus *c, int merges)
{
    Buffer all = {0};
    for (int i = 0; i < c->n; i++)
        for (int k = 0; k < 2; k++) {
            buffer_add(&all, " ", 1); // see coder_encode
            lower_case(k ? c->target[i] : c->source[i], &all);
            buffer_add(&all, "\n", 1);
        }
    Coder coder =
        merges ? coder_pieces(text(&all), merges) : coder_words(text(&all), 2);
    buffer_free(&all);
    return coder;
}

static Pairs pairs_of(Coder *coder, const Corpus *c)
{
    Pairs p = {0};
    Ids ids[2] = {{0}, {0}};
    Buffer small = {0};
    for (int i = 0; i < c->n; i++) {
        for (int k = 0; k < 2; k++) {
            ids[k].n = 0;
            small.length = 0;
            lower_case(k ? c->target[i] : c->source[i], &small);
            coder_encode(coder, text(&small), &ids[k]);
            if (ids[k].n > POSITIONS - 1)
                ids[k].n = POSITIONS - 1;
        }
        pairs_add(&p, ids[0].at, ids[0].n, ids[1].at, ids[1].n);
    }
    buffer_free(&small);
    ids_free(&ids[0]);
    ids_free(&ids[1]);
    return p;
}

// --- scoring ----------------------------------------------------------------

void score_on_multi30k(const Run *run, Translator *t, const char *pair,
                       int beam)
{
    Corpus test = corpus_read(run, "test_2016_flickr", pair);
    double began = seconds_now();
    Scored s = translator_score(t, test.source, test.target, test.n, beam);
    char took[24];
    printf("\n%d sentences of test_2016, beam %d: BLEU ~%.2f "
           "(in small letters, 13a tokens), ~%s\n",
           test.n, beam, bleu_score(&s.bleu),
           seconds_text(seconds_now() - began, took));
    printf("precisions ~%.1f ~%.1f ~%.1f ~%.1f, brevity penalty ~%.3f\n",
           100 * bleu_precision(&s.bleu, 1), 100 * bleu_precision(&s.bleu, 2),
           100 * bleu_precision(&s.bleu, 3), 100 * bleu_precision(&s.bleu, 4),
           bleu_brevity(&s.bleu));
    printf("\n=> Multi30k %s: BLEU ~%.2f on test_2016\n", pair,
           bleu_score(&s.bleu));
    corpus_free(&test);
}

// --- training ---------------------------------------------------------------

static const char *in(const char *directory, const char *name, char to[512])
{
    if (snprintf(to, 512, "%s/%s", directory, name) >= 512)
        die("%.60s...: the path is too long", directory);
    return to;
}

// What training_save keeps for us.
enum { BEST, EPOCHS_DONE, SECONDS, TEXT, MERGES };

// After an epoch: validates, writes a line of the curve, keeps the parameters,
// and the best of them for good.
static void end_of_epoch(Training *t, Translator *x, const Pairs *val,
                         const char *directory)
{
    char path[512], name[40];
    const int epoch = (int)t->score[EPOCHS_DONE]++;
    const double loss = loss_since(t);
    const double val_loss =
        pairs_loss(&x->model, val, x->coder.begin, x->coder.end);
    const bool best = epoch == 0 || val_loss < t->score[BEST];
    if (best)
        t->score[BEST] = val_loss;
    printf("%5d %8lld   ~%.4f       ~%.4f   ~%.2f%s   ~%.0f s\n", epoch + 1,
           (long long)t->step, loss, val_loss, exp(val_loss),
           best ? " *" : "  ", t->score[SECONDS]);
    fflush(stdout);
    snprintf(name, sizeof name, "epoch-%d.safetensors", epoch % AVERAGED);
    params_save(x->model.params, in(directory, name, path));
    if (best)
        params_save(x->model.params, in(directory, "model.safetensors", path));
}

// The average of the last epochs takes the place of the best single one if it
// is better still.
static void average_epochs(Training *t, Translator *x, const Pairs *val,
                           const char *directory)
{
    char path[512], name[40];
    Average mean_of = {0};
    const int n = (int)fmin(AVERAGED, t->score[EPOCHS_DONE]);
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "epoch-%d.safetensors", i);
        params_load(x->model.params, in(directory, name, path));
        average_add(&mean_of, x->model.params);
    }
    average_take(&mean_of, x->model.params);
    const double loss =
        pairs_loss(&x->model, val, x->coder.begin, x->coder.end);
    printf("\nthe average of the last %d epochs: validation loss ~%.4f, the "
           "best single one ~%.4f\n",
           n, loss, t->score[BEST]);
    in(directory, "model.safetensors", path);
    if (loss < t->score[BEST]) {
        t->score[BEST] = loss;
        params_save(x->model.params, path);
    } else {
        params_load(x->model.params, path);
    }
}

// Steps until all epochs are done, or Ctrl-C.
static void run_epochs(Training *t, Translator *x, const Pairs *val,
                       const RealRun *job)
{
    char state[512];
    in(job->save, "state", state);
    // The last batch of an epoch leaves place == n.
    const int n = t->batches.pairs->n;
    Progress bar = progress_new("training", (int64_t)job->epochs * n, "pairs");
    bar.first = t->batches.epoch * n + t->batches.place;
    double since = seconds_now();
    while (t->score[EPOCHS_DONE] < job->epochs) {
        double loss = training_step(t);
        progress(&bar, t->batches.epoch * n + t->batches.place, loss);
        t->score[SECONDS] += seconds_now() - since;
        since = seconds_now();
        const bool whole = t->batches.place == n;
        if (whole) {
            progress_end(&bar);
            end_of_epoch(t, x, val, job->save);
        }
        if (whole || t->step % job->every == 0 || interrupted())
            training_save(t, state);
        if (interrupted()) {
            progress_end(&bar);
            die("stopped after %lld steps; the same command goes on",
                (long long)t->step);
        }
    }
    progress_end(&bar);
    interrupt_at_once();
}

// The same command goes on; another one would spoil what is kept.
static void check_shape(const char *directory, const Shape *is,
                        const Shape *want)
{
    if (is->width != want->width || is->heads != want->heads ||
        is->hidden != want->hidden || is->layers != want->layers ||
        is->norm_first != want->norm_first ||
        is->own_tables != want->own_tables || is->dropout != want->dropout)
        die("%s: keeps a model of another shape, that of its shape.txt; --save "
            "this one elsewhere",
            directory);
}

// To know the text again: a hash of its tokens, in the bits that a double has.
static double mark_of(const Pairs *p)
{
    const Text source = {(const char *)p->source,
                         p->source_start[p->n] * sizeof *p->source};
    const Text target = {(const char *)p->target,
                         p->target_start[p->n] * sizeof *p->target};
    return (double)((31 * text_hash(source) + text_hash(target)) >> 11);
}

void train_on_multi30k(const Run *run, RealRun job)
{
    char path[512];
    Corpus train = corpus_read(run, "train", job.pair);
    Corpus val = corpus_read(run, "val", job.pair);
    const bool resumed = access(in(job.save, "state", path), F_OK) == 0;
    Translator x;
    if (resumed) {
        x = translator_load_untrained(job.save, run->seed);
        check_shape(job.save, &x.model.shape, &job.shape);
    } else {
        puts("Learning pieces of words ...");
        fflush(stdout);
        x = (Translator){.coder = coder_of(&train, job.merges), .small = true};
        job.shape.pieces = x.coder.n;
        x.model = transformer_new(job.shape, run->seed);
        translator_save(&x, job.save);
    }
    Pairs pairs = pairs_of(&x.coder, &train), held = pairs_of(&x.coder, &val);
    printf("%d pairs, %d and %d tokens; a model of %zu numbers, %d pieces\n",
           pairs.n, pairs.source_start[pairs.n], pairs.target_start[pairs.n],
           params_numbers(x.model.params), x.coder.n);
    Training t =
        training_new(&x.model, &pairs, x.coder.begin, x.coder.end, job.recipe);
    const double mark = mark_of(&pairs);
    t.score[TEXT] = mark;
    t.score[MERGES] = job.merges;
    if (training_load(&t, in(job.save, "state", path))) {
        if (t.score[TEXT] != mark || t.score[MERGES] != job.merges)
            die("%s: keeps a model that learns another text, or in other "
                "pieces; --save this one elsewhere",
                job.save);
        printf("%s: goes on after step %lld\n", job.save, (long long)t.step);
    }
    puts("\nepoch    steps   loss     validation   perplexity   time");
    run_epochs(&t, &x, &held, &job);
    average_epochs(&t, &x, &held, job.save);
    score_on_multi30k(run, &x, job.pair, job.beam);
    training_free(&t);
    pairs_free(&pairs);
    pairs_free(&held);
    corpus_free(&train);
    corpus_free(&val);
    translator_free(&x);
}
