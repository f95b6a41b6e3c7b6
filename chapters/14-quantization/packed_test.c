// The commands on packed models: what comes out, and what is refused.
#include "14-quantization/packed.h"

#include "13-llama2/cria.h"
#include "13-llama2/llama_save.h"

#include "common/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char path[200], other[220];

// A small random Llama of that width in a file.
static void save_model(const char *name, int width)
{
    LlamaPieces p = llama_pieces_learn(
        text_of("once upon a time there was a toad and a trout"), 280);
    const LlamaShape s = {.pieces = p.n,
                          .context = 40,
                          .width = width,
                          .hidden = 45,
                          .layers = 2,
                          .heads = 4,
                          .groups = 2,
                          .eps = 1e-5f,
                          .base = 10000,
                          .tied = true,
                          .layout = ADJACENT};
    Cria c = cria_new(s, 3);
    Llama m = cria_llama(&c);
    snprintf(path, sizeof path, "%.150s/%.40s", testing_dir("packed"), name);
    llama_save(&m, &p, path);
    llama_free(&m);
    cria_free(&c);
    llama_pieces_free(&p);
}

static void ask(void *a)
{
    packed_ask(a);
}

// What the command prints on standard output.
static void printed(AskPacked *a, char *to, size_t size)
{
    char file[240], message[400];
    snprintf(file, sizeof file, "%s.out", path);
    fflush(stdout);
    const int keep = dup(STDOUT_FILENO);
    FILE *f = freopen(file, "w", stdout);
    assert_non_null(f);
    const int status = testing_outcome(ask, a, message, sizeof message);
    fflush(stdout);
    dup2(keep, STDOUT_FILENO);
    close(keep);
    if (status != 0)
        fail_msg("status %d: %s", status, message);
    Buffer b = text_read(file);
    snprintf(to, size, "%.*s", (int)b.length, buffer_text(&b).at);
    buffer_free(&b);
}

static void info_counts(void **state)
{
    (void)state;
    char said[4000], want[80];
    save_model("info.gguf", 64);
    AskPacked a = {.ask = {.model = path, .info = true}, .kind = QUANT_Q8_0};
    printed(&a, said, sizeof said);
    assert_non_null(strstr(said, "in Q8_0"));
    // The rows of `down` are 45 wide: no blocks. Of 7 matrices a layer 6 are.
    assert_non_null(strstr(said, "12 of 14"));
    LlamaFile f = llama_open(path);
    Llama m = quant_load(&f, QUANT_Q8_0, false);
    snprintf(want, sizeof want, "%.2f MB\n",
             (double)quant_llama_bytes(&m) / 1e6);
    assert_non_null(strstr(said, want));
    assert_true(packed_bits(&m) > 8.5 && packed_bits(&m) < 32);
    llama_free(&m);
    Llama whole = quant_load(&f, QUANT_F32, false);
    assert_true(packed_bits(&whole) == 32);
    llama_free(&whole);
    llama_close(&f);
}

// Written packed, and read again as it is: the same words.
static void out_is_read_back(void **state)
{
    (void)state;
    char first[2000], second[2000];
    for (int kind = QUANT_F32; kind <= QUANT_Q4_0; kind++) {
        save_model("back.gguf", 64);
        snprintf(other, sizeof other, "%s.packed.gguf", path);
        AskPacked a = {.ask = {.model = path, .steps = 20},
                       .kind = (QuantKind)kind,
                       .best = true};
        printed(&a, first, sizeof first);
        assert_true(strlen(first) > 5);
        a.ask.save = other;
        printed(&a, second, sizeof second);
        assert_string_equal(second, ""); // nothing but the file
        AskPacked b = {.ask = {.model = other, .steps = 20},
                       .kind = (QuantKind)kind};
        printed(&b, second, sizeof second);
        assert_string_equal(first, second);
        LlamaFile f = llama_open(other);
        const LlamaType types[] = {LLAMA_F32, LLAMA_Q8_0, LLAMA_Q4_0};
        assert_int_equal(llama_part(&f, 1, LLAMA_UP)->type, types[kind]);
        llama_close(&f);
    }
}

// The loss on a text, with the cache in floats and in 8 bits: near each other,
// and not the same.
static void the_cache_is_chosen(void **state)
{
    (void)state;
    char said[2][2000];
    double nll[2];
    save_model("cache.gguf", 64);
    snprintf(other, sizeof other, "%s.txt", path);
    const char text[] = "once upon a time there was a toad, a trout and a pot";
    text_write(other, text, sizeof text - 1);
    for (int k = 0; k < 2; k++) {
        AskPacked a = {.ask = {.model = path,
                               .score = other,
                               .cache = k ? KV_INT8 : KV_F32},
                       .kind = QUANT_F32};
        printed(&a, said[k], sizeof said[k]);
        const char *at = strstr(said[k], ": ");
        assert_non_null(at);
        nll[k] = atof(at + 2);
    }
    assert_true(nll[0] > 1 && fabs(nll[0] - nll[1]) < 0.02);
    AskPacked a = {.ask = {.model = path, .score = other}, .kind = QUANT_F32};
    char again[2000];
    printed(&a, again, sizeof again);
    assert_string_equal(again, said[0]);
    assert_string_not_equal(said[1], said[0]);
}

static void what_cannot_be_done_is_said(void **state)
{
    (void)state;
    save_model("wide.gguf", 64);
    AskPacked a = {.ask = {.model = path, .save = "x.bin"}, .kind = QUANT_Q8_0};
    assert_dies(ask, &a, 2, "x.bin: packed weights are written as GGUF");
    a.ask.save = ".gguf/none/there.gguf";
    assert_dies(ask, &a, 1, ".gguf/none/there.gguf");
    a.ask.model = "build/no/such.gguf"; // the first of two faults
    assert_dies(ask, &a, 1, ".gguf/none/there.gguf");
    a.ask = (Ask){.model = "build/no/such.gguf"};
    assert_dies(ask, &a, 1, "there is no such file");
    a.ask = (Ask){.model = "README.md"};
    assert_dies(ask, &a, 1, "README.md: not GGUF");
    // Rows of 24 and 45: nothing to pack.
    save_model("narrow.gguf", 24);
    a.ask = (Ask){.model = path, .info = true};
    assert_dies(ask, &a, 1, "whole number of blocks of 32");
    a.kind = QUANT_F32; // that is no packing
    char said[4000];
    printed(&a, said, sizeof said);
    assert_non_null(strstr(said, "0 of 14"));
}

static void misuse_is_told_in_a_line(void **state)
{
    (void)state;
    static const struct {
        const char *args, *part;
    } some[] = {
        {"--prompt a", "need --model PATH"},
        {"--quantize q4_0 --best", "need --model PATH"},
        {"--model x --info --prompt a", "--prompt does not go with"},
        {"--model x --info --score y", "only one of --info"},
        {"--model x --out y.bin", "y.bin: packed weights are written as GGUF"},
        {"--quantize q5_0", "must be one of"},
        {"--steps 0 --model x", "--steps must be from 1"},
    };
    char command[500];
    const char *build = getenv("BUILD");
    snprintf(other, sizeof other, "%s/said", testing_dir("misuse"));
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        snprintf(command, sizeof command,
                 "%s/bin/14-quantization %s > /dev/null 2> %s",
                 build ? build : "build", some[i].args, other);
        const int status = WEXITSTATUS(system(command));
        Buffer said = text_read(other);
        const char *end = strchr(said.at, '\n');
        if (status != 2 || !strstr(said.at, some[i].part) || !end || end[1])
            fail_msg("%s: status %d, \"%s\"", some[i].args, status, said.at);
        buffer_free(&said);
    }
}

static void a_folder_that_cannot_be_made_is_said_at_once(void **state)
{
    (void)state;
    static char all[20000];
    assert_int_equal(
        testing_run(all, sizeof all,
                    "TMPDIR=/there/is/none 14-quantization --quick"),
        1);
    assert_non_null(strstr(all, "/there/is/none: no folder can be made there"));
    assert_non_null(strstr(all, "2. 32,768 normal numbers"));
    assert_null(strstr(all, "3. A Llama")); // before it has learnt
}

// Many threads find many weights that cannot be packed: it is told in one line,
// and always the same.
static void the_first_of_many_is_said(void **state)
{
    (void)state;
    char command[900], want[400];
    const char *build = getenv("BUILD");
    save_model("bad.gguf", 64);
    Buffer b = text_read(path);
    LlamaFile f;
    assert_null(llama_parse_gguf(&f, b.at, b.length));
    float *x = (float *)f.pieces.data;
    x[64 * 15 + 3] = INFINITY; // found by one thread after 15 rows,
    x[64 * 32] = INFINITY;     // by another at once
    llama_close(&f);
    text_write(path, b.at, b.length);
    buffer_free(&b);
    snprintf(command, sizeof command,
             "%s/bin/14-quantization --threads 2 --best --model %s --prompt a "
             "> /dev/null 2> %s.err",
             build ? build : "build", path, path);
    snprintf(want, sizeof want,
             "14-quantization: %s: the embeddings: number 3 of row 15 is inf: "
             "no weight for Q8_0\n",
             path);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(WEXITSTATUS(system(command)), 1);
        snprintf(other, sizeof other, "%s.err", path);
        Buffer said = text_read(other);
        assert_string_equal(said.at, want);
        buffer_free(&said);
    }
}

static void ctrl_c_waits_for_one_measurement_only(void **state)
{
    (void)state;
    static char said[20000];
    assert_int_equal(testing_press(said, sizeof said, "made-up weights",
                                   "14-quantization --quick"),
                     1);
    assert_non_null(strstr(said, "14-quantization: stopped\n"));
    assert_null(strstr(strstr(said, "made-up weights"), "\n  F32 "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_counts),
        cmocka_unit_test(out_is_read_back),
        cmocka_unit_test(the_cache_is_chosen),
        cmocka_unit_test(what_cannot_be_done_is_said),
        cmocka_unit_test(misuse_is_told_in_a_line),
        cmocka_unit_test(a_folder_that_cannot_be_made_is_said_at_once),
        cmocka_unit_test(the_first_of_many_is_said),
        cmocka_unit_test(ctrl_c_waits_for_one_measurement_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
