// Formulas and figures; see costs.h.
#include "12-attention-variants/costs.h"

size_t cost_parameters(const GptShape *s)
{
    const size_t d = s->width, dk = d / s->heads * s->groups, f = s->hidden;
    const size_t attention = 2 * (d * d + d) + 2 * (d * dk + dk);
    const size_t feed = d * f + f + f * d + d;
    const size_t norms = 2 * 2 * d; // two a layer, gain and bias
    const size_t places = s->rotary ? 0 : s->context * d;
    return s->layers * (attention + feed + norms) + 2 * d + s->pieces * d +
           places;
}

const RealModel real_models[REAL_MODELS] = {
    {"Llama 2 7B", 32, 32, 32, 128, 0, 4096, 2, "Touvron and others 2023"},
    {"Llama 2 70B", 80, 64, 8, 128, 0, 4096, 2, "Touvron and others 2023"},
    {"Falcon 7B", 32, 71, 1, 64, 0, 2048, 2, "Almazrouei and others 2023"},
    {"Mistral 7B", 32, 32, 8, 128, 4096, 8192, 2, "Jiang and others 2023"},
    // 128 heads, one row for all: 512 numbers, and 64 that turn.
    {"DeepSeek-V2", 60, 128, 1, 576, 0, 131072, 1, "DeepSeek-AI 2024"},
};

double real_cache(const RealModel *m, int length, int size)
{
    const int kept = m->window > 0 && m->window < length ? m->window : length;
    return (double)m->layers * m->rows * m->groups * m->width * kept * size;
}
