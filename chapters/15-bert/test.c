// Tests of 15-bert: the model against PyTorch's, both spellings of checkpoints,
// gradients against slopes, laws, blanks, the Universal Sentence Encoder Lite
// against its reference vectors, bad input, and the program's behaviour.
#include "common/testing.h"

#include "15-bert/bert.h"
#include "15-bert/documents.h"
#include "15-bert/finetune.h"
#include "15-bert/masking.h"
#include "15-bert/pretrain.h"
#include "15-bert/use_lite.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/gradcheck.h"
#include "common/optim.h"
#include "common/safetensors.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GOLDEN "chapters/15-bert/golden"

// --- against PyTorch --------------------------------------------------------

// The inputs of golden/bert.py.
enum { PIECES = 23, WIDTH = 12, ROWS = 19, BLANKS = 3 };
static const int id[ROWS] = {2, 5, 7, 8, 4, 11, 12, 17, 3, 2,
                             6, 7, 9, 4, 3, 21, 13, 17, 3};
static const int segment[ROWS] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                  0, 0, 0, 0, 0, 1, 1, 1, 1};
static const int start[] = {0, 9, ROWS};
static const BertInput input = {{ROWS, id, {2, start}}, segment};
static const int blank[BLANKS] = {4, 1, 13}, answer[BLANKS] = {10, 6, 14};
static const int other[] = {0, 1}, class_of[] = {2, 0};

// All heads at once: the loss of golden/bert.py.
static Matrix *whole_loss(const Bert *m, Tape *t)
{
    Matrix *hidden = bert_encode(m, t, input);
    Matrix *pooled = bert_pool(m, hidden);
    Matrix *fill = bert_fill(m, pick_rows(hidden, blank, BLANKS));
    Matrix *loss = cross_entropy(fill, answer, 0);
    loss = add(loss, cross_entropy(bert_follow(m, pooled), other, 0));
    return add(loss, cross_entropy(bert_classify(m, pooled), class_of, 0));
}

static void values_equal_pytorch(void **state)
{
    (void)state;
    Safetensors s = safetensors_open(GOLDEN "/bert.safetensors");
    Bert m = bert_load(GOLDEN "/heads");
    m.shape.dropout = 0;
    Tape *t = tape_new(0, 1);
    for (int i = 0; i <= m.shape.layers; i++) {
        assert_close(bert_encode_part(&m, t, input, i)->val,
                     testing_golden(&s, ROWS * WIDTH, "hidden.%d", i),
                     ROWS * WIDTH, 2e-6);
    }
    Matrix *hidden = bert_encode(&m, t, input);
    Matrix *pooled = bert_pool(&m, hidden);
    Matrix *fill = bert_fill(&m, pick_rows(hidden, blank, BLANKS));
    assert_close(pooled->val, testing_golden(&s, 2 * WIDTH, "pooled"),
                 2 * WIDTH, 2e-6);
    assert_close(fill->val, testing_golden(&s, BLANKS * PIECES, "fill"),
                 BLANKS * PIECES, 5e-6);
    assert_close(bert_follow(&m, pooled)->val, testing_golden(&s, 4, "follow"),
                 4, 2e-6);
    assert_close(bert_classify(&m, pooled)->val,
                 testing_golden(&s, 6, "classes"), 6, 2e-6);
    assert_close(whole_loss(&m, t)->val, testing_golden(&s, 1, "loss"), 1,
                 1e-6);
    tape_free(t);
    bert_free(&m);
    safetensors_close(&s);
}

static void gradients_and_three_steps_equal_pytorch(void **state)
{
    (void)state;
    Safetensors s = safetensors_open(GOLDEN "/bert.safetensors");
    Bert m = bert_load(GOLDEN "/heads");
    m.shape.dropout = 0;
    Tape *t = tape_new(0, 1);
    // Adam's eps is large here: the gradient of the keys' bias is 0 but for
    // rounding, and with a small eps Adam would make whole steps of that.
    Adam adam = adam_new(m.params, 0.9f, 0.98f, 1e-4f, 0);
    for (int step = 0; step < 3; step++) {
        backward(whole_loss(&m, t));
        if (step == 0)
            assert_golden_params(m.params, PARAM_GRADIENTS, &s, 1e-5, "grad.");
        adam_step(&adam, 0.01f);
        tape_reset(t);
    }
    assert_golden_params(m.params, PARAM_VALUES, &s, 3e-5, "after.");
    adam_free(&adam);
    tape_free(t);
    bert_free(&m);
    safetensors_close(&s);
}

static void both_spellings_are_one_model(void **state)
{
    (void)state;
    Bert bare = bert_load(GOLDEN "/bare"), heads = bert_load(GOLDEN "/heads");
    assert_true(bare.shape.pools);
    assert_false(bare.shape.fills || bare.shape.follows || bare.shape.classes);
    assert_true(heads.shape.fills && heads.shape.follows);
    assert_int_equal(heads.shape.classes, 3);
    assert_string_equal(heads.label[2], "maybe");
    for (int i = 0; i < bare.params->n; i++) {
        const Param *p = bare.params->item[i];
        const Matrix *q = params_find(heads.params, p->name);
        assert_non_null(q);
        assert_memory_equal(p->m.val, q->val,
                            sizeof(float) * p->m.rows * p->m.cols);
    }
    bert_free(&bare);
    bert_free(&heads);
}

// --- gradients against slopes -----------------------------------------------

static BertShape small(void)
{
    return (BertShape){.pieces = PIECES,
                       .width = WIDTH,
                       .heads = 3,
                       .hidden = 20,
                       .layers = 2,
                       .positions = 13,
                       .segments = 2,
                       .pools = true,
                       .fills = true,
                       .follows = true,
                       .classes = 3,
                       .dropout = 0.2f,
                       .eps = 1e-12f};
}

static Matrix *loss_of(Tape *t, void *model)
{
    return whole_loss(model, t);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    Bert m = bert_load(GOLDEN "/heads");
    m.shape.dropout = 0.2f; // the same elements are dropped each time
    GradError e = gradcheck(m.params, loss_of, &m, 1e-2, 3, 7);
    if (e.worst > 5e-3)
        fail_msg("%s", e.where);
    bert_free(&m);
}

static Matrix *mean_rows_loss(Tape *t, void *parameter)
{
    static const int from[] = {0, 3, 3, 5};
    Matrix *x = on_tape(t, parameter);
    x->seq = (Spans){3, from};
    Matrix *y = mean_rows(x);
    return mean(mul(y, y));
}

static void the_mean_of_rows(void **state)
{
    (void)state;
    Params *p = params_new(3);
    Matrix *x = param_normal(p, 5, 7, 1, "x");
    GradError e = gradcheck(p, mean_rows_loss, x, 1e-2, 35, 1);
    if (e.worst > 1e-3)
        fail_msg("%s", e.where);
    Tape *t = tape_new(0, 1);
    static const int from[] = {0, 2, 2, 3};
    Matrix *a = matrix_of(t, 3, 2, (float[]){1, 2, 5, 8, 7, -1});
    a->seq = (Spans){3, from};
    assert_close(mean_rows(a)->val, ((float[]){3, 5, 0, 0, 7, -1}), 6, 1e-7);
    tape_free(t);
    params_free(p);
}

// --- laws -------------------------------------------------------------------

static Tape *listening(void)
{
    Tape *t = tape_new(0, 1);
    t->training = false;
    return t;
}

static void packed_equals_alone(void **state)
{
    (void)state;
    Bert m = bert_new(small(), 3);
    Tape *t = listening();
    Matrix *both = bert_encode(&m, t, input);
    for (int i = 0; i < 2; i++) {
        const int from = start[i], n = start[i + 1] - from;
        Matrix *one = bert_encode(
            &m, t, (BertInput){{n, id + from, {0}}, segment + from});
        assert_memory_equal(one->val, both->val + from * WIDTH,
                            sizeof(float) * n * WIDTH);
    }
    tape_free(t);
    bert_free(&m);
}

// Every row depends on every token of its input, before and after it, on the
// segments and on the order; and on nothing of the other input.
static void it_looks_both_ways(void **state)
{
    (void)state;
    Bert m = bert_new(small(), 3);
    Tape *t = listening();
    const size_t row = WIDTH * sizeof(float);
    Matrix *before = bert_encode(&m, t, input);
    for (int what = 0; what < 2; what++) {
        int changed[ROWS], kind[ROWS];
        memcpy(changed, id, sizeof id);
        memcpy(kind, segment, sizeof segment);
        if (what == 0)
            changed[14] = 20;
        else
            kind[14] = 1;
        Matrix *after = bert_encode(
            &m, t, (BertInput){{ROWS, changed, input.tokens.seq}, kind});
        assert_memory_equal(before->val, after->val, 9 * row);
        for (int i = 9; i < ROWS; i++)
            assert_memory_not_equal(before->val + i * WIDTH,
                                    after->val + i * WIDTH, row);
    }
    const int same[] = {5, 5, 5};
    Matrix *y = bert_encode(&m, t, (BertInput){{3, same, {0}}, NULL});
    assert_memory_not_equal(y->val, y->val + WIDTH, row);
    tape_free(t);
    bert_free(&m);
}

static void attention_weights_are_of_that_layer(void **state)
{
    (void)state;
    Bert m = bert_new(small(), 3);
    Tape *t = listening();
    float w[2][100];
    for (int layer = 0; layer < 2; layer++) {
        bert_weights(&m, t, input, 1, layer, 2, w[layer]);
        for (int i = 0; i < 10; i++) {
            float all = 0;
            for (int j = 0; j < 10; j++)
                all += w[layer][i * 10 + j];
            assert_true(fabsf(all - 1) < 1e-5f);
        }
    }
    assert_memory_not_equal(w[0], w[1], sizeof w[0]);
    tape_free(t);
    bert_free(&m);
}

static void a_new_head_on_an_old_model(void **state)
{
    (void)state;
    Bert m = bert_new(small(), 3);
    BertShape shape = small();
    shape.classes = 5;
    Bert c = bert_with(&m, shape, 9);
    assert_memory_equal(m.word->val, c.word->val,
                        sizeof(float) * PIECES * WIDTH);
    assert_memory_equal(m.pooler.w->val, c.pooler.w->val,
                        sizeof(float) * WIDTH * WIDTH);
    assert_int_equal(c.classifier.w->rows, 5);
    c.word->val[0] += 1; // a copy, not the same
    assert_true(m.word->val[0] != c.word->val[0]);
    bert_free(&m);
    bert_free(&c);
}

// --- texts, blanks ----------------------------------------------------------

static const char vocabulary[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\n"
                                 "b\n##b\n.\n##.\nthe\ncat\ndog\n";

static WordPiece some_pieces(void)
{
    WordPiece w;
    assert_null(wordpiece_parse(&w, text_of(vocabulary)));
    return w;
}

static void expect_ids(const Ids *got, const int *want, int n)
{
    assert_int_equal(got->n, n);
    for (int i = 0; i < n; i++)
        if (got->at[i] != want[i])
            fail_msg("id %d is %d, expected %d", i, got->at[i], want[i]);
}

static void inputs_are_put_together(void **state)
{
    (void)state;
    WordPiece w = some_pieces();
    Ids a = {0}, b = {0};
    BertBatch x = {0};
    bert_pieces(&w, text_of("The [MASK] [mask]."), &a);
    // only the first is a blank: the second is a word in brackets
    assert_int_equal(a.at[0], 11);
    assert_int_equal(a.at[1], 4);
    assert_true(a.n > 4 && a.at[2] != 4);
    a.n = 0;
    bert_pieces(&w, text_of("the dog[MASK][MASK]"), &a);
    expect_ids(&a, (int[]){11, 13, 4, 4}, 4);
    bert_pieces(&w, text_of("cat"), &b);
    bert_add(&x, &w, &a, NULL);
    bert_add(&x, &w, &b, &a);
    expect_ids(&x.id, (int[]){2, 11, 13, 4, 4, 3, 2, 12, 3, 11, 13, 4, 4, 3},
               14);
    expect_ids(&x.segment, (int[]){0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1},
               14);
    expect_ids(&x.start, (int[]){0, 6, 14}, 3);
    bert_batch_clear(&x);
    b.n = 0;
    bert_add(&x, &w, &b, NULL); // no text at all
    expect_ids(&x.id, (int[]){2, 3}, 2);
    expect_ids(&x.start, (int[]){0, 2}, 2);
    bert_batch_free(&x);
    ids_free(&a);
    ids_free(&b);
    wordpiece_free(&w);
}

static void blanks_keep_the_rule(void **state)
{
    (void)state;
    enum { N = 200000, FIRST = 5, V = 1000, MASK = 4 };
    const Masking rule = {0.15f, 0.8f, 0.1f, MASK, FIRST, V};
    int *text = new_array(N, sizeof *text), *was = new_array(N, sizeof *was);
    Ids at = {0}, said = {0};
    Rng r = rng_new(1);
    for (int i = 0; i < N; i++)
        text[i] = was[i] = i % 10 ? FIRST + rng_below(&r, V - FIRST) : 2;
    mask_tokens(&rule, &r, text, N, &at, &said);
    double count[3] = {0};
    int changed = 0;
    for (int i = 0; i < N; i++)
        changed += text[i] != was[i];
    for (int i = 0; i < at.n; i++) {
        const int k = at.at[i], now = text[k];
        assert_int_equal(said.at[i], was[k]);
        assert_true(was[k] >= FIRST && now >= MASK && now < V);
        count[now == MASK ? 0 : now != was[k] ? 1 : 2]++;
        changed -= now != was[k];
    }
    assert_int_equal(changed, 0); // nothing but what is in the list
    // 180,000 may be chosen: three standard deviations and a bit
    assert_true(fabs(at.n - 0.15 * 0.9 * N) < 600);
    assert_true(fabs(count[0] / at.n - 0.8) < 0.01);
    assert_true(fabs(count[1] / at.n - 0.1) < 0.008);
    assert_true(fabs(count[2] / at.n - 0.1) < 0.008);
    ids_free(&at);
    ids_free(&said);
    free(text);
    free(was);
}

// Documents of words that tell where they come from: document k has the words
// 100 k, 100 k + 1 ... as ids, four in a sentence.
static Documents numbered(int documents, int sentences)
{
    Documents d = {0};
    ids_add(&d.sentence, 0);
    ids_add(&d.document, 0);
    for (int k = 0; k < documents; k++) {
        for (int s = 0; s < sentences; s++) {
            for (int i = 0; i < 4; i++)
                ids_add(&d.id, 100 * (k + 1) + 4 * s + i);
            ids_add(&d.sentence, d.id.n);
            d.sentences++;
        }
        ids_add(&d.document, d.sentences);
        d.n++;
    }
    return d;
}

// The two texts of input i: first and last id of each.
static void ends_of(const BertBatch *x, int i, int first[2], int last[2])
{
    const int from = x->start.at[i], to = x->start.at[i + 1];
    int k = 0;
    first[0] = x->id.at[from + 1];
    for (int r = from + 1; r < to; r++)
        if (x->id.at[r] == 3) {
            last[k] = x->id.at[r - 1];
            if (++k == 1)
                first[1] = x->id.at[r + 1];
        }
    assert_int_equal(k, 2);
    assert_int_equal(x->id.at[to - 1], 3);
}

static void pairs_are_what_they_say(void **state)
{
    (void)state;
    Documents d = numbered(5, 9);
    WordPiece w = some_pieces();
    Rng r = rng_new(1);
    Blanks b = {0};
    for (int pairing = NEXT; pairing < PAIRINGS; pairing++) {
        blanks_make(&b, &d, &w, NULL, &r, pairing, 6000, 20);
        int others = 0;
        assert_true(b.x.n > 200);
        for (int i = 0; i < b.x.n; i++) {
            int first[2], last[2];
            ends_of(&b.x, i, first, last);
            assert_true(b.x.start.at[i + 1] - b.x.start.at[i] <= 20);
            if (!b.other.at[i])
                assert_int_equal(first[1], last[0] + 1);
            else if (pairing == NEXT)
                assert_int_not_equal(first[1] / 100, first[0] / 100);
            else
                assert_int_equal(first[0], last[1] + 1);
            others += b.other.at[i];
        }
        assert_true(abs(2 * others - b.x.n) < 4 * sqrt(b.x.n));
    }
    blanks_make(&b, &d, &w, NULL, &r, SINGLE, 100, 20);
    for (int i = 0; i < b.x.id.n; i++)
        assert_int_equal(b.x.segment.at[i], 0);
    blanks_free(&b);
    documents_free(&d);
    wordpiece_free(&w);
}

static void a_vocabulary_from_a_text(void **state)
{
    (void)state;
    Buffer text = {0}, vocab = {0};
    buffer_print(&text, "The cat saw the dog.\nThe dog.\n");
    make_vocabulary(&text, 1000, &vocab);
    WordPiece w;
    assert_null(wordpiece_parse(&w, (Text){vocab.at, vocab.length}));
    assert_int_equal(w.mask, 4);
    Ids x = {0};
    wordpiece_encode(&w, text_of("the dog ohm, het Q"), &x);
    Buffer b = {0};
    wordpiece_decode(&w, x.at, x.n, &b);
    buffer_add(&b, "", 1);
    assert_string_equal(b.at, "the dog [UNK] [UNK] het [UNK]");
    assert_int_equal(x.n, 2 + 2 + 3 + 1); // het is h ##e ##t
    const int letters = w.vocab.n;
    vocab.length = 0;
    make_vocabulary(&text, 10,
                    &vocab); // letters always, words if there is room
    WordPiece few;
    assert_null(wordpiece_parse(&few, (Text){vocab.at, vocab.length}));
    assert_int_equal(few.vocab.n, letters - 4); // the, cat, saw, dog
    Documents d = documents_of(&text, &w);
    assert_int_equal(d.n, 1);
    assert_int_equal(d.sentences, 2);
    assert_int_equal(d.id.n, 9);
    documents_free(&d);
    ids_free(&x);
    buffer_free(&b);
    buffer_free(&text);
    buffer_free(&vocab);
    wordpiece_free(&w);
    wordpiece_free(&few);
}

static void unigrams_by_hand(void **state)
{
    (void)state;
    Documents learn = {0}, test = {0};
    for (int i = 0; i < 4; i++)
        ids_add(&learn.id, i < 3 ? 0 : 1);
    ids_add(&test.id, 0);
    ids_add(&test.id, 2);
    // of 4 + 3: 4/7 for 0, 1/7 for 2
    const double want = -(log(4.0 / 7) + log(1.0 / 7)) / 2;
    assert_true(fabs(unigram_loss(&learn, &test, 3) - want) < 1e-12);
    ids_free(&learn.id);
    ids_free(&test.id);
}

// --- learning ---------------------------------------------------------------

// Blanks that can be filled: each document repeats one word and no other.
static Documents chants(void)
{
    Documents d = {0};
    ids_add(&d.sentence, 0);
    ids_add(&d.document, 0);
    for (int k = 0; k < 6; k++) {
        for (int s = 0; s < 6; s++) {
            for (int i = 0; i < 4; i++)
                ids_add(&d.id, 5 + k);
            ids_add(&d.sentence, d.id.n);
            d.sentences++;
        }
        ids_add(&d.document, d.sentences);
        d.n++;
    }
    return d;
}

static PretrainRecipe chant_recipe(void)
{
    return (PretrainRecipe){.steps = 300,
                            .warmup = 30,
                            .rate = 0.01f,
                            .tokens = 200,
                            .longest = 20,
                            .share = 0.15f,
                            .pairing = NEXT,
                            .seed = 1};
}

static void pretraining_learns(void **state)
{
    (void)state;
    Documents d = chants();
    WordPiece w = some_pieces();
    BertShape shape = small();
    shape.pieces = w.vocab.n;
    shape.positions = 20;
    shape.dropout = 0;
    Bert m = bert_new(shape, 1);
    PretrainRecipe recipe = chant_recipe();
    pretrain_start(&m, &d);
    assert_true(fabs((double)m.fill.b->val[5] - log(25.0 / 158)) < 1e-5);
    Measured before = pretrain_measure(&m, &w, &d, &recipe, 3);
    Pretraining p = pretraining_new(&m, &w, &d, recipe);
    while (p.step < recipe.steps)
        pretraining_step(&p);
    Measured after = pretrain_measure(&m, &w, &d, &recipe, 3);
    // it starts with the entropy of six words, log 6
    if (fabs(before.loss - log(6)) > 0.3)
        fail_msg("before, the loss is %.3f", before.loss);
    if (after.loss > 0.6 * before.loss || after.filled < 0.6)
        fail_msg("the loss went from %.3f to %.3f, %.2f are filled",
                 before.loss, after.loss, after.filled);
    pretraining_free(&p);
    bert_free(&m);
    documents_free(&d);
    wordpiece_free(&w);
}

static void a_saved_pretraining_goes_on_bit_for_bit(void **state)
{
    (void)state;
    Documents d = chants();
    WordPiece w = some_pieces();
    BertShape shape = small();
    shape.pieces = w.vocab.n;
    shape.positions = 20;
    char path[300];
    snprintf(path, sizeof path, "%s/training", testing_dir("15-pretrain"));
    Bert m[2];
    for (int k = 0; k < 2; k++) {
        m[k] = bert_new(shape, 1);
        Pretraining p = pretraining_new(&m[k], &w, &d, chant_recipe());
        assert_int_equal(pretraining_load(&p, path), false);
        for (int i = 0; i < 6; i++) {
            if (k == 1 && i == 3) { // leave, and come back as somebody else
                pretraining_save(&p, path);
                pretraining_free(&p);
                bert_free(&m[1]);
                m[1] = bert_new(shape, 2);
                p = pretraining_new(&m[1], &w, &d, chant_recipe());
                assert_true(pretraining_load(&p, path));
            }
            pretraining_step(&p);
        }
        pretraining_free(&p);
    }
    assert_memory_equal(m[0].params->val, m[1].params->val,
                        m[0].params->count * sizeof(float));
    bert_free(&m[0]);
    bert_free(&m[1]);
    documents_free(&d);
    wordpiece_free(&w);
}

// Does the text begin with "the"? Twenty examples, shown often.
static void finetuning_learns(void **state)
{
    (void)state;
    WordPiece w = some_pieces();
    BertShape shape = small();
    shape.pieces = w.vocab.n;
    shape.classes = 2;
    shape.dropout = 0;
    Bert m = bert_new(shape, 1);
    BertExamples e = {0};
    Rng r = rng_new(4);
    for (int i = 0; i < 20; i++) {
        Ids a = {0};
        const int yes = rng_below(&r, 2);
        ids_add(&a, yes ? 11 : 12);
        for (int j = rng_below(&r, 6); j >= 0; j--)
            ids_add(&a, 11 + rng_below(&r, 3));
        bert_add(&e.x, &w, &a, NULL);
        ids_add(&e.label, yes);
        ids_free(&a);
    }
    int label[2];
    Arena arena = arena_new(1 << 20);
    BertInput x = bert_examples_pick(&e, &arena, (int[]){7, 3}, 2, label);
    const int from = e.x.start.at[7], n = e.x.start.at[8] - from;
    assert_int_equal(x.tokens.seq.start[1], n);
    assert_memory_equal(x.tokens.id, e.x.id.at + from, n * sizeof(int));
    assert_int_equal(label[1], e.label.at[3]);
    arena_free(&arena);
    const double loss = finetune(&m, &e, (TuneRecipe){30, 5, 0.01f, 1});
    assert_true(loss < 0.1);
    assert_true(finetune_accuracy(&m, &e) > 0.99);
    bert_examples_free(&e);
    bert_free(&m);
    wordpiece_free(&w);
}

static void a_probe_finds_what_is_there(void **state)
{
    (void)state;
    enum { N = 300, D = 7 };
    float x[N * D];
    int label[N], coin[N];
    Rng r = rng_new(1);
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < D; j++)
            x[i * D + j] =
                j == 2 ? 5 + 0.01f * rng_normal(&r) : 10 * rng_normal(&r);
        label[i] = x[i * D + 2] > 5.002f;
        coin[i] = rng_below(&r, 3);
    }
    assert_true(probe(x, label, N, 200, D, 2, 1) > 0.9);
    assert_true(probe(x, coin, N, 200, D, 3, 1) < 0.5);
}

// --- files ------------------------------------------------------------------

static char here[300];

static void load_here(void *unused)
{
    (void)unused;
    Bert m = bert_load(here);
    WordPiece w = bert_load_pieces(here, &m);
    wordpiece_free(&w);
    bert_free(&m);
}

// A fresh copy of golden/heads, with the line of config.json that has `key`
// replaced by `value`.
static void fresh(const char *key, const char *value)
{
    static const char *const file[] = {"config.json", "vocab.txt",
                                       "model.safetensors"};
    snprintf(here, sizeof here, "%s", testing_dir("15-files"));
    for (int i = 0; i < 3; i++) {
        char path[400];
        snprintf(path, sizeof path, GOLDEN "/heads/%s", file[i]);
        Buffer b = text_read(path);
        snprintf(path, sizeof path, "%s/%s", here, file[i]);
        text_write(path, b.at, b.length);
        buffer_free(&b);
    }
    if (!key)
        return;
    Buffer b = text_read(GOLDEN "/heads/config.json"), out = {0};
    Text rest = {b.at, b.length};
    for (Text line; text_line(&rest, &line);)
        if (memmem(line.at, line.length, key, strlen(key)))
            buffer_print(&out, "%s\n", value);
        else
            buffer_print(&out, "%.*s\n", (int)line.length, line.at);
    testing_write("config.json", out.at);
    buffer_free(&b);
    buffer_free(&out);
}

static void a_saved_model_is_the_same(void **state)
{
    (void)state;
    Bert m = bert_load(GOLDEN "/heads");
    WordPiece w = bert_load_pieces(GOLDEN "/heads", &m);
    w.lower = false;
    snprintf(here, sizeof here, "%s", testing_dir("15-saved"));
    bert_save(&m, &w, here);
    Bert n = bert_load(here);
    WordPiece v = bert_load_pieces(here, &n);
    assert_false(v.lower);
    assert_int_equal(v.vocab.n, w.vocab.n);
    assert_int_equal(n.params->count, m.params->count);
    assert_memory_equal(m.params->val, n.params->val,
                        m.params->count * sizeof(float));
    assert_string_equal(n.label[1], "yes");
    assert_true(n.shape.eps == m.shape.eps && n.shape.heads == 3);
    wordpiece_free(&v);
    wordpiece_free(&w);
    bert_free(&n);
    bert_free(&m);
}

static void damaged_models_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *key, *value, *says;
    } bad[] = {
        {"hidden_act", "\"hidden_act\": \"relu\",",
         "\"hidden_act\" is relu, this program knows \"gelu\""},
        {"model_type", "\"model_type\": \"roberta\",", "is roberta"},
        {"vocab_size", "\"vocab_size\": 24,",
         "the word embeddings are not 24 x 12"},
        {"num_attention_heads", "\"num_attention_heads\": 5,",
         "5 heads do not divide a width of 12"},
        {"num_hidden_layers", "\"num_hidden_layers\": 3,",
         "has no tensor \"bert.encoder.layer.2.attention.self.query.weight\""},
        {"intermediate_size", "\"intermediate_size\": 21,",
         "is 20 x 12, this model has 21 x 12"},
        {"intermediate_size", "\"intermediate_size\": \"twenty\",",
         "has no number \"intermediate_size\""},
        {"max_position", "\"max_position_embeddings\": 0,",
         "is 0, expected 1 to"},
        {"vocab_size", "\"vocab_size\": 23", "not a JSON object"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        fresh(bad[i].key, bad[i].value);
        assert_dies(load_here, NULL, 1, bad[i].says);
    }
    fresh(NULL, NULL);
    testing_write("vocab.txt", vocabulary);
    assert_dies(load_here, NULL, 0, "the model knows 23: is it whole?");
    testing_write("vocab.txt", "[UNK]\na\n");
    assert_dies(load_here, NULL, 1, "no piece [CLS]");
    fresh(NULL, NULL);
    char path[400];
    snprintf(path, sizeof path, "%s/model.safetensors", here);
    assert_int_equal(truncate(path, 5000), 0);
    assert_dies(load_here, NULL, 1, "model.safetensors");
    assert_int_equal(unlink(path), 0);
    assert_dies(load_here, NULL, 1, "model.safetensors");
    snprintf(here, sizeof here, "build/there/is/nothing");
    assert_dies(load_here, NULL, 1, "config.json: there is no such file");
}

// --- the Universal Sentence Encoder Lite -------------------------------------

static UseLite use_lite;

static bool use_lite_there(void)
{
    const Run run = {0};
    const char *path = data_path(&run, "use-lite", "model.json");
    if (!path) {
        print_message("not here; run: make data NAME=use-lite\n");
        skip();
    }
    if (!use_lite.params) {
        char *directory = copy_text(path);
        *strrchr(directory, '/') = 0;
        use_lite = use_lite_load(directory);
        free(directory);
    }
    return true;
}

// What golden/use_lite.py makes of six sentences, in double precision.
static void use_lite_equals_its_reference(void **state)
{
    (void)state;
    use_lite_there();
    Buffer b = text_read(GOLDEN "/use_lite.json");
    cJSON *all = cJSON_ParseWithLength(b.at, b.length);
    const int n = cJSON_GetArraySize(all);
    assert_int_equal(n, 6);
    Text text[6];
    float *got = new_array(6 * USE_LITE_WIDTH, sizeof *got);
    float *want = new_array(6 * USE_LITE_WIDTH, sizeof *want);
    Ids x = {0};
    for (int i = 0; i < n; i++) {
        const cJSON *item = cJSON_GetArrayItem(all, i), *number;
        text[i] = text_of(
            cJSON_GetObjectItemCaseSensitive(item, "text")->valuestring);
        const cJSON *ids = cJSON_GetObjectItemCaseSensitive(item, "ids");
        x.n = 0;
        use_lite_pieces(&use_lite, text[i], &x);
        assert_int_equal(x.n, cJSON_GetArraySize(ids));
        for (int j = 0; j < x.n; j++)
            assert_int_equal(x.at[j], cJSON_GetArrayItem(ids, j)->valueint);
        int j = 0;
        cJSON_ArrayForEach(number,
                           cJSON_GetObjectItemCaseSensitive(item, "embedding"))
            want[i * USE_LITE_WIDTH + j++] = (float)number->valuedouble;
        assert_int_equal(j, USE_LITE_WIDTH);
    }
    use_lite_embed(&use_lite, text, n, got);
    assert_close(got, want, (size_t)n * USE_LITE_WIDTH, 2e-6);
    ids_free(&x);
    free(got);
    free(want);
    cJSON_Delete(all);
    buffer_free(&b);
}

static void use_lite_reads_anything(void **state)
{
    (void)state;
    use_lite_there();
    Buffer b = {0};
    for (int i = 0; i < 300; i++)
        buffer_print(&b, "word ");
    Ids x = {0};
    use_lite_pieces(&use_lite, (Text){b.at, b.length}, &x);
    assert_int_equal(x.n, USE_LITE_TOKENS); // cut
    const Text text[] = {text_of(""),
                         text_of("\u0b87"),
                         text_of("a\u0b87"),
                         text_of("a"),
                         {b.at, b.length}};
    float *v = new_array(5 * USE_LITE_WIDTH, sizeof *v);
    use_lite_embed(&use_lite, text, 5, v);
    for (int i = 0; i < 5; i++) {
        double length = 0;
        for (int j = 0; j < USE_LITE_WIDTH; j++)
            length += (double)v[i * USE_LITE_WIDTH + j] *
                      (double)v[i * USE_LITE_WIDTH + j];
        assert_true(fabs(length - 1) < 1e-5);
    }
    // a character without a piece is as if it were not there
    assert_memory_equal(v + 2 * USE_LITE_WIDTH, v + 3 * USE_LITE_WIDTH,
                        USE_LITE_WIDTH * sizeof *v);
    // together with others, or alone
    float alone[USE_LITE_WIDTH];
    use_lite_embed(&use_lite, text + 3, 1, alone);
    assert_close(alone, v + 3 * USE_LITE_WIDTH, USE_LITE_WIDTH, 1e-6);
    free(v);
    ids_free(&x);
    buffer_free(&b);
}

static void load_use_lite(void *unused)
{
    (void)unused;
    UseLite m = use_lite_load(here);
    use_lite_free(&m);
}

static void damaged_use_lite_is_refused(void **state)
{
    (void)state;
    snprintf(here, sizeof here, "%s", testing_dir("15-use-lite"));
    testing_write("vocab.json", "[[\"<unk>\", 0], [\"a\", -1]]");
    assert_dies(load_use_lite, NULL, 1, "model.json");
    testing_write("model.json", "{\"weightsManifest\": []}");
    assert_dies(load_use_lite, NULL, 1, "model.json: expected weightsManifest");
    testing_write("model.json",
                  "{\"weightsManifest\": [{\"paths\": [\"one\"], \"weights\": "
                  "[{\"name\": \"x/Embeddings_en\", \"shape\": [4, 3], "
                  "\"dtype\": \"float32\"}]}]}");
    testing_write("one", "far too few bytes");
    assert_dies(load_use_lite, NULL, 1, "end at byte 17, expected 48");
    testing_write("one", "now there are as many bytes as are needed for it.");
    assert_dies(load_use_lite, NULL, 1,
                "the embeddings are 4 x 3, expected 2 or more x 256");
}

// --- the program ------------------------------------------------------------

#define PROGRAM "15-bert --threads 1 "
#define HEADS   "--model " GOLDEN "/heads "
#define BARE    "--model " GOLDEN "/bare "
#define PAIR    "printf 'rome is a [MASK]\\tin italy.\\n' | "

static void a_model_is_used(void **state)
{
    (void)state;
    char said[8000];
    // the golden scores of the first blank, in another order
    Safetensors s = safetensors_open(GOLDEN "/bert.safetensors");
    const float *score = testing_golden(&s, BLANKS * PIECES, "fill");
    Bert m = bert_load(GOLDEN "/heads");
    WordPiece w = bert_load_pieces(GOLDEN "/heads", &m);
    int best = 0;
    double sum = 0;
    for (int i = 0; i < PIECES; i++) {
        sum += exp((double)score[i]);
        best = score[i] > score[best] ? i : best;
    }
    assert_int_equal(testing_run(said, sizeof said,
                                 PROGRAM HEADS
                                 "--fill 'Paris is the [MASK] of France.'"),
                     0);
    char want[100];
    snprintf(want, sizeof want, "  %-16.*s %.4f\n",
             (int)w.vocab.piece[best].length, w.vocab.piece[best].at,
             exp((double)score[best]) / sum);
    if (strncmp(said, want, strlen(want)) != 0)
        fail_msg("expected \"%s\", the program says \"%s\"", want, said);
    // vectors: the golden pooler and [CLS] row of the second input
    for (int k = 0; k < 2; k++) {
        assert_int_equal(testing_run(said, sizeof said,
                                     PAIR PROGRAM HEADS "--embed --pool %s",
                                     k ? "pooler" : "cls"),
                         0);
        const float *v =
            k ? testing_golden(&s, 2 * WIDTH, "pooled") + WIDTH
              : testing_golden(&s, ROWS * WIDTH, "hidden.2") + 9 * WIDTH;
        char *rest = said;
        for (int i = 0; i < WIDTH; i++)
            assert_true(fabs(strtod(rest, &rest) - (double)v[i]) < 1e-5);
    }
    assert_int_equal(
        testing_run(said, sizeof said, PAIR PROGRAM HEADS "--classify"), 0);
    assert_non_null(strstr(said, "maybe 0."));
    assert_int_equal(
        testing_run(said, sizeof said,
                    "printf 'rome\\nparis\\nrome\\n' | " PROGRAM HEADS
                    "--similar"),
        0);
    assert_non_null(strstr(said, "  1   1.00"));
    wordpiece_free(&w);
    bert_free(&m);
    safetensors_close(&s);
}

static void similar_pools_as_it_is_told(void **state)
{
    (void)state;
    char mean[2000], cls[2000];
#define SIMILAR "printf 'rome\\nin paris\\n' | " PROGRAM HEADS "--similar "
    assert_int_equal(testing_run(mean, sizeof mean, SIMILAR "--pool mean"), 0);
    assert_int_equal(testing_run(cls, sizeof cls, SIMILAR), 0);
    assert_string_equal(mean, cls);
    assert_int_equal(testing_run(cls, sizeof cls, SIMILAR "--pool cls"), 0);
    assert_string_not_equal(mean, cls);
}

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    assert_refused(2, "--fill and --classify need --model DIR",
                   PROGRAM "--fill x");
    assert_refused(2, "--model needs --fill, --embed,", PROGRAM HEADS);
    assert_refused(2, "--pool goes with --model DIR and --embed",
                   PROGRAM "--embed --pool cls");
    assert_refused(2, "only one of --fill, --embed",
                   PROGRAM HEADS "--embed --classify");
    assert_refused(1, "standard output cannot be written",
                   "echo rome | " PROGRAM HEADS "--embed > /dev/full");
    assert_refused(1, "/nowhere/config.json: there is no",
                   PROGRAM "--model /nowhere --embed");
    assert_refused(1, "has no head that fills blanks",
                   PROGRAM BARE "--fill 'a [MASK]'");
    assert_refused(1, "there is no [MASK] in \"no blank\"",
                   PROGRAM HEADS "--fill 'no blank'");
    assert_refused(1, "has no classifier on a pooler",
                   "echo x | " PROGRAM BARE "--classify");
    assert_refused(1, "standard input is empty", PROGRAM HEADS "--classify");
    assert_refused(1, "byte 1 is not valid UTF-8",
                   "printf 'a\\377\\n' | " PROGRAM HEADS "--embed");
    assert_refused(
        1,
        "line 2: 20 tokens with [CLS] and [SEP]; this model reads "
        "17: cut the text, or do as 16-long-text does",
        "printf 'in\\na a a a a a a a a a a a a a a a a a\\n' | " PROGRAM HEADS
        "--embed");
    assert_refused(1, "make data NAME=use-lite",
                   "echo x | " PROGRAM "--embed --data /nowhere");
    assert_refused(2, "--steps", PROGRAM "--steps many");
    assert_refused(2, "4 heads do not divide a width of 65",
                   PROGRAM "--width 65");
    assert_refused(2, "too short to learn from", PROGRAM "--longest 7");
    assert_refused(1, "/nowhere: cannot be read", PROGRAM "--data /nowhere");
    char said[1000]; // before anything else
    testing_run(said, sizeof said, "15-bert --quick --save /nowhere/x");
    assert_string_equal(said, "15-bert: /nowhere/x: cannot be written: No such "
                              "file or directory\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_equal_pytorch),
        cmocka_unit_test(gradients_and_three_steps_equal_pytorch),
        cmocka_unit_test(both_spellings_are_one_model),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(the_mean_of_rows),
        cmocka_unit_test(packed_equals_alone),
        cmocka_unit_test(it_looks_both_ways),
        cmocka_unit_test(attention_weights_are_of_that_layer),
        cmocka_unit_test(a_new_head_on_an_old_model),
        cmocka_unit_test(inputs_are_put_together),
        cmocka_unit_test(blanks_keep_the_rule),
        cmocka_unit_test(pairs_are_what_they_say),
        cmocka_unit_test(a_vocabulary_from_a_text),
        cmocka_unit_test(unigrams_by_hand),
        cmocka_unit_test(pretraining_learns),
        cmocka_unit_test(a_saved_pretraining_goes_on_bit_for_bit),
        cmocka_unit_test(finetuning_learns),
        cmocka_unit_test(a_probe_finds_what_is_there),
        cmocka_unit_test(a_saved_model_is_the_same),
        cmocka_unit_test(damaged_models_are_refused),
        cmocka_unit_test(use_lite_equals_its_reference),
        cmocka_unit_test(use_lite_reads_anything),
        cmocka_unit_test(damaged_use_lite_is_refused),
        cmocka_unit_test(a_model_is_used),
        cmocka_unit_test(similar_pools_as_it_is_told),
        cmocka_unit_test(misuse_is_told_in_a_line),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    use_lite_free(&use_lite);
    return failed;
}
