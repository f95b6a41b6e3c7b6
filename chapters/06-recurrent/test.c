// Tests of 06-recurrent: the cells against PyTorch's and against slopes, the
// run against its steps, the laws of lock step, additive attention, the
// calendar and what is said of it, letters, the reader, and the program.
#include "common/testing.h"

#include "06-recurrent/additive.h"
#include "06-recurrent/cells.h"
#include "06-recurrent/dates.h"
#include "06-recurrent/distance.h"
#include "06-recurrent/letters.h"
#include "06-recurrent/lockstep.h"
#include "06-recurrent/lstm.h"
#include "06-recurrent/reader.h"

#include "common/check.h"
#include "common/gradcheck.h"
#include "common/safetensors.h"
#include "common/threads.h"

#include <stdio.h>
#include <stdlib.h>

// --- against PyTorch --------------------------------------------------------

// The sequences of golden/recurrent.py.
enum { IN = 5, WIDTH = 7, TOKENS = 11 };
static const int starts[] = {0, 4, 5, 11};
static const Spans three = {3, starts};

static void close_to_golden(const Safetensors *s, const char *name,
                            const char *part, const float *got, size_t n)
{
    char full[100];
    snprintf(full, sizeof full, "%s.%s", name, part);
    testing_close(full, got, testing_golden(s, n, "%s", full), n, 1e-6,
                  __FILE__, __LINE__);
}

static Matrix *from_golden(Tape *t, const Safetensors *s, const char *name,
                           const char *part, int rows, int cols)
{
    Matrix *m =
        matrix_of(t, rows, cols,
                  testing_golden(s, (size_t)rows * cols, "%s.%s", name, part));
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
        memcpy(m->val, testing_golden(&s, n, "%s.%s", name, part),
               n * sizeof *m->val);
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

// --- gradients against slopes -----------------------------------------------

typedef struct Under {
    Cell cell;
    Matrix *x, *by; // parameters too, so that their gradients are checked
    LstmState begin;
} Under;

static const int ragged_start[] = {0, 3, 3, 8, 9};
static const Spans ragged = {4, ragged_start};
enum { RAGGED = 9 };

static Matrix *loss_of(Tape *t, void *context)
{
    const Under *u = context;
    Matrix *x = on_tape(t, u->x);
    x->seq = ragged;
    LstmState s = u->begin;
    Matrix *y = u->cell.kind == LONG_SHORT ? lstm(&u->cell.lstm, x, &s)
                                           : cell_run(&u->cell, x);
    return mean(mul(y, u->by));
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        Params *p = params_new(3);
        Under u = {.cell = cell_new((CellKind)k, p, 3, 5, 1, 1)};
        u.x = param_normal(p, RAGGED, 3, 1, "x");
        u.by = param_normal(p, RAGGED, 5, 3, "by");
        if (k == LONG_SHORT)
            u.begin = (LstmState){param_normal(p, 4, 5, 1, "h0"),
                                  param_normal(p, 4, 5, 1, "c0")};
        GradError e = gradcheck(p, loss_of, &u, 1e-2, 20, 5);
        if (e.worst > 1e-3)
            fail_msg("cell %d: %s", k, e.where);
        params_free(p);
    }
}

// --- laws of lock step ------------------------------------------------------

static Matrix *noise(Tape *t, int rows, int cols, uint64_t seed)
{
    Rng r = rng_new(seed);
    Matrix *x = matrix(t, rows, cols);
    for (int i = 0; i < rows * cols; i++)
        x->val[i] = rng_normal(&r);
    return x;
}

static void the_longest_comes_first(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    Matrix *x = matrix(t, RAGGED, 2); // lengths 3, 0, 5, 1
    x->seq = ragged;
    Lockstep s = lockstep(x);
    const int who[] = {2, 0, 3, 1}, start[] = {0, 3, 5, 7, 8, 9};
    const int row[] = {3, 0, 8, 4, 1, 5, 2, 6, 7};
    assert_int_equal(s.steps, 5);
    assert_memory_equal(s.who, who, sizeof who);
    assert_memory_equal(s.start, start, sizeof start);
    assert_memory_equal(s.row, row, sizeof row);
    for (int i = 0; i < RAGGED; i++)
        assert_int_equal(s.place[s.row[i]], i);
    for (int k = 0; k < 5; k++)
        assert_int_equal(lockstep_alive(&s, k), start[k + 1] - start[k]);
    x->seq = (Spans){0}; // one sequence: the order it has
    s = lockstep(x);
    assert_int_equal(s.steps, RAGGED);
    for (int i = 0; i < RAGGED; i++)
        assert_int_equal(s.row[i], i);
    s = lockstep(matrix(t, 0, 2));
    assert_int_equal(s.steps, 0);
    tape_free(t);
}

static void packed_equals_alone(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        Params *p = params_new(4);
        Cell c = cell_new((CellKind)k, p, 3, 13, 1, 1);
        Tape *t = tape_new(0, 1);
        Matrix *x = noise(t, RAGGED, 3, 9);
        x->seq = ragged;
        Matrix *all = cell_run(&c, x);
        assert_int_equal(all->seq.n, 4);
        for (int i = 0; i < 4; i++) {
            const int from = ragged_start[i], n = ragged_start[i + 1] - from;
            Matrix *one = cell_run(&c, matrix_of(t, n, 3, x->val + from * 3));
            assert_int_equal(one->rows, n);
            // One row is another kernel than several: the last digit differs.
            assert_close(one->val, all->val + from * 13, n * 13, 1e-6);
        }
        assert_int_equal(cell_run(&c, matrix(t, 0, 3))->rows, 0);
        tape_free(t);
        params_free(p);
    }
}

static void the_future_does_not_matter_and_the_past_does(void **state)
{
    (void)state;
    for (int k = 0; k < 3; k++) {
        Params *p = params_new(4);
        Cell c = cell_new((CellKind)k, p, 3, 13, 1, 1);
        Tape *t = tape_new(0, 1);
        Matrix *x = noise(t, RAGGED, 3, 9), *y = noise(t, RAGGED, 3, 9);
        x->seq = y->seq = ragged;
        y->val[5 * 3] += 1; // the third token of sequence 2, rows 3 to 7
        const float *a = cell_run(&c, x)->val, *b = cell_run(&c, y)->val;
        for (int r = 0; r < RAGGED; r++)
            if (r < 5 || r > 7)
                assert_memory_equal(a + r * 13, b + r * 13, 13 * sizeof *a);
            else
                assert_memory_not_equal(a + r * 13, b + r * 13, 13 * sizeof *a);
        tape_free(t);
        params_free(p);
    }
}

static void a_state_carried_on_equals_one_run(void **state)
{
    (void)state;
    enum { N = 3, T = 11, D = 7 };
    Params *p = params_new(4);
    Lstm l = lstm_new(p, 2, D, "cell");
    Tape *t = tape_new(0, 1);
    Matrix *x = noise(t, N * T, 2, 9);
    x->seq = (Spans){N, (int[]){0, T, 2 * T, 3 * T}};
    const float *want = lstm(&l, x, NULL)->val;
    const int cut[] = {0, 4, 4, 5, T}; // one of the pieces is empty
    LstmState s = {NULL, NULL};
    for (int k = 0; k < 4; k++) {
        const int n = cut[k + 1] - cut[k];
        Matrix *piece = matrix(t, N * n, 2);
        for (int i = 0; i < N; i++)
            if (n > 0)
                memcpy(piece->val + i * n * 2, x->val + (i * T + cut[k]) * 2,
                       n * 2 * sizeof(float));
        piece->seq = (Spans){N, (int[]){0, n, 2 * n, 3 * n}};
        const float *got = lstm(&l, piece, &s)->val;
        for (int i = 0; i < N; i++)
            assert_close(got + i * n * D, want + (i * T + cut[k]) * D, n * D,
                         1e-6);
        assert_true(s.h->given && s.c->given);
    }
    assert_close(s.h->val + D, want + (2 * T - 1) * D, D, 1e-6);
    tape_free(t);
    params_free(p);
}

static void threads_do_not_matter(void **state)
{
    (void)state;
    enum { N = 40, T = 9, D = 67 };
    float *grads[3], *vals[3];
    const int threads[] = {1, 2, 7}, before = threads_count();
    for (int k = 0; k < 3; k++) {
        threads_set(threads[k]);
        Params *p = params_new(4);
        Lstm l = lstm_new(p, 31, D, "cell");
        Tape *t = tape_new(0, 1);
        Matrix *x = noise(t, N * T, 31, 9);
        int start[N + 1];
        for (int i = 0; i <= N; i++)
            start[i] = i * T;
        x->seq = (Spans){N, start};
        Matrix *y = lstm(&l, x, NULL);
        Matrix *v = on_tape(t, param_normal(p, 1, D, 1, "v"));
        Matrix *z = additive(last_rows(y), y, y, v, NULL);
        backward(mean(mul(z, noise(t, N, D, 5))));
        vals[k] = new_array(p->count, sizeof(float));
        grads[k] = new_array(p->count, sizeof(float));
        memcpy(vals[k], y->val, D * sizeof(float));
        memcpy(grads[k], p->grad, p->count * sizeof(float));
        if (k > 0) {
            assert_memory_equal(vals[0], vals[k], p->count * sizeof(float));
            assert_memory_equal(grads[0], grads[k], p->count * sizeof(float));
        }
        tape_free(t);
        params_free(p);
    }
    for (int k = 0; k < 3; k++) {
        free(vals[k]);
        free(grads[k]);
    }
    threads_set(before);
}

static void rows_are_picked_as_said(void **state)
{
    (void)state;
    Tape *t = tape_new(0, 1);
    Matrix *x = matrix_of(t, 5, 1, (float[]){0, 1, 2, 3, 4});
    x->seq = (Spans){2, (int[]){0, 2, 5}};
    const float back[] = {1, 0, 4, 3, 2}, last[] = {1, 4};
    assert_memory_equal(reversed(x)->val, back, sizeof back);
    assert_memory_equal(last_rows(x)->val, last, sizeof last);
    Matrix *parts[] = {x, zeros(t, 0, 1), slice_rows(x, 3, 5)};
    const float all[] = {0, 1, 2, 3, 4, 3, 4};
    Matrix *y = stack_rows(parts, 3);
    assert_int_equal(y->rows, 7);
    assert_memory_equal(y->val, all, sizeof all);
    tape_free(t);
}

static void empty_sequence_has_no_last_row(void *unused)
{
    (void)unused;
    Tape *t = tape_new(0, 1);
    Matrix *x = matrix(t, RAGGED, 2);
    x->seq = ragged;
    last_rows(x);
}

static void wrong_state(void *unused)
{
    (void)unused;
    Params *p = params_new(1);
    Lstm l = lstm_new(p, 2, 3, "cell");
    Tape *t = tape_new(0, 1);
    LstmState s = {zeros(t, 2, 3), zeros(t, 2, 3)};
    lstm(&l, zeros(t, 4, 2), &s);
}

static void mistakes_are_refused(void **state)
{
    (void)state;
    assert_dies(empty_sequence_has_no_last_row, NULL, 128 + 6,
                "sequence 1 is empty");
    assert_dies(wrong_state, NULL, 128 + 6,
                "1 sequences of width 3 begin with a state of 2 x 3");
}

// Forwards in the left half; in the right half what was read from the end.
static void both_directions(void **state)
{
    (void)state;
    Params *p = params_new(4);
    Lstm a = lstm_new(p, 2, 3, "a"), b = lstm_new(p, 2, 3, "b");
    Tape *t = tape_new(0, 1);
    Matrix *x = noise(t, RAGGED, 2, 9), *y;
    x->seq = ragged;
    Matrix *both = lstm_both(&a, &b, x);
    assert_int_equal(both->cols, 6);
    y = lstm(&a, x, NULL);
    assert_memory_equal(both->val + 4 * 6, y->val + 4 * 3, 3 * sizeof(float));
    // Row 3 is the first of its sequence: from the end, all five were read.
    Matrix *turned = matrix(t, 5, 2);
    for (int i = 0; i < 5; i++)
        memcpy(turned->val + 2 * i, x->val + 2 * (7 - i), 2 * sizeof(float));
    y = lstm(&b, turned, NULL);
    assert_close(both->val + 3 * 6 + 3, y->val + 4 * 3, 3, 1e-6);
    tape_free(t);
    params_free(p);
}

// --- the gradient over a distance -------------------------------------------

// A plain network of width 1 with tiny weights is nearly linear: each step
// multiplies the gradient by the one recurrent weight.
static void a_gradient_shrinks_by_the_weight(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Cell c = cell_new(PLAIN, p, 1, 1, 1, 0);
    c.rnn.in.w->val[0] = 1e-3f;
    c.rnn.again.w->val[0] = 0.5f;
    double norm[9];
    gradient_over_distance(&c, 1, 8, 3, norm);
    for (int k = 0; k < 8; k++)
        if (!(fabs(norm[k + 1] / norm[k] - 0.5) < 1e-4))
            fail_msg("step %d multiplies by %.6f, expected 0.5", k + 1,
                     norm[k + 1] / norm[k]);
    params_free(p);
}

static void a_gate_that_keeps_keeps_the_gradient(void **state)
{
    (void)state;
    double near[31], far[31];
    for (int k = 0; k < 2; k++) {
        Params *p = params_new(1);
        Cell c = cell_new(LONG_SHORT, p, 5, 17, 1, k ? 3 : -1);
        gradient_over_distance(&c, 5, 30, 3, k ? far : near);
        params_free(p);
    }
    assert_true(near[30] < 1e-6 * near[0]);
    assert_true(far[30] > 1e-2 * far[0]);
}

static void an_lstm_learns_to_recall(void **state)
{
    (void)state;
    Recall m = recall_new(LONG_SHORT, 20, 3, 1);
    const double before = recall_train(&m, 5, 1, 1);
    const double after = recall_train(&m, 5, 200, 1);
    if (!(before < 0.4 && after > 0.9))
        fail_msg("right %.2f at first, %.2f after training", before, after);
    recall_free(&m);
}

// --- additive attention -----------------------------------------------------

typedef struct Looking {
    Matrix *q, *k, *x, *v, *by;
} Looking;

static Matrix *looking_loss(Tape *t, void *context)
{
    const Looking *l = context;
    Matrix *k = on_tape(t, l->k);
    k->seq = ragged;
    return mean(mul(additive(l->q, k, l->x, l->v, NULL), l->by));
}

static Looking looking_new(Params *p)
{
    return (Looking){
        param_normal(p, 4, 5, 1, "q"), param_normal(p, RAGGED, 5, 1, "k"),
        param_normal(p, RAGGED, 3, 1, "x"), param_normal(p, 1, 5, 1, "v"),
        param_normal(p, 4, 3, 2, "by")};
}

static void additive_gradients_are_slopes(void **state)
{
    (void)state;
    Params *p = params_new(2);
    Looking l = looking_new(p);
    GradError e = gradcheck(p, looking_loss, &l, 1e-2, 50, 5);
    if (e.worst > 1e-3)
        fail_msg("%s", e.where);
    params_free(p);
}

static void a_batch_looks_as_each_one_alone(void **state)
{
    (void)state;
    Params *p = params_new(2);
    Looking l = looking_new(p);
    Tape *t = tape_new(0, 1);
    Matrix *k = on_tape(t, l.k);
    k->seq = ragged;
    float w[RAGGED];
    const float *y = additive(l.q, k, l.x, l.v, w)->val;
    for (int i = 0; i < 4; i++) {
        const int from = ragged_start[i], n = ragged_start[i + 1] - from;
        Matrix *one =
            additive_one(matrix_of(t, 1, 5, l.q->val + 5 * i),
                         matrix_of(t, n, 5, l.k->val + 5 * from),
                         matrix_of(t, n, 3, l.x->val + 3 * from), l.v);
        assert_close(y + 3 * i, one->val, 3, 1e-6);
        float sum = 0;
        for (int r = from; r < from + n; r++)
            sum += w[r];
        assert_true(fabsf(sum - (n > 0)) < 1e-6f);
    }
    tape_free(t);
    params_free(p);
}

// --- dates ------------------------------------------------------------------

static void the_calendar_is_right(void **state)
{
    (void)state;
    assert_int_equal(date_weekday((Date){2000, 1, 1}), 6);
    assert_int_equal(date_weekday((Date){1969, 7, 20}), 0);
    assert_int_equal(date_weekday((Date){1994, 3, 3}), 4);
    assert_int_equal(date_weekday((Date){2024, 2, 29}), 4);
    assert_int_equal(date_weekday((Date){1900, 3, 1}), 4);
    Rng r = rng_new(5);
    int leap = 0, held = 0;
    for (int i = 0; i < 30000; i++) {
        const Date d = date_random(&r, i % 2);
        assert_int_equal(date_held_out(d), i % 2);
        assert_true(d.year >= FIRST_YEAR && d.year <= LAST_YEAR);
        assert_true(d.day <= 31 && (d.month != 2 || d.day <= 29));
        leap += d.month == 2 && d.day == 29;
        if (d.month == 2 && d.day == 29)
            assert_true(d.year % 4 == 0 && d.year != 1900);
    }
    assert_true(leap > 5);
    bool turn = false; // 2000 was a leap year
    for (int i = 0; i < 300000 && !turn; i++) {
        const Date d = date_random(&r, date_held_out((Date){2000, 2, 29}));
        turn = d.year == 2000 && d.month == 2 && d.day == 29;
    }
    assert_true(turn);
    for (int month = 1; month <= 12; month++)
        for (int day = 1; day <= 28; day++)
            held += date_held_out((Date){1977, month, day});
    assert_true(held > 15 && held < 55); // of 336, about a tenth
}

// Every date in many forms; what was said is remembered with its ISO form. No
// two dates may be said alike.
static void a_saying_has_one_reading(void **state)
{
    (void)state;
    enum { SAYINGS = 60000 };
    Rng r = rng_new(6);
    Vocab said = vocab_new();
    char(*meant)[ISO_SIGNS + 1] = new_array(SAYINGS, sizeof *meant);
    int again = 0;
    for (int i = 0; i < SAYINGS; i++) {
        Date d = date_random(&r, false);
        // Few dates, so that they come again, in two centuries.
        d.year = 1925 + d.year % 12 + 100 * rng_below(&r, 2);
        d.day = 1 + d.day % 28;
        char iso[ISO_SIGNS + 1];
        Buffer b = {0};
        date_iso(d, iso);
        date_say(&r, d, &b);
        const int known = vocab_find(&said, (Text){b.at, b.length});
        if (known < 0)
            memcpy(meant[vocab_add(&said, (Text){b.at, b.length})], iso,
                   sizeof iso);
        else {
            again++;
            if (strcmp(meant[known], iso) != 0)
                fail_msg("\"%s\" means %s and %s", b.at, meant[known], iso);
        }
        buffer_free(&b);
    }
    assert_true(said.n > 10000 && again > 1000);
    free(meant);
    vocab_free(&said);
}

static void every_form_is_said(void **state)
{
    (void)state;
    const char *want[] = {
        "the third of march nineteen ninety - four",
        "march 3 rd , 1 9 9 4",
        "3 mar ' 9 4",
        "thursday , 3 . 3 . 1 9 9 4",
        "3 / mar / 1 9 9 4",
        "1 9 9 4 / 0 3 / 0 3",
        "mar third , 9 4",
    };
    bool met[sizeof want / sizeof *want] = {0};
    Rng r = rng_new(7);
    for (int i = 0; i < 5000; i++) {
        Buffer b = {0};
        date_say(&r, (Date){1994, 3, 3}, &b);
        for (size_t k = 0; k < sizeof want / sizeof *want; k++)
            met[k] = met[k] || strcmp(b.at, want[k]) == 0;
        buffer_free(&b);
    }
    for (size_t k = 0; k < sizeof want / sizeof *want; k++)
        if (!met[k])
            fail_msg("nobody says \"%s\"", want[k]);
}

static void years_in_words(void **state)
{
    (void)state;
    const struct {
        int year;
        const char *words;
    } want[] = {{1900, "nineteen hundred"},         {1905, "nineteen oh five"},
                {1911, "nineteen eleven"},          {2000, "two thousand"},
                {2007, "two thousand and seven"},   {2020, "twenty twenty"},
                {2031, "two thousand thirty - one"}};
    Rng r = rng_new(8);
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        bool met = false;
        for (int i = 0; i < 2000; i++) {
            Buffer b = {0};
            date_say(&r, (Date){want[k].year, 5, 20}, &b);
            const size_t n = strlen(want[k].words);
            met = met || (b.length > n &&
                          strcmp(b.at + b.length - n, want[k].words) == 0 &&
                          b.at[b.length - n - 1] == ' ');
            assert_null(strstr(b.at, "twentyth"));
            buffer_free(&b);
        }
        if (!met)
            fail_msg("%d is never \"%s\"", want[k].year, want[k].words);
    }
}

static void text_is_cut_into_tokens(void **state)
{
    (void)state;
    const char *want[] = {"on", "march", "3", "rd", ",", "'", "9", "4", "x"};
    char word[32];
    Text t = text_of("  On MARCH 3rd,'94\tx ");
    for (int i = 0; i < 9; i++) {
        assert_true(date_token(&t, word));
        assert_string_equal(word, want[i]);
    }
    assert_false(date_token(&t, word));
    char many[100];
    memset(many, 'a', sizeof many);
    t = (Text){many, sizeof many};
    assert_true(date_token(&t, word)); // one long word, cut
    assert_int_equal(strlen(word), 31);
    assert_false(date_token(&t, word));
    t = text_of("m\u00e4rz"); // a character is one token, whole
    assert_true(date_token(&t, word) && date_token(&t, word));
    assert_string_equal(word, "\u00e4");
}

// --- letters ----------------------------------------------------------------

static void lines_become_letters_and_answers(void **state)
{
    (void)state;
    const Text text = text_of("ab\n\nbca\r\nb");
    Lines lines = lines_of(text);
    assert_int_equal(lines.n, 3);
    Letters l = letters_of(text);
    assert_int_equal(l.n, 4); // the end of "bca\r\n" is no letter more
    Arena a = arena_new(1 << 16);
    Spelt x = spelt_lines(&l, &a, lines.line, 3);
    const int id[] = {0, 1, 2, 0, 2, 3, 1, 0, 2};
    const int next[] = {1, 2, 0, 2, 3, 1, 0, 2, 0}, start[] = {0, 3, 7, 9};
    assert_int_equal(x.text.n, 9);
    assert_memory_equal(x.text.id, id, sizeof id);
    assert_memory_equal(x.next, next, sizeof next);
    assert_memory_equal(x.text.seq.start, start, sizeof start);
    const int running[] = {5, 6, 7, 8, 9, 10, 11, 12, 13};
    x = spelt_streams(&a, running, 9, 2, 2, 1);
    const int piece[] = {6, 7, 10, 11}, after[] = {7, 8, 11, 12};
    assert_memory_equal(x.text.id, piece, sizeof piece);
    assert_memory_equal(x.next, after, sizeof after);
    free(lines.line);
    arena_free(&a);
    Buffer w = lines_of_words(text_of("The cat, the Dog and THE cat's"));
    assert_string_equal(w.at, "the\ncat\ndog\nand\ns\n");
    buffer_free(&w);
}

static void an_lstm_learns_to_spell(void **state)
{
    (void)state;
    const Text text = text_of("abc\nabcabc\n");
    Letters l = letters_of(text);
    Lines lines = lines_of(text);
    Speller m = speller_new(LONG_SHORT, &l, 12, 1);
    Adam adam = adam_new(m.params, 0.9f, 0.99f, 1e-8f, 0);
    Tape *t = tape_new(0, 1);
    const double before = speller_bits(&m, &lines);
    for (int i = 0; i < 150; i++) {
        Spelt x = spelt_lines(&l, &t->arena, lines.line, 2);
        backward(speller_loss(&m, t, x, NULL));
        adam_step(&adam, 1e-2f);
        tape_reset(t);
    }
    // Only after the first abc is there anything to guess: one bit in 11.
    const double after = speller_bits(&m, &lines);
    if (!(before > 1.5 && after < 0.25 && after > 1.0 / 11))
        fail_msg("%.3f bits at first, %.3f after training", before, after);
    Buffer b = {0};
    Rng r = rng_new(3);
    for (int i = 0; i < 8; i++) {
        b.length = 0;
        speller_write(&m, &r, text_of("\na"), 9, 0.2f, &b);
        assert_memory_equal(b.at, "bc", 2);
        assert_true(b.length <= 9);
    }
    buffer_free(&b);
    free(lines.line);
    adam_free(&adam);
    tape_free(t);
    speller_free(&m);
}

static void a_strange_letter(void *unused)
{
    (void)unused;
    Letters l = letters_of(text_of("abc"));
    Arena a = arena_new(1 << 16);
    spelt_lines(&l, &a, &(Text){"abd", 3}, 1);
}

static void strange_letters_are_refused(void **state)
{
    (void)state;
    assert_dies(a_strange_letter, NULL, 1, "the byte 100 is no letter");
}

// --- the reader -------------------------------------------------------------

static void a_batch_of_dates_stands_step_by_step(void **state)
{
    (void)state;
    Reader m = reader_new(true, 8, 1);
    Arena a = arena_new(1 << 20);
    Rng r = rng_new(3);
    Dated d = dated_new(&m, &a, &r, 5, 1, true, false);
    assert_int_equal(d.text.seq.n, 5);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(d.output[4 * 5 + i], DASH);
        assert_int_equal(d.input[i], BEGIN);
        assert_true(d.output[i] == 1 || d.output[i] == 2); // the century
        assert_true(d.text.seq.start[i + 1] - d.text.seq.start[i] >= 10);
        for (int t = 1; t < ISO_SIGNS; t++)
            assert_int_equal(d.input[t * 5 + i], d.output[(t - 1) * 5 + i]);
    }
    for (int i = 0; i < d.text.n; i++)
        assert_true(d.text.id[i] > 0); // every word is known
    Tokens x = reader_words(&m, &a, text_of("march of the Xylophones"));
    assert_int_equal(x.n, 4);
    assert_true(x.id[0] > 0 && x.id[1] > 0 && x.id[3] == 0);
    arena_free(&a);
    reader_free(&m);
}

// Given its own answers the decoder says the same as when it reads.
static void reading_equals_being_told_the_same(void **state)
{
    (void)state;
    for (int attends = 0; attends < 2; attends++) {
        Reader m = reader_new(attends, 8, 1);
        Tape *t = tape_new(0, 1);
        Rng r = rng_new(3);
        Dated d = dated_new(&m, &t->arena, &r, 7, 2, false, true);
        int signs[ISO_SIGNS * 7], input[ISO_SIGNS * 7];
        float *w = arena_take(&t->arena, ISO_SIGNS * d.text.n, sizeof *w);
        reader_read(&m, t, d.text, signs, attends ? w : NULL);
        for (int k = 0; k < ISO_SIGNS * 7; k++)
            input[k] = k < 7 ? BEGIN : signs[k - 7];
        const Matrix *a = reader_logits(&m, t, d.text, input, NULL);
        const Matrix *b = reader_logits(&m, t, d.text, NULL, NULL);
        assert_memory_equal(a->val, b->val, ISO_SIGNS * 7 * SIGNS * 4);
        for (int k = 0; attends && k < ISO_SIGNS; k++) {
            float sum = 0;
            for (int i = d.text.seq.start[3]; i < d.text.seq.start[4]; i++)
                sum += w[k * d.text.n + i];
            assert_true(fabsf(sum - 1) < 1e-5f);
        }
        tape_free(t);
        reader_free(&m);
    }
}

static void zero(Lstm *l)
{
    memset(l->in.w->val, 0, 4 * 8 * 4 * sizeof(float));
    memset(l->in.b->val, 0, 4 * 8 * sizeof(float));
    memset(l->again.w->val, 0, 4 * 8 * 8 * sizeof(float));
}

// With one direction silenced, the other must have read the first word and the
// last, or the summary was taken from the wrong end.
static void the_summary_has_read_the_whole_text(void **state)
{
    (void)state;
    for (int silent = 0; silent < 2; silent++) {
        Reader m = reader_new(false, 8, 1);
        zero(silent ? &m.forth : &m.back);
        Tape *t = tape_new(0, 1);
        int id[] = {5, 6, 7, 8, 9, 10, 11}, start[] = {0, 3, 7};
        const Tokens text = {7, id, {2, start}};
        const float *y = reader_logits(&m, t, text, NULL, NULL)->val;
        for (int k = 3; k < 7; k += 3) { // of the second text
            id[k] = 20;
            const float *z = reader_logits(&m, t, text, NULL, NULL)->val;
            assert_memory_equal(y, z, SIGNS * sizeof *y);
            assert_memory_not_equal(y + SIGNS, z + SIGNS, SIGNS * sizeof *y);
            id[k] = 5 + k;
        }
        tape_free(t);
        reader_free(&m);
    }
}

typedef struct ReaderUnder {
    Reader m;
    Dated d;
} ReaderUnder;

static Matrix *reader_loss(Tape *t, void *context)
{
    const ReaderUnder *u = context;
    return cross_entropy(reader_logits(&u->m, t, u->d.text, u->d.input, NULL),
                         u->d.output, 0);
}

static void the_whole_readers_gradients_are_slopes(void **state)
{
    (void)state;
    for (int attends = 0; attends < 2; attends++) {
        ReaderUnder u = {.m = reader_new(attends, 6, 2)};
        Arena a = arena_new(1 << 20);
        Rng r = rng_new(4);
        u.d = dated_new(&u.m, &a, &r, 3, 1, false, false);
        GradError e = gradcheck(u.m.params, reader_loss, &u, 1e-2, 4, 6);
        if (e.worst > 2e-3)
            fail_msg("attends %d: %s", attends, e.where);
        arena_free(&a);
        reader_free(&u.m);
    }
}

// --- the program ------------------------------------------------------------

static void names_are(const char *content, const char *want)
{
    testing_dir("06-names");
    testing_write("names.txt", content);
    assert_refused(1, want, "06-recurrent --quick --data $HERE");
}

static void bad_input_gets_one_line(void **state)
{
    (void)state;
    char said[8000];
    names_are("", "0 lines, at least 20 are needed");
    names_are("anna\nbert\n", "2 lines, at least 20 are needed");
    char longer[400] = "";
    for (int i = 0; i < 70; i++)
        strcat(longer, i == 7 ? "n" : "anna\n");
    memset(longer + 36, 'x', 100);
    names_are(longer, "at most 60 are expected");
    assert_refused(1, "make data NAME=names",
                   "06-recurrent --quick --data build/nowhere");
    assert_refused(2, "--sped", "06-recurrent --sped");
    assert_refused(2, "a text of 0 words", "06-recurrent --read ' '");
    assert_refused(2, "a text of 401 words",
                   "06-recurrent --read \"$(printf '%%0401d' 0)\"");
    assert_int_equal(testing_run(said, sizeof said, "06-recurrent --help"), 0);
    assert_non_null(strstr(said, "--read TEXT"));
}

static void a_new_lstm_remembers(void **state)
{
    (void)state;
    Params *p = params_new(1);
    Lstm l = lstm_new(p, 2, 3, "cell");
    const float want[] = {0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0};
    assert_memory_equal(l.in.b->val, want, sizeof want);
    lstm_forget_bias(&l, 4);
    assert_true(l.in.b->val[2] == 0 && l.in.b->val[3] == 4 &&
                l.in.b->val[5] == 4 && l.in.b->val[6] == 0);
    params_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rnn_equals_pytorch),
        cmocka_unit_test(gru_equals_pytorch),
        cmocka_unit_test(lstm_equals_pytorch),
        cmocka_unit_test(a_new_lstm_remembers),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(the_longest_comes_first),
        cmocka_unit_test(packed_equals_alone),
        cmocka_unit_test(the_future_does_not_matter_and_the_past_does),
        cmocka_unit_test(a_state_carried_on_equals_one_run),
        cmocka_unit_test(threads_do_not_matter),
        cmocka_unit_test(rows_are_picked_as_said),
        cmocka_unit_test(mistakes_are_refused),
        cmocka_unit_test(both_directions),
        cmocka_unit_test(a_gradient_shrinks_by_the_weight),
        cmocka_unit_test(a_gate_that_keeps_keeps_the_gradient),
        cmocka_unit_test(an_lstm_learns_to_recall),
        cmocka_unit_test(additive_gradients_are_slopes),
        cmocka_unit_test(a_batch_looks_as_each_one_alone),
        cmocka_unit_test(the_calendar_is_right),
        cmocka_unit_test(a_saying_has_one_reading),
        cmocka_unit_test(every_form_is_said),
        cmocka_unit_test(years_in_words),
        cmocka_unit_test(text_is_cut_into_tokens),
        cmocka_unit_test(lines_become_letters_and_answers),
        cmocka_unit_test(an_lstm_learns_to_spell),
        cmocka_unit_test(strange_letters_are_refused),
        cmocka_unit_test(a_batch_of_dates_stands_step_by_step),
        cmocka_unit_test(reading_equals_being_told_the_same),
        cmocka_unit_test(the_summary_has_read_the_whole_text),
        cmocka_unit_test(the_whole_readers_gradients_are_slopes),
        cmocka_unit_test(bad_input_gets_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
