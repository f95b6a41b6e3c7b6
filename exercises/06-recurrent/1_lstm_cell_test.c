// A step against the equations in loops, then against what gates are for.
#include "06-recurrent/lstm.h"

#include "common/gradcheck.h"
#include "common/testing.h"

enum { N = 3, IN = 2, H = 5 };

static void fill(float *x, int n, uint64_t seed)
{
    Rng r = rng_new(seed);
    for (int i = 0; i < n; i++)
        x[i] = rng_normal(&r);
}

static Matrix *rows(Tape *t, int cols, uint64_t seed)
{
    Matrix *m = matrix(t, N, cols);
    fill(m->val, N * cols, seed);
    return m;
}

// Number `j` of block `part` of z, for row n.
static double z_at(const Lstm *l, const Matrix *x, const Matrix *h, int n,
                   int part, int j)
{
    const int row = part * H + j;
    double z = (double)l->in.b->val[row];
    for (int k = 0; k < IN; k++)
        z += (double)l->in.w->val[row * IN + k] * (double)x->val[n * IN + k];
    for (int k = 0; k < H; k++)
        z += (double)l->again.w->val[row * H + k] * (double)h->val[n * H + k];
    return z;
}

static double squash(double z)
{
    return 1 / (1 + exp(-z));
}

static void near(const char *what, const Matrix *got, int n, int j, double want)
{
    if (got->rows != N || got->cols != H)
        fail_msg("%s should be %d x %d, it is %d x %d", what, N, H, got->rows,
                 got->cols);
    const double x = (double)got->val[n * H + j];
    if (!(fabs(x - want) < 1e-5))
        fail_msg("%s of sequence %d, number %d should be %.5f, yours is %.5f",
                 what, n, j, want, x);
}

static void one_step(void **state)
{
    (void)state;
    Params *p = params_new(1);
    const Lstm l = lstm_new(p, IN, H, "cell");
    fill(l.in.b->val, 4 * H, 5);
    Tape *t = tape_new(0, 1);
    Matrix *x = rows(t, IN, 2);
    const LstmState s = {rows(t, H, 3), rows(t, H, 4)};
    const LstmState y = lstm_step(&l, x, s);
    for (int n = 0; n < N; n++)
        for (int j = 0; j < H; j++) {
            const double i = squash(z_at(&l, x, s.h, n, 0, j));
            const double f = squash(z_at(&l, x, s.h, n, 1, j));
            const double g = tanh(z_at(&l, x, s.h, n, 2, j));
            const double o = squash(z_at(&l, x, s.h, n, 3, j));
            const double c = f * (double)s.c->val[n * H + j] + i * g;
            near("the cell", y.c, n, j, c);
            near("the state", y.h, n, j, o * tanh(c));
        }
    tape_free(t);
    params_free(p);
}

// f = 1 and i = 0: the cell goes through untouched, and so does its gradient.
static void a_cell_that_keeps(void **state)
{
    (void)state;
    Params *p = params_new(1);
    const Lstm l = lstm_new(p, IN, H, "cell");
    for (int j = 0; j < H; j++) {
        l.in.b->val[j] = -60;
        l.in.b->val[H + j] = 60;
    }
    Tape *t = tape_new(0, 1);
    LstmState s = {rows(t, H, 3), rows(t, H, 4)};
    Matrix *c0 = s.c;
    c0->given = false;
    for (int k = 0; k < 10; k++)
        s = lstm_step(&l, rows(t, IN, 10 + (uint64_t)k), s);
    for (int n = 0; n < N; n++)
        for (int j = 0; j < H; j++)
            near("the cell after 10 steps that keep", s.c, n, j,
                 (double)c0->val[n * H + j]);
    backward(mean(s.c));
    for (int i = 0; i < N * H; i++)
        if (!c0->grad || !(fabsf(c0->grad[i] - 1.0f / (N * H)) < 1e-5f))
            fail_msg("through 10 steps that keep, the gradient of the first "
                     "cell should be %.5f, it is %.5f",
                     1.0 / (N * H), c0->grad ? (double)c0->grad[i] : 0.0);
    tape_free(t);
    params_free(p);
}

typedef struct Made {
    Lstm l;
    Matrix *x, *h, *c;
} Made;

// Two steps, so that the state and the cell of the first are used again.
static Matrix *loss_of(Tape *t, void *context)
{
    const Made *m = context;
    LstmState s = {on_tape(t, m->h), on_tape(t, m->c)};
    Matrix *x = on_tape(t, m->x);
    s = lstm_step(&m->l, x, lstm_step(&m->l, x, s));
    return mean(mul(s.h, add(s.h, s.c)));
}

static void every_gradient_is_a_slope(void **state)
{
    (void)state;
    Params *p = params_new(4);
    Made m = {.l = lstm_new(p, IN, H, "cell")};
    m.x = param_normal(p, N, IN, 1, "x");
    m.h = param_normal(p, N, H, 1, "h");
    m.c = param_normal(p, N, H, 1, "c");
    GradError e = gradcheck(p, loss_of, &m, 1e-2, 30, 1);
    params_free(p);
    if (!(e.worst < 2e-4))
        fail_msg("two steps, each number moved a little to both sides: at %s",
                 e.where);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_step),
        cmocka_unit_test(a_cell_that_keeps),
        cmocka_unit_test(every_gradient_is_a_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
