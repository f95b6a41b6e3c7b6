// Gradients against slopes; see gradcheck.h.
#include "common/gradcheck.h"

#include "common/check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// The loss at the parameters as they are, with the same random numbers each
// time.
static double loss_at(Tape *t, LossOf loss, void *context, uint64_t seed)
{
    tape_reset(t);
    t->rng = rng_new(seed);
    Matrix *l = loss(t, context);
    check(l->rows == 1 && l->cols == 1, "a loss is 1 x 1, not %d x %d", l->rows,
          l->cols);
    return l->val[0];
}

GradError gradcheck(Params *p, LossOf loss, void *context, double h,
                    int samples, uint64_t seed)
{
    GradError e = {.worst = 0, .where = "nothing was compared"};
    Tape *t = tape_new(0, seed);
    Rng rng = rng_new(seed);
    params_clear(p);
    tape_reset(t);
    t->rng = rng_new(seed);
    backward(loss(t, context));

    for (int i = 0; i < p->n; i++) {
        Matrix *m = &p->item[i]->m;
        const int n = m->rows * m->cols;
        for (int s = 0; s < samples && s < n; s++) {
            const int k = n <= samples ? s : rng_below(&rng, n);
            const float was = m->val[k];
            // What was really added after rounding counts, not h.
            m->val[k] = (float)(was + h);
            double up = m->val[k], high = loss_at(t, loss, context, seed);
            m->val[k] = (float)(was - h);
            double down = m->val[k], low = loss_at(t, loss, context, seed);
            m->val[k] = was;
            double slope = (high - low) / (up - down), back = m->grad[k];
            double error =
                fabs(back - slope) / fmax(1, fmax(fabs(back), fabs(slope)));
            if (s == 0 && i == 0)
                snprintf(e.where, sizeof e.where, "every number fits");
            if (!(error <= e.worst)) { // so that NaN counts as worst
                e.worst = isnan(error) ? INFINITY : error;
                snprintf(e.where, sizeof e.where,
                         "%.80s[%d,%d]: backward says %.7g, the slope is %.7g",
                         p->item[i]->name, k / m->cols, k % m->cols, back,
                         slope);
            }
        }
    }
    params_clear(p);
    tape_free(t);
    return e;
}
