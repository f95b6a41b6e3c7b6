// Groups of words, and maps of them; see groups.h.
#include "05-word-vectors/groups.h"

#include "common/check.h"
#include "common/folder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const Group groups[GROUPS] = {
    {"animals",
     {"dog", "cat", "mouse", "goat", "rabbit", "bear", "owl", "goose", "horse",
      "bird"}},
    {"family",
     {"mother", "father", "brother", "sister", "aunt", "uncle", "grandmother",
      "grandfather"}},
    {"food", {"bread", "cake", "soup", "milk", "honey", "tea", "jam", "eggs"}},
    {"colours", {"red", "blue", "green", "white", "black", "grey", "brown"}},
    {"weather", {"rain", "snow", "wind", "storm", "sun", "clouds"}},
    {"rooms", {"door", "window", "roof", "floor", "table", "chair", "wall"}},
    {"times", {"morning", "evening", "night", "afternoon", "day", "week"}},
};

// Calls the word of place i in group k; NULL past the last.
static const char *word_of(int k, int i)
{
    return i < GROUP_MOST ? groups[k].word[i] : NULL;
}

static void add_pair(RatedPairs *p, const char *a, const char *b, double rating)
{
    p->at = grow_array(p->at, p->n + 1, sizeof *p->at);
    RatedPair *r = &p->at[p->n++];
    snprintf(r->a, sizeof r->a, "%s", a);
    snprintf(r->b, sizeof r->b, "%s", b);
    r->rating = rating;
}

RatedPairs groups_pairs(void)
{
    RatedPairs p = {0};
    for (int k = 0; k < GROUPS; k++)
        for (int i = 0; word_of(k, i); i++)
            for (int l = k; l < GROUPS; l++)
                for (int j = l == k ? i + 1 : 0; word_of(l, j); j++)
                    add_pair(&p, word_of(k, i), word_of(l, j), l == k);
    return p;
}

// --- maps -------------------------------------------------------------------

// Colours of Okabe and Ito 2008, legible on light and on dark paper.
static const char *const colour[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                     "#56B4E9", "#E69F00", "#999999"};

void draw_words(const char *const *word, const int *group, int n,
                const float *at, const char *dir, const char *name)
{
    enum { WIDE = 720, HIGH = 520, LEFT = 20, RIGHT = 90, EDGE = 20 };
    float low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    if (!dir)
        return;
    for (int i = 0; i < 2 * n; i++) {
        low[i % 2] = fminf(low[i % 2], at[i]);
        high[i % 2] = fmaxf(high[i % 2], at[i]);
    }
    Buffer svg = {0}, path = {0};
    buffer_print(&svg,
                 "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' "
                 "font-family='sans-serif' font-size='13'>\n",
                 WIDE, HIGH);
    for (int i = 0; i < n; i++) {
        const double wide = fmax((double)(high[0] - low[0]), 1e-9);
        const double tall = fmax((double)(high[1] - low[1]), 1e-9);
        const double x =
            LEFT + (double)(at[2 * i] - low[0]) / wide * (WIDE - LEFT - RIGHT);
        const double y =
            HIGH - EDGE -
            (double)(at[2 * i + 1] - low[1]) / tall * (HIGH - 2 * EDGE);
        buffer_print(&svg,
                     "<g fill='%s'><circle cx='%.1f' cy='%.1f' r='3.5'/>"
                     "<text x='%.1f' y='%.1f'>%s</text></g>\n",
                     colour[group[i] % 7], x, y, x + 6, y + 4, word[i]);
    }
    buffer_print(&svg, "</svg>\n");
    folder_make(dir);
    buffer_print(&path, "%s/%s.svg", dir, name);
    text_write(path.at, svg.at, svg.length);
    buffer_free(&svg);
    buffer_free(&path);
}
