// BERT's basic tokenizer and its two kinds of vocabulary files; see
// wordpiece.h. The longest match is in longest_match.c.
#include "04-tokenizers/wordpiece.h"

#include "04-tokenizers/unicode.h"

#include "common/check.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

void wordpiece_free(WordPiece *w)
{
    vocab_free(&w->vocab);
    buffer_free(&w->clean);
    *w = (WordPiece){0};
}

// --- the basic tokenizer ----------------------------------------------------

// The blocks of Han characters: each of them is a word. (Hangul and kana are
// not among them: those scripts are treated like the alphabets.)
static bool is_han(int32_t c)
{
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
           (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
           (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b820 && c <= 0x2ceaf) ||
           (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

// Marks of ASCII such as $ and ` count too, though Unicode calls them symbols.
static bool is_mark(int32_t c)
{
    if (c < 0x80)
        return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) ||
               (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
    return unicode_punctuation(c);
}

// What BERT drops; tabs and line ends are white space and stay.
static bool is_dropped(int32_t c)
{
    if (c == '\t' || c == '\n' || c == '\r')
        return false;
    if (c < 0x80)
        return c < 0x20 || c == 0x7f;
    return c == 0xfffd || unicode_control(c);
}

static void end_word(Buffer *to, size_t start)
{
    if (to->length > start && to->at[to->length - 1] != ' ')
        buffer_add(to, " ", 1);
}

// One cleaned character: a space ends a word, a mark is one by itself.
static void add_character(int32_t c, Buffer *to, size_t start)
{
    char utf8[4];
    if (unicode_kind(c) == KIND_SPACE) {
        end_word(to, start);
    } else if (is_mark(c)) {
        end_word(to, start);
        buffer_add(to, utf8, utf8_write(c, utf8));
        end_word(to, start);
    } else {
        buffer_add(to, utf8, utf8_write(c, utf8));
    }
}

void wordpiece_words(const WordPiece *w, Text text, Buffer *to)
{
    size_t start = to->length;
    for (int32_t c; (c = utf8_next(&text)) >= 0;) {
        if (is_dropped(c))
            continue;
        if (is_han(c))
            end_word(to, start);
        if (!w->lower || c < 0x80) {
            add_character(w->lower ? unicode_lower(c) : c, to, start);
        } else {
            int32_t part[UNICODE_PARTS];
            int n = unicode_parts(c, part);
            for (int i = 0; i < n; i++) // the accents are marks of their own
                if (!unicode_mark(part[i]))
                    add_character(unicode_lower(part[i]), to, start);
        }
        if (is_han(c))
            end_word(to, start);
    }
    end_word(to, start);
}

// --- encoding and decoding --------------------------------------------------

void wordpiece_encode(WordPiece *w, Text text, Ids *to)
{
    w->clean.length = 0;
    wordpiece_words(w, text, &w->clean);
    Text rest = {w->clean.at, w->clean.length};
    while (rest.length) {
        const char *space = memchr(rest.at, ' ', rest.length);
        size_t n = space - rest.at;
        longest_match(w, (Text){rest.at, n}, to);
        rest = (Text){rest.at + n + 1, rest.length - n - 1};
    }
}

void wordpiece_decode(const WordPiece *w, const int *id, int n, Buffer *to)
{
    for (int i = 0; i < n; i++) {
        check(id[i] >= 0 && id[i] < w->vocab.n, "id %d of %d", id[i],
              w->vocab.n);
        Text piece = w->vocab.piece[id[i]];
        bool glued = piece.length > 2 && memcmp(piece.at, "##", 2) == 0;
        if (i > 0 && !glued)
            buffer_add(to, " ", 1);
        buffer_add(to, piece.at + 2 * glued, piece.length - 2 * glued);
    }
}

// --- vocab.txt and vocab.json -----------------------------------------------

static const char *add(WordPiece *w, Text piece)
{
    int id = w->vocab.n;
    if (!piece.length)
        return fault("piece %d is empty", id);
    if (utf8_invalid(piece) >= 0)
        return fault("piece %d is not valid UTF-8", id);
    if (vocab_find(&w->vocab, piece) >= 0)
        return fault("piece %d is there twice", id);
    vocab_add(&w->vocab, piece);
    return NULL;
}

static const char *read_lines(WordPiece *w, Text bytes)
{
    const char *wrong = NULL;
    for (Text line; !wrong && text_line(&bytes, &line);)
        wrong = add(w, line);
    return wrong;
}

// U+2581 begins a word, names in brackets stand as they are, and all else is
// the inside of a word.
static const char *add_from_json(WordPiece *w, const char *name)
{
    static const char begins[] = "\u2581";
    size_t n = strlen(name);
    if (w->vocab.n == 1)
        return add(w, text_of("[unused0]"));
    if (strncmp(name, begins, 3) == 0)
        return add(w, text_of(name + 3));
    if (n > 2 && name[0] == '[' && name[n - 1] == ']')
        return add(w, text_of(name));
    Buffer glued = {0};
    buffer_print(&glued, "##%s", name);
    const char *wrong = add(w, (Text){glued.at, glued.length});
    buffer_free(&glued);
    return wrong;
}

static const char *read_json(WordPiece *w, Text bytes)
{
    cJSON *json = cJSON_ParseWithLength(bytes.at, bytes.length);
    const char *wrong = NULL;
    const cJSON *item;
    if (!cJSON_IsArray(json))
        wrong = "not a JSON list [\"piece\", ...]";
    cJSON_ArrayForEach(item, json)
    {
        if (wrong)
            break;
        wrong = cJSON_IsString(item)
                    ? add_from_json(w, item->valuestring)
                    : fault("piece %d is not a string", w->vocab.n);
    }
    cJSON_Delete(json);
    return wrong;
}

static int find(const WordPiece *w, const char *name)
{
    return vocab_find(&w->vocab, text_of(name));
}

const char *wordpiece_parse(WordPiece *w, Text bytes)
{
    *w = (WordPiece){.vocab = vocab_new(), .lower = true, .most = 100};
    // The list starts with [" where a vocab.txt starts with [PAD].
    bool json = bytes.length > 1 && bytes.at[0] == '[' && bytes.at[1] == '"';
    const char *wrong = json ? read_json(w, bytes) : read_lines(w, bytes);
    w->pad = find(w, "[PAD]");
    w->unknown = find(w, "[UNK]");
    w->cls = find(w, "[CLS]");
    w->sep = find(w, "[SEP]");
    w->mask = find(w, "[MASK]");
    int first = vocab_step(&w->vocab, 0, '#');
    w->inside = first < 0 ? -1 : vocab_step(&w->vocab, first, '#');
    if (!wrong && !w->vocab.n)
        wrong = "the file is empty";
    if (!wrong && w->unknown < 0)
        wrong = "no piece [UNK]";
    if (wrong)
        wordpiece_free(w);
    return wrong;
}

WordPiece wordpiece_load(const char *path)
{
    Buffer b = text_read(path);
    WordPiece w;
    const char *wrong = wordpiece_parse(&w, (Text){b.at, b.length});
    if (wrong)
        die("%s: %s", path, wrong);
    buffer_free(&b);
    return w;
}
