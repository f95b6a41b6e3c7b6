// Models in Hugging Face's layout; see bert.h.
//
// Which heads a model has, only its tensors tell. Their names come in several
// spellings: the encoder alone has no prefix, under heads it is "bert."; files
// that were converted from TensorFlow call a norm's two vectors gamma and beta.
#include "15-bert/bert.h"

#include "common/check.h"
#include "common/folder.h"
#include "common/params_file.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 512, NAME_ROOM = 200 };

static const char *in(const char *directory, const char *name,
                      char to[PATH_ROOM])
{
    if (snprintf(to, PATH_ROOM, "%s/%s", directory, name) >= PATH_ROOM)
        die("%.60s...: the path is too long", directory);
    return to;
}

// --- the names of tensors ---------------------------------------------------

// Replaces the end of name if it is `end`; false if it is not.
static bool respell(char *name, const char *end, const char *other)
{
    const size_t n = strlen(name), k = strlen(end);
    if (n < k || strcmp(name + n - k, end) != 0)
        return false;
    snprintf(name + n - k, NAME_ROOM - (n - k), "%s", other);
    return true;
}

// The tensor that our parameter `name` has in the file, whatever the spelling:
// its own name is written to `spelled`. NULL if there is none.
static const Tensor *find_spelled(const Safetensors *s, const char *name,
                                  char spelled[NAME_ROOM])
{
    for (int way = 0; way < 4; way++) {
        const bool bare = way & 1 && strncmp(name, "bert.", 5) == 0;
        snprintf(spelled, NAME_ROOM, "%s", name + (bare ? 5 : 0));
        if (way & 2 && !respell(spelled, "LayerNorm.weight", "LayerNorm.gamma"))
            respell(spelled, "LayerNorm.bias", "LayerNorm.beta");
        const Tensor *t = safetensors_find(s, spelled);
        if (t)
            return t;
    }
    snprintf(spelled, NAME_ROOM, "%s", name);
    respell(spelled, "cls.predictions.bias", "cls.predictions.decoder.bias");
    return safetensors_find(s, spelled);
}

static bool has(const Safetensors *s, const char *name)
{
    char spelled[NAME_ROOM];
    return find_spelled(s, name, spelled) != NULL;
}

static void read_parameters(Bert *m, const Safetensors *s)
{
    for (int i = 0; i < m->params->n; i++) {
        char spelled[NAME_ROOM];
        Param p = *m->params->item[i]; // the same numbers under another name
        if (find_spelled(s, p.name, spelled))
            p.name = spelled;
        param_from_file(&p, s);
    }
}

// --- config.json ------------------------------------------------------------

static cJSON *json_of(const char *path, bool needed)
{
    Buffer b;
    if (!text_read_if(path, &b)) {
        if (needed)
            die("%s: there is no such file; a model's directory has "
                "config.json, vocab.txt and model.safetensors",
                path);
        return NULL;
    }
    cJSON *json = cJSON_ParseWithLength(b.at, b.length);
    buffer_free(&b);
    if (!cJSON_IsObject(json))
        die("%s: not a JSON object {...}", path);
    return json;
}

static double number_of(const cJSON *json, const char *path, const char *key,
                        double otherwise, double least, double most)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    if (!item && otherwise >= 0)
        return otherwise;
    if (!cJSON_IsNumber(item))
        die("%s: has no number \"%s\"", path, key);
    if (!(item->valuedouble >= least && item->valuedouble <= most))
        die("%s: \"%s\" is %g, expected %g to %g", path, key, item->valuedouble,
            least, most);
    return item->valuedouble;
}

static int int_of(const cJSON *json, const char *path, const char *key,
                  int otherwise, int most)
{
    return (int)number_of(json, path, key, otherwise, 1, most);
}

static void require_word(const cJSON *json, const char *path, const char *key,
                         const char *word)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, key);
    if (item && (!cJSON_IsString(item) || strcmp(item->valuestring, word) != 0))
        die("%s: \"%s\" is %s, this program knows \"%s\"", path, key,
            cJSON_IsString(item) ? item->valuestring : "not a text", word);
}

static BertShape shape_of(const cJSON *json, const char *path)
{
    require_word(json, path, "model_type", "bert");
    require_word(json, path, "hidden_act", "gelu");
    require_word(json, path, "position_embedding_type", "absolute");
    BertShape s = {
        .pieces = int_of(json, path, "vocab_size", -1, 10000000),
        .width = int_of(json, path, "hidden_size", -1, 65536),
        .heads = int_of(json, path, "num_attention_heads", -1, 65536),
        .hidden = int_of(json, path, "intermediate_size", -1, 1 << 20),
        .layers = int_of(json, path, "num_hidden_layers", -1, 1000),
        .positions = int_of(json, path, "max_position_embeddings", -1, 1 << 20),
        .segments = int_of(json, path, "type_vocab_size", 2, 1000),
    };
    s.dropout =
        (float)number_of(json, path, "hidden_dropout_prob", 0.1, 0, 0.99);
    s.eps = (float)number_of(json, path, "layer_norm_eps", 1e-12, 0, 1);
    if (s.width % s.heads != 0)
        die("%s: %d heads do not divide a width of %d", path, s.heads, s.width);
    return s;
}

// The names of the classes: "id2label": {"0": "no", "1": "yes"}.
static char **labels_of(const cJSON *json, int classes)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(json, "id2label");
    char **label = new_array((size_t)classes, sizeof *label);
    for (int i = 0; i < classes; i++) {
        char number[24];
        snprintf(number, sizeof number, "%d", i);
        const cJSON *name = cJSON_GetObjectItemCaseSensitive(names, number);
        label[i] = copy_text(cJSON_IsString(name) ? name->valuestring : number);
    }
    return label;
}

// --- reading ----------------------------------------------------------------

static void see_heads(BertShape *s, const Safetensors *from)
{
    char spelled[NAME_ROOM];
    const Tensor *t = find_spelled(from, "classifier.weight", spelled);
    s->pools = has(from, "bert.pooler.dense.weight");
    s->fills = has(from, "cls.predictions.transform.dense.weight");
    s->follows = s->pools && has(from, "cls.seq_relationship.weight");
    if (t && s->pools && t->dims == 2 && t->shape[0] > 0 &&
        t->shape[0] < 1000000)
        s->classes = (int)t->shape[0];
}

Bert bert_load(const char *directory)
{
    char path[PATH_ROOM];
    cJSON *json = json_of(in(directory, "config.json", path), true);
    BertShape shape = shape_of(json, path);
    Safetensors from =
        safetensors_open(in(directory, "model.safetensors", path));
    see_heads(&shape, &from);
    // An absurd width must not ask for memory before it is found to be wrong.
    char spelled[NAME_ROOM];
    const Tensor *word =
        find_spelled(&from, "bert.embeddings.word_embeddings.weight", spelled);
    if (!word)
        die("%s: has no tensor \"embeddings.word_embeddings.weight\", with or "
            "without \"bert.\" in front; is this a BERT?",
            path);
    if (word->dims != 2 || word->shape[0] != shape.pieces ||
        word->shape[1] != shape.width)
        die("%s: the word embeddings are not %d x %d, as config.json says",
            path, shape.pieces, shape.width);
    Bert m = bert_new(shape, 1);
    if (shape.classes > 0)
        m.label = labels_of(json, shape.classes);
    read_parameters(&m, &from);
    safetensors_close(&from);
    cJSON_Delete(json);
    return m;
}

WordPiece bert_load_pieces(const char *directory, const Bert *m)
{
    char path[PATH_ROOM];
    cJSON *json = json_of(in(directory, "tokenizer_config.json", path), false);
    const cJSON *lower =
        cJSON_GetObjectItemCaseSensitive(json, "do_lower_case");
    WordPiece w = wordpiece_load(in(directory, "vocab.txt", path));
    if (cJSON_IsBool(lower))
        w.lower = cJSON_IsTrue(lower);
    cJSON_Delete(json);
    if (w.vocab.n > m->shape.pieces)
        die("%s: has %d pieces, the model knows %d", path, w.vocab.n,
            m->shape.pieces);
    if (w.cls < 0 || w.sep < 0)
        die("%s: no piece [CLS] or no piece [SEP]", path);
    if (w.vocab.n < m->shape.pieces) // padded to a round number, or cut?
        warn("%s: has %d pieces, the model knows %d: is it whole?", path,
             w.vocab.n, m->shape.pieces);
    return w;
}

// --- writing ----------------------------------------------------------------

static void write_json(cJSON *json, const char *path)
{
    char *text = cJSON_Print(json);
    text_write(path, text, strlen(text));
    free(text);
    cJSON_Delete(json);
}

static cJSON *config_of(const Bert *m)
{
    const BertShape *s = &m->shape;
    const struct {
        const char *key;
        int value;
    } numbers[] = {
        {"vocab_size", s->pieces},
        {"hidden_size", s->width},
        {"num_attention_heads", s->heads},
        {"intermediate_size", s->hidden},
        {"num_hidden_layers", s->layers},
        {"max_position_embeddings", s->positions},
        {"type_vocab_size", s->segments},
    };
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "model_type", "bert");
    cJSON_AddStringToObject(json, "hidden_act", "gelu");
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cJSON_AddNumberToObject(json, numbers[i].key, numbers[i].value);
    cJSON_AddNumberToObject(json, "hidden_dropout_prob", (double)s->dropout);
    cJSON_AddNumberToObject(json, "layer_norm_eps", (double)s->eps);
    cJSON *names = m->label ? cJSON_AddObjectToObject(json, "id2label") : NULL;
    for (int i = 0; names && i < s->classes; i++) {
        char number[24];
        snprintf(number, sizeof number, "%d", i);
        cJSON_AddStringToObject(names, number, m->label[i]);
    }
    return json;
}

void bert_save(const Bert *m, const WordPiece *w, const char *directory)
{
    char path[PATH_ROOM];
    Buffer b = {0};
    folder_make(directory);
    for (int i = 0; i < w->vocab.n; i++) {
        buffer_add(&b, w->vocab.piece[i].at, w->vocab.piece[i].length);
        buffer_add(&b, "\n", 1);
    }
    text_write(in(directory, "vocab.txt", path), b.at, b.length);
    buffer_free(&b);
    cJSON *lower = cJSON_CreateObject();
    cJSON_AddBoolToObject(lower, "do_lower_case", w->lower);
    write_json(lower, in(directory, "tokenizer_config.json", path));
    write_json(config_of(m), in(directory, "config.json", path));
    params_save(m->params, in(directory, "model.safetensors", path));
}
