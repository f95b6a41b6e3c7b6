// Tables and plots of the methods of sampling; see methods.h.
#include "10-gpt/methods.h"

#include "common/check.h"
#include "common/plot.h"

#include <stdlib.h>
#include <string.h>

const Method sampling_methods[METHODS] = {
    {"greedy", "greedy", {.temperature = 0}},
    {"temp. 0.5", "temperature-low", {.temperature = 0.5f}},
    {"temp. 2", "temperature-high", {.temperature = 2}},
    {"top-k 3", "top-k", {.temperature = 1, .top_k = 3}},
    {"top-p 0.8", "top-p", {.temperature = 1, .top_p = 0.8f}},
    {"min-p 0.25", "min-p", {.temperature = 1, .min_p = 0.25f}},
    {"typ. 0.3", "typical", {.temperature = 1, .typical = 0.3f}},
    {"rep. 1.5", "repetition", {.temperature = 1, .repetition = 1.5f}},
    {"pres. 1", "presence", {.temperature = 1, .presence = 1}},
};

const char *piece_word(void *bpe, int id, char to[32])
{
    const Text piece = ((const Bpe *)bpe)->vocab.piece[id];
    int n = 0;
    for (size_t i = 0; i < piece.length && n < 12; i++) {
        const char c = piece.at[i];
        to[n++] = c;
        if (c == ' ')
            to[n - 1] = '_';
        else if (c < ' ' || c > '~')
            to[n - 1] = c == '\n' ? '/' : '?';
    }
    to[n] = 0;
    return to;
}

// What is left of the logits under a method: V probabilities, to be freed.
static float *after(const Method *m, const float *logits, int V,
                    const int *past, int n)
{
    float *p = new_array(V, sizeof *p);
    memcpy(p, logits, (size_t)V * sizeof *p);
    sampler_probabilities(&m->sampler, p, V, past, n);
    return p;
}

static const Method plain = {"before", "", {.temperature = 1}};

// The `rows` places of the greatest numbers, greatest first.
static void places_of_greatest(const float *p, int V, int rows, int *place)
{
    float *rest = new_array(V, sizeof *rest);
    memcpy(rest, p, (size_t)V * sizeof *rest);
    for (int i = 0; i < rows; i++) {
        place[i] = greatest(rest, V);
        rest[place[i]] = -1;
    }
    free(rest);
}

void methods_table(FILE *to, const float *logits, int V, const int *past, int n,
                   int rows, Word word, void *context)
{
    float *p[METHODS + 1];
    int *place = new_array(rows, sizeof *place);
    fprintf(to, "  %-9s %6s", "piece", plain.name);
    p[0] = after(&plain, logits, V, past, n);
    for (int k = 0; k < METHODS; k++) {
        p[k + 1] = after(&sampling_methods[k], logits, V, past, n);
        fprintf(to, "    [%d]", k + 1);
    }
    fprintf(to, "\n");
    places_of_greatest(p[0], V, rows, place);
    for (int i = 0; i < rows; i++) {
        char name[32];
        fprintf(to, "  %-9s", word(context, place[i], name));
        for (int k = 0; k <= METHODS; k++)
            fprintf(to, "  %5.3f", (double)p[k][place[i]]);
        fprintf(to, "\n");
    }
    fprintf(to, "  %-9s", "possible");
    for (int k = 0; k <= METHODS; k++) {
        int left = 0;
        for (int i = 0; i < V; i++)
            left += p[k][i] > 0;
        fprintf(to, "  %5d", left);
        free(p[k]);
    }
    fprintf(to, "\n");
    free(place);
}

void methods_plots(const char *plots, const float *logits, int V,
                   const int *past, int n, Word word, void *context)
{
    enum { BARS = 10 };
    const int bars = V < BARS ? V : BARS;
    int place[BARS];
    char names[BARS][32];
    const char *name[BARS];
    double y[2][BARS];
    float *p = after(&plain, logits, V, past, n);
    places_of_greatest(p, V, bars, place);
    for (int i = 0; i < bars; i++) {
        name[i] = word(context, place[i], names[i]);
        y[0][i] = (double)p[place[i]];
    }
    free(p);
    for (int k = 0; k < METHODS; k++) {
        p = after(&sampling_methods[k], logits, V, past, n);
        for (int i = 0; i < bars; i++)
            y[1][i] = (double)p[place[i]];
        Plot *plot = plot_new(sampling_methods[k].name, "the likeliest pieces",
                              "probability");
        plot_bars(plot, "before", bars, name, y[0]);
        plot_bars(plot, "after", bars, name, y[1]);
        plot_size(plot, 720, 300);
        plot_save(plot, plots, sampling_methods[k].file);
        free(p);
    }
}
