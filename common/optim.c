// Optimisers and learning-rate schedules; see optim.h.
//
// Each step is one loop over all numbers of all parameters, which lie in one
// block: it moves them and clears the gradients on the way. The limit is the
// speed of memory, so the loop reads and writes each number once.
#include "common/optim.h"

#include "common/check.h"
#include "common/kernels.h"
#include "common/threads.h"

#include <math.h>

enum { CHUNK = 4096 }; // numbers handed to a thread at a time

// Hands out the block of numbers 0 .. count - 1 in chunks.
static void for_chunks(size_t count, void (*body)(void *, int, int),
                       void *context)
{
    parallel_for((int)((count + CHUNK - 1) / CHUNK), 8.0 * CHUNK, body,
                 context);
}

// The last number of chunk `to` - 1 is number chunk_end(count, to) - 1.
static size_t chunk_end(size_t count, int to)
{
    size_t end = (size_t)to * CHUNK;
    return end < count ? end : count;
}

// An arena for so many numbers a parameter: aligned to whole vectors.
static Arena state_new(const Params *p, int numbers)
{
    return arena_new((p->count + 16) * sizeof(float) * (size_t)numbers);
}

// A parameter that is made after its optimiser has no place in the state.
static void check_state(const Params *p, const Arena *state, int numbers)
{
    check(state->used >= p->count * sizeof(float) * (size_t)numbers,
          "parameters were added after the optimiser was made");
}

// --- SGD --------------------------------------------------------------------

Sgd sgd_new(Params *p, float momentum)
{
    Sgd s = {.params = p, .momentum = momentum, .state = state_new(p, 1)};
    s.velocity = arena_zero(&s.state, p->count, sizeof(float));
    return s;
}

void sgd_free(Sgd *s)
{
    arena_free(&s->state);
    s->velocity = NULL;
}

typedef struct SgdStep {
    const Sgd *s;
    float rate;
} SgdStep;

static void sgd_part(void *context, int from, int to)
{
    const SgdStep *step = context;
    const Sgd *s = step->s;
    const float momentum = s->momentum, rate = step->rate;
    float *restrict val = s->params->val;
    float *restrict g = s->params->grad;
    float *restrict v = s->velocity;
    size_t end = chunk_end(s->params->count, to);
    for (size_t i = (size_t)from * CHUNK; i < end; i++) {
        v[i] = momentum * v[i] + g[i];
        val[i] -= rate * v[i];
        g[i] = 0;
    }
}

void sgd_step(Sgd *s, float rate)
{
    check_state(s->params, &s->state, 1);
    for_chunks(s->params->count, sgd_part, &(SgdStep){s, rate});
}

// --- Adam -------------------------------------------------------------------

Adam adam_new(Params *p, float beta1, float beta2, float eps, float decay)
{
    Adam a = {
        .params = p,
        .beta1 = beta1,
        .beta2 = beta2,
        .eps = eps,
        .decay = decay,
        .state = state_new(p, 2),
    };
    a.m = arena_zero(&a.state, p->count, sizeof(float));
    a.v = arena_zero(&a.state, p->count, sizeof(float));
    return a;
}

void adam_free(Adam *a)
{
    arena_free(&a->state);
    a->m = a->v = NULL;
}

typedef struct AdamStep {
    const Adam *a;
    float rate; // divided by 1 - beta1^t
    float root; // 1 / sqrt(1 - beta2^t)
} AdamStep;

static void adam_part(void *context, int from, int to)
{
    const AdamStep *step = context;
    const Adam *a = step->a;
    const float beta1 = a->beta1, beta2 = a->beta2, eps = a->eps;
    const float rate = step->rate, root = step->root;
    float *restrict val = a->params->val;
    float *restrict g = a->params->grad;
    float *restrict m = a->m;
    float *restrict v = a->v;
    size_t end = chunk_end(a->params->count, to);
    for (size_t i = (size_t)from * CHUNK; i < end; i++) {
        const float first = beta1 * m[i] + (1 - beta1) * g[i];
        const float second = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        // rate m^ / (sqrt(v^) + eps) with m^ = m / (1 - beta1^t) and
        // v^ = v / (1 - beta2^t)
        val[i] -= rate * first / (sqrtf(second) * root + eps);
        m[i] = first;
        v[i] = second;
        g[i] = 0;
    }
}

void adam_step(Adam *a, float rate)
{
    check_state(a->params, &a->state, 2);
    a->step++;
    if (a->decay > 0) {
        float keep = 1 - rate * a->decay;
        for (int i = 0; i < a->params->n; i++) {
            Matrix *m = &a->params->item[i]->m;
            if (m->rows > 1)
                for (size_t j = 0; j < (size_t)m->rows * m->cols; j++)
                    m->val[j] *= keep;
        }
    }
    double first = 1 - pow(a->beta1, (double)a->step);
    double second = 1 - pow(a->beta2, (double)a->step);
    for_chunks(
        a->params->count, adam_part,
        &(AdamStep){a, (float)(rate / first), (float)(1 / sqrt(second))});
}

// --- schedules --------------------------------------------------------------

float rate_cosine(int64_t step, int64_t warmup, int64_t total, float peak,
                  float floor)
{
    if (step < warmup)
        return peak * (float)step / (float)warmup;
    if (step >= total)
        return floor;
    double part = (double)(step - warmup) / (double)(total - warmup);
    return floor +
           (peak - floor) * (float)(0.5 * (1 + cos(3.14159265358979 * part)));
}

float rate_noam(int64_t step, int64_t warmup, int width)
{
    double s = (double)step;
    return (float)(pow(width, -0.5) *
                   fmin(pow(s, -0.5), s * pow((double)warmup, -1.5)));
}
