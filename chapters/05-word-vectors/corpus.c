// From text to word numbers; see corpus.h.
#include "05-word-vectors/corpus.h"

#include "common/brown.h"
#include "common/check.h"
#include "data/tales/tales.h"

#include <stdlib.h>
#include <string.h>

// --- words ------------------------------------------------------------------

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (uint8_t)c >= 0x80;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

bool next_word(Text *rest, Text *word)
{
    const char *at = rest->at, *end = at + rest->length;
    while (at < end && is_blank(*at))
        at++;
    const char *from = at;
    if (at < end && is_letter(*at)) {
        while (at < end &&
               (is_letter(*at) || (at + 1 < end && *at > ' ' &&
                                   is_letter(at[-1]) && is_letter(at[1]))))
            at++;
    } else if (at < end) {
        while (at < end && *at == *from && (at == from || *from != '\n'))
            at++;
    }
    *word = (Text){from, at - from};
    *rest = (Text){at, end - at};
    return word->length > 0;
}

// The word in lower case, in a buffer that is used again.
static Text lower(Text word, Buffer *to)
{
    to->length = 0;
    for (size_t i = 0; i < word.length; i++) {
        char c = word.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        buffer_add(to, &c, 1);
    }
    return (Text){to->at, to->length};
}

// --- the list ---------------------------------------------------------------

typedef struct Counted {
    int64_t count;
    int id;
} Counted;

// Falling; of equally frequent words the one that came first.
static int by_count(const void *a, const void *b)
{
    const Counted *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return x->id < y->id ? -1 : x->id > y->id;
}

// Counts every word of the text, in the order in which they come.
static Counted *count_words(Text text, bool words_only, Vocab *seen)
{
    Counted *all = NULL;
    Buffer small = {0};
    size_t room = 0;
    *seen = vocab_new();
    for (Text word; next_word(&text, &word);) {
        if (word.at[0] == '\n' || (words_only && !is_letter(word.at[0])))
            continue;
        word = lower(word, &small);
        int id = vocab_find(seen, word);
        if (id < 0) {
            id = vocab_add(seen, word);
            if ((size_t)id >= room)
                all = grow_array(all, room = 2 * room + 64, sizeof *all);
            all[id] = (Counted){0, id};
        }
        all[id].count++;
    }
    buffer_free(&small);
    return all;
}

Lexicon lexicon_new(Text text, int least, bool words_only)
{
    Vocab seen;
    Counted *all = count_words(text, words_only, &seen);
    Lexicon l = {.word = vocab_new()};
    if (seen.n)
        qsort(all, seen.n, sizeof *all, by_count);
    l.count = new_array(seen.n + 1, sizeof *l.count);
    vocab_add(&l.word, text_of("<unk>"));
    for (int i = 0; i < seen.n; i++) {
        int id = UNKNOWN;
        if (all[i].count >= least)
            id = vocab_add(&l.word, seen.piece[all[i].id]);
        l.count[id] += all[i].count;
        l.total += all[i].count;
    }
    free(all);
    vocab_free(&seen);
    return l;
}

void lexicon_free(Lexicon *l)
{
    vocab_free(&l->word);
    free(l->count);
    *l = (Lexicon){0};
}

int lexicon_find(const Lexicon *l, Text word)
{
    int id = vocab_find(&l->word, word);
    if (id >= 0)
        return id;
    Buffer small = {0};
    id = vocab_find(&l->word, lower(word, &small));
    buffer_free(&small);
    return id < 0 ? UNKNOWN : id;
}

// --- sentences --------------------------------------------------------------

Sentences sentences_new(Text text, const Lexicon *l, bool known_only)
{
    Sentences s = {0};
    Buffer small = {0};
    ids_add(&s.start, 0);
    for (Text word; next_word(&text, &word);) {
        const bool ends = word.at[0] == '\n';
        if (!ends) {
            int id = vocab_find(&l->word, lower(word, &small));
            if (id > UNKNOWN || !known_only)
                ids_add(&s.ids, id < 0 ? UNKNOWN : id);
        }
        if ((ends || !text.length) && s.ids.n > s.start.at[s.n]) {
            ids_add(&s.start, s.ids.n);
            s.n++;
        }
    }
    if (s.ids.n > s.start.at[s.n]) { // blanks after the last word
        ids_add(&s.start, s.ids.n);
        s.n++;
    }
    buffer_free(&small);
    return s;
}

void sentences_free(Sentences *s)
{
    ids_free(&s->ids);
    ids_free(&s->start);
    *s = (Sentences){0};
}

// --- the two texts ----------------------------------------------------------

bool brown_texts(const char *data, TwoTexts *to)
{
    const Run run = {.data = data};
    int n = 0;
    *to = (TwoTexts){.name = "the Brown corpus"};
    for (const char *genre = BROWN_GENRES; *genre; genre++)
        for (int i = 1; i <= BROWN_MOST; i++)
            n += brown_document(&run, *genre, i,
                                n % 10 == 9 ? &to->test : &to->learn);
    return n > 0;
}

// Stories with one sentence a line.
static Buffer add_tales(size_t bytes, uint64_t seed)
{
    Buffer to = {0}, story = {0};
    Rng r = rng_new(seed);
    while (to.length < bytes) {
        story.length = 0;
        tales_story(&r, &story);
        Text rest = {story.at, story.length};
        for (size_t n; (n = tale_sentence(rest)) > 0;) {
            buffer_add(&to, rest.at, n);
            buffer_add(&to, "\n", 1);
            rest = (Text){rest.at + n, rest.length - n};
            while (rest.length && is_blank(rest.at[0]))
                rest = (Text){rest.at + 1, rest.length - 1};
        }
    }
    buffer_free(&story);
    return to;
}

TwoTexts tales_texts(size_t bytes, uint64_t seed)
{
    return (TwoTexts){add_tales(bytes, seed), add_tales(bytes / 10, seed + 1),
                      "stories of the course's own"};
}
