// Texts made, read and counted; see texts.h.
#include "02-machine-learning/texts.h"

#include "common/check.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- letters ----------------------------------------------------------------

static const char *const common_words =
    "the the the a a and and to to of in in it was is i we my our you for on "
    "with this that then so very all some new old good small day morning "
    "evening week time friend brother sister house last next today again";

static const char *const letter_words[] = {
    "roses seeds soil water rain sun leaves planted grew beans apples tree "
    "weeds spade flowers cut green",
    "bread oven salt butter flour soup apples cut dinner pan baked stirred "
    "sugar pepper table water cooked",
    "saw wood nails hammer drill table bench cut planks glue screws measured "
    "tree paint tool sanded broke",
};
static const char *const letter_names[] = {"garden", "kitchen", "workshop"};

// One of the words of a list, at random.
static Text any_word(Rng *r, const char *list)
{
    Text rest = text_of(list), word;
    int n = 1;
    for (const char *c = list; *c; c++)
        n += *c == ' ';
    for (int k = rng_below(r, n); k >= 0; k--)
        text_field(&rest, ' ', &word);
    return word;
}

Texts texts_made(Rng *r, int n)
{
    Texts t = {n,
               3,
               new_array(n, sizeof(Buffer)),
               new_array(n, sizeof(int)),
               letter_names,
               "letters made by the course"};
    for (int i = 0; i < n; i++) {
        t.subject[i] = rng_below(r, 3);
        for (int k = 12 + rng_below(r, 20); k > 0; k--) {
            const int dice = rng_below(r, 100);
            const char *list = dice < 76   ? common_words
                               : dice < 90 ? letter_words[t.subject[i]]
                                           : letter_words[rng_below(r, 3)];
            Text w = any_word(r, list);
            buffer_add(&t.text[i], w.at, w.length);
            buffer_add(&t.text[i], " ", 1);
        }
    }
    return t;
}

// --- the Brown corpus -------------------------------------------------------

static const char *const brown_names[] = {"press", "general", "government",
                                          "learned", "fiction"};

// The group of a file by its second letter, which is the genre.
static int brown_group(char genre)
{
    return genre <= 'c'   ? 0
           : genre <= 'g' ? 1
           : genre == 'h' ? 2
           : genre == 'j' ? 3
                          : 4;
}

// The words of "The/at jury/nn said/vbd": letters only, in lower case.
static Buffer brown_words(const char *path)
{
    Buffer in = text_read(path), out = {0};
    for (size_t i = 0; i < in.length;) {
        size_t end = i;
        while (end < in.length && !isspace((unsigned char)in.at[end]))
            end++;
        const size_t before = out.length;
        for (size_t k = i; k < end && in.at[k] != '/'; k++)
            if (isalpha((unsigned char)in.at[k])) {
                char c = (char)tolower((unsigned char)in.at[k]);
                buffer_add(&out, &c, 1);
            }
        if (out.length > before)
            buffer_add(&out, " ", 1);
        i = end + 1;
    }
    buffer_free(&in);
    return out;
}

Texts texts_brown(const Run *run)
{
    Texts t = {0, 5, NULL, NULL, brown_names, "the Brown corpus"};
    const char *path = data_path(run, "brown", "cats.txt");
    if (!path)
        return t;
    Buffer list = text_read(path);
    Text rest = {list.at, list.length}, line;
    while (text_line(&rest, &line)) {
        char file[16];
        if (line.length < 4 || line.at[0] != 'c')
            die("cats.txt: a line that does not begin with a file's name");
        snprintf(file, sizeof file, "%.4s", line.at);
        path = data_path(run, "brown", file);
        if (!path)
            die("brown: %s is missing; run: make data NAME=brown", file);
        t.text = grow_array(t.text, (size_t)t.n + 1, sizeof *t.text);
        t.subject = grow_array(t.subject, (size_t)t.n + 1, sizeof *t.subject);
        t.subject[t.n] = brown_group(file[1]);
        t.text[t.n++] = brown_words(path);
    }
    buffer_free(&list);
    return t;
}

void texts_free(Texts *t)
{
    for (int i = 0; i < t->n; i++)
        buffer_free(&t->text[i]);
    free(t->text);
    free(t->subject);
    *t = (Texts){0};
}

// --- counting ---------------------------------------------------------------

typedef struct Entry {
    Text word;
    int count;
} Entry;

static int by_word(const void *a, const void *b)
{
    const Entry *l = a, *r = b;
    const size_t n =
        l->word.length < r->word.length ? l->word.length : r->word.length;
    const int order = memcmp(l->word.at, r->word.at, n);
    return order ? order
                 : (l->word.length > r->word.length) -
                       (l->word.length < r->word.length);
}

static int by_count(const void *a, const void *b)
{
    const Entry *l = a, *r = b;
    return l->count != r->count ? r->count - l->count : by_word(a, b);
}

Words words_of(const Texts *t, const int *which, int n, int most)
{
    Entry *all = NULL;
    int count = 0, room = 0, kinds = 0;
    for (int i = 0; i < n; i++) {
        const Buffer *b = &t->text[which[i]];
        Text rest = {b->at, b->length}, word;
        while (text_field(&rest, ' ', &word)) {
            if (word.length == 0)
                continue;
            if (count == room)
                all = grow_array(all, room = 2 * room + 100, sizeof *all);
            all[count++] = (Entry){word, 1};
        }
    }
    if (count > 0)
        qsort(all, count, sizeof *all, by_word);
    for (int i = 0; i < count; i++) // equal ones are neighbours now
        if (i > 0 && by_word(&all[kinds - 1], &all[i]) == 0)
            all[kinds - 1].count++;
        else
            all[kinds++] = all[i];
    if (kinds > 0)
        qsort(all, kinds, sizeof *all, by_count);
    Words w = {kinds < most ? kinds : most, NULL};
    w.word = new_array(w.n, sizeof *w.word);
    for (int i = 0; i < w.n; i++) {
        w.word[i] = new_array(all[i].word.length + 1, 1);
        memcpy(w.word[i], all[i].word.at, all[i].word.length);
    }
    free(all);
    return w;
}

void words_free(Words *w)
{
    for (int i = 0; i < w->n; i++)
        free(w->word[i]);
    free(w->word);
    *w = (Words){0};
}

Examples words_count(const Words *w, const Texts *t, const int *which, int n)
{
    Examples e = examples_new(n, w->n, t->subjects);
    int slots = 64, *slot;
    while (slots < 4 * w->n)
        slots *= 2;
    slot = new_array(slots, sizeof *slot); // number of a word + 1, by its hash
    for (int k = 0; k < w->n; k++) {
        uint64_t at = text_hash(text_of(w->word[k]));
        while (slot[at % slots])
            at++;
        slot[at % slots] = k + 1;
    }
    for (int i = 0; i < n; i++) {
        const Buffer *b = &t->text[which[i]];
        Text rest = {b->at, b->length}, word;
        e.label[i] = t->subject[which[i]];
        while (text_field(&rest, ' ', &word)) {
            uint64_t at = text_hash(word);
            while (slot[at % slots] &&
                   !text_equal(word, w->word[slot[at % slots] - 1]))
                at++;
            if (slot[at % slots])
                e.x[(size_t)i * w->n + slot[at % slots] - 1]++;
        }
    }
    free(slot);
    return e;
}
