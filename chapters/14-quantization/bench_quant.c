// How fast quantized Llamas run, with synthetic weights. Writing a token reads
// every weight once: bytes of packed weights a second, against just reading
// memory. Reading a prompt is products of whole numbers: operations a second,
// against the same prompt and the same model in F32.
#include "13-llama2/synthetic.h"
#include "14-quantization/quant_llama.h"

#include "common/bench.h"
#include "common/threads.h"

#include <stdio.h>

static void decode_row(const char *name, const LlamaShape *s, QuantKind k,
                       int tokens)
{
    if (!bench_wanted(name))
        return;
    Llama m = synthetic_llama(s), q = quant_llama(&m, k, false);
    llama_free(&m);
    synthetic_decode_row(name, &q, (double)quant_token_bytes(&q), tokens);
    llama_free(&q);
}

static void prefill_row(const char *name, const LlamaShape *shape, QuantKind k)
{
    if (!bench_wanted(name))
        return;
    LlamaShape s = *shape;
    s.context = PROMPT;
    Llama m = synthetic_llama(&s), q = quant_llama(&m, k, false);
    Prefill *packed = prefill_new(&q), *floats = prefill_new(&m);
    Bench pair[] = {{.run = prefill_turn, .context = packed},
                    {.run = prefill_turn, .context = floats}};
    bench_race(pair, 2, 12);
    const double all =
        prefill_weight_products(&s) + prefill_attention_products(&s);
    fprintf(stderr, "  %s: %.0f tokens a second, %.0f in F32\n", name,
            PROMPT / pair[0].seconds, PROMPT / pair[1].seconds);
    bench_row(name, all / pair[0].seconds / 1e9, all / pair[1].seconds / 1e9,
              "Gop/s",
              "reading 512 tokens on 2 threads, against the same in F32");
    prefill_free(packed);
    prefill_free(floats);
    llama_free(&m);
    llama_free(&q);
}

int main(int argc, char **argv)
{
    bench_begin(argc, argv);
    threads_set(2);
    decode_row("llama-decode-q8-15M", &shape_15m, QUANT_Q8_0, 20);
    decode_row("llama-decode-q8-110M", &shape_110m, QUANT_Q8_0, 8);
    decode_row("llama-decode-q8-1.1B", &shape_1b, QUANT_Q8_0, 2);
    decode_row("llama-decode-q4-110M", &shape_110m, QUANT_Q4_0, 8);
    decode_row("llama-decode-q4-1.1B", &shape_1b, QUANT_Q4_0, 2);
    prefill_row("llama-prefill-q8-15M", &shape_15m, QUANT_Q8_0);
    prefill_row("llama-prefill-q8-110M", &shape_110m, QUANT_Q8_0);
    prefill_row("llama-prefill-q4-110M", &shape_110m, QUANT_Q4_0);
}
