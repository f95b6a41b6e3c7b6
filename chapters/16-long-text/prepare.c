// Filling blanks, then notes; see prepare.h.
#include "16-long-text/prepare.h"

#include "15-bert/finetune.h"
#include "15-bert/pretrain.h"

#include "common/check.h"
#include "common/progress.h"

WordPiece words_of_valley(const Buffer *text)
{
    Buffer list = {0};
    WordPiece w;
    make_vocabulary(text, 1000, &list);
    const char *wrong = wordpiece_parse(&w, (Text){list.at, list.length});
    check(!wrong, "the vocabulary: %s", wrong);
    buffer_free(&list);
    return w;
}

// In front of the pieces comes the end of something else, so that there are
// `room`: a window that begins in the middle of a sentence.
static void put_in_front(Rng *r, WordPiece *w, Ids *id, int room)
{
    Buffer text = {0};
    Ids all = {0};
    while (all.n + id->n < room) {
        text.length = 0;
        filler(r, &text);
        bert_pieces(w, (Text){text.at, text.length}, &all);
    }
    const int cut = all.n + id->n - room;
    for (int i = 0; i < id->n; i++)
        ids_add(&all, id->at[i]);
    id->n = 0;
    for (int i = cut; i < all.n; i++)
        ids_add(id, all.at[i]);
    ids_free(&all);
    buffer_free(&text);
}

// Every second one fills its window.
static BertExamples notes_of(WordPiece *w, int n, int from, int to, int room,
                             uint64_t seed)
{
    BertExamples e = {0};
    Rng r = rng_new(seed);
    Buffer text = {0};
    Ids id = {0};
    while (e.x.n < n) {
        text.length = id.n = 0;
        const int said = note(&r, from + rng_below(&r, to - from + 1), &text);
        bert_pieces(w, (Text){text.at, text.length}, &id);
        if (id.n > room)
            continue;
        if (e.x.n % 2)
            put_in_front(&r, w, &id, room);
        bert_add(&e.x, w, &id, NULL);
        ids_add(&e.label, said);
    }
    buffer_free(&text);
    ids_free(&id);
    return e;
}

static double fill_blanks(const Lessons *l, Bert *m, const WordPiece *w,
                          const Documents *text)
{
    const PretrainRecipe recipe = {.steps = l->blanks,
                                   .warmup = l->blanks / 10 + 1,
                                   .rate = 0.006f,
                                   .tokens = 400,
                                   .longest = 32,
                                   .share = 0.3f,
                                   .pairing = SINGLE,
                                   .seed = l->seed};
    pretrain_start(m, text);
    Pretraining p = pretraining_new(m, w, text, recipe);
    Progress bar = progress_new("filling blanks", l->blanks, "steps");
    while (p.step < l->blanks) {
        if (l->blanks - p.step == l->blanks / 10)
            pretraining_loss(&p); // the mean of the last tenth alone counts
        progress(&bar, p.step, pretraining_step(&p));
    }
    progress_end(&bar);
    const double loss = pretraining_loss(&p);
    pretraining_free(&p);
    return loss;
}

static double read_notes(const Lessons *l, Bert *m, WordPiece *w)
{
    const int room = l->window - 2;
    BertExamples few = notes_of(w, l->short_notes, 1, 2, room / 2, l->seed + 1);
    BertExamples more = notes_of(w, l->notes, 3, 5, room, l->seed + 2);
    BertExamples test = notes_of(w, 500, 3, 5, room, l->seed + 3);
    TuneRecipe recipe = {3, 16, 0.003f, l->seed};
    finetune(m, &few, recipe);
    recipe.epochs = 4;
    finetune(m, &more, recipe);
    const double right = finetune_accuracy(m, &test);
    bert_examples_free(&few);
    bert_examples_free(&more);
    bert_examples_free(&test);
    return right;
}

Taught prepare(const Lessons *l, WordPiece *w, const Documents *text)
{
    BertShape shape = {.pieces = w->vocab.n,
                       .width = l->width,
                       .heads = l->heads,
                       .hidden = 2 * l->width,
                       .layers = l->layers,
                       .positions = l->window,
                       .segments = 1,
                       .pools = true,
                       .fills = true,
                       .eps = 1e-12f};
    Taught t = {0};
    Bert first = bert_new(shape, l->seed);
    if (l->blanks)
        t.loss = fill_blanks(l, &first, w, text);
    shape.classes = NOTE_CLASSES;
    Bert second = bert_with(&first, shape, l->seed + 4);
    t.right = read_notes(l, &second, w);
    shape.classes = 0; // the head for the notes goes, and that for the blanks
    shape.fills = false;
    t.bert = bert_with(&second, shape, l->seed + 4);
    bert_free(&first);
    bert_free(&second);
    return t;
}
