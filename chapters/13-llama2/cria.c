// Llama on the tape; see cria.h.
#include "13-llama2/cria.h"

#include "04-tokenizers/vocab.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>

static Linear weight(Params *p, int in, int out, float deviation,
                     const char *name)
{
    return (Linear){.w = param_normal(p, out, in, deviation, name)};
}

static float first_deviation(const LlamaShape *s)
{
    return 0.6f / sqrtf((float)s->width);
}

static CriaLayer layer_new(Params *p, const LlamaShape *s)
{
    const int d = s->width, keys = llama_key_width(s), h = s->hidden;
    const float all = first_deviation(s);
    const float last = all / sqrtf(2.0f * (float)s->layers);
    CriaLayer l;
    l.attention_norm = param(p, 1, d, 1, "input_layernorm.weight");
    l.q = weight(p, d, d, all, "self_attn.q_proj.weight");
    l.k = weight(p, d, keys, all, "self_attn.k_proj.weight");
    l.v = weight(p, d, keys, all, "self_attn.v_proj.weight");
    l.out = weight(p, d, d, last, "self_attn.o_proj.weight");
    l.feed_norm = param(p, 1, d, 1, "post_attention_layernorm.weight");
    l.gate = weight(p, d, h, all, "mlp.gate_proj.weight");
    l.up = weight(p, d, h, all, "mlp.up_proj.weight");
    l.down = weight(p, h, d, last, "mlp.down_proj.weight");
    return l;
}

Cria cria_new(LlamaShape shape, uint64_t seed)
{
    const char *wrong = llama_shape_wrong(&shape);
    check(!wrong, "%s", wrong);
    Cria m = {.shape = shape, .params = params_new(seed)};
    Params *p = m.params;
    params_scope(p, "model");
    const float deviation = first_deviation(&shape);
    m.pieces = param_normal(p, shape.pieces, shape.width, deviation,
                            "embed_tokens.weight");
    m.layer = new_array(shape.layers, sizeof *m.layer);
    for (int l = 0; l < shape.layers; l++) {
        params_scope(p, "model.layers.%d", l);
        m.layer[l] = layer_new(p, &shape);
    }
    params_scope(p, "model");
    m.norm = param(p, 1, shape.width, 1, "norm.weight");
    params_scope(p, "%s", "");
    m.output = shape.tied ? (Linear){.w = m.pieces}
                          : weight(p, shape.width, shape.pieces, deviation,
                                   "lm_head.weight");
    const int width = llama_head_width(&shape);
    m.arena = arena_new((size_t)shape.context * width * sizeof(float) + 256);
    m.rope = rope_table(&m.arena, shape.context, width, shape.base, 1);
    return m;
}

void cria_free(Cria *m)
{
    params_free(m->params);
    arena_free(&m->arena);
    free(m->layer);
    *m = (Cria){0};
}

static Matrix *attend(const Cria *m, const CriaLayer *l, Matrix *x)
{
    const LlamaShape *s = &m->shape;
    Matrix *q = rope(linear(x, l->q), &m->rope, 0, s->layout);
    Matrix *k = rope(linear(x, l->k), &m->rope, 0, s->layout);
    Matrix *v = linear(x, l->v);
    return linear(attention(q, k, v, s->heads, CAUSAL), l->out);
}

static Matrix *feed_forward(const CriaLayer *l, Matrix *x)
{
    return linear(mul(silu(linear(x, l->gate)), linear(x, l->up)), l->down);
}

Matrix *cria_forward(const Cria *m, Tape *t, Tokens text)
{
    const float eps = m->shape.eps;
    Matrix *x = embed(t, m->pieces, text); // T x d
    for (int i = 0; i < m->shape.layers; i++) {
        const CriaLayer *l = &m->layer[i];
        x = add(x, attend(m, l, rms_norm(x, l->attention_norm, eps)));
        x = add(x, feed_forward(l, rms_norm(x, l->feed_norm, eps)));
    }
    return linear(rms_norm(x, m->norm, eps), m->output); // T x V
}

static LlamaMatrix floats_of(const Matrix *m)
{
    return llama_floats(m->val, m->rows, m->cols);
}

Llama cria_llama(const Cria *m)
{
    const int n = m->shape.layers;
    Llama r = {.shape = m->shape,
               .pieces = floats_of(m->pieces),
               .norm = m->norm->val,
               .output = floats_of(m->output.w),
               .arena = arena_new(n * sizeof(LlamaLayer))};
    r.layer = arena_take(&r.arena, n, sizeof *r.layer);
    for (int i = 0; i < n; i++) {
        const CriaLayer *l = &m->layer[i];
        r.layer[i] = (LlamaLayer){.attention_norm = l->attention_norm->val,
                                  .q = floats_of(l->q.w),
                                  .k = floats_of(l->k.w),
                                  .v = floats_of(l->v.w),
                                  .out = floats_of(l->out.w),
                                  .feed_norm = l->feed_norm->val,
                                  .gate = floats_of(l->gate.w),
                                  .up = floats_of(l->up.w),
                                  .down = floats_of(l->down.w)};
    }
    return r;
}
