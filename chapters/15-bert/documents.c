// Reading texts and making a vocabulary; see documents.h.
#include "15-bert/documents.h"

#include "common/brown.h"
#include "common/check.h"
#include "common/rng.h"
#include "data/tales/check.h"
#include "data/tales/tales.h"

#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// --- documents --------------------------------------------------------------

void documents_add(Documents *d, WordPiece *w, Text text)
{
    const int before = d->sentences;
    if (d->n == 0) {
        ids_add(&d->sentence, 0);
        ids_add(&d->document, 0);
    }
    for (Text line; text_line(&text, &line);) {
        const int n = d->id.n;
        wordpiece_encode(w, line, &d->id);
        if (d->id.n == n)
            continue;
        ids_add(&d->sentence, d->id.n);
        d->sentences++;
    }
    if (d->sentences == before)
        return;
    ids_add(&d->document, d->sentences);
    d->n++;
}

void documents_free(Documents *d)
{
    ids_free(&d->id);
    ids_free(&d->sentence);
    ids_free(&d->document);
    *d = (Documents){0};
}

Documents documents_of(const Buffer *half, WordPiece *w)
{
    Documents d = {0};
    Text rest = {half->at, half->length};
    while (rest.length > 0) {
        const char *end = memmem(rest.at, rest.length, "\n\n", 2);
        const size_t n = end ? (size_t)(end - rest.at) + 2 : rest.length;
        documents_add(&d, w, (Text){rest.at, n});
        rest = (Text){rest.at + n, rest.length - n};
    }
    return d;
}

double unigram_loss(const Documents *learn, const Documents *test, int pieces)
{
    double *count = new_array((size_t)pieces, sizeof *count);
    const double total = (double)learn->id.n + pieces;
    double loss = 0;
    for (int i = 0; i < learn->id.n; i++)
        count[learn->id.at[i]]++;
    for (int i = 0; i < test->id.n; i++)
        loss -= log((count[test->id.at[i]] + 1) / total);
    free(count);
    return test->id.n ? loss / test->id.n : 0;
}

// --- texts ------------------------------------------------------------------

void raw_free(RawText *t)
{
    buffer_free(&t->learn);
    buffer_free(&t->test);
    *t = (RawText){0};
}

static Buffer *half_for_next(RawText *t)
{
    return ++t->documents % 10 == 0 ? &t->test : &t->learn;
}

bool plot_wanted(const char *plot, const char *plots)
{
    Text rest = text_of(plots ? plots : "");
    for (Text name; plots && plot && text_field(&rest, ' ', &name);)
        if (text_equal(name, plot))
            return true;
    return !plots;
}

// Appends a story with a line for each sentence.
static void add_story(Text story, Buffer *to)
{
    while (story.length > 0) {
        const size_t n = tale_sentence(story);
        buffer_add(to, story.at, n);
        buffer_add(to, "\n", 1);
        const size_t cut = n + (n < story.length); // the blank behind it
        story = (Text){story.at + cut, story.length - cut};
    }
    buffer_add(to, "\n", 1);
}

RawText raw_tales(int stories, uint64_t seed, const char *plots)
{
    RawText t = {0};
    Rng rng = rng_new(seed);
    Buffer story = {0};
    Checker *c = plots ? checker_new() : NULL;
    while (t.documents < stories) {
        story.length = 0;
        tales_story(&rng, &story);
        const Text whole = {story.at, story.length};
        if (!plots || plot_wanted(tale_marks(c, whole).plot, plots))
            add_story(whole, half_for_next(&t));
    }
    if (c)
        checker_free(c);
    buffer_free(&story);
    return t;
}

// ca01 ... cr09: a letter for the genre, two digits.
static bool is_brown(const char *name)
{
    return strlen(name) == 4 && name[0] == 'c' && name[1] >= 'a' &&
           name[1] <= 'r' && isdigit((unsigned char)name[2]) &&
           isdigit((unsigned char)name[3]);
}

// A document of its own; lines without text would end it, so they are left out.
static void add_lines(Text rest, Buffer *to)
{
    for (Text line; text_line(&rest, &line);)
        if (line.length > 0) {
            buffer_add(to, line.at, line.length);
            buffer_add(to, "\n", 1);
        }
    buffer_add(to, "\n", 1);
}

static void add_file(RawText *t, const char *path, bool tagged)
{
    struct stat is;
    if (stat(path, &is) < 0 || !S_ISREG(is.st_mode))
        return; // a folder in the folder
    Buffer b = text_read(path), plain = {0};
    if (utf8_invalid((Text){b.at, b.length}) >= 0)
        die("%s: not text in UTF-8", path);
    if (tagged)
        brown_untag((Text){b.at, b.length}, &plain);
    else
        buffer_add(&plain, b.at, b.length);
    add_lines((Text){plain.at, plain.length}, half_for_next(t));
    buffer_free(&plain);
    buffer_free(&b);
}

RawText raw_folder(const char *directory)
{
    struct dirent **entry;
    RawText t = {0};
    const int n = scandir(directory, &entry, NULL, alphasort);
    if (n < 0)
        die("%s: cannot be read; expected a directory of text files",
            directory);
    for (int i = 0; i < n; i++) {
        char path[1024];
        const char *name = entry[i]->d_name;
        const bool lists = !strcmp(name, "README") || !strcmp(name, "cats.txt");
        if (name[0] != '.' && !lists &&
            snprintf(path, sizeof path, "%s/%s", directory, name) <
                (int)sizeof path)
            add_file(&t, path, is_brown(name));
        free(entry[i]);
    }
    free(entry);
    if (t.documents < 10)
        die("%s: has %d documents, expected 10 or more (every tenth is kept "
            "for the test)",
            directory, t.documents);
    return t;
}

// --- the vocabulary ---------------------------------------------------------

typedef struct Counted {
    int id;
    int64_t count;
} Counted;

static int by_count(const void *a, const void *b)
{
    const Counted *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->id - y->id;
}

// The words of a text and how often each occurs, the most frequent first.
static Counted *count_words(const Buffer *text, Vocab *word)
{
    const WordPiece rule = {.lower = true};
    Buffer clean = {0};
    Counted *c = NULL;
    Text rest = {text->at, text->length};
    wordpiece_words(&rule, rest, &clean);
    rest = (Text){clean.at, clean.length};
    for (Text w; text_field(&rest, ' ', &w);) {
        int id = w.length ? vocab_find(word, w) : 0;
        if (w.length == 0)
            continue;
        if (id < 0) {
            id = vocab_add(word, w);
            if ((id & (id + 1)) == 0) // 0, 1, 3, 7 ...: room for twice as many
                c = grow_array(c, 2 * (size_t)id + 2, sizeof *c);
            c[id] = (Counted){id, 0};
        }
        c[id].count++;
    }
    if (word->n > 0)
        qsort(c, (size_t)word->n, sizeof *c, by_count);
    buffer_free(&clean);
    return c;
}

static void add_piece(Vocab *v, const char *front, Text t, Buffer *to)
{
    Buffer b = {0};
    buffer_print(&b, "%s", front);
    buffer_add(&b, t.at, t.length);
    const Text piece = {b.at, b.length};
    if (vocab_find(v, piece) < 0) {
        vocab_add(v, piece);
        buffer_add(to, b.at, b.length);
        buffer_add(to, "\n", 1);
    }
    buffer_free(&b);
}

void make_vocabulary(const Buffer *text, int pieces, Buffer *to)
{
    static const char *const special[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]",
                                          "[MASK]"};
    Vocab word = vocab_new(), v = vocab_new();
    Counted *c = count_words(text, &word);
    for (int i = 0; i < 5; i++)
        add_piece(&v, "", text_of(special[i]), to);
    for (int i = 0; i < word.n; i++)
        for (Text rest = word.piece[i]; rest.length > 0;) {
            const Text letter = first_character(rest);
            add_piece(&v, "", letter, to);
            add_piece(&v, "##", letter, to);
            rest = (Text){rest.at + letter.length, rest.length - letter.length};
        }
    for (int i = 0; i < word.n && v.n < pieces; i++)
        add_piece(&v, "", word.piece[c[i].id], to);
    free(c);
    vocab_free(&word);
    vocab_free(&v);
}
