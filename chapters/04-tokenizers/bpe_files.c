// GPT-2's files: vocab.json and merges.txt, and the spelling they use.
//
// The one idea: a file of pieces should be printable, but pieces are bytes,
// also spaces and halves of characters. GPT-2 gives each of the 256 bytes a
// printable letter and writes pieces in these letters.
#include "04-tokenizers/bpe.h"

#include "common/check.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

// --- the spelling -----------------------------------------------------------

// A printable byte of Latin-1 is its own letter; the 68 others, in order, get
// U+0100 to U+0143: 0x00 to 0x20, 0x7F to 0xA0, and 0xAD.
static int32_t letter_of(int byte)
{
    if (byte <= 0x20)
        return 0x100 + byte;
    if (byte >= 0x7f && byte <= 0xa0)
        return 0x121 + byte - 0x7f;
    return byte == 0xad ? 0x143 : byte;
}

static int byte_of(int32_t letter)
{
    if (letter < 0x100)
        return letter_of(letter) == letter ? letter : -1;
    if (letter <= 0x120)
        return letter - 0x100;
    if (letter <= 0x142)
        return letter - 0x121 + 0x7f;
    return letter == 0x143 ? 0xad : -1;
}

void bpe_spell(Text bytes, Buffer *to)
{
    for (size_t i = 0; i < bytes.length; i++) {
        char utf8[4];
        buffer_add(to, utf8, utf8_write(letter_of((uint8_t)bytes.at[i]), utf8));
    }
}

bool bpe_unspell(Text letters, Buffer *to)
{
    size_t before = to->length;
    for (int32_t c; (c = utf8_next(&letters)) >= 0;) {
        char byte = (char)byte_of(c);
        if (byte_of(c) < 0) {
            to->length = before;
            return false;
        }
        buffer_add(to, &byte, 1);
    }
    return true;
}

// GPT-2's ids 0 to 255 are the bytes in the order of their letters.
Bpe bpe_bytes(void)
{
    Bpe b = {.vocab = vocab_new(), .table = merges_new()};
    for (int32_t letter = 0; letter <= 0x143; letter++)
        if (byte_of(letter) >= 0) {
            char byte = (char)byte_of(letter);
            b.byte[byte_of(letter)] = vocab_add(&b.vocab, (Text){&byte, 1});
        }
    b.merge = new_array(1, sizeof *b.merge);
    return b;
}

// --- reading ----------------------------------------------------------------

// The pieces by id, as the JSON object spells them; each id from 0 to n - 1
// exactly once.
static const char *order_pieces(const cJSON *json, const cJSON **by_id, int n)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        double id = cJSON_IsNumber(item) ? item->valuedouble : -1;
        if (!(id >= 0 && id < n) || id != (int)id)
            return fault("\"%.40s\" has no id from 0 to %d", item->string,
                         n - 1);
        if (by_id[(int)id])
            return fault("the id %d is given twice", (int)id);
        by_id[(int)id] = item;
    }
    return NULL;
}

static const char *add_pieces(Bpe *b, const cJSON *const *by_id, int n)
{
    Buffer bytes = {0};
    const char *wrong = NULL;
    for (int id = 0; id < n && !wrong; id++) {
        Text name = text_of(by_id[id]->string), piece;
        bytes.length = 0;
        if (utf8_invalid(name) >= 0)
            wrong = fault("piece %d is not valid UTF-8", id);
        else if (!name.length)
            wrong = fault("piece %d is empty", id);
        else if (bpe_unspell(name, &bytes))
            piece = (Text){bytes.at, bytes.length};
        else
            piece = name; // a special piece with other characters in it
        if (!wrong && vocab_find(&b->vocab, piece) >= 0)
            wrong = fault("piece %d is there twice", id);
        if (!wrong)
            vocab_add(&b->vocab, piece);
    }
    buffer_free(&bytes);
    return wrong;
}

static const char *parse_vocab(Bpe *b, Text text)
{
    cJSON *json = cJSON_ParseWithLength(text.at, text.length);
    int n = cJSON_IsObject(json) ? cJSON_GetArraySize(json) : 0;
    const char *wrong = NULL;
    if (!n) {
        wrong = fault("not a JSON object {\"piece\": id, ...}");
    } else {
        const cJSON **by_id = new_array(n, sizeof *by_id);
        wrong = order_pieces(json, by_id, n);
        if (!wrong)
            wrong = add_pieces(b, by_id, n);
        free(by_id);
    }
    cJSON_Delete(json);
    for (int byte = 0; byte < 256 && !wrong; byte++) {
        char c = (char)byte;
        b->byte[byte] = vocab_find(&b->vocab, (Text){&c, 1});
        if (b->byte[byte] < 0)
            wrong = fault("no piece for the byte 0x%02X", byte);
    }
    return wrong;
}

static int find_spelled(const Bpe *b, Text letters, Buffer *bytes)
{
    bytes->length = 0;
    if (!letters.length || !bpe_unspell(letters, bytes))
        return -1;
    return vocab_find(&b->vocab, (Text){bytes->at, bytes->length});
}

// "left right": two pieces of the vocabulary whose join is one as well.
static const char *parse_merge(Bpe *b, Text line, int number)
{
    const char *space = memchr(line.at, ' ', line.length);
    if (!space)
        return fault("line %d is not of the form \"left right\"", number);
    Text left = {line.at, space - line.at};
    Text right = {space + 1, line.at + line.length - space - 1};
    Buffer bytes = {0}, both = {0};
    buffer_add(&both, left.at, left.length);
    buffer_add(&both, right.at, right.length);
    Pair p = {.left = find_spelled(b, left, &bytes),
              .right = find_spelled(b, right, &bytes),
              .product = find_spelled(b, (Text){both.at, both.length}, &bytes),
              .rank = b->merges};
    buffer_free(&bytes);
    buffer_free(&both);
    if (p.left < 0 || p.right < 0 || p.product < 0)
        return fault("line %d: %s is not in the vocabulary", number,
                     p.left < 0    ? "the left piece"
                     : p.right < 0 ? "the right piece"
                                   : "what the two make together");
    if (merges_find(&b->table, p.left, p.right))
        return fault("line %d: this merge is there twice", number);
    b->merge[b->merges++] = p;
    merges_add(&b->table, p);
    return NULL;
}

static const char *parse_merges(Bpe *b, Text text)
{
    Text rest = text, line;
    int lines = 0;
    while (text_line(&rest, &line))
        lines++;
    b->merge = new_array((size_t)lines + 1, sizeof *b->merge);
    for (int number = 1; text_line(&text, &line); number++) {
        bool header = number == 1 && line.length >= 8 &&
                      memcmp(line.at, "#version", 8) == 0;
        if (header || (!line.length && !text.length))
            continue;
        const char *wrong = parse_merge(b, line, number);
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *parse(Bpe *b, Text vocab, Text merges, bool *in_merges)
{
    *b = (Bpe){.vocab = vocab_new(), .table = merges_new()};
    const char *wrong = parse_vocab(b, vocab);
    *in_merges = !wrong;
    if (!wrong)
        wrong = parse_merges(b, merges);
    if (wrong)
        bpe_free(b);
    return wrong;
}

const char *bpe_parse(Bpe *b, Text vocab, Text merges)
{
    bool in_merges;
    return parse(b, vocab, merges, &in_merges);
}

Bpe bpe_load(const char *vocab, const char *merges)
{
    Buffer v = text_read(vocab), m = text_read(merges);
    Bpe b;
    bool in_merges;
    const char *wrong =
        parse(&b, (Text){v.at, v.length}, (Text){m.at, m.length}, &in_merges);
    if (wrong)
        die("%s: %s", in_merges ? merges : vocab, wrong);
    buffer_free(&v);
    buffer_free(&m);
    return b;
}

// --- writing ----------------------------------------------------------------

void bpe_save(const Bpe *b, const char *vocab, const char *merges)
{
    cJSON *json = cJSON_CreateObject();
    Buffer spelled = {0}, lines = {0};
    buffer_print(&lines, "#version: 0.2\n");
    for (int id = 0; id < b->vocab.n; id++) {
        spelled.length = 0;
        bpe_spell(b->vocab.piece[id], &spelled);
        cJSON_AddItemToObject(json, spelled.at, cJSON_CreateNumber(id));
    }
    for (int i = 0; i < b->merges; i++) {
        bpe_spell(b->vocab.piece[b->merge[i].left], &lines);
        buffer_add(&lines, " ", 1);
        bpe_spell(b->vocab.piece[b->merge[i].right], &lines);
        buffer_add(&lines, "\n", 1);
    }
    char *text = cJSON_PrintUnformatted(json);
    if (!text)
        die("out of memory: writing %s", vocab);
    text_write(vocab, text, strlen(text));
    text_write(merges, lines.at, lines.length);
    free(text);
    cJSON_Delete(json);
    buffer_free(&spelled);
    buffer_free(&lines);
}
