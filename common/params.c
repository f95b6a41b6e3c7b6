// Named parameters in one block, and the layers made of them; see params.h.
#include "common/params.h"

#include "common/check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Params *params_new(uint64_t seed)
{
    Params *p = new_array(1, sizeof *p);
    size_t addresses = (size_t)1 << 36;
    p->vals = arena_new(addresses);
    p->grads = arena_new(addresses);
    p->names = arena_new(addresses >> 10);
    p->val = (float *)p->vals.base;
    p->grad = (float *)p->grads.base;
    p->rng = rng_new(seed);
    return p;
}

void params_free(Params *p)
{
    if (!p)
        return;
    arena_free(&p->vals);
    arena_free(&p->grads);
    arena_free(&p->names);
    free(p->item);
    free(p);
}

size_t params_numbers(const Params *p)
{
    size_t n = 0;
    for (int i = 0; i < p->n; i++)
        n += (size_t)p->item[i]->m.rows * p->item[i]->m.cols;
    return n;
}

void params_scope(Params *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(p->scope, sizeof p->scope, format, args);
    va_end(args);
    check(n < (int)sizeof p->scope, "the scope %s... is too long", p->scope);
}

Matrix *param(Params *p, int rows, int cols, float value, const char *name)
{
    check(rows >= 1 && cols >= 1, "parameter %s cannot be %d x %d", name, rows,
          cols);
    char full[256];
    int length = snprintf(full, sizeof full, "%s%s%s", p->scope,
                          p->scope[0] ? "." : "", name);
    check(length < (int)sizeof full, "the name %s... is too long", full);
    check(!params_find(p, full), "there are two parameters named %s", full);

    Param *item = arena_zero(&p->names, 1, sizeof *item);
    size_t n = (size_t)rows * cols;
    item->name = arena_text(&p->names, full);
    item->m.rows = rows;
    item->m.cols = cols;
    item->m.val = arena_take(&p->vals, n, sizeof *item->m.val);
    item->m.grad = arena_zero(&p->grads, n, sizeof *item->m.grad);
    for (size_t i = 0; i < n; i++)
        item->m.val[i] = value;
    p->count = p->vals.used / sizeof *p->val;
    p->item = grow_array(p->item, p->n + 1, sizeof(Param *));
    p->item[p->n++] = item;
    return &item->m;
}

Matrix *param_normal(Params *p, int rows, int cols, float deviation,
                     const char *name)
{
    Matrix *m = param(p, rows, cols, 0, name);
    for (size_t i = 0; i < (size_t)rows * cols; i++)
        m->val[i] = deviation * rng_normal(&p->rng);
    return m;
}

Matrix *param_glorot(Params *p, int rows, int cols, const char *name)
{
    Matrix *m = param(p, rows, cols, 0, name);
    float limit = sqrtf(6.0f / (float)(rows + cols));
    for (size_t i = 0; i < (size_t)rows * cols; i++)
        m->val[i] = limit * (2 * rng_uniform(&p->rng) - 1);
    return m;
}

Matrix *params_find(const Params *p, const char *name)
{
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->item[i]->name, name) == 0)
            return &p->item[i]->m;
    return NULL;
}

void params_clear(Params *p)
{
    if (p->count)
        memset(p->grad, 0, p->count * sizeof *p->grad);
}

float params_clip(Params *p, float max_norm)
{
    double square = 0;
    for (size_t i = 0; i < p->count; i++)
        square += (double)p->grad[i] * p->grad[i];
    float norm = (float)sqrt(square);
    if (norm > max_norm) {
        float s = max_norm / norm;
        for (size_t i = 0; i < p->count; i++)
            p->grad[i] *= s;
    }
    return norm;
}

static const char *joined(char *to, size_t size, const char *a, const char *b)
{
    int n = snprintf(to, size, "%s.%s", a, b);
    check(n < (int)size, "the name %s... is too long", to);
    return to;
}

Linear linear_bare(Params *p, int in, int out, const char *name)
{
    char full[200];
    return (Linear){
        .w =
            param_glorot(p, out, in, joined(full, sizeof full, name, "weight")),
    };
}

void linear_prepack(Linear *l, Arena *a)
{
    const int out = l->w->rows, in = l->w->cols;
    float *panels = arena_take(a, prepacked_floats(out, in), sizeof *panels);
    Prepacked *p = arena_take(a, 1, sizeof *p);
    *p = prepack(out, in, l->w->val, in, panels);
    l->prepacked = p;
}

Linear linear_new(Params *p, int in, int out, const char *name)
{
    char full[200];
    Linear l = linear_bare(p, in, out, name);
    l.b = param(p, 1, out, 0, joined(full, sizeof full, name, "bias"));
    return l;
}

Norm norm_new(Params *p, int width, const char *name)
{
    char full[200];
    Norm n = {.eps = 1e-5f};
    n.gain = param(p, 1, width, 1, joined(full, sizeof full, name, "weight"));
    n.bias = param(p, 1, width, 0, joined(full, sizeof full, name, "bias"));
    return n;
}
