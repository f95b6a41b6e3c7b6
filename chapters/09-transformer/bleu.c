// Counting n-grams; see bleu.h.
#include "09-transformer/bleu.h"

#include "common/check.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// --- words ------------------------------------------------------------------

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

// All punctuation but ' , - and the point, and the space.
static bool separate(char c)
{
    return (c >= ' ' && c <= '&') || (c >= '(' && c <= '+') ||
           (c >= ':' && c <= '@') || c == '/' || (c >= '[' && c <= '`') ||
           (c >= '{' && c <= '~');
}

static bool stop(char c)
{
    return c == '.' || c == ',';
}

// The rules of mteval-v13a.pl, in its order. Each reads the whole line, left
// to right, and what one match has used is not looked at again by the next.

// &quot; and its like become the letters they stand for.
static void without_entities(Text from, Buffer *to)
{
    static const char *const entity[][2] = {
        {"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}};
    for (size_t i = 0; i < 4; i++) { // one after another: &amp;lt; becomes <
        const char *name = entity[i][0];
        const size_t length = strlen(name);
        Buffer next = {0};
        for (size_t at = 0; at < from.length;) {
            bool here = from.length - at >= length &&
                        memcmp(from.at + at, name, length) == 0;
            buffer_add(&next, here ? entity[i][1] : from.at + at, 1);
            at += here ? length : 1;
        }
        buffer_free(to);
        *to = next;
        from = (Text){to->at, to->length};
    }
}

// Spaces around what `separate` says.
static void rule_punctuation(Text from, Buffer *to)
{
    for (size_t i = 0; i < from.length; i++)
        if (separate(from.at[i]))
            buffer_print(to, " %c ", from.at[i]);
        else
            buffer_add(to, from.at + i, 1);
}

// Rules for two neighbours: where fits(a, b) holds, both are written, with a
// space where `pattern` has one.
static void rule_pair(Text from, Buffer *to, bool (*fits)(char, char),
                      const char *pattern)
{
    size_t i = 0;
    while (i < from.length) {
        if (i + 1 < from.length && fits(from.at[i], from.at[i + 1])) {
            for (const char *p = pattern; *p; p++)
                buffer_add(to, *p == ' ' ? p : from.at + i++, 1);
        } else {
            buffer_add(to, from.at + i++, 1);
        }
    }
}

static bool stop_after_no_digit(char a, char b)
{
    return !digit(a) && stop(b);
}

static bool stop_before_no_digit(char a, char b)
{
    return stop(a) && !digit(b);
}

static bool dash_after_digit(char a, char b)
{
    return digit(a) && b == '-';
}

static Text text(const Buffer *b)
{
    return (Text){b->at, b->length};
}

void bleu_words(Text line, Buffer *to)
{
    Buffer plain = {0}, padded = {0}, a = {0}, b = {0}, c = {0}, d = {0};
    without_entities(line, &plain);
    buffer_add(&padded, " ", 1);
    buffer_add(&padded, plain.at, plain.length);
    buffer_add(&padded, " ", 1);
    rule_punctuation(text(&padded), &a);
    rule_pair(text(&a), &b, stop_after_no_digit, "1 2 ");
    rule_pair(text(&b), &c, stop_before_no_digit, " 1 2");
    rule_pair(text(&c), &d, dash_after_digit, "1 2 ");
    bool space = false, first = true;
    for (size_t i = 0; i < d.length; i++) {
        if (strchr(" \t\r\n\v\f", d.at[i])) {
            space = true;
            continue;
        }
        if (space && !first)
            buffer_add(to, " ", 1);
        space = first = false;
        buffer_add(to, d.at + i, 1);
    }
    Buffer *all[] = {&plain, &padded, &a, &b, &c, &d};
    for (int i = 0; i < 6; i++)
        buffer_free(all[i]);
}

// --- n-grams ----------------------------------------------------------------

// An n-gram is a piece of the line from one word's beginning to another's end.
static int by_bytes(const void *a, const void *b)
{
    const Text *x = a, *y = b;
    size_t n = x->length < y->length ? x->length : y->length;
    int order = n ? memcmp(x->at, y->at, n) : 0;
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

// All n-grams of the line, sorted; *words is how many words it has.
static Text *grams(Text line, int n, int *count, int *words)
{
    Text *word = new_array(line.length + 1, sizeof *word), field;
    *words = 0;
    while (text_field(&line, ' ', &field))
        if (field.length)
            word[(*words)++] = field;
    *count = *words >= n ? *words - n + 1 : 0;
    for (int i = 0; i < *count; i++) {
        const Text last = word[i + n - 1];
        word[i].length = (size_t)(last.at + last.length - word[i].at);
    }
    qsort(word, *count, sizeof *word, by_bytes);
    return word;
}

// How many of a's n-grams b has, none counted twice; both are sorted.
static int common(const Text *a, int na, const Text *b, int nb)
{
    int i = 0, j = 0, both = 0;
    while (i < na && j < nb) {
        int order = by_bytes(&a[i], &b[j]);
        both += order == 0;
        i += order <= 0;
        j += order >= 0;
    }
    return both;
}

void bleu_add(Bleu *b, Text translation, Text reference)
{
    Buffer ours = {0}, theirs = {0};
    bleu_words(translation, &ours);
    bleu_words(reference, &theirs);
    for (int n = 1; n <= BLEU_ORDER; n++) {
        int na, nb, words_a, words_b;
        Text *x = grams(text(&ours), n, &na, &words_a);
        Text *y = grams(text(&theirs), n, &nb, &words_b);
        b->matched[n - 1] += common(x, na, y, nb);
        b->total[n - 1] += na;
        if (n == 1) {
            b->length += words_a;
            b->reference += words_b;
        }
        free(x);
        free(y);
    }
    buffer_free(&ours);
    buffer_free(&theirs);
}

double bleu_precision(const Bleu *b, int n)
{
    const long long total = b->total[n - 1];
    return total ? (double)b->matched[n - 1] / (double)total : 0;
}

double bleu_brevity(const Bleu *b)
{
    if (b->length >= b->reference)
        return 1;
    return b->length ? exp(1 - (double)b->reference / (double)b->length) : 0;
}

double bleu_score(const Bleu *b)
{
    double log_sum = 0, smooth = 1;
    if (b->matched[0] == 0 || b->total[BLEU_ORDER - 1] == 0)
        return 0;
    for (int n = 1; n <= BLEU_ORDER; n++) {
        double p = bleu_precision(b, n);
        if (p == 0)
            p = 1 / ((smooth *= 2) * (double)b->total[n - 1]);
        log_sum += log(p);
    }
    return 100 * bleu_brevity(b) * exp(log_sum / BLEU_ORDER);
}
