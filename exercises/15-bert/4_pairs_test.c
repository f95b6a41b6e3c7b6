// Inputs token by token, and the pooler number by number.
#include "15-bert/bert.h"

#include "common/testing.h"

enum { CLS = 2, SEP = 3 };

static WordPiece some_pieces(void)
{
    WordPiece w;
    const char *wrong = wordpiece_parse(
        &w, text_of("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\nc\n"));
    if (wrong)
        fail_msg("%s", wrong);
    return w;
}

static void expect_list(const char *what, const Ids *got, const int *want,
                        int n)
{
    if (got->n != n)
        fail_msg("%s: expected %d numbers, got %d", what, n, got->n);
    for (int i = 0; i < n; i++)
        if (got->at[i] != want[i])
            fail_msg("%s %d: expected %d, got %d", what, i, want[i],
                     got->at[i]);
}

static void one_text(void **state)
{
    (void)state;
    WordPiece w = some_pieces();
    Ids a = {(int[]){5, 6}, 2, 2}, none = {0};
    BertBatch x = {0};
    bert_add(&x, &w, &a, NULL);
    expect_list("token", &x.id, (int[]){CLS, 5, 6, SEP}, 4);
    expect_list("segment of token", &x.segment, (int[]){0, 0, 0, 0}, 4);
    bert_batch_clear(&x);
    bert_add(&x, &w, &none, NULL);
    expect_list("token of a text without any", &x.id, (int[]){CLS, SEP}, 2);
    bert_batch_free(&x);
    wordpiece_free(&w);
}

static void two_texts(void **state)
{
    (void)state;
    WordPiece w = some_pieces();
    Ids a = {(int[]){5, 6}, 2, 2}, b = {(int[]){7}, 1, 1}, none = {0};
    BertBatch x = {0};
    bert_add(&x, &w, &a, &b);
    bert_add(&x, &w, &b, NULL);
    bert_add(&x, &w, &b, &none);
    expect_list("token", &x.id,
                (int[]){CLS, 5, 6, SEP, 7, SEP, CLS, 7, SEP, CLS, 7, SEP, SEP},
                13);
    expect_list("segment of token", &x.segment,
                (int[]){0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1}, 13);
    expect_list("first row of input", &x.start, (int[]){0, 6, 9, 13}, 4);
    bert_batch_free(&x);
    wordpiece_free(&w);
}

static void the_pooler(void **state)
{
    (void)state;
    enum { D = 2 };
    Bert m = bert_new((BertShape){.pieces = 5,
                                  .width = D,
                                  .heads = 1,
                                  .hidden = 3,
                                  .layers = 1,
                                  .positions = 9,
                                  .segments = 2,
                                  .pools = true},
                      1);
    memcpy(m.pooler.w->val, ((float[]){1, 0.5f, -1, 2}), 4 * sizeof(float));
    memcpy(m.pooler.b->val, ((float[]){0.25f, 0}), 2 * sizeof(float));
    Tape *t = tape_new(0, 1);
    const int start[] = {0, 3, 4};
    Matrix *x = matrix_of(t, 4, D, (float[]){1, 1, 9, 9, 8, 8, -1, 0.5f});
    x->seq = (Spans){2, start};
    Matrix *y = bert_pool(&m, x);
    if (y->rows != 2 || y->cols != D)
        fail_msg("two inputs: expected 2 x 2, got %d x %d", y->rows, y->cols);
    // by hand: 1 + 0.5 + 0.25, -1 + 2; -1 + 0.25 + 0.25, 1 + 1
    const double want[] = {tanh(1.75), tanh(1), tanh(-0.5), tanh(2)};
    for (int i = 0; i < 4; i++)
        if (fabs((double)y->val[i] - want[i]) > 1e-5)
            fail_msg("input %d, number %d: expected %.5f, got %.5f", i / 2,
                     i % 2, want[i], (double)y->val[i]);
    tape_free(t);
    bert_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_text),
        cmocka_unit_test(two_texts),
        cmocka_unit_test(the_pooler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
