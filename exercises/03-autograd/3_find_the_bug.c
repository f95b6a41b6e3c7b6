// Find the bug: right for every example (30 minutes)
//
// Below is a backpropagation engine for single numbers, whole: it can add,
// multiply and take tanh, and `slopes` walks the record back. It was tried on
// a neuron, tanh(w1 x1 + w2 x2 + b), and all five gradients were right to the
// last digit. A great many examples later somebody asked for the slope of a + a
// and was told: 1.
//
// This is a true story, and it has a second part. When the first mistake had
// been mended, gradients grew from call to call, although nothing had changed.
//
// The rule that is broken is the chain rule for a value that is used in several
// places: every use contributes, and the contributions add up. Find the lines,
// and change as little as you can. The test tells you which formulas are wrong.
#include "3_find_the_bug.h"

#include "common/check.h"

#include <math.h>

static int new_value(Engine *e, Kind kind, double val, int a, int b)
{
    check(e->n < ENGINE_MOST, "the engine is full");
    e->value[e->n] = (Value){.kind = kind, .val = val, .a = a, .b = b};
    return e->n++;
}

int number(Engine *e, double val)
{
    return new_value(e, NUMBER, val, 0, 0);
}

int plus(Engine *e, int a, int b)
{
    return new_value(e, PLUS, e->value[a].val + e->value[b].val, a, b);
}

int times(Engine *e, int a, int b)
{
    return new_value(e, TIMES, e->value[a].val * e->value[b].val, a, b);
}

int squeeze(Engine *e, int a)
{
    return new_value(e, SQUEEZE, tanh(e->value[a].val), a, 0);
}

// TODO: everything is here, but it is not right.

// Hands the gradient of y on to what y was made from.
static void hand_on(Engine *e, const Value *y)
{
    Value *a = &e->value[y->a], *b = &e->value[y->b];
    switch (y->kind) {
    case NUMBER: // made from nothing
        break;
    case PLUS: // y = a + b
        a->grad = y->grad;
        b->grad = y->grad;
        break;
    case TIMES: // y = a b
        a->grad = b->val * y->grad;
        b->grad = a->val * y->grad;
        break;
    case SQUEEZE: // y = tanh a
        a->grad = (1 - y->val * y->val) * y->grad;
        break;
    }
}

void slopes(Engine *e, int of)
{
    e->value[of].grad = 1; // how fast it grows when it grows itself
    for (int i = of; i >= 0; i--)
        hand_on(e, &e->value[i]);
}
// END
