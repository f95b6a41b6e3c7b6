// The tokenizers against the ids that well-known libraries give for the same
// strings (fixture/reference.py and .mjs made them), against plainer versions
// of themselves, on random input, and against damaged files.
#include "common/testing.h"

#include "04-tokenizers/tokenizer.h"
#include "04-tokenizers/unicode.h"
#include "04-tokenizers/words.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/rng.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#define FIXTURE "chapters/04-tokenizers/fixture/"

static Text text_in(const Buffer *b)
{
    return (Text){b->at, b->length};
}

// --- equality with the references -------------------------------------------

// The path of a file of the real data, or NULL: where `make data` puts it, or
// in the folder that DATA_MIRROR names.
static const char *real(const char *name, const char *file)
{
    Run run = {.data = getenv("DATA_MIRROR")};
    const char *path = run.data ? data_path(&run, name, file) : NULL;
    run.data = NULL;
    return path ? path : data_path(&run, name, file);
}

static void show_ids(Buffer *to, const int *id, int n)
{
    for (int i = 0; i < n; i++)
        buffer_print(to, " %d", id[i]);
}

// Every string of mixed.json must give the ids on its line of the file.
static void same_as_reference(Tokenizer *t, const char *ids_path)
{
    Buffer json = text_read(FIXTURE "mixed.json"), ids = text_read(ids_path);
    cJSON *list = cJSON_ParseWithLength(json.at, json.length);
    const cJSON *item;
    Text rest = text_in(&ids), line;
    int number = 0;
    assert_true(cJSON_GetArraySize(list) > 100);
    cJSON_ArrayForEach(item, list)
    {
        Ids got = {0};
        Buffer shown = {0};
        number++;
        assert_true(text_line(&rest, &line));
        tokenizer_encode(t, text_of(item->valuestring), &got);
        buffer_print(&shown, "%s", "");
        show_ids(&shown, got.at, got.n);
        Text want = {line.at, line.length};
        if (shown.length != want.length + (got.n > 0) ||
            memcmp(shown.at + (got.n > 0), want.at, want.length) != 0)
            fail_msg("string %d of mixed.json, \"%s\":\nwant  %.*s\ngot  %s",
                     number, item->valuestring, (int)want.length, want.at,
                     shown.at);
        ids_free(&got);
        buffer_free(&shown);
    }
    assert_false(text_line(&rest, &line));
    cJSON_Delete(list);
    buffer_free(&json);
    buffer_free(&ids);
}

static void check_reference(Scheme scheme, const char *vocab,
                            const char *merges, const char *ids)
{
    Tokenizer t = tokenizer_load(scheme, vocab, merges);
    same_as_reference(&t, ids);
    same_as_reference(&t, ids); // once more, from the words it remembers
    tokenizer_free(&t);
}

static void small_gpt2_is_the_reference(void **state)
{
    (void)state;
    check_reference(GPT2, FIXTURE "small_gpt2_vocab.json",
                    FIXTURE "small_gpt2_merges.txt", FIXTURE "small_gpt2.ids");
}

static void small_bpe_is_the_reference(void **state)
{
    (void)state;
    check_reference(SENTENCEPIECE, FIXTURE "small_bpe.model", NULL,
                    FIXTURE "small_bpe.ids");
}

static void small_unigram_is_the_reference(void **state)
{
    (void)state;
    check_reference(SENTENCEPIECE, FIXTURE "small_unigram.model", NULL,
                    FIXTURE "small_unigram.ids");
}

static void small_wordpiece_is_the_reference(void **state)
{
    (void)state;
    check_reference(WORDPIECE, FIXTURE "small_vocab.txt", NULL,
                    FIXTURE "small_wordpiece.ids");
}

static void skip_without(const char *path, const char *name)
{
    if (path)
        return;
    print_message("skipped: needs make data NAME=%s\n", name);
    skip();
}

static void gpt2_is_the_reference(void **state)
{
    (void)state;
    const char *vocab = real("gpt2-tokenizer", "gpt2_vocab.json");
    skip_without(vocab, "gpt2-tokenizer");
    char *path = copy_text(vocab);
    check_reference(GPT2, path, real("gpt2-tokenizer", "gpt2_merges.txt"),
                    FIXTURE "gpt2.ids");
    free(path);
}

static void llama_is_the_reference(void **state)
{
    (void)state;
    const char *model = real("llama-tokenizer", "tokenizer.model");
    skip_without(model, "llama-tokenizer");
    check_reference(SENTENCEPIECE, model, NULL, FIXTURE "llama.ids");
    check_reference(SENTENCEPIECE, real("llama-tokenizer", "tokenizer.bin"),
                    NULL, FIXTURE "llama.ids");
}

static void bert_is_the_reference(void **state)
{
    (void)state;
    const char *vocab = real("bert-vocab", "vocab.json");
    skip_without(vocab, "bert-vocab");
    check_reference(WORDPIECE, vocab, NULL, FIXTURE "bert.ids");
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_gpt2_is_the_reference),
        cmocka_unit_test(small_bpe_is_the_reference),
        cmocka_unit_test(small_unigram_is_the_reference),
        cmocka_unit_test(small_wordpiece_is_the_reference),
        cmocka_unit_test(gpt2_is_the_reference),
        cmocka_unit_test(llama_is_the_reference),
        cmocka_unit_test(bert_is_the_reference),
    };
    return cmocka_run_group_tests_name("04-tokenizers", tests, NULL, NULL);
}
