// A model with fewer groups, or more; see regroup.h.
#include "12-attention-variants/regroup.h"

#include "common/check.h"

#include <string.h>

static void regroup_linear(const Linear *from, int n, Linear *to, int m,
                           int width, Merge how)
{
    regroup(from->w->val, n, to->w->val, m, width * from->w->cols, how);
    regroup(from->b->val, n, to->b->val, m, width, how);
}

Gpt gpt_regrouped(const Gpt *m, int groups, Merge how)
{
    GptShape shape = m->shape;
    const int n = shape.groups, width = shape.width / shape.heads;
    shape.groups = groups;
    Gpt to = gpt_new(shape, 0);
    for (int i = 0; i < to.params->n; i++) { // all but keys and values
        Matrix *new = &to.params->item[i]->m, *old = &m->params->item[i]->m;
        if (new->rows == old->rows &&new->cols == old->cols)
            memcpy(new->val, old->val, sizeof *new->val *new->rows *new->cols);
    }
    for (int i = 0; i < shape.layers; i++) {
        const GptLayer *old = &m->layer[i];
        regroup_linear(&old->k, n, &to.layer[i].k, groups, width, how);
        regroup_linear(&old->v, n, &to.layer[i].v, groups, width, how);
    }
    return to;
}
