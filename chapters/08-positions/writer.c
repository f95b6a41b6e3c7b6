// A small transformer over letters; see writer.h.
#include "08-positions/writer.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

static WriterLayer layer_new(Params *p, int width)
{
    return (WriterLayer){
        .before_attention = norm_new(p, width, "before_attention"),
        .before_hidden = norm_new(p, width, "before_hidden"),
        .q = linear_bare(p, width, width, "q"),
        .k = linear_bare(p, width, width, "k"),
        .v = linear_bare(p, width, width, "v"),
        .out = linear_new(p, width, width, "out"),
        .up = linear_new(p, width, 4 * width, "up"),
        .down = linear_new(p, 4 * width, width, "down"),
    };
}

Writer writer_new(WriterShape shape, PositionKind kind, uint64_t seed)
{
    check(shape.layers >= 0 && shape.layers <= MOST_LAYERS, "%d layers",
          shape.layers);
    Writer w = {.shape = shape, .params = params_new(seed)};
    w.tables = arena_new((size_t)1 << 28);
    const int d = shape.width;
    for (int i = 0; i < shape.layers; i++) {
        params_scope(w.params, "layer.%d", i);
        w.layer[i] = layer_new(w.params, d);
    }
    params_scope(w.params, "%s", "");
    w.letter = param_normal(w.params, shape.letters, d, 0.5f, "letter");
    w.last = norm_new(w.params, d, "last");
    w.choose = linear_new(w.params, d, shape.letters, "choose");
    // Last, so that all else begins with the same numbers for all kinds.
    w.positions =
        positions_new(kind, w.params, &w.tables, shape.length, d, shape.heads);
    return w;
}

void writer_free(Writer *w)
{
    params_free(w->params);
    arena_free(&w->tables);
}

// x: T x width -> T x width
static Matrix *look_around(const Writer *w, const WriterLayer *l, Matrix *x)
{
    const Positions *p = &w->positions;
    Matrix *q = positions_turn(p, linear(x, l->q), 0);
    Matrix *k = positions_turn(p, linear(x, l->k), 0);
    Matrix *v = linear(x, l->v);
    Mask mask = positions_mask(p, w->shape.mask);
    return linear(attention(q, k, v, w->shape.heads, mask), l->out);
}

Matrix *writer_logits(const Writer *w, Tape *t, Tokens x)
{
    Matrix *h = embed(t, w->letter, x); // T x width
    h = positions_add(&w->positions, h, 0);
    for (int i = 0; i < w->shape.layers; i++) {
        const WriterLayer *l = &w->layer[i];
        h = add(h, look_around(w, l, layer_norm(h, l->before_attention)));
        Matrix *wide = gelu(linear(layer_norm(h, l->before_hidden), l->up));
        h = add(h, linear(wide, l->down));
    }
    return linear(layer_norm(h, w->last), w->choose);
}

void writer_change_layout(Writer *w, RopeLayout to)
{
    const int d = w->shape.width, heads = w->shape.heads;
    const size_t size = (size_t)d * d;
    if (w->positions.layout == to)
        return;
    w->positions.layout = to;
    float *old = new_array(size, sizeof *old);
    for (int i = 0; i < w->shape.layers; i++) {
        float *weight[2] = {w->layer[i].q.w->val, w->layer[i].k.w->val};
        for (int j = 0; j < 2; j++) {
            memcpy(old, weight[j], size * sizeof *old);
            (to == HALVES ? rows_to_halves : rows_to_adjacent)(
                old, weight[j], heads, d / heads, d);
        }
    }
    free(old);
}
