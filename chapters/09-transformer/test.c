// Tests of 09-transformer: the whole model against PyTorch's, gradients
// against slopes, the laws that decoding must obey, BLEU by hand, the grammar,
// batches, and the program's behaviour.
#include "common/testing.h"

#include "09-transformer/batches.h"
#include "09-transformer/bleu.h"
#include "09-transformer/coder.h"
#include "09-transformer/grammar.h"
#include "09-transformer/search.h"
#include "09-transformer/train.h"
#include "09-transformer/transformer.h"

#include "common/gradcheck.h"
#include "common/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// --- against PyTorch --------------------------------------------------------

// The batch of golden/transformer.py.
enum { PIECES = 11, SOURCES = 8, TARGETS = 10 };
static const int source_id[SOURCES] = {3, 4, 5, 6, 7, 8, 9, 3};
static const int input_id[TARGETS] = {0, 10, 4, 4, 0, 5, 6, 2, 9, 7};
static const int output_id[TARGETS] = {10, 4, 4, 1, 5, 6, 2, 9, 7, 1};
static const int source_start[] = {0, 5, 8}, input_start[] = {0, 4, 10};
static const Tokens source = {SOURCES, source_id, {2, source_start}};
static const Tokens input = {TARGETS, input_id, {2, input_start}};

static const Shape post = {
    .pieces = PIECES, .width = 12, .heads = 3, .hidden = 20, .layers = 2};

static Shape pre(void)
{
    Shape s = post;
    s.norm_first = s.own_tables = true;
    return s;
}

static const float *golden(const Safetensors *s, const char *name,
                           const char *kind, const char *part, size_t n)
{
    static float at[4000];
    char full[200];
    snprintf(full, sizeof full, "%s.%s%s", name, kind, part);
    const Tensor *t = safetensors_find(s, full);
    if (!t)
        fail_msg("there is no golden %s", full);
    assert_int_equal(t->count, n);
    tensor_read(s, t, at, n);
    return at;
}

// Compares every parameter, or its gradient, with the golden one.
static void all_close(const Params *p, const Safetensors *s, const char *name,
                      const char *kind, bool gradient, double tolerance)
{
    for (int i = 0; i < p->n; i++) {
        const Matrix *m = &p->item[i]->m;
        const size_t n = (size_t)m->rows * m->cols;
        const float *want = golden(s, name, kind, p->item[i]->name, n);
        size_t worst;
        const float *got = gradient ? m->grad : m->val;
        if (testing_wrong(got, want, n, tolerance, &worst))
            fail_msg("%s.%s%s[%zu] is %.8g, PyTorch has %.8g", name, kind,
                     p->item[i]->name, worst, (double)got[worst],
                     (double)want[worst]);
    }
}

static void whole_model_equals_pytorch(const char *name, Shape shape)
{
    Safetensors s = safetensors_open(
        "chapters/09-transformer/golden/transformer.safetensors");
    Transformer m = transformer_new(shape, 1);
    for (int i = 0; i < m.params->n; i++) {
        Matrix *p = &m.params->item[i]->m;
        const size_t n = (size_t)p->rows * p->cols;
        memcpy(p->val, golden(&s, name, "", m.params->item[i]->name, n),
               n * sizeof *p->val);
    }
    Tape *t = tape_new(0, 1);
    // Adam's eps is large here: the gradient of k's bias is 0 but for
    // rounding, and with a small eps Adam would make whole steps of that.
    Adam adam = adam_new(m.params, 0.9f, 0.98f, 1e-4f, 0);
    for (int step = 0; step < 3; step++) {
        Matrix *memory = encode(&m, t, source);
        Matrix *logits = decode(&m, t, memory, input);
        Matrix *loss = cross_entropy(logits, output_id, 0.1f);
        backward(loss);
        if (step == 0) {
            const size_t n = (size_t)SOURCES * shape.width;
            assert_close(memory->val, golden(&s, name, "", "memory", n), n,
                         2e-6);
            assert_close(logits->val,
                         golden(&s, name, "", "logits", TARGETS * PIECES),
                         TARGETS * PIECES, 5e-6);
            assert_close(loss->val, golden(&s, name, "", "loss", 1), 1, 1e-6);
            all_close(m.params, &s, name, "grad.", true, 5e-6);
        }
        adam_step(&adam, 0.01f);
        tape_reset(t);
    }
    all_close(m.params, &s, name, "after.", false, 2e-5);
    adam_free(&adam);
    tape_free(t);
    transformer_free(&m);
    safetensors_close(&s);
}

static void post_norm_equals_pytorch(void **state)
{
    (void)state;
    whole_model_equals_pytorch("post", post);
}

static void pre_norm_equals_pytorch(void **state)
{
    (void)state;
    whole_model_equals_pytorch("pre", pre());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(post_norm_equals_pytorch),
        cmocka_unit_test(pre_norm_equals_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
