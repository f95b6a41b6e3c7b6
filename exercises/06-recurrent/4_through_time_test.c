// The way back in loops against the tape's.
#include "4_through_time.h"

#include "06-recurrent/cells.h"

#include "common/testing.h"

enum { T = 7, IN = 3, WIDTH = 4 };

typedef struct Case {
    Params *p;
    Rnn net;
    float x[T * IN], dy[T * WIDTH];
} Case;

static Case case_new(void)
{
    Case c = {.p = params_new(3)};
    c.net = rnn_new(c.p, IN, WIDTH, "net");
    for (size_t i = 0; i < c.p->count; i++)
        c.p->val[i] += 0.3f * rng_normal(&c.p->rng);
    for (int i = 0; i < T * IN; i++)
        c.x[i] = rng_normal(&c.p->rng);
    for (int i = 0; i < T * WIDTH; i++)
        c.dy[i] = rng_normal(&c.p->rng);
    return c;
}

// What the tape says of tokens first .. last if only dy of the last arrives,
// or, if all, dy of each: the loss is the sum of y * dy.
static void by_tape(Case *c, int first, int last, bool all, float *dx)
{
    Tape *t = tape_new(0, 1);
    const int n = last + 1 - first;
    // The state before `first` is not zero, but no gradient goes there.
    Matrix *h = matrix(t, 1, WIDTH);
    memset(h->val, 0, WIDTH * sizeof(float));
    if (first > 0) {
        Matrix *before = rnn(&c->net, matrix_of(t, first, IN, c->x));
        memcpy(h->val, before->val + (first - 1) * WIDTH,
               WIDTH * sizeof(float));
        t->last = NULL;
    }
    Matrix *x = matrix_of(t, n, IN, c->x + first * IN), *loss = NULL;
    x->given = false;
    for (int i = 0; i < n; i++) {
        h = rnn_step(&c->net, linear(slice_rows(x, i, i + 1), c->net.in), h);
        const float *dy = c->dy + (first + i) * WIDTH;
        if (!all && i < n - 1)
            continue;
        Matrix *part = scale(mean(mul(h, matrix_of(t, 1, WIDTH, dy))), WIDTH);
        loss = loss ? add(loss, part) : part;
    }
    backward(loss);
    for (int i = 0; i < n * IN; i++)
        dx[first * IN + i] += x->grad[i];
    tape_free(t);
}

static void near(const char *what, int reach, const float *got,
                 const float *want, int n)
{
    for (int i = 0; i < n; i++)
        if (!(fabsf(got[i] - want[i]) < 1e-4f))
            fail_msg("reach %d: number %d of the gradient of %s should be "
                     "%.5f, yours is %.5f",
                     reach, i, what, (double)want[i], (double)got[i]);
}

static void check_reach(int reach)
{
    Case c = case_new();
    float h[T * WIDTH], dx[T * IN], want[T * IN] = {0};
    float w[WIDTH * IN] = {0}, u[WIDTH * WIDTH] = {0}, b[WIDTH] = {0};
    const PlainWeights p = {c.net.in.w->val, c.net.again.w->val,
                            c.net.in.b->val};
    PlainWeights d = {w, u, b};
    for (int i = 0; i < T * IN; i++)
        dx[i] = 9; // to be written over, not added to
    plain_forward(T, IN, WIDTH, &p, c.x, h);
    plain_back(T, IN, WIDTH, &p, c.x, h, c.dy, reach, &d, dx);
    if (reach >= T)
        by_tape(&c, 0, T - 1, true, want);
    else
        for (int t = 0; t < T; t++)
            by_tape(&c, t + 1 > reach ? t + 1 - reach : 0, t, false, want);
    near("x", reach, dx, want, T * IN);
    near("w", reach, w, c.net.in.w->grad, WIDTH * IN);
    near("u", reach, u, c.net.again.w->grad, WIDTH * WIDTH);
    near("b", reach, b, c.net.in.b->grad, WIDTH);
    params_free(c.p);
}

static void the_whole_way(void **state)
{
    (void)state;
    check_reach(T);
    check_reach(100);
}

static void truncated(void **state)
{
    (void)state;
    check_reach(1);
    check_reach(3);
    check_reach(T - 1);
}

static void gradients_are_added(void **state)
{
    (void)state;
    Case c = case_new();
    float h[T * WIDTH], dx[T * IN];
    float w[WIDTH * IN] = {0}, u[WIDTH * WIDTH] = {0}, b[WIDTH] = {0};
    const PlainWeights p = {c.net.in.w->val, c.net.again.w->val,
                            c.net.in.b->val};
    PlainWeights d = {w, u, b};
    plain_forward(T, IN, WIDTH, &p, c.x, h);
    plain_back(T, IN, WIDTH, &p, c.x, h, c.dy, T, &d, dx);
    const float once[] = {w[0], u[0], b[0], dx[0]};
    plain_back(T, IN, WIDTH, &p, c.x, h, c.dy, T, &d, dx);
    const float twice[] = {w[0], u[0], b[0], dx[0]};
    for (int i = 0; i < 3; i++)
        if (!(once[i] != 0 && fabsf(twice[i] - 2 * once[i]) < 1e-4f))
            fail_msg("called twice, the gradient of %c[0] should be 2 x %.5f, "
                     "it is %.5f",
                     "wub"[i], (double)once[i], (double)twice[i]);
    if (!(fabsf(twice[3] - once[3]) < 1e-6f))
        fail_msg("called twice, the gradient of x[0] should be written over: "
                 "%.5f again, it is %.5f",
                 (double)once[3], (double)twice[3]);
    params_free(c.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_way),
        cmocka_unit_test(truncated),
        cmocka_unit_test(gradients_are_added),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
