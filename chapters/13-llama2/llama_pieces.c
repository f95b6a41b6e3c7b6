// Finding and reading the tokenizer of a Llama; see llama_pieces.h.
#include "13-llama2/llama_pieces.h"

#include "common/check.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

void llama_pieces_free(LlamaPieces *p)
{
    if (p->bytewise)
        bpe_free(&p->bpe);
    else
        sentencepiece_free(&p->sentencepiece);
    *p = (LlamaPieces){0};
}

void llama_encode(LlamaPieces *p, Text text, bool begin, Ids *to)
{
    if (begin && p->bos >= 0)
        ids_add(to, p->bos);
    if (p->bytewise)
        bpe_encode(&p->bpe, text, to);
    else
        sentencepiece_encode(&p->sentencepiece, text, to);
}

void llama_decode(const LlamaPieces *p, int id, bool first, Buffer *to)
{
    check(id >= 0 && id < p->n, "piece %d of %d", id, p->n);
    if (id == p->bos || id == p->eos)
        return;
    if (p->bytewise)
        bpe_decode(&p->bpe, &id, 1, to);
    else
        sentencepiece_decode_one(&p->sentencepiece, id,
                                 first && p->sentencepiece.dummy_prefix, to);
}

// --- from lists, as GGUF and tokenizer.json have them -----------------------

typedef struct Lists {
    Text *piece;
    float *score;
    int *type;
    int n;
} Lists;

static Lists lists_new(int n)
{
    Lists l = {.n = n};
    l.piece = new_array(n, sizeof *l.piece);
    l.score = new_array(n, sizeof *l.score);
    l.type = new_array(n, sizeof *l.type);
    return l;
}

static void lists_free(Lists *l)
{
    free(l->piece);
    free(l->score);
    free(l->type);
}

static const char *from_lists(LlamaPieces *p, const Lists *l, bool prefix)
{
    const char *wrong = sentencepiece_bpe(&p->sentencepiece, l->piece, l->score,
                                          l->type, l->n, prefix);
    if (wrong)
        return wrong;
    p->n = p->sentencepiece.n;
    p->bos = p->sentencepiece.bos;
    p->eos = p->sentencepiece.eos;
    return NULL;
}

// Byte-level BPE: chapter 4 reads it from the text of two files.
static const char *from_merges(LlamaPieces *p, const cJSON *vocab,
                               const Buffer *merges)
{
    char *text = cJSON_PrintUnformatted(vocab);
    const char *wrong = NULL;
    if (!text)
        return "out of memory";
    wrong = bpe_parse(&p->bpe, text_of(text),
                      (Text){merges->at ? merges->at : "", merges->length});
    free(text);
    p->bytewise = !wrong;
    p->n = wrong ? 0 : p->bpe.vocab.n;
    p->bos = p->eos = -1;
    return wrong;
}

// --- GGUF -------------------------------------------------------------------

static const char *array(const Gguf *g, const char *name, GgufKind item,
                         const GgufValue **v)
{
    *v = gguf_value(g, name);
    if (!*v || (*v)->kind != GGUF_ARRAY || (*v)->item != item)
        return fault("%s is missing or of another kind", name);
    return NULL;
}

static const char *sentencepiece_from_gguf(LlamaPieces *p, const Gguf *g,
                                           const GgufValue *tokens)
{
    const GgufValue *scores, *types;
    const char *wrong = array(g, "tokenizer.ggml.scores", GGUF_F32, &scores);
    if (!wrong)
        wrong = array(g, "tokenizer.ggml.token_type", GGUF_I32, &types);
    if (wrong)
        return wrong;
    if (scores->n != tokens->n || types->n != tokens->n)
        return "tokenizer.ggml has lists of different lengths";
    Lists l = lists_new((int)tokens->n);
    Text rest = tokens->bytes;
    for (int i = 0; i < l.n; i++) {
        gguf_next_text(&rest, &l.piece[i]);
        l.score[i] = gguf_float_at(scores, i);
        l.type[i] = gguf_int_at(types, i);
    }
    int64_t prefix = 1;
    gguf_int(g, "tokenizer.ggml.add_space_prefix", &prefix);
    wrong = from_lists(p, &l, prefix != 0);
    lists_free(&l);
    return wrong;
}

static const char *bpe_from_gguf(LlamaPieces *p, const Gguf *g,
                                 const GgufValue *tokens)
{
    const GgufValue *merges;
    Text pre, item, rest;
    if (gguf_text(g, "tokenizer.ggml.pre", &pre) && !text_equal(pre, "gpt-2") &&
        !text_equal(pre, "default"))
        return fault("tokenizer.ggml.pre is %.*s: only GPT-2's way to cut "
                     "words is supported",
                     (int)(pre.length % 1000), pre.at);
    const char *wrong = array(g, "tokenizer.ggml.merges", GGUF_TEXT, &merges);
    if (wrong)
        return wrong;
    cJSON *vocab = cJSON_CreateObject();
    Buffer name = {0}, lines = {0};
    rest = tokens->bytes;
    for (int i = 0; gguf_next_text(&rest, &item); i++) {
        name.length = 0;
        buffer_add(&name, item.at, item.length);
        cJSON_AddItemToObject(vocab, name.at, cJSON_CreateNumber(i));
    }
    rest = merges->bytes;
    while (gguf_next_text(&rest, &item)) {
        buffer_add(&lines, item.at, item.length);
        buffer_add(&lines, "\n", 1);
    }
    wrong = from_merges(p, vocab, &lines);
    cJSON_Delete(vocab);
    buffer_free(&name);
    buffer_free(&lines);
    return wrong;
}

const char *llama_pieces_gguf(LlamaPieces *p, const Gguf *g)
{
    enum { MOST = 1 << 22 };
    const GgufValue *tokens;
    Text model;
    *p = (LlamaPieces){.bos = -1, .eos = -1};
    if (!gguf_text(g, "tokenizer.ggml.model", &model))
        return "tokenizer.ggml.model is missing: it has no tokenizer";
    const char *wrong = array(g, "tokenizer.ggml.tokens", GGUF_TEXT, &tokens);
    if (wrong)
        return wrong;
    if (tokens->n < 1 || tokens->n > MOST)
        return fault("%llu pieces, expected 1 to %d",
                     (unsigned long long)tokens->n, MOST);
    if (text_equal(model, "llama"))
        return sentencepiece_from_gguf(p, g, tokens);
    if (text_equal(model, "gpt2"))
        return bpe_from_gguf(p, g, tokens);
    return fault("tokenizer.ggml.model is %.*s, expected llama or gpt2",
                 (int)(model.length % 1000), model.at);
}

// --- tokenizer.json ---------------------------------------------------------

static const cJSON *member(const cJSON *json, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

static bool is_type(const cJSON *json, const char *type)
{
    const cJSON *item = member(json, "type");
    return cJSON_IsString(item) && strcmp(item->valuestring, type) == 0;
}

// The step of that type: the normaliser itself, or one of its sequence.
static const cJSON *step(const cJSON *json, const char *list, const char *type)
{
    const cJSON *item;
    if (is_type(json, type))
        return json;
    cJSON_ArrayForEach(item, member(json, list))
    {
        if (is_type(item, type))
            return item;
    }
    return NULL;
}

// The two sides of a merge: "a b", or ["a", "b"]. False if it is neither.
static bool sides(const cJSON *merge, Text *left, Text *right)
{
    if (cJSON_IsString(merge)) {
        Text rest = text_of(merge->valuestring);
        return text_field(&rest, ' ', left) && text_field(&rest, ' ', right);
    }
    const cJSON *a = cJSON_GetArrayItem(merge, 0);
    const cJSON *b = cJSON_GetArrayItem(merge, 1);
    if (!cJSON_IsString(a) || !cJSON_IsString(b))
        return false;
    *left = text_of(a->valuestring);
    *right = text_of(b->valuestring);
    return true;
}

// Pieces by id from the vocabulary and the added ones: all ids from 0 on.
static const char *list_pieces(Lists *l, const cJSON *vocab, const cJSON *added)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, vocab)
    {
        const double id = cJSON_IsNumber(item) ? item->valuedouble : -1;
        if (!(id >= 0 && id < l->n) || l->piece[(int)id].at)
            return fault("\"%.40s\" has no id of its own below %d",
                         item->string, l->n);
        l->piece[(int)id] = text_of(item->string);
        l->type[(int)id] = PIECE_NORMAL;
    }
    cJSON_ArrayForEach(item, added)
    {
        const cJSON *id = member(item, "id"), *text = member(item, "content");
        if (!cJSON_IsNumber(id) || !cJSON_IsString(text) ||
            !(id->valuedouble >= 0 && id->valuedouble < l->n))
            return "added_tokens has one without content or with a wrong id";
        l->piece[(int)id->valuedouble] = text_of(text->valuestring);
        l->type[(int)id->valuedouble] = PIECE_CONTROL;
    }
    for (int i = 0; i < l->n; i++)
        if (!l->piece[i].at)
            return fault("no piece has the id %d", i);
    return NULL;
}

// SentencePiece has a score for each piece and no list of merges; a tokenizer
// with such a list gives the earlier product the better score.
static const char *score_merges(Lists *l, const cJSON *merges)
{
    Vocab all = vocab_new();
    Buffer both = {0};
    const char *wrong = NULL;
    for (int i = 0; i < l->n; i++) {
        vocab_add(&all, l->piece[i]);
        l->score[i] = -1e9f;
    }
    int rank = 0;
    const cJSON *merge;
    cJSON_ArrayForEach(merge, merges)
    {
        Text left, right;
        both.length = 0;
        rank++;
        if (sides(merge, &left, &right)) {
            buffer_add(&both, left.at, left.length);
            buffer_add(&both, right.at, right.length);
        }
        const int id =
            both.length ? vocab_find(&all, (Text){both.at, both.length}) : -1;
        if (id < 0) {
            wrong = fault("merge %d is not two pieces that make a third", rank);
            break;
        }
        if (l->score[id] < (float)-rank)
            l->score[id] = (float)-rank;
    }
    vocab_free(&all);
    buffer_free(&both);
    return wrong;
}

static bool is_byte(Text t)
{
    return t.length == 6 && memcmp(t.at, "<0x", 3) == 0 && t.at[5] == '>';
}

static const char *sentencepiece_from_json(LlamaPieces *p, const cJSON *json)
{
    const cJSON *model = member(json, "model"), *vocab = member(model, "vocab");
    const cJSON *added = member(json, "added_tokens"), *item;
    int n = cJSON_GetArraySize(vocab);
    cJSON_ArrayForEach(item, added)
    {
        const cJSON *text = member(item, "content");
        n += cJSON_IsString(text) && !member(vocab, text->valuestring);
    }
    Lists l = lists_new(n);
    const char *wrong = list_pieces(&l, vocab, added);
    const cJSON *unknown = member(model, "unk_token");
    for (int i = 0; i < n && !wrong; i++)
        if (cJSON_IsString(unknown) &&
            text_equal(l.piece[i], unknown->valuestring))
            l.type[i] = PIECE_UNKNOWN;
        else if (l.type[i] == PIECE_NORMAL && is_byte(l.piece[i]))
            l.type[i] = PIECE_BYTE;
    if (!wrong)
        wrong = score_merges(&l, member(model, "merges"));
    const cJSON *meta =
        step(member(json, "pre_tokenizer"), "pretokenizers", "Metaspace");
    const cJSON *scheme = member(meta, "prepend_scheme");
    const bool never =
        cJSON_IsString(scheme) && strcmp(scheme->valuestring, "never") == 0;
    const bool prefix = (meta && !never) || step(member(json, "normalizer"),
                                                 "normalizers", "Prepend");
    if (!wrong)
        wrong = from_lists(p, &l, prefix);
    lists_free(&l);
    return wrong;
}

static const char *bpe_from_json(LlamaPieces *p, const cJSON *json)
{
    const cJSON *model = member(json, "model"), *item;
    const cJSON *cut = member(json, "pre_tokenizer");
    if (!is_type(cut, "ByteLevel") || cJSON_IsFalse(member(cut, "use_regex")))
        return "its pre_tokenizer is not ByteLevel as GPT-2 has it: not "
               "supported";
    cJSON *vocab = cJSON_Duplicate(member(model, "vocab"), true);
    if (!cJSON_IsObject(vocab)) {
        cJSON_Delete(vocab);
        return "model.vocab is missing";
    }
    cJSON_ArrayForEach(item, member(json, "added_tokens"))
    {
        const cJSON *id = member(item, "id"), *text = member(item, "content");
        if (cJSON_IsNumber(id) && cJSON_IsString(text) &&
            !member(vocab, text->valuestring))
            cJSON_AddItemToObject(vocab, text->valuestring,
                                  cJSON_CreateNumber(id->valuedouble));
    }
    Buffer lines = {0};
    cJSON_ArrayForEach(item, member(model, "merges"))
    {
        Text left, right;
        if (!sides(item, &left, &right))
            left = right = text_of("");
        buffer_print(&lines, "%.*s %.*s\n", (int)left.length, left.at,
                     (int)right.length, right.at);
    }
    const char *wrong = from_merges(p, vocab, &lines);
    buffer_free(&lines);
    cJSON_Delete(vocab);
    return wrong;
}

const char *llama_pieces_json(LlamaPieces *p, Text text)
{
    *p = (LlamaPieces){.bos = -1, .eos = -1};
    cJSON *json = cJSON_ParseWithLength(text.at, text.length);
    const cJSON *model = member(json, "model");
    const char *wrong;
    if (!cJSON_IsObject(model) || !cJSON_IsObject(member(model, "vocab")) ||
        !cJSON_IsArray(member(model, "merges")))
        wrong = "not a tokenizer.json of BPE: no model with vocab and merges";
    else if (cJSON_IsTrue(member(model, "byte_fallback")))
        wrong = sentencepiece_from_json(p, json);
    else
        wrong = bpe_from_json(p, json);
    cJSON_Delete(json);
    return wrong;
}

// --- which file -------------------------------------------------------------

LlamaPieces llama_pieces_load(const char *path)
{
    Buffer b = text_read(path);
    const Text bytes = {b.at, b.length};
    LlamaPieces p = {0};
    const char *wrong;
    if (b.length > 0 && b.at[0] == '{') {
        wrong = llama_pieces_json(&p, bytes);
    } else {
        wrong = sentencepiece_parse(&p.sentencepiece, bytes);
        p.n = p.sentencepiece.n;
        p.bos = p.sentencepiece.bos;
        p.eos = p.sentencepiece.eos;
    }
    if (wrong)
        die("%s: %s", path, wrong);
    buffer_free(&b);
    return p;
}

// A tokenizer in the folder of the model, by its usual names.
static bool load_from(const char *folder, size_t n, LlamaPieces *p)
{
    static const char *const name[] = {"tokenizer.model", "tokenizer.json",
                                       "tokenizer.bin"};
    bool found = false;
    for (int i = 0; i < 3 && !found; i++) {
        Buffer path = {0};
        buffer_print(&path, "%.*s/%s", (int)n, folder, name[i]);
        FILE *f = fopen(path.at, "rb");
        if (f) {
            fclose(f);
            *p = llama_pieces_load(path.at);
            found = true;
        }
        buffer_free(&path);
    }
    return found;
}

LlamaPieces llama_pieces_for(const LlamaFile *f, const char *path)
{
    LlamaPieces p;
    if (path) {
        p = llama_pieces_load(path);
    } else if (f->gguf.tensors > 0) {
        const char *wrong = llama_pieces_gguf(&p, &f->gguf);
        if (wrong)
            die("%s: %s", f->path, wrong);
    } else {
        const char *slash = strrchr(f->path, '/');
        const size_t n = f->shards ? strlen(f->path)
                         : slash   ? (size_t)(slash - f->path)
                                   : 1;
        if (!load_from(f->shards || slash ? f->path : ".", n, &p))
            die("%s: there is no tokenizer beside it; give one with "
                "--tokenizer",
                f->path);
    }
    if (p.n > f->shape.pieces)
        die("%s: it has %d pieces, the model's vocabulary %d: they do not "
            "belong together",
            path ? path : f->path, p.n, f->shape.pieces);
    if (p.bos < 0 && f->bos < p.n)
        p.bos = f->bos;
    if (p.eos < 0 && f->eos < p.n)
        p.eos = f->eos;
    return p;
}
