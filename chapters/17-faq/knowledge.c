// Reading knowledge bases; see knowledge.h.
#include "17-faq/knowledge.h"

#include "04-tokenizers/vocab.h"

#include "common/check.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

// --- putting one together ---------------------------------------------------

typedef struct Builder {
    Knowledge k;
    Vocab questions; // id: the pair
    int room, phrasing_room;
} Builder;

static Text keep_text(Builder *b, Text t)
{
    return (Text){arena_copy(&b->k.memory, t.at, t.length, 1), t.length};
}

// What is wrong with a text, `what` of `place` number i, or NULL.
static const char *wrong_text(Text t, const char *place, int i,
                              const char *what)
{
    if (t.length == 0)
        return fault("%s %d: the %s is empty", place, i, what);
    if (t.length > PHRASING_MOST)
        return fault("%s %d: the %s has %zu bytes, %d are the most", place, i,
                     what, t.length, PHRASING_MOST);
    if (memchr(t.at, 0, t.length))
        return fault("%s %d: the %s has a zero byte", place, i, what);
    const ptrdiff_t bad = utf8_invalid(t);
    if (bad >= 0)
        return fault("%s %d: the %s is not valid UTF-8 (its byte %td)", place,
                     i, what, bad);
    return NULL;
}

static void add_phrasing(Builder *b, int owner, Text t)
{
    Knowledge *k = &b->k;
    if (k->phrasings == b->phrasing_room) {
        b->phrasing_room = 2 * b->phrasing_room + 64;
        k->phrasing =
            grow_array(k->phrasing, b->phrasing_room, sizeof *k->phrasing);
    }
    k->phrasing[k->phrasings++] = (Phrasing){keep_text(b, t), owner};
    k->pair[owner].end = k->phrasings;
}

// Begins a pair with its question; NULL, or what is wrong with it.
static const char *begin_pair(Builder *b, Text question, const char *place,
                              int i)
{
    Knowledge *k = &b->k;
    question = text_trimmed(question);
    const char *wrong = wrong_text(question, place, i, "question");
    if (wrong)
        return wrong;
    const int before = vocab_find(&b->questions, question);
    if (before >= 0)
        return fault("%s %d: the question is that of pair %d again", place, i,
                     before + 1);
    if (b->questions.nodes + (int)question.length >= VOCAB_NODES)
        return fault("%s %d: too many questions", place, i);
    if (k->n == b->room) {
        b->room = 2 * b->room + 64;
        k->pair = grow_array(k->pair, b->room, sizeof *k->pair);
    }
    vocab_add(&b->questions, question);
    k->pair[k->n] = (Pair){.first = k->phrasings};
    add_phrasing(b, k->n, question);
    k->pair[k->n].question = k->phrasing[k->phrasings - 1].text;
    k->n++;
    return NULL;
}

static const char *add_answer(Builder *b, Text answer, const char *place, int i)
{
    answer = text_trimmed(answer);
    const char *wrong = wrong_text(answer, place, i, "answer");
    if (!wrong)
        b->k.pair[b->k.n - 1].answer = keep_text(b, answer);
    return wrong;
}

// Another phrasing of the newest pair; an empty one is left out.
static const char *add_paraphrase(Builder *b, Text t, const char *place, int i)
{
    t = text_trimmed(t);
    if (t.length == 0)
        return NULL;
    const char *wrong = wrong_text(t, place, i, "paraphrase");
    if (!wrong)
        add_phrasing(b, b->k.n - 1, t);
    return wrong;
}

// --- tab-separated ----------------------------------------------------------

static const char *parse_tsv(Builder *b, Text rest)
{
    Text line, field;
    for (int i = 1; text_line(&rest, &line); i++) {
        if (text_trimmed(line).length == 0)
            continue;
        text_field(&line, '\t', &field);
        const char *wrong = begin_pair(b, field, "line", i);
        if (wrong)
            return wrong;
        if (!text_field(&line, '\t', &field))
            return fault("line %d: a question and no answer; expected QUESTION "
                         "tab ANSWER",
                         i);
        wrong = add_answer(b, field, "line", i);
        while (!wrong && text_field(&line, '\t', &field))
            wrong = add_paraphrase(b, field, "line", i);
        if (wrong)
            return wrong;
    }
    return NULL;
}

// --- JSON -------------------------------------------------------------------

static Text json_text(const cJSON *item)
{
    const char *s = cJSON_GetStringValue(item);
    return s ? text_of(s) : (Text){"", 0};
}

// One string, or a list of them, which become lines.
static const char *json_answer(Builder *b, const cJSON *answer, int i)
{
    Buffer all = {0};
    if (cJSON_IsArray(answer)) {
        const cJSON *one;
        cJSON_ArrayForEach(one, answer)
        {
            const Text t = json_text(one);
            buffer_add(&all, "\n", all.length > 0);
            buffer_add(&all, t.at, t.length);
        }
    } else {
        const Text t = json_text(answer);
        buffer_add(&all, t.at, t.length);
    }
    const char *wrong = add_answer(b, buffer_text(&all), "pair", i);
    buffer_free(&all);
    return wrong;
}

static const char *json_pair(Builder *b, const cJSON *item, int i)
{
    const cJSON *other = cJSON_GetObjectItem(item, "paraphrases"), *one;
    const char *wrong = begin_pair(
        b, json_text(cJSON_GetObjectItem(item, "question")), "pair", i);
    if (wrong)
        return wrong;
    wrong = json_answer(b, cJSON_GetObjectItem(item, "answer"), i);
    if (!cJSON_IsArray(other))
        other = cJSON_GetObjectItem(item, "rephr");
    cJSON_ArrayForEach(one, other)
    {
        const Text t = json_text(one);
        if (!wrong && !text_equal(t, "*"))
            wrong = add_paraphrase(b, t, "pair", i);
    }
    return wrong;
}

static const char *parse_json(Builder *b, Text bytes)
{
    const char *end = NULL; // of the JSON, or of what could be read
    cJSON *json =
        cJSON_ParseWithLengthOpts(bytes.at, bytes.length, &end, false);
    const ptrdiff_t at = end ? end - bytes.at : 0;
    if (!json)
        return fault("byte %td: this is no JSON", at);
    if (text_trimmed((Text){end, bytes.length - (size_t)at}).length > 0) {
        cJSON_Delete(json);
        return fault("byte %td: text after the end of the JSON", at);
    }
    const cJSON *list = json, *item;
    if (cJSON_IsObject(json))
        list = cJSON_GetObjectItem(cJSON_GetObjectItem(json, "root"), "qapair");
    const char *wrong = NULL;
    int i = 0;
    if (!cJSON_IsArray(list))
        wrong = fault("expected a list of pairs, or an object with "
                      "root.qapair");
    cJSON_ArrayForEach(item, list) if (!wrong) wrong = json_pair(b, item, ++i);
    cJSON_Delete(json);
    return wrong;
}

// --- comma-separated --------------------------------------------------------

const char *csv_field(Text *rest, Buffer *to, bool *last)
{
    const bool quoted = rest->length && rest->at[0] == '"';
    const char *p = rest->at + quoted, *end = rest->at + rest->length;
    if (quoted) {
        for (; p < end && (*p != '"' || (p + 1 < end && p[1] == '"')); p++) {
            buffer_add(to, p, 1);
            p += *p == '"'; // "" inside quotes is one
        }
        if (p == end)
            return "a quote that never ends";
        p++;
        if (p < end && !memchr(",\r\n", *p, 3))
            return "text after a closing quote";
    } else {
        const char *from = p;
        while (p < end && !memchr(",\r\n", *p, 3))
            p++;
        buffer_add(to, from, (size_t)(p - from));
    }
    *last = p == end || *p != ',';
    if (p < end && *p == '\r')
        p++;
    if (p < end && (*p == ',' || *p == '\n'))
        p++;
    *rest = (Text){p, (size_t)(end - p)};
    return NULL;
}

typedef struct Example {
    size_t from, length; // of its text
    int category;
} Example;

// The pairs in the order in which their categories are met, each with its
// examples as phrasings.
static const char *gather(Builder *b, const Vocab *category, const Buffer *all,
                          const Example *e, int n)
{
    const char *texts = buffer_text(all).at;
    for (int c = 0; c < category->n; c++) {
        Buffer name = {0};
        buffer_add(&name, category->piece[c].at, category->piece[c].length);
        for (size_t j = 0; j < name.length; j++)
            name.at[j] = name.at[j] == '_' ? ' ' : name.at[j];
        const Text t = buffer_text(&name);
        const char *wrong = begin_pair(b, t, "category", c + 1);
        wrong = wrong ? wrong : add_answer(b, t, "category", c + 1);
        buffer_free(&name);
        for (int i = 0; i < n && !wrong; i++)
            if (e[i].category == c)
                wrong = add_paraphrase(
                    b, (Text){texts + e[i].from, e[i].length}, "text", i + 1);
        if (wrong)
            return wrong;
    }
    return NULL;
}

static const char *parse_csv(Builder *b, Text rest)
{
    enum { CATEGORIES = 10000 };
    Vocab category = vocab_new();
    Buffer all = {0}, name = {0};
    Example *e = NULL;
    int n = 0, room = 0;
    const char *wrong = NULL;
    Text header;
    text_line(&rest, &header);
    while (rest.length > 0 && !wrong) {
        bool last = false;
        const size_t from = all.length;
        wrong = csv_field(&rest, &all, &last);
        const size_t length = all.length - from;
        if (!wrong && last && length == 0)
            continue; // an empty line
        name.length = 0;
        if (!wrong && !last)
            wrong = csv_field(&rest, &name, &last);
        if (wrong || !last || name.length == 0) {
            wrong = fault("record %d: %s", n + 2,
                          wrong ? wrong : "expected text,category");
            break;
        }
        if (n == room) {
            room = 2 * room + 64;
            e = grow_array(e, room, sizeof *e);
        }
        const Text t = buffer_text(&name);
        int id = vocab_find(&category, t);
        if (id < 0 && name.length < 256 && category.n < CATEGORIES)
            id = vocab_add(&category, t);
        if (id < 0)
            wrong = fault("record %d: no category", n + 2);
        e[n++] = (Example){from, length, id};
    }
    wrong = wrong ? wrong : gather(b, &category, &all, e, n);
    free(e);
    buffer_free(&all), buffer_free(&name);
    vocab_free(&category);
    return wrong;
}

// --- all of them ------------------------------------------------------------

const char *knowledge_parse(Knowledge *k, Text bytes)
{
    // What is kept is at most the file, each text rounded up to a cache line.
    Builder b = {.questions = vocab_new()};
    b.k.memory = arena_new(bytes.length * 65 + 4096);
    if (bytes.length >= 3 && memcmp(bytes.at, "\xef\xbb\xbf", 3) == 0)
        bytes = (Text){bytes.at + 3, bytes.length - 3}; // a byte-order mark
    const Text begin = text_trimmed(bytes);
    Text rest = bytes, header = {"", 0};
    text_line(&rest, &header);
    header = text_trimmed(header);
    const char *wrong =
        begin.length && memchr("{[", begin.at[0], 2) ? parse_json(&b, bytes)
        : text_equal(header, "text,category")        ? parse_csv(&b, bytes)
                                                     : parse_tsv(&b, bytes);
    if (!wrong && b.k.n == 0)
        wrong = "there is no question in it";
    vocab_free(&b.questions);
    *k = b.k;
    if (wrong)
        knowledge_free(k);
    return wrong;
}

Knowledge knowledge_load(const char *path)
{
    Knowledge k;
    Buffer all = text_read(path);
    const char *wrong = knowledge_parse(&k, buffer_text(&all));
    if (wrong)
        die("%s: %s", path, wrong);
    buffer_free(&all);
    return k;
}

void knowledge_free(Knowledge *k)
{
    free(k->pair), free(k->phrasing);
    arena_free(&k->memory);
    *k = (Knowledge){0};
}

uint64_t knowledge_hash(const Knowledge *k)
{
    uint64_t h = 14695981039346656037u;
    for (int i = 0; i < k->phrasings; i++)
        h = (h ^ text_hash(k->phrasing[i].text)) * 1099511628211u;
    for (int i = 0; i < k->n; i++)
        h = (h ^ text_hash(k->pair[i].answer)) * 1099511628211u;
    return h;
}

int knowledge_find(const Knowledge *k, Text question)
{
    for (int i = 0; i < k->n; i++)
        if (k->pair[i].question.length == question.length &&
            memcmp(k->pair[i].question.at, question.at, question.length) == 0)
            return i;
    return -1;
}

int questions_load(const char *path, Buffer *all, Text **question)
{
    *all = text_read(path);
    *question = NULL;
    Text rest = buffer_text(all), line;
    int n = 0, room = 0;
    for (int i = 1; text_line(&rest, &line); i++) {
        line = text_trimmed(line);
        const char *wrong =
            line.length ? wrong_text(line, "line", i, "question") : NULL;
        if (wrong)
            die("%s: %s", path, wrong);
        if (n == room) {
            room = 2 * room + 64;
            *question = grow_array(*question, room, sizeof **question);
        }
        (*question)[n] = line;
        n += line.length > 0;
    }
    if (n == 0)
        die("%s: there is no question in it", path);
    return n;
}
