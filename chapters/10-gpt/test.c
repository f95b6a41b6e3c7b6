// Tests of 10-gpt: the model against slopes, and the laws it must obey.
#include "common/testing.h"

#include "10-gpt/gpt.h"

#include "common/gradcheck.h"

#include <stdio.h>
#include <stdlib.h>

enum { PIECES = 11, TOKENS = 12 };
static const int input_id[TOKENS] = {3, 4, 5, 6, 7, 10, 2, 0, 1, 1, 8, 9};
static const int output_id[TOKENS] = {4, 5, 6, 7, 3, 2, 0, 1, 1, 8, 9, 5};
static const int input_start[] = {0, 5, 12};
static const Tokens input = {TOKENS, input_id, {2, input_start}};

static const GptShape plain = {.pieces = PIECES,
                               .context = 7,
                               .width = 12,
                               .heads = 3,
                               .groups = 3,
                               .layers = 2,
                               .hidden = 20};

static GptShape variant(int groups, int window)
{
    GptShape s = plain;
    s.groups = groups;
    s.window = window;
    return s;
}

static Matrix *loss_of(Tape *t, void *model)
{
    return cross_entropy(gpt_forward(model, t, input), output_id, 0);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    const GptShape shape[] = {plain, variant(1, 0), variant(1, 3)};
    for (int k = 0; k < 3; k++) {
        Gpt m = gpt_new(shape[k], 3 + k);
        for (int i = 0; i < m.params->n; i++) { // away from 0 and from 1
            Matrix *p = &m.params->item[i]->m;
            for (int j = 0; j < p->rows * p->cols; j++)
                p->val[j] += 0.2f * rng_normal(&m.params->rng);
        }
        GradError e = gradcheck(m.params, loss_of, &m, 0.01, 12, 5);
        if (!(e.worst < 2e-3))
            fail_msg("groups %d, window %d: %s", shape[k].groups,
                     shape[k].window, e.where);
        gpt_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_are_slopes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
