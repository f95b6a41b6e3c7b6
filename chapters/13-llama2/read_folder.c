// Reading a Llama from a folder as Hugging Face keeps it: config.json with the
// shape, and one or several safetensors with the weights; see llama_file.h.
//
// Its rows of q and k are in the order of HALVES: the transformers library
// pairs coordinate i of a head with i + width / 2. Whoever reads these weights
// with the paper's pairs gets a model that runs, and talks nonsense.
#include "13-llama2/llama_file.h"

#include "04-tokenizers/vocab.h"

#include "common/check.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const part_name[LLAMA_PARTS] = {
    [LLAMA_ATTENTION_NORM] = "input_layernorm",
    [LLAMA_Q] = "self_attn.q_proj",
    [LLAMA_K] = "self_attn.k_proj",
    [LLAMA_V] = "self_attn.v_proj",
    [LLAMA_OUT] = "self_attn.o_proj",
    [LLAMA_FEED_NORM] = "post_attention_layernorm",
    [LLAMA_GATE] = "mlp.gate_proj",
    [LLAMA_DOWN] = "mlp.down_proj",
    [LLAMA_UP] = "mlp.up_proj"};

// --- config.json ------------------------------------------------------------

static const cJSON *member(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsNull(item) ? NULL : item;
}

static const char *take_int(const cJSON *json, const char *name, int *to)
{
    const cJSON *item = member(json, name);
    const double d = cJSON_IsNumber(item) ? item->valuedouble : -1;
    if (!(d >= 0 && d <= INT_MAX && d == floor(d)))
        return fault("config.json: %s is missing or no whole number", name);
    *to = (int)d;
    return NULL;
}

// A number that may be missing.
static const char *take_float(const cJSON *json, const char *name, float *to)
{
    const cJSON *item = member(json, name);
    if (item && !cJSON_IsNumber(item))
        return fault("config.json: %s is no number", name);
    if (item)
        *to = (float)item->valuedouble;
    return NULL;
}

static bool is_text(const cJSON *json, const char *name, const char *text)
{
    const cJSON *item = member(json, name);
    return cJSON_IsString(item) && strcmp(item->valuestring, text) == 0;
}

// Things that other models of this kind of folder have, and this one has not.
static const char *refuse(const cJSON *json, const LlamaShape *s)
{
    int width = 0;
    if (!is_text(json, "model_type", "llama"))
        return "config.json: model_type is not \"llama\"";
    if (member(json, "hidden_act") && !is_text(json, "hidden_act", "silu"))
        return "config.json: hidden_act is not \"silu\"";
    if (cJSON_IsTrue(member(json, "attention_bias")) ||
        cJSON_IsTrue(member(json, "mlp_bias")))
        return "config.json: layers with biases are not supported";
    static const char *const scaling[] = {"rope_scaling", "rope_parameters"};
    for (int i = 0; i < 2; i++)
        if (member(json, scaling[i]) &&
            !is_text(member(json, scaling[i]), "rope_type", "default"))
            return fault("config.json: %s: a rotation that is scaled is not "
                         "supported",
                         scaling[i]);
    if (member(json, "head_dim")) {
        const char *wrong = take_int(json, "head_dim", &width);
        if (wrong)
            return wrong;
        if (width != llama_head_width(s))
            return fault("config.json: head_dim is %d, width / heads is %d: "
                         "not supported",
                         width, llama_head_width(s));
    }
    return NULL;
}

static const char *take_config(LlamaFile *f, const cJSON *json)
{
    LlamaShape *s = &f->shape;
    const struct {
        const char *name;
        int *to;
    } ints[] = {{"vocab_size", &s->pieces},
                {"hidden_size", &s->width},
                {"intermediate_size", &s->hidden},
                {"num_hidden_layers", &s->layers},
                {"num_attention_heads", &s->heads},
                {"max_position_embeddings", &s->context}};
    const char *wrong = NULL;
    if (!cJSON_IsObject(json))
        return "config.json is not a JSON object";
    for (int i = 0; i < 6 && !wrong; i++)
        wrong = take_int(json, ints[i].name, ints[i].to);
    s->groups = s->heads;
    if (!wrong && member(json, "num_key_value_heads"))
        wrong = take_int(json, "num_key_value_heads", &s->groups);
    s->eps = 1e-6f;
    s->base = 10000;
    if (!wrong)
        wrong = take_float(json, "rms_norm_eps", &s->eps);
    if (!wrong)
        wrong = take_float(json, "rope_theta", &s->base);
    if (!wrong) // where it stands since version 5 of transformers
        wrong =
            take_float(member(json, "rope_parameters"), "rope_theta", &s->base);
    s->tied = cJSON_IsTrue(member(json, "tie_word_embeddings"));
    f->bos = f->eos = -1;
    if (!wrong && cJSON_IsNumber(member(json, "bos_token_id")))
        wrong = take_int(json, "bos_token_id", &f->bos);
    if (!wrong && cJSON_IsNumber(member(json, "eos_token_id")))
        wrong = take_int(json, "eos_token_id", &f->eos);
    s->layout = HALVES;
    if (!wrong)
        wrong = llama_shape_wrong(s);
    if (!wrong)
        wrong = refuse(json, s);
    return wrong;
}

// --- the weights ------------------------------------------------------------

static const char *take_tensor(const LlamaFile *f, const char *name, int rows,
                               int cols, LlamaTensor *to)
{
    const Tensor *t = NULL;
    for (int i = 0; i < f->shards; i++) {
        const Tensor *here = safetensors_find(&f->shard[i], name);
        if (here && t)
            return fault("tensor %s is in two of the files", name);
        t = here ? here : t;
    }
    if (!t)
        return fault("there is no tensor %s", name);
    const bool fits =
        rows == 1 ? t->dims == 1 && t->shape[0] == cols
                  : t->dims == 2 && t->shape[0] == rows && t->shape[1] == cols;
    if (!fits)
        return fault("tensor %s has %zu numbers in %d dimensions, expected %d "
                     "x %d",
                     name, t->count, t->dims, rows, cols);
    *to = (LlamaTensor){.rows = rows, .cols = cols, .data = t->data};
    if (strcmp(t->type, "F16") == 0)
        to->type = LLAMA_F16;
    else if (strcmp(t->type, "BF16") == 0)
        to->type = LLAMA_BF16;
    else if (strcmp(t->type, "F32") != 0)
        return fault("tensor %s is of type %s, expected F32, F16 or BF16", name,
                     t->type);
    return NULL;
}

static const char *take_weights(LlamaFile *f)
{
    const LlamaShape *s = &f->shape;
    const char *wrong = take_tensor(f, "model.embed_tokens.weight", s->pieces,
                                    s->width, &f->pieces);
    if (!wrong)
        wrong = take_tensor(f, "model.norm.weight", 1, s->width, &f->norm);
    f->output = f->pieces;
    if (!wrong && !s->tied)
        wrong =
            take_tensor(f, "lm_head.weight", s->pieces, s->width, &f->output);
    if (wrong)
        return wrong;
    char name[96];
    snprintf(name, sizeof name, "model.layers.%d.input_layernorm.weight",
             s->layers);
    for (int i = 0; i < f->shards; i++)
        if (safetensors_find(&f->shard[i], name))
            return fault("%d layers, but there is a tensor %s", s->layers,
                         name);
    f->part = new_array((size_t)s->layers * LLAMA_PARTS, sizeof *f->part);
    for (int i = 0; i < s->layers * LLAMA_PARTS && !wrong; i++) {
        const LlamaPart p = i % LLAMA_PARTS;
        int rows, cols;
        llama_part_shape(s, p, &rows, &cols);
        snprintf(name, sizeof name, "model.layers.%d.%s.weight",
                 i / LLAMA_PARTS, part_name[p]);
        wrong = take_tensor(f, name, rows, cols, &f->part[i]);
    }
    return wrong;
}

const char *llama_parse_folder(LlamaFile *f, Text config, Safetensors *shard,
                               int n)
{
    *f = (LlamaFile){
        .kind = "a folder of Hugging Face", .shard = shard, .shards = n};
    cJSON *json = cJSON_ParseWithLength(config.at, config.length);
    const char *wrong = take_config(f, json);
    cJSON_Delete(json);
    if (!wrong)
        wrong = take_weights(f);
    if (wrong) {
        free(f->part);
        *f = (LlamaFile){0};
    }
    return wrong;
}

// --- several files ----------------------------------------------------------

// A name of a file in this folder, and nothing that leads out of it.
static bool plain(const char *name)
{
    return *name && *name != '.' && !strchr(name, '/');
}

static void free_names(char **names, int n)
{
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

const char *llama_parse_index(Text text, char ***names)
{
    enum { MOST = 1000 };
    cJSON *json = cJSON_ParseWithLength(text.at, text.length);
    const cJSON *map = member(json, "weight_map"), *item;
    char **list = new_array(MOST + 1, sizeof *list);
    int n = 0;
    const char *wrong = NULL;
    cJSON_ArrayForEach(item, map)
    {
        if (!cJSON_IsString(item) || !plain(item->valuestring)) {
            wrong = "weight_map holds something else than names of files in "
                    "this folder";
            break;
        }
        int i = 0;
        while (i < n && strcmp(list[i], item->valuestring) != 0)
            i++;
        if (i == MOST) {
            wrong = fault("more than %d files", MOST);
            break;
        }
        if (i == n)
            list[n++] = copy_text(item->valuestring);
    }
    if (!wrong && n == 0)
        wrong = "there is no weight_map, or it is empty";
    cJSON_Delete(json);
    if (wrong)
        free_names(list, n);
    else
        *names = list;
    return wrong;
}
