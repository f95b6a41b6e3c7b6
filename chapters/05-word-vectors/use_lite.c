// Reading the table of the Universal Sentence Encoder Lite; see use_lite.h.
#include "05-word-vectors/use_lite.h"

#include "common/check.h"

#include <cjson/cJSON.h>

#include <stdlib.h>
#include <string.h>

// --- the reader -------------------------------------------------------------

// A whole number of 0 .. 1e9 in the field, or -1.
static double whole(const cJSON *item)
{
    const double x = cJSON_IsNumber(item) ? item->valuedouble : -1;
    return x >= 0 && x <= 1e9 && x == (double)(int64_t)x ? x : -1;
}

// Numbers in a tensor, by the product of its shape; -1 if that makes no sense.
static double numbers_in(const cJSON *weight)
{
    const cJSON *dim, *shape = cJSON_GetObjectItem(weight, "shape");
    double n = cJSON_IsArray(shape) ? 1 : -1;
    cJSON_ArrayForEach(dim, shape)
    {
        n = whole(dim) < 0 ? -1 : n * whole(dim);
        if (n < 0 || n > 1e9)
            return -1;
    }
    return n;
}

// Finds the tensor and the offset of its first byte.
static const cJSON *find_tensor(const char *model, const cJSON *weights,
                                const char *part, size_t *offset)
{
    const cJSON *weight, *found = NULL;
    double at = 0;
    cJSON_ArrayForEach(weight, weights)
    {
        const char *name =
            cJSON_GetStringValue(cJSON_GetObjectItem(weight, "name"));
        const char *type =
            cJSON_GetStringValue(cJSON_GetObjectItem(weight, "dtype"));
        const double n = numbers_in(weight);
        if (!name || !type || n < 0 || at > 1e12 ||
            (strcmp(type, "float32") != 0 && strcmp(type, "int32") != 0))
            die("%s: weights: expected names, shapes, and float32 or int32",
                model);
        if (strstr(name, part)) {
            if (found || strcmp(type, "float32") != 0)
                die("%s: weights: expected one tensor *%s* of float32", model,
                    part);
            found = weight;
            *offset = (size_t)at;
        }
        at += 4 * n;
    }
    if (!found)
        die("%s: weights: no tensor *%s*", model, part);
    return found;
}

// Copies bytes offset .. offset + n - 1 of the shards, one after the other.
static void read_shards(const char *model, const cJSON *paths, size_t offset,
                        size_t n, char *to)
{
    const cJSON *item;
    const char *slash = strrchr(model, '/');
    const int dir = slash ? (int)(slash + 1 - model) : 0;
    size_t at = 0, copied = 0; // `at`: where this shard begins
    cJSON_ArrayForEach(item, paths)
    {
        const char *name = cJSON_GetStringValue(item);
        if (!name || strchr(name, '/'))
            die("%s: paths: expected names of files", model);
        Buffer path = {0};
        buffer_print(&path, "%.*s%s", dir, model, name);
        Buffer shard = text_read(path.at);
        const size_t from = offset + copied - at; // in this shard
        if (copied < n && from < shard.length) {
            size_t some = shard.length - from;
            if (some > n - copied)
                some = n - copied;
            memcpy(to + copied, shard.at + from, some);
            copied += some;
        }
        at += shard.length;
        buffer_free(&shard);
        buffer_free(&path);
        if (copied == n)
            return;
    }
    die("%s: the files beside it end at byte %zu, expected %zu or more", model,
        at, offset + n);
}

float *tfjs_tensor(const char *model, const char *part, int *rows, int *cols)
{
    Buffer text = text_read(model);
    cJSON *json = cJSON_ParseWithLength(text.at, text.length);
    const cJSON *group =
        cJSON_GetArrayItem(cJSON_GetObjectItem(json, "weightsManifest"), 0);
    const cJSON *weights = cJSON_GetObjectItem(group, "weights");
    const cJSON *paths = cJSON_GetObjectItem(group, "paths");
    if (!cJSON_IsArray(weights) || !cJSON_IsArray(paths))
        die("%s: expected weightsManifest with weights and paths", model);
    size_t offset = 0;
    const cJSON *weight = find_tensor(model, weights, part, &offset);
    const cJSON *shape = cJSON_GetObjectItem(weight, "shape");
    const int dims = cJSON_GetArraySize(shape);
    const size_t n = (size_t)numbers_in(weight);
    if (dims < 1 || n == 0)
        die("%s: tensor *%s*: expected numbers, found none", model, part);
    *cols = (int)whole(cJSON_GetArrayItem(shape, dims - 1));
    *rows = (int)(n / (size_t)*cols);
    float *to = new_array(n, sizeof *to);
    read_shards(model, paths, offset, n * sizeof *to, (char *)to);
    cJSON_Delete(json);
    buffer_free(&text);
    return to;
}

// --- words ------------------------------------------------------------------

// The pieces that begin with U+2581 begin a word; this one, without it.
static bool whole_word(const char *piece, Text *word)
{
    static const char mark[] = "\xe2\x96\x81";
    if (strncmp(piece, mark, 3) != 0)
        return false;
    *word = text_of(piece + 3);
    return word->length > 0;
}

static void take_words(const char *path, const cJSON *list, Lexicon *l,
                       Vectors *v, const float *table, int rows)
{
    int id = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, list)
    {
        Text word;
        const char *piece = cJSON_GetStringValue(cJSON_GetArrayItem(item, 0));
        if (!piece || id >= rows)
            die("%s: entry %d: expected at most %d pieces [text, score]", path,
                id, rows);
        if (whole_word(piece, &word))
            memcpy(vectors_row(v, vocab_add(&l->word, word)),
                   table + (size_t)id * v->width, sizeof *table * v->width);
        id++;
    }
    v->n = l->word.n;
}

bool use_lite_words(const Run *run, Lexicon *words, Vectors *v)
{
    const char *path = data_path(run, "use-lite", "model.json");
    char *model = path ? copy_text(path) : NULL;
    path = data_path(run, "use-lite", "vocab.json");
    if (!model || !path) {
        free(model);
        return false;
    }
    int rows, cols;
    float *table = tfjs_tensor(model, "Embeddings_en", &rows, &cols);
    Buffer text = text_read(path);
    cJSON *json = cJSON_ParseWithLength(text.at, text.length);
    if (!cJSON_IsArray(json))
        die("%s: expected a list of pieces", path);
    *words = (Lexicon){.word = vocab_new()};
    vocab_add(&words->word, text_of("<unk>"));
    *v = vectors_new(rows + 1, cols);
    take_words(path, json, words, v, table, rows);
    cJSON_Delete(json);
    buffer_free(&text);
    free(table);
    free(model);
    return true;
}
