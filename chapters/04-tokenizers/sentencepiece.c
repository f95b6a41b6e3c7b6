// SentencePiece: normalising, encoding and decoding; see sentencepiece.h. The
// files are read in sentencepiece_files.c.
#include "04-tokenizers/sentencepiece.h"

#include "04-tokenizers/unicode.h"

#include "common/check.h"

#include <stdlib.h>
#include <string.h>

#define SPACE "\u2581" // U+2581 in UTF-8
enum { SPACE_BYTES = 3 };

void sentencepiece_free(SentencePiece *s)
{
    vocab_free(&s->vocab);
    free(s->score);
    free(s->type);
    free(s->chars_trie);
    free(s->chars_text);
    merges_free(&s->table);
    cache_free(&s->seen);
    ids_free(&s->work);
    buffer_free(&s->normal);
    free(s->arrival);
    *s = (SentencePiece){0};
}

// --- normalising ------------------------------------------------------------

// One unit of a double-array trie (Aoe 1989), in the layout of Darts-clone:
// bits 0 to 7 are the byte that leads here, bit 8 says that a string ends here,
// the others say how far away the children are. In a leaf the low 31 bits are
// the value.
static uint32_t trie_unit(const SentencePiece *s, uint32_t i)
{
    uint32_t unit;
    memcpy(&unit, s->chars_trie + 4 * (size_t)i, 4);
    return unit;
}

// Where the children of this unit begin; out of the array if it is damaged.
static uint32_t children(uint32_t at, uint32_t unit)
{
    return at ^ (unit >> 10) << ((unit & 1u << 9) >> 6);
}

// The longest string of the model's table that the text begins with: its
// length, or 0, and what takes its place.
static size_t replacement(const SentencePiece *s, Text text, Text *by)
{
    size_t longest = 0;
    if (!s->trie_units)
        return 0;
    uint32_t at = children(0, trie_unit(s, 0));
    for (size_t i = 0; i < text.length; i++) {
        uint8_t byte = (uint8_t)text.at[i];
        at ^= byte;
        if (at >= s->trie_units)
            break;
        uint32_t unit = trie_unit(s, at);
        if ((unit & (1u << 31 | 0xff)) != byte)
            break;
        at = children(at, unit);
        if (!(unit >> 8 & 1) || at >= s->trie_units)
            continue;
        uint32_t value = trie_unit(s, at) & 0x7fffffff;
        if (value < s->chars_bytes) {
            longest = i + 1;
            *by = text_of(s->chars_text + value);
        }
    }
    return longest;
}

// The length of the character that the text begins with, or 0 if it is not
// valid UTF-8.
static size_t valid_character(Text text)
{
    Text one = first_character(text);
    return utf8_invalid(one) < 0 ? one.length : 0;
}

// Cuts one character, or one string of the model's table, off *rest and says
// what takes its place.
static Text next_normal(const SentencePiece *s, Text *rest)
{
    Text by;
    size_t n = replacement(s, *rest, &by);
    if (!n) {
        n = valid_character(*rest);
        by = n ? (Text){rest->at, n} : text_of("\ufffd"); // U+FFFD
        n += !n;
    }
    rest->at += n;
    rest->length -= n;
    return by;
}

static bool ends_in_space(const Buffer *b, size_t start)
{
    return b->length >= start + SPACE_BYTES &&
           memcmp(b->at + b->length - SPACE_BYTES, SPACE, SPACE_BYTES) == 0;
}

static void add_normal(const SentencePiece *s, Text text, Buffer *to)
{
    size_t start = to->length;
    // As if a space came before: so none at the front when they collapse.
    bool after_space = s->collapse_spaces;
    if (s->dummy_prefix && text.length)
        buffer_add(to, SPACE, SPACE_BYTES);
    while (text.length) {
        Text part = next_normal(s, &text);
        while (after_space && part.length && part.at[0] == ' ') {
            part.at++;
            part.length--;
        }
        if (!part.length)
            continue;
        for (size_t i = 0; i < part.length; i++)
            if (part.at[i] == ' ')
                buffer_add(to, SPACE, SPACE_BYTES);
            else
                buffer_add(to, part.at + i, 1);
        after_space = s->collapse_spaces && part.at[part.length - 1] == ' ';
    }
    while (s->collapse_spaces && ends_in_space(to, start))
        to->length -= SPACE_BYTES;
}

void sentencepiece_normalise(const SentencePiece *s, Text text, Buffer *to)
{
    if (!s->nfkc) {
        add_normal(s, text, to);
        return;
    }
    Buffer nfkc = {0};
    unicode_normalise(text, NFKC, &nfkc);
    add_normal(s, (Text){nfkc.at, nfkc.length}, to);
    buffer_free(&nfkc);
}

// --- byte pair encoding -----------------------------------------------------

// Appends a piece that covers these bytes of the text; id < 0 or beyond the
// pieces: a character without one. Unknown pieces in a row become one.
static void add_piece(const SentencePiece *s, int id, Text bytes, size_t start,
                      Ids *to)
{
    bool known = id >= 0 && id < s->n && s->type[id] == PIECE_NORMAL;
    if (known) {
        ids_add(to, id);
    } else if (s->byte_fallback) {
        for (size_t i = 0; i < bytes.length; i++)
            ids_add(to, s->byte[(uint8_t)bytes.at[i]]);
    } else if (to->n == (int)start || to->at[to->n - 1] != s->unknown) {
        ids_add(to, s->unknown);
    }
}

static void merge_word(SentencePiece *s, Text word, size_t start, Ids *to)
{
    s->work.n = 0;
    for (Text rest = word; rest.length;) {
        Text one = first_character(rest);
        ids_add(&s->work, vocab_find(&s->vocab, one));
        rest = (Text){rest.at + one.length, rest.length - one.length};
    }
    int n = merge_pairs(&s->table, s->work.at, s->work.n);
    for (int i = 0; i < n; i++) {
        int id = s->work.at[i];
        size_t length =
            id >= 0 ? s->vocab.piece[id].length : first_character(word).length;
        add_piece(s, id, (Text){word.at, length}, start, to);
        word = (Text){word.at + length, word.length - length};
    }
}

// Cuts the next word off *rest: up to the first space after something else.
// Only if no piece of the model reaches over such a place; otherwise all.
static Text next_word(const SentencePiece *s, Text *rest)
{
    Text word = *rest;
    if (s->words_apart) {
        size_t i = 0;
        while (i + SPACE_BYTES <= word.length &&
               memcmp(word.at + i, SPACE, SPACE_BYTES) == 0)
            i += SPACE_BYTES;
        const char *next =
            memmem(word.at + i, word.length - i, SPACE, SPACE_BYTES);
        if (next)
            word.length = next - word.at;
    }
    rest->at += word.length;
    rest->length -= word.length;
    return word;
}

static void encode_bpe(SentencePiece *s, Text text, Ids *to)
{
    size_t start = to->n;
    while (text.length) {
        Text word = next_word(s, &text);
        uint64_t hash = cache_hash(word);
        if (cache_find(&s->seen, word, hash, to))
            continue;
        int before = to->n;
        merge_word(s, word, start, to);
        // Without bytes, what is unknown depends on what came before it.
        if (s->byte_fallback)
            cache_add(&s->seen, word, hash, to->at + before, to->n - before);
    }
}

// --- unigram ----------------------------------------------------------------

static void arrive(Arrival *at, float score, int from, int id)
{
    if (at->from < 0 || score > at->score)
        *at = (Arrival){score, from, id};
}

// Every piece that begins at `from` offers a way to the place where it ends; a
// character that is no piece by itself can be stepped over as unknown.
static void go_on(SentencePiece *s, Text text, int from)
{
    float before = s->arrival[from].score;
    Text rest = {text.at + from, text.length - from};
    size_t one = first_character(rest).length;
    bool single = false;
    int node = 0;
    for (size_t i = 0; i < rest.length; i++) {
        node = vocab_step(&s->vocab, node, rest.at[i]);
        if (node < 0)
            break;
        int id = s->vocab.end[node];
        if (id < 0 || s->type[id] != PIECE_NORMAL)
            continue;
        arrive(&s->arrival[from + i + 1], before + s->score[id], from, id);
        single |= i + 1 == one;
    }
    if (!single)
        arrive(&s->arrival[from + one], before + s->unknown_score, from,
               s->unknown);
}

void unigram_split(SentencePiece *s, Text text, Ids *to, Ids *ends)
{
    check(text.length < INT32_MAX, "a line of %zu bytes", text.length);
    int n = (int)text.length;
    if (text.length >= s->arrivals) {
        s->arrivals = text.length + 1;
        s->arrival = grow_array(s->arrival, s->arrivals, sizeof *s->arrival);
    }
    for (int i = 0; i <= n; i++)
        s->arrival[i].from = -1;
    s->arrival[0] = (Arrival){0};
    for (int i = 0; i < n; i++)
        if (s->arrival[i].from >= 0)
            go_on(s, text, i);
    // Back from the end to the start; the steps come out in reverse.
    s->work.n = 0;
    for (int i = n; i > 0; i = s->arrival[i].from)
        ids_add(&s->work, i);
    for (int k = s->work.n - 1; k >= 0; k--) {
        ids_add(to, s->arrival[s->work.at[k]].id);
        if (ends)
            ids_add(ends, s->work.at[k]);
    }
}

static void encode_unigram(SentencePiece *s, Text text, Ids *to)
{
    Ids ids = {0}, ends = {0};
    unigram_split(s, text, &ids, &ends);
    size_t start = to->n;
    for (int i = 0, from = 0; i < ids.n; from = ends.at[i++])
        add_piece(s, ids.at[i], (Text){text.at + from, ends.at[i] - from},
                  start, to);
    ids_free(&ids);
    ids_free(&ends);
}

// --- encoding and decoding --------------------------------------------------

void sentencepiece_encode(SentencePiece *s, Text text, Ids *to)
{
    s->normal.length = 0;
    sentencepiece_normalise(s, text, &s->normal);
    Text normal = {s->normal.at, s->normal.length};
    if (s->unigram)
        encode_unigram(s, normal, to);
    else
        encode_bpe(s, normal, to);
}

void sentencepiece_decode_one(const SentencePiece *s, int id, bool first,
                              Buffer *to)
{
    check(id >= 0 && id < s->n, "id %d of %d", id, s->n);
    Text piece = s->vocab.piece[id];
    switch (s->type[id]) {
    case PIECE_CONTROL:
        return;
    case PIECE_UNKNOWN:
        buffer_print(to, " \u2047 "); // U+2047, as SentencePiece does
        return;
    case PIECE_BYTE:
        buffer_add(to, &(char){(char)strtol(piece.at + 3, NULL, 16)}, 1);
        return;
    }
    for (size_t i = 0; i < piece.length; i++) {
        if (piece.length - i >= SPACE_BYTES &&
            memcmp(piece.at + i, SPACE, SPACE_BYTES) == 0) {
            if (i > 0 || !first)
                buffer_add(to, " ", 1);
            i += SPACE_BYTES - 1;
        } else {
            buffer_add(to, piece.at + i, 1);
        }
    }
}

void sentencepiece_decode(const SentencePiece *s, const int *id, int n,
                          Buffer *to)
{
    bool first = s->dummy_prefix;
    for (int i = 0; i < n; i++) {
        sentencepiece_decode_one(s, id[i], first, to);
        first &= s->type[id[i]] == PIECE_CONTROL;
    }
}
