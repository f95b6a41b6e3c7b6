// Words or pieces; see coder.h.
#include "09-transformer/coder.h"

#include "common/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

static const char *const begin = "<s>", *const end = "</s>",
                         *const unknown = "<unk>";

// --- whole words ------------------------------------------------------------

typedef struct Count {
    Text word;
    int id, times;
} Count;

// The most frequent first, of equals the one that was met first.
static int by_times(const void *a, const void *b)
{
    const Count *x = a, *y = b;
    if (x->times != y->times)
        return x->times < y->times ? 1 : -1;
    return x->id - y->id;
}

static bool next_word(Text *rest, Text *word)
{
    do
        if (!text_field(rest, ' ', word))
            return false;
    while (word->length == 0);
    return true;
}

static void add_specials(Coder *c)
{
    c->begin = vocab_add(&c->words, text_of(begin));
    c->end = vocab_add(&c->words, text_of(end));
    c->unknown = vocab_add(&c->words, text_of(unknown));
    c->n = c->words.n;
}

Coder coder_words(Text text, int least)
{
    Vocab all = vocab_new();
    Count *count = NULL;
    int room = 0;
    for (Text line; text_line(&text, &line);)
        for (Text word; next_word(&line, &word);) {
            int id = vocab_find(&all, word);
            if (id < 0) {
                id = vocab_add(&all, word);
                if (id >= room)
                    count =
                        grow_array(count, room = 2 * id + 64, sizeof *count);
                count[id] = (Count){all.piece[id], id, 0};
            }
            count[id].times++;
        }
    if (all.n > 0)
        qsort(count, all.n, sizeof *count, by_times);
    Coder c = {.whole = true, .words = vocab_new()};
    for (int i = 0; i < all.n && count[i].times >= least; i++)
        vocab_add(&c.words, count[i].word);
    free(count);
    vocab_free(&all);
    add_specials(&c);
    return c;
}

// --- pieces -----------------------------------------------------------------

static void add_special_pieces(Coder *c)
{
    c->begin = bpe_special(&c->pieces, begin);
    c->end = bpe_special(&c->pieces, end);
    c->unknown = -1;
    c->n = c->pieces.vocab.n;
}

Coder coder_pieces(Text text, int merges)
{
    Coder c = {.pieces = bpe_train(text, merges)};
    add_special_pieces(&c);
    return c;
}

// --- both -------------------------------------------------------------------

void coder_free(Coder *c)
{
    if (c->whole)
        vocab_free(&c->words);
    else
        bpe_free(&c->pieces);
    *c = (Coder){0};
}

static const char *in(const char *directory, const char *name, char to[512])
{
    int n = snprintf(to, 512, "%s/%s", directory, name);
    if (n >= 512)
        die("%.60s...: the path is too long", directory);
    return to;
}

void coder_save(const Coder *c, const char *directory)
{
    char one[512], two[512];
    if (!c->whole) {
        bpe_save(&c->pieces, in(directory, "pieces.json", one),
                 in(directory, "merges.txt", two));
        return;
    }
    Buffer b = {0};
    for (int i = 0; i < c->begin; i++) {
        buffer_add(&b, c->words.piece[i].at, c->words.piece[i].length);
        buffer_add(&b, "\n", 1);
    }
    text_write(in(directory, "words.txt", one), b.at, b.length);
    buffer_free(&b);
}

Coder coder_load(const char *directory)
{
    char one[512], two[512];
    Buffer b;
    Coder c = {0};
    if (!text_read_if(in(directory, "words.txt", one), &b)) {
        c.pieces = bpe_load(in(directory, "pieces.json", one),
                            in(directory, "merges.txt", two));
        add_special_pieces(&c);
        return c;
    }
    c.whole = true;
    c.words = vocab_new();
    Text rest = {b.at, b.length};
    for (Text word; text_line(&rest, &word);)
        vocab_add(&c.words, word);
    buffer_free(&b);
    add_specials(&c);
    return c;
}

void coder_encode(Coder *c, Text sentence, Ids *to)
{
    if (c->whole) {
        for (Text word; next_word(&sentence, &word);) {
            int id = vocab_find(&c->words, word);
            ids_add(to, id >= 0 && id < c->begin ? id : c->unknown);
        }
        return;
    }
    // A word at the beginning has a space before it like any other one.
    Buffer spaced = {0};
    buffer_add(&spaced, " ", 1);
    buffer_add(&spaced, sentence.at, sentence.length);
    bpe_encode(&c->pieces, (Text){spaced.at, spaced.length}, to);
    buffer_free(&spaced);
}

void coder_decode(const Coder *c, const int *id, int n, Buffer *to)
{
    const size_t from = to->length;
    for (int i = 0; i < n; i++) {
        if (id[i] == c->begin || id[i] == c->end)
            continue;
        if (!c->whole) {
            bpe_decode(&c->pieces, &id[i], 1, to);
            continue;
        }
        if (to->length > from)
            buffer_add(to, " ", 1);
        buffer_add(to, c->words.piece[id[i]].at, c->words.piece[id[i]].length);
    }
    if (!c->whole && to->length > from && to->at[from] == ' ') {
        memmove(to->at + from, to->at + from + 1, to->length - from);
        to->length--; // the space that coder_encode put there
    }
}

void lower_case(Text sentence, Buffer *to)
{
    for (int32_t c; (c = utf8_next(&sentence)) >= 0;) {
        char utf8[4];
        buffer_add(to, utf8, utf8_write(utf8proc_tolower(c), utf8));
    }
}
