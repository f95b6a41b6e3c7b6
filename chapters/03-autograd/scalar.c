// Backpropagation on single numbers; see scalar.h.
//
// Each operation computes its value at once and notes the function that will
// later hand the gradient back. Every back function is one line of the chain
// rule, and every one of them adds: a number that was used twice gets a
// gradient from both places.
#include "03-autograd/scalar.h"

#include <math.h>

Scalars scalars_new(void)
{
    return (Scalars){arena_new((size_t)1 << 32), NULL};
}

void scalars_reset(Scalars *t)
{
    arena_reset(&t->arena);
    t->last = NULL;
}

void scalars_free(Scalars *t)
{
    arena_free(&t->arena);
}

// A number made from a and b (either may be NULL), noted as the newest.
static Scalar *made(Scalars *t, double val, void (*back)(Scalar *), Scalar *a,
                    Scalar *b)
{
    Scalar *y = arena_take(&t->arena, 1, sizeof *y);
    *y = (Scalar){val, 0, back, {a, b}, t->last};
    t->last = y;
    return y;
}

Scalar *scalar(Scalars *t, double val)
{
    return made(t, val, NULL, NULL, NULL);
}

static void add_back(Scalar *y)
{
    y->in[0]->grad += y->grad; // y = a + b: dy/da = 1
    y->in[1]->grad += y->grad; // dy/db = 1
}

Scalar *scalar_add(Scalars *t, Scalar *a, Scalar *b)
{
    return made(t, a->val + b->val, add_back, a, b);
}

static void mul_back(Scalar *y)
{
    y->in[0]->grad += y->in[1]->val * y->grad; // y = a b: dy/da = b
    y->in[1]->grad += y->in[0]->val * y->grad; // dy/db = a
}

Scalar *scalar_mul(Scalars *t, Scalar *a, Scalar *b)
{
    return made(t, a->val * b->val, mul_back, a, b);
}

static void tanh_back(Scalar *y)
{
    // y = tanh a: dy/da = 1 - y^2
    y->in[0]->grad += (1 - y->val * y->val) * y->grad;
}

Scalar *scalar_tanh(Scalars *t, Scalar *a)
{
    return made(t, tanh(a->val), tanh_back, a, NULL);
}

void scalar_backward(Scalars *t, Scalar *loss)
{
    loss->grad = 1;
    // From last to first: when a number's turn comes, everything that was
    // made from it has already handed its gradient back.
    for (Scalar *y = t->last; y; y = y->before)
        if (y->back)
            y->back(y);
}
