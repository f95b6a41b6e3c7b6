// Reading SentencePiece models: its own protocol buffer, llama2.c's
// tokenizer.bin, and a JSON list of pieces and scores; see sentencepiece.h.
//
// All three end in finish(), which checks the pieces and, for BPE, works out
// the merges: the file does not list them, but any two pieces whose join is a
// piece may merge, in the order of the scores.
#include "04-tokenizers/sentencepiece.h"

#include "04-tokenizers/protobuf.h"

#include "common/check.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE "\u2581"
enum { SPACE_BYTES = 3 };

static SentencePiece empty_model(void)
{
    SentencePiece s = {.vocab = vocab_new(),
                       .table = merges_new(),
                       .unknown = -1,
                       .bos = -1,
                       .eos = -1,
                       .dummy_prefix = true,
                       .collapse_spaces = true};
    memset(s.byte, -1, sizeof s.byte);
    return s;
}

// Appends a piece. `again` allows a piece that is there already; the last one
// with the same bytes is then the one that encoding finds.
static const char *add(SentencePiece *s, Text piece, float score, int type,
                       bool again)
{
    int id = s->n;
    if (!piece.length || piece.length > LONGEST_PIECE)
        return fault("piece %d has %zu bytes, not 1 to %d", id, piece.length,
                     LONGEST_PIECE);
    if (utf8_invalid(piece) >= 0)
        return fault("piece %d is not valid UTF-8", id);
    if (!isfinite(score))
        return fault("piece %d has no finite score", id);
    if (type < PIECE_NORMAL || type > PIECE_BYTE || type == PIECE_USER)
        return fault("piece %d is of type %d, which is not supported", id,
                     type);
    if (!again && vocab_find(&s->vocab, piece) >= 0)
        return fault("piece %d is there twice", id);
    if ((id & (id - 1)) == 0) { // a power of two: room for twice as many
        s->score = grow_array(s->score, 2 * (id + 1), sizeof *s->score);
        s->type = grow_array(s->type, 2 * (id + 1), sizeof *s->type);
    }
    vocab_add(&s->vocab, piece);
    s->score[id] = score;
    s->type[id] = (uint8_t)type;
    s->n++;
    return NULL;
}

// --- what every kind of file needs in the end -------------------------------

// The number N of a piece "<0xNN>", or -1.
static int byte_of(Text piece)
{
    int byte = -1, length = 0;
    if (piece.length == 6)
        sscanf(piece.at, "<0x%2x>%n", (unsigned *)&byte, &length);
    return length == 6 ? byte : -1;
}

static const char *note_special(SentencePiece *s)
{
    for (int id = 0; id < s->n; id++) {
        Text piece = s->vocab.piece[id];
        if (s->type[id] == PIECE_UNKNOWN) {
            if (s->unknown >= 0)
                return fault("pieces %d and %d both stand for the unknown",
                             s->unknown, id);
            s->unknown = id;
        } else if (s->type[id] == PIECE_BYTE) {
            int byte = byte_of(piece);
            if (byte < 0)
                return fault("piece %d is a byte, but not <0x00> to <0xFF>",
                             id);
            s->byte[byte] = id;
        } else if (s->type[id] == PIECE_CONTROL) {
            if (text_equal(piece, "<s>"))
                s->bos = id;
            if (text_equal(piece, "</s>"))
                s->eos = id;
        }
    }
    if (!s->n)
        return "it holds no pieces";
    if (s->unknown < 0)
        return "no piece stands for the unknown";
    for (int byte = 0; byte < 256 && s->byte_fallback; byte++)
        if (s->byte[byte] < 0)
            return fault("no piece <0x%02X>, though bytes are used", byte);
    return NULL;
}

// Characters that are pieces only together with others get ids from n on.
static void add_characters(SentencePiece *s)
{
    for (int id = 0; id < s->n; id++) {
        if (s->type[id] != PIECE_NORMAL)
            continue;
        Text rest = s->vocab.piece[id];
        while (rest.length) {
            Text one = first_character(rest);
            if (vocab_find(&s->vocab, one) < 0)
                vocab_add(&s->vocab, one);
            rest = (Text){rest.at + one.length, rest.length - one.length};
        }
    }
}

// A symbol that merging may meet: a piece, or a character of one.
static bool is_symbol(const SentencePiece *s, int id)
{
    return id >= s->n || (id >= 0 && s->type[id] == PIECE_NORMAL);
}

// Every way to make the piece from two symbols.
static void add_merges(SentencePiece *s, int id, int rank)
{
    Text piece = s->vocab.piece[id];
    size_t cut = first_character(piece).length;
    while (cut < piece.length) {
        Text tail = {piece.at + cut, piece.length - cut};
        int left = vocab_find(&s->vocab, (Text){piece.at, cut});
        int right = vocab_find(&s->vocab, tail);
        if (is_symbol(s, left) && is_symbol(s, right))
            merges_add(&s->table, (Pair){left, right, rank, id});
        cut += first_character(tail).length;
    }
}

typedef struct Scored {
    float score;
    int id;
} Scored;

static int by_falling_score(const void *a, const void *b)
{
    const Scored *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

// The better a piece's score, the earlier its merge; equal scores have the
// same rank, and then the leftmost place decides.
static void make_merges(SentencePiece *s)
{
    Scored *order = new_array(s->n, sizeof *order);
    for (int id = 0; id < s->n; id++)
        order[id] = (Scored){s->score[id], id};
    qsort(order, s->n, sizeof *order, by_falling_score);
    add_characters(s);
    for (int i = 0, rank = 0; i < s->n; i++) {
        rank += i > 0 && order[i].score < order[i - 1].score;
        if (s->type[order[i].id] == PIECE_NORMAL)
            add_merges(s, order[i].id, rank);
    }
    free(order);
}

// Does the piece go on after the end of a word, as in "of_the"?
static bool reaches_over(Text piece)
{
    for (size_t i = 0; i < piece.length;) {
        Text rest = {piece.at + i, piece.length - i};
        bool space = rest.length >= SPACE_BYTES &&
                     memcmp(rest.at, SPACE, SPACE_BYTES) == 0;
        const char *next =
            space ? NULL : memmem(rest.at, rest.length, SPACE, SPACE_BYTES);
        if (next)
            return true;
        i += space ? SPACE_BYTES : rest.length;
    }
    return false;
}

static const char *finish(SentencePiece *s)
{
    const char *wrong = note_special(s);
    if (wrong || s->unigram)
        return wrong;
    s->words_apart = true;
    for (int id = 0; id < s->n; id++) {
        if (s->type[id] == PIECE_UNUSED)
            return fault("piece %d is unused, which is not supported for BPE",
                         id);
        if (s->type[id] == PIECE_NORMAL)
            s->words_apart &= !reaches_over(s->vocab.piece[id]);
    }
    make_merges(s);
    return NULL;
}

// --- tokenizer.model --------------------------------------------------------
// The field numbers are those of sentencepiece_model.proto.

static const char *read_piece(SentencePiece *s, Text message)
{
    Field f;
    Text piece = {0};
    float score = 0;
    uint64_t type = PIECE_NORMAL;
    FieldResult got;
    while ((got = protobuf_next(&message, &f)) == FIELD_READ) {
        if (f.number == 1 && f.wire == WIRE_BYTES)
            piece = f.bytes;
        else if (f.number == 2 && f.wire == WIRE_32)
            score = protobuf_float(&f);
        else if (f.number == 3 && f.wire == WIRE_VARINT)
            type = f.value;
    }
    if (got == FIELD_BAD)
        return fault("piece %d is damaged", s->n);
    return add(s, piece, score, type <= PIECE_BYTE ? (int)type : -1, false);
}

static const char *read_trainer(SentencePiece *s, Text message)
{
    Field f;
    uint64_t kind = 1;
    FieldResult got;
    while ((got = protobuf_next(&message, &f)) == FIELD_READ) {
        if (f.number == 3)
            kind = f.value;
        else if (f.number == 24 && f.value)
            return "it puts spaces behind words, which is not supported";
        else if (f.number == 35)
            s->byte_fallback = f.value;
    }
    if (got == FIELD_BAD)
        return "the trainer_spec is damaged";
    if (kind != 1 && kind != 2)
        return fault("the model type is %d, not 1 (unigram) or 2 (BPE)",
                     kind < 100 ? (int)kind : -1);
    s->unigram = kind == 1;
    return NULL;
}

// The table of replacements: the size of a double-array trie, the trie, and
// the strings that its values are offsets of.
static const char *read_chars(SentencePiece *s, Text table)
{
    uint32_t size;
    if (!table.length)
        return NULL;
    if (table.length < 4)
        return "the precompiled_charsmap is cut";
    memcpy(&size, table.at, 4);
    if (size % 4 || !size || size >= table.length - 4 ||
        table.at[table.length - 1])
        return "the precompiled_charsmap is damaged";
    free(s->chars_trie);
    free(s->chars_text);
    s->trie_units = size / 4;
    s->chars_bytes = table.length - 4 - size;
    s->chars_trie = new_array(size, 1);
    s->chars_text = new_array(s->chars_bytes, 1);
    memcpy(s->chars_trie, table.at + 4, size);
    memcpy(s->chars_text, table.at + 4 + size, s->chars_bytes);
    return NULL;
}

static const char *read_normalizer(SentencePiece *s, Text message)
{
    Field f;
    FieldResult got;
    const char *wrong = NULL;
    while (!wrong && (got = protobuf_next(&message, &f)) == FIELD_READ) {
        if (f.number == 2 && f.wire == WIRE_BYTES)
            wrong = read_chars(s, f.bytes);
        else if (f.number == 3)
            s->dummy_prefix = f.value;
        else if (f.number == 4)
            s->collapse_spaces = f.value;
        else if (f.number == 5 && !f.value)
            wrong = "it does not escape spaces, which is not supported";
    }
    if (!wrong && got == FIELD_BAD)
        wrong = "the normalizer_spec is damaged";
    return wrong;
}

static const char *read_model(SentencePiece *s, Text bytes)
{
    Text rest = bytes;
    Field f;
    FieldResult got;
    const char *wrong = NULL;
    bool trainer = false, normalizer = false;
    while (!wrong && (got = protobuf_next(&rest, &f)) == FIELD_READ) {
        if (f.wire != WIRE_BYTES)
            continue;
        if (f.number == 1)
            wrong = read_piece(s, f.bytes);
        else if (f.number == 2)
            trainer = !(wrong = read_trainer(s, f.bytes));
        else if (f.number == 3)
            normalizer = !(wrong = read_normalizer(s, f.bytes));
    }
    if (!wrong && got == FIELD_BAD)
        wrong = fault("not a SentencePiece model, or cut, at byte %zu",
                      bytes.length - rest.length);
    // They come last: a file that was cut between two pieces lacks them.
    if (!wrong && (!trainer || !normalizer))
        wrong = fault("no %s: the file is cut",
                      trainer ? "normalizer_spec" : "trainer_spec");
    float least = 0;
    for (int id = 0; id < s->n; id++)
        if (s->type[id] == PIECE_NORMAL && s->score[id] < least)
            least = s->score[id];
    s->unknown_score = least - 10;
    return wrong;
}

// --- tokenizer.bin ----------------------------------------------------------

static int32_t int_at(Text t)
{
    int32_t value;
    memcpy(&value, t.at, 4);
    return value;
}

// llama2.c writes spaces where the model has U+2581, and puts line ends around
// the names of <s> and </s>.
static const char *add_from_bin(SentencePiece *s, Text piece, float score)
{
    static const char *const name[] = {"<unk>", "<s>", "</s>"};
    if (s->n < 3)
        return add(s, text_of(name[s->n]), score,
                   s->n ? PIECE_CONTROL : PIECE_UNKNOWN, false);
    Buffer spaced = {0};
    for (size_t i = 0; i < piece.length; i++)
        if (piece.at[i] == ' ')
            buffer_add(&spaced, SPACE, SPACE_BYTES);
        else
            buffer_add(&spaced, piece.at + i, 1);
    int type = byte_of(piece) >= 0 ? PIECE_BYTE : PIECE_NORMAL;
    const char *wrong =
        add(s, (Text){spaced.at, spaced.length}, score, type, false);
    buffer_free(&spaced);
    return wrong;
}

// The length of the longest piece; then for each piece its score, its length
// and its bytes.
static const char *read_bin(SentencePiece *s, Text bytes)
{
    int32_t longest = int_at(bytes);
    Text rest = {bytes.at + 4, bytes.length - 4};
    s->byte_fallback = true;
    s->collapse_spaces = false;
    while (rest.length) {
        if (rest.length < 8)
            return fault("piece %d is cut", s->n);
        float score;
        memcpy(&score, rest.at, 4);
        int32_t length = int_at((Text){rest.at + 4, 4});
        if (length < 1 || length > longest)
            return fault("piece %d has %d bytes, not 1 to %d", s->n, length,
                         longest);
        if ((size_t)length > rest.length - 8)
            return fault("piece %d is cut", s->n);
        const char *wrong = add_from_bin(s, (Text){rest.at + 8, length}, score);
        if (wrong)
            return wrong;
        rest = (Text){rest.at + 8 + length, rest.length - 8 - length};
    }
    return NULL;
}

// --- JSON -------------------------------------------------------------------

// [["piece", score], ...]: the first stands for the unknown, the next five are
// reserved, and null for a score means that the piece is not used.
static const char *read_json(SentencePiece *s, Text bytes)
{
    enum { RESERVED = 6 };
    const char *wrong = NULL;
    cJSON *json = cJSON_ParseWithLength(bytes.at, bytes.length);
    if (!cJSON_IsArray(json))
        wrong = "not a JSON list [[\"piece\", score], ...]";
    const cJSON *item;
    cJSON_ArrayForEach(item, json)
    {
        const cJSON *piece = cJSON_GetArrayItem(item, 0);
        const cJSON *score = cJSON_GetArrayItem(item, 1);
        int type = s->n == 0               ? PIECE_UNKNOWN
                   : s->n < RESERVED       ? PIECE_CONTROL
                   : cJSON_IsNumber(score) ? PIECE_NORMAL
                                           : PIECE_UNUSED;
        if (wrong)
            break;
        if (!cJSON_IsString(piece) || cJSON_GetArraySize(item) != 2 ||
            (!cJSON_IsNumber(score) && !cJSON_IsNull(score)))
            wrong = fault("piece %d is not a list [\"piece\", score]", s->n);
        else
            wrong = add(s, text_of(piece->valuestring),
                        type == PIECE_NORMAL ? (float)score->valuedouble : 0,
                        type, true);
    }
    cJSON_Delete(json);
    s->unigram = s->nfkc = true;
    s->unknown_score = -100;
    return wrong;
}

// --- which of them ----------------------------------------------------------

const char *sentencepiece_parse(SentencePiece *s, Text bytes)
{
    *s = empty_model();
    const char *wrong;
    if (bytes.length == 0)
        wrong = "the file is empty";
    else if (bytes.length >= 4 && int_at(bytes) > 0 &&
             int_at(bytes) <= LONGEST_PIECE)
        wrong = read_bin(s, bytes);
    else if (bytes.at[0] == '[')
        wrong = read_json(s, bytes);
    else
        wrong = read_model(s, bytes);
    if (!wrong)
        wrong = finish(s);
    if (wrong)
        sentencepiece_free(s);
    return wrong;
}

SentencePiece sentencepiece_load(const char *path)
{
    Buffer b = text_read(path);
    SentencePiece s;
    const char *wrong = sentencepiece_parse(&s, (Text){b.at, b.length});
    if (wrong)
        die("%s: %s", path, wrong);
    buffer_free(&b);
    return s;
}

const char *sentencepiece_unigram(SentencePiece *s, const Text *piece,
                                  const float *score, int n)
{
    const char *wrong = NULL;
    float least = 0;
    *s = empty_model();
    s->unigram = true;
    s->collapse_spaces = false;
    for (int i = 0; i < n && !wrong; i++) {
        wrong =
            add(s, piece[i], score[i], i ? PIECE_NORMAL : PIECE_UNKNOWN, false);
        least = fminf(least, score[i]);
    }
    s->unknown_score = least - 10;
    if (!wrong)
        wrong = finish(s);
    if (wrong)
        sentencepiece_free(s);
    return wrong;
}

const char *sentencepiece_bpe(SentencePiece *s, const Text *piece,
                              const float *score, const int *type, int n,
                              bool prefix)
{
    const char *wrong = NULL;
    *s = empty_model();
    s->byte_fallback = true;
    s->collapse_spaces = false;
    s->dummy_prefix = prefix;
    for (int i = 0; i < n && !wrong; i++)
        wrong = add(s, piece[i], score[i],
                    type[i] == PIECE_USER ? PIECE_CONTROL : type[i], false);
    if (!wrong)
        wrong = finish(s);
    if (wrong)
        sentencepiece_free(s);
    return wrong;
}
