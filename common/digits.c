// Digits drawn, read and moved; see digits.h.
#include "common/digits.h"

#include "common/check.h"
#include "common/text.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- drawing ----------------------------------------------------------------

typedef struct Point {
    float x, y; // 0 .. 1, y downward
} Point;

enum { CORNERS = 12 };

// A pen stroke: points that are joined by a smooth curve.
typedef struct Stroke {
    int n;
    Point at[CORNERS];
} Stroke;

// How each digit is written, one or two strokes. Some have a second habit.
typedef struct Shape {
    int digit, strokes;
    Stroke stroke[2];
} Shape;

static const Shape shapes[] = {
    {0,
     1,
     {{9,
       {{.5f, .1f},
        {.25f, .2f},
        {.18f, .5f},
        {.25f, .8f},
        {.5f, .9f},
        {.75f, .8f},
        {.82f, .5f},
        {.75f, .2f},
        {.5f, .1f}}}}},
    {1, 1, {{2, {{.5f, .1f}, {.5f, .9f}}}}},
    {1, 1, {{3, {{.32f, .3f}, {.55f, .1f}, {.55f, .9f}}}}},
    {2,
     1,
     {{7,
       {{.22f, .28f},
        {.45f, .1f},
        {.75f, .25f},
        {.65f, .5f},
        {.22f, .88f},
        {.5f, .85f},
        {.8f, .88f}}}}},
    {3,
     1,
     {{7,
       {{.25f, .17f},
        {.6f, .1f},
        {.72f, .3f},
        {.45f, .47f},
        {.76f, .66f},
        {.6f, .9f},
        {.22f, .83f}}}}},
    {4,
     2,
     {{3, {{.6f, .1f}, {.2f, .6f}, {.85f, .6f}}},
      {2, {{.65f, .4f}, {.62f, .92f}}}}},
    {4,
     2,
     {{3, {{.25f, .12f}, {.25f, .5f}, {.75f, .52f}}},
      {2, {{.75f, .1f}, {.72f, .92f}}}}},
    {5,
     2,
     {{6,
       {{.3f, .12f},
        {.27f, .45f},
        {.6f, .4f},
        {.78f, .65f},
        {.6f, .88f},
        {.22f, .84f}}},
      {2, {{.3f, .12f}, {.75f, .1f}}}}},
    {6,
     1,
     {{8,
       {{.66f, .1f},
        {.35f, .35f},
        {.25f, .7f},
        {.48f, .9f},
        {.74f, .74f},
        {.65f, .52f},
        {.4f, .55f},
        {.27f, .7f}}}}},
    {7, 1, {{3, {{.2f, .13f}, {.8f, .13f}, {.42f, .9f}}}}},
    {7,
     2,
     {{3, {{.2f, .13f}, {.8f, .13f}, {.42f, .9f}}},
      {2, {{.35f, .5f}, {.75f, .5f}}}}},
    {8,
     1,
     {{9,
       {{.7f, .22f},
        {.45f, .1f},
        {.3f, .28f},
        {.7f, .65f},
        {.5f, .9f},
        {.28f, .68f},
        {.55f, .45f},
        {.72f, .28f},
        {.62f, .12f}}}}},
    {9,
     1,
     {{8,
       {{.72f, .3f},
        {.5f, .1f},
        {.28f, .3f},
        {.45f, .5f},
        {.7f, .4f},
        {.73f, .25f},
        {.72f, .55f},
        {.6f, .92f}}}}},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static float between(Rng *r, float low, float high)
{
    return low + (high - low) * rng_uniform(r);
}

// How one writer holds the pen for one digit.
typedef struct Hand {
    float turn, slant, wide, high, left, down, pen;
} Hand;

static Hand hand_new(Rng *r)
{
    return (Hand){
        .turn = between(r, -0.22f, 0.22f),
        .slant = between(r, -0.25f, 0.35f),
        .wide = between(r, 12, 19),
        .high = between(r, 17, 22),
        .left = between(r, 12, 16),
        .down = between(r, 12, 16),
        .pen = between(r, 0.8f, 1.7f),
    };
}

// From the unit square to pixels.
static Point placed(Hand h, Point p)
{
    float x = (p.x - 0.5f) * h.wide, y = (p.y - 0.5f) * h.high;
    x -= h.slant * y;
    return (Point){h.left + x * cosf(h.turn) - y * sinf(h.turn),
                   h.down + x * sinf(h.turn) + y * cosf(h.turn)};
}

// Blackens the pixels that the pen touches at p; ink fades at its rim.
static void dab(float *pixel, Point p, float pen)
{
    for (int y = (int)(p.y - pen - 1); y <= (int)(p.y + pen + 1); y++)
        for (int x = (int)(p.x - pen - 1); x <= (int)(p.x + pen + 1); x++) {
            if (x < 0 || y < 0 || x >= SIDE || y >= SIDE)
                continue;
            float far = hypotf((float)x - p.x, (float)y - p.y);
            float ink = fminf(1, fmaxf(0, pen + 0.5f - far));
            float *at = &pixel[y * SIDE + x];
            *at = fmaxf(*at, ink);
        }
}

// The curve through the points (Catmull and Rom 1974), dabbed closely.
static void draw_stroke(float *pixel, const Stroke *s, Hand h, Rng *r)
{
    Point p[CORNERS];
    for (int i = 0; i < s->n; i++) {
        Point trembled = {s->at[i].x + 0.045f * rng_normal(r),
                          s->at[i].y + 0.035f * rng_normal(r)};
        p[i] = placed(h, trembled);
    }
    for (int i = 0; i + 1 < s->n; i++) {
        Point a = p[i > 0 ? i - 1 : 0], b = p[i], c = p[i + 1];
        Point d = p[i + 2 < s->n ? i + 2 : i + 1];
        for (float t = 0; t <= 1; t += 0.05f) {
            float wa = t * (-1 + t * (2 - t)), wb = 2 + t * t * (-5 + 3 * t);
            float wc = t * (1 + t * (4 - 3 * t)), wd = t * t * (t - 1);
            Point q = {(wa * a.x + wb * b.x + wc * c.x + wd * d.x) / 2,
                       (wa * a.y + wb * b.y + wc * c.y + wd * d.y) / 2};
            dab(pixel, q, h.pen);
        }
    }
}

static Digits digits_of(int n, const char *source)
{
    return (Digits){n, new_array((size_t)n * PIXELS, sizeof(float)),
                    new_array(n, sizeof(int)), source};
}

Digits digits_drawn(Rng *r, int n)
{
    Digits d = digits_of(n, "drawn by the course's own pen");
    for (int i = 0; i < n; i++) {
        const Shape *s = &shapes[rng_below(r, SHAPES)];
        Hand h = hand_new(r);
        d.label[i] = s->digit;
        for (int k = 0; k < s->strokes; k++)
            draw_stroke(d.pixel + (size_t)i * PIXELS, &s->stroke[k], h, r);
    }
    return d;
}

// --- MNIST ------------------------------------------------------------------

// How many digits stand in {"data": [p, p, p, ...]}; 0 if that is not what it
// is.
static int digits_in(const cJSON *data)
{
    int n = cJSON_IsArray(data) ? cJSON_GetArraySize(data) : 0;
    return n % PIXELS == 0 ? n / PIXELS : 0;
}

const char *digits_parse(Digits *d, const Buffer *text, int label)
{
    static char wrong[80];
    const char *from = buffer_text(text).at, *end = from;
    cJSON *json =
        cJSON_ParseWithLengthOpts(from, text->length + 1, &end, false);
    const cJSON *data = cJSON_GetObjectItem(json, "data"), *item;
    const int more = digits_in(data), all = d->n + more;
    end += strspn(end, " \t\n\r");
    wrong[0] = 0;
    if (more == 0 || end != from + text->length) {
        snprintf(wrong, sizeof wrong,
                 "expected {\"data\": [...]} with a multiple of %d numbers",
                 PIXELS);
        cJSON_Delete(json);
        return wrong;
    }
    d->pixel = grow_array(d->pixel, (size_t)all * PIXELS, sizeof *d->pixel);
    d->label = grow_array(d->label, all, sizeof *d->label);
    float *first = d->pixel + (size_t)d->n * PIXELS, *to = first;
    cJSON_ArrayForEach(item, data)
    {
        double v = item->valuedouble;
        if (!cJSON_IsNumber(item) || !(v >= 0 && v <= 1)) {
            snprintf(wrong, sizeof wrong,
                     "pixel %td is not a number from 0 to 1", to - first);
            break;
        }
        *to++ = (float)v;
    }
    cJSON_Delete(json);
    if (wrong[0])
        return wrong;
    while (d->n < all)
        d->label[d->n++] = label;
    return NULL;
}

Digits digits_mnist(const Run *run)
{
    Digits d = {.source = "MNIST"};
    for (int label = 0; label < 10; label++) {
        char name[32];
        snprintf(name, sizeof name, "%d.json", label);
        const char *path = data_path(run, "mnist", name);
        if (!path && label > 0)
            die("mnist: %s is missing; run: make data NAME=mnist", name);
        if (!path)
            return d;
        Buffer text = text_read(path);
        const char *wrong = digits_parse(&d, &text, label);
        if (wrong)
            die("%s: %s", path, wrong);
        buffer_free(&text);
    }
    return d;
}

// --- ordering and moving ----------------------------------------------------

void digits_shuffle(Digits *d, Rng *r)
{
    float keep[PIXELS];
    for (int i = d->n - 1; i > 0; i--) {
        int j = rng_below(r, i + 1), label = d->label[i];
        float *a = d->pixel + (size_t)i * PIXELS;
        float *b = d->pixel + (size_t)j * PIXELS;
        memcpy(keep, a, sizeof keep);
        memmove(a, b, sizeof keep);
        memcpy(b, keep, sizeof keep);
        d->label[i] = d->label[j];
        d->label[j] = label;
    }
}

Digits digits_part(const Digits *d, int from, int to)
{
    check(0 <= from && from <= to && to <= d->n, "digits %d to %d of %d", from,
          to, d->n);
    return (Digits){to - from, d->pixel + (size_t)from * PIXELS,
                    d->label + from, d->source};
}

void digits_free(Digits *d)
{
    free(d->pixel);
    free(d->label);
    *d = (Digits){0};
}

// The grey value at a place between pixels, from the four around it.
static float blended(const float *pixel, float x, float y)
{
    int x0 = (int)floorf(x), y0 = (int)floorf(y);
    float fx = x - (float)x0, fy = y - (float)y0, value = 0;
    for (int dy = 0; dy < 2; dy++)
        for (int dx = 0; dx < 2; dx++) {
            int px = x0 + dx, py = y0 + dy;
            if (px < 0 || py < 0 || px >= SIDE || py >= SIDE)
                continue;
            value +=
                (dx ? fx : 1 - fx) * (dy ? fy : 1 - fy) * pixel[py * SIDE + px];
        }
    return value;
}

void digit_moved(Rng *r, const float *from, float *to)
{
    const float centre = (SIDE - 1) / 2.0f;
    float turn = between(r, -0.26f, 0.26f); // 15 degrees
    float size = between(r, 0.9f, 1.1f);
    float c = cosf(turn) / size, s = sinf(turn) / size;
    float right = between(r, -2, 2), down = between(r, -2, 2);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            float u = (float)x - centre - right, v = (float)y - centre - down;
            to[y * SIDE + x] =
                blended(from, centre + c * u + s * v, centre - s * u + c * v);
        }
}
