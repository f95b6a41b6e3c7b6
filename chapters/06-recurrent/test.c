// Tests of 06-recurrent: the cells against PyTorch's and against slopes, the
// run against its steps, what packing must not change, and the laws of lock
// step.
#include "common/testing.h"

#include "06-recurrent/cells.h"
#include "06-recurrent/lockstep.h"
#include "06-recurrent/lstm.h"

#include "common/gradcheck.h"
#include "common/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

// --- against PyTorch --------------------------------------------------------

// The sequences of golden/recurrent.py.
enum { IN = 5, WIDTH = 7, TOKENS = 11 };
static const int starts[] = {0, 4, 5, 11};
static const Spans three = {3, starts};

static const float *golden(const Safetensors *s, const char *name,
                           const char *part, size_t n)
{
    static float at[4 * WIDTH * WIDTH];
    char full[100];
    snprintf(full, sizeof full, "%s.%s", name, part);
    const Tensor *t = safetensors_find(s, full);
    if (!t)
        fail_msg("there is no golden %s", full);
    assert_int_equal(t->count, n);
    tensor_read(s, t, at, n);
    return at;
}

static void close_to_golden(const Safetensors *s, const char *name,
                            const char *part, const float *got, size_t n)
{
    size_t worst;
    const float *want = golden(s, name, part, n);
    if (testing_wrong(got, want, n, 1e-6, &worst))
        fail_msg("%s.%s[%zu] is %.8g, PyTorch has %.8g", name, part, worst,
                 (double)got[worst], (double)want[worst]);
}

static Matrix *from_golden(Tape *t, const Safetensors *s, const char *name,
                           const char *part, int rows, int cols)
{
    Matrix *m =
        matrix_of(t, rows, cols, golden(s, name, part, (size_t)rows * cols));
    m->given = false;
    return m;
}

// Loads the parameters, runs the network, compares everything.
static void equals_pytorch(const char *name, Params *p,
                           Matrix *(*run)(const void *, Matrix *, LstmState *),
                           const void *cell, bool has_states)
{
    Safetensors s =
        safetensors_open("chapters/06-recurrent/golden/recurrent.safetensors");
    Tape *t = tape_new(0, 1);
    for (int i = 0; i < p->n; i++) {
        Matrix *m = &p->item[i]->m;
        const size_t n = (size_t)m->rows * m->cols;
        const char *part = strchr(p->item[i]->name, '.') + 1;
        memcpy(m->val, golden(&s, name, part, n), n * sizeof *m->val);
    }
    Matrix *x = from_golden(t, &s, name, "x", TOKENS, IN);
    x->seq = three;
    LstmState begin = {NULL, NULL};
    if (has_states) {
        begin.h = from_golden(t, &s, name, "h0", 3, WIDTH);
        begin.c = from_golden(t, &s, name, "c0", 3, WIDTH);
    }
    LstmState state = begin;
    Matrix *y = run(cell, x, &state);
    Matrix *by = from_golden(t, &s, name, "weights", TOKENS, WIDTH);
    Matrix *loss = mean(mul(y, by));
    backward(loss);
    close_to_golden(&s, name, "y", y->val, TOKENS * WIDTH);
    close_to_golden(&s, name, "loss", loss->val, 1);
    close_to_golden(&s, name, "grad.x", x->grad, TOKENS * IN);
    for (int i = 0; i < p->n; i++) {
        const Matrix *m = &p->item[i]->m;
        char part[100];
        snprintf(part, sizeof part, "grad.%s",
                 strchr(p->item[i]->name, '.') + 1);
        close_to_golden(&s, name, part, m->grad, (size_t)m->rows * m->cols);
    }
    if (has_states) {
        close_to_golden(&s, name, "h", state.h->val, 3 * WIDTH);
        close_to_golden(&s, name, "c", state.c->val, 3 * WIDTH);
        close_to_golden(&s, name, "grad.h0", begin.h->grad, 3 * WIDTH);
        close_to_golden(&s, name, "grad.c0", begin.c->grad, 3 * WIDTH);
    }
    tape_free(t);
    safetensors_close(&s);
}

static Matrix *run_rnn(const void *cell, Matrix *x, LstmState *unused)
{
    (void)unused;
    return rnn(cell, x);
}

static Matrix *run_gru(const void *cell, Matrix *x, LstmState *unused)
{
    (void)unused;
    return gru(cell, x);
}

static Matrix *run_lstm(const void *cell, Matrix *x, LstmState *state)
{
    return lstm(cell, x, state);
}

// The same by lstm_step, sequence by sequence, a row at a time.
static Matrix *run_by_steps(const void *cell, Matrix *x, LstmState *state)
{
    const Lstm *l = cell;
    const Spans seq = spans_of(x);
    Matrix *row[100], *h[100], *c[100];
    int n = 0;
    for (int i = 0; i < seq.n; i++) {
        LstmState now = {zeros(x->tape, 1, l->width),
                         zeros(x->tape, 1, l->width)};
        if (state && state->h)
            now = (LstmState){slice_rows(state->h, i, i + 1),
                              slice_rows(state->c, i, i + 1)};
        for (int r = seq.start[i]; r < seq.start[i + 1]; r++) {
            now = lstm_step(l, slice_rows(x, r, r + 1), now);
            row[n++] = now.h;
        }
        h[i] = now.h;
        c[i] = now.c;
    }
    if (state)
        *state = (LstmState){stack_rows(h, seq.n), stack_rows(c, seq.n)};
    return stack_rows(row, n);
}

static void rnn_equals_pytorch(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Rnn r = rnn_new(p, IN, WIDTH, "cell");
    equals_pytorch("rnn", p, run_rnn, &r, false);
    params_free(p);
}

static void gru_equals_pytorch(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Gru g = gru_new(p, IN, WIDTH, "cell");
    equals_pytorch("gru", p, run_gru, &g, false);
    params_free(p);
}

static void lstm_equals_pytorch(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        Params *p = params_new(1);
        Lstm l = lstm_new(p, IN, WIDTH, "cell");
        equals_pytorch("lstm", p, k ? run_by_steps : run_lstm, &l, true);
        params_free(p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rnn_equals_pytorch),
        cmocka_unit_test(gru_equals_pytorch),
        cmocka_unit_test(lstm_equals_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
