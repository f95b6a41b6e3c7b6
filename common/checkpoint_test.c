// Tests of checkpoint.c and params_file.c: a resumed training equals an
// unbroken one bit for bit; what is damaged or belongs to another model is
// refused; a process killed at any moment leaves a whole file behind.
#include "common/testing.h"

#include "common/check.h"
#include "common/checkpoint.h"
#include "common/ops.h"
#include "common/safetensors.h"
#include "common/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int make_dir(void **state)
{
    (void)state;
    testing_dir("checkpoint");
    return 0;
}

// --- a small training -------------------------------------------------------

typedef struct Training {
    Params *params;
    Linear in, out;
    Adam adam;
    Sgd sgd;
    Tape *tape; // its generator drives the dropout
    Rng data;   // draws the examples
    int64_t step;
    double number[3];
} Training;

static Training training_new(uint64_t seed, bool with_adam)
{
    Training t = {.params = params_new(seed), .data = rng_new(seed + 1)};
    t.in = linear_new(t.params, 7, 13, "in");
    t.out = linear_new(t.params, 13, 3, "out");
    t.tape = tape_new((size_t)1 << 24, seed + 2);
    if (with_adam)
        t.adam = adam_new(t.params, 0.9f, 0.999f, 1e-8f, 0.01f);
    else
        t.sgd = sgd_new(t.params, 0.9f);
    t.number[1] = 1;
    return t;
}

// Where everything of the training stands.
static Checkpoint all_of(Training *t)
{
    return (Checkpoint){
        .params = t->params,
        .adam = t->adam.params ? &t->adam : NULL,
        .sgd = t->sgd.params ? &t->sgd : NULL,
        .rng = {&t->data, NULL, &t->tape->rng},
        .step = &t->step,
        .number = t->number,
        .numbers = 3,
    };
}

static void training_free(Training *t)
{
    adam_free(&t->adam);
    sgd_free(&t->sgd);
    tape_free(t->tape);
    params_free(t->params);
}

static void train(Training *t, int steps)
{
    for (int i = 0; i < steps; i++) {
        Matrix *x = matrix(t->tape, 5, 7);
        int target[5];
        for (int j = 0; j < 5 * 7; j++)
            x->val[j] = rng_normal(&t->data);
        for (int j = 0; j < 5; j++)
            target[j] = rng_below(&t->data, 3);
        Matrix *h = dropout(tanh_of(linear(x, t->in)), 0.3f);
        Matrix *loss = cross_entropy(linear(h, t->out), target, 0.1f);
        backward(loss);
        t->number[0] += loss->val[0];
        t->number[1] /= 3; // soon smaller than any normal number
        t->number[2] = i ? -0.0 : NAN;
        if (t->adam.params)
            adam_step(&t->adam, 0.01f);
        else
            sgd_step(&t->sgd, 0.1f);
        t->step++;
        tape_reset(t->tape);
    }
}

static void assert_same(const Training *a, const Training *b)
{
    size_t bytes = a->params->count * sizeof(float);
    assert_int_equal(a->params->count, b->params->count);
    assert_memory_equal(a->params->val, b->params->val, bytes);
    if (a->adam.params) {
        assert_memory_equal(a->adam.m, b->adam.m, bytes);
        assert_memory_equal(a->adam.v, b->adam.v, bytes);
        assert_int_equal(a->adam.step, b->adam.step);
    } else {
        assert_memory_equal(a->sgd.velocity, b->sgd.velocity, bytes);
    }
    assert_memory_equal(&a->data, &b->data, sizeof a->data);
    assert_memory_equal(&a->tape->rng, &b->tape->rng, sizeof(Rng));
    assert_memory_equal(a->number, b->number, sizeof a->number);
    assert_int_equal(a->step, b->step);
}

static void assert_resumes(bool with_adam)
{
    Training whole = training_new(1, with_adam);
    train(&whole, 670); // 3^-670 is a subnormal double

    Training first = training_new(1, with_adam);
    train(&first, 657);
    Checkpoint c = all_of(&first);
    checkpoint_save(&c, testing_path("resumed"));
    Training second = training_new(99, with_adam);
    c = all_of(&second);
    assert_true(checkpoint_load(&c, testing_path("resumed")));
    assert_same(&first, &second);
    train(&second, 13);
    assert_same(&whole, &second);
    assert_true(second.number[1] > 0 && second.number[1] < 1e-308);

    training_free(&whole);
    training_free(&first);
    training_free(&second);
}

static void test_resume_adam(void **state)
{
    (void)state;
    assert_resumes(true);
}

static void test_resume_sgd(void **state)
{
    (void)state;
    assert_resumes(false);
}

static void test_nothing_there(void **state)
{
    (void)state;
    Training t = training_new(1, true);
    Checkpoint c = all_of(&t);
    assert_false(checkpoint_load(&c, testing_path("nowhere")));
    training_free(&t);
}

// Each member may be left out.
static void test_parts(void **state)
{
    (void)state;
    int64_t step = INT64_MAX, read = 0;
    Checkpoint c = {.step = &step};
    checkpoint_save(&c, testing_path("part"));
    c.step = &read;
    assert_true(checkpoint_load(&c, testing_path("part")));
    assert_true(read == INT64_MAX);

    // Doubles of every size keep every bit.
    enum { N = 1000 };
    double number[N], again[N];
    Rng r = rng_new(5);
    for (int i = 0; i < N; i++) {
        uint64_t bits = rng_bits(&r) & ~(UINT64_C(1) << 52); // no NaN
        memcpy(&number[i], &bits, sizeof bits);
    }
    number[0] = -INFINITY;
    c = (Checkpoint){.number = number, .numbers = N};
    checkpoint_save(&c, testing_path("part"));
    c.number = again;
    assert_true(checkpoint_load(&c, testing_path("part")));
    assert_memory_equal(number, again, sizeof number);

    Params *p = params_new(1);
    Matrix *m = param(p, 2, 3, 0.5f, "m");
    c = (Checkpoint){.params = p};
    checkpoint_save(&c, testing_path("part"));
    m->val[5] = 7;
    assert_true(checkpoint_load(&c, testing_path("part")));
    assert_true(m->val[5] == 0.5f);
    // Its parameters can be loaded by themselves.
    m->val[5] = 7;
    params_load(p, testing_path("part"));
    assert_true(m->val[5] == 0.5f);
    params_free(p);
}

// --- files that are refused -------------------------------------------------

static void load(void *checkpoint)
{
    checkpoint_load(checkpoint, testing_path("other"));
}

static void test_other_runs(void **state)
{
    (void)state;
    Training t = training_new(1, true), s = training_new(1, false);
    Checkpoint saved = all_of(&t), c = all_of(&s);
    checkpoint_save(&saved, testing_path("other"));
    assert_dies(load, &c, 1,
                "/other: has no tensor \"sgd.velocity\": it was saved with "
                "another optimiser");
    c = saved;
    c.adam = NULL;
    assert_dies(load, &c, 1,
                "/other: holds 6 tensors, this run has 4: it belongs to "
                "another model");
    c = saved;
    c.rng[1] = &t.data;
    assert_dies(load, &c, 1, "/other: has no note \"rng.1\": it was saved by");
    c = saved;
    c.rng[2] = NULL;
    assert_dies(load, &c, 1, "/other: holds 6 notes, expected 5: it was saved");
    c = saved;
    c.numbers = 4;
    double four[4];
    c.number = four;
    assert_dies(load, &c, 1, "/other: note \"numbers\" is \"");
    assert_dies(load, &c, 1, "\", expected more numbers");
    c.numbers = 2;
    assert_dies(load, &c, 1, "\", expected fewer numbers");

    saved = (Checkpoint){.params = t.params};
    param(t.params, 3, 5, 0, "more");
    assert_dies(load, &saved, 1,
                "/other: has no tensor \"more\", which this model needs "
                "(3 x 5)");
    checkpoint_save(&saved, testing_path("other"));
    t.params->item[4]->m.cols = 4;
    assert_dies(load, &saved, 1,
                "/other: tensor \"more\" is 3 x 5, this model has 3 x 4");
    t.params->item[4]->m.cols = 5;
    t.params->item[1]->m.cols = 12;
    assert_dies(load, &saved, 1,
                "/other: tensor \"in.bias\" is 13, this model has 1 x 12");
    training_free(&t);
    training_free(&s);
}

// Files that are whole, and whose notes are not what we write.
static void test_strange_notes(void **state)
{
    (void)state;
    static const char *const list[][3] = {
        {"x", "1 2 3 4", "note \"step\" is \"x\", expected a number of steps"},
        {"", "1 2 3 4", "note \"step\" is \"\", expected a number of steps"},
        {"-1", "1 2 3 4", "expected a number of steps"},
        {"9223372036854775808", "1 2 3 4", "expected a number of steps"},
        {"1 ", "1 2 3 4", "expected a number of steps"},
        {"1", "1 2 3", "note \"rng.0\" is \"1 2 3\", expected four words"},
        {"1", "1 2 3 4 5", "expected four words"},
        {"1", "1 2 3 4z", "expected four words"},
        {"1", "1 2 3 11112222333344445", "expected four words"},
    };
    static const char *const key[] = {"step", "rng.0"};
    int64_t step;
    Rng rng;
    Checkpoint c = {.step = &step, .rng = {&rng}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        safetensors_write(testing_path("other"), NULL, 0, key, list[i], 2);
        assert_dies(load, &c, 1, list[i][2]);
    }
}

static void test_damage(void **state)
{
    (void)state;
    Params *p = params_new(1);
    param(p, 2, 1, 0.5f, "m");
    int64_t step = 3;
    Checkpoint c = {.params = p, .step = &step};
    checkpoint_save(&c, testing_path("other"));
    Buffer b = text_read(testing_path("other"));
    for (size_t i = 0; i < b.length; i++) {
        b.at[i] = (char)(b.at[i] ^ 1 << i % 8);
        text_write(testing_path("other"), b.at, b.length);
        assert_dies(load, &c, 1, "/other: ");
        b.at[i] = (char)(b.at[i] ^ 1 << i % 8);
    }
    text_write(testing_path("other"), b.at, b.length - 1);
    assert_dies(load, &c, 1, "the file is cut");
    buffer_add(&b, "", 1);
    text_write(testing_path("other"), b.at, b.length);
    assert_dies(load, &c, 1, "something was added at the end");
    buffer_free(&b);
    params_free(p);
}

// --- a killed process -------------------------------------------------------

// A model whose numbers are all the step at which it was saved.
typedef struct Counter {
    Params *params;
    Matrix *m;
    int64_t step;
} Counter;

static Counter counter_new(void)
{
    Counter c = {.params = params_new(1)};
    c.m = param(c.params, 317, 101, 0, "m");
    return c;
}

static void save_for_ever(Counter *n, const char *path)
{
    Checkpoint c = {.params = n->params, .step = &n->step};
    for (;;) {
        n->step++;
        for (int i = 0; i < 317 * 101; i++)
            n->m->val[i] = (float)n->step;
        checkpoint_save(&c, path);
    }
}

static void test_killed_while_saving(void **state)
{
    (void)state;
    char *path = copy_text(testing_path("killed"));
    Counter n = counter_new();
    Checkpoint c = {.params = n.params, .step = &n.step};
    checkpoint_save(&c, path);
    Rng moment = rng_new((uint64_t)getpid()); // another one in each run
    int64_t last = 0;
    for (int i = 0; i < 60; i++) {
        fflush(NULL);
        int child = fork();
        if (child == 0)
            save_for_ever(&n, path);
        usleep(rng_below(&moment, 12000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        assert_true(checkpoint_load(&c, path));
        assert_true(n.step >= last);
        for (int j = 0; j < 317 * 101; j++)
            assert_true(n.m->val[j] == (float)n.step);
        last = n.step;
    }
    assert_true(last > 0); // else nothing was tried
    params_free(n.params);
    free(path);
}

// --- parameters alone -------------------------------------------------------

static void load_params(void *p)
{
    params_load(p, testing_path("params"));
}

static void test_params(void **state)
{
    (void)state;
    Params *a = params_new(1), *b = params_new(2);
    Params *both[] = {a, b};
    for (int i = 0; i < 2; i++) {
        params_scope(both[i], "layer.%d", 3);
        linear_new(both[i], 5, 7, "q");
        norm_new(both[i], 5, "norm");
    }
    params_save(a, testing_path("params"));
    Safetensors s = safetensors_open(testing_path("params"));
    const Tensor *t = safetensors_find(&s, "layer.3.q.bias");
    assert_int_equal(t->dims, 1); // as PyTorch has it
    assert_int_equal(t->shape[0], 7);
    t = safetensors_find(&s, "layer.3.q.weight");
    assert_int_equal(t->dims, 2);
    assert_int_equal(t->shape[0], 7);
    safetensors_close(&s);

    params_load(b, testing_path("params"));
    assert_memory_equal(a->val, b->val, a->count * sizeof *a->val);
    params_free(a);
    params_free(b);
}

static void test_params_of_others(void **state)
{
    (void)state;
    // Other types, one row as a table, a tensor that is not needed, and a
    // note of the same name as ours.
    const float x[] = {1, 2, 3, -4, 5, 6};
    const TensorOut out[] = {{"more", "F32", 3, {1, 2, 3}, x},
                             {"table", "F16", 2, {2, 3}, x},
                             {"row", "BF16", 2, {1, 3}, x + 3}};
    safetensors_write(testing_path("params"), out, 3, NULL, NULL, 0);
    Buffer b = text_read(testing_path("params"));
    memcpy(b.at + 8, "{\"__metadata__\":{\"checksum\":\"sha1: ", 35);
    text_write(testing_path("params"), b.at, b.length);
    buffer_free(&b);
    Params *p = params_new(1);
    Matrix *row = param(p, 1, 3, 0, "row"), *table = param(p, 2, 3, 0, "table");
    params_load(p, testing_path("params"));
    assert_memory_equal(row->val, x + 3, 3 * sizeof *x);
    assert_memory_equal(table->val, x, sizeof x);

    row->rows = 3; // the same numbers, but a column
    row->cols = 1;
    assert_dies(load_params, p, 1,
                "/params: tensor \"row\" is 1 x 3, this model has 3 x 1");
    row->rows = 1;
    row->cols = 3;
    param(p, 1, 1, 0, "one");
    assert_dies(load_params, p, 1,
                "/params: has no tensor \"one\", which this model needs");
    params_free(p);
}

static void test_params_as_a_list(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3};
    const TensorOut out = {"m", "F32", 1, {3}, x};
    safetensors_write(testing_path("params"), &out, 1, NULL, NULL, 0);
    Params *p = params_new(1);
    Matrix *m = param(p, 1, 3, 0, "m");
    params_load(p, testing_path("params"));
    assert_memory_equal(m->val, x, sizeof x);
    m->rows = 2;
    assert_dies(load_params, p, 1,
                "/params: tensor \"m\" is 3, this model has 2 x 3");
    params_free(p);
}

static void test_params_damaged(void **state)
{
    (void)state;
    Params *p = params_new(1);
    param(p, 2, 3, 0, "m");
    params_save(p, testing_path("params"));
    Buffer b = text_read(testing_path("params"));
    b.at[b.length - 2] ^= 1; // a bit of a number
    text_write(testing_path("params"), b.at, b.length);
    assert_dies(load_params, p, 1, "/params: is damaged: its checksum is ");
    buffer_free(&b);
    params_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume_adam),
        cmocka_unit_test(test_resume_sgd),
        cmocka_unit_test(test_nothing_there),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_other_runs),
        cmocka_unit_test(test_strange_notes),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_killed_while_saving),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_params_of_others),
        cmocka_unit_test(test_params_as_a_list),
        cmocka_unit_test(test_params_damaged),
    };
    return cmocka_run_group_tests_name("checkpoint", tests, make_dir, NULL);
}
