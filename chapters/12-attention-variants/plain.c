// Loops that count; see plain.h.
#include "12-attention-variants/plain.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

PlainText plain_new(const Gpt *m, int room)
{
    const GptShape *s = &m->shape;
    const size_t keys = s->width / s->heads * s->groups;
    PlainText p = {.model = m, .room = room};
    p.keys = new_array(s->layers * keys * room, sizeof *p.keys);
    p.values = new_array(s->layers * keys * room, sizeof *p.values);
    p.scores = new_array(s->pieces, sizeof *p.scores);
    return p;
}

void plain_free(PlainText *p)
{
    free(p->keys);
    free(p->values);
    free(p->scores);
}

// y = w x + b, for one row.
static void times(Counts *c, Linear l, const float *x, float *y)
{
    for (int i = 0; i < l.w->rows; i++) {
        double sum = l.b ? (double)l.b->val[i] : 0;
        for (int j = 0; j < l.w->cols; j++) {
            sum += (double)l.w->val[(size_t)i * l.w->cols + j] * (double)x[j];
            c->products++;
            c->weights++;
        }
        y[i] = (float)sum;
    }
}

static void norm(const Norm *n, const float *x, float *y, int d)
{
    double mean = 0, square = 0;
    for (int j = 0; j < d; j++)
        mean += (double)x[j] / d;
    for (int j = 0; j < d; j++)
        square += ((double)x[j] - mean) * ((double)x[j] - mean) / d;
    for (int j = 0; j < d; j++)
        y[j] = (float)(((double)x[j] - mean) / sqrt(square + (double)n->eps)) *
                   n->gain->val[j] +
               n->bias->val[j];
}

// score <- softmax(score), n of them.
static void weigh(double *score, int n)
{
    double max = -INFINITY, sum = 0;
    for (int j = 0; j < n; j++)
        max = fmax(max, score[j]);
    for (int j = 0; j < n; j++)
        sum += score[j] = exp(score[j] - max);
    for (int j = 0; j < n; j++)
        score[j] /= sum;
}

// The heads of one group, q, look at the n keys and values from k and v on,
// which lie `step` apart: y = softmax(q k / sqrt(w)) v. score: heads x n.
static void look(Counts *c, int heads, int w, int n, const float *q,
                 const float *k, const float *v, int step, double *score,
                 float *y)
{
    for (int j = 0; j < n; j++) {
        c->cached += w; // one key, for all heads of the group
        for (int h = 0; h < heads; h++) {
            score[h * n + j] = 0;
            for (int i = 0; i < w; i++) {
                score[h * n + j] += (double)q[h * w + i] *
                                    (double)k[(size_t)j * step + i] / sqrt(w);
                c->products++;
            }
        }
    }
    memset(y, 0, sizeof *y * heads * w);
    for (int h = 0; h < heads; h++)
        weigh(score + h * n, n);
    for (int j = 0; j < n; j++) {
        c->cached += w; // and one value
        for (int h = 0; h < heads; h++)
            for (int i = 0; i < w; i++) {
                y[h * w + i] +=
                    (float)score[h * n + j] * v[(size_t)j * step + i];
                c->products++;
            }
    }
}

// One row x through the attention of layer number l: y.
static void attend(PlainText *p, int l, const float *x, float *y)
{
    const GptShape *s = &p->model->shape;
    const GptLayer *layer = &p->model->layer[l];
    const int w = s->width / s->heads, keys = w * s->groups;
    const int share = s->heads / s->groups, at = p->length;
    const int first = s->window > 0 && at >= s->window ? at - s->window + 1 : 0;
    float *k = p->keys + (size_t)l * p->room * keys;
    float *v = p->values + (size_t)l * p->room * keys;
    float *q = new_array(s->width, sizeof *q);
    double *score = new_array((size_t)share * (at + 1), sizeof *score);
    times(&p->count, layer->q, x, q);
    times(&p->count, layer->k, x, k + (size_t)at * keys);
    times(&p->count, layer->v, x, v + (size_t)at * keys);
    if (s->rotary) {
        rope_row(q, s->width, &p->model->turns, at, HALVES);
        rope_row(k + (size_t)at * keys, keys, &p->model->turns, at, HALVES);
    }
    for (int g = 0; g < s->groups; g++) {
        const size_t from = (size_t)first * keys + (size_t)g * w;
        look(&p->count, share, w, at + 1 - first, q + g * share * w, k + from,
             v + from, keys, score, y + g * share * w);
    }
    free(q);
    free(score);
}

// gelu_tanh of common/ops.h.
static void bend(float *x, int n)
{
    for (int i = 0; i < n; i++) {
        const double u = (double)x[i];
        x[i] = (float)(u / 2 *
                       (1 + tanh(0.7978845608 * (u + 0.044715 * u * u * u))));
    }
}

static void add_to(float *x, const float *y, int d)
{
    for (int j = 0; j < d; j++)
        x[j] += y[j];
}

void plain_read(PlainText *p, int id)
{
    const Gpt *m = p->model;
    const int d = m->shape.width;
    check(p->length < p->room && id >= 0 && id < m->shape.pieces,
          "token %d at position %d of %d", id, p->length, p->room);
    float *x = new_array(d, sizeof *x), *h = new_array(d, sizeof *h);
    float *y = new_array(d, sizeof *y);
    float *hidden = new_array(m->shape.hidden, sizeof *hidden);
    p->count = (Counts){0};
    memcpy(x, m->pieces->val + (size_t)id * d, sizeof *x * d);
    if (m->places)
        add_to(x, m->places->val + (size_t)p->length * d, d);
    for (int l = 0; l < m->shape.layers; l++) {
        const GptLayer *layer = &m->layer[l];
        norm(&layer->attention_norm, x, h, d);
        attend(p, l, h, y);
        times(&p->count, layer->out, y, h);
        add_to(x, h, d);
        norm(&layer->feed_norm, x, h, d);
        times(&p->count, layer->in, h, hidden);
        bend(hidden, m->shape.hidden);
        times(&p->count, layer->down, hidden, h);
        add_to(x, h, d);
    }
    norm(&m->norm, x, h, d);
    times(&p->count, (Linear){.w = m->pieces}, h, p->scores);
    p->length++;
    free(x);
    free(h);
    free(y);
    free(hidden);
}
