// Tests of 13-llama2: every form of file against PyTorch's logits, the laws of
// the forward pass, tokenizers, damaged files, and the program's behaviour.
#include "common/testing.h"

#include "13-llama2/chat.h"
#include "13-llama2/commands.h"
#include "13-llama2/cria.h"
#include "13-llama2/llama_pieces.h"
#include "13-llama2/llama_save.h"
#include "13-llama2/steps.h"

#include "common/check.h"
#include "common/cli.h"
#include "common/gradcheck.h"
#include "common/safetensors.h"
#include "common/text.h"
#include "common/threads.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define GOLDEN "chapters/13-llama2/golden/"

// --- against PyTorch --------------------------------------------------------

// The tokens and the shape of golden/llama.py.
enum { PIECES = 31, N = 13 };
static const int token[N] = {1, 7, 30, 7, 0, 19, 5, 5, 29, 2, 11, 23, 4};

static LlamaShape shape_of(int groups, bool tied)
{
    return (LlamaShape){.pieces = PIECES,
                        .context = 53,
                        .width = 32,
                        .hidden = 64,
                        .layers = 2,
                        .heads = 4,
                        .groups = groups,
                        .eps = 1e-5f,
                        .base = 10000,
                        .tied = tied,
                        .layout = HALVES};
}

static const struct {
    const char *name;
    int groups;
    bool tied;
} cases[] = {{"one", 1, true},
             {"two", 2, false},
             {"all", 4, true},
             {"all-untied", 4, false}};
enum { CASES = 4 };

static Cria golden_cria(const Safetensors *s, int c)
{
    Cria m = cria_new(shape_of(cases[c].groups, cases[c].tied), 1);
    testing_golden_params(m.params, s, "%s.", cases[c].name);
    return m;
}

// All rows of logits of the golden tokens, in one pass.
static void assert_logits(const Llama *m, const Safetensors *s,
                          const char *name, double tolerance)
{
    LlamaRun r = llama_run_new(m, 1, N);
    const LlamaNext next = {0, N, token};
    const float *got = llama_batch(&r, &next, 1, false);
    const float *want =
        testing_golden(s, (size_t)N * PIECES, "%s.logits", name);
    size_t worst;
    if (testing_wrong(got, want, (size_t)N * PIECES, tolerance, &worst))
        fail_msg("%s: logit %zu of token %zu is %.7g, PyTorch has %.7g", name,
                 worst % PIECES, worst / PIECES, (double)got[worst],
                 (double)want[worst]);
    llama_run_free(&r);
}

static void training_form_equals_pytorch(void **state)
{
    (void)state;
    Safetensors s = safetensors_open(GOLDEN "llama.safetensors");
    for (int c = 0; c < CASES; c++) {
        Cria m = golden_cria(&s, c);
        Tape *t = tape_new(0, 1);
        Matrix *logits =
            cria_forward(&m, t, (Tokens){.n = N, .id = token}); // N x V
        const float *want =
            testing_golden(&s, (size_t)N * PIECES, "%s.logits", cases[c].name);
        assert_close(logits->val, want, (size_t)N * PIECES, 2e-5);
        int target[N];
        memcpy(target, token + 1, sizeof target - sizeof *target);
        target[N - 1] = -1;
        Matrix *loss = cross_entropy(logits, target, 0);
        assert_close(loss->val, testing_golden(&s, 1, "%s.loss", cases[c].name),
                     1, 2e-6);
        backward(loss);
        if (c == 1)
            assert_golden_params(m.params, PARAM_GRADIENTS, &s, 1e-5,
                                 "two.grad.");
        tape_free(t);
        cria_free(&m);
    }
    safetensors_close(&s);
}

static void running_form_equals_pytorch(void **state)
{
    (void)state;
    Safetensors s = safetensors_open(GOLDEN "llama.safetensors");
    for (int c = 0; c < CASES; c++) {
        Cria m = golden_cria(&s, c);
        Llama l = cria_llama(&m);
        assert_logits(&l, &s, cases[c].name, 2e-5);
        llama_free(&l);
        cria_free(&m);
    }
    safetensors_close(&s);
}

// The files that the script wrote.
static void every_file_equals_pytorch(void **state)
{
    (void)state;
    static const struct {
        const char *file, *logits, *kind;
        LlamaType type; // of the first q
        bool in_place;
    } files[] = {
        {"two.bin", "two", "llama2.c, legacy", LLAMA_F32, true},
        {"two-v1.bin", "two", "llama2.c, version 1", LLAMA_F32, true},
        {"two-v2.bin", "two-v2", "llama2.c, version 2", LLAMA_INT8, false},
        {"two.gguf", "two", "GGUF, version 3", LLAMA_F32, true},
        {"two-bf16.gguf", "two-bf16", "GGUF, version 2", LLAMA_BF16, false},
        {"two-f16.gguf", "two-f16", "GGUF, version 3", LLAMA_F16, false},
        {"two-q8.gguf", "two-q8", "GGUF, version 3", LLAMA_Q8_0, false},
        {"two-q4.gguf", "two-q4", "GGUF, version 3", LLAMA_Q4_0, false},
        {"two", "two-folder", "a folder of Hugging Face", LLAMA_F16, false},
    };
    Safetensors s = safetensors_open(GOLDEN "llama.safetensors");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[200];
        snprintf(path, sizeof path, GOLDEN "%s", files[i].file);
        LlamaFile f = llama_open(path);
        assert_string_equal(f.kind, files[i].kind);
        assert_int_equal(f.shape.groups, 2);
        assert_int_equal(f.shape.context, 53);
        assert_false(f.shape.tied);
        assert_int_equal(llama_part(&f, 0, LLAMA_Q)->type, files[i].type);
        Llama m = llama_load(&f);
        assert_int_equal(llama_load_bytes(&f) == 0, files[i].in_place);
        assert_logits(&m, &s, files[i].logits, 2e-5);
        llama_free(&m);
        llama_close(&f);
    }
    safetensors_close(&s);
}

static LlamaPieces some_pieces(void)
{
    return llama_pieces_learn(
        text_of("the cat saw the other cat, and the other cat saw the hat"),
        300);
}

// A text of more characters than there are pieces, and one with so long a run
// of blanks that it would be a piece too long for a tokenizer: both are learnt,
// and what has no piece is spelled in bytes.
static void every_text_makes_a_tokenizer(void **state)
{
    (void)state;
    Buffer many = {0}, blanks = {0};
    for (int i = 0; i < 600; i++) {
        char utf8[4];
        buffer_add(&many, utf8, (size_t)utf8_write(0x4e00 + i, utf8));
    }
    for (int i = 0; i < 20; i++)
        buffer_print(&blanks, "a%400sb\n", "");
    const Text text[] = {{many.at, many.length}, {blanks.at, blanks.length}};
    for (int i = 0; i < 2; i++) {
        Ids ids = {0};
        Buffer back = {0};
        LlamaPieces p = llama_pieces_learn(text[i], 300);
        assert_in_range(p.n, 260, 300);
        llama_encode(&p, text[i], false, &ids);
        for (int k = 0; k < ids.n; k++)
            llama_decode(&p, ids.at[k], k == 0, &back);
        assert_int_equal(back.length, text[i].length);
        assert_memory_equal(back.at, text[i].at, back.length);
        llama_pieces_free(&p);
        ids_free(&ids), buffer_free(&back);
    }
    buffer_free(&many), buffer_free(&blanks);
}

// What is written in each form is read back to the same numbers.
static void saved_models_are_the_same(void **state)
{
    (void)state;
    static const char *const name[] = {"m.bin", "m.gguf", "folder"};
    const char *dir = testing_dir("13-saved");
    Safetensors s = safetensors_open(GOLDEN "llama.safetensors");
    LlamaPieces p = some_pieces();
    for (int c = 0; c < CASES; c++)
        for (int i = 0; i < 3; i++) {
            char path[300];
            snprintf(path, sizeof path, "%s/%s", dir, name[i]);
            Cria cria = golden_cria(&s, c);
            Llama m = cria_llama(&cria);
            llama_save(&m, &p, path);
            llama_free(&m);
            cria_free(&cria);
            LlamaFile f = llama_open(path);
            assert_int_equal(f.shape.tied, cases[c].tied);
            assert_int_equal(f.shape.layout, i == 2 ? HALVES : ADJACENT);
            m = llama_load(&f);
            assert_int_equal(llama_load_bytes(&f), 0);
            assert_logits(&m, &s, cases[c].name, 2e-5);
            // From one form into the others, too.
            if (i > 0) {
                snprintf(path, sizeof path, "%s/again%s", dir,
                         i == 1 ? "" : ".gguf");
                llama_save(&m, &p, path);
                LlamaFile g = llama_open(path);
                Llama again = llama_load(&g);
                assert_logits(&again, &s, cases[c].name, 2e-5);
                llama_free(&again);
                llama_close(&g);
            }
            llama_free(&m);
            llama_close(&f);
        }
    llama_pieces_free(&p);
    safetensors_close(&s);
}

static Matrix *cria_loss(Tape *t, void *context)
{
    int target[N];
    memcpy(target, token + 1, sizeof target - sizeof *target);
    target[N - 1] = -1;
    return cross_entropy(
        cria_forward(context, t, (Tokens){.n = N, .id = token}), target, 0);
}

static void gradients_are_slopes(void **state)
{
    (void)state;
    Cria m = cria_new(shape_of(2, true), 5);
    GradError e = gradcheck(m.params, cria_loss, &m, 1e-3, 3, 1);
    if (!(e.worst < 3e-3))
        fail_msg("%s: error %g", e.where, e.worst);
    cria_free(&m);
}

// --- laws of the forward pass -----------------------------------------------

// A model of odd sizes: heads of width 6, 3 of them share a key.
static Cria odd_cria(void)
{
    LlamaShape s = {.pieces = 41,
                    .context = 200,
                    .width = 54,
                    .hidden = 71,
                    .layers = 3,
                    .heads = 9,
                    .groups = 3,
                    .eps = 1e-5f,
                    .base = 10000,
                    .layout = ADJACENT};
    return cria_new(s, 3);
}

enum { LONG = 151 };

static void long_text(int *id, int seed)
{
    Rng r = rng_new(seed);
    for (int i = 0; i < LONG; i++)
        id[i] = rng_below(&r, 41);
}

static void running_equals_training(void **state)
{
    (void)state;
    int id[LONG];
    long_text(id, 1);
    Cria c = odd_cria();
    Llama m = cria_llama(&c);
    Tape *t = tape_new(0, 1);
    Matrix *want = cria_forward(&c, t, (Tokens){.n = LONG, .id = id});
    LlamaRun r = llama_run_new(&m, 1, LONG);
    for (int i = 0; i < LONG; i++)
        assert_close(llama_read(&r, &id[i], 1), want->val + (size_t)i * 41, 41,
                     2e-5);
    llama_run_free(&r);
    tape_free(t);
    llama_free(&m);
    cria_free(&c);
}

// Any way to cut a text gives the same logits at its end.
static void chunks_change_nothing(void **state)
{
    (void)state;
    int id[LONG];
    long_text(id, 2);
    Cria c = odd_cria();
    Llama m = cria_llama(&c);
    float want[41];
    static const int chunk[] = {LONG, 1, 2, 4, 5, 7, 64, 100};
    for (int i = 0; i < 8; i++) {
        LlamaRun r = llama_run_new(&m, 1, LONG);
        const float *got = NULL;
        for (int at = 0; at < LONG; at += chunk[i])
            got = llama_read(&r, id + at,
                             LONG - at < chunk[i] ? LONG - at : chunk[i]);
        assert_int_equal(r.cache[0].length, LONG);
        if (i == 0)
            memcpy(want, got, sizeof want);
        assert_close(got, want, 41, 2e-5);
        llama_run_free(&r);
    }
    // More than there are rows: read in pieces by itself.
    LlamaRun r = llama_run_new(&m, 1, LONG);
    r.most = 10;
    assert_close(llama_read(&r, id, LONG), want, 41, 2e-5);
    llama_forget(&r, 0);
    assert_close(llama_read(&r, id, LONG), want, 41, 2e-5);
    llama_run_free(&r);
    llama_free(&m);
    cria_free(&c);
}

// Several texts at once, of different lengths, some new and some going on.
static void a_batch_equals_each_alone(void **state)
{
    (void)state;
    int id[3][LONG];
    Cria c = odd_cria();
    Llama m = cria_llama(&c);
    LlamaRun many = llama_run_new(&m, 3, LONG);
    LlamaRun one = llama_run_new(&m, 1, LONG);
    for (int i = 0; i < 3; i++)
        long_text(id[i], i + 3);
    static const int length[4][3] = {
        {5, 1, 60}, {1, 1, 1}, {0, 17, 2}, {2, 0, 1}};
    int at[3] = {0};
    float got[3][41];
    for (int step = 0; step < 4; step++) {
        LlamaNext next[3];
        int n = 0;
        for (int i = 2; i >= 0; i--) // in any order
            if (length[step][i])
                next[n++] = (LlamaNext){i, length[step][i], id[i] + at[i]};
        const float *logits = llama_batch(&many, next, n, true);
        for (int j = 0; j < n; j++) {
            at[next[j].sequence] += next[j].n;
            memcpy(got[next[j].sequence], logits + (size_t)j * 41, sizeof *got);
        }
    }
    for (int i = 0; i < 3; i++) {
        llama_forget(&one, 0);
        assert_close(llama_read(&one, id[i], at[i]), got[i], 41, 2e-5);
    }
    llama_run_free(&many);
    llama_run_free(&one);
    llama_free(&m);
    cria_free(&c);
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    // Large enough that the work is shared out.
    LlamaShape s = {.pieces = 3001,
                    .context = 64,
                    .width = 256,
                    .hidden = 700,
                    .layers = 1,
                    .heads = 8,
                    .groups = 2,
                    .eps = 1e-5f,
                    .base = 10000};
    int id[23];
    for (int i = 0; i < 23; i++)
        id[i] = i * i * i % 3001;
    Cria c = cria_new(s, 1);
    Llama m = cria_llama(&c);
    float *want = new_array(3001, sizeof *want);
    static const int threads[] = {1, 2, 3, 7};
    for (int i = 0; i < 4; i++) {
        threads_set(threads[i]);
        LlamaRun r = llama_run_new(&m, 1, 30);
        llama_read(&r, id, 22);
        const float *got = llama_read(&r, id + 22, 1);
        if (i == 0)
            memcpy(want, got, 3001 * sizeof *want);
        assert_memory_equal(got, want, 3001 * sizeof *want);
        llama_run_free(&r);
    }
    threads_set(0);
    free(want);
    llama_free(&m);
    cria_free(&c);
}

// The sanitizer sees a row that is looked for outside.
static void looking_ahead_stays_inside(void **state)
{
    (void)state;
    float *w = new_array(7 * 37, sizeof *w);
    const LlamaMatrix m = llama_floats(w, 7, 37);
    for (int i = 0; i < m.rows; i++)
        m.kind->look(&m, i);
    free(w);
}

static void running_allocates_nothing(void **state)
{
    (void)state;
    int id[LONG];
    long_text(id, 1);
    Cria c = odd_cria();
    Llama m = cria_llama(&c);
    LlamaRun r = llama_run_new(&m, 1, LONG);
    llama_read(&r, id, 100); // the threads' own room is made here
    llama_forget(&r, 0);
    const long before = testing_allocations();
    llama_read(&r, id, 100);
    for (int i = 100; i < LONG; i++)
        llama_read(&r, &id[i], 1);
    assert_int_equal(testing_allocations(), before);
    llama_run_free(&r);
    llama_free(&m);
    cria_free(&c);
}

// --- single steps -----------------------------------------------------------

static void steps_by_hand(void **state)
{
    (void)state;
    const float gain[4] = {1, 2, 1, 0.5f};
    float x[8] = {1, -1, 1, -1, 2, 0, 0, 0}, y[8];
    rms_norm_rows(x, gain, 0, y, 2, 4); // the second: sqrt(4 / 4) = 1
    assert_close(y, ((float[]){1, -2, 1, -0.5f, 2, 0, 0, 0}), 8, 1e-6);
    float gate[3] = {0, 1, -200}, up[3] = {5, 2, 3};
    swiglu_rows(gate, up, 1, 3);
    assert_close(gate, ((float[]){0, 2 * 0.7310586f, 0}), 3, 1e-6);
    // A quarter turn: base 1 makes every pair turn by 1 radian a position.
    Arena a = arena_new(4096);
    RopeTable t = rope_table(&a, 3, 4, 1, 1.5707963f);
    float adjacent[4] = {1, 2, 3, 4}, halves[4] = {1, 2, 3, 4};
    rotate_rows(adjacent, 1, 4, &t, 1, ADJACENT);
    rotate_rows(halves, 1, 4, &t, 1, HALVES);
    assert_close(adjacent, ((float[]){-2, 1, -4, 3}), 4, 1e-6);
    assert_close(halves, ((float[]){-3, -4, 1, 2}), 4, 1e-6);
    arena_free(&a);
}

static void parameters_are_counted(void **state)
{
    (void)state;
    // Llama 2 with 7 billion: 6,738,415,616 (Touvron et al. 2023 say 6.7B).
    LlamaShape s = {.pieces = 32000,
                    .context = 4096,
                    .width = 4096,
                    .hidden = 11008,
                    .layers = 32,
                    .heads = 32,
                    .groups = 32,
                    .eps = 1e-5f,
                    .base = 10000};
    assert_true(llama_parameters(&s) == 6738415616);
    assert_true(llama_cache_bytes(&s, 4096) == (size_t)4 << 30);
    assert_null(llama_shape_wrong(&s));
    Cria c = odd_cria();
    assert_int_equal(params_numbers(c.params), llama_parameters(&c.shape));
    cria_free(&c);
}

// --- damaged files ----------------------------------------------------------

typedef const char *Parse(LlamaFile *, const void *, size_t);

// A copy that ends where the memory ends, so that one byte too many is noticed.
static const char *parse_copy(Parse *parse, const char *bytes, size_t n)
{
    char *copy = malloc(n ? n : 1);
    LlamaFile f = {0};
    memcpy(copy, bytes, n);
    const char *wrong = parse(&f, copy, n);
    if (!wrong)
        llama_close(&f);
    free(copy);
    return wrong;
}

static void cut_files_are_refused(void **state)
{
    (void)state;
    static const char *const name[] = {"two.bin", "two-v1.bin", "two-v2.bin",
                                       "two.gguf", "two-q4.gguf"};
    for (int i = 0; i < 5; i++) {
        char path[200];
        snprintf(path, sizeof path, GOLDEN "%s", name[i]);
        Parse *parse = i < 3 ? llama_parse_bin : llama_parse_gguf;
        Buffer b = text_read(path);
        assert_null(parse_copy(parse, b.at, b.length));
        for (size_t n = 0; n < b.length; n += n < 3000 ? 1 : 997) {
            const char *wrong = parse_copy(parse, b.at, n);
            if (!wrong)
                fail_msg("%s cut to %zu bytes was read", name[i], n);
            assert_null(strchr(wrong, '\n'));
        }
        if (i < 3) { // too long; GGUF may have something behind
            buffer_add(&b, "more", 4);
            assert_non_null(parse_copy(parse, b.at, b.length));
        }
        buffer_free(&b);
    }
}

// Puts `value` at a place of a file and expects the reader's refusal.
static void refused(const char *name, size_t at, int32_t value,
                    const char *part)
{
    char path[200];
    snprintf(path, sizeof path, GOLDEN "%s", name);
    Buffer b = text_read(path);
    memcpy(b.at + at, &value, sizeof value);
    const char *wrong =
        parse_copy(strstr(name, "gguf") ? llama_parse_gguf : llama_parse_bin,
                   b.at, b.length);
    if (!wrong || !strstr(wrong, part))
        fail_msg("%s with %d at byte %zu: expected \"...%s...\", got \"%s\"",
                 name, value, at, part, wrong ? wrong : "nothing");
    buffer_free(&b);
}

static void wrong_headers_are_refused(void **state)
{
    (void)state;
    refused("two.bin", 0, 0, "the width is 0");
    refused("two.bin", 0, 33, "does not make 4 heads");
    refused("two.bin", 4, -64, "the hidden width is -64");
    refused("two.bin", 8, 1 << 30, "the number of layers is");
    refused("two.bin", 8, 3, "does not fit its weights");
    refused("two.bin", 8, 1, "bytes too many");
    refused("two.bin", 12, 0, "the number of heads is 0");
    refused("two.bin", 16, 3, "4 heads cannot share 3");
    refused("two.bin", 20, INT32_MIN, "the vocabulary is");
    refused("two.bin", 20, 1 << 22, "does not fit");
    refused("two.bin", 24, INT32_MAX, "the context is");
    refused("two-v1.bin", 4, 3, "version 3");
    refused("two-v1.bin", 36, 7, "byte 36");
    refused("two-v2.bin", 37, 0, "groups of 0");
    refused("two-v2.bin", 37, 17, "cut, or its header");
    refused("two.gguf", 0, 7, "does not begin with");
    refused("two.gguf", 4, 1, "version 1");
    refused("two.gguf", 12, 1 << 30, "more tensors or values");
    refused("two.gguf", 8, 1 << 29, "the file is cut");
    refused("two.gguf", 24 + 8 + 20 + 4 + 8, 'x', "general.architecture is");
}

// The place in two.gguf of the number that stands so many bytes behind a name.
static size_t behind(const char *name, size_t bytes)
{
    Buffer b = text_read(GOLDEN "two.gguf");
    const char *at = memmem(b.at, b.length, name, strlen(name));
    assert_non_null(at);
    const size_t place = at - b.at + strlen(name) + bytes;
    buffer_free(&b);
    return place;
}

// Each tensor begins where the one before it ends, and there are no more layers
// than the header says.
static void gguf_tensors_follow_each_other(void **state)
{
    (void)state;
    enum { TYPE = 4 + 2 * 8, OFFSET = TYPE + 4 }; // of a matrix
    static const char *const k = "blk.0.attn_k.weight";
    refused("two.gguf", behind(k, OFFSET), 0, "begins at 0 of the data");
    refused("two.gguf", behind(k, OFFSET), 1 << 13, "begins at 8192 of");
    refused("two.gguf", behind(k, TYPE), GGUF_TENSOR_F16, "begins at");
    refused("two.gguf", behind("llama.block_count", 4), 1,
            "1 layers, but there is a tensor blk.1.attn_norm.weight");
}

static void damage_anywhere_is_no_crash(void **state)
{
    (void)state;
    static const char *const name[] = {"two.bin", "two-v2.bin", "two.gguf"};
    for (int i = 0; i < 3; i++) {
        char path[200];
        snprintf(path, sizeof path, GOLDEN "%s", name[i]);
        Buffer b = text_read(path);
        const size_t most = i < 2 ? 60 : 2200; // the header
        for (size_t at = 0; at < most; at++)
            for (int bit = 0; bit < 8; bit++) {
                b.at[at] ^= (char)(1 << bit);
                parse_copy(i < 2 ? llama_parse_bin : llama_parse_gguf, b.at,
                           b.length);
                b.at[at] ^= (char)(1 << bit);
            }
        buffer_free(&b);
    }
}

// The bytes of a GGUF with no value or tensor but what is given.
static const char *parse_gguf_of(const void *rest, size_t n, uint64_t tensors,
                                 uint64_t values)
{
    Buffer b = {0};
    Gguf g;
    buffer_add(&b, "GGUF\3\0\0\0", 8);
    buffer_add(&b, &tensors, 8);
    buffer_add(&b, &values, 8);
    buffer_add(&b, rest, n);
    const char *wrong = gguf_parse(&g, (Text){b.at, b.length});
    if (!wrong)
        gguf_free(&g);
    buffer_free(&b);
    return wrong;
}

// Counts whose product with a size is 0 in 64 bits.
static void overflows_are_refused(void **state)
{
    (void)state;
    struct __attribute__((packed)) {
        uint64_t length;
        char name;
        uint32_t kind, item;
        uint64_t n;
        uint32_t number[2];
    } array = {1, 'a', GGUF_ARRAY, GGUF_U32, 2, {7, 8}};
    assert_null(parse_gguf_of(&array, sizeof array, 0, 1));
    array.n = (uint64_t)1 << 62; // times 4: 0
    assert_non_null(parse_gguf_of(&array, sizeof array, 0, 1));
    array.n = ((uint64_t)1 << 62) + 2; // times 4: 8
    assert_non_null(parse_gguf_of(&array, sizeof array, 0, 1));
    array.item = GGUF_TEXT;
    assert_non_null(parse_gguf_of(&array, sizeof array, 0, 1));
    struct __attribute__((packed)) {
        uint64_t length;
        char name;
        uint32_t dims;
        uint64_t shape[2];
        uint32_t type;
        uint64_t offset;
        char data[64];
    } tensor = {1, 't', 2, {2, 3}, GGUF_TENSOR_F32, 0, {0}};
    assert_null(parse_gguf_of(&tensor, sizeof tensor, 1, 0));
    static const uint64_t wrong[][2] = {{2, 0},
                                        {2, (uint64_t)1 << 61},
                                        {(uint64_t)1 << 62, 1},
                                        {UINT64_MAX, UINT64_MAX},
                                        {16, 3}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        memcpy(tensor.shape, wrong[i], sizeof tensor.shape);
        assert_non_null(parse_gguf_of(&tensor, sizeof tensor, 1, 0));
    }
    memcpy(tensor.shape, (uint64_t[]){2, 3}, sizeof tensor.shape);
    tensor.offset = UINT64_MAX - 31;
    assert_non_null(parse_gguf_of(&tensor, sizeof tensor, 1, 0));
}

static void odd_alignments_are_refused(void **state)
{
    (void)state;
    struct __attribute__((packed)) {
        uint64_t length;
        char name[17];
        uint32_t kind, alignment;
    } value = {17, "general.alignmen", GGUF_U32, 64};
    value.name[16] = 't';
    assert_null(parse_gguf_of(&value, sizeof value, 0, 1));
    static const uint32_t wrong[] = {0, 1, 4, 48, 8192, UINT32_MAX};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        value.alignment = wrong[i];
        const char *why = parse_gguf_of(&value, sizeof value, 0, 1);
        assert_non_null(why);
        assert_non_null(strstr(why, "no power of two"));
    }
}

static const char *config_with(const char *from, const char *to)
{
    static char why[300];
    Buffer b = text_read(GOLDEN "two/config.json"), changed = {0};
    char *at = strstr(b.at, from);
    assert_non_null(at);
    buffer_print(&changed, "%.*s%s%s", (int)(at - b.at), b.at, to,
                 at + strlen(from));
    Safetensors none = {0};
    LlamaFile f;
    const char *wrong =
        llama_parse_folder(&f, (Text){changed.at, changed.length}, &none, 0);
    assert_non_null(wrong);
    snprintf(why, sizeof why, "%s", wrong);
    buffer_free(&b);
    buffer_free(&changed);
    return why;
}

static void wrong_folders_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *part;
    } wrong[] = {
        {"\"hidden_size\": 32", "\"hidden_size\": 32.5", "hidden_size"},
        {"\"hidden_size\": 32", "\"hidden_size\": 1e30", "hidden_size"},
        {"\"vocab_size\": 31", "\"vocab_sise\": 31", "vocab_size is missing"},
        {"\"llama\"", "\"gemma\"", "model_type"},
        {"\"silu\"", "\"gelu\"", "hidden_act"},
        {"\"rope_scaling\": null", "\"rope_scaling\": {\"type\": \"linear\"}",
         "rope_scaling"},
        {"\"rms_norm_eps\": 1e-05", "\"rms_norm_eps\": -1", "eps of the norms"},
        {"\"rope_scaling\": null",
         "\"rope_parameters\": {\"rope_type\": \"llama3\"}", "is scaled"},
        {"\"rope_theta\": 10000.0",
         "\"rope_parameters\": {\"rope_theta\": 0.5}", "the base of the"},
        {"\"rope_theta\": 10000.0", "\"attention_bias\": true", "biases"},
        {"\"rope_theta\": 10000.0", "\"head_dim\": 64", "head_dim is 64"},
        {"{", "[", "not a JSON object"},
        {"\"hidden_size\"", "\"hidden_size\"", "no tensor model.embed_tokens"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *why = config_with(wrong[i].from, wrong[i].to);
        if (!strstr(why, wrong[i].part))
            fail_msg("%s: expected \"%s\", got \"%s\"", wrong[i].to,
                     wrong[i].part, why);
    }
    char **names;
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "{\"weight_map\": {}}",
                                      "{\"weight_map\": {\"a\": \"../b\"}}",
                                      "{\"weight_map\": {\"a\": 7}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_non_null(llama_parse_index(text_of(bad[i]), &names));
}

// The reader's refusal of a copy of the golden folder, changed by a command of
// the shell.
static void folder_refused(const char *change, const char *part)
{
    testing_dir("13-folder");
    assert_refused(1, part,
                   "cp -r " GOLDEN "two $HERE/f && (cd $HERE/f && %s) && "
                   "13-llama2 --model $HERE/f --info",
                   change);
}

static void folders_hold_each_tensor_once(void **state)
{
    (void)state;
    folder_refused("sed -i 's/_layers\": 2/_layers\": 1/' config.json",
                   "1 layers, but there is a tensor model.layers.1.");
    folder_refused("cp model-00001* more.safetensors && sed -i "
                   "'s/t_map\": {/&\"a\": \"more.safetensors\",/' *.index.json",
                   "is in two of the files");
}

static char path_here[300];

static void open_here(void *unused)
{
    (void)unused;
    LlamaFile f = llama_open(path_here);
    LlamaPieces p = llama_pieces_for(&f, NULL);
    llama_pieces_free(&p);
}

static void missing_files_get_one_line(void **state)
{
    (void)state;
    // A pipe in which nobody writes is not waited for.
    testing_dir("13-pipe");
    assert_refused(1, "/m: is not a regular file",
                   "mkfifo $HERE/m && timeout 20 13-llama2 --model $HERE/m");
    assert_refused(1, "/model.safetensors: is not a regular file",
                   "cp " GOLDEN "two/config.json $HERE && mv $HERE/m "
                   "$HERE/model.safetensors && "
                   "timeout 20 13-llama2 --model $HERE --info");
    snprintf(path_here, sizeof path_here, "build/no/such.gguf");
    assert_dies(open_here, NULL, 1,
                "build/no/such.gguf: there is no such file");
    snprintf(path_here, sizeof path_here, "/dev/null");
    assert_dies(open_here, NULL, 1, "is not a regular file");
    snprintf(path_here, sizeof path_here, "chapters");
    assert_dies(open_here, NULL, 1, "chapters/config.json");
    snprintf(path_here, sizeof path_here, "README.md");
    assert_dies(open_here, NULL, 1, "not GGUF, and as a .bin of llama2.c");
    snprintf(path_here, sizeof path_here, GOLDEN "two.bin");
    assert_dies(open_here, NULL, 1, "no tokenizer beside it");
    snprintf(path_here, sizeof path_here, GOLDEN "two.gguf");
    assert_dies(open_here, NULL, 1, "tokenizer.ggml.model is missing");
}

// --- tokenizers -------------------------------------------------------------

static void same_ids(LlamaPieces *a, LlamaPieces *b)
{
    static const char *const text[] = {
        "the cat saw the hat", "", " two  spaces ", "never seen: \u00e9\u20ac!",
        "the\nother\ncat"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        Ids x = {0}, y = {0};
        Buffer back = {0};
        llama_encode(a, text_of(text[i]), true, &x);
        llama_encode(b, text_of(text[i]), true, &y);
        assert_int_equal(x.n, y.n);
        assert_int_equal(x.at[0], a->bos);
        assert_memory_equal(x.at, y.at, x.n * sizeof *x.at);
        for (int j = 0; j < y.n; j++)
            llama_decode(b, y.at[j], j <= 1, &back);
        assert_string_equal(buffer_text(&back).at, text[i]);
        buffer_free(&back);
        ids_free(&x);
        ids_free(&y);
    }
}

static void saved_tokenizers_are_the_same(void **state)
{
    (void)state;
    const char *dir = testing_dir("13-pieces");
    LlamaPieces p = some_pieces();
    assert_true(p.n > 259 + 10 && p.n <= 300);
    assert_int_equal(p.bos, 1);
    assert_int_equal(p.eos, 2);
    LlamaShape s = shape_of(2, true);
    s.pieces = p.n;
    Cria c = cria_new(s, 1);
    Llama m = cria_llama(&c);
    static const char *const name[] = {"m.bin", "m.gguf", "folder"};
    for (int i = 0; i < 3; i++) {
        char path[300];
        snprintf(path, sizeof path, "%s/%s", dir, name[i]);
        llama_save(&m, &p, path);
        LlamaFile f = llama_open(path);
        LlamaPieces q = llama_pieces_for(&f, NULL);
        assert_int_equal(q.n, p.n);
        assert_int_equal(q.bos, 1);
        same_ids(&p, &q);
        llama_pieces_free(&q);
        llama_close(&f);
    }
    llama_free(&m);
    cria_free(&c);
    llama_pieces_free(&p);
}

// A tokenizer.json in the two ways in which merges are written.
static void tokenizer_json(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        Buffer b = {0};
        buffer_print(&b, "{\"added_tokens\":[{\"id\":0,\"content\":\"<unk>\"},"
                         "{\"id\":1,\"content\":\"<s>\"},"
                         "{\"id\":2,\"content\":\"</s>\"}],"
                         "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\""
                         ":[{\"type\":\"Prepend\",\"prepend\":\"\u2581\"}]},"
                         "\"model\":{\"type\":\"BPE\",\"byte_fallback\":true,"
                         "\"unk_token\":\"<unk>\",\"vocab\":{\"<unk>\":0,"
                         "\"<s>\":1,\"</s>\":2");
        for (int i = 0; i < 256; i++)
            buffer_print(&b, ",\"<0x%02X>\":%d", i, 3 + i);
        buffer_print(&b, ",\"ab\":259,\"\u2581ab\":260,\"bc\":261,\"a\":262,"
                         "\"b\":263,\"c\":264,\"\u2581\":265},\"merges\":");
        buffer_print(&b, way ? "[[\"b\",\"c\"],[\"a\",\"b\"],"
                               "[\"\u2581\",\"ab\"]]}}"
                             : "[\"b c\",\"a b\",\"\u2581 ab\"]}}");
        LlamaPieces p;
        const char *wrong = llama_pieces_json(&p, (Text){b.at, b.length});
        if (wrong)
            fail_msg("%s", wrong);
        Ids ids = {0};
        llama_encode(&p, text_of("ab abc x"), true, &ids);
        // "bc" was learnt first, so "abc" is a + bc; x is a byte.
        const int want[] = {1, 260, 265, 262, 261, 265, 3 + 'x'};
        assert_int_equal(ids.n, 7);
        assert_memory_equal(ids.at, want, sizeof want);
        ids_free(&ids);
        llama_pieces_free(&p);
        // Each cut, each single damage: read or refused.
        for (size_t n = 0; n < b.length; n += 13)
            if (!llama_pieces_json(&p, (Text){b.at, n}))
                llama_pieces_free(&p);
        buffer_free(&b);
    }
}

static void utf8_comes_out_whole(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t ready;
    } some[] = {{"", 0},
                {"a", 1},
                {"a\xc3", 1},
                {"a\xc3\xa9", 3},
                {"\xe2\x82", 0},
                {"\xe2\x82\xac", 3},
                {"\xf0\x9f\xa6", 0},
                {"x\xf0", 1},
                {"\xf0\x9f\xa6\x99", 4},
                {"\x82", 1},
                {"\x82\x82\x82\x82", 4},
                {"\xff", 1},
                {"\xc0", 1},
                {"a\xe2 b", 4}};
    for (size_t i = 0; i < sizeof some / sizeof *some; i++)
        assert_int_equal(utf8_ready(text_of(some[i].text)), some[i].ready);
    // A llama in four byte tokens, and half of one at the end.
    LlamaPieces p = some_pieces();
    char path[300];
    snprintf(path, sizeof path, "%s/said", testing_dir("13-speak"));
    FILE *f = fopen(path, "wb");
    Speaker s = {.pieces = &p, .to = f};
    static const uint8_t bytes[] = {0xf0, 0x9f, 0xa6, 0x99, '!', 0xf0, 0x9f};
    static const long length[] = {0, 0, 0, 4, 5, 5, 5};
    speak(&s, p.bos);
    for (int i = 0; i < 7; i++) {
        speak(&s, 3 + bytes[i]);
        assert_int_equal(ftell(f), length[i]);
    }
    speak_end(&s);
    fclose(f);
    Buffer b = text_read(path);
    assert_string_equal(b.at, "\xf0\x9f\xa6\x99!\xef\xbf\xbd");
    buffer_free(&b);
    llama_pieces_free(&p);
}

// --- conversations, scores --------------------------------------------------

static void turns_are_tokens(void **state)
{
    (void)state;
    LlamaPieces p = some_pieces();
    Ids ids = {0};
    Buffer b = {0};
    chat_turn(&p, "Be kind.", text_of("</s> Who?"), true, &ids);
    chat_turn(&p, NULL, text_of("I?"), false, &ids);
    int begins = 0, ends = 0;
    bool first = true;
    for (int i = 0; i < ids.n; i++) {
        begins += ids.at[i] == p.bos;
        ends += ids.at[i] == p.eos;
        llama_decode(&p, ids.at[i], first, &b);
        first = ids.at[i] == p.bos;
    }
    assert_int_equal(begins, 2); // what a user types is never a token </s>
    assert_int_equal(ends, 1);
    assert_int_equal(ids.at[0], p.bos);
    assert_string_equal(b.at, "[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\n</s> Who? "
                              "[/INST][INST] I? [/INST]");
    ids_free(&ids);
    buffer_free(&b);
    llama_pieces_free(&p);
}

// The mean loss of a text, window by window, as the training form has it.
static void scores_are_losses(void **state)
{
    (void)state;
    LlamaPieces p = some_pieces();
    LlamaShape s = shape_of(2, true);
    s.pieces = p.n;
    Cria c = cria_new(s, 9);
    Llama m = cria_llama(&c);
    const Text text = text_of("the cat saw that the other hat sat on the cat");
    Ids ids = {0};
    llama_encode(&p, text, false, &ids);
    static const int window[] = {7, 30};
    for (int k = 0; k < 2; k++) {
        const int w = window[k];
        double sum = 0;
        Tape *t = tape_new(0, 1);
        for (int at = 0; at < ids.n; at += w) {
            const int n = ids.n - at < w ? ids.n - at : w;
            int in[64] = {1};
            memcpy(in + 1, ids.at + at, (n - 1) * sizeof *in);
            Matrix *loss =
                cross_entropy(cria_forward(&c, t, (Tokens){.n = n, .id = in}),
                              ids.at + at, 0);
            sum += n * (double)loss->val[0];
        }
        LlamaRun r = llama_run_new(&m, 1, w);
        int tokens;
        const double got = llama_score(&r, &p, text, &tokens);
        assert_int_equal(tokens, ids.n);
        assert_true(fabs(got - sum / ids.n) < 1e-5);
        llama_run_free(&r);
        tape_free(t);
    }
    ids_free(&ids);
    llama_free(&m);
    cria_free(&c);
    llama_pieces_free(&p);
}

// Of a tokenizer without <s> and </s> a folder tells nothing, and is read back.
static void a_folder_without_marks_is_read_back(void **state)
{
    (void)state;
    testing_dir("13-marks");
    LlamaPieces p = some_pieces();
    LlamaShape s = shape_of(2, true);
    s.pieces = p.n;
    p.bos = p.eos = -1;
    Cria c = cria_new(s, 9);
    Llama m = cria_llama(&c);
    llama_save(&m, &p, testing_path("folder"));
    LlamaFile f = llama_open(testing_path("folder"));
    assert_int_equal(f.bos, -1);
    assert_int_equal(f.eos, -1);
    llama_close(&f);
    llama_free(&m);
    cria_free(&c);
    llama_pieces_free(&p);
}

static void score_some(void *unused)
{
    (void)unused;
    LlamaPieces p = some_pieces();
    LlamaShape s = shape_of(2, true);
    s.pieces = p.n;
    Cria c = cria_new(s, 9);
    Llama m = cria_llama(&c);
    interrupted();
    raise(SIGINT);
    llama_answer(&(Ask){.score = "README.md"}, &m, &p);
}

// Ctrl-C: what was scored until then is not told as if it were all.
static void a_score_can_be_stopped(void **state)
{
    (void)state;
    char said[500];
    assert_int_equal(testing_outcome(score_some, NULL, said, sizeof said), 1);
    assert_non_null(strstr(said, "README.md: stopped after 0 tokens"));
}

// --- the program ------------------------------------------------------------

#define PIECES "chapters/13-llama2/corpus/json/sentencepiece"

static void the_program_runs_models(void **state)
{
    (void)state;
    static char said[60000], again[60000];
    testing_dir("13-run");
// Runs the program; what it writes on standard output alone goes to `to`.
#define RUN(to, args)                                                          \
    assert_int_equal(testing_run(to, sizeof to,                                \
                                 "13-llama2 --threads 1 " args                 \
                                 " 2> /dev/null"),                             \
                     0)
    RUN(said, "--updates 3 --quick --save $HERE/m.gguf");
    assert_non_null(strstr(said, "=> held out: ~"));
    assert_non_null(strstr(said, "3 of 3 forms write one text"));

    // The same seed, the same text; and nothing but the text.
#define WORDS " --prompt 'There was' --steps 20 --seed 5"
    RUN(said, "--model $HERE/m.gguf" WORDS);
    assert_memory_equal(said, "There was", 9);
    RUN(again, "--model $HERE/m.gguf" WORDS);
    assert_string_equal(said, again);
    // Into another form and back.
    RUN(again, "--model $HERE/m.gguf --save $HERE/f");
    assert_string_equal(again, "");
    RUN(again, "--model $HERE/f" WORDS);
    assert_string_equal(said, again);

    RUN(said, "--model $HERE/f --info");
    assert_non_null(strstr(said, "a folder of Hugging Face"));
    assert_non_null(strstr(said, "119104"));
    RUN(said, "--model $HERE/f --score README.md");
    assert_non_null(strstr(said, "nats a token"));
    RUN(said, "--model $HERE/f --trace --prompt a");
    assert_non_null(strstr(said, "after the feed-forward   13.9 "));
    assert_non_null(strstr(said, "logits                   13.10 "));
    RUN(said, "--model $HERE/f --logits $HERE/l --prompt a");
    Safetensors l = safetensors_open(testing_path("l"));
    assert_int_equal(safetensors_find(&l, "logits")->shape[1], 512);
    assert_non_null(safetensors_note(&l, "tokens"));
    safetensors_close(&l);
    RUN(said, "--model $HERE/f --chat --steps 5 < README.md");
    // Blanks around a line are not said, and a line of them is none.
    testing_write("plain", "Who\nare you?\n");
    testing_write("blank", " Who \n\n  \t\nare you? \r\n");
    RUN(said, "--model $HERE/f --chat --steps 5 < $HERE/plain");
    RUN(again, "--model $HERE/f --chat --steps 5 < $HERE/blank");
    assert_string_equal(said, again);
    // The last weights are no numbers: whoever needs them names the file.
    testing_run(said, sizeof said,
                "head -c -64 $HERE/m.gguf > $HERE/n.gguf; head -c 64 "
                "/dev/zero | tr '\\0' '\\377' >> $HERE/n.gguf");
#define NAMES(args)                                                            \
    assert_refused(1, "n.gguf: its scores are no numbers",                     \
                   "13-llama2 --model $HERE/n.gguf " args)
    NAMES("--prompt a");
    NAMES("--trace --prompt a");
    NAMES("--score README.md");
    NAMES("--logits $HERE/l --prompt a");
}

static void ctrl_c_ends_the_learning(void **state)
{
    (void)state;
    static char said[60000];
    testing_dir("13-run");
    // What was learnt until then still tells a tale.
    assert_int_equal(
        testing_press(said, sizeof said, "   150   ~",
                      "13-llama2 --threads 1 --layers 1 --width 8 --hidden 8 "
                      "--heads 2 --groups 1 --updates 100000"),
        0);
    assert_non_null(strstr(said, "13-llama2: stops after this step"));
    assert_non_null(strstr(said, "of 100000; this is how far it came"));
    const char *tale = strstr(said, "temperature 0.5\n\n");
    assert_non_null(tale);
    assert_true(strcspn(tale + 17, "\n") > 10);
    assert_non_null(strstr(said, "3 of 3 forms write one text"));
}

// What is written to be read back stands in a folder of the run's own, wherever
// it is started, and goes with it.
static void nothing_is_left_behind(void **state)
{
    (void)state;
    static char said[60000];
    testing_dir("13-elsewhere");
    assert_int_equal(
        testing_run(said, sizeof said,
                    "mkdir $HERE/t; T=$(realpath $HERE/t) "
                    "P=$(realpath $(command -v 13-llama2)); cd /proc; "
                    "TMPDIR=$T $P --updates 1 --quick 2> /dev/null; ls $T"),
        0);
    const char *last = strstr(said, "; 3 of 3 forms write one text\n");
    assert_non_null(last);
    assert_string_equal(strchr(last, '\n'), "\n");
    assert_refused(1, "/there/is/none: no folder can be made there",
                   "TMPDIR=/there/is/none 13-llama2 --quick");
}

static void the_program_refuses(void **state)
{
    (void)state;
    assert_refused(2, "need --model", "13-llama2 --prompt a");
    assert_refused(2, "need --model", "13-llama2 --tokenizer x");
    assert_refused(2, "only one of --chat",
                   "13-llama2 --model x --chat --info");
    assert_refused(2, "--system goes with --chat",
                   "13-llama2 --model x --system s");
    assert_refused(2, "--prompt does not go with",
                   "13-llama2 --model x --chat --prompt p");
    assert_refused(2, "without --model", "13-llama2 --model x --layers 3");
    assert_refused(1, "there is no such file",
                   "13-llama2 --model build/no/such");
    assert_refused(1, "not GGUF", "13-llama2 --model README.md");
    assert_refused(2, "--help", "13-llama2 --modle x");
    assert_refused(2, "steps", "13-llama2 --steps 0 --model x");
    assert_refused(2, "does not make 7 heads", "13-llama2 --heads 7");
    assert_refused(2, "cannot share 5", "13-llama2 --groups 5");
    assert_refused(1, "give it more text", "13-llama2 --data .clang-format");
    testing_dir("13-refused"); // a little to learn from, enough to hold out
    assert_refused(1, "tokens to learn from, a window has",
                   "(for i in $(seq 3000); do printf ab; done; "
                   "seq 99 230) > $HERE/t; 13-llama2 --quick --data $HERE/t");
    assert_refused(1, "has no tokenizer",
                   "13-llama2 --model " GOLDEN "two.gguf --prompt a");
    assert_refused(1, "no such",
                   "13-llama2 --model " GOLDEN
                   "two.gguf --tokenizer data/kept/none");
    assert_refused(1, PIECES ": it has",
                   "13-llama2 --model " GOLDEN "two.gguf --tokenizer " PIECES);
    static const char *const form[] = {"x", "x.bin", "x.gguf"};
    for (int i = 0; i < 3; i++) { // before anything else
        char said[1000], want[200];
        testing_run(said, sizeof said, "13-llama2 --quick --save /nowhere/%s",
                    form[i]);
        snprintf(want, sizeof want,
                 "13-llama2: /nowhere/%s: cannot be written: No such file or "
                 "directory\n",
                 form[i]);
        assert_string_equal(said, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_form_equals_pytorch),
        cmocka_unit_test(running_form_equals_pytorch),
        cmocka_unit_test(every_file_equals_pytorch),
        cmocka_unit_test(every_text_makes_a_tokenizer),
        cmocka_unit_test(saved_models_are_the_same),
        cmocka_unit_test(a_folder_without_marks_is_read_back),
        cmocka_unit_test(gradients_are_slopes),
        cmocka_unit_test(running_equals_training),
        cmocka_unit_test(chunks_change_nothing),
        cmocka_unit_test(a_batch_equals_each_alone),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(looking_ahead_stays_inside),
        cmocka_unit_test(running_allocates_nothing),
        cmocka_unit_test(steps_by_hand),
        cmocka_unit_test(parameters_are_counted),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(wrong_headers_are_refused),
        cmocka_unit_test(gguf_tensors_follow_each_other),
        cmocka_unit_test(damage_anywhere_is_no_crash),
        cmocka_unit_test(overflows_are_refused),
        cmocka_unit_test(odd_alignments_are_refused),
        cmocka_unit_test(wrong_folders_are_refused),
        cmocka_unit_test(folders_hold_each_tensor_once),
        cmocka_unit_test(missing_files_get_one_line),
        cmocka_unit_test(saved_tokenizers_are_the_same),
        cmocka_unit_test(tokenizer_json),
        cmocka_unit_test(utf8_comes_out_whole),
        cmocka_unit_test(turns_are_tokens),
        cmocka_unit_test(scores_are_losses),
        cmocka_unit_test(a_score_can_be_stopped),
        cmocka_unit_test(the_program_runs_models),
        cmocka_unit_test(ctrl_c_ends_the_learning),
        cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(the_program_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
